//! The search tree of a recorded request, as `solve --trace` and `solve --html` write it.

use crate::show;
use anyhow::Context;
use deliberate::{Deliberate, Solved};
use deliberate_report::tree_page;
use deliberate_study::tree_view;
use std::path::Path;

/// Puts the tree into the record's folder. A record that cannot be kept is an error in the log, and none for the client.
pub(super) async fn keep(folder: &Path, found: &Solved, searched: &Deliberate) {
    let (question, outcome, search) = (found.question(), found.outcome(), searched.search());
    let trace = format!("{:#}\n", show::tree_file(question, outcome, &searched.described()));
    let view = tree_view(question, None, &search.way(), outcome, search.selection().aggregation);
    let page = tree_page(&show::one_line(question), &[view]);
    for (name, text) in [("tree.json", trace), ("tree.html", page)] {
        let path = folder.join(name);
        let written = tokio::task::spawn_blocking(move || std::fs::write(path, text)).await;
        let written = written.context("it was given up").and_then(|written| Ok(written?));
        if let Err(error) = written {
            tracing::error!(folder = %folder.display(), name, ?error, "cannot keep a search tree");
        }
    }
}
