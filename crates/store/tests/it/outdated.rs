//! What is older than it is kept is not given any more at once, and soon is in no file.

use std::fs;
use std::sync::mpsc;

use rusqlite::Connection;
use teahouse_chat::durable::{Change, Conversation, Happening, MessageKind, Span, StoredMessage};
use teahouse_chat::ids::{GuestId, Identity, Position, RoomId, Time};
use teahouse_chat::query::{SearchRead, TargetsRead};
use teahouse_chat::words::Phrase;
use teahouse_store::{Options, Read, Targets};

use crate::support::{PATIENCE, Tea, latest, message, private, time};

/// A word of everything that is to go, in no other text.
const WORD: &str = "zanzibar";
const OLD: &str = "the teapot is in zanzibar, under the third tree";
const NEW: &str = "the teapot has come back";

fn say(tea: &Tea, conversation: Conversation, text: &str) -> Position {
    tea.append(|position| vec![Change::Message(message(position, conversation, text))])
}

fn say_in(tea: &Tea, room: u64, text: &str) -> Position {
    say(tea, Conversation::room(RoomId(room)), text)
}

/// Somebody leaves a room, with these words.
fn part(tea: &Tea, room: u64, reason: &str) -> Position {
    tea.append(|position| {
        let row = message(position, Conversation::room(RoomId(room)), reason);
        vec![Change::Happened(StoredMessage { kind: MessageKind::Happened(Happening::Part), tags: "".into(), ..row })]
    })
}

