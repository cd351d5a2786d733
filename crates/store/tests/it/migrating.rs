//! A database of version 1, as it was written then, is brought up with all that is in it, and kept as it was beside it.

use std::fs;

use rusqlite::Connection;
use teahouse_chat::durable::{Conversation, Owner};
use teahouse_chat::ids::{GuestId, Position, RoomId, Time};
use teahouse_store::{Options, Read};

use crate::support::{PATIENCE, Tea, latest, positions, private};

/// As version 1 made it, with a room, two guests, and what they said.
const VERSION_1: &str = "
    PRAGMA journal_mode = wal;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner INTEGER NOT NULL, founder INTEGER, topic TEXT,
        topic_by TEXT, topic_at INTEGER, spoken INTEGER NOT NULL, empty_since INTEGER, modes TEXT NOT NULL,
        created INTEGER NOT NULL) STRICT;
    CREATE TABLE guests (id INTEGER PRIMARY KEY, token BLOB NOT NULL, seen INTEGER NOT NULL) STRICT;
    CREATE TABLE messages (first INTEGER NOT NULL, second INTEGER NOT NULL, time INTEGER NOT NULL,
        position INTEGER NOT NULL, kind INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, tags TEXT NOT NULL,
        text TEXT NOT NULL, PRIMARY KEY (first, second, time, position)) STRICT, WITHOUT ROWID;
    CREATE TABLE private (guest INTEGER NOT NULL, peer INTEGER NOT NULL, PRIMARY KEY (guest, peer)) STRICT, WITHOUT ROWID;
    CREATE TABLE forgetting (first INTEGER NOT NULL, second INTEGER NOT NULL, PRIMARY KEY (first, second))
        STRICT, WITHOUT ROWID;
    PRAGMA application_id = 0x54656148;
    PRAGMA user_version = 1;
    INSERT INTO meta VALUES ('reserved_until', 1000), ('last_time', 1790000000000), ('secret', zeroblob(32));
    INSERT INTO rooms VALUES (1, '#tea', 2, 4, 'oolong', 'a!b@c', 7, 1, NULL, '{}', 7);
    INSERT INTO guests VALUES (4, zeroblob(16), 5), (5, randomblob(16), 5);
    INSERT INTO messages VALUES (1, 0, 1790000000000, 10, 0, 'a!b@c', '#tea', '', 'hello'),
        (1, 0, 1790000000000, 11, 1, 'b!b@c', '#tea', '+x=y', '你好'), (4, 5, 1790000000000, 12, 0, 'a!b@c', 'b', '', 'psst');
    INSERT INTO private VALUES (4, 5), (5, 4);";

#[test]
fn a_database_of_version_1_is_brought_up_and_kept_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    Connection::open(dir.path().join("teahouse.db")).unwrap().execute_batch(VERSION_1).unwrap();
    // Left by a start that did not get on.
    let copy = dir.path().join("teahouse-version-1.db");
    fs::write(&copy, "stale").unwrap();

    let tea = Tea::open(dir, Options::default());
    let room = &tea.loaded.records.rooms[0];
    assert_eq!((&*room.name, room.owner, room.created), ("#tea", Owner::Guest(GuestId(4)), Time(7)));
    assert_eq!(tea.loaded.records.guests.len(), 2);
    assert_eq!(tea.loaded.next_position, Position(1_000));
    assert_eq!(tea.read(latest(1, Position(999))), [10, 11]);
    let rows = tea.ask(latest(1, Position(999))).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((&*rows[1].text, &*rows[1].tags, rows[1].author), ("你好", "+x=y", None));
    assert_eq!(rows[0].conversation, Conversation::room(RoomId(1)));
    let in_private = Read { conversation: private(4, 5), ..latest(0, Position(999)) };
    assert_eq!(positions(&tea.ask(in_private).recv_timeout(PATIENCE).unwrap().unwrap()), [12]);

    let version = |connection: &Connection| -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let gives_pages_back = |path| -> i64 {
        Connection::open(path).unwrap().pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap()
    };
    assert_eq!((gives_pages_back(&copy), gives_pages_back(&tea.path())), (0, 2));
    let old = Connection::open(&copy).unwrap();
    let said: i64 = old.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap();
    assert_eq!((version(&old), said), (1, 3));

    // Once is enough.
    drop(old);
    fs::remove_file(&copy).unwrap();
    let tea = tea.again();
    assert_eq!(tea.read(latest(1, Position(999))), [10, 11]);
    assert!(!copy.exists());
}
