//! From model files to engines that share the machine.

use crate::config::{EngineSettings, RuntimeChoice};
use crate::exit::bad_input;
use crate::machine;
use crate::output::note;
use anyhow::Context;
use deliberate_engine::{Engine, MemoryBudget, MemoryGrant, MemoryRequest, Serving, Settings, Turns};
use deliberate_gguf::Gguf;
use deliberate_lm::LanguageModel;
use deliberate_models::ModelFile;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Files up to this size are tried on the native runtime first, where nobody chose: it is faster than llama.cpp on a
/// processor as soon as several sequences are drawn together.
const SMALL: u64 = 2 << 30;
/// How many times as large as the file the weights may become there: it keeps eight bits of weights that have four in the
/// file, and merges adapters into floats. A build without llama.cpp has no choice.
const GROWN: u64 = if cfg!(feature = "llama") { 2 } else { u64::MAX };

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) file: ModelFile,
    /// What goes on top of it.
    pub(crate) adapter: Option<ModelFile>,
}

/// A model that is ready to answer.
#[derive(Clone)]
pub(crate) struct Served {
    wanted: Wanted,
    pub(crate) engine: Engine,
    fingerprint: String,
    adapter_fingerprint: Option<String>,
    runtime: Runtime,
    /// Held as long as the engine.
    _memory: Arc<MemoryGrant>,
}

impl Served {
    /// What its answers depend on. Runtimes differ in the last digits of their logits.
    pub(crate) fn provenance(&self) -> Value {
        let facts = self.engine.facts();
        let mut all = json!({"model": self.wanted.file.name, "fingerprint": self.fingerprint,
                             "architecture": facts.architecture, "context": facts.context,
                             "runtime": self.runtime});
        if let (Some(file), Some(fingerprint)) = (&self.wanted.adapter, &self.adapter_fingerprint) {
            all["adapter"] = json!({"name": file.name, "fingerprint": fingerprint});
        }
        all
    }

    /// What to call it: with an adapter a model is another one.
    pub(crate) fn name(&self) -> String {
        let Wanted { file, adapter } = &self.wanted;
        adapter.as_ref().map_or(file.name.clone(), |adapter| format!("{} with {}", file.name, adapter.name))
    }

    /// The file of its weights.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.wanted.file.path
    }
}

/// What runs a model.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Runtime {
    Native,
    #[cfg(feature = "llama")]
    Llama,
}

/// A model that is about to be opened.
struct Planned {
    wanted: Wanted,
    runtime: Runtime,
    demand: MemoryRequest,
}

/// Sequences to hold for each that is drawn at the same time: what was drawn last is read again by verifiers and by the
/// next step.
const HELD_FOR_EACH: u32 = 2;

/// Opens all models of a command. They compute in turn and share one memory: each gets as many slots as all can have, and
/// no more than it can use where `at_once` says how many sequences are drawn at the same time.
pub(crate) fn serve(
    models: Vec<Wanted>,
    settings: &EngineSettings,
    at_once: Option<u32>,
) -> anyhow::Result<Vec<Served>> {
    let cannot = |wanted: &Wanted| format!("cannot open the model `{}`", wanted.file.path.display());
    let mut planned = Vec::new();
    for wanted in models {
        let plan = plan(wanted.clone(), settings, at_once);
        planned.push(plan.with_context(|| cannot(&wanted)).map_err(bad_input)?);
    }
    let memory = settings.memory.map_or_else(free_memory, |memory| memory.0);
    let slots = slots_for_all(&planned, memory);
    let (budget, turns) = (MemoryBudget::new(memory), Turns::default());
    let mut served = Vec::new();
    for Planned { wanted, runtime, demand } in planned {
        remark(&wanted);
        let open = || -> anyhow::Result<Served> {
            let memory = budget.grant(&MemoryRequest { slots: demand.slots.min(slots), ..demand })?;
            let takes = Settings { slots: Some(memory.slots()), ..settings.takes };
            let serving = Serving { turns: turns.clone(), prefix_cache: settings.prefix_cache };
            Ok(Served {
                engine: open(&wanted, runtime, takes, serving)?,
                fingerprint: wanted.file.fingerprint()?,
                adapter_fingerprint: wanted.adapter.as_ref().map(ModelFile::fingerprint).transpose()?,
                wanted: wanted.clone(),
                runtime,
                _memory: Arc::new(memory),
            })
        };
        served.push(open().with_context(|| cannot(&wanted)).map_err(bad_input)?);
    }
    Ok(served)
}

/// Slots of each model, so that all fit.
fn slots_for_all(planned: &[Planned], memory: u64) -> u32 {
    let weights: u64 = planned.iter().map(|Planned { demand, .. }| demand.weight_bytes).sum();
    let slot: u64 =
        planned.iter().map(|Planned { demand, .. }| demand.kv_bytes_per_token * demand.slot_tokens).sum();
    let fitting = (memory.saturating_sub(weights) / slot.max(1)).clamp(1, u32::MAX.into()) as u32;
    let wanted = planned.iter().map(|Planned { demand, .. }| demand.slots).max().unwrap_or(1);
    if fitting < wanted {
        tracing::warn!(slots = fitting, wanted, "memory is short");
    }
    fitting
}

