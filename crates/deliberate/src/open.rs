//! From model files to engines that share the machine.

use crate::backend::Backend;
use crate::error::{Error, OpenError};
use crate::machine;
use crate::models::ModelSettings;
use crate::options::RuntimeChoice;
use deliberate_engine::{Engine, MemoryBudget, MemoryGrant, MemoryRequest, Serving, Settings, Turns};
use deliberate_gguf::Gguf;
use deliberate_lm::LanguageModel;
use deliberate_models::ModelFile;
use deliberate_remote::Address;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Files up to this size are tried on the native runtime first, where nobody chose: it is faster than llama.cpp on a
/// processor as soon as several sequences are drawn together.
const SMALL: u64 = 2 << 30;
/// How many times as large as the file the weights may become there: it keeps eight bits of weights that have four in the
/// file. A build without llama.cpp has no choice.
const GROWN: u64 = if cfg!(feature = "llama") { 2 } else { u64::MAX };

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    File(Box<Files>),
    /// All of them have the same model.
    Servers(Vec<Address>),
}

/// A model's file, and what goes on top of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) file: ModelFile,
    pub(crate) adapter: Option<ModelFile>,
}

/// A model that is ready to answer.
#[derive(Debug, Clone)]
pub struct Served {
    /// What answers.
    pub model: Backend,
    /// What to call it: with an adapter a model is another one.
    pub name: String,
    /// What its answers depend on. Runtimes differ in the last digits of their logits.
    pub provenance: Value,
    /// The file of its weights, where it runs here.
    pub path: Option<PathBuf>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Held as long as the model.
    _memory: Option<Arc<MemoryGrant>>,
}

/// What runs a model.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Runtime {
    Native,
    #[cfg(feature = "llama")]
    Llama,
}

/// An engine that is about to be opened.
struct Planned {
    file: ModelFile,
    /// What it runs besides the model itself; llama.cpp runs one of them and nothing else.
    adapters: Vec<ModelFile>,
    runtime: Runtime,
    demand: MemoryRequest,
}

/// Sequences to hold for each that is drawn at the same time: what was drawn last is read again by verifiers and by the
/// next step.
const HELD_FOR_EACH: u32 = 2;

/// Opens all models of a command. They compute in turn and share one memory: each gets as many slots as all can have, and
/// no more than it can use where `at_once` says how many sequences are drawn at the same time. Adapters of one model share
/// its weights and its batches where the runtime can do that.
pub(crate) async fn open(
    models: &[Wanted],
    settings: &ModelSettings,
    at_once: Option<u32>,
) -> Result<Vec<Served>, Error> {
    let files = models.iter().filter_map(|wanted| match wanted {
        Wanted::File(files) => Some((**files).clone()),
        Wanted::Servers(_) => None,
    });
    let mut served = open_files(&files.collect::<Vec<_>>(), settings, at_once)?.into_iter();
    let mut all = Vec::with_capacity(models.len());
    for wanted in models {
        all.push(match wanted {
            Wanted::File(_) => served.next().expect("one for each file"),
            Wanted::Servers(addresses) => connect(addresses).await?,
        });
    }
    Ok(all)
}

/// Connects to the servers of a model.
async fn connect(addresses: &[Address]) -> Result<Served, Error> {
    let connected = deliberate_remote::connect(addresses).await?;
    let probes = connected.probes();
    let checks = probes.iter().flat_map(|probe| probe.checks.iter().map(move |check| (&probe.server, check)));
    let failed = checks.filter(|(_, check)| !check.works);
    let warnings = failed.map(|(server, check)| format!("{server}: {check}")).collect();
    let kind = probes[0].kind;
    let model = Backend::from(connected);
    let facts = model.facts();
    let provenance = json!({"model": facts.name, "architecture": facts.architecture, "context": facts.context,
                            "runtime": kind});
    let name = facts.name.clone();
    Ok(Served { model, name, provenance, path: None, warnings, _memory: None })
}

