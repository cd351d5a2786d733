//! PRIVMSG, NOTICE and TAGMSG: something said, to a room or to one person.
//! <https://modern.ircdocs.horse/#sending-messages>, <https://ircv3.net/specs/extensions/message-tags>

use std::sync::Arc;

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::durable::{Change, Conversation, MessageKind, RoomRecord, StoredMessage};
use crate::entry::{Action, Audience, Event, Said};
use crate::ids::{RoomId, UserId};
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(super) const PRIVMSG: Command = Command { name: "PRIVMSG", params_min: 0, parse: privmsg, ..ROW };
pub(super) const NOTICE: Command = Command { name: "NOTICE", params_min: 0, parse: notice, ..ROW };
pub(super) const TAGMSG: Command = Command { name: "TAGMSG", params_min: 1, parse: tagmsg, ..ROW };
const ROW: Command =
    Command { name: "", params_min: 0, stage: Stage::Registered, answers: Answers::OneEach, parse: |_| {} };

/// How many targets one line may have: `TARGMAX` in 005.
pub(crate) const TARGETS_MAX: usize = 4;

/// Something is said: by the session's user, or without a session by the server itself.
#[derive(Clone, Debug)]
pub struct Say {
    /// By which command.
    pub kind: MessageKind,
    /// To whom.
    pub target: Target,
    /// The client-only tags as they stood on the wire, without `@`.
    pub tags: Arc<str>,
    /// What; empty for TAGMSG.
    pub text: Arc<str>,
}

/// To whom something is said.
#[derive(Clone, Debug)]
pub enum Target {
    /// Everybody in a room.
    Room(RoomName),
    /// One person.
    Person(Nick),
}

impl Target {
    /// Reads a target; `None` if it can be neither a room nor a person.
    pub fn parse(name: &str) -> Option<Self> {
        match name.starts_with('#') {
            true => RoomName::parse(name).ok().map(Target::Room),
            false => Nick::parse(name).ok().map(Target::Person),
        }
    }

    /// Its name, as the client spelt it.
    pub fn as_str(&self) -> &str {
        match self {
            Target::Room(room) => room.as_str(),
            Target::Person(nick) => nick.as_str(),
        }
    }
}

/// The command a message came by.
pub(crate) fn command_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Privmsg => PRIVMSG.name,
        MessageKind::Notice => NOTICE.name,
        MessageKind::Tagmsg => TAGMSG.name,
    }
}

fn privmsg(request: &mut Request<'_>) {
    parse(request, MessageKind::Privmsg);
}

fn notice(request: &mut Request<'_>) {
    parse(request, MessageKind::Notice);
}

fn tagmsg(request: &mut Request<'_>) {
    parse(request, MessageKind::Tagmsg);
}

fn parse(request: &mut Request<'_>, kind: MessageKind) {
    let (targets, text) = (request.param(0), request.param(1));
    let tags = client_tags(request);
    if targets.is_empty() {
        let text = format!("No recipient given ({})", command_name(kind));
        return request.reply(Reply::numeric(n::ERR_NORECIPIENT, text));
    }
    match kind {
        MessageKind::Tagmsg if tags.is_empty() => return,
        MessageKind::Privmsg | MessageKind::Notice if text.is_empty() => {
            return request.reply(Reply::numeric(n::ERR_NOTEXTTOSEND, "No text to send"));
        }
        _ => {}
    }
    if targets.split(',').count() > TARGETS_MAX {
        return request.reply(Reply::numeric(n::ERR_TOOMANYTARGETS, "Too many targets").param(super::shown(targets)));
    }
    let text: Arc<str> = if kind == MessageKind::Tagmsg { "".into() } else { text.into() };
    for name in targets.split(',') {
        match Target::parse(name) {
            Some(target) => {
                let (tags, text) = (Arc::clone(&tags), Arc::clone(&text));
                request.submit(Action::Say(Say { kind, target, tags, text }));
            }
            None if name.starts_with('#') => request.reply(no_such_channel(name)),
            None => request.reply(no_such_nick(name)),
        }
    }
}

/// The tags that are for the receivers: those that begin with `+`.
fn client_tags(request: &Request<'_>) -> Arc<str> {
    if !request.session.caps.has(Caps::MESSAGE_TAGS) {
        return "".into();
    }
    let raw = request.message.tags.raw();
    raw.split(';').filter(|tag| tag.len() > 1 && tag.starts_with('+')).collect::<Vec<_>>().join(";").into()
}

fn no_such_nick(name: &str) -> Reply {
    Reply::numeric(n::ERR_NOSUCHNICK, "No such nick/channel").param(super::shown(name))
}

fn no_such_channel(name: &str) -> Reply {
    Reply::numeric(n::ERR_NOSUCHCHANNEL, "No such channel").param(super::shown(name))
}

/// Who says it: a session's user, or the server.
#[derive(Clone)]
struct Author {
    user: Option<UserId>,
    source: Arc<str>,
}

