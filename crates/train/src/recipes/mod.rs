//! What each model of the family learns from: from questions, samples, returns and chains to [`Example`]s.

mod imitation;
mod labels;
mod language;
mod process;
mod revision;

pub use imitation::{distil, imitate, trajectories};
pub use labels::{Labels, outcome, outcomes, steps};
pub use language::solved;
pub use process::{LabelledSteps, LabelsError, labelled, read_labels, write_labels};
pub use revision::{RevisionPlan, revisions};

use crate::Example;
use deliberate_text::Trace;

/// A solution to be drawn as it stands: loss on its tokens and on the end of the sequence, none on what it was drawn
/// from.
fn drawn(trace: &Trace, end: u32) -> Example {
    let mut tokens = trace.tokens().to_vec();
    tokens.push(end);
    let predicted = trace.prompt_tokens()..tokens.len();
    Example::continuation(tokens, predicted).sharing(trace.prompt_tokens())
}
