//! The `deliberate` command: arguments, progress, what is printed. The work is done by the other crates.

mod args;
mod commands;
mod config;
mod exit;
mod interrupt;
mod output;
mod progress;
mod show;

use args::{Cli, Command};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    init_logs(cli.global.verbose);
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => exit::report(&error),
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let global = cli.global;
    match cli.command {
        Command::Solve(args) => commands::solve::run(args, &global),
        Command::Run(args) => commands::run::run(args, &global),
        Command::Calibrate(args) => commands::calibrate::run(args, &global),
        Command::Report(args) => commands::report::run(&args),
        Command::Serve(args) => commands::serve::run(&args, &global),
        Command::Exchange(args) => commands::exchange::run(&args),
        Command::Grade(args) => commands::grade::run(&args),
        Command::Models(args) => commands::models::run(args, &global),
        Command::Strategies => commands::strategies::run(),
        Command::Doctor(args) => commands::doctor::run(&args, &global),
        Command::Lab(command) => commands::lab::run(command, &global),
        Command::Train(args) => commands::train::run(&args, &global),
        Command::Diffuse(args) => commands::diffuse::run(args, &global),
        Command::Act(args) => commands::act::run(args, &global),
        Command::Bench(args) => commands::bench::run(args, &global),
        Command::Formats => commands::formats::run(),
        Command::Completions(args) => commands::completions::run(&args),
    }
}

/// Logs go to stderr; `DELIBERATE_LOG` takes the filters of `tracing` (`debug`, `deliberate_engine=trace`).
fn init_logs(verbose: u8) {
    let default = match verbose {
        0 => "error",
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("DELIBERATE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let colours =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .init();
}
