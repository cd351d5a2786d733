//! Whoever comes by raw socket and whoever comes by WebSocket, encrypted or not, talk in the same rooms.

use crate::party::{Party, Peer, Way, frame};

/// One visit from the first word to the end; what was heard.
fn visit(party: &Party, bob: &mut Peer, way: Way) -> Vec<String> {
    let mut alice = party.come(way);
    alice.say("CAP LS 302");
    alice.say("CAP REQ :echo-message batch labeled-response draft/chathistory");
    alice.say("NICK alice");
    alice.say("USER u 0 * :u");
    alice.say("CAP END");
    alice.say("JOIN #lobby");
    let mut heard = alice.until(" 366 ");
    bob.until("JOIN #lobby");
    for number in 0..200 {
        alice.say(&format!("PRIVMSG #lobby :{number} {}", "茶".repeat(120)));
    }
    heard.extend(alice.until(":199 "));
    bob.until(":199 ");
    bob.say("PRIVMSG #lobby :and from here");
    heard.extend(alice.until("and from here"));
    alice.say("CHATHISTORY LATEST #lobby * 100");
    heard.extend(alice.until("BATCH -"));
    alice.say("NAMES #lobby");
    heard.extend(alice.until(" 366 "));
    alice.say("QUIT :bye");
    heard.extend(alice.rest());
    bob.until(" QUIT :Quit: bye");
    // Only what is encrypted can be a proof's binding.
    heard.iter_mut().for_each(|line| *line = line.replace(",SCRAM-SHA-256-PLUS", ""));
    // How a frame says goodbye.
    heard.retain(|line| !line.starts_with('<'));
    // How many names fit into a line depends on that, too.
    let (offers, rest): (Vec<_>, Vec<_>) = heard.into_iter().partition(|line| line.contains(" CAP * LS "));
    let names: Vec<&str> = offers.iter().filter_map(|line| Some(line.split_once(" :")?.1)).collect();
    std::iter::once(names.join(" ")).chain(rest).collect()
}

#[test]
fn a_visit_is_the_same_by_every_door() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "echo-message");
    let by_tcp = visit(&party, &mut bob, Way::Tcp);
    assert!(by_tcp.len() > 300 && by_tcp.last().unwrap() == "ERROR :Quit: bye", "{by_tcp:?}");
    for way in [Way::Tls, Way::Ws, Way::Wss] {
        let heard = visit(&party, &mut bob, way);
        for (heard, by_tcp) in heard.iter().zip(&by_tcp) {
            assert_eq!(heard, by_tcp, "{way:?}");
        }
        assert_eq!(heard.len(), by_tcp.len(), "{way:?}");
    }
}

#[test]
fn every_door_sees_the_same() {
    let party = Party::with_tls();
    let mut peers: Vec<Peer> =
        Way::ALL.iter().map(|way| party.visitor_by(*way, &format!("{way:?}"), "echo-message")).collect();
    for (number, peer) in peers.iter_mut().enumerate() {
        (number + 1..Way::ALL.len()).for_each(|_| drop(peer.until("JOIN #lobby")));
    }
    for peer in &mut peers {
        peer.say("PRIVMSG #lobby :从这边 🍵");
        peer.say("PRIVMSG #lobby :and more");
    }
    let mut said = peers.iter_mut().map(|peer| {
        let lines = std::iter::repeat_with(|| peer.until(" PRIVMSG ").pop().expect("the line that was waited for"));
        lines.take(2 * Way::ALL.len()).collect::<Vec<_>>()
    });
    let first = said.next().unwrap();
    assert!(said.all(|other| other == first), "in the room's one order");
    party.server().say("#lobby", "from the program").unwrap();
    for peer in &mut peers {
        assert!(peer.until("from the program").len() == 1);
    }
    party.server().announce("tea is ready").unwrap();
    for peer in &mut peers {
        assert_eq!(peer.until("ready"), [":teahouse.localhost NOTICE * :tea is ready"]);
    }
}

#[test]
fn a_line_that_nc_sends_is_said() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    for way in [Way::Tcp, Way::Tls] {
        let mut nc = party.come(way);
        nc.bytes("NICK a\r\nUSER a 0 * :a\r\nJOIN #lobby\r\nPRIVMSG #lobby :hi\r\n");
        nc.end();
        assert!(bob.until(" :hi").last().unwrap().starts_with(":a!"));
        assert_eq!(nc.rest().last().unwrap(), "ERROR :Connection closed");
        bob.until(" QUIT ");
    }
}

#[test]
fn the_end_of_input_in_the_middle_of_a_line_ends_the_line() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    for way in [Way::Tcp, Way::Tls] {
        let mut alice = party.visitor_by(way, "alice", "echo-message");
        alice.bytes("PRIVMSG #lobby :no line end");
        alice.end();
        bob.until("no line end");
        let last = alice.rest();
        assert!(last[0].ends_with(":no line end"), "the echo is waited for: {last:?}");
        assert_eq!(last[1..], ["ERROR :Connection closed"]);
        bob.until(" QUIT :Connection closed");
    }
}

#[test]
fn a_frame_may_come_in_pieces_and_a_ping_between_them() {
    let party = Party::with_tls();
    for way in [Way::Ws, Way::Wss] {
        let mut web = party.visitor_by(way, "web", "echo-message");
        for byte in frame(0x01, b"PRIVMSG #lobby :in ") {
            web.bytes([byte]);
        }
        web.bytes(frame(0x89, b"still there?"));
        web.bytes(frame(0x80, b"two fragments"));
        assert_eq!(web.line().unwrap(), "<10 still there?>");
        assert!(web.line().unwrap().ends_with(":in two fragments"));
        web.say("QUIT");
        web.rest();
    }
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
    for way in [Way::Tcp, Way::Tls] {
        says_much_and_is_gone(way);
    }
}

fn says_much_and_is_gone(way: Way) {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.visitor_by(way, "alice", "");
    let lines: String = (0..600).map(|number| format!("PRIVMSG #lobby :number {number}\r\n")).collect();
    alice.bytes(format!("CHATHISTORY LATEST #lobby * 5\r\n{lines}"));
    drop(alice);
    let heard = bob.until(":number 599");
    assert_eq!(heard.iter().filter(|line| line.contains(":number ")).count(), 600);
    bob.until(" QUIT ");
}
