//! A model brings the way it wants to be asked, wherever it is: settings below the user's own.
//!
//! Its file names a team (`deliberate.team`) and the prompt that it was trained with (`deliberate.prompt`); what a team
//! wants stands in `teams.toml`, and so does the team of files that others published.

use crate::error::Error;
use crate::options::{Options, Usual};
use deliberate_decoder::Asking;
use deliberate_models::{ModelFile, Models, Origin};
use deliberate_policy::Policy;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The prompt of models behind servers.
const SERVED_PROMPT: &str = "worked";

const TEAMS: &str = include_str!("teams.toml");

/// All teams.
#[derive(Debug, Deserialize)]
struct Teams {
    /// The one of the models that are part of the program.
    bundled: String,
    /// Those of published files, by the files' names.
    files: BTreeMap<String, String>,
    team: BTreeMap<String, Options>,
}

impl Teams {
    fn read() -> Self {
        toml::from_str(TEAMS).expect("a test reads the teams")
    }

    /// Who a team's name stands for.
    fn proposer(&self, team: &str) -> Option<String> {
        self.team.get(team)?.models.model.clone()
    }
}

/// The proposer of a team.
pub(crate) fn proposer(team: &str) -> Option<String> {
    Teams::read().proposer(team)
}

/// How a model wants to be asked, from its file.
pub fn asking(file: &ModelFile) -> Asking {
    // A file that cannot be read is refused where it is opened.
    let mut asking = Asking::of_file(&file.path).unwrap_or_default();
    if asking.team.is_none() {
        let Teams { bundled, files, .. } = Teams::read();
        let published = match &file.origin {
            Origin::Bundled => return Asking { team: Some(bundled), ..asking },
            // The store may call it otherwise.
            Origin::Hub { file, .. } => file.rsplit('/').next().map(str::to_owned),
            _ => file.path.file_name().map(|name| name.to_string_lossy().into_owned()),
        };
        asking.team = published.and_then(|name| files.get(&name).cloned());
    }
    asking
}

/// Puts below the user's settings what the model wants: the one that they name, the one that their policy was fitted on, or
/// the usual one, which need not be here yet.
///
/// # Errors
/// For a policy that was fitted on a model that is not here, where no other is named.
pub(crate) fn complete(mut user: Options, usual: Usual) -> Result<Options, Error> {
    let mut teams = Teams::read();
    if user.models.server.is_some() {
        // Nobody here knows what a server's models want, but that nearly all of them hold conversations.
        user.search.prompt.get_or_insert_with(|| SERVED_PROMPT.to_owned());
        return Ok(user);
    }
    // What is wrong with the folder of models is said where they are opened.
    let Ok(models) = Models::from_env() else { return Ok(user) };
    if user.models.model.is_none() {
        user.models.model = match usual {
            Usual::Bundled => Some(teams.bundled.clone()),
            Usual::Base => fitted(&user, &models)?,
        };
    }
    let named = user.models.model.clone().unwrap_or_else(|| models.catalogue().default.clone());
    let (name, adapter) = models.split(&named);
    if let Some(proposer) = teams.proposer(name) {
        // The team's proposer, not the team's name.
        user.models.model = Some(adapter.map_or(proposer.clone(), |adapter| format!("{proposer}+{adapter}")));
        return Ok(over(user, teams.team.remove(name).unwrap_or_default()));
    }
    let Some(file) = models.resolve(name).ok() else {
        // It will be fetched, or said to be missing where it is opened.
        let named = models.catalogue().find(name).and_then(|entry| teams.files.get(&entry.file));
        return Ok(match named.and_then(|name| teams.team.remove(name)) {
            Some(team) => over(user, team),
            None => user,
        });
    };
    let Asking { team: named, prompt } = asking(&file);
    let folder = file.path.parent().unwrap_or(Path::new(""));
    user.search.prompt = user.search.prompt.or(prompt.map(|prompt| in_folder(folder, &prompt)));
    Ok(match named.and_then(|name| teams.team.remove(&name)) {
        Some(team) => over(user, beside(folder, team)),
        None => user,
    })
}

