//! One entry being carried out: the world, the entry's place and time, and what has come of it so far.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{User, World};
use crate::commands::metadata::pins::unpin_before;
use crate::commands::{markread, mode, no_such_channel, outside};
use crate::durable::{AccountRecord, Change, Fact, FactKind, GuestRecord, Owner, RoomRecord};
use crate::entry::{Audience, Effect, Entry, Event, Origin, Outcome};
use crate::happenings;
use crate::ids::{GuestId, Identity, Position, RoomId, Time, UserId};
use crate::modes::RoomModes;
use crate::reply::{Reply, Scope};
use crate::shard::Gate;

/// Why a user goes: a room in which nothing was said outlives a drop for a while, but not a goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaving {
    /// Said goodbye: PART, QUIT, or sent away.
    Goodbye,
    /// The connection was lost.
    Dropped,
}

/// What a command's `apply` works with.
pub(crate) struct Turn<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) entry: &'a Entry,
    pub(crate) out: Outcome,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(world: &'a mut World, entry: &'a Entry) -> Self {
        Turn { world, entry, out: Outcome::default() }
    }

    /// What has come of it. Whoever is promised what was so already has nothing to wait for: nothing is written. Nor has
    /// who does what may be done while nothing can be stored: its answer would come when the disk works again.
    pub(crate) fn finish(mut self) -> Outcome {
        let is_unchanged = self.out.changes.is_empty();
        let mut changes = self.out.changes.iter();
        let waits = self.entry.writable && changes.any(|change| !matches!(change, Change::Happened(_)));
        for effect in &mut self.out.effects {
            match &effect.event {
                Event::Promise(_, reply) if is_unchanged => effect.event = Event::Reply(reply.clone()),
                event if waits && event.is_done() => effect.gate = Some(Gate::Settled),
                _ => {}
            }
        }
        self.out
    }

    /// The user who acts; `None` when its session ended while the line was on its way.
    pub(crate) fn actor(&self) -> Option<&User> {
        self.world.presence.user_of(self.entry.origin.as_ref()?.session)
    }

    /// Whether whoever acts runs the server.
    pub(crate) fn is_operator(&self) -> bool {
        self.entry.origin.as_ref().is_some_and(|origin| self.world.is_operator(origin.session))
    }

    /// Tells an audience something; the session that acts takes it for its answer.
    pub(crate) fn tell(&mut self, audience: Audience, event: Event) {
        self.push(audience, event, self.entry.origin.clone());
    }

    /// Tells an audience something that answers nobody.
    pub(crate) fn tell_unasked(&mut self, audience: Audience, event: Event) {
        self.push(audience, event, None);
    }

    /// Tells the other sessions of the user who acts.
    pub(crate) fn tell_own_others(&mut self, event: &Event) {
        let own = self.entry.origin.as_ref().map(|origin| origin.session);
        let sessions = self.actor().into_iter().flat_map(User::sessions);
        for session in sessions.filter(|session| Some(*session) != own).collect::<Vec<_>>() {
            self.tell_unasked(Audience::Session(session), event.clone());
        }
    }

    /// Answers the session that acts with one line.
    pub(crate) fn reply(&mut self, reply: Reply) {
        self.tell_origin(Event::Reply(reply));
    }

    /// The refusal for who is not in a room but would have to be.
    pub(crate) fn outside(&self, room: &RoomName) -> Reply {
        match &self.entry.origin {
            Some(origin) => outside(self.world, origin.session, room),
            None => no_such_channel(room.as_str()),
        }
    }

    /// Answers the session that acts with one line, once what the line says is kept.
    pub(crate) fn promise(&mut self, reply: Reply) {
        self.promise_behind(Gate::Settled, reply);
    }

    /// The same, once what the line says has happened so far.
    pub(crate) fn promise_behind(&mut self, gate: Gate, reply: Reply) {
        self.tell_origin(Event::Promise(gate, reply));
    }

    /// Answers the session that acts, in a batch of the answer's own.
    pub(crate) fn tell_origin_in(&mut self, scope: Scope, event: Event) {
        if let Some(Origin { session, .. }) = self.entry.origin {
            self.push(Audience::Session(session), event, Some(Origin { session, scope }));
        }
    }

    /// Answers a labelled line that changes nothing.
    pub(crate) fn acknowledge(&mut self) {
        if let Some(Origin { scope: Scope::Label(_), .. }) = self.entry.origin {
            self.reply(Reply::word("ACK"));
        }
    }

    /// Answers the session that acts.
    pub(crate) fn tell_origin(&mut self, event: Event) {
        if let Some(Origin { session, .. }) = self.entry.origin {
            self.tell(Audience::Session(session), event);
        }
    }

    fn push(&mut self, audience: Audience, event: Event, origin: Option<Origin>) {
        self.note_happening(&audience, &event);
        let gate = event.gate();
        self.out.effects.push(Effect { audience, event, origin, gate });
    }

    /// What happens in a room is kept, to be told again: where something was said, and in an account's from its first moment.
    fn note_happening(&mut self, audience: &Audience, event: &Event) {
        if !self.world.rules.keep_history {
            return;
        }
        for room in happenings::rooms_told(audience) {
            let is_kept = |record: &&RoomRecord| record.spoken || matches!(record.owner, Owner::Account(_));
            let record = self.world.durable.room(*room).map(|room| &room.record).filter(is_kept);
            let author = |source: &str| self.world.account_behind(source);
            let row = record.and_then(|record| happenings::row(event, *room, &record.name, self.entry.msgid(), author));
            self.out.changes.extend(row.map(Change::Happened));
        }
    }

    /// If an owner has as many small things of a kind, each a number, as there may be, the one of the least goes.
    pub(crate) fn make_room_for_fact(&mut self, owner: u64, kind: FactKind, facts_max: usize) {
        let facts = self.world.durable.facts(owner, kind);
        let facts: Vec<(u64, Arc<str>)> =
            facts.map(|(key, number)| (number.parse().unwrap_or_default(), Arc::clone(key))).collect();
        if facts.len() >= facts_max
            && let Some((_, key)) = facts.into_iter().min()
        {
            self.put_fact(Fact { owner, kind, key }, None);
        }
    }

    /// Changes or makes a room, here and in the store.
    pub(crate) fn put_room(&mut self, record: RoomRecord) {
        self.world.durable.put_room(record.clone());
        self.out.changes.push(Change::Room(record));
    }

    /// Changes a room that there is.
    pub(crate) fn change_room(&mut self, id: RoomId, change: impl FnOnce(&mut RoomRecord)) {
        if let Some(mut record) = self.world.durable.room(id).map(|room| room.record.clone()) {
            change(&mut record);
            self.put_room(record);
        }
    }

    /// Puts a user into a room; `false` if it was in it. An account's seat is kept.
    pub(crate) fn enter(&mut self, user: UserId, room: RoomId) -> bool {
        let is_new = self.world.presence.enter(user, room);
        if is_new {
            self.note_seat(user, room, true);
        }
        is_new
    }

    /// Takes a user out of a room.
    pub(crate) fn leave(&mut self, user: UserId, room: RoomId) {
        self.world.presence.leave(user, room);
        self.note_seat(user, room, false);
    }

    /// Changes or makes a guest, here and in the store.
    pub(crate) fn put_guest(&mut self, record: GuestRecord) {
        self.world.durable.put_guest(record.clone());
        self.out.changes.push(Change::Guest(record));
    }

    /// Changes or makes an account, here and in the store.
    pub(crate) fn put_account(&mut self, record: AccountRecord) {
        let before = self.world.durable.account(record.id).and_then(|before| Nick::parse(&before.name).ok());
        let renamed = before.zip(Nick::parse(&record.name).ok()).filter(|(before, now)| before != now);
        if let Some((before, now)) = renamed {
            mode::rename_in_lists(self, &before, Some(&now));
        }
        self.world.durable.put_account(record.clone());
        self.out.changes.push(Change::Account(record));
    }

    /// Sets a small thing, or takes it away, here and in the store.
    pub(crate) fn put_fact(&mut self, fact: Fact, value: Option<Arc<str>>) {
        if self.world.durable.put_fact(fact.clone(), value.clone()) {
            self.out.changes.push(Change::Fact(fact, value));
        }
    }

    /// Nothing is remembered of an owner any more.
    fn drop_facts(&mut self, owner: u64) {
        for fact in self.world.durable.facts_of(owner) {
            self.put_fact(fact, None);
        }
    }

    /// The first entry of a process: whoever was in a room when the last process ended is not any more.
    pub(crate) fn start(&mut self) {
        self.world.durable.started = self.entry.time;
        self.seat_accounts();
        markread::drop_pointless(self);
        for id in self.world.durable.room_ids().collect::<Vec<_>>() {
            self.settle_emptiness(id, Leaving::Dropped);
        }
    }

    /// A room of the server's own exists from now on.
    pub(crate) fn open_room(&mut self, name: &RoomName) {
        let record = match self.world.durable.room_named(name) {
            Some(room) if room.record.owner == Owner::Server => return,
            Some(room) => RoomRecord { owner: Owner::Server, ..room.record.clone() },
            None => self.new_room(name, Owner::Server),
        };
        self.put_room(record);
    }

    /// A room that nobody is in yet, named by this entry's position: an entry makes at most one.
    pub(crate) fn new_room(&self, name: &RoomName, owner: Owner) -> RoomRecord {
        let now = self.entry.time;
        RoomRecord {
            id: RoomId(self.entry.position.0),
            name: name.as_str().into(),
            owner,
            topic: None,
            modes: RoomModes::default(),
            created: now,
            spoken: false,
            empty_since: Some(now),
        }
    }

    /// Makes a room's record say whether anybody is in it; a silent room goes with the last goodbye.
    pub(crate) fn settle_emptiness(&mut self, id: RoomId, leaving: Leaving) {
        let empty = self.world.presence.is_empty(id);
        let Some(room) = self.world.durable.room(id) else { return };
        if empty && leaving == Leaving::Goodbye && !room.record.spoken && !room.record.owner.is_lasting() {
            return self.forget_room(id, Change::RoomForgotten(id));
        }
        if room.record.empty_since.is_some() != empty {
            let empty_since = empty.then_some(self.entry.time);
            self.put_room(RoomRecord { empty_since, ..room.record.clone() });
        }
    }

    fn forget_room(&mut self, id: RoomId, change: Change) {
        self.world.durable.remove_room(id);
        self.out.changes.push(change);
        self.drop_facts(id.0);
    }

    /// Forgets a room now that would go with the next moment, for somebody who waits until nothing of it is left; whether
    /// it was one.
    pub(crate) fn drop_if_due(&mut self, id: RoomId) -> bool {
        let is_due = self.world.durable.rooms_due(self.entry.time).contains(&id);
        if is_due {
            self.forget_room(id, Change::RoomDropped(id));
        }
        is_due
    }

    /// Takes a user out of the world; those who shared a room with it are told.
    pub(crate) fn quit(&mut self, id: UserId, reason: &Arc<str>, leaving: Leaving) {
        let seats = self.world.presence.user(id).map(|user| user.rooms.iter().copied().collect::<Vec<_>>());
        for room in seats.into_iter().flatten() {
            self.note_seat(id, room, false);
        }
        let Some(user) = self.world.presence.remove(id, self.entry.time) else { return };
        let rooms: Arc<[RoomId]> = user.rooms.iter().copied().collect();
        for session in user.sessions() {
            self.tell_unasked(Audience::Session(session), Event::Detached(id, Arc::clone(&rooms)));
        }
        let event = Event::Quit { user: id, source: user.source(), reason: Arc::clone(reason) };
        self.tell_unasked(Audience::Neighbours(id, Arc::clone(&rooms)), event);
        self.tell_leaving(&user.nick);
        for room in rooms.iter() {
            self.settle_emptiness(*room, leaving);
        }
        if let Some(identity) = user.identity {
            self.see(identity);
        }
    }

    /// Tells those who monitor a nick that somebody has it now.
    pub(crate) fn tell_arrival(&mut self, nick: &Nick) {
        if let Some(source) = self.world.presence.user_named(nick).map(User::source) {
            let told = Reply::numeric(n::RPL_MONONLINE, source.to_string());
            self.tell_unasked(Audience::Watchers(nick.clone()), Event::Told(told));
        }
    }

    /// Tells those who monitor a nick that nobody has it any more.
    pub(crate) fn tell_leaving(&mut self, nick: &Nick) {
        let told = Reply::numeric(n::RPL_MONOFFLINE, nick.as_str().to_owned());
        self.tell_unasked(Audience::Watchers(nick.clone()), Event::Told(told));
    }

    /// An identity was here up to now.
    pub(crate) fn see(&mut self, identity: Identity) {
        match identity {
            Identity::Guest(guest) => self.see_guest(guest),
            Identity::Account(account) => {
                if let Some(account) = self.world.durable.account(account) {
                    self.put_account(AccountRecord { seen: self.entry.time, ..account.clone() });
                }
            }
        }
    }

    fn see_guest(&mut self, id: GuestId) {
        if let Some(guest) = self.world.durable.guest(id) {
            self.put_guest(GuestRecord { seen: self.entry.time, ..guest.clone() });
        }
    }

    /// Closes all sessions of a user on the host's word.
    pub(crate) fn expel(&mut self, nick: &Nick, reason: &Arc<str>) {
        let Some(user) = self.world.presence.user_named(nick) else { return };
        let id = user.id;
        self.close_all(id, reason);
        self.quit(id, reason, Leaving::Goodbye);
    }

    /// Closes all sessions of a user, who is still there.
    pub(crate) fn close_all(&mut self, id: UserId, reason: &Arc<str>) {
        let sessions = self.world.presence.user(id).map(|user| user.sessions().collect::<Vec<_>>());
        for session in sessions.into_iter().flatten() {
            self.tell_unasked(Audience::Session(session), Event::Close(Arc::clone(reason)));
        }
    }

    /// What was said there could not be stored, and may be said again with the same id.
    pub(crate) fn forget_ids(&mut self, positions: &[Position]) {
        for position in positions {
            self.world.durable.recent.remove(*position);
            self.world.other_ids.remove(*position);
        }
    }

    /// What was said before a moment, in a room or anywhere, is kept no longer.
    pub(crate) fn keep_from(&mut self, whose: Option<RoomId>, from: Time) {
        self.out.changes.push(Change::KeptFrom(whose, from));
        unpin_before(self, whose, from);
    }

    /// Gives up the seats, and forgets the rooms and guests, that are due.
    pub(crate) fn expire(&mut self) {
        let now = self.entry.time;
        for user in self.world.presence.seats_due(now) {
            self.quit(user, &"Connection lost".into(), Leaving::Dropped);
        }
        for room in self.world.durable.rooms_due(now) {
            self.forget_room(room, Change::RoomForgotten(room));
        }
        self.go_round();
        let kept = self.world.durable.tell_kept(now);
        for (whose, from) in kept {
            self.keep_from(whose, from);
        }
        for fact in self.world.durable.facts_due(now) {
            self.put_fact(fact, None);
        }
        for guest in self.world.durable.guests_due(now) {
            if self.world.presence.user_known_as(Identity::Guest(guest)).is_some() {
                self.see_guest(guest);
            } else {
                self.world.durable.remove_guest(guest);
                self.out.changes.push(Change::GuestForgotten(guest));
                self.drop_facts(guest.0);
            }
        }
    }
}
