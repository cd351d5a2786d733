//! A copy of the database in one file, as of one moment, also while a server writes to it.
//!
//! In: a data directory, or a connection of one's own. Out: a file that a server can start with. It is there whole or not
//! at all, and nobody else may read it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::erased;
use crate::error::one_line;
use crate::open::{self, DATABASE_FILE, private};
use crate::schema::{self, Identity};

/// Why no copy was made, in one line with its remedy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something of that name.
    #[error("{} is there already, and is not overwritten; choose another name, or move it away", file.display())]
    Exists {
        /// The copy that was to be made.
        file: PathBuf,
    },
    /// There is nothing to copy.
    #[error("{} holds no database of ours; name the data directory with --data", dir.display())]
    Nothing {
        /// The data directory.
        dir: PathBuf,
    },
    /// The database cannot be read, or the copy not written.
    #[error("no copy could be made in {} ({cause}); nothing is left of it", file.display())]
    Failed {
        /// The copy that was to be made.
        file: PathBuf,
        /// The system's or the database's words.
        cause: String,
    },
}

/// Copies the database of a data directory into `file`, which must not be there yet; gives its size in bytes.
///
/// A server may have the directory open: it goes on, and nothing it writes meanwhile is in the copy. Until the copy is
/// made, its log grows, and what it deletes stays in its files.
pub fn backup(dir: &Path, file: &Path) -> Result<u64, BackupError> {
    if file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { file: file.to_owned() });
    }
    let nothing = || BackupError::Nothing { dir: dir.to_owned() };
    let path = dir.join(DATABASE_FILE);
    if !path.is_file() {
        return Err(nothing());
    }
    let failed = |cause: String| BackupError::Failed { file: file.to_owned(), cause };
    // To write, since without a server the log's index has to be made.
    let connection =
        open::connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| failed(one_line(&error)))?;
    match schema::identify(&connection) {
        Ok(Identity::Ours(_)) => {}
        Ok(Identity::Empty | Identity::Foreign) => return Err(nothing()),
        Err(error) => return Err(failed(one_line(&error))),
    }
    copy(&connection, file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists { file: file.to_owned() },
        _ => failed(one_line(&error)),
    })
}

/// Where the copy of a database stands that is about to be brought up from a version.
pub(crate) fn before_migration(database: &Path, version: i64) -> PathBuf {
    database.with_file_name(format!("teahouse-version-{version}.db"))
}

/// The same as [`backup`] over a connection; with [`io::ErrorKind::AlreadyExists`] if `file` is there.
pub(crate) fn copy(connection: &Connection, file: &Path) -> io::Result<u64> {
    let mut name = file.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
    name.push(".part");
    let part = file.with_file_name(name);
    // Left by one that was killed; the copy is made from the beginning.
    _ = fs::remove_file(&part);
    let made = write(connection, &part).and_then(|bytes| {
        // Unlike a renaming this does not replace what somebody else has put there; not every disk has it.
        fs::hard_link(&part, file).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::rename(&part, file),
        })?;
        Ok(bytes)
    });
    _ = fs::remove_file(&part);
    let bytes = made?;
    sync_directory(file)?;
    Ok(bytes)
}

fn write(connection: &Connection, part: &Path) -> io::Result<u64> {
    drop(private::open_file(part)?);
    let name = part.to_str().ok_or_else(|| io::Error::other("its name is not UTF-8"))?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(io::Error::other)?;
    forget_erased(part).map_err(io::Error::other)?;
    let copy = File::options().write(true).open(part)?;
    copy.sync_all()?;
    Ok(copy.metadata()?.len())
}

/// What was being erased is not copied; there is no index of it beside the copy either.
fn forget_erased(part: &Path) -> rusqlite::Result<()> {
    let copy = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    if matches!(schema::identify(&copy)?, Identity::Ours(version) if version >= schema::ERASES_SINCE) {
        copy.execute_batch("BEGIN")?;
        while !erased::delete(&copy, erased::last(&copy)?)? {}
        erased::set_clean(&copy, erased::last(&copy)?)?;
        copy.execute_batch("COMMIT")?;
    }
    copy.close().map_err(|(_, error)| error)
}

/// The name is there after a power cut, too.
fn sync_directory(file: &Path) -> io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(parent)?.sync_all() } else { Ok(()) }
}
