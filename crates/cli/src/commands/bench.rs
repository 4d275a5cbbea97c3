//! `deliberate bench engine`: the engine against simpler ways to do the same, side by side in one run.
//!
//! Every round measures all sides in turn, so that a busy machine disturbs them alike; ratios are taken within a
//! round, and medians over rounds are reported.

use crate::args::{BenchArgs, BenchSubject, Global};
use crate::exit::bad_input;
use crate::output;
use crate::show::{Table, count, seconds};
#[cfg(feature = "llama")]
use anyhow::Context;
use anyhow::anyhow;
use deliberate::{
    Cast, Loaded, ModelOptions, ModelSettings, Options, RuntimeChoice, Search, SearchOptions, Served,
};
use deliberate_engine::Engine;
use deliberate_lm::{GenerateRequest, LanguageModel, Sampling};
use deliberate_search::Budget;
use serde::Serialize;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Instant;

/// What 64 samples continue: a text without an end, so that all samples are drawn to their full length.
const ENDLESS: &str = "All whole numbers in order, one after the other: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, \
                       14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,";
const QUESTION: &str = "A farmer has 3 fields. Each field has 14 rows of 6 apple trees. A storm breaks 27 trees, and \
                        the farmer plants 40 new ones. How many apple trees are there now?";
const SAMPLES: u32 = 64;
const TOKENS: u32 = 64;

/// One measurement of one side.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Decoding {
    engine_tokens_per_second: f64,
    bare_tokens_per_second: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Searching {
    tokens_evaluated: u64,
    tokens_evaluated_without_cache: u64,
    seconds: f64,
    seconds_without_cache: f64,
    same_answers: bool,
}

