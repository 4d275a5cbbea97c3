//! What a loaded model says about itself, and its tokenizer.

mod support;

use deliberate_engine::{ModelRuntime, Tokenizer};
use deliberate_llama::{LlamaRuntime, LoadError, Settings};
use deliberate_lm::{Chat, Message, Role};
use std::sync::Arc;
use support::writer::{Vocabulary, Writer};
use support::{load, real_model, tiny_model};

fn message(role: Role, content: &str) -> Message {
    Message::new(role, content)
}

fn text(tokenizer: &dyn Tokenizer, tokens: &[u32]) -> String {
    let bytes: Vec<u8> = tokens.iter().flat_map(|&token| tokenizer.piece(token)).collect();
    String::from_utf8(bytes).expect("whole characters")
}

const TEXTS: [&str; 7] = [
    "the",
    " the theory\n\nof  everything\t",
    "\n\nStep 2: 12 × 3 = 36",
    "naïve café, ßtraße, 日本語, 🧮👩‍🚀, \u{10ffff}",
    "<|im_start|>user</s><s>",
    "\r\n \u{a0}\u{200b}",
    "a\0b",
];

#[test]
fn text_survives_the_way_to_tokens_and_back() {
    let paths = [Some(tiny_model(Vocabulary::Pairs)), Some(tiny_model(Vocabulary::Pieces)), real_model()];
    for path in paths.into_iter().flatten() {
        let tokenizer = load(&path).tokenizer();
        for given in TEXTS {
            for special in [false, true] {
                let tokens = tokenizer.encode(given, special).expect("a short text");
                assert_eq!(text(&*tokenizer, &tokens), given, "{}", path.display());
            }
        }
        assert!(tokenizer.encode("", true).expect("nothing").is_empty());
        assert!(tokenizer.piece(u32::MAX).is_empty());
    }
}

#[test]
fn long_texts_are_encoded_or_refused() {
    let paths = [Some(tiny_model(Vocabulary::Pairs)), Some(tiny_model(Vocabulary::Pieces)), real_model()];
    for path in paths.into_iter().flatten() {
        let tokenizer = load(&path).tokenizer();
        for unit in ["a", "1", " ", "\n", "é", "the ", "🧮", "!?"] {
            let given = unit.repeat(50_000);
            let tokens = tokenizer.encode(&given, false).expect("a long text");
            assert_eq!(text(&*tokenizer, &tokens), given);
        }
        let error = tokenizer.encode(&"x".repeat((16 << 20) + 1), false).expect_err("too long").to_string();
        assert!(error.contains("is longer than"), "{error}");
    }
}

#[test]
fn the_real_model_states_its_facts() {
    let Some(path) = real_model() else { return };
    let runtime = load(&path);
    let facts = runtime.facts();
    assert_eq!(facts.name, path.file_stem().expect("a name").to_string_lossy());
    assert_eq!((facts.context, facts.vocabulary), (512, 49152));
    assert_eq!(facts.architecture.unwrap().layers, 30);
    assert_eq!(facts.architecture.unwrap().attention_width, 576);
    assert_eq!(facts.architecture.unwrap().parameters, 134_515_008);
    assert_eq!(facts.beginning, None);
    let tokenizer = runtime.tokenizer();
    let end = tokenizer.encode("<|im_end|>", true).expect("a marker");
    assert!(end.len() == 1 && facts.endings.contains(&end[0]), "{end:?} in {:?}", facts.endings);
    assert!(tokenizer.encode("<|im_end|>", false).expect("plain text").len() > 1);
    let capacity = runtime.capacity();
    assert_eq!(capacity.kv_bytes_per_token, 23_040);
    assert_eq!((capacity.slots, capacity.slot_tokens, capacity.batch_tokens), (8, 512, 256));
}

