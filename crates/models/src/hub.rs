//! What the Hugging Face hub knows of a repository and of a file in it.
//!
//! Speaks the two addresses that are needed, over `ureq`. The hub's own crate has no timeouts in its light version,
//! and needs hundreds of crates in the other. Nothing is downloaded here.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::SourceError;
use crate::settings::HubSettings;
use crate::spec::is_safe_path;

/// A listing of a repository is text of a few kilobytes.
const LISTING_LIMIT: u64 = 16 << 20;
const RELATIVE_REDIRECTS: usize = 5;

/// The hub, as one user sees it.
pub(crate) struct Hub<'a> {
    pub(crate) settings: &'a HubSettings,
    agent: Agent,
}

/// A file in a repository.
#[derive(Debug)]
pub(crate) struct RemoteFile {
    /// Where to get it, on the hub itself.
    pub(crate) url: String,
    /// The commit that holds it.
    pub(crate) commit: Option<String>,
    /// Its size.
    pub(crate) bytes: Option<u64>,
    /// Its checksum.
    pub(crate) sha256: Option<String>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl<'a> Hub<'a> {
    pub(crate) fn new(settings: &'a HubSettings) -> Self {
        let tls = TlsConfig::builder()
            // The machine's own certificates, so that a company's proxy works.
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_recv_response(Some(settings.stall_timeout))
            .timeout_per_read(Some(settings.stall_timeout))
            .user_agent(concat!("deliberate/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { settings, agent }
    }

    /// All paths in a repository.
    pub(crate) fn list(&self, repository: &str, revision: Option<&str>) -> Result<Vec<String>, SourceError> {
        self.refuse_offline()?;
        let mut url = format!("{}/api/models/{repository}", self.settings.endpoint);
        if let Some(revision) = revision {
            url = format!("{url}/revision/{}", encoded(revision, false));
        }
        let mut response = self.get(&url, None)?;
        if !response.status().is_success() {
            return Err(refusal(&url, repository, &response));
        }
        let body = response.body_mut().with_config().limit(LISTING_LIMIT).read_to_vec();
        let body = body.map_err(|source| unreachable(&url, source))?;
        let listing: Repository = serde_json::from_slice(&body)
            .map_err(|error| SourceError::Malformed { url, reason: error.to_string() })?;
        // What would not be a plain path here is nothing that could be asked for.
        Ok(listing
            .siblings
            .into_iter()
            .map(|sibling| sibling.rfilename)
            .filter(|path| is_safe_path(path))
            .collect())
    }

    /// Size, checksum and commit of a file.
    pub(crate) fn describe(
        &self,
        repository: &str,
        revision: &str,
        file: &str,
    ) -> Result<RemoteFile, SourceError> {
        self.refuse_offline()?;
        let path = format!("{repository}/resolve/{}/{}", encoded(revision, false), encoded(file, true));
        let mut url = format!("{}/{path}", self.settings.endpoint);
        // A renamed repository answers with a relative address. An absolute one leads to the file's storage, which
        // does not know the hub's headers.
        for _ in 0..RELATIVE_REDIRECTS {
            let request =
                self.agent.head(&url).config().max_redirects(0).max_redirects_will_error(false).build();
            let response = self.with_token(request).call().map_err(|source| unreachable(&url, source))?;
            let status = response.status();
            if status.is_redirection() {
                let location = header(response.headers(), "location").unwrap_or_default();
                if location.starts_with('/') && !location.starts_with("//") {
                    url = format!("{}{location}", origin_of(&url));
                    continue;
                }
            } else if !status.is_success() {
                return Err(refusal(&url, repository, &response));
            }
            return Ok(remote_file(url, response.headers(), status.is_success()));
        }
        Err(SourceError::Malformed { url, reason: "it redirects without end".to_owned() })
    }

    /// Asks for a file from byte `from` on.
    pub(crate) fn get(&self, url: &str, from: Option<u64>) -> Result<Response<Body>, SourceError> {
        let mut request = self.with_token(self.agent.get(url));
        if let Some(from) = from {
            request = request.header("range", format!("bytes={from}-"));
        }
        request.call().map_err(|source| unreachable(url, source))
    }

    fn with_token<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let request = request.header("accept-encoding", "identity");
        match &self.settings.token {
            // ureq drops it when it follows a redirect to the file's storage.
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn refuse_offline(&self) -> Result<(), SourceError> {
        if self.settings.offline { Err(SourceError::Offline) } else { Ok(()) }
    }
}

fn remote_file(url: String, headers: &HeaderMap, is_the_file: bool) -> RemoteFile {
    let number = |name| header(headers, name).and_then(|text| text.trim().parse().ok());
    let etag = header(headers, "x-linked-etag").or_else(|| header(headers, "etag"));
    RemoteFile {
        url,
        commit: header(headers, "x-repo-commit").filter(|commit| is_safe_path(commit)),
        bytes: number("x-linked-size").or_else(|| if is_the_file { number("content-length") } else { None }),
        sha256: etag.and_then(|etag| sha256_in(&etag)),
    }
}

/// The checksum that the hub gives as the entity tag of a large file; small files have another kind of tag.
fn sha256_in(etag: &str) -> Option<String> {
    let tag = etag.trim().trim_start_matches("W/").trim_matches('"');
    (tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| tag.to_ascii_lowercase())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

pub(crate) fn unreachable(url: &str, source: ureq::Error) -> SourceError {
    SourceError::Unreachable { url: url.to_owned(), source: Box::new(source) }
}

/// What an answer without success means.
pub(crate) fn refusal(url: &str, repository: &str, response: &Response<Body>) -> SourceError {
    let (url, status) = (url.to_owned(), response.status().as_u16());
    match status {
        401 | 403 => SourceError::NoAccess { url, status, repository: repository.to_owned() },
        404 => SourceError::NotFound { url },
        _ => {
            let words = header(response.headers(), "x-error-message").unwrap_or_default();
            SourceError::Status { url, status, message: words.chars().take(200).collect() }
        }
    }
}

/// Scheme and host of an address.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

/// Percent-encodes what an address cannot hold.
fn encoded(text: &str, keep_slash: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sha256_is_a_checksum() {
        let digest = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
        for etag in [format!("\"{digest}\""), format!("W/\"{digest}\""), digest.to_uppercase()] {
            assert_eq!(sha256_in(&etag).as_deref(), Some(digest));
        }
        assert_eq!(sha256_in("\"a5b1f0d1c0ffee00a5b1f0d1c0ffee00a5b1f0d1\""), None);
    }

    #[test]
    fn addresses_are_cut_and_encoded() {
        assert_eq!(origin_of("http://h:1/a/b"), "http://h:1");
        assert_eq!(origin_of("https://h"), "https://h");
        assert_eq!(encoded("a/b c+.gguf", true), "a/b%20c%2B.gguf");
        assert_eq!(encoded("refs/pr/1", false), "refs%2Fpr%2F1");
    }
}
