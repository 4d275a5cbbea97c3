//! `deliberate calibrate`: what pays for which question, learnt from data.

use super::command;
use super::outcome::{conclude, unusable};
use crate::args::{CalibrateArgs, Global};
use crate::config::settle_for_grid;
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::note;
use crate::progress::searches;
use anyhow::{Context, anyhow};
use deliberate::{Backend, Cast, Loaded, ModelSettings, Search, SearchOptions, Usual};
use deliberate_family::Scale;
use deliberate_lab::{Split, generate_set};
use deliberate_lm::{LanguageModel, Sampling};
use deliberate_policy::{Pool, Portion};
use deliberate_run::{Dataset, Folder, Question};
use deliberate_study::{Bench, Evidence, Grid, Larger, Source, Study, StudyError, Watch};
use deliberate_text::{Domain, VerifierSpec};
use indicatif::ProgressBar;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const DEMO: &str = include_str!("../../../study/grids/demo.toml");
const FULL: &str = include_str!("../../../study/grids/full.toml");

/// Questions of the lab where nobody says how many: with the small grid, and with the full one.
const LAB_QUESTIONS: [usize; 2] = [100, 500];

/// Failed searches that are named, at most.
const FAILURES_SHOWN: usize = 5;

pub(crate) fn run(args: CalibrateArgs, global: &Global) -> anyhow::Result<ExitCode> {
    args.check()?;
    match &args.replay {
        Some(path) => replay(path, &args),
        None => calibrate(args, global),
    }
}

/// Recorded samples: no model is asked anything.
fn replay(path: &Path, args: &CalibrateArgs) -> anyhow::Result<ExitCode> {
    let pool = Pool::read(path).map_err(bad_input)?;
    for remark in pool.remarks() {
        note(remark);
    }
    let verifier = match (&args.replay_verifier, pool.verifiers.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => only.clone(),
        (None, several) => {
            return Err(bad_input(anyhow!(
                "name the verifier whose scores count with --replay-verifier: {}",
                several.join(", ")
            )));
        }
    };
    let name = stem(path);
    let directory = args
        .run_directory
        .clone()
        .unwrap_or_else(|| PathBuf::from("runs").join(format!("replay-{name}-{verifier}")));
    let seed = args.search.seed.unwrap_or(0);
    let evidence = Evidence::replayed(&pool, &verifier, args.only).map_err(bad_input)?;
    let configuration =
        json!({"replay": {"sha256": pool.sha256, "verifier": verifier, "only": args.only}, "seed": seed});
    let folder = Folder::open(&directory, &configuration).map_err(|error| unusable(error, &directory))?;
    let source = Source {
        proposer: format!("recorded in {name}"),
        verifier,
        dataset: name,
        sha256: pool.sha256,
        seed,
        command: command(),
        only: args.only,
    };
    Evidence::keep_samples(&folder, path)?;
    evidence.write(&folder, &source)?;
    conclude(&folder, &evidence, &source, args.fit)
}

/// Tells what speaks against believing the verifiers.
fn warn_of_doubts(domains: [Option<&Domain<Backend>>; 3]) {
    let doubts = domains.into_iter().flatten().filter_map(|domain| domain.doubt().map(str::to_owned));
    super::warn(&doubts.collect::<Vec<_>>());
}

