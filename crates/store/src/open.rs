//! Opening: the directory, its lock, the connections, and what the world is loaded from.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use teahouse_chat::ids::{Position, Time};

use crate::error::OpenError;
use crate::faults::Faults;
use crate::place::Place;
use crate::queue::POSITION_BLOCK;
use crate::schema::{self, Identity};
use crate::{Loaded, backup, erased, rows, vacuum};

pub(crate) const DATABASE_FILE: &str = "teahouse.db";
/// The write-ahead log, as SQLite names it.
pub(crate) const LOG_FILE: &str = "teahouse.db-wal";
const LOCK_FILE: &str = "teahouse.lock";

/// How long a call waits while another program has the database locked, in milliseconds.
pub(crate) const BUSY_MS: u64 = 1_000;
/// Compiled statements that a connection keeps.
const STATEMENTS_MAX: usize = 32;
/// The writer's page cache, in KiB: rooms that people speak in keep their last page there.
const WRITER_CACHE_KIB: i64 = 16 << 10;
/// What the write-ahead log's file is cut back to when the log starts anew, in bytes.
const WAL_KEPT_BYTES: i64 = 16 << 20;

/// A data directory that this process has, with the writer's connection.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) place: Place,
    pub(crate) connection: Connection,
    pub(crate) loaded: Loaded,
    pub(crate) reserved_until: Position,
    /// What was erased and may still be in a file.
    pub(crate) erasing: Erasing,
    /// Held as long as the writer lives.
    pub(crate) lock: File,
}

/// Refuses a directory that holds no database: for whoever wants what is in one, and none made.
pub fn must_be_there(dir: &Path) -> Result<(), OpenError> {
    let is_there = dir.join(DATABASE_FILE).is_file();
    if is_there { Ok(()) } else { Err(OpenError::Nothing { dir: dir.to_owned() }) }
}

/// Opens `dir`, makes what is missing, and reserves the first block of positions: a write that shows that writing works.
pub(crate) fn open(dir: &Path, faults: &Faults) -> Result<Opened, OpenError> {
    private::create_dir(dir).map_err(|error| OpenError::from_io(dir, &error))?;
    let lock = lock(dir)?;
    let path = dir.join(DATABASE_FILE);
    private::open_file(&path).map_err(|error| OpenError::from_io(&path, &error))?;

    let mut connection =
        connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| OpenError::from_sqlite(&path, &error))?;
    let identity = schema::identify(&connection).map_err(|error| OpenError::from_sqlite(&path, &error))?;
    let version = match identity {
        Identity::Foreign => return Err(OpenError::Foreign { path }),
        Identity::Ours(found) if found > schema::VERSION => {
            return Err(OpenError::Newer { path, found, known: schema::VERSION });
        }
        Identity::Ours(found) => found,
        Identity::Empty => 0,
    };
    prepare(&mut connection, &path, version, faults)?;
    let (loaded, reserved_until) = load(&mut connection).map_err(|error| OpenError::from_sqlite(&path, &error))?;
    let erasing = erasing(&connection).map_err(|error| OpenError::from_sqlite(&path, &error))?;
    let place = Place::of(&path).map_err(|error| OpenError::from_io(&path, &error))?;
    Ok(Opened { path, place, connection, loaded, reserved_until, erasing, lock })
}

/// How far erasing was when the last process ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Erasing {
    /// The last thing that was erased.
    pub(crate) last: i64,
    /// The last one that the index may still have.
    pub(crate) last_copy: i64,
    /// Everything up to here is in no file any more.
    pub(crate) clean: i64,
}

fn erasing(connection: &Connection) -> rusqlite::Result<Erasing> {
    Ok(Erasing {
        last: erased::last(connection)?,
        last_copy: erased::last_copy(connection)?,
        clean: erased::clean(connection)?,
    })
}

