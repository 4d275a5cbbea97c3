//! What can go wrong between a name and a file.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::{Origin, SourceError};
use deliberate_gguf::GgufError;

/// Why a model could not be found, fetched, checked or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Neither a home nor a cache folder is known.
    #[error("this machine names no home folder (set `DELIBERATE_CACHE` to the folder for model files)")]
    NoCacheFolder,
    /// An environment variable that cannot be used.
    #[error("`{variable}` is not usable: {reason}")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Text that names no model.
    #[error(
        "`{spec}` names no model: {reason} (give a name from `deliberate models list`, a hub id such as `owner/repository/file.gguf`, or the path of a GGUF file)"
    )]
    InvalidSpec {
        /// The text.
        spec: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name that is neither in the catalogue nor in the store.
    #[error(
        "no model is called `{name}`{}{}; known names: {} (a hub id such as `owner/repository/file.gguf` or the path of a GGUF file works as well)",
        no_file(name), here_are(here), known.join(", ")
    )]
    Unknown {
        /// The name.
        name: String,
        /// Models on this machine.
        here: Vec<String>,
        /// Names in the catalogue.
        known: Vec<String>,
    },
    /// It could be pulled, but is not on this machine.
    #[error("model `{name}` is not on this machine; run `deliberate models pull {name}`{}", here_are(here))]
    NotHere {
        /// What was asked for.
        name: String,
        /// Models on this machine.
        here: Vec<String>,
    },
    /// Several files on this machine match.
    #[error("`{spec}` matches several models on this machine; name one of: {}", files.join(", "))]
    Ambiguous {
        /// What was asked for.
        spec: String,
        /// The matches.
        files: Vec<String>,
    },
    /// A path with nothing at its end.
    #[error("there is no file `{}`", path.display())]
    NoSuchFile {
        /// The path.
        path: PathBuf,
    },
    /// A folder where a file should be.
    #[error("`{}` is a folder, not a model file{}", path.display(), what_to_give(models, *transformers))]
    Directory {
        /// The folder.
        path: PathBuf,
        /// GGUF files in it.
        models: Vec<String>,
        /// Whether it looks like a model of `transformers`.
        transformers: bool,
    },
    /// A device or a pipe where a file should be.
    #[error("`{}` is a device or a pipe, not a model file (a model is read in several places: give a plain file)", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file that is no model.
    #[error("`{}` is not a GGUF model file", path.display())]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        #[source]
        source: Box<GgufError>,
    },
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store cannot be written: no permission, no space, read-only.
    #[error(
        "cannot write in the model folder `{}` (free space there, allow writing, or set `DELIBERATE_CACHE` to another folder)", folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is no longer what was pulled.
    #[error(
        "`{}` is not what was pulled: {found}, expected {expected} (run `deliberate models remove {name}`, then `deliberate models pull {name}`)", path.display()
    )]
    Changed {
        /// The model.
        name: String,
        /// The file.
        path: PathBuf,
        /// What was pulled.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A repository with more than one model.
    #[error(
        "`{repository}` holds several GGUF files; choose one, as in `{repository}/{}`: {}",
        files.first().map_or("", String::as_str), files.join(", ")
    )]
    SeveralFiles {
        /// `owner/repository`.
        repository: String,
        /// Paths inside it.
        files: Vec<String>,
    },
    /// A repository with no model that fits.
    #[error("`{repository}` holds no GGUF file{}{}", matching(pattern.as_deref()), gguf_files(files))]
    NoFile {
        /// `owner/repository`.
        repository: String,
        /// The pattern, if one was given.
        pattern: Option<String>,
        /// GGUF files that do not match it.
        files: Vec<String>,
    },
    /// A model cut into several files.
    #[error(
        "`{file}` is one part of a model cut into several files, which is not supported (choose an uncut file)"
    )]
    Split {
        /// The part.
        file: String,
    },
    /// No source gave the file.
    #[error("cannot fetch `{name}`{failures}")]
    NoSource {
        /// What was asked for.
        name: String,
        /// Each source with its reason.
        failures: Failures,
    },
    /// Another process is pulling the model.
    #[error("model `{name}` is being pulled by another process (wait until it ends)")]
    Busy {
        /// The model.
        name: String,
    },
    /// A local file that this store does not own.
    #[error("`{}` is not in the model folder `{}`; delete it yourself if you want to", path.display(), folder.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// The store's folder.
        folder: PathBuf,
    },
}

/// The way out of a folder.
fn what_to_give(models: &[String], transformers: bool) -> String {
    match (models, transformers) {
        ([], true) => {
            " (it holds a model of transformers: convert it with `convert_hf_to_gguf.py` of llama.cpp)"
                .to_owned()
        }
        ([], false) => " (give the path of a .gguf file)".to_owned(),
        (models, _) => format!(" (give one of the files in it: {})", models.join(", ")),
    }
}

/// What looks like a file's name was meant as one.
fn no_file(name: &str) -> &'static str {
    if name.to_ascii_lowercase().ends_with(".gguf") { ", and no such file is in this folder" } else { "" }
}

fn here_are(here: &[String]) -> String {
    if here.is_empty() {
        " (no model is here yet)".to_owned()
    } else {
        format!(" (here: {})", here.join(", "))
    }
}

fn matching(pattern: Option<&str>) -> String {
    pattern.map_or_else(String::new, |pattern| format!(" matching `{pattern}`"))
}

fn gguf_files(files: &[String]) -> String {
    if files.is_empty() { String::new() } else { format!("; it has {}", files.join(", ")) }
}

/// Every source that was tried, with its reason, one a line.
#[derive(Debug, Default)]
pub struct Failures(pub Vec<(Origin, SourceError)>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (origin, reason) in &self.0 {
            write!(f, "\n  {origin}: {}", reason.explain())?;
        }
        Ok(())
    }
}

impl ModelError {
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn folder(folder: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let folder = folder.into();
        move |source| Self::Folder { folder, source }
    }
}
