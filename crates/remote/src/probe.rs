//! What a server is, and whether it does what searches rely on: found out once, when it is connected.

use crate::address::Address;
use crate::error::ConnectError;
use crate::http::{Http, HttpError, LOOK};
use crate::model::{RemoteModel, Server};
use crate::wire::Dialect;
use crate::wire::llama::Llama;
use crate::wire::vllm::Vllm;
use deliberate_lm::{
    Abilities, Architecture, Fingerprint, Finish, GenerateRequest, LanguageModel, LmError, Mark, ModelFacts,
    Sample, Sampling, ScoreRequest, Token,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// What kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerKind {
    /// llama.cpp's.
    LlamaServer,
    /// vLLM's.
    Vllm,
    /// One of which nothing is known but that it takes conversations.
    Chat,
}

impl ServerKind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama-server",
            Self::Vllm => "vLLM",
            Self::Chat => "a chat endpoint",
        }
    }
}

/// What was found out about a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// Its address, without keys.
    pub server: String,
    /// What it is.
    pub kind: ServerKind,
    /// Its version, in its own words.
    pub version: Option<String>,
    /// What was tried, and what came of it.
    pub checks: Vec<Check>,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it should do.
    pub what: &'static str,
    /// Whether it does.
    pub works: bool,
    /// What it did, in a few words.
    pub found: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.what, if self.works { "yes" } else { "no" }, self.found)
    }
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    max_model_len: Option<usize>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize, Default)]
struct Meta {
    n_vocab: Option<u32>,
    n_params: Option<u64>,
}

#[derive(Deserialize)]
struct Props {
    default_generation_settings: Defaults,
    build_info: Option<String>,
    total_slots: Option<usize>,
}

#[derive(Deserialize)]
struct Defaults {
    n_ctx: usize,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

/// What tells one vocabulary from another: texts of several kinds that vocabularies cut in different ways.
const SPECIMEN: &str = "The 17 hens of Zoë's farm lay 12.5 % more: $x^2 + \\frac{1}{2}$,\n\n\tif a_b != c: return 1000000  // naïve 数学 🙂";

/// Context of servers that do not tell it.
const CONTEXT: usize = 4096;

/// A server of a known kind, or what else answers.
pub(crate) enum Found {
    Server(Box<(Server, ModelFacts, Probe)>),
    /// A model's name, and the tokens that its context holds, where somebody tells.
    Chat(String, Option<usize>),
}

/// Finds out what a server is.
pub(crate) async fn look(address: &Address) -> Result<Found, ConnectError> {
    let http = Http::new(address).map_err(ConnectError::http(address))?;
    let listed = optional(http.get("/v1/models", LOOK).await).map_err(ConnectError::http(address))?;
    let entry = match (listed, &address.model) {
        (Some(listed), _) => {
            let listed: Listed = read(address, "OpenAI's protocol", "/v1/models", listed)?;
            chosen(address, listed.data)?
        }
        // Some endpoints list nothing and know their models all the same.
        (None, Some(model)) => return Ok(Found::Chat(model.clone(), None)),
        (None, None) => {
            let (server, known) = (address.to_string(), Vec::new());
            return Err(ConnectError::Model { server, wanted: None, known });
        }
    };
    let props = optional(http.get("/props", LOOK).await).map_err(ConnectError::http(address))?;
    let props: Option<Props> = props.and_then(|props| serde_json::from_value(props).ok());
    let mut most = usize::MAX;
    let (kind, version, context, dialect): (_, _, _, Box<dyn Dialect>) = if let Some(props) = props {
        // It refuses more than it has slots.
        most = props.total_slots.unwrap_or(1);
        let context = props.default_generation_settings.n_ctx;
        (ServerKind::LlamaServer, props.build_info, context, Box::new(Llama))
    } else {
        let version = optional(http.get("/version", LOOK).await).map_err(ConnectError::http(address))?;
        let version: Option<Version> = version.and_then(|version| serde_json::from_value(version).ok());
        let tokens = http.post("/tokenize", &json!({"model": entry.id, "prompt": "a"}), LOOK).await;
        if version.is_none() || tokens.is_err() {
            return Ok(Found::Chat(entry.id, entry.max_model_len));
        }
        let context = entry.max_model_len.unwrap_or(CONTEXT);
        let dialect = Box::new(Vllm { model: entry.id.clone() });
        (ServerKind::Vllm, version.map(|version| version.version), context, dialect)
    };
    let server = Server { http, dialect, name: entry.id.clone(), most };
    let strange = |error: LmError| ConnectError::Check {
        server: address.to_string(),
        check: "it gives the tokens of a text".to_owned(),
        found: error.to_string(),
    };
    let tokens = server.tokens(SPECIMEN, false).await.map_err(strange)?;
    let beginning = server.beginning().await.map_err(strange)?;
    let facts = ModelFacts {
        name: entry.id,
        context,
        vocabulary: entry.meta.n_vocab.unwrap_or(u32::MAX),
        spelling: Fingerprint::of(tokens.iter().map(|token| token.to_le_bytes())),
        beginning,
        // They are the server's business: it says that a sequence ended, not with what.
        endings: Vec::new(),
        // Attention is left out where nobody tells the layers.
        architecture: entry
            .meta
            .n_params
            .map(|parameters| Architecture { parameters, ..Architecture::default() }),
        abilities: Abilities { certainty: false, ..Abilities::default() },
    };
    let probe = Probe { server: address.to_string(), kind, version, checks: Vec::new() };
    Ok(Found::Server(Box::new((server, facts, probe))))
}

fn read<T: serde::de::DeserializeOwned>(
    address: &Address,
    kind: &'static str,
    path: &str,
    answer: Value,
) -> Result<T, ConnectError> {
    crate::wire::read(answer).map_err(|source| ConnectError::Answer {
        server: address.to_string(),
        kind,
        path: path.to_owned(),
        source,
    })
}

/// None where a server has no such endpoint.
fn optional(answer: Result<Value, HttpError>) -> Result<Option<Value>, HttpError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(HttpError::Refused { .. } | HttpError::Unreadable { .. }) => Ok(None),
        Err(error @ HttpError::Failing { .. }) => Err(error),
    }
}

