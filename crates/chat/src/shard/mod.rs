//! One worker's share of the chat: its sessions, its members of each room, and what waits to be written to them.
//!
//! In: lines from its connections, and deliveries, in the log's order. Out: steps for the log, and bytes in outlets.
//! It has no socket and no clock; whoever drives it moves the bytes.

mod locals;
mod outlet;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;
use teahouse_proto::irc::LineError;

use locals::{Locals, Slot};
pub use outlet::Outlet;

use crate::capabilities::Caps;
use crate::commands::chathistory;
use crate::durable::StoredMessage;
use crate::entry::{Action, Applied, Audience, Effect, Event, Said};
use crate::ids::{Position, RoomId, SessionId};
use crate::info::ServerInfo;
use crate::render::{self, Framing, Receiver, Shared, Variant};
use crate::reply::{Reply, Scope, Verb};
use crate::session::attach::{Detach, Welcome};
use crate::session::{Answer, Entropy, Peer, Session, Step, end_of_batch};
use crate::world::Leaving;

/// Something for a shard; a shard MUST be given its deliveries in the order in which the log made them.
#[derive(Debug)]
pub enum Delivery {
    /// An entry was applied.
    Applied(Arc<Applied>),
    /// A session's answer, in its place among what was applied.
    Answer(SessionId, Answer),
    /// The page of history that a session waits for; `None` if it could not be read.
    Page(SessionId, Option<Vec<StoredMessage>>),
    /// Everything up to here is committed, but for those positions that are lost; some of them may lie further on.
    Settled(Position, Arc<[Position]>),
}

/// A session and its output.
#[derive(Debug)]
struct Seat {
    id: SessionId,
    session: Session,
    outlet: Outlet,
    /// Whether the members of rooms here name this seat.
    attached: bool,
    /// Whether its user has mode `w`.
    wallops: bool,
    /// The connection is closed; the seat is free as soon as nothing names it any more.
    gone: bool,
    /// Whether it is among those touched since they were last asked for.
    touched: bool,
}

/// One worker's share of the chat.
#[derive(Debug)]
pub struct Shard {
    worker: u16,
    generation: u32,
    info: Arc<ServerInfo>,
    entropy: Entropy,
    seats: Slab<Seat>,
    locals: Locals,
    settled: Position,
    gated: VecDeque<(Position, SessionId)>,
    touched: Vec<SessionId>,
}

impl Shard {
    /// A share without sessions yet.
    pub fn new(worker: u16, info: Arc<ServerInfo>, entropy: Entropy) -> Self {
        Shard {
            worker,
            generation: 0,
            info,
            entropy,
            seats: Slab::new(),
            locals: Locals::default(),
            settled: Position::default(),
            gated: VecDeque::new(),
            touched: Vec::new(),
        }
    }

    /// A connection is there.
    pub fn connect(&mut self, peer: Peer, framing: Framing) -> SessionId {
        let vacant = self.seats.vacant_entry();
        let slot = Slot::try_from(vacant.key()).expect("a process has fewer than four billion connections");
        self.generation = self.generation.wrapping_add(1);
        let id = SessionId { worker: self.worker, generation: self.generation, slot };
        let outlet = Outlet::new(Variant { framing, caps: Caps::default() });
        vacant.insert(Seat {
            id,
            session: Session::new(peer),
            outlet,
            attached: false,
            wallops: false,
            gone: false,
            touched: false,
        });
        id
    }

