//! `deliberate grade`: how good the grader is on labelled cases.

use crate::args::GradeArgs;
use crate::exit::bad_input;
use crate::output;
use crate::show::Table;
use anyhow::{Context, anyhow};
use deliberate_grade::conventions::Conventions;
use deliberate_grade::report::{Report, Tally, cases};
use std::process::ExitCode;

pub(crate) fn run(args: &GradeArgs) -> anyhow::Result<ExitCode> {
    let conventions = args.conventions.parse::<Conventions>().map_err(bad_input)?;
    let path = args.cases.display();
    let bytes =
        std::fs::read(&args.cases).with_context(|| format!("cannot read `{path}`")).map_err(bad_input)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
        bad_input(anyhow!("line {line} of `{path}` is not UTF-8"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let cases = cases(text.lines()).with_context(|| format!("in `{path}`")).map_err(bad_input)?;
    if cases.is_empty() {
        return Err(bad_input(anyhow!("`{path}` holds no case")));
    }
    let report = Report::under(conventions, &cases);
    if args.json {
        output::line(serde_json::to_string_pretty(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["cases", "n", "accuracy", "false accepts", "false rejects"]);
    let mut add = |name: &str, tally: &Tally| {
        let accuracy =
            if tally.cases == 0 { "–".to_owned() } else { format!("{:.2} %", tally.accuracy() * 100.0) };
        table.row([
            name.to_owned(),
            tally.cases.to_string(),
            accuracy,
            tally.false_accepts.to_string(),
            tally.false_rejects.to_string(),
        ]);
    };
    add("core (no convention, not disputed, no prose)", &report.core);
    add("all but prose", &report.answers);
    add("prose (extraction)", &report.prose);
    add("texts (the prediction is a text)", &report.texts);
    add("all", &report.all);
    output::data(table)?;
    output::line(format_args!(
        "time per pair: median {:.1} µs, 99th percentile {:.1} µs",
        report.median_us, report.p99_us
    ))?;
    if args.wrong {
        for wrong in &report.wrong {
            let case = &wrong.case;
            let verdict = if wrong.verdict { "false accept" } else { "false reject" };
            output::line(format_args!(
                "{verdict}  {}  gold {:?}  prediction {:?}",
                case.id, case.gold, case.prediction
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