fn is_in_a_file(tea: &Tea, word: &str) -> bool {
    let files = fs::read_dir(tea.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
}

/// How much is found, of two rooms.
fn found(tea: &Tea, upto: Position) -> usize {
    assert!(tea.store.wait_searchable(upto, PATIENCE));
    let (reply, answer) = mpsc::channel();
    let read = SearchRead {
        conversations: [1, 2].map(|room| Conversation::room(RoomId(room))).into(),
        privately: None,
        phrases: vec![Phrase::of("teapot").unwrap()],
        author: None,
        account: None,
        has_link: false,
        after: None,
        before: None,
        oldest: false,
        limit: 500,
    };
    tea.store.search(read, upto, move |rows| drop(reply.send(rows)));
    answer.recv_timeout(PATIENCE).unwrap().unwrap().len()
}

/// The conversations of guest 4 and two rooms in which anything was said.
fn talked_in(tea: &Tea, upto: Position) -> Vec<Conversation> {
    let (reply, answer) = mpsc::channel();
    let (rooms, privately) = (vec![RoomId(1), RoomId(2)], Some(Identity::Guest(GuestId(4))));
    let read = TargetsRead { rooms, privately, first: time(0), second: time(1 << 30), limit: 9 };
    tea.store.targets(Targets { read, upto }, move |found| drop(reply.send(found)));
    answer.recv_timeout(PATIENCE).unwrap().unwrap().into_iter().map(|last| last.conversation).collect()
}

#[test]
fn what_is_too_old_is_in_no_file_and_what_is_not_stays() {
    let tea = Tea::new();
    // Enough for rows to move from page to page, in tables and index.
    for _ in 0..1_500 {
        say_in(&tea, 1, OLD);
        say(&tea, private(4, 5), OLD);
        part(&tea, 2, OLD);
    }
    let edge = say_in(&tea, 2, NEW);
    let mut last = edge;
    for _ in 0..300 {
        last = say_in(&tea, 1, NEW);
    }
    tea.wait(last);
    assert!(tea.store.wait_searchable(last, PATIENCE));
    assert!(is_in_a_file(&tea, WORD));
    let kept = tea.append(|_| vec![Change::KeptFrom(None, time(edge.0))]);
    tea.wait_until(|news| news.erased >= kept);
    let other = Connection::open(tea.path()).unwrap();
    let count = |table: &str| -> i64 {
        other.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    // All of it goes in slices, of which only the first is sure to be among what is erased by now.
    let mut later = 0;
    while count("messages") + count("happenings") > 301 + later || count("erased") > 0 {
        let next = say_in(&tea, 3, NEW);
        tea.wait(next);
        later += 1;
    }
    let next = say_in(&tea, 3, NEW);
    later += 1;
    tea.wait_until(|news| news.erased >= next);
    assert!(!is_in_a_file(&tea, WORD));
    assert_eq!((count("messages"), count("happenings"), count("private")), (301 + later, 0, 0));
    assert_eq!(tea.read(latest(1, next)).len(), 300);
    assert_eq!(found(&tea, next), 301);
    let sound: String = other.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// From now on what was said is kept from this moment on; nothing else has happened so far.
fn note_only(tea: &Tea, room: u64, from: Time) {
    let other = Connection::open(tea.path()).unwrap();
    other.execute("INSERT INTO kept_from VALUES (?1, ?2)", [room, from.0].map(u64::cast_signed)).unwrap();
}

#[test]
fn what_is_too_old_is_not_given_though_it_is_still_there_and_goes_after_a_restart() {
    let tea = Tea::new();
    let old = [say_in(&tea, 1, OLD), say_in(&tea, 1, OLD), say_in(&tea, 2, OLD), say(&tea, private(4, 5), OLD)];
    part(&tea, 1, OLD);
    let new = [say_in(&tea, 1, NEW), say_in(&tea, 1, NEW)];
    let last = new[1];
    tea.wait(last);
    assert_eq!(talked_in(&tea, last).len(), 3);
    note_only(&tea, 1, time(new[0].0));
    for span in [Span::Latest(None), Span::After(teahouse_chat::durable::Bound::Time(Time(0)))] {
        let read = Read { span, happenings: true, ..latest(1, last) };
        assert_eq!(tea.read(read), [new[0].0, new[1].0]);
    }
    assert_eq!(tea.read(latest(2, last)), [old[2].0], "a room's own setting is its own");
    assert_eq!(found(&tea, last), 3);
    note_only(&tea, 0, time(new[1].0));
    assert_eq!(tea.read(latest(1, last)), [new[1].0], "the server's may be shorter");
    assert_eq!(tea.read(latest(2, last)), [0_u64; 0]);
    assert_eq!(tea.read(Read { conversation: private(4, 5), ..latest(0, last) }), [0_u64; 0]);
    assert_eq!(found(&tea, last), 1);
    assert_eq!(talked_in(&tea, last), [Conversation::room(RoomId(1))]);

    assert!(is_in_a_file(&tea, WORD));
    let copy = tempfile::tempdir().unwrap();
    teahouse_store::backup(tea.dir.path(), &copy.path().join("teahouse.db")).unwrap();
    let restored = Tea::open(copy, Options::default());
    for tea in [tea.again(), restored] {
        while is_in_a_file(&tea, WORD) {
            let next = say_in(&tea, 1, NEW);
            tea.wait(next);
        }
        assert_eq!(tea.read(latest(1, last)), [new[1].0]);
    }
}

#[test]
fn the_file_gets_smaller_when_much_has_gone() {
    let tea = Tea::new();
    let mut last = Position(0);
    for _ in 0..1_000 {
        last = say_in(&tea, 1, &OLD.repeat(80));
    }
    tea.wait(last);
    let bytes = || fs::metadata(tea.path()).unwrap().len();
    tea.append(|_| vec![Change::KeptFrom(Some(RoomId(1)), time(last.0))]);
    // It was longer than this ever since the first checkpoint.
    loop {
        let next = say_in(&tea, 1, NEW);
        tea.wait(next);
        let other = Connection::open(tea.path()).unwrap();
        let pages: u64 = other.query_row("PRAGMA page_count", [], |row| row.get(0).map(i64::cast_unsigned)).unwrap();
        if pages < 600 && bytes() < 600 * 4_096 {
            let sound: String = other.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(sound, "ok");
            return;
        }
    }
}

#[test]
fn a_room_that_is_forgotten_leaves_no_setting() {
    let tea = Tea::new();
    tea.append(|_| vec![Change::KeptFrom(Some(RoomId(1)), time(1))]);
    let last = tea.append(|_| vec![Change::RoomForgotten(RoomId(1))]);
    tea.wait(last);
    let other = Connection::open(tea.path()).unwrap();
    assert_eq!(other.query_row("SELECT count(*) FROM kept_from", [], |row| row.get(0)), Ok(0));
}
