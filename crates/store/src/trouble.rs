//! What a failing database means for whoever runs the server: which trouble it is, and what can be done about it.

use rusqlite::{ErrorCode, ffi};

use crate::place;

/// Why reading or writing fails while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No room left.
    Full,
    /// Another program has it.
    Locked,
    /// Deleted, moved or replaced.
    Gone,
    /// Not what was written: the one that does not pass by itself, and is not written to any more.
    Damaged,
    /// Something else about the disk.
    Disk,
}

impl Trouble {
    /// What an error means.
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            _ if place::is_gone(error) => Trouble::Gone,
            // The log's index could not grow: this is how SQLite says that of a full disk.
            _ if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) => Trouble::Full,
            Some(ErrorCode::DiskFull) => Trouble::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Locked,
            // Without a code: a row that does not convert.
            None | Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Trouble::Damaged,
            Some(_) => Trouble::Disk,
        }
    }

    /// What can be done about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Trouble::Full => "free some space on its disk",
            Trouble::Locked => "close the other program that has it open",
            Trouble::Gone => "move it back, or start again, empty or with a backup in its place",
            Trouble::Damaged => {
                "it is damaged; stop the server, move its whole directory away, and start again, \
                 empty or with a backup in its place"
            }
            Trouble::Disk => "see to the disk, and to what the system says of it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_trouble() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, Trouble::Full),
            (ffi::SQLITE_IOERR_SHMSIZE, Trouble::Full),
            (ffi::SQLITE_BUSY, Trouble::Locked),
            (ffi::SQLITE_BUSY_RECOVERY, Trouble::Locked),
            (ffi::SQLITE_IOERR, Trouble::Disk),
            (ffi::SQLITE_READONLY, Trouble::Disk),
            (ffi::SQLITE_READONLY_DBMOVED, Trouble::Gone),
            (ffi::SQLITE_CORRUPT, Trouble::Damaged),
            (ffi::SQLITE_CORRUPT_INDEX, Trouble::Damaged),
            (ffi::SQLITE_NOTADB, Trouble::Damaged),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(Trouble::of(&error), expected, "{error}");
        }
        assert_eq!(Trouble::of(&rusqlite::Error::IntegralValueOutOfRange(1, 2)), Trouble::Damaged);
    }
}
