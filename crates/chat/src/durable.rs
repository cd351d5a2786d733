//! What outlives the process: the records that the world hands to the store, and those it is loaded from.
//!
//! Every durable change of the world is a [`Change`] at its entry's position; a world loaded from the store's records
//! equals the live one.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ClientId, GuestId, Identity, MsgId, Position, RoomId, Time, TokenHash};
use crate::modes::RoomModes;
use crate::once::RecentId;

/// Where a message was said: the key of its history.
///
/// Rooms, guests and accounts are numbered by log positions, so they never meet: a room is `(room, 0)`, a private
/// conversation `(smaller identity, larger identity)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conversation {
    /// The room, or the identity with the smaller number.
    pub first: u64,
    /// 0 for a room, else the identity with the larger number.
    pub second: u64,
}

impl Conversation {
    /// Where a message stands that is not kept.
    pub const NOWHERE: Self = Conversation { first: 0, second: 0 };

    /// What was said in a room.
    pub fn room(room: RoomId) -> Self {
        Conversation { first: room.0, second: 0 }
    }

    /// What two said to one another; one may talk to oneself.
    pub fn private(a: Identity, b: Identity) -> Self {
        let (a, b) = (a.number(), b.number());
        Conversation { first: a.min(b), second: a.max(b) }
    }

    /// The number of the other one of two; one's own where one talks to oneself.
    pub(crate) fn partner(self, own: Identity) -> u64 {
        if self.first == own.number() { self.second } else { self.first }
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
    /// None: it was not said, but happened.
    Happened(Happening),
}

/// What happens in a room besides what is said; each is named by its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Happening {
    /// The text is the real name.
    Join,
    /// The text is the reason, if there is one.
    Part,
    /// The text is the reason.
    Quit,
    /// The text is the nick of the one who was put out, a space, and the reason.
    Kick,
    /// The text is what was changed, as MODE spells it.
    Mode,
    /// The text is the topic; empty when it was taken away.
    Topic,
    /// The text is the new nick.
    Nick,
    /// The text is what the room was called, a space, what it is called from then on, a space, and the reason.
    Rename,
}

impl Happening {
    /// The command that it is told by.
    pub fn command(self) -> &'static str {
        match self {
            Happening::Join => "JOIN",
            Happening::Part => "PART",
            Happening::Quit => "QUIT",
            Happening::Kick => "KICK",
            Happening::Mode => "MODE",
            Happening::Topic => "TOPIC",
            Happening::Nick => "NICK",
            Happening::Rename => "RENAME",
        }
    }
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
    /// Who said it, if it is remembered; an account's nick in `source` is its name.
    pub author: Option<Identity>,
    /// Its client's own id of it, for its author's eyes only.
    pub client_id: Option<ClientId>,
    /// `nick!user@host` of its author, as receivers saw it.
    pub source: Arc<str>,
    /// The target as it stood on the wire: the room's name, or the nick of the one addressed.
    pub target: Arc<str>,
    /// Client-only tags, as they stood on the wire without `@` (`+draft/reply=…;+x`); often empty.
    pub tags: Arc<str>,
    /// What was said; empty for TAGMSG.
    pub text: Arc<str>,
    /// When its text was last put in other words, if ever.
    pub edited: Option<Time>,
}

/// Whose room it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Exists from the start by configuration and is never forgotten.
    Server,
    /// Founded by a guest with a token.
    Guest(GuestId),
    /// Founded by an account, or given to it.
    Account(AccountId),
    /// Founded by a plain client, of whom nothing is remembered.
    Nobody,
}

impl Owner {
    /// Whose room it is when somebody founds one.
    pub fn of(founder: Option<Identity>) -> Self {
        match founder {
            Some(Identity::Account(account)) => Owner::Account(account),
            Some(Identity::Guest(guest)) => Owner::Guest(guest),
            None => Owner::Nobody,
        }
    }

    /// The number of the guest or account that it is.
    pub(crate) fn founder(self) -> Option<u64> {
        match self {
            Owner::Server | Owner::Nobody => None,
            Owner::Guest(GuestId(number)) | Owner::Account(AccountId(number)) => Some(number),
        }
    }

