//! Questions that read the world and change nothing.

use std::sync::Arc;

use teahouse_proto::names::{Nick, RoomName};

use crate::commands::{
    about, account, cert, chathistory, ison, list, lusers, markread, metadata, mode, monitor, names, persistence,
    redeem, room, say, search, topic, uban, usermode, who, whois, whowas,
};
use crate::departed::Departed;
use crate::durable::{Bound, Conversation, LastSaid, Span};
use crate::entry::RoomView;
use crate::held::HeldRead;
use crate::ids::{AccountId, Identity, RoomId, SessionId, Time, TokenHash, UserId};
use crate::modes::List;
use crate::reply::{Reply, Scope};
use crate::sasl::scram;
use crate::session::Answer;
use crate::words::Phrase;
use crate::world::World;

/// What a session asks.
#[derive(Debug)]
pub enum Query {
    /// Who is in a room, from behind this user on.
    Names(RoomAsked, UserId),
    /// What a room's topic is.
    Topic(RoomName),
    /// What was said.
    History(chathistory::Ask),
    /// Up to when a conversation is read.
    Marker(say::Target),
    /// What was said, by what stands in it.
    Search(Box<search::Ask>),
    /// What is told of somebody or of a room.
    Metadata(metadata::read::Ask),
    /// What is told of a room and those in it.
    MetadataRoom(metadata::read::RoomSync),
    /// What is told of those of whom a session is told.
    MetadataNewly(metadata::read::Newly),
    /// What a room is set to.
    Modes(RoomName),
    /// Who is on a room's list.
    ModeList(RoomName, List),
    /// What a user is marked with.
    UserModes(Nick),
    /// Who is in a room or meets a mask, from behind this user on.
    Who(who::Wanted, UserId),
    /// About one person.
    Whois(Nick),
    /// About those who had a nick and have left, so many.
    Whowas(Nick, usize),
    /// What whoever would prove an account by SCRAM is to answer.
    Challenge(scram::First),
    /// Whether an invitation is good.
    Invitation(TokenHash),
    /// By which certificates an account can be proved.
    Certificates,
    /// Which rooms there are, from behind this one on.
    List(Vec<list::Filter>, RoomId),
    /// Which of these are here.
    Ison(Vec<Nick>),
    /// The addresses of these.
    Userhost(Vec<Nick>),
    /// Who is on the asker's list.
    Monitored(monitor::Listing),
    /// Who may not come in.
    Bans,
    /// Whose ranks a room remembers.
    Access(RoomName),
    /// For how long a room keeps what is said in it.
    Keep(RoomName),
    /// Whether the asker's seats are kept.
    AlwaysOn,
    /// How many there are.
    Lusers,
    /// Which accounts there are, from behind this one on.
    Accounts(AccountId),
    /// All that is held on an account.
    Export(Box<account::export::Export>),
    /// The server's time.
    Time,
}

/// The room that an answer of several pieces is about: found by its name, and from then on by its number, since it may go by
/// another name before the answer is whole.
#[derive(Clone, Debug)]
pub struct RoomAsked {
    /// As it was asked for.
    pub(crate) name: RoomName,
    /// Which one it is, from the first piece on.
    pub(crate) room: Option<RoomId>,
}

impl From<RoomName> for RoomAsked {
    fn from(name: RoomName) -> Self {
        RoomAsked { name, room: None }
    }
}

impl RoomAsked {
    /// The room that a session was shown.
    pub(crate) fn shown(view: &RoomView) -> Option<Self> {
        Some(RoomAsked { name: RoomName::parse(&view.name).ok()?, room: Some(view.id) })
    }
}

/// What the world answers: lines, and for history what is to be read, as of now.
#[derive(Debug)]
pub struct Asked {
    /// For the session, in this order.
    pub answers: Vec<Answer>,
    /// The read whose result fills [`Answer::Await`].
    pub read: Option<StoreRead>,
    /// What is to be asked when these answers are on their way, if they are not all.
    pub(crate) more: Option<Query>,
}

/// What is to be read from the store.
#[derive(Debug)]
pub enum StoreRead {
    /// A part of a conversation.
    History(HistoryRead),
    /// Which conversations there are; named by [`World::name_targets`].
    Targets(TargetsRead),
    /// What is found.
    Search(Box<SearchRead>),
    /// What is held on an account.
    Held(HeldRead),
    /// One of these, in a conversation that is to be found first.
    Departed(Departed, Box<StoreRead>),
}

/// A part of a conversation that is to be read.
#[derive(Clone, Copy, Debug)]
pub struct HistoryRead {
    /// Of which conversation.
    pub conversation: Conversation,
    /// Which part.
    pub span: Span,
    /// At most so many rows.
    pub limit: usize,
    /// Whether what happened is wanted besides what was said.
    pub happenings: bool,
    /// How reactions to what was said are wanted.
    pub reactions: Reactions,
}

/// How the reactions to what was said come with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reactions {
    /// Not at all.
    #[default]
    None,
    /// Each at its own time, as one of the rows.
    InTime,
    /// All of a message's behind it, whenever they were given, beside the rows.
    WithMessages,
}

