//! Reading little-endian values from a stream whose length is known, never past its end.

use crate::GgufError;
use std::io::Read;

/// A reader that knows where it is and where the file ends.
pub(crate) struct Cursor<R> {
    inner: R,
    position: u64,
    length: u64,
}

impl<R: Read> Cursor<R> {
    pub(crate) fn new(inner: R, length: u64) -> Self {
        Self { inner, position: 0, length }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    fn truncated(&self, what: &str) -> GgufError {
        GgufError::Truncated { what: what.to_owned(), length: self.length }
    }

    /// Fails unless `count` items of at least `size` bytes each can still follow.
    pub(crate) fn plausible(&self, what: &str, count: u64, size: u64) -> Result<(), GgufError> {
        match count.checked_mul(size) {
            Some(bytes) if bytes <= self.remaining() => Ok(()),
            _ => Err(GgufError::Implausible { what: what.to_owned(), count, length: self.length }),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], GgufError> {
        if self.remaining() < N as u64 {
            return Err(self.truncated(what));
        }
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), GgufError> {
        // The file may have shrunk since its length was taken.
        self.inner.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.truncated(what),
            _ => error.into(),
        })?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A length and as many bytes.
    pub(crate) fn text(&mut self, what: &str) -> Result<Vec<u8>, GgufError> {
        let size = self.u64(what)?;
        if size > self.remaining() {
            return Err(self.truncated(what));
        }
        let size = usize::try_from(size).map_err(|_| self.truncated(what))?;
        let mut bytes = vec![0; size];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }
}
