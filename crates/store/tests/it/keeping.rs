//! What was handed over is there after the next start, in order, and costs few commits.

use std::thread;
use std::time::Instant;

use teahouse_chat::durable::{Change, Conversation, Fact, FactKind, MessageKind, Owner, RoomRecord, StoredMessage};
use teahouse_chat::ids::{ClientId, GuestId, Identity, Position, RoomId, Time};
use teahouse_chat::modes::{Mask, RoomModes};
use teahouse_chat::once::RecentId;
use teahouse_store::{Options, Read};

use crate::support::{PATIENCE, Tea, guest, latest, message, private, room, said, time};

#[test]
fn a_restart_changes_nothing() {
    let tea = Tea::new();
    assert_eq!((tea.loaded.records.rooms.len(), tea.loaded.records.guests.len()), (0, 0));
    let plain = RoomRecord { owner: Owner::Nobody, topic: None, spoken: false, empty_since: Some(Time(9)), ..room(2) };
    let ours = RoomRecord { owner: Owner::Server, ..room(3) };
    let rooms = vec![room(1), plain, ours];
    let guests = vec![guest(4), guest(5)];
    let notice = |position| {
        let mut notice = message(position, private(5, 4), "quiet");
        notice.kind = MessageKind::Notice;
        notice
    };
    for record in rooms.iter().rev() {
        tea.append(|_| vec![Change::Room(record.clone())]);
    }
    tea.append(|_| guests.iter().cloned().map(Change::Guest).collect());
    let last = tea.append(|position| vec![Change::Message(notice(position))]);
    tea.wait(last);
    let secret = tea.loaded.secret;

    let tea = tea.again();
    assert_eq!(tea.loaded.records.rooms, rooms);
    assert_eq!(tea.loaded.records.guests, guests);
    assert_eq!(tea.loaded.secret, secret);
    assert_eq!(tea.loaded.last_time, time(last.0));
    assert!(tea.loaded.next_position > last);
    let private = Read { conversation: private(4, 5), ..latest(0, last) };
    let kept = tea.ask(private).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(kept, vec![notice(last.0)]);
}

#[test]
fn small_things_are_kept_by_kind_and_taken_away() {
    let tea = Tea::new();
    let fact = |kind, key: &str| Fact { owner: 7, kind, key: key.into() };
    let facts = [
        (fact(FactKind::Seat, "1"), "".into()),
        (fact(FactKind::Marker, "1"), "1700000000000".into()),
        (fact(FactKind::Metadata, "pronouns"), "ta".into()),
    ];
    tea.append(|_| facts.iter().cloned().map(|(fact, text)| Change::Fact(fact, Some(text))).collect());
    tea.append(|_| vec![Change::Fact(fact(FactKind::Marker, "2"), Some("5".into()))]);
    tea.append(|_| vec![Change::Fact(fact(FactKind::Marker, "2"), None)]);
    let tea = tea.again();
    assert_eq!(tea.loaded.records.facts, facts);
}

#[test]
fn the_clock_goes_on_from_what_a_room_was_last_set_to() {
    let tea = Tea::new();
    let fresh = RoomRecord { created: Time(500), topic: None, ..room(1) };
    tea.append(|_| vec![Change::Room(fresh.clone())]);
    let tea = tea.again();
    assert_eq!(tea.loaded.last_time, Time(500));
    let ban = Mask { mask: "*!*@loud".into(), by: "a!b@c".into(), at: Time(600) };
    tea.append(|_| vec![Change::Room(RoomRecord { modes: RoomModes { bans: vec![ban], ..fresh.modes }, ..fresh })]);
    assert_eq!(tea.again().loaded.last_time, Time(600));
}

#[test]
fn the_masks_of_a_room_count_as_waiting() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let ban = Mask { mask: "x".repeat(1_000).into(), by: "a!b@c".into(), at: Time(1) };
    let modes = RoomModes { bans: vec![ban; 10], ..RoomModes::default() };
    tea.append(|_| vec![Change::Room(RoomRecord { modes, ..room(1) })]);
    assert!(tea.store.backlog_bytes() > 10_000);
    tea.faults.hold(false);
}

#[test]
fn two_stores_have_two_secrets() {
    assert_ne!(Tea::new().loaded.secret, Tea::new().loaded.secret);
}

#[test]
fn the_newest_of_a_room_and_guest_is_kept_and_the_forgotten_are_not() {
    let tea = Tea::new();
    let newer = RoomRecord { topic: None, ..room(1) };
    tea.append(|_| vec![Change::Room(room(1)), Change::Room(room(2)), Change::Guest(guest(4))]);
    tea.append(|_| vec![Change::Room(newer.clone()), Change::Guest(guest(5))]);
    tea.append(|_| vec![Change::RoomForgotten(RoomId(2))]);
    tea.append(|_| vec![Change::GuestForgotten(GuestId(4))]);
    let tea = tea.again();
    assert_eq!(tea.loaded.records.rooms, vec![newer]);
    assert_eq!(tea.loaded.records.guests, vec![guest(5)]);
}

#[test]
fn what_waits_goes_in_one_commit() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let last = (0..1_000).map(|_| tea.say(1)).last().unwrap();
    assert!(tea.store.backlog_bytes() > 1_000 * 50);
    tea.faults.hold(false);
    let news = tea.wait(last);
    // The one that the writer had already taken when it was held, and all the others.
    assert!(news.calls <= 2, "{} commits", news.calls);
    assert_eq!(tea.store.backlog_bytes(), 0);
}

