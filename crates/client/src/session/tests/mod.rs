//! Conversations with a scripted server, on a clock that the tests move.

mod history;
mod login;
mod multiline;
mod outbox;
mod renaming;
mod search;

use expect_test::{Expect, expect};
use teahouse_proto::names::{Nick, RoomName};

use super::*;

const CAPABILITIES: &str = "message-tags server-time echo-message batch labeled-response standard-replies \
                            userhost-in-names draft/chathistory teahouse.internal/guest";

/// A session, and everything that came out of it.
struct Talk {
    session: Session,
    now_ms: u64,
    said: u64,
    out: String,
}

impl Talk {
    fn new(options: Options) -> Self {
        let mut talk = Self { session: Session::new(options, 0, || 0), now_ms: 0, said: 0, out: String::new() };
        talk.drain();
        talk
    }

    /// One that is online in `#tea`, with what came until then left out.
    fn online(options: Options) -> Self {
        let mut talk = Self::new(options);
        talk.connect();
        talk.enter("#tea");
        talk.out.clear();
        talk
    }

    fn connect(&mut self) {
        self.connect_with("");
    }

    /// The same with more capabilities.
    fn connect_with(&mut self, more: &str) {
        self.session.connected(self.now_ms);
        for line in [
            format!(":tea CAP * LS :{CAPABILITIES} sasl=PLAIN unheard-of{more}"),
            format!(":tea CAP alice ACK :{CAPABILITIES}{more}"),
            ":tea 001 alice :Welcome".into(),
            ":tea 005 alice CASEMAPPING=ascii teahouse.internal/AUTOJOIN=#lobby,#a\\x3Db :are supported by this server"
                .into(),
            ":tea GUEST TOKEN 0123456789abcdef".into(),
            ":tea 422 alice :There is no message of the day".into(),
        ] {
            self.session.line(self.now_ms, &line);
        }
        self.drain();
    }

    /// The server lets us into a room, and its history is empty.
    fn enter(&mut self, room: &str) {
        self.hear(&format!(":alice!alice@guest.tea JOIN {room}"));
        self.hear(&format!(":tea 366 alice {room} :End of /NAMES list"));
        self.hear(&format!(":tea BATCH +x chathistory {room}"));
        self.hear(":tea BATCH -x");
    }

    fn hear(&mut self, line: &str) {
        self.session.line(self.now_ms, line);
        self.drain();
    }

    fn wait(&mut self, ms: u64) {
        self.now_ms += ms;
        self.session.tick(self.now_ms);
        self.drain();
    }

    fn lose(&mut self) {
        self.session.disconnected(self.now_ms, "the cable was cut");
        self.drain();
    }

    fn command(&mut self, command: Command) {
        self.session.command(self.now_ms, command);
        self.drain();
    }

    fn say(&mut self, target: &str, text: &str) {
        self.said += 1;
        let command =
            Command::Say { id: SayId(self.said), target: target.into(), kind: Kind::Privmsg, text: text.into() };
        self.command(command);
    }

    /// Rows of history as the server gives them, oldest first; ids and times are numbers.
    fn history(&mut self, target: &str, rows: std::ops::Range<u32>) {
        self.hear(&format!(":tea BATCH +h chathistory {target}"));
        for row in rows {
            self.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG {target} :{row}", id(row)));
        }
        self.hear(":tea BATCH -h");
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            self.out += &match output {
                Output::Send(line) => format!("< {line}\n"),
                Output::Event(event) => format!("* {}\n", words(event)),
                Output::Outcome(SayId(id), outcome) => format!("= {id} {outcome:?}\n"),
                other => format!("! {other:?}\n"),
            };
        }
    }

    fn check(&mut self, want: &Expect) {
        want.assert_eq(&std::mem::take(&mut self.out));
    }
}

fn id(number: u32) -> String {
    format!("msgid=m{number:04};time=2026-01-01T00:00:00.{:03}Z", number % 1000)
}

fn words(event: Event) -> String {
    match event {
        Event::Message { target, message, seen } => {
            format!("{seen:?} {target} {}: {}", message.from, message.text.replace('\n', "|"))
        }
        other => format!("{other:?}"),
    }
}

