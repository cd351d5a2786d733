//! One connection's socket: bytes in, frames or lines out of them, bytes out.

use std::io;

use teahouse_chat::ids::SessionId;
use teahouse_chat::render::Framing;
use teahouse_chat::shard::Outlet;
use teahouse_proto::irc::{LineSplitter, Split, without_secrets};
use teahouse_proto::limits::LINE_BYTES_MAX;
use teahouse_proto::ws::{self, Decoder, Event, Violation};

use super::patience::Patience;
use super::transport::Transport;
use crate::events::{ConnectionId, Direction, Events, Frame};

/// A connection that a worker owns.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) session: SessionId,
    pub(super) transport: Transport,
    /// What was read and not yet taken apart; empty, and without a buffer, on an idle connection.
    pub(super) input: Vec<u8>,
    reader: Reader,
    /// Whether the socket may hold more; mio tells only when that begins.
    pub(super) readable: bool,
    /// Whether the socket takes more; false from the moment the kernel refused.
    pub(super) writable: bool,
    /// Writing has failed: nothing more is written.
    pub(super) mute: bool,
    /// The poll has said that the peer ends; the end itself is still to be read.
    pub(super) half_closed: bool,
    /// The peer will send nothing more.
    pub(super) peer_ended: bool,
    /// Whether it is in the worker's list of those to be read.
    pub(super) in_ready_list: bool,
    /// It was faster than its rate: a timer will have it read again.
    pub(super) resting: bool,
    /// How many bytes of its queue are counted among all that wait.
    pub(super) queued: usize,
    /// The tick at which the peer was last heard.
    pub(super) heard: u64,
    /// A PING was sent since then.
    pub(super) pinged: bool,
    pub(super) arrival: Arrival,
    ending: Option<Box<Ending>>,
}

/// How far a connection has come.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It registers: how long it may yet take. Boxed, since most connections are long past that.
    Registers(Box<Patience>),
    /// It has registered, and is no newcomer any more from this tick on.
    Settles(u64),
}

/// How a connection ends, once it does.
#[derive(Debug)]
pub(super) struct Ending {
    /// Our goodbye is said and FIN sent; since which tick.
    pub(super) lingering: Option<u64>,
    /// The peer has ended its side, as far as that is known without reading to its end; since which tick.
    pub(super) left: Option<u64>,
    /// The session is over; since which tick.
    pub(super) over: Option<u64>,
    /// The code of the WebSocket close frame that will end it.
    pub(super) close_code: u16,
    /// Why it ended, for those who watch.
    pub(super) reason: String,
}

impl Default for Ending {
    fn default() -> Self {
        Ending { lingering: None, left: None, over: None, close_code: ws::code::NORMAL, reason: String::new() }
    }
}

#[derive(Debug)]
enum Reader {
    Lines(LineSplitter),
    Frames(Decoder),
}

/// What the front of the input is.
pub(super) enum Piece {
    /// A line, or the beginning of one that is too long: more than the longest one may have.
    Line(Vec<u8>),
    /// A frame to be sent back.
    Answer(Vec<u8>),
    /// The peer closes; with this code.
    Close(u16),
    /// Nothing that concerns the chat.
    Nothing,
    /// The peer broke the WebSocket protocol.
    Violation(Violation),
}

impl Connection {
    pub(super) fn new(established: crate::worker::Established, session: SessionId, now: u64) -> Self {
        let reader = match established.framing {
            Framing::Lines => Reader::Lines(LineSplitter::default()),
            Framing::WsText | Framing::WsBinary => Reader::Frames(Decoder::default()),
        };
        Connection {
            id: established.id,
            session,
            transport: Transport::new(established.stream, established.tls),
            input: established.already_read,
            reader,
            readable: true,
            writable: true,
            mute: false,
            half_closed: false,
            peer_ended: false,
            in_ready_list: false,
            resting: false,
            queued: 0,
            heard: now,
            pinged: false,
            arrival: Arrival::Registers(Box::new(Patience::new(now))),
            ending: None,
        }
    }

    /// How it ends: from now on it does.
    pub(super) fn ending(&mut self) -> &mut Ending {
        self.ending.get_or_insert_default()
    }

    /// Since when it is known that the peer has ended its side, if it has.
    pub(super) fn left(&self) -> Option<u64> {
        self.ending.as_ref()?.left
    }

    /// Since when the session is over, if it is.
    pub(super) fn over(&self) -> Option<u64> {
        self.ending.as_ref()?.over
    }

    /// Since when nothing but the peer's end is waited for, if it is so.
    pub(super) fn lingering(&self) -> Option<u64> {
        self.ending.as_ref()?.lingering
    }

    /// Notes why it ends, unless that is known.
    pub(super) fn give_reason(&mut self, reason: &str) {
        let ending = self.ending();
        if ending.reason.is_empty() {
            ending.reason.push_str(reason);
        }
    }

