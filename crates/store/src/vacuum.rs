//! Gives pages that nothing uses any more back to the system, a few at a time.
//!
//! A page at the end of the file takes the place of one that is free, and the file ends earlier. What a moved page holds in
//! its gaps moves with it, so MUST NOT be done while pages are being overwritten: see `scrub`.

use rusqlite::Connection;

/// At most so many pages are given back in one transaction: it costs about what storing so many messages does.
const SLICE_PAGES: u32 = 64;
/// So many free pages are kept for what comes next: 1 MiB.
const KEPT_PAGES: u32 = 256;
/// What SQLite answers if it is asked how a database gives pages back, and that is a few at a time.
const INCREMENTAL: i64 = 2;

/// Has a database give pages back when it is asked; MUST come before anything else is written to it.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "incremental")
}

/// Whether it does: one of version 1 does not, nor one that could not be written anew then.
pub(crate) fn is_prepared(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(connection.pragma_query_value(None, "auto_vacuum", |row| row.get::<_, i64>(0))? == INCREMENTAL)
}

/// The same for a database that has been written to: all of it is written anew, for which there must be room beside it.
pub(crate) fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection)?;
    // It need not fit into memory.
    connection.pragma_update(None, "temp_store", "file")?;
    let rebuilt = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "memory")?;
    rebuilt?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// What came of giving pages back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// There were none to give.
    Nothing,
    /// Some, and there are more.
    Some,
    /// The last ones.
    Last,
}

/// Gives some pages back, in the transaction that is open.
pub(crate) fn slice(transaction: &Connection) -> rusqlite::Result<Given> {
    let free = || transaction.query_row("PRAGMA freelist_count", [], |row| row.get::<_, u32>(0));
    let before = free()?;
    let count = before.saturating_sub(KEPT_PAGES).min(SLICE_PAGES);
    if count == 0 {
        return Ok(Given::Nothing);
    }
    // One row a page.
    let mut statement = transaction.prepare(&format!("PRAGMA incremental_vacuum({count})"))?;
    let mut given_back = statement.query([])?;
    while given_back.next()?.is_some() {}
    let left = free()?;
    Ok(match () {
        // A database that never was prepared gives none.
        () if left == before => Given::Nothing,
        () if left > KEPT_PAGES => Given::Some,
        () => Given::Last,
    })
}
