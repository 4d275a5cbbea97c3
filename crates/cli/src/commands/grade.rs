//! `deliberate grade`: how good the grader is on labelled cases.

use crate::args::GradeArgs;
use crate::exit::bad_input;
use crate::show::Table;
use anyhow::Context;
use deliberate_grade::report::{Report, Tally, cases};
use std::process::ExitCode;

pub(crate) fn run(args: &GradeArgs) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(&args.cases)
        .with_context(|| format!("cannot read `{}`", args.cases.display()))
        .map_err(bad_input)?;
    let cases =
        cases(text.lines()).with_context(|| format!("in `{}`", args.cases.display())).map_err(bad_input)?;
    let report = Report::of(&cases);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
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
    print!("{table}");
    println!("time per pair: median {:.1} µs, 99th percentile {:.1} µs", report.median_us, report.p99_us);
    if args.wrong {
        for wrong in &report.wrong {
            let case = &wrong.case;
            let verdict = if wrong.verdict { "false accept" } else { "false reject" };
            println!("{verdict}  {}  gold {:?}  prediction {:?}", case.id, case.gold, case.prediction);
        }
    }
    Ok(ExitCode::SUCCESS)
}
