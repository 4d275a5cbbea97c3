//! Settings in layers: flags over a TOML file over defaults. Defaults and cross-checks live here only.

mod tune;

use crate::affordable::{self, Affordable};
use crate::budget;
use crate::bytes::Bytes;
use crate::exit::bad_input;
use crate::obey::{Obeyed, Regime};
use crate::output::note;
use crate::team::Usual;
use anyhow::{Context, anyhow};
use clap::Args;
use deliberate_lm::Sampling;
use deliberate_policy::Reasons;
use deliberate_search::{Budget, Selection, Strategy, StrategySpec};
use deliberate_text::{StepRule, VerifierSpec};
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
pub(crate) use tune::{EPOCHS, Extent, Lora, Tuning};

/// How to search; every field optional.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct SearchLayer {
    /// Strategy and its options, for example `best-of-n` (the default), `beam:branching=4`, `revisions:chains=4,length=4`.
    #[arg(long, value_name = "STRATEGY", help_heading = "Search")]
    pub(crate) strategy: Option<String>,
    /// A policy that `deliberate calibrate` wrote, in the place of a strategy: it decides question by question. None by
    /// default.
    #[arg(long, value_name = "FILE", conflicts_with = "strategy", help_heading = "Search")]
    pub(crate) policy: Option<PathBuf>,
    /// Which part of the policy is obeyed: `online` (draw round by round, stop when more is not worth its price; the
    /// default) or `fixed` (guess the difficulty from a few samples, spend the rest of the budget accordingly).
    #[arg(long, value_enum, hide_possible_values = true, help_heading = "Search")]
    pub(crate) regime: Option<Regime>,
    /// What one question may cost, hard: generations (`16`, the default: full solutions), `4000tokens` (tokens drawn) or
    /// `2e12flops` (reading, drawing and scoring), or several with commas. Only what is named binds: under tokens or
    /// FLOPs alone, solutions are drawn until they end, and a search is as wide as they afford at the price of its first
    /// solution.
    #[arg(long, value_name = "BUDGET", value_parser = budget::parse, allow_negative_numbers = true, help_heading = "Search")]
    #[serde(deserialize_with = "budget_text")]
    pub(crate) budget: Option<Budget>,
    /// Who scores: `logprob` (the default; `prm:signs` for the bundled models), `likelihood`, `certainty`, `judge`,
    /// `judge:samples=4`, `prm:FORMAT`, `orm:FORMAT`, two of them multiplied (`prm:signs*likelihood`), or `none`.
    #[arg(long, value_name = "VERIFIER", help_heading = "Search")]
    pub(crate) verifier: Option<String>,
    /// Who scores where the strategy revises, with the earlier attempts in view; by default the verifier (`orm:signs` for
    /// the bundled models).
    #[arg(long, value_name = "VERIFIER", help_heading = "Search")]
    pub(crate) revision_verifier: Option<String>,
    /// Every draw follows from it and from the question: its id in a dataset, its words in `solve`; 0 by default.
    #[arg(long, value_parser = whole, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) seed: Option<u64>,
    /// Prompt: `worked` (worked examples as a chat), `few-shot` (worked examples as one text, for any model), `chat` (a chat
    /// without examples), `as-is` (the question alone), `lab` (the bundled models' own), or a TOML file. By default what suits the model: `worked` for the
    /// two Qwen2.5-Coder of the catalogue, `lab` for the bundled ones, `few-shot` for all others.
    #[arg(long, value_name = "PROMPT", help_heading = "Search")]
    pub(crate) prompt: Option<String>,
    /// What separates steps: `newline`, `lines:3`, `blank-line`, `step` or `tokens:64`; by default what the prompt says.
    #[arg(long, value_name = "RULE", help_heading = "Search")]
    pub(crate) steps: Option<StepRule>,
    /// Tokens of one solution, at most; 512 by default, 256 for the bundled models.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) max_tokens: Option<NonZeroU32>,
    /// Temperature of the proposer; 0.8 by default (0.7 for the default model), 0 is greedy.
    #[arg(long, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) temperature: Option<f32>,
    /// Sample from the likeliest tokens that together reach this probability; 1, which is all, by default (0.8 for the
    /// default model).
    #[arg(long, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) top_p: Option<f32>,
    /// Sample from this many of the likeliest tokens; all by default (20 for the default model).
    #[arg(long, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) top_k: Option<u32>,
    /// Drop tokens less likely than this fraction of the likeliest; 0, which drops none, by default.
    #[arg(long, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) min_p: Option<f32>,
}

