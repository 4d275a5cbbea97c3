//! What users bring and get wrong, and what machines do to them, with the bundled models or none.

#[path = "../support/mod.rs"]
mod support;

mod budgets;
mod datasets;
mod directories;
mod grading;
mod models;
mod output;
mod questions;
mod reference;
mod states;
mod usage;
