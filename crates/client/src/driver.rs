//! The loop that joins the session to a socket, a clock and a program.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::event::{Event, Outcome};
use crate::options::Options;
use crate::session::{Command, Output, SayId, Session};
use crate::state::State;
use crate::transport::Connection;

/// Lines that wait to be sent; with more, no further command is taken.
const OUTGOING_LINES_MAX: usize = 256;

/// What is left to send at the end has so long.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A command, and whom to tell what became of it.
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) said: Option<(SayId, InOutbox)>,
}

/// What is in the outbox until it is known what became of it.
pub(crate) struct InOutbox {
    /// Whom to tell.
    pub(crate) told: oneshot::Sender<Outcome>,
    /// The room that it takes.
    pub(crate) room: OwnedSemaphorePermit,
}

/// The program's ends of the channels are with [`Client`](crate::Client).
pub(crate) struct Driver {
    session: Session,
    clock: Clock,
    requests: mpsc::Receiver<Request>,
    /// Whether the program has let go of every handle.
    abandoned: bool,
    events: mpsc::Sender<Event>,
    untold: VecDeque<Event>,
    state: watch::Sender<Arc<State>>,
    outbox: BTreeMap<SayId, InOutbox>,
    outcomes: Vec<(SayId, Outcome)>,
    url: crate::ServerUrl,
    link: Link,
    outgoing: VecDeque<String>,
    over: bool,
}

enum Link {
    None,
    Opening(Pin<Box<dyn Future<Output = Result<Connection, String>> + Send>>),
    Open(Connection),
}

/// What a pause of the loop ended with.
enum Woken {
    Opened(Result<Connection, String>),
    Lines(Vec<String>),
    Lost(String),
    Request(Option<Request>),
    Told,
    Time,
}

impl Driver {
    pub(crate) fn new(
        options: Options,
        requests: mpsc::Receiver<Request>,
        events: mpsc::Sender<Event>,
        state: watch::Sender<Arc<State>>,
    ) -> Self {
        let clock = Clock::new();
        let url = options.url.clone();
        let session = Session::new(options, clock.now_ms(), chance);
        // What was brought along to be said is there before anything else is.
        state.send_replace(Arc::new(session.state().clone()));
        Self {
            session,
            clock,
            requests,
            abandoned: false,
            events,
            untold: VecDeque::new(),
            state,
            outbox: BTreeMap::new(),
            outcomes: Vec::new(),
            url,
            link: Link::None,
            outgoing: VecDeque::new(),
            over: false,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            self.perform().await;
            self.tell();
            if self.over && self.untold.is_empty() {
                return;
            }
            let woken = self.pause().await;
            self.wake(woken);
        }
    }

    /// Does what the session wants done.
    async fn perform(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Connect => {
                    let url = self.url.clone();
                    self.outgoing.clear();
                    self.link = Link::Opening(Box::pin(async move { Connection::open(&url).await }));
                }
                Output::Send(line) => self.outgoing.push_back(line),
                Output::Disconnect => {
                    self.hang_up().await;
                    self.session.disconnected(self.clock.now_ms(), "the connection was closed");
                }
                Output::Event(event) => self.untold.push_back(event),
                Output::Outcome(id, outcome) => self.outcomes.push((id, outcome)),
                Output::End => {
                    self.hang_up().await;
                    self.over = true;
                }
            }
        }
    }

    async fn hang_up(&mut self) {
        if let Link::Open(connection) = std::mem::replace(&mut self.link, Link::None) {
            _ = timeout(CLOSE_TIMEOUT, connection.close(&mut self.outgoing)).await;
        }
        self.outgoing.clear();
    }

    /// Shows the new state, then what led to it, as far as there is room for it.
    fn tell(&mut self) {
        self.state.send_replace(Arc::new(self.session.state().clone()));
        for (id, outcome) in self.outcomes.drain(..) {
            if let Some(InOutbox { told, room }) = self.outbox.remove(&id) {
                drop(room);
                // Nobody has to wait for it.
                _ = told.send(outcome);
            }
        }
        while let Some(event) = self.untold.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    return self.untold.push_front(event);
                }
                // The program does not listen.
                Err(mpsc::error::TrySendError::Closed(_)) => self.untold.clear(),
            }
        }
    }

    /// Waits for whatever comes first.
    async fn pause(&mut self) -> Woken {
        let deadline = self.session.deadline_ms().map(|deadline_ms| self.clock.instant(deadline_ms));
        // While the program has not heard what came, nothing more is read: the server's own limits hold.
        let listening = self.untold.is_empty() && !self.over;
        let more_fits = self.outgoing.len() < OUTGOING_LINES_MAX;
        tokio::select! {
            woken = follow(&mut self.link, &mut self.outgoing, listening) => woken,
            request = self.requests.recv(), if more_fits && !self.abandoned && !self.over => Woken::Request(request),
            permit = self.events.reserve(), if !self.untold.is_empty() => {
                match permit {
                    Ok(permit) => _ = self.untold.pop_front().map(|event| permit.send(event)),
                    Err(_) => self.untold.clear(),
                }
                Woken::Told
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => Woken::Time,
        }
    }

    fn wake(&mut self, woken: Woken) {
        let now_ms = self.clock.now_ms();
        match woken {
            Woken::Opened(Ok(connection)) => {
                self.link = Link::Open(connection);
                self.session.connected(now_ms);
            }
            Woken::Opened(Err(reason)) | Woken::Lost(reason) => {
                self.link = Link::None;
                self.session.disconnected(now_ms, &reason);
            }
            Woken::Lines(lines) => {
                for line in lines {
                    self.session.line(now_ms, &line);
                }
            }
            Woken::Request(Some(request)) => {
                self.outbox.extend(request.said);
                self.session.command(now_ms, request.command);
            }
            Woken::Request(None) => {
                self.abandoned = true;
                self.session.command(now_ms, Command::Quit { reason: String::new() });
            }
            Woken::Told => {}
            Woken::Time => self.session.tick(now_ms),
        }
    }
}

/// Goes on with the connection, whatever it is at.
async fn follow(link: &mut Link, outgoing: &mut VecDeque<String>, read: bool) -> Woken {
    match link {
        Link::None => std::future::pending().await,
        Link::Opening(opening) => Woken::Opened(opening.await),
        Link::Open(connection) => {
            let mut lines = Vec::new();
            match connection.turn(outgoing, &mut lines, read).await {
                Ok(()) => Woken::Lines(lines),
                Err(reason) => Woken::Lost(reason),
            }
        }
    }
}

fn chance() -> u64 {
    // Without randomness all clients come back at once, and what they say is told apart by the time alone: better than
    // not at all.
    getrandom::u64().unwrap_or_default()
}

/// Milliseconds since 1970 that never go backwards.
struct Clock {
    start: Instant,
    start_ms: u64,
}

impl Clock {
    fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_ms: u64::try_from(since.as_millis()).unwrap_or_default() }
    }

    fn now_ms(&self) -> u64 {
        self.start_ms + u64::try_from(self.start.elapsed().as_millis()).unwrap_or_default()
    }

    /// When it will be so late; at most a year from now.
    fn instant(&self, at_ms: u64) -> Instant {
        const YEAR_MS: u64 = 365 * 86_400_000;
        self.start + Duration::from_millis(at_ms.saturating_sub(self.start_ms).min(YEAR_MS))
    }
}