/// What runs the model; every field optional.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct EngineLayer {
    /// Model: a name of `deliberate models list`, a GGUF file, or a hub id that was pulled; `lab` for the bundled models,
    /// which know the lab's questions alone. `MODEL+ADAPTER` puts an adapter on top: what `deliberate tune --lora` wrote,
    /// or any other in llama.cpp's format. By default the one that a policy was fitted on, or qwen2.5-0.5b, which is
    /// fetched when it is asked for the first time.
    #[arg(long, value_name = "MODEL", help_heading = "Engine")]
    pub(crate) model: Option<String>,
    /// Server that answers, in the place of a model here: llama-server or vLLM, for example `http://localhost:8000`. --model
    /// then names one of its models, and the environment's `DELIBERATE_API_KEY` is its key. None by default.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) server: Option<String>,
    /// Server that scores, where the verifier calls a model; --verifier-model names one of its models. By default the
    /// proposer's, or none where --verifier-model names a model here.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) verifier_server: Option<String>,
    /// Server that revises, where the strategy does; --reviser-model names one of its models.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) reviser_server: Option<String>,
    /// Model that scores, where the verifier calls one; by default the proposer's.
    #[arg(long, value_name = "MODEL", help_heading = "Engine")]
    pub(crate) verifier_model: Option<String>,
    /// Model that scores where the strategy revises; by default the verifier's.
    #[arg(long, value_name = "MODEL", help_heading = "Engine")]
    pub(crate) revision_verifier_model: Option<String>,
    /// Model that revises, where the strategy does; by default the proposer's.
    #[arg(long, value_name = "MODEL", help_heading = "Engine")]
    pub(crate) reviser_model: Option<String>,
    /// Memory for all models together, for example `6GiB`; by default most of what is free.
    #[arg(long, value_name = "BYTES", value_parser = Bytes::from_str, help_heading = "Engine")]
    pub(crate) memory: Option<Bytes>,
    /// What runs the models: `native` (Llama and Qwen2 models, in Rust alone), `llama` (any GGUF model, by llama.cpp), or
    /// `auto` (the default), which gives files up to 2 GiB to the first if it knows them.
    #[arg(long, value_enum, hide_possible_values = true, help_heading = "Engine")]
    pub(crate) runtime: Option<RuntimeChoice>,
    /// Tokens that one sequence can hold, at most; by default 2048 (1024 for the bundled models), or what the model knows
    /// where that is less.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true, help_heading = "Engine")]
    pub(crate) context: Option<NonZeroU32>,
    /// Sequences held at the same time; by default twice what the budget can draw at once, 64 (llama) or 256 (native)
    /// at most.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Engine")]
    pub(crate) slots: Option<NonZeroU32>,
    /// Tokens of one forward pass; 512 (llama) or 1024 (native) by default.
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true, help_heading = "Engine")]
    pub(crate) batch_tokens: Option<NonZeroU32>,
    /// Threads that compute; by default as many as suit the model and the machine.
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Engine")]
    pub(crate) threads: Option<NonZeroU32>,
}

/// What runs a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuntimeChoice {
    /// The native runtime for files up to 2 GiB that it knows, llama.cpp for all others.
    #[default]
    Auto,
    /// The native runtime.
    Native,
    /// llama.cpp.
    Llama,
}

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FileLayer {
    /// See [`CalibrateArgs`](crate::args::CalibrateArgs).
    pub(crate) larger_model: Option<String>,
    pub(crate) search: SearchLayer,
    pub(crate) engine: EngineLayer,
}