/// Searches for real.
fn calibrate(args: CalibrateArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let usual = if args.dataset.is_some() { Usual::Base } else { Usual::Bundled };
    let layer = settle_for_grid(global.config.as_deref(), args.search, args.engine, usual)?;
    let grid = grid(args.grid.as_deref(), args.full)?;
    let revises = grid.arms().map_err(bad_input)?.iter().any(|arm| arm.strategy.needs().reviser);
    let [search, revision] = ["best-of-n", "revisions"].map(|strategy| settings(&layer.search, strategy));
    let (search, revision) = (search?, revision?);
    let greedy = Search { sampling: Sampling::at(0.0), ..settings(&layer.search, "majority")? };
    let engine = ModelSettings::resolve(layer.models);
    let asked =
        Asked::gather(args.dataset.as_deref(), args.questions.map(Into::into), args.full, search.seed)?
            .only(args.only);
    let path =
        args.run_directory.unwrap_or_else(|| PathBuf::from("runs").join(format!("calibrate-{}", asked.name)));
    let asking = if revises { vec![&search, &revision] } else { vec![&search] };
    // One memory for all: the models of the study, the larger proposer, the verifier to compare with.
    let larger = args
        .larger_model
        .or(layer.larger_model)
        .map(|model| ModelSettings { model: Some(model), ..engine.clone() });
    let model = args.compare_verifier_model;
    let compared = args.compare_verifier.map(|verifier| comparing(verifier, model, &engine, &search));
    let compared = compared.transpose()?;
    let (greedily, scoring) = ([&greedy], compared.as_ref().map(|(_, _, search)| [search]));
    let mut casts = vec![cast(&engine, asking.as_slice())];
    casts.extend(larger.as_ref().map(|settings| cast(settings, &greedily)));
    casts.extend(compared.iter().zip(&scoring).map(|((settings, ..), searches)| cast(settings, searches)));
    super::models::fetch_default(&engine, global)?;
    let runtime = super::runtime()?;
    let opened = runtime.block_on(Loaded::open_all(&casts))?;
    super::warn(&opened.iter().flat_map(Loaded::warnings).collect::<Vec<_>>());
    let mut opened = opened.into_iter();
    let loaded = opened.next().expect("the first cast is always there");
    let large = larger.as_ref().and_then(|_| opened.next());
    let other =
        compared.as_ref().and_then(|(_, name, search)| Some((opened.next()?, name.clone(), search.clone())));
    // Questions and grid may grow from one start to the next.
    let models = json!({
        "search": loaded.provenance(&search),
        "revision": revises.then(|| loaded.provenance(&revision)),
    });
    let configuration = json!({
        "dataset": {"name": asked.name, "path": args.dataset},
        "search": search,
        "models": models,
        "engine": engine,
        "seeds": "by question",
    });
    let mut study = Study::open(&path, &configuration).map_err(|error| unusable(error, &path))?;
    let larger = runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let domain = loaded.domain(&search).await?;
        let revising = if revises { Some(loaded.domain(&revision).await?) } else { None };
        let other = match &other {
            Some((loaded, name, search)) => Some((name.as_str(), loaded.domain(search).await?)),
            None => None,
        };
        warn_of_doubts([Some(&domain), revising.as_ref(), other.as_ref().map(|(_, domain)| domain)]);
        let bench = Bench {
            search: &domain,
            revision: revising.as_ref(),
            compared: other.as_ref().map(|(name, domain)| (*name, domain)),
            seed: search.seed,
            concurrency: args.concurrency.get(),
            cancel: Some(interrupt.signal.clone()),
        };
        let mut watch = Shown { bar: searches(global), failures: 0 };
        let complete = study.sweep(&grid, &asked.questions, &bench, &mut watch).await.map_err(asked_wrong)?;
        watch.bar.finish_and_clear();
        if !complete {
            return anyhow::Ok(None);
        }
        let Some(large) = &large else { return Ok(Some(None)) };
        let configuration = json!({"search": greedy, "models": large.provenance(&greedy)});
        let folder = path.join("larger");
        let mut answers = Study::open(&folder, &configuration).map_err(|error| unusable(error, &folder))?;
        let domain = large.domain(&greedy).await?;
        let bench = Bench { search: &domain, revision: None, compared: None, ..bench };
        if !answers.sweep(&Grid::once(), &asked.questions, &bench, &mut watch).await? {
            return Ok(None);
        }
        let scale = parameters(large) / parameters(&loaded);
        Ok(Some(Some(Larger::of(&answers, &asked.questions, scale)?)))
    })?;
    let Some(larger) = larger else {
        note(format_args!("interrupted; run the same command again to go on in `{}`", path.display()));
        return Ok(INTERRUPTED.into());
    };
    let verifier = search.verifier.to_string();
    study.export(&asked.questions, grid.samples.get(), &verifier)?;
    let pool = Pool::read(&path.join("samples.jsonl"))?;
    let evidence = Evidence::of(&study, &grid, &asked.questions, (&pool, &verifier), larger)?;
    let source = Source {
        proposer: loaded.proposer.name.clone(),
        verifier,
        dataset: asked.name,
        sha256: pool.sha256,
        seed: search.seed,
        command: command(),
        only: args.only,
    };
    evidence.write(study.folder(), &source)?;
    conclude(study.folder(), &evidence, &source, args.fit)
}

