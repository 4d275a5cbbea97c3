//! `deliberate solve`: one question, its answer, its support and its bill.

use crate::args::{Global, SolveArgs};
use crate::config::{EngineSettings, FileLayer, Search};
use crate::exit::{INTERRUPTED, NO_ANSWER, bad_input};
use crate::interrupt::Interrupt;
use crate::progress::{SearchProgress, Speed};
use crate::session::Loaded;
use crate::show;
use anyhow::{Context, anyhow};
use deliberate_search::{Ended, Outcome, Settings, search};
use deliberate_text::{Domain, Trace};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: SolveArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let file = FileLayer::read(global.config.as_deref())?;
    let settings = Search::resolve(args.search.over(file.search))?;
    let engine = EngineSettings::resolve(args.engine.over(file.engine));
    let question = question(args.question)?;
    let loaded = Loaded::open(&engine)?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let domain = loaded.domain(&settings).await?;
        let outcome = solve(&loaded, &domain, &question, &settings, &interrupt, global).await?;
        let described = json!({"search": settings, "model": loaded.provenance()});
        if let Some(path) = &args.trace {
            write_trace(path, &show::tree_file(&question, &outcome, &described))?;
        }
        if args.json {
            println!("{}", serde_json::to_string(&show::solved(&question, &outcome, &described))?);
        } else {
            print(&outcome, &settings, args.tree);
        }
        if let Ended::Failed { role, failure } = &outcome.ended {
            eprintln!("the {role} failed: {failure}");
            return Ok(ExitCode::FAILURE);
        }
        Ok(if interrupt.pressed() {
            INTERRUPTED.into()
        } else if outcome.choice.node.is_none() {
            NO_ANSWER.into()
        } else {
            ExitCode::SUCCESS
        })
    })
}

/// Searches for the answer to one question.
pub(crate) async fn solve(
    loaded: &Loaded,
    domain: &Domain<deliberate_engine::Engine>,
    question: &str,
    settings: &Search,
    interrupt: &Interrupt,
    global: &Global,
) -> anyhow::Result<Outcome<Trace>> {
    let root = domain.root(question).await.map_err(bad_input)?;
    let mut progress = SearchProgress::new(global);
    let _speed = Speed::watch(&loaded.engine, progress.bar());
    let mut strategy = settings.strategy.build()?;
    let mut how = Settings::new(settings.budget, settings.seed);
    how.cancel = Some(interrupt.signal.clone());
    Ok(search(root, &mut *strategy, &domain.roles(), how, &mut progress).await?)
}

/// The answer and what it rests on.
pub(crate) fn print(outcome: &Outcome<Trace>, settings: &Search, tree: bool) {
    let selection = settings.selection();
    if tree {
        println!("{}", show::tree(outcome, selection.aggregation));
    }
    match outcome.answer() {
        Some(state) => {
            println!("{}\n", show::printable(state.text().trim()));
            println!(
                "answer   {}",
                state.answer().map_or("(the solution states none)".to_owned(), show::one_line)
            );
        }
        None => println!("no answer: {}", why_none(outcome)),
    }
    println!("support  {}", indent(&show::support(outcome, selection.rule)));
    println!("bill     {}", indent(&show::bill(&outcome.ledger, outcome.saved())));
    if outcome.ended == Ended::Cancelled {
        println!("         interrupted: this is the best so far");
    }
}

fn why_none(outcome: &Outcome<Trace>) -> &'static str {
    match outcome.ended {
        Ended::Budget => "the budget ended before any solution was complete (raise --budget)",
        Ended::Cancelled => "interrupted before any solution was complete",
        Ended::Failed { .. } => "a role failed",
        Ended::Stopped(_) => "no solution came to its end (raise --max-tokens)",
    }
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n         ")
}

fn question(given: Option<String>) -> anyhow::Result<String> {
    let text = match given {
        Some(text) if text != "-" => text,
        _ => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read the question from standard input")
                .map_err(bad_input)?;
            text
        }
    };
    let text = text.trim().to_owned();
    if text.is_empty() { Err(bad_input(anyhow!("the question is empty"))) } else { Ok(text) }
}

fn write_trace(path: &Path, tree: &Value) -> anyhow::Result<()> {
    let text = serde_json::to_vec_pretty(tree)?;
    std::fs::write(path, text).with_context(|| format!("cannot write the trace `{}`", path.display()))
}
