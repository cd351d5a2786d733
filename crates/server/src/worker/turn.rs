//! A worker's loop. One turn: what is ready is read, the inbox is taken in, and what has come of both is written.

mod ending;
mod reading;
mod writing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events as Readiness, Interest, Poll, Token};
use teahouse_chat::ids::SessionId;
use teahouse_chat::session::Peer;
use teahouse_chat::session::attach::Link;
use teahouse_chat::shard::{Delivery, Shard};
use teahouse_chat::world::Leaving;

use super::cloak::Cloak;
use super::connection::{Arrival, Connection};
use super::ready::{Ready, SETTLING_TICKS};
use super::wheel::{TICK_MS, Timer, Wheel};
use super::{Established, Limits, WAKER};
use crate::events::{EventKind, Events};
use crate::log::{Inbox, Log, Pending};
use crate::tls::Session;
use ending::GOODBYE_TICKS;
use reading::READ_BYTES_MAX;
use writing::Queued;

/// How many deliveries are taken from the inbox before sockets have their turn.
const DELIVERIES_PER_TURN: usize = 256;
/// How many new connections are taken in before sockets have their turn.
const ARRIVALS_PER_TURN: usize = 64;
/// How many pages from the store are laid out before sockets have their turn.
const PAGES_PER_TURN: usize = 16;
/// How many sessions are told something before what waits for them is written.
const RECEIVERS_PER_TURN: usize = 1 << 15;
/// How many sessions are told something before the sockets are looked at.
const RECEIVERS_AT_ONCE: usize = 256;
/// A long answer goes on when no more than so much of it waits for the peer.
const CURSOR_BYTES_MAX: usize = 16 * 1024;
/// How soon those are looked at again who are not read because too much waits elsewhere.
const PRESSED_WAIT: Duration = Duration::from_millis(2);

