//! **purses**: items are taken or left, so that every purse is spent to the last coin.
//!
//! `Spend 11 on a=3,c=9,b=8`, `Spend 7 on d=3,e=7`, `items?`, each on a line. Steps go through the items in their order and
//! keep the account of the item's purse: `a=3,left=8`, `c=0,left=8` for an item that is left, or `b=9,over=1` once more than
//! the purse is spent. The answer is the items that are taken.
//!
//! # What it is for
//! Whether a purse comes out even shows at its end, where nothing must be left, and nothing after it can mend it: easy to
//! verify, hard to propose. The chance of a single attempt is the product over the purses, while a search that drops what
//! has failed pays for their sum. A wrong attempt says which purse failed and by how much, and often one item of just that
//! price mends it: what a revision can learn from. Only purses are kept that there is one way to spend, so the answer
//! is unique, as a list in any order too.

mod account;
mod attempt;
mod build;
mod oracle;

pub(crate) use attempt::attempt;
pub(crate) use build::{build, words};
pub(crate) use oracle::PursesOracle;

use crate::{Family, Key};
use serde::{Deserialize, Serialize};

/// Purses, in the order of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purses(pub Vec<Purse>);

/// An amount, and what it can be spent on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// What is to be spent.
    pub total: u32,
    /// In the order of the question.
    pub offers: Vec<Offer>,
}

/// Something to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What steps call it.
    pub name: String,
    /// What it costs.
    pub price: u32,
}

impl Purses {
    /// Amounts and prices, the purses and the offers of each in any order.
    pub(crate) fn key(&self) -> Key {
        let mut purses: Vec<Vec<u32>> = self.0.iter().map(Purse::amounts).collect();
        purses.sort_unstable();
        let parts = purses.iter().flat_map(|amounts| [&[0], amounts.as_slice()]).flatten().copied();
        Key::of(std::iter::once(Family::Purses as u32).chain(parts).map(u64::from))
    }
}

impl Purse {
    /// The total, then the prices in order.
    fn amounts(&self) -> Vec<u32> {
        let mut amounts: Vec<u32> = self.offers.iter().map(|offer| offer.price).collect();
        amounts.sort_unstable();
        amounts.insert(0, self.total);
        amounts
    }
}

/// In how many ways some of the offers cost exactly this, counted up to two.
fn ways(offers: &[Offer], left: i64) -> u32 {
    let Some((offer, rest)) = offers.split_first() else { return u32::from(left == 0) };
    if left < 0 {
        return 0;
    }
    (ways(rest, left) + ways(rest, left - i64::from(offer.price))).min(2)
}
