//! Deletes forgotten conversations in slices, so that a million rows do not stall the writer.

use rusqlite::{Connection, OptionalExtension, Transaction};

/// At most so many messages are deleted in one transaction.
pub(crate) const FORGET_ROWS_MAX: i64 = 500;

/// Whether any forgotten conversation still has messages to delete.
pub(crate) fn is_due(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM forgetting)")?
        .query_row([], |row| row.get(0))
}

/// Deletes the oldest messages of one forgotten conversation, and its mark with the last of them.
pub(crate) fn slice(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let conversation = transaction
        .prepare_cached("SELECT first, second FROM forgetting LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    let Some((first, second)) = conversation else {
        return Ok(());
    };
    let end = transaction
        .prepare_cached(
            "SELECT time, position FROM messages WHERE first = ?1 AND second = ?2
             ORDER BY time, position LIMIT 1 OFFSET ?3",
        )?
        .query_row([first, second, FORGET_ROWS_MAX], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let (time, position) = end.unwrap_or((i64::MAX, i64::MAX));
    transaction
        .prepare_cached(
            "DELETE FROM messages WHERE first = ?1 AND second = ?2 AND (time, position) < (?3, ?4)",
        )?
        .execute([first, second, time, position])?;
    if end.is_none() {
        transaction
            .prepare_cached("DELETE FROM forgetting WHERE first = ?1 AND second = ?2")?
            .execute([first, second])?;
    }
    Ok(())
}
