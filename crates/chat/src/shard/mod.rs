//! One worker's share of the chat: its sessions, its members of each room, and what waits to be written to them.
//!
//! In: lines from its connections, and deliveries, in the log's order. Out: steps for the log, and bytes in outlets.
//! It has no socket and no clock; whoever drives it moves the bytes.

mod asking;
mod gates;
mod locals;
mod outlet;
mod pace;
mod telling;

use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use slab::Slab;
use teahouse_proto::irc::Message;

use asking::Asking;
use gates::Gates;
pub use gates::{FirstGates, Gate, Reached};
use locals::{Locals, Slot};
pub use outlet::Outlet;
use pace::Pace;
pub use pace::Rate;
use telling::Telling;

use crate::capabilities::Caps;
use crate::commands::say::CLIENT_ID_TAG;
use crate::commands::{chathistory, metadata, search};
use crate::durable::StoredMessage;
use crate::entry::{Action, Applied, Said};
use crate::held::HeldPage;
use crate::ids::{Position, SessionId, Time};
use crate::info::ServerInfo;
use crate::render::{self, Framing, Lines, Receiver, Shared, Variant};
use crate::reply::{Reply, Scope, Verb, end_of_batch};
use crate::sasl;
use crate::session::attach::{Detach, Welcome};
use crate::session::moving::Moved;
use crate::session::{Answer, Entropy, Frame, Peer, Session, Step};
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
    /// There is no such conversation as a session waits for a page of.
    Unfound(SessionId),
    /// The names of conversations that a session waits for, and when something was last said there; `None` if they could
    /// not be read.
    Targets(SessionId, Option<Vec<(Arc<str>, Time)>>),
    /// The page of what is held on an account that a session waits for; `None` if it could not be read.
    Held(SessionId, Option<HeldPage>),
    /// The store has come so far; what was said at these positions is lost, and some of them may lie further on.
    Settled(Reached, Arc<[Position]>),
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
    asking: Asking,
    pace: Pace,
    /// It was faster than its rate, and is not read until that is made up for.
    resting: bool,
    /// Whether it is among those with something to write, and among those that have changed.
    touched: bool,
    changed: bool,
    /// Whether it has got a nick that nobody has asked for.
    renamed: bool,
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
    reached: Reached,
    gates: Gates,
    telling: Telling,
    touched: Vec<SessionId>,
    changed: Vec<SessionId>,
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
            reached: Reached::default(),
            gates: Gates::default(),
            telling: Telling::default(),
            touched: Vec::new(),
            changed: Vec::new(),
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
            asking: Asking::default(),
            pace: Pace::default(),
            resting: false,
            touched: false,
            changed: false,
            renamed: false,
        });
        id
    }

    /// Reads one line of a session that is reading; the steps are to be carried out in order.
    ///
    /// `now_us` is the time on whoever's clock drives the shard, in microseconds.
    pub fn receive(&mut self, id: SessionId, line: &[u8], now_us: u64, steps: &mut Vec<Step>) {
        let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) else { return };
        let before = steps.len();
        if seat.session.receive(line, &self.info, self.entropy, steps) {
            return self.receive_frame(id, now_us);
        }
        let actions = steps[before..].iter().filter(|step| matches!(step, Step::Submit(..) | Step::Find(..))).count();
        let is_question = steps[before..].iter().any(|step| match step {
            Step::Find(_, finding) => finding.is_question(),
            step => matches!(step, Step::Ask(..)),
        });
        seat.pace.count(self.info.rate, now_us, actions, is_question);
        seat.resting = seat.pace.next_us(self.info.rate) > now_us;
    }

    /// Counts a frame of a session that carries no line, or a line that is only a piece of a message, so that a flood of them is slowed like one of lines.
    pub fn receive_frame(&mut self, id: SessionId, now_us: u64) {
        let rate = self.info.rate;
        if let Some(seat) = self.seat_mut(id) {
            seat.pace.count_frame(rate, now_us);
            seat.resting = seat.pace.next_us(rate) > now_us;
        }
    }

    /// Whether a session reads lines now.
    pub fn is_reading(&self, id: SessionId) -> bool {
        let reads = |seat: &Seat| !seat.session.is_waiting() && !seat.session.is_over() && !seat.resting;
        self.seat(id).is_some_and(reads)
    }

    /// Whether a session waits for something that is to be done or answered before its next line is read.
    pub fn is_waiting(&self, id: SessionId) -> bool {
        self.seat(id).is_some_and(|seat| seat.session.is_waiting())
    }

    /// Whether a last line without an end counts: all do, but for one with its client's own id, which comes again, whole.
    pub fn takes_unterminated(&self, id: SessionId, line: &[u8]) -> bool {
        let line = String::from_utf8_lossy(line);
        let has_id = || Message::parse(&line).is_ok_and(|line| line.tags.get(CLIENT_ID_TAG).is_some());
        self.seat(id).is_some_and(|seat| !(seat.session.says_again() && has_id()))
    }

    /// Until when a session is not read because it was faster than its rate, in microseconds.
    pub fn rests_until_us(&self, id: SessionId) -> Option<u64> {
        self.seat(id).filter(|seat| seat.resting).map(|seat| seat.pace.next_us(self.info.rate))
    }

    /// Lets a session be read again if it has rested long enough.
    pub fn rouse(&mut self, id: SessionId, now_us: u64) {
        let rate = self.info.rate;
        if let Some(seat) = self.seat_mut(id) {
            seat.resting &= seat.pace.next_us(rate) > now_us;
        }
    }

    /// Whether a session has said its last, or has been told its last.
    pub fn is_over(&self, id: SessionId) -> bool {
        self.seat(id).is_none_or(|seat| seat.session.is_over())
    }

    /// Whether a session has its user.
    pub fn is_registered(&self, id: SessionId) -> bool {
        self.seat(id).is_some_and(|seat| seat.session.is_registered())
    }

    /// The nick a session goes by, if it has got it since the last call.
    pub fn take_nick(&mut self, id: SessionId) -> Option<Arc<str>> {
        let seat = self.seat_mut(id)?;
        std::mem::take(&mut seat.renamed).then(|| Arc::clone(&seat.outlet.nick))
    }

    /// The sessions that may have something to write since the last call, in exchange for an empty list.
    pub fn take_touched(&mut self, emptied: Vec<SessionId>) -> Vec<SessionId> {
        for id in &self.touched {
            if let Some(seat) = self.seats.get_mut(id.slot as usize) {
                seat.touched = false;
            }
        }
        std::mem::replace(&mut self.touched, emptied)
    }

    /// The sessions that may read again, ask on, are over or have another nick, since the last call.
    pub fn take_changed(&mut self) -> Vec<SessionId> {
        for id in &self.changed {
            if let Some(seat) = self.seats.get_mut(id.slot as usize) {
                seat.changed = false;
            }
        }
        std::mem::take(&mut self.changed)
    }

    /// Has a session written to.
    pub fn touch(&mut self, id: SessionId) {
        if let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) {
            touch(&mut self.touched, seat);
        }
    }

    /// Has a session looked at, and written to.
    fn change(&mut self, id: SessionId) {
        if let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) {
            touch(&mut self.touched, seat);
            change(&mut self.changed, seat);
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
            self.seats.remove(id.slot as usize);
        }
    }

    /// All sessions.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.seats.iter().map(|(_, seat)| seat.id).collect()
    }

    /// Which of the sessions here hears which room, for the tests that compare it with the world.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn memberships(&self) -> Vec<(SessionId, crate::ids::RoomId)> {
        self.locals.memberships().map(|(slot, room)| (self.seats[slot as usize].id, room)).collect()
    }

    /// Which of the sessions here is told of which nick's coming and going, for the same tests.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn watches(&self) -> Vec<(SessionId, teahouse_proto::names::Nick)> {
        self.locals.watches().map(|(slot, nick)| (self.seats[slot as usize].id, nick.clone())).collect()
    }

    /// Takes in one delivery; what was applied is told by [`Shard::tell`], to the end, before the next one is taken in.
    pub fn deliver(&mut self, delivery: Delivery) {
        debug_assert!(!self.is_telling(), "one entry is told before the next one");
        match delivery {
            Delivery::Applied(applied) => self.telling.begin(applied),
            Delivery::Answer(id, answer) => self.answer(id, answer),
            Delivery::Page(id, rows) => self.page(id, rows.ok_or(failed as Failure), render::page),
            Delivery::Unfound(id) => self.page(id, Err(unfound as Failure), render::page),
            Delivery::Targets(id, found) => self.page(id, found.ok_or(failed as Failure), render::targets),
            Delivery::Held(id, page) => self.held(id, page),
            Delivery::Settled(reached, failed) => self.settle(reached, &failed),
        }
    }

    /// The first positions that gates here wait for: what is settled or erased below is of no use to anybody here.
    pub fn first_gates(&self) -> FirstGates {
        self.gates.first()
    }

    /// The next question of a session that is still being answered; it is to be carried out.
    pub fn next_question(&mut self, id: SessionId) -> Option<Step> {
        let seat = self.seat_mut(id).filter(|seat| !seat.session.is_over())?;
        seat.asking.next().map(|(scope, query)| Step::Ask(scope, query))
    }

    fn seat(&self, id: SessionId) -> Option<&Seat> {
        self.seats.get(id.slot as usize).filter(|seat| seat.id == id)
    }

    fn seat_mut(&mut self, id: SessionId) -> Option<&mut Seat> {
        self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id)
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
            Answer::Asked(more) => {
                seat.asking.answered(more);
                self.end_line(id);
            }
            Answer::Done(scope) => {
                seat.asking.end_line(scope);
                self.end_line(id);
            }
            Answer::Challenged(challenged) => seat.session.prove_on(sasl::Stage::Challenged(challenged)),
            Answer::Proved(account, name) => seat.session.prove_on(sasl::Stage::Proved(account, name)),
            Answer::Close(scope, reason) => seat.close(&info, &scope, &reason),
        }
        self.change(id);
    }

    /// Lets a session read on if all is there that its line is answered with.
    fn end_line(&mut self, id: SessionId) {
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seat_mut(id).filter(|seat| seat.outlet.awaited_page().is_none()) else { return };
        let Some(scope) = seat.asking.take_line() else { return };
        if let Scope::Batch(reference) = scope.outer() {
            let end = render::reply(seat.receiver(&info), &Scope::Plain, &end_of_batch(reference));
            seat.outlet.push_answer(end);
        }
        seat.session.resume();
        self.free(id);
    }

    /// What a session waits for from the store is there, or will not be; `render` lays it out.
    fn page<T>(
        &mut self,
        id: SessionId,
        rows: Result<Vec<T>, Failure>,
        render: impl FnOnce(Receiver<'_>, &Scope, &Frame, &[T]) -> Vec<Bytes>,
    ) {
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seats.get_mut(id.slot as usize).filter(|seat| seat.id == id) else { return };
        let Some((scope, frame)) = seat.outlet.awaited_page() else { return };
        let to = seat.receiver(&info);
        let lines = match rows {
            Ok(rows) => render(to, scope, frame, &rows),
            Err(failure) => vec![render::reply(to, scope, &failure(frame))],
        };
        self.fill(id, lines);
    }

    /// A page of what is held on an account is there; what comes behind it is asked for when it is on its way.
    fn held(&mut self, id: SessionId, page: Option<HeldPage>) {
        let info = Arc::clone(&self.info);
        let Some(seat) = self.seat_mut(id) else { return };
        let Some((scope, Frame::Export(export))) = seat.outlet.awaited_page() else { return };
        let (replies, more) = export.told(&info.name, page);
        let lines = replies.iter().map(|reply| render::reply(seat.receiver(&info), scope, reply)).collect();
        if let Some((scope, more)) = more.map(|more| (scope.clone(), more)) {
            seat.asking.push(scope, more);
        }
        self.fill(id, lines);
    }

    fn fill(&mut self, id: SessionId, lines: Vec<Bytes>) {
        let reached = self.reached;
        if let Some(outlet) = self.outlet(id) {
            outlet.fill_page(lines, reached);
        }
        self.end_line(id);
        self.change(id);
    }

    /// Opens the gates that are reached, and those whose message is lost.
    ///
    /// Every entry named here was delivered before, so no gate closes behind it.
    fn settle(&mut self, reached: Reached, failed: &[Position]) {
        self.reached = reached;
        let mut waiting: Vec<SessionId> = Vec::new();
        // All that is lost first: opening one gate must not open the next one of the same session as if it were kept.
        let losers: BTreeSet<SessionId> = failed.iter().flat_map(|lost| self.gates.sessions_at(*lost)).collect();
        for id in losers {
            self.outlet(id).into_iter().for_each(|outlet| outlet.fail(failed));
            waiting.push(id);
        }
        waiting.extend(iter::from_fn(|| self.gates.pop(reached)));
        for id in waiting {
            if let Some(outlet) = self.outlet(id) {
                outlet.open(reached);
                self.touch(id);
            }
        }
    }
}

