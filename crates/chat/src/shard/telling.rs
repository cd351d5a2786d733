//! What was applied is told: each effect to those of this worker's sessions whom it concerns, a bounded number at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::locals::Slot;
use super::{Gate, Shard, change, hold, touch};
use crate::capabilities::Caps;
use crate::commands::metadata;
use crate::entry::{Applied, Audience, Effect, Event, RoomView, Shown};
use crate::ids::{Position, RoomId, UserId};
use crate::info::ServerInfo;
use crate::query::{Query, RoomAsked};
use crate::render::{self, Lines, Shared, Variant};
use crate::reply::Scope;

/// An entry that is being told, and how far.
#[derive(Debug, Default)]
pub(super) struct Telling {
    applied: Option<Arc<Applied>>,
    /// Which of its effects.
    effect: usize,
    /// To whom that one goes; empty before it has begun.
    receivers: Vec<Slot>,
    /// How many of them have been told.
    told: usize,
    begun: bool,
    /// Its line in those variants that somebody has needed so far.
    encoded: Vec<(Variant, Option<Lines>)>,
}

impl Telling {
    pub(super) fn begin(&mut self, applied: Arc<Applied>) {
        self.applied = Some(applied);
        self.effect = 0;
    }
}

impl Shard {
    /// Whether an entry is not told to the end.
    pub fn is_telling(&self) -> bool {
        self.telling.applied.is_some()
    }

    /// Tells an entry to at most so many sessions more; how many that were.
    pub fn tell(&mut self, receivers_max: usize) -> usize {
        let Some(applied) = self.telling.applied.clone() else { return 0 };
        let mut count = 0;
        while let Some(effect) = applied.effects.get(self.telling.effect) {
            if !self.telling.begun {
                self.begin(effect);
            }
            let (from, all) = (self.telling.told, self.telling.receivers.len());
            let upto = all.min(from.saturating_add(receivers_max - count));
            self.tell_some(&applied, effect, from, upto);
            count += upto - from;
            self.telling.told = upto;
            if upto < all {
                return count;
            }
            self.end(effect);
        }
        self.telling.applied = None;
        count
    }

    /// Finds out who is told; whoever comes into a room is told so itself.
    fn begin(&mut self, effect: &Effect) {
        if let Event::Entered(who) = &effect.event {
            self.locals.enter(who.user, who.room);
        }
        if let Event::Watching { user, nicks, on } = &effect.event {
            self.locals.watch(*user, nicks, *on);
        }
        let mut receivers = std::mem::take(&mut self.telling.receivers);
        self.find_receivers(effect, &mut receivers);
        self.telling.receivers = receivers;
        (self.telling.begun, self.telling.told) = (true, 0);
    }

    /// Whoever has left a room was still told so.
    fn end(&mut self, effect: &Effect) {
        match &effect.event {
            Event::Left(who, _) | Event::Kicked { membership: who, .. } => self.locals.leave(who.user, who.room),
            Event::Renamed { user, nick, .. } => self.rename(*user, nick),
            Event::UserModes { user, modes, .. } => {
                for slot in self.locals.of_user(*user) {
                    self.seats[*slot as usize].wallops = modes.wallops;
                }
            }
            _ => {}
        }
        self.telling.receivers.clear();
        self.telling.encoded.clear();
        self.telling.begun = false;
        self.telling.effect += 1;
    }

    fn rename(&mut self, user: UserId, nick: &Arc<str>) {
        for slot in self.locals.of_user(user) {
            let seat = &mut self.seats[*slot as usize];
            (seat.outlet.nick, seat.renamed) = (Arc::clone(nick), true);
            change(&mut self.changed, seat);
        }
    }

