//! What waits is written, once a turn for each session; whoever does not take it is cut off.

use teahouse_chat::ids::SessionId;
use teahouse_chat::world::Leaving;

use super::ending::LINGER_TICKS;
use super::reading::ANSWERS_BYTES_MAX;
use super::{CURSOR_BYTES_MAX, Worker};
use crate::worker::wheel::Timer;

impl Worker {
    /// Writes to every session that something waits for: once a turn.
    pub(super) fn write_dirty(&mut self) {
        let tick = self.tick();
        let mut dirty = self.shard.take_touched(std::mem::take(&mut self.dirty));
        for session in dirty.drain(..) {
            self.write(session, tick);
        }
        self.dirty = dirty;
    }

    fn write(&mut self, session: SessionId, tick: u64) {
        let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) else { return };
        if connection.session != session || connection.lingering().is_some() {
            return;
        }
        let Some(outlet) = self.shard.outlet(session) else { return };
        let had = outlet.queued_bytes();
        let written =
            if connection.writable { connection.write(outlet, &mut self.scratch, &self.events) } else { Ok(false) };
        let left = outlet.queued_bytes();
        let sealed = connection.transport.sealed_bytes();
        let exceeded = outlet.unasked_bytes() + sealed > self.send_queue_bytes;
        self.queued.count(&mut connection.queued, left + sealed);
        match written {
            Ok(_) if outlet.is_finished() && sealed == 0 => {
                connection.finish(tick);
                connection.readable = true;
                self.ready.enlist(connection, tick);
                self.wheel.arm(session, Timer::Silence, tick + LINGER_TICKS);
            }
            // What is left now, the kernel has refused, or a gate holds back.
            Ok(_) if exceeded && !self.shard.is_over(session) => self.cut_off(session),
            Ok(_) if had > CURSOR_BYTES_MAX && left <= ANSWERS_BYTES_MAX => self.go_on(session),
            Ok(_) => {}
            // The peer hears nothing any more; what it said before is still read to its end.
            Err(error) => {
                connection.ending().reason = error.to_string();
                connection.mute = true;
                self.shard.mute(session);
            }
        }
        let Some(connection) = self.connection(session) else { return };
        if connection.mute && self.shard.is_over(session) {
            self.close(session);
        }
    }

    /// Closes a session whose peer does not take what is sent.
    fn cut_off(&mut self, session: SessionId) {
        self.hang_up(session, "SendQ exceeded", Leaving::Dropped);
        self.shard.abandon(session);
    }

    /// While all queues together are too long, those with the longest go.
    pub(super) fn shed(&mut self) {
        if !self.queued.is_too_much() {
            return;
        }
        let connections = self.connections.iter().flatten();
        let mut queues: Vec<(usize, SessionId)> =
            connections.filter(|one| one.queued > 0).map(|one| (one.queued, one.session)).collect();
        queues.sort_unstable();
        while self.queued.is_too_much()
            && let Some((_, session)) = queues.pop()
        {
            if !self.shard.is_over(session) {
                self.cut_off(session);
            }
            if let Some(Some(connection)) = self.connections.get_mut(session.slot as usize) {
                self.queued.count(&mut connection.queued, 0);
            }
        }
    }
}

/// How many bytes wait for all of a worker's peers together, and how many may: the worker's share of what all may.
#[derive(Debug)]
pub(super) struct Queued {
    bytes: usize,
    bytes_max: usize,
}

impl Queued {
    pub(super) fn new(bytes_max: usize) -> Self {
        Queued { bytes: 0, bytes_max }
    }

    /// Takes one session's queue into account, in place of what was counted for it before.
    pub(super) fn count(&mut self, counted: &mut usize, now: usize) {
        self.bytes = self.bytes - *counted + now;
        *counted = now;
    }

    fn is_too_much(&self) -> bool {
        self.bytes > self.bytes_max
    }
}
