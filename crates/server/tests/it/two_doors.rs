//! Whoever comes by raw socket and whoever comes by WebSocket talk in the same rooms.

use crate::party::{Party, frame};

#[test]
fn both_doors_see_the_same() {
    let party = Party::new();
    let (mut raw, mut web) = (party.visitor("raw", "echo-message"), party.web_visitor("web", "echo-message"));
    raw.until("JOIN #lobby");
    raw.say("PRIVMSG #lobby :从这边 🍵");
    web.say("PRIVMSG #lobby :and from there");
    let mut said = [Vec::new(), Vec::new()];
    for (peer, said) in [&mut raw, &mut web].into_iter().zip(&mut said) {
        while said.len() < 2 {
            let line = peer.until(" PRIVMSG ").pop().expect("the line that was waited for");
            said.extend(line.split_once(" PRIVMSG ").map(|(_, said)| said.to_owned()));
        }
    }
    assert_eq!(said[0], said[1], "in the room's one order");
    party.server().say("#lobby", "from the program").unwrap();
    assert!(raw.until("from the program").len() == 1 && web.until("from the program").len() == 1);
    party.server().announce("tea is ready").unwrap();
    assert_eq!(raw.until("ready"), [":teahouse.localhost NOTICE * :tea is ready"]);
}

#[test]
fn a_line_that_nc_sends_is_said() {
    let party = Party::new();
    let mut bob = party.visitor("bob", "");
    let mut nc = party.connect();
    nc.bytes("NICK a\r\nUSER a 0 * :a\r\nJOIN #lobby\r\nPRIVMSG #lobby :hi\r\n");
    nc.end();
    assert!(bob.until(" :hi").last().unwrap().starts_with(":a!"));
    assert_eq!(nc.rest().last().unwrap(), "ERROR :Connection closed");
}

#[test]
fn the_end_of_input_in_the_middle_of_a_line_ends_the_line() {
    let party = Party::new();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.visitor("alice", "echo-message");
    alice.bytes("PRIVMSG #lobby :no line end");
    alice.end();
    bob.until("no line end");
    let last = alice.rest();
    assert!(last[0].ends_with(":no line end"), "the echo is waited for: {last:?}");
    assert_eq!(last[1..], ["ERROR :Connection closed"]);
    bob.until(" QUIT :Connection closed");
}

#[test]
fn a_frame_may_come_in_pieces_and_a_ping_between_them() {
    let party = Party::new();
    let mut web = party.web_visitor("web", "echo-message");
    for byte in frame(0x01, b"PRIVMSG #lobby :in ") {
        web.bytes([byte]);
    }
    web.bytes(frame(0x89, b"still there?"));
    web.bytes(frame(0x80, b"two fragments"));
    assert_eq!(web.line().unwrap(), "<10 still there?>");
    assert!(web.line().unwrap().ends_with(":in two fragments"));
}

#[test]
fn a_subprotocol_is_agreed_on_and_binary_is_answered_in_binary() {
    let party = Party::new();
    let mut web = party.upgrade("Sec-WebSocket-Protocol: binary.ircv3.net\r\n");
    web.bytes(frame(0x82, b"PING x"));
    web.bytes(frame(0x81, b"PING y\r\n"));
    assert!(web.line().unwrap().ends_with(":x"));
    assert!(web.line().unwrap().ends_with(":y"));
}

#[test]
fn a_dropped_guest_comes_back_to_its_seat() {
    let party = Party::new();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.upgrade("");
    alice.say("CAP REQ :teahouse.internal/guest");
    alice.say("GUEST *");
    alice.say("NICK alice");
    alice.say("USER u 0 * :u");
    alice.say("CAP END");
    let token = alice.until(" GUEST TOKEN ").pop().unwrap().rsplit(' ').next().unwrap().to_owned();
    alice.say("JOIN #lobby");
    alice.until(" 366 ");
    bob.until("JOIN");
    drop(alice);
    let mut again = party.connect();
    again.bytes(format!(
        "CAP REQ :teahouse.internal/guest\r\nGUEST {token}\r\nNICK other\r\nUSER u 0 * :u\r\nCAP END\r\n"
    ));
    let welcome = again.until(" 366 ");
    assert!(
        welcome.iter().any(|line| line.contains(" 001 alice ")),
        "the seat's nick, whatever NICK said: {welcome:?}"
    );
    assert_eq!(bob.so_far(), Vec::<String>::new(), "nobody is told of a drop while the seat is kept");
}

#[test]
fn whoever_says_much_and_is_gone_has_said_it_all() {
    let party = Party::new();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.visitor("alice", "");
    let lines: String = (0..600).map(|number| format!("PRIVMSG #lobby :number {number}\r\n")).collect();
    alice.bytes(format!("CHATHISTORY LATEST #lobby * 5\r\n{lines}"));
    drop(alice);
    let heard = bob.until(":number 599");
    assert_eq!(heard.iter().filter(|line| line.contains(":number ")).count(), 600);
    bob.until(" QUIT ");
}
