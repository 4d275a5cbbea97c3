//! Reasoning tasks for tiny language models: questions without end, exact checkers, step oracles.
//!
//! Four families, each with knobs of difficulty ([`Level`]):
//! - **chain**: values defined from one another, modulo a prime;
//! - **story**: word problems over a graph of quantities, in English sentences;
//! - **countdown**: combine numbers to reach a target, where each step is a choice and search matters;
//! - **purses**: take or leave items so that every purse is spent exactly, where its end says how far one missed.
//!
//! [`generate`] draws questions from a [`Recipe`], endlessly and by seed. A question's [`Split`] follows from its
//! [`Key`], which is the same whatever the names in it and the order of its sentences: no question of one split is a
//! renamed question of another. [`correct`] checks final answers; a [`StepOracle`] knows which steps are right and
//! whether the right answer is still in reach. The oracle is there to analyse verifiers, never to solve.
//!
//! ~~~
//! use deliberate_lab::{Family, Recipe, Split, StepOracle, correct, generate};
//!
//! let question = generate(&Recipe::of(Family::Chain), Split::Train, 7)?.next().unwrap();
//! assert!(correct(&question, &question.answer));
//! let mut oracle = StepOracle::new(&question)?;
//! assert!(question.solution.lines().all(|line| oracle.judge(line).right));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ~~~
//!
//! This crate has never heard of models, tokens, searches or files.

mod chain;
mod check;
mod countdown;
mod draw;
mod generate;
mod graph;
mod graph_oracle;
mod key;
mod line;
mod oracle;
mod purses;
mod question;
mod recipe;
mod shape;
mod story;

pub use check::{correct, final_answer};
pub use countdown::Countdown;
pub use generate::{Questions, generate, generate_set};
pub use graph::{Graph, Node, Operand, Operation, Rule};
pub use key::{Key, Split};
pub use oracle::{Judgement, Malformed, StepOracle, judge};
pub use purses::{Offer, Purse, Purses};
pub use question::{Facts, Family, Level, Question};
pub use recipe::{Part, Recipe, RecipeError, Span};
