//! Rotary positions on neighbouring pairs (2i, 2i + 1).

use deliberate_decoder::Shape;

/// Cosines and sines of every position and pair.
#[derive(Debug)]
pub(crate) struct Rotary {
    /// `[context, head_width]`: cosine and sine of a pair lie beside each other.
    table: Vec<f32>,
    head_width: usize,
}

impl Rotary {
    pub(crate) fn new(shape: &Shape) -> Self {
        let head_width = shape.head_width() as usize;
        let base = f64::from(shape.rope_base);
        let frequency = |pair: usize| base.powf(-2.0 * pair as f64 / head_width as f64);
        let angles = (0..shape.context).flat_map(|position| {
            (0..head_width / 2).flat_map(move |pair| {
                let (sine, cosine) = (f64::from(position) * frequency(pair)).sin_cos();
                [cosine as f32, sine as f32]
            })
        });
        Self { table: angles.collect(), head_width }
    }

    /// Cosines and sines at a position: `[head_width]`, pair by pair.
    pub(crate) fn at(&self, position: usize) -> &[f32] {
        &self.table[position * self.head_width..][..self.head_width]
    }

    /// Turns every head of `row` by its position; backwards with `direction` -1, which is also the derivative.
    pub(crate) fn turn(&self, row: &mut [f32], position: usize, direction: f32) {
        let angles = self.at(position);
        for head in row.chunks_exact_mut(self.head_width) {
            for (pair, angle) in head.chunks_exact_mut(2).zip(angles.chunks_exact(2)) {
                let (cosine, sine) = (angle[0], angle[1] * direction);
                let (first, second) = (pair[0], pair[1]);
                pair[0] = first * cosine - second * sine;
                pair[1] = first * sine + second * cosine;
            }
        }
    }
}
