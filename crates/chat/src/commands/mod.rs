//! The commands: one file each, which reads the line (`parse`), changes the world (`apply`) or answers from it
//! (`answer`), and holds the tests; one row each in [`TABLE`].

pub mod chathistory;
pub mod join;
pub mod nick;
pub mod part;
pub mod say;
pub mod topic;

pub(crate) mod names;

mod cap;
mod guest;
mod motd;
mod pass;
mod ping;
mod quit;
mod user;

use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use crate::reply::Reply;
use crate::session::Request;

pub(crate) use motd::lines as motd_lines;

/// One command.
pub(crate) struct Command {
    /// As it stands on the wire, in capitals.
    pub(crate) name: &'static str,
    /// Fewer parameters are answered by 461.
    pub(crate) params_min: usize,
    /// When it may come.
    pub(crate) stage: Stage,
    /// How many lines answer it.
    pub(crate) answers: Answers,
    /// Reads it.
    pub(crate) parse: fn(&mut Request<'_>),
}

/// When a command may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// At any time.
    Any,
    /// Until registration is complete; after that 462.
    Registering,
    /// From then on; before that 451.
    Registered,
}

/// How many lines answer a command; with a label, *many* are framed in a batch that opens before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// None: a label is acknowledged by ACK.
    None,
    /// One line, or one batch of its own kind.
    One,
    /// One line for each of its targets.
    OneEach,
    /// Any number.
    Many,
}

const TABLE: &[Command] = &[
    cap::COMMAND,
    chathistory::COMMAND,
    guest::COMMAND,
    join::COMMAND,
    motd::COMMAND,
    names::COMMAND,
    nick::COMMAND,
    say::NOTICE,
    part::COMMAND,
    pass::COMMAND,
    ping::COMMAND,
    ping::PONG,
    say::PRIVMSG,
    quit::COMMAND,
    say::TAGMSG,
    topic::COMMAND,
    user::COMMAND,
];

/// The command of this name, however it is capitalised.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    TABLE.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// A name that the client gave and that is none, short enough to be shown to it.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

fn not_on_channel(room: &RoomName) -> Reply {
    Reply::numeric(n::ERR_NOTONCHANNEL, "You're not on that channel").param(room.as_str().to_owned())
}
