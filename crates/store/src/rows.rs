//! Records to rows and back: all SQL about rooms, guests, accounts and messages.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_chat::durable::{
    AccountRecord, Change, Conversation, Credentials, Fact, FactKind, GuestRecord, Happening, MessageKind, Owner,
    Records, RoomRecord, StoredMessage, Topic,
};
use teahouse_chat::ids::{AccountId, ClientId, GuestId, Identity, MsgId, Position, RoomId, Time, TokenHash};
use teahouse_chat::modes::{Mask, RoomModes};

use crate::{outdated, reactions, recent};

/// SQLite's integers are signed; what does not fit can only come from a client's made-up bound and means "the end".
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way back; nothing negative is ever written.
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

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
        | Change::GuestForgotten(_)
        | Change::GuestRegistered(_)
        | Change::AccountForgotten(_)
        | Change::Redacted(..)
        | Change::Fact(..) => Time::default(),
    }
}

/// Every entry of a room's lists.
pub(crate) fn masks(modes: &RoomModes) -> impl Iterator<Item = &Mask> {
    [&modes.bans, &modes.exceptions, &modes.invited].into_iter().flatten()
}

/// Keeps a message, and the two halves of a private conversation; or a reaction to one.
pub(crate) fn write_message(transaction: &Connection, message: &StoredMessage) -> rusqlite::Result<()> {
    if message.kind == MessageKind::Tagmsg {
        return reactions::write(transaction, message);
    }
    let Conversation { first, second } = message.conversation;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO messages
                 (first, second, time, position, kind, source, target, tags, text, author, registered, client_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            to_sql(first),
            to_sql(second),
            to_sql(message.msgid.time.0),
            to_sql(message.msgid.position.0),
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
            .execute([to_sql(first), to_sql(second), to_sql(message.msgid.time.0)])?;
    }
    Ok(())
}

/// Keeps what happened in a room besides what was said; `part` tells it from what else its entry made happen.
pub(crate) fn write_happening(transaction: &Connection, row: &StoredMessage, part: u64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO happenings (first, second, time, position, part, kind, source, target, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            to_sql(row.conversation.first),
            to_sql(row.conversation.second),
            to_sql(row.msgid.time.0),
            to_sql(row.msgid.position.0),
            to_sql(part),
            kind_number(row.kind),
            &*row.source,
            &*row.target,
            &*row.text,
        ])?;
    Ok(())
}

/// The old text goes from the index and from all files by itself: see `erased`.
fn edit_message(
    transaction: &Connection,
    conversation: Conversation,
    msgid: MsgId,
    text: &str,
    at: Time,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE messages SET text = ?5, edited = ?6
             WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4",
        )?
        .execute(params![
            to_sql(conversation.first),
            to_sql(conversation.second),
            to_sql(msgid.time.0),
            to_sql(msgid.position.0),
            text,
            to_sql(at.0),
        ])?;
    Ok(())
}

/// What stood there goes from the index and from all files by itself: see `erased`.
fn delete_message(transaction: &Connection, conversation: Conversation, msgid: MsgId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM messages WHERE first = ?1 AND second = ?2 AND time = ?3 AND position = ?4")?
        .execute([
            to_sql(conversation.first),
            to_sql(conversation.second),
            to_sql(msgid.time.0),
            to_sql(msgid.position.0),
        ])?;
    Ok(())
}

fn write_room(transaction: &Connection, room: &RoomRecord) -> rusqlite::Result<()> {
    let (owner, founder) = match room.owner {
        Owner::Nobody => (0, None),
        Owner::Server => (1, None),
        Owner::Guest(guest) => (2, Some(to_sql(guest.0))),
        Owner::Account(account) => (3, Some(to_sql(account.0))),
    };
    let topic = room.topic.as_ref();
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO rooms
                 (id, name, owner, founder, topic, topic_by, topic_at, spoken, empty_since, modes, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            to_sql(room.id.0),
            &*room.name,
            owner,
            founder,
            topic.map(|topic| &*topic.text),
            topic.map(|topic| &*topic.by),
            topic.map(|topic| to_sql(topic.at.0)),
            room.spoken,
            room.empty_since.map(|time| to_sql(time.0)),
            room.modes.to_json(),
            to_sql(room.created.0),
        ])?;
    Ok(())
}

fn write_guest(transaction: &Connection, guest: &GuestRecord) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO guests (id, token, seen) VALUES (?1, ?2, ?3)")?
        .execute(params![to_sql(guest.id.0), guest.token.0, to_sql(guest.seen.0)])?;
    Ok(())
}

fn write_account(transaction: &Connection, account: &AccountRecord) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO accounts (id, name, argon2, scram, operator, suspended, created, seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            to_sql(account.id.0),
            &*account.name,
            account.password.as_ref().map(|password| &*password.argon2),
            account.password.as_ref().and_then(|password| password.scram.as_deref()),
            account.operator,
            account.suspended.as_deref(),
            to_sql(account.created.0),
            to_sql(account.seen.0),
        ])?;
    Ok(())
}

