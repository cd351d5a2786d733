//! Where slow work is done, so that no worker waits for it.
//!
//! In: work that a session has handed out, with what is to become of its result. Each session waits for its own and
//! hands out one piece at a time, so no more waits here than there are connections.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use teahouse_chat::entry::Action;
use teahouse_chat::work::Work;

/// How many pieces of work are done at a time: hashing takes a core and much memory, and chat comes first.
const THREADS: usize = 1;

/// A piece of work, and what is done with the action that it results in; with none if our own code fails.
struct Job {
    work: Work,
    done: Box<dyn FnOnce(Option<Action>) + Send>,
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
    jobs: VecDeque<Job>,
    stopped: bool,
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

    /// Has it done as soon as a thread is free; once the pool has stopped, not at all.
    pub(super) fn hand_out(&self, work: Work, done: impl FnOnce(Option<Action>) + Send + 'static) {
        let mut waiting = self.queue.lock();
        if !waiting.stopped {
            waiting.jobs.push_back(Job { work, done: Box::new(done) });
            self.queue.changed.notify_one();
        }
    }

    /// Finishes what has been begun, and forgets the rest.
    pub(super) fn stop(&self) {
        let mut waiting = self.queue.lock();
        waiting.stopped = true;
        waiting.jobs.clear();
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
        while let Some(Job { work, done }) = self.next() {
            done(catch_unwind(AssertUnwindSafe(|| work.perform())).ok());
        }
    }

    /// The next job; `None` once the pool has stopped.
    fn next(&self) -> Option<Job> {
        let waiting = self.changed.wait_while(self.lock(), |waiting| waiting.jobs.is_empty() && !waiting.stopped);
        waiting.unwrap_or_else(PoisonError::into_inner).jobs.pop_front()
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
