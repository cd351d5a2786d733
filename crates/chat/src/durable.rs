//! What outlives the process: the records that the world hands to the store, and those it is loaded from.
//!
//! Every durable change of the world is a [`Change`] at its entry's position; a world loaded from the store's records
//! equals the live one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{GuestId, MsgId, RoomId, Time, TokenHash};
use crate::modes::RoomModes;

/// Where a message was said: the key of its history.
///
/// Rooms and guests are numbered by log positions, so the two kinds never meet: a room is `(room, 0)`, a private
/// conversation `(smaller guest, larger guest)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Conversation {
    /// The room, or the guest with the smaller number.
    pub first: u64,
    /// 0 for a room, else the guest with the larger number.
    pub second: u64,
}

impl Conversation {
    /// Where a message stands that is not kept.
    pub const NOWHERE: Self = Conversation { first: 0, second: 0 };

    /// What was said in a room.
    pub fn room(room: RoomId) -> Self {
        Conversation { first: room.0, second: 0 }
    }

    /// What two guests said to one another; a guest may talk to itself.
    pub fn private(a: GuestId, b: GuestId) -> Self {
        Conversation { first: a.0.min(b.0), second: a.0.max(b.0) }
    }
}

/// Which command a message came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MessageKind {
    /// PRIVMSG
    Privmsg,
    /// NOTICE
    Notice,
    /// TAGMSG: client tags only.
    Tagmsg,
}

/// One message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// Where it was said.
    pub conversation: Conversation,
    /// When, and its position: also its id on the wire.
    pub msgid: MsgId,
    /// The command it came by.
    pub kind: MessageKind,
    /// `nick!user@host` of its author, as receivers saw it.
    pub source: Arc<str>,
    /// The target as it stood on the wire: the room's name, or the nick of the one addressed.
    pub target: Arc<str>,
    /// Client-only tags, as they stood on the wire without `@` (`+draft/reply=…;+x`); often empty.
    pub tags: Arc<str>,
    /// What was said; empty for TAGMSG.
    pub text: Arc<str>,
}

/// Whose room it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Exists from the start by configuration and is never forgotten.
    Server,
    /// Founded by a guest with a token.
    Guest(GuestId),
    /// Founded by a plain client, of whom nothing is remembered.
    Nobody,
}

/// A room's topic, who set it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The text; an empty topic is no topic.
    pub text: Arc<str>,
    /// `nick!user@host` of who set it.
    pub by: Arc<str>,
    /// When.
    pub at: Time,
}

/// A room as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// Its id.
    pub id: RoomId,
    /// Its name as first spelt.
    pub name: Arc<str>,
    /// Whose it is.
    pub owner: Owner,
    /// Its topic, if it has one.
    pub topic: Option<Topic>,
    /// What it is set to.
    pub modes: RoomModes,
    /// Since when it exists.
    pub created: Time,
    /// Whether anything was ever said in it.
    pub spoken: bool,
    /// Since when nobody is in it; `None` while somebody is.
    pub empty_since: Option<Time>,
}

/// A guest as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestRecord {
    /// Its id.
    pub id: GuestId,
    /// What is kept of its token.
    pub token: TokenHash,
    /// When it was last here: when it first came, or last left.
    pub seen: Time,
}

/// One durable change of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A message was said. May fail to be stored: then its author is told and it is dropped.
    Message(StoredMessage),
    /// A room is now so (insert or replace). Stays queued until it is stored.
    Room(RoomRecord),
    /// A room and its whole history are forgotten.
    RoomForgotten(RoomId),
    /// A guest is now so (insert or replace). Stays queued until it is stored.
    Guest(GuestRecord),
    /// A guest is forgotten; its private conversations go with it.
    GuestForgotten(GuestId),
}

/// Which part of a conversation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The newest, down to (not including) a bound if there is one.
    Latest(Option<Bound>),
    /// Those just before a bound.
    Before(Bound),
    /// Those just after a bound.
    After(Bound),
}

/// A point in a conversation; itself never part of what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A message's id; need not exist any more, since ids sort.
    Msgid(MsgId),
    /// A moment.
    Time(Time),
}
