//! What comes of a search, or why none could be carried out.

use crate::{Choice, Failure, Ledger, NodeId, ObserverError, StopReason, Tree};
use serde::{Deserialize, Serialize};

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The strategy stopped.
    Stopped(StopReason),
    /// The budget did not allow all that the strategy decided.
    Budget,
    /// It was told to.
    Cancelled,
    /// A role failed, so that this is not the answer that was asked for: for a whole batch; or in everything that it was
    /// asked; or, the verifier, for every finished solution where the choice reads scores.
    Failed {
        /// Which role: `proposer`, `verifier` or `reviser`.
        role: String,
        /// What it said.
        failure: Failure,
    },
}

impl Ended {
    /// What failed, if a role did, as a sentence.
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::Failed { role, failure } => Some(format!("the {role} failed: {failure}")),
            _ => None,
        }
    }
}

/// What a search found and what it cost.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome<S> {
    /// The chosen answer, and what spoke for each.
    pub choice: Choice,
    /// Why it ended.
    pub ended: Ended,
    /// The bill.
    pub ledger: Ledger,
    /// Generations that the strategy would have spent if nothing had stopped it.
    pub planned: Option<u32>,
    /// Everything that happened.
    pub tree: Tree,
    /// The states, by node id.
    pub states: Vec<S>,
}

impl<S> Outcome<S> {
    /// The chosen state, if any solution is complete.
    pub fn answer(&self) -> Option<&S> {
        self.choice.node.map(|id| self.state(id))
    }

    /// The state of a node of this tree.
    pub fn state(&self, id: NodeId) -> &S {
        &self.states[id.index()]
    }

    /// Generations left unspent by stopping early.
    pub fn saved(&self) -> u32 {
        match self.ended {
            Ended::Stopped(StopReason::Confident { .. }) => {
                self.planned.unwrap_or(0).saturating_sub(self.ledger.generations)
            }
            _ => 0,
        }
    }
}

/// A search that could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The strategy wants scores and nobody gives any.
    #[error("this strategy needs a verifier (choose one, or a strategy that votes)")]
    NoVerifier,
    /// The strategy wants revisions and nobody writes any.
    #[error("this strategy needs a reviser")]
    NoReviser,
    /// The strategy wants to continue a state twice that can be continued once.
    #[error(
        "node {} can be continued only once, and this strategy wants more (search in a model of it, or draw one chain)",
        node.0
    )]
    ContinuedTwice {
        /// Which state.
        node: NodeId,
    },
    /// A strategy asked for something impossible: a fault in the strategy.
    #[error("the strategy made an impossible decision: {reason}")]
    BadDecision {
        /// What is wrong with it.
        reason: String,
    },
    /// A strategy kept deciding things that change nothing: a fault in the strategy.
    #[error("the strategy goes on without effect")]
    Stalled,
    /// The checkpoint belongs to another search. Records do not name the seed: whoever stores them stores it beside
    /// them.
    #[error(
        "record {index} of the checkpoint does not fit this search (other strategy, budget or question?)"
    )]
    ForeignCheckpoint {
        /// Which record, from 0.
        index: usize,
    },
    /// The observer could not do its part.
    #[error("the search could not be recorded")]
    Observer(#[from] ObserverError),
}