/// A number that nothing is taken from: seeds.
fn whole(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
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

impl FileLayer {
    /// What the flags say over the settings file ([`Self::read`]) over what the team of models wants.
    pub(crate) fn settle(
        named: Option<&Path>,
        search: SearchLayer,
        engine: EngineLayer,
        usual: Usual,
    ) -> anyhow::Result<Self> {
        let file = Self::read(named)?;
        let user = Self { search: search.over(file.search), engine: engine.over(file.engine), ..file };
        crate::team::complete(user, usual)
    }

    /// As [`Self::settle`], for a command that takes strategies and budgets from a grid: flags for them are refused, and
    /// what the settings file says of them is left out with a word.
    pub(crate) fn settle_for_grid(
        named: Option<&Path>,
        search: SearchLayer,
        engine: EngineLayer,
        usual: Usual,
    ) -> anyhow::Result<Self> {
        if let [first, ..] = search.choices().as_slice() {
            return Err(bad_input(anyhow!(
                "--{first} is not for this command: strategies and budgets come from the grid (write one and give it \
                 as --grid)"
            )));
        }
        let file = Self::read(named)?;
        let ignored = file.search.choices();
        if !ignored.is_empty() {
            let ignored: Vec<String> = ignored.iter().map(|one| format!("`{one}`")).collect();
            note(format_args!(
                "the settings file's {} is left out: strategies and budgets come from the grid",
                ignored.join(", ")
            ));
        }
        let search = search.over(file.search.without_choices());
        let user = Self { search, engine: engine.over(file.engine), ..file };
        crate::team::complete(user, usual)
    }

    /// Reads the settings file: the one named, or `deliberate.toml` here if there is one.
    pub(crate) fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = named.unwrap_or(Path::new("deliberate.toml"));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text)
                .with_context(|| format!("cannot understand the settings file `{}`", path.display()))
                .map_err(bad_input),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(bad_input(
                anyhow!(error).context(format!("cannot read the settings file `{}`", path.display())),
            )),
        }
    }
}

impl FileLayer {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let file: Self = toml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))?;
        if file.search.strategy.is_some() && file.search.policy.is_some() {
            return Err(anyhow!(
                "it names both `strategy` and `policy`, which decide the same (leave one of them)"
            ));
        }
        Ok(file)
    }
}

macro_rules! over {
    ($layer:ty, $name:ident: $($field:ident),*) => {
        impl $layer {
            /// This layer's values, and where it has none, the lower layer's.
            pub(crate) fn $name(self, lower: Self) -> Self {
                Self { $($field: self.$field.or(lower.$field)),* }
            }
        }
    };
}
over!(SearchLayer, fill: strategy, policy, regime, budget, verifier, revision_verifier, seed, prompt, steps, max_tokens, temperature, top_p, top_k, min_p);
over!(EngineLayer, over: model, server, verifier_server, reviser_server, verifier_model, revision_verifier_model, reviser_model, memory, runtime, context, slots, batch_tokens, threads);

impl SearchLayer {
    /// This layer's values, and where it has none, the lower layer's. A strategy and a policy decide the same: whoever
    /// names one of them leaves the lower layer's other one behind.
    pub(crate) fn over(self, lower: Self) -> Self {
        let lower = match (&self.strategy, &self.policy) {
            (Some(_), _) => Self { policy: None, regime: None, ..lower },
            (None, Some(_)) => Self { strategy: None, ..lower },
            (None, None) => lower,
        };
        self.fill(lower)
    }

    /// What it says of how a question is worked on, which is not for commands that try several ways.
    fn choices(&self) -> Vec<&'static str> {
        let Self { strategy, policy, regime, budget, .. } = self;
        let all = [
            ("strategy", strategy.is_some()),
            ("policy", policy.is_some()),
            ("regime", regime.is_some()),
            ("budget", budget.is_some()),
        ];
        all.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
    }

    fn without_choices(self) -> Self {
        Self { strategy: None, policy: None, regime: None, budget: None, ..self }
    }
}

