//! The log: gives every action its place in one total order, and lets everybody know what came of it.
//!
//! In: actions and questions from workers, the handle and the clock. Out: deliveries into every worker's inbox, and
//! changes for the store, both before the lock is released, so that all workers see one order. On one node, taking a
//! place in the order is taking the world's lock. Nothing else knows how the order is made.

mod inbox;
mod operate;
mod pool;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use teahouse_chat::departed::{Departed, Numbered, Partners};
use teahouse_chat::durable::StoredMessage;
use teahouse_chat::entry::{Action, Applied, Audience, Effect, Entry, Origin};
use teahouse_chat::find::{Finding, Lookup, Then};
use teahouse_chat::ids::{Position, SessionId, Time};
use teahouse_chat::info::Rules;
use teahouse_chat::query::{Query, StoreRead};
use teahouse_chat::reply::Scope;
use teahouse_chat::session::attach::Detach;
use teahouse_chat::session::{Answer, Step};
use teahouse_chat::shard::{Delivery, Reached};
use teahouse_chat::work::{Outcome, Work};
use teahouse_chat::world::{Leaving, TurnedAway, World};
use teahouse_store::{Loaded, Options, Read, ReadError, Settled, Store, Targets};

use crate::handle::StartError;
use operate::Settlement;
use pool::{Job, Pool};

pub(crate) use inbox::{Inbox, Pending};

/// How many entries are remembered for the file that is written when the world's own code fails.
const TRAIL_ENTRIES_MAX: usize = 1000;

/// While more than this waits for the disk, senders are read more slowly.
const STORE_BACKLOG_BYTES_MAX: usize = 16 << 20;

/// The one order of everything.
#[derive(Debug)]
pub(crate) struct Log {
    inner: Mutex<Inner>,
    store: Store,
    pool: Pool,
    inboxes: Arc<OnceLock<Vec<Arc<Inbox>>>>,
    settlement: Arc<Settlement>,
    /// For the store, which tells the world what is lost.
    itself: Arc<OnceLock<Weak<Log>>>,
    directory: PathBuf,
}

#[derive(Debug)]
struct Inner {
    world: World,
    next: Position,
    last_time: Time,
    last_given_to_store: Position,
    trail: VecDeque<Entry>,
}

impl Log {
    /// Opens the store and loads the world from it; the workers' inboxes are named by [`Log::connect`].
    pub(crate) fn open(directory: PathBuf, options: Options, rules: Rules) -> Result<(Self, [u8; 32]), StartError> {
        let inboxes: Arc<OnceLock<Vec<Arc<Inbox>>>> = Arc::default();
        let told = Arc::clone(&inboxes);
        let settlement: Arc<Settlement> = Arc::default();
        let itself: Arc<OnceLock<Weak<Log>>> = Arc::default();
        let (reached, log) = (Arc::clone(&settlement), Arc::clone(&itself));
        let (store, loaded) = Store::open(&directory, options, move |settled| {
            reached.reach(Reached { settled: settled.upto, erased: settled.erased });
            tell_settled(&log, &told, settled);
        })?;
        let pool = Pool::start()?;
        let Loaded { records, next_position, last_time, secret } = loaded;
        let last_position = Position(next_position.0.saturating_sub(1));
        settlement.opened_at(last_position);
        let autojoin = rules.autojoin.clone();
        let inner = Inner {
            world: World::load(rules, records),
            next: next_position,
            last_time,
            last_given_to_store: last_position,
            trail: VecDeque::new(),
        };
        let log = Log { inner: Mutex::new(inner), store, pool, inboxes, settlement, itself, directory };
        log.submit(None, Action::Start);
        for room in autojoin {
            log.submit(None, Action::Open(room));
        }
        Ok((log, secret))
    }

    /// Names the inboxes that everything is told to, in the workers' order; once, before the first connection.
    ///
    /// They begin with how far the store is: a repeat of what was said before the start waits for nothing that comes later.
    pub(crate) fn connect(self: &Arc<Self>, inboxes: Vec<Arc<Inbox>>) {
        _ = self.itself.set(Arc::downgrade(self));
        // Held until they are named: what is settled meanwhile is told to them behind that.
        let reached = self.settlement.reached();
        inboxes.iter().for_each(|inbox| inbox.settle(*reached, &Arc::default()));
        let first = self.inboxes.set(inboxes).is_ok();
        debug_assert!(first, "the inboxes are named once");
    }

