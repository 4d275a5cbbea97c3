//! Purses spent step by step: the right way, or as someone does who guesses now and then.

use super::account::line;
use super::{Offer, Purses, ways};
use rand::Rng;
use rand::seq::IndexedRandom;

/// Steps with a right account, and the answer they lead to.
///
/// `slips` steps in a hundred take or leave the item at random; the others keep the total in reach where it still is.
pub(crate) fn attempt(purses: &Purses, slips: u32, rng: &mut impl Rng) -> (Vec<String>, String) {
    spend(purses, |offer, right| {
        let guess = rng.random_range(0..100) < slips;
        let either = *[offer.price, 0].choose(rng).expect("there are two");
        right.filter(|_| !guess).unwrap_or(either)
    })
}

/// Steps and answer. `pay` says what is paid for an offer, and is told what keeps the purse's total in reach.
pub(super) fn spend(
    purses: &Purses,
    mut pay: impl FnMut(&Offer, Option<u32>) -> u32,
) -> (Vec<String>, String) {
    let (mut lines, mut taken) = (Vec::new(), Vec::new());
    for purse in &purses.0 {
        let mut left = i64::from(purse.total);
        for (place, offer) in purse.offers.iter().enumerate() {
            let good = |price: &u32| ways(&purse.offers[place + 1..], left - i64::from(*price)) > 0;
            let price = pay(offer, [offer.price, 0].into_iter().find(good));
            left -= i64::from(price);
            lines.push(line(&offer.name, price, left));
            if price > 0 {
                taken.push(offer.name.as_str());
            }
        }
    }
    (lines, answer(&taken))
}

/// The items taken; `none` if there are none.
fn answer(taken: &[&str]) -> String {
    if taken.is_empty() { "none".to_owned() } else { taken.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::purses::{Offer, Purse, PursesOracle};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_fewer_the_slips_the_more_attempts_spend_everything_and_all_accounts_are_right() {
        let offer = |(name, price): (&str, u32)| Offer { name: name.to_owned(), price };
        let purse = |total, offers: &[(&str, u32)]| Purse {
            total,
            offers: offers.iter().copied().map(offer).collect(),
        };
        let purses = Purses(vec![purse(11, &[("a", 3), ("c", 9), ("b", 8)]), purse(7, &[("d", 7)])]);
        let mut spent = Vec::new();
        for slips in [0, 50, 100] {
            let mut rng = ChaCha8Rng::seed_from_u64(slips.into());
            let mut right = 0;
            for _ in 0..200 {
                let (lines, answer) = attempt(&purses, slips, &mut rng);
                let mut oracle = PursesOracle::new(&purses).unwrap();
                assert!(lines.iter().all(|line| oracle.judge(line)), "{lines:?}");
                assert_eq!(oracle.reachable(), answer == "a, b, d", "{lines:?}");
                right += u32::from(oracle.reachable());
            }
            spent.push(right);
        }
        assert_eq!(spent[0], 200);
        assert!(spent[1] < 150 && spent[2] < 50 && spent[2] > 2, "{spent:?}");
    }

    #[test]
    fn who_takes_nothing_says_so() {
        assert_eq!(answer(&[]), "none");
        assert_eq!(answer(&["b", "a"]), "b, a");
    }
}