/// What a session gets in place of a page.
type Failure = fn(&Frame) -> Reply;

/// The answer in place of a page that could not be read.
fn failed(frame: &Frame) -> Reply {
    match frame {
        Frame::History(frame) => chathistory::failed(frame),
        Frame::Targets(_) => chathistory::targets_failed(),
        Frame::Search(_) => search::failed(),
        Frame::Export(export) => export.failed(),
    }
}

/// The answer in place of a page where there turned out to be no such conversation.
fn unfound(frame: &Frame) -> Reply {
    match frame {
        Frame::History(frame) => chathistory::unfound(frame),
        Frame::Targets(_) => chathistory::targets_failed(),
        Frame::Search(_) => search::unfound(),
        Frame::Export(export) => export.failed(),
    }
}

fn touch(touched: &mut Vec<SessionId>, seat: &mut Seat) {
    if !std::mem::replace(&mut seat.touched, true) {
        touched.push(seat.id);
    }
}

fn change(changed: &mut Vec<SessionId>, seat: &mut Seat) {
    if !std::mem::replace(&mut seat.changed, true) {
        changed.push(seat.id);
    }
}

/// Has lines wait in a session's output until what they tell is done for good.
fn hold(gates: &mut Gates, seat: &mut Seat, gate: Gate, position: Position, lines: Lines) {
    seat.outlet.gate(gate, position, lines, None);
    gates.push(gate, position, seat.id);
}

