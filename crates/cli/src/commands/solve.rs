//! `deliberate solve`: one question, its answer, its support and its bill.

use crate::args::{Global, SolveArgs};
use crate::config::settle;
use crate::exit::{INTERRUPTED, NO_ANSWER, bad_input};
use crate::interrupt::Interrupt;
use crate::output;
use crate::progress::{SearchProgress, Speed};
use crate::show::{self, Limits};
use anyhow::{Context, anyhow};
use deliberate::{Deliberate, ModelSettings, Search, Solved, Usual};
use deliberate_lm::LanguageModel;
use deliberate_report::tree_page;
use deliberate_search::Ended;
use deliberate_study::tree_view;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: SolveArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let options = settle(global.config.as_deref(), args.search, args.engine, Usual::Base)?;
    let search = Search::resolve(options.search)?;
    let question = question(args.question.as_deref())?;
    let models = ModelSettings::resolve(options.models);
    if args.show_prompt {
        super::models::fetch_default(&models, global)?;
        return show_prompt(&question, search, &models);
    }
    if !global.quiet {
        doubt(&question, &models);
    }
    for path in [&args.trace, &args.svg, &args.html].into_iter().flatten() {
        can_write(path)?;
    }
    super::models::fetch_default(&models, global)?;
    super::runtime()?.block_on(async {
        let deliberate = super::open(search, &models, 1).await?;
        let interrupt = Interrupt::listen();
        let solved = solve(&deliberate, &question, &interrupt, global).await?;
        let (outcome, settings) = (solved.outcome(), deliberate.search());
        let described = deliberate.described();
        if let Some(path) = &args.trace {
            let tree = show::tree_file(&question, outcome, &described);
            write(path, &serde_json::to_vec_pretty(&tree)?)?;
        }
        let aggregation = settings.selection().aggregation;
        if let Some(path) = &args.svg {
            write(path, show::svg(&question, outcome, aggregation).as_bytes())?;
        }
        if let Some(path) = &args.html {
            let view = tree_view(&question, None, &settings.way(), outcome, aggregation);
            write(path, tree_page(&show::one_line(&question), &[view]).as_bytes())?;
        }
        if args.json {
            output::line(serde_json::to_string(&show::solved(&question, outcome, &described))?)?;
        } else {
            let context = deliberate.models().proposer.model.facts().context;
            print(&solved, settings, Limits { max_tokens: settings.max_tokens, context }, args.tree)?;
        }
        if let Some(failure) = solved.failure() {
            output::note(failure);
            return Ok(ExitCode::FAILURE);
        }
        Ok(if interrupt.pressed() {
            INTERRUPTED.into()
        } else if solved.answer().is_none() {
            NO_ANSWER.into()
        } else {
            ExitCode::SUCCESS
        })
    })
}

/// Searches for the answer to one question.
async fn solve(
    deliberate: &Deliberate,
    question: &str,
    interrupt: &Interrupt,
    global: &Global,
) -> anyhow::Result<Solved> {
    let mut progress = SearchProgress::new(global);
    let _speed = Speed::watch(&deliberate.models().proposer.model, progress.bar());
    let solved = deliberate.ask(question).until(interrupt.signal.clone()).watched(&mut progress).await?;
    drop(progress);
    if !global.quiet {
        solved.reasons().iter().for_each(|reason| output::note(format_args!("policy: {reason}")));
    }
    Ok(solved)
}

/// The prompt as the model reads it, and nothing else.
fn show_prompt(question: &str, search: Search, models: &ModelSettings) -> anyhow::Result<ExitCode> {
    // A vote asks the proposer alone.
    let strategy = "majority:generations=1".parse().map_err(bad_input)?;
    let search = Search { strategy, policy: None, ..search };
    super::runtime()?.block_on(async {
        let deliberate = super::open(search, models, 1).await?;
        let root = deliberate.domain().root(question).await.map_err(bad_input)?;
        output::data(deliberate.models().spelled(root.tokens()))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Says what the bundled models know where they are asked something else.
fn doubt(question: &str, models: &ModelSettings) {
    let bundled = models.model.as_deref() == Some("lab-proposer");
    let purses = question.starts_with("Spend ") && question.ends_with("items?");
    if bundled && !purses {
        output::note(
            "the bundled models know the lab's purses alone (`deliberate lab generate --family purses` writes some), so \
             their answer to this means little; without --model a general model answers",
        );
    }
}

/// The answer and what it rests on.
fn print(solved: &Solved, settings: &Search, limits: Limits, tree: bool) -> anyhow::Result<()> {
    let (outcome, selection) = (solved.outcome(), settings.selection());
    if tree {
        output::line(show::tree(outcome, selection.aggregation))?;
    }
    if let Some(text) = solved.solution().filter(|text| !text.is_empty()) {
        output::line(format_args!("{}\n", show::printable(text)))?;
    }
    match solved.answer() {
        Some(answer) => output::line(format_args!("answer   {}", show::one_line(answer)))?,
        None => output::line(format_args!("no answer: {}", show::why_none(outcome, limits)))?,
    }
    output::line(format_args!("support  {}", indent(&show::support(outcome, selection.rule))))?;
    // Without a number of generations there is none to save of.
    let saved = if settings.budget.generations.is_some() { outcome.saved() } else { 0 };
    let bill = show::bill(&outcome.ledger, saved, show::Time::InTurn);
    output::line(format_args!("bill     {}", indent(&bill)))?;
    if outcome.ended == Ended::Cancelled {
        output::line("         interrupted: this is the best so far")?;
    }
    Ok(())
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n         ")
}

/// The question: an argument, a file (`@FILE`), or what comes on standard input.
fn question(given: Option<&str>) -> anyhow::Result<String> {
    let text = match given {
        None | Some("-") => asked_on_standard_input()?,
        Some(given) => match given.strip_prefix('@') {
            Some(path) if Path::new(path).exists() || !path.contains(char::is_whitespace) => {
                let cannot = || format!("cannot read the question from `{path}`");
                let bytes = std::fs::read(path).with_context(cannot).map_err(bad_input)?;
                decoded(bytes).with_context(cannot).map_err(bad_input)?
            }
            _ if Path::new(given).is_file() => {
                return Err(bad_input(anyhow!(
                    "`{given}` is a file here: write @{given} to ask what stands in it (or give the question on \
                     standard input)"
                )));
            }
            _ => given.to_owned(),
        },
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        Err(bad_input(anyhow!("the question is empty (give it as an argument or on standard input)")))
    } else {
        Ok(text)
    }
}

fn asked_on_standard_input() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        output::note("type the question, then press Ctrl-D on a line of its own");
    }
    let cannot = "cannot read the question from standard input";
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context(cannot).map_err(bad_input)?;
    decoded(bytes).context(cannot).map_err(bad_input)
}

/// UTF-8 without the byte order mark that some editors put first.
fn decoded(bytes: Vec<u8>) -> anyhow::Result<String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(anyhow!("it is UTF-16 text, not UTF-8 (`iconv -f UTF-16 -t UTF-8` converts it)"));
    }
    let text = String::from_utf8(bytes).context("it is not UTF-8 text")?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
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