fn open_files(
    models: &[Files],
    settings: &ModelSettings,
    at_once: Option<u32>,
) -> Result<Vec<Served>, Error> {
    let cannot = |file: &ModelFile| {
        let path = file.path.clone();
        move |source| Error::Open { path, source: Box::new(source) }
    };
    let mut planned: Vec<Planned> = Vec::new();
    for Files { file, .. } in models {
        if planned.iter().all(|known| known.file.path != file.path) {
            let adapters = models.iter().filter(|wanted| wanted.file.path == file.path);
            let adapters: Vec<_> = adapters.map(|wanted| wanted.adapter.clone()).collect();
            planned.extend(plan(file, &adapters, settings, at_once).map_err(cannot(file))?);
        }
    }
    let memory = settings.memory.map_or_else(free_memory, |memory| memory.0);
    let slots = slots_for_all(&planned, memory);
    let (budget, turns) = (MemoryBudget::new(memory), Turns::default());
    let mut opened = Vec::new();
    for Planned { file, adapters, runtime, demand } in planned {
        let open = || -> Result<Opened, OpenError> {
            let memory = budget.grant(&MemoryRequest { slots: demand.slots.min(slots), ..demand })?;
            let takes = Settings { slots: Some(memory.slots()), ..settings.takes };
            let serving = Serving { turns: turns.clone(), prefix_cache: settings.prefix_cache };
            let paths = adapters.iter().map(|adapter| adapter.path.clone()).collect();
            Ok(Opened {
                engine: start(&file, paths, runtime, (takes, serving))?,
                fingerprint: file.fingerprint()?,
                file: file.clone(),
                adapters: adapters.clone(),
                runtime,
                memory: Arc::new(memory),
            })
        };
        opened.push(open().map_err(cannot(&file))?);
    }
    let found = |wanted: &Files| opened.iter().find_map(|opened| opened.serve(wanted));
    models.iter().map(|wanted| found(wanted).expect("all of them were planned")).collect()
}

/// An engine and what it runs.
struct Opened {
    file: ModelFile,
    adapters: Vec<ModelFile>,
    engine: Engine,
    fingerprint: String,
    runtime: Runtime,
    memory: Arc<MemoryGrant>,
}

impl Opened {
    /// One of its models; none for another.
    fn serve(&self, wanted: &Files) -> Option<Result<Served, Error>> {
        if self.file.path != wanted.file.path {
            return None;
        }
        let engine = match (&wanted.adapter, self.runtime) {
            (None, Runtime::Native) => self.engine.clone(),
            (Some(adapter), Runtime::Native) => {
                let index = self.adapters.iter().position(|known| known.path == adapter.path)?;
                self.engine.with_adapter(index)?
            }
            #[cfg(feature = "llama")]
            (adapter, Runtime::Llama) if self.adapters.first() == adapter.as_ref() => self.engine.clone(),
            #[cfg(feature = "llama")]
            _ => return None,
        };
        Some(self.served(wanted, engine))
    }

    fn served(&self, Files { file, adapter }: &Files, engine: Engine) -> Result<Served, Error> {
        let facts = engine.facts();
        let mut provenance = json!({"model": file.name, "fingerprint": self.fingerprint,
                                    "architecture": facts.architecture, "context": facts.context,
                                    "runtime": self.runtime});
        let mut name = file.name.clone();
        if let Some(adapter) = adapter {
            provenance["adapter"] = json!({"name": adapter.name, "fingerprint": adapter.fingerprint()?});
            name = format!("{name}+{}", adapter.name);
        }
        let (model, path) = (Backend::Embedded(engine), Some(file.path.clone()));
        let warnings = std::iter::once(file).chain(adapter).flat_map(remarks).collect();
        Ok(Served { model, name, provenance, path, warnings, _memory: Some(Arc::clone(&self.memory)) })
    }
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

/// What is odd about a file that can be read.
fn remarks(file: &ModelFile) -> Vec<String> {
    let remarks = Gguf::open(&file.path).map(|header| header.remarks()).unwrap_or_default();
    remarks.into_iter().map(|remark| format!("model `{}`: {remark}", file.name)).collect()
}

/// The engines that run a file with these adapters (none is the model itself), and the memory that they would like.
fn plan(
    file: &ModelFile,
    wanted: &[Option<ModelFile>],
    settings: &ModelSettings,
    at_once: Option<u32>,
) -> Result<Vec<Planned>, OpenError> {
    let mut adapters: Vec<ModelFile> = Vec::new();
    for adapter in wanted.iter().flatten() {
        if !adapters.contains(adapter) {
            adapters.push(adapter.clone());
        }
    }
    let (runtime, demand) = runtime_for(file, &adapters, settings)?;
    let enough = at_once.map_or(u32::MAX, |at_once| at_once.max(1).saturating_mul(HELD_FOR_EACH));
    // Whoever chose a number gets it.
    let slots = settings.takes.slots.unwrap_or(demand.slots.min(enough));
    let engine = |adapters: Vec<ModelFile>| {
        let demand = MemoryRequest { slots, ..demand.clone() };
        Planned { file: file.clone(), adapters, runtime, demand }
    };
    Ok(match runtime {
        Runtime::Native => vec![engine(adapters)],
        #[cfg(feature = "llama")]
        Runtime::Llama => {
            let itself = wanted.contains(&None).then(Vec::new);
            itself.into_iter().chain(adapters.into_iter().map(|adapter| vec![adapter])).map(engine).collect()
        }
    })
}

/// Which runtime takes a file, and the memory that it would like.
fn runtime_for(
    file: &ModelFile,
    adapters: &[ModelFile],
    settings: &ModelSettings,
) -> Result<(Runtime, MemoryRequest), OpenError> {
    let paths: Vec<PathBuf> = adapters.iter().map(|adapter| adapter.path.clone()).collect();
    let native = || deliberate_native::demand(&file.path, &paths, &settings.takes);
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
        RuntimeChoice::Llama => Err(OpenError::NoLlama),
        _ => match native() {
            Err(error) if error.is_other_kind() => Err(OpenError::NativeAlone(error)),
            demand => Ok((Runtime::Native, demand?)),
        },
    }
}

