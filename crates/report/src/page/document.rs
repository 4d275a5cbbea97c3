//! The shell of every page: head, style, script and the policy that keeps it from the network.

use super::Entry;
use crate::escape::text as escaped;
use crate::palette;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = concat!(include_str!("../../assets/page.css"), include_str!("../../assets/tree.css"));
const SCRIPT: &str = concat!(include_str!("../../assets/page.js"), include_str!("../../assets/tree.js"));

/// What goes into the shell, as markup.
pub(crate) struct Document<'a> {
    pub(crate) title: &'a str,
    /// Links of the list of contents: (anchor, text).
    pub(crate) contents: &'a [(String, String)],
    pub(crate) body: &'a str,
}

impl Document<'_> {
    pub(crate) fn html(&self) -> String {
        let title = escaped(self.title);
        let mut contents = String::new();
        for (anchor, text) in self.contents {
            let _ = write!(contents, "<li><a href=\"#{anchor}\">{}</a></li>", escaped(text));
        }
        let contents = if contents.is_empty() {
            String::new()
        } else {
            format!("<nav aria-label=\"Contents\"><ol>{contents}</ol></nav>")
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>{}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#content\">To the content</a>\n\
             <button type=\"button\" id=\"theme\" aria-pressed=\"false\">Dark</button>\n\
             <div class=\"shell{}\">{contents}<main id=\"content\">\n{}\n</main></div>\n\
             <script>{SCRIPT}</script>\n</body>\n</html>\n",
            policy(),
            style(),
            if contents.is_empty() { " plain" } else { "" },
            self.body
        )
    }
}

/// Nothing may be fetched, and of scripts only ours may run, which its digest names: markup that slipped through the
/// escaping would still be dead.
fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}

fn style() -> String {
    format!(
        ":root{{color-scheme:light;{light}}}@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}@media print{{:root:root{{color-scheme:light;{light}}}}}\n{}{}\n{STYLE}",
        palette::rules(),
        palette::heat_rules(),
        light = palette::declarations(false),
        dark = palette::declarations(true),
    )
}

/// Names and values as a list.
pub(crate) fn list_of_entries(entries: &[Entry]) -> String {
    let mut list = String::from("<dl class=\"entries\">");
    for Entry { name, value } in entries {
        let _ = write!(list, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value));
    }
    list.push_str("</dl>");
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_may_fetch_nothing() {
        let html = Document { title: "t", contents: &[], body: "" }.html();
        assert!(html.contains("default-src 'none'; script-src 'sha256-"));
        for way in
            ["http://", "https://", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval("]
        {
            let found = html.replace("http://www.w3.org/2000/svg", "").contains(way);
            assert!(!found, "{way}");
        }
    }

    #[test]
    fn the_script_cannot_end_early() {
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
