//! A message that somebody wants to do something with: it is looked up in the store first, for the world holds none. So is
//! a conversation with a guest who has gone, before it is marked as read.
//!
//! In: a [`Step::Find`](crate::session::Step::Find). The read waits, like a page of history, until what was said up to
//! now is settled; what it has found goes into an action, and behind that comes
//! [`Answer::Done`](crate::session::Answer::Done). The action judges, as of its own place in the order: whether the one
//! who asks may do that, and whether the message was taken back since.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::commands::chathistory::{Whereabouts, whereabouts};
use crate::commands::say::{Say, TAGMSG, Target, react};
use crate::commands::{edit, markread, redact};
use crate::departed::{Departed, Numbered};
use crate::durable::{Bound, Conversation, MessageKind, Span, StoredMessage};
use crate::entry::{Action, Audience, Event};
use crate::ids::{Identity, MsgId, Position, RoomId, SessionId, Time, UserId};
use crate::query::{HistoryRead, Query, Reactions};
use crate::reactions::Reaction;
use crate::reply::{Reply, unavailable};
use crate::world::{Turn, World};

/// What is to be looked up, and why.
#[derive(Debug)]
pub struct Finding {
    /// Where it was said.
    pub target: Target,
    /// What is to be done with it.
    pub purpose: Purpose,
}

/// What somebody wants to do with a message, or where they have talked.
#[derive(Debug)]
pub enum Purpose {
    /// Take a message back, for this reason.
    Redact(MsgId, String),
    /// Put it in these words.
    Edit(MsgId, String),
    /// React to one by this line, which says that.
    React(Box<Say>, Reaction),
    /// Know up to when the conversation is read.
    Marker,
    /// Mark it as read up to a moment.
    Mark(Time),
}

/// What is to be read.
#[derive(Debug)]
pub struct Lookup {
    /// Whose conversation is to be found first, if it is not known.
    pub departed: Option<Departed>,
    /// What is to be read there.
    pub read: HistoryRead,
}

/// What is to be done with what was found.
#[derive(Debug)]
pub enum Then {
    /// The log gets this.
    Submit(Action),
    /// The world is asked this.
    Ask(Query),
    /// Whoever asked gets this.
    Reply(Reply),
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
}

impl Finding {
    /// Whether it changes nothing.
    pub(crate) fn is_question(&self) -> bool {
        matches!(self.purpose, Purpose::Marker)
    }

    /// Where to look, as of now; `None` if there is nothing that the session may see, or nothing to be looked up.
    pub fn lookup(&self, world: &World, session: SessionId) -> Option<Lookup> {
        let is_marker = matches!(self.purpose, Purpose::Marker | Purpose::Mark(_));
        let (conversation, departed) = match whereabouts(world, session, &self.target) {
            Whereabouts::Known(..) if is_marker && !matches!(self.target, Target::Numbered(_)) => return None,
            Whereabouts::Known(conversation, _) => (conversation, None),
            Whereabouts::Departed(departed) => (Conversation::NOWHERE, Some(departed)),
            Whereabouts::Nowhere => return None,
        };
        let span = match self.purpose.message() {
            Some(MsgId { time, position }) => {
                Span::After(Bound::Msgid(MsgId { time, position: Position(position.0.checked_sub(1)?) }))
            }
            None => Span::Latest(None),
        };
        let reactions = match self.purpose {
            Purpose::React(..) => Reactions::WithMessages,
            // A reaction has an id too, and can be taken back by it.
            Purpose::Redact(..) => Reactions::InTime,
            Purpose::Edit(..) | Purpose::Marker | Purpose::Mark(_) => Reactions::None,
        };
        let read = HistoryRead { conversation, span, limit: 1, happenings: false, reactions };
        world.rules.keep_history.then_some(Lookup { departed, read })
    }

    /// It is with this one, who is gone.
    pub fn is_with(&mut self, numbered: Numbered) {
        if let Purpose::React(say, _) = &mut self.purpose {
            say.target = Target::Numbered(numbered.clone());
        }
        self.target = Target::Numbered(numbered);
    }

    /// What is to be done, with what the read gave: `None` if it failed.
    pub fn then(self, rows: Option<&[StoredMessage]>, upto: Position) -> Then {
        let Finding { target, purpose } = self;
        let Some(rows) = rows else { return Then::Reply(unavailable(purpose.command(), target.as_str())) };
        let msgid = purpose.message();
        let looked = rows.iter().find(|row| Some(row.msgid) == msgid).map_or(Looked::Absent, |row| {
            let author = row.author.map(Identity::number);
            Looked::There(Found { conversation: row.conversation, author, kind: row.kind }, upto)
        });
        if matches!((msgid, &target, rows), (None, Target::Numbered(_), [])) {
            return Then::Reply(markread::no_conversation(target.as_str()));
        }
        Then::Submit(match purpose {
            Purpose::Marker => return Then::Ask(Query::Marker(target)),
            Purpose::Mark(upto) => Action::Mark(markread::Mark { target, upto }),
            Purpose::Edit(msgid, text) => Action::Edit(edit::Edit { target, msgid, looked, text: text.into() }),
            Purpose::Redact(msgid, reason) => {
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
        })
    }
}

impl Purpose {
    /// By which command it came.
    fn command(&self) -> &'static str {
        match self {
            Purpose::Redact(..) => redact::COMMAND.name,
            Purpose::Edit(..) => edit::COMMAND.name,
            Purpose::React(..) => TAGMSG.name,
            Purpose::Marker | Purpose::Mark(_) => markread::COMMAND.name,
        }
    }

    /// The message that it is about, if it is about one.
    fn message(&self) -> Option<MsgId> {
        match self {
            Purpose::Redact(msgid, _) | Purpose::Edit(msgid, _) => Some(*msgid),
            Purpose::React(_, reaction) => Some(reaction.message),
            Purpose::Marker | Purpose::Mark(_) => None,
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
        Target::Numbered(_) => None,
    };
    now.unwrap_or_else(|| target.as_str().into())
}

/// Tells what is done with a message to all who could read it: a room, or two, of whom one does it. The other one is told by
/// its own nick, whatever name it was meant by.
pub(crate) fn tell_about(turn: &mut Turn<'_>, by: UserId, target: &Target, event: impl Fn(Arc<str>) -> Event) {
    let spelt = spelt(turn.world, target);
    let other = match target {
        Target::Room(name) => {
            let room: Option<RoomId> = turn.world.durable.room_named(name).map(|room| room.record.id);
            return room.into_iter().for_each(|room| turn.tell(Audience::Room(room), event(Arc::clone(&spelt))));
        }
        Target::Person(nick) => turn.world.presence.user_named(nick),
        Target::Numbered(numbered) => numbered.user(turn.world),
    };
    if let Some((other, nick)) = other.map(|user| (user.id, user.nick.shared())).filter(|(other, _)| *other != by) {
        turn.tell_unasked(Audience::User(other), event(nick));
    }
    turn.tell(Audience::User(by), event(spelt));
}
