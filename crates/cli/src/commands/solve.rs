//! `deliberate solve`: one question, its answer, its support and its bill.

use crate::args::{Global, SolveArgs};
use crate::config::{EngineSettings, FileLayer, Search};
use crate::exit::{INTERRUPTED, NO_ANSWER, bad_input};
use crate::interrupt::Interrupt;
use crate::output;
use crate::progress::{SearchProgress, Speed};
use crate::session::{Cast, Loaded, search_settings};
use crate::show;
use anyhow::{Context, anyhow};
use deliberate_policy::Reasons;
use deliberate_report::tree_page;
use deliberate_search::{Ended, Outcome, search};
use deliberate_study::tree_view;
use deliberate_text::{Domain, Trace};
use serde_json::json;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: SolveArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let layer = FileLayer::settle(global.config.as_deref(), args.search, args.engine)?;
    let settings = Search::resolve(layer.search)?;
    let engine = EngineSettings::resolve(layer.engine);
    let question = question(args.question)?;
    for path in [&args.trace, &args.svg, &args.html].into_iter().flatten() {
        can_write(path)?;
    }
    let loaded = Loaded::open(&Cast { settings: &engine, searches: &[&settings], questions: 1 })?;
    loaded.check(&settings)?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen();
        let domain = loaded.domain(&settings).await?;
        let outcome = solve(&loaded, &domain, &question, &settings, &interrupt, global).await?;
        let described = json!({"search": settings, "models": loaded.provenance(&settings)});
        if let Some(path) = &args.trace {
            let tree = show::tree_file(&question, &outcome, &described);
            write(path, &serde_json::to_vec_pretty(&tree)?)?;
        }
        if let Some(path) = &args.svg {
            write(path, show::svg(&question, &outcome, settings.selection().aggregation).as_bytes())?;
        }
        if let Some(path) = &args.html {
            let name = settings.way();
            let view = tree_view(&question, None, &name, &outcome, settings.selection().aggregation);
            write(path, tree_page(&show::one_line(&question), &[view]).as_bytes())?;
        }
        if args.json {
            output::line(serde_json::to_string(&show::solved(&question, &outcome, &described))?)?;
        } else {
            print(&outcome, &settings, args.tree)?;
        }
        if let Some(failure) = outcome.ended.failure() {
            output::note(failure);
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
    let _speed = Speed::watch(&loaded.proposer.engine, progress.bar());
    let reasons = Reasons::default();
    let mut strategy = settings.decider(&reasons)?;
    let mut how = search_settings(settings);
    how.cancel = Some(interrupt.signal.clone());
    let outcome = search(root, &mut *strategy, &domain.roles(), how, &mut progress).await?;
    drop(progress);
    if !global.quiet {
        reasons.all().into_iter().for_each(|reason| output::note(format_args!("policy: {reason}")));
    }
    Ok(outcome)
}

/// The answer and what it rests on.
pub(crate) fn print(outcome: &Outcome<Trace>, settings: &Search, tree: bool) -> anyhow::Result<()> {
    let selection = settings.selection();
    if tree {
        output::line(show::tree(outcome, selection.aggregation))?;
    }
    match outcome.answer() {
        Some(state) => {
            output::line(format_args!("{}\n", show::printable(state.text().trim())))?;
            let answer = state.answer().map_or("(the solution states none)".to_owned(), show::one_line);
            output::line(format_args!("answer   {answer}"))?;
        }
        None => output::line(format_args!("no answer: {}", why_none(outcome)))?,
    }
    output::line(format_args!("support  {}", indent(&show::support(outcome, selection.rule))))?;
    let bill = show::bill(&outcome.ledger, outcome.saved(), show::Time::InTurn);
    output::line(format_args!("bill     {}", indent(&bill)))?;
    if outcome.ended == Ended::Cancelled {
        output::line("         interrupted: this is the best so far")?;
    }
    Ok(())
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
            if std::io::stdin().is_terminal() {
                output::note("type the question, then press Ctrl-D on a line of its own");
            }
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read the question from standard input")
                .map_err(bad_input)?;
            text
        }
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        Err(bad_input(anyhow!("the question is empty (give it as an argument or on standard input)")))
    } else {
        Ok(text)
    }
}

/// Fails before anything is computed if a file could not be written; changes nothing.
fn can_write(path: &Path) -> anyhow::Result<()> {
    let existed = path.symlink_metadata().is_ok();
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("cannot write `{}`", path.display()))
        .map_err(bad_input)?;
    if !existed {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, content).with_context(|| format!("cannot write `{}`", path.display()))
}
