//! The forward pass against its definition, and against itself.

mod support;

use deliberate_decoder::{Model, Precision, Shape};
use deliberate_engine::{ModelRuntime, Slot, Span};
use deliberate_native::NativeRuntime;
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::{bits, reference, runtime, shape, span, tokens, weights};

/// All logits that a batch gives, checked to come in order.
fn forward(runtime: &mut NativeRuntime, spans: &[Span]) -> BTreeMap<(usize, usize), Vec<f32>> {
    let mut rows = BTreeMap::new();
    runtime
        .forward(spans, &mut |span, token, logits| {
            let last = rows.keys().next_back().copied();
            assert!(
                last.is_none_or(|last| last < (span, token)),
                "rows come in the order of spans and of tokens"
            );
            rows.insert((span, token), logits.to_vec());
        })
        .expect("the batch fits");
    assert_eq!(rows.len(), spans.iter().map(|span| span.read.len()).sum::<usize>());
    rows
}

#[test]
fn logits_agree_with_their_definition() {
    for (hidden, layers, heads, kv_heads) in
        [(64, 2, 2, 2), (48, 3, 2, 1), (128, 5, 4, 4), (80, 2, 10, 5), (36, 1, 6, 3), (192, 2, 8, 2)]
    {
        let shape = Shape { bias: heads % 4 == 0, ..shape(hidden, layers, heads, kv_heads) };
        let tokens = tokens(u64::from(hidden), 37, shape.vocabulary);
        let expected = reference::logits(&shape, &weights(&shape, 3), &tokens);
        let rows = forward(&mut runtime(shape, 3, 2), &[span(2, 0, &tokens)]);
        for (row, expected) in rows.values().zip(&expected) {
            let largest = expected.iter().fold(0.0, |most: f64, logit| most.max(logit.abs()));
            for (&logit, expected) in row.iter().zip(expected) {
                let error = (f64::from(logit) - expected).abs();
                // Sums agree to 2e-5; but where a key or a value lies beside the middle between two numbers of half
                // precision, the two may round it to different ones, 1e-3 of it apart.
                assert!(error < 2e-3 * largest, "{shape:?}: {logit} instead of {expected}");
            }
        }
    }
}

#[test]
fn eight_bits_give_nearly_the_logits_of_what_they_stand_for() {
    let shape = support::in_blocks(shape(64, 2, 4, 2));
    let tokens = tokens(9, 37, shape.vocabulary);
    let (_folder, path) = support::file(shape, 3, Precision::Q8_0);
    let weights = Model::read_gguf(&path).expect("a sound file").weights;
    let expected = reference::logits(&shape, &weights, &tokens);
    let rows = forward(&mut support::eight(shape, 3, 2), &[span(2, 0, &tokens)]);
    for (row, expected) in rows.values().zip(&expected) {
        let largest = expected.iter().fold(0.0, |most: f64, logit| most.max(logit.abs()));
        for (&logit, expected) in row.iter().zip(expected) {
            let error = (f64::from(logit) - expected).abs();
            assert!(error < 2e-3 * largest, "{logit} instead of {expected}");
        }
    }
}

