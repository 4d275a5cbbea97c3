//! What a training tells while it runs.

use crate::LogLine;
use std::ops::ControlFlow;

/// Watches a training; the loop itself prints nothing.
pub trait Progress {
    /// A step was made: how many, of how many, and the loss of its batch. Breaking ends the training with a
    /// checkpoint, from which the same call goes on.
    fn stepped(&mut self, step: u64, steps: u64, loss: f32) -> ControlFlow<()> {
        let _ = (step, steps, loss);
        ControlFlow::Continue(())
    }

    /// A line was written to the log.
    fn logged(&mut self, line: &LogLine) {
        let _ = line;
    }

    /// The training goes on after `step`, from a checkpoint.
    fn resumed(&mut self, step: u64) {
        let _ = step;
    }
}

/// Nobody watches.
impl Progress for () {}

/// A curve in one line of block characters, the mean of equal stretches: low at the bottom, at most `width` wide.
pub fn curve(values: &[f64], width: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = width.min(values.len());
    let mean = |column: usize| {
        let stretch = &values[values.len() * column / columns..values.len() * (column + 1) / columns];
        stretch.iter().sum::<f64>() / stretch.len() as f64
    };
    let means: Vec<f64> = (0..columns).map(mean).collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let block =
        |value: f64| BLOCKS[((value - low) / (high - low).max(f64::MIN_POSITIVE) * 7.0).round() as usize];
    means.into_iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_falls_with_its_values() {
        assert_eq!(curve(&[4.0, 3.0, 2.0, 1.0, 0.5], 5), "█▆▄▂▁");
        assert_eq!(curve(&[4.0, 4.0, 2.0, 2.0, 0.0, 0.0], 3), "█▅▁");
        assert_eq!(curve(&[1.0, 1.0], 9), "▁▁");
        assert_eq!(curve(&[], 9), "");
    }
}