pub(crate) fn run(args: BenchArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let BenchSubject::Engine = args.subject;
    let file = Options::read(global.config.as_deref())?;
    // The engine is compared with a bare loop of the same runtime.
    let defaults = ModelOptions {
        context: NonZeroU32::new(1024),
        model: Some("smollm2".to_owned()),
        runtime: Some(RuntimeChoice::Llama),
        ..ModelOptions::default()
    };
    let settings = ModelSettings::resolve(ModelOptions::from(args.engine).over(file.models).over(defaults));
    let runtime = super::runtime()?;
    let (mut decoding, mut searching) = (Vec::new(), Vec::new());
    for round in 0..args.rounds.get() {
        if !global.quiet {
            output::note(format_args!("round {} of {}: decoding", round + 1, args.rounds));
        }
        decoding.push(runtime.block_on(decode(&settings))?);
        if !global.quiet {
            output::note(format_args!("round {} of {}: beam search", round + 1, args.rounds));
        }
        searching.push(runtime.block_on(beam(&settings))?);
    }
    if args.json {
        output::line(serde_json::json!({"decoding": decoding, "searching": searching}))?;
    } else {
        output::data(tables(&decoding, &searching))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// 64 samples of one prompt, through the engine and through a bare llama.cpp loop of the same size.
async fn decode(settings: &ModelSettings) -> anyhow::Result<Decoding> {
    let loaded = Loaded::open(&Cast { settings, searches: &[], questions: 1 }).await?;
    let engine = engine(&loaded.proposer)?;
    let prompt = engine.encode(ENDLESS, false).await?;
    let request = GenerateRequest {
        prompt: prompt.clone().into(),
        seeds: (0..u64::from(SAMPLES)).collect(),
        sampling: Sampling::at(1.0),
        stop: Vec::new(),
        max_tokens: TOKENS,
    };
    let started = Instant::now();
    let generation = engine.generate(request).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let path = loaded.proposer.path.clone().expect("a model that runs here has a file");
    drop(loaded);
    let bare = bare(&path, settings, &prompt)?;
    Ok(Decoding {
        engine_tokens_per_second: generation.usage.decoded as f64 / elapsed,
        bare_tokens_per_second: bare,
    })
}

#[cfg(feature = "llama")]
fn bare(path: &std::path::Path, settings: &ModelSettings, prompt: &[u32]) -> anyhow::Result<f64> {
    let run = deliberate_llama::bare::Run {
        prompt,
        sequences: SAMPLES,
        tokens: TOKENS,
        sampling: Sampling::at(1.0),
    };
    let speed = deliberate_llama::bare::run(path, &settings.takes, &run).context("the bare loop failed")?;
    Ok(speed.overall_per_second())
}

#[cfg(not(feature = "llama"))]
fn bare(_: &std::path::Path, _: &ModelSettings, _: &[u32]) -> anyhow::Result<f64> {
    anyhow::bail!("this build has no llama.cpp to compare with (build with the feature `llama`)")
}

/// Beam search with N = 16 and M = 4 and a process reward read from label tokens, with the prefix cache and without.
/// (The model was not trained for the labels: what is measured is the work, not the answers.)
async fn beam(settings: &ModelSettings) -> anyhow::Result<Searching> {
    let how = Search::resolve(SearchOptions {
        strategy: Some("beam:branching=4".to_owned()),
        budget: Some(Budget::generations(16)),
        verifier: Some("prm:signs".to_owned()),
        prompt: Some("chat".to_owned()),
        max_tokens: NonZeroU32::new(48),
        ..SearchOptions::default()
    })?;
    let mut sides = Vec::new();
    for prefix_cache in [true, false] {
        let settings = &ModelSettings { prefix_cache, ..settings.clone() };
        let deliberate = super::open(how.clone(), settings, 1).await?;
        let started = Instant::now();
        let outcome = deliberate.solve(QUESTION).await?.into_outcome();
        let evaluated = engine(&deliberate.models().proposer)?.metrics().batch_tokens;
        sides.push((evaluated, started.elapsed().as_secs_f64(), outcome.tree));
    }
    let [(with, seconds, tree), (without, seconds_without, again)] =
        <[_; 2]>::try_from(sides).map_err(|_| anyhow::anyhow!("there are two sides"))?;
    Ok(Searching {
        tokens_evaluated: with,
        tokens_evaluated_without_cache: without,
        seconds,
        seconds_without_cache: seconds_without,
        same_answers: tree == again,
    })
}

/// The engine that runs a model.
fn engine(served: &Served) -> anyhow::Result<&Engine> {
    let elsewhere = || anyhow!("`{}` runs on a server: this measures models that run here", served.name);
    served.model.engine().ok_or_else(elsewhere).map_err(bad_input)
}

fn tables(decoding: &[Decoding], searching: &[Searching]) -> String {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let of = |f: fn(&Decoding) -> f64| median(decoding.iter().map(f).collect());
    let mut table = Table::new(["decoding, 64 samples of one prompt × 64 tokens", "tokens/s"]);
    table.row(["through the engine".to_owned(), format!("{:.0}", of(|d| d.engine_tokens_per_second))]);
    table.row(["bare llama.cpp loop".to_owned(), format!("{:.0}", of(|d| d.bare_tokens_per_second))]);
    let ratio = of(|d| d.engine_tokens_per_second / d.bare_tokens_per_second);
    table.row(["ratio".to_owned(), format!("{ratio:.3}")]);
    let decoded = table.to_string();
    let of = |f: fn(&Searching) -> f64| median(searching.iter().map(f).collect());
    let mut table = Table::new(["beam search, N = 16, M = 4, with a PRM", "tokens evaluated", "time"]);
    table.row([
        "prefixes shared".to_owned(),
        count(of(|s| s.tokens_evaluated as f64) as u64),
        seconds(of(|s| s.seconds)),
    ]);
    table.row([
        "everything read again at each step".to_owned(),
        count(of(|s| s.tokens_evaluated_without_cache as f64) as u64),
        seconds(of(|s| s.seconds_without_cache)),
    ]);
    let tokens = of(|s| s.tokens_evaluated as f64 / s.tokens_evaluated_without_cache as f64);
    let time = of(|s| s.seconds / s.seconds_without_cache);
    table.row(["ratio".to_owned(), format!("{tokens:.3}"), format!("{time:.3}")]);
    let same = searching.iter().all(|s| s.same_answers);
    let same = if same { "the same" } else { "a different" };
    format!("{decoded}\n{table}\nboth searches grew {same} tree\n")
}
