//! A larger decoder that begins by computing what a smaller one computes.

use crate::TrainError;
use deliberate_decoder::{Block, Shape, Weights};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Weights of the larger shape that give the same probabilities as `weights` do in the smaller one, up to rounding.
///
/// **Wider**: every unit of the residual stream, every head and every gated unit stands there several times over. What
/// reads them splits its weight over the copies, in shares drawn from the seed: with equal shares the copies would get
/// equal gradients and stay copies for ever. **Deeper**: copies of the blocks on top, the first ones first, that add
/// nothing yet. A verifier needs those: what a model would have said at a place is known in its last block alone, and to
/// compare that with what stands there takes another.
///
/// # Errors
/// [`TrainError::Growth`] if the larger width, heads and gated width are not multiples of the smaller ones, with as many
/// queries to a key and heads as wide as before, or if anything else but blocks and context differs, or there are fewer blocks.
pub fn grown(weights: &Weights, from: &Shape, to: &Shape, seed: u64) -> Result<Weights, TrainError> {
    let [wider, gated] = factors(from, to)?;
    let [hidden, feed_forward] = [from.hidden, from.feed_forward].map(|size| size as usize);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut wide = |matrix: &[f32], inputs, factors| widened(matrix, inputs, factors, &mut random);
    let block = |block: &Block| Block {
        attention_norm: block.attention_norm.repeat(wider),
        query: wide(&block.query, hidden, [wider, wider]),
        key: wide(&block.key, hidden, [wider, wider]),
        value: wide(&block.value, hidden, [wider, wider]),
        attention_output: wide(&block.attention_output, hidden, [wider, wider]),
        feed_forward_norm: block.feed_forward_norm.repeat(wider),
        gate: wide(&block.gate, hidden, [gated, wider]),
        up: wide(&block.up, hidden, [gated, wider]),
        down: wide(&block.down, feed_forward, [wider, gated]),
        query_bias: block.query_bias.repeat(wider),
        key_bias: block.key_bias.repeat(wider),
        value_bias: block.value_bias.repeat(wider),
    };
    let mut blocks: Vec<Block> = weights.blocks.iter().map(block).collect();
    // Embeddings that also serve as the output are read once per copy: the last norm makes up for it.
    let share = if weights.output.is_some() { 1.0 } else { 1.0 / wider as f32 };
    let last: Vec<f32> = weights.final_norm.iter().map(|entry| entry * share).collect();
    let output = weights.output.as_ref().map(|output| wide(output, hidden, [1, wider]));
    let fresh: Vec<Block> = blocks.iter().cycle().take(to.layers as usize - blocks.len()).cloned().collect();
    blocks.extend(fresh.into_iter().map(|mut block| {
        block.attention_output.fill(0.0);
        block.down.fill(0.0);
        block
    }));
    let rows = weights.embedding.chunks_exact(hidden);
    let embedding = rows.flat_map(|row| row.repeat(wider)).collect();
    Ok(Weights { embedding, blocks, final_norm: last.repeat(wider), output })
}

/// Whether a decoder of one shape can grow to another.
///
/// # Errors
/// [`TrainError::Growth`] as for [`grown`].
pub fn growable(from: &Shape, to: &Shape) -> Result<(), TrainError> {
    factors(from, to).map(|_| ())
}

/// How many times as wide the residual stream is, and the gated layer.
fn factors(from: &Shape, to: &Shape) -> Result<[usize; 2], TrainError> {
    let [wider, gated] = [to.hidden / from.hidden, to.feed_forward / from.feed_forward];
    let expected = Shape {
        layers: to.layers,
        context: to.context,
        hidden: from.hidden * wider,
        heads: from.heads * wider,
        kv_heads: from.kv_heads * wider,
        feed_forward: from.feed_forward * gated,
        ..*from
    };
    if *to != expected || to.layers < from.layers || wider == 0 || gated == 0 {
        return Err(TrainError::Growth { from: Box::new(*from), to: Box::new(*to) });
    }
    Ok([wider as usize, gated as usize])
}

/// Rows and columns several times over; the copies of a column share its weight, anew in every row.
fn widened(matrix: &[f32], inputs: usize, [rows, columns]: [usize; 2], random: &mut ChaCha8Rng) -> Vec<f32> {
    let mut wide = Vec::with_capacity(matrix.len() * rows * columns);
    for row in (0..rows).flat_map(|_| matrix.chunks_exact(inputs)) {
        let start = wide.len();
        wide.resize(start + inputs * columns, 0.0);
        for (place, entry) in row.iter().enumerate() {
            let parts: Vec<f32> = (0..columns).map(|_| 0.5 + random.random::<f32>()).collect();
            let sum: f32 = parts.iter().sum();
            for (copy, part) in parts.into_iter().enumerate() {
                wide[start + copy * inputs + place] = entry * (part / sum);
            }
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Decoder, Example, initial, testing};

    fn losses(shape: &Shape, weights: &Weights) -> f32 {
        let decoder = Decoder::from_weights(shape, weights).unwrap();
        let text = Example::language((0..30).map(|at| at * 7 % 20).collect());
        let batch = Batch::pack(&[text], shape).unwrap();
        decoder.loss(&batch, None).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn a_grown_decoder_says_what_the_small_one_says() {
        for tied in [true, false] {
            let small = Shape { tied, bias: tied, ..testing::shape(20, 32, 2, 4, 2) };
            let mut weights = initial::weights(&small, 5);
            for (_, bias) in weights.named_mut().into_iter().filter(|(name, _)| name.contains(".bias")) {
                *bias = testing::numbers(bias.len(), 6);
            }
            let expected = losses(&small, &weights);
            let deeper = Shape { layers: 4, ..small };
            let wider = Shape { hidden: 96, heads: 12, kv_heads: 6, ..small };
            let gated = Shape { feed_forward: small.feed_forward * 2, ..wider };
            for shape in [small, deeper, wider, gated, Shape { layers: 3, ..gated }] {
                let grown = grown(&weights, &small, &shape, 1).unwrap();
                let loss = losses(&shape, &grown);
                assert!((loss - expected).abs() < 1e-4, "{loss} instead of {expected}: {shape:?}");
            }
            assert_eq!(grown(&weights, &small, &small, 1).unwrap(), weights);
        }
    }

    #[test]
    fn copies_do_not_stay_copies() {
        let small = testing::shape(20, 32, 2, 4, 4);
        let shape = Shape { hidden: 64, heads: 8, kv_heads: 8, ..small };
        let grown = grown(&initial::weights(&small, 5), &small, &shape, 1).unwrap();
        let query = &grown.blocks[0].query;
        assert_ne!(query[..query.len() / 2], query[query.len() / 2..]);
    }

    #[test]
    fn what_does_not_fit_says_so() {
        let small = testing::shape(20, 32, 2, 4, 4);
        let weights = initial::weights(&small, 5);
        for shape in [
            Shape { hidden: 48, ..small },
            Shape { hidden: 64, ..small },
            Shape { layers: 1, ..small },
            Shape { vocabulary: 21, ..small },
            Shape { feed_forward: 40, ..small },
        ] {
            let error = grown(&weights, &small, &shape, 1).unwrap_err();
            assert!(matches!(error, TrainError::Growth { .. }), "{error}");
        }
    }
}
