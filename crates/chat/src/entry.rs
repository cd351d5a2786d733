//! What goes into the world and what comes out: entries with their actions, effects with their events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{Nick, RoomName};

use crate::commands::topic::SetTopic;
use crate::commands::{
    account, authenticate, away, cert, claim, edit, invite, join, kick, kill, knock, markread, metadata, mode, monitor,
    nick, oper, part, persistence, redact, redeem, register, rename, room, say, setname, uban, usermode, wallops,
};
use crate::durable::{Change, StoredMessage, Topic};
use crate::ids::{AccountId, MsgId, Position, RoomId, SessionId, Time, UserId};
use crate::modes::{Ranks, UserModes};
use crate::reply::{Reply, Scope};
use crate::session::{attach, moving};
use crate::shard::Gate;

/// One change that somebody wants, with its place in the log's order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// Its time: never before the entry's that came before.
    pub time: Time,
    /// Whether durable changes are taken: `false` from a failed write until one succeeds again.
    pub writable: bool,
    /// The session that submitted it and waits for the answer; `None` for the program itself.
    pub origin: Option<Origin>,
    /// What is to be done.
    pub action: Action,
}

impl Entry {
    /// One line of JSON: what the log leaves behind to be replayed when the world's own code has failed.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an entry has nothing that JSON cannot hold")
    }

    /// Reads what [`Entry::to_json`] wrote.
    pub fn from_json(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }

    /// The id of what this entry says.
    pub fn msgid(&self) -> MsgId {
        MsgId { time: self.time, position: self.position }
    }
}

/// Whose line an entry answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The session that submitted the action.
    pub session: SessionId,
    /// The label its answer carries.
    pub scope: Scope,
}

/// Everything that changes the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Action {
    /// The server has started: nobody is here yet.
    Start,
    /// The server stops, and everybody is here up to now.
    Stop,
    /// A room of the server's own exists from now on.
    Open(RoomName),
    /// A session has registered and wants its user.
    Attach(attach::Attach),
    /// A session ends.
    Detach(attach::Detach),
    /// A user changes its nick.
    Nick(nick::Rename),
    /// A user enters a room.
    Join(join::Enter),
    /// A user leaves a room.
    Part(part::Leave),
    /// A user leaves all its rooms.
    PartAll,
    /// Somebody says something.
    Say(say::Say),
    /// Somebody reacts to what was said.
    React(say::react::React),
    /// A user sets a room's topic.
    Topic(SetTopic),
    /// A user gives a room another name.
    Rename(rename::Rename),
    /// A user changes a room's modes.
    Modes(mode::SetModes),
    /// A user changes its own modes.
    UserModes(usermode::SetUserModes),
    /// Somebody has read a conversation up to a moment.
    Mark(markread::Mark),
    /// Those who run the server do something with an account.
    Account(account::Order),
    /// An owner does something with its account.
    OwnAccount(account::own::Own),
    /// An account sets whether its seats are kept.
    Persist(persistence::Persist),
    /// Somebody does something with whose a room is.
    Room(room::Disposal),
    /// Somebody sets for how long a room keeps what is said in it.
    Keep(room::keep::SetKeep),
    /// A server's ban is made or taken away.
    Ban(uban::SetBan),
    /// Somebody shows a one-time code.
    Claim(claim::Claim),
    /// A one-time code is good from now on.
    Offer(claim::Offer),
    /// Somebody changes what is told of itself, or of a room.
    Metadata(metadata::set::SetMetadata),
    /// A user puts what was said in other words.
    Edit(edit::Edit),
    /// A user takes back what was said.
    Redact(redact::Redact),
    /// A user changes whose coming and going it wants to be told.
    Monitor(monitor::Change),
    /// A user wants an account.
    Register(register::Register),
    /// Somebody may have an account who shows a code.
    Invitation(redeem::Invite),
    /// A certificate is to prove a user's account, or not any more.
    Certificate(cert::SetCertificate),
    /// Whether a session has proved whose it is.
    Authenticate(authenticate::Authenticated),
    /// Whether a user has proved to be an operator.
    Oper(oper::Oper),
    /// An operator sends a user away.
    Kill(kill::Kill),
    /// An operator tells all who want to read such.
    Wallops(wallops::Wallops),
    /// A user puts another out of a room.
    Kick(kick::PutOut),
    /// A user asks another into a room.
    Invite(invite::AskIn),
    /// A user asks to be let into a room.
    Knock(knock::Knock),
    /// A user goes away or comes back.
    Away(away::GoAway),
    /// A user changes its real name.
    SetName(setname::SetName),
    /// The host tells everybody something, in no room.
    Announce {
        /// What is told.
        text: Arc<str>,
    },
    /// The host sends a user away.
    Expel {
        /// Whose sessions are closed.
        nick: Nick,
        /// Why.
        reason: Arc<str>,
    },
    /// What was said at these positions could not be stored. MUST come before anybody is told that it is settled so.
    Lost(Vec<Position>),
    /// Time has passed: seats and rooms that are due go.
    Expire,
}

