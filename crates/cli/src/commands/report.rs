//! `deliberate report`: findings, policy and report of a study, from what it keeps.

use super::outcome::{conclude, reopen};
use crate::args::ReportArgs;
use std::process::ExitCode;

pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let (folder, evidence, source) = reopen(&args.run)?;
    conclude(&folder, &evidence, &source, args.fit)
}
