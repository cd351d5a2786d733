//! The people: they come in by either door, talk, and write down what they hear.

use std::sync::mpsc::Sender;

use teahouse_proto::irc::Message;

use super::Random;
use crate::wire::{Door, Wire};

const CAPABILITIES: &str = "message-tags server-time echo-message batch draft/chathistory teahouse.internal/guest";
/// The most that the history gives at a time.
const PAGE: usize = 500;
/// At most so many messages of one sender wait for their echo.
const WINDOW_MAX: u64 = 64;

/// A message as it was heard or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) msgid: String,
    /// The room, or both nicks of a private conversation.
    pub(crate) place: String,
    pub(crate) from: String,
    pub(crate) text: String,
}

/// What one person saw until the server was killed.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) nick: String,
    /// Place and text of all that was sent, in order.
    pub(crate) sent: Vec<(String, String)>,
    /// All that was heard, the own echoes too, in order.
    pub(crate) heard: Vec<Said>,
    /// Lines that refuse something.
    pub(crate) complaints: Vec<String>,
}

/// Somebody in all the rooms.
pub(crate) struct Person {
    pub(crate) nick: String,
    rooms: Vec<String>,
    wire: Wire,
    talks: bool,
}

/// The name of the conversation that `from` has with `target`.
pub(crate) fn place(from: &str, target: &str) -> String {
    match target {
        room if room.starts_with('#') => room.to_owned(),
        nick if nick < from => format!("{nick} {from}"),
        nick => format!("{from} {nick}"),
    }
}

impl Person {
    /// Comes in and joins the rooms. One with a place for a token is a guest who comes again, and talks; the others listen.
    pub(crate) fn enter(address: &str, number: usize, token: Option<&mut Option<String>>, rooms: &[&str]) -> Self {
        let talks = token.is_some();
        let nick = format!("{}{number}", if talks { "sender" } else { "bystander" });
        let door = if number.is_multiple_of(2) { Door::Tcp } else { Door::WebSocket };
        let mut wire = Wire::open(door, address);
        wire.write(&format!("CAP REQ :{CAPABILITIES}"));
        wire.write(&format!("NICK {nick}"));
        wire.write(&format!("USER {nick} 0 * :{nick}"));
        if let Some(token) = token {
            wire.write(&format!("GUEST {}", token.as_deref().unwrap_or("*")));
            wire.write("CAP END");
            let given = wire.until(" GUEST ");
            let given = given.rsplit(' ').next().expect("a token").to_owned();
            assert!(token.as_ref().is_none_or(|token| *token == given), "{nick} is not known any more: {given}");
            *token = Some(given);
        } else {
            wire.write("CAP END");
        }
        wire.write(&format!("JOIN {}", rooms.join(",")));
        wire.until(&format!(" 366 {nick} {} ", rooms.last().expect("there are rooms")));
        Self { nick, rooms: rooms.iter().map(ToString::to_string).collect(), wire, talks }
    }

    /// Says things in the rooms and to the others until the server is gone; tells of each echo.
    pub(crate) fn talk(mut self, round: u64, mut random: Random, others: &[String], echoed: &Sender<()>) -> Witness {
        let window = if self.talks { 1 + random.below(WINDOW_MAX) } else { 0 };
        let mut witness = Witness { nick: self.nick.clone(), ..Witness::default() };
        let mut waiting = 0;
        loop {
            while waiting < window {
                let target = self.target(&mut random, others);
                let text = text(round, &self.nick, witness.sent.len(), &mut random);
                // It may have got there even if this says that it did not.
                witness.sent.push((place(&self.nick, target), text.clone()));
                if !self.wire.try_write(&format!("PRIVMSG {target} :{text}")) {
                    break;
                }
                waiting += 1;
            }
            let Some(line) = self.wire.try_line() else { return witness };
            match read(&line) {
                Some(said) => {
                    if said.from == self.nick {
                        waiting -= 1;
                        // Nobody counts any more once the server is being killed.
                        _ = echoed.send(());
                    }
                    witness.heard.push(said);
                }
                None => {
                    let message = Message::parse(&line).unwrap();
                    if matches!(message.command, "FAIL" | "ERROR") || message.numeric().is_some_and(|code| code >= 400)
                    {
                        witness.complaints.push(line);
                        waiting = waiting.saturating_sub(1);
                    }
                }
            }
        }
    }

    fn target<'a>(&'a self, random: &mut Random, others: &'a [String]) -> &'a str {
        if random.below(4) > 0 {
            return &self.rooms[random.below(self.rooms.len() as u64) as usize];
        }
        let others: Vec<&String> = others.iter().filter(|nick| **nick != self.nick).collect();
        others[random.below(others.len() as u64) as usize]
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
                match read(&line) {
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

/// Names itself, and is short or long, in one script or another.
fn text(round: u64, nick: &str, number: usize, random: &mut Random) -> String {
    let padding = ["", "tea", "茶", "🍵 "][random.below(4) as usize];
    let length = 1 << random.below(6);
    format!("{round}.{nick}.{number} {}", padding.repeat(length)).trim_end().to_owned()
}

/// A message, if the line is one.
fn read(line: &str) -> Option<Said> {
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
