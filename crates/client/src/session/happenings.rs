//! What a line means to the program.

use teahouse_proto::irc::Message;
use teahouse_proto::names::Nick;

use super::sending::refusal;
use super::{Session, Stage, is_plain};
use crate::event::Event;
use crate::state::{EDIT_TEXT, NOT_LET_IN, TARGET_MSGID, fold, kind_and_text, tag, why_put_out};

impl Session {
    pub(super) fn happened(&mut self, line: &Message<'_>) {
        if let Some(event) = self.event_of(line) {
            self.want(line);
            self.event(event);
        }
    }

    /// Whoever looks at a conversation that goes by another name since the line that was taken in goes on there.
    pub(super) fn conversations_moved(&mut self) {
        for (from, to) in self.state.moved().to_vec() {
            self.event(Event::Renamed { from, to });
        }
    }

    fn event_of(&self, line: &Message<'_>) -> Option<Event> {
        let nick = line.source_nick().unwrap_or_default().to_owned();
        let text = |index: usize| line.params.get(index).unwrap_or_default().to_owned();
        if self.state.history_target(line).is_some() {
            return None;
        }
        Some(match (line.command, line.params.len()) {
            ("JOIN", 1..) => Event::Joined { room: text(0), nick },
            ("PART", 1..) => Event::Left { room: text(0), nick, reason: text(1), by: None },
            ("KICK", 2..) => {
                let reason = why_put_out(&nick, &text(2)).unwrap_or_default().to_owned();
                Event::Left { room: text(0), nick: text(1), reason, by: Some(nick) }
            }
            ("INVITE", 2..) if self.state.is_me(&text(0)) && text(1).starts_with('#') => {
                Event::Invited { room: text(1), by: nick }
            }
            ("QUIT", _) => Event::Quit { nick, reason: text(0) },
            ("NICK", 1..) => Event::Renamed { from: nick, to: text(0) },
            ("RENAME", 2..) if text(1).starts_with('#') => Event::RoomRenamed { from: text(0), to: text(1) },
            ("TOPIC", 2..) => Event::Topic { room: text(0), topic: text(1), by: Some(nick) },
            ("332", 3..) => Event::Topic { room: text(1), topic: text(2), by: None },
            ("331", 2..) => Event::Topic { room: text(1), topic: String::new(), by: None },
            ("366", 2..) => Event::People { room: text(1) },
            ("REDACT", 2..) => Event::TakenBack { target: self.state.place_of(line)?, msgid: text(1) },
            ("EDIT", 1..) => {
                let (words, target) = (tag(line, EDIT_TEXT)?, self.state.place_of(line)?);
                let (kind, text) = kind_and_text("PRIVMSG", &words)?;
                Event::Edited { target, msgid: tag(line, TARGET_MSGID)?, kind, text: text.to_owned() }
            }
            ("FAIL", 2..) if text(0) != "CHATHISTORY" => {
                // Between the code and the words stands what it is about, if anything does.
                let about = if line.params.len() > 3 { text(2) } else { text(0) };
                Event::Refused(refusal(&text(1), &about, &line.params))
            }
            ("422", _) => return None,
            ("432" | "433", _) if self.stage != Stage::Online => return None,
            (code, 2..) if line.numeric().is_some_and(|code| (400..600).contains(&code)) => {
                let about = if line.params.len() > 2 { text(1) } else { String::new() };
                Event::Refused(refusal(code, &about, &line.params))
            }
            ("WARN" | "NOTE", 1..) => Event::Notice { text: text(line.params.len() - 1) },
            ("NOTICE" | "PRIVMSG", 2..)
                if !text(0).starts_with('#') && line.source.is_none_or(|source| !source.contains('!')) =>
            {
                Event::Notice { text: text(1) }
            }
            _ => return None,
        })
    }

    /// Keeps in mind what to come back to: the rooms we are in, by whatever way, and the nick.
    fn want(&mut self, line: &Message<'_>) {
        let me = |nick: Option<&str>| nick.is_some_and(|nick| self.state.is_me(nick));
        match (line.command, &line.params[..]) {
            ("JOIN", [room, ..]) if me(line.source_nick()) && is_plain(room) => {
                _ = self.wanted.insert(fold(room), (*room).to_owned());
            }
            ("NICK", [nick, ..]) if me(Some(nick)) => {
                if let Ok(nick) = Nick::parse(nick) {
                    self.options.nick = nick;
                }
            }
            ("PART", [room, ..]) if me(line.source_nick()) => _ = self.wanted.remove(&fold(room)),
            ("KICK", [room, nick, ..]) if me(Some(nick)) => _ = self.wanted.remove(&fold(room)),
            // Some are also said of a room that one is in, when something else is refused there.
            (code, [_, room, ..])
                if NOT_LET_IN.contains(&code) && !self.state.room(room).is_some_and(|room| room.joined) =>
            {
                _ = self.wanted.remove(&fold(room));
            }
            _ => {}
        }
    }
}
