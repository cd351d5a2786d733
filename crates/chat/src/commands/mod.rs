//! The commands: one file each, which reads the line (`parse`), changes the world (`apply`) or answers from it
//! (`answer`), and holds the tests; one row each in [`TABLE`].

pub mod account;
pub mod authenticate;
pub mod away;
pub(crate) mod batch;
pub mod cert;
pub mod chathistory;
pub mod edit;
pub mod invite;
pub mod join;
pub mod kick;
pub mod kill;
pub mod knock;
pub mod list;
pub mod lusers;
pub mod markread;
pub mod metadata;
pub mod mode;
pub mod monitor;
pub mod nick;
pub mod oper;
pub mod part;
pub mod persistence;
pub mod redact;
pub mod redeem;
pub mod register;
pub mod rename;
pub mod room;
pub mod say;
pub mod search;
pub mod services;
pub mod setname;
pub mod topic;
pub mod uban;
pub mod usermode;
pub mod wallops;
pub mod who;

pub(crate) mod about;
pub(crate) mod ison;
pub(crate) mod names;
pub(crate) mod whois;
pub(crate) mod whowas;

mod cap;
pub mod claim;
mod guest;
mod help;
mod motd;
mod pass;
mod ping;
mod quit;
mod user;

use std::net::IpAddr;

use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use crate::ids::SessionId;
use crate::info::ServerInfo;
use crate::modes::matches;
use crate::reply::Reply;
use crate::session::Request;
use crate::world::World;

pub(crate) use motd::lines as motd_lines;
pub(crate) use say::command_name as command_word;

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
    /// Its syntax and what it does, in one line that begins with its name.
    pub(crate) help: &'static str,
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
    /// None, or the line that ends what it begins is answered in its place.
    Later,
    /// One line for each of its targets.
    OneEach,
    /// Any number.
    Many,
    /// Any number if its first parameter is one of these, however it is capitalised; else none or one.
    ManyTo(&'static [&'static str]),
}

const TABLE: &[Command] = &[
    account::COMMAND,
    authenticate::COMMAND,
    away::COMMAND,
    batch::COMMAND,
    cap::COMMAND,
    cert::COMMAND,
    services::CHANSERV,
    chathistory::COMMAND,
    services::CS,
    uban::DLINE,
    edit::COMMAND,
    guest::COMMAND,
    help::COMMAND,
    about::INFO,
    invite::COMMAND,
    ison::COMMAND,
    join::COMMAND,
    kick::COMMAND,
    kill::COMMAND,
    uban::KLINE,
    knock::COMMAND,
    list::COMMAND,
    lusers::COMMAND,
    markread::COMMAND,
    metadata::COMMAND,
    mode::COMMAND,
    monitor::COMMAND,
    motd::COMMAND,
    names::COMMAND,
    nick::COMMAND,
    services::NICKSERV,
    say::NOTICE,
    services::NS,
    oper::COMMAND,
    part::COMMAND,
    pass::COMMAND,
    persistence::COMMAND,
    ping::COMMAND,
    ping::PONG,
    say::PRIVMSG,
    quit::COMMAND,
    redact::COMMAND,
    redeem::COMMAND,
    register::COMMAND,
    rename::COMMAND,
    room::COMMAND,
    search::COMMAND,
    setname::COMMAND,
    say::TAGMSG,
    about::TIME,
    topic::COMMAND,
    uban::COMMAND,
    uban::UNDLINE,
    uban::UNKLINE,
    user::COMMAND,
    ison::USERHOST,
    register::VERIFY,
    about::VERSION,
    wallops::COMMAND,
    who::COMMAND,
    whois::COMMAND,
    whowas::COMMAND,
];

/// The command of this name, however it is capitalised.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    TABLE.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// A name that the client gave and that is none, short enough to be shown to it.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

pub(crate) fn no_such_channel(name: &str) -> Reply {
    Reply::numeric(n::ERR_NOSUCHCHANNEL, "No such channel").param(shown(name))
}

fn no_such_nick(name: &str) -> Reply {
    Reply::numeric(n::ERR_NOSUCHNICK, "No such nick/channel").param(shown(name))
}

fn needs_rank(room: &str) -> Reply {
    Reply::numeric(n::ERR_CHANOPRIVSNEEDED, "You're not channel operator").param(room.to_owned())
}

fn no_privileges() -> Reply {
    Reply::numeric(n::ERR_NOPRIVILEGES, "Permission Denied- You're not an IRC operator")
}

/// 338; what would begin with a colon gets a 0 before it.
fn really_from(nick: &str, address: IpAddr) -> Reply {
    let text = address.to_string();
    let shown = if text.starts_with(':') { format!("0{text}") } else { text };
    Reply::numeric(n::RPL_WHOISACTUALLY, "Is actually using host").param(nick.to_owned()).param(shown)
}

fn is_away(nick: &str, reason: &str) -> Reply {
    Reply::numeric(n::RPL_AWAY, reason.to_owned()).param(nick.to_owned())
}

/// The answer to who is not in a room but would have to be: 442, or 403 if from there it looks absent.
pub(crate) fn outside(world: &World, session: SessionId, room: &RoomName) -> Reply {
    match world.visible_room(session, room) {
        Some(_) => not_on_channel(room),
        None => no_such_channel(room.as_str()),
    }
}

/// The answer to a question for a server of this name or mask; none if that is this one.
fn another_server(info: &ServerInfo, mask: &str) -> Option<Reply> {
    let other = !mask.is_empty() && !matches(mask, &info.name);
    other.then(|| Reply::numeric(n::ERR_NOSUCHSERVER, "No such server").param(shown(mask)))
}

fn not_on_channel(room: &RoomName) -> Reply {
    Reply::numeric(n::ERR_NOTONCHANNEL, "You're not on that channel").param(room.as_str().to_owned())
}
