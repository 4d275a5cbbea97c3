//! Watching a search.

use crate::{Decision, Ledger, Record, Tree};

/// An observer that could not do its part (a journal on a full disk), which ends the search.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ObserverError(pub Box<dyn std::error::Error + Send + Sync>);

/// Is told what happens; decides nothing. Every method has an empty default.
pub trait Observer<S>: Send {
    /// A decision is about to be performed.
    fn decided(&mut self, _decision: &Decision, _tree: &Tree) {}

    /// A role answered; the tree does not show it yet. Write-ahead journals belong here. Not called for records
    /// that are replayed.
    ///
    /// # Errors
    /// Ends the search with this error.
    fn performed(&mut self, _record: &Record<S>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// The tree grew or was scored. `states` is indexed by node id.
    fn changed(&mut self, _tree: &Tree, _states: &[S], _ledger: &Ledger) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl<S> Observer<S> for Silent {}
