//! The oracle of baskets: follows what is left to spend, and searches whether it can still be spent exactly.

use super::{Basket, Item, ways};
use crate::account::read;

/// With more items than this, searching takes too long.
const MAX_ITEMS: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct BasketOracle {
    items: Vec<Item>,
    left: i64,
    reachable: bool,
}

impl BasketOracle {
    pub(crate) fn new(basket: &Basket) -> Option<Self> {
        let (items, left) = (basket.items.clone(), i64::from(basket.total));
        (items.len() <= MAX_ITEMS).then(|| Self { reachable: ways(&items, left) > 0, items, left })
    }

    pub(crate) fn reachable(&self) -> bool {
        self.reachable
    }

    /// Whether the line is right, having followed it.
    pub(crate) fn judge(&mut self, line: &str) -> bool {
        let Some((name, price, account)) = read(line) else { return false };
        let followed = self.follow(name, price, account).is_some();
        // Nothing can be built on a price or an account that is made up.
        self.reachable = self.reachable && followed && ways(&self.items, self.left) > 0;
        followed
    }

    fn follow(&mut self, name: &str, price: u64, account: i64) -> Option<()> {
        let place = self.items.iter().position(|item| item.name == name)?;
        let offered = self.items[place].prices.iter().any(|&offered| u64::from(offered) == price);
        let left = self.left - i64::try_from(price).ok()?;
        (offered && left == account).then(|| {
            self.items.remove(place);
            self.left = left;
        })
    }
}
