//! The vocabulary in the metadata of a file.

use super::expect_text;
use crate::{Cut, Fault, Vocabulary};
use deliberate_gguf::{Entry, Gguf, GgufError, Value};
use deliberate_lm::Token;

const MODEL: &str = "tokenizer.ggml.model";
const CUT: &str = "tokenizer.ggml.pre";
const TOKENS: &str = "tokenizer.ggml.tokens";
const KINDS: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";
const BEGINNING: &str = "tokenizer.ggml.bos_token_id";
const BEGINS: &str = "tokenizer.ggml.add_bos_token";
const TEMPLATE: &str = "tokenizer.chat_template";
const SPACE: &str = "tokenizer.ggml.add_space_prefix";
/// The ends of a text, of a turn, of a message.
const ENDINGS: [&str; 3] =
    ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"];

/// Kinds of tokens in the file format.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const LITERAL: i32 = 4;

/// Texts that llama.cpp takes for an end of what is generated, whatever the file says. Source: `llama-vocab.cpp`.
const KNOWN_ENDINGS: &[&str] = &[
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
];

/// The vocabulary of a file, of which only the kinds are checked.
pub(super) fn read(header: &Gguf) -> Result<Vocabulary, Fault> {
    expect_text(header, MODEL, "gpt2")?;
    let cut = header.required_text(CUT)?;
    let Some(cut) = Cut::ALL.into_iter().find(|known| known.name() == cut) else {
        return Err(Fault::Setting { key: CUT.to_owned(), value: cut, expected: "smollm or qwen2" });
    };
    if header.flag(SPACE)? == Some(true) {
        let (key, value) = (SPACE.to_owned(), "true".to_owned());
        return Err(Fault::Setting { key, value, expected: "false" });
    }
    let tokens = texts(header, TOKENS)?;
    let merges = texts(header, MERGES)?.into_iter().enumerate();
    let merges: Result<Vec<_>, Fault> = merges
        .map(|(index, merge)| match merge.split_once(' ') {
            Some((left, right)) => Ok((left.to_owned(), right.to_owned())),
            None => Err(Fault::Setting {
                key: format!("{MERGES}[{index}]"),
                value: format!("`{merge}`"),
                expected: "two tokens with a space between",
            }),
        })
        .collect();
    let (specials, literals) = marked(header, tokens.len())?;
    let beginning = match header.flag(BEGINS)? {
        Some(true) => id(header, BEGINNING)?,
        _ => None,
    };
    let mut endings = Vec::new();
    let named = ENDINGS.map(|key| id(header, key)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let known = tokens.iter().zip(0..).filter(|(text, _)| KNOWN_ENDINGS.contains(&text.as_str()));
    for token in named.into_iter().flatten().chain(known.map(|(_, token)| token)) {
        if !endings.contains(&token) {
            endings.push(token);
        }
    }
    let chat_template = header.text(TEMPLATE);
    Ok(Vocabulary { cut, tokens, merges: merges?, specials, literals, beginning, endings, chat_template })
}

fn texts(header: &Gguf, key: &str) -> Result<Vec<String>, Fault> {
    let texts = header.texts(key)?.ok_or_else(|| GgufError::Missing { key: key.to_owned() })?;
    let text = |(index, text): (usize, &Vec<u8>)| {
        String::from_utf8(text.clone()).map_err(|error| Fault::Setting {
            key: format!("{key}[{index}]"),
            value: format!("{:02x?}", error.as_bytes()),
            expected: "UTF-8",
        })
    };
    texts.iter().enumerate().map(text).collect()
}

fn id(header: &Gguf, key: &str) -> Result<Option<Token>, Fault> {
    // The largest value is how some converters write "none".
    let id = header.integer(key)?.filter(|&id| id != u64::from(u32::MAX));
    Ok(id.map(|id| Token::try_from(id).unwrap_or(Token::MAX)))
}

/// Special and literal tokens.
fn marked(header: &Gguf, tokens: usize) -> Result<(Vec<Token>, Vec<Token>), Fault> {
    let (mut specials, mut literals) = (Vec::new(), Vec::new());
    let fault = |value, expected| Err(Fault::Setting { key: KINDS.to_owned(), value, expected });
    let kinds = match header.get(KINDS) {
        None => return Ok((specials, literals)),
        Some(Value::Integers { values, .. }) if values.len() == tokens => values,
        Some(Value::Integers { values, .. }) => {
            return fault(format!("an array of {}", values.len()), "one for each token");
        }
        Some(_) => return fault("something else".to_owned(), "an array of integers"),
    };
    for (&kind, token) in kinds.iter().zip(0..) {
        match kind {
            0 | 1 => {}
            // Unknown, control and unused tokens are not what text consists of.
            2 | 3 | 5 => specials.push(token),
            4 => literals.push(token),
            _ => return fault(format!("{kind} for token {token}"), "1 to 5"),
        }
    }
    Ok((specials, literals))
}

/// The metadata of a vocabulary.
pub(super) fn entries(vocabulary: &Vocabulary) -> Result<Vec<(String, Entry)>, Fault> {
    let Vocabulary { cut, tokens, merges, specials, literals, beginning, endings, chat_template } =
        vocabulary;
    if let Some(token) = endings.iter().skip(ENDINGS.len()).find(|&&token| {
        let text = &tokens[token as usize];
        !KNOWN_ENDINGS.contains(&text.as_str())
    }) {
        let key = ENDINGS[0].to_owned();
        return Err(Fault::Setting {
            key,
            value: token.to_string(),
            expected: "one of at most three endings",
        });
    }
    let mut kinds = vec![NORMAL; tokens.len()];
    for (tokens, kind) in [(specials, CONTROL), (literals, LITERAL)] {
        for &token in tokens {
            kinds[token as usize] = kind;
        }
    }
    let merges = merges.iter().map(|(left, right)| format!("{left} {right}")).collect();
    let mut entries = vec![
        (MODEL, Entry::Text("gpt2".to_owned())),
        (CUT, Entry::Text(cut.name().to_owned())),
        (TOKENS, Entry::Texts(tokens.clone())),
        (KINDS, Entry::I32s(kinds)),
        (MERGES, Entry::Texts(merges)),
        // Left out, llama.cpp would take token 11 for the beginning.
        (BEGINNING, Entry::U32(beginning.unwrap_or(endings[0]))),
        (BEGINS, Entry::Flag(beginning.is_some())),
        (SPACE, Entry::Flag(false)),
    ];
    entries.extend(ENDINGS.into_iter().zip(endings).map(|(key, &token)| (key, Entry::U32(token))));
    entries.extend(chat_template.iter().map(|template| (TEMPLATE, Entry::Text(template.clone()))));
    Ok(entries.into_iter().map(|(key, entry)| (key.to_owned(), entry)).collect())
}