    /// Carries out one step of a session's.
    pub(crate) fn carry_out(self: &Arc<Self>, session: SessionId, step: Step) {
        match step {
            Step::Answer(answer) => self.inbox(session).push(Delivery::Answer(session, answer)),
            Step::Submit(scope, action) => drop(self.submit(Some(Origin { session, scope }), action)),
            Step::Ask(scope, query) => self.ask(session, scope, query),
            Step::Work(scope, work) => self.hand_out(session, scope, work),
            Step::Find(scope, finding) => self.find(session, scope, *finding),
        }
    }

    /// Gives an action its place, applies it, and tells everybody; what was told, if anything was.
    pub(crate) fn submit(&self, origin: Option<Origin>, action: Action) -> Option<Arc<Applied>> {
        let mut inner = self.lock();
        let position = inner.next;
        let time = inner.last_time.max(now());
        // A position that was not durably reserved might be given out again after a crash.
        let writable = self.store.is_healthy() && position < self.store.reserved_until();
        inner.next = Position(position.0 + 1);
        inner.last_time = time;
        let entry = Entry { position, time, writable, origin, action };
        let outcome = inner.apply(entry, &self.directory);
        let mut wakes = Vec::new();
        let mut told = None;
        if !outcome.effects.is_empty() {
            let reach = inner.world.reach(&outcome.effects);
            let applied = Arc::new(Applied { position, time, effects: outcome.effects, reach });
            let inboxes = self.concerned(&applied.effects);
            wakes.extend(inboxes.map(|inbox| inbox.add(Delivery::Applied(Arc::clone(&applied)))));
            told = Some(applied);
        }
        // After the inboxes, so that nobody hears that a position is settled before hearing what it was.
        if outcome.changes.is_empty() {
            self.store.note_position(position);
        } else {
            inner.last_given_to_store = position;
            self.store.append(position, outcome.changes);
        }
        drop(inner);
        wakes.into_iter().for_each(inbox::Wake::now);
        told
    }

    /// The inboxes of the workers that effects concern: whatever a room or a user is told, any worker may have to tell.
    fn concerned(&self, effects: &[Effect]) -> impl Iterator<Item = &Arc<Inbox>> {
        let only: Option<Vec<u16>> = effects
            .iter()
            .map(|effect| match effect.audience {
                Audience::Session(session) => Some(session.worker),
                _ => None,
            })
            .collect();
        let inboxes = self.inboxes.get().into_iter().flatten().enumerate();
        let concerns =
            move |worker: usize| only.as_ref().is_none_or(|only| only.iter().any(|one| usize::from(*one) == worker));
        inboxes.filter(move |(worker, _)| concerns(*worker)).map(|(_, inbox)| inbox)
    }

    /// Answers a question as of now; the answer takes its place among what was applied.
    fn ask(self: &Arc<Self>, session: SessionId, scope: Scope, query: Query) {
        let inner = self.lock();
        let asked = inner.world.ask(session, scope, query, inner.last_time.max(now()));
        for answer in asked.answers {
            self.inbox(session).push(Delivery::Answer(session, answer));
        }
        let upto = inner.last_given_to_store;
        drop(inner);
        if let Some(read) = asked.read {
            self.read(session, read, upto);
        }
    }

    /// Has something read, as of a position, for a session that waits for it.
    fn read(self: &Arc<Self>, session: SessionId, read: StoreRead, upto: Position) {
        let log = Arc::clone(self);
        let give = move |rows: Result<_, _>| log.inbox(session).push(Delivery::Page(session, rows.ok()));
        match read {
            StoreRead::History(read) => self.store.history(Read::new(read, upto), give),
            StoreRead::Targets(read) => {
                let (log, limit) = (Arc::clone(self), read.limit);
                self.store.targets(Targets { read, upto }, move |found| {
                    let named = found.map(|found| log.lock().world.name_targets(session, &found, limit));
                    log.inbox(session).push(Delivery::Targets(session, named.ok()));
                });
            }
            StoreRead::Held(read) => {
                let log = Arc::clone(self);
                self.store.held(read, upto, move |page| log.inbox(session).push(Delivery::Held(session, page.ok())));
            }
            StoreRead::Search(read) => {
                let log = Arc::clone(self);
                self.store.search(*read, upto, move |rows| match rows {
                    Ok(rows) => log.name_found(session, Partners::of(rows), upto),
                    Err(_) => log.inbox(session).push(Delivery::Page(session, None)),
                });
            }
            StoreRead::Departed(departed, read) => {
                let (log, own) = (Arc::clone(self), departed.own());
                self.look_for(departed, upto, move |meant| match meant {
                    Ok(Some(meant)) => log.read(session, read.within(meant.conversation(own)), upto),
                    Ok(None) => log.inbox(session).push(Delivery::Unfound(session)),
                    Err(_) => log.inbox(session).push(Delivery::Page(session, None)),
                });
            }
        }
    }

