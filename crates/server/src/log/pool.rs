//! Where slow work is done, so that no worker waits for it.
//!
//! In: work that a session has handed out, with what is to become of its result. Each session waits for its own and
//! hands out one piece at a time, and what a session has left behind is forgotten, so no more waits here than there are
//! connections. Whether a piece may be done is asked when its turn has come: what is to wait (for whoever guesses
//! passwords) takes nobody's place meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use teahouse_chat::ids::{SessionId, Time};
use teahouse_chat::reply::Scope;
use teahouse_chat::work::{self, Outcome, Work};

use super::now;

/// How many pieces of work are done at a time: hashing takes a core and much memory, and chat comes first. So many passwords
/// can be guessed before it is known that the first was wrong.
const THREADS: usize = 1;

/// Takes along what work needs, now that it could be done; until when it is to wait, if it cannot.
type LookUp = Box<dyn Fn(&mut Work) -> Option<Time> + Send>;

/// A piece of work.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) scope: Scope,
    pub(super) look_up: LookUp,
    /// What is done with what comes of it; with nothing if our own code fails.
    pub(super) done: Box<dyn FnOnce(Option<Outcome>) + Send>,
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
    jobs: work::Queue<Job>,
    time: Time,
    stopped: bool,
}

impl Waiting {
    /// The time now; it never goes back, so that what could be done once can be done.
    fn time(&mut self) -> Time {
        self.time = self.time.max(now());
        self.time
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

    /// Has it done as soon as it may be and a thread is free; once the pool has stopped, not at all.
    pub(super) fn hand_out(&self, session: SessionId, job: Job) {
        let mut waiting = self.queue.lock();
        if waiting.stopped {
            return;
        }
        let (is_slow, time) = (job.work.is_slow(), waiting.time());
        waiting.jobs.add(session, is_slow, job, time);
        self.queue.changed.notify_one();
    }

    /// A session is gone: nobody waits any more for what it has handed out.
    pub(super) fn leave(&self, session: SessionId) {
        self.queue.lock().jobs.leave(session);
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
        while let Some(Job { work, scope, done, .. }) = self.next() {
            done(catch_unwind(AssertUnwindSafe(|| work.perform(&scope))).ok());
        }
    }

    /// The next job that may be done; `None` once the pool has stopped.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        while !waiting.stopped {
            let time = waiting.time();
            if let Some(mut piece) = waiting.jobs.take(time) {
                // The world has a lock of its own.
                drop(waiting);
                let Some(due) = (piece.what.look_up)(&mut piece.what.work) else { return Some(piece.what) };
                waiting = self.lock();
                if !waiting.stopped {
                    let time = waiting.time();
                    waiting.jobs.put_back(piece, due, time);
                }
                continue;
            }
            let rest = waiting.jobs.next_due().map(|due| Duration::from_millis(due.0 - time.0));
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
        f.write_str("Queue")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{RecvTimeoutError, TryRecvError, channel};

    use teahouse_chat::render::Framing;
    use teahouse_chat::session::{Peer, Step};
    use teahouse_chat::shard::Shard;

    use super::*;
    use crate::config::Config;
    use crate::handle::server_info;

    /// How long the test waits before it gives up.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A session that wants a password hashed, and what is looked up and done then.
    fn job(slot: u32, due: Option<Time>, done: impl FnOnce() + Send + 'static) -> (SessionId, Job) {
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
        let (scope, work) = work.expect("a password takes work");
        let job = Job { work, scope, look_up: Box::new(move |_| due), done: Box::new(|_| done()) };
        (SessionId { slot, ..session }, job)
    }

    #[test]
    fn a_server_that_goes_does_not_wait_for_passwords() {
        let pool = Pool::start().unwrap();
        let ((begun, has_begun), (go_on, goes_on)) = (channel(), channel());
        let (session, first) = job(1, None, move || {
            begun.send(()).unwrap();
            goes_on.recv().unwrap();
        });
        pool.hand_out(session, first);
        has_begun.recv_timeout(PATIENCE).unwrap();
        let (done, is_done) = channel();
        for (slot, due) in [(2, None), (3, Some(Time(u64::MAX)))] {
            let done = done.clone();
            let (session, other) = job(slot, due, move || done.send(()).unwrap());
            pool.hand_out(session, other);
        }
        drop(done);
        std::thread::scope(|scope| {
            scope.spawn(|| pool.stop());
            // Both are let go of undone, while the first is being done.
            let others = is_done.recv_timeout(PATIENCE);
            go_on.send(()).unwrap();
            assert_eq!(others, Err(RecvTimeoutError::Disconnected));
        });
        let (session, late) = job(4, None, || panic!("nothing is done any more"));
        pool.hand_out(session, late);
    }

    #[test]
    fn what_waits_takes_nobodys_place_and_goes_with_its_session() {
        let pool = Pool::start().unwrap();
        let ((late, is_late), (done, is_done)) = (channel::<()>(), channel());
        let (waiting, first) = job(1, Some(Time(u64::MAX)), move || drop(late));
        pool.hand_out(waiting, first);
        let (session, second) = job(2, None, move || done.send(()).unwrap());
        pool.hand_out(session, second);
        is_done.recv_timeout(PATIENCE).unwrap();
        assert_eq!(is_late.try_recv(), Err(TryRecvError::Empty));
        pool.leave(waiting);
        assert_eq!(is_late.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
        pool.stop();
    }
}
