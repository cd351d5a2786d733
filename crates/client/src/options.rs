//! What a client is told before it connects.

use std::fmt;

use teahouse_proto::names::{Nick, RoomName};

use crate::ServerUrl;
use crate::state::Unsent;

/// How to connect, and as whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the server is.
    pub url: ServerUrl,
    /// What to be called. If somebody is called that, a number is put behind it.
    pub nick: Nick,
    /// Said in USER; nobody needs to be told the truth.
    pub realname: String,
    /// The server's password, if it asks for one.
    pub password: Option<String>,
    /// The account to come in as; without one, one is a guest.
    pub login: Option<Login>,
    /// The guest token of an earlier visit: gives back the same seat.
    pub token: Option<String>,
    /// What to join on arrival; `None`: what the server proposes.
    pub rooms: Option<Vec<RoomName>>,
    /// Whether to fetch what was said before, and what was missed.
    pub history: bool,
    /// Whether every line becomes an event, for those who want to watch.
    pub raw_lines: bool,
    /// What to do when the connection fails.
    pub retry: Retry,
    /// What an earlier client had in its outbox ([`State::unsent`](crate::State::unsent)): it is said first.
    pub unsent: Vec<Unsent>,
}

/// An account, and what proves that it is one's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub account: String,
    /// Its password: sent as a proof that does not show it, and as it is only over TLS or to this very computer.
    pub password: String,
}

impl fmt::Debug for Login {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.account)
    }
}

/// When to connect again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Never: one connection, and the end.
    Never,
    /// Once the server was reached: a wrong address is told at once.
    OnceOnline,
    /// Always.
    Always,
}

impl Options {
    /// What a person's client wants: history, the server's rooms, and to be connected again and again.
    pub fn new(url: ServerUrl, nick: Nick) -> Self {
        Self {
            url,
            realname: nick.as_str().to_owned(),
            nick,
            password: None,
            login: None,
            token: None,
            rooms: None,
            history: true,
            raw_lines: false,
            retry: Retry::Always,
            unsent: Vec::new(),
        }
    }
}
