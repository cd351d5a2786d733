//! The part of the world that is gone when the process is: who is connected, under which nick, in which rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_proto::names::Nick;

use crate::ids::{GuestId, RoomId, SessionId, Time, UserId};

/// A nick present in rooms.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) nick: Nick,
    /// `user@host`: what stands after the nick's `!`.
    pub(crate) address: Arc<str>,
    pub(crate) guest: Option<GuestId>,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) rooms: BTreeSet<RoomId>,
    /// Until when the seat of a guest without a connection is kept.
    pub(crate) seat_until: Option<Time>,
}

impl User {
    /// `nick!user@host`, as others see it.
    pub(crate) fn source(&self) -> Arc<str> {
        format!("{}!{}", self.nick.as_str(), self.address).into()
    }
}

/// Everybody who is here.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    users: BTreeMap<UserId, User>,
    by_nick: BTreeMap<Nick, UserId>,
    by_look: BTreeMap<String, UserId>,
    by_guest: BTreeMap<GuestId, UserId>,
    by_session: BTreeMap<SessionId, UserId>,
    members: BTreeMap<RoomId, BTreeSet<UserId>>,
    seats: BTreeSet<(Time, UserId)>,
}

impl Presence {
    pub(crate) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    pub(crate) fn user_of(&self, session: SessionId) -> Option<&User> {
        self.by_session.get(&session).and_then(|id| self.users.get(id))
    }

    pub(crate) fn user_named(&self, nick: &Nick) -> Option<&User> {
        self.by_nick.get(nick).and_then(|id| self.users.get(id))
    }

    pub(crate) fn user_of_guest(&self, guest: GuestId) -> Option<&User> {
        self.by_guest.get(&guest).and_then(|id| self.users.get(id))
    }

    /// Whether somebody other than `but` has this nick, or one that could be mistaken for it.
    pub(crate) fn nick_taken(&self, nick: &Nick, but: Option<UserId>) -> bool {
        let holders = [self.by_nick.get(nick), self.by_look.get(&nick.skeleton())];
        holders.into_iter().flatten().any(|holder| Some(*holder) != but)
    }

    pub(crate) fn members(&self, room: RoomId) -> impl Iterator<Item = &User> {
        self.members.get(&room).into_iter().flatten().filter_map(|id| self.users.get(id))
    }

    pub(crate) fn is_empty(&self, room: RoomId) -> bool {
        !self.members.contains_key(&room)
    }

    pub(crate) fn next_seat_end(&self) -> Option<Time> {
        self.seats.first().map(|(end, _)| *end)
    }

    /// The users whose seats are to be given up at `now`.
    pub(crate) fn seats_due(&self, now: Time) -> Vec<UserId> {
        self.seats.iter().take_while(|(end, _)| *end <= now).map(|(_, id)| *id).collect()
    }

    pub(crate) fn insert(&mut self, user: User) {
        self.by_nick.insert(user.nick.clone(), user.id);
        self.by_look.insert(user.nick.skeleton(), user.id);
        if let Some(guest) = user.guest {
            self.by_guest.insert(guest, user.id);
        }
        self.users.insert(user.id, user);
    }

    pub(crate) fn remove(&mut self, id: UserId) -> Option<User> {
        let user = self.users.remove(&id)?;
        self.by_nick.remove(&user.nick);
        self.by_look.remove(&user.nick.skeleton());
        if let Some(guest) = user.guest {
            self.by_guest.remove(&guest);
        }
        for session in &user.sessions {
            self.by_session.remove(session);
        }
        for room in &user.rooms {
            self.drop_member(*room, id);
        }
        if let Some(end) = user.seat_until {
            self.seats.remove(&(end, id));
        }
        Some(user)
    }

    pub(crate) fn rename(&mut self, id: UserId, nick: Nick) {
        let Some(user) = self.users.get_mut(&id) else { return };
        self.by_nick.remove(&user.nick);
        self.by_look.remove(&user.nick.skeleton());
        user.nick = nick;
        self.by_nick.insert(user.nick.clone(), id);
        self.by_look.insert(user.nick.skeleton(), id);
    }

    /// Adds a session to a user; a kept seat is taken again.
    pub(crate) fn attach(&mut self, session: SessionId, id: UserId) {
        let Some(user) = self.users.get_mut(&id) else { return };
        user.sessions.insert(session);
        if let Some(end) = user.seat_until.take() {
            self.seats.remove(&(end, id));
        }
        self.by_session.insert(session, id);
    }

    /// Takes a session from its user.
    pub(crate) fn detach(&mut self, session: SessionId) {
        let Some(id) = self.by_session.remove(&session) else { return };
        if let Some(user) = self.users.get_mut(&id) {
            user.sessions.remove(&session);
        }
    }

    /// Keeps the seat of a user without sessions for a while.
    pub(crate) fn keep_seat(&mut self, id: UserId, until: Time) {
        if let Some(user) = self.users.get_mut(&id) {
            user.seat_until = Some(until);
            self.seats.insert((until, id));
        }
    }

    /// Puts a user into a room; `false` if it was in it.
    pub(crate) fn enter(&mut self, id: UserId, room: RoomId) -> bool {
        let Some(user) = self.users.get_mut(&id) else { return false };
        user.rooms.insert(room) && self.members.entry(room).or_default().insert(id)
    }

    /// Takes a user out of a room; `false` if it was not in it.
    pub(crate) fn leave(&mut self, id: UserId, room: RoomId) -> bool {
        let was_in = self.users.get_mut(&id).is_some_and(|user| user.rooms.remove(&room));
        self.drop_member(room, id);
        was_in
    }

    fn drop_member(&mut self, room: RoomId, id: UserId) {
        if let Some(members) = self.members.get_mut(&room) {
            members.remove(&id);
            if members.is_empty() {
                self.members.remove(&room);
            }
        }
    }
}
