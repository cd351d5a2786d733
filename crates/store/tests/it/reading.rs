//! Reads meet what is said live without hole or repeat.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use teahouse_chat::durable::{Bound, Change, Conversation, Happening, MessageKind, Span, StoredMessage};
use teahouse_chat::ids::{GuestId, Identity, MsgId, Position, RoomId, Time};
use teahouse_chat::query::TargetsRead;
use teahouse_store::{READ_QUEUE_MAX, READ_ROWS_MAX, Read, ReadError, Targets};

use crate::support::{PATIENCE, Tea, latest, message, positions, private, said, time};

/// At the limit of file descriptors, a file that is opened late is one that cannot be opened.
#[cfg(target_os = "linux")]
#[test]
fn all_files_are_open_from_the_start() {
    let tea = Tea::new();
    let dir = tea.dir.path().canonicalize().unwrap();
    let open = || {
        let files = std::fs::read_dir("/proc/self/fd").unwrap();
        let files = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        let mut files: Vec<_> = files.filter(|file| file.starts_with(&dir)).collect();
        files.sort();
        files
    };
    let before = open();
    // The lock; of the messages the index of the log, and a database and a log for the writer, each of two readers, and
    // both threads of search; the same of the search database for the one that writes there and the one that reads.
    assert_eq!(before.len(), 17, "{before:?}");
    let last = (0..100).map(|_| tea.say(1)).last().unwrap();
    assert!(tea.store.wait_searchable(last, PATIENCE));
    for _ in 0..100 {
        tea.read(latest(1, last));
    }
    assert_eq!(open(), before);
}

#[test]
fn spans_end_before_their_bounds_and_keep_to_their_limit() {
    let tea = Tea::new();
    // Positions 1 to 9; 4 and 5 share a moment, 6 is in another room, 9 is above what is asked for.
    for _ in 0..9 {
        tea.append(|position| {
            let room = RoomId(if position == 6 { 2 } else { 1 });
            let mut message = message(position, Conversation::room(room), "x");
            message.msgid.time = time(if position == 5 { 4 } else { position });
            vec![Change::Message(message)]
        });
    }
    let at = |position| Bound::Time(time(position));
    let id = |position| Bound::Msgid(MsgId { time: time(position), position: Position(position) });
    let twin = Bound::Msgid(MsgId { time: time(4), position: Position(5) });
    let nonsense = Bound::Msgid(MsgId { time: Time(u64::MAX), position: Position(u64::MAX) });
    let cases: [(Span, usize, &[u64]); 32] = [
        (Span::Latest(None), 100, &[1, 2, 3, 4, 5, 7, 8]),
        (Span::Latest(None), 3, &[5, 7, 8]),
        (Span::Latest(None), 0, &[]),
        (Span::Latest(Some(id(4))), 100, &[5, 7, 8]),
        (Span::Latest(Some(at(4))), 100, &[7, 8]),
        (Span::Latest(Some(id(2))), 2, &[7, 8]),
        (Span::Before(id(4)), 100, &[1, 2, 3]),
        (Span::Before(twin), 2, &[3, 4]),
        (Span::Before(at(4)), 100, &[1, 2, 3]),
        (Span::Before(id(6)), 2, &[4, 5]),
        (Span::Before(id(1)), 100, &[]),
        (Span::Before(nonsense), 2, &[7, 8]),
        (Span::After(id(4)), 100, &[5, 7, 8]),
        (Span::After(id(4)), 2, &[5, 7]),
        (Span::After(at(4)), 100, &[7, 8]),
        (Span::After(at(0)), 1, &[1]),
        (Span::After(id(8)), 100, &[]),
        (Span::After(nonsense), 100, &[]),
        (Span::After(Bound::Time(Time(u64::MAX))), 100, &[]),
        (Span::Around(id(4)), 4, &[2, 3, 4, 5]),
        (Span::Around(at(4)), 3, &[3, 4, 5]),
        (Span::Around(id(6)), 1, &[7]),
        (Span::Around(nonsense), 4, &[4, 5, 7, 8]),
        (Span::Around(nonsense), 1, &[8]),
        (Span::Around(at(0)), 4, &[1, 2, 3, 4]),
        (Span::Around(id(2)), 4, &[1, 2, 3, 4]),
        (Span::Around(id(8)), 5, &[3, 4, 5, 7, 8]),
        (Span::Around(id(4)), 100, &[1, 2, 3, 4, 5, 7, 8]),
        (Span::Between(id(2), at(7)), 100, &[3, 4, 5]),
        (Span::Between(at(1), id(8)), 2, &[2, 3]),
        (Span::Between(id(8), at(1)), 2, &[5, 7]),
        (Span::Between(id(4), id(4)), 100, &[]),
    ];
    for (span, limit, expected) in cases {
        let given = tea.read(Read { span, limit, ..latest(1, Position(8)) });
        assert_eq!(given, expected, "{span:?} limit {limit}");
    }
}

