//! A worker's inbox: everything that concerns it, in one order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::Waker;
use teahouse_chat::entry::Event;
use teahouse_chat::ids::Position;
use teahouse_chat::session::Answer;
use teahouse_chat::session::attach::Welcome;
use teahouse_chat::shard::{Delivery, FirstGates, Reached};

use crate::worker::Established;

/// While more than so much waits in any inbox, nobody who could fill it is read.
const INBOX_BYTES_MAX: usize = 16 << 20;
/// The same for how many receivers are to be told what waits: it bounds how long whoever comes last has to wait.
const INBOX_RECEIVERS_MAX: usize = 1 << 16;
/// What somebody in a list of names takes, roughly: a line of its own names it again.
const PERSON_BYTES: usize = 96;
/// What a delivery takes besides its texts, roughly.
const DELIVERY_BYTES: usize = 256;
/// A list that was emptied keeps room for so many; what a crowd has needed beyond that is given back.
const ROOM_KEPT: usize = 256;

/// What waits for a worker.
#[derive(Debug)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    bytes: AtomicUsize,
    receivers: AtomicUsize,
    awake: AtomicBool,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Waiting {
    deliveries: VecDeque<Delivery>,
    /// How many have ever been put there.
    added: u64,
    pages: VecDeque<Page>,
    /// What gates of the worker's waited for when it last wanted to sleep.
    first_gates: FirstGates,
    arrivals: VecDeque<Established>,
    stopping: bool,
}

/// What a session waits for from the store. It fills a place that its session's output has kept for it, so it need not
/// keep its own among what others are told: only what was there before it is told before it.
#[derive(Debug)]
pub(crate) struct Page {
    delivery: Delivery,
    after: u64,
}

/// What a worker has taken out, and not told yet.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    deliveries: VecDeque<Delivery>,
    /// How many were ever taken from there.
    told: u64,
    pages: VecDeque<Page>,
}

/// A worker that is to be woken once the lock is free.
#[derive(Debug)]
pub(crate) struct Wake<'a>(&'a Inbox);

impl Wake<'_> {
    /// Wakes it, if it sleeps.
    pub(crate) fn now(self) {
        self.0.wake();
    }
}

/// What a worker takes out at a time.
#[derive(Debug)]
pub(crate) struct Taken {
    /// New connections, some of them.
    pub(crate) arrivals: VecDeque<Established>,
    /// Whether the server says goodbye; told once.
    pub(crate) stopping: bool,
}

impl Pending {
    /// Whether nothing is left to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.pages.is_empty()
    }

    /// The next one, in the log's order.
    pub(crate) fn next(&mut self) -> Option<Delivery> {
        let delivery = self.deliveries.pop_front()?;
        self.told += 1;
        Some(delivery)
    }

    /// The next page, if all is told that came before it.
    pub(crate) fn next_page(&mut self) -> Option<Delivery> {
        self.pages.pop_front_if(|page| page.after <= self.told).map(|page| page.delivery)
    }
}

impl Inbox {
    /// An inbox whose worker sleeps in the poll that `waker` ends.
    pub(crate) fn new(waker: Waker) -> Self {
        Inbox {
            waiting: Mutex::default(),
            bytes: AtomicUsize::new(0),
            receivers: AtomicUsize::new(0),
            awake: AtomicBool::new(false),
            waker,
        }
    }

