//! What a user may say, all of it optional, in layers: what is said first wins over a settings file, and that over what the
//! models themselves want.

use crate::error::{Error, OptionsError};
use crate::obeyed::Regime;
use crate::{budget, bytes::Bytes, team};
use deliberate_search::Budget;
use deliberate_text::StepRule;
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How to search. Names and defaults are those of the flags of `deliberate solve --help`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SearchOptions {
    /// A strategy and its options, such as `beam:branching=4`; best-of-N by default.
    pub strategy: Option<String>,
    /// A policy file in the place of a strategy.
    pub policy: Option<PathBuf>,
    /// Which part of the policy is obeyed.
    pub regime: Option<Regime>,
    /// What one question may cost, hard; 16 generations by default. Only what is named binds.
    #[serde(deserialize_with = "budget_text")]
    pub budget: Option<Budget>,
    /// Who scores, such as `logprob` (the default), `prm:signs`, `judge` or `none`.
    pub verifier: Option<String>,
    /// Who scores where the strategy revises; the verifier by default.
    pub revision_verifier: Option<String>,
    /// Every draw follows from it and from the question; 0 by default.
    pub seed: Option<u64>,
    /// A built-in prompt or the path of a prompt file; by default what suits the model.
    pub prompt: Option<String>,
    /// Where a step ends; by default where the prompt says.
    pub steps: Option<StepRule>,
    /// Tokens of one solution, at most; 512 by default.
    pub max_tokens: Option<NonZeroU32>,
    /// 0.8 by default; 0 is greedy.
    pub temperature: Option<f32>,
    /// Sample from the likeliest tokens that together reach this probability; 1 by default.
    pub top_p: Option<f32>,
    /// Sample from this many of the likeliest tokens; all by default.
    pub top_k: Option<u32>,
    /// Drop tokens less likely than this fraction of the likeliest; 0 by default.
    pub min_p: Option<f32>,
}

/// Which models answer, and what runs them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelOptions {
    /// A name of the catalogue or of the store, a GGUF file, or `lab` for the bundled models; `MODEL+ADAPTER` puts an adapter
    /// on top. The catalogue's default where nothing is named.
    pub model: Option<String>,
    /// Servers that answer in its place, llama-server, vLLM or SGLang: one, or several of the same model.
    #[serde(deserialize_with = "one_or_several")]
    pub server: Option<Vec<String>>,
    /// Servers that score.
    #[serde(deserialize_with = "one_or_several")]
    pub verifier_server: Option<Vec<String>>,
    /// Servers that revise.
    #[serde(deserialize_with = "one_or_several")]
    pub reviser_server: Option<Vec<String>>,
    /// A model that scores; the proposer's by default.
    pub verifier_model: Option<String>,
    /// A model that scores where the strategy revises; the verifier's by default.
    pub revision_verifier_model: Option<String>,
    /// A model that revises; the proposer's by default.
    pub reviser_model: Option<String>,
    /// Memory for all models together; most of what is free by default.
    pub memory: Option<Bytes>,
    /// What runs the models.
    pub runtime: Option<RuntimeChoice>,
    /// Tokens that one sequence can hold.
    pub context: Option<NonZeroU32>,
    /// Sequences held at the same time.
    pub slots: Option<NonZeroU32>,
    /// Tokens of one forward pass.
    pub batch_tokens: Option<NonZeroU32>,
    /// Threads that compute.
    pub threads: Option<NonZeroU32>,
}

/// What runs a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuntimeChoice {
    /// The native runtime for files up to 2 GiB that it knows, llama.cpp for all others.
    #[default]
    Auto,
    /// The native runtime.
    Native,
    /// llama.cpp.
    Llama,
}

impl FromStr for RuntimeChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "native" => Self::Native,
            "llama" => Self::Llama,
            _ => return Err("`auto`, `native` or `llama`".to_owned()),
        })
    }
}

/// All that a settings file (`deliberate.toml`) can say.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Options {
    /// A larger model whose greedy answers test-time compute is exchanged against.
    pub larger_model: Option<String>,
    /// How to search.
    pub search: SearchOptions,
    /// Which models answer.
    #[serde(rename = "engine")]
    pub models: ModelOptions,
}

fn budget_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Budget>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a budget such as 16 or \"4000tokens\"")]
    enum Written {
        Number(i64),
        Text(String),
    }
    let text = match Written::deserialize(from)? {
        Written::Number(number) => number.to_string(),
        Written::Text(text) => text,
    };
    budget::parse(&text).map(Some).map_err(serde::de::Error::custom)
}

fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected the address of a server, or a list of them")]
    enum Written {
        One(String),
        Several(Vec<String>),
    }
    Ok(Some(match Written::deserialize(from)? {
        Written::One(server) => vec![server],
        Written::Several(servers) => servers,
    }))
}

/// Who answers where neither the user nor a policy names a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usual {
    /// The catalogue's default, for questions of all kinds.
    Base,
    /// The models that are part of the program, for questions of the lab.
    Bundled,
}

impl Options {
    /// Reads a settings file: the one named, or `deliberate.toml` in the current folder if there is one.
    ///
    /// # Errors
    /// [`Error::SettingsFile`] and [`Error::NotSettings`].
    pub fn read(named: Option<&Path>) -> Result<Self, Error> {
        let path = named.unwrap_or(Path::new("deliberate.toml"));
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Self::parse(&text).map_err(|source| Error::NotSettings { path: path.to_owned(), source })
            }
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(Error::SettingsFile { path: path.to_owned(), source }),
        }
    }

    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn parse(text: &str) -> Result<Self, OptionsError> {
        let options: Self =
            toml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(Box::new)?;
        let both = options.search.strategy.is_some() && options.search.policy.is_some();
        if both { Err(OptionsError::TwoDeciders) } else { Ok(options) }
    }

    /// What is said here, and below it, what `lower` says.
    pub fn over(self, lower: Self) -> Self {
        Self {
            larger_model: self.larger_model.or(lower.larger_model),
            search: self.search.over(lower.search),
            models: self.models.over(lower.models),
        }
    }

    /// What is said here, and below it, what the model that it names wants: its prompt, its sampling, its team.
    ///
    /// # Errors
    /// [`Error::PolicyModel`] for a policy that was fitted on a model that is not here, where no other is named.
    pub fn completed(self, usual: Usual) -> Result<Self, Error> {
        team::complete(self, usual)
    }
}

macro_rules! over {
    ($options:ty, $visibility:vis $name:ident: $($field:ident),*) => {
        impl $options {
            /// What is said here, and where nothing is, what `lower` says.
            $visibility fn $name(self, lower: Self) -> Self {
                Self { $($field: self.$field.or(lower.$field)),* }
            }
        }
    };
}
over!(SearchOptions, fill: strategy, policy, regime, budget, verifier, revision_verifier, seed, prompt, steps, max_tokens, temperature, top_p, top_k, min_p);
over!(ModelOptions, pub over: model, server, verifier_server, reviser_server, verifier_model, revision_verifier_model, reviser_model, memory, runtime, context, slots, batch_tokens, threads);

impl SearchOptions {
    /// What is said here, and where nothing is, what `lower` says. A strategy and a policy decide the same: whoever names
    /// one of them leaves the lower one's other behind.
    pub fn over(self, lower: Self) -> Self {
        let lower = match (&self.strategy, &self.policy) {
            (Some(_), _) => Self { policy: None, regime: None, ..lower },
            (None, Some(_)) => Self { strategy: None, ..lower },
            (None, None) => lower,
        };
        self.fill(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SearchOptions {
        Options::parse(text).unwrap().search
    }

    #[test]
    fn a_strategy_that_is_named_first_wins_over_a_policy_in_the_file() {
        let named = SearchOptions { strategy: Some("majority".to_owned()), ..SearchOptions::default() };
        let settled = named.over(file("[search]\npolicy = \"p.toml\"\nregime = \"fixed\"\nseed = 3"));
        assert_eq!((settled.policy, settled.regime, settled.seed), (None, None, Some(3)));
        let named = SearchOptions { policy: Some("p.toml".into()), ..SearchOptions::default() };
        assert_eq!(named.over(file("[search]\nstrategy = \"beam\"")).strategy, None);
        let named = SearchOptions { regime: Some(Regime::Fixed), ..SearchOptions::default() };
        assert!(named.over(file("[search]\npolicy = \"p.toml\"")).policy.is_some());
        assert!(Options::parse("[search]\npolicy = \"p.toml\"\nstrategy = \"beam\"").is_err());
    }

    #[test]
    fn a_file_names_one_server_or_several() {
        let servers =
            |text: &str| Options::parse(&format!("[engine]\nserver = {text}")).unwrap().models.server;
        assert_eq!(servers("\"http://a\""), Some(vec!["http://a".to_owned()]));
        assert_eq!(servers("[\"http://a\", \"http://b\"]").unwrap().len(), 2);
        let error = Options::parse("[engine]\nserver = 8080").unwrap_err().to_string();
        assert!(error.contains("address of a server"), "{error}");
    }
}
