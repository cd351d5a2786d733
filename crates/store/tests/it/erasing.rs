//! Who deletes something is told when no file has it any more; everybody else goes on meanwhile.

use std::fs;

use rusqlite::Connection;
use teahouse_chat::durable::{Change, Conversation, Span};
use teahouse_chat::ids::{Position, RoomId};
use teahouse_chat::query::Reactions;
use teahouse_store::Read;

use crate::support::{PATIENCE, Tea, message, time};

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

fn is_in_a_file(tea: &Tea) -> bool {
    let files = fs::read_dir(tea.dir.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

#[test]
fn what_is_deleted_is_settled_first_and_erased_when_no_file_has_it() {
    let tea = Tea::new();
    let said = say_secret(&tea);
    tea.wait(said);
    assert!(is_in_a_file(&tea));
    let deleted = delete(&tea, said);
    let news = tea.wait(deleted);
    assert!(news.erased < deleted, "{news:?}");
    tea.wait_until(|news| news.erased >= deleted);
    assert!(!is_in_a_file(&tea));
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
    assert!(is_in_a_file(&tea));
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
    assert!(!is_in_a_file(&tea));
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
    assert!(!is_in_a_file(&tea));
    tea.append(|_| vec![Change::Redacted(conversation, msgid)]);
    let late = tea.append(|_| vec![edit(SECRET)]);
    assert_eq!(page(late).recv_timeout(PATIENCE).unwrap().unwrap(), []);
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
    assert!(!is_in_a_file(&tea));
}
