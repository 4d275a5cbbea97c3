//! Experiments with the bundled models, on development questions: what plans and strategies are chosen by. Test questions
//! are left to what is reported.
//!
//! ~~~text
//! cargo run --release -p deliberate-family --example trials -- revisers FOLDER   # what revisers learn from
//! cargo run --release -p deliberate-family --example trials -- verifiers FOLDER  # PRM against ORM, as the paper trains them
//! cargo run --release -p deliberate-family --example trials -- beams FOLDER      # why beams fall short of best-of-N
//! ~~~
//!
//! What was drawn and trained stays in the folder and is not done again. `questions=200` and other numbers of an
//! experiment (see [`Extent`]) follow the folder.

mod beams;
mod bench;
mod purses;
mod revisers;
mod verifiers;

use bench::{Bench, Extent};
use std::error::Error;
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(trial), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: trials revisers|verifiers|beams FOLDER [NUMBER=VALUE]...".into());
    };
    let mut extent = Extent::default();
    for argument in arguments {
        extent.set(&argument)?;
    }
    let bench = Bench::new(PathBuf::from(folder), extent)?;
    match trial.as_str() {
        "revisers" => revisers::run(&bench),
        "verifiers" => verifiers::run(&bench),
        "beams" => beams::run(&bench),
        other => Err(format!("there is no trial `{other}` (revisers, verifiers or beams)").into()),
    }
}
