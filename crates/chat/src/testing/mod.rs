//! The chat in memory, for tests: a log, a store and shards without threads, driven step by step.
//!
//! [`Model`] is what the server crate does with locks and sockets, `kept` what the store does with files; [`check`] runs
//! a script of lines through it; `simulation` throws random ones at it.

#[cfg(test)]
mod check;
mod kept;
#[cfg(test)]
mod scram_client;
#[cfg(test)]
mod simulation;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use teahouse_proto::names::RoomName;

#[cfg(test)]
pub(crate) use check::{Script, check, check_whole, check_with, entries_of};

use self::kept::Kept;
use crate::commands::rename;
use crate::departed::{Departed, Numbered, Partners};
use crate::durable::{Change, MessageKind, Records, StoredMessage};
use crate::entry::{Action, Applied, Audience, Effect, Entry, Event, Origin};
use crate::find::{Finding, Lookup, Then};
use crate::ids::{MsgId, Position, SessionId, Time, UserId};
use crate::info::{Operator, Registration, Rules, ServerInfo};
use crate::query::{Query, SearchRead, StoreRead};
use crate::reply::Scope;
use crate::session::{Answer, Step};
use crate::shard::{Delivery, FirstGates, Rate, Reached, Shard};
use crate::work::{Outcome, PasswordCost, PasswordHash, Queue, Work};
use crate::world::{User, World};

/// A page of history being read, as of a position.
#[derive(Debug)]
struct Reading {
    session: SessionId,
    read: StoreRead,
    /// What was read is to be done something with.
    finding: Option<(Scope, Finding)>,
    upto: Position,
}

/// Work that was handed out.
#[derive(Debug)]
struct Working {
    session: SessionId,
    scope: Scope,
    work: Box<Work>,
}

/// What waits for a worker, who sleeps when it has told everything until somebody wakes it.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    deliveries: VecDeque<Delivery>,
    awake: bool,
    /// What gates waited for when the worker went to sleep.
    first_gates: FirstGates,
}

impl Inbox {
    fn push(&mut self, delivery: Delivery) {
        self.deliveries.push_back(delivery);
        self.awake = true;
    }

    /// What nobody there waits for wakes nobody.
    fn settle(&mut self, reached: Reached, lost: &Arc<[Position]>) {
        match self.deliveries.back_mut() {
            Some(Delivery::Settled(last, none)) if none.is_empty() && lost.is_empty() => *last = reached,
            _ => self.deliveries.push_back(Delivery::Settled(reached, Arc::clone(lost))),
        }
        self.awake |= !lost.is_empty() || self.first_gates.are_reached(reached);
    }

    /// How much waits.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.deliveries.len()
    }
}

/// The chat in memory.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) info: Arc<ServerInfo>,
    pub(crate) world: World,
    pub(crate) shards: Vec<Shard>,
    pub(crate) inboxes: Vec<Inbox>,
    pub(crate) kept: Kept,
    pub(crate) now: Time,
    pub(crate) writable: bool,
    pub(crate) next: Position,
    /// Handed to the store and not settled.
    unsettled: VecDeque<(Position, Vec<Change>)>,
    pub(crate) settled: Position,
    /// Whether what is deleted is in no file any more as soon as that is settled.
    pub(crate) erases: bool,
    erased: Position,
    reading: Vec<Reading>,
    /// Handed out and not done.
    working: Queue<Working>,
    /// Whether nothing can be read from the store.
    pub(crate) unreadable: bool,
    /// Whether such work stays undone for now.
    pub(crate) busy: bool,
    pub(crate) effects: Vec<String>,
    /// Every entry, as the log would leave it behind.
    pub(crate) trail: Vec<String>,
    /// What was said in rooms, and which sessions were there to read it; its author's answer is another matter.
    pub(crate) heard_by: Vec<(MsgId, Vec<SessionId>)>,
    /// What was told by WALLOPS, and which sessions were to read it.
    pub(crate) called: Vec<(Arc<str>, Vec<SessionId>)>,
    /// Each other name of a room, and which sessions were in it.
    pub(crate) renamed: Vec<(Arc<rename::Renamed>, Vec<SessionId>)>,
    /// What was said by tags alone, kept or not.
    pub(crate) tagged: BTreeMap<MsgId, StoredMessage>,
    /// What was taken back, and by the id of which line.
    pub(crate) taken_back: BTreeMap<MsgId, MsgId>,
    /// What the store has lost.
    pub(crate) lost: BTreeSet<Position>,
}

