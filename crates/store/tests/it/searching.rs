//! What was said is found, by those who may, and what was erased is not.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};

use rusqlite::Connection;
use teahouse_chat::durable::{AccountRecord, Bound, Change, Conversation, Span, StoredMessage};
use teahouse_chat::ids::{AccountId, GuestId, Identity, MsgId, Position, RoomId};
use teahouse_chat::query::{Reactions, SearchRead};
use teahouse_chat::words::{self, Phrase};
use teahouse_store::search::{FIND_QUEUE_MAX, reindex};
use teahouse_store::{OpenError, Options, Read, ReadError};

use crate::support::{PATIENCE, Tea, latest, message, positions, private, time};

/// All that was said in a room.
fn in_room(room: u64) -> SearchRead {
    SearchRead {
        conversations: vec![Conversation::room(RoomId(room))],
        privately: None,
        phrases: Vec::new(),
        author: None,
        account: None,
        has_link: false,
        after: None,
        before: None,
        oldest: false,
        limit: 100,
    }
}

fn words(room: u64, texts: &[&str]) -> SearchRead {
    let phrases = texts.iter().map(|text| Phrase::of(text).unwrap()).collect();
    SearchRead { phrases, ..in_room(room) }
}

impl Tea {
    fn say_this(&self, conversation: Conversation, source: &str, text: &str) -> Position {
        self.append(|position| {
            vec![Change::Message(StoredMessage { source: source.into(), ..message(position, conversation, text) })]
        })
    }

    fn say_in_room(&self, room: u64, text: &str) -> Position {
        self.say_this(Conversation::room(RoomId(room)), "alice!a@b", text)
    }

    fn look_for(&self, read: SearchRead, upto: Position) -> Receiver<Result<Vec<StoredMessage>, ReadError>> {
        let (reply, answer) = mpsc::channel();
        self.store.search(read, upto, move |rows| drop(reply.send(rows)));
        answer
    }

    fn found(&self, read: SearchRead) -> Vec<u64> {
        let rows = self.look_for(read, Position(u64::MAX)).recv_timeout(PATIENCE).expect("answered in time");
        positions(&rows.unwrap())
    }

    /// Waits until all up to `last` can be found.
    fn index(&self, last: Position) {
        assert!(self.store.wait_searchable(last, PATIENCE));
    }

    fn wait_erased(&self) {
        let (reply, erased) = mpsc::channel();
        self.store.when_erased(move || reply.send(()).unwrap());
        erased.recv_timeout(PATIENCE).expect("erased in time");
    }

