//! A basket as someone fills it who guesses now and then.

use super::{Basket, ways};
use crate::account::line;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Steps with a right account, and the answer they lead to.
///
/// `slips` steps in a hundred take either price; the others keep the total in reach where it still is.
pub(crate) fn attempt(basket: &Basket, slips: u32, rng: &mut impl Rng) -> (Vec<String>, String) {
    let mut left = i64::from(basket.total);
    let (mut lines, mut taken) = (Vec::new(), Vec::new());
    for (place, item) in basket.items.iter().enumerate() {
        let guess = rng.random_range(0..100) < slips;
        let good = |price: &u32| !guess && ways(&basket.items[place + 1..], left - i64::from(*price)) > 0;
        let either = *item.prices.choose(rng).expect("there are two");
        let price = item.prices.into_iter().find(good).unwrap_or(either);
        left -= i64::from(price);
        lines.push(line(&item.name, price, left));
        taken.push(price.to_string());
    }
    (lines, taken.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basket::{BasketOracle, Item};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_fewer_the_slips_the_more_attempts_spend_everything_and_all_accounts_are_right() {
        let item = |name: &str, prices| Item { name: name.to_owned(), prices };
        let basket =
            Basket { total: 57, items: vec![item("a", [12, 15]), item("c", [30, 9]), item("b", [7, 12])] };
        let mut spent = Vec::new();
        for slips in [0, 50, 100] {
            let mut rng = ChaCha8Rng::seed_from_u64(slips.into());
            let mut right = 0;
            for _ in 0..200 {
                let (lines, answer) = attempt(&basket, slips, &mut rng);
                let mut oracle = BasketOracle::new(&basket).unwrap();
                assert!(lines.iter().all(|line| oracle.judge(line)), "{lines:?}");
                assert_eq!(oracle.reachable(), answer == "15, 30, 12", "{lines:?}");
                right += u32::from(oracle.reachable());
            }
            spent.push(right);
        }
        assert_eq!(spent[0], 200);
        assert!(spent[1] < 150 && spent[2] < 50 && spent[2] > 5, "{spent:?}");
    }
}
