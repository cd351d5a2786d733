//! The live log in words: what a server does, step by step, for someone who wants to see it.
//!
//! In: a [`LogEntry`] and the texts of a language. Out: a line.

use teahouse_server::{
    config::Takes,
    events::{ConnectionId, Direction, Door, EventKind, Frame},
};

use super::state::{LogEntry, connection_of};
use crate::{clock::Moment, texts::Texts};

/// A line of the log, ready to be shown.
pub(crate) struct LogLine {
    /// When it happened; empty for a gap.
    pub(crate) time: String,
    /// Whom it happened to: the connection's number and name; empty if to the server itself.
    pub(crate) who: String,
    /// What happened.
    pub(crate) what: String,
    /// What sort of line it is.
    pub(crate) tone: Tone,
}

/// What sort of line it is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Something of the server as a whole.
    Server,
    /// A connection came, changed or went.
    Connection,
    /// A line came in.
    In,
    /// A line went out.
    Out,
}

/// Puts an entry into words.
pub(crate) fn line(entry: &LogEntry, texts: &Texts) -> LogLine {
    match entry {
        LogEntry::Missed(count) => LogLine {
            time: String::new(),
            who: String::new(),
            what: texts.count("host-log-missed", *count),
            tone: Tone::Server,
        },
        LogEntry::Server(event, name) => LogLine {
            time: Moment::at_ms(event.at_ms).millisecond(),
            who: who(connection_of(&event.kind), name.as_deref()),
            what: what(&event.kind, texts),
            tone: tone(&event.kind),
        },
    }
}

fn who(connection: Option<ConnectionId>, name: Option<&str>) -> String {
    match (connection, name) {
        (Some(id), Some(name)) => format!("#{} {name}", id.0),
        (Some(id), None) => format!("#{}", id.0),
        (None, _) => String::new(),
    }
}

fn tone(kind: &EventKind) -> Tone {
    match kind {
        EventKind::Line { direction: Direction::In, .. } => Tone::In,
        EventKind::Line { direction: Direction::Out, .. } => Tone::Out,
        kind if connection_of(kind).is_some() => Tone::Connection,
        _ => Tone::Server,
    }
}

fn what(kind: &EventKind, texts: &Texts) -> String {
    match kind {
        EventKind::Listening { address, takes } => texts
            .with("host-log-listening", &[("address", &address.to_string()), ("doors", &takes_words(*takes, texts))]),
        EventKind::Accepted { address, listener, .. } => {
            texts.with("host-log-accepted", &[("address", &address.to_string()), ("listener", &listener.to_string())])
        }
        EventKind::Door { door, .. } => texts.with("host-log-door", &[("door", &door_words(*door, texts))]),
        EventKind::Upgraded { key, accept, subprotocol, .. } => texts.with(
            "host-log-upgraded",
            &[
                ("key", key),
                ("accept", accept),
                ("subprotocol", &subprotocol.map_or_else(|| texts.say("host-log-no-subprotocol"), str::to_owned)),
            ],
        ),
        EventKind::Request { method, path, status, .. } => {
            texts.with("host-log-request", &[("method", method), ("path", path), ("status", &status.to_string())])
        }
        EventKind::Registered { nick, .. } => texts.with("host-log-registered", &[("name", nick)]),
        EventKind::Renamed { nick, .. } => texts.with("host-log-renamed", &[("name", nick)]),
        EventKind::Line { direction, bytes, frame, text, .. } => line_words(*direction, *bytes, *frame, text, texts),
        EventKind::Closed { reason, .. } => texts.with("host-log-closed", &[("reason", reason)]),
        EventKind::Announced { text } => texts.with("host-log-announced", &[("text", text)]),
        EventKind::Stopping => texts.say("host-log-stopping"),
    }
}

fn line_words(direction: Direction, bytes: usize, frame: Option<Frame>, text: &str, texts: &Texts) -> String {
    let id = match direction {
        Direction::In => "host-log-line-in",
        Direction::Out => "host-log-line-out",
    };
    let head = texts.count(id, bytes as u64);
    let text = visible(text);
    let Some(frame) = frame else { return format!("{head}  {text}") };
    let mask = texts.say(if frame.masked { "host-log-masked" } else { "host-log-unmasked" });
    let frame = texts.with("host-log-frame", &[("opcode", &opcode_words(frame.opcode)), ("mask", &mask)]);
    format!("{head}, {frame}  {text}")
}

/// The text with what cannot be seen written as an escape.
fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            seen.extend(character.escape_default());
        } else {
            seen.push(character);
        }
    }
    seen
}

/// An opcode as RFC 6455 writes it, with its name there.
fn opcode_words(opcode: u8) -> String {
    let name = match opcode {
        0x0 => "continuation",
        0x1 => "text",
        0x2 => "binary",
        0x8 => "close",
        0x9 => "ping",
        0xA => "pong",
        _ => "reserved",
    };
    format!("0x{opcode:X} {name}")
}

fn takes_words(takes: Takes, texts: &Texts) -> String {
    texts.say(match takes {
        Takes::Any => "host-doors-any",
        Takes::Irc => "host-doors-irc",
        Takes::Web => "host-doors-web",
    })
}

/// A door in words: how a client came in.
pub(crate) fn door_words(door: Door, texts: &Texts) -> String {
    texts.say(match door {
        Door::Irc => "host-door-socket",
        Door::WebSocket => "host-door-websocket",
        Door::Http => "host-door-page",
        Door::Unknown => "host-door-unknown",
    })
}
