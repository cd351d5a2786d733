//! What search reads in the messages' database.

use rusqlite::{Connection, OptionalExtension, params};
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::ids::MsgId;

use crate::outdated::kept_from;
use crate::rows::{self, key, to_sql};

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
    if msgid.time < kept_from(messages, conversation)? {
        return Ok(None);
    }
    messages
        .prepare_cached(&format!(
            "SELECT {} FROM messages
             WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4
                 AND NOT EXISTS (SELECT 1 FROM forgetting WHERE first = ?1 AND second = ?2)",
            rows::MESSAGE
        ))?
        .query_row(key(conversation, msgid), |row| rows::message(row, conversation))
        .optional()
}

/// The first message of a conversation behind `after`.
pub(super) fn next_msgid(
    messages: &Connection,
    conversation: Conversation,
    after: MsgId,
) -> rusqlite::Result<Option<MsgId>> {
    messages
        .prepare_cached(
            "SELECT time, position FROM messages WHERE first = ?1 AND second = ?2 AND (time, position) > (?3, ?4)
             ORDER BY time, position LIMIT 1",
        )?
        .query_row(key(conversation, after), |row| rows::msgid(row, 0))
        .optional()
}

/// Gives the messages of a conversation from `from` on to `take`, until it gives the id of one that it does not want.
pub(super) fn from(
    messages: &Connection,
    conversation: Conversation,
    from: MsgId,
    mut take: impl FnMut(StoredMessage) -> Option<MsgId>,
) -> rusqlite::Result<Option<MsgId>> {
    let mut statement = messages.prepare_cached(&format!(
        "SELECT {} FROM messages WHERE first = ?1 AND second = ?2 AND (time, position) >= (?3, ?4)
         ORDER BY time, position",
        rows::MESSAGE
    ))?;
    let mut found = statement.query(key(conversation, from))?;
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
                conversation: rows::conversation(row, 1)?,
                msgid: rows::msgid(row, 3)?,
                source: row.get(5)?,
                text: row.get(6)?,
            })
        })?
        .collect()
}
