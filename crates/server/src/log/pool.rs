//! Where slow work is done, so that no worker waits for it.
//!
//! In: work that a session has handed out, with what is to become of its result. Each session waits for its own and
//! hands out one piece at a time, so no more waits here than there are connections. What is to wait for a while (whoever
//! guesses passwords) takes nobody's place meanwhile, and what is quick does not wait behind what is slow.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use teahouse_chat::reply::Scope;
use teahouse_chat::work::{Outcome, Work};

/// How many pieces of work are done at a time: hashing takes a core and much memory, and chat comes first.
const THREADS: usize = 1;

/// A piece of work, and what is done with what comes of it; with nothing if our own code fails.
struct Job {
    work: Work,
    scope: Scope,
    done: Box<dyn FnOnce(Option<Outcome>) + Send>,
}

/// A few threads for slow work.
#[derive(Debug)]
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// What can be done now, the next one first.
    jobs: VecDeque<Job>,
    /// What is to wait, and until when; told apart by a number.
    later: BTreeMap<(Instant, u64), Job>,
    number: u64,
    stopped: bool,
}

impl Waiting {
    fn add(&mut self, job: Job) {
        match job.work.is_slow() {
            true => self.jobs.push_back(job),
            false => self.jobs.push_front(job),
        }
    }

    /// Lets in what has waited long enough.
    fn ripen(&mut self, now: Instant) {
        while let Some(first) = self.later.first_entry().filter(|first| first.key().0 <= now) {
            let job = first.remove();
            self.add(job);
        }
    }
}

impl Pool {
    pub(super) fn start() -> std::io::Result<Self> {
        let queue = Arc::<Queue>::default();
        let mut threads = Vec::new();
        for number in 0..THREADS {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("work-{number}"));
            threads.push(thread.spawn(move || queue.work())?);
        }
        Ok(Pool { queue, threads: Mutex::new(threads) })
    }

    /// Has it done as soon as it has waited and a thread is free; once the pool has stopped, not at all.
    pub(super) fn hand_out(
        &self,
        work: Work,
        scope: Scope,
        wait: Duration,
        done: impl FnOnce(Option<Outcome>) + Send + 'static,
    ) {
        let mut waiting = self.queue.lock();
        if waiting.stopped {
            return;
        }
        let job = Job { work, scope, done: Box::new(done) };
        if wait.is_zero() {
            waiting.add(job);
        } else {
            waiting.number += 1;
            let until = (Instant::now() + wait, waiting.number);
            waiting.later.insert(until, job);
        }
        self.queue.changed.notify_one();
    }

    /// Finishes what has been begun, and forgets the rest.
    pub(super) fn stop(&self) {
        let mut waiting = self.queue.lock();
        waiting.stopped = true;
        waiting.jobs.clear();
        waiting.later.clear();
        drop(waiting);
        self.queue.changed.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            thread.join().expect("a failure in somebody's work is caught");
        }
    }
}

impl Queue {
    fn work(&self) {
        while let Some(Job { work, scope, done }) = self.next() {
            done(catch_unwind(AssertUnwindSafe(|| work.perform(&scope))).ok());
        }
    }

    /// The next job; `None` once the pool has stopped.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        while !waiting.stopped {
            let now = Instant::now();
            waiting.ripen(now);
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            let rest = waiting.later.first_key_value().map(|((until, _), _)| *until - now);
            waiting = match rest {
                Some(rest) => self.changed.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue of {}", self.lock().jobs.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use teahouse_chat::render::Framing;
    use teahouse_chat::session::{Peer, Step};
    use teahouse_chat::shard::Shard;

    use super::*;
    use crate::config::Config;
    use crate::handle::server_info;

    /// How long the test waits before it gives up.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A password that is to be hashed.
    fn work() -> (Scope, Work) {
        let mut shard = Shard::new(0, Arc::new(server_info(&Config::default())), || [7; 16]);
        let session = shard.connect(Peer::from("host"), Framing::Lines);
        let mut steps = Vec::new();
        for line in ["NICK alice", "REGISTER * * oolong"] {
            shard.receive(session, line.as_bytes(), 0, &mut steps);
        }
        let work = steps.into_iter().find_map(|step| match step {
            Step::Work(scope, work) => Some((scope, *work)),
            _ => None,
        });
        work.expect("a password takes work")
    }

    #[test]
    fn a_server_that_goes_does_not_wait_for_passwords() {
        let pool = Pool::start().unwrap();
        let ((begun, has_begun), (go_on, goes_on)) = (channel(), channel());
        let (scope, first) = work();
        pool.hand_out(first, scope, Duration::ZERO, move |_| {
            begun.send(()).unwrap();
            goes_on.recv().unwrap();
        });
        has_begun.recv_timeout(PATIENCE).unwrap();
        let (done, is_done) = channel();
        for wait in [Duration::ZERO, PATIENCE] {
            let ((scope, other), done) = (work(), done.clone());
            pool.hand_out(other, scope, wait, move |_| done.send(()).unwrap());
        }
        drop(done);
        std::thread::scope(|scope| {
            scope.spawn(|| pool.stop());
            // Both are let go of undone, while the first is being done.
            let others = is_done.recv_timeout(PATIENCE);
            go_on.send(()).unwrap();
            assert_eq!(others, Err(RecvTimeoutError::Disconnected));
        });
        let (scope, late) = work();
        pool.hand_out(late, scope, Duration::ZERO, |_| panic!("nothing is done any more"));
    }
}
