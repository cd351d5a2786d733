//! Reactions are kept beside their messages, and go with them.

use std::fs;

use teahouse_chat::durable::{Change, Conversation, MessageKind, StoredMessage};
use teahouse_chat::ids::{ClientId, GuestId, Identity, MsgId, Position, RoomId};
use teahouse_chat::query::Reactions;
use teahouse_chat::reactions::Reaction;
use teahouse_store::Read;

use crate::support::{PATIENCE, Tea, latest, message, private};

const SECRET: &str = "the-teapot-is-under-the-third-tree";

fn room() -> Conversation {
    Conversation::room(RoomId(1))
}

/// The id of what was said at a position.
fn id(position: Position) -> MsgId {
    message(position.0, room(), "").msgid
}

fn react(tea: &Tea, author: u64, to: MsgId, text: &str, stands: bool) -> Position {
    let tags = Reaction { message: to, text: text.into(), stands }.tags();
    let (kind, author) = (MessageKind::Tagmsg, Some(Identity::Guest(GuestId(author))));
    tea.append(|position| vec![Change::Message(StoredMessage { kind, tags, author, ..message(position, room(), "") })])
}

fn rows(tea: &Tea, read: Read) -> Vec<StoredMessage> {
    tea.ask(read).recv_timeout(PATIENCE).unwrap().unwrap()
}

fn positions(tea: &Tea, read: Read) -> Vec<u64> {
    rows(tea, read).iter().map(|row| row.msgid.position.0).collect()
}

#[test]
fn each_comes_behind_its_message_or_at_its_time_or_not_at_all() {
    let tea = Tea::new();
    let (one, two) = (tea.say(1), tea.say(1));
    let first = react(&tea, 4, id(one), "茶; tea", true);
    let other = react(&tea, 5, id(two), "x", true);
    let again = react(&tea, 4, id(one), "茶; tea", true);
    let three = tea.say(1);
    let read = Read { limit: 2, ..latest(1, three) };
    let way = |reactions| Read { reactions, ..read };
    assert_eq!(positions(&tea, way(Reactions::None)), [two, three].map(|at| at.0));
    assert_eq!(positions(&tea, way(Reactions::WithMessages)), [two, other, three].map(|at| at.0));
    assert_eq!(positions(&tea, way(Reactions::InTime)), [other, three].map(|at| at.0));
    let all = Read { limit: 9, reactions: Reactions::WithMessages, ..read };
    assert_eq!(positions(&tea, all), [one, first, two, other, three].map(|at| at.0), "once, by when it came first");
    assert_eq!(positions(&tea, Read { upto: first, ..all }), [one, first, two].map(|at| at.0));
    let row = &rows(&tea, all)[1];
    let reaction = Reaction { message: id(one), text: "茶; tea".into(), stands: true };
    assert_eq!((row.kind, Reaction::of(&row.tags)), (MessageKind::Tagmsg, Some(reaction)));
    assert_eq!(row.author, Some(Identity::Guest(GuestId(4))));
    react(&tea, 5, id(one), "茶; tea", false);
    let last = react(&tea, 4, id(one), "茶; tea", false);
    assert_eq!(positions(&tea, Read { upto: last, ..all }), [one, two, other, three].map(|at| at.0));
    assert!(again < three);
}

#[test]
fn what_was_kept_is_given_again_as_it_was_and_with_its_clients_id() {
    let tea = Tea::new();
    let said = tea.say(1);
    let tags = Reaction { message: id(said), text: "x".into(), stands: true }.tags();
    let row = |position, client_id: Option<ClientId>| StoredMessage {
        kind: MessageKind::Tagmsg,
        tags: tags.clone(),
        author: Some(Identity::Guest(GuestId(if client_id.is_some() { 4 } else { 5 }))),
        client_id,
        ..message(position, room(), "")
    };
    let own = Some(ClientId([7; 16]));
    let first = tea.append(|position| vec![Change::Message(row(position, own))]);
    // The same by another id of its client: it is there already, and stays what it was.
    tea.append(|position| vec![Change::Message(row(position, Some(ClientId([8; 16]))))]);
    let last = tea.append(|position| vec![Change::Message(row(position, None))]);
    tea.wait(last);
    let tea = tea.again();
    let all = Read { reactions: Reactions::WithMessages, ..latest(1, last) };
    assert_eq!(rows(&tea, all)[1..], [row(first.0, own), row(last.0, None)]);
}

#[test]
fn it_outlives_the_process_and_not_its_message() {
    let tea = Tea::new();
    let said = tea.say(1);
    let other = tea.say(1);
    react(&tea, 4, id(said), SECRET, true);
    let last = react(&tea, 5, id(other), "x", true);
    tea.wait(last);
    let tea = tea.again();
    let all = Read { reactions: Reactions::WithMessages, ..latest(1, last) };
    assert_eq!(rows(&tea, all).len(), 4);
    let redacted = tea.append(|_| vec![Change::Redacted(room(), id(said))]);
    // It finds nothing to stand beside.
    let late = react(&tea, 4, id(said), SECRET, true);
    assert_eq!(positions(&tea, Read { upto: late, ..all }), [other, last].map(|at| at.0));
    tea.wait_until(|news| news.erased >= redacted);
    let files = fs::read_dir(tea.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let is_there = |bytes: Vec<u8>| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!files.into_iter().any(is_there));
}

#[test]
fn one_that_is_taken_back_by_its_own_id_is_in_no_file_and_can_be_given_again() {
    let tea = Tea::new();
    let said = tea.say(1);
    let given = react(&tea, 4, id(said), SECRET, true);
    let other = react(&tea, 5, id(said), "x", true);
    tea.wait(other);
    let all = Read { reactions: Reactions::WithMessages, ..latest(1, other) };
    assert_eq!(positions(&tea, all), [said, given, other].map(|at| at.0));
    let redacted = tea.append(|_| vec![Change::Redacted(room(), id(given))]);
    assert_eq!(positions(&tea, Read { upto: redacted, ..all }), [said, other].map(|at| at.0));
    tea.wait_until(|news| news.erased >= redacted);
    let files = fs::read_dir(tea.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let is_there = |bytes: Vec<u8>| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!files.into_iter().any(is_there));
    // Both in one commit: the second of the two stays.
    let again = tea.append(|position| {
        let tags = Reaction { message: id(said), text: "x".into(), stands: true }.tags();
        let (kind, author) = (MessageKind::Tagmsg, Some(Identity::Guest(GuestId(5))));
        let react = StoredMessage { kind, tags, author, ..message(position, room(), "") };
        vec![Change::Redacted(room(), id(other)), Change::Message(react)]
    });
    assert_eq!(positions(&tea, Read { upto: again, ..all }), [said, again].map(|at| at.0));
}

#[test]
fn tags_that_are_no_reaction_settle_and_leave_no_row() {
    let tea = Tea::new();
    let last = tea.append(|position| {
        let kind = MessageKind::Tagmsg;
        vec![Change::Message(StoredMessage { kind, ..message(position, private(4, 5), "") })]
    });
    assert_eq!(tea.wait(last).failed.len(), 0);
    let watcher = rusqlite::Connection::open(tea.path()).unwrap();
    for table in ["messages", "private", "reactions"] {
        let sql = format!("SELECT count(*) FROM {table}");
        assert_eq!(watcher.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "{table}");
    }
}
