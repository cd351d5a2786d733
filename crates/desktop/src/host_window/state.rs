//! What the host window knows: a reducer over what the person asked for and what the server saw.
//!
//! In: [`HostEvent`]s. Out: a [`HostState`], of which the view is a function. No IO, no clock.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use teahouse_server::events::{ConnectionId, ConnectionInfo, Door, EventKind, ServerEvent};

use super::problem::Problem;

/// How many lines of the log are kept.
pub(crate) const LOG_LINES_MAX: usize = 2_000;

/// Whether there is a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// None runs.
    #[default]
    Stopped,
    /// It was asked for.
    Starting,
    /// It runs.
    Running,
    /// It says goodbye to its clients.
    Stopping,
}

/// What happens to the host window.
#[derive(Debug)]
pub(crate) enum HostEvent {
    /// The person asked for a server.
    StartAsked,
    /// It runs: where it keeps what was said, where it can be connected to, and the listeners that it opened first.
    Started { data_dir: PathBuf, reachable: Vec<SocketAddr>, listening: Vec<ServerEvent> },
    /// It did not start.
    StartFailed(Problem),
    /// What was asked of it cannot be done.
    Refused(Problem),
    /// It did what was asked of it.
    Done,
    /// The person asked for its end.
    StopAsked,
    /// It is gone.
    Stopped,
    /// The server saw something.
    Server(Arc<ServerEvent>),
    /// So many events came faster than they could be taken; these are the connections now.
    Missed(u64, Vec<ConnectionInfo>),
    /// The person wants the log to hold still, or to go on.
    LogHeld(bool),
}

/// A line of the log, kept as what happened and put into words when it is shown.
#[derive(Clone, Debug)]
pub(crate) enum LogEntry {
    /// The server saw something, and the name that its connection had by then.
    Server(Arc<ServerEvent>, Option<String>),
    /// A gap.
    Missed(u64),
}

/// What the host window knows.
#[derive(Debug, Default)]
pub(crate) struct HostState {
    pub(crate) phase: Phase,
    pub(crate) problem: Option<Problem>,
    pub(crate) listening: Vec<SocketAddr>,
    /// Where it can be connected to.
    pub(crate) reachable: Vec<SocketAddr>,
    /// Where the server keeps what was said.
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) connections: BTreeMap<ConnectionId, ConnectionInfo>,
    log: VecDeque<LogEntry>,
    /// How many lines have ever been logged.
    logged: u64,
    /// How many had been logged when the log was told to hold still.
    held_at: Option<u64>,
}

impl HostState {
    /// Takes in what happened.
    pub(crate) fn apply(&mut self, event: HostEvent) {
        match event {
            HostEvent::StartAsked => {
                self.phase = Phase::Starting;
                self.problem = None;
            }
            HostEvent::Started { data_dir, reachable, listening } => {
                self.reachable = reachable;
                self.data_dir = Some(data_dir);
                self.phase = Phase::Running;
                listening.into_iter().for_each(|event| self.apply_server(Arc::new(event)));
            }
            HostEvent::StartFailed(problem) => {
                self.phase = Phase::Stopped;
                self.problem = Some(problem);
            }
            HostEvent::Refused(problem) => self.problem = Some(problem),
            HostEvent::Done => self.problem = None,
            HostEvent::StopAsked => self.phase = Phase::Stopping,
            HostEvent::Stopped => {
                self.phase = Phase::Stopped;
                self.listening.clear();
                self.connections.clear();
            }
            HostEvent::Server(event) => self.apply_server(event),
            HostEvent::Missed(count, connections) => {
                self.connections = connections.into_iter().map(|info| (info.id, info)).collect();
                self.log(LogEntry::Missed(count));
            }
            HostEvent::LogHeld(held) => self.held_at = held.then_some(self.logged),
        }
    }

    fn apply_server(&mut self, event: Arc<ServerEvent>) {
        match &event.kind {
            EventKind::Listening { address, .. } => self.listening.push(*address),
            EventKind::Accepted { connection: id, address, .. } => {
                let (id, address, since_ms) = (*id, *address, event.at_ms);
                self.connections.insert(id, ConnectionInfo { id, address, door: Door::Unknown, since_ms, nick: None });
            }
            EventKind::Door { connection, door } => {
                if let Some(known) = self.connections.get_mut(connection) {
                    known.door = *door;
                }
            }
            EventKind::Registered { connection, nick } | EventKind::Renamed { connection, nick } => {
                if let Some(known) = self.connections.get_mut(connection) {
                    known.nick = Some(Arc::clone(nick));
                }
            }
            _ => {}
        }
        let name =
            connection_of(&event.kind).and_then(|id| self.connections.get(&id)?.nick.as_deref().map(str::to_owned));
        if let EventKind::Closed { connection, .. } = &event.kind {
            self.connections.remove(connection);
        }
        self.log(LogEntry::Server(event, name));
    }

    fn log(&mut self, entry: LogEntry) {
        if self.log.len() == LOG_LINES_MAX {
            self.log.pop_front();
        }
        self.log.push_back(entry);
        self.logged += 1;
    }

    /// How many lines of the log are shown: while it is held, only those from before.
    pub(crate) fn shown_lines(&self) -> usize {
        let hidden = usize::try_from(self.held_back()).unwrap_or(usize::MAX);
        self.log.len().saturating_sub(hidden)
    }

    /// Lines of the log by their place among those that are kept, oldest first.
    pub(crate) fn log_lines(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = &LogEntry> {
        self.log.range(range)
    }

    /// Whether the log holds still.
    pub(crate) fn log_is_held(&self) -> bool {
        self.held_at.is_some()
    }

    /// How many lines came since the log was told to hold still.
    pub(crate) fn held_back(&self) -> u64 {
        self.held_at.map_or(0, |held_at| self.logged - held_at)
    }
}

/// The connection that something happened to.
pub(crate) fn connection_of(kind: &EventKind) -> Option<ConnectionId> {
    match kind {
        EventKind::Accepted { connection, .. }
        | EventKind::Door { connection, .. }
        | EventKind::Request { connection, .. }
        | EventKind::Upgraded { connection, .. }
        | EventKind::Registered { connection, .. }
        | EventKind::Renamed { connection, .. }
        | EventKind::Line { connection, .. }
        | EventKind::Closed { connection, .. } => Some(*connection),
        _ => None,
    }
}
