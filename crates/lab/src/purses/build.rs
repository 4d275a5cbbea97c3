//! Drawing purses and putting them into words.

use super::attempt::spend;
use super::{Offer, Purse, Purses, ways};
use crate::draw::Draft;
use crate::{Facts, Level};
use rand::Rng;
use rand::seq::SliceRandom;

/// Offers of a purse.
const SIZES: [usize; 3] = [2, 3, 4];

/// Purses with these offers that are tried until there is one way to spend one.
const TRIES: usize = 50;

/// Purses of this level; `None` if this draw came to nothing.
pub(crate) fn build(level: Level, rng: &mut impl Rng) -> Option<Draft> {
    let mut letters: Vec<char> = ('a'..='z').collect();
    letters.shuffle(rng);
    let names: Vec<String> = letters.iter().take(level.steps as usize).map(char::to_string).collect();
    let mut purses = Vec::new();
    let mut rest = names.as_slice();
    while !rest.is_empty() {
        let (names, others) = rest.split_at(size(rest.len(), rng));
        purses.push((0..TRIES).find_map(|_| purse(names, level.size, rng))?);
        rest = others;
    }
    let purses = Purses(purses);
    Some(Draft { key: purses.key(), facts: Facts::Purses(purses), listed: Vec::new() })
}

/// A purse for offers with these names and prices of at most `most`, if there is one way to spend it.
fn purse(names: &[String], most: u32, rng: &mut impl Rng) -> Option<Purse> {
    let offer = |name: &String| Offer { name: name.clone(), price: rng.random_range(1..=most) };
    let offers: Vec<Offer> = names.iter().map(offer).collect();
    let total: u32 = offers.iter().filter(|_| rng.random_bool(0.5)).map(|offer| offer.price).sum();
    (total > 0 && ways(&offers, total.into()) == 1).then_some(Purse { total, offers })
}

/// How many of so many offers the next purse is for, so that no single one is left over.
fn size(offers: usize, rng: &mut impl Rng) -> usize {
    let size = SIZES[rng.random_range(0..SIZES.len())];
    match offers.saturating_sub(size) {
        _ if offers <= SIZES[1] => offers,
        0 => offers,
        1 => size - 1,
        _ => size,
    }
}

/// The problem, the steps and the answer, in words.
pub(crate) fn words(purses: &Purses) -> (String, Vec<String>, String) {
    let listed = |Purse { total, offers }: &Purse| {
        let offers: Vec<String> =
            offers.iter().map(|Offer { name, price }| format!("{name}={price}")).collect();
        format!("Spend {total} on {}\n", offers.join(","))
    };
    let problem: String = purses.0.iter().map(listed).collect();
    let (steps, answer) = spend(purses, |_, right| right.expect("there is a way to spend every purse"));
    (problem + "items?", steps, answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn no_purse_is_for_a_single_offer_where_there_are_more() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for offers in 1..=12_usize {
            for _ in 0..100 {
                let mut left = offers;
                while left > 0 {
                    let size = size(left, &mut rng);
                    assert!(
                        size <= left && size <= 4 && (size > 1 || offers == 1),
                        "{size} of {left} of {offers}"
                    );
                    left -= size;
                }
            }
        }
    }
}
