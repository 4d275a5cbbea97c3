//! Adapters side by side: against merged weights, and against themselves.

mod support;

use deliberate_decoder::{Adapter, LowRank, Model, ModelFile, Precision, Shape};
use deliberate_engine::{ModelRuntime, Span, Variant};
use deliberate_native::{NativeRuntime, Parts, Settings};
use support::{adapter, bits, parts, shape, span, tokens};

type Rows = Vec<Vec<f32>>;

/// A model's adapters: one of everything, a thin one, one of some matrices, one of none.
fn adapters(shape: &Shape) -> Vec<Adapter> {
    let mut some = adapter(shape, 4, 3);
    for (layer, block) in some.blocks.iter_mut().enumerate() {
        for matrix in [1, 3 + layer % 2] {
            block[matrix] = LowRank::default();
        }
    }
    let mut none = adapter(shape, 2, 4);
    none.blocks.fill(std::array::from_fn(|_| LowRank::default()));
    vec![adapter(shape, 17, 1), adapter(shape, 1, 2), some, none]
}

fn named(adapters: &[Adapter]) -> Vec<(String, Adapter)> {
    (0..).zip(adapters).map(|(index, adapter): (u32, _)| (index.to_string(), adapter.clone())).collect()
}

fn settings(threads: u32) -> Settings {
    Settings { slots: Some(16), batch_tokens: Some(700), threads: Some(threads), ..Settings::default() }
}

fn floats(shape: Shape, adapters: &[Adapter], threads: u32) -> NativeRuntime {
    let parts = Parts { adapters: named(adapters), ..parts(shape, 5) };
    NativeRuntime::new(parts, &settings(threads)).expect("they fit")
}

fn eight(shape: Shape, adapters: &[Adapter], threads: u32) -> NativeRuntime {
    let (_folder, path) = support::file(shape, 5, Precision::Q8_0);
    let file = ModelFile::open(path).expect("a sound file");
    NativeRuntime::of_file(file, named(adapters), &settings(threads)).expect("they fit")
}

/// All logits of a batch, a list for each span.
fn forward(runtime: &mut NativeRuntime, spans: &[Span]) -> Vec<Rows> {
    let mut rows = vec![Rows::new(); spans.len()];
    runtime.forward(spans, &mut |span, _, logits| rows[span].push(logits.to_vec())).expect("they fit");
    rows
}

fn with(variant: Variant, span: Span) -> Span {
    Span { variant, ..span }
}

fn alone(runtime: &mut NativeRuntime, variant: Variant, text: &[u32]) -> Rows {
    runtime.truncate(0, 0);
    forward(runtime, &[with(variant, span(0, 0, text))]).remove(0)
}

fn furthest(left: &Rows, right: &Rows) -> f32 {
    let all = left.iter().flatten().zip(right.iter().flatten());
    all.map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

/// The models that the tests are about: floats with a head that is no whole lanes, and eight bits with biases.
fn shapes() -> [Shape; 2] {
    [shape(80, 2, 10, 5), support::in_blocks(shape(64, 2, 4, 2))]
}

#[test]
fn an_adapter_gives_the_logits_of_merged_weights() {
    for (index, shape) in shapes().into_iter().enumerate() {
        let adapters = adapters(&shape);
        let text = tokens(3, 30, shape.vocabulary);
        let (_folder, path) = support::file(shape, 5, [Precision::F32, Precision::Q8_0][index]);
        let mut runtime = [floats, eight][index](shape, &adapters, 2);
        for (variant, adapter) in (1..).zip(&adapters) {
            let mut weights = Model::read_gguf(&path).expect("a sound file").weights;
            adapter.merge_into(&shape, &mut weights).expect("they fit");
            let merged = Parts { weights, ..parts(shape, 5) };
            let mut merged = NativeRuntime::new(merged, &settings(1)).expect("they fit");
            let expected = alone(&mut merged, 0, &text);
            let distance = furthest(&alone(&mut runtime, variant, &text), &expected);
            let largest = expected.iter().flatten().fold(0.0f32, |most, logit| most.max(logit.abs()));
            assert!(distance < 5e-3 * largest, "adapter {variant} is {distance} of {largest} away");
            let change = furthest(&alone(&mut runtime, 0, &text), &expected);
            assert!(variant == 4 || change > 0.05 * largest, "adapter {variant} does nothing: {change}");
        }
    }
}

#[test]
fn no_other_adapter_in_the_batch_changes_a_bit() {
    for (shape, runtime) in shapes().into_iter().zip([floats, eight] as [fn(_, &[_], _) -> _; 2]) {
        let adapters = adapters(&shape);
        let mut plain: NativeRuntime = runtime(shape, &[], 1);
        let mut single = runtime(shape, &adapters, 1);
        for threads in [1, 2, 3] {
            let mut mixed = runtime(shape, &adapters, threads);
            let texts: Vec<Vec<u32>> =
                (0..14).map(|slot| tokens(40 + slot, 9 + slot as usize * 3, shape.vocabulary)).collect();
            let variant = |slot: usize| [0, 1, 3, 2, 4, 1, 0, 2][slot % 8];
            let cut = |slot: usize| 1 + slot * 2;
            let spans = |part: fn(&[u32], usize) -> &[u32], start: fn(usize) -> usize| -> Vec<Span> {
                let one = |slot: usize| span(slot as u32, start(cut(slot)), part(&texts[slot], cut(slot)));
                (0..texts.len()).map(|slot| with(variant(slot), one(slot))).collect()
            };
            let mut rows = forward(&mut mixed, &spans(|text, cut| &text[..cut], |_| 0));
            let second = forward(&mut mixed, &spans(|text, cut| &text[cut..], |cut| cut));
            rows.iter_mut().zip(second).for_each(|(rows, more)| rows.extend(more));
            for (slot, (rows, text)) in rows.iter().zip(&texts).enumerate() {
                let expected = match variant(slot) {
                    0 => alone(&mut plain, 0, text),
                    variant => alone(&mut single, variant, text),
                };
                let same = rows.iter().zip(&expected).all(|(row, expected)| bits(row) == bits(expected));
                assert!(same && rows.len() == expected.len(), "slot {slot}, {threads} threads");
            }
        }
    }
}
