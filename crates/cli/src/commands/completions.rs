//! `deliberate completions`.

use crate::args::{Cli, CompletionsArgs};
use crate::output;
use clap::CommandFactory;
use std::process::ExitCode;

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "deliberate", &mut script);
    output::data(String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