/// How to search, complete and checked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Search {
    /// Under a policy, what the roles have to be able to do. Its size is open where it follows from a budget that counts
    /// no generations.
    pub(crate) strategy: StrategySpec,
    /// What decides in the strategy's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<Obeyed>,
    pub(crate) budget: Budget,
    pub(crate) verifier: VerifierSpec,
    /// Who scores where the strategy revises, if not the verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision_verifier: Option<VerifierSpec>,
    pub(crate) seed: u64,
    pub(crate) prompt: String,
    pub(crate) steps: Option<StepRule>,
    pub(crate) max_tokens: u32,
    #[serde(serialize_with = "as_written")]
    pub(crate) sampling: Sampling,
}

/// Single-precision numbers as people write them: 0.7 is not 0.699999988079071.
fn as_written<S: serde::Serializer>(sampling: &Sampling, to: S) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(sampling).map_err(serde::ser::Error::custom)?;
    serde_json::from_str::<serde_json::Value>(&text).map_err(serde::ser::Error::custom)?.serialize(to)
}

/// What runs the model, complete.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct EngineSettings {
    pub(crate) model: Option<String>,
    /// Where servers are says nothing of what they answer.
    #[serde(skip)]
    pub(crate) server: Option<String>,
    #[serde(skip)]
    pub(crate) verifier_server: Option<String>,
    #[serde(skip)]
    pub(crate) reviser_server: Option<String>,
    pub(crate) verifier_model: Option<String>,
    pub(crate) revision_verifier_model: Option<String>,
    pub(crate) reviser_model: Option<String>,
    pub(crate) memory: Option<Bytes>,
    pub(crate) runtime: RuntimeChoice,
    /// What each of them may take; left open where nobody chose.
    #[serde(flatten)]
    pub(crate) takes: deliberate_engine::Settings,
    /// Off only for measurements.
    #[serde(skip)]
    pub(crate) prefix_cache: bool,
}

/// The prompt where none is named.
pub(crate) const PROMPT: &str = "few-shot";
/// Generations where no budget is given.
const GENERATIONS: u32 = 16;

impl Search {
    pub(crate) fn resolve(layer: SearchLayer) -> anyhow::Result<Self> {
        if layer.regime.is_some() && layer.policy.is_none() {
            return Err(bad_input(anyhow!("--regime is a part of a policy (name one with --policy)")));
        }
        let policy =
            layer.policy.map(|path| Obeyed::read(&path, layer.regime.unwrap_or_default())).transpose()?;
        let text = layer.strategy.filter(|_| policy.is_none()).unwrap_or_else(|| "best-of-n".to_owned());
        let usual = policy.as_ref().and_then(Obeyed::generations).unwrap_or(GENERATIONS);
        let budget = layer.budget.unwrap_or(Budget::generations(usual));
        let mut strategy: StrategySpec = text.parse().map_err(bad_input)?;
        if let Some(generations) = affordable::generations(&strategy, &budget) {
            strategy = strategy.with_generations(generations).map_err(bad_input)?;
        }
        let text = layer.verifier.unwrap_or_else(|| "logprob".to_owned());
        let verifier: VerifierSpec = text.parse().map_err(bad_input)?;
        let revision_verifier =
            layer.revision_verifier.map(|text| text.parse()).transpose().map_err(bad_input)?;
        if strategy.needs().verifier && verifier == VerifierSpec::None {
            return Err(bad_input(anyhow!(
                "strategy `{}` needs scores and --verifier is none (choose a verifier such as logprob or judge, or \
                 a strategy that votes, such as best-of-n:rule=majority)",
                strategy.name()
            )));
        }
        let sampling = Sampling {
            temperature: layer.temperature.unwrap_or(0.8),
            top_k: layer.top_k,
            top_p: layer.top_p.unwrap_or(1.0),
            min_p: layer.min_p.unwrap_or(0.0),
        };
        // The settings are named as their flags are.
        sampling.check().map_err(|error| bad_input(anyhow!("--{error}")))?;
        Ok(Self {
            strategy,
            policy,
            budget,
            verifier,
            revision_verifier,
            seed: layer.seed.unwrap_or(0),
            prompt: layer.prompt.unwrap_or_else(|| PROMPT.to_owned()),
            steps: layer.steps,
            max_tokens: layer.max_tokens.map_or(512, NonZeroU32::get),
            sampling,
        })
    }

