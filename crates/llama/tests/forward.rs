//! What the engine relies on: batches, copies and cuts change nothing about the logits.
//!
//! On a CPU "the same" is meant bit for bit, however a prefix was evaluated: llama.cpp is built with one set of
//! matrix kernels (`GGML_LLAMAFILE=OFF` in `.cargo/config.toml`), so that their choice cannot depend on the batch.

mod support;

use deliberate_engine::{ModelRuntime, Span};
use deliberate_llama::LlamaRuntime;
use support::{distance, forward, load, models, span, tokens};

/// Logits after all but the first `prefix` tokens, with the sequence alone in a slot.
fn alone(runtime: &mut LlamaRuntime, slot: u32, text: &[u32], prefix: usize) -> Vec<Vec<f32>> {
    runtime.truncate(slot, 0);
    if prefix > 0 {
        forward(runtime, &[span(slot, 0, &text[..prefix])]);
    }
    let rows = forward(runtime, &[span(slot, prefix, &text[prefix..])]);
    runtime.truncate(slot, 0);
    rows
}

#[test]
fn batched_equals_single() {
    for path in models() {
        let mut runtime = load(&path);
        let texts: Vec<_> = (0..8).map(|salt| tokens(&runtime, 21, salt)).collect();
        let single: Vec<_> = texts.iter().map(|text| alone(&mut runtime, 0, text, 20).remove(0)).collect();
        for (slot, text) in (0..).zip(&texts) {
            forward(&mut runtime, &[span(slot, 0, &text[..20])]);
        }
        let spans: Vec<_> = (0..).zip(&texts).map(|(slot, text)| span(slot, 20, &text[20..])).collect();
        let batched = forward(&mut runtime, &spans);
        assert!(single == batched, "differs by {}", distance(&single[3], &batched[3]));
    }
}

#[test]
fn prompts_in_one_batch_equal_prompts_alone() {
    for path in models() {
        let mut runtime = load(&path);
        let texts: Vec<_> = (0..6).map(|salt| tokens(&runtime, 40, salt)).collect();
        let single: Vec<_> = texts.iter().flat_map(|text| alone(&mut runtime, 0, text, 0)).collect();
        let spans: Vec<_> = (1..).zip(&texts).map(|(slot, text)| span(slot, 0, text)).collect();
        let batched = forward(&mut runtime, &spans);
        let worst = single.iter().zip(&batched).map(|(s, b)| distance(s, b)).fold(0.0, f32::max);
        assert!(single == batched, "differs by {worst}");
    }
}

#[test]
fn ragged_batches_agree_in_any_order_of_slots() {
    for path in models() {
        let mut runtime = load(&path);
        let lengths = [1, 7, 1, 30, 2, 1, 16];
        let texts: Vec<_> =
            (0..).zip(lengths).map(|(salt, length)| tokens(&runtime, 10 + length, salt)).collect();
        let run = |runtime: &mut LlamaRuntime, order: &[usize]| {
            let mut spans = Vec::new();
            for (slot, &index) in (0..).zip(order) {
                runtime.truncate(slot, 0);
                forward(runtime, &[span(slot, 0, &texts[index][..10])]);
                let mut last = span(slot, 10, &texts[index][10..]);
                last.read = vec![lengths[index] - 1];
                spans.push(last);
            }
            let rows = forward(runtime, &spans);
            let mut sorted = vec![Vec::new(); order.len()];
            order.iter().zip(rows).for_each(|(&index, row)| sorted[index] = row);
            sorted
        };
        let forwards = run(&mut runtime, &[0, 1, 2, 3, 4, 5, 6]);
        let backwards = run(&mut runtime, &[6, 5, 4, 3, 2, 1, 0]);
        let mixed = run(&mut runtime, &[3, 0, 5, 6, 1, 4, 2]);
        let worst =
            |other: &[Vec<f32>]| forwards.iter().zip(other).map(|(l, r)| distance(l, r)).fold(0.0, f32::max);
        assert!(forwards == backwards, "differs by {}", worst(&backwards));
        assert!(forwards == mixed, "differs by {}", worst(&mixed));
        for (index, text) in texts.iter().enumerate() {
            let single = alone(&mut runtime, 7, text, 10);
            let row = single.last().expect("a row");
            assert!(*row == forwards[index], "{index} differs by {}", distance(row, &forwards[index]));
        }
    }
}

#[test]
fn copied_and_cut_equals_fresh() {
    for path in models() {
        let mut runtime = load(&path);
        let text = tokens(&runtime, 60, 1);
        let fresh = alone(&mut runtime, 0, &text[..41], 40);
        forward(&mut runtime, &[span(2, 0, &text[..40])]);
        forward(&mut runtime, &[span(2, 40, &text[40..])]);
        // Twice, so that the remembered copy is used, too; over a slot that holds something else.
        let other = tokens(&runtime, 50, 9);
        forward(&mut runtime, &[span(5, 0, &other)]);
        runtime.copy(2, 5, 40);
        runtime.copy(2, 0, 40);
        runtime.copy(5, 6, 40);
        for slot in [0, 5, 6] {
            let rows = forward(&mut runtime, &[span(slot, 40, &text[40..41])]);
            assert!(rows == fresh, "slot {slot} differs by {}", distance(&rows[0], &fresh[0]));
        }
        // The source is as it was, and a change of it is seen by the next copy.
        runtime.truncate(2, 40);
        assert!(forward(&mut runtime, &[span(2, 40, &text[40..41])]) == fresh);
        runtime.truncate(2, 20);
        forward(&mut runtime, &[span(2, 20, &text[..20])]);
        runtime.copy(2, 3, 40);
        let changed = forward(&mut runtime, &[span(3, 40, &text[40..41])]);
        assert!(changed != fresh && changed == forward(&mut runtime, &[span(2, 40, &text[40..41])]));
    }
}

