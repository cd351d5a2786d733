//! The server behind the host window, on a thread of its own, so that starting and stopping never hold up a frame.
//!
//! In: [`Order`]s. Out: [`HostEvent`]s, and a call for a frame with each. When the window goes, the server says
//! goodbye.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};

use teahouse_server::{
    Listening, Server, ServerHandle,
    config::Config,
    events::{EventKind, EventStream, ServerEvent},
};
use tokio::{runtime::Runtime, sync::mpsc};

use super::{reach, state::HostEvent};

/// How many orders may wait; a person gives one at a time.
const ORDERS_MAX: usize = 16;
/// How many events may wait for the next frame. While they do, the server's own bounded stream keeps the rest.
const EVENTS_MAX: usize = 1024;

/// What the window asks of its server.
#[derive(Debug)]
pub(crate) enum Order {
    /// Start with this configuration.
    Start(Box<Config>),
    /// Say goodbye and stop.
    Stop,
    /// Say something to everybody.
    Announce(String),
}

/// The thread that owns the server.
pub(crate) struct Engine {
    orders: Option<mpsc::Sender<Order>>,
    events: Option<Receiver<HostEvent>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// A thread without a server; `wake` is called after each event.
    pub(crate) fn new(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let (teller, events) = sync_channel(EVENTS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let engine = Running { runtime, teller, wake, server: None };
        let thread = thread::Builder::new().name("host".into()).spawn(move || engine.run(ordered))?;
        Ok(Self { orders: Some(orders), events: Some(events), thread: Some(thread) })
    }

    /// Gives an order; `false` when too many wait already.
    pub(crate) fn order(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.try_send(order).is_ok())
    }

    /// The next event, if one waits.
    pub(crate) fn next(&self) -> Option<HostEvent> {
        self.events.as_ref()?.try_recv().ok()
    }
}

impl Drop for Engine {
    /// Waits for the server's goodbye, at most its two seconds.
    fn drop(&mut self) {
        self.orders = None;
        self.events = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by then, and there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

struct Running<W> {
    runtime: Runtime,
    teller: SyncSender<HostEvent>,
    wake: W,
    server: Option<(ServerHandle, EventStream)>,
}

enum Next {
    Order(Option<Order>),
    Server(Option<std::sync::Arc<ServerEvent>>),
}

impl<W: Fn()> Running<W> {
    fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            // Only the waiting is done inside the runtime: the server has its own, which must not be dropped in another.
            let next = match &mut self.server {
                None => Next::Order(self.runtime.block_on(orders.recv())),
                Some((_, stream)) => self.runtime.block_on(async {
                    tokio::select! {
                        order = orders.recv() => Next::Order(order),
                        event = stream.recv() => Next::Server(event),
                    }
                }),
            };
            match next {
                Next::Order(Some(Order::Start(config))) => self.start(*config),
                Next::Order(Some(Order::Stop)) => self.stop(),
                Next::Order(Some(Order::Announce(text))) => {
                    if let Some((server, _)) = &self.server {
                        let said = server.announce(&text);
                        self.tell(said.map_or_else(|error| HostEvent::Refused(error.into()), |()| HostEvent::Done));
                    }
                }
                Next::Order(None) => return self.stop(),
                Next::Server(Some(event)) => self.pass_on(event),
                Next::Server(None) => self.stop(),
            }
        }
    }

    fn start(&mut self, config: Config) {
        if self.server.is_some() {
            return;
        }
        let data_dir = config.data_dir.clone();
        match Server::start(config) {
            Ok(server) => {
                let stream = server.events();
                let addresses: Vec<_> = server.addresses().iter().map(|listening| listening.address).collect();
                let reachable = reach::reachable(&addresses, &teahouse_server::own_addresses());
                let opened = |listening: &Listening| ServerEvent {
                    at_ms: now_ms(),
                    kind: EventKind::Listening { address: listening.address, takes: listening.takes },
                };
                let listening = server.addresses().iter().map(opened).collect();
                self.tell(HostEvent::Started { data_dir, reachable, listening });
                self.server = Some((server, stream));
            }
            Err(problem) => self.tell(HostEvent::StartFailed(problem.into())),
        }
    }

    fn stop(&mut self) {
        if let Some((server, mut stream)) = self.server.take() {
            server.shutdown();
            while let Some(event) = stream.try_recv() {
                self.tell(HostEvent::Server(event));
            }
        }
        self.tell(HostEvent::Stopped);
    }

    fn pass_on(&mut self, event: std::sync::Arc<ServerEvent>) {
        let Some((server, stream)) = &mut self.server else { return };
        let missed = stream.missed();
        if missed > 0 {
            *stream = server.events();
            let connections = stream.connections().to_vec();
            self.tell(HostEvent::Missed(missed, connections));
        } else {
            self.tell(HostEvent::Server(event));
        }
    }

    /// The window's end is the only reason why nobody listens any more, and it ends this thread by itself.
    fn tell(&self, event: HostEvent) {
        let _ = self.teller.send(event);
        (self.wake)();
    }
}

fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
