//! What a reviser should learn from: how many right attempts it is shown and gives again (`kept`), how many samples its
//! trajectories are put together from, and whether attempts at *this* question matter at all.

use crate::bench::{Bench, Watch, number, percent};
use deliberate_engine::Engine;
use deliberate_family::measure::{Extent, Revisions, difference, mean, measure_revisions};
use deliberate_family::{Learning, Plan, Start, Task, Words, Workshop, domain, serve};
use deliberate_lab::Split;
use deliberate_run::Interval;
use deliberate_search::{Draw, Expansion, Reach, mix, question_seed};
use deliberate_text::{Domain, Prompt, PromptKind, Trace};
use deliberate_train::gather::{Asked, Sampled, Solution};
use deliberate_train::{Device, Example, recipes};
use futures::executor::block_on;
use futures::{StreamExt, stream};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Samples of a training question.
const SAMPLES: u32 = 64;

/// One way to train a reviser.
struct Variant {
    name: &'static str,
    kept: f64,
    samples: usize,
    /// Whether the wrong attempts shown are another question's: the control.
    foreign: bool,
}

const VARIANTS: [Variant; 5] = [
    Variant { name: "kept-0.4", kept: 0.4, samples: 16, foreign: false },
    Variant { name: "kept-0", kept: 0.0, samples: 16, foreign: false },
    Variant { name: "kept-0.1", kept: 0.1, samples: 16, foreign: false },
    Variant { name: "kept-0.1-of-64", kept: 0.1, samples: 64, foreign: false },
    Variant { name: "kept-0-foreign", kept: 0.0, samples: 16, foreign: true },
];

pub(crate) fn run(bench: &Bench) -> Result<(), Box<dyn Error>> {
    let words = Bench::words()?;
    let sampled = bench.samples(&bench.learnt()?, SAMPLES)?;
    println!("{HEAD}");
    report(bench, "bundled", &Bench::model("reviser"))?;
    for variant in &VARIANTS {
        let file = train(bench, &words, &sampled, variant)?;
        report(bench, variant.name, &file)?;
    }
    Ok(())
}

/// Trains a variant from the bundled proposer; gives the model's file.
fn train(
    bench: &Bench,
    words: &Words,
    sampled: &[Sampled],
    variant: &Variant,
) -> Result<PathBuf, Box<dyn Error>> {
    let mut plan = bench.plan.clone();
    let reviser = plan.method.reviser.as_mut().ok_or("the plan makes no reviser")?;
    reviser.tokens = Some(bench.extent.tokens);
    let learning = *reviser;
    plan.method.revisions.kept = variant.kept;
    plan.method.held_out = 2;
    let folder = bench.folder.join(variant.name);
    let engine = serve(&Bench::model("proposer"))?;
    let prompt = Prompt::load_for("revise-lab", PromptKind::Revise)?;
    let mut rows = Vec::new();
    for (index, question) in sampled.iter().enumerate() {
        let other = &sampled[(index + 1) % sampled.len()];
        let shown = shown(question, if variant.foreign { other } else { question }, variant.samples);
        rows.push(block_on(recipes::revisions(
            &shown,
            &prompt,
            &engine,
            words.end(),
            &plan.method.revisions,
        ))?);
    }
    learn(&plan, &learning, rows, &folder)?;
    Ok(folder.join("reviser/reviser.gguf"))
}

/// The first samples of a question: its right ones, and the wrong ones of the question that is shown.
fn shown(question: &Sampled, wrong: &Sampled, samples: usize) -> Sampled {
    let of = |from: &Sampled, right: bool| -> Vec<Solution> {
        from.iter().take(samples).filter(|solution| solution.right == right).cloned().collect()
    };
    let solutions = [of(question, true), of(wrong, false)].concat();
    Sampled { question: question.question.clone(), solutions }
}

fn learn(
    plan: &Plan,
    learning: &Learning,
    rows: Vec<Vec<Example>>,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let (device, mut watch) = (Device::Cpu, Watch::new("reviser"));
    let mut workshop = Workshop::open(plan, folder, &device, &mut watch)?;
    workshop.adopt("proposer", &Bench::model("proposer"))?;
    let task = Task {
        name: "reviser",
        role: "a variant of the reviser",
        shape: workshop.judging(),
        learning,
        start: Start::From("proposer"),
    };
    Ok(workshop.copy(task, rows)?)
}

const HEAD: &str = "reviser | right along the chain, % | spoilt, % | mended, % | different solutions of 8: a chain, samples \
    | chain minus samples: majority, ORM (points) | right after one wrong attempt at this question, at another one, \
    after none; this minus another";

