//! A database of an older version, as it was written then, is brought up with all that is in it, and kept as it was beside it.

use std::fs;

use rusqlite::Connection;
use teahouse_chat::durable::{Conversation, Owner};
use teahouse_chat::ids::{GuestId, Position, RoomId, Time};
use teahouse_chat::query::Reactions;
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

    let old = Connection::open(&copy).unwrap();
    let new = Connection::open(tea.path()).unwrap();
    assert_eq!([&old, &new].map(|connection| pragma(connection, "auto_vacuum")), [0, 2], "it gives pages back");
    assert_eq!((pragma(&old, "user_version"), count(&old, "messages")), (1, 3));

    // Once is enough.
    drop(old);
    fs::remove_file(&copy).unwrap();
    let tea = tea.again();
    assert_eq!(tea.read(latest(1, Position(999))), [10, 11]);
    assert!(!copy.exists());
}

/// What version 2 brought to a database of version 1: here it is one that began as version 2.
const VERSION_2: &str = "
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, argon2 TEXT, scram TEXT, operator INTEGER NOT NULL,
        suspended TEXT, created INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT;
    CREATE TABLE facts (owner INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (owner, kind, key)) STRICT, WITHOUT ROWID;
    ALTER TABLE messages ADD COLUMN author INTEGER;
    ALTER TABLE messages ADD COLUMN registered INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE messages ADD COLUMN edited INTEGER;
    CREATE TABLE happenings (first INTEGER NOT NULL, second INTEGER NOT NULL, time INTEGER NOT NULL,
        position INTEGER NOT NULL, part INTEGER NOT NULL, kind INTEGER NOT NULL, source TEXT NOT NULL,
        target TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (first, second, time, position, part)) STRICT, WITHOUT ROWID;
    ALTER TABLE private ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX private_last ON private (guest, last);
    ALTER TABLE messages ADD COLUMN client_id BLOB;
    CREATE TABLE reactions (first INTEGER NOT NULL, second INTEGER NOT NULL, message_time INTEGER NOT NULL,
        message_position INTEGER NOT NULL, author INTEGER NOT NULL, reaction TEXT NOT NULL, registered INTEGER NOT NULL,
        time INTEGER NOT NULL, position INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
        PRIMARY KEY (first, second, message_time, message_position, author, reaction)) STRICT, WITHOUT ROWID;
    CREATE INDEX reactions_in_time ON reactions (first, second, time, position);
    CREATE TRIGGER message_with_reactions_deleted AFTER DELETE ON messages BEGIN
        DELETE FROM reactions WHERE first = OLD.first AND second = OLD.second
            AND message_time = OLD.time AND message_position = OLD.position;
    END;
    CREATE TABLE recent (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, position INTEGER NOT NULL, id BLOB NOT NULL,
        said BLOB NOT NULL) STRICT;
    CREATE TABLE kept_from (room INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;
    CREATE TABLE erased (number INTEGER PRIMARY KEY AUTOINCREMENT, first INTEGER NOT NULL, second INTEGER NOT NULL,
        time INTEGER NOT NULL, position INTEGER NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL) STRICT;
    CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN OLD.text <> '' BEGIN
        INSERT INTO erased (first, second, time, position, source, text)
            VALUES (OLD.first, OLD.second, OLD.time, OLD.position, OLD.source, OLD.text);
    END;
    CREATE TRIGGER message_replaced AFTER UPDATE OF text ON messages WHEN OLD.text <> '' AND OLD.text <> NEW.text BEGIN
        INSERT INTO erased (first, second, time, position, source, text)
            VALUES (OLD.first, OLD.second, OLD.time, OLD.position, OLD.source, OLD.text);
    END;
    PRAGMA user_version = 2;
    INSERT INTO reactions VALUES (1, 0, 1790000000000, 10, 5, '🍵', 0, 1790000000000, 13, 'b!b@c', '#tea');
    INSERT INTO happenings VALUES (1, 0, 1790000000000, 14, 0, 10, 'b!account@c', '#tea', 'b');
    DELETE FROM messages WHERE text = 'psst';
    CREATE TABLE gone (bytes BLOB);
    INSERT INTO gone VALUES (zeroblob(100000));
    DROP TABLE gone;";

#[test]
fn a_database_of_version_2_is_brought_up_without_what_it_does_not_know() {
    let dir = tempfile::tempdir().unwrap();
    let before = Connection::open(dir.path().join("teahouse.db")).unwrap();
    before.execute_batch(&format!("PRAGMA auto_vacuum = incremental; {VERSION_1} {VERSION_2}")).unwrap();
    assert_eq!(count(&before, "erased"), 1);
    drop(before);
    let copy = dir.path().join("teahouse-version-2.db");

    let tea = Tea::open(dir, Options::default());
    let with = Read { reactions: Reactions::WithMessages, ..latest(1, Position(999)) };
    let rows = tea.ask(with).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(positions(&rows), [10, 13, 11]);
    assert_eq!((&*rows[1].source, rows[1].client_id), ("b!b@c", None));
    let with = Read { happenings: true, ..latest(1, Position(999)) };
    let rows = tea.ask(with).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((&*rows[2].source, rows[2].author), ("b!account@c", None));
    let new = Connection::open(tea.path()).unwrap();
    assert!(pragma(&new, "freelist_count") > 0, "there is no need to write all of it anew");

    let old = Connection::open(&copy).unwrap();
    assert_eq!((pragma(&old, "user_version"), count(&old, "reactions")), (2, 1));
    assert_eq!(count(&old, "erased"), 0, "what was taken back is not in the copy either");
    assert!(!fs::read(&copy).unwrap().windows(4).any(|window| window == b"psst"));
}

fn pragma(connection: &Connection, name: &str) -> i64 {
    connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

fn count(connection: &Connection, table: &str) -> i64 {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}
