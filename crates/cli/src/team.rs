//! A model brings the way it wants to be asked, wherever it is: settings below the user's own.
//!
//! Its file names a team (`deliberate.team`) and the prompt that it was trained with (`deliberate.prompt`); what a team
//! wants stands in `teams.toml`. The models that are part of the program are of the default team.

use crate::config::FileLayer;
use deliberate_decoder::Asking;
use deliberate_models::{ModelFile, Models, Origin};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const TEAMS: &str = include_str!("teams.toml");

/// All teams.
#[derive(Debug, Deserialize)]
struct Teams {
    /// The one that answers where no model is named.
    default: String,
    team: BTreeMap<String, FileLayer>,
}

impl Teams {
    fn read() -> Self {
        toml::from_str(TEAMS).expect("a test reads the teams")
    }
}

/// How a model wants to be asked, from its file.
pub(crate) fn asking(file: &ModelFile) -> Asking {
    // A file that cannot be read is refused where it is opened.
    let mut asking = Asking::of_file(&file.path).unwrap_or_default();
    if asking.team.is_none() && file.origin == Origin::Bundled {
        asking.team = Some(Teams::read().default);
    }
    asking
}

/// Puts below the user's settings what the model wants: the one that they name, or the default team's.
pub(crate) fn complete(mut user: FileLayer) -> FileLayer {
    let Teams { default, mut team } = Teams::read();
    let name = user.engine.model.clone().unwrap_or(default);
    if let Some(team) = team.remove(&name) {
        // The team's proposer, not the team's name.
        user.engine.model = None;
        return over(user, team);
    }
    // What is not here is said where models are opened.
    let Some(file) = Models::from_env().ok().and_then(|models| models.resolve(&name).ok()) else {
        return user;
    };
    let Asking { team: named, prompt } = asking(&file);
    let folder = file.path.parent().unwrap_or(Path::new(""));
    user.search.prompt = user.search.prompt.or(prompt.map(|prompt| in_folder(folder, &prompt)));
    match named.and_then(|name| team.remove(&name)) {
        Some(team) => over(user, beside(folder, team)),
        None => user,
    }
}

fn over(user: FileLayer, team: FileLayer) -> FileLayer {
    FileLayer {
        larger_model: user.larger_model.or(team.larger_model),
        search: user.search.over(team.search),
        engine: user.engine.over(team.engine),
    }
}

/// A prompt's name, or the path of a file that was written beside the model.
fn in_folder(folder: &Path, prompt: &str) -> String {
    let file = folder.join(prompt);
    let named = Path::new(prompt).extension().is_some_and(|extension| extension == "toml");
    if named { file.to_string_lossy().into_owned() } else { prompt.to_owned() }
}

/// The team with those of its models that were built together with this one: in its folder, or in a folder beside it as
/// `lab build` leaves them.
fn beside(folder: &Path, mut team: FileLayer) -> FileLayer {
    let built = |name: &mut Option<String>| {
        let Some((_, own)) = name.as_deref().and_then(|name| name.split_once('-')) else { return };
        let file = format!("{own}.gguf");
        let places = [folder.join(&file), folder.join("..").join(own).join(&file)];
        if let Some(place) = places.iter().find(|place| place.is_file()) {
            *name = Some(place.to_string_lossy().into_owned());
        }
    };
    let engine = &mut team.engine;
    let roles = [&mut engine.verifier_model, &mut engine.revision_verifier_model, &mut engine.reviser_model];
    roles.into_iter().for_each(built);
    built(&mut team.larger_model);
    team
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_is_asked_as_it_was_trained_unless_the_user_says_otherwise() {
        let mut user = FileLayer::default();
        user.search.temperature = Some(0.5);
        let complete = super::complete(user);
        assert_eq!(complete.engine.model.as_deref(), Some("lab-proposer"));
        assert_eq!(complete.larger_model.as_deref(), Some("lab-proposer-large"));
        assert_eq!(
            (complete.search.temperature, complete.search.prompt.as_deref()),
            (Some(0.5), Some("lab"))
        );
    }

    #[test]
    fn the_models_of_a_build_stay_together() {
        let folder = tempfile::tempdir().unwrap();
        let [proposer, prm] = ["proposer", "prm"].map(|name| folder.path().join(name));
        std::fs::create_dir(&proposer).unwrap();
        std::fs::create_dir(&prm).unwrap();
        std::fs::write(prm.join("prm.gguf"), b"GGUF").unwrap();
        let team = Teams::read().team.remove("lab").unwrap();
        let found = beside(&proposer, team);
        assert!(found.engine.verifier_model.unwrap().ends_with("prm.gguf"));
        assert_eq!(found.engine.reviser_model.as_deref(), Some("lab-reviser"));
    }

    #[test]
    fn a_prompt_beside_the_model_is_found_and_a_built_in_one_keeps_its_name() {
        assert_eq!(in_folder(Path::new("a"), "prompt.toml"), "a/prompt.toml");
        assert_eq!(in_folder(Path::new("a"), "lab"), "lab");
    }
}
