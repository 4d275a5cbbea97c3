//! What a server is: found out once, when it is connected.

use crate::address::Address;
use crate::error::ConnectError;
use crate::http::{Http, HttpError, LOOK};
use crate::server::Server;
use crate::wire::llama::Llama;
use crate::wire::sglang::Sglang;
use crate::wire::vllm::Vllm;
use crate::wire::{Ask, Dialect};
use deliberate_lm::{Abilities, Architecture, Fingerprint, LmError, ModelFacts};
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
    /// `SGLang`'s.
    Sglang,
    /// One of which nothing is known but that it takes conversations.
    Chat,
}

impl ServerKind {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama-server",
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
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
    owned_by: Option<String>,
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
    let http = Http::new(std::slice::from_ref(address)).map_err(ConnectError::http(address))?;
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
        let ask = Ask { path: "/tokenize", body: json!({"model": entry.id, "prompt": "a"}) };
        let tokens = http.post(&ask, LOOK).await;
        let sglang = entry.owned_by.as_deref() == Some("sglang");
        let path = if sglang { "/get_server_info" } else { "/version" };
        let version = optional(http.get(path, LOOK).await).map_err(ConnectError::http(address))?;
        let version: Option<Version> = version.and_then(|version| serde_json::from_value(version).ok());
        if tokens.is_err() || version.is_none() && !sglang {
            return Ok(Found::Chat(entry.id, entry.max_model_len));
        }
        let model = entry.id.clone();
        let (kind, dialect): (_, Box<dyn Dialect>) = if sglang {
            (ServerKind::Sglang, Box::new(Sglang { model }))
        } else {
            (ServerKind::Vllm, Box::new(Vllm { model }))
        };
        (kind, version.map(|version| version.version), entry.max_model_len.unwrap_or(CONTEXT), dialect)
    };
    let server = Server { http, dialect, name: entry.id.clone(), most };
    let strange = |error: LmError| ConnectError::Check {
        server: address.to_string(),
        check: "it gives the tokens of a text".to_owned(),
        found: error.to_string(),
    };
    let tokens = server.tokens(Fingerprint::SPECIMEN, false).await.map_err(strange)?;
    let beginning = server.beginning().await.map_err(strange)?;
    let facts = ModelFacts {
        name: entry.id,
        context,
        vocabulary: entry.meta.n_vocab.unwrap_or(ModelFacts::UNKNOWN),
        spelling: Fingerprint::default().and_specimen(&tokens),
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
