//! What happens at the doors, for those who watch: the host window, the log, tests.
//!
//! In: facts from the doors, the workers and the handle. Out: one bounded stream for each watcher, which begins with
//! the connections that are there. While nobody watches, a line costs one relaxed atomic load.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

use crate::config::Takes;

/// How many events wait for a watcher before the oldest are dropped and counted.
pub const WAITING_EVENTS_MAX: usize = 4096;

/// How much of a line's text an event keeps, in bytes, so that full queues stay small.
pub const LINE_TEXT_BYTES_MAX: usize = 1024;

/// A connection's number, given at accept, unique for the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A listener is open.
    Listening {
        /// Where, with the port that the system gave if none was asked for.
        address: SocketAddr,
        /// Which doors it has.
        takes: Takes,
    },
    /// Somebody connected; what they speak is not known yet.
    Accepted {
        /// The connection's number from now on.
        connection: ConnectionId,
        /// Who connected.
        address: SocketAddr,
        /// To which listener.
        listener: SocketAddr,
    },
    /// The first bytes told, or the upgrade changed, which door a connection came by.
    Door {
        /// Which connection.
        connection: ConnectionId,
        /// Which door.
        door: Door,
    },
    /// An HTTP request was answered.
    Request {
        /// On which connection.
        connection: ConnectionId,
        /// The method.
        method: String,
        /// The path, without its query.
        path: String,
        /// The answer's status code.
        status: u16,
    },
    /// An HTTP connection became a WebSocket (RFC 6455, section 4.2.2).
    Upgraded {
        /// Which connection.
        connection: ConnectionId,
        /// The client's `Sec-WebSocket-Key`.
        key: String,
        /// Our `Sec-WebSocket-Accept`.
        accept: String,
        /// The subprotocol agreed on, if any.
        subprotocol: Option<&'static str>,
    },
    /// A session has a name.
    Registered {
        /// Which connection.
        connection: ConnectionId,
        /// Its nick.
        nick: String,
    },
    /// A session has another name.
    Renamed {
        /// Which connection.
        connection: ConnectionId,
        /// Its nick from now on.
        nick: String,
    },
    /// A line came or went.
    Line {
        /// On which connection.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// Its length on the wire, with its CR LF or its frame's header.
        bytes: usize,
        /// The WebSocket frame that carried it.
        frame: Option<Frame>,
        /// What it says, at most [`LINE_TEXT_BYTES_MAX`] of it.
        text: String,
    },
    /// A connection ended.
    Closed {
        /// Which connection.
        connection: ConnectionId,
        /// Why, in words.
        reason: String,
    },
    /// The program said something to everybody.
    Announced {
        /// What it said.
        text: String,
    },
    /// The server says goodbye.
    Stopping,
}

/// Which door a connection came by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Door {
    /// Nothing has come yet that tells.
    #[default]
    Unknown,
    /// IRC lines on a raw TCP socket.
    Irc,
    /// HTTP: the page.
    Http,
    /// A WebSocket.
    WebSocket,
}

/// Which way a line went, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// The header of a WebSocket frame, as far as a watcher wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The four opcode bits.
    pub opcode: u8,
    /// Whether the payload was masked; always so from a client, never to one.
    pub masked: bool,
}

/// A connection that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its number.
    pub id: ConnectionId,
    /// Who connected.
    pub address: SocketAddr,
    /// By which door.
    pub door: Door,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// The nick, once registered.
    pub nick: Option<String>,
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
    present: Mutex<BTreeMap<ConnectionId, ConnectionInfo>>,
    sender: broadcast::Sender<Arc<ServerEvent>>,
}

