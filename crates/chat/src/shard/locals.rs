//! A worker's own members of each room: only the sessions that sit here, kept by the same effects as the world.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use teahouse_proto::names::Nick;

use crate::few::Few;
use crate::ids::{RoomId, UserId};

/// The index of a session in its worker's slab.
pub(crate) type Slot = u32;

/// Some of them: a room of four at most takes no allocation.
type Slots = SmallVec<[Slot; 4]>;

/// Who of this worker's sessions is whose, and where.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    /// Almost every user has one session.
    users: BTreeMap<UserId, Few<Slot>>,
    rooms: BTreeMap<RoomId, Slots>,
    watchers: BTreeMap<Nick, Slots>,
    /// The same, the other way round.
    watched: BTreeMap<Slot, Few<Nick>>,
}

impl Locals {
    pub(crate) fn of_user(&self, user: UserId) -> &[Slot] {
        self.users.get(&user).map(Few::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_room(&self, room: RoomId) -> &[Slot] {
        self.rooms.get(&room).map(SmallVec::as_slice).unwrap_or_default()
    }

    pub(crate) fn watching(&self, nick: &Nick) -> &[Slot] {
        self.watchers.get(nick).map(SmallVec::as_slice).unwrap_or_default()
    }

    /// A user's sessions are told of these nicks' coming and going, or are not.
    pub(crate) fn watch(&mut self, user: UserId, nicks: &[Nick], on: bool) {
        for slot in self.of_user(user).to_vec() {
            match on {
                true => self.watch_by(slot, nicks),
                false => nicks.iter().for_each(|nick| self.unwatch(slot, nick)),
            }
        }
    }

    pub(crate) fn watch_by(&mut self, slot: Slot, nicks: &[Nick]) {
        for nick in nicks {
            if self.watched.entry(slot).or_default().insert(nick.clone()) {
                self.watchers.entry(nick.clone()).or_default().push(slot);
            }
        }
    }

    fn unwatch(&mut self, slot: Slot, nick: &Nick) {
        remove(&mut self.watchers, nick, |known| *known == slot);
        if let Some(nicks) = self.watched.get_mut(&slot) {
            nicks.remove(nick);
            if nicks.is_empty() {
                self.watched.remove(&slot);
            }
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Slot> {
        self.users.values().flatten().copied()
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn memberships(&self) -> impl Iterator<Item = (Slot, RoomId)> {
        self.rooms.iter().flat_map(|(room, slots)| slots.iter().map(|slot| (*slot, *room)))
    }

    /// Which of the sessions here are told of which nick.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn watches(&self) -> impl Iterator<Item = (Slot, &Nick)> {
        self.watchers.iter().flat_map(|(nick, slots)| slots.iter().map(move |slot| (*slot, nick)))
    }

    /// A session speaks for a user that is in these rooms.
    pub(crate) fn attach(&mut self, slot: Slot, user: UserId, rooms: impl Iterator<Item = RoomId>) {
        self.users.entry(user).or_default().insert(slot);
        for room in rooms {
            self.rooms.entry(room).or_default().push(slot);
        }
    }

    /// A session speaks no more for its user, who is in these rooms.
    pub(crate) fn detach(&mut self, slot: Slot, user: UserId, rooms: &[RoomId]) {
        if let Some(slots) = self.users.get_mut(&user) {
            slots.remove(&slot);
            if slots.is_empty() {
                self.users.remove(&user);
            }
        }
        for room in rooms {
            remove(&mut self.rooms, room, |known| *known == slot);
        }
        for nick in self.watched.remove(&slot).unwrap_or_default().iter() {
            remove(&mut self.watchers, nick, |known| *known == slot);
        }
    }

    pub(crate) fn enter(&mut self, user: UserId, room: RoomId) {
        if let Some(slots) = self.users.get(&user) {
            self.rooms.entry(room).or_default().extend(slots.iter().copied());
        }
    }

    pub(crate) fn leave(&mut self, user: UserId, room: RoomId) {
        let Some(slots) = self.users.get(&user) else { return };
        remove(&mut self.rooms, &room, |known| slots.contains(known));
    }
}

fn remove<K: Ord>(map: &mut BTreeMap<K, Slots>, key: &K, gone: impl Fn(&Slot) -> bool) {
    if let Some(slots) = map.get_mut(key) {
        slots.retain(|slot| !gone(slot));
        if slots.is_empty() {
            map.remove(key);
        }
    }
}
