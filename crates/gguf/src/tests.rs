//! What is written is read; what is damaged is refused.

use super::{Content, Entry, Gguf, GgufError, Matrix, Precision, Remark, TensorFile, Value};
use proptest::prelude::*;
use std::io::Cursor;

fn values(count: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 % 1009) as f32 / 504.5 - 1.0) * 3.0).collect()
}

fn content(values: &[f32], precision: Precision) -> Content<'_> {
    let entries = [
        ("a.u32", Entry::U32(u32::MAX)),
        ("a.i32", Entry::I32(-5)),
        ("a.u64", Entry::U64(u64::MAX)),
        ("a.f32", Entry::F32(0.1)),
        ("a.flag", Entry::Flag(true)),
        ("a.text", Entry::Text("größer".to_owned())),
        ("a.texts", Entry::Texts(vec!["Ġa".to_owned(), String::new()])),
        ("a.i32s", Entry::I32s(vec![1, -1])),
        ("a.f32s", Entry::F32s(vec![0.5])),
    ];
    let matrix = |name: &str, shape: &[u64]| Matrix {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: values[..shape.iter().product::<u64>() as usize].into(),
        precision,
    };
    Content {
        entries: entries.map(|(key, entry)| (key.to_owned(), entry)).to_vec(),
        matrices: vec![matrix("norm", &[3]), matrix("wide", &[64, 5]), matrix("narrow", &[6, 3])],
    }
}

fn bytes(content: &Content<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    content.write_to(&mut bytes).expect("sound content");
    bytes
}

fn parse(bytes: &[u8]) -> Result<Gguf, GgufError> {
    Gguf::parse(bytes, bytes.len() as u64)
}

/// All values of a file, tensor after tensor.
fn read(bytes: &[u8]) -> Result<Vec<Vec<f32>>, GgufError> {
    let mut file = TensorFile::new(Cursor::new(bytes), bytes.len() as u64)?;
    let tensors = file.header().tensors().to_vec();
    tensors.iter().map(|tensor| file.read(tensor)).collect()
}

#[test]
fn metadata_of_every_kind_comes_back() {
    let values = values(320);
    let file = parse(&bytes(&content(&values, Precision::F32))).expect("a sound file");
    assert_eq!(file.integer("a.u32").expect("an integer"), Some(u64::from(u32::MAX)));
    assert_eq!(file.get("a.i32"), Some(&Value::Integer(-5)));
    assert_eq!(file.integer("a.u64").expect("an integer"), Some(u64::MAX));
    assert_eq!(file.float("a.f32").expect("a float"), Some(f64::from(0.1_f32)));
    assert_eq!(file.flag("a.flag").expect("a flag"), Some(true));
    assert_eq!(file.required_text("a.text").expect("a text"), "größer");
    assert_eq!(file.texts("a.texts").expect("texts"), Some(&["Ġa".into(), Vec::new()][..]));
    assert_eq!(file.get("a.i32s"), Some(&Value::Integers { kind: Value::INT32, values: vec![1, -1] }));
    assert_eq!(file.get("a.f32s"), Some(&Value::Floats(vec![0.5])));
    assert_eq!(file.integer("absent").expect("no error"), None);
    assert!(matches!(file.integer("a.text"), Err(GgufError::WrongKind { .. })));
    assert!(matches!(file.integer("a.i32"), Err(GgufError::Value { .. })));
}

#[test]
fn values_come_back_as_precisely_as_they_were_stored() {
    let values = values(320);
    let sizes = [3, 320, 18];
    let all = |precision| read(&bytes(&content(&values, precision))).expect("a sound file");
    let check = |precision, bounds: [fn(f32) -> f32; 3]| {
        for ((found, size), bound) in all(precision).iter().zip(sizes).zip(bounds) {
            assert_eq!(found.len(), size);
            for (found, &value) in found.iter().zip(&values) {
                assert!((found - value).abs() <= bound(value), "{value} became {found} in {precision:?}");
            }
        }
    };
    check(Precision::F32, [|_| 0.0; 3]);
    let half: fn(f32) -> f32 = |value| value.abs() / 2048.0 + 1e-7;
    check(Precision::F16, [|_| 0.0, half, half]);
    // Half a digit of a scale of at most 3 / 127, and what the scale loses; narrow rows are no whole blocks.
    check(Precision::Q8_0, [|_| 0.0, |_| 3.0 / 127.0 / 2.0 + 3.0 / 2048.0, half]);
}

