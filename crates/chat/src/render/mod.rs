//! From structure to bytes: what each capability changes in the output stands here and nowhere else.
//!
//! In: an event or a reply, and who receives it. Out: a framed line, ready for the socket. What many receive is encoded
//! once per [`Variant`] and shared.

mod events;
mod history;
mod replies;
mod welcome;
mod words;

use bytes::Bytes;
use teahouse_proto::irc::LineBuilder;
use teahouse_proto::time::server_time;
use teahouse_proto::ws::{self, Opcode};

pub(crate) use events::{Shared, failure, is_told_from_afar, monitored, reentered};
pub(crate) use history::{page, targets};
pub use replies::program_line;
pub(crate) use replies::{names, reply, room, shows_names};
pub(crate) use welcome::{entered, isupport, moved, welcome};
pub(crate) use words::Lines;

use crate::capabilities::Caps;
use crate::ids::Time;
use crate::info::ServerInfo;
use crate::reply::Scope;

/// How lines are framed on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines ending in CR LF on a raw TCP socket.
    Lines,
    /// One line a WebSocket text message (`text.ircv3.net`, or no subprotocol asked).
    WsText,
    /// One line a WebSocket binary message (`binary.ircv3.net`).
    WsBinary,
}

/// What the bytes of a line depend on besides the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) framing: Framing,
    pub(crate) caps: Caps,
}

/// Who receives lines that are for one session alone.
#[derive(Clone, Copy)]
pub(crate) struct Receiver<'a> {
    pub(crate) info: &'a ServerInfo,
    pub(crate) nick: &'a str,
    pub(crate) variant: Variant,
}

/// One line, framed.
pub(crate) fn framed(framing: Framing, write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut line = Vec::with_capacity(512);
    write(&mut line);
    let opcode = match framing {
        Framing::Lines => {
            line.extend_from_slice(b"\r\n");
            // What waits for a peer takes no more room than it needs.
            return Bytes::copy_from_slice(&line);
        }
        Framing::WsText => Opcode::Text,
        Framing::WsBinary => Opcode::Binary,
    };
    let mut message = Vec::with_capacity(line.len() + 4);
    ws::frame(opcode, &line, &mut message);
    Bytes::copy_from_slice(&message)
}

/// Begins a line: its label or batch, and its time if the receiver wants it.
fn begin<'b>(buf: &'b mut Vec<u8>, caps: Caps, scope: &Scope, time: Option<Time>) -> LineBuilder<'b> {
    let mut line = LineBuilder::new(buf);
    match scope.outer() {
        Scope::Plain | Scope::Service(..) => {}
        Scope::Label(label) => {
            line.tag("label", label);
        }
        Scope::Batch(reference) => {
            line.tag("batch", reference);
        }
    }
    if let Some(time) = time.filter(|_| caps.has(Caps::SERVER_TIME)) {
        let mut text = String::new();
        server_time(time.0, &mut text);
        line.tag("time", &text);
    }
    line
}
