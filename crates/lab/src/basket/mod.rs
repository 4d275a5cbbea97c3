//! **basket**: of every item one of two prices is taken, so that the sum is exactly what is to be spent.
//!
//! `Spend 57:`, `a=12|15`, `c=30|9`, `b=7|12`, `prices?`, each on a line. Steps take the items in their order and keep the
//! account: `a=15,left=42`, or `b=12,over=3` once more than everything is spent. The answer is the prices taken.
//!
//! # What it is for
//! Whether a choice was right shows at the end alone, where nothing must be left: easy to verify, hard to propose. A wrong
//! attempt says how far it missed, and one other price often mends it: what a revision can learn from. Only questions are
//! kept with one way to spend everything, so the answer is unique, as a list in any order too: two ways with the same
//! prices would spend the same.

mod attempt;
mod build;
mod oracle;

pub(crate) use attempt::attempt;
pub(crate) use build::{build, words};
pub(crate) use oracle::BasketOracle;

use crate::{Family, Key};
use serde::{Deserialize, Serialize};

/// The facts of a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// What is to be spent.
    pub total: u32,
    /// The items in the order of the question.
    pub items: Vec<Item>,
}

/// Something to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What steps call it.
    pub name: String,
    /// What it may cost.
    pub prices: [u32; 2],
}

impl Basket {
    /// What is to be spent, and the prices, in any order.
    pub(crate) fn key(&self) -> Key {
        let mut items: Vec<[u32; 2]> = self.items.iter().map(|item| item.prices).collect();
        for prices in &mut items {
            prices.sort_unstable();
        }
        items.sort_unstable();
        let head = [Family::Basket as u32, self.total];
        Key::of(head.into_iter().chain(items.into_iter().flatten()).map(u64::from))
    }
}

/// In how many ways the items spend exactly this, counted up to two.
fn ways(items: &[Item], left: i64) -> u32 {
    let Some((item, rest)) = items.split_first() else { return u32::from(left == 0) };
    let least: i64 = items.iter().map(|item| i64::from(item.prices[0].min(item.prices[1]))).sum();
    if left < least {
        return 0;
    }
    let [one, other] = item.prices.map(|price| ways(rest, left - i64::from(price)));
    (one + other).min(2)
}
