//! Bad input: a clear answer or a clean close, and it costs nobody else anything.

use teahouse_server::TlsFiles;

use crate::party::{Party, Peer, Way, frame};

/// Somebody else is in the room all the while, and goes on talking.
fn unharmed(party: &Party, bystander: &mut Peer) {
    bystander.say("PRIVMSG #lobby :still here");
    assert!(bystander.until("still here").len() <= 3);
    drop(party.guest("newcomer", ""));
}

#[test]
fn lines_that_are_none_are_answered_and_forgiven() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "echo-message");
    let mut alice = party.guest("alice", "labeled-response batch");
    let params = format!("NAMES{}", " x".repeat(10_000));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![b'A'; 100_000], " 417 alice :Input line was too long"),
        (format!("@{} PING x", "t".repeat(8191)).into(), " 417 alice :Input line was too long"),
        (format!("PRIVMSG #lobby :{}", "x".repeat(512)).into(), " 417 alice :Input line was too long"),
        (params.into(), " 417 alice :Input line was too long"),
        (format!("@label=x PRIVMSG #lobby :{}", "x".repeat(512)).into(), "@label=x :teahouse.localhost 417 alice "),
        (format!("@label=y PRIVMSG #lobby :{}", "x".repeat(100_000)).into(), "@label=y :teahouse.localhost 417 alice "),
        (b"@label=z PRIVMSG #lobby :\xff\xfe".to_vec(), "@label=z :teahouse.localhost FAIL * INVALID_UTF8 :"),
        (format!("NAMES{}", " x".repeat(100)).into(), "FAIL * TOO_MANY_PARAMS :"),
        (b"PRIVMSG #lobby :\xff\xfe".to_vec(), "FAIL * INVALID_UTF8 :"),
        (b"PRIVMSG #lobby :a\0b".to_vec(), "FAIL * INVALID_LINE :"),
        (b"PRIVMSG #lobby :a\rb".to_vec(), "FAIL * INVALID_LINE :"),
        (b"NONSENSE 1 2 3".to_vec(), " 421 alice NONSENSE :Unknown command"),
        (b"\x01\x02\x03".to_vec(), " 421 alice * :Unknown command"),
    ];
    for (line, answer) in cases {
        alice.bytes([&line[..], b"\r\n"].concat());
        alice.until(answer);
        assert_eq!(
            alice.so_far(),
            Vec::<String>::new(),
            "one answer to {:?}",
            String::from_utf8_lossy(&line[..20.min(line.len())])
        );
    }
    unharmed(&party, &mut bystander);
}

#[test]
fn frames_that_break_the_protocol_close_with_its_code() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "echo-message");
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("unmasked", vec![0x81, 2, b'h', b'i'], 1002),
        ("a reserved bit", frame(0xc1, b"hi"), 1002),
        ("an unknown opcode", frame(0x83, b"hi"), 1002),
        ("an unknown control opcode", frame(0x8b, b"hi"), 1002),
        ("a control frame over 125", frame(0x89, &[b'x'; 126]), 1002),
        ("a control frame in fragments", frame(0x09, b"x"), 1002),
        ("a continuation of nothing", frame(0x80, b"x"), 1002),
        ("a message inside a fragmented one", [frame(0x01, b"a"), frame(0x81, b"b")].concat(), 1002),
        ("text that is not UTF-8", frame(0x81, b"\xff\xfe"), 1007),
        ("too big", [0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4].to_vec(), 1009),
        ("too big in fragments", [frame(0x01, &[b'x'; 8000]), frame(0x80, &[b'x'; 8000])].concat(), 1009),
        ("a close code of one byte", frame(0x88, &[3]), 1002),
        ("a close code that may not be sent", frame(0x88, &1005_u16.to_be_bytes()), 1002),
    ];
    for (what, bytes, code) in cases {
        let mut web = party.upgrade("");
        web.register("web", "");
        web.bytes(bytes);
        let last = web.rest().pop().unwrap_or_default();
        assert!(last.starts_with(&format!("<close {code} ")), "{what}: {last}");
    }
    unharmed(&party, &mut bystander);
}

#[test]
fn a_fragmented_message_without_end_costs_only_its_own_connection() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "echo-message");
    let mut web = party.upgrade("");
    web.bytes(frame(0x01, b"x"));
    for _ in 0..100_000 {
        web.bytes(frame(0x00, b"x"));
    }
    let last = web.rest().pop().unwrap_or_default();
    assert!(last.starts_with("<close 1009 ") || last.is_empty(), "{last}");
    unharmed(&party, &mut bystander);
}

#[test]
fn whoever_stops_reading_is_closed_and_nobody_waits_for_it() {
    let party = Party::with(|config| config.send_queue_bytes_max = Some(100_000));
    let mut reader = party.visitor("reader", "");
    let mut stopped = party.visitor("stopped", "");
    let mut speaker = party.visitor("speaker", "echo-message");
    let text = "x".repeat(400);
    // More than kernel buffers and the queue hold together.
    let mut told = false;
    for number in 0..60_000 {
        speaker.say(&format!("PRIVMSG #lobby :{text} {number}"));
        if number % 100 == 0 {
            told |= reader.until(&format!(" {number}")).iter().any(|line| line.contains("QUIT :SendQ exceeded"));
            speaker.until(&format!(" {number}"));
        }
        if told {
            break;
        }
    }
    assert!(told, "a reader that has stopped is closed");
    assert!(stopped.rest().len() > 1);
}

#[test]
fn half_a_handshake_and_silence_are_not_waited_for_by_anybody() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "echo-message");
    let mut silent: Vec<Peer> = (0..50).map(|_| party.connect()).collect();
    silent.iter_mut().enumerate().for_each(|(n, peer)| peer.bytes(&b"GET / HTTP/1.1\r\nHost: localho"[..n % 25]));
    unharmed(&party, &mut bystander);
}

#[test]
fn many_who_leave_at_once_are_gone() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "");
    let crowd: Vec<Peer> = (0..200).map(|n| party.visitor(&format!("u{n}"), "")).collect();
    drop(crowd);
    let mut gone = 0;
    while gone < 200 {
        gone += usize::from(bystander.line().unwrap().contains(" QUIT "));
    }
    bystander.say("NAMES #lobby");
    assert!(bystander.until(" 353 ").pop().unwrap().ends_with(":bystander"));
}

#[test]
fn a_web_socket_that_pings_and_never_reads_is_closed() {
    let party = Party::with(|config| {
        config.send_queue_bytes_max = Some(100_000);
        config.tls = Some(TlsFiles::default());
    });
    for way in [Way::Ws, Way::Wss] {
        let mut web = party.come(way);
        let pings = frame(0x89, &[b'p'; 125]).repeat(1000);
        (0..400).for_each(|_| web.bytes(&pings));
        let pong_bytes = web.bytes_to_end();
        assert!(pong_bytes < 400_000 * 127, "every ping was answered, whatever piled up");
        drop(party.guest("newcomer", ""));
    }
}
