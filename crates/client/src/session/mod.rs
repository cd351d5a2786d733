//! One client's side of the protocol, without a socket and without a clock: lines, commands and the
//! passing of time go in, lines and events come out. It registers, keeps the connection alive, comes
//! back after a drop, says what waits to be said, and fills what was missed.

mod conversations;
mod deeds;
mod happenings;
mod history;
mod login;
mod multiline;
mod outbox;
mod owning;
mod registration;
mod renaming;
mod search;
mod sending;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::{BTreeMap, VecDeque};

use teahouse_proto::irc::{LineBuilder, Message, without_secrets};
use teahouse_proto::names::{Nick, RoomName};

use self::conversations::Conversations;
use self::deeds::Rewords;
pub(crate) use self::deeds::{Deed, PINS_UNKNOWN_TEXT};
use self::history::History;
use self::login::Account;
use self::multiline::{Multiline, Piece};
use self::owning::Owning;
pub(crate) use self::owning::Wish;
use self::registration::Registration;
use self::search::{OFFLINE, Searches};
pub(crate) use self::sending::Said;
use self::sending::{Answered, Sending, refusal};
use crate::client::CommandError;
use crate::event::{Direction, Event, Outcome, Seen};
use crate::options::{Options, Retry};
use crate::state::{Input, State, Unsent, fold};

/// Nothing heard for so long: the server is asked whether it lives.
const PING_AFTER_MS: u64 = 30_000;

/// No answer for so long: it does not.
const DEAD_AFTER_MS: u64 = 15_000;

/// Registration takes no longer.
const REGISTER_MS: u64 = 30_000;

/// After QUIT the server has so long to say goodbye.
const QUIT_MS: u64 = 2_000;

/// The first wait before a new try, and the longest; each wait is twice the one before.
const RETRY_FIRST_MS: u64 = 500;
const RETRY_MOST_MS: u64 = 30_000;

/// What the session wants done.
#[derive(Debug)]
pub(crate) enum Output {
    /// Make a connection, then say [`Session::connected`] or [`Session::disconnected`].
    Connect,
    /// Send this line.
    Send(String),
    /// Drop the connection once everything is sent.
    Disconnect,
    /// Tell the program.
    Event(Event),
    /// What became of something said.
    Outcome(SayId, Outcome),
    /// There is nothing more to do, ever.
    End,
}

/// Names one call of [`Command::Say`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SayId(pub(crate) u64);

/// What a program wants; checked already for what would break a line.
#[derive(Debug)]
pub(crate) enum Command {
    /// Be in a room from now on.
    Join(RoomName),
    /// Be in it no longer.
    Part(String),
    /// Say something, in as few messages as hold it.
    Say { id: SayId, said: Said },
    /// Say what an earlier client could not; the first of it has this name, the others have the next.
    Bring { first: SayId, unsent: Vec<Unsent> },
    /// Do something with a message.
    Do { target: String, msgid: String, deed: Deed },
    /// Set a room's topic; empty takes it away.
    Topic { room: String, topic: String },
    /// Be called something else.
    Nick(Nick),
    /// Find what was said.
    Search { text: String, before: Option<String> },
    /// Fetch what stands around a message.
    Around { target: String, msgid: String },
    /// Make the name that we go by our own.
    Register { password: String },
    /// Do something with our account, whose password is shown for that.
    Own { current: String, wish: Wish },
    /// Fetch what was said before the oldest known message.
    History { target: String },
    /// Any line.
    Raw(String),
    /// Connect now and not when the wait is over.
    Retry,
    /// Go, for good.
    Quit { reason: String },
}

