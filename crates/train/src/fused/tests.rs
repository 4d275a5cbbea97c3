//! The fused decoder against the same decoder in candle's operations.

use crate::testing::{numbers, shape};
use crate::{Batch, Decoder, Dropout, Example, Goal, Kernels, Target};
use deliberate_decoder::{Adapter, LowRank, Shape};

/// Examples of many lengths with tokens and labels to meet.
fn batch(shape: &Shape, lengths: &[usize]) -> Batch {
    let token = |at: usize| (at * at * 7 + at) as u32 % shape.vocabulary;
    let examples: Vec<Example> = lengths
        .iter()
        .enumerate()
        .map(|(index, &length)| {
            let tokens: Vec<u32> = (0..length).map(|at| token(at + 31 * index)).collect();
            let mut example = Example::language(tokens);
            if index % 3 == 0 {
                let goal = Goal::Label { share: 0.3, positive: 1, negative: 2 };
                example.targets.push(Target { position: length as u32 - 1, goal, weight: 2.5 });
            }
            example
        })
        .collect();
    Batch::pack(&examples, shape).unwrap()
}

fn gradients(decoder: &Decoder, batch: &Batch, dropout: Option<Dropout>) -> (f32, Vec<(String, Vec<f32>)>) {
    let loss = decoder.loss(batch, dropout).unwrap();
    let gradients = loss.backward().unwrap();
    let vector = |parameter: crate::decoder::Parameter| {
        let gradient = gradients.get(parameter.variable.as_tensor()).unwrap();
        (parameter.name, gradient.flatten_all().unwrap().to_vec1().unwrap())
    };
    (loss.to_scalar().unwrap(), decoder.parameters().into_iter().map(vector).collect())
}

#[track_caller]
fn assert_gradients_agree(ours: &[(String, Vec<f32>)], theirs: &[(String, Vec<f32>)]) {
    assert_eq!(ours.len(), theirs.len());
    for ((name, ours), (_, theirs)) in ours.iter().zip(theirs) {
        let scale = theirs.iter().fold(0.0f32, |top, value| top.max(value.abs()));
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() <= 1e-4 * scale, "{name}: {ours} {theirs}, up to {scale}");
        }
    }
}

/// An adapter that changes all matrices but two.
fn adapter(shape: &Shape) -> Adapter {
    let mut adapter = Adapter::zeros(shape, 3, 4.5);
    for (seed, (_, values)) in adapter.named_mut().into_iter().enumerate() {
        *values = numbers(values.len(), seed as u64).iter().map(|value| 0.3 * value).collect();
    }
    adapter.blocks[0][1] = LowRank::default();
    adapter.blocks[1][6] = LowRank::default();
    adapter
}

/// Moves the norms off 1 and the biases off 0, where mistakes would hide.
fn unevenly(decoder: &Decoder) {
    let mut weights = decoder.to_weights().unwrap();
    for (name, data) in weights.named_mut() {
        if name.contains("norm") || name.contains(".bias") {
            let shift = numbers(data.len(), 5);
            data.iter_mut().zip(shift).for_each(|(value, shift)| *value += 0.5 * shift);
        }
    }
    decoder.set_weights(&weights).unwrap();
}

#[test]
fn fused_gradients_are_those_of_plain_operations() {
    let grouped = shape(23, 24, 3, 6, 2);
    let shapes = [grouped, Shape { tied: false, bias: true, ..grouped }, shape(40, 16, 1, 2, 2)];
    let dropouts = [None, Some(Dropout { share: 0.2, seed: 9 }), None];
    for (shape, dropout) in shapes.into_iter().zip(dropouts) {
        let batch = batch(&shape, &[1, 64, 3, 17, 64, 64, 2, 64, 33, 64, 64, 64, 5]);
        let fused = Decoder::random(&shape, 1).unwrap();
        unevenly(&fused);
        let plain = Decoder::from_weights(&shape, &fused.to_weights().unwrap()).unwrap();
        let plain = plain.with_kernels(Kernels::Plain);
        let (fused_loss, fused_gradients) = gradients(&fused, &batch, dropout);
        let (plain_loss, plain_gradients) = gradients(&plain, &batch, dropout);
        assert!((fused_loss - plain_loss).abs() < 1e-5, "{fused_loss} {plain_loss}");
        assert_gradients_agree(&fused_gradients, &plain_gradients);
        let (ours, theirs) = (fused.predict(&batch).unwrap(), plain.predict(&batch).unwrap());
        assert_eq!(ours.len(), batch.targets());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours.loss - theirs.loss).abs() < 1e-4, "{ours:?} {theirs:?}");
        }
    }
}