#[test]
fn a_read_gives_no_more_than_its_cap() {
    let tea = Tea::new();
    let last = (0..READ_ROWS_MAX + 10).map(|_| tea.say(1)).last().unwrap();
    let rows = tea.read(Read { limit: usize::MAX, ..latest(1, last) });
    assert_eq!((rows.len(), rows.last()), (READ_ROWS_MAX, Some(&last.0)));
}

#[test]
fn a_read_waits_for_a_writer_held_back_and_gives_nothing_above_its_position() {
    let tea = Tea::new();
    let stored = (0..10).map(|_| tea.say(1)).last().unwrap();
    tea.wait(stored);
    tea.faults.hold(true);
    let asked = (0..5).map(|_| tea.say(1)).last().unwrap();
    let answer = tea.ask(latest(1, asked));
    let _ = (0..5).map(|_| tea.say(1)).last();
    // What is settled already is given although the writer stands still.
    assert_eq!(tea.read(latest(1, stored)), (1..=10).collect::<Vec<_>>());
    assert!(answer.try_recv().is_err(), "answered before it was settled");
    tea.faults.hold(false);
    let rows = answer.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(positions(&rows), (1..=15).collect::<Vec<_>>());
}

#[test]
fn history_and_live_meet_without_hole_or_repeat() {
    let tea = Tea::new();
    let store = Arc::new(tea.store);
    let speaker = {
        let store = Arc::clone(&store);
        thread::spawn(move || {
            let (reply, answers) = std::sync::mpsc::channel();
            for position in 1..=2_000 {
                store.append(Position(position), vec![said(position, 1)]);
                if position % 10 == 0 {
                    let reply = reply.clone();
                    store.history(latest(1, Position(position)), move |rows| {
                        drop(reply.send((position, positions(&rows.unwrap()))));
                    });
                }
            }
            answers
        })
    };
    let answers: Vec<_> = speaker.join().unwrap().iter().collect();
    assert_eq!(answers.len(), 200);
    for (upto, rows) in answers {
        let first = upto.saturating_sub(READ_ROWS_MAX as u64) + 1;
        assert_eq!(rows, (first..=upto).collect::<Vec<_>>());
    }
}

#[test]
fn too_many_reads_are_refused_and_the_others_answered() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let last = tea.say(1);
    let waiting: Vec<_> = (0..READ_QUEUE_MAX).map(|_| tea.ask(latest(1, last))).collect();
    assert_eq!(tea.ask(latest(1, last)).try_recv(), Ok(Err(ReadError::Busy)));
    tea.faults.hold(false);
    for answer in waiting {
        assert_eq!(answer.recv_timeout(PATIENCE).unwrap().unwrap().len(), 1);
    }
}

#[test]
fn a_panic_of_who_asked_costs_no_reader() {
    let tea = Tea::new();
    for _ in 0..4 {
        tea.store.history(latest(1, Position(0)), |_| panic!("on purpose"));
    }
    assert_eq!(tea.read(latest(1, Position(0))), Vec::<u64>::new());
}

#[test]
fn after_close_reads_are_refused_and_nothing_is_healthy() {
    let tea = Tea::new();
    tea.store.close().unwrap();
    tea.say(1);
    assert!(!tea.store.is_healthy());
    assert_eq!(tea.ask(latest(1, Position(1))).try_recv(), Ok(Err(ReadError::Closed)));
    tea.store.close().unwrap();
}

