//! What one account said, and what was said to it alone: page by page, for whoever is given all that is held on it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::held::{HeldPage, HeldRead};
use teahouse_chat::ids::{MsgId, Position, Time};

use crate::pages::Source;
use crate::rows::{self, MESSAGE, from_sql, key, message, to_sql};
use crate::{READ_ROWS_MAX, reactions};

/// A page looks at so many rows of each table at most, whosesoever they are: nobody else's read waits for longer.
const LOOKED_AT_MAX: u64 = 10_000;

/// Where a row stands.
type Place = (Conversation, MsgId);

/// Behind everything.
const END: Place =
    (Conversation { first: u64::MAX, second: u64::MAX }, MsgId { time: Time(u64::MAX), position: Position(u64::MAX) });

/// What was said, and what the account reacted with, between two places; all pages together walk both tables once, or
/// twice where one of them has many more rows than the other.
pub(crate) fn page(connection: &Connection, read: &HeldRead, upto: Position) -> rusqlite::Result<HeldPage> {
    let walk = Walk { connection, read, upto, limit: read.limit.clamp(1, READ_ROWS_MAX) };
    let far = |table| walk.look_ahead(table);
    let mut end = far("messages")?.min(far("reactions INDEXED BY reactions_in_time")?);
    let messages = walk.messages(end)?;
    end = walk.end_of(&messages).unwrap_or(end);
    let reactions = walk.reactions(end)?;
    end = walk.end_of(&reactions).unwrap_or(end);
    let mut rows: Vec<_> = messages.into_iter().filter(|row| place(row) <= end).chain(reactions).collect();
    rows.sort_by_key(place);
    let more = (end < END).then_some(HeldRead { after: Some(end), upto: Some(upto), ..*read });
    Ok(HeldPage { rows, more })
}

fn place(row: &StoredMessage) -> Place {
    (row.conversation, row.msgid)
}

/// One page's way through the tables.
struct Walk<'a> {
    connection: &'a Connection,
    read: &'a HeldRead,
    upto: Position,
    limit: usize,
}

impl Walk<'_> {
    /// The key behind which it begins.
    fn begin(&self) -> [i64; 4] {
        let (conversation, msgid) = self.read.after.unwrap_or((Conversation::NOWHERE, MsgId::default()));
        key(conversation, msgid)
    }

    /// How far one gets in a table without looking at too many rows.
    fn look_ahead(&self, table: &str) -> rusqlite::Result<Place> {
        let sql = format!(
            "SELECT first, second, time, position FROM {table}
             WHERE (first, second, time, position) > (?1, ?2, ?3, ?4)
             ORDER BY first, second, time, position LIMIT 1 OFFSET ?5"
        );
        let [first, second, time, position] = self.begin();
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_row(params![first, second, time, position, to_sql(LOOKED_AT_MAX)], |row| {
            Ok((rows::conversation(row, 0)?, rows::msgid(row, 2)?))
        });
        Ok(found.optional()?.unwrap_or(END))
    }

    /// Where a page ends that is full.
    fn end_of(&self, rows: &[StoredMessage]) -> Option<Place> {
        rows.last().filter(|_| rows.len() == self.limit).map(place)
    }

    fn messages(&self, end: Place) -> rusqlite::Result<Vec<StoredMessage>> {
        let sql = format!(
            "SELECT {MESSAGE}, first, second FROM messages
             WHERE (first, second, time, position) > (?1, ?2, ?3, ?4)
                 AND (first, second, time, position) <= (?5, ?6, ?7, ?8)
                 AND position <= ?9 AND (author = ?10 OR (second <> 0 AND (first = ?10 OR second = ?10)))
                 AND NOT EXISTS (SELECT 1 FROM forgetting
                     WHERE forgetting.first = messages.first AND forgetting.second = messages.second)
             ORDER BY first, second, time, position LIMIT ?11"
        );
        self.rows(&sql, end, |row| message(row, conversation(row)?))
    }

    fn reactions(&self, end: Place) -> rusqlite::Result<Vec<StoredMessage>> {
        let Source { table, columns, row: read } = reactions::IN_TIME;
        let sql = format!(
            "SELECT {columns}, first, second FROM {table} INDEXED BY reactions_in_time
             WHERE (first, second, time, position) > (?1, ?2, ?3, ?4)
                 AND (first, second, time, position) <= (?5, ?6, ?7, ?8)
                 AND position <= ?9 AND author = ?10
                 AND NOT EXISTS (SELECT 1 FROM forgetting
                     WHERE forgetting.first = reactions.first AND forgetting.second = reactions.second)
             ORDER BY first, second, time, position LIMIT ?11"
        );
        self.rows(&sql, end, |row| read(row, conversation(row)?))
    }

    fn rows(
        &self,
        sql: &str,
        end: Place,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<StoredMessage>,
    ) -> rusqlite::Result<Vec<StoredMessage>> {
        let [first, second, time, position] = self.begin();
        let [end_first, end_second, end_time, end_position] = key(end.0, end.1);
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(
            params![
                first,
                second,
                time,
                position,
                end_first,
                end_second,
                end_time,
                end_position,
                to_sql(self.upto.0),
                to_sql(self.read.account.0),
                to_sql(self.limit as u64),
            ],
            |row| read(row),
        )?;
        found.collect()
    }
}

/// Of a row that has it behind what else it has.
fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation { first: from_sql(row.get("first")?), second: from_sql(row.get("second")?) })
}
