//! Whose a room is, and what accounts are remembered to be in it.
//!
//! What an account is by MODE in a room of an account's or of the server's own, it is again whenever it comes, also after
//! a restart. In a guest's room nobody's rank is remembered but the founder's; whoever has founded one and logs in is its
//! founder as an account. A room made by a plain client is nobody's, since nothing tells who made it: its operator makes it
//! its account's by ROOM REGISTER.

use std::sync::Arc;

use super::{Turn, User, World};
use crate::durable::{Fact, FactKind, Owner, RoomRecord};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, Identity, RoomId, UserId};
use crate::modes::{Rank, Ranks};

/// How many accounts a room remembers the ranks of.
const ACCESS_MAX: usize = 200;

impl World {
    /// What an account is remembered to be in a room, without the foundership.
    pub(crate) fn access(&self, room: RoomId, account: AccountId) -> Ranks {
        self.durable.fact(&access(room, account)).map(|letters| Ranks::of_letters(letters)).unwrap_or_default()
    }

    /// The accounts whose ranks a room remembers, in the order in which they were made.
    pub(crate) fn access_list(&self, room: RoomId) -> Vec<(AccountId, Ranks)> {
        let entries = self.durable.facts(room.0, FactKind::Access);
        let entries = entries.filter_map(|(key, value)| Some((AccountId(key.parse().ok()?), Ranks::of_letters(value))));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|(account, _)| *account);
        entries
    }

    /// What somebody is in a room as soon as it is in it: the founder is founder, and an account what it was before; into
    /// a guest's empty room anybody comes as op, as on every IRC server.
    pub(crate) fn ranks_at_the_door(&self, room: &RoomRecord, who: Option<Identity>, was_empty: bool) -> Ranks {
        let mut ranks = match who {
            Some(Identity::Account(account)) if room.owner.is_lasting() => self.access(room.id, account),
            _ => Ranks::default(),
        };
        if who.is_some() && room.owner == Owner::of(who) {
            ranks.set(Rank::Founder, true);
        } else if was_empty && !room.owner.is_lasting() {
            ranks.set(Rank::Op, true);
        }
        ranks
    }

    /// What somebody may do in a room that it is in: a server operator runs the server's own rooms.
    pub(crate) fn power(&self, room: &RoomRecord, user: &User) -> Option<Ranks> {
        let mut ranks = self.presence.ranks(room.id, user.id)?;
        if user.modes.operator && room.owner == Owner::Server {
            ranks.set(Rank::Founder, true);
        }
        Some(ranks)
    }

    /// Whether somebody who is remembered has founded as many rooms as one may.
    pub(crate) fn has_founded_enough(&self, who: Owner) -> bool {
        let max = self.rules.rooms_per_founder;
        max > 0 && self.durable.founded(who) >= max
    }
}

