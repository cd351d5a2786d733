//! What a server tells of itself and what it is set to; given once, at start.

use std::sync::Arc;

use teahouse_proto::names::RoomName;

use crate::once::RecentBounds;
use crate::shard::Rate;
use crate::work::{PasswordCost, PasswordHash};

/// The settings that sessions and the renderer read.
#[derive(Clone, Debug)]
pub struct ServerInfo {
    /// The server's name on the wire, the source of its own lines.
    pub name: Arc<str>,
    /// The network's name in 001 and 005.
    pub network: String,
    /// The program and its version, for 002 and 004.
    pub version: String,
    /// When the server was started, in words, for 003.
    pub created: String,
    /// One line about this server, for INFO; may be empty.
    pub description: String,
    /// The message of the day, line by line; empty for none.
    pub motd: Vec<String>,
    /// What PASS must say, if anything.
    pub password: Option<String>,
    /// Where a browser finds the page, with the slash at its end, if it is there: what links begin with.
    pub page: Option<Box<str>>,
    /// A key that nobody else has, the same after a restart.
    pub secret: [u8; 32],
    /// What checking a new password costs.
    pub password_cost: PasswordCost,
    /// Who may become a server operator by OPER.
    pub operators: Vec<Operator>,
    /// How many bytes may wait for a session before it is closed.
    pub send_queue_bytes: usize,
    /// How many bytes may wait for all sessions together before those with the longest queues are closed.
    pub send_queue_total_bytes: usize,
    /// How fast a session is read.
    pub rate: Rate,
    /// What the world is set to.
    pub rules: Rules,
}

/// Somebody who may become a server operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What OPER says first.
    pub name: Box<str>,
    /// What OPER says then.
    pub password: PasswordHash,
}

/// Who may have an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Whoever wants one.
    Open,
    /// Whoever was given an invitation.
    Invite,
    /// Nobody new.
    Closed,
}

/// A good [`Rules::rows_per_hold`]: short enough for others to get in between, long enough for most answers.
pub const ROWS_PER_HOLD: usize = 500;

/// The settings that the world goes by: part of what makes it deterministic.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The server's name, the author of what the program itself says.
    pub server_name: Arc<str>,
    /// Rooms that exist from the start, owned by the server.
    pub autojoin: Vec<RoomName>,
    /// How long a guest whose connection dropped keeps the seat.
    pub guest_seat_ms: u64,
    /// Who may have an account.
    pub registration: Registration,
    /// Whether one gets in without an account.
    pub guests: bool,
    /// Whether an account stays in its rooms while nobody is connected as it.
    pub always_on: bool,
    /// How long a guest's room lasts after the last one left; 0: for ever.
    pub forget_ms: u64,
    /// How many rooms one may have founded at a time; 0: any number.
    pub rooms_per_founder: usize,
    /// How many other names a room may get within ten minutes; 0: any number.
    pub room_renames: u32,
    /// How long what is said is kept, in milliseconds; 0: for ever.
    pub keep_ms: u64,
    /// Whether messages are kept at all.
    pub keep_history: bool,
    /// How many users or rooms are looked at in one hold of the world's lock; a longer answer goes on later.
    pub rows_per_hold: usize,
    /// How long clients' own ids of their messages are remembered.
    pub recent: RecentBounds,
}
