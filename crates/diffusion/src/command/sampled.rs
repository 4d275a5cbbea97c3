//! From a request to samples, their trees and their bill.

use super::{DenoiserError, DenoiserSpec, RewardError, RewardSpec, npy};
use crate::{
    Latent, Process, Sampler, ScheduleError, ScheduleSpec, Search, SearchFailure, Strategies, log_odds, sheet,
};
use deliberate_report::{PngError, TreeView, tree_from_search, tree_page};
use deliberate_search::{Aggregation, NodeId, Outcome, question_seed};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What a command asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who predicts.
    pub denoiser: DenoiserSpec,
    /// What is searched for.
    pub reward: RewardSpec,
    /// How.
    pub strategy: Strategies,
    /// The levels.
    pub schedule: ScheduleSpec,
    /// The steps between them.
    pub sampler: Sampler,
    /// Function evaluations for each sample.
    pub budget: f64,
    /// How many samples, each by a search of its own.
    pub samples: u32,
    /// Everything is drawn from it.
    pub seed: u64,
}

/// What one sample came to and cost, in function evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bill {
    /// The sample's reward; none if it was not verified.
    pub reward: Option<f64>,
    /// What the budget was compared with.
    pub charged: f64,
    /// Measured by the proposer.
    pub proposer: f64,
    /// Measured by the verifier.
    pub verifier: f64,
    /// Measured by the reviser.
    pub reviser: f64,
    /// Finished samples that the search had.
    pub candidates: usize,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// `[samples, dimension]` by rows.
    pub samples: Vec<f64>,
    /// Numbers of a sample.
    pub dimension: usize,
    /// One for each sample.
    pub bill: Vec<Bill>,
    /// One for each sample, to look through.
    pub trees: Vec<TreeView>,
}

/// Why there are no samples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No denoiser.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// No reward.
    #[error(transparent)]
    Reward(#[from] RewardError),
    /// No schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A search failed.
    #[error(transparent)]
    Search(#[from] SearchFailure),
    /// The sheet cannot be drawn.
    #[error(transparent)]
    Sheet(#[from] PngError),
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Its path.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
}

/// Searches for every sample.
///
/// # Errors
/// [`CommandError`] if the parts do not fit, or a search comes to nothing.
pub fn sample(request: &Request) -> Result<Sampled, CommandError> {
    let denoiser = request.denoiser.build()?;
    let judge = request.reward.build(&request.denoiser, &*denoiser)?;
    let dimension = denoiser.dimension();
    let process = Process { denoiser, schedule: request.schedule.build()?, sampler: request.sampler };
    let (strategy, budget) = (request.strategy.clone(), request.budget);
    let search = Search { process, judge, strategy, budget };
    let mut sampled = Sampled { samples: Vec::new(), dimension, bill: Vec::new(), trees: Vec::new() };
    for index in 0..request.samples {
        let outcome = search.run(question_seed(request.seed, &format!("sample {index}")))?;
        sampled.samples.extend(outcome.answer().into_iter().flat_map(|latent| latent.x.to_vec()));
        sampled.bill.push(bill(&outcome, search.judge.spread()));
        sampled.trees.push(view(&outcome, &search, index));
    }
    Ok(sampled)
}

fn bill(outcome: &Outcome<Latent>, spread: f64) -> Bill {
    let score = outcome.choice.node.and_then(|node| outcome.tree.score(node, Aggregation::Last));
    let ledger = outcome.ledger;
    Bill {
        reward: score.map(|score| spread * log_odds(score)),
        charged: ledger.charged.flops,
        proposer: ledger.proposer.flops,
        verifier: ledger.verifier.flops,
        reviser: ledger.reviser.flops,
        candidates: outcome.tree.answers().count(),
    }
}

/// The tree; nodes say their noise level and the first numbers of the clean sample that is in sight.
fn view(outcome: &Outcome<Latent>, search: &Search, index: u32) -> TreeView {
    let says = |id: NodeId| {
        let latent = outcome.state(id);
        let seen = latent.clean.as_ref().unwrap_or(&latent.x);
        let numbers: Vec<String> = seen.iter().take(4).map(|x| format!("{x:.2}")).collect();
        format!("sigma {:.3}: {}", search.process.sigma(latent.step), numbers.join(" "))
    };
    let mut view = tree_from_search(&outcome.tree, &outcome.choice, Aggregation::Last, says, |id| {
        Some(format!("sample {}", id.0))
    });
    view.question = format!("sample {index}");
    view
}

impl Sampled {
    /// Writes `samples.npy`, `samples.png`, `bill.json` and `trees.html` into a folder, which is made if need be.
    ///
    /// # Errors
    /// [`CommandError`] names the file.
    pub fn write(&self, folder: &Path) -> Result<(), CommandError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| CommandError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let bill = serde_json::to_vec_pretty(&self.bill).expect("numbers are plain data");
        let files = [
            ("samples.npy", npy(&self.samples, self.dimension)),
            ("samples.png", sheet(&self.samples, self.dimension)?),
            ("bill.json", bill),
            ("trees.html", tree_page("Searches for samples", &self.trees).into_bytes()),
        ];
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(failed(&path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::{PIXELS, judge};

    #[test]
    fn a_search_for_a_digit_finds_it_and_writes_all_files() {
        let request = Request {
            denoiser: "digits".parse().unwrap(),
            reward: "class:class=3".parse().unwrap(),
            strategy: "beam:branching=4".parse().unwrap(),
            schedule: "rho:steps=8,max=20,min=0.05".parse().unwrap(),
            sampler: "ddim:eta=1".parse().unwrap(),
            budget: 150.0,
            samples: 4,
            seed: 1,
        };
        let sampled = sample(&request).unwrap();
        assert_eq!(judge().classify(&sampled.samples), [3; 4]);
        let folder = tempfile::tempdir().unwrap();
        sampled.write(folder.path()).unwrap();
        let size = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
        assert_eq!(size("samples.npy"), 128 + 4 * PIXELS as u64 * 8);
        let bills: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.path().join("bill.json")).unwrap()).unwrap();
        assert!(bills[0]["reward"].as_f64().unwrap() > -1.0, "{bills}");
        assert!(size("samples.png") > 100 && size("trees.html") > 100);
    }
}
