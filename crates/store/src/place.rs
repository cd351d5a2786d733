//! Whether the database is still where it was opened: what is written into a deleted file is gone with the process.
//!
//! SQLite looks for itself only when it writes a rollback journal, not with a write-ahead log.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rusqlite::ffi;

use crate::open::LOG_FILE;

/// The files that hold what is kept, and what tells each from another one of its name.
#[derive(Debug)]
pub(crate) struct Place {
    files: [(PathBuf, Identity); 2],
}

/// Device and inode: no other file gets this pair while ours is open, deleted or not.
#[cfg(unix)]
type Identity = (u64, u64);
/// Windows neither deletes nor moves a file that is open.
#[cfg(not(unix))]
type Identity = ();

impl Place {
    /// Remembers an open database with its write-ahead log, which is there once something was committed.
    pub(crate) fn of(database: &Path) -> io::Result<Self> {
        let log = database.with_file_name(LOG_FILE);
        Ok(Place { files: [(database.to_owned(), identify(database)?), (log.clone(), identify(&log)?)] })
    }

    /// Fails if a file was deleted, moved or replaced, with the code that SQLite has for this; two calls of `stat`.
    pub(crate) fn check(&self) -> rusqlite::Result<()> {
        let is_here = self.files.iter().all(|(path, identity)| match identify(path) {
            Ok(found) => found == *identity,
            // Not being allowed to look, say, does not mean that it is gone.
            Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        });
        if is_here {
            return Ok(());
        }
        let code = ffi::Error::new(ffi::SQLITE_READONLY_DBMOVED);
        Err(rusqlite::Error::SqliteFailure(code, Some("it was deleted, moved or replaced".into())))
    }
}

/// Whether an error is the one of [`Place::check`].
pub(crate) fn is_gone(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_READONLY_DBMOVED)
}

fn identify(path: &Path) -> io::Result<Identity> {
    let file = fs::metadata(path)?;
    #[cfg(unix)]
    let identity = (std::os::unix::fs::MetadataExt::dev(&file), std::os::unix::fs::MetadataExt::ino(&file));
    #[cfg(not(unix))]
    let identity = drop(file);
    Ok(identity)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// What a check says after `change` was made to a data directory.
    fn check(change: impl FnOnce(&Path) -> io::Result<()>) -> bool {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("data");
        fs::create_dir(&dir).unwrap();
        let files = ["teahouse.db", "teahouse.db-wal"].map(|name| fs::File::create(dir.join(name)).unwrap());
        let place = Place::of(&dir.join("teahouse.db")).unwrap();
        place.check().unwrap();
        change(&dir).unwrap();
        let found = place.check();
        drop(files);
        assert!(found.as_ref().err().is_none_or(is_gone));
        found.is_ok()
    }

    #[test]
    fn what_was_deleted_moved_or_replaced_is_gone() {
        assert!(!check(|dir| fs::remove_dir_all(dir)));
        assert!(!check(|dir| fs::remove_file(dir.join("teahouse.db"))));
        assert!(!check(|dir| fs::remove_file(dir.join("teahouse.db-wal"))));
        assert!(!check(|dir| fs::rename(dir, dir.with_file_name("other"))));
        assert!(!check(|dir| {
            fs::write(dir.join("backup"), "")?;
            fs::rename(dir.join("backup"), dir.join("teahouse.db"))
        }));
        assert!(!check(|dir| {
            fs::remove_dir_all(dir)?;
            fs::write(dir, "")
        }));
    }

    #[test]
    fn what_is_written_or_moved_away_and_back_is_here() {
        assert!(check(|dir| fs::write(dir.join("teahouse.db"), "more")));
        assert!(check(|dir| {
            fs::rename(dir, dir.with_file_name("other"))?;
            fs::rename(dir.with_file_name("other"), dir)
        }));
    }
}
