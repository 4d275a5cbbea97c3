//! Random models, a tokenizer of bytes, and a decoder in plain loops of 64-bit floats.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod reference;

use deliberate_decoder::{Adapter, Asking, Model, ModelFile, Precision, Shape, Vocabulary, Weights};
use deliberate_engine::{RuntimeError, Span, Tokenizer};
use deliberate_lm::{Chat, Token};
use deliberate_native::{NativeRuntime, Parts, Settings};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Every byte is a token; what is past the bytes has no text.
pub(crate) struct Bytes;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str, _special: bool) -> Result<Vec<Token>, RuntimeError> {
        Ok(text.bytes().map(Token::from).collect())
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        u8::try_from(token).map_or_else(|_| Vec::new(), |byte| vec![byte])
    }

    fn render(&self, _chat: &Chat) -> Result<String, RuntimeError> {
        Err(RuntimeError { reason: "bytes are no chat".to_owned() })
    }
}

/// A shape of the usual proportions.
pub(crate) fn shape(hidden: u32, layers: u32, heads: u32, kv_heads: u32) -> Shape {
    Shape {
        vocabulary: 290,
        context: 70,
        hidden,
        layers,
        heads,
        kv_heads,
        feed_forward: 3 * hidden - 4,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: layers % 2 == 1,
        bias: false,
    }
}

/// Weights whose outputs are about as large as their inputs, so that every part matters.
pub(crate) fn weights(shape: &Shape, seed: u64) -> Weights {
    let mut weights = Weights::zeros(shape);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for (name, data) in weights.named_mut() {
        let inputs = if name.contains("down") { shape.feed_forward } else { shape.hidden };
        let spread = if name.contains("embd") { 1.0 } else { (3.0 / inputs as f32).sqrt() };
        for weight in data.iter_mut() {
            let noise = rng.random_range(-1.0..1.0f32);
            *weight = if name.contains("norm") { 1.0 + 0.3 * noise } else { 2.0 * spread * noise };
        }
    }
    weights
}

pub(crate) fn parts(shape: Shape, seed: u64) -> Parts {
    Parts {
        name: "random".to_owned(),
        shape,
        weights: weights(&shape, seed),
        adapters: Vec::new(),
        beginning: None,
        endings: vec![0],
        tokenizer: Arc::new(Bytes),
    }
}

pub(crate) fn runtime(shape: Shape, seed: u64, threads: u32) -> NativeRuntime {
    let settings =
        Settings { slots: Some(8), batch_tokens: Some(400), threads: Some(threads), ..Settings::default() };
    NativeRuntime::new(parts(shape, seed), &settings).expect("the parts fit")
}

/// Tokens of a sequence, from a seed.
pub(crate) fn tokens(seed: u64, count: usize, vocabulary: u32) -> Vec<Token> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(0..vocabulary)).collect()
}

/// A span that reads every token.
pub(crate) fn span(slot: u32, start: usize, tokens: &[Token]) -> Span {
    Span { slot, variant: 0, start, tokens: tokens.to_vec(), read: (0..tokens.len()).collect() }
}

/// Logits as bits, so that they compare exactly.
pub(crate) fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

/// The same with rows that are whole blocks of eight bits, biases, and a head of whole lanes.
pub(crate) fn in_blocks(shape: Shape) -> Shape {
    Shape { feed_forward: 160, bias: true, ..shape }
}

/// A file with random weights; it goes when the folder does.
pub(crate) fn file(mut shape: Shape, seed: u64, precision: Precision) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.gguf");
    let text = "one and one are two, two and two are four";
    let mut vocabulary = Vocabulary::train([text].into_iter(), shape.vocabulary).expect("large enough");
    for token in vocabulary.tokens.len()..shape.vocabulary as usize {
        vocabulary.tokens.push(format!("<spare {token}>"));
        vocabulary.specials.push(token as Token);
    }
    shape.vocabulary = vocabulary.tokens.len() as u32;
    let weights = weights(&shape, seed);
    let model = Model { name: "random".to_owned(), shape, weights, vocabulary, asking: Asking::default() };
    model.write_gguf(&path, precision).expect("the model can be written");
    (folder, path)
}

/// As [`runtime`], from a file in eight bits.
pub(crate) fn eight(shape: Shape, seed: u64, threads: u32) -> NativeRuntime {
    let settings =
        Settings { slots: Some(8), batch_tokens: Some(400), threads: Some(threads), ..Settings::default() };
    let (_folder, path) = file(shape, seed, Precision::Q8_0);
    let file = ModelFile::open(path).expect("a sound file");
    NativeRuntime::of_file(file, Vec::new(), &settings).expect("the parts fit")
}

/// An adapter that matters and changes every matrix.
pub(crate) fn adapter(shape: &Shape, rank: u32, seed: u64) -> Adapter {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut adapter = Adapter::zeros(shape, rank, 2.0 * rank as f32);
    for (name, values) in adapter.named_mut() {
        let inputs = if name.contains("lora_b") { rank } else { shape.hidden };
        let spread = 0.5 / (inputs as f32).sqrt();
        for value in values.iter_mut() {
            *value = spread * rng.random_range(-1.0..1.0f32);
        }
    }
    adapter
}
