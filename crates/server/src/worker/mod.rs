//! Workers: one thread a core, each with a mio poll loop over its own connections.
//!
//! In: established sockets from the door, deliveries from the log. Out: bytes. A turn reads what is ready, takes in the
//! inbox, and then writes once to every session that something waits for. What a line means, the chat crate knows.

mod cloak;
mod connection;
mod patience;
mod ready;
mod transport;
mod turn;
mod wheel;

use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mio::{Poll, Token, Waker};
use teahouse_chat::info::ServerInfo;
use teahouse_chat::shard::Shard;

pub use teahouse_chat::render::Framing;

use crate::events::{ConnectionId, Events};
use crate::log::{Inbox, Log};
use crate::tls::Session;
use cloak::Cloak;
use turn::Worker;

/// The token of a worker's waker; connections have their session's slot.
const WAKER: Token = Token(usize::MAX);

/// A connection whose door is known, ready to be served by a worker.
#[derive(Debug)]
pub struct Established {
    /// The number given at accept.
    pub id: ConnectionId,
    /// The socket, in non-blocking mode.
    pub stream: TcpStream,
    /// Its TLS state, after the handshake, if TLS is spoken on it; boxed, because many connections may wait to be adopted.
    pub(crate) tls: Option<Box<Session>>,
    /// Who connected.
    pub peer: SocketAddr,
    /// How lines are framed.
    pub framing: Framing,
    /// What was read from the socket already and belongs to the worker, in order.
    pub already_read: Vec<u8>,
}

/// How much may wait for peers who do not take it.
#[derive(Debug)]
struct Limits {
    /// For one session.
    queue_bytes: usize,
    /// For all sessions of one worker: workers share what all of them may have, so that none has to look at another.
    share_bytes: usize,
}

/// All workers.
#[derive(Debug)]
pub(crate) struct Workers {
    inboxes: Vec<Arc<Inbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next: AtomicUsize,
}

impl Workers {
    /// Starts one worker a core and names their inboxes to the log.
    pub(crate) fn start(
        log: &Arc<Log>,
        info: &Arc<ServerInfo>,
        events: &Events,
        secret: [u8; 32],
    ) -> std::io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from).min(usize::from(u16::MAX));
        let mut polls = Vec::new();
        let mut inboxes = Vec::new();
        for _ in 0..count {
            let poll = Poll::new()?;
            inboxes.push(Arc::new(Inbox::new(Waker::new(poll.registry(), WAKER)?)));
            polls.push(poll);
        }
        log.connect(inboxes.clone());
        let limits = Limits { queue_bytes: info.send_queue_bytes, share_bytes: info.send_queue_total_bytes / count };
        let mut threads = Vec::new();
        for (number, poll) in polls.into_iter().enumerate() {
            let number = u16::try_from(number).expect("their count was bounded above");
            let shard = Shard::new(number, Arc::clone(info), entropy);
            let inbox = Arc::clone(&inboxes[usize::from(number)]);
            let cloak = Cloak::new(secret);
            let worker = Worker::new(poll, shard, inbox, Arc::clone(log), events.clone(), cloak, &limits);
            let thread = std::thread::Builder::new().name(format!("worker-{number}"));
            threads.push(thread.spawn(move || run(worker))?);
        }
        Ok(Workers { inboxes, threads: Mutex::new(threads), next: AtomicUsize::new(0) })
    }

    /// Hands a connection to the next worker in turn.
    pub(crate) fn adopt(&self, established: Established) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.inboxes.len();
        self.inboxes[next].arrive(established);
    }

    /// How many connections wait for a worker to take them in.
    pub(crate) fn arriving(&self) -> usize {
        self.inboxes.iter().map(|inbox| inbox.arriving()).sum()
    }

    /// Says goodbye to everybody and waits until it is said, or until nobody can be waited for any longer.
    pub(crate) fn stop(&self) {
        for inbox in &self.inboxes {
            inbox.stop();
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            thread.join().expect("a worker that fails ends the process");
        }
    }
}

/// Half of all connections without a worker are worse than a restart, which loses nothing that was promised.
fn run(worker: Worker) {
    if catch_unwind(AssertUnwindSafe(|| worker.run())).is_err() {
        tracing::error!("a worker has failed; the server stops, and can be started again");
        std::process::abort();
    }
}

fn entropy() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    bytes
}
