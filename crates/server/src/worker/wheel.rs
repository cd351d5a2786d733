//! A worker's timers: a wheel of short ticks, without a timer object for each connection.
//!
//! Arming twice is allowed: whoever is told that its time has come looks whether it really has.

use teahouse_chat::ids::SessionId;

/// How long a tick is, in milliseconds.
pub(super) const TICK_MS: u64 = 250;
/// How many ticks a second has.
pub(super) const TICKS_PER_S: u64 = 1000 / TICK_MS;
/// How far ahead the wheel reaches, in ticks: a bit more than four minutes.
const SLOTS: u64 = 1024;

/// Why a session is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// It may be late with registering, with an answer to PING, or with its end.
    Silence,
    /// It was faster than its rate, and may be read again.
    Rest,
}

/// When a session is to be looked at, and why.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: Vec<Vec<(SessionId, Timer)>>,
    now: u64,
    armed: usize,
    /// No slot before this tick is used.
    first: u64,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Wheel { slots: (0..SLOTS).map(|_| Vec::new()).collect(), now: 0, armed: 0, first: 0 }
    }

    /// Has a session looked at at a tick, or as late as the wheel reaches.
    pub(super) fn arm(&mut self, session: SessionId, timer: Timer, tick: u64) {
        let tick = tick.clamp(self.now + 1, self.now + SLOTS - 1);
        self.slots[(tick % SLOTS) as usize].push((session, timer));
        self.first = if self.armed == 0 { tick } else { self.first.min(tick) };
        self.armed += 1;
    }

    /// Goes on to a tick; those whose time has come by then.
    pub(super) fn advance(&mut self, tick: u64) -> Vec<(SessionId, Timer)> {
        let mut due = Vec::new();
        while self.now < tick {
            if self.armed == 0 {
                self.now = tick;
                break;
            }
            self.now += 1;
            let slot = std::mem::take(&mut self.slots[(self.now % SLOTS) as usize]);
            self.armed -= slot.len();
            due.extend(slot);
        }
        due
    }

    /// How many ticks until somebody is due; `None` if nobody is.
    pub(super) fn next(&mut self) -> Option<u64> {
        if self.armed == 0 {
            return None;
        }
        self.first = self.first.max(self.now + 1);
        while self.slots[(self.first % SLOTS) as usize].is_empty() {
            self.first += 1;
        }
        Some(self.first - self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(slot: u32) -> SessionId {
        SessionId { worker: 0, generation: 1, slot }
    }

    #[test]
    fn each_is_due_once_at_its_tick() {
        let mut wheel = Wheel::new();
        wheel.arm(session(1), Timer::Silence, 5);
        wheel.arm(session(2), Timer::Rest, 900);
        wheel.arm(session(3), Timer::Silence, 99_999);
        assert_eq!(wheel.next(), Some(5));
        assert_eq!(wheel.advance(4), []);
        assert_eq!(wheel.advance(5), [(session(1), Timer::Silence)]);
        assert_eq!(wheel.advance(899), []);
        assert_eq!(
            wheel.advance(2000),
            [(session(2), Timer::Rest), (session(3), Timer::Silence)],
            "the far one is told early, and looks for itself"
        );
        assert_eq!(wheel.next(), None);
    }
}
