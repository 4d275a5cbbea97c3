//! `deliberate lab`: questions with exact answers, and the family of models trained on them.

use super::building::{Watch, ended, models};
use crate::args::{
    BuildArgs, BundleArgs, GenerateArgs, Global, LabCommand, MeasureArgs, QuestionFamily, QuestionSplit,
};
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::show::{Table, share};
use anyhow::Context;
use deliberate_family::measure::{Chosen, Extent, Measured, Proposers, Revisions, Verifiers, measure};
use deliberate_family::{BuildError, Built, Plan, build};
use deliberate_lab::{Family, Recipe, Split, generate_set};
use deliberate_models::Models;
use deliberate_run::Interval;
use deliberate_train::Device;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(command: LabCommand, global: &Global) -> anyhow::Result<ExitCode> {
    match command {
        LabCommand::Generate(args) => generate(&args),
        LabCommand::Build(args) => make(&args, global),
        LabCommand::Measure(args) => examine(&args, global),
        LabCommand::Bundle(args) => bundle(&args, global),
    }
}

fn generate(args: &GenerateArgs) -> anyhow::Result<ExitCode> {
    let recipe = match (&args.recipe, args.family) {
        (Some(path), _) => toml::from_str(&read(path)?)
            .with_context(|| format!("`{}` is no recipe", path.display()))
            .map_err(bad_input)?,
        (None, QuestionFamily::Chain) => Recipe::of(Family::Chain),
        (None, QuestionFamily::Story) => Recipe::of(Family::Story),
        (None, QuestionFamily::Countdown) => Recipe::of(Family::Countdown),
        (None, QuestionFamily::Purses) => Recipe::of(Family::Purses),
        (None, QuestionFamily::Mixed) => Recipe::mixed(),
    };
    let questions =
        generate_set(&recipe, split(args.split), args.seed, args.count.get()).map_err(bad_input)?;
    let mut text = String::new();
    for question in &questions {
        let _ = writeln!(text, "{}", serde_json::to_string(question)?);
    }
    match &args.output {
        Some(path) => std::fs::write(path, text)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(bad_input)?,
        None => output::data(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn split(named: QuestionSplit) -> Split {
    match named {
        QuestionSplit::Train => Split::Train,
        QuestionSplit::Validation => Split::Validation,
        QuestionSplit::Test => Split::Test,
    }
}

fn make(args: &BuildArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let plan = match &args.plan {
        Some(path) => Plan::parse(&read(path)?)
            .with_context(|| format!("cannot use the plan `{}`", path.display()))
            .map_err(bad_input)?,
        None => args.scale.plan(),
    };
    let device = super::device(args.gpu)?;
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let mut watch = Watch { global, interrupt, bar: None };
    let built = build(&plan, &args.folder, &device, &mut watch);
    watch.bar = None;
    ended(built, &args.folder, |built| if args.json { json(built) } else { models(built) })
}

fn json(built: &Built) -> anyhow::Result<()> {
    for (card, path) in &built.models {
        output::line(serde_json::json!({"card": card, "file": path}))?;
    }
    Ok(())
}

/// The plan that a folder's family was built by.
fn plan_of(folder: &Path) -> anyhow::Result<Plan> {
    let none = || {
        format!(
            "`{}` holds no family (`deliberate lab build` makes one; `lab measure --bundled` takes that of this program)",
            folder.display()
        )
    };
    let text = std::fs::read_to_string(folder.join("plan.toml")).with_context(none).map_err(bad_input)?;
    Plan::parse(&text).with_context(none).map_err(bad_input)
}

/// The family that is part of the program, laid out in a folder.
fn laid_out(folder: &Path) -> anyhow::Result<Plan> {
    let plan = deliberate_family::unbundle(&Models::from_env().map_err(bad_input)?, folder);
    plan.map_err(|error| if error.is_input() { bad_input(error) } else { error.into() })
}

fn bundle(args: &BundleArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let mut watch = Watch { global, interrupt, bar: None };
    // Goes on where the build stopped, which is at its end if it is finished.
    let built = build(&plan_of(&args.folder)?, &args.folder, &Device::Cpu, &mut watch)?;
    watch.bar = None;
    deliberate_family::bundle(&built, &args.into)?;
    output::line(format_args!("{} models in `{}`", built.models.len(), args.into.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn examine(args: &MeasureArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let plan = if args.bundled { laid_out(&args.folder)? } else { plan_of(&args.folder)? };
    let extent = Extent {
        split: split(args.split),
        questions: args.questions.get(),
        samples: args.samples.get(),
        chains: (2, args.length.get()),
        rollouts: (args.questions.get().min(50), 32),
        seed: args.seed,
    };
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let mut watch = Watch { global, interrupt, bar: None };
    let measured = measure(&plan, &args.folder, &extent, &mut watch);
    watch.bar = None;
    if let (Ok(measured), Some(path)) = (&measured, &args.html) {
        std::fs::write(path, deliberate_family::measure::page(measured, &super::command()).html())
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(bad_input)?;
    }
    match measured {
        Ok(measured) if args.json => output::line(serde_json::to_string(&measured)?)?,
        Ok(measured) => tables(&measured)?,
        Err(BuildError::Interrupted) => {
            note("interrupted; run the same command again to go on");
            return Ok(INTERRUPTED.into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn tables(measured: &Measured) -> anyhow::Result<()> {
    let Measured { extent, proposers, verifiers, revisions } = measured;
    output::data(proposing(extent, proposers))?;
    output::data(verifying(verifiers))?;
    output::data(choosing(&verifiers.chosen))?;
    output::data(revising(extent, revisions))
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", rate * 100.0)
}

fn proposing(extent: &Extent, proposers: &Proposers) -> Table {
    let many = |rates: &[f64]| rates.iter().copied().map(percent).collect::<Vec<_>>().join("  ");
    let of = format!("{:?}", extent.split).to_lowercase();
    let title = format!("proposers, {} {of} questions × {} samples", extent.questions, extent.samples);
    let mut table = Table::new([title.as_str(), "value [95 % interval]"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("pass@1", share(proposers.pass_at_1));
    row("pass@1 by fifths, easiest first", many(&proposers.fifths));
    row("a right sample, by fifths", many(&proposers.coverage));
    for (k, rate) in &proposers.pass_at {
        row(&format!("pass@{k}"), percent(*rate));
    }
    row("greedy", share(proposers.greedy));
    if let (Some(large), Some(gain)) = (proposers.large_greedy, proposers.large_gain) {
        row("larger proposer, greedy", share(large));
        row("larger minus smaller", share(gain));
    }
    for one in &proposers.learnt {
        row(&format!("{}, pass@1", one.model), share(one.pass_at_1));
        row(&format!("{} minus proposer", one.model), share(one.gain));
    }
    for (family, rate) in &proposers.families {
        row(&format!("pass@1, {family}"), share(*rate));
    }
    row("tokens of a solution", format!("{:.0}", proposers.tokens));
    table
}

fn verifying(verifiers: &Verifiers) -> Table {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let mut table = Table::new(["verifiers", "value"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    let families = verifiers.families.iter().map(|(family, areas)| (format!(", {family}"), areas));
    for (of, areas) in std::iter::once((String::new(), &verifiers.areas)).chain(families) {
        let area = |of_what: &str, asked: &str| format!("{of_what}, area under the curve{of}: {asked}");
        row(&area("PRM", "is the right answer in reach after this step?"), number(areas.step));
        row(&area("PRM", "is the answer right?"), number(areas.answer));
        row(&area("ORM", "is the answer right?"), number(areas.orm));
        row(&area("PRM × likelihood", "is the answer right?"), number(areas.product));
    }
    for bin in &verifiers.reliability {
        let name = format!("PRM says {:.2}, fresh rollouts say ({} steps)", bin.predicted, bin.count);
        row(&name, format!("{:.2}", bin.observed));
    }
    table
}

fn choosing(chosen: &[Chosen]) -> Table {
    let families = chosen.first().map_or(&[][..], |chosen| &chosen.families);
    let named = families.iter().map(|(family, _)| family.to_string());
    let head = ["choosing", "accuracy [95 % interval]", "against the majority"].map(str::to_owned);
    let mut table = Table::new(head.into_iter().chain(named));
    for chosen in chosen {
        let families = chosen.families.iter().map(|(_, rate)| percent(rate.value));
        table
            .row([chosen.by.clone(), share(chosen.accuracy), share(chosen.gain)].into_iter().chain(families));
    }
    table
}

fn revising(extent: &Extent, revisions: &Revisions) -> Table {
    let title = format!("revisions, chains of {}, the first attempt the reviser's own", extent.chains.1);
    let mut table = Table::new([title.as_str(), "value [95 % interval]"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    let number = |Interval { value, low, high }| format!("{value:.2} [{low:.2}, {high:.2}]");
    for along in &revisions.along {
        for (place, rate) in along.pass_at_1.iter().enumerate() {
            row(&format!("{}, attempt {}", along.model, place + 1), share(*rate));
        }
        row(&format!("{}, right answers turned wrong", along.model), share(along.spoilt));
        row(&format!("{}, wrong answers turned right", along.model), share(along.righted));
        row(&format!("{}, different solutions in a chain", along.model), number(along.distinct));
    }
    row("different solutions among as many samples of the reviser", number(revisions.distinct_parallel));
    let mut compare = |what: &str, against: &str, [sequential, parallel, gain]: [Interval; 3]| {
        row(&format!("{what}: a chain"), share(sequential));
        row(&format!("{what}: as many samples of the {against}"), share(parallel));
        row(&format!("{what}: difference"), share(gain));
    };
    compare("majority", "reviser", revisions.majority);
    compare("weighted by ORMs", "reviser", revisions.weighted);
    compare("majority", "proposer", revisions.majority_proposer);
    compare("weighted by ORMs", "proposer", revisions.weighted_proposer);
    row("weighted: a chain, ORM that learnt from no history", share(revisions.without_history));
    table
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(bad_input)
}
