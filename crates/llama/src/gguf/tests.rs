//! One test per way to damage a file.

#[allow(dead_code, reason = "shared with the tests under `tests/`, which use more")]
#[path = "../../tests/support/writer.rs"]
mod writer;

use super::{HeaderError, ModelHeader};
use deliberate_gguf::{Gguf, GgufError};
use proptest::prelude::*;
use writer::{Vocabulary, Writer, float, integer, integers, text, texts};

fn read(bytes: &[u8]) -> Result<ModelHeader, HeaderError> {
    ModelHeader::read(&Gguf::parse(bytes, bytes.len() as u64)?)
}

/// Damages a tiny model and expects an error that contains `words`.
#[track_caller]
fn check(words: &str, damage: impl FnOnce(&mut Writer)) {
    let mut file = Writer::tiny(Vocabulary::Pairs);
    damage(&mut file);
    let error = read(&file.bytes()).expect_err("a damaged file").to_string();
    assert!(error.contains(words), "`{error}` lacks `{words}`");
}

#[test]
fn a_sound_file_gives_its_facts() {
    let header = read(&Writer::tiny(Vocabulary::Pairs).bytes()).expect("a sound file");
    assert_eq!((header.family, header.name.as_deref()), ("llama", Some("tiny")));
    assert_eq!((header.heads, header.head_size, header.embedding), (4, 16, 64));
    assert_eq!((header.context, header.vocabulary, header.kv_width), (512, 261, 2 * 2 * 2 * 16));
    assert_eq!((header.sizes.layers, header.sizes.attention_width), (2, 64));
    let layer = 2 * 64 + 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96;
    assert_eq!(header.stored_parameters, 261 * 64 + 64 + 2 * layer);
    assert_eq!(header.sizes.parameters, header.stored_parameters);
    assert!(header.chat_template);
    assert_eq!(header.endings, [2]);
    read(&Writer::tiny(Vocabulary::Pieces).bytes()).expect("a sound file");
}

#[test]
fn something_else_than_gguf() {
    check("not a GGUF file", |file| file.magic = *b"GGML");
    for bytes in [&b""[..], b"GG", b"<!doctype html><html>"] {
        let error = read(bytes).expect_err("not a model");
        assert!(matches!(error, HeaderError::File(GgufError::NotGguf { .. })), "{error}");
    }
}

#[test]
fn unknown_version() {
    check("version 1 ", |file| file.version = 1);
    check("big-endian", |file| file.version = 3_u32.swap_bytes());
}

#[test]
fn file_cut_anywhere() {
    let bytes = Writer::tiny(Vocabulary::Pairs).bytes();
    for end in (0..bytes.len()).step_by(97) {
        read(&bytes[..end]).expect_err("a cut file");
    }
    let error = read(&bytes[..bytes.len() - 4]).expect_err("a cut file").to_string();
    assert!(error.contains("it is incomplete"), "{error}");
}

#[test]
fn absurd_counts() {
    for place in [8, 16] {
        for count in [u64::MAX, 1 << 60, 1 << 40] {
            let mut bytes = Writer::tiny(Vocabulary::Pairs).bytes();
            bytes[place..place + 8].copy_from_slice(&count.to_le_bytes());
            let error = read(&bytes).expect_err("an absurd count");
            assert!(matches!(error, HeaderError::File(GgufError::Implausible { .. })), "{error}");
        }
    }
    let endless = [9_u32.to_le_bytes().to_vec(), 4_u32.to_le_bytes().to_vec(), vec![255; 8]].concat();
    check("more than a file of", |file| file.set("x", endless));
    check("while reading x", |file| file.set("x", [8_u32.to_le_bytes().to_vec(), vec![255; 8]].concat()));
}

#[test]
fn metadata_that_is_no_metadata() {
    check("appears twice", |file| file.entries.push(("general.name".into(), integer(1))));
    check("is empty", |file| file.set("", integer(1)));
    check("unknown kind 13", |file| file.set("x", [13_u32.to_le_bytes(), [0; 4]].concat()));
    check("array of arrays", |file| file.set("x", [9_u32.to_le_bytes(), 9_u32.to_le_bytes()].concat()));
}

#[test]
fn alignment() {
    for alignment in [0, 1, 16, 48, 1 << 20] {
        check("is not a power of two", |file| file.set("general.alignment", integer(alignment)));
    }
    check("is not an integer", |file| file.set("general.alignment", text("32")));
}

