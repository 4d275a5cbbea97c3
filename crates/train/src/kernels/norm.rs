//! Root-mean-square normalisation.

use super::vector::dot;

/// `out[r] = x[r] / √(mean(x[r]²) + epsilon) · weight`.
///
/// Shapes: `x` and `out` `[rows, width]`, `weight` `[width]`.
pub(crate) fn forward(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let width = weight.len();
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        let scale = inverse_root(x, epsilon);
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }
}

/// Adds the gradient with respect to `x` to `dx`, and that with respect to the weight to `dweight`.
///
/// Shapes: `x`, `dout` and `dx` `[rows, width]`, `weight` and `dweight` `[width]`.
pub(crate) fn backward(
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    dout: &[f32],
    dx: &mut [f32],
    dweight: &mut [f32],
) {
    let width = weight.len();
    let rows = x.chunks_exact(width).zip(dout.chunks_exact(width)).zip(dx.chunks_exact_mut(width));
    for ((x, dout), dx) in rows {
        let scale = inverse_root(x, epsilon);
        let mut sums = [0.0f32; 16];
        for (at, ((x, dout), weight)) in x.iter().zip(dout).zip(weight).enumerate() {
            sums[at % 16] += x * dout * weight;
        }
        let pull = sums.iter().sum::<f32>() * scale * scale * scale / width as f32;
        for ((((dx, dweight), x), dout), weight) in
            dx.iter_mut().zip(&mut *dweight).zip(x).zip(dout).zip(weight)
        {
            *dx += dout * weight * scale - x * pull;
            *dweight += dout * x * scale;
        }
    }
}

fn inverse_root(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt()
}
