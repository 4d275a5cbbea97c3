//! The oracle of purses: follows what is left in every purse, and searches whether it can still be spent exactly.

use super::account::read;
use super::{Purse, Purses, ways};

/// With more offers in a purse than this, searching takes too long.
const MAX_OFFERS: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct PursesOracle {
    purses: Vec<Open>,
    reachable: bool,
}

/// A purse some of which is spent.
#[derive(Debug, Clone)]
struct Open {
    /// With the offers that nothing was said of yet.
    purse: Purse,
    left: i64,
}

impl Open {
    fn reachable(&self) -> bool {
        ways(&self.purse.offers, self.left) > 0
    }
}

impl PursesOracle {
    pub(crate) fn new(purses: &Purses) -> Option<Self> {
        if purses.0.iter().any(|purse| purse.offers.len() > MAX_OFFERS) {
            return None;
        }
        let open = |purse: &Purse| Open { left: i64::from(purse.total), purse: purse.clone() };
        let purses: Vec<Open> = purses.0.iter().map(open).collect();
        Some(Self { reachable: purses.iter().all(Open::reachable), purses })
    }

    pub(crate) fn reachable(&self) -> bool {
        self.reachable
    }

    /// Whether the line is right, having followed it.
    pub(crate) fn judge(&mut self, line: &str) -> bool {
        let Some((name, paid, account)) = read(line) else { return false };
        let followed = self.follow(name, paid, account);
        // Nothing can be built on a price or an account that is made up.
        self.reachable = self.reachable && followed == Some(true);
        followed.is_some()
    }

    /// Whether the offer's purse can still be spent; `None` if the line is not true.
    fn follow(&mut self, name: &str, paid: u64, account: i64) -> Option<bool> {
        let (open, place) = self.purses.iter_mut().find_map(|open| {
            let place = open.purse.offers.iter().position(|offer| offer.name == name)?;
            Some((open, place))
        })?;
        let left = open.left - i64::try_from(paid).ok()?;
        let offered = paid == 0 || paid == u64::from(open.purse.offers[place].price);
        (offered && left == account).then(|| {
            open.purse.offers.remove(place);
            open.left = left;
            open.reachable()
        })
    }
}
