//! Coming online, being cut off, coming back, and leaving.

use expect_test::expect;

use super::{Options, Talk, options};
use crate::session::*;

#[test]
fn it_registers_and_joins_what_the_server_proposes() {
    let mut talk = Talk::new(Options { rooms: None, ..options() });
    talk.connect();
    talk.check(&expect![[r#"
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST *
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
        < JOIN #a=b
        < JOIN #lobby
    "#]]);
}

#[test]
fn all_that_is_asked_for_fits_into_one_line() {
    let names = registration::CAPABILITIES.join(" ");
    assert!(names.len() <= 400, "{} bytes", names.len());
}

#[test]
fn a_known_token_is_shown_and_one_that_is_not_known_any_more_forgotten() {
    let mut talk = Talk::new(Options { token: Some("feedface".into()), rooms: Some(vec![]), ..options() });
    talk.session.connected(0);
    talk.hear(":tea CAP * LS :teahouse.internal/guest");
    talk.hear(":tea CAP alice ACK :teahouse.internal/guest");
    talk.hear(":tea FAIL GUEST INVALID_TOKEN :That token is not known here");
    talk.hear(":tea 376 alice :End");
    talk.check(&expect![[r#"
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        < CAP REQ :teahouse.internal/guest
        < GUEST feedface
        < CAP END
        * Refused(Refusal { code: "INVALID_TOKEN", about: "GUEST", text: "That token is not known here" })
        * Online { nick: "alice", token: None }
    "#]]);
}

#[test]
fn a_server_without_capabilities_will_do() {
    let mut talk = Talk::new(options());
    talk.session.connected(0);
    talk.hear(":old 421 alice CAP :Unknown command");
    talk.hear(":old 001 alice :Welcome");
    talk.hear(":old 376 alice :End");
    talk.hear(":alice!a@h JOIN #tea");
    talk.hear(":old 366 alice #tea :End");
    talk.say("#tea", "hi");
    talk.hear("PING :x y");
    talk.check(&expect![[r##"
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        * Refused(Refusal { code: "421", about: "CAP", text: "Unknown command" })
        * Online { nick: "alice", token: None }
        < JOIN #tea
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < PRIVMSG #tea :hi
        = 1 Sent
        < PONG :x y
    "##]]);
}

#[test]
fn a_taken_nick_gets_a_number_and_in_the_end_it_is_given_up() {
    let mut talk = Talk::new(options());
    talk.session.connected(0);
    talk.drain();
    talk.out.clear();
    for _ in 0..10 {
        talk.hear(":tea 433 * alice :Nickname is already in use");
    }
    talk.session.disconnected(0, "closed");
    talk.drain();
    talk.check(&expect![[r#"
        < NICK alice2
        < NICK alice3
        < NICK alice4
        < NICK alice5
        < NICK alice6
        < NICK alice7
        < NICK alice8
        < NICK alice9
        < NICK alice10
        ! Disconnect
        * Offline { reason: "Nickname is already in use", retry_in_ms: None }
        ! End
    "#]]);
}

#[test]
fn a_wrong_password_is_the_end() {
    let mut talk = Talk::new(Options { password: Some("mine".into()), ..options() });
    talk.session.connected(0);
    talk.hear(":tea 464 * :Password incorrect");
    talk.hear("ERROR :This server asks for a password");
    talk.lose();
    talk.check(&expect![[r#"
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < PASS :mine
        < NICK alice
        < USER alice 0 * :alice
        * Refused(Refusal { code: "464", about: "", text: "Password incorrect" })
        * Offline { reason: "Password incorrect", retry_in_ms: None }
        ! End
    "#]]);
}

#[test]
fn after_a_drop_it_waits_longer_each_time_and_comes_back_to_its_rooms() {
    let mut talk = Talk::online(options());
    talk.hear("ERROR :Server shutting down");
    talk.lose();
    for _ in 0..8 {
        let wait_ms = talk.session.deadline_ms().unwrap() - talk.now_ms;
        talk.wait(wait_ms);
        talk.lose();
    }
    talk.command(Command::Retry);
    talk.connect();
    talk.check(&expect![[r#"
        * Offline { reason: "Server shutting down", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(500) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(1000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(2000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(4000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(8000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(15000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(15000) }
        * Connecting
        ! Connect
        * Offline { reason: "the cable was cut", retry_in_ms: Some(15000) }
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST 0123456789abcdef
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
        < JOIN #tea
    "#]]);
}

#[test]
fn a_silent_server_is_asked_and_then_left() {
    let mut talk = Talk::online(options());
    talk.wait(PING_AFTER_MS - 1);
    talk.check(&expect![[""]]);
    talk.wait(1);
    talk.hear(":tea PONG tea alive");
    talk.wait(PING_AFTER_MS);
    talk.wait(DEAD_AFTER_MS);
    talk.lose();
    talk.check(&expect![[r#"
        < PING alive
        < PING alive
        ! Disconnect
        * Offline { reason: "the server does not answer any more", retry_in_ms: Some(250) }
    "#]]);
}

#[test]
fn leaving_says_goodbye_and_does_not_wait_for_ever() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "bye");
    talk.command(Command::Quit { reason: "tea is over".into() });
    talk.hear("@label=m2;msgid=a :alice!alice@guest.tea PRIVMSG #tea :bye");
    talk.wait(QUIT_MS);
    talk.lose();
    talk.check(&expect![[r#"
        < @label=m2 PRIVMSG #tea :bye
        < QUIT :tea is over
        = 1 Stored { msgid: Some("a"), time: None }
        * Live #tea alice: bye
        ! Disconnect
        * Offline { reason: "left", retry_in_ms: None }
        ! End
    "#]]);
}

#[test]
fn who_wants_no_second_try_gets_none() {
    for (retry, tries) in [(Retry::Never, 0), (Retry::OnceOnline, 0), (Retry::Always, 1)] {
        let mut talk = Talk::new(Options { retry, ..options() });
        talk.lose();
        assert_eq!(talk.out.matches("Some(").count(), tries, "{retry:?}");
    }
    let mut talk = Talk::online(Options { retry: Retry::OnceOnline, ..options() });
    talk.lose();
    assert!(talk.out.contains("retry_in_ms: Some"));
}

#[test]
fn a_hostile_server_gets_no_harm_done() {
    let mut talk = Talk::online(options());
    for line in [
        "GUEST TOKEN :a b",
        ":tea 005 alice teahouse.internal/AUTOJOIN=#a\\x20b,, :x",
        ":alice!a@h JOIN :#a b",
        "::x!u@h PRIVMSG alice :hi",
        "BATCH +",
        "BATCH -",
        "BATCH +a chathistory :a b",
        "@batch=a;msgid=:x :bob!b@h PRIVMSG x :hi",
        "BATCH -a",
        "CAP * ACK",
        "FAIL",
        "433",
        ":tea 366",
        "@label NICK",
        "JOIN",
        "ERROR",
        "PING",
        "PING ::",
    ] {
        talk.hear(line);
    }
    talk.come_back();
    assert!(!talk.out.contains("JOIN #a b"));
}
