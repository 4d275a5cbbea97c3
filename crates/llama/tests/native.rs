//! The native runtime against llama.cpp on the same files. Needs models that are pulled by name.

use deliberate_decoder::{Encoder, Model, ModelFile};
use deliberate_engine::{ModelRuntime, Settings, Span};
use deliberate_llama::LlamaRuntime;
use deliberate_lm::Token;
use deliberate_native::NativeRuntime;
use std::path::PathBuf;

const QWEN: &str = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
const SMOLLM2: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

const TEXTS: [&str; 4] = [
    "<|im_start|>user\nHow many legs do three spiders have?<|im_end|>\n<|im_start|>assistant\nA spider has 8 legs, so",
    "def prime(n):\n    \"\"\"Whether n is prime.\"\"\"\n    return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))\n",
    "Größer, 漢字, 🦀 and $\\frac{1}{2}$: 12345 + 678 = 13023.\n\n\n  It's THEY'RE",
    "A list:\r\n\t- one\n\t- two",
];

/// A file that `deliberate models pull` has put into its store.
fn pulled(file: &str) -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let folder = named("DELIBERATE_CACHE").or_else(|| Some(cache()?.join("deliberate"))).expect("a home");
    let path = folder.join("models").join(file);
    assert!(path.is_file(), "{} is not there (run `deliberate models pull` for it)", path.display());
    path
}

fn settings() -> Settings {
    Settings { slots: Some(1), context: Some(256), batch_tokens: Some(256), ..Settings::default() }
}

/// Logits after every token.
fn logits(runtime: &mut dyn ModelRuntime, tokens: &[Token]) -> Vec<Vec<f32>> {
    runtime.truncate(0, 0);
    let mut rows = Vec::new();
    let span =
        Span { slot: 0, variant: 0, start: 0, tokens: tokens.to_vec(), read: (0..tokens.len()).collect() };
    runtime.forward(&[span], &mut |_, _, row| rows.push(row.to_vec())).expect("it fits");
    rows
}

/// The distribution that logits stand for.
fn softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f64> = logits.iter().map(|logit| f64::from(logit - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| power / total).collect()
}

/// Half the sum of absolute differences of two distributions, token after token, in order.
fn distances(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> Vec<f64> {
    let distance = |(ours, theirs): (&Vec<f32>, &Vec<f32>)| {
        let (ours, theirs) = (softmax(ours), softmax(theirs));
        ours.iter().zip(&theirs).map(|(ours, theirs)| (ours - theirs).abs()).sum::<f64>() / 2.0
    };
    let mut all: Vec<f64> = ours.iter().zip(theirs).map(distance).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// The same tokens, and nearly the same distributions. What both are held against is the file in 32-bit floats: the native
/// runtime, which rounds activations to 16 bits, has to be nearer to it than llama.cpp, which rounds them to 8.
#[track_caller]
fn agree(file: &str) {
    let path = pulled(file);
    let native =
        NativeRuntime::of_file(ModelFile::open(&path).expect("a known model"), Vec::new(), &settings());
    let floats = NativeRuntime::load(Model::read_gguf(&path).expect("a known model"), &settings());
    let mut native = native.expect("a sound file");
    let mut floats = floats.expect("a sound file");
    let mut llama = LlamaRuntime::load(&path, &settings()).expect("a sound file");
    let [mut all, mut ours, mut theirs] = [const { Vec::new() }; 3];
    for text in TEXTS {
        let tokens = native.tokenizer().encode(text, true).expect("a text");
        assert_eq!(tokens, llama.tokenizer().encode(text, true).expect("a text"), "{text:?}");
        all.extend(logits(&mut floats, &tokens));
        ours.extend(logits(&mut native, &tokens));
        theirs.extend(logits(&mut llama, &tokens));
    }
    let [near, far, apart] = [(&all, &ours), (&all, &theirs), (&ours, &theirs)].map(|(a, b)| distances(a, b));
    for (name, all) in [("native, floats", &near), ("llama.cpp, floats", &far), ("native, llama.cpp", &apart)]
    {
        println!(
            "{file}: {name}: {:.4} in the middle, {:.4} at most",
            all[all.len() / 2],
            all[all.len() - 1]
        );
    }
    assert!(near[near.len() / 2] < far[far.len() / 2], "native is further off than llama.cpp");
    assert!(apart[apart.len() / 2] < 0.05 && apart[apart.len() - 1] < 0.2, "native and llama.cpp differ");
}

#[test]
#[ignore = "needs the model qwen2.5-0.5b, which CI does not pull"]
fn a_qwen2_says_on_native_what_it_says_on_llama_cpp() {
    agree(QWEN);
}

#[test]
fn a_smollm2_says_on_native_what_it_says_on_llama_cpp() {
    agree(SMOLLM2);
}

/// Every line of a folder of texts, of which some are code, by both tokenizers.
#[test]
#[ignore = "needs the model qwen2.5-0.5b and DELIBERATE_TEST_LINES, a file of many lines"]
fn ten_thousand_lines_are_the_same_tokens() {
    let lines = std::env::var_os("DELIBERATE_TEST_LINES").expect("DELIBERATE_TEST_LINES names a file");
    let lines = std::fs::read_to_string(lines).expect("a text");
    for file in [QWEN, SMOLLM2] {
        let path = pulled(file);
        let encoder =
            Encoder::new(&ModelFile::open(&path).expect("a known model").vocabulary).expect("sound");
        let llama = LlamaRuntime::load(&path, &settings()).expect("a sound file").tokenizer();
        let mut count = 0;
        for line in lines.lines() {
            assert_eq!(encoder.encode(line, false), llama.encode(line, false).expect("a text"), "{line:?}");
            count += 1;
        }
        println!("{file}: {count} lines, the same tokens");
        assert!(count >= 10_000, "{count} lines");
    }
}