/// A connection for reading only.
pub(crate) fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let connected = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|connection| {
        // The first read opens the write-ahead log: now, not when the process has no file descriptor left.
        connection.pragma_query_value(None, "user_version", |_| Ok(()))?;
        Ok(connection)
    });
    connected.map_err(|error| OpenError::from_sqlite(path, &error))
}

/// A connection with what all of ours have in common.
pub(crate) fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Else a statement with bounds is compiled anew for each pair of bounds, in case another plan fits them better.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A temporary file could not be opened at the limit of file descriptors.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// The lock is the operating system's: it ends with the process, however that ends.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK_FILE);
    let file = private::open_file(&path).map_err(|error| OpenError::from_io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Err(OpenError::Unfit { path }),
        Err(TryLockError::Error(error)) => Err(OpenError::from_io(&path, &error)),
    }
}

fn prepare(connection: &mut Connection, path: &Path, version: i64, faults: &Faults) -> Result<(), OpenError> {
    let sqlite = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    faults.before_transaction(connection).map_err(sqlite)?;
    if version == 0 {
        vacuum::prepare(connection).map_err(sqlite)?;
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        return Err(OpenError::Unfit { path: path.to_owned() });
    }
    connection.pragma_update(None, "synchronous", "full").map_err(sqlite)?;
    // On a Mac only this reaches the disk itself; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", true).map_err(sqlite)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true).map_err(sqlite)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(sqlite)?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEPT_BYTES, |_| Ok(())).map_err(sqlite)?;
    // What is deleted is overwritten; answers with what it then is.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(())).map_err(sqlite)?;
    let is_older = (1..schema::VERSION).contains(&version);
    if is_older {
        keep_a_copy(connection, path, version)?;
    }
    schema::migrate(connection, version).map_err(sqlite)?;
    // Without it all works but that the file never shrinks.
    if is_older
        && !vacuum::is_prepared(connection).map_err(sqlite)?
        && let Err(error) = vacuum::rebuild(connection)
    {
        let path = path.display();
        tracing::warn!("{path} was not written anew ({error}): what is deleted makes room in it, but not on the disk");
    }
    Ok(())
}

/// What an older version wrote is still there should it be wanted; one of an earlier start that did not get on is replaced.
fn keep_a_copy(connection: &Connection, path: &Path, version: i64) -> Result<(), OpenError> {
    let copy = backup::before_migration(path, version);
    let made = match fs::remove_file(&copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => backup::copy(connection, &copy),
    };
    made.map_err(|error| OpenError::from_io(&copy, &error))?;
    tracing::info!("what version {version} wrote is in {}; delete it when all is well", copy.display());
    Ok(())
}

fn load(connection: &mut Connection) -> rusqlite::Result<(Loaded, Position)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let next = schema::meta_number(&transaction, "reserved_until")?.unwrap_or(1);
    let reserved_until = next + POSITION_BLOCK;
    let loaded = Loaded {
        records: rows::records(&transaction)?,
        next_position: Position(next),
        last_time: Time(schema::meta_number(&transaction, "last_time")?.unwrap_or(0)),
        secret: schema::secret(&transaction)?,
    };
    schema::set_meta_number(&transaction, "reserved_until", reserved_until)?;
    erased::catch_up(&transaction)?;
    transaction.commit()?;
    Ok((loaded, Position(reserved_until)))
}

/// Files and directories that only their owner may read, where the system has owners; existing ones stay as they are.
pub(crate) mod private {
    use std::fs::OpenOptions;

    use super::{File, Path, fs, io};

    pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)
    }

    /// SQLite gives its other files the database's mode.
    pub(crate) fn open_file(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_connection_makes_temporary_files() {
        let dir = tempfile::tempdir().unwrap();
        let opened = open(dir.path(), &Faults::default()).unwrap();
        let reader = connect_reader(&opened.path).unwrap();
        for connection in [opened.connection, reader] {
            let store: i64 = connection.pragma_query_value(None, "temp_store", |row| row.get(0)).unwrap();
            assert_eq!(store, 2, "not in memory");
        }
    }
}