fn start(
    file: &ModelFile,
    adapters: Vec<PathBuf>,
    runtime: Runtime,
    (takes, serving): (Settings, Serving),
) -> Result<Engine, OpenError> {
    match runtime {
        Runtime::Native => Ok(deliberate_native::open(&file.path, adapters, takes, serving)?),
        #[cfg(feature = "llama")]
        Runtime::Llama => {
            Ok(deliberate_llama::open(&file.path, adapters.into_iter().next(), takes, serving)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ModelOptions;
    use deliberate_models::Models;
    use futures::executor::block_on;

    fn engine(layer: ModelOptions) -> ModelSettings {
        ModelSettings::resolve(layer)
    }

    fn planned(layer: ModelOptions, at_once: Option<u32>) -> MemoryRequest {
        let file = Models::from_env().unwrap().resolve("lab-proposer").unwrap();
        plan(&file, &[None], &engine(layer), at_once).unwrap().remove(0).demand
    }

    #[test]
    fn memory_follows_from_what_the_budget_can_draw_at_once() {
        assert_eq!(planned(ModelOptions::default(), Some(1)).slots, 2);
        assert_eq!(planned(ModelOptions::default(), Some(16)).slots, 32);
        assert_eq!(planned(ModelOptions::default(), Some(10_000)).slots, 256);
        assert_eq!(planned(ModelOptions::default(), None).slots, 256);
        let chosen = ModelOptions { slots: std::num::NonZeroU32::new(7), ..ModelOptions::default() };
        assert_eq!(planned(chosen, Some(1)).slots, 7);
    }

    #[test]
    fn roles_that_are_adapters_of_one_base_share_its_engine() {
        let folder = tempfile::tempdir().unwrap();
        let models = Models::from_env().unwrap();
        let base = models.resolve("lab-proposer").unwrap();
        let shape = deliberate_decoder::ModelFile::open(&base.path).unwrap().shape;
        let adapter = |name: &str| {
            let path = folder.path().join(name);
            let zeros = deliberate_decoder::Adapter::zeros(&shape, 2, 4.0);
            zeros.write_gguf(&path, &shape, deliberate_decoder::Precision::F32).unwrap();
            models.resolve(path.to_str().unwrap()).unwrap()
        };
        let wanted = |adapter: Option<&ModelFile>| {
            Wanted::File(Box::new(Files { file: base.clone(), adapter: adapter.cloned() }))
        };
        let [prm, reviser] = ["prm.gguf", "reviser.gguf"].map(adapter);
        let all = [wanted(None), wanted(Some(&prm)), wanted(Some(&reviser)), wanted(Some(&prm))];
        let served = block_on(open(&all, &engine(ModelOptions::default()), Some(1))).unwrap();
        let names: Vec<String> = served.iter().map(|model| model.name.clone()).collect();
        let expected = ["lab-proposer", "lab-proposer+prm", "lab-proposer+reviser", "lab-proposer+prm"];
        assert_eq!(names, expected);
        let wanted = [None, Some(prm.clone()), Some(reviser), Some(prm)];
        let planned = plan(&base, &wanted, &engine(ModelOptions::default()), None).unwrap();
        assert_eq!(planned.iter().map(|plan| plan.adapters.len()).collect::<Vec<_>>(), [2]);
        assert_eq!(served[1].provenance["adapter"], served[3].provenance["adapter"]);
    }

    #[test]
    fn all_models_of_a_command_fit_one_memory() {
        let models = Models::from_env().unwrap();
        let file = |name: &str| models.resolve(name).unwrap();
        let names = ["lab-proposer", "lab-prm", "lab-proposer-large"];
        let planned: Vec<Planned> = names
            .iter()
            .flat_map(|name| plan(&file(name), &[None], &engine(ModelOptions::default()), None).unwrap())
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
