//! What a message is found by, and finding: all SQL about the index.
//!
//! `words` is a full-text table without the texts: rows are positions, so that the newest come first without sorting.
//! What else may be asked for (where, by whom, a link) stands among the words as marks, so that all of a question is
//! answered by walking the shortest list and skipping through the others.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, params};
use teahouse_chat::durable::{Bound, Conversation, MessageKind, StoredMessage};
use teahouse_chat::ids::{MsgId, Position, Time};
use teahouse_chat::query::SearchRead;
use teahouse_chat::{lines, words};

use crate::rows::{from_sql, to_sql};
use crate::schema::{meta_number, set_meta_number};

/// The tables of a new index. The tokenizer splits at spaces: the tokens are made before.
pub(super) const SCHEMA: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE docs (
        position INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        second INTEGER NOT NULL,
        time INTEGER NOT NULL,
        sum INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE words USING fts5 (tokens, content = '', columnsize = 0, tokenize = 'ascii');
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
    INSERT INTO words (words, rank) VALUES ('hashsize', 4194304);";

/// Begins the mark of where a message was said. No token of a text begins like a mark.
const PLACE: char = '\u{e000}';
/// Begins the mark of one of the two in a private conversation.
const PARTY: char = '\u{e001}';
/// Begins the mark of who said it.
const AUTHOR: char = '\u{e002}';
/// The mark of a link.
const LINK: char = '\u{e003}';
/// Where in a mark a character stands that would end a token, moved up by this.
const MOVED: u32 = 0xe100;

/// What a message is found by; `None` if by nothing, because nothing is said in it.
pub(super) fn entry(message: &StoredMessage) -> Option<String> {
    let is_said = matches!(message.kind, MessageKind::Privmsg | MessageKind::Notice);
    (is_said && !message.text.is_empty()).then(|| tokens(message.conversation, &message.source, &message.text))
}

/// The marks of a message and its words.
pub(super) fn tokens(conversation: Conversation, source: &str, text: &str) -> String {
    let text = lines::whole(text);
    let mut out = String::with_capacity(64 + 2 * text.len());
    push_place(&mut out, conversation);
    if conversation.second != 0 {
        for party in [conversation.first, conversation.second] {
            out.push(' ');
            push_party(&mut out, party);
        }
    }
    out.push(' ');
    push_author(&mut out, &words::name(source));
    if words::has_link(&text) {
        out.push(' ');
        out.push(LINK);
    }
    let words = words::tokens(&text);
    if !words.is_empty() {
        out.push(' ');
        out += &words;
    }
    out
}

/// Puts a message in, unless it is there.
pub(super) fn put(transaction: &Connection, message: &StoredMessage) -> rusqlite::Result<()> {
    let Some(tokens) = entry(message) else { return Ok(()) };
    let MsgId { time, position } = message.msgid;
    let Conversation { first, second } = message.conversation;
    let is_new = transaction
        .prepare_cached("INSERT OR IGNORE INTO docs (position, first, second, time, sum) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![to_sql(position.0), to_sql(first), to_sql(second), to_sql(time.0), sum(&tokens)])?;
    if is_new > 0 {
        transaction
            .prepare_cached("INSERT INTO words (rowid, tokens) VALUES (?1, ?2)")?
            .execute(params![to_sql(position.0), tokens])?;
    }
    Ok(())
}

/// Takes a message out that was put in by these tokens; if what is there was put in by others, it stays.
pub(super) fn take_out(transaction: &Connection, position: Position, tokens: &str) -> rusqlite::Result<()> {
    let was_there = transaction
        .prepare_cached("DELETE FROM docs WHERE position = ?1 AND sum = ?2")?
        .execute(params![to_sql(position.0), sum(tokens)])?;
    if was_there > 0 {
        transaction
            .prepare_cached("INSERT INTO words (words, rowid, tokens) VALUES ('delete', ?1, ?2)")?
            .execute(params![to_sql(position.0), tokens])?;
    }
    Ok(())
}

/// Up to which message everything is in the index.
pub(super) fn indexed(connection: &Connection) -> rusqlite::Result<MsgId> {
    let number = |key| meta_number(connection, key).map(Option::unwrap_or_default);
    Ok(MsgId { time: Time(number("time")?), position: Position(number("position")?) })
}

/// Notes that.
pub(super) fn set_indexed(transaction: &Connection, upto: MsgId) -> rusqlite::Result<()> {
    set_meta_number(transaction, "time", upto.time.0)?;
    set_meta_number(transaction, "position", upto.position.0)
}

/// How many messages are in the index.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM docs", [], |row| row.get(0)).map(from_sql)
}

/// Makes one piece of the many that the index has grown of: the fastest to read, and the smallest.
pub(super) fn optimize(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO words (words) VALUES ('optimize')", []).map(drop)
}

/// Gives what is found to `take`, in the order that is asked for, until that wants no more; nothing above `upto`.
pub(super) fn find(
    connection: &Connection,
    read: &SearchRead,
    upto: Position,
    mut take: impl FnMut(Conversation, MsgId) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let Some(question) = question(read) else { return Ok(()) };
    let (from, to) = positions(connection, read, upto)?;
    let order = if read.oldest { "ASC" } else { "DESC" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid <= ?3 ORDER BY rowid {order}"
    ))?;
    let mut place = connection.prepare_cached("SELECT first, second, time FROM docs WHERE position = ?1")?;
    let mut rows = statement.query(params![question, from, to])?;
    while let Some(row) = rows.next()? {
        let position: i64 = row.get(0)?;
        let number = |row: &rusqlite::Row<'_>, column| row.get(column).map(from_sql);
        let found = place.query_row([position], |row| {
            let conversation = Conversation { first: number(row, 0)?, second: number(row, 1)? };
            Ok((conversation, MsgId { time: Time(number(row, 2)?), position: Position(from_sql(position)) }))
        });
        match found.optional()? {
            Some((conversation, msgid)) if !take(conversation, msgid)? => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// The first and the last position that may be given.
fn positions(connection: &Connection, read: &SearchRead, upto: Position) -> rusqlite::Result<(i64, i64)> {
    let from = match read.after {
        None => 0,
        Some(Bound::Msgid(msgid)) => to_sql(msgid.position.0).saturating_add(1),
        Some(Bound::Time(time)) => first_at(connection, time.0)?,
    };
    let to = match read.before {
        None => i64::MAX,
        Some(Bound::Msgid(msgid)) => to_sql(msgid.position.0) - 1,
        Some(Bound::Time(time)) => first_at(connection, time.0.saturating_add(1))? - 1,
    };
    Ok((from, to.min(to_sql(upto.0))))
}

/// The first position that has this time or a later one: since time never runs backwards along the log, halving finds
/// it without an index.
fn first_at(connection: &Connection, time: u64) -> rusqlite::Result<i64> {
    let last: Option<i64> = connection.query_row("SELECT max(position) FROM docs", [], |row| row.get(0))?;
    let mut next =
        connection.prepare_cached("SELECT position, time FROM docs WHERE position >= ?1 ORDER BY position LIMIT 1")?;
    let (mut low, mut high) = (0, last.map_or(0, |last| last + 1));
    while low < high {
        let middle = low + (high - low) / 2;
        let (position, at): (i64, i64) = next.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if from_sql(at) < time {
            low = position + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The question in the language of the full-text table; `None` if nothing can be found.
fn question(read: &SearchRead) -> Option<String> {
    let mut out = String::from("(");
    for conversation in &read.conversations {
        or(&mut out);
        out.push('"');
        push_place(&mut out, *conversation);
        out.push('"');
    }
    if let Some(identity) = read.privately {
        or(&mut out);
        out.push('"');
        push_party(&mut out, identity.number());
        out.push('"');
    }
    if out.len() == 1 {
        return None;
    }
    out.push(')');
    for phrase in &read.phrases {
        let _ = write!(out, " AND \"{}\"", phrase.as_str());
    }
    if let Some(author) = &read.author {
        out += " AND \"";
        push_author(&mut out, author);
        out.push('"');
    }
    if read.has_link {
        let _ = write!(out, " AND \"{LINK}\"");
    }
    Some(out)
}

fn or(out: &mut String) {
    if out.len() > 1 {
        *out += " OR ";
    }
}

fn push_place(out: &mut String, conversation: Conversation) {
    let _ = write!(out, "{PLACE}{:x}", conversation.first);
    if conversation.second != 0 {
        let _ = write!(out, "{PLACE}{:x}", conversation.second);
    }
}

fn push_party(out: &mut String, number: u64) {
    let _ = write!(out, "{PARTY}{number:x}");
}

fn push_author(out: &mut String, name: &str) {
    out.push(AUTHOR);
    out.extend(name.chars().map(|c| match c {
        // All else does not end a token, and stays as it is.
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => char::from_u32(MOVED + u32::from(c)).unwrap_or(AUTHOR),
        c => c,
    }));
}

/// FNV-1a of 64 bits: by it the index knows again which text a message was put in by.
fn sum(tokens: &str) -> i64 {
    let hash = tokens
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash.cast_signed()
}