/// The model that was named, or the only one.
fn chosen(address: &Address, mut all: Vec<Entry>) -> Result<Entry, ConnectError> {
    let names = |all: &[Entry]| all.iter().map(|entry| entry.id.clone()).collect();
    let Some(wanted) = &address.model else {
        if all.len() == 1 {
            return Ok(all.remove(0));
        }
        let known = names(&all);
        return Err(ConnectError::Model { server: address.to_string(), wanted: None, known });
    };
    let known = names(&all);
    let found = all.into_iter().find(|entry| entry.id == *wanted || entry.aliases.contains(wanted));
    found.ok_or(ConnectError::Model { server: address.to_string(), wanted: Some(wanted.clone()), known })
}

/// The check of what verifiers read that ask no model.
pub(crate) const LOGPROBS: &str = "log-probabilities of what was drawn";

/// Tokens that are drawn to see what a server does.
const DRAWN: u32 = 12;

/// Tries what searches rely on.
pub(crate) async fn try_out(model: &RemoteModel, address: &Address) -> Result<Vec<Check>, ConnectError> {
    let mut checks = Vec::new();
    let fatal = |check: &str, found: String| ConnectError::Check {
        server: address.to_string(),
        check: check.to_owned(),
        found,
    };
    let told = |check: &'static str| move |error: LmError| fatal(check, error.to_string());

    let what = "the tokens of a text spell the text";
    let prompt = "Count: one, two, three, four,";
    let mut tokens = model.encode(prompt, false).await.map_err(told(what))?;
    let text = model.shared_text(&tokens).await.map_err(told(what))?;
    if text.trim_start() != prompt {
        return Err(fatal(what, format!("{text:?} for {prompt:?}")));
    }
    checks.push(Check { what, works: true, found: format!("{} tokens", tokens.len()) });
    if let Some(beginning) = model.facts().beginning {
        tokens.insert(0, beginning);
    }

    let what = "continuations come with token ids";
    let greedy = draw(model, &tokens, &[1], Sampling::GREEDY, None).await.map_err(told(what))?.remove(0);
    if greedy.tokens.is_empty() {
        return Err(fatal(what, format!("no token after {prompt:?}")));
    }
    checks.push(Check { what, works: true, found: format!("{:?}", greedy.text) });

    let what = "a partial answer is continued exactly";
    let half = greedy.tokens.len() / 2;
    let begun = [&tokens[..], &greedy.tokens[..half]].concat();
    let rest = draw(model, &begun, &[1], Sampling::GREEDY, None).await.map_err(told(what))?.remove(0);
    let common = rest.tokens.iter().zip(&greedy.tokens[half..]).take_while(|(left, right)| left == right);
    let (common, expected) = (common.count(), greedy.tokens.len() - half);
    checks.push(Check {
        what,
        works: common == expected,
        found: format!("{common} of {expected} tokens alike after {half} drawn before"),
    });

    let what = "several continuations in one call";
    let seeds = [11, 12, 13, 14];
    let several = draw(model, &tokens, &seeds, Sampling::at(1.0), None).await.map_err(told(what))?;
    let different = several.windows(2).any(|pair| pair[0].tokens != pair[1].tokens);
    // One that is sure of what follows may well draw the same four times.
    let found = format!("{} at once{}", several.len(), if different { "" } else { ", all the same" });
    checks.push(Check { what, works: true, found });

    let what = "the same seed draws the same again";
    let again = draw(model, &tokens, &seeds, Sampling::at(1.0), None).await.map_err(told(what))?;
    let same = several.iter().zip(&again).filter(|(left, right)| left.tokens == right.tokens).count();
    checks.push(Check { what, works: same == 4, found: format!("{same} of 4") });

    let what = "a stop text ends a continuation and is kept";
    if let Some(stop) = middle(&greedy) {
        let stopped =
            draw(model, &tokens, &[1], Sampling::GREEDY, Some(stop.clone())).await.map_err(told(what))?;
        let Sample { finish, text, .. } = &stopped[0];
        if *finish != Finish::Stop(0) || !text.contains(&stop) {
            return Err(fatal(what, format!("{text:?} ended by {finish:?} at {stop:?}")));
        }
        checks.push(Check { what, works: true, found: format!("{text:?}") });
    }

    let what = LOGPROBS;
    let known = greedy.stats.iter().filter(|stat| stat.logprob.is_finite()).count();
    let found = format!("of {known} of {} tokens", greedy.tokens.len());
    checks.push(Check { what, works: known > 0, found });

    let what = "log-probabilities of what could come next";
    let first = greedy.tokens[0];
    let mark = Mark { position: tokens.len() - 1, candidates: vec![first] };
    let request = ScoreRequest { tokens: tokens.clone().into(), marks: vec![mark] };
    checks.push(match (model.score(request).await, greedy.stats.first()) {
        (Ok(scoring), Some(stat)) if stat.logprob.is_finite() => {
            let (read, drawn) = (scoring.readings[0].logprobs[0], stat.logprob);
            let works = (read - drawn).abs() < 0.1;
            Check { what, works, found: format!("{read:.3}, and {drawn:.3} when it was drawn") }
        }
        (Ok(_), _) => Check { what, works: true, found: "nothing to compare it with".to_owned() },
        (Err(error), _) => Check { what, works: false, found: error.to_string() },
    });
    Ok(checks)
}

async fn draw(
    model: &RemoteModel,
    prompt: &[Token],
    seeds: &[u64],
    sampling: Sampling,
    stop: Option<String>,
) -> Result<Vec<Sample>, LmError> {
    let request = GenerateRequest {
        prompt: prompt.into(),
        seeds: seeds.to_vec(),
        sampling,
        stop: stop.into_iter().collect(),
        max_tokens: DRAWN,
    };
    model.generate(request).await.map(|generation| generation.samples)
}

/// A character from the middle of what was drawn.
fn middle(sample: &Sample) -> Option<String> {
    let characters: Vec<char> = sample.text.chars().collect();
    let later = characters.get(characters.len() / 2..)?.iter().find(|c| c.is_ascii_alphanumeric());
    later.map(ToString::to_string)
}
