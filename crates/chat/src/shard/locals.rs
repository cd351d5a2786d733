//! A worker's own members of each room: only the sessions that sit here, kept by the same effects as the world.

use std::collections::BTreeMap;

use smallvec::SmallVec;
use teahouse_proto::names::Nick;

use crate::ids::{RoomId, UserId};

/// The index of a session in its worker's slab.
pub(crate) type Slot = u32;

/// Some of them: almost every user has one session, and that takes no allocation.
type Slots = SmallVec<[Slot; 4]>;

/// Who of this worker's sessions is whose, and where.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    users: BTreeMap<UserId, Slots>,
    rooms: BTreeMap<RoomId, Slots>,
    watchers: BTreeMap<Nick, Slots>,
}

impl Locals {
    pub(crate) fn of_user(&self, user: UserId) -> &[Slot] {
        self.users.get(&user).map(SmallVec::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_room(&self, room: RoomId) -> &[Slot] {
        self.rooms.get(&room).map(SmallVec::as_slice).unwrap_or_default()
    }

    pub(crate) fn watching(&self, nick: &Nick) -> &[Slot] {
        self.watchers.get(nick).map(SmallVec::as_slice).unwrap_or_default()
    }

    pub(crate) fn watch(&mut self, slot: Slot, nick: Nick) {
        self.watchers.entry(nick).or_default().push(slot);
    }

    pub(crate) fn unwatch(&mut self, slot: Slot, nick: &Nick) {
        remove(&mut self.watchers, nick, |known| *known == slot);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Slot> {
        self.users.values().flatten().copied()
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn memberships(&self) -> impl Iterator<Item = (Slot, RoomId)> {
        self.rooms.iter().flat_map(|(room, slots)| slots.iter().map(|slot| (*slot, *room)))
    }

    /// A session speaks for a user that is in these rooms.
    pub(crate) fn attach(&mut self, slot: Slot, user: UserId, rooms: impl Iterator<Item = RoomId>) {
        self.users.entry(user).or_default().push(slot);
        for room in rooms {
            self.rooms.entry(room).or_default().push(slot);
        }
    }

    /// A session speaks no more for its user, who is in these rooms.
    pub(crate) fn detach(&mut self, slot: Slot, user: UserId, rooms: &[RoomId]) {
        remove(&mut self.users, &user, |known| *known == slot);
        for room in rooms {
            remove(&mut self.rooms, room, |known| *known == slot);
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
