//! Rotary positions.

use crate::sizes::Sizes;

/// Cosines and sines of every position, `[context, head width / 2]` each.
#[derive(Debug)]
pub(crate) struct Rotary {
    cosines: Vec<f32>,
    sines: Vec<f32>,
    /// Half of a head's width.
    half: usize,
}

impl Rotary {
    pub(crate) fn new(sizes: &Sizes, base: f32) -> Self {
        let half = sizes.head / 2;
        let angle = |index: usize| {
            let (position, pair) = (index / half, index % half);
            position as f64 * f64::from(base).powf(-((2 * pair) as f64) / sizes.head as f64)
        };
        let all = 0..sizes.context * half;
        Self {
            cosines: all.clone().map(|index| angle(index).cos() as f32).collect(),
            sines: all.map(|index| angle(index).sin() as f32).collect(),
            half,
        }
    }

    /// Turns heads that lie `stored` floats apart, the first halves of all their pairs before the second, and scales
    /// them.
    pub(crate) fn turn(&self, heads: &mut [f32], stored: usize, position: usize, scale: f32) {
        let range = position * self.half..(position + 1) * self.half;
        let (cosines, sines) = (&self.cosines[range.clone()], &self.sines[range]);
        for head in heads.chunks_exact_mut(stored) {
            let (first, second) = head.split_at_mut(self.half);
            for (((x, y), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                let turned = (*x * cosine - *y * sine, *x * sine + *y * cosine);
                (*x, *y) = (turned.0 * scale, turned.1 * scale);
            }
        }
    }
}
