//! Complaints that do not fill the log: a cause that comes back a thousand times a second is logged now and then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Logs at most once in a while.
#[derive(Debug)]
pub(crate) struct Seldom {
    every: Duration,
    last: Mutex<Option<Instant>>,
}

impl Seldom {
    /// At most once in `every`.
    pub(crate) const fn every(every: Duration) -> Self {
        Seldom { every, last: Mutex::new(None) }
    }

    /// Warns, unless it just did.
    pub(crate) fn warn(&self, what: impl FnOnce() -> String) {
        if self.is_due(Instant::now()) {
            tracing::warn!("{}", what());
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last) >= self.every);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_due_and_then_one_in_a_while() {
        let seldom = Seldom::every(Duration::from_secs(10));
        let start = Instant::now();
        let due = [0, 1, 9, 10, 19, 20].map(|s| seldom.is_due(start + Duration::from_secs(s)));
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