impl Seat {
    fn receiver<'a>(&'a self, info: &'a ServerInfo) -> Receiver<'a> {
        Receiver { info, nick: &self.outlet.nick, variant: self.outlet.variant }
    }

    fn push(&mut self, line: Bytes) {
        self.outlet.push(line);
    }

    fn push_all(&mut self, lines: &Lines) {
        lines.as_slice().iter().for_each(|line| self.push(line.clone()));
    }

    fn welcome(&mut self, info: &ServerInfo, scope: &Scope, welcome: &Welcome) {
        (self.outlet.nick, self.renamed) = (Arc::clone(&welcome.nick), true);
        let wish = self.session.attached();
        let lines = render::welcome(self.receiver(info), scope, welcome, wish.as_ref());
        lines.into_iter().for_each(|line| self.outlet.push_answer(line));
        self.tell_own(info, scope, welcome);
        for shown in &welcome.rooms {
            if let Some(query) = self.rest_of(&shown.view) {
                self.asking.push(scope.clone(), query);
            }
        }
    }

    /// It speaks for another user from now on.
    fn go_over(&mut self, info: &ServerInfo, scope: &Scope, moved: &Moved) {
        (self.outlet.nick, self.renamed) = (Arc::clone(&moved.welcome.nick), true);
        let lines = render::moved(self.receiver(info), scope, moved);
        lines.into_iter().for_each(|line| self.outlet.push_answer(line));
        self.tell_own(info, scope, &moved.welcome);
        for shown in &moved.welcome.rooms {
            let entered = render::entered(self.receiver(info), scope, &moved.welcome, &shown.view);
            self.outlet.push_answer(entered);
            self.show(info, scope, shown);
        }
    }

