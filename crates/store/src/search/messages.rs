//! What search reads in the messages' database.

use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::ids::{MsgId, Position, Time};

use crate::rows::{self, from_sql, to_sql};

/// A text that stands in no message any more, by what it was.
#[derive(Debug)]
pub(super) struct Erased {
    pub(super) number: i64,
    pub(super) conversation: Conversation,
    pub(super) msgid: MsgId,
    pub(super) source: String,
    pub(super) text: String,
}

/// One message, unless its conversation is forgotten.
pub(super) fn one(
    messages: &Connection,
    conversation: Conversation,
    msgid: MsgId,
) -> rusqlite::Result<Option<StoredMessage>> {
    let Conversation { first, second } = conversation;
    messages
        .prepare_cached(&format!(
            "SELECT {} FROM messages
             WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4
                 AND time >= coalesce((SELECT max(time) FROM kept_from WHERE room IN (0, ?1)), 0)
                 AND NOT EXISTS (SELECT 1 FROM forgetting WHERE first = ?1 AND second = ?2)",
            rows::MESSAGE
        ))?
        .query_row(params![to_sql(first), to_sql(second), to_sql(msgid.time.0), to_sql(msgid.position.0)], |row| {
            rows::message(row, conversation)
        })
        .optional()
}

/// The first conversation in which anything was said, or the next one behind `last`.
pub(super) fn next_conversation(
    messages: &Connection,
    last: Option<Conversation>,
) -> rusqlite::Result<Option<Conversation>> {
    let (first, second) = last.map_or((-1, -1), |last| (to_sql(last.first), to_sql(last.second)));
    messages
        .prepare_cached(
            "SELECT first, second FROM messages WHERE (first, second) > (?1, ?2) ORDER BY first, second LIMIT 1",
        )?
        .query_row([first, second], |row| Ok(Conversation { first: number(row, 0)?, second: number(row, 1)? }))
        .optional()
}

/// The first message of a conversation behind `after`.
pub(super) fn next_msgid(
    messages: &Connection,
    conversation: Conversation,
    after: MsgId,
) -> rusqlite::Result<Option<MsgId>> {
    let Conversation { first, second } = conversation;
    messages
        .prepare_cached(
            "SELECT time, position FROM messages WHERE first = ?1 AND second = ?2 AND (time, position) > (?3, ?4)
             ORDER BY time, position LIMIT 1",
        )?
        .query_row(params![to_sql(first), to_sql(second), to_sql(after.time.0), to_sql(after.position.0)], msgid)
        .optional()
}

/// Gives the messages of a conversation from `from` on to `take`, until it gives the id of one that it does not want.
pub(super) fn from(
    messages: &Connection,
    conversation: Conversation,
    from: MsgId,
    mut take: impl FnMut(StoredMessage) -> Option<MsgId>,
) -> rusqlite::Result<Option<MsgId>> {
    let Conversation { first, second } = conversation;
    let mut statement = messages.prepare_cached(&format!(
        "SELECT {} FROM messages WHERE first = ?1 AND second = ?2 AND (time, position) >= (?3, ?4)
         ORDER BY time, position",
        rows::MESSAGE
    ))?;
    let bounds = params![to_sql(first), to_sql(second), to_sql(from.time.0), to_sql(from.position.0)];
    let mut found = statement.query(bounds)?;
    while let Some(row) = found.next()? {
        let unwanted = take(rows::message(row, conversation)?);
        if unwanted.is_some() {
            return Ok(unwanted);
        }
    }
    Ok(None)
}

/// What was erased behind number `done` up to number `upto`, at most so many texts.
pub(super) fn erased(messages: &Connection, done: i64, upto: i64, count: usize) -> rusqlite::Result<Vec<Erased>> {
    messages
        .prepare_cached(
            "SELECT number, first, second, time, position, source, text FROM erased
             WHERE number > ?1 AND number <= ?2 ORDER BY number LIMIT ?3",
        )?
        .query_map(params![done, upto, to_sql(count as u64)], |row| {
            Ok(Erased {
                number: row.get(0)?,
                conversation: Conversation { first: number(row, 1)?, second: number(row, 2)? },
                msgid: MsgId { time: Time(number(row, 3)?), position: Position(number(row, 4)?) },
                source: row.get(5)?,
                text: row.get(6)?,
            })
        })?
        .collect()
}

fn msgid(row: &Row<'_>) -> rusqlite::Result<MsgId> {
    Ok(MsgId { time: Time(number(row, 0)?), position: Position(number(row, 1)?) })
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(from_sql)
}
