//! What can happen, and what is known of a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Takes;

/// How much of a text that a client chose an event keeps, in bytes, so that full queues stay small.
pub const EVENT_TEXT_BYTES_MAX: usize = 1024;

/// A connection's number, given at accept, unique for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A listener is open.
    Listening {
        /// Where, with the port that the system gave if none was asked for.
        address: SocketAddr,
        /// Which doors it has.
        takes: Takes,
    },
    /// Somebody connected; what they speak is not known yet.
    Accepted {
        /// The connection's number from now on.
        connection: ConnectionId,
        /// Who connected.
        address: SocketAddr,
        /// To which listener.
        listener: SocketAddr,
    },
    /// The first bytes told, or the upgrade changed, which door a connection came by.
    Door {
        /// Which connection.
        connection: ConnectionId,
        /// Which door.
        door: Door,
    },
    /// An HTTP request was answered.
    Request {
        /// On which connection.
        connection: ConnectionId,
        /// The method, at most [`EVENT_TEXT_BYTES_MAX`] of it.
        method: String,
        /// The path, without its query, at most [`EVENT_TEXT_BYTES_MAX`] of it.
        path: String,
        /// The answer's status code.
        status: u16,
    },
    /// An HTTP connection became a WebSocket (RFC 6455, section 4.2.2).
    Upgraded {
        /// Which connection.
        connection: ConnectionId,
        /// The client's `Sec-WebSocket-Key`.
        key: String,
        /// Our `Sec-WebSocket-Accept`.
        accept: String,
        /// The subprotocol agreed on, if any.
        subprotocol: Option<&'static str>,
    },
    /// A session has a name.
    Registered {
        /// Which connection.
        connection: ConnectionId,
        /// Its nick.
        nick: Arc<str>,
    },
    /// A session has another name.
    Renamed {
        /// Which connection.
        connection: ConnectionId,
        /// Its nick from now on.
        nick: Arc<str>,
    },
    /// A line came or went.
    Line {
        /// On which connection.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// Its length on the wire, with its CR LF or its frame's header.
        bytes: usize,
        /// The WebSocket frame that carried it.
        frame: Option<Frame>,
        /// What it says, at most [`EVENT_TEXT_BYTES_MAX`] of it.
        text: String,
    },
    /// A connection ended.
    Closed {
        /// Which connection.
        connection: ConnectionId,
        /// Why, in words.
        reason: String,
    },
    /// The program said something to everybody.
    Announced {
        /// What it said.
        text: String,
    },
    /// The server says goodbye.
    Stopping,
}

/// Which door a connection came by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Door {
    /// Nothing has come yet that tells.
    #[default]
    Unknown,
    /// IRC lines on a raw TCP socket.
    Irc,
    /// HTTP: the page.
    Http,
    /// A WebSocket.
    WebSocket,
}

/// Which way a line went, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// The header of a WebSocket frame, as far as a watcher wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The four opcode bits.
    pub opcode: u8,
    /// Whether the payload was masked; always so from a client, never to one.
    pub masked: bool,
}

/// A connection that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its number.
    pub id: ConnectionId,
    /// Who connected.
    pub address: SocketAddr,
    /// By which door.
    pub door: Door,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// The nick, once registered.
    pub nick: Option<Arc<str>>,
}

impl EventKind {
    /// Cuts the texts that a client can make long.
    pub(super) fn shorten(&mut self) {
        match self {
            EventKind::Request { method, path, .. } => {
                shorten(method);
                shorten(path);
            }
            EventKind::Line { text, .. } => shorten(text),
            // Names, reasons, keys and announcements have a limit of their own.
            _ => {}
        }
    }
}

/// Gives back the memory of what is cut off, too.
fn shorten(text: &mut String) {
    if text.len() > EVENT_TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(EVENT_TEXT_BYTES_MAX));
        text.shrink_to_fit();
    }
}
