//! PRM against ORM as the paper trains them (appendices D and F): on the same solutions, the one from Monte-Carlo rollouts
//! at the end of every step, the other from outcomes; as many parameters, as many tokens.

use crate::bench::{Bench, Watch, number, percent};
use deliberate_family::measure::{aggregated, area, difference, mean, right_among};
use deliberate_family::{Start, Task, Workshop, asked, domain, serve, verifier};
use deliberate_lab::{Question, judge};
use deliberate_run::bootstrap;
use deliberate_search::{Aggregation, Rule};
use deliberate_text::Trace;
use deliberate_train::gather::{
    Asked, Returns, ReturnsPlan, Sampled, Scores, Solution, estimate_returns, score_solutions,
};
use deliberate_train::{Device, Example, recipes};
use futures::executor::block_on;
use std::error::Error;

/// Solutions of each training question, and rollouts from the end of each of their steps.
const SOLUTIONS: u32 = 4;
const ROLLOUTS: u32 = 4;

/// Samples of a training question (those of the revisers), and of a development question.
const LEARNT: u32 = 64;
const SAMPLES: u32 = 64;

pub(crate) fn run(bench: &Bench) -> Result<(), Box<dyn Error>> {
    let questions = bench.learnt()?;
    let sampled = bench.samples(&questions, LEARNT)?;
    train(bench, &sampled, &returns(bench, &questions, &sampled)?)?;

    let questions = bench.measured()?;
    let asked: Vec<Asked> = questions.iter().map(asked).collect();
    let sampled = bench.samples(&asked, SAMPLES)?;
    let [prm, orm] = ["prm", "orm"].map(|model| scores(bench, model, &asked, &sampled));
    let (prm, orm) = (prm?, orm?);
    compare(&sampled, &prm, &orm);
    for (name, scores) in [("PRM", &prm), ("ORM", &orm)] {
        let [steps, answers] = areas(&questions, &sampled, scores);
        println!("{name} | area: in reach after this step? {steps} | is the answer right? {answers}");
    }
    Ok(())
}

/// Returns of the first answered solutions of each question.
fn returns(bench: &Bench, questions: &[Asked], sampled: &[Sampled]) -> Result<Vec<Returns>, Box<dyn Error>> {
    let plan = ReturnsPlan {
        solutions: SOLUTIONS,
        rollouts: ROLLOUTS,
        seed: Bench::seed(),
        concurrency: bench.plan.method.returns.concurrency,
    };
    let engine = serve(&Bench::model("proposer"))?;
    let domain = domain(&engine, bench.plan.method.temperature)?;
    let file = bench.folder.join(format!("returns-{}.jsonl", questions.len()));
    let mut watch = Watch::new("returns");
    Ok(block_on(estimate_returns(&domain, questions, sampled, &plan, &file, &mut watch))?)
}

/// Both verifiers, from the same solutions.
fn train(bench: &Bench, sampled: &[Sampled], returns: &[Returns]) -> Result<(), Box<dyn Error>> {
    let mut plan = bench.plan.clone();
    let prm = plan.method.prm.as_mut().ok_or("the plan makes no PRM")?;
    prm.tokens = Some(bench.extent.tokens);
    let learning = *prm;
    let words = Bench::words()?;
    let labels = words.labels();
    let rows = sampled.iter().zip(returns);
    let prm = |(sampled, question): (&Sampled, &Returns)| -> Vec<Example> {
        let pass = sampled.pass_at_1() as f32;
        let valued = question.solutions.iter().filter(|valued| !valued.returns.is_empty());
        valued.map(|valued| recipes::steps(valued, pass, labels)).collect()
    };
    let orm = |(sampled, question): (&Sampled, &Returns)| -> Vec<Example> {
        recipes::outcomes(sampled.iter(), question.solutions.len(), labels)
    };
    let lessons = [("prm", rows.clone().map(prm).collect()), ("orm", rows.map(orm).collect())];
    let (device, mut watch) = (Device::Cpu, Watch::new("verifiers"));
    let folder = bench.folder.join("verifiers");
    let mut workshop = Workshop::open(&plan, &folder, &device, &mut watch)?;
    workshop.adopt("proposer", &Bench::model("proposer"))?;
    for (name, rows) in lessons {
        let (role, shape) = ("a verifier for comparison", workshop.judging());
        let task = Task { name, role, shape, learning: &learning, start: Start::From("proposer") };
        workshop.copy(task, rows)?;
    }
    Ok(())
}

