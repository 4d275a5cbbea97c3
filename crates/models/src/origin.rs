//! Where a file came from, for people and for the record beside it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a model file came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Origin {
    /// Somebody put it on this machine; nothing more is known.
    Local,
    /// It is part of this program.
    Bundled,
    /// The Hugging Face hub.
    Hub {
        /// `owner/repository`.
        repository: String,
        /// Commit, or the branch or tag when the hub named no commit.
        revision: String,
        /// Path inside the repository.
        file: String,
    },
    /// The wheel of a Python package.
    PythonPackage {
        /// Name of the package.
        package: String,
        /// Its version.
        version: String,
        /// Path inside the wheel.
        member: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local file"),
            Self::Bundled => f.write_str("this program"),
            Self::Hub { repository, file, .. } => write!(f, "Hugging Face hub {repository}/{file}"),
            Self::PythonPackage { package, version, .. } => write!(f, "Python package {package} {version}"),
        }
    }
}
