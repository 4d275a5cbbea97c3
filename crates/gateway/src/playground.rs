//! A page to ask on: one file that speaks with its own gateway and with nobody else.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const BODY: &str = include_str!("../assets/playground.html");
const STYLE: &str = include_str!("../assets/playground.css");
const SCRIPT: &str = include_str!("../assets/playground.js");

static PAGE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>deliberate</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{BODY}<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
});

/// Of scripts and styles only ours, which their digests name; connections to this gateway alone.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
        digest(SCRIPT),
        digest(STYLE)
    );
    HeaderValue::from_str(&policy).expect("it is plain text")
});

/// The page. It holds nothing that a key would have to protect.
pub(crate) async fn playground() -> Response {
    let fixed = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        fixed(header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(PAGE.as_str())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_the_page_comes_from_elsewhere_or_becomes_markup() {
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
        let page = PAGE.replace("http://www.w3.org/2000/svg", "");
        for way in ["http:", "https:", "@import", "url(", "innerHTML", "eval(", "localStorage"] {
            assert!(!page.contains(way), "{way}");
        }
    }
}
