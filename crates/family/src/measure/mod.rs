//! What a family can do, on questions that none of it has seen.
//!
//! Everything is drawn once into a folder and goes on where it was stopped; every number comes with a bootstrap
//! interval over questions.

mod choose;
mod groups;
mod page;
mod proposers;
mod revisers;
mod statistics;
mod verifiers;

pub use choose::{aggregated, right_among};
pub use page::page;
pub use proposers::{Learnt, Proposers};
pub use revisers::{Along, Revisions};
pub use statistics::{Bin, area, difference, mean};
pub use verifiers::{Areas, Chosen, Curve, Verifiers};

use crate::asked;
use crate::watch::{Watch, unless_broken};
use crate::{BuildError, Observer, Plan, serve};
use deliberate_engine::Engine;
use deliberate_lab::{Question, Split, generate_set};
use deliberate_train::gather::{Asked, SamplePlan, Sampled, draw_samples};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Extent {
    /// What the questions may be used for: results are of test questions, choices are made on validation questions.
    pub split: Split,
    /// Questions.
    pub questions: usize,
    /// Samples of each.
    pub samples: u32,
    /// Chains of revisions of each question, and their length.
    pub chains: (u32, u32),
    /// Questions whose steps are valued by fresh rollouts, and rollouts from each step.
    pub rollouts: (usize, u32),
    /// Every draw follows from it.
    pub seed: u64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measured {
    /// How much.
    pub extent: Extent,
    /// The proposers.
    pub proposers: Proposers,
    /// PRM and ORM on the proposer's samples.
    pub verifiers: Verifiers,
    /// The reviser and its ORM.
    pub revisions: Revisions,
}

/// Measures the family that was built in a folder.
///
/// # Errors
/// [`BuildError`]; what was drawn stays in the folder.
pub fn measure(
    plan: &Plan,
    folder: &Path,
    extent: &Extent,
    observer: &mut dyn Observer,
) -> Result<Measured, BuildError> {
    let mut bench = Bench::open(plan, folder, extent, observer)?;
    let (proposers, sampled) = bench.proposers()?;
    let verifiers = bench.verifiers(&sampled)?;
    let revisions = bench.revisions(&sampled)?;
    Ok(Measured { extent: *extent, proposers, verifiers, revisions })
}

/// Measures the revisers alone. They take the proposer, the ORM and the ORM of revisions that are in the folder.
///
/// # Errors
/// [`BuildError`]; what was drawn stays in the folder.
pub fn measure_revisions(
    plan: &Plan,
    folder: &Path,
    extent: &Extent,
    observer: &mut dyn Observer,
) -> Result<Revisions, BuildError> {
    let mut bench = Bench::open(plan, folder, extent, observer)?;
    let sampled = bench.draw("proposer", extent.samples, plan.method.temperature)?;
    bench.revisions(&sampled)
}

/// What all measurements share.
struct Bench<'a> {
    plan: &'a Plan,
    folder: &'a Path,
    work: PathBuf,
    extent: &'a Extent,
    questions: Vec<Question>,
    asked: Vec<Asked>,
    observer: &'a mut dyn Observer,
}

impl<'a> Bench<'a> {
    fn open(
        plan: &'a Plan,
        folder: &'a Path,
        extent: &'a Extent,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, BuildError> {
        let Extent { split, questions, samples, seed, .. } = *extent;
        let of = match split {
            Split::Test => "",
            Split::Validation => "validation-",
            Split::Train => "train-",
        };
        let work = folder.join(format!("measure-{of}{questions}x{samples}-seed{seed}"));
        std::fs::create_dir_all(&work).map_err(BuildError::file(&work))?;
        let questions = generate_set(&plan.lab()?.questions, split, seed, questions)?;
        let asked = questions.iter().map(asked).collect();
        Ok(Self { plan, folder, work, extent, questions, asked, observer })
    }

    fn engine(&self, name: &str) -> Result<Engine, BuildError> {
        Ok(serve(&self.folder.join(name).join(format!("{name}.gguf")))?)
    }

    /// Samples of every question; greedy ones at temperature 0.
    fn draw(&mut self, model: &str, samples: u32, temperature: f32) -> Result<Vec<Sampled>, BuildError> {
        let file = format!("{model}-{}.jsonl", if temperature == 0.0 { "greedy" } else { "samples" });
        self.observer.stage(&file);
        let file = self.work.join(file);
        let engine = self.engine(model)?;
        let domain = serve::domain(&engine, temperature)?;
        let plan =
            SamplePlan { samples, seed: self.extent.seed, concurrency: self.plan.method.returns.concurrency };
        let mut watch = Watch::new(self.observer);
        let drawn = block_on(draw_samples(&domain, &self.asked, &plan, &file, &mut watch));
        unless_broken(drawn)
    }
}
