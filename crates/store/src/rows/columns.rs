//! Values to columns and back; what a column cannot hold is damage.

use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::Type;
use teahouse_chat::durable::Conversation;
use teahouse_chat::ids::{ClientId, MsgId, Position, Time};

/// SQLite's integers are signed; what does not fit can only come from a client's made-up bound and means "the end".
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way back; nothing negative is ever written.
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A message's key, as a query's parameters.
pub(crate) fn key(conversation: Conversation, msgid: MsgId) -> [i64; 4] {
    [conversation.first, conversation.second, msgid.time.0, msgid.position.0].map(to_sql)
}

/// A conversation, from this column and the next.
pub(crate) fn conversation(row: &Row<'_>, column: usize) -> rusqlite::Result<Conversation> {
    Ok(Conversation { first: number(row, column)?, second: number(row, column + 1)? })
}

/// An id, from this column and the next.
pub(crate) fn msgid(row: &Row<'_>, column: usize) -> rusqlite::Result<MsgId> {
    Ok(MsgId { time: Time(number(row, column)?), position: Position(number(row, column + 1)?) })
}

/// The client's own id of what it said, if it came with one.
pub(crate) fn client_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<ClientId>> {
    row.get::<_, Option<[u8; 16]>>(column).map(|id| id.map(ClientId))
}

/// What is to stand on a line again must be able to: in a damaged file it might end the line and begin another.
pub(crate) fn fit(column: usize, text: Arc<str>, is_fit: fn(&str) -> bool) -> rusqlite::Result<Arc<str>> {
    if is_fit(&text) {
        return Ok(text);
    }
    Err(unfit(column))
}

pub(super) fn unfit(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "a text that no line can hold".into())
}

pub(crate) fn is_text(text: &str) -> bool {
    !text.contains(['\0', '\r', '\n'])
}

pub(crate) fn is_word(text: &str) -> bool {
    is_text(text) && !text.is_empty() && !text.starts_with(':') && !text.contains(' ')
}

pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(from_sql)
}

pub(super) fn optional_number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    row.get::<_, Option<i64>>(column).map(|value| value.map(from_sql))
}

pub(super) fn unknown(column: usize, what: &str, value: i64) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, format!("unknown {what} {value}").into())
}
