//! The study: what test-time search in diffusion sampling is worth, against closed forms and on digits.
//!
//! Choices (of a strategy's variant, of steps for a class, of a schedule) are made with development seeds, and everything that
//! is reported is measured with others. All comparisons are at equal cost in function evaluations, verifiers counted.

mod digits;
mod distance;
mod gaussian;
mod guidance;
mod learnt;
mod mixtures;
mod page;
mod split;

pub use digits::{ClassFindings, Contender};
pub use gaussian::ScheduleRow;
pub use guidance::GuidanceRow;
pub use learnt::LearntRow;
pub use mixtures::{GreedyRow, OrderRow, TiltRow};
pub use page::page;
pub use split::{SplitFindings, SplitRow};

use crate::digits::Digits;
use crate::schedule_search::PathCostsError;
use crate::{MixtureError, ScheduleError, SearchFailure, strategies::StrategyError};
use deliberate_run::Interval;
use serde::Serialize;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Extent {
    /// Searches for each cell of the mixtures.
    pub mixture_runs: usize,
    /// Searches for each class, strategy and budget of the digits.
    pub digit_runs: usize,
    /// Noises that learnt schedules are measured on.
    pub noises: usize,
    /// Everything is drawn from it.
    pub seed: u64,
}

impl Extent {
    /// The study as it is reported; some minutes on one core.
    pub const FULL: Self = Self { mixture_runs: 768, digit_runs: 24, noises: 512, seed: 1 };
    /// Enough to see that everything works.
    pub const SMALL: Self = Self { mixture_runs: 32, digit_runs: 2, noises: 16, seed: 1 };
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// How much was measured.
    pub extent: Extent,
    /// (a) Schedules on Gaussian data.
    pub schedules: Vec<ScheduleRow>,
    /// (b) Best-of-N against order statistics.
    pub orders: Vec<OrderRow>,
    /// (b) Distance from the tilted mixture.
    pub tilts: Vec<TiltRow>,
    /// (b) The greedy limits.
    pub greedy: Vec<GreedyRow>,
    /// (b) How wrong the reward of the predicted clean sample is.
    pub guidance: Vec<GuidanceRow>,
    /// (c) Strategies on digits.
    pub classes: ClassFindings,
    /// (d) More steps or more candidates.
    pub split: SplitFindings,
    /// (d) Learnt schedules.
    pub learnt: Vec<LearntRow>,
}

/// Why there is no study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A search failed.
    #[error(transparent)]
    Search(#[from] SearchFailure),
    /// A schedule is none.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A mixture is none.
    #[error(transparent)]
    Mixture(#[from] MixtureError),
    /// A strategy is none.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The bound on paths cannot be estimated.
    #[error(transparent)]
    Path(#[from] PathCostsError),
    /// A text names nothing.
    #[error(transparent)]
    Form(#[from] crate::FormError),
    /// Nothing was measured.
    #[error("nothing was measured (an extent of 0 runs)")]
    Nothing,
}

/// Runs everything; `said` is told what begins.
///
/// # Errors
/// [`StudyError`] if the extent leaves nothing to measure.
pub fn study(digits: &Digits, extent: Extent, said: &mut dyn FnMut(&str)) -> Result<Findings, StudyError> {
    said("schedules on Gaussian data");
    let schedules = gaussian::schedules(extent.seed)?;
    said("mixtures with a linear reward");
    let orders = mixtures::orders(extent)?;
    let tilts = mixtures::tilts(extent)?;
    let greedy = mixtures::greedy(extent)?;
    let guidance = guidance::guidance(extent)?;
    said("learnt schedules");
    let learnt = learnt::learnt(digits, extent)?;
    said("steps or candidates");
    let split = split::split(extent)?;
    said("strategies on digits");
    let classes = digits::classes(extent)?;
    Ok(Findings { extent, schedules, orders, tilts, greedy, guidance, classes, split, learnt })
}

/// A mean with its interval.
fn mean(values: &[f64], seed: u64) -> Result<Interval, StudyError> {
    deliberate_run::bootstrap_mean(values, seed).ok_or(StudyError::Nothing)
}
