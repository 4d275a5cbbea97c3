//! A countdown as someone works at it who guesses now and then.

use super::Countdown;
use super::build::{LARGEST, join, line};
use super::search::{Item, Step, combine, given, reachable};
use crate::Operation;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Steps whose arithmetic is right and the answer they lead to; `None` if the numbers run into a dead end.
///
/// `slips` steps in a hundred are any that can be taken; the others keep the target in reach where it still is.
pub(crate) fn attempt(
    countdown: &Countdown,
    slips: u32,
    rng: &mut impl Rng,
) -> Option<(Vec<String>, String)> {
    let target = u64::from(countdown.target);
    let mut items = given(&countdown.numbers);
    let mut seen: Vec<u64> = items.iter().map(|item| item.value).collect();
    let (mut lines, mut results) = (Vec::new(), Vec::new());
    for more in (0..countdown.steps()?).rev() {
        let all = moves(&items, &seen);
        let guess = rng.random_range(0..100) < slips;
        let mut good: Vec<&(Step, Vec<Item>)> = Vec::new();
        if !guess {
            good.extend(all.iter().filter(|(_, after)| reachable(after, more, target)));
        }
        let (step, after) = good.choose(rng).copied().or_else(|| all.choose(rng))?;
        items.clone_from(after);
        seen.push(step.value);
        results.push(step.value);
        lines.push(line(step, &items.iter().map(|item| item.value).collect::<Vec<_>>()));
    }
    results.pop();
    Some((lines, join(&results, ", ")))
}

/// Every step that can be taken, with what is left after it: as in questions, no result is too large or comes twice.
fn moves(items: &[Item], seen: &[u64]) -> Vec<(Step, Vec<Item>)> {
    let mut moves = Vec::new();
    for later in 1..items.len() {
        for earlier in 0..later {
            let (one, other) = (items[earlier], items[later]);
            let (high, low) = (one.value.max(other.value), one.value.min(other.value));
            for operation in [Operation::Add, Operation::Subtract, Operation::Multiply] {
                let value = combine(operation, high, low);
                let Some(value) = value.filter(|value| *value <= LARGEST && !seen.contains(value)) else {
                    continue;
                };
                let mut after = items.to_vec();
                after.remove(later);
                after.remove(earlier);
                after.push(Item { value, parts: one.parts | other.parts });
                moves.push((Step { high, operation, low, value }, after));
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::countdown::CountdownOracle;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_fewer_the_slips_the_more_attempts_reach_the_target_and_all_arithmetic_is_right() {
        let countdown = Countdown { numbers: vec![2, 3, 4], target: 11, unused: 0 };
        let mut reached = Vec::new();
        for slips in [0, 50, 100] {
            let mut rng = ChaCha8Rng::seed_from_u64(slips.into());
            let mut right = 0;
            for _ in 0..200 {
                // 4-3=1 leaves 2 and 1, and every step from there repeats a number.
                let Some((lines, answer)) = attempt(&countdown, slips, &mut rng) else { continue };
                let mut oracle = CountdownOracle::new(&countdown).unwrap();
                assert!(lines.iter().all(|line| oracle.judge(line)), "{lines:?}");
                assert!(!oracle.reachable() || answer == "8", "{lines:?}");
                right += u32::from(oracle.reachable());
            }
            reached.push(right);
        }
        assert_eq!(reached[0], 200);
        assert!(reached[1] < 160 && reached[2] < 60 && reached[2] > 0, "{reached:?}");
    }
}
