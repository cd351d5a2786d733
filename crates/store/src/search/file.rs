//! The search database's file: made, opened, thrown away when it does not fit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::{fs, io};

use rusqlite::{Connection, OpenFlags};
use teahouse_chat::ids::Position;

use super::feed::Feed;
use super::finder::{self, Finds};
use super::index;
use super::indexer::Indexer;
use crate::error::{CloseError, OpenError};
use crate::open;
use crate::queue::Queue;
use crate::vacuum;

/// The file's name in the data directory.
const SEARCH_FILE: &str = "search.db";
/// What SQLite puts beside it.
const BESIDE: [&str; 2] = ["search.db-wal", "search.db-shm"];
/// `Tssh`: tells our files from those of other programs.
const APPLICATION_ID: i64 = 0x5473_7368;
/// Which tables there are, and which tokens: an index of another version is made anew.
const VERSION: i64 = 1;
/// The page cache of the connection that writes, in KiB.
const CACHE_KIB: i64 = 8 << 10;
/// What the write-ahead log's file is cut back to when the log starts anew, in bytes.
const WAL_KEPT_BYTES: i64 = 16 << 20;

/// Both threads of search, and the ways to them.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) feed: Arc<Feed>,
    pub(crate) finds: Arc<Finds>,
}

impl Search {
    /// Opens the index beside `messages`, anew if need be, and starts the threads; each drops its `alive` last.
    ///
    /// `committed` is the last position that may be in use, `erased` the number of what was erased last.
    pub(crate) fn start(
        messages: &Path,
        committed: Position,
        erased: i64,
        queue: &Arc<Queue>,
        alive: &Sender<Result<(), CloseError>>,
    ) -> Result<Search, OpenError> {
        let path = path(messages);
        let connection = open(&path, committed)?;
        let feed = Arc::new(Feed::new(committed, erased));
        let finds = Arc::new(Finds::default());
        finder::start(&finds, &path, messages, alive)?;
        let main = open::connect_reader(messages)?;
        let indexer = Indexer::new(connection, main, path, Arc::clone(&feed), Arc::clone(queue));
        if let Err(error) = indexer.start(alive.clone()) {
            finds.close();
            return Err(error);
        }
        Ok(Search { feed, finds })
    }

    /// Both threads end; who waits for an answer is told so.
    pub(crate) fn close(&self) {
        self.feed.close();
        self.finds.close();
    }
}

/// Where the index of these messages is.
pub(super) fn path(messages: &Path) -> PathBuf {
    messages.with_file_name(SEARCH_FILE)
}

/// Opens the index, or makes a new one if there is none, or none that fits: of another version, ahead of the messages
/// (of which an older copy was put in their place), or no database at all.
pub(super) fn open(path: &Path, committed: Position) -> Result<Connection, OpenError> {
    match connect(path).and_then(|connection| Ok(fits(&connection, committed)?.then_some(connection))) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => tracing::info!("{} is made, from the messages", path.display()),
        Err(error) => tracing::warn!("{} cannot be used ({error}), and is made anew", path.display()),
    }
    remove(path).map_err(|error| OpenError::from_io(path, &error))?;
    connect(path)
        .and_then(|mut connection| create(&mut connection).map(|()| connection))
        .map_err(|error| OpenError::from_sqlite(path, &error))
}

/// Throws the index away, if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let beside = BESIDE.map(|name| path.with_file_name(name));
    for file in beside.iter().map(PathBuf::as_path).chain([path]) {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Made here, so that nobody else may read it.
    if let Err(error) = open::private::open_file(path) {
        tracing::warn!("{}: {error}", path.display());
    }
    let connection = open::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    vacuum::prepare(&connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // After a power cut it is whole, and lacks at most what is fetched again.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_KEPT_BYTES, |_| Ok(()))?;
    // Answers with what it then is.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    Ok(connection)
}

fn fits(connection: &Connection, committed: Position) -> rusqlite::Result<bool> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if (pragma("application_id")?, pragma("user_version")?) != (APPLICATION_ID, VERSION) {
        return Ok(false);
    }
    Ok(index::indexed(connection)?.position <= committed)
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(index::SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
