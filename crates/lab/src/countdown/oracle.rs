//! The oracle of countdowns: follows which numbers are left, and searches whether they still make the target.

use super::Countdown;
use super::search::{Item, combine, given, reachable};
use crate::Operation;
use crate::line::{Expression, number, numbers};

/// More numbers would take too long to search.
const MAX_NUMBERS: usize = 7;

#[derive(Debug, Clone)]
pub(crate) struct CountdownOracle {
    target: u64,
    items: Vec<Item>,
    steps: usize,
    reachable: bool,
}

/// What a line claims.
struct Claim {
    equation: Expression<u64>,
    result: u64,
    left: Vec<u64>,
}

impl CountdownOracle {
    pub(crate) fn new(countdown: &Countdown) -> Option<Self> {
        let steps = countdown.steps().filter(|_| countdown.numbers.len() <= MAX_NUMBERS)?;
        let (target, items) = (u64::from(countdown.target), given(&countdown.numbers));
        let reachable = reachable(&items, steps, target);
        Some(Self { target, items, steps, reachable })
    }

    pub(crate) fn reachable(&self) -> bool {
        self.reachable
    }

    /// Whether the line is right, having followed it.
    pub(crate) fn judge(&mut self, line: &str) -> bool {
        let Some(claim) = read(line) else { return false };
        let followed = self.follow(&claim).is_some();
        // Nothing can be built on numbers that do not exist.
        self.reachable = self.reachable && followed && reachable(&self.items, self.steps, self.target);
        followed
    }

    fn follow(&mut self, claim: &Claim) -> Option<()> {
        let Expression { left, operation, right } = claim.equation;
        let steps = self.steps.checked_sub(1)?;
        let mut items = self.items.clone();
        let mut parts = 0;
        for operand in [left, right] {
            // Of equal numbers one that was made is used: one that was given may be left over.
            let of = |made| items.iter().position(|item| item.value == operand && item.made() == made);
            parts |= items.remove(of(true).or_else(|| of(false))?).parts;
        }
        let value = combine(operation, left, right).filter(|&value| value == claim.result)?;
        items.push(Item { value, parts });
        let mut there: Vec<u64> = items.iter().map(|item| item.value).collect();
        let mut listed = claim.left.clone();
        there.sort_unstable();
        listed.sort_unstable();
        (there == listed).then(|| {
            self.items = items;
            self.steps = steps;
        })
    }
}

/// Reads `3*8=24, left 7 3 24`.
fn read(line: &str) -> Option<Claim> {
    let (equation, left) = line.split_once(", left ")?;
    let (expression, result) = equation.split_once('=')?;
    let equation = Expression::read(expression)?.numbers()?;
    (equation.operation != Operation::Divide).then_some(())?;
    Some(Claim { equation, result: number(result)?, left: numbers(left)? })
}
