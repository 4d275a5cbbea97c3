//! Cutting text into words, before pairs are joined inside them.

use serde_json::{Value, json};
use std::sync::LazyLock;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{Normalizer, PreTokenizedString, PreTokenizer, SplitDelimiterBehavior};

/// How text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// Like `SmolLM`: each digit alone, then by GPT-2's pattern.
    #[default]
    SmolLm,
    /// Like Qwen2: letters and their marks composed (NFC), then by a pattern of its own, in which each digit is alone too.
    Qwen2,
}

/// Qwen2's pattern, as its `tokenizer.json` writes it.
const PATTERN: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

static SPLIT: LazyLock<Split> = LazyLock::new(|| {
    let pattern = SplitPattern::Regex(PATTERN.to_owned());
    Split::new(pattern, SplitDelimiterBehavior::Isolated, false).expect("a sound pattern")
});

impl Cut {
    /// All there are.
    pub(crate) const ALL: [Self; 2] = [Self::SmolLm, Self::Qwen2];

    /// Its name in GGUF files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SmolLm => "smollm",
            Self::Qwen2 => "qwen2",
        }
    }

    /// The words of a text, spelt in letters of bytes.
    pub(crate) fn words(self, text: &str) -> PreTokenizedString {
        let mut words = PreTokenizedString::from(text);
        let cut = match self {
            Self::SmolLm => Digits::new(true)
                .pre_tokenize(&mut words)
                .and_then(|()| ByteLevel::new(false, true, true).pre_tokenize(&mut words)),
            Self::Qwen2 => words
                .normalize(|text| NFC.normalize(text))
                .and_then(|()| SPLIT.pre_tokenize(&mut words))
                .and_then(|()| ByteLevel::new(false, true, false).pre_tokenize(&mut words)),
        };
        cut.expect("cutting text does not fail");
        words
    }

    /// What `tokenizer.json` has for it: the normalizer and the pre-tokenizer.
    pub(crate) fn hugging_face(self) -> [Value; 2] {
        let bytes = |use_regex: bool| json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex });
        let sequence =
            |first: Value, bytes: Value| json!({ "type": "Sequence", "pretokenizers": [first, bytes] });
        match self {
            Self::SmolLm => {
                [Value::Null, sequence(json!({ "type": "Digits", "individual_digits": true }), bytes(true))]
            }
            Self::Qwen2 => {
                let split = json!({
                    "type": "Split", "pattern": { "Regex": PATTERN }, "behavior": "Isolated", "invert": false
                });
                [json!({ "type": "NFC" }), sequence(split, bytes(false))]
            }
        }
    }

    /// Which of them a `tokenizer.json` says.
    pub(crate) fn of_hugging_face(normalizer: &Value, pre_tokenizer: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|cut| {
            let [expected, parts] = cut.hugging_face();
            *normalizer == expected && alike(pre_tokenizer, &parts)
        })
    }
}

/// Whether two pre-tokenizers do the same. Offsets, which only other users of the file need, may differ; and what is left out
/// is as the `tokenizers` crate has it.
fn alike(found: &Value, expected: &Value) -> bool {
    let steps = |sequence: &Value| -> Option<Vec<Value>> {
        let mut steps = sequence.get("pretokenizers")?.as_array()?.clone();
        for step in &mut steps {
            let step = step.as_object_mut()?;
            step.remove("trim_offsets");
            if step.get("type") == Some(&json!("ByteLevel")) {
                step.entry("use_regex").or_insert(json!(true));
            }
        }
        Some(steps)
    };
    found.get("type") == expected.get("type")
        && steps(found).is_some_and(|steps_found| Some(steps_found) == steps(expected))
}