    /// Reads one line of a session that neither waits nor is over; the steps are to be carried out in order.
    pub fn receive(&mut self, id: SessionId, line: Result<&[u8], LineError>, steps: &mut Vec<Step>) {
        if let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) {
            seat.session.receive(line, &self.info, self.entropy, steps);
        }
    }

    /// Whether a session reads lines now.
    pub fn is_reading(&self, id: SessionId) -> bool {
        self.seat(id).is_some_and(|seat| !seat.session.is_waiting() && !seat.session.is_over())
    }

    /// Whether a session has said its last, or has been told its last.
    pub fn is_over(&self, id: SessionId) -> bool {
        self.seat(id).is_none_or(|seat| seat.session.is_over())
    }

    /// Whether a session has its user.
    pub fn is_registered(&self, id: SessionId) -> bool {
        self.seat(id).is_some_and(|seat| seat.session.is_registered())
    }

    /// The nick a session goes by, or `*` before it has one.
    pub fn nick(&self, id: SessionId) -> Arc<str> {
        self.seat(id).map_or_else(|| "*".into(), |seat| Arc::clone(&seat.outlet.nick))
    }

    /// The sessions that may have something to write, may read again, or are over, since the last call.
    pub fn take_touched(&mut self) -> Vec<SessionId> {
        for id in &self.touched {
            if let Some(seat) = self.seats.get_mut(id.slot as usize) {
                seat.touched = false;
            }
        }
        std::mem::take(&mut self.touched)
    }

    fn touch(&mut self, id: SessionId) {
        if let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) {
            touch(&mut self.touched, seat);
        }
    }

    /// What waits to be written to a session.
    pub fn outlet(&mut self, id: SessionId) -> Option<&mut Outlet> {
        self.seat_mut(id).map(|seat| &mut seat.outlet)
    }

    /// Asks a silent peer whether it is still there.
    pub fn ping(&mut self, id: SessionId) {
        let info = Arc::clone(&self.info);
        if let Some(seat) = self.seat_mut(id) {
            let ping =
                Reply { verb: Verb::Unsourced("PING"), params: Vec::new(), text: Some(info.name.to_string().into()) };
            seat.push(render::reply(seat.receiver(&info), &Scope::Plain, &ping));
            self.touch(id);
        }
    }

    /// Ends a session from this side, with its reason; the steps are to be carried out in order.
    ///
    /// What waits behind gates still comes out before the goodbye.
    pub fn hang_up(&mut self, id: SessionId, reason: &str, leaving: Leaving, steps: &mut Vec<Step>) {
        let Some(seat) = self.seat_mut(id).filter(|seat| !seat.session.is_over()) else { return };
        seat.session.end();
        if seat.session.may_be_attached() {
            steps.push(Step::Submit(Scope::Plain, Action::Detach(Detach { reason: reason.into(), leaving })));
        }
        steps.push(Step::Answer(Answer::Close(Scope::Plain, reason.into())));
    }

    /// Takes nothing more for a peer that cannot be written to; what it says is still read.
    pub fn mute(&mut self, id: SessionId) {
        if let Some(seat) = self.seat_mut(id) {
            seat.outlet.discard();
        }
    }

    /// Throws away what waits for a peer that does not take it, so that nothing but the goodbye is left.
    pub fn abandon(&mut self, id: SessionId) {
        if let Some(seat) = self.seat_mut(id) {
            seat.outlet.abandon();
        }
    }

    /// Forgets a session that was hung up, or has hung up, and whose connection is closed.
    ///
    /// While the world still counts it in, its seat is kept: nobody else may be taken for it.
    pub fn remove(&mut self, id: SessionId) {
        if let Some(seat) = self.seat_mut(id) {
            seat.session.end();
            seat.outlet.discard();
            seat.gone = true;
            self.free(id);
        }
    }

    fn free(&mut self, id: SessionId) {
        if self.seat(id).is_some_and(|seat| seat.gone && !seat.attached && !seat.session.is_waiting_for_its_user()) {
            let seat = self.seats.remove(id.slot as usize);
            for nick in seat.session.monitored {
                self.locals.unwatch(id.slot, &nick);
            }
        }
    }

    /// All sessions.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.seats.iter().map(|(_, seat)| seat.id).collect()
    }

    /// Which of the sessions here hears which room, for the tests that compare it with the world.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn memberships(&self) -> Vec<(SessionId, RoomId)> {
        self.locals.memberships().map(|(slot, room)| (self.seats[slot as usize].id, room)).collect()
    }

    /// Takes in one delivery; to how many sessions something was said.
    pub fn deliver(&mut self, delivery: Delivery) -> usize {
        match delivery {
            Delivery::Applied(applied) => {
                return applied.effects.iter().map(|effect| self.effect(&applied, effect)).sum();
            }
            Delivery::Answer(id, answer) => self.answer(id, answer),
            Delivery::Page(id, rows) => self.page(id, rows),
            Delivery::Settled(upto, failed) => self.settle(upto, &failed),
        }
        1
    }

    fn seat(&self, id: SessionId) -> Option<&Seat> {
        self.seats.get(id.slot as usize).filter(|seat| seat.id == id)
    }

    fn seat_mut(&mut self, id: SessionId) -> Option<&mut Seat> {
        self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id)
    }

    fn effect(&mut self, applied: &Applied, effect: &Effect) -> usize {
        match &effect.event {
            Event::Entered(who) => self.locals.enter(who.user, who.room),
            Event::Attached(_) | Event::NotAttached(_) | Event::Detached(..) | Event::Close(_) | Event::Reply(_) => {
                self.for_one_session(effect);
                return 1;
            }
            _ => {}
        }
        let receivers = self.fan_out(applied, effect);
        match &effect.event {
            Event::Left(who, _) | Event::Kicked { membership: who, .. } => self.locals.leave(who.user, who.room),
            Event::UserModes { user, modes, .. } => {
                for slot in self.locals.of_user(*user) {
                    self.seats[*slot as usize].wallops = modes.wallops;
                }
            }
            Event::Renamed { user, nick, .. } => {
                for slot in self.locals.of_user(*user) {
                    self.seats[*slot as usize].outlet.nick = Arc::clone(nick);
                }
            }
            _ => {}
        }
        receivers
    }

    fn for_one_session(&mut self, effect: &Effect) {
        let Audience::Session(id) = effect.audience else { return };
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) else { return };
        let plain = Scope::Plain;
        let scope = effect.origin.as_ref().map_or(&plain, |origin| &origin.scope);
        match &effect.event {
            Event::Attached(welcome) => {
                self.locals.attach(id.slot, welcome.user, welcome.rooms.iter().map(|(room, _)| *room));
                seat.attached = true;
                seat.wallops = welcome.modes.wallops;
                seat.welcome(&info, scope, welcome);
            }
            Event::NotAttached(reply) => {
                seat.session.resume();
                seat.outlet.push_answer(render::reply(seat.receiver(&info), scope, reply));
            }
            Event::Detached(user, rooms) => {
                self.locals.detach(id.slot, *user, rooms);
                seat.attached = false;
            }
            Event::Close(reason) => seat.close(&info, scope, reason),
            Event::Reply(reply) => seat.outlet.push_answer(render::reply(seat.receiver(&info), scope, reply)),
            _ => {}
        }
        self.touch(id);
        self.free(id);
    }

    /// One event to everybody here whom it concerns; how many those are.
    fn fan_out(&mut self, applied: &Applied, effect: &Effect) -> usize {
        let info = Arc::clone(&self.info);
        let mut shared = Shared::new(&info, applied.time, &effect.event);
        let receivers = self.receivers(effect);
        for slot in receivers.iter().copied() {
            let seat = &mut self.seats[slot as usize];
            let origin = effect.origin.as_ref().filter(|origin| origin.session == seat.id);
            match (origin, &effect.event) {
                (_, Event::Told(reply)) => seat.push(render::reply(seat.receiver(&info), &Scope::Plain, reply)),
                (_, Event::Room(view)) => {
                    let scope = origin.map_or(Scope::Plain, |origin| origin.scope.clone());
                    let mut lines = Vec::new();
                    render::room(seat.receiver(&info), &scope, view, &mut lines);
                    lines.into_iter().for_each(|line| seat.outlet.push_answer(line));
                }
                (Some(origin), Event::Said(said)) => {
                    if seat.echo(&info, &shared, &origin.scope, said) {
                        self.gated.push_back((applied.position, seat.id));
                    }
                }
                (Some(origin), event) => {
                    let Some(line) = shared.answer(seat.receiver(&info), &origin.scope) else { continue };
                    if matches!(event, Event::Topic { .. }) {
                        seat.outlet.gate(applied.position, line, None);
                        self.gated.push_back((applied.position, seat.id));
                    } else {
                        seat.outlet.push_answer(line);
                    }
                }
                (None, _) => shared.line(seat.outlet.variant).into_iter().for_each(|line| seat.push(line)),
            }
            touch(&mut self.touched, seat);
        }
        receivers.len()
    }

    fn receivers(&self, effect: &Effect) -> Vec<Slot> {
        match &effect.audience {
            Audience::Session(id) => self.seat(*id).map(|seat| seat.id.slot).into_iter().collect(),
            Audience::User(user) => self.locals.of_user(*user).to_vec(),
            Audience::Room(room) => self.locals.of_room(*room).to_vec(),
            Audience::Everyone => self.locals.all().collect(),
            Audience::Wallops => self.locals.all().filter(|slot| self.seats[*slot as usize].wallops).collect(),
            Audience::Watchers(nick) => self.locals.watching(nick).to_vec(),
            Audience::Others(user, rooms) => {
                let own = self.locals.of_user(*user);
                self.near(rooms, effect).into_iter().filter(|slot| !own.contains(slot)).collect()
            }
            Audience::Neighbours(user, rooms) => {
                let mut slots = self.near(rooms, effect);
                slots.extend(self.locals.of_user(*user));
                slots.into_iter().collect()
            }
        }
    }

    /// Those here who are in any of these rooms; for some events also those who monitor the nick so closely.
    /// <https://ircv3.net/specs/extensions/extended-monitor>
    fn near(&self, rooms: &[RoomId], effect: &Effect) -> BTreeSet<Slot> {
        let mut slots: BTreeSet<Slot> = rooms.iter().flat_map(|room| self.locals.of_room(*room)).copied().collect();
        if let Event::Away { nick, .. } | Event::NameSet { nick, .. } = &effect.event {
            let caps = |slot: &Slot| self.seats[*slot as usize].outlet.variant.caps;
            let watching = self.locals.watching(nick).iter();
            slots.extend(watching.filter(|slot| render::is_told_from_afar(&effect.event, caps(slot))));
        }
        slots
    }

    fn answer(&mut self, id: SessionId, answer: Answer) {
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seat_mut(id) else { return };
        match answer {
            Answer::Reply(scope, reply) => seat.outlet.push_answer(render::reply(seat.receiver(&info), &scope, &reply)),
            Answer::Caps(caps) => seat.outlet.variant.caps = caps,
            Answer::Names(scope, view) => {
                let mut lines = Vec::new();
                render::names(seat.receiver(&info), &scope, &view, &mut lines);
                lines.into_iter().for_each(|line| seat.outlet.push_answer(line));
            }
            Answer::Await(scope, frame) => seat.outlet.await_page(scope, frame),
            Answer::Resume => seat.session.resume(),
            Answer::Finish(scope) => {
                seat.session.resume();
                if let Scope::Batch(reference) = &scope {
                    let end = render::reply(seat.receiver(&info), &Scope::Plain, &end_of_batch(reference));
                    seat.outlet.push_answer(end);
                }
            }
            Answer::Watch(nick) => return self.locals.watch(id.slot, nick),
            Answer::Unwatch(nick) => return self.locals.unwatch(id.slot, &nick),
            Answer::Close(scope, reason) => seat.close(&info, &scope, &reason),
        }
        self.touch(id);
        self.free(id);
    }

    fn page(&mut self, id: SessionId, rows: Option<Vec<StoredMessage>>) {
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) else { return };
        seat.session.resume();
        let Some((scope, frame)) = seat.outlet.awaited_page() else { return };
        let to = seat.receiver(&info);
        let lines = match rows {
            Some(rows) => render::page(to, scope, frame, &rows),
            None => vec![render::reply(to, scope, &chathistory::failed(frame))],
        };
        seat.outlet.fill_page(lines, self.settled);
        self.touch(id);
    }

    /// Opens the gates up to a position, and those whose message is lost.
    ///
    /// Every entry named here was delivered before, so no gate closes behind it.
    fn settle(&mut self, upto: Position, failed: &[Position]) {
        self.settled = self.settled.max(upto);
        let mut waiting: Vec<SessionId> = Vec::new();
        // All that is lost first: opening one gate must not open the next one of the same session as if it were kept.
        let mut losers: BTreeSet<SessionId> = BTreeSet::new();
        for lost in failed {
            let place = self.gated.partition_point(|(position, _)| position < lost);
            losers.extend(self.gated.get(place).filter(|(position, _)| position == lost).map(|(_, id)| *id));
        }
        for id in losers {
            self.outlet(id).into_iter().for_each(|outlet| outlet.fail(failed));
            waiting.push(id);
        }
        while let Some((_, id)) = self.gated.pop_front_if(|(position, _)| *position <= upto) {
            waiting.push(id);
        }
        for id in waiting {
            let settled = self.settled;
            if let Some(outlet) = self.outlet(id) {
                outlet.open(settled);
                self.touch(id);
            }
        }
    }
}

