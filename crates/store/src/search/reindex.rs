//! The whole index anew, while no server runs.

use std::path::Path;

use teahouse_chat::ids::Position;

use super::{file, index, indexer};
use crate::error::OpenError;
use crate::faults::Faults;
use crate::open;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reindexed {
    /// How many messages can be found now.
    pub messages: u64,
    /// How large the index is.
    pub bytes: u64,
}

/// Throws the index in `dir` away and makes it anew from the messages, telling `progress` now and then how many are done.
///
/// A directory without a database stays as it is: [`OpenError::Nothing`]. A running server has the directory's lock: then this fails with [`OpenError::InUse`].
pub fn reindex(dir: &Path, mut progress: impl FnMut(u64)) -> Result<Reindexed, OpenError> {
    open::must_be_there(dir)?;
    let opened = open::open(dir, &Faults::default())?;
    let path = file::path(&opened.path);
    file::remove(&path).map_err(|error| OpenError::from_io(&path, &error))?;
    let committed = Position(opened.loaded.next_position.0.saturating_sub(1));
    let mut connection = file::open(&path, committed)?;
    let mut work = || {
        indexer::catch_up(&mut connection, &opened.connection, committed, |done| {
            progress(done);
            true
        })?;
        index::optimize(&connection)?;
        let messages = index::count(&connection)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(messages)
    };
    let messages = work().map_err(|error| OpenError::from_sqlite(&path, &error))?;
    drop(connection);
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    Ok(Reindexed { messages, bytes })
}
