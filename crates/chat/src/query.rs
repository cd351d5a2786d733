//! Questions that read the world and change nothing.

use teahouse_proto::names::RoomName;

use crate::commands::{chathistory, names, topic};
use crate::durable::{Conversation, Span};
use crate::ids::SessionId;
use crate::reply::Scope;
use crate::session::Answer;
use crate::world::World;

/// What a session asks.
#[derive(Debug)]
pub enum Query {
    /// Who is in a room.
    Names(RoomName),
    /// What a room's topic is.
    Topic(RoomName),
    /// What was said.
    History(chathistory::Ask),
}

/// What the world answers: lines, and for history what is to be read, as of now.
#[derive(Debug)]
pub struct Asked {
    /// For the session, in this order.
    pub answers: Vec<Answer>,
    /// The read whose result fills [`Answer::Await`].
    pub read: Option<HistoryRead>,
}

/// What is to be read from the store.
#[derive(Clone, Copy, Debug)]
pub struct HistoryRead {
    /// Of which conversation.
    pub conversation: Conversation,
    /// Which part.
    pub span: Span,
    /// At most so many rows.
    pub limit: usize,
}

impl World {
    /// Answers a question as of the last entry applied.
    pub fn ask(&self, session: SessionId, scope: Scope, query: &Query) -> Asked {
        match query {
            Query::Names(room) => names::answer(self, scope, room),
            Query::Topic(room) => topic::answer(self, session, scope, room),
            Query::History(ask) => chathistory::answer(self, session, scope, ask),
        }
    }
}