/// Scores at the end of every step; an ORM's say there whether the answer will be right, too.
fn scores(
    bench: &Bench,
    model: &str,
    asked: &[Asked],
    sampled: &[Sampled],
) -> Result<Vec<Scores>, Box<dyn Error>> {
    let solutions: Vec<(&Asked, Vec<&Trace>)> = asked
        .iter()
        .zip(sampled)
        .map(|(asked, one)| (asked, one.iter().map(|solution| &solution.trace).collect()))
        .collect();
    let folder = bench.folder.join("verifiers");
    let engine = serve(&folder.join(model).join(format!("{model}.gguf")))?;
    let verifier = block_on(verifier(&engine, "prm:signs"))?;
    let file = folder.join(format!("{model}-scores-{}.jsonl", asked.len()));
    let (concurrency, mut watch) = (bench.plan.method.returns.concurrency, Watch::new(model));
    Ok(block_on(score_solutions(&*verifier, &solutions, concurrency, &file, &mut watch))?)
}

/// Best-of-N weighted (and without a vote) by both, at every power of two.
fn compare(sampled: &[Sampled], prm: &[Scores], orm: &[Scores]) {
    let seed = Bench::seed();
    println!("rule | N | PRM, % | ORM, % | PRM minus ORM, points");
    for (name, rule) in [("weighted", Rule::Weighted), ("best", Rule::Best)] {
        for n in [1, 2, 4, 8, 16, 32, 64] {
            let right = |scores: &[Scores]| -> Vec<f64> {
                let of_question = |(one, scores): (&Sampled, &Scores)| {
                    let solutions: Vec<&Solution> = one.iter().collect();
                    right_among(&solutions, &aggregated(&scores.scores, Aggregation::Last), rule, n)
                };
                sampled.iter().zip(scores).map(of_question).collect()
            };
            let (one, other) = (right(prm), right(orm));
            let [prm, orm] = [&one, &other].map(|right| percent(mean(right, seed)));
            println!("{name} | {n} | {prm} | {orm} | {}", percent(difference(&one, &other, seed)));
        }
    }
}

/// Areas under the curve, with intervals over questions: of step scores against the oracle, of last scores against answers.
fn areas(questions: &[Question], sampled: &[Sampled], scores: &[Scores]) -> [String; 2] {
    let (mut steps, mut answers) = (Vec::new(), Vec::new());
    for ((question, one), scores) in questions.iter().zip(sampled).zip(scores) {
        let (mut of_steps, mut of_answers) = (Vec::new(), Vec::new());
        for (solution, scores) in one.iter().zip(&scores.scores).take(16) {
            let Ok(judged) = judge(question, solution.trace.text()) else { continue };
            of_steps.extend(scores.iter().zip(judged).map(|(score, truth)| (*score, truth.reachable)));
            of_answers.extend(scores.last().map(|score| (*score, solution.right)));
        }
        steps.push(of_steps);
        answers.push(of_answers);
    }
    [steps, answers].map(|items| {
        let over = |drawn: &[usize]| {
            let some: Vec<(f64, bool)> = drawn.iter().flat_map(|&at| items[at].iter().copied()).collect();
            area(&some).unwrap_or(f64::NAN)
        };
        bootstrap(items.len(), 300, Bench::seed(), over).map_or("–".to_owned(), |area| number(area, 4))
    })
}