    /// Whether the room is there, and stays, though nobody is in it.
    pub fn is_lasting(self) -> bool {
        matches!(self, Owner::Server | Owner::Account(_))
    }
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

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// Its name as first spelt: a nick that is nobody else's.
    pub name: Arc<str>,
    /// What is kept of its password; one without can only be logged in to by other proof.
    pub password: Option<Credentials>,
    /// Whether its owner runs the server.
    pub operator: bool,
    /// Why it cannot be used, if it cannot.
    pub suspended: Option<Arc<str>>,
    /// When it was made.
    pub created: Time,
    /// When it was last here: when it was made, last left, or was found here, to about a day.
    pub seen: Time,
}

impl AccountRecord {
    /// One that was just made.
    pub fn new(id: AccountId, name: Arc<str>, password: Option<Credentials>, now: Time) -> Self {
        AccountRecord { id, name, password, operator: false, suspended: None, created: now, seen: now }
    }
}

/// What is kept of a password: enough to check it, not to know it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Argon2id, as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    pub argon2: Arc<str>,
    /// For SCRAM-SHA-256, as `SCRAM-SHA-256$iterations:salt$stored key:server key`.
    pub scram: Option<Arc<str>>,
}

impl fmt::Debug for Credentials {
    /// Without what is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// A small thing that is remembered of an account, a room or the server, by name: it has a text, or is not there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fact {
    /// The account's or room's number; 0 is the server.
    pub owner: u64,
    /// What kind of thing.
    pub kind: FactKind,
    /// Which of them.
    pub key: Arc<str>,
}

/// What is remembered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// A room that an account is in; its number.
    Seat,
    /// Up to when a conversation is read, in milliseconds; its key is the room's number, or the other one's.
    Marker,
    /// Whether an account stays in its rooms while nobody is connected as it: `on` or `off`.
    AlwaysOn,
    /// What an account is in a room: the letters of its ranks; its key is the account's number.
    Access,
    /// Who may not come in; when that ends stands first.
    Ban,
    /// A one-time code, by its hash: when it ends.
    Claim,
    /// How an account shows itself: `away` with its reason, `realname` with that.
    Face,
    /// A client certificate that proves an account; its SHA-256, and since when.
    Certificate,
    /// A network that an account was used from, as others see it, and since when.
    Network,
    /// An invitation to the server; what is kept of its code, and until when it is good.
    Invitation,
    /// What is told of an account or a room, by key.
    Metadata,
    /// Whose coming and going an account wants to be told; its key is the nick's, its text the nick.
    Monitor,
    /// For how many days a room keeps what is said in it.
    Keep,
}

/// Everything that a world is loaded from.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Every room, by rising id.
    pub rooms: Vec<RoomRecord>,
    /// Every guest, by rising id.
    pub guests: Vec<GuestRecord>,
    /// Every account, by rising id.
    pub accounts: Vec<AccountRecord>,
    /// Every small thing, with its text.
    pub facts: Vec<(Fact, Arc<str>)>,
    /// What is remembered of the newest messages with a client's own id, by rising position.
    pub recent: Vec<RecentId>,
}

/// One durable change of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A message was said. May fail to be stored: then its author is told and it is dropped.
    Message(StoredMessage),
    /// Something happened in a room that is told again to those who want it. May fail to be stored: then it is dropped.
    Happened(StoredMessage),
    /// A message has another text. Stays queued until that is stored.
    Edited {
        /// Where it was said.
        conversation: Conversation,
        /// Its id.
        msgid: MsgId,
        /// The text.
        text: Arc<str>,
        /// Since when.
        at: Time,
    },
    /// A message, or a reaction, is taken back: nothing of it is left. Stays queued until that is stored.
    Redacted(Conversation, MsgId),
    /// A room is now so (insert or replace). Stays queued until it is stored.
    Room(RoomRecord),
    /// What was said or happened before this moment, in a room or anywhere, is kept no longer. A moment never goes back.
    KeptFrom(Option<RoomId>, Time),
    /// A room and its whole history are forgotten.
    RoomForgotten(RoomId),
    /// The same, and somebody waits until nothing of it is left.
    RoomDropped(RoomId),
    /// A guest is now so (insert or replace). Stays queued until it is stored.
    Guest(GuestRecord),
    /// A guest is forgotten; its private conversations go with it.
    GuestForgotten(GuestId),
    /// A guest has become the account of the same number.
    GuestRegistered(GuestId),
    /// An account is now so (insert or replace). Stays queued until it is stored.
    Account(AccountRecord),
    /// An account is forgotten; its private conversations go with it.
    AccountForgotten(AccountId),
    /// A small thing is now so, or is not there any more. Stays queued until it is stored.
    Fact(Fact, Option<Arc<str>>),
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
    /// Those just before a bound, and from it on: half of them each, and more of one side if there are not so many of the other.
    Around(Bound),
    /// Those between two bounds, counted from the first one, which may be the later one.
    Between(Bound, Bound),
}

