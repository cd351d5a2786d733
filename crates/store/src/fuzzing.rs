//! What fuzzing looks for: whatever stands in the tables is read as a value or refused, and the world can be loaded from it.
//!
//! The programs in `fuzz/fuzz_targets` call [`rows`] with what libFuzzer thinks up, the test below with what is kept in
//! the repository.

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

use std::cell::RefCell;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params_from_iter};
use teahouse_chat::durable::{Bound, Conversation, Span};
use teahouse_chat::ids::{MsgId, Position, Time};
use teahouse_chat::info::{ROWS_PER_HOLD, Registration, Rules};
use teahouse_chat::once::RECENT_BOUNDS;
use teahouse_chat::query::Reactions;
use teahouse_chat::world::World;

use crate::{Read, pages, rows, schema};

/// How many rows of an input are read.
const ROWS_MAX: usize = 50;

/// Rows one after the other: a table's number, then a value for each of its columns; see [`Input::value`].
pub fn rows(bytes: &[u8]) {
    thread_local!(static CONNECTION: RefCell<Connection> = RefCell::new(tables()));
    CONNECTION.with_borrow_mut(|connection| {
        // Never committed: the next input finds the tables empty.
        let transaction = connection.transaction().expect("a connection of our own");
        read_all(&transaction, &fill(&transaction, Input { bytes }));
    });
}

/// Puts the rows in; the conversations that they speak of.
fn fill(transaction: &Transaction<'_>, mut input: Input<'_>) -> Vec<Conversation> {
    let mut conversations = vec![Conversation { first: 1, second: 0 }];
    for _ in 0..ROWS_MAX {
        let Some(table) = input.byte() else { break };
        let (table, columns) = TABLES[usize::from(table) % TABLES.len()];
        let cells: Vec<Cell> = (0..columns).map(|_| input.cell()).collect();
        if let (
            "messages" | "happenings" | "reactions",
            [Cell::Other(Value::Integer(first)), Cell::Other(Value::Integer(second)), ..],
        ) = (table, &cells[..])
        {
            conversations.push(Conversation { first: rows::from_sql(*first), second: rows::from_sql(*second) });
        }
        insert(transaction, table, cells);
    }
    conversations
}

/// What stands in one column of a row.
enum Cell {
    /// Need not be UTF-8.
    Text(Vec<u8>),
    Other(Value),
}

/// The tables that are read and how many columns each has.
const TABLES: [(&str, usize); 11] = [
    ("meta", 2),
    ("rooms", 11),
    ("guests", 3),
    ("messages", 13),
    ("private", 3),
    ("forgetting", 2),
    ("accounts", 8),
    ("facts", 4),
    ("happenings", 10),
    ("recent", 5),
    ("reactions", 12),
];

/// The schema's tables without their types and rules: in a file that was damaged anything may stand in any column.
fn tables() -> Connection {
    let mut typed = Connection::open_in_memory().expect("memory is there");
    schema::migrate(&mut typed, 0).expect("the schema fits an empty database");
    let connection = Connection::open_in_memory().expect("memory is there");
    for (table, count) in TABLES {
        let names = columns(&typed, table);
        assert_eq!(names.len(), count, "the columns of {table}");
        let names = names.join(", ");
        connection.execute_batch(&format!("CREATE TABLE {table} ({names})")).expect("a table without rules");
    }
    connection
}

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").expect("SQLite knows its tables");
    let names = statement.query_map([table], |row| row.get(0)).expect("one parameter");
    names.collect::<rusqlite::Result<_>>().expect("columns have names")
}

fn insert(transaction: &Transaction<'_>, table: &str, cells: Vec<Cell>) {
    let places: Vec<&str> =
        cells.iter().map(|cell| if matches!(cell, Cell::Text(_)) { "CAST(? AS TEXT)" } else { "?" }).collect();
    let sql = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
    let values = cells.into_iter().map(|cell| match cell {
        Cell::Text(bytes) => Value::Blob(bytes),
        Cell::Other(value) => value,
    });
    transaction
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.execute(params_from_iter(values)))
        .expect("a table without rules takes anything");
}

fn read_all(transaction: &Transaction<'_>, conversations: &[Conversation]) {
    for key in ["reserved_until", "last_time"] {
        let _ = schema::meta_number(transaction, key);
    }
    let _ = schema::secret(transaction);
    for conversation in conversations {
        let middle = MsgId { time: Time(10), position: Position(10) };
        for span in [Span::Latest(None), Span::Before(Bound::Msgid(middle)), Span::After(Bound::Time(Time(0)))] {
            let read = |reactions| {
                let (conversation, upto) = (*conversation, Position(u64::MAX));
                let read = Read { conversation, span, limit: 500, upto, happenings: true, reactions };
                pages::history(transaction, &read).unwrap_or_default()
            };
            for message in [Reactions::InTime, Reactions::WithMessages].into_iter().flat_map(read) {
                assert!(!message.text.contains('\0'), "no lines: {message:?}");
                let words = [&message.source, &message.target, &message.tags];
                assert!(words.iter().all(|word| !word.contains(['\0', '\r', '\n', ' '])), "no line: {message:?}");
            }
        }
    }
    let Ok(records) = rows::records(transaction) else { return };
    for text in records.rooms.iter().flat_map(|room| &room.topic).flat_map(|topic| [&topic.text, &topic.by]) {
        assert!(!text.contains(['\0', '\r', '\n']), "no line: {text:?}");
    }
    let rules = Rules {
        server_name: "tea.test".into(),
        autojoin: Vec::new(),
        guest_seat_ms: 90_000,
        registration: Registration::Open,
        guests: true,
        always_on: true,
        rooms_per_founder: 50,
        room_renames: 3,
        forget_ms: 1_000,
        keep_ms: 0,
        keep_history: true,
        rows_per_hold: ROWS_PER_HOLD,
        recent: RECENT_BOUNDS,
    };
    let world = World::load(rules, records);
    world.durable_fingerprint();
    world.next_deadline();
}

/// What is left of the bytes.
struct Input<'a> {
    bytes: &'a [u8],
}

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// A kind and what it needs: `i` and a byte, `I` and eight bytes, `f` and eight bytes, `t` or `b`, a length and as
    /// many bytes; anything else is NULL.
    fn cell(&mut self) -> Cell {
        Cell::Other(match self.byte() {
            Some(b'i') => Value::Integer(self.byte().unwrap_or_default().into()),
            Some(b'I') => Value::Integer(i64::from_be_bytes(self.eight())),
            Some(b'f') => Value::Real(f64::from_be_bytes(self.eight())),
            Some(b't') => return Cell::Text(self.counted()),
            Some(b'b') => Value::Blob(self.counted()),
            _ => Value::Null,
        })
    }

    fn counted(&mut self) -> Vec<u8> {
        let length = self.byte().map_or(0, usize::from).min(self.bytes.len());
        let (bytes, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        bytes.to_vec()
    }

    fn eight(&mut self) -> [u8; 8] {
        std::array::from_fn(|_| self.byte().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn corpus_of_rows() {
        super::replay::replay("rows", super::rows);
    }
}
