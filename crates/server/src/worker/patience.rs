//! How long a connection may take to register: what it waits for the server meanwhile does not count.

use super::wheel::TICKS_PER_S;

/// So long, in ticks.
const REGISTRATION_TICKS: u64 = 60 * TICKS_PER_S;

/// How much of that a connection has left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// At which tick it is over, if nothing holds it up.
    until: u64,
    /// Since when the server has not answered, if it has not: a password waits among others to be looked at.
    held: Option<u64>,
}

/// What becomes of a connection that has not registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It has taken too long.
    Late,
    /// It is to be looked at again at this tick.
    LookAgain(u64),
}

impl Patience {
    /// That of a connection which has just come.
    pub(super) fn new(now: u64) -> Self {
        Patience { until: now + REGISTRATION_TICKS, held: None }
    }

    /// When it is to be looked at first.
    pub(super) fn until(&self) -> u64 {
        self.until
    }

    /// Whether it waits for the server's answer before its next line is read: that time is not its own.
    pub(super) fn note(&mut self, is_waiting: bool, now: u64) {
        match (is_waiting, self.held) {
            (true, None) => self.held = Some(now),
            (false, Some(since)) => {
                self.until += now - since;
                self.held = None;
            }
            _ => {}
        }
    }

    /// What becomes of it; `is_waiting` as above.
    pub(super) fn judge(&mut self, is_waiting: bool, now: u64) -> Verdict {
        self.note(is_waiting, now);
        // Of one that is held up, the soonest that it can be late.
        let until = self.until + self.held.map_or(0, |since| now - since);
        if is_waiting || now < until { Verdict::LookAgain(until.max(now + 1)) } else { Verdict::Late }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_says_nothing_is_late_after_a_minute() {
        let mut patience = Patience::new(7);
        assert_eq!(patience.until(), 7 + REGISTRATION_TICKS);
        assert_eq!(patience.judge(false, 6 + REGISTRATION_TICKS), Verdict::LookAgain(7 + REGISTRATION_TICKS));
        assert_eq!(patience.judge(false, 7 + REGISTRATION_TICKS), Verdict::Late);
    }

    #[test]
    fn what_it_waits_for_the_server_does_not_count() {
        let mut patience = Patience::new(0);
        patience.note(true, 10);
        patience.note(true, 20);
        // A thousand others' passwords come first.
        assert_eq!(patience.judge(true, 1_000), Verdict::LookAgain(990 + REGISTRATION_TICKS));
        patience.note(false, 2_000);
        patience.note(false, 2_001);
        assert_eq!(patience.judge(false, 2_100), Verdict::LookAgain(1_990 + REGISTRATION_TICKS));
        assert_eq!(patience.judge(false, 1_990 + REGISTRATION_TICKS), Verdict::Late);
    }

    #[test]
    fn whoever_waits_for_the_server_at_the_end_is_looked_at_again() {
        let mut patience = Patience::new(0);
        assert_eq!(patience.judge(true, REGISTRATION_TICKS), Verdict::LookAgain(REGISTRATION_TICKS + 1));
        assert_eq!(patience.judge(false, REGISTRATION_TICKS + 1), Verdict::Late);
    }

    #[test]
    fn asking_again_and_again_gives_nobody_more() {
        let mut patience = Patience::new(0);
        for tick in (0..REGISTRATION_TICKS).step_by(2) {
            patience.note(true, tick);
            patience.note(false, tick);
        }
        assert_eq!(patience.judge(false, REGISTRATION_TICKS), Verdict::Late);
    }
}
