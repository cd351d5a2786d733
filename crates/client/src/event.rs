//! What a client hears of.

use std::sync::Arc;

use crate::state::{Kind, Message};

/// Something that happened. The [`State`](crate::State) has taken it in already.
#[derive(Debug, Clone)]
pub enum Event {
    /// A connection is being made.
    Connecting,
    /// The connection is there, and the server is told who we are.
    Registering,
    /// We are in.
    Online {
        /// What we are called.
        nick: String,
        /// What gives back this seat next time: worth keeping.
        token: Option<String>,
    },
    /// The connection is gone, or could not be made.
    Offline {
        /// Why, in words.
        reason: String,
        /// When it is tried again; `None`: it is not, and this is the last event.
        retry_in_ms: Option<u64>,
    },
    /// A line, if [`Options::raw_lines`](crate::Options::raw_lines) asked for it.
    Line {
        /// Which way it went.
        direction: Direction,
        /// As it was, without its ending, and without what is a secret: passwords, tokens, one-time codes.
        text: String,
    },
    /// Something was said.
    Message {
        /// The room, or the other person.
        target: String,
        /// What was said.
        message: Arc<Message>,
        /// How we came to know of it.
        seen: Seen,
    },
    /// What was missed is there, as far as it could be had.
    CaughtUp {
        /// The room, or the other person.
        target: String,
        /// How many messages were missed.
        messages: usize,
        /// How long the connection was gone.
        away_ms: u64,
        /// Whether there is no hole left.
        complete: bool,
    },
    /// The answer to [`Client::history`](crate::Client::history).
    Older {
        /// The room, or the other person.
        target: String,
        /// How many messages came.
        messages: usize,
        /// Whether there is nothing before them.
        beginning: bool,
    },
    /// Somebody, perhaps ourselves, came into a room.
    Joined {
        /// The room.
        room: String,
        /// Who.
        nick: String,
    },
    /// Somebody, perhaps ourselves, left a room.
    Left {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// Why, if it was said.
        reason: String,
        /// Who put them out; `None`: they went by themselves.
        by: Option<String>,
    },
    /// Somebody asks us into a room.
    Invited {
        /// The room.
        room: String,
        /// Who.
        by: String,
    },
    /// Somebody left the server.
    Quit {
        /// Who.
        nick: String,
        /// Why, if it was said.
        reason: String,
    },
    /// Somebody, perhaps ourselves, is called something else now; or a conversation is, with whoever is gone and whose nick
    /// another has.
    Renamed {
        /// Until now.
        from: String,
        /// From now on.
        to: String,
    },
    /// A room goes by another name; what is known of it goes with it.
    RoomRenamed {
        /// Until now.
        from: String,
        /// From now on.
        to: String,
    },
    /// A room's topic was told or changed.
    Topic {
        /// The room.
        room: String,
        /// Empty: there is none.
        topic: String,
        /// Who changed it; `None`: it was so when we came.
        by: Option<String>,
    },
    /// The list of a room's people is complete.
    People {
        /// The room.
        room: String,
    },
    /// The answer to [`Client::search`](crate::Client::search).
    Found {
        /// What was found, the newest first.
        found: Vec<Found>,
    },
    /// The answer to [`Client::around`](crate::Client::around).
    Around {
        /// Around which message.
        msgid: String,
        /// What stands there, the oldest first; nothing if it cannot be had.
        messages: Vec<Message>,
    },
    /// The answer to [`Client::look_up`](crate::Client::look_up).
    LookedUp {
        /// Where it was said.
        target: String,
        /// Its id.
        msgid: String,
        /// What was said; `None`: it is not there any more.
        message: Option<Box<Message>>,
    },
    /// The other answer to [`Client::look_up`](crate::Client::look_up): nobody knows now whether the message is there.
    NotLookedUp {
        /// Where it was said.
        target: String,
        /// Its id.
        msgid: String,
    },
    /// Somebody has put a message in other words.
    Edited {
        /// The room, or the other person.
        target: String,
        /// Which one.
        msgid: String,
        /// How it is said now; a notice stays one all the same.
        kind: Kind,
        /// The other words.
        text: String,
    },
    /// A message, or a reaction, was taken back by its author or by somebody who keeps order.
    TakenBack {
        /// The room, or the other person.
        target: String,
        /// Which one.
        msgid: String,
    },
    /// We are logged in to an account, or ours is called something else now.
    LoggedIn {
        /// Its name.
        account: String,
        /// What it is known by, whatever it is called: the salt of its password. `None`: the server has not told it.
        mark: Option<String>,
    },
    /// What [`Client::bring`](crate::Client::bring) brought is in the outbox.
    Brought,
    /// The name that we go by is ours from now on; after a drop the client logs in by itself.
    Registered {
        /// Our account's name.
        account: String,
    },
    /// Our account has another password, by which the client logs in from now on. What it is known by is told with the next
    /// login.
    PasswordChanged {
        /// Its name.
        account: String,
    },
    /// Our account is gone, and so is its name; the server closes the connection, and there will be no other.
    AccountEnded {
        /// What it was called.
        account: String,
    },
    /// What [`Client::change_password`](crate::Client::change_password) or
    /// [`Client::end_account`](crate::Client::end_account) asked for was refused, or nobody knows whether it was done.
    AccountRefused(Refusal),
    /// The server refused something.
    Refused(Refusal),
    /// The server, not a person, said something.
    Notice {
        /// What.
        text: String,
    },
}

/// Which way a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the server.
    In,
    /// To the server.
    Out,
}

/// How we came to know of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It was said just now.
    Live,
    /// It was said while we were away.
    Missed,
    /// It was said before we came.
    Before,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The room, or the other person.
    pub target: String,
    /// What was said.
    pub message: Message,
}

/// A refusal, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A numeric, or the code of a FAIL.
    pub code: String,
    /// What it is about: a room, a nick, a command; empty if nothing was named.
    pub about: String,
    /// In the server's words.
    pub text: String,
}

/// What became of something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has it, and has promised to keep it. Of a text that was cut in pieces this is the last.
    Stored {
        /// The server's id of it.
        msgid: Option<String>,
        /// When it was said.
        time: Option<String>,
    },
    /// It was sent to a server that confirms nothing.
    Sent,
    /// It was not even sent: there is no connection.
    NotSent,
    /// The connection was lost, or no answer came in time: it may have been said or not.
    Unknown,
    /// The server refused it.
    Refused(Refusal),
}
