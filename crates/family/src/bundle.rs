//! Puts a finished family where the program takes it from (model files, cards, and a manifest with their checksums), and
//! lays the family that the program has out in a folder, as a build leaves one.

use crate::folder::{Folder, replace};
use crate::{BuildError, Built, Plan, Scale};
use deliberate_models::{Models, bundled};
use serde::Serialize;
use std::path::Path;

/// What comes before a model's own name, and the team that answers with it.
pub(crate) const FAMILY: &str = "lab";

#[derive(Serialize)]
struct Manifest {
    model: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: String,
    file: String,
    bytes: u64,
    sha256: String,
    parameters: u64,
    role: String,
}

/// Copies the models and their cards into a folder, and writes `manifest.toml` there.
///
/// # Errors
/// [`BuildError::File`] if a file cannot be read or written.
pub fn bundle(built: &Built, into: &Path) -> Result<(), BuildError> {
    std::fs::create_dir_all(into).map_err(BuildError::file(into))?;
    let mut manifest = Manifest { model: Vec::new() };
    for (card, path) in &built.models {
        let name = format!("{FAMILY}-{}", card.name);
        let file = format!("{name}.gguf");
        let bytes = std::fs::read(path).map_err(BuildError::file(path))?;
        replace(&into.join(&file), &bytes)?;
        let written = serde_json::to_vec_pretty(card).expect("cards are plain data");
        replace(&into.join(format!("{name}.card.json")), &written)?;
        let (sha256, role) = (card.sha256.clone(), card.role.clone());
        let parameters = card.parameters;
        manifest.model.push(Entry { name, file, bytes: bytes.len() as u64, sha256, parameters, role });
    }
    let text = toml::to_string(&manifest).expect("a manifest is plain data");
    let text = format!("# Written by `deliberate lab bundle`.\n\n{text}");
    replace(&into.join("manifest.toml"), text.as_bytes())
}

/// Lays out the family that is part of the program, so that it can be measured like any other.
///
/// # Errors
/// [`BuildError::OtherPlan`] if the folder holds another family, [`BuildError::File`] if it cannot be written.
pub fn unbundle(models: &Models, into: &Path) -> Result<Plan, BuildError> {
    let plan = Scale::Full.plan();
    let folder = Folder::open(into, &plan)?;
    for model in bundled() {
        let file = models.resolve(&model.name)?.path;
        let bytes = std::fs::read(&file).map_err(BuildError::file(&file))?;
        let name = model.name.trim_start_matches(FAMILY).trim_start_matches('-');
        replace(&folder.of(name)?.join(format!("{name}.gguf")), &bytes)?;
    }
    Ok(plan)
}