#[test]
fn values_are_read_in_parts_without_a_seam() {
    let values = values(40_000);
    let matrix =
        |precision| Matrix { name: "m".into(), shape: vec![32, 1250], values: (&values).into(), precision };
    for precision in [Precision::F32, Precision::Q8_0] {
        let file = bytes(&Content { entries: Vec::new(), matrices: vec![matrix(precision)] });
        let found = read(&file).expect("a sound file").remove(0);
        assert_eq!(found.len(), values.len());
        assert!(found.iter().zip(&values).all(|(found, value)| (found - value).abs() < 0.02));
    }
}

#[test]
fn extreme_values_survive() {
    let values = [f32::MAX, -f32::MAX, 0.0, f32::MIN_POSITIVE].repeat(8);
    let matrix =
        |precision| Matrix { name: "m".into(), shape: vec![16, 2], values: (&values).into(), precision };
    let all = |precision| read(&bytes(&Content { entries: Vec::new(), matrices: vec![matrix(precision)] }));
    assert_eq!(all(Precision::F32).expect("a sound file")[0], values);
    let zeros = [0.0; 64];
    let matrix =
        Matrix { name: "m".into(), shape: vec![32, 2], values: (&zeros).into(), precision: Precision::Q8_0 };
    let found = read(&bytes(&Content { entries: Vec::new(), matrices: vec![matrix] }));
    assert_eq!(found.expect("a sound file")[0], zeros);
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_tensor_and_place() {
    let refused = |values: &[f32], precision| {
        let matrix = Matrix {
            name: "blk.0.attn_q.weight".into(),
            shape: vec![32, 2],
            values: values.into(),
            precision,
        };
        read(&bytes(&Content { entries: Vec::new(), matrices: vec![matrix] }))
            .expect_err("no numbers")
            .to_string()
    };
    for (bad, said) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut values = values(64);
        values[40] = bad;
        let error = refused(&values, Precision::F32);
        assert!(error.contains(&format!("`blk.0.attn_q.weight` holds {said} at 40")), "{error}");
        assert!(refused(&values, Precision::F16).contains("at 40"));
    }
    // Too large for half the bits.
    assert!(refused(&[1e9; 64], Precision::F16).contains("inf at 0"));
}

#[test]
fn what_is_odd_about_a_file_that_can_be_read_is_remarked() {
    let numbers = values(64);
    let remarks = |entries: Vec<(&str, Entry)>, behind: &[u8]| {
        let matrix = Matrix {
            name: "m".into(),
            shape: vec![32, 2],
            values: (&numbers).into(),
            precision: Precision::F32,
        };
        let entries = entries.into_iter().map(|(key, entry)| (key.to_owned(), entry)).collect();
        let file = bytes(&Content { entries, matrices: vec![matrix] });
        parse(&[&file, behind].concat()).expect("a sound file").remarks()
    };
    let text = |text: &str| Entry::Text(text.to_owned());
    let sound = || {
        vec![
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text("smollm")),
            ("tokenizer.ggml.tokens", Entry::Texts(vec!["<|end|>".into(), "word".into()])),
            ("tokenizer.ggml.token_type", Entry::I32s(vec![3, 1])),
            ("tokenizer.ggml.add_bos_token", Entry::Flag(true)),
        ]
    };
    let with = |entry| sound().into_iter().chain([entry]).collect::<Vec<_>>();
    assert_eq!(remarks(with(("tokenizer.ggml.bos_token_id", Entry::U32(0))), b""), []);
    assert_eq!(remarks(with(("tokenizer.ggml.bos_token_id", Entry::U32(9))), b""), []);
    let word = Remark::WordBeginning { token: 1, text: "word".into() };
    assert_eq!(remarks(with(("tokenizer.ggml.bos_token_id", Entry::U32(1))), b""), [word]);
    let silent = sound().into_iter().filter(|(key, _)| *key != "tokenizer.ggml.pre").collect();
    assert_eq!(remarks(silent, b""), [Remark::NoPreTokenizer]);
    assert_eq!(remarks(sound(), b"GGUF\x03\0\0\0"), [Remark::BytesBehind { bytes: 8 }]);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let values = values(320);
    let whole = bytes(&content(&values, Precision::Q8_0));
    // The last tensor's padding may be missing.
    let end = whole.len() - (6 * 3 * 2_usize).next_multiple_of(32) + 6 * 3 * 2;
    for cut in 0..end {
        parse(&whole[..cut]).expect_err("a cut file");
    }
    parse(&whole[..end]).expect("a whole file");
}