/// How far the connection is, and what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting { until_ms: u64 },
    Connecting,
    Registering { until_ms: u64 },
    Online,
    Leaving { until_ms: u64 },
    Over,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Session {
    options: Options,
    /// A random number.
    chance: fn() -> u64,
    state: State,
    output: VecDeque<Output>,
    stage: Stage,
    now_ms: u64,
    heard_ms: u64,
    pinged_ms: Option<u64>,
    /// Since when the last connection is gone, if there was one.
    offline_ms: Option<u64>,
    /// Since when we are in.
    online_ms: u64,
    tries: u32,
    arrived: bool,
    token: Option<String>,
    /// Why the connection will go, if that is known before it goes.
    farewell: Option<String>,
    /// Whether there is no use in another try.
    hopeless: bool,
    /// The rooms to be in, by their folded names.
    wanted: BTreeMap<String, String>,
    registration: Registration,
    account: Account,
    owning: Owning,
    history: History,
    conversations: Conversations,
    searches: Searches,
    multiline: Multiline,
    sending: Sending,
    rewords: Rewords,
}

impl Session {
    /// Begins to connect at once. What the options bring along to be said is named by the first numbers from 0.
    pub(crate) fn new(options: Options, now_ms: u64, chance: fn() -> u64) -> Self {
        let wanted =
            options.rooms.iter().flatten().map(|room| (fold(room.as_str()), room.as_str().to_owned())).collect();
        let mut session = Self {
            state: State::new(options.nick.as_str()),
            output: VecDeque::new(),
            stage: Stage::Over,
            now_ms,
            heard_ms: now_ms,
            pinged_ms: None,
            offline_ms: None,
            online_ms: now_ms,
            tries: 0,
            arrived: false,
            token: options.token.clone(),
            farewell: None,
            hopeless: false,
            wanted,
            registration: Registration::default(),
            account: Account::default(),
            owning: Owning::default(),
            history: History::default(),
            conversations: Conversations::default(),
            searches: Searches::default(),
            multiline: Multiline::default(),
            sending: Sending::default(),
            rewords: Rewords::default(),
            options,
            chance,
        };
        for (unsent, say) in std::mem::take(&mut session.options.unsent).iter().zip(0..) {
            session.say_unsent(SayId(say), unsent);
        }
        session.connect();
        session
    }

