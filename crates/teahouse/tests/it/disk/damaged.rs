//! Files that are not what they were.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{ROOM, Talk};
use crate::house::{Serving, refused, serve};
use crate::people::{Person, Said};
use crate::wire::Door;

/// SQLite's.
const PAGE_BYTES: u64 = 4096;

/// Says a hundred things in a directory, and is killed.
fn talked_in(data: &Path) -> Vec<Said> {
    let mut talk = Talk::start(&mut serve("127.0.0.1:0", data));
    for number in 0..100 {
        talk.say(&format!("{number} {}", "tea ".repeat(30)));
    }
    talk.serving.kill();
    talk.echoed
}

/// The last to close a database leaves no log behind.
fn put_in_order(data: &Path) {
    Connection::open(database(data)).unwrap().execute_batch("PRAGMA user_version").unwrap();
    assert!(!data.join("teahouse.db-wal").exists());
}

fn database(data: &Path) -> PathBuf {
    data.join("teahouse.db")
}

fn overwrite(file: &Path, from: u64, upto: u64) {
    let mut file = OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xaa; usize::try_from(upto - from).unwrap()]).unwrap();
}

#[test]
fn a_database_with_a_damaged_head_or_a_missing_end_is_refused_and_left_alone() {
    let data = TempDir::new().unwrap();
    talked_in(data.path());
    put_in_order(data.path());
    let whole = fs::read(database(data.path())).unwrap();
    let cut = |length: u64| File::options().write(true).open(database(data.path())).unwrap().set_len(length).unwrap();
    let damages: [&dyn Fn(); 3] =
        [&|| overwrite(&database(data.path()), 0, 64), &|| overwrite(&database(data.path()), 100, PAGE_BYTES), &|| {
            cut(whole.len() as u64 / 2);
        }];
    for damage in damages {
        fs::write(database(data.path()), &whole).unwrap();
        damage();
        let damaged = fs::read(database(data.path())).unwrap();
        let (code, line) = refused(&mut serve("127.0.0.1:0", data.path()));
        assert_eq!(code, 1);
        assert!(line.contains("teahouse.db is damaged (") && line.contains("backup"), "{line}");
        assert!(fs::read(database(data.path())).unwrap() == damaged, "it was written to");
    }
    fs::write(database(data.path()), &whole).unwrap();
    drop(Serving::start(&mut serve("127.0.0.1:0", data.path())));
}

#[test]
fn pages_that_are_damaged_cost_their_messages_and_are_not_written_to() {
    let data = TempDir::new().unwrap();
    let echoed = talked_in(data.path());
    put_in_order(data.path());
    let whole = fs::read(database(data.path())).unwrap();
    let root = root_of_messages(&database(data.path()));
    let mut talk = Talk::start(&mut serve("127.0.0.1:0", data.path()));
    overwrite(&database(data.path()), (root - 1) * PAGE_BYTES, root * PAGE_BYTES);
    let damaged = fs::read(database(data.path())).unwrap();
    talk.alice.wire.write(&format!("CHATHISTORY LATEST {ROOM} * 50"));
    talk.alice.wire.until(" FAIL CHATHISTORY MESSAGE_ERROR ");
    let line = talk.stderr.until("teahouse.db cannot be read (");
    assert!(line.contains("it is damaged; stop the server"), "{line}");
    talk.say_until_refused();
    let line = talk.stderr.until("cannot be written");
    assert!(line.contains("stop the server") && line.contains("backup"), "{line}");
    // Other faults pass; this one would have been tried again by then.
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(1_500) {
        let refusal = talk.alice.say(ROOM, "still?").unwrap_err();
        assert!(refusal.contains("TEMPORARILY_UNAVAILABLE"), "{refusal}");
    }
    talk.bob.wire.write("@+typing=active TAGMSG #lobby");
    talk.alice.wire.until(" TAGMSG #lobby");
    #[cfg(unix)]
    {
        talk.serving.terminate();
        talk.serving.child.wait().unwrap();
    }
    talk.serving.kill();
    assert!(fs::read(database(data.path())).unwrap() == damaged, "it was written to");

    // The remedy: everything away, the backup in its place.
    fs::remove_dir_all(data.path()).unwrap();
    fs::create_dir(data.path()).unwrap();
    fs::write(database(data.path()), whole).unwrap();
    let serving = Serving::start(&mut serve("127.0.0.1:0", data.path()));
    let mut alice = Person::enter(Door::Tcp, &serving.address, "alice", &[ROOM]);
    assert_eq!(alice.history(ROOM, None), echoed);
}

/// The page through which every message is found.
fn root_of_messages(database: &Path) -> u64 {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'messages'";
    let root: i64 = Connection::open(database).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    root.unsigned_abs()
}

#[test]
fn a_log_whose_end_is_damaged_or_missing_gives_what_is_before_it() {
    for cut in [true, false] {
        let data = TempDir::new().unwrap();
        let echoed = talked_in(data.path());
        let log = data.path().join("teahouse.db-wal");
        let length = fs::metadata(&log).unwrap().len();
        if cut {
            File::options().write(true).open(&log).unwrap().set_len(length / 2 + 100).unwrap();
        } else {
            overwrite(&log, length / 2, length / 2 + 100);
        }
        let serving = Serving::start(&mut serve("127.0.0.1:0", data.path()));
        let mut alice = Person::enter(Door::Tcp, &serving.address, "alice", &[ROOM]);
        let kept = alice.history(ROOM, None);
        assert!(!kept.is_empty() && kept.len() < echoed.len() && kept == echoed[..kept.len()], "{}", kept.len());
        alice.say(ROOM, "and on").unwrap();
        let connection = Connection::open(database(data.path())).unwrap();
        let found: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(found, "ok");
    }
}
