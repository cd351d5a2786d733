//! Deletes what is older than it is kept, in small slices: everywhere, and in rooms that keep it shorter.
//!
//! From when on what was said is kept stands in `kept_from`, so that nobody reads what is older, and that deleting goes on
//! after a restart. A sweep goes once through all conversations, in the order of their key.

use rusqlite::Connection;
use teahouse_chat::durable::Conversation;
use teahouse_chat::ids::{MsgId, Position, RoomId, Time};

use crate::forget::{TABLES, delete};
use crate::rows::{next_conversation, number, to_sql};

/// At most so many rows are deleted in one transaction.
const ROWS_MAX: i64 = 200;
/// At most so many conversations are looked at in one transaction.
const CONVERSATIONS_MAX: usize = 200;

/// Where a sweep goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sweep {
    table: usize,
    /// The last conversation that was gone through.
    done: Option<Conversation>,
}

/// From now on what was said is kept from this moment on, in a room or everywhere; a moment never goes back.
pub(crate) fn keep_from(transaction: &Connection, room: Option<RoomId>, from: Time) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO kept_from (room, time) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET time = max(time, excluded.time)",
        )?
        .execute([to_sql(room.map_or(0, |room| room.0)), to_sql(from.0)])
        .map(drop)
}

/// Nothing is to be deleted in a room any more by a setting of its own.
pub(crate) fn forget_room(transaction: &Connection, room: RoomId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM kept_from WHERE room = ?1")?.execute([to_sql(room.0)]).map(drop)
}

/// From when on what was said in a conversation is kept. Rooms share their numbers with nobody who talks in private.
pub(crate) fn kept_from(connection: &Connection, conversation: Conversation) -> rusqlite::Result<Time> {
    connection
        .prepare_cached("SELECT coalesce(max(time), 0) FROM kept_from WHERE room IN (0, ?1)")?
        .query_row([to_sql(conversation.first)], |row| number(row, 0).map(Time))
}

/// The id behind which everything comes that is kept.
pub(crate) fn kept_behind(from: Time) -> MsgId {
    match from.0.checked_sub(1) {
        Some(before) => MsgId { time: Time(before), position: Position(u64::MAX) },
        None => MsgId { time: Time(0), position: Position(0) },
    }
}

/// Deletes some of what is too old, oldest first in each conversation; where to go on, if there may be more.
pub(crate) fn slice(transaction: &Connection, mut sweep: Sweep) -> rusqlite::Result<Option<Sweep>> {
    if !is_anything_too_old(transaction)? {
        return Ok(None);
    }
    let mut left = ROWS_MAX;
    for _ in 0..CONVERSATIONS_MAX {
        let Some(table) = TABLES.get(sweep.table) else { return Ok(None) };
        let Some(conversation) = next_conversation(transaction, table, sweep.done)? else {
            sweep = Sweep { table: sweep.table + 1, done: None };
            continue;
        };
        let from = kept_from(transaction, conversation)?;
        left -= delete(transaction, table, conversation, from, left)?;
        forget_talk(transaction, conversation, from)?;
        if left <= 0 {
            return Ok(Some(sweep));
        }
        sweep.done = Some(conversation);
    }
    Ok(Some(sweep))
}

/// Where everything is kept for ever no message is looked at.
fn is_anything_too_old(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM kept_from)")?.query_row([], |row| row.get(0))
}

/// That two have talked at all is not remembered longer than what they said.
fn forget_talk(transaction: &Connection, conversation: Conversation, from: Time) -> rusqlite::Result<()> {
    let Conversation { first, second } = conversation;
    if second != 0 {
        transaction
            .prepare_cached("DELETE FROM private WHERE last < ?3 AND (guest, peer) IN (VALUES (?1, ?2), (?2, ?1))")?
            .execute([first, second, from.0].map(to_sql))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn rows(connection: &Connection, table: &str) -> Vec<(i64, i64, i64)> {
        let mut statement =
            connection.prepare(&format!("SELECT first, second, time FROM {table} ORDER BY 1, 2, 3")).unwrap();
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    fn count(connection: &Connection, table: &str) -> usize {
        rows(connection, table).len()
    }

    #[test]
    fn what_is_too_old_goes_slice_by_slice_and_nothing_else_with_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        connection
            .execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                 INSERT INTO messages (first, second, time, position, kind, source, target, tags, text)
                     SELECT c.first, c.second, i, i, 0, '', '', '', 'x'
                     FROM n, (SELECT 1 AS first, 0 AS second UNION VALUES (2, 0), (3, 4), (3, 5)) c
                     WHERE c.second <> 5 OR i < 100;
                 INSERT INTO private (guest, peer, last) VALUES (3, 4, 500), (4, 3, 500), (3, 5, 99), (5, 3, 99);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
                 INSERT INTO happenings (first, second, time, position, part, kind, source, target, text)
                     SELECT 1, 0, i, i, 0, 10, '', '', '' FROM n;",
            )
            .unwrap();
        keep_from(&connection, None, Time(100)).unwrap();
        keep_from(&connection, Some(RoomId(1)), Time(400)).unwrap();
        keep_from(&connection, Some(RoomId(2)), Time(50)).unwrap();
        // It never goes back.
        keep_from(&connection, None, Time(7)).unwrap();
        let mut left = Vec::new();
        let mut next = Some(Sweep::default());
        while let Some(sweep) = next {
            let transaction = connection.transaction().unwrap();
            next = slice(&transaction, sweep).unwrap();
            transaction.commit().unwrap();
            left.push((count(&connection, "messages"), count(&connection, "happenings")));
        }
        assert_eq!(left, [(1_399, 500), (1_199, 500), (999, 500), (903, 396), (903, 196), (903, 101)]);
        let first_of = |first, second| {
            rows(&connection, "messages").into_iter().find(|row| (row.0, row.1) == (first, second)).map(|row| row.2)
        };
        let firsts = [first_of(1, 0), first_of(2, 0), first_of(3, 4), first_of(3, 5)];
        assert_eq!(firsts, [Some(400), Some(100), Some(100), None]);
        let talks: i64 = connection
            .query_row("SELECT count(*) FROM private WHERE 5 IN (guest, peer)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(talks, 0);
        assert_eq!(connection.query_row("SELECT count(*) FROM private", [], |row| row.get(0)), Ok(2));
    }
}
