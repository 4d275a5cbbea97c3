//! From model files to engines that share the machine.

use crate::config::{EngineSettings, RuntimeChoice};
use crate::exit::bad_input;
use crate::machine;
use anyhow::Context;
use deliberate_engine::{Engine, EngineConfig, MemoryBudget, MemoryGrant, MemoryRequest, Turns};
use deliberate_lm::LanguageModel;
use deliberate_models::ModelFile;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Files up to this size are tried on the native runtime first, where nobody chose.
const SMALL: u64 = 64 << 20;

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

/// Opens models that compute in turn and share one memory budget: each gets as many slots as all can have.
pub(crate) fn serve(models: Vec<Wanted>, settings: &EngineSettings) -> anyhow::Result<Vec<Served>> {
    let cannot = |wanted: &Wanted| format!("cannot open the model `{}`", wanted.file.path.display());
    let mut planned = Vec::new();
    for wanted in models {
        let (runtime, demand) =
            plan(&wanted.file, settings).with_context(|| cannot(&wanted)).map_err(bad_input)?;
        planned.push((wanted, runtime, demand));
    }
    let memory = settings.memory.map_or_else(free_memory, |memory| memory.0);
    let weights: u64 = planned.iter().map(|(_, _, demand)| demand.weight_bytes).sum();
    let slot: u64 = planned.iter().map(|(_, _, demand)| demand.kv_bytes_per_token * demand.slot_tokens).sum();
    let fitting = (memory.saturating_sub(weights) / slot.max(1)).max(1);
    let slots = fitting.min(settings.slots.into()) as u32;
    if slots < settings.slots {
        tracing::warn!(slots, wanted = settings.slots, "memory is short");
    }
    let (budget, turns) = (MemoryBudget::new(memory), Turns::default());
    let mut served = Vec::new();
    for (wanted, runtime, demand) in planned {
        let open = || -> anyhow::Result<Served> {
            let demand = MemoryRequest { slots, ..demand };
            let memory = budget.grant(&demand)?;
            let engine = open(&wanted, runtime, &demand, settings, &turns)?;
            Ok(Served {
                engine,
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

/// Most of what is free; where nobody knows how much that is, no limit.
fn free_memory() -> u64 {
    machine::memory("MemAvailable:").map_or(u64::MAX, |free| free - free / 8)
}

/// Which runtime takes a file, and the memory that it would like.
fn plan(file: &ModelFile, settings: &EngineSettings) -> anyhow::Result<(Runtime, MemoryRequest)> {
    // The context that is asked for, or all that the model knows where that is less.
    let native = || {
        let demand = deliberate_native::demand(&file.path, &settings.native())?;
        let slot_tokens = demand.slot_tokens.min(settings.context.into());
        Ok::<_, deliberate_native::LoadError>(MemoryRequest { slot_tokens, ..demand })
    };
    let small = || std::fs::metadata(&file.path).is_ok_and(|metadata| metadata.len() <= SMALL);
    if settings.runtime == RuntimeChoice::Native {
        return Ok((Runtime::Native, native()?));
    }
    if settings.runtime == RuntimeChoice::Auto
        && small()
        && let Ok(demand) = native()
    {
        return Ok((Runtime::Native, demand));
    }
    #[cfg(feature = "llama")]
    return Ok((Runtime::Llama, deliberate_llama::demand(&file.path, &settings.llama())?));
    #[cfg(not(feature = "llama"))]
    match settings.runtime {
        RuntimeChoice::Llama => anyhow::bail!("this build has no llama.cpp (build with the feature `llama`)"),
        _ => Ok((Runtime::Native, native()?)),
    }
}

fn open(
    wanted: &Wanted,
    runtime: Runtime,
    demand: &MemoryRequest,
    settings: &EngineSettings,
    turns: &Turns,
) -> anyhow::Result<Engine> {
    let config = EngineConfig { prefix_cache: settings.prefix_cache, ..EngineConfig::default() };
    let path = &wanted.file.path;
    let adapter = wanted.adapter.as_ref().map(|adapter| adapter.path.clone());
    match runtime {
        Runtime::Native => {
            let context = Some(demand.slot_tokens as u32);
            let native = deliberate_native::Settings { slots: demand.slots, context, ..settings.native() };
            Ok(deliberate_native::open_in_turn(path, adapter, native, config, turns.clone())?)
        }
        #[cfg(feature = "llama")]
        Runtime::Llama => {
            let llama = deliberate_llama::Settings { slots: demand.slots, ..settings.llama() };
            Ok(deliberate_llama::open_in_turn(path, adapter, llama, config, turns.clone())?)
        }
    }
}
