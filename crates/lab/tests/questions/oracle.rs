//! References are right, and whatever is changed in them is wrong.

use crate::{any_question, exactly, first};
use deliberate_lab::{
    Facts, Family, Judgement, Level, Question, Split, StepOracle, correct, final_answer, judge,
};
use proptest::prelude::*;

const RIGHT: Judgement = Judgement { right: true, reachable: true };

/// The line with the digit that comes `which`-th, counted around, raised by `by` (1 to 9), counted around.
fn mutated(line: &str, which: usize, by: u8) -> Option<String> {
    let digits: Vec<usize> =
        line.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let at = *digits.get(which % digits.len().max(1))?;
    let digit = (line.as_bytes()[at] - b'0' + by) % 10;
    Some(format!("{}{digit}{}", &line[..at], &line[at + 1..]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reference_solutions_are_right(question in any_question()) {
        for judgement in judge(&question, &question.solution).unwrap() {
            prop_assert_eq!(judgement, RIGHT, "{}", question.text());
        }
        let answer = question.solution.lines().last().and_then(final_answer).unwrap();
        prop_assert!(answer == question.answer && correct(&question, answer));
        prop_assert_eq!(question.solution.lines().count() as u32, question.level.steps + 1, "{}", question.text());
    }

    #[test]
    fn a_changed_digit_makes_a_step_wrong(question in any_question(), which: usize, by in 1..10_u8, at: usize) {
        let lines: Vec<&str> = question.solution.lines().collect();
        let at = at % lines.len();
        let mut oracle = StepOracle::new(&question).unwrap();
        lines[..at].iter().for_each(|line| { oracle.judge(line); });
        let Some(line) = mutated(lines[at], which, by) else {
            prop_assert!(question.family == Family::Purses && at == lines.len() - 1, "an answer in letters");
            return Ok(());
        };
        prop_assert!(!oracle.judge(&line).right, "{line} in {}", question.text());
    }

    #[test]
    fn a_wrong_result_puts_the_answer_out_of_reach(question in any_question(), by in 1..9_u64, at: usize) {
        let lines: Vec<&str> = question.solution.lines().collect();
        let at = at % (lines.len() - 1);
        let (claim, left) = lines[at].split_once(", ").map_or((lines[at], None), |(a, b)| (a, Some(b)));
        let (before, result) = claim.rsplit_once('=').unwrap();
        let line = format!("{before}={}", result.parse::<u64>().unwrap() + by);
        let line = left.map_or(line.clone(), |left| format!("{line}, {left}"));
        let mut oracle = StepOracle::new(&question).unwrap();
        lines[..at].iter().for_each(|line| { oracle.judge(line); });
        prop_assert_eq!(oracle.judge(&line), Judgement { right: false, reachable: false }, "{}", line);
        prop_assert!(!oracle.judge(lines[at]).reachable, "nothing is taken back");
    }

    #[test]
    fn a_wrong_answer_is_wrong_and_ends_the_solution(question in any_question()) {
        let mut oracle = StepOracle::new(&question).unwrap();
        let wrong = Judgement { right: false, reachable: false };
        prop_assert_eq!(oracle.judge("The answer is 100003."), wrong);
        prop_assert_eq!(oracle.judge(question.solution.lines().next().unwrap()), wrong);
    }
}

fn sample(family: Family, steps: u32, distractors: u32) -> Question {
    let size = if family == Family::Countdown { 12 } else { 97 };
    let level = Level { steps, size, products: 30, distractors, shuffled: true };
    first(&exactly(family, level), Split::Train, 3, 1).pop().unwrap()
}

#[test]
fn any_order_of_definitions_will_do_if_operands_come_first() {
    let found = (0..200).any(|seed| {
        let level = Level { steps: 6, size: 97, products: 30, distractors: 0, shuffled: true };
        let question = first(&exactly(Family::Chain, level), Split::Train, seed, 1).pop().unwrap();
        let mut lines: Vec<&str> = question.solution.lines().collect();
        let name = lines[0].split('=').next().unwrap();
        let independent = !lines[1].contains(name);
        lines.swap(0, 1);
        let judgements = judge(&question, &lines.join("\n")).unwrap();
        assert_eq!(judgements[0].right, independent, "{}", question.text());
        assert!(judgements.iter().all(|judgement| judgement.reachable), "its values are true");
        independent
    });
    assert!(found);
}

#[test]
fn only_values_that_matter_put_the_answer_out_of_reach() {
    let question = sample(Family::Chain, 3, 3);
    let Facts::Graph(graph) = &question.facts else { panic!("a chain has a graph") };
    for (node, needed) in graph.nodes.iter().zip(graph.needed()) {
        let judgement = StepOracle::new(&question).unwrap().judge(&format!("{}=98", node.name));
        assert_eq!(judgement, Judgement { right: false, reachable: !needed }, "{}", node.name);
    }
}

#[test]
fn a_sound_step_may_lead_nowhere() {
    let question = sample(Family::Countdown, 3, 0);
    let Facts::Countdown(countdown) = &question.facts else { panic!("a countdown has numbers") };
    let numbers = &countdown.numbers;
    let sums = (1..numbers.len()).map(|other| {
        let sum = numbers[0] + numbers[other];
        let left: Vec<String> = (1..numbers.len())
            .filter(|&place| place != other)
            .map(|place| numbers[place].to_string())
            .chain([sum.to_string()])
            .collect();
        format!("{}+{}={sum}, left {}", numbers[0], numbers[other], left.join(" "))
    });
    let judgements: Vec<Judgement> =
        sums.map(|line| StepOracle::new(&question).unwrap().judge(&line)).collect();
    assert!(judgements.iter().all(|judgement| judgement.right), "{judgements:?}");
    assert!(judgements.iter().any(|judgement| !judgement.reachable), "{judgements:?}");
}