/// The password `oolong`, hashed as cheaply as it can be.
const OOLONG: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c";

/// The settings that tests run under.
pub(crate) fn info() -> ServerInfo {
    let name: Arc<str> = "tea.test".into();
    ServerInfo {
        name: Arc::clone(&name),
        network: "Test".into(),
        version: "teahouse-0".into(),
        created: "today".into(),
        description: "A teahouse".into(),
        motd: vec!["Welcome.".into()],
        password: None,
        page: Some("http://tea.test/".into()),
        secret: [5; 32],
        password_cost: PasswordCost::LEAST,
        operators: vec![Operator { name: "root".into(), password: PasswordHash::parse(OOLONG).expect("a hash") }],
        send_queue_bytes: usize::MAX,
        send_queue_total_bytes: usize::MAX,
        rate: Rate::UNLIMITED,
        rules: Rules {
            server_name: name,
            autojoin: vec![RoomName::parse("#lobby").expect("a name")],
            guest_seat_ms: 90_000,
            registration: Registration::Open,
            guests: true,
            always_on: true,
            forget_ms: 30 * 24 * 3_600_000,
            rooms_per_founder: 50,
            room_renames: 3,
            keep_ms: 0,
            keep_history: true,
            rows_per_hold: crate::info::ROWS_PER_HOLD,
            recent: crate::once::RECENT_BOUNDS,
        },
    }
}

/// Numbers that are different each time, and the same in every run: each thread has its own.
fn entropy() -> [u8; 16] {
    use std::cell::Cell;
    thread_local!(static NEXT: Cell<u128> = const { Cell::new(0) });
    NEXT.set(NEXT.get() + 1);
    NEXT.get().to_be_bytes()
}

impl Model {
    pub(crate) fn new(info: ServerInfo, workers: u16) -> Self {
        let info = Arc::new(info);
        let world = World::load(info.rules.clone(), Records::default());
        let mut model = Model {
            shards: (0..workers).map(|worker| Shard::new(worker, Arc::clone(&info), entropy)).collect(),
            inboxes: (0..workers).map(|_| Inbox::default()).collect(),
            kept: Kept::default(),
            now: Time(1_700_000_000_000),
            writable: true,
            next: Position(1),
            unsettled: VecDeque::new(),
            settled: Position(0),
            erases: true,
            erased: Position(0),
            reading: Vec::new(),
            working: Queue::default(),
            unreadable: false,
            busy: false,
            effects: Vec::new(),
            trail: Vec::new(),
            heard_by: Vec::new(),
            called: Vec::new(),
            renamed: Vec::new(),
            tagged: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            lost: BTreeSet::new(),
            info,
            world,
        };
        model.submit(None, Action::Start);
        for room in model.info.rules.autojoin.clone() {
            model.submit(None, Action::Open(room));
        }
        model
    }

    /// The process ends and another begins: everybody is gone, and the world is what the store holds.
    #[cfg(test)]
    pub(crate) fn restart(&mut self) {
        self.settle_down();
        self.world = World::load(self.info.rules.clone(), self.kept.records());
        let workers = u16::try_from(self.shards.len()).expect("a few workers");
        self.shards = (0..workers).map(|worker| Shard::new(worker, Arc::clone(&self.info), entropy)).collect();
        self.inboxes = (0..workers).map(|_| Inbox::default()).collect();
        self.submit(None, Action::Start);
        for room in self.info.rules.autojoin.clone() {
            self.submit(None, Action::Open(room));
        }
        self.settle_down();
    }

