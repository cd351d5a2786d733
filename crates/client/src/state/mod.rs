//! What a client knows, as a pure function of what it saw: the lines from the server, the lines it
//! sent, and the connection opening and closing. The rules are those of `testdata/client/README.md`;
//! the page's reducer keeps the same ones.

mod about;
mod log;
mod messages;
mod partners;
mod pins;
mod ranks;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use teahouse_proto::{irc, vendor};

pub(crate) use self::about::{EDIT, EDIT_TEXT, REDACTION, TAGS, TARGET_MSGID};
pub use self::about::{REACTION_LENGTH_MAX, REACTIONS_MAX};
pub use self::log::{Fate, Kind, Log, MESSAGES_MAX, Message, UNCONFIRMED_MAX};
use self::messages::Batch;
pub(crate) use self::messages::{kind_and_text, on_the_wire, tag};
pub(crate) use self::partners::PARTNER;
pub use self::pins::PINS_MAX;
pub(crate) use self::pins::{METADATA, PINS};
use self::ranks::Ranks;

/// Rooms, and conversations, that are kept; what a server says of more is ignored.
pub const ROOMS_MAX: usize = 1_000;

/// People of one room that are kept.
pub const PEOPLE_MAX: usize = 100_000;

/// Server notices that are kept; the oldest go first.
pub const NOTICES_MAX: usize = 200;

/// Batches that may be open at once.
const BATCHES_MAX: usize = 64;

/// What a client sees.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// It begins to connect.
    Connecting,
    /// The connection is there.
    Open,
    /// The connection is gone.
    Close,
    /// A line from the server, without its ending. Of several lines that are one message, LF may stand in the last parameter.
    In(&'a str),
    /// A line that we send, without its ending; several that are one message as above.
    Out(&'a str),
    /// A line with an id of ours, which is sent as soon as that is possible; several that are one message as above.
    Keep(&'a str),
    /// What was kept under an id of ours and not sent yet is said in these instead, which are such lines themselves.
    Cut {
        /// The room or person.
        target: &'a str,
        /// Our own id of it.
        id: &'a str,
        /// The lines.
        lines: &'a [String],
    },
    /// What we know of a message is not there any more, as its history has shown.
    Gone {
        /// The room or person.
        target: &'a str,
        /// Its id.
        msgid: &'a str,
    },
    /// Whether nothing that was said before what we know can be had.
    Begins {
        /// The room or person.
        target: &'a str,
        /// Whether that is so.
        begins: bool,
    },
}

/// Something of ours that the server has not confirmed: who has it may say it again, and it is said once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Our own id of it.
    pub id: String,
    /// The room or person.
    pub target: String,
    /// How it is said.
    pub kind: Kind,
    /// What is said, without CTCP framing.
    pub text: String,
    /// The id of the message that it answers.
    pub about: Option<String>,
}

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// There is none.
    #[default]
    Offline,
    /// It is being made.
    Connecting,
    /// It is there; the server does not know us yet.
    Registering,
    /// We are in.
    Online,
}

/// A room that we are or were in.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// As it was first spelt.
    pub name: String,
    /// `None`: nobody set one.
    pub topic: Option<String>,
    /// Whether we are in it now.
    pub joined: bool,
    /// What was said in it.
    pub log: Log,
    /// Nicks by their ASCII lower case.
    people: BTreeMap<String, String>,
    /// Our own ranks, by their letters in MODE.
    ranks: String,
    /// `None`: not known yet.
    pins: Option<Vec<String>>,
}

impl Room {
    /// Who is in it, ourselves included, ordered by ASCII lower case.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &str> {
        self.people.values().map(String::as_str)
    }
}

/// A conversation with one person.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// The other's nick, as it was first spelt.
    pub name: String,
    /// What was said.
    pub log: Log,
    /// The other one's, if it is known.
    number: Option<String>,
}

impl Conversation {
    /// One with somebody with whom nothing was said yet.
    pub fn with(name: &str) -> Self {
        Conversation { name: name.to_owned(), ..Conversation::default() }
    }
}

/// Everything a client knows. A clone is cheap: rooms and messages are shared until they change.
#[derive(Debug, Clone)]
pub struct State {
    /// How far the connection is.
    pub phase: Phase,
    /// What we are called, or want to be called before the server has said it.
    pub nick: String,
    /// What the server said to us, oldest first.
    pub notices: VecDeque<Arc<str>>,
    rooms: BTreeMap<String, Arc<Room>>,
    direct: BTreeMap<String, Arc<Conversation>>,
    capabilities: BTreeSet<String>,
    ranks: Ranks,
    batches: BTreeMap<String, Batch>,
    /// Which conversations go by another name since the last line, from and to.
    moved: Vec<(String, String)>,
}