/// Another verifier to compare with: its models, its name, and how it is asked.
fn comparing(
    verifier: VerifierSpec,
    model: Option<String>,
    engine: &ModelSettings,
    search: &Search,
) -> anyhow::Result<(ModelSettings, String, Search)> {
    if verifier == VerifierSpec::None {
        return Err(bad_input(anyhow!("`none` scores nothing to compare")));
    }
    let name = model.as_ref().map_or(verifier.to_string(), |model| format!("{verifier} of {model}"));
    let verifier_model = model.or_else(|| engine.verifier_model.clone());
    let engine = ModelSettings { verifier_model, ..engine.clone() };
    Ok((engine, name, Search { verifier, ..search.clone() }))
}

/// What a grid draws at once is bounded by slots alone.
fn cast<'a>(settings: &'a ModelSettings, searches: &'a [&'a Search]) -> Cast<'a> {
    Cast { settings, searches, questions: usize::MAX }
}

/// Parameters of a proposer.
fn parameters(loaded: &Loaded) -> f64 {
    loaded.proposer.model.facts().architecture.unwrap_or_default().parameters as f64
}

/// Tells what the user can mend from what went wrong on the way.
fn asked_wrong(error: StudyError) -> anyhow::Error {
    match error {
        StudyError::NoAnswer { .. } | StudyError::NoReviser { .. } | StudyError::Changed { .. } => {
            bad_input(error)
        }
        error => error.into(),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or("dataset".into(), |stem| stem.to_string_lossy().into_owned())
}

fn grid(named: Option<&Path>, full: bool) -> anyhow::Result<Grid> {
    let Some(path) = named else {
        return Ok(
            Grid::parse(if full { FULL } else { DEMO }).expect("a test reads the grids of the project")
        );
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(bad_input)?;
    Grid::parse(&text).with_context(|| format!("cannot use the grid `{}`", path.display())).map_err(bad_input)
}

/// How a strategy of the grid is run.
fn settings(layer: &SearchOptions, strategy: &str) -> anyhow::Result<Search> {
    Ok(Search::resolve(SearchOptions { strategy: Some(strategy.to_owned()), ..layer.clone() })?)
}

/// The questions, and what to call them.
struct Asked {
    name: String,
    questions: Vec<Question>,
}

impl Asked {
    fn gather(dataset: Option<&Path>, count: Option<usize>, full: bool, seed: u64) -> anyhow::Result<Self> {
        if let Some(path) = dataset {
            let read = Dataset::read(path, count, false).map_err(bad_input)?;
            note(&read);
            return Ok(Self { name: stem(path), questions: read.questions });
        }
        let count = count.unwrap_or(LAB_QUESTIONS[usize::from(full)]);
        let questions =
            generate_set(&Scale::Full.plan().lab().map_err(bad_input)?.questions, Split::Test, seed, count)?;
        let asked = |question: deliberate_lab::Question| Question {
            id: question.id,
            problem: question.problem,
            answer: Some(question.answer),
        };
        Ok(Self { name: "lab".to_owned(), questions: questions.into_iter().map(asked).collect() })
    }

    fn only(mut self, part: Option<Portion>) -> Self {
        self.questions.retain(|question| part.is_none_or(|part| Portion::of(&question.id) == part));
        self
    }
}

/// Progress on the terminal.
struct Shown {
    bar: ProgressBar,
    failures: usize,
}

impl Watch for Shown {
    fn at(&mut self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    fn failed(&mut self, question: &str, arm: &str, reason: &str) {
        self.failures += 1;
        if self.failures <= FAILURES_SHOWN {
            self.bar.suspend(|| note(format_args!("`{arm}` on question `{question}` failed: {reason}")));
        }
    }
}
