//! Exit codes, and how an error is told.

use crate::output::{ReaderLeft, note};
use std::process::ExitCode;

/// What each exit code means, for `--help`.
const CODES: &str = "Exit codes: 0 done; 1 failed (every draw or verification did, or the machine); 2 wrong usage or bad \
                     input; 3 no answer was found (no solution came to its end, or none states an answer; for `run`, to \
                     no question); 130 interrupted, by Ctrl-C or SIGTERM (the best so far is printed, and a run directory \
                     can be continued)";

/// What stands below `--help`.
pub(crate) fn help() -> String {
    format!("`deliberate formats` explains all files that are read and written.\n\n{CODES}")
}

pub(crate) const BAD_INPUT: u8 = 2;
pub(crate) const NO_ANSWER: u8 = 3;
pub(crate) const INTERRUPTED: u8 = 130;

/// Marks an error as the user's to mend.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) anyhow::Error);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for BadInput {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.chain().nth(1)
    }
}

/// Turns an error into one that exits with [`BAD_INPUT`].
pub(crate) fn bad_input(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(BadInput(error.into()))
}

/// Prints the chain of causes to stderr.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<ReaderLeft>() {
        return ExitCode::SUCCESS;
    }
    note(format_args!("error: {error}"));
    for cause in error.chain().skip(1) {
        note(format_args!("  because: {cause}"));
    }
    let usage = error.downcast_ref::<deliberate::Error>().is_some_and(deliberate::Error::is_usage);
    if usage || error.is::<BadInput>() { BAD_INPUT.into() } else { ExitCode::FAILURE }
}
