//! When storing fails: a clear answer, never an echo, and the rooms go on.

use crate::party::{Party, Peer};

/// Says something until it is echoed, which a store that has just recovered may need a second for.
fn until_echoed(peer: &mut Peer, text: &str) {
    loop {
        peer.say(&format!("PRIVMSG #lobby :{text}"));
        let answer = peer.line().expect("an answer");
        if answer.ends_with(text) {
            return;
        }
        assert!(answer.contains("FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #lobby :"), "{answer}");
    }
}

#[test]
fn no_echo_is_left_behind_while_its_worker_sleeps() {
    let party = Party::new();
    let speakers = (0..6).map(|number| {
        let mut peer = party.guest(&format!("u{number}"), "echo-message");
        peer.say(&format!("JOIN #room{number}"));
        peer.until(" 366 ");
        // Each has one message on its way: between two of them its worker has nothing to do, and nobody else wakes it.
        std::thread::spawn(move || {
            for line in 0..400 {
                peer.say(&format!("PRIVMSG #room{number} :line {line}"));
                assert!(peer.line().expect("an echo").ends_with(&format!(":line {line}")));
            }
        })
    });
    let speakers: Vec<_> = speakers.collect();
    speakers.into_iter().for_each(|speaker| speaker.join().expect("every line was echoed"));
}

#[test]
fn a_commit_that_fails_is_told_and_goes_by() {
    let mut party = Party::new();
    let mut alice = party.visitor("alice", "echo-message");
    party.store.faults.fill_disk(true);
    // What fits into the pages that are there may still be kept; what does not is told.
    let text = "x".repeat(300);
    let mut told = 0;
    for _ in 0..1000 {
        alice.say(&format!("PRIVMSG #lobby :{text}"));
        let answer = alice.line().expect("an answer");
        if answer.contains("FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #lobby :") {
            told += 1;
            break;
        }
    }
    assert_eq!(told, 1, "a full disk is told");
    let mut bob = party.guest("bob", "");
    bob.say("JOIN #lobby");
    bob.until(" 366 ");
    alice.until("JOIN #lobby");
    bob.say("JOIN #new");
    bob.until("FAIL JOIN TEMPORARILY_UNAVAILABLE #new :");
    party.store.faults.fill_disk(false);
    until_echoed(&mut alice, "after");
    bob.until(":after");
    party.restart();
    let mut carol = party.visitor("carol", "batch");
    carol.say("CHATHISTORY LATEST #lobby * 1");
    assert!(carol.until("BATCH -")[1].ends_with(":after"), "what was echoed is there");
}

#[test]
fn a_topic_is_told_to_its_setter_only_when_it_is_kept() {
    let mut party = Party::new();
    let (mut alice, mut bob) = (party.visitor("alice", ""), party.visitor("bob", ""));
    alice.until("JOIN");
    party.store.faults.fail_commits(true);
    alice.say("TOPIC #lobby :kept in the end");
    bob.until(" TOPIC #lobby :kept in the end");
    party.store.faults.fail_commits(false);
    alice.until(" TOPIC #lobby :kept in the end");
    party.restart();
    let mut carol = party.guest("carol", "");
    carol.say("JOIN #lobby");
    carol.until(" 332 carol #lobby :kept in the end");
}

#[test]
fn without_history_nothing_is_kept_and_no_echo_waits() {
    let party = Party::with(|config| config.keep_history = false);
    let mut alice = party.guest("alice", "echo-message");
    alice.say("JOIN #lobby");
    alice.until(" 366 ");
    party.store.faults.hold(true);
    alice.say("PRIVMSG #lobby :hi");
    alice.until(":hi");
    alice.say("CHATHISTORY LATEST #lobby * 5");
    alice.until("FAIL CHATHISTORY MESSAGE_ERROR");
    alice.say("CAP LS 302");
    assert!(!alice.until(" LS ").concat().contains("chathistory"));
    party.store.faults.hold(false);
}
