//! What is said to a server and what it says, as JSON. Nothing here knows the network.

pub(crate) mod chat;
pub(crate) mod llama;
pub(crate) mod reward;
pub(crate) mod sglang;
pub(crate) mod vllm;

#[cfg(test)]
mod tests;

use deliberate_lm::{Chat, GenerateRequest, Sample, Token};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// An answer that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub(crate) String);

/// A question to a server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// Continuations, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawn {
    pub(crate) samples: Vec<Sample>,
    /// Given tokens that were evaluated, by the server's word; none where it does not tell.
    pub(crate) prefilled: Option<u64>,
}

/// Log-probabilities of some next tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Next {
    /// Tokens with their log-probabilities, in nats.
    pub(crate) known: Vec<(Token, f32)>,
    pub(crate) prefilled: Option<u64>,
}

/// How one kind of server is spoken to.
pub(crate) trait Dialect: std::fmt::Debug + Send + Sync {
    /// Whether special tokens are read in a text only where that is wanted.
    fn tells_specials(&self) -> bool;

    /// Tokens of a text; with the token that the server puts before a text of its own accord, or without.
    fn tokenize(&self, text: &str, special: bool, beginning: bool) -> Ask;
    fn read_tokens(&self, answer: Value) -> Result<Vec<Token>, Fault> {
        read::<Tokens>(answer).map(|found| found.tokens)
    }

    /// A chat up to the assistant's turn, or up to its end where nobody speaks next: its text, or its tokens where the server
    /// renders to tokens only. None where it renders nothing for others.
    fn render(&self, _chat: &Chat, _speaks: bool) -> Option<Ask> {
        None
    }
    fn read_rendered(&self, _answer: Value) -> Result<Rendered, Fault> {
        Err(Fault("it renders nothing".to_owned()))
    }

    /// The text of tokens, special ones as their markers.
    fn detokenize(&self, tokens: &[Token]) -> Ask;
    fn read_text(&self, answer: Value) -> Result<String, Fault>;

    /// As many continuations as there are seeds, in one call. The seed of the first is that of the call.
    fn generate(&self, request: &GenerateRequest) -> Ask;
    fn read_drawn(&self, request: &GenerateRequest, answer: Value) -> Result<Drawn, Fault>;

    /// The likeliest next tokens.
    fn next(&self, tokens: &[Token]) -> Ask;
    /// What is asked for next tokens that are not among the likeliest.
    fn unlikely(&self, tokens: &[Token], candidates: &[Token]) -> Vec<Ask>;
    fn read_next(&self, answer: Value) -> Result<Next, Fault>;
}

/// Likeliest tokens that are asked for first: as many as every server gives.
const LIKELIEST: u32 = 20;

#[derive(Deserialize)]
struct Tokens {
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
struct Prompt {
    prompt: String,
}

/// A chat, rendered.
pub(crate) enum Rendered {
    Text(String),
    Tokens(Vec<Token>),
}

pub(crate) fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Fault> {
    serde_json::from_value(answer).map_err(|error| Fault(error.to_string()))
}

/// What servers that take texts by the name of their model are asked for tokens.
pub(crate) fn tokenize(model: &str, text: &str, beginning: bool) -> Ask {
    let body = json!({"model": model, "prompt": text, "add_special_tokens": beginning});
    Ask { path: "/tokenize", body }
}

/// What is asked for a chat to be rendered, with its tools where it has some.
pub(crate) fn with_tools(mut body: Value, chat: &Chat) -> Value {
    if !chat.tools.is_empty() {
        body["tools"] = json!(chat.tools);
    }
    body
}

/// Seeds of servers have 32 bits.
pub(crate) fn seed(request: &GenerateRequest) -> u32 {
    let seed = request.seeds.first().copied().unwrap_or(0);
    // Some servers take the largest one for "by chance".
    ((seed ^ (seed >> 32)) as u32).min(u32::MAX - 1)
}

/// Refuses another number of continuations than was asked for.
pub(crate) fn counted<T>(found: Vec<T>, request: &GenerateRequest) -> Result<Vec<T>, Fault> {
    let wanted = request.seeds.len();
    if found.len() == wanted {
        return Ok(found);
    }
    Err(Fault(format!("{} continuations where {wanted} were asked for", found.len())))
}