    /// One event to some of those here whom it concerns.
    fn tell_some(&mut self, applied: &Applied, effect: &Effect, from: usize, upto: usize) {
        if matches!(
            effect.event,
            Event::Attached(_)
                | Event::Moved(_)
                | Event::Authenticated(_)
                | Event::NotAttached(_)
                | Event::Detached(..)
                | Event::Close(_)
                | Event::Reply(_)
                | Event::Promise(..)
        ) {
            if from < upto {
                self.for_one_session(applied.position, effect);
            }
            return;
        }
        let info = Arc::clone(&self.info);
        let encoded = std::mem::take(&mut self.telling.encoded);
        let mut shared = Shared::new(&info, applied.time, &effect.event, encoded);
        // Whose own words are told otherwise than to others; of two the other one is another for each.
        let own = match (&effect.event, &effect.audience) {
            (Event::Said(said), _) if said.message.client_id.is_some() || said.message.conversation.second != 0 => {
                said.user.map(|user| self.locals.of_user(user)).unwrap_or_default()
            }
            (Event::Edited(_), Audience::User(user)) if effect.origin.is_some() => self.locals.of_user(*user),
            _ => &[],
        };
        for slot in &self.telling.receivers[from..upto] {
            let seat = &mut self.seats[*slot as usize];
            let origin = effect.origin.as_ref().filter(|origin| origin.session == seat.id);
            match (origin, &effect.event) {
                (_, Event::Watching { .. }) => continue,
                (_, Event::Told(reply)) => seat.push(render::reply(seat.receiver(&info), &Scope::Plain, reply)),
                (_, Event::Room(shown)) => {
                    // Whoever tells the answer: a room is shown by the server.
                    let scope = origin.map_or(Scope::Plain, |origin| origin.scope.outer().clone());
                    if seat.show(&info, &scope, shown) {
                        change(&mut self.changed, seat);
                    }
                }
                (_, Event::Reentered(_)) if seat.outlet.variant.caps.has(Caps::CHANNEL_RENAME) => continue,
                (_, Event::Reentered(again)) => {
                    let Some((entered, shown)) = again.by(seat.id) else { continue };
                    let scope = origin.map_or(Scope::Plain, |origin| origin.scope.clone());
                    let lines =
                        render::reentered(seat.receiver(&info), &scope, applied.time, (&entered, &again.renamed));
                    match origin {
                        Some(_) => hold(&mut self.gates, seat, Gate::Settled, applied.position, lines),
                        None => seat.push_all(&lines),
                    }
                    if seat.show(&info, &scope, &shown) {
                        change(&mut self.changed, seat);
                    }
                }
                // Whoever changed it has its own answer.
                (Some(_), Event::Metadata(_)) => continue,
                (None, Event::Metadata(changed)) if !seat.session.subscribed.contains(&changed.key) => continue,
                (Some(origin), Event::Said(said)) => {
                    let position = said.message.msgid.position;
                    if seat.echo(&info, &shared, &origin.scope, said, self.reached) {
                        self.gates.push(Gate::Settled, position, seat.id);
                    }
                }
                (Some(origin), _) => {
                    let Some(lines) = shared.answer(seat.receiver(&info), &origin.scope) else { continue };
                    match effect.gate {
                        Some(gate) => hold(&mut self.gates, seat, gate, applied.position, lines),
                        None => lines.as_slice().iter().for_each(|line| seat.outlet.push_answer(line.clone())),
                    }
                }
                (None, _) if own.contains(slot) => {
                    shared.own_line(seat.outlet.variant).into_iter().for_each(|lines| seat.push_all(&lines));
                }
                (None, _) => shared.line(seat.outlet.variant).into_iter().for_each(|lines| seat.push_all(&lines)),
            }
            touch(&mut self.touched, seat);
        }
        self.telling.encoded = shared.into_encoded();
    }

