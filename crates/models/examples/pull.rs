//! Pulls a model and says what happens: `cargo run -p deliberate-models --example pull -- [NAME]`.

use std::process::ExitCode;
use std::time::Instant;

use deliberate_models::{Models, PullEvent, PullObserver};

struct Lines {
    last: Option<Instant>,
}

impl PullObserver for Lines {
    fn observe(&mut self, event: PullEvent<'_>) {
        let is_progress = matches!(
            event,
            PullEvent::Received { .. } | PullEvent::Unpacking { .. } | PullEvent::Hashing { .. }
        );
        if is_progress && self.last.is_some_and(|last| last.elapsed().as_millis() < 500) {
            return;
        }
        self.last = Some(Instant::now());
        match event {
            PullEvent::SourceFailed { source, reason } => eprintln!("{source} failed: {}", reason.explain()),
            other => eprintln!("{other:?}"),
        }
    }
}

fn main() -> ExitCode {
    let pulled = Models::from_env().and_then(|models| {
        let name = std::env::args().nth(1).unwrap_or_else(|| models.catalogue().default.clone());
        models.pull(&name, &mut Lines { last: None })?;
        models.resolve(&name)
    });
    match pulled {
        Ok(model) => {
            println!("{} ({}) is at {}", model.name, model.origin, model.path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(next) = cause {
                eprintln!("  because {next}");
                cause = next.source();
            }
            ExitCode::FAILURE
        }
    }
}