/// The model that the user's policy was fitted on; none where there is no policy, or where it is the default.
fn fitted(user: &Options, models: &Models) -> Result<Option<String>, Error> {
    // What is wrong with the policy is said where it is read.
    let policy = user.search.policy.as_ref().and_then(|path| Policy::read(path).ok());
    let Some(name) = policy.map(|policy| policy.provenance.proposer) else { return Ok(None) };
    if name == models.catalogue().default {
        return Ok(None);
    }
    if models.resolve(&name).is_err() {
        return Err(Error::PolicyModel { model: name });
    }
    Ok(Some(name))
}

fn over(user: Options, mut team: Options) -> Options {
    // The team's models are files here, and no server's.
    if user.models.verifier_server.is_some() {
        (team.models.verifier_model, team.models.revision_verifier_model) = (None, None);
    }
    if user.models.reviser_server.is_some() {
        team.models.reviser_model = None;
    }
    Options {
        larger_model: user.larger_model.or(team.larger_model),
        search: user.search.over(team.search),
        models: user.models.over(team.models),
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
fn beside(folder: &Path, mut team: Options) -> Options {
    let built = |name: &mut Option<String>| {
        let Some((_, own)) = name.as_deref().and_then(|name| name.split_once('-')) else { return };
        let file = format!("{own}.gguf");
        let places = [folder.join(&file), folder.join("..").join(own).join(&file)];
        if let Some(place) = places.iter().find(|place| place.is_file()) {
            *name = Some(place.to_string_lossy().into_owned());
        }
    };
    let engine = &mut team.models;
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
        let mut user = Options::default();
        user.search.temperature = Some(0.5);
        let complete = super::complete(user, Usual::Bundled).unwrap();
        assert_eq!(complete.models.model.as_deref(), Some("lab-proposer"));
        assert_eq!(complete.larger_model.as_deref(), Some("lab-proposer-large"));
        assert_eq!(
            (complete.search.temperature, complete.search.prompt.as_deref()),
            (Some(0.5), Some("lab"))
        );
    }

    #[test]
    fn a_server_of_a_role_is_not_asked_for_the_team_s_model() {
        let mut user = Options::default();
        user.models.verifier_server = Some(vec!["http://localhost:8392".to_owned()]);
        let engine = super::complete(user, Usual::Bundled).unwrap().models;
        assert_eq!((engine.verifier_model, engine.revision_verifier_model), (None, None));
        assert_eq!(engine.reviser_model.as_deref(), Some("lab-reviser"));
    }

    #[test]
    fn the_default_model_is_asked_in_the_same_way_before_and_after_it_is_fetched() {
        let complete = super::complete(Options::default(), Usual::Base).unwrap();
        assert_eq!((complete.models.model, complete.search.prompt.as_deref()), (None, Some("worked")));
        assert_eq!((complete.search.top_p, complete.search.top_k), (Some(0.8), Some(20)));
    }

    #[test]
    fn every_listed_file_is_of_the_catalogue_and_of_a_team() {
        let Teams { bundled, files, team } = Teams::read();
        let catalogue = deliberate_models::Catalogue::built_in();
        assert!(team.contains_key(&bundled));
        for (file, name) in files {
            assert!(team.contains_key(&name), "{name}");
            assert!(catalogue.models.iter().any(|entry| entry.file == file), "{file}");
        }
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
        assert!(found.models.verifier_model.unwrap().ends_with("prm.gguf"));
        assert_eq!(found.models.reviser_model.as_deref(), Some("lab-reviser"));
    }

    #[test]
    fn a_prompt_beside_the_model_is_found_and_a_built_in_one_keeps_its_name() {
        assert_eq!(in_folder(Path::new("a"), "prompt.toml"), "a/prompt.toml");
        assert_eq!(in_folder(Path::new("a"), "lab"), "lab");
    }
}