    /// What its user tells of itself.
    fn tell_own(&mut self, info: &ServerInfo, scope: &Scope, welcome: &Welcome) {
        if self.outlet.variant.caps.has(Caps::METADATA) {
            let batch = self.outlet.variant.caps.has(Caps::BATCH).then(|| self.session.next_batch());
            for line in metadata::read::in_batch(scope, batch.as_deref(), &welcome.nick, welcome.metadata.clone()) {
                if let Answer::Reply(scope, line) = line {
                    self.outlet.push_answer(render::reply(self.receiver(info), &scope, &line));
                }
            }
        }
    }

    /// Gives the author its own words back, or an acknowledgement, once they are kept; says whether a gate was closed.
    fn echo(&mut self, info: &ServerInfo, shared: &Shared<'_>, scope: &Scope, said: &Said, reached: Reached) -> bool {
        let to = self.receiver(info);
        let answer = shared.answer(to, scope);
        let position = said.message.msgid.position;
        if !said.kept || reached.opens(Gate::Settled, position) {
            answer.into_iter().for_each(|lines| self.push_all(&lines));
            return false;
        }
        let failed = render::failure(to, scope, said);
        match answer {
            Some(answer) => self.outlet.gate(Gate::Settled, position, answer, Some(failed)),
            // Nothing is promised, so nothing is held back; but a failure is still told.
            None => self.outlet.watch(position, failed),
        }
        true
    }

    fn close(&mut self, info: &ServerInfo, scope: &Scope, reason: &str) {
        self.session.end();
        self.asking.clear();
        let error = Reply { verb: Verb::Unsourced("ERROR"), params: Vec::new(), text: Some(reason.to_owned().into()) };
        self.push(render::reply(self.receiver(info), scope, &error));
        self.outlet.end();
    }
}