    /// What decides; under a policy it leaves its reasons.
    pub(crate) fn decider(&self, reasons: &Reasons) -> anyhow::Result<Box<dyn Strategy>> {
        match &self.policy {
            Some(policy) => policy.build(self.budget.generations, reasons.clone()),
            None if self.strategy.cost().is_none() => {
                Ok(Box::new(Affordable::new(self.strategy.clone(), self.budget)))
            }
            None => Ok(self.strategy.build()?),
        }
    }

    /// What decides, in a word.
    pub(crate) fn way(&self) -> String {
        if self.policy.is_some() { "policy".to_owned() } else { self.strategy.name().to_owned() }
    }

    /// Who chooses among the answers, for people.
    pub(crate) fn selection(&self) -> Selection {
        self.strategy.selection()
    }
}

impl EngineSettings {
    pub(crate) fn resolve(layer: EngineLayer) -> Self {
        Self {
            model: layer.model,
            server: layer.server,
            verifier_server: layer.verifier_server,
            reviser_server: layer.reviser_server,
            verifier_model: layer.verifier_model,
            revision_verifier_model: layer.revision_verifier_model,
            reviser_model: layer.reviser_model,
            memory: layer.memory,
            runtime: layer.runtime.unwrap_or_default(),
            takes: deliberate_engine::Settings {
                slots: layer.slots.map(NonZeroU32::get),
                context: layer.context.map(NonZeroU32::get),
                batch_tokens: layer.batch_tokens.map(NonZeroU32::get),
                threads: layer.threads.map(NonZeroU32::get),
                gpu_layers: None,
            },
            prefix_cache: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SearchLayer {
        FileLayer::parse(text).unwrap().search
    }

    #[test]
    fn a_strategy_on_the_command_line_wins_over_a_policy_in_the_file() {
        let flags = SearchLayer { strategy: Some("majority".to_owned()), ..SearchLayer::default() };
        let settled = flags.over(file("[search]\npolicy = \"p.toml\"\nregime = \"fixed\"\nseed = 3"));
        assert_eq!((settled.policy, settled.regime, settled.seed), (None, None, Some(3)));
        let flags = SearchLayer { policy: Some("p.toml".into()), ..SearchLayer::default() };
        assert_eq!(flags.over(file("[search]\nstrategy = \"beam\"")).strategy, None);
        let flags = SearchLayer { regime: Some(Regime::Fixed), ..SearchLayer::default() };
        assert!(flags.over(file("[search]\npolicy = \"p.toml\"")).policy.is_some());
        assert!(FileLayer::parse("[search]\npolicy = \"p.toml\"\nstrategy = \"beam\"").is_err());
    }

    #[test]
    fn what_a_budget_does_not_name_does_not_bind() {
        let resolved = |strategy: &str, budget: &str| {
            let layer = SearchLayer {
                strategy: Some(strategy.to_owned()),
                budget: Some(budget::parse(budget).unwrap()),
                ..SearchLayer::default()
            };
            Search::resolve(layer).unwrap().strategy.cost()
        };
        assert_eq!(resolved("best-of-n", "100000tokens"), Some(budget::MOST_GENERATIONS));
        assert_eq!(resolved("best-of-n", "300tokens"), Some(300));
        assert_eq!((resolved("beam", "300tokens"), resolved("beam", "8")), (None, Some(8)));
    }

    #[test]
    fn a_number_is_written_down_as_it_was_given() {
        let layer = SearchLayer { temperature: Some(0.7), ..SearchLayer::default() };
        let written = serde_json::to_value(Search::resolve(layer).unwrap()).unwrap();
        assert_eq!(written["sampling"]["temperature"].to_string(), "0.7");
    }
}