fn touch(touched: &mut Vec<SessionId>, seat: &mut Seat) {
    if !std::mem::replace(&mut seat.touched, true) {
        touched.push(seat.id);
    }
}

impl Seat {
    fn receiver<'a>(&'a self, info: &'a ServerInfo) -> Receiver<'a> {
        Receiver { info, nick: &self.outlet.nick, variant: self.outlet.variant }
    }

    fn push(&mut self, line: Bytes) {
        self.outlet.push(line);
    }

    fn welcome(&mut self, info: &ServerInfo, scope: &Scope, welcome: &Welcome) {
        self.outlet.nick = Arc::clone(&welcome.nick);
        let wish = self.session.attached();
        let lines = render::welcome(self.receiver(info), scope, welcome, wish.as_ref());
        lines.into_iter().for_each(|line| self.outlet.push_answer(line));
    }

    /// Gives the author its own words back, or an acknowledgement, once they are kept; says whether a gate was closed.
    fn echo(&mut self, info: &ServerInfo, shared: &Shared<'_>, scope: &Scope, said: &Said) -> bool {
        let to = self.receiver(info);
        let answer = shared.answer(to, scope);
        if !said.kept {
            answer.into_iter().for_each(|line| self.push(line));
            return false;
        }
        let failed = render::failure(to, scope, said);
        match answer {
            Some(answer) => self.outlet.gate(said.message.msgid.position, answer, Some(failed)),
            // Nothing is promised, so nothing is held back; but a failure is still told.
            None => self.outlet.watch(said.message.msgid.position, failed),
        }
        true
    }

    fn close(&mut self, info: &ServerInfo, scope: &Scope, reason: &str) {
        self.session.end();
        let error = Reply { verb: Verb::Unsourced("ERROR"), params: Vec::new(), text: Some(reason.to_owned().into()) };
        self.push(render::reply(self.receiver(info), scope, &error));
        self.outlet.end();
    }
}
