//! Settings of a command: its flags over the settings file over what the models want.

mod train;

use crate::args::{EngineArgs, SearchArgs};
use crate::exit::bad_input;
use crate::output::note;
use anyhow::anyhow;
use deliberate::{Options, SearchOptions, Usual};
use std::path::Path;
pub(crate) use train::plan;

/// What the flags say.
pub(crate) fn flags(search: SearchArgs, engine: EngineArgs) -> Options {
    Options { larger_model: None, search: search.into(), models: engine.into() }
}

/// What the flags say over the settings file over what the team of models wants.
pub(crate) fn settle(
    named: Option<&Path>,
    search: SearchArgs,
    engine: EngineArgs,
    usual: Usual,
) -> anyhow::Result<Options> {
    Ok(flags(search, engine).over(Options::read(named)?).completed(usual)?)
}

/// As [`settle`], for a command that takes strategies and budgets from a grid: flags for them are refused, and what the
/// settings file says of them is left out with a word.
pub(crate) fn settle_for_grid(
    named: Option<&Path>,
    search: SearchArgs,
    engine: EngineArgs,
    usual: Usual,
) -> anyhow::Result<Options> {
    let flags = flags(search, engine);
    if let [first, ..] = choices(&flags.search).as_slice() {
        return Err(bad_input(anyhow!(
            "--{first} is not for this command: strategies and budgets come from the grid (write one and give it as --grid)"
        )));
    }
    let mut file = Options::read(named)?;
    let ignored = choices(&file.search);
    if !ignored.is_empty() {
        let ignored: Vec<String> = ignored.iter().map(|one| format!("`{one}`")).collect();
        note(format_args!(
            "the settings file's {} is left out: strategies and budgets come from the grid",
            ignored.join(", ")
        ));
    }
    file.search = SearchOptions { strategy: None, policy: None, regime: None, budget: None, ..file.search };
    Ok(flags.over(file).completed(usual)?)
}

/// What is said of how a question is worked on, which is not for commands that try several ways.
fn choices(search: &SearchOptions) -> Vec<&'static str> {
    let SearchOptions { strategy, policy, regime, budget, .. } = search;
    let all = [
        ("strategy", strategy.is_some()),
        ("policy", policy.is_some()),
        ("regime", regime.is_some()),
        ("budget", budget.is_some()),
    ];
    all.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
}
