//! What users get wrong, and what machines do to them, where no model is needed.

#[path = "../support/mod.rs"]
mod support;

mod datasets;
mod grading;
mod models;
mod output;
mod reference;
mod usage;
