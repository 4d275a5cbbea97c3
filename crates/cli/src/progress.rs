//! Live progress on a terminal: where the search stands, what the answers are, how fast tokens come.
//!
//! Shown on stderr, only if that is a terminal and `--quiet` was not given.

use crate::args::Global;
use deliberate::{Backend, Progress};
use deliberate_search::{Decision, Ledger, Observer, ObserverError, Purpose, Record, Tree};
use deliberate_text::Trace;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn visible(global: &Global) -> bool {
    let unwanted = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !global.quiet && std::io::stderr().is_terminal() && !unwanted("CI") && !unwanted("NO_COLOR")
}

fn bar(global: &Global, length: Option<u64>, template: &str) -> ProgressBar {
    let target = if visible(global) { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.set_draw_target(target);
    bar.set_style(
        ProgressStyle::with_template(template).expect("the template is ours").progress_chars("█▉▊▋▌▍▎▏ "),
    );
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Bytes on their way.
pub(crate) fn transfer(global: &Global) -> ProgressBar {
    bar(
        global,
        None,
        "{spinner} {msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
    )
}

/// Questions of a run.
pub(crate) fn questions(global: &Global, total: usize) -> ProgressBar {
    bar(
        global,
        Some(total as u64),
        "{spinner} {pos}/{len} questions {wide_bar} {msg} · {elapsed} · {eta} left",
    )
}

/// Searches of a study.
pub(crate) fn searches(global: &Global) -> ProgressBar {
    bar(global, Some(0), "{spinner} {pos}/{len} searches {wide_bar} {per_sec} · {elapsed} · {eta} left")
}

/// A stage of a build.
pub(crate) fn stage(global: &Global) -> ProgressBar {
    bar(global, Some(0), "{spinner} {pos}/{len} {wide_bar} {msg} · {elapsed} · {eta} left")
}

/// One search.
pub(crate) struct SearchProgress {
    bar: ProgressBar,
}

impl SearchProgress {
    pub(crate) fn new(global: &Global) -> Self {
        Self { bar: bar(global, None, "{spinner} {prefix}{msg}") }
    }

    /// The bar itself, for [`Speed::watch`].
    pub(crate) fn bar(&self) -> &ProgressBar {
        &self.bar
    }
}

impl Drop for SearchProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer<Trace> for SearchProgress {
    fn decided(&mut self, decision: &Decision, tree: &Tree) {
        let what = match decision {
            Decision::Expand(acts) => {
                let draws: u32 = acts.iter().map(|act| act.draws).sum();
                let looking = acts.iter().any(|act| act.purpose == Purpose::Lookahead);
                let depth = acts.iter().map(|act| tree.node(act.node).steps).max().unwrap_or(0) + 1;
                if looking {
                    format!("looking ahead {draws} ×")
                } else {
                    format!("step {depth}: drawing {draws}")
                }
            }
            Decision::Verify(nodes) => format!("scoring {}", nodes.len()),
            Decision::Revise(acts) => format!("revising {}", acts.iter().map(|act| act.draws).sum::<u32>()),
            Decision::Stop(_) => "done".to_owned(),
        };
        self.bar.set_prefix(format!("{what}  "));
    }

    fn performed(&mut self, record: &Record<Trace>) -> Result<(), ObserverError> {
        let (what, parts) = match &record.asked {
            Decision::Expand(acts) => ("drew", acts.len()),
            Decision::Verify(nodes) => ("scored", nodes.len()),
            Decision::Revise(acts) => ("revised", acts.len()),
            Decision::Stop(_) => ("stopped", 0),
        };
        tracing::debug!(parts, seconds = record.seconds, "{what}");
        Ok(())
    }

    fn changed(&mut self, tree: &Tree, states: &[Trace], ledger: &Ledger) {
        self.bar.set_message(Progress::of(tree, states, ledger).to_string());
    }
}

/// Shows tokens per second at the end of a bar while it lives.
pub(crate) struct Speed {
    stop: Arc<AtomicBool>,
}

impl Speed {
    /// Reads the model's counter twice a second. Needs a running tokio runtime.
    pub(crate) fn watch(model: &Backend, bar: &ProgressBar) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        if !bar.is_hidden() {
            let (model, bar, stopped) = (model.clone(), bar.downgrade(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut before = (Instant::now(), model.drawn());
                while !stopped.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    let now = (Instant::now(), model.drawn());
                    let Some(bar) = bar.upgrade() else { return };
                    let message = bar.message();
                    let base = message.split(" · ▸").next().unwrap_or_default().to_owned();
                    bar.set_message(format!("{base} · ▸ {:.0} tokens/s", rate(&before, &now)));
                    before = now;
                }
            });
        }
        Self { stop }
    }
}

impl Drop for Speed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn rate((then, before): &(Instant, u64), (now, after): &(Instant, u64)) -> f64 {
    after.saturating_sub(*before) as f64 / now.duration_since(*then).as_secs_f64().max(1e-9)
}