/// Which conversations are to be looked for in the store, by when something was last said there.
#[derive(Clone, Debug)]
pub struct TargetsRead {
    /// These rooms,
    pub rooms: Vec<RoomId>,
    /// and all private conversations of this one.
    pub privately: Option<Identity>,
    /// Later than this, if the first is earlier than the second, else earlier, and counted from there on;
    pub first: Time,
    /// up to this, which is excluded, too.
    pub second: Time,
    /// At most so many.
    pub limit: usize,
}

/// What is to be looked for in the store: all of it must hold of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRead {
    /// It was said in one of these,
    pub conversations: Vec<Conversation>,
    /// or in private by or to this one.
    pub privately: Option<Identity>,
    /// These stand in it.
    pub phrases: Vec<Phrase>,
    /// Its author's name, as [`crate::words::name`] has it.
    pub author: Option<String>,
    /// The number of its author, where the name is an account's: nobody else who bore it, before or after, is meant.
    pub account: Option<u64>,
    /// There is a link in it.
    pub has_link: bool,
    /// It was said at this time or later, or behind this message.
    pub after: Option<Bound>,
    /// It was said at this time or earlier, or before this message.
    pub before: Option<Bound>,
    /// Of more than `limit` messages the oldest are wanted, not the newest.
    pub oldest: bool,
    /// At most so many rows.
    pub limit: usize,
}

impl StoreRead {
    /// The same in this conversation.
    pub fn within(self, conversation: Conversation) -> Self {
        match self {
            StoreRead::History(read) => StoreRead::History(HistoryRead { conversation, ..read }),
            StoreRead::Search(mut read) => {
                read.conversations = vec![conversation];
                StoreRead::Search(read)
            }
            other => other,
        }
    }
}

impl Asked {
    /// What is all there already.
    fn answers(answers: Vec<Answer>) -> Self {
        Asked { answers, read: None, more: None }
    }

    /// Lines and nothing else.
    pub(crate) fn replies(scope: &Scope, replies: Vec<Reply>) -> Self {
        let answers = replies.into_iter().map(|reply| Answer::Reply(scope.clone(), reply)).collect();
        Asked { answers, read: None, more: None }
    }

    /// One line.
    pub(crate) fn one(scope: &Scope, reply: Reply) -> Self {
        Asked::replies(scope, vec![reply])
    }
}

impl World {
    /// Answers a question as of the last entry applied.
    ///
    /// Rows have lasting numbers and come in their order: whoever comes or goes while a long answer is given piece by
    /// piece is told so beside, and nobody else is left out or told twice.
    /// One hold's worth of it: [`Answer::Asked`] says whether there is more.
    pub fn ask(&self, session: SessionId, scope: Scope, query: Query, now: Time) -> Asked {
        let mut asked = self.look_up(session, scope.clone(), query, now);
        let more = asked.more.take().map(|query| (scope, query));
        asked.answers.push(Answer::Asked(more));
        asked
    }

    /// What a session is told of conversations that were found for it, as of now: their names.
    pub fn name_targets(&self, session: SessionId, found: &[LastSaid], limit: usize) -> Vec<(Arc<str>, Time)> {
        chathistory::named(self, session, found, limit)
    }

    fn look_up(&self, session: SessionId, scope: Scope, query: Query, now: Time) -> Asked {
        match query {
            Query::Names(room, after) => names::answer(self, session, scope, room, after),
            Query::Topic(room) => topic::answer(self, session, scope, &room),
            Query::History(ask) => chathistory::answer(self, session, scope, ask),
            Query::Marker(target) => markread::answer(self, session, &scope, &target),
            Query::Search(ask) => search::answer(self, session, scope, *ask),
            Query::Metadata(ask) => metadata::read::answer(self, session, &scope, ask),
            Query::MetadataRoom(sync) => metadata::read::answer_room(self, session, &scope, sync),
            Query::MetadataNewly(newly) => metadata::read::answer_newly(self, session, &scope, &newly),
            Query::Modes(room) => mode::answer(self, session, &scope, &room),
            Query::ModeList(room, list) => mode::answer_list(self, session, &scope, &room, list),
            Query::UserModes(nick) => usermode::answer(self, session, &scope, &nick),
            Query::Who(wanted, after) => who::answer(self, session, &scope, wanted, after),
            Query::Whois(nick) => whois::answer(self, session, &scope, &nick, now),
            Query::Whowas(nick, count) => whowas::answer(self, session, &scope, &nick, count),
            Query::Challenge(first) => Asked::answers(scram::challenge(self, &scope, first)),
            Query::Invitation(code) => redeem::answer(self, &scope, code, now),
            Query::Certificates => cert::answer(self, session, &scope),
            Query::List(filters, after) => list::answer(self, session, &scope, filters, after, now),
            Query::Ison(nicks) => ison::answer(self, &scope, &nicks),
            Query::Userhost(nicks) => ison::answer_userhost(self, &scope, &nicks),
            Query::Monitored(listing) => monitor::answer(self, session, &scope, listing),
            Query::Bans => uban::answer(self, session, &scope),
            Query::Access(room) => room::access::answer(self, session, &scope, &room),
            Query::Keep(room) => room::keep::answer(self, session, &scope, &room),
            Query::AlwaysOn => persistence::answer(self, session, &scope),
            Query::Lusers => lusers::answer(self, &scope),
            Query::Accounts(after) => account::answer(self, session, &scope, after, now),
            Query::Export(export) => account::export::answer(self, session, scope, *export, now),
            Query::Time => about::answer_time(self, &scope, now),
        }
    }
}
