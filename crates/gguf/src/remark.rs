//! What is odd about a file that can be read: it may answer other than its maker meant, and nothing else would say so.

use crate::{Gguf, Value};
use std::fmt;

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A byte-pair vocabulary that does not say how text is cut before it is joined.
    NoPreTokenizer,
    /// Every text begins with a token that is an ordinary word.
    WordBeginning {
        /// The token.
        token: u64,
        /// Its text.
        text: String,
    },
    /// Something follows the last tensor.
    BytesBehind {
        /// How much.
        bytes: u64,
    },
}

/// Kinds of tokens that text consists of: ordinary, and literal.
const WORDS: [i64; 2] = [1, 4];

impl Gguf {
    /// All that is odd.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let pairs = self.text("tokenizer.ggml.model").is_some_and(|model| model == "gpt2");
        if pairs && self.get("tokenizer.ggml.pre").is_none() {
            remarks.push(Remark::NoPreTokenizer);
        }
        remarks.extend(self.word_beginning());
        if self.bytes_behind() > 0 {
            remarks.push(Remark::BytesBehind { bytes: self.bytes_behind() });
        }
        remarks
    }

    fn word_beginning(&self) -> Option<Remark> {
        if self.flag("tokenizer.ggml.add_bos_token").ok()? != Some(true) {
            return None;
        }
        let token = self.integer("tokenizer.ggml.bos_token_id").ok()??;
        let Some(Value::Integers { values, .. }) = self.get("tokenizer.ggml.token_type") else { return None };
        let place = usize::try_from(token).ok()?;
        if !WORDS.contains(values.get(place)?) {
            return None;
        }
        let text = self.texts("tokenizer.ggml.tokens").ok()??.get(place)?;
        Some(Remark::WordBeginning { token, text: String::from_utf8_lossy(text).into_owned() })
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPreTokenizer => f.write_str(
                "the file does not say how text is cut into words (`tokenizer.ggml.pre`), so the model may read other tokens than it was trained on (convert it again with a newer llama.cpp)",
            ),
            Self::WordBeginning { token, text } => write!(
                f,
                "every text begins with token {token}, which is the word `{text}` and no marker (is `tokenizer.ggml.bos_token_id` right?)"
            ),
            Self::BytesBehind { bytes } => write!(
                f,
                "{bytes} bytes follow the last tensor and are not read (was a second file appended?)"
            ),
        }
    }
}
