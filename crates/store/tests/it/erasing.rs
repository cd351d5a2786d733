//! Who deletes something is told when no file has it any more; everybody else goes on meanwhile.

use std::fs;
use std::sync::mpsc;

use rusqlite::Connection;
use teahouse_chat::durable::{
    AccountRecord, Change, Conversation, Credentials, MessageKind, RoomRecord, Span, StoredMessage, Topic,
};
use teahouse_chat::ids::{AccountId, GuestId, Identity, Position, RoomId, Time};
use teahouse_chat::query::Reactions;
use teahouse_chat::reactions::Reaction;
use teahouse_store::{Options, Read};

use crate::support::{PATIENCE, Tea, message, private, room, time};

const SECRET: &str = "the teapot is under the third tree";

fn say_secret(tea: &Tea) -> Position {
    let room = Conversation::room(RoomId(1));
    tea.append(|position| vec![Change::Message(message(position, room, SECRET))])
}

/// Deletes a message behind the writer's back, and has it notice.
fn delete(tea: &Tea, position: Position) -> Position {
    let other = Connection::open(tea.path()).unwrap();
    other.execute("DELETE FROM messages WHERE position = ?1", [position.0.cast_signed()]).unwrap();
    tea.say(1)
}

fn is_in_a_file(tea: &Tea, text: &str) -> bool {
    let files = fs::read_dir(tea.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[test]
fn what_is_deleted_is_settled_first_and_erased_when_no_file_has_it() {
    let tea = Tea::new();
    let said = say_secret(&tea);
    tea.wait(said);
    assert!(is_in_a_file(&tea, SECRET));
    let deleted = delete(&tea, said);
    let news = tea.wait(deleted);
    assert!(news.erased < deleted, "{news:?}");
    tea.wait_until(|news| news.erased >= deleted);
    assert!(!is_in_a_file(&tea, SECRET));
    // With nothing to erase, both go hand in hand.
    let next = tea.say(1);
    assert_eq!(tea.wait(next).erased, next);
}

#[test]
fn what_is_taken_back_is_in_no_file_when_that_is_erased() {
    let tea = Tea::new();
    let said = say_secret(&tea);
    let other = tea.say(1);
    tea.wait(other);
    assert!(is_in_a_file(&tea, SECRET));
    let room = Conversation::room(RoomId(1));
    let msgid = message(said.0, room, SECRET).msgid;
    let redacted = tea.append(|_| vec![Change::Redacted(room, msgid)]);
    let rows = tea.read(Read {
        conversation: room,
        span: Span::Latest(None),
        limit: 9,
        happenings: false,
        reactions: Reactions::None,
        upto: redacted,
    });
    assert_eq!(rows, [other.0], "a page that is asked for behind it has it no more");
    tea.wait_until(|news| news.erased >= redacted);
    assert!(!is_in_a_file(&tea, SECRET));
}

#[test]
fn what_is_put_in_other_words_is_in_no_file_and_what_is_taken_back_stays_so() {
    let tea = Tea::new();
    let said = say_secret(&tea);
    tea.wait(said);
    let conversation = Conversation::room(RoomId(1));
    let msgid = message(said.0, conversation, SECRET).msgid;
    let edit = |text: &str| Change::Edited { conversation, msgid, text: text.into(), at: time(77) };
    let page = |upto| {
        tea.ask(Read {
            conversation,
            span: Span::Latest(None),
            limit: 9,
            happenings: false,
            reactions: Reactions::None,
            upto,
        })
    };
    let edited = tea.append(|_| vec![edit("nothing is anywhere")]);
    let rows = page(edited).recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!((&*rows[0].text, rows[0].edited), ("nothing is anywhere", Some(time(77))));
    tea.wait_until(|news| news.erased >= edited);
    assert!(!is_in_a_file(&tea, SECRET));
    tea.append(|_| vec![Change::Redacted(conversation, msgid)]);
    let late = tea.append(|_| vec![edit(SECRET)]);
    assert_eq!(page(late).recv_timeout(PATIENCE).unwrap().unwrap(), []);
}

/// A reaction with these words to what was said at a position, or the same taken back.
fn react(tea: &Tea, to: Position, stands: bool) -> Position {
    let room = Conversation::room(RoomId(1));
    let tags = Reaction { message: message(to.0, room, "").msgid, text: SECRET.into(), stands }.tags();
    let (kind, author) = (MessageKind::Tagmsg, Some(Identity::Guest(GuestId(4))));
    tea.append(|position| vec![Change::Message(StoredMessage { kind, tags, author, ..message(position, room, "") })])
}

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c";

fn account(argon2: &str, seen: u64) -> Change {
    let password = Some(Credentials { argon2: argon2.into(), scram: None });
    let account = AccountRecord::new(AccountId(7), "alice".into(), password, time(7));
    Change::Account(AccountRecord { seen: time(seen), ..account })
}

/// The files as they are when the process ends at once, with a text still in them; after a start it soon is in none.
fn is_gone_after_a_crash(tea: &Tea, text: &str) {
    assert!(is_in_a_file(tea, text), "the log has it");
    let dir = tempfile::tempdir().unwrap();
    for file in fs::read_dir(tea.dir.path()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    let again = Tea::open(dir, Options::default());
    let (tell, told) = mpsc::channel();
    again.store.when_erased(move || tell.send(()).unwrap());
    told.recv_timeout(PATIENCE).unwrap();
    assert!(!is_in_a_file(&again, text));
}

fn is_put_off(tea: &Tea) -> bool {
    let other = Connection::open(tea.path()).unwrap();
    let count = "SELECT count(*) FROM meta WHERE key = 'erasing_put_off'";
    other.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap() > 0
}

#[test]
fn a_reaction_that_is_taken_back_is_waited_for_by_nobody_and_goes_with_the_next_start() {
    let tea = Tea::new();
    let one = tea.say(1);
    let taken_back = react(&tea, one, false);
    tea.wait(taken_back);
    assert!(!is_put_off(&tea), "there was none");
    tea.wait(react(&tea, one, true));
    let taken_back = react(&tea, one, false);
    assert_eq!(tea.wait(taken_back).erased, taken_back);
    assert!(is_put_off(&tea));
    is_gone_after_a_crash(&tea, SECRET);
}

#[test]
fn a_reaction_that_is_taken_back_goes_with_the_next_text_that_is_erased() {
    let tea = Tea::new();
    let (one, two) = (tea.say(1), tea.say(1));
    tea.wait(react(&tea, one, true));
    tea.wait(react(&tea, one, false));
    assert!(is_put_off(&tea));
    let room = Conversation::room(RoomId(1));
    let redacted = tea.append(|_| vec![Change::Redacted(room, message(two.0, room, "").msgid)]);
    tea.wait_until(|news| news.erased >= redacted);
    assert!(!is_in_a_file(&tea, SECRET));
    assert!(!is_put_off(&tea));
}

#[test]
fn an_old_passwords_hash_goes_with_the_next_start() {
    let tea = Tea::new();
    tea.wait(tea.append(|_| vec![account(HASH, 7)]));
    tea.wait(tea.append(|_| vec![account(HASH, 9)]));
    assert!(!is_put_off(&tea), "it is the same");
    tea.wait(tea.append(|_| vec![account("another", 9)]));
    assert!(is_put_off(&tea));
    is_gone_after_a_crash(&tea, HASH);
}

#[test]
fn an_account_is_erased_when_no_file_has_its_hash_or_what_was_said_with_it_in_private() {
    let tea = Tea::new();
    tea.append(|_| vec![account(HASH, 7)]);
    // Each goes in a slice of its own, and the files are looked through between some of them.
    for peer in 100..500 {
        let conversation = private(7, peer);
        tea.append(|position| vec![Change::Message(message(position, conversation, SECRET))]);
    }
    tea.wait(tea.say(1));
    assert!(is_in_a_file(&tea, HASH) && is_in_a_file(&tea, SECRET));
    let forgotten = tea.append(|_| vec![Change::AccountForgotten(AccountId(7))]);
    let news = tea.wait(forgotten);
    assert!(news.erased < forgotten, "{news:?}");
    tea.wait_until(|news| news.erased >= forgotten);
    assert!(!is_in_a_file(&tea, HASH) && !is_in_a_file(&tea, SECRET));
}

#[test]
fn a_dropped_room_is_erased_when_no_file_has_its_topic_or_what_was_said_in_it() {
    let tea = Tea::new();
    let topic = Some(Topic { text: HASH.into(), by: "a!b@c".into(), at: Time(77) });
    tea.append(|_| vec![Change::Room(RoomRecord { topic, ..room(7) })]);
    // More than one slice.
    for _ in 0..1200 {
        let inside = Conversation::room(RoomId(7));
        tea.append(|position| vec![Change::Message(message(position, inside, SECRET))]);
    }
    tea.wait(tea.say(1));
    assert!(is_in_a_file(&tea, HASH) && is_in_a_file(&tea, SECRET));
    let dropped = tea.append(|_| vec![Change::RoomDropped(RoomId(7))]);
    let news = tea.wait(dropped);
    assert!(news.erased < dropped, "{news:?}");
    tea.wait_until(|news| news.erased >= dropped);
    assert!(!is_in_a_file(&tea, HASH) && !is_in_a_file(&tea, SECRET));
}

#[test]
fn an_account_with_nothing_said_is_erased_too() {
    let tea = Tea::new();
    tea.wait(tea.append(|_| vec![account(HASH, 7)]));
    let forgotten = tea.append(|_| vec![Change::AccountForgotten(AccountId(7))]);
    tea.wait_until(|news| news.erased >= forgotten);
    assert!(!is_in_a_file(&tea, HASH));
}

#[test]
fn a_reader_that_does_not_end_holds_back_what_is_erased_and_nothing_else() {
    let tea = Tea::new();
    let said = say_secret(&tea);
    tea.wait(said);
    let reader = Connection::open(tea.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM messages").unwrap();
    let deleted = delete(&tea, said);
    for _ in 0..50 {
        let next = tea.say(1);
        assert!(tea.wait(next).erased < deleted, "the reader still sees it");
    }
    drop(reader);
    tea.wait_until(|news| news.erased >= deleted);
    assert!(!is_in_a_file(&tea, SECRET));
}
