//! Frames out of a stream, and what another implementation makes of them.

use std::io::{self, Read, Write};

use tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};
use tungstenite::{Error, error::ProtocolError};

use crate::limits::WS_MESSAGE_BYTES_MAX;
use crate::ws::{Decoder, Event, Opcode, Violation};

/// The first byte says in what pieces the rest arrives.
pub fn frames(bytes: &[u8]) {
    let Some((step, stream)) = bytes.split_first() else { return };
    let whole = decode(stream, stream.len().max(1));
    assert_eq!(whole, decode(stream, usize::from(*step).max(1)), "the messages depend on how they arrive");
    agree(&whole, &other_implementation(stream));
}

/// What a stream says: kinds and payloads.
type Said = Vec<(Opcode, Vec<u8>)>;

fn decode(stream: &[u8], step: usize) -> (Said, Result<(), Violation>) {
    let (mut decoder, mut buffer, mut said) = (Decoder::default(), Vec::new(), Said::new());
    for piece in stream.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            let waiting = buffer.len();
            let decoded = match decoder.next(&mut buffer) {
                Ok(decoded) => decoded,
                Err(violation) => return (said, Err(violation)),
            };
            if decoded.consumed == 0 {
                assert!(decoded.event.is_none() && waiting <= WS_MESSAGE_BYTES_MAX + HEADER_BYTES_MAX);
                break;
            }
            assert!(decoded.frame.is_some_and(|frame| frame.masked && frame.len < decoded.consumed));
            let is_end = matches!(decoded.event, Some(Event::Close { .. }));
            said.extend(decoded.event.map(owned));
            if is_end {
                return (said, Ok(()));
            }
            let consumed = decoded.consumed;
            buffer.drain(..consumed);
        }
    }
    (said, Ok(()))
}

/// Two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

fn owned(event: Event<'_>) -> (Opcode, Vec<u8>) {
    match event {
        Event::Text(text) => {
            assert!(std::str::from_utf8(&text).is_ok(), "text is UTF-8");
            (Opcode::Text, text.into_owned())
        }
        Event::Binary(bytes) => (Opcode::Binary, bytes.into_owned()),
        Event::Ping(payload) => (Opcode::Ping, payload.to_vec()),
        Event::Pong(payload) => (Opcode::Pong, payload.to_vec()),
        Event::Close { code, reason } => (Opcode::Close, close(code, reason)),
    }
}

fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let code = code.map(u16::to_be_bytes);
    [code.as_ref().map_or(&[][..], |code| code), reason.as_bytes()].concat()
}

/// How the other implementation ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It would read on.
    Open,
    /// Something was against the protocol.
    Broken(String),
}

fn other_implementation(stream: &[u8]) -> (Said, End) {
    let limits = WebSocketConfig::default()
        .max_frame_size(Some(WS_MESSAGE_BYTES_MAX))
        .max_message_size(Some(WS_MESSAGE_BYTES_MAX));
    let recorded = Recorded(io::Cursor::new(stream.to_vec()));
    let mut socket = WebSocket::from_raw_socket(recorded, Role::Server, Some(limits));
    let mut said = Said::new();
    loop {
        said.push(match socket.read() {
            Ok(Message::Text(text)) => (Opcode::Text, text.as_bytes().to_vec()),
            Ok(Message::Binary(bytes)) => (Opcode::Binary, bytes.to_vec()),
            Ok(Message::Ping(payload)) => (Opcode::Ping, payload.to_vec()),
            Ok(Message::Pong(payload)) => (Opcode::Pong, payload.to_vec()),
            Ok(Message::Close(Some(frame))) if frame.reason == "Protocol violation" => {
                return (said, End::Broken("a close code that may not be sent".into()));
            }
            Ok(Message::Close(frame)) => {
                let code = frame.as_ref().map(|frame| frame.code.into());
                said.push((Opcode::Close, close(code, frame.as_ref().map_or("", |frame| &frame.reason))));
                return (said, End::Open);
            }
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => return (said, End::Open),
            Err(error) => return (said, End::Broken(error.to_string())),
            Ok(Message::Frame(_)) => unreachable!("reading gives whole messages"),
        });
    }
}

/// A stream that has a beginning and an end, and that swallows what is written.
struct Recorded(io::Cursor<Vec<u8>>);

impl Read for Recorded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Recorded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both hear the same, and what is broken for the other one is broken for us.
///
/// The other way round does not hold: we look at a frame before it is whole, and take a length in its shortest form only.
fn agree((ours, our_end): &(Said, Result<(), Violation>), (theirs, their_end): &(Said, End)) {
    match our_end {
        Ok(()) if closes_by(ours, BAD_GATEWAY) => assert_eq!(ours[..ours.len() - 1], *theirs),
        Ok(()) => {
            assert_eq!(ours, theirs);
            assert_eq!(*their_end, End::Open);
        }
        Err(violation) if OURS_ALONE.contains(&violation.reason) => assert!(theirs.starts_with(ours)),
        Err(violation) => assert_eq!(ours, theirs, "{violation:?}, and theirs {their_end:?}"),
    }
}

/// What the other implementation lets pass: the second, too, where a length below 126 is written in its longer form.
const OURS_ALONE: [&str; 2] = ["length not in its shortest form", "control frame over 125 bytes"];

/// A close code that was registered after the RFC; the other implementation takes it for a reserved one.
const BAD_GATEWAY: u16 = 1014;

fn closes_by(said: &Said, code: u16) -> bool {
    said.last().is_some_and(|(opcode, payload)| *opcode == Opcode::Close && payload.starts_with(&code.to_be_bytes()))
}
