//! The attackers' sockets: they write what they like, and read when they like.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use socket2::SockRef;

use super::Field;
use crate::net::framing::Framing;
use crate::target::Target;

/// How long an attacker waits for an answer that it needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the attackers did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tally {
    /// How many connections they made.
    pub connections: u64,
    /// How many of those the server ended.
    pub closed: u64,
    /// How much they sent.
    pub sent_bytes: u64,
}

/// One attacker.
#[derive(Debug)]
pub(super) struct Raider {
    stream: TcpStream,
    framing: Framing,
    /// How much of what it says over and over is sent.
    at: usize,
    ended: bool,
}

impl Raider {
    /// Connects, and says nothing.
    pub(super) fn connect(target: &Target, tally: &mut Tally) -> Result<Self> {
        ensure!(!target.transport.is_tls(), "attackers speak irc:// and ws://");
        let stream = TcpStream::connect(target.address).context("an attacker cannot connect")?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        tally.connections += 1;
        let framing = if target.transport.is_web() { Framing::Frames } else { Framing::Lines };
        Ok(Self { stream, framing, at: 0, ended: false })
    }

    /// Connects as far as lines can be said: with the upgrade, if there is one.
    pub(super) fn open(target: &Target, tally: &mut Tally) -> Result<Self> {
        let mut raider = Self::connect(target, tally)?;
        if raider.framing == Framing::Frames {
            raider.insist(upgrade(target).as_bytes(), tally)?;
            raider.await_any(&[b"\r\n\r\n"])?;
        }
        Ok(raider)
    }

    /// Connects and registers under a nick.
    pub(super) fn register(target: &Target, nick: &str, tally: &mut Tally) -> Result<Self> {
        let mut raider = Self::open(target, tally)?;
        for line in [&format!("NICK {nick}"), "USER raid 0 * :raid"] {
            raider.say(line, tally)?;
        }
        // The end of the message of the day, or that there is none.
        raider.await_any(&[b" 376 ", b" 422 "]).with_context(|| format!("{nick} is not let in"))?;
        Ok(raider)
    }

    /// Registers and enters a room.
    pub(super) fn enter(target: &Target, nick: &str, room: &str, tally: &mut Tally) -> Result<Self> {
        let mut raider = Self::register(target, nick, tally)?;
        raider.say(&format!("JOIN {room}"), tally)?;
        raider.await_any(&[b" 366 "])?;
        Ok(raider)
    }

    /// How much the system keeps for it, from now on.
    pub(super) fn take_at_once(&self, bytes: usize) -> io::Result<()> {
        SockRef::from(&self.stream).set_recv_buffer_size(bytes)
    }

    /// How its lines stand in the bytes.
    pub(super) fn framed(&self, line: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.framing.put(line.as_bytes(), &mut bytes);
        bytes
    }

    /// Says a line, however long that takes.
    pub(super) fn say(&mut self, line: &str, tally: &mut Tally) -> Result<()> {
        let bytes = self.framed(line);
        self.insist(&bytes, tally)
    }

    /// Says a line if there is room for it at once.
    pub(super) fn mention(&mut self, line: &str, tally: &mut Tally) {
        let bytes = self.framed(line);
        let sent = self.push(&bytes, tally);
        // The rest of a line that was begun; otherwise the next would be broken.
        if sent > 0 && sent < bytes.len() {
            self.ended |= self.insist(&bytes[sent..], tally).is_err();
        }
    }

    fn insist(&mut self, bytes: &[u8], tally: &mut Tally) -> Result<()> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        let written = self.stream.write_all(bytes);
        self.stream.set_nonblocking(true)?;
        tally.sent_bytes += bytes.len() as u64;
        Ok(written?)
    }

    /// Writes what goes at once; how much that was.
    pub(super) fn push(&mut self, bytes: &[u8], tally: &mut Tally) -> usize {
        match self.stream.write(bytes) {
            Ok(count) => {
                tally.sent_bytes += count as u64;
                count
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.ended = true;
                0
            }
        }
    }

    /// Says the same again and again, as fast as it goes; how much went.
    pub(super) fn flood(&mut self, over_and_over: &[u8], tally: &mut Tally) -> usize {
        let count = self.push(&over_and_over[self.at..], tally);
        self.at = (self.at + count) % over_and_over.len();
        count
    }

    /// Reads and forgets what has come.
    pub(super) fn drain(&mut self) {
        self.take_in(|_| {});
    }

    /// The same; whether this text was in it.
    pub(super) fn hears(&mut self, text: &[u8]) -> bool {
        let mut heard = false;
        self.take_in(|bytes| heard |= memchr::memmem::find(bytes, text).is_some());
        heard
    }

    fn take_in(&mut self, mut take: impl FnMut(&[u8])) {
        let mut scratch = [0; 16_384];
        loop {
            match self.stream.read(&mut scratch) {
                Ok(count) if count > 0 => take(&scratch[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    /// Whether the server has ended it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Ends it with a reset, as a broken network does.
    pub(super) fn cut(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    fn await_any(&mut self, texts: &[&[u8]]) -> Result<()> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_read_timeout(Some(PATIENCE))?;
        let mut heard = Vec::new();
        while texts.iter().all(|text| memchr::memmem::find(&heard, text).is_none()) {
            let mut scratch = [0; 16_384];
            match self.stream.read(&mut scratch)? {
                0 => bail!("the server ends it: {:?}", String::from_utf8_lossy(&heard)),
                count => heard.extend_from_slice(&scratch[..count]),
            }
        }
        self.stream.set_nonblocking(true)?;
        Ok(())
    }
}

/// The request for a WebSocket.
pub(super) fn upgrade(target: &Target) -> String {
    let Target { address, path, .. } = target;
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// All of them say the same again and again; whoever is closed comes back.
pub(super) fn flood(
    field: &Field,
    count: usize,
    over_and_over: &[u8],
    come: impl Fn(&mut Tally) -> Result<Raider>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut raiders: Vec<Raider> = (0..count).map(|_| come(&mut tally)).collect::<Result<_>>()?;
    field.begin();
    while !field.is_over() {
        let mut moved = 0;
        for raider in &mut raiders {
            moved += raider.flood(over_and_over, &mut tally);
            raider.drain();
            if raider.has_ended() {
                tally.closed += 1;
                *raider = come(&mut tally)?;
            }
        }
        if moved == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(tally)
}
