//! Is a final answer right? Exactly: there are no half points.

use crate::line::{number, numbers};
use crate::{Family, Question};

/// What the line that ends a solution announces, or `None` if the line is none: `The answer is 17.` gives `17`.
pub fn final_answer(line: &str) -> Option<&str> {
    let answer = line.trim().strip_prefix("The answer is ")?.trim();
    Some(answer.strip_suffix('.').unwrap_or(answer))
}

/// Whether `answer` is right: the number itself or, in a countdown, the results on the
/// way, and of purses the items that are taken, in any order.
pub fn correct(question: &Question, answer: &str) -> bool {
    let right = match question.family {
        Family::Chain | Family::Story => number(answer).zip(number(&question.answer)).map(|(a, b)| a == b),
        Family::Countdown => sorted(answer).zip(sorted(&question.answer)).map(|(a, b)| a == b),
        Family::Purses => Some(names(answer) == names(&question.answer)),
    };
    right.unwrap_or(false)
}

fn names(answer: &str) -> Vec<&str> {
    let mut names: Vec<&str> = answer.split(',').map(str::trim).collect();
    names.sort_unstable();
    names
}

fn sorted(answer: &str) -> Option<Vec<u64>> {
    let mut numbers = numbers(answer).filter(|numbers| !numbers.is_empty())?;
    numbers.sort_unstable();
    Some(numbers)
}
