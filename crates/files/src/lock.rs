//! A file that one process holds at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// A lock on a file, held until it is dropped or the process ends.
///
/// Dropping unlocks instead of only closing the file: between fork and exec a child of another thread has the file
/// open too, and would hold the lock for that moment.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock, or nothing if somebody has it. The file is made if it is not there. A file system without locks
    /// gives it to everybody.
    ///
    /// # Errors
    /// If the file cannot be opened or locked.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(Some(Self(file))),
        }
    }

    /// Takes the lock once nobody else has it; `waiting` is called first if somebody does.
    ///
    /// # Errors
    /// As [`Lock::try_take`].
    pub fn take(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        if let Some(lock) = Self::try_take(path)? {
            return Ok(lock);
        }
        waiting();
        let file = open(path)?;
        file.lock()?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is what is left if this fails.
        let _ = self.0.unlock();
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_at_a_time_and_copies_of_the_file_hold_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = Lock::try_take(&path).unwrap().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        // What a child has between fork and exec.
        let copy = lock.0.try_clone().unwrap();
        drop(lock);
        let lock = Lock::take(&path, || panic!("nobody has it")).unwrap();
        drop(copy);
        std::thread::scope(|scope| {
            let (tell, told) = std::sync::mpsc::channel();
            let path = &path;
            let waits = move || Lock::take(path, || tell.send(()).unwrap()).map(drop);
            let other = scope.spawn(waits);
            told.recv().expect("it waits");
            drop(lock);
            other.join().unwrap().unwrap();
        });
    }
}
