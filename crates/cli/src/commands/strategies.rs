//! `deliberate strategies`: what can be written after `--strategy`.

use deliberate_search::StrategySpec;
use std::process::ExitCode;

const FORM: &str = "\
A strategy is written as its name, and options after a colon: beam:branching=4,lookahead=1
Stages are joined by +, the later ones starting from the answers of the earlier: beam + revisions:length=2
Sizes that are left open follow from --budget.
";

#[expect(clippy::unnecessary_wraps, reason = "all commands have one signature")]
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    println!("{FORM}");
    for strategy in StrategySpec::catalogue() {
        println!("{}", strategy.name);
        for line in strategy.about.lines() {
            println!("  {line}");
        }
        for option in strategy.options {
            let default =
                option.default.map_or("follows from the budget".to_owned(), |d| format!("default {d}"));
            println!("    {:<12} {} ({default})", option.name, option.help);
        }
        println!();
    }
    Ok(ExitCode::SUCCESS)
}
