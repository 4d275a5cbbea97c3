//! Models that were made for one another, and how they want to be asked: settings below the user's own.

use crate::config::FileLayer;
use serde::Deserialize;
use std::collections::BTreeMap;

const TEAMS: &str = include_str!("teams.toml");

/// All teams.
#[derive(Debug, Deserialize)]
struct Teams {
    /// The one that answers where no model is named.
    default: String,
    team: BTreeMap<String, FileLayer>,
}

/// Puts a team's settings below the user's, if the user names a team or no model at all.
pub(crate) fn complete(mut user: FileLayer) -> FileLayer {
    let mut teams: Teams = toml::from_str(TEAMS).expect("a test reads the teams");
    let name = user.engine.model.as_ref().unwrap_or(&teams.default);
    let Some(team) = teams.team.remove(name) else { return user };
    // The team's proposer, not the team's name.
    user.engine.model = None;
    FileLayer {
        larger_model: user.larger_model.or(team.larger_model),
        search: user.search.over(team.search),
        engine: user.engine.over(team.engine),
    }
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
    fn another_model_is_asked_as_ever() {
        let mut user = FileLayer::default();
        user.engine.model = Some("smollm2".to_owned());
        let complete = super::complete(user);
        assert_eq!(complete.engine.model.as_deref(), Some("smollm2"));
        assert_eq!((complete.search.prompt, complete.engine.verifier_model), (None, None));
        assert_eq!(complete.larger_model, None);
    }
}