    fn for_one_session(&mut self, position: Position, effect: &Effect) {
        let Audience::Session(id) = effect.audience else { return };
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) else { return };
        let plain = Scope::Plain;
        let scope = effect.origin.as_ref().map_or(&plain, |origin| &origin.scope);
        match &effect.event {
            Event::Attached(welcome) => {
                self.locals.attach(id.slot, welcome.user, welcome.rooms.iter().map(|shown| shown.view.id));
                self.locals.watch_by(id.slot, &welcome.monitored);
                seat.attached = true;
                seat.wallops = welcome.modes.wallops;
                seat.welcome(&info, scope, welcome);
            }
            Event::Moved(moved) => {
                let left: Vec<RoomId> = moved.left.iter().map(|(room, _)| *room).collect();
                let welcome = &moved.welcome;
                self.locals.detach(id.slot, moved.from, &left);
                self.locals.attach(id.slot, welcome.user, welcome.rooms.iter().map(|shown| shown.view.id));
                self.locals.watch_by(id.slot, &welcome.monitored);
                seat.wallops = welcome.modes.wallops;
                seat.go_over(&info, scope.outer(), moved);
            }
            Event::Authenticated(account) => seat.session.authenticated(*account),
            Event::Promise(gate, reply) => {
                let line = render::reply(seat.receiver(&info), scope, reply);
                hold(&mut self.gates, seat, *gate, position, Lines::One(line));
            }
            Event::NotAttached(reply) | Event::Reply(reply) => {
                seat.outlet.push_answer(render::reply(seat.receiver(&info), scope, reply));
            }
            Event::Detached(user, rooms) => {
                self.locals.detach(id.slot, *user, rooms);
                seat.attached = false;
            }
            Event::Close(reason) => seat.close(&info, scope, reason),
            _ => {}
        }
        self.change(id);
        self.free(id);
    }

    fn find_receivers(&self, effect: &Effect, slots: &mut Vec<Slot>) {
        match &effect.audience {
            Audience::Session(id) => slots.extend(self.seat(*id).map(|seat| seat.id.slot)),
            Audience::User(user) => slots.extend(self.locals.of_user(*user)),
            Audience::Room(room) => slots.extend(self.locals.of_room(*room)),
            Audience::Everyone => slots.extend(self.locals.all()),
            Audience::Wallops => {
                slots.extend(self.locals.all().filter(|slot| self.seats[*slot as usize].wallops));
            }
            Audience::Watchers(nick) => slots.extend(self.locals.watching(nick)),
            Audience::Others(user, rooms) => {
                let own = self.locals.of_user(*user);
                slots.extend(self.near(rooms, effect).into_iter().filter(|slot| !own.contains(slot)));
            }
            Audience::Neighbours(user, rooms) => {
                let mut near = self.near(rooms, effect);
                near.extend(self.locals.of_user(*user));
                slots.extend(near);
            }
        }
    }

    /// Those here who are in any of these rooms; for some events also those who monitor the nick so closely.
    /// <https://ircv3.net/specs/extensions/extended-monitor>
    fn near(&self, rooms: &[RoomId], effect: &Effect) -> BTreeSet<Slot> {
        let mut slots: BTreeSet<Slot> = rooms.iter().flat_map(|room| self.locals.of_room(*room)).copied().collect();
        if let Some(nick) = render::monitored(&effect.event) {
            let caps = |slot: &Slot| self.seats[*slot as usize].outlet.variant.caps;
            let watching = self.locals.watching(nick).iter();
            slots.extend(watching.filter(|slot| render::is_told_from_afar(&effect.event, caps(slot))));
        }
        slots
    }
}

impl super::Seat {
    /// Shows a room to whoever comes in; whether there is something to be asked for the rest of it.
    pub(super) fn show(&mut self, info: &ServerInfo, scope: &Scope, shown: &Shown) -> bool {
        let mut lines = Vec::new();
        render::room(self.receiver(info), scope, shown, &mut lines);
        lines.into_iter().for_each(|line| self.outlet.push_answer(line));
        let view = &shown.view;
        let rest = self.rest_of(view).map(|query| self.asking.push(scope.clone(), query)).is_some();
        self.tell_metadata(info, view, scope) || rest
    }

    /// What is told of a room and those in it is to be asked next, or later; says whether it is next.
    fn tell_metadata(&mut self, info: &ServerInfo, view: &RoomView, scope: &Scope) -> bool {
        let caps = self.outlet.variant.caps;
        if !caps.has(Caps::METADATA) || self.session.subscribed.is_empty() {
            return false;
        }
        if view.more.is_some() {
            let line = render::reply(self.receiver(info), scope, &metadata::read::later(&view.name));
            self.outlet.push_answer(line);
            return false;
        }
        let keys = self.session.subscribed.iter().cloned().collect();
        let batch = caps.has(Caps::BATCH).then(|| self.session.next_batch());
        let query = metadata::read::at_the_door(view, keys, batch);
        query.map(|query| self.asking.push(scope.clone(), query)).is_some()
    }

    /// The question that goes on where a view of a room has stopped.
    pub(super) fn rest_of(&self, view: &RoomView) -> Option<Query> {
        let wanted = render::shows_names(self.outlet.variant);
        view.more.filter(|_| wanted).and_then(|last| Some(Query::Names(RoomAsked::shown(view)?, last)))
    }
}
