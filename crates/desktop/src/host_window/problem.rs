//! What can go wrong for one who hosts, and the one line that says it with its remedy.
//!
//! In: the server's errors. Out: words in the language of the window where the error is of the kind that people meet,
//! else the server's own line.

use std::net::SocketAddr;

use teahouse_server::{BindError, SayError, StartError};

use crate::texts::Texts;

/// What went wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    /// What stands in the field is no address.
    NoAddress(String),
    /// What stands in the field is no port.
    NoPort(String),
    /// Another program listens there.
    PortTaken(SocketAddr),
    /// The address is not one of this machine's.
    NotOurAddress(SocketAddr),
    /// The system forbids the port.
    PortForbidden(SocketAddr),
    /// What was to be announced does not fit into a line.
    AnnouncementTooLong,
    /// Anything else, in the words of the server.
    Other(String),
}

impl Problem {
    /// The line that says it.
    pub(crate) fn words(&self, texts: &Texts) -> String {
        let at = |id: &str, address: &SocketAddr| {
            texts.with(id, &[("address", &address.ip().to_string()), ("port", &address.port().to_string())])
        };
        match self {
            Self::NoAddress(text) => texts.with("host-bad-address", &[("address", text)]),
            Self::NoPort(text) => texts.with("host-bad-port", &[("port", text)]),
            Self::PortTaken(address) => at("host-port-taken", address),
            Self::NotOurAddress(address) => at("host-not-our-address", address),
            Self::PortForbidden(address) => at("host-port-forbidden", address),
            Self::AnnouncementTooLong => texts.say("host-announcement-too-long"),
            Self::Other(words) => words.clone(),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Bind(BindError::Taken(address)) => Self::PortTaken(address),
            StartError::Bind(BindError::NoSuchAddress(address)) => Self::NotOurAddress(address),
            StartError::Bind(BindError::NotAllowed(address)) => Self::PortForbidden(address),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<SayError> for Problem {
    fn from(error: SayError) -> Self {
        match error {
            SayError::TooLong => Self::AnnouncementTooLong,
            other => Self::Other(other.to_string()),
        }
    }
}
