//! All clients in one thread: one poll loop, no task and no timer for any of them.
//!
//! In: what the server sends, read into one buffer that all share. Out: to an [`Ear`], what was said.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::event::Event;
use mio::{Events, Poll, Token};
use rustls::ClientConfig;

use crate::client::{Client, Plan, Progress};
use crate::net::framing::Piece;
use crate::net::trust;
use crate::net::wire::{Got, Wire};
use crate::scenario::Options;
use crate::stamp::Stamp;

/// Who hears what is said.
pub trait Ear {
    /// A client heard a message of the load, at this time.
    fn said(&mut self, client: usize, stamp: &Stamp, now_us: u64);
    /// A client heard words that are none of the load's.
    fn nonsense(&mut self);
    /// A client has arrived, so long after it began to connect.
    fn arrived(&mut self, _took_us: u64) {}
}

/// The clients.
#[derive(Debug)]
pub struct Swarm {
    poll: Poll,
    events: Events,
    tls: Arc<ClientConfig>,
    plan: Plan,
    clients: Vec<Client>,
    wires: Vec<Wire>,
    began_us: Vec<u64>,
    ready: usize,
    dirty: Vec<usize>,
    scratch: Vec<u8>,
    patience: Duration,
    epoch: Instant,
    heard_at: Instant,
    failure: Option<String>,
}

