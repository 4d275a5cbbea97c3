//! `tokenizer.json` and `tokenizer_config.json`: the vocabulary.

use super::{load, load_if_there, save};
use crate::{Cut, Fault, Vocabulary};
use deliberate_lm::Token;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "tokenizer.json";
const CONFIG: &str = "tokenizer_config.json";

/// What is read of `tokenizer.json`.
#[derive(Deserialize)]
struct Tokenizer {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    normalizer: Value,
    #[serde(rename = "pre_tokenizer")]
    words: Value,
    model: Pairs,
}

/// A token that text is searched for before it is cut.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the names are those of the file")]
struct Added {
    id: Token,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    special: bool,
}

/// Tokens and merges, as the `tokenizers` crate writes them. Letters without a token are left out when encoding,
/// whatever `unk_token` says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pairs {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    dropout: Option<f32>,
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    pub(crate) vocab: BTreeMap<String, Token>,
    pub(crate) merges: Vec<Merge>,
}

/// A merge in the newer form, or in the older.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Merge {
    Pair(String, String),
    Line(String),
}

impl Merge {
    /// Its two parts; none for a line without a space.
    pub(crate) fn parts(self) -> Option<(String, String)> {
        match self {
            Self::Pair(left, right) => Some((left, right)),
            Self::Line(line) => line.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned())),
        }
    }
}

/// The vocabulary of a folder, without endings; only what the files alone say is checked.
pub(super) fn read(folder: &Path) -> Result<Vocabulary, Fault> {
    let Tokenizer { added_tokens, normalizer, words, model } = load(folder, FILE)?;
    let refused = |key: &str, value: String, expected| Fault::Setting {
        key: format!("{FILE}: {key}"),
        value,
        expected,
    };
    let Some(cut) = Cut::of_hugging_face(&normalizer, &words) else {
        let expected = "those of SmolLM (digits alone, then bytes by GPT-2's pattern) or those of Qwen2";
        let found = format!("{normalizer} and {words}");
        return Err(refused("normalizer and pre_tokenizer", found, expected));
    };
    model.check().map_err(|(key, value)| refused(&format!("model.{key}"), value, "plain byte pairs"))?;
    let mut texts: BTreeMap<Token, String> = model.vocab.into_iter().map(|(text, id)| (id, text)).collect();
    let (mut specials, mut literals) = (Vec::new(), Vec::new());
    for added in added_tokens {
        if added.single_word || added.lstrip || added.rstrip {
            return Err(refused("added_tokens", added.content, "tokens that leave the text around them"));
        }
        if added.special {
            specials.push(added.id);
        } else {
            literals.push(added.id);
        }
        texts.insert(added.id, added.content);
    }
    let mut tokens = Vec::with_capacity(texts.len());
    for (id, text) in texts {
        if id as usize != tokens.len() {
            return Err(refused("model.vocab", format!("without token {}", tokens.len()), "without gaps"));
        }
        tokens.push(text);
    }
    let merges = model.merges.into_iter().enumerate().map(|(index, merge)| {
        let expected = "two tokens";
        merge.parts().ok_or_else(|| refused(&format!("model.merges[{index}]"), "one".to_owned(), expected))
    });
    let merges = merges.collect::<Result<_, _>>()?;
    specials.sort_unstable();
    literals.sort_unstable();
    let config: Value = load_if_there(folder, CONFIG)?.unwrap_or_default();
    let first = config.get("bos_token").and_then(|token| token.get("content").unwrap_or(token).as_str());
    let first = first.filter(|_| config.get("add_bos_token") == Some(&Value::Bool(true)));
    let beginning = first.and_then(|text| tokens.iter().position(|token| token == text));
    let chat_template = config.get("chat_template").and_then(Value::as_str).map(str::to_owned);
    let beginning = beginning.map(|token| token as Token);
    Ok(Vocabulary { cut, tokens, merges, specials, literals, beginning, endings: Vec::new(), chat_template })
}

/// Adds tokens that no text contains, for rows of the embedding that were added to make their number round.
pub(super) fn fill(vocabulary: &mut Vocabulary, rows: u32) {
    let from = vocabulary.tokens.len() as Token;
    for token in from..rows {
        vocabulary.tokens.push(format!("[PAD{token}]"));
        vocabulary.specials.push(token);
    }
}

impl Pairs {
    /// Names a setting that changes how text is joined.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let affix = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if self.kind != "BPE" {
            return Err(("type", self.kind.clone()));
        }
        if let Some(dropout) = self.dropout.filter(|&dropout| dropout != 0.0) {
            return Err(("dropout", dropout.to_string()));
        }
        if let Some(prefix) = affix(&self.continuing_subword_prefix) {
            return Err(("continuing_subword_prefix", prefix));
        }
        if let Some(suffix) = affix(&self.end_of_word_suffix) {
            return Err(("end_of_word_suffix", suffix));
        }
        if self.byte_fallback {
            return Err(("byte_fallback", "true".to_owned()));
        }
        if self.ignore_merges {
            return Err(("ignore_merges", "true".to_owned()));
        }
        Ok(())
    }
}

/// Writes both files.
pub(super) fn write(vocabulary: &Vocabulary, context: u32, folder: &Path) -> Result<(), Fault> {
    let added = |id: Token, special| Added {
        id,
        content: vocabulary.tokens[id as usize].clone(),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special,
    };
    let specials = vocabulary.specials.iter().map(|&id| added(id, true));
    let mut tokens: Vec<Added> =
        specials.chain(vocabulary.literals.iter().map(|&id| added(id, false))).collect();
    tokens.sort_unstable_by_key(|token| token.id);
    let model = Pairs {
        kind: "BPE".to_owned(),
        dropout: None,
        unk_token: None,
        continuing_subword_prefix: None,
        end_of_word_suffix: None,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: vocabulary.tokens.iter().cloned().zip(0..).collect(),
        merges: vocabulary
            .merges
            .iter()
            .map(|(left, right)| Merge::Pair(left.clone(), right.clone()))
            .collect(),
    };
    let [normalizer, pre_tokenizer] = vocabulary.cut.hugging_face();
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": tokens,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": null,
        "decoder": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
        "model": model,
    });
    save(folder, FILE, &tokenizer)?;
    let text = |token: Token| &vocabulary.tokens[token as usize];
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": vocabulary.beginning.is_some(),
        "bos_token": vocabulary.beginning.map(text),
        "eos_token": text(vocabulary.endings[0]),
        "model_max_length": context,
        "clean_up_tokenization_spaces": false,
        "chat_template": vocabulary.chat_template,
    });
    save(folder, CONFIG, &config)
}
