//! Where examples come from: batches as a function of the step, so that training goes on wherever it stopped.

use crate::Example;
use crate::kernels::dropout::spread;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::ops::Range;

/// Gives the examples of every step.
pub trait Source {
    /// The examples of step `step`, counted from 0: whole examples that fill a budget of tokens, at least one. The same
    /// step always gives the same examples, whatever was asked before.
    ///
    /// # Errors
    /// Whatever keeps the examples from coming; training then ends at the last checkpoint.
    fn batch(&mut self, step: u64) -> Result<Vec<Example>, Box<dyn Error + Send + Sync>>;
}

/// A fixed set of examples, over and over, each time in another order. Neighbours that share a prompt stay neighbours.
#[derive(Debug, Clone)]
pub struct Epochs {
    examples: Vec<Example>,
    /// Neighbours that share a prompt, as ranges of `examples`.
    families: Vec<Range<u32>>,
    seed: u64,
    batch_tokens: usize,
    place: Place,
}

/// Where the next batch begins.
#[derive(Debug, Clone, Default)]
struct Place {
    step: u64,
    epoch: u64,
    /// Index into the order of the epoch.
    next: usize,
    order: Vec<u32>,
}

impl Epochs {
    /// Goes over `examples` in batches of at most `batch_tokens` tokens, a shared prompt counted once; one example that is
    /// longer makes a batch of its own. Epochs do not share a batch, so the last one of an epoch may be short.
    pub fn new(examples: Vec<Example>, batch_tokens: usize, seed: u64) -> Self {
        let mut families: Vec<Range<u32>> = Vec::new();
        for (index, example) in examples.iter().enumerate() {
            let at = index as u32;
            match families.last_mut() {
                Some(family) if example.added(Some(&examples[index - 1])) < example.len() => {
                    family.end = at + 1;
                }
                _ => families.push(at..at + 1),
            }
        }
        Self { examples, families, seed, batch_tokens, place: Place::default() }
    }

    /// Steps that `epochs` passes take.
    pub fn steps(&self, epochs: u64) -> u64 {
        let mut place = Place::default();
        while place.epoch < epochs && !self.examples.is_empty() {
            self.advance(&mut place);
        }
        place.step
    }

    /// Steps until at least so many tokens have been gone through.
    pub fn steps_for(&self, tokens: u64) -> u64 {
        let (mut place, mut gone) = (Place::default(), 0);
        while gone < tokens && !self.examples.is_empty() {
            let batch = self.advance(&mut place);
            gone += added(batch.iter().map(|&index| &self.examples[index as usize]))
                .map(|tokens| tokens.max(1) as u64)
                .sum::<u64>();
        }
        place.step
    }

    /// Moves behind the next batch; gives its examples as indices.
    fn advance(&self, place: &mut Place) -> Vec<u32> {
        if place.next == 0 {
            let mut families = self.families.clone();
            let mut random = ChaCha8Rng::seed_from_u64(spread(self.seed ^ spread(place.epoch)));
            families.shuffle(&mut random);
            place.order = families.into_iter().flatten().collect();
        }
        let rest = &place.order[place.next..];
        let examples = rest.iter().map(|&index| &self.examples[index as usize]);
        let batch = rest[..fitting(examples, self.batch_tokens)].to_vec();
        place.step += 1;
        place.next += batch.len();
        if place.next == self.examples.len() {
            place.epoch += 1;
            place.next = 0;
        }
        batch
    }
}

impl Source for Epochs {
    fn batch(&mut self, step: u64) -> Result<Vec<Example>, Box<dyn Error + Send + Sync>> {
        if self.examples.is_empty() {
            return Err("there are no examples".into());
        }
        let mut place = std::mem::take(&mut self.place);
        if step < place.step {
            place = Place::default();
        }
        while place.step < step {
            self.advance(&mut place);
        }
        let batch = self.advance(&mut place);
        self.place = place;
        Ok(batch.into_iter().map(|index| self.examples[index as usize].clone()).collect())
    }
}

/// Tokens that each of these examples adds to a batch of them.
fn added<'a>(examples: impl Iterator<Item = &'a Example>) -> impl Iterator<Item = usize> {
    let mut before = None;
    examples.map(move |example| example.added(before.replace(example)))
}

/// How many of these examples fit the budget; at least one, if there is one.
pub(crate) fn fitting<'a>(examples: impl Iterator<Item = &'a Example>, budget: usize) -> usize {
    let mut tokens = 0;
    let fits = |(index, more): &(usize, usize)| {
        tokens += more;
        *index == 0 || tokens <= budget
    };
    added(examples).enumerate().take_while(fits).count()
}

