//! What a pull tells whoever watches it.

use std::path::Path;

use crate::{Origin, SourceError};

/// Watches a pull or a verification. Called from the pulling thread, often; must not block for long.
pub trait PullObserver {
    /// Something happened.
    fn observe(&mut self, event: PullEvent<'_>);
}

/// Nobody watches.
impl PullObserver for () {
    fn observe(&mut self, _event: PullEvent<'_>) {}
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum PullEvent<'a> {
    /// The file is here already; nothing is fetched.
    AlreadyHere {
        /// The file.
        path: &'a Path,
    },
    /// Another process is pulling the same model; waiting until it ends.
    Waiting,
    /// A source is about to be tried.
    Trying {
        /// The source.
        source: &'a Origin,
    },
    /// So much is here. The first event of a resumed transfer starts above zero.
    Received {
        /// Bytes on this machine.
        bytes: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
    /// The transfer broke; it continues from where it was.
    Retrying {
        /// Bytes on this machine.
        bytes: u64,
        /// Why it broke.
        reason: &'a SourceError,
    },
    /// The model is being taken out of its package.
    Unpacking {
        /// Bytes written.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The checksum is being computed.
    Hashing {
        /// Bytes read.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The source publishes no checksum: the file could only be compared by size.
    Unchecked {
        /// The source.
        source: &'a Origin,
    },
    /// The source did not give the file; the next one follows, if there is one.
    SourceFailed {
        /// The source.
        source: &'a Origin,
        /// Why.
        reason: &'a SourceError,
    },
    /// The complete, checked file is in its place.
    Done {
        /// The file.
        path: &'a Path,
    },
}
