//! What a study leaves behind: tables on the terminal, and findings, policy and report as files.

use crate::args::FitArgs;
use crate::exit::bad_input;
use crate::output;
use crate::show::{Table, share};
use anyhow::Context;
use deliberate::{Asked, asked};
use deliberate_policy::{
    CurveRow, Deployed, Efficiency, Interval, Policy, Portion, Provenance, Ranking, VERSION, WaySettings,
    fit_deployed, fit_online,
};
use deliberate_run::{DirectoryError, Folder};
use deliberate_study::{
    About, BEST_RULE, Beside, Evidence, Findings, Fitted, Saving, Single, Source, StudyError, Way, find,
    kept_trees, page, without_revisions,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    let mut policy = policy(evidence, &findings, &fitted, (source, standard_errors))?;
    policy.provenance.asked = how_asked(folder)?;
    let about = About {
        title: format!("How to spend test-time compute on {}", source.dataset),
        command: source.command.clone(),
        provenance: [
            ("proposer", source.proposer.clone()),
            ("verifier", source.verifier.clone()),
            ("samples, SHA-256", source.sha256.clone()),
            ("seed", source.seed.to_string()),
            ("questions", counted(source.only, findings.questions)),
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

/// How many questions, and which.
fn counted(only: Option<Portion>, questions: usize) -> String {
    match only {
        None => questions.to_string(),
        Some(Portion::Development) => format!("{questions} (those for development)"),
        Some(Portion::Test) => format!("{questions} (those for the test)"),
    }
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
fn policy(
    evidence: &Evidence,
    findings: &Findings,
    fitted: &Fitted,
    (source, standard_errors): (&Source, f64),
) -> anyhow::Result<Policy> {
    let sheet = &evidence.sheet;
    let how = Deployed {
        standard_errors,
        replay: WaySettings { seed: source.seed, ..WaySettings::default() },
        ..Deployed::default()
    };
    let budgets: Vec<u32> =
        (0..32).map(|power| 1_u32 << power).take_while(|&budget| budget as usize <= sheet.depth()).collect();
    let fixed = fit_deployed(sheet, &without_revisions(evidence.searches.clone()), &budgets, &how)
        .map_err(StudyError::from)?;
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
    Ok(Policy {
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
        ranking: Some(Ranking::fit(sheet, source.seed)),
    })
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
    for way in ways.chain(&findings.replayed) {
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

    if !findings.beside_weighted.is_empty() {
        output::data(beside(&findings.beside_weighted))?;
    }
    if let Some(single) = &findings.single {
        output::data(points(single))?;
    }

    let mut table = Table::new([
        "to be as good as",
        "way",
        "generations",
        "resamples that reach it",
        "times fewer [95 % interval]",
        "times fewer tokens",
        "times fewer FLOPs",
    ]);
    let claimed = |saving: &&Saving| saving.generations.times.is_some();
    for saving in findings.savings.iter().filter(claimed) {
        let found = &saving.generations;
        table.row([
            format!("{} ({:.1} %)", saving.reference, found.target * 100.0),
            saving.way.clone(),
            found.cost.map_or("not reached".to_owned(), number),
            format!("{:.1} %", found.reached * 100.0),
            times(Some(found)),
            times(Some(&saving.tokens)),
            times(saving.flops.as_ref()),
        ]);
    }
    output::data(table)
}

/// Searches and majority beside best-of-N weighted.
fn beside(ways: &[Beside]) -> Table {
    let head = ["against best-of-N weighted", "generations", "accuracy", "points more [95 % interval]"];
    let mut table = Table::new(head);
    for Beside { way, budget, accuracy, difference } in ways {
        table.row([way.clone(), budget.to_string(), share(*accuracy), more(*difference)]);
    }
    table
}

/// A difference in points.
fn more(Interval { value, low, high }: Interval) -> String {
    format!("{:+.1} [{:+.1}, {:+.1}]", value * 100.0, low * 100.0, high * 100.0)
}

/// Points at equal cost.
fn points(single: &Single) -> Table {
    let columns = ["both may spend", "way", "against", "spends", "accuracy", "points more [95 % interval]"];
    let mut table = Table::new(columns);
    for against in single.against.iter().filter(|against| against.reference == BEST_RULE) {
        table.row([
            format!("{} generations", number(against.generations)),
            against.way.clone(),
            against.reference.clone(),
            number(against.spent),
            format!("{:.1} %", against.accuracy * 100.0),
            more(against.difference),
        ]);
    }
    table
}

fn times(found: Option<&Efficiency>) -> String {
    match found.map(|found| found.times) {
        None => "–".to_owned(),
        Some(None) => "not claimed".to_owned(),
        Some(Some(times)) => format!("{:.1} [{:.1}, {:.1}]", times.value, times.low, times.high),
    }
}

/// Generations or FLOPs, short.
pub(crate) fn number(value: f64) -> String {
    if value < 1e6 { format!("{value:.1}") } else { crate::show::flops(value) }
}
