//! What must hold of all questions, whatever the family, the level and the seed.

mod answers;
mod hostile;
mod oracle;
mod recipes;
mod splits;

use deliberate_lab::{Family, Level, Part, Question, Recipe, Span, Split, generate};
use proptest::prelude::*;

/// A recipe for this level alone.
fn exactly(family: Family, level: Level) -> Recipe {
    let only = |knob| Span(knob, knob);
    let part = Part {
        family,
        weight: 1,
        steps: only(level.steps),
        size: only(level.size),
        products: only(level.products),
        distractors: only(level.distractors),
        shuffled: if level.shuffled { 100 } else { 0 },
    };
    Recipe { parts: vec![part] }
}

/// The first questions of a recipe.
fn first(recipe: &Recipe, split: Split, seed: u64, count: usize) -> Vec<Question> {
    generate(recipe, split, seed).expect("the recipe is sound").take(count).collect()
}

/// Any question of any family and level.
fn any_question() -> impl Strategy<Value = Question> {
    let knobs = (0..Family::ALL.len(), 1..=10_u32, 0..=100_u32, 0..=3_u32, any::<bool>(), any::<u64>());
    knobs.prop_map(|(family, steps, products, distractors, shuffled, seed)| {
        let family = Family::ALL[family];
        let level = match family {
            Family::Chain => Level { steps, size: 97, products, distractors, shuffled },
            Family::Story => Level { steps, size: 60, products: products.min(80), distractors, shuffled },
            Family::Countdown => Level {
                steps: 2 + steps % 2,
                size: 20,
                products: 30,
                distractors: distractors % 2,
                shuffled: false,
            },
            Family::Purses => {
                Level { steps: 3 + steps, size: 9, products: 0, distractors: 0, shuffled: false }
            }
        };
        let mut question = first(&exactly(family, level), Split::Train, seed, 1);
        question.pop().expect("every level has questions")
    })
}