#[test]
fn what_happened_is_given_to_those_who_ask_for_it_and_counts_for_them_alone() {
    let tea = Tea::new();
    // Messages at 1, 5, 9, ...; between them somebody comes and goes.
    let mut last = Position(0);
    for turn in 0..40 {
        last = match turn % 4 {
            0 => tea.say(1),
            _ => tea.append(|position| {
                let mut row = message(position, Conversation::room(RoomId(1)), "bye");
                row.kind = MessageKind::Happened(Happening::Part);
                row.tags = "".into();
                vec![Change::Happened(row)]
            }),
        };
    }
    let read = Read { limit: 4, ..latest(1, last) };
    assert_eq!(tea.read(read), [25, 29, 33, 37]);
    assert_eq!(tea.read(Read { happenings: true, ..read }), [37, 38, 39, 40]);
    let first = Span::After(Bound::Time(Time(0)));
    assert_eq!(tea.read(Read { span: first, ..read }), [1, 5, 9, 13]);
    assert_eq!(tea.read(Read { span: first, happenings: true, ..read }), [1, 2, 3, 4]);
    let rows = tea.ask(Read { happenings: true, ..read }).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((rows[1].kind, &*rows[1].text), (MessageKind::Happened(Happening::Part), "bye"));
}

#[test]
fn conversations_are_found_by_when_something_was_last_said_there() {
    let tea = Tea::new();
    let at = |position, conversation| vec![Change::Message(message(position, conversation, "x"))];
    let in_room = |room| Conversation::room(RoomId(room));
    for conversation in [in_room(1), private(4, 5), in_room(2), private(6, 4), in_room(1), private(5, 6), in_room(3)] {
        tea.append(|position| at(position, conversation));
    }
    let last = tea.append(|_| vec![Change::RoomForgotten(RoomId(2))]);
    let above = tea.append(|position| at(position, in_room(1)));
    tea.wait(above);
    let ask = |first, second| {
        let (reply, answer) = mpsc::channel();
        let rooms = [1, 2, 9].map(RoomId).to_vec();
        let privately = Some(Identity::Guest(GuestId(4)));
        let read = TargetsRead { rooms, privately, first: time(first), second: time(second), limit: 9 };
        tea.store.targets(Targets { read, upto: last }, move |found| drop(reply.send(found)));
        let found = answer.recv_timeout(PATIENCE).unwrap().unwrap();
        found.into_iter().map(|last| (last.conversation, last.time)).collect::<Vec<_>>()
    };
    let all = [(private(4, 5), time(2)), (private(4, 6), time(4)), (in_room(1), time(5))];
    assert_eq!(ask(0, 100), all);
    assert_eq!(ask(100, 0), [all[2], all[1], all[0]]);
    assert_eq!(ask(2, 5), [all[1]]);
}

#[test]
fn whom_one_has_talked_with_is_told_by_the_name_it_had_last() {
    let tea = Tea::new();
    let say = |author: u64, nick: &str, conversation, to: &str| {
        tea.append(|position| {
            let author = Some(Identity::Guest(GuestId(author)));
            let (source, target) = (format!("{nick}!guest@cloak").into(), to.into());
            vec![Change::Message(StoredMessage { author, source, target, ..message(position, conversation, "x") })]
        })
    };
    // Guest 4 has talked with 5, who was called bob and then weg; with 6, also called weg; and with 7, who never answered.
    say(5, "bob", private(4, 5), "own");
    say(5, "weg", private(4, 5), "own");
    say(6, "Weg", private(4, 6), "own");
    let last = say(4, "own", private(4, 7), "carol");
    tea.wait(last);
    let ask = |first, second| {
        let (reply, answer) = mpsc::channel();
        let privately = Some(Identity::Guest(GuestId(4)));
        let read = TargetsRead { rooms: Vec::new(), privately, first: time(first), second: time(second), limit: 9 };
        tea.store.targets(Targets { read, upto: last }, move |found| drop(reply.send(found)));
        let found = answer.recv_timeout(PATIENCE).unwrap().unwrap();
        let called = found.into_iter().map(|last| last.called.map(|called| (called.nick.to_string(), called.latest)));
        called.map(Option::unwrap).collect::<Vec<_>>()
    };
    let all = [("weg".to_owned(), false), ("Weg".to_owned(), true), ("carol".to_owned(), true)];
    assert_eq!(ask(0, 100), all);
    // Also where the later one of that name is not among those that are asked for.
    assert_eq!(ask(0, 3), all[..1]);
}