/// One way along a conversation: what lies between two ids, both excluded, counted from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Behind this one,
    pub above: MsgId,
    /// and before this one.
    pub below: MsgId,
    /// Whether it is counted from the newest.
    pub newest_first: bool,
    /// At most so many.
    pub limit: usize,
}

impl Span {
    /// The ways to go for at most so many rows; [`Span::joined`] makes one of what they give.
    pub fn walks(self, limit: usize) -> Vec<Walk> {
        const FIRST: MsgId = MsgId { time: Time(0), position: Position(0) };
        const LAST: MsgId = MsgId { time: Time(u64::MAX), position: Position(u64::MAX) };
        let back = |above, below, limit| Walk { above, below, newest_first: true, limit };
        let on = |above, below, limit| Walk { above, below, newest_first: false, limit };
        match self {
            Span::Latest(None) => vec![back(FIRST, LAST, limit)],
            Span::Latest(Some(bound)) => vec![back(bound.end(), LAST, limit)],
            Span::Before(bound) => vec![back(FIRST, bound.begin(), limit)],
            Span::After(bound) => vec![on(bound.end(), LAST, limit)],
            Span::Around(bound) => {
                let MsgId { time, position } = bound.begin();
                let just_before = MsgId { time, position: Position(position.0.saturating_sub(1)) };
                vec![back(FIRST, bound.begin(), limit), on(just_before, LAST, limit)]
            }
            Span::Between(first, second) if first.begin() <= second.begin() => {
                vec![on(first.end(), second.begin(), limit)]
            }
            Span::Between(first, second) => vec![back(second.end(), first.begin(), limit)],
        }
    }

    /// At most so many of the rows that each of the ways has given.
    pub fn joined<T>(self, walked: Vec<Vec<T>>, limit: usize) -> Vec<T> {
        let mut sides = walked.into_iter();
        let (mut rows, mut later) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
        later.truncate((limit - limit / 2).max(limit.saturating_sub(rows.len())));
        let too_many = (rows.len() + later.len()).saturating_sub(limit);
        rows.drain(..too_many);
        rows.extend(later);
        rows
    }
}

/// A point in a conversation; itself part of what is given only with [`Span::Around`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A message's id; need not exist any more, since ids sort.
    Msgid(MsgId),
    /// A moment.
    Time(Time),
}

impl Bound {
    /// The id before which its earlier side ends: before anything said at a moment.
    fn begin(self) -> MsgId {
        match self {
            Bound::Msgid(msgid) => msgid,
            Bound::Time(time) => MsgId { time, position: Position(0) },
        }
    }

    /// The id behind which its later side begins: past everything said at a moment.
    fn end(self) -> MsgId {
        match self {
            Bound::Msgid(msgid) => msgid,
            Bound::Time(time) => MsgId { time, position: Position(u64::MAX) },
        }
    }
}

/// When something was last said in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSaid {
    /// Where.
    pub conversation: Conversation,
    /// When.
    pub time: Time,
    /// What the other one was called then, in private.
    pub called: Option<Called>,
}

/// What somebody was called when something was last said in private with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// By this nick.
    pub nick: Arc<str>,
    /// No later conversation is with somebody who was called so; of old ones that is not known, and then it is `false`.
    pub latest: bool,
}

impl StoredMessage {
    /// What the other one of two was called in private when this was said; `None` if it is not remembered who said it.
    pub fn partner(&self, own: u64) -> Option<Arc<str>> {
        match self.author?.number() == own {
            true => Some(Arc::clone(&self.target)),
            false => Some(self.source.split('!').next().unwrap_or_default().into()),
        }
    }
}