impl Turn<'_> {
    /// Whoever has just come in is what it is remembered to be; `was_empty` is how the room was before.
    pub(crate) fn rank_at_the_door(&mut self, user: UserId, room: &RoomRecord, was_empty: bool) {
        let Some((who, nick)) = self.world.presence.user(user).map(|user| (user.identity, user.nick.clone())) else {
            return;
        };
        let ranks = self.world.ranks_at_the_door(room, who, was_empty);
        for rank in ranks.all() {
            self.world.presence.set_rank(room.id, user, rank, true);
        }
        if ranks == Ranks::default() || was_empty {
            return;
        }
        let letters = ranks.letters();
        let names = letters.chars().map(|_| nick.as_str()).collect::<Vec<_>>().join(" ");
        let event = Event::Modes {
            room: Arc::clone(&room.name),
            source: Arc::clone(&self.world.rules.server_name),
            changes: format!("+{letters} {names}").into(),
        };
        self.tell_unasked(Audience::Others(user, [room.id].into()), event);
    }

    /// Whether a room remembers as many ranks as it may, and this account's is not among them.
    pub(crate) fn access_is_full(&self, room: RoomId, account: AccountId) -> bool {
        self.world.durable.fact(&access(room, account)).is_none()
            && self.world.durable.facts(room.0, FactKind::Access).count() >= ACCESS_MAX
    }

    /// A room remembers what an account is in it; the founder is known by the room itself.
    pub(crate) fn note_access(&mut self, room: RoomId, account: AccountId, ranks: Ranks) {
        let is_founder = self.world.durable.room(room).is_some_and(|room| room.record.owner == Owner::Account(account));
        let mut ranks = ranks;
        if is_founder {
            ranks.set(Rank::Founder, false);
        }
        let letters = ranks.letters();
        self.put_fact(access(room, account), (!letters.is_empty()).then(|| letters.into()));
    }

    /// A room that is an account's from now on remembers what other accounts are in it.
    pub(crate) fn remember_ranks(&mut self, room: RoomId) {
        let members = self.world.presence.members(room);
        let known: Vec<_> =
            members.filter_map(|(user, ranks)| Some((user.account_id()?, ranks))).take(ACCESS_MAX).collect();
        for (account, ranks) in known {
            self.note_access(room, account, ranks);
        }
    }

    /// A guest has logged in: the rooms that it has founded are its account's, as far as that may have more of them.
    pub(crate) fn pass_rooms(&mut self, from: Option<Identity>, to: AccountId) {
        let Some(Identity::Guest(guest)) = from.filter(|_| self.entry.writable) else { return };
        for room in self.world.durable.rooms_of(Owner::Guest(guest)) {
            if self.world.has_founded_enough(Owner::Account(to)) {
                return;
            }
            self.change_room(room, |record| record.owner = Owner::Account(to));
            self.remember_ranks(room);
        }
    }

    /// A user in rooms has an account from now on: it is there what that is remembered to be, and what it was there
    /// before is remembered.
    pub(crate) fn rank_where_it_is(&mut self, id: UserId, account: AccountId) {
        let rooms = self.world.presence.user(id).map(|user| user.rooms.clone()).unwrap_or_default();
        for room in rooms {
            let Some(record) = self.world.durable.room(room).map(|room| room.record.clone()) else { continue };
            let known = self.world.ranks_at_the_door(&record, Some(Identity::Account(account)), false);
            self.raise(id, &record, known);
            self.note_ranks(id, account, &record);
        }
    }

    /// Gives a user in a room ranks that it has not got yet; all inside are told.
    pub(crate) fn raise(&mut self, id: UserId, room: &RoomRecord, ranks: Ranks) {
        let new = ranks.all().filter(|rank| self.world.presence.set_rank(room.id, id, *rank, true));
        let letters: String = new.map(Rank::letter).collect();
        let Some(user) = self.world.presence.user(id).filter(|_| !letters.is_empty()) else { return };
        let nicks = vec![user.nick.as_str(); letters.len()].join(" ");
        let event = Event::Modes {
            room: Arc::clone(&room.name),
            source: Arc::clone(&self.world.rules.server_name),
            changes: format!("+{letters} {nicks}").into(),
        };
        self.tell(Audience::Room(room.id), event);
    }

    /// A room that remembers ranks remembers what an account is that is in it, if there is a place for one more.
    pub(crate) fn note_ranks(&mut self, id: UserId, account: AccountId, room: &RoomRecord) {
        let ranks = self.world.presence.ranks(room.id, id).filter(|ranks| ranks.highest().is_some());
        if let Some(ranks) = ranks
            && room.owner.is_lasting()
            && self.entry.writable
            && !self.access_is_full(room.id, account)
        {
            self.note_access(room.id, account, ranks);
        }
    }

    /// A room is nobody's from now on, and remembers no ranks.
    pub(crate) fn disown(&mut self, room: RoomId) {
        self.change_room(room, |record| record.owner = Owner::Nobody);
        for (account, _) in self.world.access_list(room) {
            self.put_fact(access(room, account), None);
        }
    }

    /// An account is nothing in any room any more.
    pub(crate) fn drop_access(&mut self, account: AccountId) {
        for room in self.world.durable.rooms_of(Owner::Account(account)) {
            self.disown(room);
        }
        for room in self.world.durable.room_ids().collect::<Vec<_>>() {
            self.put_fact(access(room, account), None);
        }
    }
}

/// What an account is in a room.
fn access(RoomId(owner): RoomId, AccountId(account): AccountId) -> Fact {
    Fact { owner, kind: FactKind::Access, key: account.to_string().into() }
}