    /// Reads once into the scratch buffer's end; how much came.
    pub(super) fn read(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        match self.transport.read(scratch) {
            Ok(0) => {
                (self.readable, self.peer_ended) = (false, true);
                Ok(0)
            }
            Ok(count) => {
                self.readable = self.half_closed || self.transport.may_hold_more(count, scratch.len());
                Ok(count)
            }
            // It stays in the list of those to be read.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(0)
            }
            Err(error) => {
                (self.readable, self.peer_ended) = (false, true);
                Err(error)
            }
        }
    }

    /// The next piece at the front of `input`, and how much of it that was; `None` if it is not complete.
    pub(super) fn next_piece(&mut self, input: &mut [u8], events: &Events) -> Option<(usize, Piece)> {
        match &mut self.reader {
            Reader::Lines(splitter) => match splitter.next(input) {
                Split::Incomplete => None,
                Split::TooLong { consumed } => {
                    events.line(self.id, Direction::In, consumed, None, || "(a line that is too long)");
                    Some((consumed, Piece::Line(input[..consumed.min(LINE_BYTES_MAX)].to_vec())))
                }
                Split::Line { start, end, consumed } => {
                    let line = &input[start..end];
                    if !line.is_empty() {
                        events.line(self.id, Direction::In, consumed, None, || legible(line));
                    }
                    Some((consumed, Piece::Line(line.to_vec())))
                }
            },
            Reader::Frames(decoder) => {
                let decoded = match decoder.next(input) {
                    Ok(decoded) => decoded,
                    Err(violation) => return Some((0, Piece::Violation(violation))),
                };
                let frame = decoded.frame?;
                let shown = Frame { opcode: frame.opcode.bits(), masked: frame.masked };
                events.line(self.id, Direction::In, decoded.consumed, Some(shown), || match &decoded.event {
                    Some(Event::Text(line) | Event::Binary(line)) => legible(line),
                    Some(Event::Ping(payload) | Event::Pong(payload)) => String::from_utf8_lossy(payload).into_owned(),
                    Some(Event::Close { code, reason }) => format!("{} {reason}", code.unwrap_or(1005)),
                    None => String::new(),
                });
                Some((decoded.consumed, piece(decoded.event)))
            }
        }
    }

    /// The last line of a peer that ended in the middle of it.
    pub(super) fn unterminated(&mut self) -> Option<Vec<u8>> {
        let mut line = std::mem::take(&mut self.input);
        // It may have ended between the two bytes of a line's end.
        line.pop_if(|last| *last == b'\r');
        matches!(self.reader, Reader::Lines(_)).then_some(line).filter(|line| !line.is_empty())
    }

    pub(super) fn is_web_socket(&self) -> bool {
        matches!(self.reader, Reader::Frames(_))
    }

    /// Writes what is ready, several lines with one call; `false` if the kernel takes no more for now.
    ///
    /// A line alone goes out from where it is; several are packed into the scratch buffer.
    pub(super) fn write(&mut self, outlet: &mut Outlet, scratch: &mut [u8], events: &Events) -> io::Result<bool> {
        while outlet.is_ready() {
            let written = {
                let mut lines = outlet.ready();
                let first = lines.next().map_or(&[][..], |line| &line[outlet.already_written()..]);
                self.transport.write(match lines.next() {
                    None => first,
                    Some(second) => pack([first, second].into_iter().chain(lines.map(|line| &line[..])), scratch),
                })
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let (id, framed) = (self.id, self.is_web_socket());
                    outlet.consume(written, |line| tell_line(events, id, framed, line));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        match self.transport.flush() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.writable = false;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends the last frame of a WebSocket, then FIN: what the peer still sends is read and thrown away, else a reset
    /// would eat our last words.
    pub(super) fn finish(&mut self, now: u64) {
        let is_web_socket = self.is_web_socket();
        let ending = self.ending();
        ending.lingering = Some(now);
        if is_web_socket {
            let frame = ws::close_frame(ending.close_code, &ending.reason);
            // The outlet is empty, so the socket buffer has room but for a peer that has stopped reading.
            let _ = self.transport.write(&frame);
        }
        self.transport.end();
    }
}

/// As many of the lines, one behind the other, as there is room for.
fn pack<'a>(lines: impl Iterator<Item = &'a [u8]>, room: &'a mut [u8]) -> &'a [u8] {
    let mut packed = 0;
    for line in lines {
        let count = line.len().min(room.len() - packed);
        room[packed..packed + count].copy_from_slice(&line[..count]);
        packed += count;
        if packed == room.len() {
            break;
        }
    }
    &room[..packed]
}

fn piece(event: Option<Event<'_>>) -> Piece {
    match event {
        Some(Event::Text(line) | Event::Binary(line)) => {
            let mut line = line.into_owned();
            // One line a message, without CR LF; one that comes with them is forgiven.
            while let Some(b'\r' | b'\n') = line.last() {
                line.pop();
            }
            Piece::Line(line)
        }
        Some(Event::Ping(payload)) => {
            let mut pong = Vec::new();
            ws::frame(ws::Opcode::Pong, payload, &mut pong);
            Piece::Answer(pong)
        }
        Some(Event::Close { code, .. }) => Piece::Close(code.unwrap_or(ws::code::NORMAL)),
        Some(Event::Pong(_)) | None => Piece::Nothing,
    }
}

fn tell_line(events: &Events, id: ConnectionId, framed: bool, line: &[u8]) {
    if !events.is_watched() {
        return;
    }
    // Of a frame that the server makes, the second byte tells how long the header is (RFC 6455, section 5.2).
    let header = match line.get(1) {
        Some(126) if framed => 4,
        Some(127) if framed => 10,
        Some(_) if framed => 2,
        _ => 0,
    };
    let frame = framed.then(|| Frame { opcode: line[0] & 0x0f, masked: false });
    let text = line.get(header..).unwrap_or_default();
    events.line(id, Direction::Out, line.len(), frame, || legible(text));
}

/// A line as those who watch read it.
fn legible(line: &[u8]) -> String {
    without_secrets(String::from_utf8_lossy(line).trim_end()).into_owned()
}
