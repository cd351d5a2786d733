//! What can go wrong with a store; each error is one line that names the thing and the remedy.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::trouble::Trouble;

/// Why a data directory could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the data directory {} is in use by another Teahouse: stop that one, or choose another directory with --data DIR", dir.display()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
    },
    /// There is no database where there must be one.
    #[error("{} holds no database of ours; name the data directory with --data", dir.display())]
    Nothing {
        /// The data directory.
        dir: PathBuf,
    },
    /// Some other program holds the database.
    #[error("{} is locked by another program: close whatever has it open and start again", path.display())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// A newer version of this program wrote it.
    #[error(
        "{} was written by a newer Teahouse (database version {found}, this program knows up to {known}): \
         run the newer program, or choose another directory with --data DIR", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program reads.
        known: i64,
    },
    /// A database, but not one of ours.
    #[error(
        "{} is a database of another program: move it away, or choose another directory with --data DIR",
        path.display()
    )]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// Not a database, or one that lost its sense.
    #[error(
        "{} is damaged ({cause}): move its whole directory away, and start again, empty or with a backup in its place",
        path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite or the loader said.
        cause: String,
    },
    /// The directory or a file in it cannot be made, read or written.
    #[error(
        "cannot write to {} ({cause}): let this user write there, or choose another directory with --data DIR",
        path.display()
    )]
    NotWritable {
        /// What cannot be written.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// No room left on the disk.
    #[error("the disk of {} is full: free some space and start again", path.display())]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// The file system cannot do what the database needs (write-ahead log, shared memory).
    #[error(
        "the file system of {} has no shared memory for the database (a network share?): \
         choose a local directory with --data DIR",
        path.display()
    )]
    Unfit {
        /// The database.
        path: PathBuf,
    },
    /// The machine refused something else.
    #[error("cannot open {} ({cause}): see to the machine and start again", path.display())]
    Other {
        /// The database.
        path: PathBuf,
        /// What was refused.
        cause: String,
    },
}

impl OpenError {
    /// What a failed call on a file or directory means.
    pub(crate) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::Full { path },
            _ => OpenError::NotWritable { path, cause: one_line(error) },
        }
    }

    /// What a failed call on the database means while it is being opened.
    pub(crate) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let cause = one_line(error);
        match error.sqlite_error_code() {
            _ if Trouble::of(error) == Trouble::Full => OpenError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked { path },
            Some(
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure,
            ) => OpenError::NotWritable { path, cause },
            // No code: a row that does not convert. `Unknown` is a table or column that should be there.
            None | Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
                OpenError::Damaged { path, cause }
            }
            Some(_) => OpenError::Other { path, cause },
        }
    }
}

/// Why a read of history gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Too many reads are waiting; ask again later.
    #[error("too many reads of history are waiting: ask again later")]
    Busy,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
    /// The database could not be read.
    #[error("history cannot be read ({0})")]
    Failed(String),
}

/// Why not everything may have reached the disk at close.
#[derive(Debug, Error)]
pub enum CloseError {
    /// The last state changes could not be written.
    #[error("the last changes could not be written to {} ({cause})", path.display())]
    Unwritten {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// The disk was too slow; the writer goes on as long as the process lives.
    #[error("{} was not closed in time: the disk is too slow", path.display())]
    Late {
        /// The database.
        path: PathBuf,
    },
}

/// An error's text, fit for one line.
pub(crate) fn one_line(error: &dyn std::error::Error) -> String {
    error.to_string().replace(['\r', '\n'], " ")
}