/// A message that has found its place.
#[derive(Debug, Clone)]
pub struct Added {
    /// The room or the other person, as first spelt.
    pub target: String,
    /// What was said.
    pub message: Arc<Message>,
    /// Whether it came out of the history and not live.
    pub history: bool,
}

impl State {
    /// Before anything was seen. `me` is the nick wanted.
    pub fn new(me: &str) -> Self {
        Self {
            phase: Phase::Offline,
            nick: me.to_owned(),
            notices: VecDeque::new(),
            rooms: BTreeMap::new(),
            direct: BTreeMap::new(),
            capabilities: BTreeSet::new(),
            ranks: Ranks::default(),
            batches: BTreeMap::new(),
            moved: Vec::new(),
        }
    }

    /// Every room, in the order of their names.
    pub fn rooms(&self) -> impl Iterator<Item = &Arc<Room>> {
        self.rooms.values()
    }

    /// A room by its name, in any case of A-Z.
    pub fn room(&self, name: &str) -> Option<&Arc<Room>> {
        self.rooms.get(&fold(name))
    }

    /// Every conversation with one person, in the order of their names.
    pub fn conversations(&self) -> impl Iterator<Item = &Arc<Conversation>> {
        self.direct.values()
    }

    /// The conversation with one person.
    pub fn conversation(&self, nick: &str) -> Option<&Arc<Conversation>> {
        self.direct.get(&fold(nick))
    }

    /// What was said in a room or with a person.
    pub fn log(&self, target: &str) -> Option<&Log> {
        if target.starts_with('#') {
            self.room(target).map(|room| &room.log)
        } else {
            self.conversation(target).map(|conversation| &conversation.log)
        }
    }

    /// Whether the server granted a capability on this connection.
    pub fn has_capability(&self, name: &str) -> bool {
        self.capabilities.contains(name)
    }

    /// Whether [`Client::history`](crate::Client::history) may give something that was said before what is known.
    pub fn may_have_earlier(&self, target: &str) -> bool {
        let can_ask = ["batch", "draft/chathistory"].iter().all(|name| self.has_capability(name));
        let is_here = !target.starts_with('#') || self.room(target).is_some_and(|room| room.joined);
        let is_open = |log: &Log| !log.begins() && !log.is_empty() && log.confirmed().len() < MESSAGES_MAX;
        self.phase == Phase::Online && can_ask && is_here && self.log(target).is_some_and(is_open)
    }

    /// Whether a nick is ours.
    pub fn is_me(&self, nick: &str) -> bool {
        nick.eq_ignore_ascii_case(&self.nick)
    }

    /// Takes one thing that was seen. Says which message it added, if it did.
    pub fn apply(&mut self, input: Input<'_>) -> Option<Added> {
        self.moved.clear();
        match input {
            Input::Connecting => self.phase = Phase::Connecting,
            Input::Open => self.open(),
            Input::Close => self.close(),
            Input::In(line) => return self.line_in(&irc::Message::parse_with_breaks(line).ok()?),
            Input::Out(line) => return self.line_out(&irc::Message::parse_with_breaks(line).ok()?),
            Input::Keep(line) => self.keep(&irc::Message::parse_with_breaks(line).ok()?),
            Input::Cut { target, id, lines } => self.cut(target, id, lines),
            Input::Gone { target, msgid } => {
                if let Some(log) = self.log_mut(target) {
                    log.take_back(msgid);
                }
            }
            Input::Begins { target, begins } => {
                if self.log(target).is_some_and(|log| log.begins() != begins)
                    && let Some(log) = self.log_mut(target)
                {
                    log.set_begins(begins);
                }
            }
        }
        None
    }

    fn open(&mut self) {
        self.phase = Phase::Registering;
        self.batches.clear();
        self.capabilities.clear();
        self.ranks = Ranks::default();
    }

    fn close(&mut self) {
        self.phase = Phase::Offline;
        self.batches.clear();
        let is_said_once = self.has_capability(CLIENT_ID_TAG);
        for room in self.rooms.values_mut() {
            if room.joined || room.log.has_pending() {
                let room = Arc::make_mut(room);
                room.joined = false;
                room.log.lose(is_said_once);
            }
        }
        for conversation in self.direct.values_mut().filter(|conversation| conversation.log.has_pending()) {
            Arc::make_mut(conversation).log.lose(is_said_once);
        }
    }

