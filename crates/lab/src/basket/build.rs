//! Drawing a basket and putting it into words.

use super::{Basket, Item, ways};
use crate::account::line;
use crate::draw::Draft;
use crate::{Facts, Level};
use rand::Rng;
use rand::seq::SliceRandom;

/// No price is lower.
const LOWEST: u32 = 2;

/// A basket of this level; `None` if this draw came to nothing.
pub(crate) fn build(level: Level, rng: &mut impl Rng) -> Option<Draft> {
    let mut letters: Vec<char> = ('a'..='z').collect();
    letters.shuffle(rng);
    let mut total = 0;
    let mut items = Vec::new();
    for letter in letters.iter().take(level.steps as usize) {
        let prices = [(); 2].map(|()| rng.random_range(LOWEST..=level.size));
        if prices[0] == prices[1] {
            return None;
        }
        total += prices[usize::from(rng.random_bool(0.5))];
        items.push(Item { name: letter.to_string(), prices });
    }
    let basket = Basket { total, items };
    let unique = ways(&basket.items, total.into()) == 1;
    unique.then(|| Draft { key: basket.key(), facts: Facts::Basket(basket), listed: Vec::new() })
}

/// The problem, the steps and the answer, in words.
pub(crate) fn words(basket: &Basket) -> Option<(String, Vec<String>, String)> {
    let lines: Vec<String> = basket
        .items
        .iter()
        .map(|Item { name, prices: [one, other] }| format!("{name}={one}|{other}"))
        .collect();
    let problem = format!("Spend {}:\n{}\nprices?", basket.total, lines.join("\n"));
    let mut left = i64::from(basket.total);
    let (mut steps, mut taken) = (Vec::new(), Vec::new());
    for (place, item) in basket.items.iter().enumerate() {
        let good = |price: &u32| ways(&basket.items[place + 1..], left - i64::from(*price)) > 0;
        let price = item.prices.into_iter().find(good)?;
        left -= i64::from(price);
        steps.push(line(&item.name, price, left));
        taken.push(price.to_string());
    }
    Some((problem, steps, taken.join(", ")))
}
