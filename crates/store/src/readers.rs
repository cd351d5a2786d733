//! The threads that answer reads of history, each with its own connection, and the reads that wait for the writer.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use teahouse_chat::durable::{LastSaid, StoredMessage};
use teahouse_chat::held::{HeldPage, HeldRead};
use teahouse_chat::ids::Position;

use crate::error::{CloseError, OpenError, ReadError, one_line};
use crate::trouble::Trouble;
use crate::{Read, Targets, extract, open, pages};

/// At most so many messages are given for one read.
pub const READ_ROWS_MAX: usize = 500;
/// At most so many reads wait, for the writer or for a thread.
pub const READ_QUEUE_MAX: usize = 1_024;
/// Threads that read.
const READERS: usize = 2;
/// A thread whose reads fail logs that so often at most, in seconds: who asks decides how often they do.
const COMPLAIN_S: u64 = 10;

type Reply<T> = Box<dyn FnOnce(Result<T, ReadError>) + Send>;

/// A read and who wants it.
pub(crate) enum Job {
    /// Rows of a conversation.
    History(Read, Reply<Vec<StoredMessage>>),
    /// What one account said, and what was said to it alone, up to a position.
    Held(HeldRead, Position, Reply<HeldPage>),
    /// Which conversations there are.
    Targets(Targets, Reply<Vec<LastSaid>>),
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Job::History(read, _) => read.fmt(f),
            Job::Held(read, ..) => read.fmt(f),
            Job::Targets(read, _) => read.fmt(f),
        }
    }
}

/// Reads that are not answered yet.
#[derive(Debug)]
pub(crate) struct Reads {
    pending: Mutex<Pending>,
    wake: Condvar,
}

#[derive(Debug)]
struct Pending {
    /// Every message handed over up to here is committed or failed.
    decided: Position,
    /// Reads of what is not decided yet, by the position they wait for and in the order they came.
    waiting: BTreeMap<(Position, u64), Job>,
    submitted: u64,
    ready: VecDeque<Job>,
    closed: bool,
}

impl Reads {
    pub(crate) fn new(decided: Position) -> Self {
        let pending =
            Pending { decided, waiting: BTreeMap::new(), submitted: 0, ready: VecDeque::new(), closed: false };
        Reads { pending: Mutex::new(pending), wake: Condvar::new() }
    }

    /// Takes a read that may be answered once messages are decided up to `target`.
    pub(crate) fn submit(&self, target: Position, job: Job) {
        let mut pending = self.lock();
        let refusal = if pending.closed {
            ReadError::Closed
        } else if pending.waiting.len() + pending.ready.len() >= READ_QUEUE_MAX {
            ReadError::Busy
        } else {
            if target <= pending.decided {
                pending.ready.push_back(job);
                self.wake.notify_one();
            } else {
                pending.submitted += 1;
                let key = (target, pending.submitted);
                pending.waiting.insert(key, job);
            }
            return;
        };
        drop(pending);
        job.refuse(refusal);
    }

    /// Every message up to `position` is committed or failed: the reads that waited for that may go.
    pub(crate) fn decide(&self, position: Position) {
        let mut pending = self.lock();
        pending.decided = pending.decided.max(position);
        let later = pending.waiting.split_off(&(Position(position.0 + 1), 0));
        let freed = std::mem::replace(&mut pending.waiting, later);
        if !freed.is_empty() {
            pending.ready.extend(freed.into_values());
            self.wake.notify_all();
        }
    }

    /// Answers what waits with [`ReadError::Closed`] and lets the threads end.
    pub(crate) fn close(&self) {
        let mut pending = self.lock();
        pending.closed = true;
        let waiting = std::mem::take(&mut pending.waiting).into_values();
        let left: Vec<Job> = waiting.chain(std::mem::take(&mut pending.ready)).collect();
        drop(pending);
        self.wake.notify_all();
        for job in left {
            job.refuse(ReadError::Closed);
        }
    }

    fn next(&self) -> Option<Job> {
        let pending = self.lock();
        self.wake
            .wait_while(pending, |pending| pending.ready.is_empty() && !pending.closed)
            .unwrap_or_else(PoisonError::into_inner)
            .ready
            .pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the reading threads; each lives until [`Reads::close`] and drops its `alive` last.
pub(crate) fn start(reads: &Arc<Reads>, path: &Path, alive: &Sender<Result<(), CloseError>>) -> Result<(), OpenError> {
    for number in 0..READERS {
        let connection = open::connect_reader(path)?;
        let (reads, path_read, alive) = (Arc::clone(reads), path.to_owned(), alive.clone());
        thread::Builder::new()
            .name(format!("store-reader-{number}"))
            .spawn(move || {
                run(&reads, &connection, &path_read);
                drop(connection);
                drop(alive);
            })
            .map_err(|error| OpenError::Other { path: path.to_owned(), cause: one_line(&error) })?;
    }
    Ok(())
}

fn run(reads: &Reads, connection: &Connection, path: &Path) {
    let mut complained: Option<Instant> = None;
    let mut complain = |error: rusqlite::Error| {
        let cause = one_line(&error);
        if complained.is_none_or(|last| last.elapsed() >= Duration::from_secs(COMPLAIN_S)) {
            complained = Some(Instant::now());
            tracing::error!("{} cannot be read ({cause}): {}", path.display(), Trouble::of(&error).remedy());
        }
        ReadError::Failed(cause)
    };
    while let Some(job) = reads.next() {
        match job {
            Job::History(mut read, reply) => {
                read.limit = read.limit.min(READ_ROWS_MAX);
                answer(|| pages::history(connection, &read), reply, &mut complain);
            }
            Job::Held(read, upto, reply) => answer(|| extract::page(connection, &read, upto), reply, &mut complain),
            Job::Targets(read, reply) => answer(|| pages::targets(connection, &read), reply, &mut complain),
        }
    }
}

/// Whoever asked is answered whatever happens, and the thread lives on for the others.
fn answer<T>(
    read: impl FnOnce() -> rusqlite::Result<T>,
    reply: Reply<T>,
    complain: impl FnOnce(rusqlite::Error) -> ReadError,
) {
    let rows = catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(rusqlite::Error::InvalidQuery)).map_err(complain);
    // A panic of who asked costs this answer, not the thread.
    if catch_unwind(AssertUnwindSafe(move || reply(rows))).is_err() {
        tracing::error!("the receiver of an answer from the history panicked");
    }
}

impl Job {
    /// Answers without a read.
    fn refuse(self, error: ReadError) {
        match self {
            Job::History(_, reply) => reply(Err(error)),
            Job::Held(.., reply) => reply(Err(error)),
            Job::Targets(_, reply) => reply(Err(error)),
        }
    }
}