    fn line_in(&mut self, line: &irc::Message<'_>) -> Option<Added> {
        if matches!(line.command, "PRIVMSG" | "NOTICE") {
            return self.message_in(line);
        }
        match line.command {
            "BATCH" => self.batch(line),
            "TAGMSG" => self.reacted(line),
            "REDACT" => self.redacted(line),
            "EDIT" => self.edited(line),
            _ if self.history_target(line).is_none() => self.event(line),
            _ => {}
        }
        None
    }

    /// Everything but messages and batches.
    fn event(&mut self, line: &irc::Message<'_>) {
        let who = line.source_nick().unwrap_or_default();
        let params = line.params;
        match (line.command, &params[..]) {
            ("CAP", [_, "ACK", .., list]) => self.capabilities_granted(list),
            ("001", [nick, ..]) => self.nick = (*nick).to_owned(),
            ("005", [_, tokens @ .., _]) => self.supported(tokens),
            ("376" | "422", _) => self.phase = Phase::Online,
            ("JOIN", [room, ..]) => self.join(who, room),
            ("PART", [room, ..]) => self.leave(who, room),
            ("KICK", [room, nick, reason @ ..]) => self.kick(who, nick, room, reason.first().unwrap_or(&"")),
            ("INVITE", [nick, room, ..]) if self.is_me(nick) && room.starts_with('#') => {
                self.push_notice(&format!("{who} invites you to {room}"));
            }
            ("QUIT", _) => self.quit(who),
            ("NICK", [to, ..]) => self.rename(who, to),
            ("RENAME", [from, to, ..]) if to.starts_with('#') => self.rename_room(from, to),
            ("TOPIC", [room, topic]) | ("332", [_, room, topic]) => self.topic(room, topic),
            ("331", [_, room, ..]) => self.topic(room, ""),
            ("353", [_, _, room, names]) => self.names(room, names),
            ("MODE", _) => self.moded(line),
            ("METADATA", told) | ("761", [_, told @ ..]) => self.pinned(told),
            ("766", [_, room, key, ..]) => self.pinned(&[room, key, "*"]),
            _ => {}
        }
        self.failure(line);
        self.notice(line);
    }

    fn capabilities_granted(&mut self, list: &str) {
        for name in list.split(' ').filter(|name| !name.is_empty()) {
            match name.strip_prefix('-') {
                Some(gone) => _ = self.capabilities.remove(gone),
                None => _ = self.capabilities.insert(name.to_owned()),
            }
        }
    }

    fn supported(&mut self, tokens: &[&str]) {
        for (name, value) in tokens.iter().map(|token| token.split_once('=').unwrap_or((token, ""))) {
            self.ranks.supported(name, value);
        }
    }

    fn room_mut(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.get_mut(&fold(name)).map(Arc::make_mut)
    }

    fn join(&mut self, who: &str, name: &str) {
        let me = self.is_me(who);
        if me && self.room(name).is_none() && self.rooms.len() < ROOMS_MAX {
            let room = Room { name: name.to_owned(), ..Room::default() };
            self.rooms.insert(fold(name), Arc::new(room));
        }
        let Some(room) = self.room_mut(name) else {
            return;
        };
        if me {
            room.joined = true;
            room.people.clear();
            room.ranks.clear();
            room.pins = None;
        }
        room.enter(who);
    }

    fn leave(&mut self, who: &str, name: &str) {
        let me = self.is_me(who);
        let Some(room) = self.room_mut(name) else {
            return;
        };
        room.people.remove(&fold(who));
        if me {
            room.joined = false;
            room.people.clear();
        }
    }

    fn kick(&mut self, by: &str, who: &str, room: &str, reason: &str) {
        self.leave(who, room);
        if !self.is_me(who) || self.room(room).is_none() {
            return;
        }
        self.push_notice(&match why_put_out(by, reason) {
            None => format!("{by} put you out of {room}"),
            Some(why) => format!("{by} put you out of {room}: {why}"),
        });
    }