#[test]
fn a_backlog_goes_in_transactions_of_bounded_size() {
    let tea = Tea::new();
    tea.faults.hold(true);
    let last = (0..10_000).map(|_| tea.say(1)).last().unwrap();
    tea.faults.hold(false);
    let news = tea.wait(last);
    assert!((3..=5).contains(&news.calls), "{} commits", news.calls);
}

#[test]
fn a_position_without_changes_settles_in_its_turn() {
    let tea = Tea::new();
    tea.say(1);
    let last = tea.append(|_| Vec::new());
    assert_eq!(tea.wait(last).upto, last);
    assert_eq!(tea.store.settled(), last);
}

#[test]
fn without_history_messages_settle_and_are_not_kept() {
    let tea = Tea::open(tempfile::tempdir().unwrap(), Options { history: false, ..Options::default() });
    tea.faults.fail_commits(true);
    let last = tea.say(1);
    assert_eq!(tea.wait(last).failed.len(), 0);
    tea.faults.fail_commits(false);
    tea.append(|position| vec![said(position, 1), Change::Room(room(1))]);
    let tea = tea.again();
    assert_eq!(tea.read(latest(1, tea.loaded.next_position)), Vec::<u64>::new());
    assert_eq!(tea.loaded.records.rooms, vec![room(1)]);
}

#[test]
fn a_forgotten_room_has_no_history_at_once_and_its_rows_go_in_time() {
    let forget = |tea: &Tea, room| {
        let _ = (0..1_300).map(|_| tea.say(room)).last();
        let forgotten = tea.append(|_| vec![Change::RoomForgotten(RoomId(room))]);
        tea.wait(forgotten);
        assert_eq!(tea.read(latest(room, forgotten)), Vec::<u64>::new());
    };
    let wait_gone = |tea: &Tea, room: i64| {
        let watcher = rusqlite::Connection::open(tea.path()).unwrap();
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE first = ?1)";
        let there = || watcher.query_row(sql, [room], |row| row.get::<_, bool>(0)).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while there() {
            assert!(Instant::now() < deadline, "still there");
            thread::yield_now();
        }
    };
    let tea = Tea::new();
    let other = tea.say(3);
    forget(&tea, 1);
    wait_gone(&tea, 1);
    // What a close interrupts, the next start goes on with.
    forget(&tea, 2);
    let tea = tea.again();
    wait_gone(&tea, 2);
    assert_eq!(tea.read(latest(3, other)), vec![other.0]);
}

#[test]
fn a_forgotten_guest_takes_its_private_conversations_along() {
    let tea = Tea::new();
    let pairs = [(4, 5), (5, 6), (6, 4), (5, 5), (4, 4)];
    for (a, b) in pairs {
        let conversation = private(a, b);
        tea.append(|position| vec![Change::Message(message(position, conversation, "hush"))]);
    }
    // A room may bear the number of a guest; it is another conversation.
    let in_room = tea.say(5);
    let last = tea.append(|_| vec![Change::GuestForgotten(GuestId(5))]);
    tea.wait(last);
    let kept = |(a, b)| {
        let conversation = private(a, b);
        tea.read(Read { conversation, ..latest(0, last) }).len()
    };
    assert_eq!(pairs.map(kept), [0, 0, 1, 0, 1]);
    assert_eq!(tea.read(latest(5, last)), vec![in_room.0]);
}

#[test]
fn positions_are_reserved_before_they_run_out() {
    let tea = Tea::new();
    let block = tea.store.reserved_until();
    assert!(block > Position(tea.loaded.next_position.0 + 1_000_000));
    tea.store.note_position(Position(block.0 - 10));
    tea.wait_until(|_| tea.store.reserved_until() > block);
    let later = tea.store.reserved_until();
    // What was noted lies in the block, so a crash here gives none of it again.
    let tea = tea.again();
    assert_eq!(tea.loaded.next_position, later);
}

#[test]
fn what_was_said_with_an_id_is_remembered_after_a_restart_and_so_is_a_tagmsg() {
    let tea = Tea::new();
    let with_id = |position: u64, kind: MessageKind| StoredMessage {
        client_id: Some(ClientId([position as u8; 16])),
        author: Some(Identity::Guest(GuestId(4))),
        kind,
        ..message(position, Conversation::room(RoomId(1)), "once")
    };
    let first = tea.append(|position| vec![Change::Message(with_id(position, MessageKind::Privmsg))]);
    let tags = tea.append(|position| vec![Change::Message(with_id(position, MessageKind::Tagmsg))]);
    tea.append(|position| vec![said(position, 1)]);
    let last = tea.append(|position| vec![Change::Message(with_id(position, MessageKind::Notice))]);
    tea.wait(last);
    let tea = tea.again();
    let kept = [with_id(first.0, MessageKind::Privmsg), with_id(last.0, MessageKind::Notice)];
    let remembered = [&kept[0], &with_id(tags.0, MessageKind::Tagmsg), &kept[1]];
    assert_eq!(tea.loaded.records.recent, remembered.map(|message| RecentId::of(message).unwrap()));
    let read = tea.ask(latest(1, last)).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(read.into_iter().filter(|message| message.client_id.is_some()).collect::<Vec<_>>(), kept);
}
