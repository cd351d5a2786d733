//! Rooms as rows.

use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use teahouse_chat::durable::{Owner, RoomRecord, Topic};
use teahouse_chat::ids::{AccountId, GuestId, RoomId, Time};
use teahouse_chat::modes::{Mask, RoomModes};

use super::columns::{fit, is_text, is_word, number, optional_number, to_sql, unknown};
use crate::outdated;

pub(super) fn write_room(transaction: &Connection, room: &RoomRecord) -> rusqlite::Result<()> {
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

pub(super) fn forget_room(transaction: &Connection, room: RoomId) -> rusqlite::Result<()> {
    let id = [to_sql(room.0)];
    transaction.prepare_cached("DELETE FROM rooms WHERE id = ?1")?.execute(id)?;
    outdated::forget_room(transaction, room)?;
    transaction.prepare_cached("INSERT OR IGNORE INTO forgetting (first, second) VALUES (?1, 0)")?.execute(id)?;
    Ok(())
}

pub(super) fn rooms(connection: &Connection) -> rusqlite::Result<Vec<RoomRecord>> {
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

/// Every entry of a room's lists.
pub(crate) fn masks(modes: &RoomModes) -> impl Iterator<Item = &Mask> {
    [&modes.bans, &modes.exceptions, &modes.invited].into_iter().flatten()
}
