//! The frame of every stage: one line for each question, all questions in flight, going on where the file ends.

use super::{Asked, GatherError};
use deliberate_run::Lines;
use futures::StreamExt;
use futures::stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;
use std::path::Path;

/// Is told how far a stage is.
pub trait Progress {
    /// So many of all questions are done. Breaking ends the stage with [`GatherError::Interrupted`].
    fn at(&mut self, done: usize, all: usize) -> ControlFlow<()>;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn at(&mut self, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A line of a stage.
pub(super) trait Line: Serialize + DeserializeOwned {
    /// The question that it belongs to.
    fn question(&self) -> &str;
}

/// Lines of all questions, in the order of `items`; those that the file has are not worked out again.
pub(super) async fn stage<'q, T, L, F>(
    path: &Path,
    items: &'q [T],
    question: impl Fn(&'q T) -> &'q Asked,
    concurrency: usize,
    progress: &mut dyn Progress,
    work: impl Fn(&'q T) -> F,
) -> Result<Vec<L>, GatherError>
where
    L: Line,
    F: Future<Output = Result<L, GatherError>>,
{
    let (mut file, lines) = Lines::open::<L>(path)?;
    let mut done: HashMap<String, L> =
        lines.into_iter().map(|line| (line.question().to_owned(), line)).collect();
    let missing: Vec<&T> = items.iter().filter(|item| !done.contains_key(&question(item).id)).collect();
    go_on(progress.at(items.len() - missing.len(), items.len()))?;
    let mut arriving = stream::iter(missing).map(work).buffer_unordered(concurrency.max(1));
    while let Some(line) = arriving.next().await {
        let line = line?;
        file.append(&line)?;
        done.insert(line.question().to_owned(), line);
        go_on(progress.at(done.len().min(items.len()), items.len()))?;
    }
    drop(arriving);
    file.sync()?;
    Ok(items.iter().filter_map(|item| done.remove(&question(item).id)).collect())
}

fn go_on(flow: ControlFlow<()>) -> Result<(), GatherError> {
    if flow.is_break() { Err(GatherError::Interrupted) } else { Ok(()) }
}
