//! The command with a real model, small enough for every machine. Without the model, each test says that it is skipped.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod directories;
mod interrupts;
mod kills;
mod solving;

/// Small and quick: few slots, a short context, few tokens.
const SMALL: [&str; 8] = ["--slots", "16", "--context", "512", "--max-tokens", "16", "--budget", "4"];
