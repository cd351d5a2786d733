//! What the newest messages with a client's own id are known by, as rows: one is added at the end for each, and the oldest go.
//!
//! So there is no index over the ids themselves, which would cost more than the messages.

use rusqlite::{Connection, params};
use teahouse_chat::durable::StoredMessage;
use teahouse_chat::ids::{MsgId, Position, Time};
use teahouse_chat::once::{Once, RECENT_BOUNDS, RecentId};

use crate::rows::{from_sql, to_sql};

/// Remembers those of these messages that have an id, which were written just now, in the log's order.
pub(crate) fn write<'a>(
    transaction: &Connection,
    messages: impl Iterator<Item = &'a StoredMessage>,
) -> rusqlite::Result<()> {
    let mut last = None;
    let mut insert =
        transaction.prepare_cached("INSERT INTO recent (time, position, id, said) VALUES (?1, ?2, ?3, ?4)")?;
    for RecentId { once, msgid } in messages.filter_map(RecentId::of) {
        insert.execute(params![to_sql(msgid.time.0), to_sql(msgid.position.0), once.id, once.said])?;
        last = Some(transaction.last_insert_rowid());
    }
    if let Some(last) = last {
        let forgotten = last.saturating_sub(RECENT_BOUNDS.ids_max as i64);
        transaction.prepare_cached("DELETE FROM recent WHERE number <= ?1")?.execute([forgotten])?;
    }
    Ok(())
}

/// Everything remembered, in the log's order.
pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Vec<RecentId>> {
    connection
        .prepare("SELECT time, position, id, said FROM recent ORDER BY number")?
        .query_map([], |row| {
            let msgid = MsgId { time: Time(from_sql(row.get(0)?)), position: Position(from_sql(row.get(1)?)) };
            Ok(RecentId { once: Once { id: row.get(2)?, said: row.get(3)? }, msgid })
        })?
        .collect()
}
