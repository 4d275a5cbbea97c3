//! Every kernel, forward and backward, against candle's operations and derivatives in 64 bits.

use super::attention::{self, Heads, Kept, Room};
use super::rotary::Rotary;
use super::{gated, norm, objective};
use crate::batch::Sequence;
use crate::plain::{self, Angles, Groups};
use crate::testing::{numbers, shape};
use crate::{Batch, Example, Goal, Target};
use candle_core::{DType, Device, Result, Tensor, Var};
use std::ops::Range;

fn variable(data: &[f32], dims: &[usize]) -> Var {
    let tensor = Tensor::from_slice(data, dims, &Device::Cpu).unwrap().to_dtype(DType::F64).unwrap();
    Var::from_tensor(&tensor).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn assert_close(name: &str, ours: &[f32], exact: &[f64]) {
    assert_eq!(ours.len(), exact.len(), "{name}");
    let scale = exact.iter().fold(1.0f64, |top, value| top.max(value.abs()));
    for (index, (ours, exact)) in ours.iter().zip(exact).enumerate() {
        assert!((f64::from(*ours) - exact).abs() <= 3e-6 * scale, "{name}[{index}]: {ours} for {exact}");
    }
}

fn sequences(rows: &[(Range<usize>, Range<usize>)]) -> Vec<Sequence> {
    rows.iter().map(|(before, own)| Sequence { before: before.clone(), own: own.clone() }).collect()
}

/// Output of `plain` and the gradients of `Σ output · dout`.
fn reference(
    inputs: &[&Var],
    dout: &[f32],
    plain: impl FnOnce() -> Result<Tensor>,
) -> (Vec<f64>, Vec<Vec<f64>>) {
    let out = plain().unwrap();
    let weights = variable(dout, out.dims());
    let gradients = (&out * weights.as_tensor()).unwrap().sum_all().unwrap().backward().unwrap();
    (flat(&out), inputs.iter().map(|input| flat(gradients.get(input).unwrap())).collect())
}

#[test]
fn norm_equals_plain_operations() {
    let (rows, width) = (5, 37);
    let (x, weight, dout) = (numbers(rows * width, 1), numbers(width, 2), numbers(rows * width, 3));
    let (x_var, weight_var) = (variable(&x, &[rows, width]), variable(&weight, &[width]));
    let (exact, gradients) =
        reference(&[&x_var, &weight_var], &dout, || plain::norm(&x_var, &weight_var, 1e-5));
    let mut out = vec![0.0; x.len()];
    norm::forward(&x, &weight, 1e-5, &mut out);
    assert_close("out", &out, &exact);
    let (mut dx, mut dweight) = (vec![0.0; x.len()], vec![0.0; width]);
    norm::backward(&x, &weight, 1e-5, &dout, &mut dx, &mut dweight);
    assert_close("dx", &dx, &gradients[0]);
    assert_close("dweight", &dweight, &gradients[1]);
}

#[test]
fn gated_activation_equals_plain_operations() {
    let (rows, width) = (4, 21);
    let (x, dout) = (numbers(rows * 2 * width, 1), numbers(rows * width, 2));
    let x: Vec<f32> = x.iter().map(|v| v * 6.0).collect();
    let x_var = variable(&x, &[rows, 2 * width]);
    let (exact, gradients) = reference(&[&x_var], &dout, || plain::gated(&x_var));
    let (mut out, mut again, mut dx) = (vec![0.0; rows * width], vec![0.0; rows * width], vec![0.0; x.len()]);
    gated::forward(&x, width, &mut out);
    gated::backward(&x, width, &dout, &mut dx, &mut again);
    assert_close("out", &out, &exact);
    assert_close("dx", &dx, &gradients[0]);
    assert_close("out again", &again, &exact);
}

#[test]
fn rotation_equals_plain_operations() {
    let (tokens, heads, width) = (9, 3, 8);
    let rotary = Rotary::new(&shape(16, 24, 1, 3, 3));
    let (x, dout) = (numbers(tokens * heads * width, 1), numbers(tokens * heads * width, 2));
    let x_var = variable(&x, &[tokens, heads, width]);
    let sequences = sequences(&[(0..0, 0..4), (0..0, 4..5), (4..5, 5..9)]);
    let angles = Angles::new(&rotary, &sequences, DType::F64, &Device::Cpu).unwrap();
    let (exact, gradients) = reference(&[&x_var], &dout, || angles.turn(&x_var));
    let (mut out, mut dx) = (x.clone(), dout.clone());
    for sequence in sequences {
        for (position, token) in sequence.positions().zip(sequence.own) {
            let row = token * heads * width..(token + 1) * heads * width;
            rotary.turn(&mut out[row.clone()], position, 1.0);
            rotary.turn(&mut dx[row], position, -1.0);
        }
    }
    assert_close("out", &out, &exact);
    assert_close("dx", &dx, &gradients[0]);
}

#[test]
fn attention_equals_plain_operations() {
    for (query, key_value) in [(4, 4), (4, 2), (3, 1)] {
        let heads = Heads { query, key_value, width: 6 };
        // The last four share what lies at 140..150.
        let laid = [0..1, 1..131, 131..140, 140..150].map(|own| (0..0, own));
        let branches = [150..151, 151..231, 231..233, 233..304].map(|own| (140..150, own));
        let sequences = sequences(&[laid, branches].concat());
        let (tokens, row, hidden) = (304, heads.row(), heads.hidden());
        let (rows, dout) = (numbers(tokens * row, 1), numbers(tokens * hidden, 2));
        let rows: Vec<f32> = rows.iter().map(|v| v * 2.0).collect();
        let rows_var = variable(&rows, &[tokens, row]);
        let groups = Groups::new(&sequences, &Device::Cpu).unwrap();
        let (exact, gradients) = reference(&[&rows_var], &dout, || {
            let part = |at: usize, count: usize| {
                rows_var.narrow(1, at * heads.width, count * heads.width)?.reshape((
                    tokens,
                    count,
                    heads.width,
                ))
            };
            let (q, k) = (part(0, query)?, part(query, key_value)?);
            plain::attention(heads, &groups, &q, &k, &part(query + key_value, key_value)?)
        });
        let mut room = Room::default();
        let (mut out, mut log_sums) = (vec![0.0; tokens * hidden], vec![0.0; tokens * query]);
        attention::forward(heads, &rows, &sequences, &mut out, &mut log_sums, &mut room);
        assert_close("out", &out, &exact);
        let mut drows = vec![f32::NAN; rows.len()];
        let kept = Kept { rows: &rows, out: &out, log_sums: &log_sums };
        attention::backward(heads, kept, &sequences, &dout, &mut drows, &mut room);
        assert_close("drows", &drows, &gradients[0]);
    }
}

#[test]
fn objectives_equal_plain_operations() {
    let vocabulary = 19;
    let goals = [
        Goal::Token(3),
        Goal::Label { share: 0.3, positive: 5, negative: 6 },
        Goal::Token(18),
        Goal::Label { share: 1.0, positive: 0, negative: 6 },
    ];
    let targets = goals.iter().enumerate();
    let targets = targets.map(|(at, &goal)| Target { position: at as u32, goal, weight: 1.0 + at as f32 });
    let example = Example { tokens: vec![0; 4], targets: targets.collect(), shared: 0 };
    let batch = Batch::pack(&[example], &shape(vocabulary as u32, 8, 1, 2, 2)).unwrap();
    let logits: Vec<f32> = numbers(goals.len() * vocabulary, 1).iter().map(|v| v * 4.0).collect();
    let logits_var = variable(&logits, &[goals.len(), vocabulary]);
    let (exact, gradients) =
        reference(&[&logits_var], &[1.0], || plain::loss(&batch, &logits_var)?.reshape(1));
    let mut ours = logits.clone();
    let (mut loss, mut predicted) = (0.0, 0.0);
    for (index, share) in batch.shares().into_iter().enumerate() {
        let row = index * vocabulary..(index + 1) * vocabulary;
        predicted += share * objective::predict(&logits[row.clone()], goals[index]).loss;
        loss += share * objective::differentiate(&mut ours[row], goals[index], share);
    }
    assert_close("loss", &[loss, predicted], &[exact[0], exact[0]]);
    assert_close("dlogits", &ours, &gradients[0]);
}