impl Events {
    /// A bus that nobody watches yet.
    pub fn new() -> Self {
        let (sender, _) = broadcast::channel(WAITING_EVENTS_MAX);
        let present = Mutex::new(BTreeMap::new());
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
        keep(&mut present, &kind, at_ms);
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
            let mut text = text().into();
            shorten(&mut text);
            let kind = EventKind::Line { connection, direction, bytes, frame, text };
            self.send(now_ms(), kind);
        }
    }

    /// Gives a new connection its number and tells of it; `None` when `connections_max` are there already.
    pub fn accept(
        &self,
        address: SocketAddr,
        listener: SocketAddr,
        connections_max: Option<usize>,
    ) -> Option<ConnectionId> {
        let mut present = self.present();
        if connections_max.is_some_and(|max| present.len() >= max) {
            return None;
        }
        let connection = ConnectionId(self.shared.next_connection.fetch_add(1, Ordering::Relaxed));
        let kind = EventKind::Accepted { connection, address, listener };
        let at_ms = now_ms();
        keep(&mut present, &kind, at_ms);
        if self.is_watched() {
            self.send(at_ms, kind);
        }
        Some(connection)
    }

    /// Every connection that is there, by its number.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.present().values().cloned().collect()
    }

    /// Watches from now on: the connections that are there, then everything that happens.
    pub fn watch(&self) -> EventStream {
        let present = self.present();
        self.shared.watchers.fetch_add(1, Ordering::Relaxed);
        EventStream {
            connections: present.values().cloned().collect(),
            receiver: self.shared.sender.subscribe(),
            events: self.clone(),
            missed: 0,
        }
    }

    fn send(&self, at_ms: u64, kind: EventKind) {
        // The only error is that the last watcher has just gone.
        let _ = self.shared.sender.send(Arc::new(ServerEvent { at_ms, kind }));
    }

    fn present(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, ConnectionInfo>> {
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

    /// The next event, for a thread of its own: `None` when `timeout` has passed without one.
    ///
    /// Must not be called on a runtime's own thread.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Arc<ServerEvent>> {
        let deadline = std::time::Instant::now() + timeout;
        let parked = Arc::new(Unpark(std::thread::current()));
        let waker = std::task::Waker::from(parked);
        let mut context = std::task::Context::from_waker(&waker);
        let mut next = std::pin::pin!(self.recv());
        loop {
            if let std::task::Poll::Ready(event) = next.as_mut().poll(&mut context) {
                return event;
            }
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::park_timeout(left);
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.events.shared.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn keep(present: &mut BTreeMap<ConnectionId, ConnectionInfo>, kind: &EventKind, at_ms: u64) {
    match kind {
        EventKind::Accepted { connection, address, .. } => {
            let info =
                ConnectionInfo { id: *connection, address: *address, door: Door::Unknown, since_ms: at_ms, nick: None };
            present.insert(*connection, info);
        }
        EventKind::Door { connection, door } => {
            if let Some(info) = present.get_mut(connection) {
                info.door = *door;
            }
        }
        EventKind::Registered { connection, nick } | EventKind::Renamed { connection, nick } => {
            if let Some(info) = present.get_mut(connection) {
                info.nick = Some(nick.clone());
            }
        }
        EventKind::Closed { connection, .. } => {
            present.remove(connection);
        }
        _ => {}
    }
}

fn shorten(text: &mut String) {
    let mut end = text.len().min(LINE_TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}

fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_new_watcher_begins_with_who_is_there() {
        let events = Events::new();
        let alice = events.accept(address(1), address(8667), None).unwrap();
        let bob = events.accept(address(2), address(8667), None).unwrap();
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
        assert_eq!((*bytes, text.len()), (9000, LINE_TEXT_BYTES_MAX / 3 * 3));
    }

    #[test]
    fn the_limit_on_connections_counts_those_that_are_there() {
        let events = Events::new();
        let first = events.accept(address(1), address(8667), Some(1)).unwrap();
        assert_eq!(events.accept(address(2), address(8667), Some(1)), None);
        events.tell(EventKind::Closed { connection: first, reason: "left".into() });
        assert!(events.accept(address(3), address(8667), Some(1)).is_some());
    }

    #[test]
    fn a_thread_can_wait_for_the_next_event() {
        let events = Events::new();
        let mut stream = events.watch();
        assert_eq!(stream.recv_timeout(Duration::from_millis(1)), None);
        let teller = events.clone();
        let thread = std::thread::spawn(move || teller.tell(EventKind::Stopping));
        let event = stream.recv_timeout(Duration::from_secs(10)).unwrap();
        thread.join().unwrap();
        assert_eq!(event.kind, EventKind::Stopping);
    }
}
