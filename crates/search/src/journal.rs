//! What was performed, in order: enough to rebuild a search without calling any role.

use crate::{Assessed, Decision, Drawn};
use serde::{Deserialize, Serialize};

/// A role's answer to a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply<S> {
    /// To [`Decision::Expand`] and [`Decision::Revise`].
    Drawn(Drawn<S>),
    /// To [`Decision::Verify`].
    Assessed(Assessed),
}

/// One act of the executor. The records of a search, as they came, are its checkpoint: strategies are pure, so feeding
/// them back rebuilds the same tree, and the search goes on from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<S> {
    /// What was asked, after the budget trimmed it: a decision or a part of one.
    pub asked: Decision,
    /// Which part of the decision, from 0; parts arrive in any order.
    pub part: u32,
    /// What came back.
    pub reply: Reply<S>,
    /// How long the call took, in seconds.
    pub seconds: f64,
}
