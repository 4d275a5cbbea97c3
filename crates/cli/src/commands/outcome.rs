//! What a study leaves behind: tables on the terminal, and findings, policy and report as files.

use crate::args::FitArgs;
use crate::exit::bad_input;
use crate::obey::{Asked, asked};
use crate::output;
use crate::show::{Table, share};
use anyhow::Context;
use deliberate_policy::{
    Bins, CurveRow, Draw, EasePredictor, Efficiency, Fixed, Interval, Policy, Provenance, Seen, VERSION,
    fit_online,
};
use deliberate_run::{DirectoryError, Folder};
use deliberate_study::{About, Evidence, Findings, Fitted, Source, StudyError, Way, find, kept_trees, page};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Samples that a live policy reads before it guesses a question's bin.
const GUESS_FROM: u32 = 4;

/// Mean generations per question that the sequential policy in the file is set to spend.
const SPEND: f64 = 8.0;

/// Finds, writes and shows.
pub(crate) fn conclude(
    folder: &Folder,
    evidence: &Evidence,
    source: &Source,
    FitArgs { standard_errors, json }: FitArgs,
) -> anyhow::Result<ExitCode> {
    let (findings, fitted) = find(evidence, standard_errors, source.seed)?;
    let mut policy = policy(evidence, &findings, &fitted, source);
    policy.provenance.asked = how_asked(folder)?;
    let about = About {
        title: format!("How to spend test-time compute on {}", source.dataset),
        command: source.command.clone(),
        provenance: [
            ("proposer", source.proposer.clone()),
            ("verifier", source.verifier.clone()),
            ("samples, SHA-256", source.sha256.clone()),
            ("seed", source.seed.to_string()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec(),
        trees: kept_trees(folder)?,
    };
    let (policy, report) = write(folder, &about, &findings, &policy)?;
    if json {
        output::line(serde_json::to_string(&findings)?)?;
    } else {
        print(&findings)?;
        output::line(format_args!("policy   {}\nreport   {}", policy.display(), report.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How the models of a study were asked, as its folder says; nothing for recorded samples.
fn how_asked(folder: &Folder) -> anyhow::Result<Asked> {
    let configuration = folder.configuration()?.unwrap_or_default();
    Ok(asked(&configuration["search"], &configuration["models"]["search"]))
}

/// The evidence in a study's folder.
pub(crate) fn reopen(path: &Path) -> anyhow::Result<(Folder, Evidence, Source)> {
    let folder = Folder::reopen(path).map_err(|error| unusable(error, path))?;
    let (evidence, source) = Evidence::read(&folder).map_err(|error| unusable(error, path))?;
    Ok((folder, evidence, source))
}

/// Tells what the user can mend from what the machine denies.
pub(crate) fn unusable(error: impl Into<StudyError>, path: &Path) -> anyhow::Error {
    let error = error.into();
    let usage = matches!(
        error,
        StudyError::Folder(
            DirectoryError::OtherRun { .. }
                | DirectoryError::NoRun { .. }
                | DirectoryError::NoConfiguration { .. }
        ) | StudyError::NoEvidence { .. }
            | StudyError::Damaged { .. }
    );
    let error = anyhow::Error::new(error).context(format!("cannot use `{}`", path.display()));
    if usage { bad_input(error) } else { error }
}

/// The policy that a live solver obeys, fitted on all questions.
fn policy(evidence: &Evidence, findings: &Findings, fitted: &Fitted, source: &Source) -> Policy {
    let sheet = &evidence.sheet;
    let predictor = EasePredictor::fit(sheet, GUESS_FROM.min(sheet.depth() as u32));
    let guess = |draws: &Vec<Draw>| {
        let seen: Vec<Seen> = draws.iter().map(|draw| draw.seen).collect();
        predictor.ease(&seen).expect("every question has as many samples")
    };
    let guesses: Vec<f64> = sheet.questions.iter().map(guess).collect();
    let fixed = Fixed {
        bins: Bins::fit(&guesses, deliberate_study::BINS),
        predictor,
        choices: fitted.live.choices.clone(),
    };
    let rows = |way: &Way| -> Vec<CurveRow> {
        let row = |point: &deliberate_study::Measured| CurveRow {
            regime: way.name.clone(),
            generations: point.generations,
            tokens: point.tokens,
            accuracy: point.accuracy,
        };
        way.points.iter().map(row).collect()
    };
    let compared = findings.ways.iter().filter(|way| way.name == "best-of-n");
    let measured = findings.fixed.iter().map(|fixed| &fixed.way).chain([&findings.online, &findings.total]);
    let mut grid: Vec<String> = findings.ways.iter().map(|way| way.name.clone()).collect();
    grid.dedup();
    Policy {
        version: VERSION,
        provenance: Provenance {
            proposer: source.proposer.clone(),
            verifier: source.verifier.clone(),
            dataset: source.dataset.clone(),
            dataset_sha256: source.sha256.clone(),
            questions: findings.questions,
            grid,
            folds: fitted.online.folds,
            seed: source.seed,
            asked: Asked::new(),
        },
        curves: measured.chain(compared).flat_map(rows).collect(),
        fixed: Some(fixed),
        online: Some(fit_online(sheet, &fitted.online, SPEND)),
    }
}

/// Writes everything into the folder: (policy, report).
fn write(
    folder: &Folder,
    about: &About,
    findings: &Findings,
    policy: &Policy,
) -> anyhow::Result<(PathBuf, PathBuf)> {
    folder.write("findings.json", &serde_json::to_vec_pretty(findings)?)?;
    let (policy_path, report_path) = (folder.path().join("policy.toml"), folder.path().join("report.html"));
    policy.write(&policy_path)?;
    let page = page(about, findings);
    folder.write("report.html", page.html().as_bytes())?;
    let figures = folder.path().join("figures");
    std::fs::create_dir_all(&figures).with_context(|| format!("cannot write `{}`", figures.display()))?;
    for figure in page.figures() {
        let name = |ending: &str| format!("figures/{}.{ending}", figure.id);
        folder.write(&name("svg"), figure.svg(deliberate_report::Theme::Adaptive).as_bytes())?;
        folder.write(&name("png"), &figure.png()?)?;
    }
    Ok((policy_path, report_path))
}

/// The tables for people.
fn print(findings: &Findings) -> anyhow::Result<()> {
    let mut table = Table::new(["difficulty", "pass@1"]);
    for (bin, rate) in findings.bins.iter().enumerate() {
        table.row([format!("bin {}", bin + 1), format!("{:.1} %", rate * 100.0)]);
    }
    for (k, rate) in findings.pass_at.iter().filter(|(k, _)| [1, 4, 16, 64, 256].contains(k)) {
        table.row([format!("all, pass@{k}"), share(*rate)]);
    }
    output::data(table)?;

    let mut table = Table::new(["way", "budget", "generations spent", "tokens", "accuracy [95 % interval]"]);
    let ways = findings.ways.iter().filter(|way| way.name == "best-of-n" || way.name == "majority");
    let ways =
        ways.chain(findings.fixed.iter().map(|fixed| &fixed.way)).chain([&findings.online, &findings.total]);
    for way in ways {
        for point in &way.points {
            table.row([
                way.name.clone(),
                format!("{:.1}", point.budget),
                format!("{:.1}", point.generations),
                format!("{:.0}", point.tokens),
                share(point.accuracy),
            ]);
        }
    }
    output::data(table)?;

    let mut table = Table::new([
        "to be as good as",
        "way",
        "generations",
        "times fewer [95 % interval]",
        "times fewer tokens",
        "times fewer FLOPs",
    ]);
    for saving in &findings.savings {
        let found = &saving.generations;
        table.row([
            format!("{} ({:.1} %)", saving.reference, found.target * 100.0),
            saving.way.clone(),
            found.cost.map_or("not reached".to_owned(), number),
            times(Some(found)),
            times(Some(&saving.tokens)),
            times(saving.flops.as_ref()),
        ]);
    }
    output::data(table)?;

    let Some(single) = &findings.single else { return Ok(()) };
    let rule = format!("{}, N = {} ({})", single.rule, single.samples, share(single.accuracy));
    let against = format!("against the best single rule in hindsight: {rule}");
    let mut table = Table::new([&against, "generations", "points more [95 % interval]"]);
    for against in &single.against {
        let Interval { value, low, high } = against.difference;
        table.row([
            against.way.clone(),
            number(against.generations),
            format!("{:+.1} [{:+.1}, {:+.1}]", value * 100.0, low * 100.0, high * 100.0),
        ]);
    }
    output::data(table)
}

fn times(found: Option<&Efficiency>) -> String {
    let reached = found.filter(|found| found.cost.is_some());
    reached.map_or("–".to_owned(), |found| {
        format!("{:.1} [{:.1}, {:.1}]", found.ratio.value, found.ratio.low, found.ratio.high)
    })
}

/// Generations or FLOPs, short.
pub(crate) fn number(value: f64) -> String {
    if value < 1e6 { format!("{value:.1}") } else { crate::show::flops(value) }
}