    /// Adds a delivery. May be called under the world's lock: never waits, makes no system call.
    #[must_use = "the worker may sleep"]
    pub(crate) fn add(&self, delivery: Delivery) -> Wake<'_> {
        self.count(&delivery);
        let mut waiting = self.lock();
        match delivery {
            Delivery::Page(..) | Delivery::Unfound(..) | Delivery::Targets(..) | Delivery::Held(..) => {
                let after = waiting.added;
                waiting.pages.push_back(Page { delivery, after });
            }
            delivery => waiting.push(delivery),
        }
        drop(waiting);
        Wake(self)
    }

    /// Adds a delivery, and wakes the worker.
    pub(crate) fn push(&self, delivery: Delivery) {
        self.add(delivery).now();
    }

    /// Says how far the store is and what is lost, and wakes the worker if a gate of its own waits for that; to any other
    /// it is told with whatever wakes it next.
    ///
    /// Both sides look under the same lock: a worker that finds this in its inbox does not sleep before it has taken it,
    /// and the gates of one that sleeps are known, since they close only by what it takes.
    pub(crate) fn settle(&self, reached: Reached, lost: &Arc<[Position]>) {
        let mut waiting = self.lock();
        let is_waited_for = waiting.first_gates.are_reached(reached);
        match waiting.deliveries.back_mut() {
            // Nothing came in between: this one says all that the last one says.
            Some(Delivery::Settled(last, none)) if none.is_empty() && lost.is_empty() => *last = reached,
            _ => {
                let delivery = Delivery::Settled(reached, Arc::clone(lost));
                self.count(&delivery);
                waiting.push(delivery);
            }
        }
        drop(waiting);
        if is_waited_for || !lost.is_empty() {
            self.wake();
        }
    }

    /// Brings a new connection.
    pub(crate) fn arrive(&self, established: Established) {
        self.lock().arrivals.push_back(established);
        self.wake();
    }

    /// How many new connections wait to be taken in.
    pub(crate) fn arriving(&self) -> usize {
        self.lock().arrivals.len()
    }

    /// Says that the server says goodbye.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.wake();
    }

    /// Whether so much waits that senders are to be slowed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > INBOX_BYTES_MAX
            || self.receivers.load(Ordering::Relaxed) > INBOX_RECEIVERS_MAX
    }

    /// Notes that a delivery which was taken is now told.
    pub(crate) fn let_go(&self, delivery: &Delivery) {
        self.bytes.fetch_sub(weight(delivery), Ordering::Relaxed);
        self.receivers.fetch_sub(receivers(delivery), Ordering::Relaxed);
    }

    /// Takes so many new connections at most, and puts deliveries, in the log's order, behind those that are `pending`
    /// until there are so many; each counts until it is [let go](Inbox::let_go).
    pub(crate) fn take(&self, pending: &mut Pending, pending_max: usize, arrivals_max: usize) -> Taken {
        let mut waiting = self.lock();
        if pending.deliveries.is_empty() && waiting.deliveries.len() <= pending_max {
            give_back(&mut pending.deliveries);
            std::mem::swap(&mut pending.deliveries, &mut waiting.deliveries);
        } else {
            let count = pending_max.saturating_sub(pending.deliveries.len()).min(waiting.deliveries.len());
            pending.deliveries.extend(waiting.deliveries.drain(..count));
        }
        if pending.pages.is_empty() {
            give_back(&mut pending.pages);
            std::mem::swap(&mut pending.pages, &mut waiting.pages);
        } else {
            pending.pages.append(&mut waiting.pages);
            give_back(&mut waiting.pages);
        }
        let arrivals = match waiting.arrivals.len() <= arrivals_max {
            true => std::mem::take(&mut waiting.arrivals),
            false => waiting.arrivals.drain(..arrivals_max).collect(),
        };
        Taken { arrivals, stopping: std::mem::take(&mut waiting.stopping) }
    }

    /// The worker is up: it looks into the inbox before it sleeps, so nobody needs to wake it.
    pub(crate) fn stay_awake(&self) {
        self.awake.store(true, Ordering::SeqCst);
    }

    /// The worker wants to sleep, and names the first positions that gates of its own wait for: `false` if something has
    /// come meanwhile.
    pub(crate) fn may_sleep(&self, first_gates: FirstGates) -> bool {
        self.awake.store(false, Ordering::SeqCst);
        let mut waiting = self.lock();
        waiting.first_gates = first_gates;
        waiting.is_empty()
    }

    /// Counts a delivery among what waits, before anybody can take it.
    fn count(&self, delivery: &Delivery) {
        self.bytes.fetch_add(weight(delivery), Ordering::Relaxed);
        self.receivers.fetch_add(receivers(delivery), Ordering::Relaxed);
    }

    fn wake(&self) {
        if !self.awake.swap(true, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!("a worker could not be woken: {error}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, delivery: Delivery) {
        self.added += 1;
        self.deliveries.push_back(delivery);
    }

    fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.pages.is_empty() && self.arrivals.is_empty() && !self.stopping
    }
}

