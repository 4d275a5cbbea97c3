//! Damaged files must never end the process, whatever llama.cpp would assert about them.
//!
//! Files are damaged by one change each and loaded in a child process, which encodes a text and evaluates a batch if
//! loading succeeds. A child that is killed by a signal fails the test. `HOSTILE=5000` tries more files.

mod support;

use deliberate_engine::ModelRuntime;
use deliberate_llama::{LlamaRuntime, Settings};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use support::writer::{Vocabulary, Writer, float, integer, integers, text};

/// Keys that a converter could write, whatever the file contains.
const KEYS: [&str; 32] = [
    "general.alignment",
    "general.file_type",
    "general.quantization_version",
    "llama.block_count",
    "llama.context_length",
    "llama.embedding_length",
    "llama.feed_forward_length",
    "llama.attention.head_count",
    "llama.attention.head_count_kv",
    "llama.attention.key_length",
    "llama.attention.value_length",
    "llama.attention.layer_norm_rms_epsilon",
    "llama.attention.causal",
    "llama.attention.sliding_window",
    "llama.pooling_type",
    "llama.rope.dimension_count",
    "llama.rope.freq_base",
    "llama.rope.scaling.type",
    "llama.rope.scaling.factor",
    "llama.expert_count",
    "llama.expert_used_count",
    "llama.vocab_size",
    "llama.nextn_predict_layers",
    "llama.embedding_length_out",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.add_bos_token",
    "tokenizer.ggml.add_space_prefix",
    "tokenizer.chat_template",
];

/// The damaged file of a number.
fn damaged(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut random = |below: usize| {
        state ^= state >> 30;
        state = state.wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(number);
        ((state >> 33) % below as u64) as usize
    };
    let vocabulary = if random(2) == 0 { Vocabulary::Pairs } else { Vocabulary::Pieces };
    let mut file = Writer::tiny(vocabulary);
    match random(5) {
        0 | 1 => {
            let key = KEYS[random(KEYS.len())];
            let numbers = [0, 1, 2, 3, 4, 8, 16, 32, 63, 64, 128, 1 << 20, 1 << 31, u32::MAX];
            let value = match random(6) {
                0..3 => integer(numbers[random(numbers.len())]),
                3 => float([0.0, -1.0, 1e30, f32::NAN][random(4)]),
                4 => text(["", "x", "none", "yarn", "deepseek-llm", "qwen2", "chatml"][random(7)]),
                _ => integers(&vec![random(9) as i32 - 1; [0, 1, 2, 3, 261, 300][random(6)]]),
            };
            file.set(key, value);
        }
        2 => {
            let place = random(file.tensors.len());
            let tensor = &mut file.tensors[place];
            match random(4) {
                0 => tensor.shape.reverse(),
                1 => tensor.kind = random(43) as u32,
                2 => tensor.shape[0] = [1, 32, 63, 128][random(4)],
                _ => tensor.name = ["output.weight", "x", "rope_freqs.weight"][random(3)].into(),
            }
        }
        3 => {
            file.entries.remove(random(file.entries.len()));
        }
        _ => {
            let mut bytes = file.bytes();
            for _ in 0..=random(3) {
                let place = random(9000);
                bytes[place] = random(256) as u8;
            }
            return bytes;
        }
    }
    file.bytes()
}

fn attempt(path: &Path) -> bool {
    let settings = Settings {
        slots: Some(2),
        context: Some(32),
        batch_tokens: Some(16),
        threads: Some(1),
        ..Settings::default()
    };
    let Ok(mut runtime) = LlamaRuntime::load(path, &settings) else { return false };
    for special in [false, true] {
        let _ = runtime.tokenizer().encode("the\n <s>\u{1f9ee}1234 aé", special);
    }
    let message = deliberate_lm::Message::new(deliberate_lm::Role::User, "a");
    let _ = runtime.tokenizer().render(&vec![message].into());
    let spans = [support::span(0, 0, &[3, 4, 5]), support::span(1, 0, &[6])];
    let _ = runtime.forward(&spans, &mut |_, _, _| {});
    runtime.copy(0, 1, 2);
    true
}

/// Not a test: what the child processes run.
#[test]
#[ignore = "run by the other test"]
fn child() {
    let Some(folder) = env::var_os("HOSTILE_FOLDER") else { return };
    let folder = Path::new(&folder);
    let number = |name: &str| env::var(name).expect("a number").parse::<u64>().expect("a number");
    let mut loaded = 0;
    for file in number("HOSTILE_FROM")..number("HOSTILE_TO") {
        fs::write(folder.join("progress"), file.to_string()).expect("a small file");
        let path = folder.join("model.gguf");
        fs::write(&path, damaged(file)).expect("a small file");
        loaded += u32::from(attempt(&path));
    }
    println!("{loaded} loaded");
}

#[test]
fn damaged_files_do_not_end_the_process() {
    let count = env::var("HOSTILE").map_or(200, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut from = 0_u64;
    let mut killed = Vec::new();
    while from < count {
        let output = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env("HOSTILE_FOLDER", folder.path())
            .env("HOSTILE_FROM", from.to_string())
            .env("HOSTILE_TO", count.to_string())
            .env("GGML_NO_BACKTRACE", "1")
            .output()
            .expect("a child process");
        if output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stdout));
            break;
        }
        let progress = fs::read_to_string(folder.path().join("progress")).expect("a child that started");
        let last: u64 = progress.parse().expect("a number");
        let words = String::from_utf8_lossy(&output.stderr);
        killed.push(format!("file {last}: {}", words.lines().last().unwrap_or_default()));
        from = last + 1;
    }
    assert!(killed.is_empty(), "{} of {count} files ended the process:\n{}", killed.len(), killed.join("\n"));
}
