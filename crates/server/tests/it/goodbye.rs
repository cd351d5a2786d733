//! How connections end.

use std::time::{Duration, Instant};

use crate::party::{Party, frame};

#[test]
fn the_server_says_goodbye_by_both_doors_and_is_gone_soon() {
    let mut party = Party::new();
    let (mut raw, mut web) = (party.visitor("raw", ""), party.web_visitor("web", ""));
    let mut silent = party.connect();
    let begun = Instant::now();
    party.server.take().unwrap().shutdown();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(raw.rest().last().unwrap(), "ERROR :Server shutting down");
    assert_eq!(web.rest(), ["ERROR :Server shutting down", "<close 1001 Server shutting down>"]);
    assert_eq!(silent.rest(), Vec::<String>::new());
}

#[test]
fn a_web_socket_that_closes_gets_its_code_back() {
    let party = Party::new();
    let (mut bob, mut web) = (party.visitor("bob", ""), party.web_visitor("web", ""));
    web.bytes(frame(0x88, &[&1000_u16.to_be_bytes()[..], b"bye"].concat()));
    assert_eq!(web.rest(), ["ERROR :Connection closed", "<close 1000 Connection closed>"]);
    bob.until("QUIT :Connection closed");
}

#[test]
fn quit_is_answered_and_told() {
    let party = Party::new();
    let (mut alice, mut bob) = (party.visitor("alice", ""), party.visitor("bob", ""));
    bob.say("QUIT :good night");
    assert_eq!(bob.rest(), ["ERROR :Quit: good night"]);
    alice.until("QUIT :Quit: good night");
}

#[test]
fn whoever_is_sent_away_reads_why() {
    let party = Party::new();
    let (mut alice, mut bob) = (party.visitor("alice", ""), party.visitor("bob", ""));
    party.server().kick("bob", "closing time").unwrap();
    assert_eq!(bob.rest(), ["ERROR :closing time"]);
    alice.until(" QUIT :closing time");
}

#[test]
fn a_wrong_password_ends_it() {
    let party = Party::with(|config| config.password = Some("oolong".into()));
    let mut alice = party.connect();
    alice.bytes("PASS green\r\nNICK alice\r\nUSER a 0 * :a\r\n");
    assert!(alice.until(" 464 ").len() == 1);
    assert_eq!(alice.rest(), ["ERROR :This server asks for a password"]);
    let mut bob = party.connect();
    bob.bytes("PASS oolong\r\nNICK bob\r\nUSER b 0 * :b\r\n");
    bob.until(" 001 ");
}

#[test]
fn a_line_that_was_cut_short_counts_unless_its_client_says_it_again() {
    const ID: &str = "@teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f ";
    const SAYS_AGAIN: &str = "message-tags teahouse.internal/client-msgid";
    let party = Party::new();
    let mut alice = party.visitor("alice", "");
    for (nick, caps, tags, counts) in [
        ("bob", "", "", true),
        ("carol", "message-tags", ID, true),
        ("dan", SAYS_AGAIN, "", true),
        ("eve", SAYS_AGAIN, ID, false),
    ] {
        let mut peer = party.visitor(nick, caps);
        peer.bytes(format!("PRIVMSG alice :whole\r\n{tags}PRIVMSG alice :cut sho"));
        peer.end();
        peer.rest();
        let heard = alice.until(" QUIT ");
        assert_eq!(heard.iter().filter(|line| line.contains("whole")).count(), 1, "{heard:?}");
        assert_eq!(heard.iter().any(|line| line.contains("cut sho")), counts, "{heard:?}");
    }
}

#[test]
fn a_line_that_ends_between_the_two_bytes_of_its_end_is_said() {
    let party = Party::new();
    let mut alice = party.visitor("alice", "");
    let mut bob = party.visitor("bob", "");
    bob.bytes("PRIVMSG alice :to the end\r");
    bob.end();
    alice.until(" PRIVMSG alice :to the end");
}
