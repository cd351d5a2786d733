//! What is said, and what happens in rooms, as rows.

use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_chat::durable::{Conversation, Happening, MessageKind, StoredMessage};
use teahouse_chat::ids::{AccountId, GuestId, Identity, MsgId, Time};

use super::columns::{self, fit, is_text, is_word, key, optional_number, to_sql, unfit, unknown};
use crate::reactions;

/// Keeps a message, and the two halves of a private conversation; or a reaction to one.
pub(crate) fn write_message(transaction: &Connection, message: &StoredMessage) -> rusqlite::Result<()> {
    if message.kind == MessageKind::Tagmsg {
        return reactions::write(transaction, message);
    }
    let [first, second, time, position] = key(message.conversation, message.msgid);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO messages
                 (first, second, time, position, kind, source, target, tags, text, author, registered, client_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            first,
            second,
            time,
            position,
            kind_number(message.kind),
            &*message.source,
            &*message.target,
            &*message.tags,
            &*message.text,
            message.author.map(|author| to_sql(author.number())),
            message.author.and_then(Identity::account).is_some(),
            message.client_id.map(|id| id.0),
        ])?;
    if second != 0 {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO private (guest, peer, last) VALUES (?1, ?2, ?3), (?2, ?1, ?3)")?
            .execute([first, second, time])?;
    }
    Ok(())
}

/// Keeps what happened in a room besides what was said; `part` tells it from what else its entry made happen.
pub(crate) fn write_happening(transaction: &Connection, row: &StoredMessage, part: u64) -> rusqlite::Result<()> {
    let [first, second, time, position] = key(row.conversation, row.msgid);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO happenings (first, second, time, position, part, kind, source, target, text, author)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            first,
            second,
            time,
            position,
            to_sql(part),
            kind_number(row.kind),
            &*row.source,
            &*row.target,
            &*row.text,
            row.author.and_then(Identity::account).map(|AccountId(author)| to_sql(author)),
        ])?;
    Ok(())
}

/// The old text goes from the index and from all files by itself: see `erased`.
pub(super) fn edit_message(
    transaction: &Connection,
    conversation: Conversation,
    msgid: MsgId,
    text: &str,
    at: Time,
) -> rusqlite::Result<()> {
    let [first, second, time, position] = key(conversation, msgid);
    transaction
        .prepare_cached(
            "UPDATE messages SET text = ?5, edited = ?6
             WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4",
        )?
        .execute(params![first, second, time, position, text, to_sql(at.0)])?;
    Ok(())
}

/// What stood there goes from the index and from all files by itself: see `erased`.
pub(super) fn delete_message(
    transaction: &Connection,
    conversation: Conversation,
    msgid: MsgId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM messages WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4")?
        .execute(key(conversation, msgid))?;
    Ok(())
}

/// The first conversation that has rows in a table, or the next one behind `last`.
pub(crate) fn next_conversation(
    connection: &Connection,
    table: &str,
    last: Option<Conversation>,
) -> rusqlite::Result<Option<Conversation>> {
    let last = last.map_or([-1, -1], |last| [to_sql(last.first), to_sql(last.second)]);
    connection
        .prepare_cached(&format!(
            "SELECT first, second FROM {table} WHERE (first, second) > (?1, ?2) ORDER BY first, second LIMIT 1"
        ))?
        .query_row(last, |row| columns::conversation(row, 0))
        .optional()
}

/// What [`message`] reads of a row. An account that is gone is none any more: its name may be another's by now.
pub(crate) const MESSAGE: &str = "time, position, kind, source, target, tags, text, author,
    registered AND EXISTS (SELECT 1 FROM accounts WHERE accounts.id = author), edited, client_id";

/// A message of a conversation, from its [`MESSAGE`].
pub(crate) fn message(row: &Row<'_>, conversation: Conversation) -> rusqlite::Result<StoredMessage> {
    let message = StoredMessage {
        conversation,
        msgid: columns::msgid(row, 0)?,
        kind: match row.get(2)? {
            0 => MessageKind::Privmsg,
            1 => MessageKind::Notice,
            2 => MessageKind::Tagmsg,
            other => match HAPPENED.iter().find(|(_, number)| *number == other) {
                Some((happening, _)) => MessageKind::Happened(*happening),
                None => return Err(unknown(2, "kind of message", other)),
            },
        },
        author: author(row)?,
        client_id: columns::client_id(row, 10)?,
        source: fit(3, row.get(3)?, is_word)?,
        target: fit(4, row.get(4)?, is_word)?,
        tags: fit(5, row.get(5)?, |tags| is_text(tags) && !tags.contains(' '))?,
        text: fit(6, row.get(6)?, |text| !text.contains('\0'))?,
        edited: optional_number(row, 9)?.map(Time),
    };
    let MessageKind::Happened(happening) = message.kind else { return Ok(message) };
    // Unlike what is said, it has one line.
    let words = match happening {
        Happening::Mode | Happening::Nick => &message.text[..],
        Happening::Kick => message.text.split(' ').next().unwrap_or(""),
        Happening::Rename => message.text.match_indices(' ').nth(1).map_or("", |(end, _)| &message.text[..end]),
        _ => "*",
    };
    let fits = is_text(&message.text) && words.split(' ').all(is_word);
    fits.then_some(message).ok_or_else(|| unfit(6))
}

fn author(row: &Row<'_>) -> rusqlite::Result<Option<Identity>> {
    let registered = row.get(8)?;
    Ok(optional_number(row, 7)?.map(|number| identity(number, registered)))
}

pub(crate) fn identity(number: u64, registered: bool) -> Identity {
    if registered { Identity::Account(AccountId(number)) } else { Identity::Guest(GuestId(number)) }
}

fn kind_number(kind: MessageKind) -> i64 {
    match kind {
        MessageKind::Privmsg => 0,
        MessageKind::Notice => 1,
        MessageKind::Tagmsg => 2,
        MessageKind::Happened(happening) => {
            let row = HAPPENED.iter().find(|(known, _)| *known == happening);
            row.expect("everything that happens has a number").1
        }
    }
}

/// What stands for each kind of thing that happens; a number is never given to another kind.
const HAPPENED: &[(Happening, i64)] = &[
    (Happening::Join, 10),
    (Happening::Part, 11),
    (Happening::Quit, 12),
    (Happening::Kick, 13),
    (Happening::Mode, 14),
    (Happening::Topic, 15),
    (Happening::Nick, 16),
    (Happening::Rename, 17),
];
