//! Reactions: rows beside their messages, which go with them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use teahouse_chat::durable::{Conversation, MessageKind, StoredMessage};
use teahouse_chat::ids::MsgId;
use teahouse_chat::reactions::{REACTIONS_PER_PAGE_MAX, Reaction};

use crate::pages::Source;
use crate::rows::{client_id, fit, identity, is_text, is_word, key, msgid, number, to_sql};
use crate::{Read, erased};

/// Keeps a reaction, if its message is there, or takes it away.
pub(crate) fn write(transaction: &Connection, tagmsg: &StoredMessage) -> rusqlite::Result<()> {
    let (Some(reaction), Some(author)) = (Reaction::of(&tagmsg.tags), tagmsg.author) else { return Ok(()) };
    let [first, second, time, position] = key(tagmsg.conversation, reaction.message);
    let author_number = to_sql(author.number());
    if !reaction.stands {
        let deleted = transaction
            .prepare_cached(
                "DELETE FROM reactions
                 WHERE first = ?1 AND second = ?2 AND message_time = ?3 AND message_position = ?4
                     AND author = ?5 AND reaction = ?6",
            )?
            .execute(params![first, second, time, position, author_number, &*reaction.text])?;
        return if deleted > 0 { erased::put_off(transaction) } else { Ok(()) };
    }
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO reactions
                 (first, second, message_time, message_position, author, reaction, registered, time, position, source,
                     target, client_id)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE EXISTS (SELECT 1 FROM messages
                 WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4)",
        )?
        .execute(params![
            first,
            second,
            time,
            position,
            author_number,
            &*reaction.text,
            author.account().is_some(),
            to_sql(tagmsg.msgid.time.0),
            to_sql(tagmsg.msgid.position.0),
            &*tagmsg.source,
            &*tagmsg.target,
            tagmsg.client_id.map(|id| id.0),
        ])
        .map(drop)
}

/// Takes away the reaction with this id, if there is one.
pub(crate) fn delete(transaction: &Connection, conversation: Conversation, msgid: MsgId) -> rusqlite::Result<()> {
    let deleted = transaction.prepare_cached(DELETE)?.execute(key(conversation, msgid))?;
    if deleted > 0 { erased::note(transaction) } else { Ok(()) }
}

const DELETE: &str = "DELETE FROM reactions INDEXED BY reactions_in_time WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4";

/// Reactions at their own time.
pub(crate) const IN_TIME: Source = Source { table: "reactions", columns: COLUMNS, row };

const COLUMNS: &str = "time, position, author,
    registered AND EXISTS (SELECT 1 FROM accounts WHERE accounts.id = author),
    source, target, message_time, message_position, reaction, client_id";
/// Where in these the message's id stands.
const MESSAGE: usize = 6;

fn row(row: &Row<'_>, conversation: Conversation) -> rusqlite::Result<StoredMessage> {
    let reaction = Reaction { message: msgid(row, MESSAGE)?, text: fit(8, row.get(8)?, is_text)?, stands: true };
    Ok(StoredMessage {
        conversation,
        msgid: msgid(row, 0)?,
        kind: MessageKind::Tagmsg,
        author: Some(identity(number(row, 2)?, row.get(3)?)),
        client_id: client_id(row, 9)?,
        source: fit(4, row.get(4)?, is_word)?,
        target: fit(5, row.get(5)?, is_word)?,
        tags: reaction.tags(),
        text: "".into(),
        edited: None,
    })
}

/// Of the messages between two, both included: the newest messages' first.
fn between_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM reactions
         WHERE first = ?1 AND second = ?2
             AND (message_time, message_position) >= (?3, ?4) AND (message_time, message_position) <= (?5, ?6)
             AND position <= ?7
         ORDER BY message_time DESC, message_position DESC LIMIT ?8"
    )
}

/// Puts the reactions to the messages of a page behind each, in the order they were given.
///
/// The rows are all that was said between the first and the last of them, so this is one walk along the key.
pub(crate) fn put_in(
    connection: &Connection,
    read: &Read,
    rows: Vec<StoredMessage>,
) -> rusqlite::Result<Vec<StoredMessage>> {
    let (Some(from), Some(to)) = (rows.first().map(|row| row.msgid), rows.last().map(|row| row.msgid)) else {
        return Ok(rows);
    };
    let mut statement = connection.prepare_cached(&between_sql())?;
    let found = statement.query_map(
        params![
            to_sql(read.conversation.first),
            to_sql(read.conversation.second),
            to_sql(from.time.0),
            to_sql(from.position.0),
            to_sql(to.time.0),
            to_sql(to.position.0),
            to_sql(read.upto.0),
            to_sql(REACTIONS_PER_PAGE_MAX as u64),
        ],
        |found| Ok((msgid(found, MESSAGE)?, row(found, read.conversation)?)),
    )?;
    let mut by_message: BTreeMap<MsgId, Vec<StoredMessage>> = BTreeMap::new();
    for found in found {
        let (message, reaction) = found?;
        by_message.entry(message).or_default().push(reaction);
    }
    let with = |row: StoredMessage| {
        let mut reactions = by_message.remove(&row.msgid).unwrap_or_default();
        reactions.sort_by_key(|reaction| reaction.msgid);
        std::iter::once(row).chain(reactions)
    };
    Ok(rows.into_iter().flat_map(with).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::plan;

    #[test]
    fn none_is_scanned_for() {
        let key = "SEARCH reactions USING PRIMARY KEY (first=? AND second=? AND (message_time,message_position)>(?,?) AND (message_time,message_position)<(?,?))";
        let account = "SEARCH accounts USING INTEGER PRIMARY KEY (rowid=?)";
        assert_eq!(plan(&between_sql()), [key, "CORRELATED SCALAR SUBQUERY 1", account]);
        let index = "SEARCH reactions USING INDEX reactions_in_time (first=? AND second=? AND time=? AND position=?)";
        assert_eq!(plan(DELETE), [index]);
    }
}