/// Gives back what an empty list keeps beyond a usual turn's need.
fn give_back<T>(list: &mut VecDeque<T>) {
    if list.capacity() > ROOM_KEPT {
        *list = VecDeque::new();
    }
}

/// How many lines a delivery makes, roughly, on all workers together.
fn receivers(delivery: &Delivery) -> usize {
    match delivery {
        Delivery::Applied(applied) => applied.reach,
        Delivery::Answer(..)
        | Delivery::Page(..)
        | Delivery::Unfound(..)
        | Delivery::Targets(..)
        | Delivery::Held(..)
        | Delivery::Settled(..) => 1,
    }
}

/// About how many bytes a delivery holds: what many share is counted by each inbox.
fn weight(delivery: &Delivery) -> usize {
    let people = |welcome: &Welcome| welcome.rooms.iter().map(|shown| shown.view.people.len()).sum::<usize>();
    let texts = match delivery {
        Delivery::Applied(applied) => applied
            .effects
            .iter()
            .map(|effect| match &effect.event {
                Event::Said(said) => said.message.text.len() + said.message.tags.len(),
                Event::Room(shown) => shown.view.people.len() * PERSON_BYTES,
                Event::Reentered(_) => PERSON_BYTES,
                Event::Attached(welcome) => people(welcome) * PERSON_BYTES,
                Event::Moved(moved) => people(&moved.welcome) * PERSON_BYTES,
                _ => 0,
            })
            .sum(),
        Delivery::Page(_, rows) => rows.as_ref().map_or(0, |rows| rows.len() * 2 * DELIVERY_BYTES),
        Delivery::Held(_, page) => page.as_ref().map_or(0, |page| page.rows.len() * 2 * DELIVERY_BYTES),
        Delivery::Targets(_, found) => found.as_ref().map_or(0, |found| found.len() * DELIVERY_BYTES),
        Delivery::Answer(_, Answer::Names(_, view)) => view.people.len() * PERSON_BYTES,
        Delivery::Answer(..) | Delivery::Unfound(..) | Delivery::Settled(..) => 0,
    };
    DELIVERY_BYTES + texts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::{Events, Poll, Token};

    use super::*;

    /// An inbox, and whether its worker has been woken since the last look.
    struct Bed {
        inbox: Inbox,
        poll: Poll,
        pending: Pending,
    }

    impl Bed {
        fn new() -> Self {
            let poll = Poll::new().expect("a poll");
            let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
            Bed { inbox: Inbox::new(waker), poll, pending: Pending::default() }
        }

        fn was_woken(&mut self) -> bool {
            let mut events = Events::with_capacity(1);
            self.poll.poll(&mut events, Some(Duration::ZERO)).expect("it looks");
            !events.is_empty()
        }

        fn settle(&mut self, upto: u64, lost: &[u64]) {
            let lost: Arc<[Position]> = lost.iter().map(|position| Position(*position)).collect();
            self.inbox.settle(Reached { settled: Position(upto), erased: Position(upto / 2) }, &lost);
        }

        /// What the worker finds, as up to where it is settled and how many are lost.
        fn finds(&mut self) -> Vec<(u64, usize)> {
            self.inbox.stay_awake();
            self.inbox.take(&mut self.pending, 256, 256);
            let found = std::iter::from_fn(|| self.pending.next()).filter_map(|delivery| {
                self.inbox.let_go(&delivery);
                match delivery {
                    Delivery::Settled(reached, lost) => Some((reached.settled.0, lost.len())),
                    _ => None,
                }
            });
            found.collect()
        }
    }

    fn answer() -> Delivery {
        let session = teahouse_chat::ids::SessionId { worker: 0, generation: 1, slot: 0 };
        Delivery::Answer(session, Answer::Done(teahouse_chat::reply::Scope::Plain))
    }

    #[test]
    fn what_is_settled_wakes_only_those_who_wait_for_it() {
        let mut bed = Bed::new();
        assert!(bed.inbox.may_sleep(FirstGates { settled: Some(Position(7)), ..FirstGates::default() }));
        bed.settle(6, &[]);
        assert!(!bed.was_woken(), "its gate is at 7");
        bed.settle(7, &[]);
        assert!(bed.was_woken());
        assert_eq!(bed.finds(), [(7, 0)], "two that nothing came between are told as one");

        assert!(bed.inbox.may_sleep(FirstGates::default()));
        bed.settle(8, &[]);
        assert!(!bed.was_woken(), "it has no gate");
        assert!(!bed.inbox.may_sleep(FirstGates::default()), "whoever is up takes it before it sleeps");
        assert_eq!(bed.finds(), [(8, 0)]);

        assert!(bed.inbox.may_sleep(FirstGates::default()));
        bed.settle(9, &[]);
        bed.settle(10, &[9]);
        assert!(bed.was_woken(), "what is lost is told at once");
        bed.settle(11, &[]);
        assert_eq!(bed.finds(), [(9, 0), (10, 1), (11, 0)], "and is told by itself");
    }

    #[test]
    fn what_is_erased_wakes_those_who_wait_for_it() {
        let mut bed = Bed::new();
        assert!(bed.inbox.may_sleep(FirstGates { erased: Some(Position(7)), ..FirstGates::default() }));
        bed.settle(13, &[]);
        assert!(!bed.was_woken(), "it is kept, and not erased");
        bed.settle(14, &[]);
        assert!(bed.was_woken());
        assert_eq!(bed.finds(), [(14, 0)]);
    }

    #[test]
    fn what_is_settled_is_told_behind_what_came_before() {
        let mut bed = Bed::new();
        assert!(bed.inbox.may_sleep(FirstGates::default()));
        bed.settle(1, &[]);
        assert!(!bed.was_woken());
        bed.inbox.push(answer());
        assert!(bed.was_woken());
        bed.settle(2, &[]);
        bed.settle(3, &[]);
        assert_eq!(bed.finds(), [(1, 0), (3, 0)], "nothing overtakes the answer in between");
        assert!(!bed.inbox.is_pressed());
        assert_eq!(bed.inbox.bytes.load(Ordering::Relaxed), 0, "what was merged was counted once");
    }

    #[test]
    fn a_page_waits_for_what_came_before_it_and_nothing_waits_for_a_page() {
        let session = teahouse_chat::ids::SessionId { worker: 0, generation: 1, slot: 0 };
        let mut bed = Bed::new();
        bed.inbox.push(answer());
        bed.inbox.push(answer());
        bed.inbox.push(Delivery::Page(session, None));
        bed.inbox.push(answer());
        bed.inbox.take(&mut bed.pending, 1, 0);
        assert!(bed.pending.next().is_some() && bed.pending.next().is_none());
        assert!(bed.pending.next_page().is_none(), "one of two is told");
        bed.inbox.take(&mut bed.pending, 256, 0);
        assert!(bed.pending.next().is_some() && bed.pending.next().is_some(), "the last one overtakes the page");
        assert!(matches!(bed.pending.next_page(), Some(Delivery::Page(..))));
        assert!(bed.pending.is_empty() && bed.inbox.may_sleep(FirstGates::default()));
    }
}
