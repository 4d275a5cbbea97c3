//! Whether the roles did what they were asked, or the search only looks as if all were well.
//!
//! One bad draw or verification fails its node and no more. A role that failed in *all* that it was asked leaves nothing that
//! could be called a result: its reason is then how the search ended.

use super::{Ended, Executor, SearchError};
use crate::{Choice, Failure, NodeId, Origin, State, Status};

/// What the roles came to so far.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) proposer: Account,
    pub(super) verifier: Account,
    pub(super) reviser: Account,
}

/// What one role came to.
#[derive(Default)]
pub(super) struct Account {
    succeeded: bool,
    first: Option<Failure>,
}

impl Account {
    pub(super) fn succeeded(&mut self) {
        self.succeeded = true;
    }

    pub(super) fn failed(&mut self, failure: Failure) {
        self.first.get_or_insert(failure);
    }

    /// Why everything failed, if it did.
    fn all(&self) -> Option<&Failure> {
        self.first.as_ref().filter(|_| !self.succeeded)
    }
}

impl<S: State> Executor<'_, S> {
    /// Refuses a choice of what is not there or no answer: a fault in the strategy.
    pub(super) fn check_choice(&self, choice: &Choice) -> Result<(), SearchError> {
        let answer = |id: NodeId| {
            self.tree
                .get(id)
                .is_some_and(|node| node.status == Status::Complete && node.origin != Origin::Lookahead)
        };
        let mut named = choice.node.into_iter().chain(choice.votes.iter().map(|vote| vote.node));
        match named.find(|&id| !answer(id)) {
            Some(id) => Err(SearchError::BadDecision { reason: format!("node {} is no answer", id.0) }),
            None => Ok(()),
        }
    }

    /// How the search ended, all told.
    pub(super) fn judge(&self, ended: Ended, choice: &Choice) -> Ended {
        if matches!(ended, Ended::Cancelled | Ended::Failed { .. }) {
            return ended;
        }
        let Verdict { proposer, verifier, reviser } = &self.verdict;
        let roles = [("proposer", proposer), ("verifier", verifier), ("reviser", reviser)];
        let useless = roles.into_iter().find_map(|(role, account)| Some((role, account.all()?)));
        // Selection passes over what could not be verified: if nothing is left, the verifier is why, whoever else failed.
        let unverified = || {
            let failed = || self.tree.answers().find_map(|id| self.tree.node(id).failure.as_ref());
            choice.node.is_none().then(failed).flatten().map(|failure| ("verifier", failure))
        };
        match unverified().or(useless) {
            Some((role, failure)) => Ended::Failed { role: role.to_owned(), failure: failure.clone() },
            None => ended,
        }
    }
}
