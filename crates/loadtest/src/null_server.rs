//! A server without a chat: what it costs to hand prebuilt bytes to the kernel, and nothing else.
//!
//! It answers a client's registration from fixed texts, and gives whatever is said in a room to all who are in it, as one
//! line that is built once and as long as the real server's. It knows no names and checks nothing. It has one thread:
//! then no message has to be handed from one thread to another, which makes it the lower floor of the two.

mod peer;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use socket2::{Domain, Socket, Type};

use self::peer::{Door, Peer};

const LISTENER: Token = Token(usize::MAX);
const BACKLOG: i32 = 4096;
const READ_BYTES: usize = 256 * 1024;

/// When a receiver is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// For each message.
    PerMessage,
    /// Once a turn of the poll loop, with all messages that the turn brought.
    PerTurn,
}

/// Serves until the process ends; `told` gets the address.
pub fn serve(at: SocketAddr, writes: Writes, told: impl FnOnce(SocketAddr)) -> Result<Infallible> {
    let mut listener = listen(at).with_context(|| format!("cannot listen at {at}"))?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    told(listener.local_addr()?);
    let mut server = Null {
        poll,
        listener,
        writes,
        peers: Slab::new(),
        rooms: Vec::new(),
        names: HashMap::new(),
        dirty: Vec::new(),
        scratch: vec![0; READ_BYTES],
        line: Vec::new(),
    };
    let mut events = Events::with_capacity(1024);
    loop {
        match server.poll.poll(&mut events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => server.accept()?,
                Token(peer) => server.happened(peer, event.is_read_closed()),
            }
        }
        server.write_dirty();
    }
}

/// As many may wait to be accepted as come at once, so that none has to knock a second time.
fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&at.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

struct Null {
    poll: Poll,
    listener: TcpListener,
    writes: Writes,
    peers: Slab<Peer>,
    rooms: Vec<Room>,
    names: HashMap<Vec<u8>, usize>,
    /// Rooms in which something was said this turn.
    dirty: Vec<usize>,
    scratch: Vec<u8>,
    line: Vec<u8>,
}

/// Who is in it, and what was said in it this turn, in both framings.
#[derive(Default)]
struct Room {
    members: Vec<usize>,
    lines: Vec<u8>,
    frames: Vec<u8>,
}

impl Null {
    fn accept(&mut self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    stream.set_nodelay(true)?;
                    let entry = self.peers.vacant_entry();
                    let token = Token(entry.key());
                    self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                    entry.insert(Peer::new(stream));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("cannot accept"),
            }
        }
    }

    fn happened(&mut self, key: usize, to_the_end: bool) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut alive = peer.flush().is_ok();
        while alive {
            let Ok((count, more)) = self.peers[key].read(&mut scratch) else {
                alive = false;
                break;
            };
            self.take_apart(key, &mut scratch[..count]);
            if !more && !to_the_end {
                break;
            }
        }
        self.scratch = scratch;
        if alive {
            let peer = &mut self.peers[key];
            alive = peer.answer().is_ok();
        }
        if !alive {
            self.forget(key);
        }
    }

    fn take_apart(&mut self, key: usize, input: &mut [u8]) {
        let mut from = 0;
        let mut line = std::mem::take(&mut self.line);
        while let Some(len) = self.peers[key].next_line(&mut input[from..], &mut line) {
            from += len;
            self.receive(key, &line);
        }
        self.line = line;
        self.peers[key].keep(&input[from..]);
    }

    fn receive(&mut self, key: usize, line: &[u8]) {
        if let Some(rest) = line.strip_prefix(b"PRIVMSG ") {
            return self.said(key, rest);
        }
        if let Some(name) = line.strip_prefix(b"JOIN ") {
            let room = *self.names.entry(name.to_vec()).or_insert(self.rooms.len());
            if room == self.rooms.len() {
                self.rooms.push(Room::default());
            }
            self.rooms[room].members.push(key);
            self.peers[key].room = Some(room);
        }
        self.peers[key].prepare_answer(line);
    }

    /// `rest` is the room's name, ` :` and the text.
    fn said(&mut self, key: usize, rest: &[u8]) {
        let Some(index) = self.peers[key].room else { return };
        let room = &mut self.rooms[index];
        if room.lines.is_empty() {
            self.dirty.push(index);
        }
        let begin = (room.lines.len(), room.frames.len());
        room.lines.extend_from_slice(peer::BEFORE_ROOM);
        room.lines.extend_from_slice(rest);
        teahouse_proto::ws::frame(teahouse_proto::ws::Opcode::Text, &room.lines[begin.0..], &mut room.frames);
        room.lines.extend_from_slice(b"\r\n");
        if self.writes == Writes::PerMessage {
            self.write_dirty();
        }
    }

    fn write_dirty(&mut self) {
        for index in self.dirty.drain(..) {
            let room = &mut self.rooms[index];
            for &member in &room.members {
                let peer = &mut self.peers[member];
                // One that is gone is found out when it is read.
                let _ = match peer.door {
                    Door::Frames => peer.write(&room.frames),
                    _ => peer.write(&room.lines),
                };
            }
            room.lines.clear();
            room.frames.clear();
        }
    }

    fn forget(&mut self, key: usize) {
        let peer = self.peers.remove(key);
        if let Some(room) = peer.room {
            self.rooms[room].members.retain(|member| *member != key);
        }
    }
}

/// Says where it listens, as a program that starts it expects.
pub fn announce(address: SocketAddr) {
    let mut out = io::stdout();
    let _ = writeln!(out, "listening at {address}").and_then(|()| out.flush());
}
