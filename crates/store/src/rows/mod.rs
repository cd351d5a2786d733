//! Records to rows and back: all SQL about rooms, guests, accounts and messages.
//!
//! `messages`, `rooms`, `identities` and `facts` each hold one kind of record both ways; `columns` what they have in common.

mod columns;
mod facts;
mod identities;
mod messages;
mod rooms;

use rusqlite::Connection;
use teahouse_chat::durable::{Change, Records};
use teahouse_chat::ids::Time;

pub(crate) use columns::{client_id, conversation, fit, from_sql, is_text, is_word, key, msgid, number, to_sql};
pub(crate) use messages::{MESSAGE, identity, message, next_conversation, write_happening, write_message};
pub(crate) use rooms::masks;

use self::facts::{facts, write_fact};
use self::identities::{accounts, delete_guest, forget_account, forget_guest, guests, write_account, write_guest};
use self::messages::{delete_message, edit_message};
use self::rooms::{forget_room, rooms, write_room};
use crate::{erased, outdated, recent};

/// Writes a change; a forgotten conversation's messages are only marked for `forget`.
pub(crate) fn write(transaction: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Message(message) => write_message(transaction, message),
        Change::Happened(row) => write_happening(transaction, row, 0),
        Change::Edited { conversation, msgid, text, at } => edit_message(transaction, *conversation, *msgid, text, *at),
        Change::Redacted(conversation, msgid) => delete_message(transaction, *conversation, *msgid),
        Change::Room(room) => write_room(transaction, room),
        Change::Guest(guest) => write_guest(transaction, guest),
        Change::KeptFrom(room, from) => outdated::keep_from(transaction, *room, *from),
        Change::RoomForgotten(room) => forget_room(transaction, *room),
        // Also of one in which nothing was said: its name, its topic.
        Change::RoomDropped(room) => forget_room(transaction, *room).and_then(|()| erased::note(transaction)),
        Change::GuestForgotten(guest) => forget_guest(transaction, *guest),
        Change::GuestRegistered(guest) => delete_guest(transaction, *guest),
        Change::Account(account) => write_account(transaction, account),
        Change::AccountForgotten(account) => forget_account(transaction, *account),
        Change::Fact(fact, value) => write_fact(transaction, fact, value.as_deref()),
    }
}

/// The latest moment that a change speaks of.
pub(crate) fn latest_time(change: &Change) -> Time {
    match change {
        Change::Message(message) | Change::Happened(message) => message.msgid.time,
        Change::Edited { at, .. } => *at,
        Change::Room(room) => {
            let topic = room.topic.as_ref().map(|topic| topic.at);
            let masks = masks(&room.modes).map(|mask| mask.at).max();
            topic.max(room.empty_since).max(masks).unwrap_or_default().max(room.created)
        }
        Change::Guest(guest) => guest.seen,
        Change::Account(account) => account.seen,
        Change::KeptFrom(..)
        | Change::RoomForgotten(_)
        | Change::RoomDropped(_)
        | Change::GuestForgotten(_)
        | Change::GuestRegistered(_)
        | Change::AccountForgotten(_)
        | Change::Redacted(..)
        | Change::Fact(..) => Time::default(),
    }
}

/// All that the world is made of.
pub(crate) fn records(connection: &Connection) -> rusqlite::Result<Records> {
    Ok(Records {
        rooms: rooms(connection)?,
        guests: guests(connection)?,
        accounts: accounts(connection)?,
        facts: facts(connection)?,
        recent: recent::load(connection)?,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use teahouse_chat::durable::{Conversation, Span};
    use teahouse_chat::ids::{Position, RoomId};
    use teahouse_chat::query::Reactions;

    use super::*;
    use crate::Read;
    use crate::pages::history;

    pub(crate) fn plan(sql: &str) -> Vec<String> {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::schema::migrate(&mut connection, 0).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![1; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
        steps.map(Result::unwrap).collect()
    }

    #[test]
    fn a_text_that_no_line_can_hold_is_damage() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::schema::migrate(&mut connection, 0).unwrap();
        connection
            .execute_batch(
                r#"INSERT INTO rooms VALUES (1, '#a', 0, NULL, 'tea', 'a!b@c', 7, 1, NULL,
                       '{"key":"k","bans":[{"mask":"*!*@d","by":"e!f@g","at":7}]}', 7);
                   INSERT INTO messages (first, second, time, position, kind, source, target, tags, text)
                       VALUES (1, 0, 7, 2, 0, 'a!b@c', '#a', '+x=y', 'said and done');
                   INSERT INTO happenings VALUES (1, 0, 7, 3, 0, 17, 'a!b@c', '#a', '#b #a ', NULL),
                       (1, 0, 7, 3, 1, 17, 'a!b@c', '#a', '#b #a a better name', 5);"#,
            )
            .unwrap();
        let read = Read {
            conversation: Conversation::room(RoomId(1)),
            span: Span::Latest(None),
            limit: 9,
            upto: Position(9),
            happenings: true,
            reactions: Reactions::None,
        };
        let is_read = |connection: &Connection| rooms(connection).is_ok() && history(connection, &read).is_ok();
        assert!(is_read(&connection));
        for (table, column, value) in [
            ("rooms", "topic", "'tea' || char(13, 10) || 'QUIT'"),
            ("rooms", "topic_by", "''"),
            ("rooms", "modes", r#"'{"key":"k\r\nQUIT"}'"#),
            ("rooms", "modes", r#"'{"bans":[{"mask":"a b","by":"e!f@g","at":7}]}'"#),
            ("messages", "source", "'a b'"),
            ("messages", "target", "':a'"),
            ("messages", "tags", "'+x y'"),
            ("messages", "text", "'a' || char(0) || 'b'"),
            ("happenings", "text", "'#b #a a' || char(13, 10) || 'QUIT'"),
            ("happenings", "text", "'#b'"),
            ("happenings", "text", "'#b #a'"),
            ("happenings", "text", "'#b :#a why'"),
            ("happenings", "text", "'#b  why'"),
        ] {
            let transaction = connection.transaction().unwrap();
            transaction.execute_batch(&format!("UPDATE {table} SET {column} = {value}")).unwrap();
            assert!(!is_read(&transaction), "{table}.{column} = {value}");
        }
    }
}
