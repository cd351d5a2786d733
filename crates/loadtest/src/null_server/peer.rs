//! One connection of the null server.

use std::io::{self, ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;
use teahouse_proto::ws::{Decoder, Event, Opcode, accept_key, frame};

/// What stands before a message's target: as long as the real server's with the usual capabilities.
pub(super) const BEFORE_ROOM: &[u8] =
    b"@time=2026-01-01T00:00:00.000Z;msgid=00000000000000000000000 :lta00000!~lt@000000000000.ip PRIVMSG ";

const CAPABILITIES: &str = "message-tags server-time echo-message batch multi-prefix cap-notify away-notify setname";

/// The answer to CAP END: as many bytes as the real server's, give or take a few.
const WELCOME: &[&str] = &[
    ":null 001 * :Welcome to the Null Network, whoever you are",
    ":null 002 * :Your host is null, running version null-0.1.0",
    ":null 003 * :This server was created 2026-01-01 00:00 UTC",
    ":null 004 * null null-0.1.0 Biow Iabehiklmnoqstv",
    ":null 005 * NETWORK=Null CASEMAPPING=ascii UTF8ONLY CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,imnst \
     MAXLIST=beI:100 MODES=10 EXCEPTS=e INVEX=I BOT=B SAFELIST :are supported by this server",
    ":null 005 * ELIST=CMNTU KNOCK KEYLEN=32 AWAYLEN=310 NAMELEN=128 MONITOR=100 NICKLEN=32 USERLEN=16 CHANNELLEN=64 \
     TOPICLEN=390 CHANLIMIT=#:100 :are supported by this server",
    ":null 375 * :- null Message of the day - ",
    ":null 372 * :- Welcome.",
    ":null 376 * :End of /MOTD command.",
];

/// What a connection turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Unknown,
    Lines,
    Frames,
}

pub(super) struct Peer {
    stream: TcpStream,
    pub(super) door: Door,
    pub(super) room: Option<usize>,
    partial: Vec<u8>,
    /// What the kernel has not taken.
    backlog: Vec<u8>,
    /// Answers of this turn.
    answers: Vec<u8>,
}

impl Peer {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, door: Door::Unknown, room: None, partial: Vec::new(), backlog: Vec::new(), answers: Vec::new() }
    }

    /// How many bytes lie in `buffer`, what was kept before included, and whether there may be more.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<(usize, bool)> {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        self.partial = Vec::new();
        match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            // What the kernel had was less than there was room for, so the next bytes raise an event (epoll(7)).
            Ok(count) => Ok((kept + count, kept + count == buffer.len())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((kept, false)),
            Err(error) => Err(error),
        }
    }

    /// Keeps the beginning of a piece until the rest comes.
    pub(super) fn keep(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.partial = rest.to_vec();
        }
    }

    /// Puts the line at the front of `input` into `line`, and says how many bytes it was with all around it.
    pub(super) fn next_line(&mut self, input: &mut [u8], line: &mut Vec<u8>) -> Option<usize> {
        line.clear();
        if self.door == Door::Unknown {
            if input.len() < 4 {
                return None;
            }
            if input.starts_with(b"GET ") {
                return self.upgrade(input);
            }
            self.door = Door::Lines;
        }
        if self.door == Door::Frames {
            let decoded = Decoder::default().next(input).ok()?;
            match decoded.event {
                Some(Event::Text(text) | Event::Binary(text)) => line.extend_from_slice(&text),
                Some(Event::Ping(payload)) => frame(Opcode::Pong, payload, &mut self.answers),
                _ => {}
            }
            return Some(decoded.consumed).filter(|consumed| *consumed > 0);
        }
        let end = memchr::memchr(b'\n', input)?;
        line.extend_from_slice(input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]));
        Some(end + 1)
    }

    fn upgrade(&mut self, input: &[u8]) -> Option<usize> {
        let end = memchr::memmem::find(input, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&input[..end]);
        let key = head.lines().find_map(|header| header.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n",
            accept_key(key)
        );
        self.answers.extend_from_slice(answer.as_bytes());
        self.door = Door::Frames;
        Some(end + 4)
    }

    /// Puts the answer to a line among those to be sent, if it has any.
    pub(super) fn prepare_answer(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("CAP", "LS 302") => self.put(&format!(":null CAP * LS :{CAPABILITIES}")),
            ("CAP", "END") => WELCOME.iter().for_each(|line| self.put(line)),
            ("CAP", rest) => self.put(&format!(":null CAP * ACK {}", rest.trim_start_matches("REQ "))),
            ("JOIN", room) => {
                self.put(&format!(":null 353 * = {room} :*"));
                self.put(&format!(":null 366 * {room} :End of /NAMES list"));
            }
            ("PING", token) => self.put(&format!(":null PONG null {token}")),
            _ => {}
        }
    }

    fn put(&mut self, line: &str) {
        if self.door == Door::Frames {
            return frame(Opcode::Text, line.as_bytes(), &mut self.answers);
        }
        self.answers.extend_from_slice(line.as_bytes());
        self.answers.extend_from_slice(b"\r\n");
    }

    /// Sends the answers.
    pub(super) fn answer(&mut self) -> io::Result<()> {
        let answers = std::mem::take(&mut self.answers);
        if answers.is_empty() { Ok(()) } else { self.write(&answers) }
    }

    /// Hands bytes to the kernel with one call; what it does not take waits.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = if self.backlog.is_empty() { send(&mut self.stream, bytes)? } else { 0 };
        self.backlog.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Sends what waits, as far as that goes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while !self.backlog.is_empty() {
            let sent = send(&mut self.stream, &self.backlog)?;
            if sent == 0 {
                return Ok(());
            }
            self.backlog.drain(..sent);
        }
        self.backlog = Vec::new();
        Ok(())
    }
}

fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    match stream.write(bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        other => other,
    }
}
