//! `deliberate act`: an episode in a world that cannot be reset.

use super::command;
use crate::args::{ActArgs, Global};
use crate::exit::bad_input;
use crate::output::{self, note};
use crate::show::{Table, count};
use anyhow::Context;
use deliberate_planning::study::{StudyError, StudySpec, study};
use deliberate_planning::{Act, ActError, ActSpec, MoveLine, act};
use deliberate_report::Theme;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) fn run(args: ActArgs, global: &Global) -> anyhow::Result<ExitCode> {
    if let Some(folder) = args.study {
        return play_all(folder, args.episodes, global);
    }
    let usual = ActSpec::new(args.world);
    let spec = ActSpec {
        world: args.world,
        belief: args.belief.unwrap_or(usual.belief),
        proposals: args.proposals.unwrap_or(usual.proposals),
        demonstrations: args.demonstrations.unwrap_or(usual.demonstrations),
        beyond: args.beyond.unwrap_or(usual.beyond),
        strategy: args.strategy.unwrap_or(usual.strategy),
        budget: args.budget.map_or(usual.budget, NonZeroU64::get),
        horizon: args.horizon.map_or(usual.horizon, NonZeroU32::get),
        futures: args.futures.map_or(usual.futures, NonZeroU32::get),
        deadline_ms: args.deadline_ms.map(NonZeroU64::get),
        price: usual.price,
        seed: args.seed,
    };
    let mut watch = |made: &MoveLine| {
        if !global.quiet && !args.json {
            note(format_args!(
                "move {}: {} for {} imagined steps",
                made.number,
                made.action,
                made.bill.steps()
            ));
        }
    };
    let acted = act(&spec, &mut watch).map_err(refused)?;
    if let Some(path) = &args.svg {
        let picture = acted.picture().svg(Theme::Adaptive);
        std::fs::write(path, picture).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    if args.json {
        output::line(serde_json::to_string(&acted)?)?;
    } else {
        print(&acted)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever asks for what there is not can ask otherwise.
fn refused(error: ActError) -> anyhow::Error {
    bad_input(error)
}

fn print(acted: &Act) -> anyhow::Result<()> {
    let bills = || acted.moves.iter().map(|made| made.bill);
    let longest = bills().map(|bill| bill.imagined).max().unwrap_or(0);
    let mut table = Table::new(["", "value"]);
    let mut add = |name: &str, value: String| table.row([name.to_owned(), value]);
    add("the goal", if acted.won() { "reached" } else { "missed" }.to_owned());
    add("moves", acted.moves.len().to_string());
    add("imagined steps to choose them", count(bills().map(|bill| bill.imagined).sum()));
    add("of these for one move, at most", count(longest));
    add("imagined steps to compare and to learn", count(bills().map(|bill| bill.learning).sum()));
    output::data(table)
}

fn play_all(folder: PathBuf, episodes: NonZeroU64, global: &Global) -> anyhow::Result<ExitCode> {
    let page = folder.join("index.html");
    let spec = StudySpec { folder, episodes: episodes.get(), command: command() };
    let mut progress = |what: &str| {
        if !global.quiet {
            note(what);
        }
    };
    study(&spec, &mut progress).map_err(|error| match error {
        StudyError::Act(error) => refused(error),
        error => error.into(),
    })?;
    output::line(format_args!("report   {}", page.display()))?;
    Ok(ExitCode::SUCCESS)
}
