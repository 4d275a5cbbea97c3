//! `deliberate strategies`: what can be written after `--strategy`.

use crate::output;
use deliberate_search::StrategySpec;
use std::fmt::Write;
use std::process::ExitCode;

const FORM: &str = "\
A strategy is written as its name, and options after a colon: beam:branching=4,lookahead=1
Stages are joined by +, the later ones starting from the answers of the earlier: beam + revisions:length=2
Sizes that are left open follow from --budget.
";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut text = format!("{FORM}\n");
    for strategy in StrategySpec::catalogue() {
        let _ = writeln!(text, "{}", strategy.name);
        for line in strategy.about.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for option in strategy.options {
            let default =
                option.default.map_or("follows from the budget".to_owned(), |d| format!("default {d}"));
            let _ = writeln!(text, "    {:<12} {} ({default})", option.name, option.help);
        }
        text.push('\n');
    }
    output::data(text)?;
    Ok(ExitCode::SUCCESS)
}