/// Examples drawn without end, fresh ones for every step.
pub struct Drawn<F> {
    draw: F,
    seed: u64,
    batch_tokens: usize,
}

impl<F: FnMut(&mut ChaCha8Rng) -> Example> Drawn<F> {
    /// Calls `draw` with random numbers that the seed and the step decide, until the next example would exceed
    /// `batch_tokens`.
    pub fn new(batch_tokens: usize, seed: u64, draw: F) -> Self {
        Self { draw, seed, batch_tokens }
    }
}

impl<F: FnMut(&mut ChaCha8Rng) -> Example> Source for Drawn<F> {
    fn batch(&mut self, step: u64) -> Result<Vec<Example>, Box<dyn Error + Send + Sync>> {
        let mut random = ChaCha8Rng::seed_from_u64(spread(self.seed ^ spread(step)));
        let mut examples = Vec::new();
        let mut tokens = 0;
        loop {
            let example = (self.draw)(&mut random);
            tokens += example.len().max(1);
            if tokens > self.batch_tokens && !examples.is_empty() {
                return Ok(examples);
            }
            examples.push(example);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::Rng;

    fn examples(lengths: &[usize]) -> Vec<Example> {
        lengths.iter().enumerate().map(|(index, &n)| Example::language(vec![index as u32; n])).collect()
    }

    proptest! {
        #[test]
        fn an_epoch_gives_every_example_once_and_fills_batches(
            lengths in prop::collection::vec(1usize..30, 1..40),
            budget in 1usize..60,
        ) {
            let mut source = Epochs::new(examples(&lengths), budget, 3);
            let steps = source.steps(2);
            let mut seen = vec![0; lengths.len()];
            for step in 0..steps {
                let batch = source.batch(step).unwrap();
                let tokens: usize = batch.iter().map(Example::len).sum();
                prop_assert!(batch.len() == 1 || tokens <= budget);
                for example in &batch {
                    seen[example.tokens[0] as usize] += 1;
                }
            }
            prop_assert!(seen.iter().all(|count| *count == 2));
        }
    }

    #[test]
    fn neighbours_that_share_a_prompt_stay_together_and_count_it_once() {
        let rows = (0..12_u32).flat_map(|prompt| (0..3).map(move |end| (prompt, end)));
        let examples: Vec<Example> =
            rows.map(|(prompt, end)| Example::language(vec![prompt, prompt, 20 + end]).sharing(2)).collect();
        let mut source = Epochs::new(examples, 10, 3);
        // Two families of 2 + 3 tokens each.
        assert_eq!(source.steps(1), 6);
        let mut prompts = Vec::new();
        for step in 0..6 {
            let batch = source.batch(step).unwrap();
            assert_eq!(batch.len(), 6);
            for family in batch.chunks(3) {
                assert!(family.iter().all(|example| example.tokens[0] == family[0].tokens[0]));
                prompts.push(family[0].tokens[0]);
            }
        }
        assert!(!prompts.is_sorted());
        prompts.sort_unstable();
        assert_eq!(prompts, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_depends_on_the_step_alone() {
        let lengths: Vec<usize> = (1..40).collect();
        let mut source = Epochs::new(examples(&lengths), 50, 3);
        let forwards: Vec<_> = (0..60).map(|step| source.batch(step).unwrap()).collect();
        for step in [59, 3, 17, 0] {
            assert_eq!(source.batch(step).unwrap(), forwards[step as usize]);
        }
        let mut drawn = Drawn::new(64, 5, |random: &mut ChaCha8Rng| {
            Example::language((0..random.random_range(1..20)).collect())
        });
        let third = drawn.batch(3).unwrap();
        drawn.batch(9).unwrap();
        assert_eq!(drawn.batch(3).unwrap(), third);
        assert!(third.iter().map(Example::len).sum::<usize>() <= 64);
    }

    #[test]
    fn no_examples_are_an_error() {
        assert!(Epochs::new(vec![], 10, 0).batch(0).is_err());
        assert_eq!(Epochs::new(vec![], 10, 0).steps(3), 0);
        assert_eq!(Epochs::new(vec![], 10, 0).steps_for(3), 0);
    }

    #[test]
    fn so_many_tokens_take_so_many_steps() {
        let source = Epochs::new(examples(&[10; 6]), 20, 0);
        let check = |tokens: u64, steps: u64| assert_eq!(source.steps_for(tokens), steps);
        check(0, 0);
        check(1, 1);
        check(20, 1);
        check(21, 2);
        check(180, source.steps(3));
    }
}
