//! Training of a Llama or Qwen2 decoder: the model, its kernels, the optimiser and one loop.
//!
//! A [`Decoder`] holds weights of a `deliberate_decoder::Shape` as candle variables and gives the loss of a [`Batch`]
//! of [`Example`]s packed end to end. [`train`] is the loop: it asks a [`Source`] for the examples of every step,
//! learns, evaluates, logs and writes checkpoints from which it goes on to the same bits. A decoder may carry an adapter,
//! which then learns in its place. Nothing here knows what the tokens mean, and nothing generates text.
//!
//! ~~~no_run
//! use deliberate_train::{Decoder, Drawn, Example, Settings, train};
//! # fn run(shape: deliberate_decoder::Shape, folder: &std::path::Path) -> Result<(), deliberate_train::TrainError> {
//! let decoder = Decoder::random(&shape, 1)?;
//! let mut source = Drawn::new(8192, 2, |_random| Example::language(vec![1, 2, 3, 4]));
//! let validation = [Example::language(vec![1, 2, 3, 4])];
//! let settings = Settings { steps: 2000, patience: Some(5), ..Settings::default() };
//! let report = train(&decoder, &mut source, &validation, &settings, folder, &mut ())?;
//! println!("{:?} after {} steps", report.outcome, report.steps);
//! let weights = decoder.to_weights()?;
//! # Ok(())
//! # }
//! ~~~

mod batch;
mod checkpoint;
mod decoder;
mod device;
mod error;
mod evaluate;
mod events;
mod example;
mod files;
mod fused;
pub mod gather;
mod growth;
mod initial;
mod kernels;
mod log;
mod lora;
mod optimiser;
mod parts;
mod plain;
mod progress;
pub mod recipes;
mod schedule;
mod settings;
mod source;
mod stepper;
#[cfg(test)]
mod testing;
mod training;
mod update;

pub use batch::Batch;
pub use decoder::{Decoder, Dropout, Kernels};
pub use device::{Device, gpu};
pub use error::TrainError;
pub use evaluate::{Evaluation, evaluate, predict};
pub use example::{Example, Goal, Target};
pub use files::{read_weights, write_weights};
pub use growth::{growable, grown};
pub use initial::fresh_adapter;
pub use kernels::objective::Prediction;
pub use log::{LogLine, read_log};
pub use optimiser::AdamW;
pub use progress::{Progress, curve};
pub use schedule::Schedule;
pub use settings::Settings;
pub use source::{Drawn, Epochs, Source};
pub use stepper::{Stepped, Stepper};
pub use training::{Outcome, Report, Validated, checksum, train};