/// Most of what is free; where nobody knows how much that is, no limit.
fn free_memory() -> u64 {
    machine::memory("MemAvailable:").map_or(u64::MAX, |free| free - free / 8)
}

/// Says what is odd about a file that can be read.
fn remark(wanted: &Wanted) {
    for file in std::iter::once(&wanted.file).chain(&wanted.adapter) {
        let remarks = Gguf::open(&file.path).map(|header| header.remarks()).unwrap_or_default();
        for remark in remarks {
            note(format_args!("warning: model `{}`: {remark}", file.name));
        }
    }
}

/// Which runtime takes a file, and the memory that it would like.
fn plan(wanted: Wanted, settings: &EngineSettings, at_once: Option<u32>) -> anyhow::Result<Planned> {
    let (runtime, demand) = runtime_for(&wanted, settings)?;
    let enough = at_once.map_or(u32::MAX, |at_once| at_once.max(1).saturating_mul(HELD_FOR_EACH));
    // Whoever chose a number gets it.
    let slots = settings.takes.slots.unwrap_or(demand.slots.min(enough));
    Ok(Planned { wanted, runtime, demand: MemoryRequest { slots, ..demand } })
}

fn runtime_for(wanted: &Wanted, settings: &EngineSettings) -> anyhow::Result<(Runtime, MemoryRequest)> {
    let native = || deliberate_native::demand(&wanted.file.path, wanted.adapter.is_some(), &settings.takes);
    let file = &wanted.file;
    let size = std::fs::metadata(&file.path).map_or(u64::MAX, |metadata| metadata.len());
    if settings.runtime == RuntimeChoice::Native {
        return Ok((Runtime::Native, native()?));
    }
    if settings.runtime == RuntimeChoice::Auto
        && size <= SMALL
        && let Ok(demand) = native()
        && demand.weight_bytes / GROWN <= size
    {
        return Ok((Runtime::Native, demand));
    }
    #[cfg(feature = "llama")]
    return Ok((Runtime::Llama, deliberate_llama::demand(&file.path, &settings.takes)?));
    #[cfg(not(feature = "llama"))]
    match settings.runtime {
        RuntimeChoice::Llama => anyhow::bail!("this build has no llama.cpp (build with the feature `llama`)"),
        _ => match native() {
            Err(error) if error.is_other_kind() => Err(anyhow::Error::new(error).context(
                "this build runs Llama and Qwen2 models with the vocabularies of SmolLM2 and Qwen2; one with llama.cpp \
                 may run this file, too (`make llama`, or the feature `llama`)",
            )),
            demand => Ok((Runtime::Native, demand?)),
        },
    }
}

fn open(wanted: &Wanted, runtime: Runtime, takes: Settings, serving: Serving) -> anyhow::Result<Engine> {
    let path = &wanted.file.path;
    let adapter = wanted.adapter.as_ref().map(|adapter| adapter.path.clone());
    match runtime {
        Runtime::Native => Ok(deliberate_native::open(path, adapter, takes, serving)?),
        #[cfg(feature = "llama")]
        Runtime::Llama => Ok(deliberate_llama::open(path, adapter, takes, serving)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EngineLayer;
    use deliberate_models::Models;

    fn engine(layer: EngineLayer) -> EngineSettings {
        EngineSettings::resolve(layer)
    }

    fn planned(layer: EngineLayer, at_once: Option<u32>) -> MemoryRequest {
        let file = Models::from_env().unwrap().resolve("lab-proposer").unwrap();
        plan(Wanted { file, adapter: None }, &engine(layer), at_once).unwrap().demand
    }

    #[test]
    fn memory_follows_from_what_the_budget_can_draw_at_once() {
        assert_eq!(planned(EngineLayer::default(), Some(1)).slots, 2);
        assert_eq!(planned(EngineLayer::default(), Some(16)).slots, 32);
        assert_eq!(planned(EngineLayer::default(), Some(10_000)).slots, 256);
        assert_eq!(planned(EngineLayer::default(), None).slots, 256);
        let chosen = EngineLayer { slots: std::num::NonZeroU32::new(7), ..EngineLayer::default() };
        assert_eq!(planned(chosen, Some(1)).slots, 7);
    }

    #[test]
    fn all_models_of_a_command_fit_one_memory() {
        let models = Models::from_env().unwrap();
        let wanted = |name: &str| Wanted { file: models.resolve(name).unwrap(), adapter: None };
        let names = ["lab-proposer", "lab-prm", "lab-proposer-large"];
        let planned: Vec<Planned> = names
            .iter()
            .map(|name| plan(wanted(name), &engine(EngineLayer::default()), None).unwrap())
            .collect();
        let memory = 100 << 20;
        let slots = slots_for_all(&planned, memory);
        let needed: u64 = planned
            .iter()
            .map(|Planned { demand, .. }| {
                demand.weight_bytes + u64::from(slots) * demand.slot_tokens * demand.kv_bytes_per_token
            })
            .sum();
        assert!(slots > 1 && needed <= memory, "{slots} slots take {needed}");
    }
}
