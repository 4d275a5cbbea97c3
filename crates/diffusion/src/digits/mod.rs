//! Handwritten digits of 8 × 8 pixels: the data, a denoiser and three classifiers of ours.

mod data;
mod models;

pub use data::{Digits, DigitsError, PIXELS, Part};
pub use models::{classifier, denoiser, judge, weak};
