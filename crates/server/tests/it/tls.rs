//! TLS itself: what is not the same as without it.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::party::{Party, Peer, Way, frame};
use crate::wire::{Wire, certify, trusting, trusting_with};

/// What comes on a socket until its end.
fn all_of(socket: &mut std::net::TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = socket.read_to_end(&mut all);
    all
}

#[test]
fn plain_and_tls_come_to_the_same_port() {
    let party = Party::with_tls();
    let mut plain = party.visitor_by(Way::Tcp, "plain", "");
    let mut secure = party.visitor_by(Way::Tls, "secure", "");
    secure.say("PRIVMSG #lobby :sealed");
    assert!(plain.until("PRIVMSG").pop().unwrap().ends_with(":sealed"));
    plain.say("PRIVMSG #lobby :open");
    assert!(secure.until("PRIVMSG").pop().unwrap().ends_with(":open"));
    for (peer, nick, secured) in [(&mut plain, "secure", true), (&mut secure, "plain", false)] {
        peer.say(&format!("WHOIS {nick}"));
        assert_eq!(peer.until(" 318 ").iter().any(|line| line.contains(" 671 ")), secured, "{nick}");
    }
}

#[test]
fn without_a_certificate_tls_gets_an_alert_and_plain_is_served() {
    let party = Party::new();
    let elsewhere = Party::with_tls();
    let mut secure = Wire::secure(party.dial(), trusting(&elsewhere.tls.cert));
    let error = secure.write_all(b"NICK a\r\n").and_then(|()| secure.read(&mut [0]).map(drop)).unwrap_err();
    assert!(error.to_string().contains("HandshakeFailure"), "{error}");
    drop(party.visitor("plain", ""));
}

#[test]
fn a_client_hello_may_come_byte_by_byte() {
    let party = Party::with_tls();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut client = rustls::ClientConnection::new(trusting(&party.tls.cert), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let mut socket = party.dial();
    socket.set_nodelay(true).unwrap();
    for byte in hello {
        socket.write_all(&[byte]).unwrap();
    }
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    stream.write_all(b"NICK a\r\nUSER a 0 * :a\r\nQUIT\r\n").unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    assert!(all.contains(" 001 a ") && all.ends_with("ERROR :Quit\r\n"), "{all}");
}

#[test]
fn what_is_no_handshake_is_closed_and_harms_nobody() {
    let party = Party::with_tls();
    let mut bystander = party.visitor("bystander", "echo-message");
    let endless = [&[0x16, 3, 1, 0x40, 0], &[1; 0x4000][..]].concat();
    for bytes in [&b"\x16\x03\x01\x00\x05hello"[..], b"\x16GET / HTTP/1.1\r\n\r\n", &[0x16; 2000], &endless] {
        let mut socket = party.dial();
        let _ = socket.write_all(bytes);
        let answer = all_of(&mut socket);
        assert!(answer.is_empty() || answer[0] == 0x15, "an alert or nothing: {}", answer.escape_ascii());
    }
    bystander.say("PRIVMSG #lobby :still here");
    bystander.until("still here");
}

#[test]
fn broken_records_end_one_connection_and_what_was_said_before_counts() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.visitor_by(Way::Tls, "alice", "");
    bob.until("JOIN");
    let mut records = alice.wire.seal("PRIVMSG #lobby :the last words\r\n");
    records.extend(b"\x17\x03\x03\x00\x20this is not sealed at all, is it");
    alice.wire.socket.write_all(&records).unwrap();
    bob.until("the last words");
    bob.until(" QUIT ");
}

#[test]
fn a_client_without_close_notify_has_left_too() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    let mut alice = party.visitor_by(Way::Tls, "alice", "");
    bob.until("JOIN");
    alice.say("PRIVMSG #lobby :bye");
    alice.wire.socket.shutdown(std::net::Shutdown::Write).unwrap();
    bob.until(":bye");
    bob.until(" QUIT :Connection closed");
    assert_eq!(alice.rest(), ["ERROR :Connection closed"]);
}

