//! Checks on the vocabulary: what llama.cpp asserts while loading, and what would make its tokenizer throw later.

use super::HeaderError;
use deliberate_gguf::{Gguf, GgufError, Value};
use std::collections::HashMap;

const TOKENS: &str = "tokenizer.ggml.tokens";
const KINDS: &str = "tokenizer.ggml.token_type";

/// Kind of a token that stands for one byte.
const BYTE: i64 = 6;

/// Checks the vocabulary and gives its size.
pub(super) fn check(gguf: &Gguf) -> Result<u32, HeaderError> {
    let tokenizer = gguf.required_text("tokenizer.ggml.model")?;
    if !["gpt2", "llama"].contains(&tokenizer.as_str()) {
        return Err(HeaderError::Tokenizer { tokenizer });
    }
    let tokens = gguf.texts(TOKENS)?.ok_or_else(|| GgufError::Missing { key: TOKENS.to_owned() })?;
    let size = u32::try_from(tokens.len()).ok().filter(|&size| size > 0 && i32::try_from(size).is_ok());
    let size = size.ok_or_else(|| GgufError::Value {
        key: TOKENS.to_owned(),
        value: format!("{} entries", tokens.len()),
        expected: "at least 1 and fewer than 2147483648",
    })?;
    let ids = distinct(tokens)?;
    let kinds = table(gguf, KINDS, tokens.len())?;
    for (token, text) in tokens.iter().enumerate() {
        if kinds.is_some_and(|kinds| kinds[token] == BYTE) && byte_of(text).is_none() {
            return Err(HeaderError::ByteToken { token, text: String::from_utf8_lossy(text).into_owned() });
        }
    }
    scores(gguf, tokens.len())?;
    if tokenizer == "llama" {
        // Its tokenizer spells unknown text in bytes, and throws if it cannot.
        for byte in 0..=u8::MAX {
            let spelt = format!("<{byte:#04X}>");
            if !ids.contains_key(spelt.as_bytes()) && !ids.contains_key(&[byte][..]) {
                return Err(HeaderError::MissingByte { byte });
            }
        }
    } else if gguf.texts("tokenizer.ggml.merges")?.is_none() {
        return Err(GgufError::Missing { key: "tokenizer.ggml.merges".to_owned() }.into());
    }
    Ok(size)
}

/// The ends that the file names, without repetition.
pub(super) fn endings(gguf: &Gguf, size: u32) -> Result<Vec<u32>, GgufError> {
    let mut endings = Vec::new();
    for name in ["eos", "eot", "eom"] {
        let key = format!("tokenizer.ggml.{name}_token_id");
        let Some(id) = gguf.integer(&key)? else { continue };
        // The largest value is how some converters write "none".
        if id == u64::from(u32::MAX) {
            continue;
        }
        let id = u32::try_from(id).ok().filter(|&id| id < size).ok_or(GgufError::Value {
            key,
            value: id.to_string(),
            expected: "an entry of the vocabulary",
        })?;
        if !endings.contains(&id) {
            endings.push(id);
        }
    }
    Ok(endings)
}

fn distinct(tokens: &[Vec<u8>]) -> Result<HashMap<&[u8], usize>, HeaderError> {
    let mut ids = HashMap::with_capacity(tokens.len());
    for (second, text) in tokens.iter().enumerate() {
        // Several empty entries are fine: llama.cpp names them after their number.
        if text.is_empty() {
            continue;
        }
        if let Some(first) = ids.insert(text.as_slice(), second) {
            let text = String::from_utf8_lossy(text).into_owned();
            return Err(HeaderError::DuplicateToken { first, second, text });
        }
    }
    Ok(ids)
}

/// The table of token kinds: 32-bit integers, one for each token.
fn table<'a>(gguf: &'a Gguf, key: &str, tokens: usize) -> Result<Option<&'a [i64]>, GgufError> {
    match gguf.get(key) {
        None => Ok(None),
        Some(Value::Integers { kind: Value::INT32, values }) if values.len() >= tokens => Ok(Some(values)),
        Some(Value::Integers { kind: Value::INT32, values }) => Err(GgufError::Value {
            key: key.to_owned(),
            value: format!("{} entries", values.len()),
            expected: "one for each token",
        }),
        Some(_) => {
            Err(GgufError::WrongKind { key: key.to_owned(), expected: "an array of signed 32-bit integers" })
        }
    }
}

fn scores(gguf: &Gguf, tokens: usize) -> Result<(), GgufError> {
    let key = "tokenizer.ggml.scores";
    let found = match gguf.get(key) {
        None => return Ok(()),
        Some(Value::Floats(values)) => values.len(),
        Some(Value::Integers { kind: Value::INT32, values }) => values.len(),
        Some(_) => {
            return Err(GgufError::WrongKind { key: key.to_owned(), expected: "an array of numbers" });
        }
    };
    if found >= tokens {
        return Ok(());
    }
    Err(GgufError::Value {
        key: key.to_owned(),
        value: format!("{found} entries"),
        expected: "one for each token",
    })
}

/// The byte that a text like `<0x0A>` names.
fn byte_of(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"<0x")?.strip_suffix(b">")?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == 2)?;
    u8::from_str_radix(digits, 16).ok()
}