    /// Looks for somebody who is not here by the name they had.
    fn look_for(
        self: &Arc<Self>,
        departed: Departed,
        upto: Position,
        then: impl FnOnce(Result<Option<Numbered>, ReadError>) + Send + 'static,
    ) {
        let log = Arc::clone(self);
        self.store.targets(Targets { read: departed.talks(), upto }, move |found| {
            // Many names are compared: not under the lock.
            let meant = found.map(|found| departed.meant(&found));
            then(meant.map(|meant| meant.filter(|meant| meant.is_gone(&log.lock().world))));
        });
    }

    /// Gives what was found by the names that lead to it.
    fn name_found(self: &Arc<Self>, session: SessionId, mut partners: Partners, upto: Position) {
        let Some(read) = partners.name(&self.lock().world, session) else {
            return self.inbox(session).push(Delivery::Page(session, Some(partners.named())));
        };
        let log = Arc::clone(self);
        self.store.targets(Targets { read, upto }, move |found| {
            let named = found.map(|found| {
                partners.name_departed(&log.lock().world, &found);
                partners.named()
            });
            log.inbox(session).push(Delivery::Page(session, named.ok()));
        });
    }

    /// Looks a message up, as of now; what is to be done with it takes its place when it is found, and then the session
    /// reads on.
    fn find(self: &Arc<Self>, session: SessionId, scope: Scope, mut finding: Finding) {
        let inner = self.lock();
        let (lookup, upto) = (finding.lookup(&inner.world, session), inner.last_given_to_store);
        drop(inner);
        let log = Arc::clone(self);
        let Some(Lookup { departed, mut read }) = lookup else {
            return self.found(session, scope, finding, Ok(Vec::new()), upto);
        };
        let Some(departed) = departed else {
            return self
                .store
                .history(Read::new(read, upto), move |rows| log.found(session, scope, finding, rows, upto));
        };
        let own = departed.own();
        self.look_for(departed, upto, move |meant| match meant {
            Ok(Some(meant)) => {
                read.conversation = meant.conversation(own);
                finding.is_with(meant);
                let log_then = Arc::clone(&log);
                log.store
                    .history(Read::new(read, upto), move |rows| log_then.found(session, scope, finding, rows, upto));
            }
            Ok(None) => log.found(session, scope, finding, Ok(Vec::new()), upto),
            Err(error) => log.found(session, scope, finding, Err(error), upto),
        });
    }

    /// Carries out what comes of what was looked up.
    fn found(
        self: &Arc<Self>,
        session: SessionId,
        scope: Scope,
        finding: Finding,
        rows: Result<Vec<StoredMessage>, ReadError>,
        upto: Position,
    ) {
        match finding.then(rows.ok().as_deref(), upto) {
            Then::Submit(action) => drop(self.submit(Some(Origin { session, scope: scope.clone() }), action)),
            Then::Ask(query) => self.ask(session, scope.clone(), query),
            Then::Reply(reply) => {
                let answer = Answer::Reply(scope.clone(), reply);
                self.inbox(session).push(Delivery::Answer(session, answer));
            }
        }
        self.inbox(session).push(Delivery::Answer(session, Answer::Done(scope)));
    }

