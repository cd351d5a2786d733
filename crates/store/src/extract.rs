//! What one identity said, and what was said to it alone: page by page, for whoever is given all that is held on it.

use rusqlite::{Connection, Row, params};
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::ids::{MsgId, Position};

use crate::pages::Source;
use crate::rows::{MESSAGE, from_sql, key, message, to_sql};
use crate::{READ_ROWS_MAX, reactions};

/// One page of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extract {
    /// Whose.
    pub identity: u64,
    /// The last message of the page before; the first page has none.
    pub after: Option<(Conversation, MsgId)>,
    /// Where the log stood when it was asked for: nothing above it is given, and all up to it is waited for.
    pub upto: Position,
}

impl Extract {
    /// The key behind which it begins.
    fn begin(&self) -> [i64; 4] {
        let (conversation, msgid) = self.after.unwrap_or((Conversation::NOWHERE, MsgId::default()));
        key(conversation, msgid)
    }
}

/// At most [`READ_ROWS_MAX`] messages, by conversation, and what it reacted with between the first and the last of them;
/// all pages together walk both tables once.
pub(crate) fn page(connection: &Connection, extract: &Extract) -> rusqlite::Result<Vec<StoredMessage>> {
    let mut rows = messages(connection, extract)?;
    let last = rows.last().filter(|_| rows.len() == READ_ROWS_MAX);
    let end = last.map_or((Conversation { first: u64::MAX, second: u64::MAX }, MsgId::default()), place);
    rows.extend(reactions(connection, extract, end)?);
    rows.sort_by_key(place);
    Ok(rows)
}

fn place(row: &StoredMessage) -> (Conversation, MsgId) {
    (row.conversation, row.msgid)
}

fn messages(connection: &Connection, extract: &Extract) -> rusqlite::Result<Vec<StoredMessage>> {
    let sql = format!(
        "SELECT {MESSAGE}, first, second FROM messages
         WHERE (first, second, time, position) > (?1, ?2, ?3, ?4) AND position <= ?5
             AND (author = ?6 OR (second <> 0 AND (first = ?6 OR second = ?6)))
             AND NOT EXISTS (SELECT 1 FROM forgetting
                 WHERE forgetting.first = messages.first AND forgetting.second = messages.second)
         ORDER BY first, second, time, position LIMIT ?7"
    );
    let [first, second, time, position] = extract.begin();
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(
        params![
            first,
            second,
            time,
            position,
            to_sql(extract.upto.0),
            to_sql(extract.identity),
            to_sql(READ_ROWS_MAX as u64),
        ],
        |row| message(row, conversation(row)?),
    )?;
    rows.collect()
}

fn reactions(
    connection: &Connection,
    extract: &Extract,
    (conversation, last): (Conversation, MsgId),
) -> rusqlite::Result<Vec<StoredMessage>> {
    let [end_first, end_second, end_time, end_position] = key(conversation, last);
    let Source { table, columns, row } = reactions::IN_TIME;
    let sql = format!(
        "SELECT {columns}, first, second FROM {table} INDEXED BY reactions_in_time
         WHERE (first, second, time, position) > (?1, ?2, ?3, ?4) AND (first, second, time, position) < (?5, ?6, ?7, ?8)
             AND position <= ?9 AND author = ?10
             AND NOT EXISTS (SELECT 1 FROM forgetting
                 WHERE forgetting.first = reactions.first AND forgetting.second = reactions.second)"
    );
    let [first, second, time, position] = extract.begin();
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(
        params![
            first,
            second,
            time,
            position,
            end_first,
            end_second,
            end_time,
            end_position,
            to_sql(extract.upto.0),
            to_sql(extract.identity),
        ],
        |found| row(found, self::conversation(found)?),
    )?;
    rows.collect()
}

/// Of a row that has it behind what else it has.
fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation { first: from_sql(row.get("first")?), second: from_sql(row.get("second")?) })
}