    /// The database as another program sees it.
    fn other_program(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

fn files_hold(dir: &Path, secret: &str) -> Vec<String> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let holds = |path: &Path| {
        let bytes = fs::read(path).unwrap().to_ascii_lowercase();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    files.filter(|path| holds(path)).map(|path| path.file_name().unwrap().display().to_string()).collect()
}

#[test]
fn messages_are_found_by_what_stands_in_them() {
    let tea = Tea::new();
    let room = Conversation::room(RoomId(1));
    tea.say_this(room, "alice!a@b", "今天天气很好"); // 1
    tea.say_this(room, "bob!a@b", "Hello, wide World"); // 2
    tea.say_this(room, "Ａlice!a@b", "hello world! 天 https://example.com/tea"); // 3
    tea.say_this(room, "b[o]b!a@b", "東京タワー、ﾃｽﾄ"); // 4
    tea.say_this(room, "alice!a@b", "한국어 Café"); // 5
    let last = tea.say_this(Conversation::room(RoomId(2)), "alice!a@b", "hello world 天"); // 6
    tea.index(last);
    let cases: &[(&[&str], &[u64])] = &[
        (&[], &[1, 2, 3, 4, 5]),
        (&["天"], &[1, 3]),
        (&["天气"], &[1]),
        (&["天天气很"], &[1]),
        (&["气天"], &[]),
        (&["HELLO"], &[2, 3]),
        (&["world", "hello"], &[2, 3]),
        (&["hello world"], &[3]),
        (&["wide world"], &[2]),
        (&["wor"], &[]),
        (&["天", "hello"], &[3]),
        (&["example.com"], &[3]),
        (&["タワー"], &[4]),
        (&["テスト"], &[4]),
        (&["국"], &[5]),
        (&["cafe"], &[5]),
    ];
    for (texts, expected) in cases {
        assert_eq!(tea.found(words(1, texts)), *expected, "{texts:?}");
    }
    let by = |nick: &str| SearchRead { author: Some(words::name(nick)), ..in_room(1) };
    assert_eq!(tea.found(by("ALICE")), [1, 3, 5]);
    assert_eq!(tea.found(by("b[o]b")), [4]);
    assert_eq!(tea.found(by("bo")), [0; 0]);
    assert_eq!(tea.found(SearchRead { has_link: true, ..in_room(1) }), [3]);
    let both =
        SearchRead { conversations: [1, 2].map(|id| Conversation::room(RoomId(id))).into(), ..words(1, &["天"]) };
    assert_eq!(tea.found(both), [1, 3, 6]);
    assert_eq!(tea.found(SearchRead { conversations: Vec::new(), ..words(1, &["天"]) }), [0; 0]);
}

#[test]
fn a_text_of_several_lines_is_kept_as_it_is_and_a_seam_divides_no_word() {
    let tea = Tea::new();
    let room = Conversation::room(RoomId(1));
    let last = tea.say_this(room, "alice!a@b", "first\n\noo\rlong");
    tea.index(last);
    assert_eq!(tea.found(words(1, &["oolong"])), [1]);
    assert_eq!(tea.found(words(1, &["long"])), [0; 0]);
    let rows = tea.ask(Read {
        conversation: room,
        span: Span::Latest(None),
        limit: 9,
        upto: last,
        happenings: false,
        reactions: Reactions::None,
    });
    assert_eq!(&*rows.recv_timeout(PATIENCE).unwrap().unwrap()[0].text, "first\n\noo\rlong");
}

#[test]
fn pages_go_back_from_the_newest_or_on_from_a_moment() {
    let tea = Tea::new();
    // Odd ones are in another room; 4 and 6 share a moment.
    for _ in 1..=10 {
        tea.append(|position| {
            let mut message = message(position, Conversation::room(RoomId(1 + position % 2)), "茶 tea");
            message.msgid.time = time(if position == 6 || position == 5 { 4 } else { position });
            vec![Change::Message(message)]
        });
    }
    tea.index(Position(10));
    let id = |position| Some(Bound::Msgid(MsgId { time: time(position), position: Position(position) }));
    let at = |position| Some(Bound::Time(time(position)));
    let page = |limit| SearchRead { limit, ..words(1, &["茶"]) };
    assert_eq!(tea.found(page(2)), [8, 10]);
    assert_eq!(tea.found(SearchRead { before: id(8), ..page(2) }), [4, 6]);
    assert_eq!(tea.found(SearchRead { before: at(8), ..page(2) }), [6, 8]);
    assert_eq!(tea.found(SearchRead { before: at(4), ..page(9) }), [2, 4, 6]);
    assert_eq!(tea.found(SearchRead { before: at(3), ..page(9) }), [2]);
    assert_eq!(tea.found(SearchRead { after: at(4), ..page(9) }), [4, 6, 8, 10]);
    assert_eq!(tea.found(SearchRead { after: at(4), oldest: true, ..page(2) }), [4, 6]);
    assert_eq!(tea.found(SearchRead { after: id(4), oldest: true, ..page(2) }), [6, 8]);
    assert_eq!(tea.found(SearchRead { after: at(4), before: at(8), ..page(2) }), [6, 8]);
    assert_eq!(tea.found(SearchRead { after: at(11), ..page(2) }), [0; 0]);
    assert_eq!(tea.found(SearchRead { before: at(0), ..page(2) }), [0; 0]);
    assert_eq!(tea.found(page(0)), [0; 0]);
    // Nothing above what had been said when it was asked.
    let rows = tea.look_for(page(2), Position(7)).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(positions(&rows), [4, 6]);
}

#[test]
fn what_was_said_in_private_is_found_by_both_and_by_nobody_else() {
    let tea = Tea::new();
    tea.say_this(private(7, 8), "a!a@b", "茶");
    tea.say_this(private(8, 9), "a!a@b", "茶");
    let last = tea.say_this(private(0x7, 0x70), "a!a@b", "茶");
    tea.index(last);
    let of = |guest| SearchRead {
        conversations: Vec::new(),
        privately: Some(Identity::Guest(GuestId(guest))),
        ..words(1, &["茶"])
    };
    assert_eq!(tea.found(of(7)), [1, 3]);
    assert_eq!(tea.found(of(8)), [1, 2]);
    assert_eq!(tea.found(of(10)), [0; 0]);
    let one = SearchRead { conversations: vec![private(9, 8)], ..words(1, &["茶"]) };
    assert_eq!(tea.found(one), [2]);
}

#[test]
fn the_name_of_an_account_that_is_gone_is_nobodys() {
    let tea = Tea::new();
    let account = |id| AccountRecord::new(AccountId(id), "robert".into(), None, time(1));
    let say = |id| {
        tea.append(|position| {
            let message = message(position, Conversation::room(RoomId(1)), "茶");
            let author = Some(Identity::Account(AccountId(id)));
            vec![Change::Message(StoredMessage { author, source: "robert!a@b".into(), ..message })]
        })
    };
    tea.append(|_| vec![Change::Account(account(100))]);
    say(100);
    tea.append(|_| vec![Change::AccountForgotten(AccountId(100))]);
    tea.append(|_| vec![Change::Account(account(101))]);
    let last = say(101);
    tea.index(last);
    let rows = tea.ask(latest(1, last)).recv_timeout(PATIENCE).unwrap().unwrap();
    let authors: Vec<_> = rows.iter().map(|row| row.author).collect();
    assert_eq!(authors, [Some(Identity::Guest(GuestId(100))), Some(Identity::Account(AccountId(101)))]);
    let by = |account| SearchRead { author: Some("robert".into()), account, ..in_room(1) };
    assert_eq!(tea.found(by(Some(101))), [5]);
    assert_eq!(tea.found(by(None)), [2, 5]);
}

#[test]
fn an_index_that_is_behind_deleted_damaged_or_ahead_is_mended() {
    let tea = Tea::new();
    for _ in 0..3 {
        tea.say_in_room(1, "茶");
        tea.say_in_room(2, "水");
    }
    tea.index(Position(6));
    // One that lacks the last messages.
    let search = tea.dir.path().join("search.db");
    tea.store.close().unwrap();
    let behind = fs::read(&search).unwrap();
    let mut tea = tea.again();
    let last = tea.say_in_room(1, "茶");
    tea.index(last);
    let all = [1, 3, 5, last.0];
    let mut damages: Vec<Box<dyn Fn()>> = Vec::new();
    let path = search.clone();
    damages.push(Box::new(move || fs::write(&path, &behind).unwrap()));
    let path = search.clone();
    damages.push(Box::new(move || fs::remove_file(&path).unwrap()));
    let path = search.clone();
    damages.push(Box::new(move || {
        fs::write(&path, "no database at all, but long enough to be read as one".repeat(99)).unwrap();
    }));
    let path = search.clone();
    damages.push(Box::new(move || Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap()));
    let path = search.clone();
    damages.push(Box::new(move || {
        let ahead = "UPDATE meta SET value = 1 << 40 WHERE key = 'position'; DELETE FROM docs";
        Connection::open(&path).unwrap().execute_batch(ahead).unwrap();
    }));
    for damage in damages {
        tea.store.close().unwrap();
        damage();
        tea = tea.again();
        tea.index(last);
        assert_eq!(tea.found(words(1, &["茶"])), all);
        assert_eq!(tea.found(words(2, &["水"])), [2, 4, 6]);
    }
}

#[test]
fn whoever_takes_something_back_does_not_wait_for_a_damaged_index() {
    let tea = Tea::new();
    for turn in 0..2_000 {
        tea.say_in_room(1, &format!("Xyzzy{turn} 机密{turn} hello"));
    }
    tea.index(Position(2_000));
    let search = tea.dir.path().join("search.db");
    Connection::open(&search).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let whole = fs::read(&search).unwrap();
    let mut file = fs::File::options().write(true).open(&search).unwrap();
    file.seek(SeekFrom::Start(4_096)).unwrap();
    file.write_all(&vec![0xaa; whole.len() - 4_096]).unwrap();
    let room = Conversation::room(RoomId(1));
    let redacted = tea.append(|_| vec![Change::Redacted(room, message(1_000, room, "").msgid)]);
    tea.wait_until(|news| news.erased >= redacted);
}

#[test]
fn a_forgotten_room_is_erased_from_every_file() {
    let tea = Tea::new();
    for turn in 0..700 {
        tea.say_in_room(1, &format!("Xyzzy{turn} 机密{turn} hello"));
        tea.say_in_room(2, &format!("plugh{turn} hello"));
    }
    tea.index(Position(1_400));
    assert!(!files_hold(tea.dir.path(), "xyzzy").is_empty());
    let forgotten = tea.append(|_| vec![Change::RoomForgotten(RoomId(1))]);
    tea.wait(forgotten);
    assert_eq!(tea.found(words(1, &["hello"])), [0; 0], "found although it is being forgotten");
    let left = |table| {
        let count = format!("SELECT count(*) FROM {table}");
        tea.other_program().query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    while left("forgetting") > 0 {
        std::thread::yield_now();
    }
    tea.wait_erased();
    assert_eq!(left("erased"), 0);
    assert_eq!(files_hold(tea.dir.path(), "xyzzy"), [""; 0]);
    assert_eq!(files_hold(tea.dir.path(), "机密"), [""; 0]);
    assert_eq!(tea.found(words(2, &["plugh42"])).len(), 1);
    assert_eq!(tea.found(words(2, &["hello"])).len(), 100);
}

#[test]
fn a_replaced_text_is_found_and_the_old_one_erased_also_after_a_restart() {
    let tea = Tea::new();
    for turn in 0..50 {
        tea.say_in_room(1, &format!("tea number{turn}"));
    }
    let edited = tea.say_in_room(1, "the password is Xyzzy");
    tea.index(edited);
    let replace = |tea: &Tea, text: &str| {
        let sql = "UPDATE messages SET text = ?1 WHERE position = ?2";
        tea.other_program().execute(sql, (text, edited.0.cast_signed())).unwrap();
    };
    replace(&tea, "the password is Plugh");
    // The writer looks at what was erased with each commit.
    let next = tea.say_in_room(1, "so be it");
    tea.wait(next);
    tea.wait_erased();
    assert_eq!(files_hold(tea.dir.path(), "xyzzy"), [""; 0]);
    assert_eq!(tea.found(words(1, &["xyzzy"])), [0; 0]);
    assert_eq!(tea.found(words(1, &["password", "plugh"])), [edited.0]);

    tea.store.close().unwrap();
    replace(&tea, "twice");
    replace(&tea, "thrice");
    let tea = tea.again();
    tea.wait_erased();
    assert_eq!(files_hold(tea.dir.path(), "plugh"), [""; 0]);
    assert_eq!(tea.found(words(1, &["password"])), [0; 0]);
    assert_eq!(tea.found(words(1, &["twice"])), [0; 0]);
    assert_eq!(tea.found(words(1, &["thrice"])), [edited.0]);

    tea.other_program().execute("DELETE FROM messages WHERE position = ?1", [edited.0.cast_signed()]).unwrap();
    let next = tea.say_in_room(1, "gone");
    tea.wait(next);
    tea.wait_erased();
    assert_eq!(files_hold(tea.dir.path(), "thrice"), [""; 0]);
    assert_eq!(tea.found(SearchRead { before: None, ..words(1, &["thrice"]) }), [0; 0]);
    assert_eq!(tea.found(words(1, &["number7"])), [8]);
}

#[test]
fn what_is_gone_but_still_in_the_index_is_not_given() {
    let tea = Tea::new();
    let last = (0..4).map(|_| tea.say_in_room(1, "茶")).last().unwrap();
    tea.index(last);
    // Behind the writer's back, so that the index is not told.
    tea.other_program().execute("DELETE FROM messages WHERE position = 3", []).unwrap();
    assert_eq!(tea.found(SearchRead { limit: 2, ..words(1, &["茶"]) }), [2, 4]);
}

#[test]
fn an_index_is_made_anew_while_no_server_runs() {
    let tea = Tea::new();
    let last = (0..5_000).map(|turn| tea.say_in_room(turn % 7, "茶 tea")).last().unwrap();
    tea.wait(last);
    let in_use = reindex(tea.dir.path(), |_| {});
    assert!(matches!(in_use, Err(OpenError::InUse { .. })), "{in_use:?}");
    tea.store.close().unwrap();
    fs::write(tea.dir.path().join("search.db"), "rubbish").unwrap();
    let mut told = Vec::new();
    let made = reindex(tea.dir.path(), |done| told.push(done)).unwrap();
    assert_eq!((made.messages, told.last()), (5_000, Some(&5_000)));
    assert_eq!(made.bytes, fs::metadata(tea.dir.path().join("search.db")).unwrap().len());
    assert!(told.is_sorted());
    let tea = tea.again();
    assert_eq!(tea.found(words(3, &["tea"])).len(), 100);
    // What is said from now on goes on from there.
    let next = tea.say_in_room(3, "oolong");
    tea.index(next);
    assert_eq!(tea.found(words(3, &["oolong"])), [next.0]);
}

#[test]
fn too_many_searches_are_refused_and_after_close_all() {
    let tea = Tea::new();
    let (hold, held) = mpsc::channel::<()>();
    tea.store.search(in_room(1), Position(0), move |_| assert!(held.recv().is_err()));
    let mut answers: Vec<_> = (0..=FIND_QUEUE_MAX + 1).map(|_| tea.look_for(in_room(1), Position(0))).collect();
    let refused = answers.pop().unwrap().try_recv();
    assert_eq!(refused, Ok(Err(ReadError::Busy)));
    drop(hold);
    assert_eq!(answers[0].recv_timeout(PATIENCE).unwrap(), Ok(Vec::new()));
    tea.store.close().unwrap();
    assert_eq!(tea.look_for(in_room(1), Position(0)).try_recv(), Ok(Err(ReadError::Closed)));
}

#[test]
fn a_panic_of_who_asked_does_not_end_searching() {
    let tea = Tea::new();
    tea.store.search(in_room(1), Position(0), |_| panic!("on purpose"));
    assert_eq!(tea.found(in_room(1)), [0; 0]);
}

#[test]
fn without_an_index_searches_are_refused() {
    let tea = Tea::open(tempfile::tempdir().unwrap(), Options { search: false, ..Options::default() });
    assert_eq!(tea.look_for(in_room(1), Position(0)).try_recv(), Ok(Err(ReadError::Closed)));
    assert!(!tea.dir.path().join("search.db").exists());
}
