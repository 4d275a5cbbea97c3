//! Standard output and standard error. Either can be closed or full at any time, which is an error and never a panic.

use std::fmt::Display;
use std::io::{self, Write};

/// Whoever read the output has left, as `head` does: nobody is there to be told.
#[derive(Debug)]
pub(crate) struct ReaderLeft;

impl Display for ReaderLeft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for ReaderLeft {}

/// Writes to standard output, with a newline at the end.
pub(crate) fn line(text: impl Display) -> anyhow::Result<()> {
    data(format_args!("{text}\n"))
}

/// Writes to standard output as it is.
pub(crate) fn data(text: impl Display) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match write!(output, "{text}").and_then(|()| output.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderLeft.into()),
        Err(error) => Err(anyhow::Error::new(error).context("cannot write to standard output")),
    }
}

/// A line for people, on standard error; lost if that cannot be written.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
