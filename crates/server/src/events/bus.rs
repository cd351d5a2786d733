//! Where events are told, and what one watcher sees of them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use super::kinds::{ConnectionId, ConnectionInfo, Direction, EventKind, Frame, ServerEvent};
use super::present::{ConnectionLimits, Present, TurnedAway};

/// How many events wait for a watcher before the oldest are dropped and counted.
pub const WAITING_EVENTS_MAX: usize = 4096;

/// Who has come to which listener.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Who connected.
    pub address: SocketAddr,
    /// The listener's own address.
    pub listener: SocketAddr,
}

/// The one place where events are told; cheap to clone.
#[derive(Clone, Debug)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    watchers: AtomicUsize,
    next_connection: AtomicU64,
    present: Mutex<Present>,
    sender: broadcast::Sender<Arc<ServerEvent>>,
}

impl Events {
    /// A bus that nobody watches yet.
    pub fn new() -> Self {
        let (sender, _) = broadcast::channel(WAITING_EVENTS_MAX);
        let present = Mutex::new(Present::default());
        Events {
            shared: Arc::new(Shared {
                watchers: AtomicUsize::new(0),
                next_connection: AtomicU64::new(1),
                present,
                sender,
            }),
        }
    }

    /// Whether anybody watches: one relaxed load, to be asked before an event is built for every line.
    pub fn is_watched(&self) -> bool {
        self.shared.watchers.load(Ordering::Relaxed) > 0
    }

    /// Tells what happened, and keeps the list of present connections by it.
    ///
    /// For what happens a few times in a connection's life; lines go by [`Events::line`].
    pub fn tell(&self, kind: EventKind) {
        let mut present = self.present();
        let at_ms = now_ms();
        present.note(&kind, at_ms);
        if self.is_watched() {
            self.send(at_ms, kind);
        }
    }

    /// Tells of a line, and costs next to nothing while nobody watches: `text` is only then asked for.
    pub fn line<T: Into<String>>(
        &self,
        connection: ConnectionId,
        direction: Direction,
        bytes: usize,
        frame: Option<Frame>,
        text: impl FnOnce() -> T,
    ) {
        if self.is_watched() {
            let text = text().into();
            self.send(now_ms(), EventKind::Line { connection, direction, bytes, frame, text });
        }
    }

    /// Gives a new connection its number and tells of it, unless too many are there already.
    pub fn accept(&self, arrival: Arrival, limits: ConnectionLimits) -> Result<ConnectionId, TurnedAway> {
        let mut present = self.present();
        present.admit(arrival.address.ip(), limits)?;
        let connection = ConnectionId(self.shared.next_connection.fetch_add(1, Ordering::Relaxed));
        let Arrival { address, listener } = arrival;
        let kind = EventKind::Accepted { connection, address, listener };
        let at_ms = now_ms();
        present.note(&kind, at_ms);
        if self.is_watched() {
            self.send(at_ms, kind);
        }
        Ok(connection)
    }

    /// Watches from now on: the connections that are there, then everything that happens.
    pub fn watch(&self) -> EventStream {
        let present = self.present();
        self.shared.watchers.fetch_add(1, Ordering::Relaxed);
        EventStream {
            connections: present.infos(),
            receiver: self.shared.sender.subscribe(),
            events: self.clone(),
            missed: 0,
        }
    }

    fn send(&self, at_ms: u64, mut kind: EventKind) {
        kind.shorten();
        // The only error is that the last watcher has just gone.
        let _ = self.shared.sender.send(Arc::new(ServerEvent { at_ms, kind }));
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.shared.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Events {
    fn default() -> Self {
        Events::new()
    }
}

/// What one watcher sees. A watcher that is too slow misses the oldest events, and is told how many.
#[derive(Debug)]
pub struct EventStream {
    connections: Vec<ConnectionInfo>,
    receiver: broadcast::Receiver<Arc<ServerEvent>>,
    events: Events,
    missed: u64,
}

impl EventStream {
    /// The connections that were there when the watch began.
    pub fn connections(&self) -> &[ConnectionInfo] {
        &self.connections
    }

    /// How many events were dropped because this watcher was too slow.
    ///
    /// After a miss the list kept from the events may be wrong: [`Events::watch`] again.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<Arc<ServerEvent>> {
        loop {
            match self.receiver.try_recv() {
                Ok(event) => return Some(event),
                Err(broadcast::error::TryRecvError::Lagged(missed)) => self.missed += missed,
                Err(_) => return None,
            }
        }
    }

    /// The next event, for a task; `None` cannot come while a server or this stream lives.
    pub async fn recv(&mut self) -> Option<Arc<ServerEvent>> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(missed)) => self.missed += missed,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.events.shared.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::EVENT_TEXT_BYTES_MAX;
    use super::super::kinds::Door;
    use super::*;

