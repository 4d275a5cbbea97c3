//! One file from a server to a partial file, continued when it breaks.
//!
//! Knows ranges, sizes and patience; whether the bytes are the right ones is checked by the caller.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;

use ureq::Body;
use ureq::http::Response;

use crate::digest::CHUNK;
use crate::hub::{Hub, refusal};
use crate::{PullEvent, PullObserver, SourceError};

/// What to transfer, and to where.
pub(crate) struct Transfer<'a> {
    pub(crate) hub: &'a Hub<'a>,
    pub(crate) repository: &'a str,
    pub(crate) url: &'a str,
    pub(crate) partial: &'a Path,
    /// Its size, if known.
    pub(crate) bytes: Option<u64>,
}

impl Transfer<'_> {
    /// Transfers what is still missing of the file. Ends with the whole of it, if its size is known.
    pub(crate) fn run(&self, observer: &mut dyn PullObserver) -> Result<(), SourceError> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.partial)
            .map_err(SourceError::storage(self.partial))?;
        let mut attempt = Attempt { received: self.seek_end(&mut file)?, total: self.bytes };
        let mut failures = 0;
        loop {
            if attempt.total == Some(attempt.received) {
                observer.observe(PullEvent::Received { bytes: attempt.received, total: attempt.total });
                return Ok(());
            }
            let before = attempt.received;
            match self.attempt(&mut file, &mut attempt, observer) {
                Ok(()) => return Ok(()),
                Err(reason) if !may_pass(&reason) => return Err(reason),
                Err(reason) => {
                    failures = if attempt.received > before { 1 } else { failures + 1 };
                    if failures >= self.hub.settings.attempts {
                        return Err(attempt.give_up(reason));
                    }
                    observer.observe(PullEvent::Retrying { bytes: attempt.received, reason: &reason });
                    thread::sleep(self.hub.settings.pause * failures);
                }
            }
        }
    }

    /// Where to continue. A partial file that is too long is of no use.
    fn seek_end(&self, file: &mut File) -> Result<u64, SourceError> {
        let length = file.seek(SeekFrom::End(0)).map_err(SourceError::storage(self.partial))?;
        if self.bytes.is_some_and(|bytes| length > bytes) { self.start_over(file) } else { Ok(length) }
    }

    fn start_over(&self, file: &mut File) -> Result<u64, SourceError> {
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .map_err(SourceError::storage(self.partial))
    }

    fn attempt(
        &self,
        file: &mut File,
        attempt: &mut Attempt,
        observer: &mut dyn PullObserver,
    ) -> Result<(), SourceError> {
        let from = (attempt.received > 0).then_some(attempt.received);
        let mut response = self.hub.get(self.url, from)?;
        match response.status().as_u16() {
            200 => {
                // The server does not continue: everything comes again.
                attempt.received = self.start_over(file)?;
                attempt.expect(response.body().content_length())?;
            }
            206 => attempt.expect(Some(self.end_of_range(&response, attempt.received)?))?,
            416 => {
                attempt.received = self.start_over(file)?;
                return Err(attempt.broken("the server cannot continue"));
            }
            _ => return Err(refusal(self.url, self.repository, &response)),
        }
        self.copy(response.body_mut().as_reader(), file, attempt, observer)
    }

    fn copy(
        &self,
        mut body: impl Read,
        file: &mut File,
        attempt: &mut Attempt,
        observer: &mut dyn PullObserver,
    ) -> Result<(), SourceError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            observer.observe(PullEvent::Received { bytes: attempt.received, total: attempt.total });
            if attempt.total == Some(attempt.received) {
                return Ok(());
            }
            let read = match body.read(&mut buffer) {
                Ok(0) if attempt.total.is_none() => return Ok(()),
                Ok(0) => return Err(attempt.broken("the connection was closed")),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(attempt.broken(&error.to_string())),
            };
            let found = attempt.received + read as u64;
            if let Some(expected) = attempt.total.filter(|total| found > *total) {
                return Err(SourceError::Size { expected, found });
            }
            file.write_all(&buffer[..read]).map_err(SourceError::storage(self.partial))?;
            attempt.received = found;
        }
    }

    /// Size of the whole file, from an answer that continues at `from`.
    fn end_of_range(&self, response: &Response<Body>, from: u64) -> Result<u64, SourceError> {
        let range =
            response.headers().get("content-range").and_then(|value| value.to_str().ok()).unwrap_or("");
        let malformed = || SourceError::Malformed {
            url: self.url.to_owned(),
            reason: format!("asked for the bytes from {from} on, it sent `{range}`"),
        };
        let (start, last, total) = parse_range(range).ok_or_else(malformed)?;
        if start != from || last < start {
            return Err(malformed());
        }
        Ok(total.unwrap_or(last + 1))
    }
}

/// How far the transfer is.
struct Attempt {
    received: u64,
    total: Option<u64>,
}

impl Attempt {
    /// Compares what the server is about to send with what was promised.
    fn expect(&mut self, found: Option<u64>) -> Result<(), SourceError> {
        match (self.total, found) {
            (Some(expected), Some(found)) if expected != found => Err(SourceError::Size { expected, found }),
            (None, found) => {
                self.total = found;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn broken(&self, reason: &str) -> SourceError {
        let expected = self.total.unwrap_or(self.received);
        SourceError::Interrupted { received: self.received, expected, reason: reason.to_owned() }
    }

    /// Once something has arrived, that it can be continued is worth saying.
    fn give_up(&self, reason: SourceError) -> SourceError {
        match reason {
            SourceError::Interrupted { .. } => reason,
            other if self.received > 0 => self.broken(&other.explain()),
            other => other,
        }
    }
}

/// Whether the same request may succeed later.
fn may_pass(reason: &SourceError) -> bool {
    match reason {
        SourceError::Interrupted { .. } | SourceError::Unreachable { .. } => true,
        SourceError::Status { status, .. } => *status >= 500 || matches!(status, 408 | 429),
        _ => false,
    }
}

/// Reads `bytes 5-9/10`: first, last and number of all, which may be unknown.
fn parse_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let total = if total.trim() == "*" { None } else { Some(total.trim().parse().ok()?) };
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?, total))
        .filter(|(_, last, _)| *last < u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_refused() {
        assert_eq!(parse_range("bytes 5-9/10"), Some((5, 9, Some(10))));
        assert_eq!(parse_range("bytes 0-0/*"), Some((0, 0, None)));
        for wrong in [
            "",
            "bytes */10",
            "bytes 5-9",
            "items 5-9/10",
            "bytes -9/10",
            "bytes 5-x/10",
            "bytes 5-9/-1",
            "bytes 0-18446744073709551615/*",
        ] {
            assert_eq!(parse_range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let status = |status| SourceError::Status { url: String::new(), status, message: String::new() };
        assert!(may_pass(&status(503)) && may_pass(&status(429)));
        assert!(!may_pass(&status(400)) && !may_pass(&SourceError::Offline));
    }
}
