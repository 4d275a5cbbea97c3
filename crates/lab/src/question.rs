//! A question as data: what is asked, a reference solution, and the facts behind both.

use crate::{Countdown, Graph, Key, Purses, Split, countdown, purses};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A family of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Values defined from one another, modulo a prime.
    Chain,
    /// Word problems over a graph of quantities.
    Story,
    /// Numbers to be combined into a target.
    Countdown,
    /// Items to be taken or left so that every purse is spent exactly.
    Purses,
}

impl Family {
    /// All of them, for tables.
    pub const ALL: [Self; 4] = [Self::Chain, Self::Story, Self::Countdown, Self::Purses];
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chain => "chain",
            Self::Story => "story",
            Self::Countdown => "countdown",
            Self::Purses => "purses",
        })
    }
}

/// How hard a question was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Steps that are needed, the answer line not counted.
    pub steps: u32,
    /// Chain: the modulus. Chain apart: the largest number that is given.
    pub size: u32,
    /// How many operations in a hundred multiply (or, in a story, divide), on average.
    pub products: u32,
    /// Chain and story: facts that are not needed. Countdown: numbers that stay unused. Purses: none.
    pub distractors: u32,
    /// Whether facts come in random order instead of one in which each builds on facts before it.
    pub shuffled: bool,
}

/// What a question is about, behind its words. Only the oracle and the key look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// Of a chain or a story.
    Graph(Graph),
    /// Of a countdown.
    Countdown(Countdown),
    /// Of purses.
    Purses(Purses),
}

/// One question. As a line of JSON it is a line of a dataset: `id`, `problem` and `answer` are its fields there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Family and key: `chain-00c0ffee00c0ffee`. Unique in a set from [`crate::generate_set`].
    pub id: String,
    /// The family.
    pub family: Family,
    /// What is asked, on one line.
    pub problem: String,
    /// The final answer. No other is right.
    pub answer: String,
    /// Reference steps, one a line, and the line "The answer is X."
    pub solution: String,
    /// How hard it was made.
    pub level: Level,
    /// What it may be used for. Follows from the key.
    pub split: Split,
    /// What stands behind the words.
    pub facts: Facts,
}

impl Question {
    /// The question's key: equal for questions that differ in names, wording, order or distractors only.
    pub fn key(&self) -> Key {
        match &self.facts {
            Facts::Graph(graph) => graph.key(self.family),
            Facts::Countdown(countdown) => countdown.key(),
            Facts::Purses(purses) => purses.key(),
        }
    }

    /// What a model sees before it answers.
    pub fn prompt(&self) -> String {
        format!("Question: {}\nAnswer:\n", self.problem)
    }

    /// A solution as someone writes it who guesses `slips` choices of a hundred, whether it comes out right or not. All
    /// arithmetic is right: a proposer that only ever saw choices that come out right learns that every last step
    /// reaches the target, and bends its arithmetic to that. Where steps are no choices (chain and story) this is the
    /// reference solution.
    pub fn attempt(&self, slips: u32, rng: &mut impl Rng) -> String {
        let attempt = match &self.facts {
            _ if slips == 0 => None,
            Facts::Graph(_) => None,
            Facts::Countdown(countdown) => countdown::attempt(countdown, slips, rng),
            Facts::Purses(purses) => Some(purses::attempt(purses, slips, rng)),
        };
        attempt.map_or_else(
            || self.solution.clone(),
            |(steps, answer)| format!("{}\nThe answer is {answer}.", steps.join("\n")),
        )
    }

    /// What a model is trained on: the prompt, the reference solution, and a line end.
    pub fn text(&self) -> String {
        format!("{}{}\n", self.prompt(), self.solution)
    }
}
