//! What the writer hands over to the index: messages as they are committed, and that something was erased.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use teahouse_chat::durable::StoredMessage;
use teahouse_chat::ids::Position;

/// More than so many bytes are not kept waiting: the index then fetches from the messages' database what it lacks.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// What a message takes besides its texts, in bytes, roughly.
const MESSAGE_BYTES: usize = 192;
/// At most so many messages in one transaction of the index.
pub(super) const BATCH_MESSAGES_MAX: usize = 4_096;
/// At most so many bytes of messages in one transaction of the index, one message aside: a closing store waits for it.
pub(super) const BATCH_BYTES_MAX: usize = 1 << 20;

/// What the indexer is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Fetch what the index lacks, up to this position.
    CatchUp(Position),
    /// Index these.
    Messages(Vec<StoredMessage>),
    /// Take out what was erased, up to this number.
    Erase(i64),
    /// No more will come.
    End,
}

/// Between the writer's thread and the indexer's.
#[derive(Debug)]
pub(crate) struct Feed {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Debug)]
struct Waiting {
    messages: VecDeque<StoredMessage>,
    bytes: usize,
    /// Some messages up to `committed` are neither indexed nor among those that wait.
    behind: bool,
    /// Every message up to here is committed or lost.
    committed: Position,
    /// The last thing that was erased.
    erased: i64,
    /// What was erased, by how many messages had been handed over by then.
    marks: VecDeque<(u64, i64)>,
    /// How many messages were ever handed over to wait here.
    handed: u64,
    /// Every message that was handed over before this was erased was given to the indexer.
    ripe: i64,
    /// The last thing erased that was given to the indexer.
    erasing: i64,
    /// Everything up to here is indexed.
    indexed: Position,
    closing: bool,
}

impl Feed {
    /// What there is at a start: everything up to `committed` may be missing in the index, everything up to number
    /// `erased` may still be in it.
    pub(crate) fn new(committed: Position, erased: i64) -> Self {
        let waiting = Waiting {
            messages: VecDeque::new(),
            bytes: 0,
            behind: true,
            committed,
            erased,
            marks: VecDeque::new(),
            handed: 0,
            ripe: 0,
            erasing: 0,
            indexed: Position(0),
            closing: false,
        };
        Feed { waiting: Mutex::new(waiting), wake: Condvar::new() }
    }

    /// Everything up to `position` is committed or lost; these messages are committed, and things up to number `erased`
    /// erased by now. Positions and numbers rise from call to call.
    pub(crate) fn committed(&self, messages: impl Iterator<Item = StoredMessage>, position: Position, erased: i64) {
        let mut waiting = self.lock();
        waiting.committed = position;
        for message in messages {
            if waiting.behind {
                // It will be fetched with the others.
                break;
            }
            waiting.bytes += bytes_of(&message);
            waiting.messages.push_back(message);
            waiting.handed += 1;
            if waiting.bytes > WAITING_BYTES_MAX {
                waiting.fall_behind();
            }
        }
        waiting.erase(erased);
        let is_needed = waiting.behind || !waiting.messages.is_empty() || waiting.erasing < erased;
        drop(waiting);
        if is_needed {
            self.wake.notify_all();
        }
    }