    fn from(port: u16) -> Arrival {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Arrival { address: local(port), listener: local(8667) }
    }

    #[test]
    fn a_new_watcher_begins_with_who_is_there() {
        let events = Events::new();
        let alice = events.accept(from(1), ConnectionLimits::default()).unwrap();
        let bob = events.accept(from(2), ConnectionLimits::default()).unwrap();
        events.tell(EventKind::Door { connection: alice, door: Door::WebSocket });
        events.tell(EventKind::Registered { connection: alice, nick: "alice".into() });
        events.tell(EventKind::Closed { connection: bob, reason: "left".into() });

        let stream = events.watch();
        let [info] = stream.connections() else { panic!("{stream:?}") };
        assert_eq!((info.id, info.door, info.nick.as_deref()), (alice, Door::WebSocket, Some("alice")));
        assert!(info.since_ms > 1_700_000_000_000);
    }

    #[test]
    fn a_line_is_not_even_built_while_nobody_watches() {
        let events = Events::new();
        events.line(ConnectionId(1), Direction::In, 6, None, || -> String { panic!("built") });
        let mut stream = events.watch();
        events.line(ConnectionId(1), Direction::In, 6, None, || "PING");
        assert!(matches!(&stream.try_recv().unwrap().kind, EventKind::Line { text, .. } if text == "PING"));
        drop(stream);
        assert!(!events.is_watched());
    }

    #[test]
    fn a_slow_watcher_loses_the_oldest_and_is_told_how_many() {
        let events = Events::new();
        let mut stream = events.watch();
        let sent = WAITING_EVENTS_MAX + 10;
        for number in 0..sent {
            events.tell(EventKind::Announced { text: number.to_string() });
        }
        let first = stream.try_recv().unwrap();
        assert_eq!(stream.missed(), 10);
        assert_eq!(first.kind, EventKind::Announced { text: "10".into() });
        let rest = std::iter::from_fn(|| stream.try_recv()).count();
        assert_eq!(rest, sent - 11);
    }

    #[test]
    fn a_long_line_is_kept_in_part() {
        let events = Events::new();
        let mut stream = events.watch();
        events.line(ConnectionId(1), Direction::Out, 9000, None, || "茶".repeat(3000));
        let event = stream.try_recv().unwrap();
        let EventKind::Line { text, bytes, .. } = &event.kind else { panic!("{event:?}") };
        assert_eq!((*bytes, text.len()), (9000, EVENT_TEXT_BYTES_MAX / 3 * 3));
        assert!(text.capacity() <= EVENT_TEXT_BYTES_MAX, "{} bytes are still taken", text.capacity());
    }

    #[test]
    fn a_long_request_is_kept_in_part() {
        let events = Events::new();
        let mut stream = events.watch();
        let (method, path) = ("M".repeat(30_000), "/茶".repeat(8_000));
        events.tell(EventKind::Request { connection: ConnectionId(1), method, path, status: 404 });
        let event = stream.try_recv().unwrap();
        let EventKind::Request { method, path, status: 404, .. } = &event.kind else { panic!("{event:?}") };
        assert_eq!((method.len(), path.len()), (EVENT_TEXT_BYTES_MAX, EVENT_TEXT_BYTES_MAX));
        assert!(method.capacity() + path.capacity() <= 2 * EVENT_TEXT_BYTES_MAX);
    }
}
