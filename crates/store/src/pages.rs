//! Reads of history: rows of one conversation, and which conversations there are; all SQL of that.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_chat::durable::{Called, Conversation, LastSaid, StoredMessage, Walk};
use teahouse_chat::ids::Time;
use teahouse_chat::query::{Reactions, TargetsRead};
use teahouse_chat::words;

use crate::outdated::{kept_behind, kept_from};
use crate::rows::{MESSAGE, message, number, to_sql};
use crate::{READ_ROWS_MAX, Read, Targets, reactions};

/// The rows that a read asks for, oldest first.
pub(crate) fn history(connection: &Connection, read: &Read) -> rusqlite::Result<Vec<StoredMessage>> {
    let mut walked = Vec::new();
    let kept = kept_behind(kept_from(connection, read.conversation)?);
    let happenings = read.happenings.then_some(&HAPPENINGS);
    let reactions = (read.reactions == Reactions::InTime).then_some(&reactions::IN_TIME);
    let besides: Vec<&Source> = happenings.into_iter().chain(reactions).collect();
    for walk in read.span.walks(read.limit) {
        let walk = Walk { above: walk.above.max(kept), ..walk };
        let mut found = walk_along(connection, &MESSAGES, read, walk)?;
        for source in &besides {
            found.extend(walk_along(connection, source, read, walk)?);
        }
        if !besides.is_empty() {
            found.sort_by_key(|row| row.msgid);
            let too_many = found.len().saturating_sub(walk.limit);
            match walk.newest_first {
                true => drop(found.drain(..too_many)),
                false => found.truncate(walk.limit),
            }
        }
        walked.push(found);
    }
    let rows = read.span.joined(walked, read.limit);
    match read.reactions {
        Reactions::WithMessages => reactions::put_in(connection, read, rows),
        Reactions::None | Reactions::InTime => Ok(rows),
    }
}