#[test]
fn a_chat_ends_where_the_assistant_starts() {
    for path in support::models() {
        let tokenizer = load(&path).tokenizer();
        let chat = vec![message(Role::System, "Be brief."), message(Role::User, "Two + two?\n")].into();
        let rendered = tokenizer.render(&chat).expect("a template");
        let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nTwo + two?\n<|im_end|>\n\
                        <|im_start|>assistant\n";
        assert_eq!(rendered, expected);
        assert!(tokenizer.render(&Chat::default()).is_err());
        assert!(tokenizer.render(&vec![message(Role::User, "a\0b")].into()).is_err());
        // Whatever the template says where nobody is told who to be.
        let empty = tokenizer.render(&vec![message(Role::User, "")].into()).expect("a template");
        assert!(empty.ends_with("<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n"), "{empty}");
    }
    let tokenizer = load(&tiny_model(Vocabulary::Pieces)).tokenizer();
    let error = tokenizer.render(&vec![message(Role::User, "hello")].into()).expect_err("no template");
    assert_eq!(error.reason, "its file holds none");
}

#[test]
fn a_vocabulary_that_wants_a_beginning_says_so() {
    let runtime = load(&tiny_model(Vocabulary::Pieces));
    assert_eq!(runtime.facts().beginning, Some(1));
    assert_eq!(runtime.facts().endings, [2]);
    // No space is put before a text that continues another.
    assert_eq!(runtime.tokenizer().encode("the", false).expect("a text").len(), 1);
}

#[test]
fn tokenizers_work_from_many_threads() {
    let tokenizer: Arc<dyn Tokenizer> = load(&tiny_model(Vocabulary::Pairs)).tokenizer();
    let expected = tokenizer.encode(TEXTS[1], false).expect("a text");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(tokenizer.encode(TEXTS[1], false).expect("a text"), expected);
                }
            });
        }
    });
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let path = tiny_model(Vocabulary::Pairs);
    let sound =
        Settings { slots: Some(2), context: Some(256), batch_tokens: Some(64), ..Settings::default() };
    let refuse = |settings: Settings| LlamaRuntime::load(&path, &settings).expect_err("refused").to_string();
    assert!(refuse(Settings { context: Some(513), ..sound }).contains("trained on 512 (lower `context`"));
    assert!(refuse(Settings { slots: Some(0), ..sound }).contains("`slots` is 0"));
    LlamaRuntime::load(&path, &Settings { slots: Some(256), context: Some(512), ..sound })
        .expect("a sound model");
    LlamaRuntime::load(&path, &Settings { slots: Some(1), context: Some(1), batch_tokens: Some(1), ..sound })
        .expect("tiny");
}

#[test]
fn files_that_are_no_models_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let load = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a small file");
        let error = LlamaRuntime::load(&path, &Settings { context: Some(256), ..Settings::default() })
            .expect_err("refused");
        assert!(error.to_string().contains(name), "{error}");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    };
    let bytes = Writer::tiny(Vocabulary::Pairs).bytes();
    assert!(load("cut.gguf", &bytes[..bytes.len() / 2]).contains("it is incomplete: download it again"));
    assert!(load("page.gguf", b"<html>").contains("not a GGUF file"));
    let mut unknown = Writer::tiny(Vocabulary::Pairs);
    unknown.set("general.architecture", support::writer::text("mamba"));
    assert!(load("mamba.gguf", &unknown.bytes()).contains("architecture `mamba` is not supported"));
    // Sound for us, but not for llama.cpp, whose own words are passed on.
    let mut missing = Writer::tiny(Vocabulary::Pairs);
    missing.tensors.pop();
    let error = load("missing.gguf", &missing.bytes());
    assert!(error.contains("blk.1.ffn_down.weight"), "{error}");
    let missing = folder.path().join("nothing.gguf");
    let error = LlamaRuntime::load(&missing, &Settings::default()).expect_err("no file");
    assert!(matches!(error, LoadError::File { .. }), "{error}");
}
