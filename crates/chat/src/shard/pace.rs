//! How fast a session is read: past its burst more slowly, and never refused or reordered.

/// How many lines a session may send without being slowed, and how fast they are read from then on.
///
/// What it does and what it asks are counted apart: whoever looks much up does not lose its voice by that sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How long the next line waits once the burst is used up, in microseconds; 0 for no limit.
    pub interval_us: u64,
    /// How many lines may come at once.
    pub burst: u64,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate { interval_us: 0, burst: 0 };
}

/// How many frames that carry no line count as one: no client that means well sends so many.
const FRAMES_PER_LINE: u64 = 16;

/// What a session has used up, as the times at which all of it would be allowed again, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    done_us: u64,
    asked_us: u64,
}

impl Pace {
    /// Counts what a line has made: so many actions, or none but a question or an answer, which is one as well.
    pub(super) fn count(&mut self, rate: Rate, now_us: u64, actions: usize, is_question: bool) {
        let used = if is_question { &mut self.asked_us } else { &mut self.done_us };
        let lines = u64::try_from(actions.max(1)).unwrap_or(u64::MAX);
        *used = (*used).max(now_us).saturating_add(rate.interval_us.saturating_mul(lines));
    }

    /// Counts a frame that carries no line (a fragment, a ping, a pong), or a line that is a piece of a message.
    pub(super) fn count_frame(&mut self, rate: Rate, now_us: u64) {
        self.done_us = self.done_us.max(now_us).saturating_add(rate.interval_us / FRAMES_PER_LINE);
    }

    /// When the next line may be read, in microseconds.
    pub(super) fn next_us(&self, rate: Rate) -> u64 {
        // The burst is what may be used ahead of time; the line that exceeds it is read, and what follows waits.
        let ahead_us = rate.interval_us.saturating_mul(rate.burst.saturating_sub(1));
        self.done_us.max(self.asked_us).saturating_sub(ahead_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { interval_us: 250_000, burst: 3 };

    #[test]
    fn past_the_burst_each_line_waits_its_interval() {
        let mut pace = Pace::default();
        let mut read_at = Vec::new();
        let mut now_us = 1_000_000;
        for _ in 0..6 {
            now_us = now_us.max(pace.next_us(RATE));
            read_at.push(now_us);
            pace.count(RATE, now_us, 1, false);
        }
        assert_eq!(read_at, [1_000_000, 1_000_000, 1_000_000, 1_250_000, 1_500_000, 1_750_000]);
    }

    #[test]
    fn sixteen_frames_without_a_line_are_as_much_as_a_line() {
        let mut pace = Pace::default();
        (0..3 * 16).for_each(|_| pace.count_frame(RATE, 0));
        assert_eq!(pace.next_us(RATE), 250_000, "three lines, which is the burst");
        pace.count_frame(RATE, 250_000);
        assert_eq!(pace.next_us(RATE), 250_000 + 250_000 / 16);
    }

    #[test]
    fn questions_have_a_burst_of_their_own_and_a_line_for_several_counts_as_several() {
        let mut pace = Pace::default();
        for _ in 0..2 {
            pace.count(RATE, 0, 1, false);
            pace.count(RATE, 0, 0, true);
        }
        assert_eq!(pace.next_us(RATE), 0, "two of each");
        pace.count(RATE, 0, 4, false);
        assert_eq!(pace.next_us(RATE), 4 * 250_000);
        assert_eq!(Pace::default().next_us(Rate::UNLIMITED), 0);
    }
}
