//! What waits for the writer: the only part of the store that runs under the world's lock.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use teahouse_chat::durable::Change;
use teahouse_chat::ids::Position;
use teahouse_chat::modes::Mask;

use crate::erased::Erasures;
use crate::rows;

/// More than so many bytes waiting for the writer is no longer healthy: durable actions are refused until it catches up.
pub const BACKLOG_BYTES_MAX: usize = 64 << 20;
/// How many positions are durably reserved at a time.
pub(crate) const POSITION_BLOCK: u64 = 1 << 20;
/// At most so many changes in one transaction, one position's aside.
const BATCH_CHANGES_MAX: usize = 4_096;
/// At most so many bytes in one transaction, one position's aside: what is in it is in the write-ahead log at once.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// What a change takes besides its texts, in bytes, roughly.
const CHANGE_BYTES: usize = 192;
/// What an entry of a room's lists takes besides its texts, in bytes, roughly.
const MASK_BYTES: usize = 64;

/// What one position changes.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) position: Position,
    pub(crate) changes: Vec<Change>,
    pub(crate) bytes: usize,
}

/// What the writer is to do next.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Commit these, and reserve positions if they run low.
    Write(Vec<Entry>),
    /// Try whether writing works again.
    Retry,
    /// Delete a slice of what is forgotten, or too old.
    Forget,
    /// Begin to delete the copies of what was erased up to this number: it cannot be found any more.
    Erase(i64),
    /// Delete more of the copies, or overwrite more of what is left.
    Scrub,
    /// Begin to overwrite what was put off.
    CatchUp,
    /// Give some pages back that nothing uses any more.
    Vacuum,
    /// Everything handed over was taken and no more will come.
    End,
}

/// Whether the writer can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Health {
    #[default]
    Works,
    /// When to try again.
    Fails { retry_at: Instant },
    /// Never again.
    Damaged,
}

/// What the writer has in mind besides what is queued.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plans {
    pub(crate) health: Health,
    /// Others are speaking too: what is queued is gathered until then.
    pub(crate) gather_until: Option<Instant>,
    /// There is something to forget, or too old: at once when nothing else is to be done, else from then on.
    pub(crate) forget_at: Option<Instant>,
    /// What is left of deleted texts is being overwritten: from then on, whatever else there is to do.
    pub(crate) scrub_at: Option<Instant>,
    /// That need not wait until then when nothing else is to be done.
    pub(crate) scrubs_at_once: bool,
    /// What little things leave behind that were deleted is to be overwritten: from then on, when nothing is being so.
    pub(crate) catch_up_at: Option<Instant>,
    /// There may be pages to give back: from then on, when nothing else is to be done.
    pub(crate) vacuum_at: Option<Instant>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    keeps_messages: bool,
    healthy: AtomicBool,
    backlog_bytes: AtomicUsize,
    settled: AtomicU64,
    /// The last position that was handed over and that reads have to wait for.
    last_message: AtomicU64,
    /// The last position that is known to have been given out.
    noted: AtomicU64,
    reserved_until: AtomicU64,
    pub(crate) erasures: Erasures,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// What was erased up to this number is in no index any more.
    unfindable: Option<i64>,
    /// The writer sleeps until something comes; while it gathers it is not to be woken for each message.
    idle: bool,
    closing: bool,
}

impl Queue {
    /// A queue after a start at which everything up to `before` was settled.
    pub(crate) fn new(keeps_messages: bool, before: Position, reserved_until: Position) -> Self {
        Queue {
            waiting: Mutex::default(),
            wake: Condvar::new(),
            keeps_messages,
            healthy: AtomicBool::new(true),
            backlog_bytes: AtomicUsize::new(0),
            settled: AtomicU64::new(before.0),
            last_message: AtomicU64::new(before.0),
            noted: AtomicU64::new(before.0),
            reserved_until: AtomicU64::new(reserved_until.0),
            erasures: Erasures::default(),
        }
    }