pub(crate) fn apply(turn: &mut Turn<'_>, say: &Say) {
    let author = match (&turn.entry.origin, turn.actor()) {
        (Some(_), Some(user)) => Author { user: Some(user.id), source: user.source() },
        (Some(_), None) => return,
        (None, _) => Author { user: None, source: Arc::clone(&turn.world.rules.server_name) },
    };
    let said = match &say.target {
        Target::Room(name) => to_room(turn, say, &author, name),
        Target::Person(nick) => to_person(turn, say, &author, nick),
    };
    if let Err(refusal) = said {
        turn.reply(refusal);
    }
}

fn to_room(turn: &mut Turn<'_>, say: &Say, author: &Author, name: &RoomName) -> Result<(), Reply> {
    let room = turn.world.durable.room_named(name).map(|room| room.record.clone());
    let absent = |room: &RoomRecord| turn.world.presence.is_empty(room.id) && author.user.is_some();
    let Some(room) = room.filter(|room| !absent(room)) else { return Err(no_such_channel(name.as_str())) };
    if let Some(user) = author.user.and_then(|id| turn.world.presence.user(id))
        && !user.rooms.contains(&room.id)
    {
        let text = "You are not in that channel";
        return Err(Reply::numeric(n::ERR_CANNOTSENDTOCHAN, text).param(name.as_str().to_owned()));
    }
    let said = message(turn, say, author, Conversation::room(room.id), &room.name, true)?;
    let id = room.id;
    if !room.spoken && say.kind != MessageKind::Tagmsg {
        turn.put_room(RoomRecord { spoken: true, ..room });
    }
    keep(turn, &said);
    turn.tell(Audience::Room(RoomId(id.0)), Event::Said(said));
    Ok(())
}

fn to_person(turn: &mut Turn<'_>, say: &Say, author: &Author, nick: &Nick) -> Result<(), Reply> {
    let Some(person) = turn.world.presence.user_named(nick) else { return Err(no_such_nick(nick.as_str())) };
    let (to, away, shown) = (person.id, person.sessions.is_empty(), Arc::<str>::from(person.nick.as_str()));
    let guest_of = |id: Option<UserId>| turn.world.presence.user(id?)?.guest;
    let conversation = guest_of(author.user).zip(person.guest).map(|(a, b)| Conversation::private(a, b));
    let nobody = Conversation { first: 0, second: 0 };
    let said = message(turn, say, author, conversation.unwrap_or(nobody), &shown, conversation.is_some())?;
    if away && !said.kept {
        // The seat is kept, but nobody sits there, and nothing would be there to be read later.
        return Err(no_such_nick(nick.as_str()));
    }
    keep(turn, &said);
    match (author.user, &turn.entry.origin) {
        (Some(from), Some(origin)) if from == to => {
            turn.tell(Audience::Session(origin.session), Event::Said(Arc::clone(&said)));
            turn.tell_unasked(Audience::User(to), Event::Said(said));
        }
        (Some(from), _) => {
            turn.tell_unasked(Audience::User(to), Event::Said(Arc::clone(&said)));
            turn.tell(Audience::User(from), Event::Said(said));
        }
        (None, _) => turn.tell_unasked(Audience::User(to), Event::Said(said)),
    }
    Ok(())
}

/// The message as everybody will get it, or why it cannot be said.
fn message(
    turn: &Turn<'_>,
    say: &Say,
    author: &Author,
    conversation: Conversation,
    target: &Arc<str>,
    lasting: bool,
) -> Result<Arc<Said>, Reply> {
    let command = command_name(say.kind);
    if author.source.len() + command.len() + target.len() + say.text.len() + ":   :".len() > MESSAGE_BODY_BYTES_MAX {
        return Err(Reply::numeric(n::ERR_INPUTTOOLONG, "Message too long once your address is put before it"));
    }
    let kept = lasting && turn.world.rules.keep_history && !is_passing(say);
    if kept && !turn.entry.writable {
        return Err(unavailable(command, target));
    }
    let message = StoredMessage {
        conversation,
        msgid: turn.entry.msgid(),
        kind: say.kind,
        source: Arc::clone(&author.source),
        target: Arc::clone(target),
        tags: Arc::clone(&say.tags),
        text: Arc::clone(&say.text),
    };
    Ok(Arc::new(Said { message, kept }))
}

/// Whether it says nothing but that somebody is typing. <https://ircv3.net/specs/client-tags/typing>
fn is_passing(say: &Say) -> bool {
    let key = |tag: &str| tag.split('=').next().map(str::to_owned);
    say.kind == MessageKind::Tagmsg && say.tags.split(';').all(|tag| key(tag).as_deref() == Some("+typing"))
}

fn keep(turn: &mut Turn<'_>, said: &Said) {
    if said.kept {
        turn.out.changes.push(Change::Message(said.message.clone()));
    }
}
