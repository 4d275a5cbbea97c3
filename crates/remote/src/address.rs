//! Where a server is, and with what key it is asked.

use std::fmt;

/// A secret that is sent to a server and shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Takes over the text, without the white space that files and shells put around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A server and the model that is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Without a path at its end.
    pub(crate) root: String,
    pub(crate) model: Option<String>,
    pub(crate) key: Option<Key>,
}

/// A text that is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of a server: {reason} (for example http://localhost:8000)")]
pub struct AddressError {
    text: String,
    reason: &'static str,
}

impl Address {
    /// Reads an address, with or without `/v1` at its end.
    ///
    /// # Errors
    /// [`AddressError`] for what is no `http` or `https` address of a server alone.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let shown = || text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned();
        let refused = |reason| AddressError { text: shown(), reason };
        let url = reqwest::Url::parse(text).map_err(|_| refused("it is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("it begins with neither http:// nor https://"));
        }
        if !url.has_host() {
            return Err(refused("it names no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it holds a user's name or password; keys come from the environment"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it has a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        let root = format!("{}{path}", url.origin().ascii_serialization());
        Ok(Self { root, model: None, key: None })
    }

    /// Asks for one of the server's models by name; the only one where none is named.
    #[must_use]
    pub fn with_model(self, model: Option<String>) -> Self {
        Self { model, ..self }
    }

    /// Sends a key with every request.
    #[must_use]
    pub fn with_key(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_server_whatever_stands_behind_it() {
        let root = |text: &str| Address::parse(text).unwrap().root;
        for text in ["http://localhost:8000", "http://localhost:8000/", " http://localhost:8000/v1/ "] {
            assert_eq!(root(text), "http://localhost:8000");
        }
        assert_eq!(root("https://example.com/team/v1"), "https://example.com/team");
        for text in ["localhost:8000", "", "ftp://x", "http://x/?a=b", "http://x/#y", "file:///x"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let error = Address::parse("http://me:secret@host").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        let address = Address::parse("http://host").unwrap().with_key(Some(Key::new(" secret\n")));
        assert!(!format!("{address:?} {address}").contains("secret"));
        assert_eq!(address.key.unwrap().reveal(), "secret");
    }
}
