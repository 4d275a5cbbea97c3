//! One file a command.

pub(crate) mod act;
pub(crate) mod bench;
mod building;
pub(crate) mod calibrate;
pub(crate) mod completions;
pub(crate) mod diffuse;
pub(crate) mod doctor;
pub(crate) mod exchange;
pub(crate) mod formats;
pub(crate) mod grade;
pub(crate) mod lab;
pub(crate) mod models;
mod outcome;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod solve;
pub(crate) mod strategies;
pub(crate) mod train;

use crate::exit::bad_input;
use crate::output::note;
use anyhow::Context;
use deliberate::{Cast, Deliberate, Loaded, ModelSettings, Search};
use deliberate_train::{Device, gpu};

/// The runtime that waits for models; it computes next to nothing itself.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")
}

/// Opens the models of a search, and tells what is odd about them.
async fn open(search: Search, settings: &ModelSettings, questions: usize) -> anyhow::Result<Deliberate> {
    let models = Loaded::open(&Cast { settings, searches: &[&search], questions }).await?;
    let deliberate = Deliberate::new(search, models, None).await?;
    warn(deliberate.warnings());
    Ok(deliberate)
}

/// Tells what is odd about models.
fn warn(warnings: &[String]) {
    for warning in warnings {
        note(format_args!("warning: {warning}"));
    }
}

/// Where a training computes.
fn device(on_gpu: bool) -> anyhow::Result<Device> {
    if on_gpu { gpu().map_err(bad_input) } else { Ok(Device::Cpu) }
}

/// What the user typed.
fn command() -> String {
    std::env::args().skip(1).fold("deliberate".to_owned(), |all, next| format!("{all} {next}"))
}