    pub(crate) fn submit(&mut self, origin: Option<Origin>, action: Action) {
        let entry = Entry { position: self.next, time: self.now, writable: self.writable, origin, action };
        self.next.0 += 1;
        self.trail.push(entry.to_json());
        let outcome = self.world.apply(&entry);
        self.effects.push(format!("{:?}{:?}", outcome.effects, outcome.changes));
        self.note_hearers(&entry, &outcome.effects);
        let reach = self.world.reach(&outcome.effects);
        let applied = Arc::new(Applied { position: entry.position, time: entry.time, effects: outcome.effects, reach });
        for inbox in &mut self.inboxes {
            inbox.push(Delivery::Applied(Arc::clone(&applied)));
        }
        if !outcome.changes.is_empty() {
            self.unsettled.push_back((entry.position, outcome.changes));
        }
    }

    fn note_hearers(&mut self, entry: &Entry, effects: &[Effect]) {
        for effect in effects {
            if let Event::Wallops { text, .. } = &effect.event {
                let users = self
                    .world
                    .presence
                    .users_after(UserId::default(), usize::MAX)
                    .0
                    .into_iter()
                    .filter(|user| user.modes.wallops);
                self.called.push((Arc::clone(text), users.flat_map(User::sessions).collect()));
            }
            if let Event::Redacted { msgid, message, .. } = &effect.event {
                self.taken_back.entry(*message).or_insert(*msgid);
            }
            if let (Audience::Room(room), Event::RoomRenamed(renamed)) = (&effect.audience, &effect.event) {
                let sessions = self.world.presence.members(*room).flat_map(|(user, _)| user.sessions());
                self.renamed.push((Arc::clone(renamed), sessions.collect()));
            }
            if let Event::Said(said) = &effect.event
                && said.message.kind == MessageKind::Tagmsg
            {
                self.tagged.entry(said.message.msgid).or_insert_with(|| said.message.clone());
            }
            if let (Audience::Room(room), Event::Said(said)) = (&effect.audience, &effect.event) {
                let sessions = self.world.presence.members(*room).flat_map(|(user, _)| user.sessions());
                let author = entry.origin.as_ref().map(|origin| origin.session);
                let hearers = sessions.filter(|session| Some(*session) != author).collect();
                self.heard_by.push((said.message.msgid, hearers));
            }
        }
    }

    /// Reads one line of a session, and carries out what comes of it.
    pub(crate) fn line(&mut self, id: SessionId, line: &str) {
        let mut steps = Vec::new();
        self.shards[id.worker as usize].receive(id, line.as_bytes(), 0, &mut steps);
        self.carry_out(id, steps);
    }

