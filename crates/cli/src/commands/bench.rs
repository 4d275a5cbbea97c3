//! `deliberate bench` (under construction below).

use crate::args::{BenchArgs, Global};
use std::process::ExitCode;

pub(crate) fn run(_args: BenchArgs, _global: &Global) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not yet")
}
