//! A worker's loop. One turn: what is ready is read, the inbox is taken in, and what has come of both is written.

mod ending;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events as Readiness, Interest, Poll, Token};
use teahouse_chat::ids::SessionId;
use teahouse_chat::info::ServerInfo;
use teahouse_chat::session::attach::Link;
use teahouse_chat::session::{Peer, Step};
use teahouse_chat::shard::{Delivery, Shard};
use teahouse_chat::world::Leaving;

use super::cloak::Cloak;
use super::connection::{Connection, Piece};
use super::wheel::{TICK_MS, Wheel};
use super::{Established, WAKER};
use crate::events::{EventKind, Events};
use crate::log::{Inbox, Log};
use ending::{GOODBYE_TICKS, LINGER_TICKS, REGISTRATION_TICKS};

/// How much is read from one connection before others have their turn, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;
/// How many pieces of one connection are taken in before others have their turn.
const PIECES_PER_TURN: usize = 128;
/// How many deliveries are taken from the inbox before sockets have their turn.
const DELIVERIES_PER_TURN: usize = 1024;
/// How many receivers those deliveries may have, the last one aside, before sockets have their turn.
const RECEIVERS_PER_TURN: usize = 4096;
/// While more than so much waits for a session's peer, its lines are not read: answers pile up no further.
const ANSWERS_BYTES_MAX: usize = 256 * 1024;
/// How soon those are looked at again who are not read because too much waits elsewhere.
const PRESSED_WAIT: Duration = Duration::from_millis(2);

/// How long all of that may take when the whole server goes.
const STOP: Duration = Duration::from_millis(900);

/// One worker's thread.
pub(super) struct Worker {
    poll: Poll,
    shard: Shard,
    inbox: Arc<Inbox>,
    log: Arc<Log>,
    events: Events,
    cloak: Cloak,
    send_queue_bytes: usize,
    connections: Vec<Option<Connection>>,
    /// Taken out of the inbox, and not delivered yet.
    pending: VecDeque<Delivery>,
    ready: VecDeque<SessionId>,
    dirty: Vec<SessionId>,
    wheel: Wheel,
    started: Instant,
    scratch: Vec<u8>,
    stopping: Option<Instant>,
}

impl Worker {
    pub(super) fn new(
        poll: Poll,
        shard: Shard,
        inbox: Arc<Inbox>,
        log: Arc<Log>,
        events: Events,
        cloak: Cloak,
        info: &ServerInfo,
    ) -> Self {
        Worker {
            poll,
            shard,
            inbox,
            log,
            events,
            cloak,
            send_queue_bytes: info.send_queue_bytes,
            connections: Vec::new(),
            pending: VecDeque::new(),
            ready: VecDeque::new(),
            dirty: Vec::new(),
            wheel: Wheel::new(),
            started: Instant::now(),
            scratch: vec![0; READ_BYTES_MAX],
            stopping: None,
        }
    }

    /// Works until the server says goodbye.
    pub(super) fn run(mut self) {
        let mut readiness = Readiness::with_capacity(1024);
        loop {
            let timeout = self.timeout();
            if let Err(error) = self.poll.poll(&mut readiness, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                panic!("a worker cannot wait for its sockets: {error}");
            }
            self.inbox.stay_awake();
            for event in &readiness {
                self.notice(event);
            }
            self.read_ready();
            self.look_at_due();
            self.take_in();
            self.look_at_touched();
            self.write_dirty();
            if self.stopping.is_some_and(|since| since.elapsed() > STOP || self.is_empty()) {
                return;
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.pending.is_empty() || !self.inbox.may_sleep() {
            return Some(Duration::ZERO);
        }
        let due = self.wheel.next().map(|ticks| Duration::from_millis(ticks * TICK_MS));
        let pause = || if self.log.is_pressed() { PRESSED_WAIT } else { Duration::ZERO };
        let ready = (!self.ready.is_empty()).then(pause);
        let stop = self.stopping.map(|since| STOP.saturating_sub(since.elapsed()).min(Duration::from_millis(20)));
        due.into_iter().chain(ready).chain(stop).min()
    }

    fn is_empty(&self) -> bool {
        self.connections.iter().all(Option::is_none)
    }

    fn tick(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX) / TICK_MS
    }

    fn notice(&mut self, event: &mio::event::Event) {
        if event.token() == WAKER {
            return;
        }
        let Some(Some(connection)) = self.connections.get_mut(event.token().0) else { return };
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.readable = true;
            enlist(&mut self.ready, connection);
        }
        if event.is_writable() {
            connection.writable = true;
            mark_dirty(&mut self.dirty, connection);
        }
    }

    fn connection(&mut self, session: SessionId) -> Option<&mut Connection> {
        let connection = self.connections.get_mut(session.slot as usize)?.as_mut();
        connection.filter(|connection| connection.session == session)
    }

