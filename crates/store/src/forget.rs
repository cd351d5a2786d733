//! Deletes forgotten conversations in slices, so that a million rows do not stall the writer.

use rusqlite::{Connection, OptionalExtension};

use teahouse_chat::durable::Conversation;
use teahouse_chat::ids::Time;

use crate::erased;
use crate::rows::{self, to_sql};

/// At most so many messages are deleted in one transaction.
pub(crate) const FORGET_ROWS_MAX: i64 = 500;

/// Whether any forgotten conversation still has messages to delete.
pub(crate) fn is_due(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM forgetting)")?.query_row([], |row| row.get(0))
}

/// Deletes the oldest rows of one forgotten conversation, and its mark with the last of them.
pub(crate) fn slice(transaction: &Connection) -> rusqlite::Result<()> {
    let conversation = transaction
        .prepare_cached("SELECT first, second FROM forgetting LIMIT 1")?
        .query_row([], |row| rows::conversation(row, 0))
        .optional()?;
    let Some(conversation) = conversation else {
        return Ok(());
    };
    let mut left = FORGET_ROWS_MAX;
    for table in TABLES {
        left -= delete(transaction, table, conversation, Time(u64::MAX), left)?;
    }
    if left > 0 {
        transaction
            .prepare_cached("DELETE FROM forgetting WHERE first = ?1 AND second = ?2")?
            .execute([conversation.first, conversation.second].map(to_sql))?;
    }
    Ok(())
}

/// Where a conversation has rows.
pub(crate) const TABLES: [&str; 2] = ["messages", HAPPENINGS];
const HAPPENINGS: &str = "happenings";

/// Deletes so many of the oldest rows of a conversation in a table, of those before a moment; how many there were. Fewer
/// only if there are no more, and more only of what one entry has made happen at once.
pub(crate) fn delete(
    transaction: &Connection,
    table: &str,
    conversation: Conversation,
    before: Time,
    count: i64,
) -> rusqlite::Result<i64> {
    if count <= 0 {
        return Ok(0);
    }
    let [first, second, before] = [conversation.first, conversation.second, before.0].map(to_sql);
    let last = transaction
        .prepare_cached(&format!(
            "SELECT time, position FROM {table} WHERE first = ?1 AND second = ?2 AND time < ?4
             ORDER BY time, position LIMIT 1 OFFSET ?3"
        ))?
        .query_row([first, second, count - 1, before], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    let (time, position) = last.unwrap_or((before, -1));
    let deleted = transaction
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE first = ?1 AND second = ?2 AND (time, position) <= (?3, ?4)"
        ))?
        .execute([first, second, time, position])?;
    if deleted > 0 && table == HAPPENINGS {
        erased::note(transaction)?;
    }
    Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn count(connection: &Connection, table: &str) -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// Forgets until nothing is left to forget, and looks at what is left after each slice.
    fn after_each_slice<T>(connection: &mut Connection, look: impl Fn(&Connection) -> T) -> Vec<T> {
        let mut left = Vec::new();
        while is_due(connection).unwrap() {
            let transaction = connection.transaction().unwrap();
            slice(&transaction).unwrap();
            transaction.commit().unwrap();
            left.push(look(connection));
        }
        left
    }

    #[test]
    fn a_long_history_goes_slice_by_slice_and_nothing_else_with_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        connection
            .execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
                 INSERT INTO messages (first, second, time, position, kind, source, target, tags, text)
                     SELECT 1, 0, i / 3, i, 0, '', '', '', '' FROM n;
                 INSERT INTO messages (first, second, time, position, kind, source, target, tags, text)
                     VALUES (1, 2, 1, 1, 0, '', '', '', ''), (2, 0, 1, 1, 0, '', '', '', '');
                 INSERT INTO reactions SELECT first, second, time, position, 7, 'x', 0, 1, 1, '', '', NULL FROM messages;
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
                 INSERT INTO happenings (first, second, time, position, part, kind, source, target, text)
                     SELECT 1, 0, i, i, 0, 10, '', '', '' FROM n;
                 INSERT INTO forgetting VALUES (1, 0);",
            )
            .unwrap();
        let left = after_each_slice(&mut connection, |connection| {
            let messages = count(connection, "messages");
            assert_eq!(count(connection, "reactions"), messages, "each goes with its message");
            (messages, count(connection, "happenings"))
        });
        assert_eq!(left, [(503, 600), (3, 600), (2, 101), (2, 0)]);
        slice(&connection.transaction().unwrap()).unwrap();
        assert_eq!(count(&connection, "messages"), 2);
    }

    #[test]
    fn what_happened_at_once_goes_at_once_and_what_came_behind_it_goes_too() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        connection
            .execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
                 INSERT INTO happenings (first, second, time, position, part, kind, source, target, text)
                     SELECT 1, 0, 5, 5, i, 2, '', '', '' FROM n UNION ALL VALUES (1, 0, 6, 6, 0, 2, '', '', '');
                 INSERT INTO forgetting VALUES (1, 0);",
            )
            .unwrap();
        let left = after_each_slice(&mut connection, |connection| count(connection, "happenings"));
        assert_eq!(left, [1, 0]);
    }
}