/// How one of several sequences is evaluated: the lengths of its spans.
fn cuts(length: usize) -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![length]),
        Just(vec![1; length]),
        prop::collection::vec(1usize..20, 1..12).prop_map(move |mut cuts| {
            cuts.push(length);
            let mut left = length;
            for cut in &mut cuts {
                *cut = (*cut).min(left);
                left -= *cut;
            }
            cuts.retain(|&cut| cut > 0);
            cuts
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_company_and_no_cut_changes_a_bit(
        seed in 0u64..1000,
        size in 0usize..5,
        threads in 1u32..4,
        plans in prop::collection::vec((1usize..70).prop_flat_map(cuts), 1..8),
    ) {
        let (hidden, layers, heads, kv_heads) =
            [(64, 2, 2, 2), (48, 3, 2, 1), (128, 1, 4, 4), (80, 2, 10, 5), (64, 2, 4, 2)][size];
        let shape = shape(hidden, layers, heads, kv_heads);
        // The last one is a file in eight bits.
        let (shape, runtime): (_, fn(_, _, _) -> _) =
            if size == 4 { (support::in_blocks(shape), support::eight) } else { (shape, runtime) };
        let sequence = |slot: usize| {
            tokens(seed + slot as u64, plans[slot].iter().sum(), shape.vocabulary)
        };
        let mut alone = runtime(shape, seed, 1);
        let mut together = runtime(shape, seed, threads);
        let expected: Vec<Vec<Vec<u32>>> = (0..plans.len())
            .map(|slot| {
                alone.truncate(0, 0);
                let rows = forward(&mut alone, &[span(0, 0, &sequence(slot))]);
                rows.into_values().map(|row| bits(&row)).collect()
            })
            .collect();
        let mut held = vec![0; plans.len()];
        for step in 0.. {
            let spans: Vec<Span> = (0..plans.len())
                .filter_map(|slot| {
                    let cut = *plans[slot].get(step)?;
                    Some(span(slot as Slot, held[slot], &sequence(slot)[held[slot]..][..cut]))
                })
                .collect();
            if spans.is_empty() {
                break;
            }
            for ((index, token), row) in forward(&mut together, &spans) {
                let Span { slot, start, .. } = spans[index];
                prop_assert_eq!(&bits(&row), &expected[slot as usize][start + token]);
            }
            for span in &spans {
                held[span.slot as usize] += span.tokens.len();
            }
        }
    }

    #[test]
    fn copies_and_cuts_leave_what_they_say(
        seed in 0u64..1000,
        length in 1usize..60,
        kept in 0usize..60,
        cut in 0usize..60,
        spoilt in 1usize..70,
    ) {
        let shape = shape(48, 2, 2, 1);
        let all = tokens(seed, 70, shape.vocabulary);
        let mut plain = runtime(shape, seed, 1);
        let expected: Vec<Vec<u32>> =
            forward(&mut plain, &[span(0, 0, &all)]).into_values().map(|row| bits(&row)).collect();
        let mut runtime = runtime(shape, seed, 1);
        forward(&mut runtime, &[span(1, 0, &all[..length]), span(4, 0, &all.iter().rev().copied()
            .take(spoilt).collect::<Vec<_>>())]);
        let kept = kept.min(length);
        let cut = cut.min(kept);
        runtime.copy(1, 4, kept);
        runtime.truncate(4, cut);
        let rows = forward(&mut runtime, &[span(1, length, &all[length..]), span(4, cut, &all[cut..])]);
        for ((index, token), row) in rows {
            let start = if index == 0 { length } else { cut };
            prop_assert_eq!(&bits(&row), &expected[start + token]);
        }
    }
}

#[test]
fn a_team_gives_the_bits_of_one_thread() {
    // Large enough for one: more than 2²⁴ parameters.
    let shape =
        Shape { hidden: 512, heads: 8, kv_heads: 2, layers: 6, feed_forward: 1536, ..shape(64, 2, 2, 2) };
    let shape = Shape { bias: true, ..shape };
    assert!(shape.parameters() > 1 << 24);
    let lengths = [70, 1, 33, 7];
    for runtime in [runtime as fn(_, _, _) -> _, support::eight] {
        let spans: Vec<Span> = (0..)
            .zip(lengths)
            .map(|(slot, length)| span(slot, 0, &tokens(u64::from(slot), length, shape.vocabulary)))
            .collect();
        let mut alone = runtime(shape, 7, 1);
        let expected = forward(&mut alone, &spans);
        for threads in [2, 3] {
            for ((span, token), row) in forward(&mut runtime(shape, 7, threads), &spans) {
                assert_eq!(bits(&row), bits(&expected[&(span, token)]), "{threads} threads, {span}, {token}");
            }
        }
    }
}

#[test]
fn only_what_is_read_comes_out() {
    let shape = shape(64, 2, 2, 2);
    let all = tokens(1, 60, shape.vocabulary);
    let mut runtime = runtime(shape, 1, 2);
    let expected = forward(&mut runtime, &[span(0, 0, &all)]);
    for slot in 0..8 {
        runtime.truncate(slot, 0);
    }
    let reads: [&[usize]; 5] = [&[59], &[], &[0, 30, 58], &[1], &[2, 3]];
    let spans: Vec<Span> = (0..)
        .zip(reads)
        .map(|(slot, read)| Span {
            slot: slot + 1,
            variant: 0,
            start: 0,
            tokens: all.clone(),
            read: read.to_vec(),
        })
        .collect();
    for ((span, token), row) in forward(&mut runtime, &spans) {
        assert!(spans[span].read.contains(&token));
        assert_eq!(bits(&row), bits(&expected[&(0, token)]));
    }
}

#[test]
fn a_refused_batch_changes_nothing() {
    let shape = shape(64, 2, 2, 2);
    let all = tokens(1, 20, shape.vocabulary);
    let mut runtime = runtime(shape, 1, 2);
    let expected = forward(&mut runtime, &[span(0, 0, &all)]);
    runtime.truncate(0, 10);
    let refused = runtime.forward(&[span(0, 9, &all[9..])], &mut |_, _, _| panic!("no logits"));
    assert_eq!(refused.unwrap_err().reason, "span starts at 9 in slot 0, which holds 10 tokens");
    let rows = forward(&mut runtime, &[span(0, 10, &all[10..])]);
    assert_eq!(bits(&rows[&(0, 9)]), bits(&expected[&(0, 19)]));
}
