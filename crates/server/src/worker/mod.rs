//! Workers: one thread a core, each with a mio poll loop over its own connections.
//!
//! In: established sockets from the door, deliveries from the log. Out: bytes.

use std::net::{SocketAddr, TcpStream};

use crate::events::ConnectionId;

/// How lines are framed on an established connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines ending in CR LF on a raw TCP socket.
    Lines,
    /// One line a WebSocket text message (`text.ircv3.net`, or no subprotocol).
    WsText,
    /// One line a WebSocket binary message (`binary.ircv3.net`).
    WsBinary,
}

/// A connection whose door is known, ready to be served by a worker.
#[derive(Debug)]
pub struct Established {
    /// The number given at accept.
    pub id: ConnectionId,
    /// The socket, in non-blocking mode.
    pub stream: TcpStream,
    /// Who connected.
    pub peer: SocketAddr,
    /// How lines are framed.
    pub framing: Framing,
    /// What was read from the socket already and belongs to the worker, in order.
    pub already_read: Vec<u8>,
}
