//! Guessing does not help, texts are short, and the grader agrees with the checker.

use crate::{any_question, first};
use deliberate_lab::{Family, Question, Recipe, Span, Split, correct};
use proptest::prelude::*;
use std::collections::HashMap;

fn at_steps(family: Family, steps: u32) -> Recipe {
    let mut recipe = Recipe::of(family);
    recipe.parts[0].steps = Span(steps, steps);
    recipe
}

/// How many answers in a hundred are the most common one.
fn most_common(questions: &[Question]) -> f64 {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for question in questions {
        *counts.entry(&question.answer).or_default() += 1;
    }
    100.0 * *counts.values().max().unwrap_or(&0) as f64 / questions.len() as f64
}

#[test]
fn no_answer_is_common() {
    for family in Family::ALL {
        let Span(least, most) = Recipe::of(family).parts[0].steps;
        for steps in least..=most {
            let count = if (family, steps) == (Family::Countdown, most) { 300 } else { 3_000 };
            let share = most_common(&first(&at_steps(family, steps), Split::Train, 1, count));
            assert!(share < 3.5, "{share:.1} % of all {family} questions of {steps} steps have one answer");
        }
    }
}

#[test]
fn texts_are_short() {
    for (family, steps, problem, solution) in [
        (Family::Chain, 8, 160, 170),
        (Family::Story, 6, 700, 150),
        (Family::Countdown, 4, 120, 160),
        (Family::Purses, 14, 180, 230),
    ] {
        let questions = first(&at_steps(family, steps), Split::Test, 5, if steps == 4 { 50 } else { 500 });
        for question in questions {
            assert!(question.problem.len() <= problem, "{}", question.problem);
            assert!(question.solution.len() <= solution, "{}", question.solution);
        }
    }
}

proptest! {
    #[test]
    fn the_grader_agrees(question in any_question()) {
        let found = deliberate_grade::extract(&question.solution).unwrap();
        prop_assert!(deliberate_grade::equal(&question.answer, &found.text), "{}", question.solution);
        let reversed: Vec<&str> = question.answer.rsplit(", ").collect();
        prop_assert!(correct(&question, &reversed.join(", ")));
        prop_assert!(deliberate_grade::equal(&question.answer, &reversed.join(", ")), "{}", question.answer);
        // To the grader `a1` is `a`.
        let other = if question.family == Family::Purses { "none".to_owned() } else { format!("{}1", question.answer) };
        for wrong in [other, "0".to_owned(), format!("{}, 10007", question.answer)] {
            prop_assert!(!correct(&question, &wrong));
            prop_assert!(!deliberate_grade::equal(&question.answer, &wrong), "{} {wrong}", question.answer);
        }
    }
}