#[test]
fn a_prefix_in_several_passes_equals_one_pass() {
    for path in models() {
        let mut runtime = load(&path);
        let text = tokens(&runtime, 40, 3);
        let whole = alone(&mut runtime, 0, &text, 0);
        for (index, &token) in text.iter().enumerate() {
            let row = forward(&mut runtime, &[span(0, index, &[token])]);
            let far = distance(&row[0], &whole[index]);
            assert!(row[0] == whole[index], "token {index} differs by {far}");
        }
    }
}

#[test]
fn nothing_need_be_read() {
    for path in models() {
        let mut runtime = load(&path);
        let text = tokens(&runtime, 40, 3);
        let fresh = alone(&mut runtime, 1, &text, 39);
        let silent = Span { read: Vec::new(), ..span(0, 0, &text[..39]) };
        assert!(forward(&mut runtime, &[silent]).is_empty());
        assert!(forward(&mut runtime, &[span(0, 39, &text[39..])]) == fresh);
        assert!(forward(&mut runtime, &[]).is_empty());
    }
}

#[test]
fn impossible_batches_are_refused_and_leave_the_slots_alone() {
    let path = support::tiny_model(support::writer::Vocabulary::Pairs);
    let mut runtime = load(&path);
    let text = tokens(&runtime, 600, 0);
    forward(&mut runtime, &[span(1, 0, &text[..10])]);
    for (spans, words) in [
        (vec![span(1, 9, &text[..1])], "holds 10 tokens"),
        (vec![span(0, 1, &text[..1])], "holds 0 tokens"),
        (vec![span(8, 0, &text[..1])], "not below 8"),
        (vec![span(u32::MAX, 0, &text[..1])], "not below 8"),
        (vec![span(2, 0, &text[..1]), span(0, 0, &text[..1])], "out of order"),
        (vec![span(2, 0, &text[..1]), span(2, 0, &text[..1])], "out of order"),
        (vec![span(0, 0, &[])], "0 tokens for slot 0"),
        (vec![span(0, 0, &text[..513])], "room for 512"),
        (vec![span(0, 0, &text[..200]), span(2, 0, &text[..57])], "batch of 257 tokens, at most 256 fit"),
        (vec![span(0, 0, &[261])], "token 261 is not in the vocabulary"),
        (vec![span(0, 0, &[u32::MAX])], "not in the vocabulary"),
        (vec![Span { read: vec![1], ..span(0, 0, &text[..1]) }], "past the 1 tokens"),
        (vec![Span { read: vec![1, 0], ..span(0, 0, &text[..2]) }], "out of order"),
    ] {
        let error = runtime.forward(&spans, &mut |_, _, _| {}).expect_err("an impossible batch").to_string();
        assert!(error.contains(words), "`{error}` lacks `{words}`");
    }
    forward(&mut runtime, &[span(1, 10, &text[..1])]);
}

#[test]
fn a_slot_can_be_filled_to_its_last_token() {
    let path = support::tiny_model(support::writer::Vocabulary::Pairs);
    let mut runtime = load(&path);
    let text = tokens(&runtime, 512, 0);
    for start in [0, 256] {
        forward(&mut runtime, &[span(3, start, &text[start..start + 256])]);
    }
    runtime.copy(3, 4, 512);
    runtime.truncate(4, 511);
    forward(&mut runtime, &[span(4, 511, &text[..1])]);
    assert!(runtime.forward(&[span(4, 512, &text[..1])], &mut |_, _, _| {}).is_err());
}

/// Largest difference that evaluating in a batch, or one by one, makes to a model of an element type.
fn worst_difference(kind: u32) -> f32 {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, support::writer::Writer::quantised(kind).bytes()).expect("a small file");
    let mut runtime = load(&path);
    let texts: Vec<_> = (0..7).map(|salt| tokens(&runtime, 20, salt)).collect();
    let whole: Vec<_> = texts.iter().map(|text| alone(&mut runtime, 0, text, 0)).collect();
    for (slot, text) in (0..).zip(&texts) {
        forward(&mut runtime, &[span(slot, 0, &text[..19])]);
    }
    let spans: Vec<_> = (0..).zip(&texts).map(|(slot, text)| span(slot, 19, &text[19..])).collect();
    let mut worst = 0.0_f32;
    for (row, whole) in forward(&mut runtime, &spans).iter().zip(&whole) {
        assert!(row.iter().all(|logit| logit.is_finite()));
        worst = worst.max(distance(row, &whole[19]));
    }
    runtime.truncate(1, 0);
    for (index, &token) in texts[1].iter().enumerate() {
        let row = forward(&mut runtime, &[span(1, index, &[token])]);
        worst = worst.max(distance(&row[0], &whole[1][index]));
    }
    worst
}

#[test]
fn most_element_types_give_the_same_bits_in_any_batch() {
    for (name, kind) in [("F16", 1), ("BF16", 30), ("Q4_0", 2), ("Q4_1", 3), ("Q8_0", 8)] {
        let worst = worst_difference(kind);
        assert!(worst == 0.0, "{name} differs by {worst}");
    }
}

/// Their kernels are chosen by the size of the batch, even without the second set. Logits reach about 1 here.
#[test]
fn k_quants_give_nearly_the_same_logits_in_any_batch() {
    for (name, kind) in [("Q4_K", 12), ("Q6_K", 14)] {
        let worst = worst_difference(kind);
        assert!(worst < 0.01, "{name} differs by {worst}");
    }
}