    /// Nothing more comes, and what waits is left for the next start.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_all();
    }

    /// Waits until every message up to `position` can be found; `false` if that took longer than `patience`.
    pub(crate) fn wait_indexed(&self, position: Position, patience: Duration) -> bool {
        let late = |waiting: &mut Waiting| waiting.indexed < position;
        !self.wake.wait_timeout_while(self.lock(), patience, late).unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    // From here on the indexer's side.

    /// Waits until there is something to do, and until `not_before`, while what comes is gathered; what fills a transaction
    /// has nothing to gain by that, and goes at once.
    ///
    /// What is erased comes behind what was handed over before: a message must not be indexed after it was erased. It
    /// also waits until `erase_not_before`, but not for messages to end.
    pub(super) fn next(&self, not_before: Instant, erase_not_before: Instant) -> Task {
        let mut waiting = self.lock();
        loop {
            if waiting.closing {
                return Task::End;
            }
            let may_index = waiting.behind || !waiting.messages.is_empty();
            if !may_index {
                waiting.marks.clear();
                waiting.ripe = waiting.erased;
                if waiting.indexed < waiting.committed {
                    waiting.indexed = waiting.committed;
                    self.wake.notify_all();
                }
            }
            let now = Instant::now();
            let not_before = if waiting.is_full() { now } else { not_before };
            let index_at = may_index.then_some(not_before);
            let erase_at = (waiting.erasing < waiting.ripe).then_some(not_before.max(erase_not_before));
            if erase_at.is_some_and(|at| at <= now) {
                waiting.erasing = waiting.ripe;
                return Task::Erase(waiting.ripe);
            }
            if index_at.is_some_and(|at| at <= now) {
                return waiting.take();
            }
            waiting = match index_at.into_iter().chain(erase_at).min() {
                Some(begin) => {
                    let left = begin.saturating_duration_since(now);
                    self.wake.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Everything up to here can be found.
    pub(super) fn set_indexed(&self, position: Position) {
        let mut waiting = self.lock();
        waiting.indexed = waiting.indexed.max(position);
        drop(waiting);
        self.wake.notify_all();
    }

    /// What was given out is not done: it is to be fetched again, and erased again.
    pub(super) fn give_back(&self) {
        let mut waiting = self.lock();
        waiting.fall_behind();
        (waiting.ripe, waiting.erasing) = (0, 0);
    }

    /// Whether something was erased that was not given to the indexer yet.
    pub(super) fn has_something_to_erase(&self) -> bool {
        let waiting = self.lock();
        waiting.erasing < waiting.erased
    }

    /// The indexer has not fetched everything that it lacks. All of it will be fetched as it is by then, so what was erased
    /// before is not indexed after.
    pub(super) fn stay_behind(&self) {
        let mut waiting = self.lock();
        waiting.fall_behind();
        waiting.ripe = waiting.erased;
    }

    /// Whether there are messages to be put in before more of what is erased is taken out; then that is given again.
    pub(super) fn puts_off_erasing(&self) -> bool {
        let mut waiting = self.lock();
        let is_put_off = waiting.closing || waiting.behind || !waiting.messages.is_empty();
        if is_put_off {
            waiting.erasing = 0;
        }
        is_put_off
    }

    /// Whether the indexer should stop in the middle of what it does.
    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn fall_behind(&mut self) {
        self.behind = true;
        self.messages = VecDeque::new();
        self.marks = VecDeque::new();
        self.bytes = 0;
    }

    /// Things up to this number are erased, behind all that was handed over.
    fn erase(&mut self, erased: i64) {
        if erased == self.erased {
            return;
        }
        self.erased = erased;
        match self.marks.back_mut() {
            Some((handed, number)) if *handed == self.handed => *number = erased,
            _ => self.marks.push_back((self.handed, erased)),
        }
    }

    /// What was erased behind messages that all were taken is ripe.
    fn ripen(&mut self) {
        let taken = self.handed - self.messages.len() as u64;
        while let Some((_, number)) = self.marks.pop_front_if(|(handed, _)| *handed <= taken) {
            self.ripe = number;
        }
    }

    /// Whether as much waits as goes into one transaction.
    fn is_full(&self) -> bool {
        self.messages.len() >= BATCH_MESSAGES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    /// Takes out messages, of which there are some.
    fn take(&mut self) -> Task {
        if std::mem::take(&mut self.behind) {
            self.ripe = self.erased;
            return Task::CatchUp(self.committed);
        }
        let mut bytes = 0;
        let is_full = |(count, message): (usize, &StoredMessage)| {
            bytes += bytes_of(message);
            count == BATCH_MESSAGES_MAX || bytes > BATCH_BYTES_MAX
        };
        let end = self.messages.iter().enumerate().position(is_full).unwrap_or(self.messages.len());
        // The first one always goes, whatever its size.
        let batch: Vec<_> = self.messages.drain(..end.max(1)).collect();
        self.bytes -= batch.iter().map(bytes_of).sum::<usize>();
        self.ripen();
        Task::Messages(batch)
    }
}

/// About how much memory a message takes, in bytes.
pub(super) fn bytes_of(message: &StoredMessage) -> usize {
    MESSAGE_BYTES + message.source.len() + message.target.len() + message.tags.len() + message.text.len()
}

#[cfg(test)]
mod tests {
    use teahouse_chat::durable::{Conversation, MessageKind};
    use teahouse_chat::ids::{MsgId, RoomId, Time};

    use super::*;

    fn message(position: u64, bytes: usize) -> StoredMessage {
        StoredMessage {
            client_id: None,
            conversation: Conversation::room(RoomId(1)),
            msgid: MsgId { time: Time(position), position: Position(position) },
            kind: MessageKind::Privmsg,
            author: None,
            source: "a".into(),
            target: "#a".into(),
            tags: "".into(),
            text: "x".repeat(bytes).into(),
            edited: None,
        }
    }

    const AN_HOUR: Duration = Duration::from_secs(3_600);

    fn next(feed: &Feed) -> Task {
        feed.next(Instant::now(), Instant::now())
    }

    /// A feed that was caught up with, up to position 9.
    fn feed() -> Feed {
        let feed = Feed::new(Position(9), 0);
        assert_eq!(next(&feed), Task::CatchUp(Position(9)));
        feed
    }

    fn positions(task: Task) -> Vec<u64> {
        match task {
            Task::Messages(batch) => batch.iter().map(|message| message.msgid.position.0).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_erased_comes_behind_what_was_said_before() {
        let feed = feed();
        feed.committed([message(10, 1), message(11, 1)].into_iter(), Position(11), 0);
        feed.committed(std::iter::empty(), Position(12), 3);
        assert_eq!(positions(next(&feed)), [10, 11]);
        assert_eq!(next(&feed), Task::Erase(3));
        feed.committed([message(13, 1)].into_iter(), Position(13), 4);
        let now = Instant::now();
        assert_eq!(positions(feed.next(now, now + AN_HOUR)), [13]);
        assert_eq!(next(&feed), Task::Erase(4));
    }

    #[test]
    fn what_is_erased_does_not_wait_for_messages_to_end() {
        let feed = feed();
        feed.committed([message(10, 1)].into_iter(), Position(10), 3);
        assert_eq!(positions(next(&feed)), [10]);
        feed.committed([message(11, 1)].into_iter(), Position(11), 4);
        assert_eq!(next(&feed), Task::Erase(3), "what was said since may be erased by the fourth alone");
        assert!(feed.puts_off_erasing());
        let now = Instant::now();
        assert_eq!(positions(feed.next(now, now + AN_HOUR)), [11]);
        assert!(!feed.puts_off_erasing());
        assert_eq!(next(&feed), Task::Erase(4));
    }

    #[test]
    fn more_than_may_wait_is_fetched_later() {
        let feed = feed();
        let long = (10..30).map(|position| message(position, 1 << 20));
        feed.committed(long, Position(29), 0);
        feed.committed([message(30, 1)].into_iter(), Position(30), 0);
        assert_eq!(next(&feed), Task::CatchUp(Position(30)));
        feed.committed([message(31, 1)].into_iter(), Position(31), 0);
        assert_eq!(positions(next(&feed)), [31]);
    }

    #[test]
    fn what_is_erased_waits_for_what_was_said_before_and_not_for_the_rest() {
        let feed = feed();
        let long = |positions: std::ops::Range<u64>| positions.map(|position| message(position, BATCH_BYTES_MAX));
        feed.committed(long(10..12), Position(11), 3);
        feed.committed(long(12..14), Position(13), 4);
        feed.committed(std::iter::empty(), Position(14), 5);
        assert_eq!(positions(next(&feed)), [10]);
        assert_eq!(positions(next(&feed)), [11]);
        assert_eq!(next(&feed), Task::Erase(3));
        assert_eq!(positions(next(&feed)), [12]);
        assert_eq!(positions(next(&feed)), [13]);
        assert_eq!(next(&feed), Task::Erase(5));
    }

    #[test]
    fn what_is_erased_does_not_wait_for_all_that_is_missing() {
        let feed = Feed::new(Position(9), 0);
        assert_eq!(next(&feed), Task::CatchUp(Position(9)));
        assert!(!feed.has_something_to_erase());
        feed.committed([message(10, 1)].into_iter(), Position(10), 3);
        assert!(feed.has_something_to_erase());
        feed.stay_behind();
        assert_eq!(next(&feed), Task::Erase(3));
        assert!(!feed.has_something_to_erase());
        assert_eq!(next(&feed), Task::CatchUp(Position(10)), "with the message that had waited");
    }

    #[test]
    fn what_was_not_done_is_given_again() {
        let feed = feed();
        feed.committed([message(10, 1)].into_iter(), Position(10), 2);
        assert_eq!(positions(next(&feed)), [10]);
        assert_eq!(next(&feed), Task::Erase(2));
        feed.give_back();
        assert_eq!(next(&feed), Task::CatchUp(Position(10)));
        assert_eq!(next(&feed), Task::Erase(2));
    }

    #[test]
    fn messages_that_keep_coming_are_gathered() {
        let feed = feed();
        feed.committed([message(10, 1)].into_iter(), Position(10), 0);
        let until = Instant::now() + Duration::from_millis(5);
        assert_eq!(positions(feed.next(until, until)), [10]);
        assert!(Instant::now() >= until);
        feed.close();
        assert_eq!(feed.next(until + AN_HOUR, until), Task::End);
    }

    #[test]
    fn what_fills_a_transaction_is_not_gathered_and_what_is_erased_does_not_wait_behind_more_of_it() {
        let feed = feed();
        let later = Instant::now() + AN_HOUR;
        let many = |from: u64| (from..from + BATCH_MESSAGES_MAX as u64).map(|position| message(position, 1));
        feed.committed(many(10), Position(4_105), 3);
        assert_eq!(positions(feed.next(later, Instant::now())).len(), BATCH_MESSAGES_MAX);
        feed.committed([message(5_000, BATCH_BYTES_MAX), message(5_001, 1)].into_iter(), Position(5_001), 3);
        assert_eq!(feed.next(later, Instant::now()), Task::Erase(3));
        assert_eq!(positions(feed.next(later, later)), [5_000]);
        feed.close();
        assert_eq!(feed.next(later, later), Task::End, "the rest is gathered with what comes");
    }
}
