//! Training, encoding, and the rules that both follow.

use super::{real_model, texts, vocabulary};
use crate::{Encoder, Model, Vocabulary, VocabularyError};
use proptest::prelude::*;
use std::sync::LazyLock;

static ENCODER: LazyLock<Encoder> = LazyLock::new(|| Encoder::new(&vocabulary()).expect("sound"));

#[test]
fn training_gives_the_marker_the_bytes_and_what_occurs_often() {
    let vocabulary = vocabulary();
    assert_eq!(vocabulary.tokens.len(), 300);
    assert_eq!(vocabulary.merges.len(), 300 - 257);
    assert_eq!(vocabulary.tokens[0], "<|end|>");
    assert_eq!((vocabulary.specials.as_slice(), vocabulary.endings.as_slice()), (&[0][..], &[0][..]));
    vocabulary.check().expect("a sound vocabulary");
    let mut bytes: Vec<Vec<u8>> = (1..257).map(|token| ENCODER.piece(token)).collect();
    bytes.sort();
    assert!(bytes.iter().enumerate().all(|(byte, piece)| *piece == [byte as u8]));
    assert_eq!(ENCODER.encode("Answer: 12", false).len(), "Answer|:| |1|2".split('|').count());
}

#[test]
fn training_does_not_depend_on_order_or_chance() {
    let texts = texts();
    let backwards = Vocabulary::train(texts.iter().rev().map(String::as_str), 300).expect("sound");
    assert_eq!(backwards, vocabulary());
}

#[test]
fn a_small_corpus_gives_a_small_vocabulary() {
    let tiny = Vocabulary::train(["abab abab"].into_iter(), 4096).expect("sound");
    assert!((258..264).contains(&tiny.tokens.len()), "{:?}", &tiny.tokens[257..]);
    let empty = Vocabulary::train(std::iter::empty(), 257).expect("sound");
    assert_eq!((empty.tokens.len(), empty.merges.len()), (257, 0));
    let error = Vocabulary::train(std::iter::empty(), 256).expect_err("no room");
    assert_eq!(error, VocabularyError::TooSmall { size: 256, least: 257 });
}

#[test]
fn digits_and_line_breaks_stand_alone() {
    let often = "1234567890 10 10 10\n\n\n\n 10\n10\n\n10\n \n \n".repeat(50);
    let vocabulary = Vocabulary::train([often.as_str()].into_iter(), 2000).expect("sound");
    let encoder = Encoder::new(&vocabulary).expect("sound");
    for token in 1..vocabulary.tokens.len() as u32 {
        let piece = encoder.piece(token);
        let alone = |byte: &u8| byte.is_ascii_digit() || *byte == b'\n';
        assert!(piece.len() == 1 || !piece.iter().any(alone), "{:?}", String::from_utf8_lossy(&piece));
    }
    assert_eq!(encoder.encode("10\n\n20", false).len(), 6);
}

#[test]
fn markers_are_read_in_trusted_text_only() {
    let tokens = ENCODER.encode("1<|end|>2", true);
    assert_eq!((tokens.len(), tokens[1]), (3, 0));
    assert_eq!(ENCODER.piece(0), b"<|end|>");
    assert_eq!(ENCODER.decode(&tokens), b"1<|end|>2");
    let tokens = ENCODER.encode("1<|end|>2", false);
    assert!(!tokens.contains(&0));
    assert_eq!(ENCODER.decode(&tokens), b"1<|end|>2");
    assert_eq!(ENCODER.piece(300), b"");
    assert!(ENCODER.encode("", true).is_empty());
}

#[test]
fn literals_are_read_in_any_text_and_the_longest_counts() {
    let mut vocabulary = vocabulary();
    vocabulary.tokens.extend(["<think>".to_owned(), "<think>ing".to_owned()]);
    vocabulary.literals = vec![300, 301];
    let encoder = Encoder::new(&vocabulary).expect("sound");
    assert_eq!(encoder.encode("<think><think>ing<|end|>", true), [300, 301, 0]);
    assert_eq!(encoder.encode("<think><think>ing", false), [300, 301]);
}