/// How long goodbyes may take when the whole server goes.
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
    pending: Pending,
    ready: Ready,
    /// Those who come or go are read first, as soon as anybody can be.
    is_crowd_first: bool,
    /// An empty list, kept for its room.
    dirty: Vec<SessionId>,
    readiness: Readiness,
    /// What waits for its sessions, as far as the kernel has refused it.
    queued: Queued,
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
        limits: &Limits,
    ) -> Self {
        Worker {
            poll,
            shard,
            inbox,
            log,
            events,
            cloak,
            send_queue_bytes: limits.queue_bytes,
            connections: Vec::new(),
            pending: Pending::default(),
            ready: Ready::default(),
            is_crowd_first: false,
            dirty: Vec::new(),
            readiness: Readiness::with_capacity(1024),
            queued: Queued::new(limits.share_bytes),
            wheel: Wheel::new(),
            started: Instant::now(),
            scratch: vec![0; READ_BYTES_MAX],
            stopping: None,
        }
    }

    /// Works until the server says goodbye.
    pub(super) fn run(mut self) {
        loop {
            let timeout = self.timeout();
            self.look_at_sockets(timeout);
            self.read_crowd();
            self.look_at_due();
            self.take_in();
            self.look_at_changed();
            self.write_dirty();
            self.shed();
            if self.stopping.is_some_and(|since| since.elapsed() > STOP || self.is_empty()) {
                return;
            }
        }
    }

    /// Waits for sockets, if there is nothing else to do, and reads what those have who are here.
    fn look_at_sockets(&mut self, timeout: Option<Duration>) {
        let mut readiness = std::mem::replace(&mut self.readiness, Readiness::with_capacity(0));
        if let Err(error) = self.poll.poll(&mut readiness, timeout)
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            panic!("a worker cannot wait for its sockets: {error}");
        }
        self.inbox.stay_awake();
        for event in &readiness {
            self.notice(event);
        }
        self.readiness = readiness;
        self.read_ready();
    }

    fn timeout(&mut self) -> Option<Duration> {
        if !self.pending.is_empty() || self.shard.is_telling() || !self.inbox.may_sleep(self.shard.first_gates()) {
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

    /// The time since the worker's start.
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn tick(&self) -> u64 {
        self.now_us() / (1000 * TICK_MS)
    }

    fn notice(&mut self, event: &mio::event::Event) {
        if event.token() == WAKER {
            return;
        }
        let tick = self.tick();
        let Some(Some(connection)) = self.connections.get_mut(event.token().0) else { return };
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            connection.readable = true;
            if event.is_read_closed() || event.is_error() {
                connection.half_closed = true;
                ending::mind_the_end(connection, &mut self.wheel, tick);
            }
            self.ready.enlist(connection, tick);
        }
        if event.is_writable() {
            connection.writable = true;
            self.shard.touch(connection.session);
        }
    }

    fn connection(&mut self, session: SessionId) -> Option<&mut Connection> {
        let connection = self.connections.get_mut(session.slot as usize)?.as_mut();
        connection.filter(|connection| connection.session == session)
    }

    fn adopt(&mut self, mut established: Established) {
        let address = established.peer.ip();
        let link = Link { address: Some(address), is_secure: established.tls.is_some() };
        let secured = established.tls.as_deref_mut().and_then(Session::take_secured);
        let peer = Peer { host: self.cloak.host(address), link, secured };
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
        self.ready.enlist(&mut connection, tick);
        if let Arrival::Registers(patience) = &connection.arrival {
            self.wheel.arm(session, Timer::Silence, patience.until());
        }
        self.connections[slot] = Some(connection);
        if self.stopping.is_some() {
            self.say_goodbye(session);
        }
    }

    fn enlist_again(&mut self, session: SessionId) {
        let tick = self.tick();
        if let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) {
            self.ready.enlist(connection, tick);
        }
    }

    fn hang_up(&mut self, session: SessionId, reason: &str, leaving: Leaving) {
        let mut steps = Vec::new();
        self.shard.hang_up(session, reason, leaving, &mut steps);
        if let Some(connection) = self.connection(session) {
            connection.give_reason(reason);
        }
        self.carry_out(session, steps);
    }

    /// Takes in what the log and the door have brought.
    ///
    /// Between pieces the sockets have their say: who is read meanwhile takes a place in the order that much sooner. What
    /// is left when the turn has told enough waits for the next one, so that the peers are written to.
    fn take_in(&mut self) {
        let taken = self.inbox.take(&mut self.pending, DELIVERIES_PER_TURN, ARRIVALS_PER_TURN);
        for established in taken.arrivals {
            self.adopt(established);
        }
        let (mut told, mut told_at_once, mut pages) = (0, 0, PAGES_PER_TURN);
        while told < RECEIVERS_PER_TURN {
            if !self.shard.is_telling() {
                let Some(delivery) = self.next_delivery(&mut pages) else { break };
                self.inbox.let_go(&delivery);
                self.shard.deliver(delivery);
                told += 1;
            }
            let count = self.shard.tell(RECEIVERS_AT_ONCE);
            (told, told_at_once) = (told + count, told_at_once + count);
            if told_at_once >= RECEIVERS_AT_ONCE {
                told_at_once = 0;
                self.look_at_sockets(Some(Duration::ZERO));
            }
        }
        if taken.stopping && self.stopping.is_none() {
            self.stopping = Some(Instant::now());
            for session in self.shard.sessions() {
                self.say_goodbye(session);
            }
        }
    }

    /// What is to be told next: a page, if its turn has come and there may be more `pages`, or what the order has.
    fn next_delivery(&mut self, pages: &mut usize) -> Option<Delivery> {
        if *pages > 0
            && let Some(page) = self.pending.next_page()
        {
            *pages -= 1;
            return Some(page);
        }
        self.pending.next()
    }

    /// Those with whom something is different: to be read again, to be answered on, to be closed.
    fn look_at_changed(&mut self) {
        for session in self.shard.take_changed() {
            self.tell_nick(session);
            self.note_waiting(session);
            let (over, tick) = (self.shard.is_over(session), self.tick());
            if let Some(connection) = self.connection(session)
                && over
                && connection.over().is_none()
            {
                connection.ending().over = Some(tick);
                connection.give_reason("Quit");
                self.wheel.arm(session, Timer::Silence, tick + GOODBYE_TICKS);
            }
            self.go_on(session);
        }
    }

    /// Whoever has not registered and waits for us is not to be blamed for that.
    fn note_waiting(&mut self, session: SessionId) {
        let (is_waiting, tick) = (self.shard.is_waiting(session), self.tick());
        if let Some(Connection { arrival: Arrival::Registers(patience), .. }) = self.connection(session) {
            patience.note(is_waiting, tick);
        }
    }

    /// A session that was not read, or not answered to the end, because something was waited for, goes on.
    fn go_on(&mut self, session: SessionId) {
        if self.shard.outlet(session).is_some_and(|outlet| outlet.queued_bytes() <= CURSOR_BYTES_MAX)
            && let Some(question) = self.shard.next_question(session)
        {
            self.log.carry_out(session, question);
        }
        let tick = self.tick();
        if self.shard.is_reading(session)
            && let Some(Some(connection)) = self.connections.get_mut(session.slot as usize)
            && connection.session == session
            && (!connection.input.is_empty() || connection.readable || connection.peer_ended)
        {
            self.ready.enlist(connection, tick);
        }
    }

    /// Tells those who watch under which name a connection goes.
    fn tell_nick(&mut self, session: SessionId) {
        let Some(nick) = self.shard.take_nick(session) else { return };
        let tick = self.tick();
        let Some(connection) = self.connection(session) else { return };
        let is_first = matches!(connection.arrival, Arrival::Registers(_));
        if is_first {
            connection.arrival = Arrival::Settles(tick + SETTLING_TICKS);
        }
        let connection = connection.id;
        self.events.tell(match is_first {
            true => EventKind::Registered { connection, nick },
            false => EventKind::Renamed { connection, nick },
        });
    }
}