/// What an entry has done: at its position, for those concerned.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The entry's place.
    pub position: Position,
    /// The entry's time.
    pub time: Time,
    /// What is to be told, in this order.
    pub effects: Vec<Effect>,
    /// What telling it will cost, roughly, in lines.
    pub reach: usize,
}

/// What the world answers an entry with.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// For the sessions.
    pub effects: Vec<Effect>,
    /// For the store, at the entry's position.
    pub changes: Vec<Change>,
}

/// One event for one audience.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Who is told.
    pub audience: Audience,
    /// What has happened.
    pub event: Event,
    /// The session whose answer this is; it gets its label, and its own words as echo.
    pub origin: Option<Origin>,
    /// What that session waits for before it is told.
    pub(crate) gate: Option<Gate>,
}

/// Who is told: a session, a user or rooms, never a list of receivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One session.
    Session(SessionId),
    /// All sessions of a user.
    User(UserId),
    /// All members of a room.
    Room(RoomId),
    /// All members of these rooms, each once, and all sessions of the user.
    Neighbours(UserId, Arc<[RoomId]>),
    /// All members of these rooms, each once, but for the user itself.
    Others(UserId, Arc<[RoomId]>),
    /// Those whose user has mode `w`.
    Wallops,
    /// Those who monitor this nick.
    Watchers(Nick),
    /// Every registered session.
    Everyone,
}

