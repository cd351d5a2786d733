//! The world: every room, guest, user and membership as one deterministic state machine.
//!
//! In: entries, in the log's order. Out: effects for the sessions, changes for the store. It has no clock, no
//! randomness, no IO, and no map whose order differs between runs: the same entries give the same effects.

mod durable;
mod presence;
mod turn;

use std::sync::Arc;

pub(crate) use durable::{Durable, Room};
pub(crate) use presence::{Presence, User};
pub use turn::Leaving;
pub(crate) use turn::Turn;

use crate::commands::{join, nick, part, say, topic};
use crate::durable::{GuestRecord, RoomRecord};
use crate::entry::{Action, Audience, Entry, Event, Outcome, RoomView};
use crate::ids::{RoomId, SessionId, Time};
use crate::info::Rules;
use crate::session::attach;

/// The whole state of the chat.
#[derive(Debug)]
pub struct World {
    pub(crate) rules: Rules,
    pub(crate) durable: Durable,
    pub(crate) presence: Presence,
}

impl World {
    /// The world as the store remembers it; nobody is here yet.
    pub fn load(rules: Rules, rooms: Vec<RoomRecord>, guests: Vec<GuestRecord>) -> Self {
        World { rules, durable: Durable::load(rooms, guests), presence: Presence::default() }
    }

    /// Carries out one entry. The only place where anything changes.
    pub fn apply(&mut self, entry: &Entry) -> Outcome {
        let mut turn = Turn::new(self, entry);
        match &entry.action {
            Action::Start => turn.start(),
            Action::Open(name) => turn.open_room(name),
            Action::Attach(action) => attach::apply(&mut turn, action),
            Action::Detach(action) => attach::detach(&mut turn, action),
            Action::Nick(action) => nick::apply(&mut turn, action),
            Action::Join(action) => join::apply(&mut turn, action),
            Action::Part(action) => part::apply(&mut turn, action),
            Action::Say(action) => say::apply(&mut turn, action),
            Action::Topic(action) => topic::apply(&mut turn, action),
            Action::Announce { text } => turn.tell(Audience::Everyone, Event::Announced(text.clone())),
            Action::Expel { nick, reason } => turn.expel(nick, reason),
            Action::Expire => turn.expire(),
        }
        turn.out
    }

    /// When [`Action::Expire`] is due next.
    pub fn next_deadline(&self) -> Option<Time> {
        let seat = self.presence.next_seat_end();
        seat.into_iter().chain(self.durable.next_end(&self.rules)).min()
    }

    /// A number that is equal for equal durable states.
    pub fn durable_fingerprint(&self) -> u64 {
        self.durable.fingerprint()
    }

    /// The rooms of the user that this session speaks for.
    pub fn rooms_of(&self, session: SessionId) -> Vec<RoomId> {
        self.presence.user_of(session).map(|user| user.rooms.iter().copied().collect()).unwrap_or_default()
    }

    /// A room as somebody who comes in sees it.
    pub(crate) fn view(&self, room: &Room) -> RoomView {
        let people = self.presence.members(room.record.id).map(User::source).collect();
        RoomView { name: Arc::clone(&room.record.name), topic: room.record.topic.clone(), people }
    }
}
