//! `deliberate doctor`: what a report of a problem should say first.

use crate::args::{DoctorArgs, Global};
use crate::args::{EngineArgs, SearchArgs};
use crate::config::settle;
use crate::exit::bad_input;
use crate::output;
use crate::show::{Table, bytes};
use deliberate::Backend;
use deliberate::{Usual, address, machine};
use deliberate_lm::LanguageModel;
use deliberate_models::Models;
use deliberate_remote::{Check, Probe, connect};
use deliberate_search::Verifier;
use deliberate_text::RewardVerifier;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) fn run(args: &DoctorArgs, global: &Global) -> anyhow::Result<ExitCode> {
    if !args.server.is_empty() {
        return try_out(args);
    }
    // What `solve` would ask here, settings file included.
    let settled =
        settle(global.config.as_deref(), SearchArgs::default(), EngineArgs::default(), Usual::Base)?;
    let report = examine(settled.models.model);
    if args.json {
        output::line(serde_json::to_string_pretty(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["what", "finding"]);
    for section in ["machine", "build", "models"] {
        for (name, value) in report[section].as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            table.row([format!("{section}: {name}"), value]);
        }
    }
    output::data(table)?;
    for advice in report["advice"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::line(format_args!("! {advice}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks servers what they are, and tries what searches rely on.
fn try_out(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let addresses = args.server.iter().map(|server| address(server, args.model.as_ref()));
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    let runtime = super::runtime()?;
    let connected = runtime.block_on(connect(&addresses)).map_err(bad_input)?;
    let mut probes = connected.probes().to_vec();
    let model = Backend::from(connected);
    let facts = model.facts();
    if matches!(model, Backend::Reward(_)) {
        let check = runtime.block_on(believed(&model));
        for probe in &mut probes {
            probe.checks.push(check.clone());
        }
    }
    if args.json {
        let report = json!({"servers": probes, "model": facts});
        output::line(serde_json::to_string_pretty(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format_args!("model {}, {} tokens of context", facts.name, facts.context))?;
    for Probe { server, kind, version, checks } in probes {
        let version = version.map_or_else(String::new, |version| format!(" {version}"));
        output::line(format_args!("{server}: {}{version}", kind.name()))?;
        let mut table = Table::new(["what it does", "", "found"]);
        for Check { what, works, found } in checks {
            table.row([what.to_owned(), if works { "yes" } else { "no" }.to_owned(), found]);
        }
        output::data(table)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a reward model, asked in the usual way, likes a right solution better than a wrong one.
async fn believed(model: &Backend) -> Check {
    let what = "a right solution scores higher than a wrong one";
    let verifier = RewardVerifier::new(model.clone(), None).await;
    let against = match verifier.as_ref().map(Verifier::doubt) {
        Ok(doubt) => doubt.map(str::to_owned),
        Err(error) => Some(error.to_string()),
    };
    let works = against.is_none();
    super::warn(against.as_slice());
    let found = if works { "asked by `--verifier reward`" } else { "not when asked by `--verifier reward`" };
    Check { what, works, found: found.to_owned() }
}

fn examine(asked: Option<String>) -> Value {
    let mut advice = Vec::new();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = machine::memory("MemTotal:").map_or("unknown".to_owned(), bytes);
    let free = machine::memory("MemAvailable:").map_or("unknown".to_owned(), bytes);
    if !cfg!(feature = "llama") {
        advice.push(
            "this build runs Llama and Qwen2 models alone: build with the feature `llama` for any GGUF model"
                .to_owned(),
        );
    }
    if cfg!(debug_assertions) {
        advice.push("this is a debug build: build with --release for speed".to_owned());
    }
    let models = match Models::from_env() {
        Ok(models) => {
            let folder = models.folder().display().to_string();
            let stored = models.list().unwrap_or_default();
            let default = asked.unwrap_or_else(|| models.catalogue().default.clone());
            let state = match models.resolve(&default) {
                Ok(file) => file.path.display().to_string(),
                Err(error) => {
                    advice.push(error.to_string());
                    "not here".to_owned()
                }
            };
            let total = stored.iter().map(|model| model.bytes).sum();
            json!({"folder": folder, "stored": format!("{} files, {}", stored.len(), bytes(total)), "default": default,
                   "default file": state})
        }
        Err(error) => {
            advice.push(error.to_string());
            json!({})
        }
    };
    json!({
        "machine": {"system": std::env::consts::OS, "processor": std::env::consts::ARCH, "cores": cores,
                    "vector instructions": vector_instructions(), "memory": memory, "memory free": free},
        "build": {"version": env!("CARGO_PKG_VERSION"), "features": features(),
                  "profile": if cfg!(debug_assertions) { "debug" } else { "release" }},
        "models": models,
        "advice": advice,
    })
}

fn features() -> String {
    let all = [
        ("llama", cfg!(feature = "llama")),
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("vulkan", cfg!(feature = "vulkan")),
    ];
    let on: Vec<&str> = all.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    if on.is_empty() { "none".to_owned() } else { on.join(", ") }
}

/// What this binary was compiled for.
fn vector_instructions() -> String {
    let all = [
        ("AVX2", cfg!(target_feature = "avx2")),
        ("AVX-512", cfg!(target_feature = "avx512f")),
        ("AMX", cfg!(target_feature = "amx-tile")),
        ("NEON", cfg!(target_feature = "neon")),
    ];
    let on: Vec<&str> = all.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    if on.is_empty() { "baseline only".to_owned() } else { on.join(", ") }
}