/// What has happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A session has its user now.
    Attached(Arc<attach::Welcome>),
    /// A session speaks for another user from now on, which it has proved to be.
    Moved(Arc<moving::Moved>),
    /// A session has proved whose it is, and has no user yet.
    Authenticated(AccountId),
    /// A session did not get its user (nick in use); it may try again.
    NotAttached(Reply),
    /// A session has no user any more, and hears nothing further of it or of its rooms.
    Detached(UserId, Arc<[RoomId]>),
    /// A user has entered a room; members are told.
    Entered(Membership),
    /// What a user who has entered sees of the room.
    Room(Shown),
    /// A user leaves a room.
    Left(Membership, Arc<str>),
    /// A user leaves for good.
    Quit {
        /// Who.
        user: UserId,
        /// `nick!user@host`.
        source: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// A user has another nick.
    Renamed {
        /// Who.
        user: UserId,
        /// `nick!user@host`, as it was.
        source: Arc<str>,
        /// The new nick.
        nick: Arc<str>,
    },
    /// Something was said.
    Said(Arc<Said>),
    /// What was said is put in other words.
    Edited(Arc<edit::Edited>),
    /// What was said is taken back.
    Redacted {
        /// By whom.
        source: Arc<str>,
        /// Where it was said: the room's name, or the nick of the one addressed.
        target: Arc<str>,
        /// This one's own id.
        msgid: MsgId,
        /// The message's.
        message: MsgId,
        /// Why; empty for no reason.
        reason: Arc<str>,
        /// The tags by which its author would take it back without this, if it is a reaction of its own.
        unreact: Option<Arc<str>>,
    },
    /// A room has another name.
    RoomRenamed(Arc<rename::Renamed>),
    /// Those in a room that has another name enter it anew, for those of their sessions that do not know of such.
    Reentered(Arc<rename::Reentered>),
    /// A room has another topic.
    Topic {
        /// The room's name.
        room: Arc<str>,
        /// Who set it.
        source: Arc<str>,
        /// The topic; empty when it was taken away.
        text: Arc<str>,
    },
    /// Somebody has read a conversation up to a moment: for all of its own sessions.
    Marked {
        /// The room's name, or the nick of the other one.
        target: Arc<str>,
        /// Up to when.
        upto: Time,
    },
    /// What is told of somebody or of a room is changed, for those who subscribe to it.
    Metadata(metadata::set::Changed),
    /// A room's modes are changed; `+o alice` and the like.
    Modes {
        /// The room's name.
        room: Arc<str>,
        /// Who changed them.
        source: Arc<str>,
        /// What, as MODE spells it.
        changes: Arc<str>,
    },
    /// A user's own modes are changed.
    UserModes {
        /// Whose.
        user: UserId,
        /// Its nick.
        nick: Arc<str>,
        /// The same, whole.
        source: Arc<str>,
        /// What.
        changes: Arc<str>,
        /// What they are now.
        modes: UserModes,
    },
    /// A user is sent away by an operator.
    Killed {
        /// Its nick.
        nick: Arc<str>,
        /// Who sends it away.
        source: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// An operator tells all who want to read such.
    Wallops {
        /// Who.
        source: Arc<str>,
        /// What.
        text: Arc<str>,
    },
    /// A user is put out of a room.
    Kicked {
        /// Who goes; its source is the one who put it out.
        membership: Membership,
        /// The nick of the one who goes.
        nick: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// A user is asked into a room.
    Invited {
        /// The nick of the one asked.
        nick: Arc<str>,
        /// Who asks.
        source: Arc<str>,
        /// The room's name.
        room: Arc<str>,
    },
    /// The same, for those inside.
    InviteSeen {
        /// The nick of the one asked.
        nick: Arc<str>,
        /// Who asks.
        source: Arc<str>,
        /// The room's name.
        room: Arc<str>,
    },
    /// A user goes away, or comes back.
    Away {
        /// Its nick, for those who monitor it.
        nick: Nick,
        /// `nick!user@host`.
        source: Arc<str>,
        /// Why; empty when it comes back.
        reason: Arc<str>,
    },
    /// A user has another real name.
    NameSet {
        /// Its nick, for those who monitor it.
        nick: Nick,
        /// `nick!user@host`.
        source: Arc<str>,
        /// The new one.
        realname: Arc<str>,
    },
    /// A user has another address.
    Readdressed {
        /// Its nick, for those who monitor it.
        nick: Nick,
        /// `nick!user@host`, as it was.
        source: Arc<str>,
        /// `user@host`, as it is now.
        address: Arc<str>,
    },
    /// A user has an account now.
    LoggedIn {
        /// Its nick, for those who monitor it: the account's name.
        nick: Nick,
        /// `nick!user@host`.
        source: Arc<str>,
    },
    /// An account has set whether its seats are kept.
    Persistence(persistence::AlwaysOn),
    /// A user's sessions are told of the coming and going of these nicks from now on, or are not; they know already.
    Watching {
        /// Whose sessions.
        user: UserId,
        /// Which nicks.
        nicks: Arc<[Nick]>,
        /// Whether they are.
        on: bool,
    },
    /// A line for each of its receivers, under its own nick: a knock, somebody monitored.
    Told(Reply),
    /// The host tells everybody something.
    Announced(Arc<str>),
    /// A line for the session that asked.
    Reply(Reply),
    /// The same, once what it says is kept, or erased.
    Promise(Gate, Reply),
    /// The session is closed.
    Close(Arc<str>),
}

impl Event {
    /// What the session waits for whose action it was before it is told; a message knows for itself whether it is kept.
    pub(crate) fn gate(&self) -> Option<Gate> {
        match self {
            Event::Topic { .. }
            | Event::RoomRenamed(_)
            | Event::Reentered(_)
            | Event::Marked { .. }
            | Event::Edited(_) => Some(Gate::Settled),
            Event::Redacted { .. } => Some(Gate::Erased),
            _ => None,
        }
    }

    /// Whether the session whose action it was takes it for done, and so waits if its entry changed anything that is kept:
    /// who was put out is to stay out.
    pub(crate) fn is_done(&self) -> bool {
        matches!(
            self,
            Event::Entered(_)
                | Event::Left(..)
                | Event::Kicked { .. }
                | Event::Renamed { .. }
                | Event::NameSet { .. }
                | Event::Modes { .. }
        )
    }
}

/// A user's coming to, or going from, a room.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Who.
    pub user: UserId,
    /// `nick!user@host`.
    pub source: Arc<str>,
    /// Where.
    pub room: RoomId,
    /// Its name.
    pub name: Arc<str>,
    /// The user's real name.
    pub realname: Arc<str>,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Said {
    /// The message; its tags are the client-only ones.
    pub message: StoredMessage,
    /// Whether it is being stored, so that its echo waits for that.
    pub kept: bool,
    /// Whose words they are; `None` for the server's.
    pub user: Option<UserId>,
}

/// What somebody who comes in is shown of a room.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The room, as all see it.
    pub view: Arc<RoomView>,
    /// Up to when it has read what was said there.
    pub marked: Option<Time>,
}

/// A room as those in it see it, or those outside.
#[derive(Clone, Debug)]
pub struct RoomView {
    /// Which room.
    pub id: RoomId,
    /// The room's name.
    pub name: Arc<str>,
    /// Whether it is hidden from those outside.
    pub secret: bool,
    /// Its topic, if there is one.
    pub topic: Option<Topic>,
    /// Those in it, the first to come to the server first.
    pub people: Vec<Person>,
    /// There are more of them, behind this one.
    pub more: Option<UserId>,
}

/// Somebody in a room.
#[derive(Clone, Debug)]
pub struct Person {
    /// `nick!user@host`.
    pub source: Arc<str>,
    /// Its real name.
    pub realname: Arc<str>,
    /// What it is there.
    pub ranks: Ranks,
}
