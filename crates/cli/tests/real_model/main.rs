//! The command with the bundled models, which every build has: results, interruptions, kills, directories.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod directories;
mod interrupts;
mod kills;
mod solving;

use std::path::Path;
use std::process::Command;

/// Small and quick: few slots, a short context, few tokens.
const SMALL: [&str; 8] = ["--slots", "16", "--context", "512", "--max-tokens", "128", "--budget", "4"];

/// The command, asking the bundled models.
fn deliberate(folder: &Path) -> Command {
    let mut command = support::deliberate(folder);
    command.env("DELIBERATE_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/lab.toml"));
    command
}