#[track_caller]
fn assert_derivatives(decoder: &Decoder, batch: &Batch) {
    let (_, gradients) = gradients(decoder, batch, None);
    for (parameter, (name, gradient)) in decoder.parameters().into_iter().zip(&gradients) {
        let variable = &parameter.variable;
        let before = variable.as_tensor().copy().unwrap();
        let direction: Vec<f32> = numbers(gradient.len(), 8);
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
        let loss_at = |distance: f64| {
            let shift =
                candle_core::Tensor::from_slice(&direction, variable.shape(), variable.device()).unwrap();
            variable.set(&(&before + (shift * distance).unwrap()).unwrap()).unwrap();
            f64::from(decoder.loss(batch, None).unwrap().to_scalar::<f32>().unwrap())
        };
        let difference = (loss_at(2e-3) - loss_at(-2e-3)) / 4e-3;
        variable.set(&before).unwrap();
        assert!((difference - slope).abs() < 5e-3 * slope.abs().max(0.2), "{name}: {difference} {slope}");
    }
}

#[test]
fn the_derivative_predicts_the_difference() {
    let shape = shape(11, 8, 2, 2, 1);
    let decoder = Decoder::random(&shape, 4).unwrap();
    let batch = batch(&shape, &[9, 4, 12]);
    assert_derivatives(&decoder, &batch);
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let shape = shape(23, 24, 2, 6, 2);
    let batch = batch(&shape, &[64; 60]);
    let decoder = Decoder::random(&shape, 1).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| gradients(&decoder, &batch, None))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn examples_of_a_batch_do_not_see_each_other() {
    let shape = shape(23, 24, 2, 6, 2);
    let decoder = Decoder::random(&shape, 1).unwrap();
    let examples: Vec<Example> = [5usize, 40, 1, 64]
        .iter()
        .map(|&length| Example::language((0..length).map(|at| (at * 5 + length) as u32 % 23).collect()))
        .collect();
    let packed = crate::predict(&decoder, &examples, 4096).unwrap();
    for (example, packed) in examples.iter().zip(packed) {
        let alone = crate::predict(&decoder, std::slice::from_ref(example), 4096).unwrap().concat();
        for (packed, alone) in packed.iter().zip(alone) {
            assert!((packed.loss - alone.loss).abs() < 1e-5);
        }
    }
}

#[test]
fn gradients_of_an_adapter_agree_too_and_reach_nothing_else() {
    for shape in [shape(23, 24, 2, 6, 2), Shape { tied: false, bias: true, ..shape(23, 24, 2, 6, 2) }] {
        let batch = batch(&shape, &[1, 64, 3, 17, 64, 33, 5]);
        let base = Decoder::random(&shape, 1).unwrap();
        unevenly(&base);
        let with = |kernels: Kernels| {
            let decoder = Decoder::from_weights(&shape, &base.to_weights().unwrap()).unwrap();
            decoder.with_kernels(kernels).with_adapter(&adapter(&shape)).unwrap()
        };
        let (fused, plain) = (with(Kernels::Fused), with(Kernels::Plain));
        for dropout in [None, Some(Dropout { share: 0.2, seed: 9 })] {
            let (fused_loss, fused_gradients) = gradients(&fused, &batch, dropout);
            let (plain_loss, plain_gradients) = gradients(&plain, &batch, dropout);
            assert!((fused_loss - plain_loss).abs() < 1e-5, "{fused_loss} {plain_loss}");
            assert_eq!(fused_gradients.len(), 2 * (2 * 7 - 2));
            assert!(fused_gradients.iter().all(|(_, values)| values.iter().any(|value| *value != 0.0)));
            assert_gradients_agree(&fused_gradients, &plain_gradients);
        }
    }
}

#[test]
fn the_derivative_of_an_adapter_predicts_the_difference() {
    let shape = shape(11, 8, 2, 2, 1);
    let decoder = Decoder::random(&shape, 4).unwrap().with_adapter(&adapter(&shape)).unwrap();
    assert_derivatives(&decoder, &batch(&shape, &[9, 4, 12]));
}

#[test]
fn merged_weights_say_what_decoder_and_adapter_say() {
    let shape = shape(23, 24, 2, 6, 2);
    let batch = batch(&shape, &[12, 40, 3]);
    for kernels in [Kernels::Fused, Kernels::Plain] {
        let base = Decoder::random(&shape, 1).unwrap().with_kernels(kernels);
        let before = base.predict(&batch).unwrap();
        let decoder = base.with_adapter(&adapter(&shape)).unwrap();
        let merged = Decoder::from_weights(&shape, &decoder.to_weights().unwrap()).unwrap();
        let (ours, theirs) = (decoder.predict(&batch).unwrap(), merged.predict(&batch).unwrap());
        let furthest = |left: &[crate::Prediction], right: &[crate::Prediction]| {
            left.iter().zip(right).map(|(l, r)| (l.loss - r.loss).abs()).fold(0.0, f32::max)
        };
        assert!(furthest(&ours, &theirs) < 1e-4, "{}", furthest(&ours, &theirs));
        assert!(furthest(&ours, &before) > 0.1, "the adapter does nothing");
        assert_eq!(decoder.to_adapter().unwrap(), Some(adapter(&shape)));
    }
}

