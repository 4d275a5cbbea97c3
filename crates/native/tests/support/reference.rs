//! The decoder as its definition says, one number after the other.

use deliberate_decoder::{Shape, Weights};
use deliberate_lm::Token;
use half::f16;

/// Logits after every token, `[tokens][vocabulary]`.
pub(crate) fn logits(shape: &Shape, weights: &Weights, tokens: &[Token]) -> Vec<Vec<f64>> {
    let hidden = shape.hidden as usize;
    let mut streams: Vec<Vec<f64>> =
        tokens.iter().map(|&token| wide(&weights.embedding[token as usize * hidden..][..hidden])).collect();
    for block in &weights.blocks {
        let normed: Vec<Vec<f64>> =
            streams.iter().map(|stream| norm(shape, stream, &block.attention_norm)).collect();
        let project = |matrix: &[f32], bias: &[f32]| {
            let mut rows: Vec<_> = normed.iter().map(|row| multiply(matrix, row)).collect();
            for row in &mut rows {
                add(row, &wide(bias));
            }
            rows
        };
        let mut queries = project(&block.query, &block.query_bias);
        let mut keys = project(&block.key, &block.key_bias);
        let mut values = project(&block.value, &block.value_bias);
        for (position, (query, key)) in queries.iter_mut().zip(&mut keys).enumerate() {
            turn(shape, query, position);
            turn(shape, key, position);
        }
        // As they are kept; what is computed with them is not rounded.
        for number in keys.iter_mut().chain(&mut values).flatten() {
            *number = f16::from_f64(*number).to_f64();
        }
        for (position, query) in queries.iter().enumerate() {
            let attended = attend(shape, query, &keys[..=position], &values[..=position]);
            add(&mut streams[position], &multiply(&block.attention_output, &attended));
        }
        for stream in &mut streams {
            let normed = norm(shape, stream, &block.feed_forward_norm);
            let gates = multiply(&block.gate, &normed);
            let others = multiply(&block.up, &normed);
            let units: Vec<f64> =
                gates.iter().zip(&others).map(|(gate, other)| gate / (1.0 + (-gate).exp()) * other).collect();
            add(stream, &multiply(&block.down, &units));
        }
    }
    let output = weights.output.as_ref().unwrap_or(&weights.embedding);
    streams.iter().map(|stream| multiply(output, &norm(shape, stream, &weights.final_norm))).collect()
}

fn wide(floats: &[f32]) -> Vec<f64> {
    floats.iter().copied().map(f64::from).collect()
}

fn add(stream: &mut [f64], other: &[f64]) {
    for (value, other) in stream.iter_mut().zip(other) {
        *value += other;
    }
}

fn multiply(matrix: &[f32], input: &[f64]) -> Vec<f64> {
    let row = |row: &[f32]| row.iter().zip(input).map(|(&weight, input)| f64::from(weight) * input).sum();
    matrix.chunks_exact(input.len()).map(row).collect()
}

fn norm(shape: &Shape, stream: &[f64], weights: &[f32]) -> Vec<f64> {
    let mean = stream.iter().map(|value| value * value).sum::<f64>() / stream.len() as f64;
    let root = (mean + f64::from(shape.norm_epsilon)).sqrt();
    stream.iter().zip(weights).map(|(value, &weight)| value / root * f64::from(weight)).collect()
}

fn turn(shape: &Shape, heads: &mut [f64], position: usize) {
    let width = shape.head_width() as usize;
    for head in heads.chunks_exact_mut(width) {
        for pair in 0..width / 2 {
            let angle = position as f64 / f64::from(shape.rope_base).powf(2.0 * pair as f64 / width as f64);
            let (x, y) = (head[2 * pair], head[2 * pair + 1]);
            head[2 * pair] = x * angle.cos() - y * angle.sin();
            head[2 * pair + 1] = x * angle.sin() + y * angle.cos();
        }
    }
}

fn attend(shape: &Shape, query: &[f64], keys: &[Vec<f64>], values: &[Vec<f64>]) -> Vec<f64> {
    let width = shape.head_width() as usize;
    let mut attended = Vec::new();
    for (head, query) in query.chunks_exact(width).enumerate() {
        let start = head / (shape.heads / shape.kv_heads) as usize * width;
        let score = |key: &Vec<f64>| {
            let products = query.iter().zip(&key[start..]).map(|(query, key)| query * key);
            products.sum::<f64>() / (width as f64).sqrt()
        };
        let weights: Vec<f64> = keys.iter().map(|key| score(key).exp()).collect();
        let total: f64 = weights.iter().sum();
        for at in start..start + width {
            let mixed = weights.iter().zip(values).map(|(weight, value)| weight / total * value[at]);
            attended.push(mixed.sum());
        }
    }
    attended
}