impl Swarm {
    /// Nobody yet.
    pub fn new(plan: Plan, options: &Options) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            tls: trust::client_config(),
            plan,
            clients: Vec::new(),
            wires: Vec::new(),
            began_us: Vec::new(),
            ready: 0,
            dirty: Vec::new(),
            scratch: vec![0; options.read_bytes],
            patience: Duration::from_millis(options.patience_ms),
            epoch: Instant::now(),
            heard_at: Instant::now(),
            failure: None,
        })
    }

    /// The time of all stamps.
    pub fn now_us(&self) -> u64 {
        self.epoch.elapsed().as_micros() as u64
    }

    /// How long nothing at all may come while something is awaited.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// What the server granted; all clients are alike.
    pub fn first(&self) -> Option<&Client> {
        self.clients.first()
    }

    /// The name of the room of this number.
    pub fn room_name(&self, room: usize) -> String {
        self.plan.room_name(room)
    }

    /// Connects until there are `count`, at most `parallel` on their way at once, and waits until all are in their rooms.
    pub fn arrive(&mut self, count: usize, parallel: usize, ear: &mut impl Ear) -> Result<()> {
        self.heard_at = Instant::now();
        while self.ready < count {
            while self.clients.len() < count && self.clients.len() - self.ready < parallel {
                self.connect()?;
            }
            self.turn(Duration::from_secs(1), ear)?;
            if self.heard_at.elapsed() > self.patience {
                bail!("{} of {count} clients are in their rooms, and nothing comes any more", self.ready);
            }
        }
        Ok(())
    }

    /// Waits until nothing has come for so long.
    pub fn settle(&mut self, quiet: Duration, ear: &mut impl Ear) -> Result<()> {
        self.heard_at = Instant::now();
        while self.heard_at.elapsed() < quiet {
            let rest = quiet.saturating_sub(self.heard_at.elapsed());
            self.turn(rest, ear)?;
        }
        Ok(())
    }

    /// Cuts every connection at once; the clients that arrive afterwards are another generation.
    pub fn scatter(&mut self, next: Plan) -> Result<()> {
        self.clients.clear();
        self.began_us.clear();
        self.dirty.clear();
        self.ready = 0;
        self.plan = next;
        self.wires.drain(..).try_for_each(Wire::cut).context("cannot cut a connection")
    }

    /// Sends a line with the next [`Swarm::turn`], together with what else this client sends.
    pub fn send(&mut self, client: usize, line: &[u8]) {
        let one = &mut self.clients[client];
        if one.out.is_empty() {
            self.dirty.push(client);
        }
        one.framing().put(line, &mut one.out);
    }

    /// Sends what waits, then takes in what comes, for `timeout` at most.
    pub fn turn(&mut self, timeout: Duration, ear: &mut impl Ear) -> Result<()> {
        for client in std::mem::take(&mut self.dirty) {
            self.write(client)?;
        }
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        match self.poll.poll(&mut events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            self.happened(event, ear)?;
        }
        self.events = events;
        match self.failure.take() {
            Some(failure) => bail!("{failure}"),
            None => Ok(()),
        }
    }

    fn connect(&mut self) -> Result<()> {
        let index = self.clients.len();
        let wire = Wire::connect(&self.plan.target, &self.tls, self.poll.registry(), Token(index));
        self.wires.push(wire.context("cannot connect")?);
        self.clients.push(Client::new(index, &self.plan));
        self.began_us.push(self.now_us());
        Ok(())
    }

    fn happened(&mut self, event: &Event, ear: &mut impl Ear) -> Result<()> {
        let Token(index) = event.token();
        let client = &mut self.clients[index];
        if client.is_connecting() {
            if !self.wires[index].is_connected().context("cannot connect")? {
                return Ok(());
            }
            client.connected(&self.plan);
        }
        if event.is_readable() {
            self.read(index, event.is_read_closed(), ear).with_context(|| format!("client {index} cannot read"))?;
        }
        self.write(index)
    }

    fn write(&mut self, index: usize) -> Result<()> {
        let out = &mut self.clients[index].out;
        self.wires[index].write(out).with_context(|| format!("client {index} cannot write"))
    }

    fn read(&mut self, index: usize, to_the_end: bool, ear: &mut impl Ear) -> Result<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        self.heard_at = Instant::now();
        let now_us = self.now_us();
        loop {
            let partial = &mut self.clients[index].partial;
            let kept = partial.len();
            scratch[..kept].copy_from_slice(partial);
            partial.clear();
            let (count, more) = match self.wires[index].read(&mut scratch[kept..])? {
                Got::Some(count) => (count, true),
                Got::Last(count) => (count, to_the_end && count > 0),
                Got::End => {
                    self.failure
                        .get_or_insert_with(|| format!("the server has closed the connection of client {index}"));
                    break;
                }
            };
            let input = &scratch[..kept + count];
            let used = self.take_apart(index, input, now_us, ear);
            self.clients[index].partial.extend_from_slice(&input[used..]);
            if !more {
                break;
            }
        }
        self.scratch = scratch;
        Ok(())
    }

    /// Takes all whole pieces off the input; how many bytes they were.
    fn take_apart(&mut self, index: usize, input: &[u8], now_us: u64, ear: &mut impl Ear) -> usize {
        let client = &mut self.clients[index];
        let mut used = match client.answer_to_upgrade(input, &self.plan) {
            None => 0,
            Some(Ok(0)) => return 0,
            Some(Ok(used)) => used,
            Some(Err(failure)) => {
                self.failure.get_or_insert(failure);
                return input.len();
            }
        };
        while let Some((piece, len)) = client.framing().next(&input[used..]) {
            used += len;
            match piece {
                Piece::Line(line) => match Stamp::read(line) {
                    Some(stamp) => ear.said(index, &stamp, now_us),
                    None => match client.receive(line, &self.plan) {
                        Progress::None => {}
                        Progress::Ready => {
                            self.ready += 1;
                            ear.arrived(now_us - self.began_us[index]);
                        }
                        Progress::Nonsense => ear.nonsense(),
                        Progress::Failed(failure) => drop(self.failure.get_or_insert(failure)),
                    },
                },
                Piece::Ping(payload) => client.pong(payload),
                Piece::Pong => {}
                Piece::Close(reason) => {
                    let reason = String::from_utf8_lossy(reason);
                    self.failure.get_or_insert_with(|| format!("the server has closed a WebSocket: {reason}"));
                }
                Piece::Violation(what) => drop(self.failure.get_or_insert_with(|| what.to_owned())),
            }
        }
        used
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        for wire in self.wires.drain(..) {
            let _ = wire.cut();
        }
    }
}
