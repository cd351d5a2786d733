//! What was echoed is in the history, and history meets what comes live without hole or repeat.

use teahouse_chat::work::PasswordHash;

use crate::operators::OOLONG;
use crate::party::{Party, Peer};

const CAPS: &str = "echo-message batch message-tags labeled-response draft/chathistory";

/// The numbers at the ends of the messages among these lines.
fn numbers(lines: &[String]) -> Vec<usize> {
    let said = lines.iter().filter(|line| line.contains(" PRIVMSG "));
    said.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect()
}

fn latest(peer: &mut Peer, count: usize) -> Vec<usize> {
    peer.say(&format!("CHATHISTORY LATEST #lobby * {count}"));
    let page = peer.until("BATCH -");
    numbers(&page)
}

#[test]
fn a_restart_changes_nothing() {
    let mut party = Party::new();
    let mut alice = party.visitor("alice", CAPS);
    alice.say("TOPIC #lobby :今天喝什么");
    for number in 0..20 {
        alice.say(&format!("PRIVMSG #lobby :number {number}"));
    }
    alice.until(":number 19");
    party.restart();
    assert!(alice.rest().iter().any(|line| line == "ERROR :Server shutting down"));
    let mut bob = party.guest("bob", CAPS);
    bob.say("JOIN #lobby");
    assert!(bob.until(" 366 ").iter().any(|line| line.ends_with(":今天喝什么")));
    assert_eq!(latest(&mut bob, 50), (0..20).collect::<Vec<_>>());
    assert_eq!(latest(&mut bob, 3), [17, 18, 19]);
}

#[test]
fn a_reaction_comes_back_with_its_clients_own_id_after_a_restart() {
    const OWN: &str = "teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
    let caps = format!("{CAPS} teahouse.internal/reactions teahouse.internal/client-msgid");
    let mut party = Party::new();
    let mut alice = party.visitor("alice", &caps);
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    alice.say("PRIVMSG #lobby :tea?");
    let echo = alice.until(":tea?");
    let id = echo.last().and_then(|line| line.split(['=', ' ', ';']).nth(1)).expect("a message has an id").to_owned();
    alice.say(&format!("@{OWN};+reply={id};+draft/react=🍵 TAGMSG #lobby"));
    alice.until("TAGMSG");
    party.restart();
    let (mut alice, _) = party.owner("alice", &caps);
    alice.say("CHATHISTORY LATEST #lobby * 9");
    let page = alice.until("BATCH -");
    let reaction = page.iter().find(|line| line.contains("+draft/react=🍵")).expect("it is kept");
    assert!(reaction.contains(OWN), "{reaction}");
}

#[test]
fn what_is_said_again_after_a_restart_is_answered_though_nothing_new_is_stored() {
    const SAYS: &str = "@teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f PRIVMSG #lobby :tea?";
    let caps = format!("{CAPS} teahouse.internal/client-msgid");
    // Without anybody who runs it a server keeps a code at its start.
    let mut party = Party::with(|config| {
        config.operators.insert("root".into(), PasswordHash::parse(OOLONG).expect("a hash"));
    });
    let mut alice = party.visitor("alice", &caps);
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    alice.say(SAYS);
    let echo = alice.until(":tea?").pop();
    party.restart();
    let (mut alice, _) = party.owner("alice", &caps);
    alice.say(SAYS);
    assert_eq!(alice.until(":tea?").pop(), echo);
}

#[test]
fn what_was_said_with_a_guest_who_has_gone_is_marked_edited_and_taken_back_also_after_a_restart() {
    let caps = format!("{CAPS} draft/message-redaction teahouse.internal/message-edit draft/read-marker");
    let mut party = Party::new();
    let mut alice = party.visitor("alice", &caps);
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    let talks_as_weg = |party: &Party, text: &str| {
        let mut weg = party.connect();
        for line in ["CAP REQ :teahouse.internal/guest echo-message", "GUEST *", "NICK weg", "USER u 0 * :u", "CAP END"]
        {
            weg.say(line);
        }
        weg.say(&format!("PRIVMSG alice :{text}"));
        weg.until(text);
        weg
    };
    let mut weg = talks_as_weg(&party, "call me");
    alice.say("PRIVMSG weg :I wlil");
    let echo = alice.until(":I wlil");
    let id = echo.last().and_then(|line| line.split(['=', ' ', ';']).nth(1)).expect("a message has an id").to_owned();
    weg.say("QUIT");
    weg.rest();
    alice.say("MARKREAD weg timestamp=2020-01-01T00:00:00.000Z");
    alice.until("MARKREAD weg timestamp=2020-01-01T00:00:00.000Z");

    talks_as_weg(&party, "I am another");
    alice.say("CHATHISTORY TARGETS timestamp=9999-12-31T00:00:00.000Z timestamp=1970-01-01T00:00:00.000Z 9");
    let told = alice.until("TARGETS weg@");
    let mut words = told.last().expect("it is told").split(' ');
    let name = words.find(|word| word.starts_with("weg@")).expect("it has a name").to_owned();
    alice.say(&format!("@teahouse.internal/target-msgid={id};teahouse.internal/edit-text=I\\swill EDIT {name}"));
    alice.until(&format!(" EDIT {name}"));
    party.restart();
    let (mut alice, _) = party.owner("alice", &caps);
    for (line, answer) in [
        (format!("MARKREAD {name}"), format!("MARKREAD {name} timestamp=2020-01-01T00:00:00.000Z")),
        ("MARKREAD weg".into(), "MARKREAD weg *".into()),
        (format!("CHATHISTORY LATEST {name} * 9"), format!(" PRIVMSG {name} :I will")),
        (format!("REDACT weg {id}"), "UNKNOWN_MSGID weg".into()),
        (format!("REDACT {name} {id}"), format!(" REDACT {name} {id}")),
    ] {
        alice.say(&line);
        alice.until(&answer);
    }
}

