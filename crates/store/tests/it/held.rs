//! What one account said and what was said to it alone comes page by page, whatever others said between.

use std::sync::mpsc;

use teahouse_chat::durable::{Change, Conversation, MessageKind, StoredMessage};
use teahouse_chat::held::{HeldPage, HeldRead};
use teahouse_chat::ids::{AccountId, Identity, Position, RoomId};
use teahouse_chat::reactions::Reaction;

use crate::support::{PATIENCE, Tea, message, positions, private};

const OWN: AccountId = AccountId(4);

fn say(tea: &Tea, author: u64, conversation: Conversation) -> u64 {
    let author = Some(Identity::Account(AccountId(author)));
    let say = |position| vec![Change::Message(StoredMessage { author, ..message(position, conversation, "x") })];
    tea.append(say).0
}

fn react(tea: &Tea, author: u64, conversation: Conversation, to: u64) -> u64 {
    let message_to = message(to, conversation, "").msgid;
    let tags = Reaction { message: message_to, text: "x".into(), stands: true }.tags();
    let (kind, author) = (MessageKind::Tagmsg, Some(Identity::Account(AccountId(author))));
    let react =
        |position| vec![Change::Message(StoredMessage { kind, tags, author, ..message(position, conversation, "") })];
    tea.append(react).0
}

fn page(tea: &Tea, read: HeldRead, upto: u64) -> HeldPage {
    let (give, given) = mpsc::channel();
    tea.store.held(read, Position(upto), move |page| drop(give.send(page)));
    given.recv_timeout(PATIENCE).unwrap().unwrap()
}

fn first(limit: usize) -> HeldRead {
    HeldRead { account: OWN, after: None, upto: None, limit }
}

/// The positions in each page.
fn pages(tea: &Tea, limit: usize, upto: u64) -> Vec<Vec<u64>> {
    let (mut next, mut pages) = (Some(first(limit)), Vec::new());
    while let Some(read) = next {
        // Whatever was said since is not asked for.
        let HeldPage { rows, more } = page(tea, read, if pages.is_empty() { upto } else { u64::MAX });
        pages.push(positions(&rows));
        next = more;
    }
    pages
}

#[test]
fn pages_meet_without_hole_or_repeat_and_hold_nothing_of_others() {
    let tea = Tea::new();
    let (tea_room, pot) = (Conversation::room(RoomId(1)), Conversation::room(RoomId(2)));
    let said = say(&tea, 5, tea_room);
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(say(&tea, 4, tea_room));
        own.push(react(&tea, 4, tea_room, *own.last().unwrap()));
        react(&tea, 5, tea_room, said);
        say(&tea, 5, tea_room);
    }
    own.push(react(&tea, 4, tea_room, said));
    own.push(say(&tea, 4, pot));
    say(&tea, 5, private(5, 6));
    own.push(say(&tea, 5, private(4, 5)));
    own.push(say(&tea, 4, private(4, 4)));
    let upto = *own.last().unwrap();
    // Rooms are numbered below conversations of two, and these by the smaller number.
    let inside = own.len() - 2;
    own[inside..].reverse();
    say(&tea, 4, tea_room);
    for limit in [1, 2, 3, 500] {
        let pages = pages(&tea, limit, upto);
        assert_eq!(pages.concat(), own, "{limit}");
        assert!(pages.iter().all(|page| page.len() <= 2 * limit), "{pages:?}");
    }
    assert_eq!(pages(&tea, 500, upto).len(), 1);
}

#[test]
fn a_page_looks_at_so_many_rows_and_no_more() {
    let tea = Tea::new();
    let room = Conversation::room(RoomId(1));
    let own = say(&tea, 4, room);
    for _ in 0..10_000 {
        say(&tea, 5, room);
    }
    let last = say(&tea, 4, room);
    assert_eq!(pages(&tea, 500, last), [vec![own], vec![last]]);
}

#[test]
fn a_store_that_is_closed_says_so() {
    let tea = Tea::new();
    let said = say(&tea, 4, Conversation::room(RoomId(1)));
    tea.store.close().unwrap();
    let (give, given) = mpsc::channel();
    tea.store.held(first(500), Position(said), move |page| drop(give.send(page)));
    assert!(given.recv_timeout(PATIENCE).unwrap().is_err());
}