    /// What the client knows.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// What to do next.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.output.pop_front()
    }

    /// The connection is there.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        if self.stage != Stage::Connecting {
            return self.output.push_back(Output::Disconnect);
        }
        self.heard_ms = now_ms;
        self.pinged_ms = None;
        self.stage = Stage::Registering { until_ms: now_ms + REGISTER_MS };
        self.state.apply(Input::Open);
        self.event(Event::Registering);
        self.begin_registration();
    }

    /// The connection is gone, or could not be made.
    pub(crate) fn disconnected(&mut self, now_ms: u64, reason: &str) {
        self.now_ms = now_ms;
        if self.stage == Stage::Over {
            return;
        }
        let leaving = matches!(self.stage, Stage::Leaving { .. });
        self.state.apply(Input::Close);
        if self.stage == Stage::Online {
            self.offline_ms = Some(now_ms);
        }
        self.lose_sent();
        self.interrupt_history();
        self.interrupt_conversations();
        self.interrupt_account();
        self.interrupt_owning();
        self.interrupt_searches();
        self.multiline.interrupt();
        let reason = self.farewell.take().unwrap_or_else(|| reason.to_owned());
        let again = !leaving
            && !self.hopeless
            && match self.options.retry {
                Retry::Never => false,
                Retry::OnceOnline => self.arrived,
                Retry::Always => true,
            };
        if !again {
            return self.end(reason);
        }
        let wait_ms = (RETRY_FIRST_MS << self.tries.min(8)).min(RETRY_MOST_MS);
        // Between half of it and all of it, so that many clients do not come back in step.
        let wait_ms = wait_ms / 2 + (self.chance)() % (wait_ms / 2 + 1);
        self.tries = self.tries.saturating_add(1);
        self.stage = Stage::Waiting { until_ms: now_ms + wait_ms };
        self.event(Event::Offline { reason, retry_in_ms: Some(wait_ms) });
    }

    /// When [`Session::tick`] is due.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        let stage_ms = match self.stage {
            Stage::Waiting { until_ms } | Stage::Registering { until_ms } | Stage::Leaving { until_ms } => {
                Some(until_ms)
            }
            Stage::Online => {
                Some(self.pinged_ms.map_or(self.heard_ms + PING_AFTER_MS, |pinged| pinged + DEAD_AFTER_MS))
            }
            Stage::Connecting | Stage::Over => None,
        };
        [stage_ms, self.sending_deadline_ms(), self.history.deadline_ms()].into_iter().flatten().min()
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.expire_sent();
        self.expire_history();
        match self.stage {
            Stage::Waiting { until_ms } if now_ms >= until_ms => self.connect(),
            Stage::Registering { until_ms } if now_ms >= until_ms => {
                self.drop_connection("the server did not answer");
            }
            Stage::Leaving { until_ms } if now_ms >= until_ms => self.drop_connection("left"),
            Stage::Online => self.keep_alive(),
            _ => {}
        }
    }

    fn keep_alive(&mut self) {
        match self.pinged_ms {
            Some(pinged) if self.now_ms >= pinged + DEAD_AFTER_MS => {
                self.drop_connection("the server does not answer any more");
            }
            None if self.now_ms >= self.heard_ms + PING_AFTER_MS => {
                self.pinged_ms = Some(self.now_ms);
                self.send_with(|line| _ = line.command("PING").param("alive"));
            }
            _ => {}
        }
    }

    /// A line has come.
    pub(crate) fn line(&mut self, now_ms: u64, text: &str) {
        self.now_ms = now_ms;
        self.heard_ms = now_ms;
        self.pinged_ms = None;
        self.show_line(Direction::In, text);
        let Ok(line) = Message::parse(text) else {
            return;
        };
        match self.multiline.take(&line, text) {
            Piece::None => self.whole_line(text, &line),
            Piece::Kept => {}
            Piece::Whole(text) => {
                if let Ok(line) = Message::parse_with_breaks(&text) {
                    self.whole_line(&text, &line);
                }
            }
        }
    }

    /// A line that stands for itself, or a message of several.
    fn whole_line(&mut self, text: &str, line: &Message<'_>) {
        if self.search_line(line) || self.hold_back(line, text) {
            return;
        }
        for row in self.whole_answer(line) {
            if let Ok(line) = Message::parse_with_breaks(&row) {
                self.take_in(&row, &line);
            }
        }
        self.take_in(text, line);
    }

    fn take_in(&mut self, text: &str, line: &Message<'_>) {
        // Whose history it is, and which of our messages it answers, is known only before it is taken in.
        let row = self.history_row(line);
        if row.is_none() {
            self.heard(line);
        }
        let label = self.state.label(line);
        let added = self.state.apply(Input::In(text));
        self.conversations_moved();
        if line.command == "PING" {
            let token = line.params.last().copied().unwrap_or_default().to_owned();
            self.send_with(|line| _ = line.command("PONG").trailing(&token));
        }
        let answered = self.answered(line, label.as_deref(), row.is_some());
        match added {
            Some(added) if row.is_some() => self.history_message(added),
            Some(added) => self.live_message(added),
            None => {}
        }
        self.register(line);
        self.account_line(line);
        if answered == Answered::Done && !self.owning_line(line, label.as_deref()) {
            self.happened(line);
        }
        if row.is_none() {
            self.renamed_line(line);
            self.pins_line(line);
            self.rewords_line(line, label.as_deref());
        }
        self.history_line(line);
        self.conversations_line(line);
    }

    /// The program wants something.
    pub(crate) fn command(&mut self, now_ms: u64, command: Command) {
        self.now_ms = now_ms;
        let online = self.stage == Stage::Online;
        match command {
            Command::Say { id, said } => self.say(id, &said),
            Command::Bring { first, unsent } => self.bring(first, &unsent),
            Command::Join(room) => {
                self.wanted.insert(fold(room.as_str()), room.as_str().to_owned());
                if online {
                    self.send_with(|line| _ = line.command("JOIN").param(room.as_str()));
                }
            }
            Command::Part(room) => {
                self.wanted.remove(&fold(&room));
                if online {
                    self.send_with(|line| _ = line.command("PART").param(&room));
                }
            }
            Command::Retry => {
                if let Stage::Waiting { .. } = self.stage {
                    self.connect();
                }
            }
            Command::Quit { reason } => self.quit(&reason),
            Command::Topic { room, topic } if online => {
                self.send_with(|line| _ = line.command("TOPIC").param(&room).trailing(&topic));
            }
            Command::Nick(nick) if online => {
                self.send_with(|line| _ = line.command("NICK").param(nick.as_str()));
            }
            Command::Do { target, msgid, deed } if online => self.do_with(&target, &msgid, deed),
            // It was taken while there was a connection.
            Command::Do { target, msgid, deed: Deed::Edit { words } } => self.keep_words(&target, &msgid, words, None),
            Command::Do { target, msgid, deed: Deed::LookUp } => self.event(Event::NotLookedUp { target, msgid }),
            Command::Search { text, before } if online => self.search(&text, before.as_deref()),
            Command::Search { .. } => {
                let text = CommandError::Offline.to_string();
                self.event(Event::Refused(refusal(OFFLINE, "SEARCH", &[&text])));
            }
            Command::Around { target, msgid } => self.ask_around(&target, &msgid),
            Command::Register { password } if online => self.register_name(password),
            Command::Own { current, wish } if online => self.own(&current, wish),
            Command::Own { .. } => self.own_not(),
            Command::History { target } => self.ask_older(&target),
            Command::Raw(line) if online => self.send(line),
            Command::Do { .. }
            | Command::Topic { .. }
            | Command::Nick(_)
            | Command::Register { .. }
            | Command::Raw(_) => {}
        }
    }

    fn connect(&mut self) {
        self.stage = Stage::Connecting;
        self.farewell = None;
        self.state.apply(Input::Connecting);
        self.event(Event::Connecting);
        self.output.push_back(Output::Connect);
    }

    fn quit(&mut self, reason: &str) {
        match self.stage {
            Stage::Online | Stage::Registering { .. } => {
                self.send_with(|line| _ = line.command("QUIT").trailing(reason));
                self.stage = Stage::Leaving { until_ms: self.now_ms + QUIT_MS };
            }
            Stage::Waiting { .. } | Stage::Connecting => self.end("left".to_owned()),
            Stage::Leaving { .. } | Stage::Over => {}
        }
    }

    fn drop_connection(&mut self, reason: &str) {
        self.farewell.get_or_insert_with(|| reason.to_owned());
        // Until the connection is gone nothing else is due.
        self.stage = match self.stage {
            Stage::Leaving { .. } => Stage::Leaving { until_ms: u64::MAX },
            _ => Stage::Registering { until_ms: u64::MAX },
        };
        self.output.push_back(Output::Disconnect);
    }

    fn end(&mut self, reason: String) {
        self.end_history();
        self.end_sending();
        self.end_owning();
        self.stage = Stage::Over;
        self.event(Event::Offline { reason, retry_in_ms: None });
        self.output.push_back(Output::End);
    }

    fn send_with(&mut self, write: impl FnOnce(&mut LineBuilder<'_>)) {
        let mut buffer = Vec::new();
        write(&mut LineBuilder::new(&mut buffer));
        // Only whole strings were written.
        self.send(String::from_utf8_lossy(&buffer).into_owned());
    }

    fn send(&mut self, text: String) {
        self.state.apply(Input::Out(&text));
        self.put_on_wire(text);
    }

    fn put_on_wire(&mut self, text: String) {
        self.show_line(Direction::Out, &text);
        self.output.push_back(Output::Send(text));
    }

    /// Tells those who watch of a line, without what is nobody's business.
    fn show_line(&mut self, direction: Direction, text: &str) {
        if self.options.raw_lines {
            self.event(Event::Line { direction, text: without_secrets(text).into_owned() });
        }
    }

    fn event(&mut self, event: Event) {
        self.output.push_back(Output::Event(event));
    }

    fn message_event(&mut self, target: String, message: std::sync::Arc<crate::state::Message>, seen: Seen) {
        self.event(Event::Message { target, message, seen });
    }
}

/// Whether a word that a server has given may be sent back to it as a parameter of its own.
pub(crate) fn is_plain(word: &str) -> bool {
    !word.is_empty() && !word.starts_with(':') && !word.contains([' ', ',', '\0', '\r', '\n'])
}
