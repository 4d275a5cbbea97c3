//! The gated activation: `silu(gate) · up`.

use super::vector::sigmoid;

/// `out = silu(gate) · up`, where each row of `gate_up` is a gate followed by as much of up.
///
/// Shapes: `gate_up` `[rows, 2 · width]`, `out` `[rows, width]`.
pub(crate) fn forward(gate_up: &[f32], width: usize, out: &mut [f32]) {
    for (gate_up, out) in gate_up.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
        let (gate, up) = gate_up.split_at(width);
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate * sigmoid(*gate) * up;
        }
    }
}

/// The gradient with respect to `gate_up`, from that of the output; writes the output once more into `out`.
///
/// Shapes: `gate_up` and `dgate_up` `[rows, 2 · width]`, `dout` and `out` `[rows, width]`.
pub(crate) fn backward(gate_up: &[f32], width: usize, dout: &[f32], dgate_up: &mut [f32], out: &mut [f32]) {
    let rows = gate_up.chunks_exact(2 * width).zip(dout.chunks_exact(width));
    let written = dgate_up.chunks_exact_mut(2 * width).zip(out.chunks_exact_mut(width));
    for ((gate_up, dout), (dgate_up, out)) in rows.zip(written) {
        let (gate, up) = gate_up.split_at(width);
        let (dgate, dup) = dgate_up.split_at_mut(width);
        for (((((gate, up), dout), dgate), dup), out) in
            gate.iter().zip(up).zip(dout).zip(dgate).zip(dup).zip(out)
        {
            let sigmoid = sigmoid(*gate);
            let silu = gate * sigmoid;
            *dgate = dout * up * (sigmoid + silu * (1.0 - sigmoid));
            *dup = dout * silu;
            *out = silu * up;
        }
    }
}
