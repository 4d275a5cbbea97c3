//! The records of an interrupted search, taken up again.

use super::SearchError;
use crate::{Decision, Record};

/// The records of an earlier search, decision by decision.
pub(super) struct Replay<S> {
    records: std::iter::Enumerate<std::vec::IntoIter<Record<S>>>,
}

impl<S> Replay<S> {
    pub(super) fn new(records: Vec<Record<S>>) -> Self {
        Self { records: records.into_iter().enumerate() }
    }

    /// The records of a decision's parts, in whatever order they arrived; only the last decision's may be too few.
    pub(super) fn take(&mut self, parts: &[Decision]) -> Result<Vec<Option<Record<S>>>, SearchError> {
        let mut taken: Vec<Option<Record<S>>> = parts.iter().map(|_| None).collect();
        for (index, record) in self.records.by_ref().take(parts.len()) {
            let part = record.part as usize;
            match (parts.get(part), taken.get_mut(part)) {
                (Some(asked), Some(empty @ None)) if *asked == record.asked => *empty = Some(record),
                _ => return Err(SearchError::ForeignCheckpoint { index }),
            }
        }
        Ok(taken)
    }

    /// A search that ends before its checkpoint does is not the one that wrote it.
    pub(super) fn end(&mut self) -> Result<(), SearchError> {
        self.records.next().map_or(Ok(()), |(index, _)| Err(SearchError::ForeignCheckpoint { index }))
    }
}
