//! Models to test with: a tiny random one that is written on the spot, and a real one where it was downloaded.

#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) mod writer;

use deliberate_engine::{ModelRuntime, Slot, Span};
use deliberate_llama::{LlamaRuntime, Settings};
use deliberate_lm::Token;
use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use tempfile::TempDir;
use writer::{Vocabulary, Writer};

/// The real model, or a printed line and `None`.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn real_model() -> Option<PathBuf> {
    let named = env::var_os("DELIBERATE_TEST_MODEL").map(PathBuf::from);
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let path = named
        .or_else(|| Some(cache?.join("deliberate/models/SmolLM2-135M-Instruct.Q4_1.gguf")))
        .filter(|path| path.is_file());
    if path.is_none() {
        println!("SKIPPED: no model (set DELIBERATE_TEST_MODEL, or run `deliberate models pull smollm2`)");
    }
    path
}

/// A file with a tiny random model, which lives as long as the test process.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn tiny_model(vocabulary: Vocabulary) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, vocabulary) in [("pairs.gguf", Vocabulary::Pairs), ("pieces.gguf", Vocabulary::Pieces)] {
            std::fs::write(folder.path().join(name), Writer::tiny(vocabulary).bytes()).expect("a small file");
        }
        folder
    });
    folder.path().join(if vocabulary == Vocabulary::Pairs { "pairs.gguf" } else { "pieces.gguf" })
}

/// The tiny model and, where there is one, the real model.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn models() -> Vec<PathBuf> {
    [Some(tiny_model(Vocabulary::Pairs)), real_model()].into_iter().flatten().collect()
}

/// Small, and on one thread.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn settings() -> Settings {
    Settings {
        slots: Some(8),
        context: Some(512),
        batch_tokens: Some(256),
        threads: Some(1),
        ..Settings::default()
    }
}

#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn load(path: &std::path::Path) -> LlamaRuntime {
    LlamaRuntime::load(path, &settings()).expect("a sound model")
}

/// A span that reads everything.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn span(slot: Slot, start: usize, tokens: &[Token]) -> Span {
    Span { slot, variant: 0, start, tokens: tokens.to_vec(), read: (0..tokens.len()).collect() }
}

/// The rows of logits, in order, after checking that the sink is called in order.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn forward(runtime: &mut LlamaRuntime, spans: &[Span]) -> Vec<Vec<f32>> {
    let mut rows = Vec::new();
    let mut places = Vec::new();
    runtime
        .forward(spans, &mut |span, token, logits| {
            places.push((span, token));
            rows.push(logits.to_vec());
        })
        .expect("a sound batch");
    let expected: Vec<_> = spans
        .iter()
        .enumerate()
        .flat_map(|(index, span)| span.read.iter().map(move |&t| (index, t)))
        .collect();
    assert_eq!(places, expected);
    rows
}

/// Largest difference between two rows.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn distance(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max)
}

/// A made-up text in tokens.
#[allow(dead_code, reason = "each test file uses a part")]
pub(crate) fn tokens(runtime: &LlamaRuntime, count: usize, salt: u32) -> Vec<Token> {
    let size = runtime.facts().vocabulary;
    (0..count as u32).map(|index| 3 + (index * 7919 + salt * 104_729) % (size - 3)).collect()
}
