//! A layer: a matrix and a bias.

/// `weight · x + bias`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    /// `[outputs, inputs]` by rows.
    pub(super) weight: Vec<f32>,
    /// `[outputs]`.
    pub(super) bias: Vec<f32>,
}

/// Numbers multiplied side by side; sums of a row are in this many parts whatever the batch, so that no row of a batch
/// depends on the others.
const LANES: usize = 16;

impl Layer {
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// `[batch, inputs]` → `[batch, outputs]`.
    pub(super) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let batch = x.len() / self.inputs;
        let outputs = self.outputs();
        let mut y = vec![0.0; batch * outputs];
        // A row of weights is used for the whole batch while it is near.
        for (output, (row, bias)) in self.weight.chunks_exact(self.inputs).zip(&self.bias).enumerate() {
            for (index, x) in x.chunks_exact(self.inputs).enumerate() {
                y[index * outputs + output] = bias + dot(row, x);
            }
        }
        y
    }

    /// Floating-point operations for one input.
    pub(super) fn flops(&self) -> f64 {
        2.0 * self.weight.len() as f64
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = whole_a.remainder().iter().zip(whole_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in whole_a.zip(whole_b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// `x / (1 + exp(-x))`.
pub(super) fn silu(x: &mut [f32]) {
    for x in x {
        *x /= 1.0 + (-*x).exp();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_a_matrix_and_a_bias() {
        let inputs = 19;
        let weight: Vec<f32> = (0..2 * inputs).map(|i| i as f32 / 10.0).collect();
        let layer = Layer { inputs, weight: weight.clone(), bias: vec![1.0, -1.0] };
        let x: Vec<f32> = (0..2 * inputs).map(|i| (i as f32).sin()).collect();
        let y = layer.apply(&x);
        for (index, y) in y.iter().enumerate() {
            let (row, column) = (index / 2, index % 2);
            let terms = (0..inputs).map(|i| weight[column * inputs + i] * x[row * inputs + i]);
            let expected = layer.bias[column] + terms.sum::<f32>();
            assert!((y - expected).abs() < 1e-4, "{y} {expected}");
        }
        assert_eq!(layer.apply(&x[inputs..]), y[2..]);
    }
}
