//! Final answers: extraction from prose and mathematical equality.
//!
//! [`extract`] finds the answer in a model's text, [`Answer::parse`] reads it once, [`same`] compares two samples in
//! a vote and [`correct`] grades a prediction against the gold answer. [`report`] measures a grader on labelled
//! cases.
//!
//! Everything here is a pure function of its arguments: no clock decides, no randomness, no input or output. Size
//! and depth limits make hostile text cheap and never equal to anything but itself.

mod answer;
mod approx;
mod braces;
mod brackets;
mod choice;
mod clean;
pub mod conventions;
mod counting;
mod delimiters;
mod equality;
mod escapes;
mod evaluate;
mod exact;
mod expression;
mod extract;
mod fingerprint;
mod form;
mod lexer;
mod limits;
mod line;
mod linear;
mod parser;
mod quantity;
mod relation;
pub mod report;
mod residue;
mod structure;
mod token;
mod twofold;
mod units;
mod value;
mod words;

pub use answer::{Answer, correct, equal, same};
pub use extract::{Extracted, Source, extract};
