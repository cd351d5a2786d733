//! People with a connection, who say things, read what was said before, and understand what they hear.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use teahouse_proto::irc::Message;

use crate::wire::{Door, Wire};

const CAPABILITIES: &str = "message-tags server-time echo-message batch draft/chathistory teahouse.internal/guest";
/// What those ask for besides who have an account.
const MORE_CAPABILITIES: &str =
    "sasl draft/read-marker draft/message-redaction teahouse.internal/message-edit teahouse.internal/client-msgid";
/// The most that the history gives at a time.
const PAGE: usize = 500;

/// A message as it was heard or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) msgid: String,
    /// The room, or both nicks of a private conversation.
    pub(crate) place: String,
    pub(crate) from: String,
    pub(crate) text: String,
}

impl Said {
    /// A message, if the line is one.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let message = Message::parse(line).unwrap();
        if message.command != "PRIVMSG" {
            return None;
        }
        let from = message.source_nick().expect("somebody said it").to_owned();
        let target = message.params.get(0).expect("to somebody");
        let msgid = message.tags.get("msgid").expect("each has an id").into_owned();
        let text = message.params.get(1).expect("a text").to_owned();
        Some(Said { msgid, place: place(&from, target), from, text })
    }
}

/// The name of the conversation that `from` has with `target`.
pub(crate) fn place(from: &str, target: &str) -> String {
    match target {
        room if room.starts_with('#') => room.to_owned(),
        nick if nick < from => format!("{nick} {from}"),
        nick => format!("{from} {nick}"),
    }
}

/// Numerics above all errors that tell of a success.
const LOGGED_IN: [u16; 2] = [900, 903];

/// Whether the line refuses something.
pub(crate) fn is_refusal(line: &str) -> bool {
    let message = Message::parse(line).unwrap();
    matches!(message.command, "FAIL" | "ERROR")
        || message.numeric().is_some_and(|code| code >= 400 && !LOGGED_IN.contains(&code))
}

/// Somebody who is there.
pub(crate) struct Person {
    pub(crate) nick: String,
    pub(crate) wire: Wire,
}

impl Person {
    /// Comes in with an account.
    pub(crate) fn log_in(door: Door, address: &str, account: &str, password: &str) -> Self {
        let mut person = Self::registering(door, address, account);
        let proof = STANDARD.encode(format!("\0{account}\0{password}"));
        for line in [
            &format!("CAP REQ :{MORE_CAPABILITIES}"),
            "AUTHENTICATE PLAIN",
            &format!("AUTHENTICATE {proof}"),
            "CAP END",
        ] {
            person.wire.write(line);
        }
        person.wire.until(" 903 ");
        person.wire.until(" 376 ");
        person
    }

    /// Comes in as nobody known, and is in no room.
    pub(crate) fn come(door: Door, address: &str, nick: &str) -> Self {
        let mut person = Self::registering(door, address, nick);
        person.wire.write(&format!("CAP REQ :{MORE_CAPABILITIES}"));
        person.wire.write("CAP END");
        person.wire.until(" 376 ");
        person
    }

    /// Wants an account; whether it has got one, or the line that refused it, unless the server went before.
    pub(crate) fn register(&mut self, password: &str) -> Option<Result<(), String>> {
        self.wire.try_write(&format!("REGISTER * * {password}"));
        loop {
            let line = self.wire.try_line()?;
            if line.contains(" REGISTER SUCCESS ") || line.starts_with("REGISTER SUCCESS ") {
                return Some(Ok(()));
            }
            if is_refusal(&line) {
                return Some(Err(line));
            }
        }
    }

    /// Comes in as nobody known, and joins rooms.
    pub(crate) fn enter(door: Door, address: &str, nick: &str, rooms: &[&str]) -> Self {
        let mut person = Self::registering(door, address, nick);
        person.wire.write("CAP END");
        person.join(rooms);
        person
    }

    /// Comes in as a guest, the first time or, with a token, again.
    pub(crate) fn enter_again(
        door: Door,
        address: &str,
        nick: &str,
        rooms: &[&str],
        token: &mut Option<String>,
    ) -> Self {
        let mut person = Self::registering(door, address, nick);
        person.wire.write(&format!("GUEST {}", token.as_deref().unwrap_or("*")));
        person.wire.write("CAP END");
        let given = person.wire.until(" GUEST ").rsplit(' ').next().expect("a token").to_owned();
        assert!(token.as_ref().is_none_or(|token| *token == given), "{nick} is not known any more: {given}");
        *token = Some(given);
        person.join(rooms);
        person
    }

    fn registering(door: Door, address: &str, nick: &str) -> Self {
        let mut wire = Wire::open(door, address);
        for line in [format!("CAP REQ :{CAPABILITIES}"), format!("NICK {nick}"), format!("USER {nick} 0 * :{nick}")] {
            wire.write(&line);
        }
        Self { nick: nick.to_owned(), wire }
    }

    pub(crate) fn join(&mut self, rooms: &[&str]) {
        self.wire.write(&format!("JOIN {}", rooms.join(",")));
        for room in rooms {
            self.wire.until(&format!(" 366 {} {room} ", self.nick));
        }
    }

    /// Says something; what was echoed, or the line that refused it.
    pub(crate) fn say(&mut self, target: &str, text: &str) -> Result<Said, String> {
        self.wire.write(&format!("PRIVMSG {target} :{text}"));
        loop {
            let line = self.wire.try_line().expect("it is echoed or refused");
            match Said::read(&line) {
                Some(said) if said.from == self.nick => return Ok(said),
                None if is_refusal(&line) => return Err(line),
                _ => {}
            }
        }
    }

    /// Asks something; all lines up to the one with this in it.
    pub(crate) fn ask(&mut self, line: &str, end: &str) -> Vec<String> {
        self.wire.write(line);
        let mut lines = Vec::new();
        loop {
            let line = self.wire.try_line().expect("it is answered");
            assert!(!is_refusal(&line), "{line}");
            lines.push(line);
            if lines[lines.len() - 1].contains(end) {
                return lines;
            }
        }
    }

    /// What a room is about at present.
    pub(crate) fn topic(&mut self, room: &str) -> Option<String> {
        self.wire.write(&format!("TOPIC {room}"));
        loop {
            let line = self.wire.try_line().expect("it is answered");
            let message = Message::parse(&line).unwrap();
            match message.numeric() {
                Some(331) => return None,
                Some(332) => return message.params.get(2).map(str::to_owned),
                _ => {}
            }
        }
    }

    /// All that the history has after this message, or from the start.
    pub(crate) fn history(&mut self, target: &str, after: Option<&str>) -> Vec<Said> {
        let mut bound = after.map_or("timestamp=2000-01-01T00:00:00.000Z".to_owned(), |msgid| format!("msgid={msgid}"));
        let mut all = Vec::new();
        loop {
            self.wire.write(&format!("CHATHISTORY AFTER {target} {bound} {PAGE}"));
            let opened = self.wire.until(" chathistory ");
            assert!(opened.contains(" BATCH +"), "{opened}");
            let before = all.len();
            loop {
                let line = self.wire.try_line().expect("the page goes on");
                match Said::read(&line) {
                    Some(said) => all.push(said),
                    None if line.contains("BATCH -") => break,
                    None => panic!("no message in a page: {line}"),
                }
            }
            let Some(last) = all.last().filter(|_| all.len() - before == PAGE) else { return all };
            bound = format!("msgid={}", last.msgid);
        }
    }
}
