//! Drawing a countdown and putting it into words.

use super::search::{Step, combine, unique};
use crate::draw::Draft;
use crate::{Countdown, Facts, Level, Operation};
use rand::Rng;
use rand::seq::SliceRandom;

/// No result of a reference solution is larger.
pub(super) const LARGEST: u64 = 999;
/// No target is smaller: small ones can be made in many ways.
const SMALLEST_TARGET: u64 = 10;

/// A countdown of this level; `None` if this draw came to nothing.
pub(crate) fn build(level: Level, rng: &mut impl Rng) -> Option<Draft> {
    let used = level.steps as usize + 1;
    let count = used + level.distractors as usize;
    let mut numbers: Vec<u32> = (0..count).map(|_| rng.random_range(2..=level.size)).collect();
    // Each with whether it is a product, if it is a result.
    let mut left: Vec<(u64, Option<bool>)> =
        numbers[..used].iter().map(|&number| (u64::from(number), None)).collect();
    let mut last = 0;
    for _ in 0..level.steps {
        left.shuffle(rng);
        let ((one, its), (other, others)) = (left.pop()?, left.pop()?);
        let operation = if rng.random_range(0..100) < level.products {
            Operation::Multiply
        } else if rng.random_bool(0.5) {
            Operation::Add
        } else {
            Operation::Subtract
        };
        // Of three factors, or of three terms, any two can be combined first: that would never be unique.
        let product = Some(operation == Operation::Multiply);
        if its == product || others == product {
            return None;
        }
        last = combine(operation, one.max(other), one.min(other)).filter(|&result| result <= LARGEST)?;
        left.push((last, product));
    }
    if last < SMALLEST_TARGET {
        return None;
    }
    numbers.shuffle(rng);
    let countdown = Countdown { numbers, target: last as u32, unused: level.distractors };
    Some(Draft { key: countdown.key(), facts: Facts::Countdown(countdown), listed: Vec::new() })
}

/// The problem, the steps and the answer, in words; `None` if the answer is not unique.
pub(crate) fn words(countdown: &Countdown) -> Option<(String, Vec<String>, String)> {
    let Countdown { numbers, target, unused } = countdown;
    let path = unique(numbers, countdown.steps()?, *target)?;
    let (_, way) = path.split_last()?;
    // A list is compared as a set, so nothing in it should come twice; and a result that is one of the numbers would
    // leave open which of the two is used afterwards.
    let mut seen: Vec<u64> = numbers.iter().copied().map(u64::from).collect();
    for step in &path {
        if step.value > LARGEST || seen.contains(&step.value) {
            return None;
        }
        seen.push(step.value);
    }
    let usage = match unused {
        0 => "each used once".to_owned(),
        1 => "all but one used once".to_owned(),
        more => format!("all but {more} used once"),
    };
    let which = if way.len() > 1 { "Which results come" } else { "Which result comes" };
    let list = join(numbers, ", ");
    let problem = format!("Make {target} from {list}, {usage}, with + - *. {which} before {target}?");
    let answer: Vec<u64> = way.iter().map(|step| step.value).collect();
    Some((problem, lines(numbers, &path)?, join(&answer, ", ")))
}

/// The steps, each with the numbers that are left after it: those of the question first, in its order.
fn lines(numbers: &[u32], path: &[Step]) -> Option<Vec<String>> {
    let mut left: Vec<u64> = numbers.iter().copied().map(u64::from).collect();
    let mut lines = Vec::new();
    for step in path {
        for used in [step.high, step.low] {
            left.remove(left.iter().rposition(|number| *number == used)?);
        }
        left.push(step.value);
        lines.push(line(step, &left));
    }
    Some(lines)
}

/// One step, and what is left after it.
pub(super) fn line(step: &Step, left: &[u64]) -> String {
    let Step { high, operation, low, value } = step;
    format!("{high}{}{low}={value}, left {}", operation.sign(), join(left, " "))
}

pub(super) fn join(numbers: &[impl ToString], separator: &str) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(separator)
}