/// Measures a reviser on development questions, and prints its row.
fn report(bench: &Bench, name: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let folder = bench.folder.join(format!("{name}-measured"));
    {
        let (device, mut watch) = (Device::Cpu, Watch::new(name));
        let workshop = Workshop::open(&bench.plan, &folder, &device, &mut watch)?;
        workshop.adopt("reviser", file)?;
        for model in ["proposer", "orm", "revision-orm"] {
            workshop.adopt(model, &Bench::model(model))?;
        }
    }
    let extent = Extent {
        split: Split::Validation,
        questions: bench.extent.questions,
        samples: 16,
        chains: (2, 8),
        rollouts: (0, 0),
        seed: Bench::seed(),
    };
    let mut plan = bench.plan.clone();
    plan.method.revision_rest_em = None;
    let measured = measure_revisions(&plan, &folder, &extent, &mut Watch::new(name))?;
    let context = context(bench, file)?;
    println!("{}", row(name, &measured, &context));
    Ok(())
}

fn row(name: &str, measured: &Revisions, context: &[Interval; 4]) -> String {
    let along = &measured.along[0];
    let curve: Vec<String> = along.pass_at_1.iter().map(|at| format!("{:.1}", at.value * 100.0)).collect();
    let first = percent(along.pass_at_1[0]);
    let context: Vec<String> = context.iter().copied().map(percent).collect();
    format!(
        "{name} | {} (first {first}) | {} | {} | {}, {} | {}, {} | {}",
        curve.join(" "),
        percent(along.spoilt),
        percent(along.righted),
        number(along.distinct, 2),
        number(measured.distinct_parallel, 2),
        percent(measured.majority[2]),
        percent(measured.weighted[2]),
        context.join(", "),
    )
}

/// How often the reviser is right after one wrong attempt at this question, after one at another question, after none, and
/// the difference of the first two. Over questions that the proposer got wrong once at least.
fn context(bench: &Bench, file: &Path) -> Result<[Interval; 4], Box<dyn Error>> {
    let asked: Vec<Asked> = bench.measured()?.iter().map(deliberate_family::asked).collect();
    let sampled = bench.samples(&asked, 16)?;
    let wrong = |one: &Sampled| one.iter().find(|s| s.answered && !s.right).map(|s| s.trace.clone());
    let wrong: Vec<(&Asked, Trace)> =
        asked.iter().zip(&sampled).filter_map(|(asked, one)| Some((asked, wrong(one)?))).collect();
    let engine = serve(file)?;
    let domain = domain(&engine, bench.plan.method.temperature)?;
    let after = |foreign: usize, shown: bool| -> Result<Vec<f64>, Box<dyn Error>> {
        let (domain, engine, wrong) = (&domain, &engine, &wrong);
        let draws = (0..wrong.len()).map(move |at| {
            let attempt = shown.then_some(&wrong[(at + foreign) % wrong.len()].1);
            right_after(domain, engine, wrong[at].0, attempt)
        });
        block_on(stream::iter(draws).buffered(48).collect::<Vec<_>>()).into_iter().collect()
    };
    let (own, other, none) = (after(0, true)?, after(1, true)?, after(0, false)?);
    let seed = Bench::seed();
    Ok([mean(&own, seed), mean(&other, seed), mean(&none, seed), difference(&own, &other, seed)])
}

/// Share of right answers of eight draws after an attempt.
async fn right_after(
    domain: &Domain<Engine>,
    engine: &Engine,
    question: &Asked,
    attempt: Option<&Trace>,
) -> Result<f64, Box<dyn Error>> {
    let plain = domain.root(&question.problem).await?;
    let root = match attempt {
        None => plain,
        Some(attempt) => {
            let prompt = Prompt::load_for("revise-lab", PromptKind::Revise)?;
            let shown = prompt.show_attempts([attempt.text()]);
            let values = [("question", question.problem.as_str()), ("attempts", &shown), ("critique", "")];
            let tokens = prompt.encode(engine, &values).await?;
            Trace::root(question.problem.as_str(), plain.question_tokens(), tokens)
        }
    };
    let seeds = (0..8).map(|draw| mix(question_seed(Bench::seed() + 1, &question.id), draw)).collect();
    let batch = [Expansion { state: &root, seeds, reach: Reach::End, draw: Draw::Sample, limit: None }];
    let drawn = domain.roles().proposer.propose(&batch).await?;
    let right = drawn.drawn.iter().flatten().flatten().filter(|proposal| question.right(&proposal.state));
    Ok(right.count() as f64 / 8.0)
}
