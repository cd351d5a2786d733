//! What a program holds: a handle that takes commands, and a stream of events.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use teahouse_proto::irc::Message;
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, TOPIC_BYTES_MAX};
use teahouse_proto::names::{NameError, Nick, RoomName};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::driver::{Driver, InOutbox, Request};
use crate::event::{Event, Outcome};
use crate::options::Options;
use crate::session::{Command, PINS_UNKNOWN_TEXT, Said, SayId};
use crate::state::{Kind, Phase, State, UNCONFIRMED_MAX, Unsent};

/// Commands that wait; one more is refused.
const REQUESTS_MAX: usize = 256;

/// Events that wait; with more, nothing is read from the server until some are taken.
const EVENTS_MAX: usize = 1_024;

/// A text longer than this is refused, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Lines that wait to be said or to be confirmed; what would be more is refused. As many are kept of what is shown.
const OUTBOX_LINES_MAX: u32 = UNCONFIRMED_MAX as u32;

/// Longer words to search for are refused, in bytes: escaped they still fit on a line.
const SEARCH_BYTES_MAX: usize = 200;

/// Bytes of text that surely fit on a line, whatever stands around them; only to reckon how many lines a text has.
const LINE_BYTES: usize = 256;

/// A client of one server. A clone is the same client; with the last one it leaves.
#[derive(Debug, Clone)]
pub struct Client {
    requests: mpsc::Sender<Request>,
    state: watch::Receiver<Arc<State>>,
    ids: Arc<AtomicU64>,
    /// What is left of the outbox, in lines.
    outbox: Arc<Semaphore>,
}

/// What happens, in order. Dropped, nobody listens, and the client goes on.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

/// Why a command was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no connection.
    #[error("not connected")]
    Offline,
    /// The client has ended.
    #[error("the client has left")]
    Over,
    /// Too many commands wait already.
    #[error("too many commands are waiting; try again in a moment")]
    Full,
    /// No room or person can be called that.
    #[error("{0}: {1}")]
    Name(String, NameError),
    /// Too much waits to be said.
    #[error("too much is waiting to be sent already; this was not taken")]
    OutboxFull,
    /// There is nothing in the text.
    #[error("there is nothing to say")]
    Empty,
    /// The text is longer than anybody says at once.
    #[error("the text is too long")]
    TooLong,
    /// The line is no line of the protocol.
    #[error("that is no line of the protocol")]
    Line,
    /// A new password for an account stands in the middle of a line.
    #[error("a new password can have no spaces in it here, nor begin with a colon")]
    PasswordNoWord,
    /// As many messages are pinned in the room as can be: [`PINS_MAX`](crate::state::PINS_MAX).
    #[error("as many messages are pinned here as can be")]
    PinsFull,
    /// The server has not said yet what is pinned in the room, and a change would take it away.
    #[error("{PINS_UNKNOWN_TEXT}")]
    PinsUnknown,
}

impl Client {
    /// Begins to connect. MUST be called inside a Tokio runtime, in whose background the client lives.
    pub fn connect(options: Options) -> (Self, Events) {
        let (requests, requests_taken) = mpsc::channel(REQUESTS_MAX);
        let (events, events_taken) = mpsc::channel(EVENTS_MAX);
        let (shown, state) = watch::channel(Arc::new(State::new(options.nick.as_str())));
        let options = Options {
            realname: one_line(&options.realname),
            password: options.password.map(|password| one_line(&password)),
            ..options
        };
        // The first numbers are those of what is brought along.
        let ids = Arc::new(AtomicU64::new(options.unsent.len() as u64));
        let outbox = Arc::new(Semaphore::new(OUTBOX_LINES_MAX as usize));
        tokio::spawn(Driver::new(options, requests_taken, events, shown).run());
        (Self { requests, state, ids, outbox }, Events(events_taken))
    }

    /// What is known now.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    /// The same, with a way to wait for the next change.
    pub fn watch(&self) -> watch::Receiver<Arc<State>> {
        self.state.clone()
    }

    /// Joins a room, now or as soon as there is a connection, and again after each drop.
    pub fn join(&self, room: &str) -> Result<(), CommandError> {
        self.submit(Command::Join(room_name(room)?))
    }

    /// Leaves a room.
    pub fn part(&self, room: &str) -> Result<(), CommandError> {
        self.submit(Command::Part(room_name(room)?.as_str().to_owned()))
    }