#[test]
fn tensors() {
    check("longer than 63 bytes", |file| file.tensors[3].name = "x".repeat(64));
    check("appears twice", |file| file.tensors[3].name = "token_embd.weight".into());
    check("impossible shape", |file| file.tensors[3].shape.clear());
    check("impossible shape", |file| file.tensors[3].shape = vec![1; 5]);
    check("impossible shape", |file| file.tensors[3].shape = vec![64, 0]);
    check("impossible shape", |file| file.tensors[3].shape = vec![1 << 40, 1 << 40]);
    check("impossible shape", |file| file.tensors[3].shape = vec![1 << 31, 1 << 30, 2]);
    check("ends at byte", |file| file.tensors.last_mut().expect("a tensor").shape = vec![64, 1 << 30]);
    check("element type 4,", |file| file.tensors[3].kind = 4);
    check("element type 24,", |file| file.tensors[3].kind = 24);
    check("element type 1,", |file| file.tensors[1].kind = 1);
    check("not a multiple of its block of 256", |file| file.tensors[3].kind = 12);
    check("expected", |file| file.tensors[3].offset = Some(0));
    check("expected", |file| file.tensors[3].offset = Some(u64::MAX));
}

#[test]
fn architecture() {
    check("`general.architecture` is missing", |file| file.remove("general.architecture"));
    check("`general.architecture` is not a text", |file| file.set("general.architecture", integer(1)));
    check("architecture `mamba` is not supported (supported: apertus", |file| {
        file.set("general.architecture", text("mamba"));
    });
    check("split into 3 files", |file| file.set("split.count", integer(3)));
    for key in ["block_count", "embedding_length", "context_length"] {
        let key = format!("llama.{key}");
        check("is 0, expected", |file| file.set(&key, integer(0)));
        check("is missing", |file| file.remove(&key));
        check("is not an integer", |file| file.set(&key, float(1.0)));
    }
    check("1 to 512", |file| file.set("llama.block_count", integer(513)));
    check("a divisor of", |file| file.set("llama.attention.head_count", integer(0)));
    check("a divisor of", |file| file.set("llama.attention.head_count_kv", integer(3)));
    check("one number for each layer", |file| file.set("llama.attention.head_count", integers(&[4; 3])));
    check("at most 1048576", |file| file.set("llama.attention.head_count", integers(&[4, -1])));
    check("the same as", |file| file.set("llama.attention.value_length", integer(8)));
    check("even, and the size", |file| file.set("llama.rope.dimension_count", integer(8)));
    check("from 0 to 1", |file| file.set("llama.attention.layer_norm_rms_epsilon", float(f32::NAN)));
    check("finite", |file| file.set("llama.rope.freq_base", float(f32::INFINITY)));
    check("none, linear", |file| file.set("llama.rope.scaling.type", text("x")));
    let no = [7_u32.to_le_bytes().to_vec(), vec![0]].concat();
    check("encoders are not", |file| file.set("llama.attention.causal", no));
    check("several tokens", |file| file.set("llama.nextn_predict_layers", integer(3)));
    check("expert_used_count", |file| file.set("llama.expert_used_count", integer(1)));
    check("expert_used_count", |file| file.set("llama.expert_count", integer(8)));
}

#[test]
fn vocabulary() {
    check("`tokenizer.ggml.model` is missing", |file| file.remove("tokenizer.ggml.model"));
    check("tokenizer `bert`", |file| file.set("tokenizer.ggml.model", text("bert")));
    check("tokens` is missing", |file| file.remove("tokenizer.ggml.tokens"));
    check("array of texts", |file| file.set("tokenizer.ggml.tokens", integers(&[1])));
    check("0 entries", |file| file.set("tokenizer.ggml.tokens", texts(&[])));
    check("entries 0 and 1 are both `a`", |file| {
        file.set("tokenizer.ggml.tokens", texts(&["a".into(), "a".into()]));
    });
    check("one for each token", |file| file.set("tokenizer.ggml.token_type", integers(&[1])));
    check("signed 32-bit", |file| file.set("tokenizer.ggml.token_type", text("x")));
    check("marked as a byte", |file| file.set("tokenizer.ggml.token_type", integers(&[6; 300])));
    check("one for each token", |file| file.set("tokenizer.ggml.scores", integers(&[1])));
    check("merges` is missing", |file| file.remove("tokenizer.ggml.merges"));
    check("no entry for byte", |file| file.set("tokenizer.ggml.model", text("llama")));
    check("an entry of the vocabulary", |file| file.set("tokenizer.ggml.eos_token_id", integer(261)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&[b"GGUF\x03\0\0\0".to_vec(), bytes].concat());
    }

    #[test]
    fn mutations_never_panic(changes in proptest::collection::vec((0_usize..9000, any::<u8>()), 1..8)) {
        let mut bytes = Writer::tiny(Vocabulary::Pieces).bytes();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        let _ = read(&bytes);
    }
}
