//! Folders, addresses and patience: everything that the environment decides, read once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::ModelError;

/// How models are kept and fetched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder of the store.
    pub folder: PathBuf,
    /// The hub.
    pub hub: HubSettings,
    /// pip.
    pub pip: PipSettings,
}

/// How the hub is reached.
#[derive(Clone)]
pub struct HubSettings {
    /// Address of the hub, without a slash at its end.
    pub endpoint: String,
    /// Who asks.
    pub token: Option<String>,
    /// Do not ask.
    pub offline: bool,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait while nothing arrives.
    pub stall_timeout: Duration,
    /// How often in a row a transfer may break without having brought a byte.
    pub attempts: u32,
    /// How long to wait before a broken transfer continues; grows with each attempt.
    pub pause: Duration,
}

/// How pip is called.
#[derive(Debug, Clone)]
pub struct PipSettings {
    /// Commands to try, each with its first arguments.
    pub commands: Vec<Vec<OsString>>,
    /// Where to look for them, instead of `PATH`.
    pub search_path: Option<OsString>,
}

impl Settings {
    /// What the environment says: `DELIBERATE_CACHE`, `XDG_CACHE_HOME`, `HF_ENDPOINT`, `HF_TOKEN`,
    /// `HF_TOKEN_PATH`, `HF_HOME` and `HF_HUB_OFFLINE`.
    ///
    /// # Errors
    /// [`ModelError::NoCacheFolder`] without any home folder, [`ModelError::Environment`] for a value that cannot
    /// be used.
    pub fn from_env() -> Result<Self, ModelError> {
        let cache = etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir());
        let home = etcetera::home_dir().ok();
        Self::from_lookup(|name| std::env::var_os(name), cache.as_deref(), home.as_deref())
    }

    /// Settings for a store in `folder`, with the defaults for all else and nothing taken from the environment.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), hub: HubSettings::default(), pip: PipSettings::default() }
    }

    fn from_lookup(
        lookup: impl Fn(&str) -> Option<OsString>,
        cache: Option<&Path>,
        home: Option<&Path>,
    ) -> Result<Self, ModelError> {
        let given = |name| lookup(name).filter(|value| !value.is_empty());
        let ours = match given("DELIBERATE_CACHE") {
            Some(folder) => PathBuf::from(folder),
            None => cache.ok_or(ModelError::NoCacheFolder)?.join("deliberate"),
        };
        let mut settings = Self::in_folder(ours.join("models"));
        if let Some(endpoint) = given("HF_ENDPOINT") {
            settings.hub.endpoint = endpoint_from(&endpoint)?;
        }
        settings.hub.offline = given("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value.to_string_lossy()));
        settings.hub.token = match given("HF_TOKEN") {
            Some(token) => Some(token_from(&token.to_string_lossy())?),
            None => stored_token(given, home),
        };
        Ok(settings)
    }
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            offline: false,
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(20),
            attempts: 4,
            pause: Duration::from_millis(500),
        }
    }
}

/// A token has no place in a log.
impl std::fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubSettings")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("connect_timeout", &self.connect_timeout)
            .field("stall_timeout", &self.stall_timeout)
            .finish_non_exhaustive()
    }
}

impl Default for PipSettings {
    fn default() -> Self {
        let commands: [&[&str]; 4] =
            [&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];
        Self {
            commands: commands.iter().map(|words| words.iter().map(OsString::from).collect()).collect(),
            search_path: None,
        }
    }
}

fn endpoint_from(value: &OsString) -> Result<String, ModelError> {
    let invalid = || ModelError::Environment {
        variable: "HF_ENDPOINT",
        reason: format!("`{}` is not the address of a server (https://…)", value.to_string_lossy()),
    };
    let text = value.to_str().ok_or_else(invalid)?.trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(invalid)?;
    if host.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(invalid());
    }
    Ok(text.to_owned())
}

fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"].iter().any(|word| word.eq_ignore_ascii_case(value.trim()))
}

fn token_from(value: &str) -> Result<String, ModelError> {
    let token = value.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let reason = "a token is one word of ASCII letters, digits and signs".to_owned();
        return Err(ModelError::Environment { variable: "HF_TOKEN", reason });
    }
    Ok(token.to_owned())
}

/// The token that the hub's own tools left in a file. One that cannot be read is none.
fn stored_token(given: impl Fn(&'static str) -> Option<OsString>, home: Option<&Path>) -> Option<String> {
    let path = match (given("HF_TOKEN_PATH"), given("HF_HOME")) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(folder)) => PathBuf::from(folder).join("token"),
        (None, None) => home?.join(".cache/huggingface/token"),
    };
    token_from(&std::fs::read_to_string(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, ModelError> {
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Settings::from_lookup(lookup, Some(Path::new("/cache")), None)
    }

    #[test]
    fn folder_is_ours_or_in_the_cache() {
        assert_eq!(settings(&[]).unwrap().folder, Path::new("/cache/deliberate/models"));
        assert_eq!(settings(&[("DELIBERATE_CACHE", "/big")]).unwrap().folder, Path::new("/big/models"));
        assert_eq!(
            settings(&[("DELIBERATE_CACHE", "")]).unwrap().folder,
            Path::new("/cache/deliberate/models")
        );
        let nowhere = Settings::from_lookup(|_| None, None, None);
        assert!(matches!(nowhere, Err(ModelError::NoCacheFolder)));
    }

    #[test]
    fn hub_is_as_the_environment_says() {
        let hub = settings(&[
            ("HF_ENDPOINT", "http://mirror:80/hf/"),
            ("HF_TOKEN", " hf_x\n"),
            ("HF_HUB_OFFLINE", "Yes"),
        ]);
        let hub = hub.unwrap().hub;
        assert_eq!(hub.endpoint, "http://mirror:80/hf");
        assert_eq!(hub.token.as_deref(), Some("hf_x"));
        assert!(hub.offline);
        assert!(!settings(&[("HF_HUB_OFFLINE", "0")]).unwrap().hub.offline);
    }

    #[test]
    fn token_is_read_from_where_the_hub_tools_leave_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "hf_file\n").unwrap();
        let home = folder.path().to_str().unwrap();
        assert_eq!(settings(&[("HF_HOME", home)]).unwrap().hub.token.as_deref(), Some("hf_file"));
        assert_eq!(
            settings(&[("HF_HOME", home), ("HF_TOKEN", "mine")]).unwrap().hub.token.as_deref(),
            Some("mine")
        );
    }

    #[test]
    fn token_is_not_shown() {
        let settings = settings(&[("HF_TOKEN", "hf_secret")]).unwrap();
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn unusable_values_name_their_variable() {
        for (name, value) in
            [("HF_ENDPOINT", "ftp://x"), ("HF_ENDPOINT", "https://"), ("HF_TOKEN", "two words")]
        {
            let error = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