    /// Says something, in as few messages as hold it, several lines in one where the server takes such: at once, or in order as
    /// soon as there is a connection. The receipt may be dropped. With a server that knows our ids it is said once, however
    /// often the connection breaks.
    pub fn say(&self, target: &str, text: &str) -> Result<Receipt, CommandError> {
        self.say_as(target, Kind::Privmsg, text)
    }

    /// Says something as a notice: programs do so, and do not answer to it.
    pub fn notice(&self, target: &str, text: &str) -> Result<Receipt, CommandError> {
        self.say_as(target, Kind::Notice, text)
    }

    /// Says what we do: `/me`.
    pub fn action(&self, target: &str, text: &str) -> Result<Receipt, CommandError> {
        self.say_as(target, Kind::Action, text)
    }

    /// Says what an earlier client had in its outbox, like [`Options::unsent`], once one knows whose it is:
    /// [`Event::Brought`] tells when the [`State`] has it.
    pub fn bring(&self, unsent: Vec<Unsent>) -> Result<(), CommandError> {
        let first = SayId(self.ids.fetch_add(unsent.len() as u64, Ordering::Relaxed));
        self.submit(Command::Bring { first, unsent })
    }

    fn say_as(&self, target: &str, kind: Kind, text: &str) -> Result<Receipt, CommandError> {
        self.say_it(Said { target: target_name(target)?, kind, text: text.to_owned(), about: None })
    }

    pub(crate) fn say_it(&self, said: Said) -> Result<Receipt, CommandError> {
        let room = lines(&said.text)?;
        let room = Arc::clone(&self.outbox).try_acquire_many_owned(room).map_err(|_| CommandError::OutboxFull)?;
        let (request, receipt) = self.saying(said, room);
        self.send(request)?;
        Ok(receipt)
    }

    /// Says something, and waits while too much is waiting. The receipt tells when it is stored.
    pub async fn say_queued(&self, target: &str, text: &str) -> Result<Receipt, CommandError> {
        let said = Said { target: target_name(target)?, kind: Kind::Privmsg, text: text.to_owned(), about: None };
        let room = Arc::clone(&self.outbox).acquire_many_owned(lines(text)?).await.map_err(|_| CommandError::Over)?;
        let (request, receipt) = self.saying(said, room);
        self.requests.send(request).await.map_err(|_| CommandError::Over)?;
        Ok(receipt)
    }

    /// Says something, and waits until it is stored or not.
    pub async fn say_stored(&self, target: &str, text: &str) -> Result<Outcome, CommandError> {
        Ok(self.say_queued(target, text).await?.await)
    }

    fn saying(&self, said: Said, room: OwnedSemaphorePermit) -> (Request, Receipt) {
        let id = SayId(self.ids.fetch_add(1, Ordering::Relaxed));
        let (told, receipt) = oneshot::channel();
        let command = Command::Say { id, said };
        (Request { command, said: Some((id, InOutbox { told, room })) }, Receipt(receipt))
    }

    /// Sets a room's topic; empty takes it away.
    pub fn set_topic(&self, room: &str, topic: &str) -> Result<(), CommandError> {
        if topic.len() > TOPIC_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        self.online()?;
        self.submit(Command::Topic { room: room_name(room)?.as_str().to_owned(), topic: one_line(topic) })
    }

    /// Asks for another name of a room; [`Event::RoomRenamed`] or [`Event::Refused`] answers.
    pub fn rename_room(&self, room: &str, to: &str) -> Result<(), CommandError> {
        let (room, to) = (room_name(room)?, room_name(to)?);
        self.raw(&format!("RENAME {} {} :", room.as_str(), to.as_str()))
    }

    /// Asks to be called something else.
    pub fn set_nick(&self, nick: &str) -> Result<(), CommandError> {
        let parsed = Nick::parse(nick).map_err(|error| CommandError::Name(nick.to_owned(), error))?;
        self.online()?;
        self.submit(Command::Nick(parsed))
    }

    /// Finds what was said by its words, with `before` what was said before the message of this id; [`Event::Found`]
    /// answers, or [`Event::Refused`]. The server has the capability `soju.im/search` if it can.
    pub fn search(&self, text: &str, before: Option<&str>) -> Result<(), CommandError> {
        if text.trim().is_empty() {
            return Err(CommandError::Empty);
        }
        if text.len() > SEARCH_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        self.online()?;
        self.submit(Command::Search { text: text.to_owned(), before: before.map(str::to_owned) })
    }