    fn quit(&mut self, who: &str) {
        let who = fold(who);
        for room in self.rooms.values_mut().filter(|room| room.people.contains_key(&who)) {
            Arc::make_mut(room).people.remove(&who);
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        if self.is_me(from) {
            self.nick = to.to_owned();
        }
        let (old, new) = (fold(from), fold(to));
        for room in self.rooms.values_mut().filter(|room| room.people.contains_key(&old)) {
            let people = &mut Arc::make_mut(room).people;
            people.remove(&old);
            people.insert(new.clone(), to.to_owned());
        }
        let free = old == new || !self.direct.contains_key(&new);
        if free && let Some(mut conversation) = self.direct.remove(&old) {
            Arc::make_mut(&mut conversation).name = to.to_owned();
            self.direct.insert(new, conversation);
        }
    }

    /// A room goes by another name: all that is known of it goes with it, and nothing is left of another that had it.
    fn rename_room(&mut self, from: &str, to: &str) {
        if let Some(mut room) = self.rooms.remove(&fold(from)) {
            Arc::make_mut(&mut room).name = to.to_owned();
            self.rooms.insert(fold(to), room);
        }
    }

    fn topic(&mut self, room: &str, topic: &str) {
        if let Some(room) = self.room_mut(room) {
            room.topic = Some(topic.to_owned()).filter(|topic| !topic.is_empty());
        }
    }

    fn names(&mut self, room: &str, names: &str) {
        let (ranks, me) = (self.ranks.clone(), self.nick.clone());
        let Some(room) = self.room_mut(room) else {
            return;
        };
        for name in names.split(' ') {
            let nick = name.trim_start_matches(|sign| ranks.signs.contains(sign));
            let nick = nick.split('!').next().unwrap_or(nick);
            room.enter(nick);
            if nick.eq_ignore_ascii_case(&me) {
                room.ranks = ranks.of_name(name);
            }
        }
    }

    /// A line that refuses one of our messages.
    fn failure(&mut self, line: &irc::Message<'_>) {
        let numeric = line.numeric().is_some_and(|code| (400..600).contains(&code));
        if line.command != "FAIL" && !numeric {
            return;
        }
        let passes = line.params.get(1) == Some("TEMPORARILY_UNAVAILABLE");
        let again = line.command == "FAIL" && passes && self.has_capability(CLIENT_ID_TAG);
        let fate = if again { Fate::Waiting } else { Fate::Refused };
        if let Some(label) = self.label(line) {
            self.refuse_labelled(&label, fate);
        } else if let ("FAIL", ["PRIVMSG" | "NOTICE", _, target, ..]) = (line.command, &line.params[..])
            && let Some(log) = self.log_mut(target)
        {
            log.refuse_first(fate);
        }
    }

    fn notice(&mut self, line: &irc::Message<'_>) {
        let told = match line.command {
            "FAIL" => line.params.first() != Some(&"CHATHISTORY"),
            "WARN" | "NOTE" | "ERROR" => true,
            _ => match line.numeric() {
                Some(422) => false,
                Some(433) => self.phase == Phase::Online,
                code => code.is_some_and(|code| (400..600).contains(&code)),
            },
        };
        if !told {
            return;
        }
        match (line.command, &line.params[..]) {
            // Without the room's name it would say little.
            (code, [_, room, .., text]) if NOT_LET_IN.contains(&code) => self.push_notice(&format!("{room}: {text}")),
            (_, [.., text]) => self.push_notice(text),
            _ => {}
        }
    }

    fn push_notice(&mut self, text: &str) {
        self.notices.push_back(Arc::from(text));
        if self.notices.len() > NOTICES_MAX {
            self.notices.pop_front();
        }
    }
}

impl Room {
    fn enter(&mut self, nick: &str) {
        if !nick.is_empty() && self.people.len() < PEOPLE_MAX {
            self.people.entry(fold(nick)).or_insert_with(|| nick.to_owned());
        }
    }
}

/// Why one was put out of a room; servers give the nick as the reason when there is none.
pub(crate) fn why_put_out<'a>(by: &str, reason: &'a str) -> Option<&'a str> {
    Some(reason).filter(|reason| !reason.is_empty() && *reason != by)
}

/// Numerics that say why one is not let into a room, whose name stands in them.
pub(crate) const NOT_LET_IN: [&str; 8] = ["403", "405", "471", "473", "474", "475", "476", "477"];

/// The tag, and the capability, of a client's own id of a message.
pub(crate) const CLIENT_ID_TAG: &str = vendor!("client-msgid");

/// The wire's casemapping: names match without regard to the case of A-Z.
pub(crate) fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}