fn options() -> Options {
    let mut options = Options::new("irc://tea.example".parse().unwrap(), Nick::parse("alice").unwrap());
    options.rooms = Some(vec![RoomName::parse("#tea").unwrap()]);
    options
}

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
fn what_was_said_is_followed_by_its_label_until_it_is_stored_or_refused() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.say("bob", "three");
    talk.hear("@label=m3;msgid=b;time=T :alice!alice@guest.tea PRIVMSG #tea :two");
    talk.hear("@label=m2;msgid=a :alice!alice@guest.tea PRIVMSG #tea :one");
    talk.hear("@label=m4 :tea 401 alice bob :No such nick/channel");
    talk.say("#tea", "four");
    talk.hear("@label=m5 :tea FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The disk is full");
    talk.check(&expect![[r##"
        < @label=m2 PRIVMSG #tea :one
        < @label=m3 PRIVMSG #tea :two
        < @label=m4 PRIVMSG bob :three
        = 2 Stored { msgid: Some("b"), time: Some("T") }
        * Live #tea alice: two
        = 1 Stored { msgid: Some("a"), time: None }
        * Live #tea alice: one
        = 3 Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
        * Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
        < @label=m5 PRIVMSG #tea :four
        = 4 Refused(Refusal { code: "TEMPORARILY_UNAVAILABLE", about: "#tea", text: "The disk is full" })
        * Refused(Refusal { code: "TEMPORARILY_UNAVAILABLE", about: "#tea", text: "The disk is full" })
    "##]]);
}

#[test]
fn what_nobody_answered_is_unknown_after_a_while_or_a_drop() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one");
    talk.wait(20_000);
    talk.say("#tea", "two");
    talk.wait(10_000);
    talk.lose();
    talk.say("#tea", "three");
    talk.command(Command::Quit { reason: String::new() });
    talk.say("#tea", "four");
    talk.check(&expect![[r#"
        < @label=m2 PRIVMSG #tea :one
        < @label=m3 PRIVMSG #tea :two
        = 1 Unknown
        < PING alive
        = 2 Unknown
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        = 3 NotSent
        * Offline { reason: "left", retry_in_ms: None }
        ! End
        = 4 NotSent
    "#]]);
}

#[test]
fn a_long_text_goes_in_lines_that_fit_and_has_one_outcome() {
    let mut talk = Talk::online(options());
    talk.say("#tea", &"茶".repeat(300));
    let sent: Vec<_> = talk.out.lines().map(|line| line.rsplit_once(':').unwrap().1.to_owned()).collect();
    talk.out.clear();
    assert_eq!(sent.concat(), "茶".repeat(300));
    for text in &sent {
        let as_others_get_it = format!(":alice!alice@guest.tea PRIVMSG #tea :{text}");
        assert!((508..=510).contains(&as_others_get_it.len()) || text == sent.last().unwrap());
    }
    for (label, text) in (2..).zip(&sent) {
        talk.hear(&format!("@label=m{label};msgid={label} :alice!alice@guest.tea PRIVMSG #tea :{text}"));
    }
    talk.out.retain(|character| character != '茶');
    talk.check(&expect![[r#"
        * Live #tea alice: 
        = 1 Stored { msgid: Some("3"), time: None }
        * Live #tea alice: 
    "#]]);
}

#[test]
fn rooms_are_left_and_entered_and_other_things_happen() {
    let mut talk = Talk::online(options());
    talk.command(Command::Join(RoomName::parse("#茶馆").unwrap()));
    talk.hear(":tea 403 alice #茶馆 :No such channel");
    talk.command(Command::Topic { room: "#tea".into(), topic: "Tea at five".into() });
    talk.hear(":alice!a@h TOPIC #tea :Tea at five");
    talk.command(Command::Nick(Nick::parse("alicia").unwrap()));
    talk.hear(":alice!a@h NICK alicia");
    talk.hear(":bob!b@h JOIN #tea");
    talk.hear(":bob!b@h PART #tea :bye");
    talk.hear(":bob!b@h QUIT :gone");
    talk.hear(":tea NOTICE alicia :hello");
    talk.command(Command::Part("#tea".into()));
    talk.hear(":alicia!a@h PART #tea");
    talk.command(Command::Raw("NAMES #tea".into()));
    talk.lose();
    talk.wait(1_000);
    talk.connect();
    talk.check(&expect![[r##"
        < JOIN #茶馆
        * Refused(Refusal { code: "403", about: "#茶馆", text: "No such channel" })
        < TOPIC #tea :Tea at five
        * Topic { room: "#tea", topic: "Tea at five", by: Some("alice") }
        < NICK alicia
        * Renamed { from: "alice", to: "alicia" }
        * Joined { room: "#tea", nick: "bob" }
        * Left { room: "#tea", nick: "bob", reason: "bye", by: None }
        * Quit { nick: "bob", reason: "gone" }
        * Notice { text: "hello" }
        < PART #tea
        * Left { room: "#tea", nick: "alicia", reason: "", by: None }
        < NAMES #tea
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alicia
        < USER alicia 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST 0123456789abcdef
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
    "##]]);
}

#[test]
fn who_was_put_out_knows_by_whom_and_does_not_come_back_by_itself() {
    let mut talk = Talk::online(options());
    talk.hear(":bob!b@h INVITE alice #den");
    talk.hear(":bob!b@h INVITE carol #tea");
    talk.hear(":bob!b@h KICK #tea carol :bob");
    talk.hear(":bob!b@h KICK #tea alice :too loud");
    talk.lose();
    talk.wait(1_000);
    talk.connect();
    talk.check(&expect![[r##"
        * Invited { room: "#den", by: "bob" }
        * Left { room: "#tea", nick: "carol", reason: "", by: Some("bob") }
        * Left { room: "#tea", nick: "alice", reason: "too loud", by: Some("bob") }
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
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
    "##]]);
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
    talk.lose();
    talk.wait(1_000);
    talk.connect();
    assert!(!talk.out.contains("JOIN #a b"));
}