/// Solutions of a few questions, all judged by the same two tokens: prompts of 20 tokens, up to 100 in all.
fn judged(shape: &Shape, shared: usize) -> Vec<Example> {
    let token = |at: usize| (at * at * 7 + at) as u32 % shape.vocabulary;
    let rows = [(1, 50), (1, 7), (1, 21), (2, 64), (3, 30), (3, 30), (3, 44)];
    let example = |(index, (question, length)): (usize, (usize, usize))| {
        let own = (20..length.max(21)).map(|at| token(at + 31 * index));
        let tokens: Vec<u32> = (0..20).map(|at| token(at + 5 * question)).chain(own).collect();
        let at: Vec<(usize, f32)> = (19..tokens.len()).map(|at| (at, 0.1 + 0.1 * index as f32)).collect();
        Example::labelled(tokens, &at, 3, 9).sharing(shared)
    };
    rows.into_iter().enumerate().map(example).collect()
}

#[test]
fn a_prompt_computed_once_teaches_what_it_teaches_when_repeated() {
    let shape = Shape { bias: true, ..shape(23, 24, 2, 6, 2) };
    let pack = |shared| Batch::pack(&judged(&shape, shared), &shape).unwrap();
    let (apart, shared) = (pack(0), pack(20));
    assert!(shared.tokens() + 4 * 20 == apart.tokens(), "{} {}", shared.tokens(), apart.tokens());
    for kernels in [Kernels::Fused, Kernels::Plain] {
        let decoder = Decoder::random(&shape, 1).unwrap().with_kernels(kernels);
        unevenly(&decoder);
        let (loss, expected) = gradients(&decoder, &apart, None);
        let (shared_loss, found) = gradients(&decoder, &shared, None);
        assert!((loss - shared_loss).abs() < 1e-5, "{loss} {shared_loss}");
        assert_gradients_agree(&found, &expected);
        let (ours, theirs) = (decoder.predict(&shared).unwrap(), decoder.predict(&apart).unwrap());
        assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| (ours.loss - theirs.loss).abs() < 1e-5));
    }
}

#[test]
fn verdicts_between_two_tokens_are_those_of_the_whole_vocabulary() {
    for shape in [shape(23, 24, 2, 6, 2), Shape { tied: false, ..shape(23, 24, 2, 6, 2) }] {
        let mut examples = judged(&shape, 20);
        let narrow = Batch::pack(&examples, &shape).unwrap();
        // One more target that weighs nothing makes the whole vocabulary necessary.
        examples[0].targets.push(Target { position: 0, goal: Goal::Token(1), weight: 0.0 });
        let wide = Batch::pack(&examples, &shape).unwrap();
        assert_eq!((narrow.verdict(), wide.verdict()), (Some([3, 9]), None));
        for kernels in [Kernels::Fused, Kernels::Plain] {
            let decoder = Decoder::random(&shape, 1).unwrap().with_kernels(kernels);
            let (narrow_loss, found) = gradients(&decoder, &narrow, None);
            let (wide_loss, expected) = gradients(&decoder, &wide, None);
            assert!((narrow_loss - wide_loss).abs() < 1e-6, "{narrow_loss} {wide_loss}");
            assert_gradients_agree(&found, &expected);
            assert_eq!(decoder.predict(&narrow).unwrap().len(), narrow.targets());
        }
    }
}

#[test]
fn an_adapter_of_the_last_blocks_has_the_gradients_that_one_of_all_blocks_has_there() {
    let shape = shape(23, 24, 3, 6, 2);
    let batch = Batch::pack(&judged(&shape, 20), &shape).unwrap();
    let mut all = Adapter::zeros(&shape, 3, 4.5);
    for (seed, (_, values)) in all.named_mut().into_iter().enumerate() {
        *values = numbers(values.len(), seed as u64);
    }
    all.blocks[0] = Default::default();
    let mut upper = all.clone();
    upper.blocks[1] = Default::default();
    // With `b` at 0 a block computes as if it had no change.
    for change in &mut all.blocks[1] {
        change.b.fill(0.0);
    }
    for kernels in [Kernels::Fused, Kernels::Plain] {
        let with = |adapter: &Adapter| {
            let decoder = Decoder::random(&shape, 1).unwrap().with_kernels(kernels);
            gradients(&decoder.with_adapter(adapter).unwrap(), &batch, None)
        };
        let ((loss, found), (_, expected)) = (with(&upper), with(&all));
        assert!(loss.is_finite());
        assert_eq!(found.len(), 2 * 7);
        assert_gradients_agree(&found, &expected[2 * 7..]);
    }
}
