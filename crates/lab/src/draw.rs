//! One question of a family and a level, from a generator of random numbers.

use crate::{Facts, Family, Key, Level, Question, Split, chain, countdown, purses, story};
use rand_chacha::ChaCha8Rng;

/// A question before it is put into words, so that those of another split cost little.
pub(crate) struct Draft {
    pub(crate) key: Key,
    pub(crate) facts: Facts,
    /// The order in which the problem lists the facts.
    pub(crate) listed: Vec<usize>,
}

/// A question of this split; `None` if this draw came to nothing.
pub(crate) fn draw(family: Family, level: Level, split: Split, rng: &mut ChaCha8Rng) -> Option<Question> {
    let draft = match family {
        Family::Chain => chain::build(level, rng),
        Family::Story => story::build(level, rng),
        Family::Countdown => countdown::build(level, rng),
        Family::Purses => purses::build(level, rng),
    }?;
    if draft.key.split() != split {
        return None;
    }
    let (problem, mut steps, answer) = match (&draft.facts, family) {
        (Facts::Graph(graph), Family::Story) => story::words(graph, &draft.listed, rng),
        (Facts::Graph(graph), _) => chain::words(graph, &draft.listed),
        (Facts::Countdown(countdown), _) => countdown::words(countdown),
        (Facts::Purses(purses), _) => Some(purses::words(purses)),
    }?;
    steps.push(format!("The answer is {answer}."));
    let (id, solution) = (format!("{family}-{}", draft.key), steps.join("\n"));
    Some(Question { id, family, problem, answer, solution, level, split, facts: draft.facts })
}