/// Where there are rows with a time and a position.
pub(crate) struct Source {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    /// Reads those of one.
    pub(crate) row: fn(&Row<'_>, Conversation) -> rusqlite::Result<StoredMessage>,
}

const MESSAGES: Source = Source { table: "messages", columns: MESSAGE, row: message };
const HAPPENINGS: Source = Source {
    table: "happenings",
    columns: "time, position, kind, source, target, '', text, author,
        author IS NOT NULL AND EXISTS (SELECT 1 FROM accounts WHERE accounts.id = author), NULL, NULL",
    row: message,
};

fn walk_along(
    connection: &Connection,
    source: &Source,
    read: &Read,
    walk: Walk,
) -> rusqlite::Result<Vec<StoredMessage>> {
    let mut statement = connection.prepare_cached(&history_sql(source, walk.newest_first))?;
    let rows = statement.query_map(
        params![
            to_sql(read.conversation.first),
            to_sql(read.conversation.second),
            to_sql(walk.above.time.0),
            to_sql(walk.above.position.0),
            to_sql(walk.below.time.0),
            to_sql(walk.below.position.0),
            to_sql(read.upto.0),
            to_sql(walk.limit as u64),
        ],
        |row| (source.row)(row, read.conversation),
    )?;
    let mut messages = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    if walk.newest_first {
        messages.reverse();
    }
    Ok(messages)
}

/// Both ends of a walk bound it in the primary key, so a read costs what it gives, not what there is; only what was said
/// after it was asked for is walked past.
fn history_sql(Source { table, columns, .. }: &Source, newest_first: bool) -> String {
    let order = if newest_first { "DESC" } else { "ASC" };
    format!(
        "SELECT {columns} FROM {table}
         WHERE first = ?1 AND second = ?2
             AND (time, position) > (?3, ?4) AND (time, position) < (?5, ?6)
             AND position <= ?7
             AND NOT EXISTS (SELECT 1 FROM forgetting WHERE first = ?1 AND second = ?2)
         ORDER BY time {order}, position {order} LIMIT ?8"
    )
}

/// When something was last said in one conversation; the key's end is looked at, and nothing else.
const LAST_SAID: &str = "SELECT time FROM messages WHERE first = ?1 AND second = ?2 AND position <= ?3
     AND NOT EXISTS (SELECT 1 FROM forgetting WHERE first = ?1 AND second = ?2)
     ORDER BY time DESC, position DESC LIMIT 1";

/// The conversations that a read asks for, by when something was last said there.
///
/// Costs a look for each room, of which nobody is in many, and one for each private conversation of the newest and of those
/// that are given.
pub(crate) fn targets(connection: &Connection, read: &Targets) -> rusqlite::Result<Vec<LastSaid>> {
    let TargetsRead { rooms, privately, first, second, .. } = &read.read;
    let (above, below, newest_first) = (first.min(second), first.max(second), first > second);
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(LAST_SAID)?;
    for room in rooms {
        let conversation = Conversation::room(*room);
        let time = statement.query_row([to_sql(room.0), 0, to_sql(read.upto.0)], |row| number(row, 0)).optional()?;
        let kept = kept_from(connection, conversation)?;
        let time = time.map(Time).filter(|time| *time >= kept);
        found.extend(time.map(|time| LastSaid { conversation, time, called: None }));
    }
    found.retain(|last| *above < last.time && last.time < *below);
    if let Some(identity) = privately {
        let kept = kept_behind(kept_from(connection, Conversation::NOWHERE)?).time;
        let talks = talks_of(connection, identity.number(), *above.max(&kept), *below, newest_first)?;
        if !talks.is_empty() {
            let newest = talks_of(connection, identity.number(), kept, Time(u64::MAX), true)?;
            found.extend(called(connection, identity.number(), &newest, talks)?);
        }
    }
    found.sort_by_key(|last| (last.time, last.conversation));
    if newest_first {
        found.reverse();
    }
    Ok(found)
}

/// The private conversations of one with something said between two moments.
fn talks_of(
    connection: &Connection,
    own: u64,
    above: Time,
    below: Time,
    newest_first: bool,
) -> rusqlite::Result<Vec<LastSaid>> {
    let mut statement = connection.prepare_cached(&privately_sql(newest_first))?;
    let parameters = [to_sql(own), to_sql(above.0), to_sql(below.0), to_sql(READ_ROWS_MAX as u64)];
    let rows = statement.query_map(parameters, |row| {
        let peer = number(row, 0)?;
        let conversation = Conversation { first: own.min(peer), second: own.max(peer) };
        Ok(LastSaid { conversation, time: Time(number(row, 1)?), called: None })
    })?;
    rows.collect()
}

/// The last thing that was said in a conversation; the key's end is looked at, and nothing else.
const LAST: &str = "WHERE first = ?1 AND second = ?2 ORDER BY time DESC, position DESC LIMIT 1";

/// Those conversations, with what the other one of each was called last, and whether it is the last one with that name
/// among the `newest`.
fn called(
    connection: &Connection,
    own: u64,
    newest: &[LastSaid],
    talks: Vec<LastSaid>,
) -> rusqlite::Result<Vec<LastSaid>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {MESSAGE} FROM messages {LAST}"))?;
    let mut nick = |conversation: Conversation| {
        let key = [conversation.first, conversation.second].map(to_sql);
        let last = statement.query_row(key, |row| message(row, conversation)).optional()?;
        Ok::<_, rusqlite::Error>(last.and_then(|last| last.partner(own)))
    };
    let (mut names, mut known) = (HashSet::new(), HashMap::new());
    for LastSaid { conversation, .. } in newest {
        let called = nick(*conversation)?;
        let called = called.map(|nick| Called { latest: names.insert(words::name(&nick)), nick });
        known.insert(*conversation, called);
    }
    let called = |last: LastSaid| {
        let called = match known.remove(&last.conversation) {
            Some(called) => called,
            None => nick(last.conversation)?.map(|nick| Called { nick, latest: false }),
        };
        Ok(LastSaid { called, ..last })
    };
    talks.into_iter().map(called).collect()
}

fn privately_sql(newest_first: bool) -> String {
    let order = if newest_first { "DESC" } else { "ASC" };
    format!(
        "SELECT peer, last FROM private WHERE guest = ?1 AND last > ?2 AND last < ?3
         ORDER BY last {order}, peer {order} LIMIT ?4"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::tests::plan;

    #[test]
    fn history_walks_the_primary_key_between_both_bounds() {
        let sources = [
            (&MESSAGES, "PRIMARY KEY"),
            (&HAPPENINGS, "PRIMARY KEY"),
            (&reactions::IN_TIME, "INDEX reactions_in_time"),
        ];
        for (newest_first, (source, key)) in [false, true].into_iter().flat_map(|way| sources.map(|one| (way, one))) {
            let plan = plan(&history_sql(source, newest_first));
            let bounds = "(first=? AND second=? AND (time,position)>(?,?) AND (time,position)<(?,?))";
            assert!(plan.contains(&format!("SEARCH {} USING {key} {bounds}", source.table)), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
        }
    }

    #[test]
    fn when_something_was_last_said_is_looked_up_and_never_scanned_for() {
        let rooms = plan(LAST_SAID);
        assert!(rooms.contains(&"SEARCH messages USING PRIMARY KEY (first=? AND second=?)".to_owned()), "{rooms:?}");
        for newest_first in [false, true] {
            let key = "SEARCH private USING COVERING INDEX private_last (guest=? AND last>? AND last<?)";
            assert_eq!(plan(&privately_sql(newest_first)), [key]);
        }
        let last = plan(&format!("SELECT {MESSAGE} FROM messages {LAST}"));
        assert_eq!(last[0], "SEARCH messages USING PRIMARY KEY (first=? AND second=?)");
        assert!(!last.iter().any(|step| step.contains("SCAN messages")), "{last:?}");
    }
}
