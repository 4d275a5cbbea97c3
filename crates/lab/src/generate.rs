//! Questions without end, by seed.

use crate::draw::draw;
use crate::key::mix;
use crate::{Question, Recipe, RecipeError, Split};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;

/// Draws that may come to nothing in a row: one in twenty fits a split, and about one in a hundred a countdown.
const PATIENCE: u32 = 1_000_000;

/// Questions of one split. Ends only where the recipe is so narrow that the split holds none of its questions.
#[derive(Debug, Clone)]
pub struct Questions {
    recipe: Recipe,
    split: Split,
    seed: u64,
    index: u64,
}

/// Questions of a split as a recipe describes them, without end; the same for the same seed.
///
/// Question number `i` depends on the recipe, the split, the seed and `i` only. Questions may repeat.
///
/// # Errors
/// [`RecipeError`] if the recipe asks for what cannot be.
pub fn generate(recipe: &Recipe, split: Split, seed: u64) -> Result<Questions, RecipeError> {
    recipe.check()?;
    Ok(Questions { recipe: recipe.clone(), split, seed, index: 0 })
}

/// The first `count` questions that differ by more than names and order: a validation or test set.
///
/// # Errors
/// [`RecipeError`] if the recipe asks for what cannot be, or has too few questions.
pub fn generate_set(
    recipe: &Recipe,
    split: Split,
    seed: u64,
    count: usize,
) -> Result<Vec<Question>, RecipeError> {
    let (mut keys, mut set, mut repeated) = (HashSet::new(), Vec::new(), 0);
    let mut questions = generate(recipe, split, seed)?;
    while set.len() < count {
        let exhausted = RecipeError::Exhausted { wanted: count, found: set.len() };
        let question = questions.next().ok_or(exhausted)?;
        if keys.insert(question.key()) {
            set.push(question);
            repeated = 0;
        } else {
            repeated += 1;
            if repeated > 10_000 {
                return Err(RecipeError::Exhausted { wanted: count, found: set.len() });
            }
        }
    }
    Ok(set)
}

impl Iterator for Questions {
    type Item = Question;

    fn next(&mut self) -> Option<Question> {
        let seed = mix(mix(self.seed, self.split as u64), self.index);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // The level is drawn once: hard levels, whose draws fail more often, come as often as the recipe says.
        let (family, level) = self.recipe.draw(&mut rng);
        let question = (0..PATIENCE).find_map(|_| draw(family, level, self.split, &mut rng))?;
        self.index += 1;
        Some(question)
    }
}
