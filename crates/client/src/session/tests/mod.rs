//! Conversations with a scripted server, on a clock that the tests move.

mod connecting;
mod deeds;
mod history;
mod login;
mod multiline;
mod outbox;
mod owning;
mod renaming;
mod rooms;
mod saying;
mod search;

use expect_test::Expect;
use teahouse_proto::names::{Nick, RoomName};

use super::*;
use crate::state::Kind;

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
        let granted: Vec<&str> = more.split(' ').map(|name| name.split('=').next().unwrap()).collect();
        for line in [
            format!(":tea CAP * LS :{CAPABILITIES} sasl=PLAIN unheard-of{more}"),
            format!(":tea CAP alice ACK :{CAPABILITIES}{}", granted.join(" ")),
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

    /// The server lets us into a room.
    fn let_in(&mut self, room: &str) {
        self.hear(&format!(":alice!alice@guest.tea JOIN {room}"));
        self.hear(&format!(":tea 366 alice {room} :End of /NAMES list"));
    }

    /// The same, and its history is empty.
    fn enter(&mut self, room: &str) {
        self.let_in(room);
        self.hear(&format!(":tea BATCH +x chathistory {room}"));
        self.hear(":tea BATCH -x");
    }

    fn hear(&mut self, line: &str) {
        self.session.line(self.now_ms, line);
        self.drain();
    }

    /// Bob says something, which has an id and a time by this number.
    fn bob_says(&mut self, number: u32, target: &str, text: &str) {
        self.hear(&format!("@{} :bob!b@h PRIVMSG {target} :{text}", id(number)));
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

    /// The connection goes and comes back.
    fn come_back(&mut self) {
        self.come_back_with("");
    }

    /// The same with more capabilities.
    fn come_back_with(&mut self, more: &str) {
        self.lose();
        self.wait(1_000);
        self.connect_with(more);
    }

    fn command(&mut self, command: Command) {
        self.session.command(self.now_ms, command);
        self.drain();
    }

    fn say(&mut self, target: &str, text: &str) {
        self.said += 1;
        let said = Said { target: target.into(), kind: Kind::Privmsg, text: text.into(), about: None };
        self.command(Command::Say { id: SayId(self.said), said });
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
