//! How quantities depend on one another, before they have values: every needed one feeds the answer.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

/// What a quantity depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing.
    Given,
    /// One quantity and a number.
    One(usize),
    /// Two different quantities.
    Two(usize, usize),
}

/// Links in order of dependency: the needed quantities, the last of which is asked for, then distractors.
pub(crate) struct Shape {
    pub(crate) links: Vec<Link>,
    pub(crate) asked: usize,
}

impl Shape {
    /// `steps` links that compute, all needed, and `distractors` links that are not.
    pub(crate) fn draw(steps: u32, distractors: u32, rng: &mut impl Rng) -> Self {
        let givens = rng.random_range(1..=1 + steps as usize / 2);
        let mut links = vec![Link::Given; givens];
        // What nothing depends on yet. One step can use up at most one more than it adds, so when as many steps are
        // left as there are loose ends to join, each step must join two.
        let mut loose: Vec<usize> = (0..givens).collect();
        for left in (1..=steps as usize).rev() {
            loose.shuffle(rng);
            let one = loose.pop().expect("at least what was computed last is loose");
            let link = if loose.len() >= left {
                Link::Two(one, loose.pop().expect("as many as steps are left"))
            } else if links.len() == 1 || rng.random_bool(0.5) {
                Link::One(one)
            } else {
                let other = other_than(one, links.len(), rng);
                loose.retain(|&place| place != other);
                if rng.random_bool(0.5) { Link::Two(one, other) } else { Link::Two(other, one) }
            };
            loose.push(links.len());
            links.push(link);
        }
        let asked = links.len() - 1;
        for _ in 0..distractors {
            let one = rng.random_range(0..links.len());
            links.push(match rng.random_range(0..3) {
                0 => Link::Given,
                1 if links.len() > 1 => Link::Two(one, other_than(one, links.len(), rng)),
                _ => Link::One(one),
            });
        }
        Self { links, asked }
    }

    /// The order in which a question lists its facts: any if `shuffled`, else one in which each builds on facts
    /// before it.
    pub(crate) fn order(&self, shuffled: bool, rng: &mut impl Rng) -> Vec<usize> {
        let mut order: Vec<usize> = (0..=self.asked).collect();
        for place in self.asked + 1..self.links.len() {
            let after = |one: &usize| order.iter().position(|other| other == one).map_or(0, |at| at + 1);
            let earliest = match self.links[place] {
                Link::Given => 0,
                Link::One(one) => after(&one),
                Link::Two(one, other) => after(&one).max(after(&other)),
            };
            order.insert(rng.random_range(earliest..=order.len()), place);
        }
        if shuffled {
            order.shuffle(rng);
        }
        order
    }
}

fn other_than(one: usize, count: usize, rng: &mut impl Rng) -> usize {
    let others: Vec<usize> = (0..count).filter(|&other| other != one).collect();
    *others.choose(rng).expect("there are at least two")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_needed_quantity_feeds_the_answer_and_no_distractor_does() {
        for seed in 0..2_000 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (steps, distractors) = (1 + seed as u32 % 12, seed as u32 % 4);
            let shape = Shape::draw(steps, distractors, &mut rng);
            let mut needed = vec![false; shape.links.len()];
            needed[shape.asked] = true;
            for place in (0..shape.links.len()).rev() {
                match shape.links[place] {
                    Link::One(one) if needed[place] => needed[one] = true,
                    Link::Two(one, other) if needed[place] => {
                        needed[one] = true;
                        needed[other] = true;
                    }
                    _ => {}
                }
            }
            assert!(needed[..=shape.asked].iter().all(|&needed| needed), "{:?}", shape.links);
            let computed = shape.links[..=shape.asked].iter().filter(|&&link| link != Link::Given);
            assert_eq!(
                (computed.count(), shape.links.len() - shape.asked - 1),
                (steps as usize, distractors as usize)
            );
        }
    }
}
