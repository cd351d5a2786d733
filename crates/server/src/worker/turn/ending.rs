//! How a connection ends, and how it is noticed that it should: silence, a lost peer, the server's own goodbye.

use teahouse_chat::ids::SessionId;
use teahouse_chat::session::Step;
use teahouse_chat::world::Leaving;

use super::Worker;
use crate::events::EventKind;
use crate::worker::connection::{Arrival, Connection};
use crate::worker::patience::Verdict;
use crate::worker::wheel::{TICKS_PER_S, Timer, Wheel};

/// After how long a silence the server asks by PING whether the peer is there.
const SILENCE_TICKS: u64 = 90 * TICKS_PER_S;
/// How long it waits for any answer.
const PONG_TICKS: u64 = 60 * TICKS_PER_S;
/// How long the last lines of a session, and gates before them, may take to get out; and before that, how long what a
/// peer had said when it left is still read.
pub(super) const GOODBYE_TICKS: u64 = 5 * TICKS_PER_S;
/// How long the peer has, after our FIN, to end its side.
pub(super) const LINGER_TICKS: u64 = TICKS_PER_S;

/// Whoever has left is not read for ever: what it had said is read at its rate, until its time is up.
pub(super) fn mind_the_end(connection: &mut Connection, wheel: &mut Wheel, tick: u64) {
    if connection.left().is_none() {
        connection.ending().left = Some(tick);
        wheel.arm(connection.session, Timer::Silence, tick + GOODBYE_TICKS);
    }
}

impl Worker {
    /// The end of input is a goodbye after all lines, the unterminated last one included, unless it comes again.
    pub(super) fn end_of_input(&mut self, session: SessionId) {
        if !self.shard.is_reading(session) {
            return;
        }
        let cut = self.connection(session).and_then(Connection::unterminated);
        if let Some(line) = cut.filter(|line| self.shard.takes_unterminated(session, line)) {
            self.receive(session, &line);
            // The line may have made the session wait; the end comes when it reads on.
            return self.enlist_again(session);
        }
        self.hang_up(session, "Connection closed", Leaving::Dropped);
    }

    /// The server goes, and with it everybody: nobody needs to be told of anybody else.
    pub(super) fn say_goodbye(&mut self, session: SessionId) {
        let mut steps = Vec::new();
        self.shard.hang_up(session, "Server shutting down", Leaving::Dropped, &mut steps);
        steps.retain(|step| matches!(step, Step::Answer(_)));
        if let Some(connection) = self.connection(session) {
            let ending = connection.ending();
            ending.close_code = teahouse_proto::ws::code::GOING_AWAY;
            ending.reason = "Server shutting down".into();
        }
        self.carry_out(session, steps);
    }

    pub(super) fn drain(&mut self, session: SessionId) {
        let Some(connection) = self.connection(session) else { return };
        if connection.peer_ended && connection.lingering().is_some() {
            self.close(session);
        } else if connection.readable {
            self.enlist_again(session);
        }
    }

    pub(super) fn close(&mut self, session: SessionId) {
        let Some(place) = self.connections.get_mut(session.slot as usize) else { return };
        let Some(mut connection) = place.take_if(|connection| connection.session == session) else { return };
        // Closing the socket takes it out of the poll; an error here would say that it is out already.
        let _ = self.poll.registry().deregister(connection.transport.socket());
        self.queued.count(&mut connection.queued, 0);
        self.shard.remove(session);
        self.log.leave(session);
        self.events.tell(EventKind::Closed {
            connection: connection.id,
            reason: std::mem::take(&mut connection.ending().reason),
        });
    }

    pub(super) fn look_at_due(&mut self) {
        let tick = self.tick();
        for (session, timer) in self.wheel.advance(tick) {
            match timer {
                Timer::Silence => self.look_at(session, tick),
                Timer::Rest => self.rouse(session),
            }
        }
    }

    /// A session that was faster than its rate has rested.
    fn rouse(&mut self, session: SessionId) {
        let now_us = self.now_us();
        let Some(connection) = self.connection(session) else { return };
        connection.resting = false;
        self.shard.rouse(session, now_us);
        self.rest(session);
        self.go_on(session);
    }

    /// The peer is gone, and had said more than may be said in the time it has left: the rest is dropped.
    fn give_up(&mut self, session: SessionId, tick: u64) {
        let Some(connection) = self.connection(session) else { return };
        let (is_resting, is_to_be_read) = (connection.resting, connection.in_ready_list);
        if is_to_be_read || self.log.is_pressed() {
            // It is we who do not read.
            return self.wheel.arm(session, Timer::Silence, tick + 1);
        }
        self.hang_up(session, if is_resting { "Excess flood" } else { "Connection closed" }, Leaving::Dropped);
    }

    /// A session's timer has come: what it is late with, if anything, and when to look again.
    fn look_at(&mut self, session: SessionId, tick: u64) {
        let registered = self.shard.is_registered(session);
        let is_waiting = self.shard.is_waiting(session) || self.log.is_pressed();
        let reads_nothing = registered && !self.shard.is_reading(session) || self.log.is_pressed();
        let Some(connection) = self.connection(session) else { return };
        if let Some(since) = connection.over() {
            let late = connection.lingering().map_or(since + GOODBYE_TICKS, |fin| fin + LINGER_TICKS) <= tick;
            if late {
                self.close(session);
            }
            return;
        }
        if connection.left().is_some_and(|since| since + GOODBYE_TICKS <= tick) {
            return self.give_up(session, tick);
        }
        if reads_nothing {
            // It is we who do not listen: that is no silence of the peer's.
            connection.heard = tick;
        }
        if let Arrival::Registers(patience) = &mut connection.arrival {
            return match patience.judge(is_waiting || connection.in_ready_list, tick) {
                Verdict::Late => self.hang_up(session, "Registration timed out", Leaving::Dropped),
                Verdict::LookAgain(next) => self.wheel.arm(session, Timer::Silence, next),
            };
        }
        let (heard, pinged) = (connection.heard, connection.pinged);
        let next = match pinged {
            true if tick >= heard + SILENCE_TICKS + PONG_TICKS => {
                return self.hang_up(session, "Ping timeout", Leaving::Dropped);
            }
            true => heard + SILENCE_TICKS + PONG_TICKS,
            false if tick >= heard + SILENCE_TICKS => {
                connection.pinged = true;
                self.shard.ping(session);
                tick + PONG_TICKS
            }
            false => heard + SILENCE_TICKS,
        };
        self.wheel.arm(session, Timer::Silence, next);
    }
}