    pub(crate) fn append(&self, position: Position, mut changes: Vec<Change>) {
        changes.retain(|change| self.keeps(change));
        let bytes = changes.iter().map(bytes_of).sum();
        let noted = self.noted.fetch_max(position.0, Ordering::SeqCst);
        debug_assert!(noted <= position.0, "positions rise: {position:?} after {noted}");
        let mut waiting = self.lock();
        if waiting.closing {
            return;
        }
        let is_waited_for = |change: &Change| {
            matches!(change, Change::Message(_) | Change::Happened(_) | Change::Edited { .. } | Change::Redacted(..))
        };
        if changes.iter().any(is_waited_for) {
            self.last_message.store(position.0, Ordering::SeqCst);
        }
        self.backlog_bytes.fetch_add(bytes, Ordering::SeqCst);
        waiting.entries.push_back(Entry { position, changes, bytes });
        let idle = std::mem::take(&mut waiting.idle);
        drop(waiting);
        if idle {
            self.wake.notify_one();
        }
    }

    fn keeps(&self, change: &Change) -> bool {
        match change {
            Change::Message(_) | Change::Happened(_) => self.keeps_messages,
            _ => true,
        }
    }

    pub(crate) fn note(&self, position: Position) {
        let was_low = self.positions_are_low();
        self.noted.fetch_max(position.0, Ordering::SeqCst);
        if !was_low && self.positions_are_low() {
            // Taken so that the writer is either past its look at the positions' state or not yet at it.
            drop(self.lock());
            self.wake.notify_one();
        }
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::SeqCst) && self.backlog_bytes() <= BACKLOG_BYTES_MAX
    }

    pub(crate) fn backlog_bytes(&self) -> usize {
        self.backlog_bytes.load(Ordering::SeqCst)
    }

    pub(crate) fn settled(&self) -> Position {
        Position(self.settled.load(Ordering::SeqCst))
    }

    pub(crate) fn last_message(&self) -> Position {
        Position(self.last_message.load(Ordering::SeqCst))
    }

    pub(crate) fn reserved_until(&self) -> Position {
        Position(self.reserved_until.load(Ordering::SeqCst))
    }

    /// Takes no more; what is queued is still the writer's.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.healthy.store(false, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// What was erased up to this number is in no index any more.
    pub(crate) fn set_unfindable(&self, number: i64) {
        self.lock().unfindable = Some(number);
        self.wake.notify_one();
    }

    // From here on the writer's side.

    /// Waits until there is something to do.
    pub(crate) fn next(&self, plans: Plans) -> Turn {
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            let failing = plans.health != Health::Works;
            let retry_at = match plans.health {
                Health::Fails { retry_at } => Some(retry_at),
                Health::Works | Health::Damaged => None,
            };
            if due(retry_at) && !waiting.closing {
                return Turn::Retry;
            }
            let scrub_at = plans.scrub_at.filter(|_| !failing && !waiting.closing);
            let is_alone = plans.scrubs_at_once && waiting.entries.is_empty();
            if due(scrub_at) || is_alone && scrub_at.is_some() {
                return Turn::Scrub;
            }
            let may_erase = !failing && !waiting.closing && scrub_at.is_none();
            if let Some(number) = waiting.unfindable.take_if(|_| may_erase) {
                return Turn::Erase(number);
            }
            let catch_up_at = plans.catch_up_at.filter(|_| may_erase);
            if due(catch_up_at) {
                return Turn::CatchUp;
            }
            let mut until = retry_at.or(scrub_at).or(catch_up_at);
            if !waiting.entries.is_empty() {
                let hurry = failing || waiting.closing;
                let gathering = plans.gather_until.filter(|until| !hurry && *until > now);
                if gathering.is_none() {
                    if due(plans.forget_at) && !hurry {
                        return Turn::Forget;
                    }
                    return Turn::Write(take_batch(&mut waiting.entries));
                }
                until = until.into_iter().chain(gathering).min();
            } else if waiting.closing {
                return Turn::End;
            } else if !failing && self.positions_are_low() {
                return Turn::Write(Vec::new());
            } else if !failing && plans.forget_at.is_some() {
                return Turn::Forget;
            }
            let vacuum_at = plans.vacuum_at.filter(|_| may_erase && waiting.entries.is_empty());
            if due(vacuum_at) {
                return Turn::Vacuum;
            }
            until = until.into_iter().chain(vacuum_at).min();
            waiting.idle = waiting.entries.is_empty();
            waiting = match until {
                Some(until) => {
                    let timeout = until.saturating_duration_since(now);
                    self.wake.wait_timeout(waiting, timeout).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The end of the block to reserve, once less than half a block is left.
    pub(crate) fn next_reservation(&self) -> Option<Position> {
        let start = self.reserved_until().0.max(self.noted.load(Ordering::SeqCst) + 1);
        self.positions_are_low().then_some(Position(start + POSITION_BLOCK))
    }

    pub(crate) fn set_reserved_until(&self, position: Position) {
        self.reserved_until.store(position.0, Ordering::SeqCst);
    }

    pub(crate) fn set_settled(&self, position: Position) {
        self.settled.store(position.0, Ordering::SeqCst);
    }

    pub(crate) fn set_healthy(&self, healthy: bool) {
        // Under the lock, so that a closing store does not turn healthy again.
        let waiting = self.lock();
        self.healthy.store(healthy && !waiting.closing, Ordering::SeqCst);
    }

    pub(crate) fn release_bytes(&self, bytes: usize) {
        self.backlog_bytes.fetch_sub(bytes, Ordering::SeqCst);
    }

    fn positions_are_low(&self) -> bool {
        self.noted.load(Ordering::SeqCst) + POSITION_BLOCK / 2 >= self.reserved_until().0
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_batch(entries: &mut VecDeque<Entry>) -> Vec<Entry> {
    let (mut changes, mut bytes) = (0, 0);
    let end = entries.iter().position(|entry| {
        changes += entry.changes.len();
        bytes += entry.bytes;
        changes > BATCH_CHANGES_MAX || bytes > BATCH_BYTES_MAX
    });
    // The first entry always goes, whatever its size.
    entries.drain(..end.unwrap_or(entries.len()).max(1)).collect()
}

fn bytes_of(change: &Change) -> usize {
    let texts = match change {
        Change::Message(message) | Change::Happened(message) => {
            message.source.len() + message.target.len() + message.tags.len() + message.text.len()
        }
        Change::Edited { text, .. } => text.len(),
        Change::Room(room) => {
            let topic = room.topic.as_ref().map_or(0, |topic| topic.text.len() + topic.by.len());
            let mask_bytes = |mask: &Mask| MASK_BYTES + mask.mask.len() + mask.by.len();
            room.name.len() + topic + rows::masks(&room.modes).map(mask_bytes).sum::<usize>()
        }
        Change::Account(account) => {
            account.name.len()
                + account.password.as_ref().map_or(0, |password| {
                    password.argon2.len() + password.scram.as_ref().map_or(0, |scram| scram.len())
                })
        }
        Change::Fact(fact, value) => fact.key.len() + value.as_ref().map_or(0, |value| value.len()),
        Change::Redacted(..)
        | Change::KeptFrom(..)
        | Change::RoomForgotten(_)
        | Change::RoomDropped(_)
        | Change::Guest(_)
        | Change::GuestForgotten(_)
        | Change::GuestRegistered(_)
        | Change::AccountForgotten(_) => 0,
    };
    CHANGE_BYTES + texts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use teahouse_chat::durable::GuestRecord;
    use teahouse_chat::ids::{GuestId, Time, TokenHash};

    use super::*;

    const AN_HOUR: Duration = Duration::from_secs(3_600);

    fn queue(entries: u64) -> Queue {
        let queue = Queue::new(true, Position(0), Position(POSITION_BLOCK * 2));
        for position in 1..=entries {
            let guest = GuestRecord { id: GuestId(position), token: TokenHash([0; 16]), seen: Time(0) };
            queue.append(Position(position), vec![Change::Guest(guest)]);
        }
        queue
    }

    fn taken(turn: Turn) -> usize {
        match turn {
            Turn::Write(entries) => entries.len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_comes_alone_goes_at_once_and_together_what_waits() {
        assert_eq!(taken(queue(1).next(Plans::default())), 1);
        assert_eq!(taken(queue(9).next(Plans::default())), 9);
    }

    #[test]
    fn gathering_ends_at_its_time() {
        let queue = queue(1);
        let until = Instant::now() + Duration::from_millis(5);
        taken(queue.next(Plans { gather_until: Some(until), ..Plans::default() }));
        assert!(Instant::now() >= until);
    }

    #[test]
    fn neither_failing_nor_closing_waits_to_gather() {
        let later = Instant::now() + AN_HOUR;
        let plans = Plans { gather_until: Some(later), ..Plans::default() };
        for health in [Health::Fails { retry_at: later }, Health::Damaged] {
            assert_eq!(taken(queue(2).next(Plans { health, ..plans })), 2);
        }
        let closing = queue(2);
        closing.close();
        assert_eq!(taken(closing.next(plans)), 2);
        assert!(matches!(closing.next(plans), Turn::End));
    }

    #[test]
    fn forgetting_takes_the_idle_time_and_its_turn_under_load() {
        let (now, later) = (Some(Instant::now()), Some(Instant::now() + AN_HOUR));
        let plans = |forget_at| Plans { forget_at, ..Plans::default() };
        assert!(matches!(queue(0).next(plans(later)), Turn::Forget));
        assert_eq!(taken(queue(1).next(plans(later))), 1);
        assert!(matches!(queue(1).next(plans(now)), Turn::Forget));
    }

    #[test]
    fn pages_are_given_back_in_idle_time_only_and_never_while_pages_are_overwritten() {
        let (now, later) = (Some(Instant::now()), Some(Instant::now() + AN_HOUR));
        let plans = Plans { vacuum_at: now, ..Plans::default() };
        assert!(matches!(queue(0).next(plans), Turn::Vacuum));
        assert_eq!(taken(queue(1).next(plans)), 1);
        assert!(matches!(queue(0).next(Plans { forget_at: later, ..plans }), Turn::Forget));
        let closing = queue(0);
        closing.close();
        assert!(matches!(closing.next(plans), Turn::End));
        let soon = Instant::now() + Duration::from_millis(5);
        assert!(matches!(queue(0).next(Plans { scrub_at: Some(soon), ..plans }), Turn::Scrub));
        assert!(Instant::now() >= soon);
    }

    #[test]
    fn what_is_left_is_overwritten_at_once_only_while_nothing_is_to_be_written() {
        let plans = Plans { scrub_at: Some(Instant::now() + AN_HOUR), scrubs_at_once: true, ..Plans::default() };
        assert!(matches!(queue(0).next(plans), Turn::Scrub));
        assert_eq!(taken(queue(1).next(plans)), 1);
        let failing = Plans { health: Health::Damaged, ..plans };
        assert_eq!(taken(queue(1).next(failing)), 1);
    }

    #[test]
    fn what_was_put_off_has_its_turn_under_load_when_nothing_else_is_being_overwritten() {
        let (now, later) = (Some(Instant::now()), Some(Instant::now() + AN_HOUR));
        let plans = Plans { catch_up_at: now, ..Plans::default() };
        assert!(matches!(queue(1).next(plans), Turn::CatchUp));
        assert_eq!(taken(queue(1).next(Plans { catch_up_at: later, ..plans })), 1);
        assert_eq!(taken(queue(1).next(Plans { scrub_at: later, ..plans })), 1);
        let soon = Instant::now() + Duration::from_millis(5);
        assert!(matches!(queue(0).next(Plans { catch_up_at: Some(soon), ..plans }), Turn::CatchUp));
        assert!(Instant::now() >= soon);
        let closing = queue(0);
        closing.close();
        assert!(matches!(closing.next(plans), Turn::End));
    }

    #[test]
    fn positions_running_low_wake_the_writer() {
        let queue = queue(0);
        assert_eq!(queue.next_reservation(), None);
        queue.note(Position(POSITION_BLOCK * 2 - 1));
        assert_eq!(taken(queue.next(Plans::default())), 0);
        assert_eq!(queue.next_reservation(), Some(Position(POSITION_BLOCK * 3)));
        // Whoever ran past the block without asking does not get the same again.
        queue.note(Position(POSITION_BLOCK * 9));
        assert_eq!(queue.next_reservation(), Some(Position(POSITION_BLOCK * 10 + 1)));
    }
}