#[test]
fn a_page_and_what_comes_live_meet_while_the_writer_is_held_back() {
    let party = Party::new();
    let (mut alice, mut bob) = (party.visitor("alice", CAPS), party.visitor("bob", CAPS));
    for number in 0..10 {
        alice.say(&format!("PRIVMSG #lobby :number {number}"));
    }
    alice.until(":number 9");
    party.store.faults.hold(true);
    for number in 10..20 {
        alice.say(&format!("PRIVMSG #lobby :number {number}"));
    }
    bob.until(":number 19");
    let mut carol = party.visitor("carol", CAPS);
    carol.say("CHATHISTORY LATEST #lobby * 50");
    for number in 20..30 {
        alice.say(&format!("PRIVMSG #lobby :number {number}"));
    }
    bob.until(":number 29");
    party.store.faults.hold(false);
    let read = carol.until(":number 29");
    let page = read.iter().position(|line| line.contains("BATCH -")).expect("the page comes before what came after it");
    assert_eq!(
        numbers(&read[..page]),
        (0..20).collect::<Vec<_>>(),
        "the page: all that was said before it was asked for"
    );
    assert_eq!(numbers(&read[page..]), (20..30).collect::<Vec<_>>(), "then what came live: no hole, no repeat");
    let echoed = numbers(&alice.until(":number 29"));
    assert_eq!(echoed, (10..30).collect::<Vec<_>>(), "every echo once, in the room's order");
}

#[test]
fn pages_reach_back_to_the_first_message() {
    let party = Party::new();
    let mut alice = party.visitor("alice", CAPS);
    for number in 0..50 {
        alice.say(&format!("PRIVMSG #lobby :number {number}"));
    }
    alice.until(":number 49");
    let mut before = "LATEST #lobby *".to_owned();
    let mut all = Vec::new();
    loop {
        alice.say(&format!("CHATHISTORY {before} 20"));
        let page = alice.until("BATCH -");
        let Some(first) = page.iter().find(|line| line.contains(" PRIVMSG ")) else { break };
        let msgid = first.split("msgid=").nth(1).and_then(|rest| rest.split([' ', ';']).next()).unwrap();
        before = format!("BEFORE #lobby msgid={msgid}");
        all = [numbers(&page), all].concat();
    }
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}

#[test]
fn a_page_larger_than_the_send_queue_reaches_whoever_reads() {
    let party = Party::with(|config| config.send_queue_bytes_max = Some(100_000));
    let mut alice = party.visitor("alice", CAPS);
    let tags = "x".repeat(4000);
    for number in 0..200 {
        alice.say(&format!("@+x={tags} PRIVMSG #lobby :number {number}"));
        alice.until(&format!(":number {number}"));
    }
    assert_eq!(latest(&mut alice, 500), (0..200).collect::<Vec<_>>());
}

#[test]
fn what_is_taken_back_is_in_no_file_when_that_is_answered() {
    const SECRET: &str = "the-teapot-is-under-the-third-tree";
    let party = Party::new();
    let mut alice = party.guest("alice", "echo-message message-tags draft/message-redaction");
    let mut bob = party.guest("bob", "draft/message-redaction");
    alice.say("REGISTER * * oolong");
    alice.until("REGISTER SUCCESS");
    for peer in [&mut alice, &mut bob] {
        peer.say("JOIN #lobby");
        peer.until(" 366 ");
    }
    alice.say(&format!("PRIVMSG #lobby :{SECRET}"));
    let echo = alice.until(SECRET);
    let echo = echo.last().expect("its echo");
    let id = echo.split(['=', ' ', ';']).nth(1).expect("a message has an id").to_owned();
    assert!(party.is_in_a_file(SECRET));
    alice.say(&format!("REDACT #lobby {id} :a slip"));
    alice.until(&format!("REDACT #lobby {id} :a slip"));
    assert!(!party.is_in_a_file(SECRET));
    bob.until(&format!("REDACT #lobby {id} :a slip"));
    bob.say("CHATHISTORY LATEST #lobby * 9");
    bob.say("PING end");
    let rest = bob.until(":end");
    assert!(!rest.iter().any(|line| line.contains(SECRET)), "{rest:?}");
}
