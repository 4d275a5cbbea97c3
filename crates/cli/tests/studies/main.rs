//! A study from the first sample to the last figure, and the policy that it leaves, with the bundled models.

#[path = "../support/mod.rs"]
mod support;

mod pages;
mod policies;
mod sweeps;

use std::path::Path;
use support::{Ran, deliberate, finish, of_lab};

/// Runs a command with the bundled models.
#[track_caller]
fn with_lab(folder: &Path, arguments: &[&str]) -> Ran {
    finish(lab_command(folder, arguments))
}

fn lab_command(folder: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(of_lab(folder, arguments.iter().copied()));
    command
}

/// A grid of seconds, with or without one more budget.
fn write_grid(folder: &Path, budgets: &str) {
    let grid = format!(
        "samples = 8\nbudgets = {budgets}\nruns = 2\n[[strategy]]\nstrategy = \"beam:branching=2\"\n[[strategy]]\nstrategy = \
         \"revisions\"\nsplits = 2\n"
    );
    std::fs::write(folder.join("grid.toml"), grid).unwrap();
}

/// Calibrates on a few questions of the lab.
fn calibrate(directory: &str) -> [&str; 8] {
    ["calibrate", "-n", "12", "--grid", "grid.toml", "--run-directory", directory, "--quiet"]
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}