#[test]
fn a_stopped_reader_is_closed_and_the_others_miss_nothing() {
    // More than kernel buffers and the queue hold together.
    const COUNT: usize = 20_000;
    let party = Party::with_tls();
    let mut speaker = party.visitor_by(Way::Tls, "speaker", "echo-message message-tags");
    let mut reader = party.visitor_by(Way::Wss, "reader", "message-tags");
    let mut stopped = party.visitor_by(Way::Tls, "stopped", "message-tags");
    // A client's tag may fill 4 KiB: with its echo, two such lines are 8 KiB each way.
    let tag = format!("+example/long={}", "t".repeat(4000));
    let (mut sent, mut heard, mut told) = (0, 0, false);
    while !told && sent < COUNT {
        for _ in 0..50 {
            speaker.say(&format!("@{tag} PRIVMSG #lobby :{sent} {}", "x".repeat(300)));
            sent += 1;
        }
        let last = format!(":{} ", sent - 1);
        let lines = reader.until(&last);
        heard += lines.iter().filter(|line| line.contains(&tag)).count();
        told = lines.iter().any(|line| line.ends_with(" QUIT :SendQ exceeded"));
        speaker.until(&last);
    }
    assert_eq!(heard, sent);
    assert!(told, "a reader that has stopped is closed");
    let read = stopped.bytes_to_end();
    assert!(read > 100_000, "what had come before can still be read: {read}");
}

#[test]
fn a_new_certificate_is_shown_to_new_connections_and_drops_nobody() {
    let party = Party::with_tls();
    let mut before = party.visitor_by(Way::Tls, "before", "echo-message");
    let old = before.wire.shown().expect("a certificate");
    // A renewal that goes wrong, then one that does not.
    std::fs::write(&party.tls.key, "half a file").unwrap();
    drop(party.guest_by(Way::Wss, "meanwhile"));
    certify(&party.tls);
    let deadline = Instant::now() + Duration::from_secs(20);
    let config = trusting(&party.tls.cert);
    let new = loop {
        assert!(Instant::now() < deadline, "the new certificate is not shown");
        let mut after = Wire::secure(party.dial(), config.clone());
        // The old one is not what this client trusts.
        if after.write_all(b"NICK after\r\nUSER u 0 * :u\r\nJOIN #lobby\r\n").is_ok() {
            break after.shown();
        }
    };
    assert!(new.is_some_and(|new| new != old));
    before.until(":after!~u@");
    before.say("PRIVMSG #lobby :still here");
    before.until("still here");
}

#[test]
fn a_client_that_comes_back_shows_its_ticket() {
    let party = Party::with_tls();
    let config = trusting(&party.tls.cert);
    for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let mut peer = Peer::new(Wire::secure(party.dial(), config.clone()));
        peer.register("alice", "");
        assert_eq!(peer.wire.handshake_kind(), Some(kind));
        peer.say("QUIT");
        peer.rest();
    }
}

#[test]
fn tls_1_2_is_spoken_too() {
    let party = Party::with_tls();
    let config = trusting_with(&party.tls.cert, &[&rustls::version::TLS12]);
    let mut peer = Peer::new(Wire::secure(party.dial(), config));
    peer.register("old", "echo-message");
    peer.say("JOIN #lobby");
    peer.until(" 366 ");
    peer.say("PRIVMSG #lobby :hello");
    peer.until(":hello");
    peer.end();
    assert_eq!(peer.rest(), ["ERROR :Connection closed"]);
}

#[test]
fn what_comes_right_behind_an_upgrade_is_not_lost() {
    let party = Party::with_tls();
    let mut bob = party.visitor("bob", "");
    let mut wss = party.connect_securely();
    let lines = ["CAP REQ :message-tags", "NICK alice", "USER u 0 * :u", "CAP END", "JOIN #lobby"];
    let said = (0..500).map(|number| format!("PRIVMSG #lobby :number {number}"));
    let frames = lines.into_iter().map(str::to_owned).chain(said).flat_map(|line| frame(0x81, line.as_bytes()));
    let request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    wss.bytes(request.bytes().chain(frames).collect::<Vec<u8>>());
    let heard = bob.until(":number 499");
    let numbers = heard.iter().filter_map(|line| line.split_once(":number ")).map(|(_, number)| number.to_owned());
    assert_eq!(numbers.collect::<Vec<_>>(), (0..500).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn what_is_to_be_spoken_may_be_agreed_on() {
    let party = Party::with_tls();
    for (offered, agreed) in [
        (&[][..], Ok(None)),
        (&["h2", "http/1.1"], Ok(Some("http/1.1"))),
        (&["irc"], Ok(Some("irc"))),
        (&["h2"], Err("NoApplicationProtocol")),
    ] {
        let mut config = (*trusting(&party.tls.cert)).clone();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut wire = Wire::secure(party.dial(), Arc::new(config));
        let done = wire.write_all(b"QUIT\r\n").and_then(|()| wire.read(&mut [0; 100]));
        match (done, agreed) {
            (Ok(_), Ok(agreed)) => assert_eq!(wire.agreed().as_deref(), agreed),
            (Err(error), Err(alert)) => assert!(error.to_string().contains(alert), "{error}"),
            (done, _) => panic!("{offered:?}: {done:?}"),
        }
    }
}
