//! A Python package, downloaded by pip: it knows the user's index, proxy and certificates better than we could.
//!
//! pip is an external program. Nothing is installed, and no code of the package runs: only a wheel is accepted.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::settings::PipSettings;
use crate::store::bytes_under;
use crate::{PullEvent, PullObserver, SourceError};

/// How often the growing download is looked at.
const POLL: Duration = Duration::from_millis(100);

/// How many bytes of its last words are kept.
const LOG_KEPT: usize = 1 << 16;

/// A package to download.
pub(crate) struct Download<'a> {
    pub(crate) settings: &'a PipSettings,
    pub(crate) package: &'a str,
    pub(crate) version: &'a str,
    /// About the size of its wheel, if known.
    pub(crate) wheel_bytes: Option<u64>,
    /// Bytes of the wheels that came before it, and of all, if known: what progress is told in.
    pub(crate) before: u64,
    pub(crate) total: Option<u64>,
    /// Folder for this package alone.
    pub(crate) folder: &'a Path,
}

/// A wheel on this machine.
pub(crate) struct Wheel {
    pub(crate) path: PathBuf,
    /// Whether an earlier pull left it here.
    pub(crate) was_here: bool,
}

/// How one command ended.
enum End {
    Downloaded,
    /// There is no such command, or it has no pip in it.
    Absent(String),
    Failed {
        command: String,
        message: String,
    },
}

impl Download<'_> {
    /// The wheel; a finished one is not fetched again.
    pub(crate) fn run(&self, observer: &mut dyn PullObserver) -> Result<Wheel, SourceError> {
        fs::create_dir_all(self.folder).map_err(SourceError::storage(self.folder))?;
        if let Some(path) = wheel_in(self.folder).map_err(SourceError::storage(self.folder))? {
            return Ok(Wheel { path, was_here: true });
        }
        let mut tried = Vec::new();
        for words in &self.settings.commands {
            // What pip has not finished stays in here, and goes with it. One that a killed pull left goes, too.
            let incoming = self.folder.join("incoming");
            let _ = fs::remove_dir_all(&incoming);
            fs::create_dir_all(incoming.join("tmp")).map_err(SourceError::storage(&incoming))?;
            let end = self.call(words, &incoming, observer)?;
            let finished = match end {
                End::Downloaded => wheel_in(&incoming).map_err(SourceError::storage(&incoming))?,
                End::Absent(why) => {
                    tried.push(why);
                    continue;
                }
                End::Failed { command, message } => {
                    let _ = fs::remove_dir_all(&incoming);
                    return Err(SourceError::Pip { command, message });
                }
            };
            let Some(finished) = finished else {
                return Err(SourceError::Pip {
                    command: display(words),
                    message: "it left no wheel".to_owned(),
                });
            };
            let path = self.folder.join(finished.file_name().expect("a file in a folder has a name"));
            fs::rename(&finished, &path).map_err(SourceError::storage(&path))?;
            let _ = fs::remove_dir_all(&incoming);
            return Ok(Wheel { path, was_here: false });
        }
        Err(SourceError::NoPip { tried })
    }

    fn call(
        &self,
        words: &[OsString],
        incoming: &Path,
        observer: &mut dyn PullObserver,
    ) -> Result<End, SourceError> {
        let Some((program, first)) = words.split_first() else {
            return Ok(End::Absent("an empty command".into()));
        };
        let temporary = std::path::absolute(incoming.join("tmp")).map_err(SourceError::storage(incoming))?;
        let mut command = Command::new(program);
        command
            .args(first)
            .args([
                "download",
                "--no-deps",
                "--only-binary=:all:",
                "--no-input",
                "--disable-pip-version-check",
            ])
            .args(["--progress-bar", "off", "--dest"])
            .arg(std::path::absolute(incoming).map_err(SourceError::storage(incoming))?)
            .arg(format!("{}=={}", self.package, self.version))
            // pip writes here first: on the store's disk there is room, and its growth can be watched.
            .env("TMPDIR", temporary)
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(path) = &self.settings.search_path {
            command.env("PATH", path);
        }
        let (status, log) = match self.wait(command, incoming, observer) {
            Ok(end) => end,
            Err(error) => return Ok(End::Absent(format!("`{}`: {error}", display(words)))),
        };
        if status.success() {
            return Ok(End::Downloaded);
        }
        if log.contains("No space left on device") || log.contains("Disk quota exceeded") {
            return Err(SourceError::storage(self.folder)(io::ErrorKind::StorageFull.into()));
        }
        // A shell's word for a missing command, and Python's for a missing module.
        if status.code() == Some(127) || log.contains("No module named pip") {
            return Ok(End::Absent(format!("`{}`: {}", display(words), last_lines(&log, 1))));
        }
        let command = format!("{} download {}=={}", display(words), self.package, self.version);
        Ok(End::Failed { command, message: last_lines(&log, 3) })
    }

    /// How it ended, and what it wrote last.
    fn wait(
        &self,
        mut command: Command,
        incoming: &Path,
        observer: &mut dyn PullObserver,
    ) -> io::Result<(ExitStatus, String)> {
        let mut child = command.spawn()?;
        let errors = child.stderr.take().expect("standard error is a pipe");
        // Not to a file: on a full disk, just the line that says so would be lost.
        let log = thread::spawn(move || tail_of(errors));
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            // pip writes the wheel twice at the end, into its temporary folder and into the destination.
            let bytes = bytes_under(incoming).min(self.wheel_bytes.unwrap_or(u64::MAX)) + self.before;
            let bytes = bytes.min(self.total.unwrap_or(u64::MAX));
            observer.observe(PullEvent::Received { bytes, total: self.total });
            thread::sleep(POLL);
        };
        Ok((status, log.join().unwrap_or_default()))
    }
}

/// Reads to the end and keeps the last part.
fn tail_of(mut stream: impl Read) -> String {
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..read]);
        let surplus = tail.len().saturating_sub(LOG_KEPT);
        tail.drain(..surplus);
    }
    String::from_utf8_lossy(&tail).into_owned()
}

fn wheel_in(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            wheels.push(path);
        }
    }
    wheels.sort();
    Ok(wheels.into_iter().next())
}

fn display(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The last lines that say something, on one line.
fn last_lines(log: &str, count: usize) -> String {
    let said = |line: &&str| !line.is_empty() && !line.starts_with("[notice]");
    let lines: Vec<&str> = log.lines().map(str::trim).filter(said).collect();
    let text = lines[lines.len().saturating_sub(count)..].join("; ");
    // Characters, not bytes: the log may hold any.
    let skipped = text.chars().count().saturating_sub(600);
    text.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_kept() {
        assert_eq!(tail_of(&b"x".repeat(LOG_KEPT + 5)[..]).len(), LOG_KEPT);
        assert_eq!(last_lines("a\nERROR: x\n\nERROR: y\n[notice] new pip\n", 2), "ERROR: x; ERROR: y");
        assert_eq!(last_lines("", 3), "");
        assert_eq!(last_lines(&"é".repeat(1000), 1).chars().count(), 600);
    }
}
