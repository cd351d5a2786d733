//! What is measured: one row for each scenario and transport, with the servers that take turns at it.

use super::servers::Server::{self, Inspircd, Ngircd, Null, NullOnceATurn, Teahouse, TeahouseWithoutHistory};

/// One measurement of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) scenario: &'static str,
    pub(super) transport: &'static str,
    pub(super) server: Server,
    /// For the generator.
    pub(super) arguments: &'static [&'static str],
}

impl Cell {
    pub(super) fn title(&self) -> String {
        format!("{}, {}, {}", self.scenario, self.server.name(), self.transport)
    }
}

type Row = (&'static str, &'static str, &'static [&'static str], &'static [Server]);

const IDLE: &[&str] = &["--seconds", "4"];
const TALK: &[&str] = &["--seconds", "4", "--warmup", "1"];
const BURST: &[&str] = &["--seconds", "3", "--warmup", "1"];
const FEW: &[&str] = &["--clients", "2000", "--seconds", "1"];

// Servers of one row follow each other, so that what else the machine does meets all of them. ngIRCd looks through all its
// clients for much of what it does: with 10,000 a round would take minutes longer.
const ROWS: &[Row] = &[
    ("idle", "tcp", IDLE, &[Null, Teahouse, Inspircd]),
    ("idle", "tcp", FEW, &[Ngircd]),
    ("idle", "ws", IDLE, &[Null, Teahouse, Inspircd]),
    ("idle", "tls", FEW, &[Teahouse]),
    ("idle", "wss", FEW, &[Teahouse]),
    ("latency", "tcp", TALK, &[Null, TeahouseWithoutHistory, Teahouse, Inspircd, Ngircd]),
    ("latency", "ws", TALK, &[Null, TeahouseWithoutHistory, Teahouse, Inspircd]),
    ("latency", "tls", TALK, &[TeahouseWithoutHistory]),
    ("latency", "wss", TALK, &[TeahouseWithoutHistory]),
    ("rooms", "tcp", TALK, &[Null, TeahouseWithoutHistory, Teahouse, Inspircd]),
    ("fanout", "tcp", BURST, &[Null, NullOnceATurn, TeahouseWithoutHistory, Teahouse, Inspircd, Ngircd]),
    ("fanout", "ws", BURST, &[Null, NullOnceATurn, TeahouseWithoutHistory, Teahouse, Inspircd]),
    ("fanout", "tls", BURST, &[TeahouseWithoutHistory]),
    ("fanout", "wss", BURST, &[TeahouseWithoutHistory]),
    ("store", "tcp", BURST, &[Null, TeahouseWithoutHistory, Teahouse]),
    ("store", "ws", BURST, &[Teahouse]),
    ("storm", "tcp", &[], &[Null, TeahouseWithoutHistory, Teahouse]),
    ("storm", "ws", &[], &[Teahouse]),
];

/// Everything, in the order of a round.
pub(super) static PLAN: std::sync::LazyLock<Vec<Cell>> = std::sync::LazyLock::new(|| {
    let cells = ROWS.iter().flat_map(|&(scenario, transport, arguments, servers)| {
        servers.iter().map(move |&server| Cell { scenario, transport, server, arguments })
    });
    cells.collect()
});
