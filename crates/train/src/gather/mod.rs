//! What models are trained from, drawn from other models: samples, Monte-Carlo returns, chains of revisions.
//!
//! Every stage writes one line for each question to a file, and goes on where that file ends. All questions are in
//! flight together, so that the engine's batches are full.

mod chains;
mod error;
mod returns;
mod samples;
mod scores;
mod searches;
mod stage;

pub use chains::{ChainPlan, Chains, draw_chains};
pub use error::GatherError;
pub use returns::{Returns, ReturnsPlan, Valued, estimate_returns};
pub use samples::{SamplePlan, Sampled, Solution, draw_samples};
pub use scores::{Scores, score_solutions};
pub use searches::{Picked, SearchPlan, search_solutions};
pub use stage::{Progress, Silent};

use deliberate_text::{Gold, Trace};

/// A question and how its answers are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Unique among the questions of a stage.
    pub id: String,
    /// What is asked.
    pub problem: String,
    /// The right final answer.
    pub answer: String,
}

impl Asked {
    /// Whether a complete solution comes to the right answer, by mathematical equality.
    pub fn right(&self, solution: &Trace) -> bool {
        Gold::new(&self.answer).right(solution)
    }
}