    fn adopt(&mut self, established: Established) {
        let address = established.peer.ip();
        let link = Link { address: Some(address), is_secure: established.tls.is_some() };
        let peer = Peer { host: self.cloak.host(address), link };
        let session = self.shard.connect(peer, established.framing);
        let tick = self.tick();
        let mut connection = Connection::new(established, session, tick);
        let slot = session.slot as usize;
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(connection.transport.socket(), Token(slot), interest) {
            tracing::warn!("a connection could not be watched: {error}");
            self.shard.remove(session);
            let reason = error.to_string();
            return self.events.tell(EventKind::Closed { connection: connection.id, reason });
        }
        if self.connections.len() <= slot {
            self.connections.resize_with(slot + 1, || None);
        }
        // There may be no further event for what has come already.
        enlist(&mut self.ready, &mut connection);
        self.connections[slot] = Some(connection);
        self.wheel.arm(session, tick + REGISTRATION_TICKS);
        if self.stopping.is_some() {
            self.say_goodbye(session);
        }
    }

    /// Reads from those connections that have something, each a bounded piece.
    fn read_ready(&mut self) {
        for _ in 0..self.ready.len() {
            if self.log.is_pressed() {
                return;
            }
            let Some(session) = self.ready.pop_front() else { return };
            if let Some(connection) = self.connection(session) {
                connection.in_ready_list = false;
                self.read(session);
            }
        }
    }

    fn read(&mut self, session: SessionId) {
        let tick = self.tick();
        let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else { return };
        let over = self.shard.is_over(session);
        let full = self.shard.outlet(session).is_some_and(|outlet| outlet.queued_bytes() > ANSWERS_BYTES_MAX);
        if !over && full {
            // It comes back into the list as its peer takes what waits.
            return;
        }
        if !over && !self.shard.is_reading(session) {
            // It waits for an answer, and comes back into the list with it.
            return;
        }
        let had = connection.input.len();
        let mut input = std::mem::take(&mut connection.input);
        if connection.readable && had < READ_BYTES_MAX {
            match connection.read(&mut self.scratch) {
                Ok(0) => {}
                Ok(count) => {
                    input.extend_from_slice(&self.scratch[..count]);
                    connection.heard = tick;
                    connection.pinged = false;
                }
                // What came before the error is still said; then it is an end of input like any other.
                Err(error) => connection.reason = error.to_string(),
            }
        }
        if over {
            // Read and thrown away until the other side ends.
            return self.drain(session);
        }
        let (consumed, more) = self.take_apart(session, &mut input);
        input.drain(..consumed);
        let Some(connection) = self.connection(session) else { return };
        connection.input = if input.is_empty() { Vec::new() } else { input };
        if more || connection.readable {
            enlist_again(&mut self.ready, &mut self.connections, session);
        } else if connection.peer_ended {
            self.end_of_input(session);
        }
    }

    /// Takes lines and frames off the input; how much that was, and whether there may be more for the next turn.
    fn take_apart(&mut self, session: SessionId, input: &mut [u8]) -> (usize, bool) {
        let mut consumed = 0;
        for _ in 0..PIECES_PER_TURN {
            if !self.shard.is_reading(session) {
                return (consumed, false);
            }
            let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else {
                return (consumed, false);
            };
            let Some((count, piece)) = connection.next_piece(&mut input[consumed..], &self.events) else {
                return (consumed, false);
            };
            consumed += count;
            match piece {
                Piece::Line(line) => self.receive(session, line.as_deref().map_err(|error| *error)),
                Piece::Nothing => {}
                Piece::Answer(frame) => {
                    if let Some(outlet) = self.shard.outlet(session) {
                        outlet.push_control(frame.into());
                    }
                    mark_dirty(&mut self.dirty, connection);
                }
                Piece::Close(code) => {
                    connection.close_code = code;
                    self.hang_up(session, "Connection closed", Leaving::Dropped);
                }
                Piece::Violation(violation) => {
                    connection.close_code = violation.code;
                    self.hang_up(session, &format!("WebSocket protocol error: {}", violation.reason), Leaving::Dropped);
                    return (input.len(), false);
                }
            }
        }
        (consumed, true)
    }

    /// Gives a line to its session. A fault in our own code costs this session its connection, and nobody else anything.
    fn receive(&mut self, session: SessionId, line: Result<&[u8], teahouse_proto::irc::LineError>) {
        let mut steps = Vec::new();
        let read = catch_unwind(AssertUnwindSafe(|| self.shard.receive(session, line, &mut steps)));
        if read.is_err() {
            tracing::error!("a session's line made the server fail; the session is closed");
            return self.hang_up(session, "Internal error", Leaving::Dropped);
        }
        self.carry_out(session, steps);
    }

    fn carry_out(&mut self, session: SessionId, steps: Vec<Step>) {
        for step in steps {
            self.log.carry_out(session, step);
        }
    }

    fn hang_up(&mut self, session: SessionId, reason: &str, leaving: Leaving) {
        let mut steps = Vec::new();
        self.shard.hang_up(session, reason, leaving, &mut steps);
        if let Some(connection) = self.connection(session)
            && connection.reason.is_empty()
        {
            connection.reason = reason.to_owned();
        }
        self.carry_out(session, steps);
    }

