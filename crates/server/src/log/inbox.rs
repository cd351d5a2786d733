//! A worker's inbox: everything that concerns it, in one order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mio::Waker;
use teahouse_chat::shard::Delivery;

use crate::worker::Established;

/// Past so many waiting deliveries, those who fill it are read more slowly.
const DELIVERIES_PRESSED: usize = 16_384;

/// What waits for a worker.
#[derive(Debug)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    awake: AtomicBool,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Waiting {
    deliveries: VecDeque<Delivery>,
    arrivals: Vec<Established>,
    stopping: bool,
}

/// What a worker takes out at a time.
#[derive(Debug)]
pub(crate) struct Taken {
    /// In the log's order.
    pub(crate) deliveries: VecDeque<Delivery>,
    /// New connections.
    pub(crate) arrivals: Vec<Established>,
    /// Whether the server says goodbye; told once.
    pub(crate) stopping: bool,
}

impl Inbox {
    /// An inbox whose worker sleeps in the poll that `waker` ends.
    pub(crate) fn new(waker: Waker) -> Self {
        Inbox { waiting: Mutex::default(), awake: AtomicBool::new(false), waker }
    }

    /// Adds a delivery. Called under the world's lock: never waits.
    pub(crate) fn push(&self, delivery: Delivery) {
        self.lock().deliveries.push_back(delivery);
        self.wake();
    }

    /// Brings a new connection.
    pub(crate) fn arrive(&self, established: Established) {
        self.lock().arrivals.push(established);
        self.wake();
    }

    /// Says that the server says goodbye.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.wake();
    }

    /// Whether so much waits that senders are to be slowed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.lock().deliveries.len() > DELIVERIES_PRESSED
    }

    /// Takes new connections, and deliveries up to a number.
    pub(crate) fn take(&self, deliveries_max: usize) -> Taken {
        let mut waiting = self.lock();
        let deliveries = if waiting.deliveries.len() <= deliveries_max {
            std::mem::take(&mut waiting.deliveries)
        } else {
            waiting.deliveries.drain(..deliveries_max).collect()
        };
        Taken {
            deliveries,
            arrivals: std::mem::take(&mut waiting.arrivals),
            stopping: std::mem::take(&mut waiting.stopping),
        }
    }

    /// The worker is up: it looks into the inbox before it sleeps, so nobody needs to wake it.
    pub(crate) fn stay_awake(&self) {
        self.awake.store(true, Ordering::SeqCst);
    }

    /// The worker wants to sleep: `false` if something has come meanwhile.
    pub(crate) fn may_sleep(&self) -> bool {
        self.awake.store(false, Ordering::SeqCst);
        let waiting = self.lock();
        waiting.deliveries.is_empty() && waiting.arrivals.is_empty() && !waiting.stopping
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