    /// Has slow work done; what comes of it takes its place when it is done, and then the session reads on.
    fn hand_out(self: &Arc<Self>, session: SessionId, scope: Scope, work: Box<Work>) {
        let log = Arc::clone(self);
        let look_up = move |work: &mut Work| {
            let inner = log.lock();
            work.look_up(&inner.world, session, inner.last_time.max(now()))
        };
        let log = Arc::clone(self);
        let origin_scope = scope.clone();
        let done = move |outcome| {
            let scope = origin_scope;
            let origin = Some(Origin { session, scope: scope.clone() });
            let answer = match outcome {
                Some(Outcome::Submit(action)) => {
                    log.submit(origin, action);
                    Answer::Done(scope)
                }
                Some(Outcome::Answer(answers)) => {
                    for answer in answers {
                        log.inbox(session).push(Delivery::Answer(session, answer));
                    }
                    Answer::Done(scope)
                }
                None => {
                    tracing::error!("a session's work made the server fail; the session is closed");
                    let reason: Arc<str> = "Internal error".into();
                    let detach = Detach { reason: Arc::clone(&reason), leaving: Leaving::Dropped };
                    log.submit(origin, Action::Detach(detach));
                    Answer::Close(scope, reason)
                }
            };
            log.inbox(session).push(Delivery::Answer(session, answer));
        };
        let (look_up, done) = (Box::new(look_up), Box::new(done));
        self.pool.hand_out(session, Job { work: *work, scope, look_up, done });
    }

    /// A session's connection is closed: what it had handed out and waits for no more is left undone.
    pub(crate) fn leave(&self, session: SessionId) {
        self.pool.leave(session);
    }

    /// What whoever comes from this address is turned away with; `None` if it may come.
    pub(crate) fn turned_away(&self, address: IpAddr) -> Option<TurnedAway> {
        self.lock().world.turned_away(address, now())
    }

    /// Lets go what is due by now.
    pub(crate) fn tick(&self) {
        let due = self.lock().world.next_deadline().is_some_and(|deadline| deadline <= now());
        if due {
            self.submit(None, Action::Expire);
        }
    }

    /// Whether so much waits, for the disk or in any inbox, that senders are to be slowed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.store.backlog_bytes() > STORE_BACKLOG_BYTES_MAX
            || self.inboxes.get().into_iter().flatten().any(|inbox| inbox.is_pressed())
    }

    /// Ends slow work, writes what waits, and who is here, and closes the database.
    pub(crate) fn close(&self) {
        self.pool.stop();
        self.submit(None, Action::Stop);
        if let Err(error) = self.store.close() {
            tracing::error!("{error}");
        }
    }

    /// A session's own worker's inbox.
    fn inbox(&self, session: SessionId) -> &Arc<Inbox> {
        let inboxes = self.inboxes.get().expect("a session exists only after the workers");
        &inboxes[session.worker as usize]
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a panic under the lock ends the process")
    }
}

impl Inner {
    /// Applies an entry. If the world's own code fails, the world may be half-changed: the way there is written down
    /// to be replayed, and the process ends.
    fn apply(&mut self, entry: Entry, directory: &std::path::Path) -> teahouse_chat::entry::Outcome {
        if self.trail.len() == TRAIL_ENTRIES_MAX {
            self.trail.pop_front();
        }
        self.trail.push_back(entry);
        let (world, entry) = (&mut self.world, self.trail.back().expect("it was just put there"));
        let applied = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.apply(entry)));
        applied.unwrap_or_else(|_| {
            let path = directory.join("last-entries.jsonl");
            let trail: String = self.trail.iter().map(|entry| entry.to_json() + "\n").collect();
            let written = std::fs::write(&path, trail);
            tracing::error!(
                "the world failed to apply an entry; the last ones are in {} ({written:?})",
                path.display()
            );
            std::process::abort();
        })
    }
}

/// The world first: a repeat that it takes for one of something kept is in the inboxes before they hear that this is lost.
fn tell_settled(log: &OnceLock<Weak<Log>>, inboxes: &OnceLock<Vec<Arc<Inbox>>>, settled: Settled) {
    let lost: Arc<[Position]> = settled.failed.into_iter().chain(settled.failed_ahead).collect();
    if let Some(log) = log.get().and_then(Weak::upgrade).filter(|_| !lost.is_empty()) {
        log.submit(None, Action::Lost(lost.to_vec()));
    }
    for inbox in inboxes.get().into_iter().flatten() {
        inbox.settle(Reached { settled: settled.upto, erased: settled.erased }, &lost);
    }
}

fn now() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