    pub(crate) fn carry_out(&mut self, id: SessionId, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Answer(answer) => self.inboxes[id.worker as usize].push(Delivery::Answer(id, answer)),
                Step::Submit(scope, action) => self.submit(Some(Origin { session: id, scope }), action),
                Step::Ask(scope, query) => self.ask(id, scope, query),
                Step::Work(scope, work) => {
                    let is_slow = work.is_slow();
                    self.working.add(id, is_slow, Working { session: id, scope, work }, self.now);
                }
                Step::Find(scope, finding) => self.find(id, scope, *finding),
            }
        }
    }

    fn ask(&mut self, session: SessionId, scope: Scope, query: Query) {
        let asked = self.world.ask(session, scope, query, self.now);
        for answer in asked.answers {
            self.inboxes[session.worker as usize].push(Delivery::Answer(session, answer));
        }
        if let Some(read) = asked.read {
            self.reading.push(Reading { session, read, finding: None, upto: Position(self.next.0 - 1) });
        }
    }

    fn find(&mut self, session: SessionId, scope: Scope, finding: Finding) {
        let upto = Position(self.next.0 - 1);
        match finding.lookup(&self.world, session) {
            Some(Lookup { departed, read }) => {
                let read = match departed {
                    Some(departed) => StoreRead::Departed(departed, Box::new(StoreRead::History(read))),
                    None => StoreRead::History(read),
                };
                self.reading.push(Reading { session, read, finding: Some((scope, finding)), upto });
            }
            None => self.found(session, scope, finding, Some(Vec::new()), upto),
        }
    }

    fn found(
        &mut self,
        session: SessionId,
        scope: Scope,
        finding: Finding,
        rows: Option<Vec<StoredMessage>>,
        upto: Position,
    ) {
        match finding.then(rows.as_deref(), upto) {
            Then::Submit(action) => self.submit(Some(Origin { session, scope: scope.clone() }), action),
            Then::Ask(query) => self.ask(session, scope.clone(), query),
            Then::Reply(reply) => {
                let answer = Answer::Reply(scope.clone(), reply);
                self.inboxes[usize::from(session.worker)].push(Delivery::Answer(session, answer));
            }
        }
        self.inboxes[usize::from(session.worker)].push(Delivery::Answer(session, Answer::Done(scope)));
    }

    /// Does the next piece of work that can be done now, if there is any.
    pub(crate) fn work(&mut self) -> bool {
        let Working { session, scope, work } = loop {
            let Some(mut piece) = self.working.take(self.now) else { return false };
            let session = piece.what.session;
            match piece.what.work.look_up(&self.world, session, self.now) {
                Some(due) => self.working.put_back(piece, due, self.now),
                None => break piece.what,
            }
        };
        match work.perform(&scope) {
            Outcome::Submit(action) => self.submit(Some(Origin { session, scope: scope.clone() }), action),
            Outcome::Answer(answers) => {
                let answers = answers.into_iter().map(|answer| Delivery::Answer(session, answer));
                answers.for_each(|answer| self.inboxes[usize::from(session.worker)].push(answer));
            }
        }
        self.inboxes[usize::from(session.worker)].push(Delivery::Answer(session, Answer::Done(scope)));
        true
    }

    /// Delivers the oldest thing in a worker's inbox, to the end.
    pub(crate) fn deliver(&mut self, worker: usize) {
        self.deliver_to(worker, usize::MAX);
    }

    /// Goes on delivering the oldest thing in a worker's inbox, to so many sessions at most.
    pub(crate) fn deliver_to(&mut self, worker: usize, receivers_max: usize) {
        let (shard, inbox) = (&mut self.shards[worker], &mut self.inboxes[worker]);
        if !shard.is_telling()
            && inbox.awake
            && let Some(delivery) = inbox.deliveries.pop_front()
        {
            shard.deliver(delivery);
        }
        shard.tell(receivers_max);
        if inbox.deliveries.is_empty() && !shard.is_telling() {
            (inbox.awake, inbox.first_gates) = (false, shard.first_gates());
        }
        for id in shard.take_changed() {
            if let Some(question) = self.shards[worker].next_question(id) {
                self.carry_out(id, vec![question]);
            }
        }
    }

    /// Whether a worker sleeps: everything is told that anybody there waits for.
    pub(crate) fn has_told_all(&self, worker: usize) -> bool {
        !self.inboxes[worker].awake && !self.shards[worker].is_telling()
    }

    /// Lets the store commit the oldest `count` of what it was handed, or lose their messages.
    pub(crate) fn settle(&mut self, count: usize, commits: bool) {
        let mut lost = Vec::new();
        for (position, changes) in self.unsettled.drain(..count.min(self.unsettled.len())) {
            for change in changes {
                match change {
                    Change::Message(_) if !commits => lost.push(position),
                    change => self.kept.take(change),
                }
            }
            self.settled = position;
        }
        if self.erases {
            self.erased = self.settled;
        }
        if !lost.is_empty() {
            self.lost.extend(&lost);
            self.submit(None, Action::Lost(lost.clone()));
        }
        let lost: Arc<[Position]> = lost.into();
        let reached = Reached { settled: self.settled, erased: self.erased };
        for inbox in &mut self.inboxes {
            inbox.settle(reached, &lost);
        }
        self.read_settled();
    }

    pub(crate) fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// Gives the pages that were asked for before what is settled now.
    fn read_settled(&mut self) {
        let settled = match self.unsettled.front() {
            Some((position, _)) => position.0 - 1,
            None => u64::MAX,
        };
        let (ripe, waiting) = std::mem::take(&mut self.reading).into_iter().partition(|page| page.upto.0 <= settled);
        self.reading = waiting;
        for Reading { session, read, mut finding, upto } in Vec::from_iter::<Vec<Reading>>(ripe) {
            let read = match read {
                StoreRead::Departed(departed, read) if !self.unreadable => match self.meant(&departed, upto) {
                    Some(meant) => {
                        let place = meant.conversation(departed.own());
                        finding.iter_mut().for_each(|(_, finding)| finding.is_with(meant.clone()));
                        read.within(place)
                    }
                    None => {
                        match finding {
                            Some((scope, finding)) => self.found(session, scope, finding, Some(Vec::new()), upto),
                            None => self.inboxes[session.worker as usize].push(Delivery::Unfound(session)),
                        }
                        continue;
                    }
                },
                read => read,
            };
            let rows = match read {
                StoreRead::History(read) => self.kept.read(&read, upto),
                StoreRead::Search(read) => self.search(session, &read, upto),
                StoreRead::Held(read) => {
                    let page = (!self.unreadable).then(|| self.kept.held(&read, upto));
                    self.inboxes[session.worker as usize].push(Delivery::Held(session, page));
                    continue;
                }
                StoreRead::Departed(..) => Vec::new(),
                StoreRead::Targets(read) => {
                    let found = (!self.unreadable).then(|| self.kept.targets(&read, upto));
                    let named = found.map(|found| self.world.name_targets(session, &found, read.limit));
                    self.inboxes[session.worker as usize].push(Delivery::Targets(session, named));
                    continue;
                }
            };
            let rows = (!self.unreadable).then_some(rows);
            match finding {
                Some((scope, finding)) => self.found(session, scope, finding, rows, upto),
                None => self.inboxes[session.worker as usize].push(Delivery::Page(session, rows)),
            }
        }
    }

    fn meant(&self, departed: &Departed, upto: Position) -> Option<Numbered> {
        let meant = departed.meant(&self.kept.targets(&departed.talks(), upto));
        meant.filter(|meant| meant.is_gone(&self.world))
    }

    fn search(&self, session: SessionId, read: &SearchRead, upto: Position) -> Vec<StoredMessage> {
        let mut partners = Partners::of(self.kept.search(read, upto));
        if let Some(talks) = partners.name(&self.world, session) {
            partners.name_departed(&self.world, &self.kept.targets(&talks, upto));
        }
        partners.named()
    }

    /// Delivers everything, commits everything, until nothing is left to be done.
    pub(crate) fn settle_down(&mut self) {
        loop {
            while !self.busy && self.work() {}
            for worker in 0..self.shards.len() {
                while !self.has_told_all(worker) {
                    self.deliver(worker);
                }
            }
            if self.unsettled.is_empty() && self.reading.is_empty() {
                return;
            }
            self.settle(usize::MAX, true);
        }
    }

    /// The lines that wait for a session's peer, taken out.
    pub(crate) fn output(&mut self, id: SessionId) -> Vec<String> {
        let Some(outlet) = self.shards[id.worker as usize].outlet(id) else { return Vec::new() };
        let lines: Vec<_> =
            outlet.ready().map(|line| String::from_utf8(line.to_vec()).expect("we speak UTF-8")).collect();
        outlet.consume(lines.iter().map(String::len).sum(), |_| {});
        lines.iter().map(|line| line.trim_end().to_owned()).collect()
    }
}
