//! The vocabulary of planning: who is served, what a forward pass evaluates, and what its rows are for.

use crate::Span;
use crate::slots::Operation;
use std::ops::Range;

/// A request, numbered by arrival.
pub type RequestId = u64;

/// One sample of a request (a score request has one). Older ones are smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId {
    /// The request.
    pub request: RequestId,
    /// The sample.
    pub sample: u32,
}

/// What a row of logits is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The next token of these samples of a request: all of them after the prompt, one of them later.
    Draw(RequestId, Range<u32>),
    /// The reading at this mark of a request.
    Read(RequestId, usize),
}

/// A row of logits that a batch gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPlan {
    /// Index of the span.
    pub span: usize,
    /// Index of the token in the span.
    pub token: usize,
    /// What it is for.
    pub purpose: Purpose,
}

/// One forward pass.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// To be done to the slots before, in this order.
    pub operations: Vec<Operation>,
    /// What to evaluate.
    pub spans: Vec<Span>,
    /// The rows that come out, in the order in which they come out.
    pub rows: Vec<RowPlan>,
    /// Whose spans these are.
    pub(crate) owners: Vec<SequenceId>,
}

/// What has happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Given tokens evaluated.
    pub prefilled: u64,
    /// Drawn tokens evaluated.
    pub decoded: u64,
    /// Tokens evaluated once more, because they had to give way before.
    pub repeated: u64,
    /// Sequences that gave up their slot to an older one.
    pub preemptions: u64,
    /// Copies of a prefix to another slot, for sharing or to close gaps.
    pub copies: u64,
}
