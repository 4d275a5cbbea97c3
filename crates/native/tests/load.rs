//! What is refused when a model is loaded, and what is said about it.

mod support;

use deliberate_engine::{ModelRuntime, RuntimeError, Tokenizer};
use deliberate_lm::{Chat, Token};
use deliberate_native::{LoadError, NativeRuntime, Parts, Settings};
use std::error::Error;
use std::sync::Arc;
use support::{parts, shape};

fn refused(change: impl Fn(&mut Parts, &mut Settings), expected: &str) {
    let mut parts = parts(shape(64, 2, 2, 2), 1);
    let mut settings = Settings { slots: Some(4), ..Settings::default() };
    change(&mut parts, &mut settings);
    let error: LoadError = NativeRuntime::new(parts, &settings).expect_err(expected);
    let message = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    assert_eq!(message, expected);
}

#[test]
fn models_that_do_not_fit_are_refused_by_name() {
    refused(
        |parts, _| parts.shape.heads = 5,
        "the model's sizes do not fit together: 5 heads do not divide a width of 64",
    );
    refused(
        |parts, _| {
            parts.weights.blocks.pop();
        },
        "the model's weights do not fit its sizes: weights `output_norm.weight` have 64 values, expected 0",
    );
    refused(
        |parts, _| parts.weights.output = None,
        "the model's weights do not fit its sizes: weights `output.weight` have 0 values, expected 18560",
    );
    refused(
        |parts, _| parts.weights.blocks[1].up.truncate(7),
        "the model's weights do not fit its sizes: weights `blk.1.ffn_up.weight` have 7 values, expected 12032",
    );
    refused(|parts, _| parts.endings = vec![3, 290], "token 290 is not in the vocabulary of 290 entries");
}

#[test]
fn settings_out_of_range_are_named() {
    refused(|_, settings| settings.slots = Some(0), "setting `slots` is 0, expected 1 to 65536");
    refused(
        |_, settings| settings.batch_tokens = Some(0),
        "setting `batch-tokens` is 0, expected 1 to 65536",
    );
    refused(|_, settings| settings.threads = Some(0), "setting `threads` is 0, expected 1 to 512");
    refused(|_, settings| settings.context = Some(0), "setting `context` is 0, expected 1 to 2147483647");
    refused(
        |_, settings| settings.context = Some(71),
        "a context of 71 tokens was asked for but the model was trained on 70 (lower `context`, or leave it out)",
    );
}

#[test]
fn capacity_is_what_was_asked_for() {
    let settings = Settings {
        slots: Some(3),
        context: Some(50),
        batch_tokens: Some(20),
        threads: Some(1),
        gpu_layers: None,
    };
    let runtime = NativeRuntime::new(parts(shape(64, 2, 2, 2), 1), &settings).expect("the parts fit");
    let capacity = runtime.capacity();
    assert_eq!((capacity.slots, capacity.slot_tokens, capacity.total_tokens), (3, 50, 150));
    assert_eq!((capacity.batch_tokens, capacity.kv_bytes_per_token), (20, 2 * 2 * 64 * 2));
    assert_eq!((runtime.facts().context, runtime.facts().vocabulary), (50, 290));
}

#[test]
fn models_tell_what_their_tokens_spell() {
    /// As many tokens as [`support::Bytes`], two of them the other way round.
    struct Swapped;
    impl Tokenizer for Swapped {
        fn encode(&self, text: &str, special: bool) -> Result<Vec<Token>, RuntimeError> {
            support::Bytes.encode(text, special)
        }
        fn piece(&self, token: Token) -> Vec<u8> {
            support::Bytes.piece(if token < 2 { 1 - token } else { token })
        }
        fn render(&self, chat: &Chat) -> Result<String, RuntimeError> {
            support::Bytes.render(chat)
        }
    }
    let settings = Settings { slots: Some(1), ..Settings::default() };
    let facts = |seed: u64, tokenizer: Arc<dyn Tokenizer>| {
        let parts = Parts { tokenizer, ..parts(shape(64, 2, 2, 2), seed) };
        NativeRuntime::new(parts, &settings).expect("the parts fit").facts().clone()
    };
    let [one, other] = [1, 2].map(|seed| facts(seed, Arc::new(support::Bytes)));
    let swapped = facts(1, Arc::new(Swapped));
    assert!(one.shares_tokens(&other) && !one.shares_tokens(&swapped));
    assert_eq!(one.vocabulary, swapped.vocabulary);
}
