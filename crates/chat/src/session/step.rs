//! What is to be done after a line, and what a session is answered with.

use std::sync::Arc;

use teahouse_proto::names::Nick;

use crate::capabilities::Caps;
use crate::commands::account::export::Export;
use crate::entry::{Action, RoomView};
use crate::find::Finding;
use crate::ids::{AccountId, RoomId};
use crate::query::Query;
use crate::reply::{Reply, Scope};
use crate::sasl::scram;
use crate::work::Work;

/// What is to be done after a line; in this order.
#[derive(Debug)]
pub enum Step {
    /// The session is answered without the world.
    Answer(Answer),
    /// The log gets an action.
    Submit(Scope, Action),
    /// The world is asked.
    Ask(Scope, Query),
    /// Slow work is done elsewhere: what comes of it is submitted, and then [`Answer::Done`] given.
    Work(Scope, Box<Work>),
    /// A message is looked up in the store: what comes of it is submitted, and then [`Answer::Done`] given.
    Find(Scope, Box<Finding>),
}

/// An answer with its place in the session's output.
#[derive(Debug)]
pub enum Answer {
    /// A line.
    Reply(Scope, Reply),
    /// From here on the output follows these capabilities.
    Caps(Caps),
    /// Who is in a room.
    Names(Scope, RoomView),
    /// History, or what is found, will stand here, once it is read.
    Await(Scope, Frame),
    /// A question is answered; or so far, and this is to be asked next.
    Asked(Option<(Scope, Query)>),
    /// All that a line is answered with is on its way: once it is there, the session reads on.
    Done(Scope),
    /// From here on the session is to answer this challenge.
    Challenged(Box<scram::Challenged>),
    /// The session has proved that this account, of this name, is its own; it is to say that it has noticed.
    Proved(AccountId, Nick),
    /// A goodbye, and the end.
    Close(Scope, Arc<str>),
}

/// What a page from the store is wrapped in.
#[derive(Clone, Debug)]
pub enum Frame {
    /// History.
    History(HistoryFrame),
    /// Which conversations there are; the reference of its batch.
    Targets(Box<str>),
    /// What was found.
    Search(SearchFrame),
    /// What is held on an account.
    Export(Box<Export>),
}

/// What a page of what was found is wrapped in.
#[derive(Clone, Debug)]
pub struct SearchFrame {
    /// The reference of its batch.
    pub batch: Box<str>,
    /// What the rooms are called that were looked through, by their number.
    pub rooms: Arc<[(RoomId, Arc<str>)]>,
}

/// What a page of history is wrapped in.
#[derive(Clone, Debug)]
pub struct HistoryFrame {
    /// The target as the client spelt it.
    pub target: Arc<str>,
    /// The subcommand, for a failure.
    pub subcommand: &'static str,
    /// The reference of its batch.
    pub batch: Box<str>,
    /// Who asks, if that is somebody who is remembered: the clients' ids of its own messages are given to it.
    pub reader: Option<u64>,
}
