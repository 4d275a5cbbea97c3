//! Flags of all commands that search.

use clap::Args;
use deliberate::search::Budget;
use deliberate::text::StepRule;
use deliberate::{Bytes, ModelOptions, Regime, RuntimeChoice, SearchOptions, budget};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

/// How to search; every field optional.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct SearchArgs {
    /// Strategy and its options, for example `best-of-n` (the default), `beam:branching=4`, `revisions:chains=4,length=4`.
    #[arg(long, value_name = "STRATEGY", help_heading = "Search")]
    pub(crate) strategy: Option<String>,
    /// A policy that `deliberate calibrate` wrote, in the place of a strategy: it decides question by question. None by
    /// default.
    #[arg(long, value_name = "FILE", conflicts_with = "strategy", help_heading = "Search")]
    pub(crate) policy: Option<PathBuf>,
    /// Which part of the policy is obeyed: `online` (draw round by round, stop when more is not worth its price; the
    /// default) or `fixed` (guess the difficulty from a few samples, spend the rest of the budget accordingly).
    #[arg(long, value_name = "REGIME", value_parser = Regime::from_str, help_heading = "Search")]
    pub(crate) regime: Option<Regime>,
    /// What one question may cost, hard: generations (`16`, the default: full solutions), `4000tokens` (tokens drawn) or
    /// `2e12flops` (reading, drawing and scoring), or several with commas. Only what is named binds: under tokens or
    /// FLOPs alone, solutions are drawn until they end, and a search is as wide as they afford at the price of its first
    /// solution.
    #[arg(long, value_name = "BUDGET", value_parser = budget::parse, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) budget: Option<Budget>,
    /// Who scores: `logprob` (the default; `prm:signs` for the bundled models), `likelihood`, `certainty`, `judge`,
    /// `judge:samples=4`, `judge:verdicts=8` (drawn, where a server tells no probabilities), `prm:FORMAT`, `orm:FORMAT`,
    /// `reward` (a server of a reward model, in the format of Qwen2.5-Math-PRM where it scores steps), `reward:FILE.toml` (in
    /// another), two of them multiplied (`prm:signs*likelihood`), or `none`.
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
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct EngineArgs {
    /// Model: a name of `deliberate models list`, a GGUF file, or a hub id that was pulled; `lab` for the bundled models,
    /// which know the lab's questions alone. `MODEL+ADAPTER` puts an adapter on top: what `deliberate train` wrote,
    /// or any other in llama.cpp's format. By default the one that a policy was fitted on, or qwen2.5-0.5b, which is
    /// fetched when it is asked for the first time.
    #[arg(long, value_name = "MODEL", help_heading = "Engine")]
    pub(crate) model: Option<String>,
    /// Server that answers, in the place of a model here: llama-server, vLLM or SGLang, for example `http://localhost:8000`, or any
    /// other endpoint of OpenAI's chat protocol, which gives whole answers alone (no beams). --model then names one of its
    /// models, and the environment's `DELIBERATE_API_KEY` is its key. Named several times, the servers share the work; all
    /// have the same model, and if one fails the others go on. None by default.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) server: Option<Vec<String>>,
    /// Server that scores, where the verifier calls a model, or several of the same model; --verifier-model names one of
    /// its models. By default the proposer's, or none where --verifier-model names a model here.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) verifier_server: Option<Vec<String>>,
    /// Server that revises, where the strategy does, or several of the same model; --reviser-model names one of its models.
    #[arg(long, value_name = "URL", help_heading = "Engine")]
    pub(crate) reviser_server: Option<Vec<String>>,
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
    #[arg(long, value_name = "RUNTIME", value_parser = RuntimeChoice::from_str, help_heading = "Engine")]
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

/// A number that nothing is taken from: seeds.
fn whole(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("not a whole number from 0 to {}", u64::MAX))
}

macro_rules! options {
    ($args:ty => $options:ty: $($field:ident),*) => {
        impl From<$args> for $options {
            fn from(args: $args) -> Self {
                Self { $($field: args.$field),* }
            }
        }
    };
}
options!(SearchArgs => SearchOptions: strategy, policy, regime, budget, verifier, revision_verifier, seed, prompt, steps, max_tokens, temperature, top_p, top_k, min_p);
options!(EngineArgs => ModelOptions: model, server, verifier_server, reviser_server, verifier_model, revision_verifier_model, reviser_model, memory, runtime, context, slots, batch_tokens, threads);
