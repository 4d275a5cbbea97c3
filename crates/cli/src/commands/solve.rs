//! `deliberate solve`: one question, its answer, its support and its bill.

use crate::args::{Global, SolveArgs};
use crate::backend::Backend;
use crate::config::{EngineSettings, FileLayer, Search};
use crate::exit::{INTERRUPTED, NO_ANSWER, bad_input};
use crate::interrupt::Interrupt;
use crate::output;
use crate::progress::{SearchProgress, Speed};
use crate::session::{Cast, Loaded, search_settings};
use crate::show::{self, Limits};
use crate::team::Usual;
use anyhow::{Context, anyhow};
use deliberate_lm::LanguageModel;
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
    let layer = FileLayer::settle(global.config.as_deref(), args.search, args.engine, Usual::Base)?;
    let settings = Search::resolve(layer.search)?;
    let question = question(args.question.as_deref())?;
    let engine = EngineSettings::resolve(layer.engine);
    if args.show_prompt {
        super::models::fetch_default(&engine, global)?;
        return show_prompt(&question, &settings, &engine);
    }
    if !global.quiet {
        doubt(&question, &engine);
    }
    for path in [&args.trace, &args.svg, &args.html].into_iter().flatten() {
        can_write(path)?;
    }
    super::models::fetch_default(&engine, global)?;
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
            let limits =
                Limits { max_tokens: settings.max_tokens, context: loaded.proposer.model.facts().context };
            print(&outcome, &settings, limits, args.tree)?;
        }
        if let Some(failure) = outcome.ended.failure() {
            output::note(failure);
            return Ok(ExitCode::FAILURE);
        }
        Ok(if interrupt.pressed() {
            INTERRUPTED.into()
        } else if outcome.answer().and_then(Trace::answer).is_none() {
            NO_ANSWER.into()
        } else {
            ExitCode::SUCCESS
        })
    })
}

/// Searches for the answer to one question.
pub(crate) async fn solve(
    loaded: &Loaded,
    domain: &Domain<Backend>,
    question: &str,
    settings: &Search,
    interrupt: &Interrupt,
    global: &Global,
) -> anyhow::Result<Outcome<Trace>> {
    let root = domain.root(question).await.map_err(bad_input)?;
    let mut progress = SearchProgress::new(global);
    let _speed = Speed::watch(&loaded.proposer.model, progress.bar());
    let reasons = Reasons::default();
    let mut strategy = settings.decider(&reasons)?;
    let mut how = search_settings(settings, loaded, question);
    how.cancel = Some(interrupt.signal.clone());
    let outcome = search(root, &mut *strategy, &domain.roles(), how, &mut progress).await?;
    drop(progress);
    if !global.quiet {
        reasons.all().into_iter().for_each(|reason| output::note(format_args!("policy: {reason}")));
    }
    Ok(outcome)
}

/// The prompt as the model reads it, and nothing else.
fn show_prompt(question: &str, settings: &Search, engine: &EngineSettings) -> anyhow::Result<ExitCode> {
    // A vote asks the proposer alone.
    let strategy = "majority:generations=1".parse().map_err(bad_input)?;
    let settings = Search { strategy, policy: None, ..settings.clone() };
    let loaded = Loaded::open(&Cast { settings: engine, searches: &[&settings], questions: 1 })?;
    super::runtime()?.block_on(async {
        let root = loaded.domain(&settings).await?.root(question).await.map_err(bad_input)?;
        output::data(loaded.spelled(root.tokens()))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Says what the bundled models know where they are asked something else.
fn doubt(question: &str, engine: &EngineSettings) {
    let bundled = engine.model.as_deref() == Some("lab-proposer");
    let purses = question.starts_with("Spend ") && question.ends_with("items?");
    if bundled && !purses {
        output::note(
            "the bundled models know the lab's purses alone (`deliberate lab generate --family purses` writes some), so \
             their answer to this means little; without --model a general model answers",
        );
    }
}

/// The answer and what it rests on.
pub(crate) fn print(
    outcome: &Outcome<Trace>,
    settings: &Search,
    limits: Limits,
    tree: bool,
) -> anyhow::Result<()> {
    let selection = settings.selection();
    if tree {
        output::line(show::tree(outcome, selection.aggregation))?;
    }
    // What was chosen without the role that should have chosen is no answer.
    let chosen = outcome.answer().filter(|_| outcome.ended.failure().is_none());
    if let Some(text) = chosen.map(|state| state.text().trim()).filter(|text| !text.is_empty()) {
        output::line(format_args!("{}\n", show::printable(text)))?;
    }
    match chosen.and_then(Trace::answer) {
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