    /// Fetches what stands around a message, without taking it into the state; [`Event::Around`] answers.
    pub fn around(&self, target: &str, msgid: &str) -> Result<(), CommandError> {
        self.online()?;
        self.submit(Command::Around { target: target_name(target)?, msgid: msgid.to_owned() })
    }

    /// Fetches what was said before the oldest message known; [`Event::Older`] answers.
    pub fn history(&self, target: &str) -> Result<(), CommandError> {
        self.online()?;
        self.submit(Command::History { target: target_name(target)? })
    }

    /// Sends a line as it is.
    pub fn raw(&self, line: &str) -> Result<(), CommandError> {
        Message::parse(line).map_err(|_| CommandError::Line)?;
        let body = if line.starts_with('@') { line.split_once(' ').map_or("", |(_, body)| body) } else { line };
        if body.len() > MESSAGE_BODY_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        self.online()?;
        self.submit(Command::Raw(line.to_owned()))
    }

    /// Connects now, if it is waiting to.
    pub fn retry(&self) -> Result<(), CommandError> {
        self.submit(Command::Retry)
    }

    /// Leaves for good; the last event is [`Event::Offline`] without a next try.
    pub fn quit(&self, reason: &str) -> Result<(), CommandError> {
        let reason = one_line(reason);
        let end = reason.char_indices().map(|(at, _)| at).take_while(|at| *at <= 300).last().unwrap_or(0);
        let reason = if reason.len() <= 300 { reason } else { reason[..end].to_owned() };
        self.submit(Command::Quit { reason })
    }

    pub(crate) fn online(&self) -> Result<(), CommandError> {
        if self.state.borrow().phase == Phase::Online { Ok(()) } else { Err(CommandError::Offline) }
    }

    pub(crate) fn submit(&self, command: Command) -> Result<(), CommandError> {
        self.send(Request { command, said: None })
    }

    fn send(&self, request: Request) -> Result<(), CommandError> {
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => CommandError::Full,
            mpsc::error::TrySendError::Closed(_) => CommandError::Over,
        })
    }
}

/// Tells what became of something said, once.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<Outcome>);

impl Receipt {
    /// The outcome, if there is one by now. After that there is none.
    pub fn try_outcome(&mut self) -> Option<Outcome> {
        match self.0.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Outcome::Unknown),
        }
    }
}

impl Future for Receipt {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.0).poll(context).map(|outcome| outcome.unwrap_or(Outcome::Unknown))
    }
}

impl Events {
    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }

    /// The next event, for a thread outside of the runtime, which it makes wait.
    pub fn blocking_next(&mut self) -> Option<Event> {
        self.0.blocking_recv()
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_recv().ok()
    }
}

/// How many lines of the outbox a text takes.
fn lines(text: &str) -> Result<u32, CommandError> {
    let lines = text.split(['\r', '\n', '\0']).filter(|line| !line.trim().is_empty());
    let lines: usize = lines.map(|line| line.len().div_ceil(LINE_BYTES)).sum();
    match u32::try_from(lines).unwrap_or(u32::MAX) {
        0 => Err(CommandError::Empty),
        lines if lines > OUTBOX_LINES_MAX || text.len() > TEXT_BYTES_MAX => Err(CommandError::TooLong),
        lines => Ok(lines),
    }
}

pub(crate) fn room_name(room: &str) -> Result<RoomName, CommandError> {
    RoomName::parse(room).map_err(|error| CommandError::Name(room.to_owned(), error))
}

/// A room, or a person of any server, who may have a name that ours does not allow.
pub(crate) fn target_name(target: &str) -> Result<String, CommandError> {
    let bad = |error| CommandError::Name(target.to_owned(), error);
    if target.starts_with('#') {
        return room_name(target).map(|room| room.as_str().to_owned());
    }
    if target.is_empty() {
        return Err(bad(NameError::Empty));
    }
    if target.len() > TARGET_BYTES_MAX {
        return Err(bad(NameError::TooLong));
    }
    let harmful = |character: char| character.is_whitespace() || character.is_control() || ",!@*?".contains(character);
    match target.starts_with(':') || target.contains(harmful) {
        true => Err(bad(NameError::Forbidden)),
        false => Ok(target.to_owned()),
    }
}

/// Longest target, in bytes.
const TARGET_BYTES_MAX: usize = 64;

/// Without what would end a line.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], " ")
}
