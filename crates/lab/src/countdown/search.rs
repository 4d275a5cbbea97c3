//! Exhaustive search over what can be made of a few numbers.
//!
//! Steps that do not depend on one another are tried in one order only; otherwise nothing here is clever.

use crate::Operation;

/// A number that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) value: u64,
    /// Which numbers of the question are in it, one bit each.
    pub(crate) parts: u16,
}

impl Item {
    /// Whether a step made it: what was made must be used, what was given may be left over.
    pub(crate) fn made(self) -> bool {
        self.parts.count_ones() > 1
    }
}

/// What the signs `+ - *` make of two numbers, the larger one first; never below 1.
pub(crate) fn combine(operation: Operation, one: u64, other: u64) -> Option<u64> {
    (operation != Operation::Divide).then_some(())?;
    operation.apply(one, other).filter(|&result| result > 0)
}

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) high: u64,
    pub(crate) operation: Operation,
    pub(crate) low: u64,
    pub(crate) value: u64,
}

/// Looks for all ways to reach a target.
struct Search<'a> {
    /// To be made by the last step.
    target: u64,
    /// Called with the steps of every way; `false` ends the search.
    found: &'a mut dyn FnMut(&[Step]) -> bool,
}

impl Search<'_> {
    /// Tries everything with `steps` more steps after those of `path`, the last of which made `previous`. Leaves
    /// `items` and `path` as they were. Whether to go on.
    fn run(&mut self, items: &mut Vec<Item>, steps: usize, path: &mut Vec<Step>, previous: u16) -> bool {
        let made = items.iter().filter(|item| item.made()).count();
        if steps == 0 {
            let reached = made == 1 && items.iter().any(|item| item.made() && item.value == self.target);
            return !reached || (self.found)(path);
        }
        // A step uses up at most two made numbers and makes one, and one must be left in the end.
        if made > steps + 1 {
            return true;
        }
        let mut go_on = true;
        for later in 1..items.len() {
            for earlier in 0..later {
                let parts = items[earlier].parts | items[later].parts;
                if parts & previous == 0 && parts < previous {
                    continue;
                }
                let (other, one) = (items.remove(later), items.remove(earlier));
                let (high, low) = (one.value.max(other.value), one.value.min(other.value));
                for operation in [Operation::Add, Operation::Subtract, Operation::Multiply] {
                    let Some(value) = combine(operation, high, low) else { continue };
                    if !go_on || (steps == 1 && value != self.target) {
                        continue;
                    }
                    items.push(Item { value, parts });
                    path.push(Step { high, operation, low, value });
                    go_on = self.run(items, steps - 1, path, parts);
                    items.pop();
                    path.pop();
                }
                items.insert(earlier, one);
                items.insert(later, other);
                if !go_on {
                    return false;
                }
            }
        }
        true
    }
}

/// Whether the target can be reached in exactly `steps` more steps.
pub(crate) fn reachable(items: &[Item], steps: usize, target: u64) -> bool {
    let mut reached = false;
    let mut found = |_: &[Step]| {
        reached = true;
        false
    };
    Search { target, found: &mut found }.run(&mut items.to_vec(), steps, &mut Vec::new(), 0);
    reached
}

/// The first way to the target, if all ways have the same results; `None` if there is none or they differ.
pub(crate) fn unique(numbers: &[u32], steps: usize, target: u32) -> Option<Vec<Step>> {
    let mut first: Option<(Vec<Step>, Vec<u64>)> = None;
    let mut differ = false;
    let mut found = |path: &[Step]| {
        let mut results: Vec<u64> = path.iter().map(|step| step.value).collect();
        results.sort_unstable();
        differ = first.as_ref().is_some_and(|(_, other)| *other != results);
        first.get_or_insert_with(|| (path.to_vec(), results));
        !differ
    };
    Search { target: u64::from(target), found: &mut found }.run(
        &mut given(numbers),
        steps,
        &mut Vec::new(),
        0,
    );
    first.filter(|_| !differ).map(|(path, _)| path)
}

/// The numbers of a question, before any step.
pub(crate) fn given(numbers: &[u32]) -> Vec<Item> {
    let item = |(place, &number)| Item { value: u64::from(number), parts: 1_u16 << place };
    numbers.iter().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn check(numbers: &[u32], steps: usize, target: u32, expected: Option<&[u64]>) {
        let results =
            unique(numbers, steps, target).map(|path| path.iter().map(|s| s.value).collect::<Vec<_>>());
        assert_eq!(results.as_deref(), expected, "{numbers:?} {target}");
    }

    #[test]
    fn different_results_on_the_way_are_noticed() {
        // 2*4+3 and nothing else.
        check(&[2, 3, 4], 2, 11, Some(&[8, 11]));
        // 2*3+4 as well as 3*4-2.
        check(&[2, 3, 4], 2, 10, None);
        // (2+3)+4 as well as 2+(3+4).
        check(&[2, 3, 4], 2, 9, None);
        check(&[2, 3, 4], 2, 13, None);
    }

    #[test]
    fn numbers_that_were_made_must_be_used() {
        check(&[5, 6, 2], 1, 30, Some(&[30]));
        let item = |value, parts| Item { value, parts };
        let items = [item(5, 1), item(7, 2), item(6, 4 + 8)];
        assert!(!reachable(&items, 1, 35), "6 would be left over");
        assert!(reachable(&items, 1, 30), "7 may be left over");
    }

    /// Everything that `steps` steps can lead to, tried in every order: the results in order, the target last.
    fn naive(items: &[(u64, bool)], steps: usize, results: &[u64], all: &mut BTreeSet<Vec<u64>>) {
        let made: Vec<u64> = items.iter().filter(|item| item.1).map(|item| item.0).collect();
        if steps == 0 {
            if let [target] = *made.as_slice() {
                let mut way = results[..results.len() - 1].to_vec();
                way.sort_unstable();
                way.push(target);
                all.insert(way);
            }
            return;
        }
        for one in 0..items.len() {
            for other in (0..items.len()).filter(|&other| other != one) {
                for operation in Operation::ALL {
                    let Some(value) = combine(operation, items[one].0, items[other].0) else { continue };
                    let left = items.iter().enumerate().filter(|(at, _)| *at != one && *at != other);
                    let left: Vec<_> = left.map(|(_, item)| *item).chain([(value, true)]).collect();
                    naive(&left, steps - 1, &[results, &[value]].concat(), all);
                }
            }
        }
    }

    #[test]
    fn search_finds_what_trying_everything_finds() {
        for (numbers, steps) in [([2, 3, 5, 7], 3), ([4, 4, 9, 6], 3), ([2, 8, 3, 11], 2), ([6, 6, 6, 2], 2)]
        {
            let mut all = BTreeSet::new();
            let items: Vec<(u64, bool)> = numbers.iter().map(|&n| (u64::from(n), false)).collect();
            naive(&items, steps, &[], &mut all);
            for target in 1..400 {
                let ways: Vec<_> = all.iter().filter(|way| way.last() == Some(&u64::from(target))).collect();
                assert_eq!(reachable(&given(&numbers), steps, target.into()), !ways.is_empty(), "{target}");
                let path = unique(&numbers, steps, target);
                assert_eq!(path.is_some(), ways.len() == 1, "{numbers:?} {target} {ways:?}");
            }
        }
    }
}
