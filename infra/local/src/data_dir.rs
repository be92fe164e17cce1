//! The folder that state is kept in, held by one process at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A folder that this process holds until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process holds it.
    #[error("the data directory {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The file system refuses.
    #[error("the data directory {} cannot be used: {reason}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::Error,
    },
}

impl DataDir {
    /// Takes a folder, making it if need be.
    ///
    /// # Errors
    /// When another process has it, or it cannot be written.
    pub(crate) fn take(path: &Path) -> Result<Self, DataDirError> {
        let io = |reason| DataDirError::Io { path: path.to_owned(), reason };
        std::fs::create_dir_all(path).map_err(io)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(reason)) => Err(io(reason)),
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
