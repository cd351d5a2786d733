//! The messages that are remembered by their clients' ids.
//!
//! What is within the bounds depends only on what is remembered. A message that could not be stored is taken out again,
//! and those that it had pushed over the brink are back within: so some are kept beyond it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{MsgId, Position};
use crate::once::{Once, RecentBounds, RecentId};

/// How many more than may be remembered are kept: more are not on their way to the disk at a time when that fails.
const SPARE_IDS_MAX: usize = 1 << 15;

/// A message that is remembered.
#[derive(Debug)]
pub(crate) struct First {
    pub(crate) once: Once,
    pub(crate) msgid: MsgId,
    /// Whether it is on the disk or on its way there.
    pub(crate) is_kept: bool,
}

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// By the log's order.
    said: BTreeMap<Position, First>,
    by_id: BTreeSet<([u8; 16], Position)>,
}

impl Recent {
    pub(crate) fn load(ids: impl IntoIterator<Item = RecentId>) -> Self {
        let mut recent = Recent::default();
        for id in ids {
            recent.put(id, true);
        }
        recent
    }

    /// A message was said.
    pub(crate) fn add(&mut self, id: RecentId, is_kept: bool, bounds: RecentBounds) {
        self.put(id, is_kept);
        while self.said.len() > bounds.ids_max + SPARE_IDS_MAX {
            let Some((position, first)) = self.said.pop_first() else { return };
            self.by_id.remove(&(first.once.id, position));
        }
    }

    fn put(&mut self, RecentId { once, msgid }: RecentId, is_kept: bool) {
        self.by_id.insert((once.id, msgid.position));
        self.said.insert(msgid.position, First { once, msgid, is_kept });
    }

    /// What was said there could not be stored.
    pub(crate) fn remove(&mut self, position: Position) {
        if let Some(first) = self.said.remove(&position) {
            self.by_id.remove(&(first.once.id, position));
        }
    }

    /// The message that was said with an id.
    pub(crate) fn find(&self, id: [u8; 16], bounds: RecentBounds) -> Option<&First> {
        let ids = (id, Position(0))..=(id, Position(u64::MAX));
        let (_, position) = self.by_id.range(ids).next_back()?;
        let is_within = |first: &&First| *position >= self.first_within(bounds) && self.is_young(first, bounds);
        self.said.get(position).filter(is_within)
    }

    /// All that is within the bounds.
    pub(crate) fn within(&self, bounds: RecentBounds) -> impl Iterator<Item = &First> {
        let newest = self.said.range(self.first_within(bounds)..).map(|(_, first)| first);
        newest.filter(move |first| self.is_young(first, bounds))
    }

    /// Looks at those that are beyond the bounds: only a repeat is worth that.
    fn first_within(&self, bounds: RecentBounds) -> Position {
        let beyond = self.said.len().saturating_sub(bounds.ids_max);
        self.said.keys().nth(beyond).copied().unwrap_or_default()
    }

    fn is_young(&self, first: &First, bounds: RecentBounds) -> bool {
        let newest = self.said.last_key_value().map(|(_, newest)| newest.msgid.time).unwrap_or_default();
        first.msgid.time.plus_ms(bounds.age_ms) >= newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Time;

    const BOUNDS: RecentBounds = RecentBounds { ids_max: 2, age_ms: 100 };

    fn said(id: u8, position: u64, time: u64) -> RecentId {
        let msgid = MsgId { time: Time(time), position: Position(position) };
        RecentId { once: Once { id: [id; 16], said: [id; 8] }, msgid }
    }

    #[test]
    fn the_newest_are_remembered_and_come_back_when_a_newer_one_is_lost() {
        let mut recent = Recent::default();
        for (id, position) in [(1, 10), (2, 20), (3, 30)] {
            recent.add(said(id, position, 5), true, BOUNDS);
        }
        let is_known = |recent: &Recent, id: u8| recent.find([id; 16], BOUNDS).is_some();
        assert_eq!([1, 2, 3].map(|id| is_known(&recent, id)), [false, true, true]);
        recent.remove(Position(30));
        assert_eq!([1, 2, 3].map(|id| is_known(&recent, id)), [true, true, false]);
        assert_eq!(recent.within(BOUNDS).count(), 2);
    }

    #[test]
    fn what_is_much_older_than_the_newest_is_not_remembered() {
        let mut recent = Recent::default();
        recent.add(said(1, 10, 5), true, BOUNDS);
        recent.add(said(2, 20, 105), true, BOUNDS);
        assert_eq!(recent.within(BOUNDS).count(), 2);
        recent.add(said(1, 30, 106), true, BOUNDS);
        assert_eq!(recent.find([1; 16], BOUNDS).map(|first| first.msgid.position), Some(Position(30)));
        assert_eq!(recent.within(BOUNDS).count(), 2);
    }

    #[test]
    fn no_more_are_kept_than_the_spare_ones() {
        let mut recent = Recent::default();
        for position in 1..=(SPARE_IDS_MAX as u64 + 10) {
            recent.add(said(1, position, 5), true, BOUNDS);
        }
        assert_eq!((recent.said.len(), recent.by_id.len()), (SPARE_IDS_MAX + 2, SPARE_IDS_MAX + 2));
    }
}
