//! From when on what was said is kept: by the server's setting, and by a room's own.
//!
//! The store is told so by an entry now and then, and deletes what came before; the world itself holds no messages.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{RoomId, Time};

/// A day, in milliseconds.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The store is told so often, in milliseconds: what is too old stays at most so much longer.
const TELL_MS: u64 = 60 * 60 * 1000;

/// One entry tells of so many rooms at most.
const TELL_ROOMS_MAX: usize = 500;

/// Whose setting: a room's, or the server's.
pub(crate) type Whose = Option<RoomId>;

/// All settings, and when the store is next told what follows from each.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    settings: BTreeMap<Whose, Setting>,
    due: BTreeSet<(Time, Whose)>,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    keep_ms: u64,
    due: Time,
}

impl Keeping {
    /// What is said is kept for so long from now on; 0: no such setting.
    pub(crate) fn set(&mut self, whose: Whose, keep_ms: u64) {
        if let Some(before) = self.settings.remove(&whose) {
            self.due.remove(&(before.due, whose));
        }
        if keep_ms > 0 {
            self.put(whose, Setting { keep_ms, due: Time::default() });
        }
    }

    /// For how long what is said is kept by this setting; 0: there is none.
    pub(crate) fn keep_ms(&self, whose: Whose) -> u64 {
        self.settings.get(&whose).map_or(0, |setting| setting.keep_ms)
    }

    /// When the store is to be told next.
    pub(crate) fn next(&self) -> Option<Time> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes out what the store is to be told at `now`: from when on what was said is kept.
    pub(crate) fn tell(&mut self, now: Time) -> Vec<(Whose, Time)> {
        let due = self.due.iter().take_while(|(due, _)| *due <= now).take(TELL_ROOMS_MAX);
        let due: Vec<Whose> = due.map(|(_, whose)| *whose).collect();
        due.into_iter().map(|whose| (whose, self.tell_of(whose, now))).collect()
    }

    /// The same for one setting, which there MUST be, whether it is due or not.
    pub(crate) fn tell_of(&mut self, whose: Whose, now: Time) -> Time {
        let keep_ms = self.keep_ms(whose);
        self.set(whose, 0);
        self.put(whose, Setting { keep_ms, due: now.plus_ms(TELL_MS) });
        Time(now.0.saturating_sub(keep_ms))
    }

    fn put(&mut self, whose: Whose, setting: Setting) {
        self.settings.insert(whose, setting);
        self.due.insert((setting.due, whose));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rooms_are_told_of_in_turn_and_again_an_hour_later() {
        let mut keeping = Keeping::default();
        for room in 1..=700 {
            keeping.set(Some(RoomId(room)), room);
        }
        let now = Time(10_000);
        let told: Vec<_> = [now, now, now].map(|now| keeping.tell(now).len()).into();
        assert_eq!(told, [500, 200, 0]);
        assert_eq!(keeping.next(), Some(now.plus_ms(TELL_MS)));
        assert_eq!(keeping.tell(now.plus_ms(TELL_MS))[6], (Some(RoomId(7)), now.plus_ms(TELL_MS - 7)));
        keeping.set(None, 5);
        assert_eq!(keeping.tell(now), [(None, Time(9_995))]);
        keeping.set(None, 0);
        assert_eq!((keeping.keep_ms(None), keeping.settings.len(), keeping.due.len()), (0, 700, 700));
    }
}
