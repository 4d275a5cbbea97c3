//! What tests of whole trainings share.

use deliberate_decoder::Shape;
use deliberate_train::{LogLine, Progress, read_log};
use std::ops::ControlFlow;
use std::path::Path;

/// A decoder that learns in a moment.
pub(crate) const SHAPE: Shape = Shape {
    vocabulary: 20,
    context: 64,
    hidden: 16,
    layers: 2,
    heads: 2,
    kv_heads: 1,
    feed_forward: 40,
    rope_base: 10_000.0,
    norm_epsilon: 1e-5,
    tied: false,
    bias: false,
};

/// Breaks off after a step.
pub(crate) struct Breaks(pub(crate) u64);

impl Progress for Breaks {
    fn stepped(&mut self, step: u64, _steps: u64, _loss: f32) -> ControlFlow<()> {
        if step == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The log without what a clock decides.
pub(crate) fn timeless(folder: &Path) -> Vec<LogLine> {
    let lines = read_log(folder).unwrap();
    lines.into_iter().map(|line| LogLine { tokens_per_second: None, ..line }).collect()
}