fn write_fact(transaction: &Connection, fact: &Fact, value: Option<&str>) -> rusqlite::Result<()> {
    let (owner, kind) = (to_sql(fact.owner), fact_number(fact.kind));
    match value {
        Some(value) => transaction
            .prepare_cached("INSERT OR REPLACE INTO facts (owner, kind, key, value) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![owner, kind, &*fact.key, value])?,
        None => transaction
            .prepare_cached("DELETE FROM facts WHERE owner = ?1 AND kind = ?2 AND key = ?3")?
            .execute(params![owner, kind, &*fact.key])?,
    };
    Ok(())
}

fn delete_guest(transaction: &Connection, guest: GuestId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM guests WHERE id = ?1")?.execute([to_sql(guest.0)])?;
    Ok(())
}

fn forget_room(transaction: &Connection, room: RoomId) -> rusqlite::Result<()> {
    let id = [to_sql(room.0)];
    transaction.prepare_cached("DELETE FROM rooms WHERE id = ?1")?.execute(id)?;
    outdated::forget_room(transaction, room)?;
    transaction.prepare_cached("INSERT OR IGNORE INTO forgetting (first, second) VALUES (?1, 0)")?.execute(id)?;
    Ok(())
}

const FORGET_PRIVATE: [&str; 3] = [
    "INSERT OR IGNORE INTO forgetting (first, second)
         SELECT min(guest, peer), max(guest, peer) FROM private WHERE guest = ?1",
    "DELETE FROM private WHERE peer = ?1 AND guest IN (SELECT peer FROM private WHERE guest = ?1)",
    "DELETE FROM private WHERE guest = ?1",
];

/// Costs a few rows for each one that it ever talked with in private, in one transaction.
fn forget_guest(transaction: &Connection, guest: GuestId) -> rusqlite::Result<()> {
    delete_guest(transaction, guest)?;
    forget_private(transaction, guest.0)
}

fn forget_account(transaction: &Connection, account: AccountId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM accounts WHERE id = ?1")?.execute([to_sql(account.0)])?;
    forget_private(transaction, account.0)
}

fn forget_private(transaction: &Connection, identity: u64) -> rusqlite::Result<()> {
    for statement in FORGET_PRIVATE {
        transaction.prepare_cached(statement)?.execute([to_sql(identity)])?;
    }
    Ok(())
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

fn rooms(connection: &Connection) -> rusqlite::Result<Vec<RoomRecord>> {
    connection
        .prepare(
            "SELECT id, name, owner, founder, topic, topic_by, topic_at, spoken, empty_since, modes, created
             FROM rooms ORDER BY id",
        )?
        .query_map([], |row| {
            Ok(RoomRecord {
                id: RoomId(number(row, 0)?),
                name: row.get(1)?,
                owner: match (row.get(2)?, optional_number(row, 3)?) {
                    (0, None) => Owner::Nobody,
                    (1, None) => Owner::Server,
                    (2, Some(founder)) => Owner::Guest(GuestId(founder)),
                    (3, Some(founder)) => Owner::Account(AccountId(founder)),
                    (other, _) => return Err(unknown(2, "owner", other)),
                },
                topic: topic(row)?,
                spoken: row.get(7)?,
                empty_since: optional_number(row, 8)?.map(Time),
                modes: modes(row, 9)?,
                created: Time(number(row, 10)?),
            })
        })?
        .collect()
}

fn topic(row: &Row<'_>) -> rusqlite::Result<Option<Topic>> {
    let [text, by] = [row.get::<_, Option<Arc<str>>>(4)?, row.get(5)?];
    Ok(match (text, by, optional_number(row, 6)?) {
        (Some(text), Some(by), Some(at)) => {
            Some(Topic { text: fit(4, text, is_text)?, by: fit(5, by, is_word)?, at: Time(at) })
        }
        _ => None,
    })
}

fn modes(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomModes> {
    let modes = RoomModes::from_json(&row.get::<_, String>(column)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))?;
    let words = masks(&modes).flat_map(|mask| [&mask.mask, &mask.by]).chain(&modes.key);
    for text in words {
        fit(column, Arc::clone(text), is_word)?;
    }
    Ok(modes)
}

fn guests(connection: &Connection) -> rusqlite::Result<Vec<GuestRecord>> {
    connection
        .prepare("SELECT id, token, seen FROM guests ORDER BY id")?
        .query_map([], |row| {
            Ok(GuestRecord { id: GuestId(number(row, 0)?), token: TokenHash(row.get(1)?), seen: Time(number(row, 2)?) })
        })?
        .collect()
}

fn accounts(connection: &Connection) -> rusqlite::Result<Vec<AccountRecord>> {
    connection
        .prepare("SELECT id, name, argon2, scram, operator, suspended, created, seen FROM accounts ORDER BY id")?
        .query_map([], |row| {
            let [argon2, scram] = [row.get::<_, Option<Arc<str>>>(2)?, row.get(3)?];
            Ok(AccountRecord {
                id: AccountId(number(row, 0)?),
                name: row.get(1)?,
                password: argon2.map(|argon2| Credentials { argon2, scram }),
                operator: row.get(4)?,
                suspended: row.get::<_, Option<Arc<str>>>(5)?.map(|reason| fit(5, reason, is_text)).transpose()?,
                created: Time(number(row, 6)?),
                seen: Time(number(row, 7)?),
            })
        })?
        .collect()
}

fn facts(connection: &Connection) -> rusqlite::Result<Vec<(Fact, Arc<str>)>> {
    connection
        .prepare("SELECT owner, kind, key, value FROM facts")?
        .query_map([], |row| {
            let number_of_kind: i64 = row.get(1)?;
            let kind = FACT_KINDS.iter().find(|(_, number)| *number == number_of_kind);
            let (kind, _) = *kind.ok_or_else(|| unknown(1, "kind of fact", number_of_kind))?;
            let key = fit(2, row.get(2)?, is_text)?;
            Ok((Fact { owner: number(row, 0)?, kind, key }, fit(3, row.get(3)?, is_text)?))
        })?
        .collect()
}

/// What stands for each kind of small thing; a number is never given to another kind.
const FACT_KINDS: &[(FactKind, i64)] = &[
    (FactKind::Seat, 0),
    (FactKind::Marker, 1),
    (FactKind::AlwaysOn, 2),
    (FactKind::Face, 3),
    (FactKind::Access, 4),
    (FactKind::Ban, 5),
    (FactKind::Claim, 6),
    (FactKind::Monitor, 7),
    (FactKind::Certificate, 10),
    (FactKind::Network, 11),
    (FactKind::Invitation, 12),
    (FactKind::Metadata, 16),
    (FactKind::Keep, 20),
];

fn fact_number(kind: FactKind) -> i64 {
    let row = FACT_KINDS.iter().find(|(known, _)| *known == kind);
    row.expect("every kind of small thing has a number").1
}

/// What [`message`] reads of a row.
pub(crate) const MESSAGE: &str =
    "time, position, kind, source, target, tags, text, author, registered, edited, client_id";

/// A message of a conversation, from its [`MESSAGE`].
pub(crate) fn message(row: &Row<'_>, conversation: Conversation) -> rusqlite::Result<StoredMessage> {
    let message = StoredMessage {
        conversation,
        msgid: MsgId { time: Time(number(row, 0)?), position: Position(number(row, 1)?) },
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
        client_id: row.get::<_, Option<[u8; 16]>>(10)?.map(ClientId),
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
];

/// What is to stand on a line again must be able to: in a damaged file it might end the line and begin another.
pub(crate) fn fit(column: usize, text: Arc<str>, is_fit: fn(&str) -> bool) -> rusqlite::Result<Arc<str>> {
    if is_fit(&text) {
        return Ok(text);
    }
    Err(unfit(column))
}

fn unfit(column: usize) -> rusqlite::Error {
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

fn optional_number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    row.get::<_, Option<i64>>(column).map(|value| value.map(from_sql))
}

fn unknown(column: usize, what: &str, value: i64) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, format!("unknown {what} {value}").into())
}

/// The database's random secret, made by the first call.
pub(crate) fn secret(connection: &Connection) -> rusqlite::Result<[u8; 32]> {
    let kept = connection.query_row("SELECT value FROM meta WHERE key = 'secret'", [], |row| row.get(0)).optional()?;
    if let Some(secret) = kept {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("the system has random bytes");
    connection.execute("INSERT INTO meta (key, value) VALUES ('secret', ?1)", [secret])?;
    Ok(secret)
}

#[cfg(test)]
pub(crate) mod tests {
    use teahouse_chat::durable::Span;
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
                       VALUES (1, 0, 7, 2, 0, 'a!b@c', '#a', '+x=y', 'said and done');"#,
            )
            .unwrap();
        let read = Read {
            conversation: Conversation::room(RoomId(1)),
            span: Span::Latest(None),
            limit: 9,
            upto: Position(9),
            happenings: false,
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
        ] {
            let transaction = connection.transaction().unwrap();
            transaction.execute_batch(&format!("UPDATE {table} SET {column} = {value}")).unwrap();
            assert!(!is_read(&transaction), "{table}.{column} = {value}");
        }
    }

    #[test]
    fn forgetting_a_guest_searches_and_never_scans() {
        for sql in FORGET_PRIVATE {
            let plan = plan(sql);
            assert!(!plan.iter().any(|step| step.contains("SCAN")), "{plan:?}");
        }
    }
}