#[test]
fn absurd_counts_are_refused_before_anything_is_reserved() {
    let values = values(320);
    let whole = bytes(&content(&values, Precision::F32));
    for place in [8, 16, 24] {
        for count in [u64::MAX, 1 << 60, 1 << 40] {
            let mut damaged = whole.clone();
            damaged[place..place + 8].copy_from_slice(&count.to_le_bytes());
            parse(&damaged).expect_err("an absurd count");
        }
    }
}

#[test]
fn element_types_that_cannot_be_read_are_named() {
    let values = values(256);
    let matrix = |name: &str, shape: &[u64]| Matrix {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: (&values).into(),
        precision: Precision::F32,
    };
    let mut file = bytes(&Content { entries: Vec::new(), matrices: vec![matrix("iq", &[128, 2])] });
    // Name, rank and two dimensions stand before the type.
    let place = 24 + 8 + 2 + 4 + 16;
    assert_eq!(file[place..place + 4], [0; 4]);
    file[place] = 20;
    let error = read(&file).expect_err("IQ4_NL").to_string();
    assert!(error.contains("`iq` has element type 20, which cannot be read"), "{error}");
}

#[test]
fn content_that_makes_no_file_is_refused() {
    let values = values(320);
    let check = |words: &str, damage: &dyn Fn(&mut Content<'_>)| {
        let mut content = content(&values, Precision::F32);
        damage(&mut content);
        let mut to = Vec::new();
        let error = content.write_to(&mut to).expect_err("damaged content").to_string();
        assert!(error.contains(words) && to.is_empty(), "`{error}` lacks `{words}`");
    };
    check("`a.u32` appears twice", &|content| content.entries[1].0 = "a.u32".into());
    check("is empty", &|content| content.entries[1].0.clear());
    check("`norm` appears twice", &|content| content.matrices[1].name = "norm".into());
    check("longer than 63", &|content| content.matrices[1].name = "x".repeat(64));
    check("impossible shape", &|content| content.matrices[1].shape.clear());
    check("impossible shape", &|content| content.matrices[1].shape = vec![320, 0]);
    check("[64, 4] is given 320 values", &|content| content.matrices[1].shape = vec![64, 4]);
    check("is given 320 values", &|content| content.matrices[1].shape = vec![1 << 40, 1 << 40]);
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("m.gguf");
    std::fs::write(&path, b"old").expect("a small file");
    let values = values(320);
    let mut wrong = content(&values, Precision::F32);
    wrong.matrices[0].shape = vec![4];
    wrong.write(&path).expect_err("damaged content");
    assert_eq!(std::fs::read(&path).expect("the old file"), b"old");
    let sound = content(&values, Precision::F32);
    sound.write(&path).expect("a file");
    assert_eq!(std::fs::read(&path).expect("the new file"), bytes(&sound));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    let error = sound.write(&folder.path().join("absent/m.gguf")).expect_err("no folder");
    assert!(matches!(error, GgufError::Write { .. }));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&[b"GGUF\x03\0\0\0".to_vec(), bytes].concat());
    }

    #[test]
    fn mutations_never_panic(changes in proptest::collection::vec((0_usize..600, any::<u8>()), 1..8)) {
        let values = values(320);
        let mut bytes = bytes(&content(&values, Precision::Q8_0));
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        let _ = read(&bytes);
    }
}
