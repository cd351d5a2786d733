//! A message that somebody wants to do something with: it is looked up in the store first, for the world holds none.
//!
//! In: a [`Step::Find`](crate::session::Step::Find). The read waits, like a page of history, until what was said up to
//! now is settled; what it has found goes into an action, and behind that comes
//! [`Answer::Done`](crate::session::Answer::Done). The action judges, as of its own place in the order: whether the one
//! who asks may do that, and whether the message was taken back since.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::commands::say::{Say, Target, react};
use crate::commands::{chathistory, edit, redact};
use crate::durable::{Bound, Conversation, MessageKind, Span, StoredMessage};
use crate::entry::{Action, Audience, Event};
use crate::ids::{Identity, MsgId, Position, RoomId, SessionId, UserId};
use crate::query::{HistoryRead, Reactions};
use crate::reactions::Reaction;
use crate::reply::{Reply, unavailable};
use crate::world::{Turn, World};

/// What is to be looked up, and why.
#[derive(Debug)]
pub struct Finding {
    /// Where it was said.
    pub target: Target,
    /// Its id.
    pub msgid: MsgId,
    /// What is to be done with it.
    pub purpose: Purpose,
}

/// What somebody wants to do with a message.
#[derive(Debug)]
pub enum Purpose {
    /// Take it back, for this reason.
    Redact(String),
    /// Put it in these words.
    Edit(String),
    /// React to it by this line, which says that.
    React(Box<Say>, Reaction),
}

/// What there is to know of a message without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Where it was said.
    pub conversation: Conversation,
    /// The number of its author's identity, if it is remembered.
    pub author: Option<u64>,
    /// By which command it came.
    pub kind: MessageKind,
}

/// What has come of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Looked {
    /// It was there when the log stood at this position.
    There(Found, Position),
    /// It was not, or is not for the eyes of the one who asks.
    Absent,
    /// The store could not be read.
    Unreadable,
}

impl Finding {
    /// Where to look, as of now; `None` if there is nothing that the session may see.
    pub fn read(&self, world: &World, session: SessionId) -> Option<HistoryRead> {
        let conversation = chathistory::conversation(world, session, &self.target)?;
        let before = MsgId { position: Position(self.msgid.position.0.checked_sub(1)?), ..self.msgid };
        let span = Span::After(Bound::Msgid(before));
        let reactions = match self.purpose {
            Purpose::React(..) => Reactions::WithMessages,
            // A reaction has an id too, and can be taken back by it.
            Purpose::Redact(_) => Reactions::InTime,
            Purpose::Edit(_) => Reactions::None,
        };
        world.rules.keep_history.then_some(HistoryRead { conversation, span, limit: 1, happenings: false, reactions })
    }

    /// The action, with what the read gave: `None` if it failed.
    pub fn action(self, rows: Option<&[StoredMessage]>, upto: Position) -> Action {
        let looked = match rows {
            Some(rows) => rows.iter().find(|row| row.msgid == self.msgid).map_or(Looked::Absent, |row| {
                let author = row.author.map(Identity::number);
                Looked::There(Found { conversation: row.conversation, author, kind: row.kind }, upto)
            }),
            None => Looked::Unreadable,
        };
        let Finding { target, msgid, purpose } = self;
        let rows = rows.unwrap_or_default();
        match purpose {
            Purpose::Edit(text) => Action::Edit(edit::Edit { target, msgid, looked, text: text.into() }),
            Purpose::Redact(reason) => {
                let found = rows.iter().find(|row| row.msgid == msgid && row.kind == MessageKind::Tagmsg);
                let reaction = found.and_then(|row| Reaction::of(&row.tags));
                Action::Redact(redact::Redact { target, msgid, looked, reaction, reason: reason.into() })
            }
            Purpose::React(say, reaction) => {
                let given = rows.iter().filter_map(|row| {
                    let text = Reaction::of(&row.tags).filter(|_| row.kind == MessageKind::Tagmsg)?.text;
                    Some((row.author?.number(), text == reaction.text))
                });
                let given = given.collect();
                Action::React(react::React { say: *say, reaction, looked, given })
            }
        }
    }
}

impl Looked {
    /// What was found, unless it was taken back since, or was said somewhere else, or that is not known: then the answer
    /// to the command.
    pub(crate) fn still_there(
        self,
        turn: &Turn<'_>,
        command: &'static str,
        target: &Target,
        msgid: MsgId,
        conversation: Conversation,
    ) -> Result<Found, Reply> {
        let found = match self {
            Looked::There(found, at) if found.conversation == conversation => {
                turn.world.redactions.is_gone(msgid, at).map(|is_gone| (!is_gone).then_some(found))
            }
            Looked::There(..) | Looked::Absent => Some(None),
            Looked::Unreadable => None,
        };
        let found = found.ok_or_else(|| unavailable(command, target.as_str()))?;
        found.ok_or_else(|| unknown(command, target, msgid.to_string()))
    }
}

/// The answer to a command about a message that is not there, or to what is no message's id.
pub(crate) fn unknown(command: &'static str, target: &Target, msgid: String) -> Reply {
    let text = "This message does not exist or is too old";
    Reply::fail(command, "UNKNOWN_MSGID", text).param(target.as_str().to_owned()).param(msgid)
}

/// Where something was said, as it is spelt now.
pub(crate) fn spelt(world: &World, target: &Target) -> Arc<str> {
    let now = match target {
        Target::Room(name) => world.durable.room_named(name).map(|room| Arc::clone(&room.record.name)),
        Target::Person(nick) => world.presence.user_named(nick).map(|user| user.nick.as_str().into()),
    };
    now.unwrap_or_else(|| target.as_str().into())
}

/// Tells what is done with a message to all who could read it: a room, or two, of whom one does it.
pub(crate) fn tell_about(turn: &mut Turn<'_>, by: UserId, target: &Target, event: impl FnOnce(Arc<str>) -> Event) {
    let event = event(spelt(turn.world, target));
    match target {
        Target::Room(name) => {
            let room: Option<RoomId> = turn.world.durable.room_named(name).map(|room| room.record.id);
            room.into_iter().for_each(|room| turn.tell(Audience::Room(room), event.clone()));
        }
        Target::Person(nick) => {
            let other = turn.world.presence.user_named(nick).map(|user| user.id);
            if let Some(other) = other.filter(|other| *other != by) {
                turn.tell_unasked(Audience::User(other), event.clone());
            }
            turn.tell(Audience::User(by), event);
        }
    }
}