#[test]
fn vocabularies_that_contradict_themselves_are_refused() {
    let check = |words: &str, damage: &dyn Fn(&mut Vocabulary)| {
        let mut vocabulary = vocabulary();
        damage(&mut vocabulary);
        let error = Encoder::new(&vocabulary).expect_err("a damaged vocabulary").to_string();
        assert!(error.contains(words), "`{error}` lacks `{words}`");
    };
    check("token 7 has no text", &|vocabulary| vocabulary.tokens[7].clear());
    check("tokens 7 and 8 are both", &|vocabulary| vocabulary.tokens[7] = vocabulary.tokens[8].clone());
    check("token 7 reads `a b`", &|vocabulary| vocabulary.tokens[7] = "a b".into());
    check("merge 1 joins `1` and `2`", &|vocabulary| vocabulary.merges[1] = ("1".into(), "2".into()));
    check("merge 0 joins", &|vocabulary| vocabulary.merges[0].0 = "<|end|>".into());
    check("token 300 of the specials is not one of 300", &|vocabulary| vocabulary.specials.push(300));
    check("token 300 of the beginning", &|vocabulary| vocabulary.beginning = Some(300));
    check("token 4294967295 of the endings", &|vocabulary| vocabulary.endings.push(u32::MAX));
    check("no token ends", &|vocabulary| vocabulary.endings.clear());
    check("at most 65536", &|vocabulary| vocabulary.literals = vec![1; 1 << 16]);
}

#[test]
fn a_million_spaces_are_encoded() {
    let spaces = " ".repeat(1 << 20);
    assert_eq!(ENCODER.decode(&ENCODER.encode(&spaces, true)), spaces.as_bytes());
}

/// Compares with the whole pipeline of the `tokenizers` crate, made from the file that is written for it.
fn reference(model: &Model) -> tokenizers::Tokenizer {
    let folder = tempfile::tempdir().expect("a temporary folder");
    model.write_hugging_face(folder.path()).expect("a folder");
    tokenizers::Tokenizer::from_file(folder.path().join("tokenizer.json")).expect("a sound file")
}

fn ids(reference: &tokenizers::Tokenizer, text: &str) -> Vec<u32> {
    reference.encode(text, false).expect("tokens").get_ids().to_vec()
}

const SAMPLES: [&str; 8] = [
    "What is 12345 + 678?\n\nIt is 13023.",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "it's we'll  THEY'RE\t\ttabs \u{a0} no-break",
    "größer 漢字 🦀🦀 e\u{301} ½ ² Ⅻ ٣",
    "   leading, trailing   \n  \r\n x",
    "<|end|><|endoftext|> <|end|",
    "$\\frac{1}{2}$ == 0.5; a_b != c",
    "",
];

#[test]
fn the_small_vocabulary_encodes_like_the_reference() {
    let reference = reference(&super::model(true));
    for text in SAMPLES.into_iter().chain(texts().iter().map(String::as_str)) {
        assert_eq!(ENCODER.encode(text, true), ids(&reference, text), "{text:?}");
    }
}

#[test]
fn text_cut_as_by_qwen2_encodes_like_the_reference() {
    let model = super::qwen();
    let reference = reference(&model);
    let encoder = Encoder::new(&model.vocabulary).expect("sound");
    for text in SAMPLES.into_iter().chain(texts().iter().map(String::as_str)) {
        assert_eq!(encoder.encode(text, true), ids(&reference, text), "{text:?}");
    }
    // A letter and its mark become one letter, as the model has learnt them.
    assert_eq!(encoder.decode(&encoder.encode("e\u{301}", false)), "é".as_bytes());
}

#[test]
fn the_real_vocabulary_encodes_like_the_reference() {
    let Some(path) = real_model() else { return };
    let model = Model::read_gguf(path).expect("a sound file");
    let encoder = Encoder::new(&model.vocabulary).expect("sound");
    // The parameters that its makers name, an ending of a turn and those that llama.cpp finds by their text.
    assert_eq!(model.shape.parameters(), 134_515_008);
    assert_eq!(model.vocabulary.endings, [2, 0, 4]);
    assert_eq!(encoder.encode("<|im_start|>user\n12", true), [1, 4093, 198, 33, 34]);
    assert!(model.weights.embedding.iter().all(|value| value.is_finite()));
    let small = Model { shape: super::model(true).shape, ..super::model(true) };
    let rows = model.vocabulary.tokens.len();
    let mut small = Model { vocabulary: model.vocabulary, ..small };
    small.shape.vocabulary = rows as u32;
    small.weights = crate::Weights::zeros(&small.shape);
    let reference = reference(&small);
    for text in SAMPLES {
        let tokens = encoder.encode(text, true);
        assert_eq!(tokens, ids(&reference, text), "{text:?}");
        println!("{text:?} {tokens:?}");
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(text in any::<String>(), special in any::<bool>()) {
        prop_assert_eq!(ENCODER.decode(&ENCODER.encode(&text, special)), text.as_bytes());
    }

    #[test]
    fn what_looks_like_text_is_decoded(text in "[ \n\r\ta-z0-9<|>'+=]{0,60}", special in any::<bool>()) {
        prop_assert_eq!(ENCODER.decode(&ENCODER.encode(&text, special)), text.as_bytes());
    }

    #[test]
    fn every_digit_is_a_token(number in any::<u64>()) {
        let text = number.to_string();
        prop_assert_eq!(ENCODER.encode(&text, false).len(), text.len());
    }
}