    fn take_in(&mut self) {
        let taken = self.inbox.take(DELIVERIES_PER_TURN.saturating_sub(self.pending.len()));
        for established in taken.arrivals {
            self.adopt(established);
        }
        self.pending.extend(taken.deliveries);
        let mut receivers = 0;
        while receivers < RECEIVERS_PER_TURN
            && let Some(delivery) = self.pending.pop_front()
        {
            receivers += self.shard.deliver(delivery);
        }
        if taken.stopping && self.stopping.is_none() {
            self.stopping = Some(Instant::now());
            for session in self.shard.sessions() {
                self.say_goodbye(session);
            }
        }
    }

    /// Those for whom something has come: to be written to, to be read again, to be closed for not reading.
    fn look_at_touched(&mut self) {
        for session in self.shard.take_touched() {
            self.tell_nick(session);
            let (reading, over, tick) = (self.shard.is_reading(session), self.shard.is_over(session), self.tick());
            let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else { continue };
            if connection.session != session {
                continue;
            }
            mark_dirty(&mut self.dirty, connection);
            if over && connection.over.is_none() {
                connection.over = Some(tick);
                if connection.reason.is_empty() {
                    connection.reason.push_str("Quit");
                }
                self.wheel.arm(session, tick + GOODBYE_TICKS);
            }
            if reading && (!connection.input.is_empty() || connection.readable || connection.peer_ended) {
                enlist(&mut self.ready, connection);
            }
        }
    }

    /// A session that was not read because too much waited for it, or for an answer, is read again.
    fn read_on(&mut self, session: SessionId) {
        if self.shard.is_reading(session)
            && let Some(Some(connection)) = self.connections.get_mut(session.slot as usize)
            && (!connection.input.is_empty() || connection.readable || connection.peer_ended)
        {
            enlist(&mut self.ready, connection);
        }
    }

    /// Tells those who watch under which name a connection goes.
    fn tell_nick(&mut self, session: SessionId) {
        let nick = self.shard.nick(session);
        if let Some(connection) = self.connection(session)
            && !Arc::ptr_eq(&connection.nick, &nick)
            && *nick != *connection.nick
        {
            let is_first = &*connection.nick == "*";
            connection.nick = Arc::clone(&nick);
            let (connection, nick) = (connection.id, nick.to_string());
            self.events.tell(match is_first {
                true => EventKind::Registered { connection, nick },
                false => EventKind::Renamed { connection, nick },
            });
        }
    }

    /// Writes to every session that something waits for: once a turn.
    fn write_dirty(&mut self) {
        for session in std::mem::take(&mut self.dirty) {
            let tick = self.tick();
            let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else { continue };
            if connection.session != session {
                continue;
            }
            connection.dirty = false;
            let Some(outlet) = self.shard.outlet(session) else { continue };
            if connection.lingering.is_some() {
                continue;
            }
            let written = if connection.writable { connection.write(outlet, &self.events) } else { Ok(false) };
            let exceeded = outlet.unasked_bytes() + connection.transport.sealed_bytes() > self.send_queue_bytes;
            let drained = outlet.queued_bytes() <= ANSWERS_BYTES_MAX;
            match written {
                Ok(_) if outlet.is_finished() && connection.transport.sealed_bytes() == 0 => {
                    connection.finish(tick);
                    self.wheel.arm(session, tick + LINGER_TICKS);
                    connection.readable = true;
                    enlist(&mut self.ready, connection);
                }
                // What is left now, the kernel has refused, or a gate holds back.
                Ok(_) if exceeded && !self.shard.is_over(session) => {
                    self.hang_up(session, "SendQ exceeded", Leaving::Dropped);
                    self.shard.abandon(session);
                }
                Ok(_) if drained => self.read_on(session),
                Ok(_) => {}
                // The peer hears nothing any more; what it said before is still read to its end.
                Err(error) => {
                    connection.reason = error.to_string();
                    connection.mute = true;
                    self.shard.mute(session);
                }
            }
            if self.shard.is_over(session) && self.connection(session).is_some_and(|connection| connection.mute) {
                self.close(session);
            }
        }
    }
}

fn enlist(ready: &mut VecDeque<SessionId>, connection: &mut Connection) {
    if !std::mem::replace(&mut connection.in_ready_list, true) {
        ready.push_back(connection.session);
    }
}

fn enlist_again(ready: &mut VecDeque<SessionId>, connections: &mut [Option<Connection>], session: SessionId) {
    if let Some(Some(connection)) = connections.get_mut(session.slot as usize) {
        enlist(ready, connection);
    }
}

fn mark_dirty(dirty: &mut Vec<SessionId>, connection: &mut Connection) {
    if !std::mem::replace(&mut connection.dirty, true) {
        dirty.push(connection.session);
    }
}
