//! Why a server cannot be used.

use crate::address::Address;
use crate::http::HttpError;
use crate::wire::Fault;

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No answer, or one that says no.
    #[error("the server at {server} does not answer")]
    Http {
        /// Its address.
        server: String,
        /// What happened.
        #[source]
        source: HttpError,
    },
    /// It serves several models, or not the one that was named.
    #[error("the server at {server} {} (name one)", offered(wanted.as_deref(), known))]
    Model {
        /// Its address.
        server: String,
        /// What was asked for.
        wanted: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// It answers something else than what the protocol says.
    #[error("the server at {server} answers `{path}` in another way than {kind} does")]
    Answer {
        /// Its address.
        server: String,
        /// What it says that it is.
        kind: &'static str,
        /// What was asked.
        path: String,
        /// What is odd.
        #[source]
        source: Fault,
    },
    /// Two servers that should share the work have different models.
    #[error(
        "the servers at {first} and {server} cannot stand in for each other: the second {what} (servers of a fleet have one \
         model, under one name)"
    )]
    Differ {
        /// The address of one.
        first: String,
        /// The address of the other.
        server: String,
        /// How that one differs.
        what: String,
    },
    /// No server, or too many.
    #[error("{number} servers of one model (1 to {most} can be named)")]
    Number {
        /// How many were named.
        number: usize,
        /// How many can be.
        most: usize,
    },
    /// It does not do what searches rely on.
    #[error("the server at {server} cannot be searched with: {check} ({found})")]
    Check {
        /// Its address.
        server: String,
        /// What it should do.
        check: String,
        /// What it did.
        found: String,
    },
}

impl ConnectError {
    pub(crate) fn http(address: &Address) -> impl Fn(HttpError) -> Self {
        let server = address.to_string();
        move |source| Self::Http { server: server.clone(), source }
    }
}

fn offered(wanted: Option<&str>, known: &[String]) -> String {
    match (wanted, known) {
        (None, []) => "does not tell its models".to_owned(),
        (None, several) => format!("has several models: {}", several.join(", ")),
        (Some(wanted), others) => format!("has no model `{wanted}`, but {}", others.join(", ")),
    }
}
