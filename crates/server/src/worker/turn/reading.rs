//! Bytes that have come become lines, and lines become steps; each connection has a bounded piece of a turn.

use std::panic::{AssertUnwindSafe, catch_unwind};

use teahouse_chat::ids::SessionId;
use teahouse_chat::session::Step;
use teahouse_chat::world::Leaving;

use super::{Worker, ending};
use crate::worker::connection::Piece;
use crate::worker::ready::CROWD_PER_TURN;
use crate::worker::wheel::{TICK_MS, Timer};

/// How much is read from one connection before others have their turn, in bytes.
pub(super) const READ_BYTES_MAX: usize = 64 * 1024;
/// How many pieces of one connection are taken in before others have their turn.
const PIECES_PER_TURN: usize = 16;
/// While more than so much waits for a session's peer, its lines are not read: answers pile up no further.
pub(super) const ANSWERS_BYTES_MAX: usize = 256 * 1024;

impl Worker {
    /// Reads from those who are here and have something, each a bounded piece.
    pub(super) fn read_ready(&mut self) {
        if self.is_crowd_first {
            self.read_crowd();
        }
        for _ in 0..self.ready.here() {
            if self.log.is_pressed() {
                return;
            }
            let Some(session) = self.ready.next_here() else { return };
            self.read_listed(session);
        }
    }

    /// Reads from some of those who come or go. If none of them can be read, they come first when somebody can: those who
    /// are here might take up all the room there is, each time.
    pub(super) fn read_crowd(&mut self) {
        for count in 0..CROWD_PER_TURN {
            self.is_crowd_first = count == 0 && self.log.is_pressed();
            if self.log.is_pressed() {
                return;
            }
            let Some(session) = self.ready.next_of_crowd() else { return };
            self.read_listed(session);
        }
    }

    fn read_listed(&mut self, session: SessionId) {
        if let Some(connection) = self.connection(session) {
            connection.in_ready_list = false;
            self.read(session);
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
            // It waits for an answer, or rests, and comes back into the list with that.
            return self.rest(session);
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
                Err(error) => connection.ending().reason = error.to_string(),
            }
            if connection.peer_ended {
                ending::mind_the_end(connection, &mut self.wheel, tick);
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
            self.enlist_again(session);
        } else if connection.peer_ended {
            self.end_of_input(session);
        }
    }

    /// Takes lines and frames off the input; how much that was, and whether there may be more for the next turn.
    fn take_apart(&mut self, session: SessionId, input: &mut [u8]) -> (usize, bool) {
        let mut consumed = 0;
        for _ in 0..PIECES_PER_TURN {
            if !self.shard.is_reading(session) {
                self.rest(session);
                return (consumed, false);
            }
            if self.log.is_pressed() {
                return (consumed, true);
            }
            let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else {
                return (consumed, false);
            };
            let Some((count, piece)) = connection.next_piece(&mut input[consumed..], &self.events) else {
                return (consumed, false);
            };
            consumed += count;
            match piece {
                Piece::Line(line) => self.receive(session, &line),
                Piece::Nothing => self.shard.receive_frame(session, self.now_us()),
                Piece::Answer(frame) => {
                    self.shard.receive_frame(session, self.now_us());
                    if let Some(outlet) = self.shard.outlet(session) {
                        outlet.push_control(frame.into());
                    }
                    self.shard.touch(session);
                }
                Piece::Close(code) => {
                    connection.ending().close_code = code;
                    self.hang_up(session, "Connection closed", Leaving::Dropped);
                }
                Piece::Violation(violation) => {
                    connection.ending().close_code = violation.code;
                    self.hang_up(session, &format!("WebSocket protocol error: {}", violation.reason), Leaving::Dropped);
                    return (input.len(), false);
                }
            }
        }
        (consumed, true)
    }

    /// A session that was faster than its rate is looked at again when that is made up for.
    pub(super) fn rest(&mut self, session: SessionId) {
        let Some(until_us) = self.shard.rests_until_us(session) else { return };
        if let Some(connection) = self.connection(session)
            && !std::mem::replace(&mut connection.resting, true)
        {
            self.wheel.arm(session, Timer::Rest, until_us.div_ceil(1000 * TICK_MS));
        }
    }

    /// Gives a line to its session. A fault in our own code costs this session its connection, and nobody else anything.
    pub(super) fn receive(&mut self, session: SessionId, line: &[u8]) {
        let (now_us, mut steps) = (self.now_us(), Vec::new());
        let read = catch_unwind(AssertUnwindSafe(|| self.shard.receive(session, line, now_us, &mut steps)));
        if read.is_err() {
            tracing::error!("a session's line made the server fail; the session is closed");
            return self.hang_up(session, "Internal error", Leaving::Dropped);
        }
        self.carry_out(session, steps);
        self.note_waiting(session);
    }

    pub(super) fn carry_out(&mut self, session: SessionId, steps: Vec<Step>) {
        for step in steps {
            self.log.carry_out(session, step);
        }
    }
}
