//! Lines that many receive: encoded once per variant, shared by all.

use std::sync::Arc;

use bytes::Bytes;
use teahouse_proto::irc::{LineBuilder, Tags};
use teahouse_proto::names::Nick;

use super::words::{Lines, Words};
use super::{Receiver, Variant, begin, framed, reply};
use crate::capabilities::Caps;
use crate::commands::rename::Renamed;
use crate::commands::{edit, markread, metadata, say};
use crate::durable::{Happening, MessageKind, StoredMessage};
use crate::entry::{Event, Membership, Said};
use crate::happenings;
use crate::ids::{Identity, MsgId, Time};
use crate::info::ServerInfo;
use crate::lines;
use crate::reply::{Reply, Scope, unavailable};
use crate::world::account_in;

/// The capabilities that change the bytes of an event.
const RELEVANT: Caps = Caps::MESSAGE_TAGS
    .or(Caps::SERVER_TIME)
    .or(Caps::EXTENDED_JOIN)
    .or(Caps::AWAY_NOTIFY)
    .or(Caps::MESSAGE_REDACTION)
    .or(Caps::INVITE_NOTIFY)
    .or(Caps::SETNAME)
    .or(Caps::CHGHOST)
    .or(Caps::ACCOUNT_NOTIFY)
    .or(Caps::ACCOUNT_TAG)
    .or(Caps::READ_MARKER)
    .or(Caps::PERSISTENCE)
    .or(Caps::METADATA)
    .or(Caps::CHANNEL_RENAME)
    .or(Caps::CLIENT_MSGID);

/// Those that change the bytes of what two say to one another.
const OF_TWO: Caps = RELEVANT.or(Caps::PARTNER).or(Caps::PARTNER_SPEAKS);

/// Those that change the bytes of this one.
fn relevant(event: &Event) -> Caps {
    let of_two = |message: &StoredMessage| if message.conversation.second == 0 { RELEVANT } else { OF_TWO };
    match event {
        Event::Said(said) if lines::is_many(&said.message.text) => {
            of_two(&said.message).or(Caps::MULTILINE).or(Caps::BATCH)
        }
        Event::Said(said) => of_two(&said.message),
        Event::Edited(edited) => of_two(&edited.words).or(Caps::MULTILINE).or(Caps::BATCH).or(Caps::MESSAGE_EDIT),
        _ => RELEVANT,
    }
}

/// One event, with those variants of it that somebody has needed so far.
pub(crate) struct Shared<'a> {
    info: &'a ServerInfo,
    time: Time,
    event: &'a Event,
    relevant: Caps,
    encoded: Vec<(Variant, Option<Lines>)>,
}

impl<'a> Shared<'a> {
    /// `encoded` is what was needed of it before.
    pub(crate) fn new(
        info: &'a ServerInfo,
        time: Time,
        event: &'a Event,
        encoded: Vec<(Variant, Option<Lines>)>,
    ) -> Self {
        Shared { info, time, event, relevant: relevant(event), encoded }
    }

    /// What was needed of it so far.
    pub(crate) fn into_encoded(self) -> Vec<(Variant, Option<Lines>)> {
        self.encoded
    }

    /// The line for receivers of this kind; `None` if they are told nothing.
    pub(crate) fn line(&mut self, variant: Variant) -> Option<Lines> {
        self.own_line(Variant { caps: strangers(variant.caps), ..variant })
    }

    /// The line for a session whose user's own words these are.
    pub(crate) fn own_line(&mut self, variant: Variant) -> Option<Lines> {
        let variant = Variant { caps: variant.caps.and(self.relevant), ..variant };
        if let Some((_, line)) = self.encoded.iter().find(|(known, _)| *known == variant) {
            return line.clone();
        }
        let is_told = variant.caps.has(needed(self.event)) || is_unreact(variant.caps, self.event);
        let line = is_told.then(|| self.encode(variant, &Scope::Plain));
        self.encoded.push((variant, line.clone()));
        line
    }

    /// What answers the session whose action this was; what it does not know is no answer, but a label is acknowledged. So is
    /// each of several things that are said by one line: their batch is not closed before they are kept.
    pub(crate) fn answer(&self, to: Receiver<'_>, scope: &Scope) -> Option<Lines> {
        // One's own words come back to those only who want them.
        let wanted = match self.event {
            Event::Said(_) => to.variant.caps.has(needed(self.event).or(Caps::ECHO_MESSAGE)),
            Event::Edited(_) if !to.variant.caps.has(Caps::MESSAGE_EDIT) => to.variant.caps.has(Caps::ECHO_MESSAGE),
            // Whoever marks is answered, whether or not it wants to hear of its other sessions' marks.
            Event::Marked { .. } => true,
            event => to.variant.caps.has(needed(event)),
        };
        let lines = wanted.then(|| self.encode(to.variant, scope));
        let is_acknowledged = match scope {
            Scope::Label(_) => true,
            Scope::Batch(_) => matches!(self.event, Event::Said(_)),
            Scope::Plain | Scope::Service(..) => false,
        };
        lines.or_else(|| is_acknowledged.then(|| Lines::One(ack(to, scope))))
    }

    fn encode(&self, variant: Variant, scope: &Scope) -> Lines {
        let caps = variant.caps;
        if let Event::Said(said) = self.event {
            let (server, message) = (&self.info.name, &said.message);
            return Words { variant, server, scope, message, target: &message.target }.lines();
        }
        if let Event::Edited(edited) = self.event
            && !caps.has(Caps::MESSAGE_EDIT)
        {
            let text = format!("* {}", edited.words.text).into();
            let (server, message) = (&self.info.name, &StoredMessage { text, ..edited.words.clone() });
            return Words { variant, server, scope, message, target: &message.target }.lines();
        }
        Lines::One(framed(variant.framing, |buf| {
            let mut line = begin(buf, caps, scope, Some(self.time));
            tag_account(&mut line, self.info, caps, self.event);
            write(&mut line, self.info, caps, self.event);
        }))
    }
}

/// What those see who are not the author: a client's own id of a message is for its own eyes, and of two the other one is
/// the author.
pub(super) fn strangers(caps: Caps) -> Caps {
    let told = caps.without(Caps::CLIENT_MSGID.or(Caps::PARTNER));
    if caps.has(Caps::PARTNER) { told.or(Caps::PARTNER_SPEAKS) } else { told }
}

/// Whether an event is told also to those who share no room but monitor the nick, with these capabilities.
/// <https://ircv3.net/specs/extensions/extended-monitor>
pub(crate) fn is_told_from_afar(event: &Event, caps: Caps) -> bool {
    let wanted = if matches!(event, Event::Metadata(_)) { Caps::METADATA } else { Caps::EXTENDED_MONITOR };
    monitored(event).is_some() && caps.has(wanted)
}

/// Whose nick has to be monitored for that.
pub(crate) fn monitored(event: &Event) -> Option<&Nick> {
    match event {
        Event::Away { nick, .. }
        | Event::NameSet { nick, .. }
        | Event::Readdressed { nick, .. }
        | Event::LoggedIn { nick, .. } => Some(nick),
        Event::Metadata(changed) => changed.nick.as_ref(),
        _ => None,
    }
}

/// Names the account of who does that. <https://ircv3.net/specs/extensions/account-tag>
fn tag_account(line: &mut LineBuilder<'_>, info: &ServerInfo, caps: Caps, event: &Event) {
    if caps.has(Caps::ACCOUNT_TAG)
        && let Some(account) = source(event).and_then(|source| account_in(source, &info.name))
    {
        line.tag("account", account);
    }
}

/// Who does what others are told of; nobody's for what the server says itself, and for a message: that knows its author.
fn source(event: &Event) -> Option<&Arc<str>> {
    match event {
        Event::Entered(who) | Event::Left(who, _) | Event::Kicked { membership: who, .. } => Some(&who.source),
        Event::Quit { source, .. }
        | Event::Renamed { source, .. }
        | Event::Topic { source, .. }
        | Event::Modes { source, .. }
        | Event::UserModes { source, .. }
        | Event::Killed { source, .. }
        | Event::Wallops { source, .. }
        | Event::Invited { source, .. }
        | Event::InviteSeen { source, .. }
        | Event::Away { source, .. }
        | Event::NameSet { source, .. }
        | Event::LoggedIn { source, .. } => Some(source),
        Event::Redacted { source, .. } => Some(source),
        Event::Edited(edited) => Some(&edited.words.source),
        Event::Metadata(changed) => Some(&changed.source),
        Event::RoomRenamed(renamed) => Some(&renamed.source),
        _ => None,
    }
}

/// The capabilities without which an event is not told at all.
fn needed(event: &Event) -> Caps {
    match event {
        Event::Said(said) if said.message.kind == MessageKind::Tagmsg => Caps::MESSAGE_TAGS,
        Event::Redacted { .. } => Caps::MESSAGE_REDACTION,
        Event::RoomRenamed(_) => Caps::CHANNEL_RENAME,
        Event::Away { .. } => Caps::AWAY_NOTIFY,
        Event::InviteSeen { .. } => Caps::INVITE_NOTIFY,
        Event::NameSet { .. } => Caps::SETNAME,
        Event::Readdressed { .. } => Caps::CHGHOST,
        Event::LoggedIn { .. } => Caps::ACCOUNT_NOTIFY,
        Event::Marked { .. } => Caps::READ_MARKER,
        Event::Persistence(_) => Caps::PERSISTENCE,
        Event::Metadata(_) => Caps::METADATA,
        _ => Caps::default(),
    }
}

/// Whether this is a reaction that its author takes back, for somebody who knows that by a TAGMSG alone.
fn is_unreact(caps: Caps, event: &Event) -> bool {
    matches!(event, Event::Redacted { unreact: Some(_), .. })
        && caps.has(Caps::MESSAGE_TAGS)
        && !caps.has(Caps::MESSAGE_REDACTION)
}

fn write(line: &mut LineBuilder<'_>, info: &ServerInfo, caps: Caps, event: &Event) {
    match event {
        Event::Entered(who) => {
            join(line, caps, &who.source, account_in(&who.source, &info.name), &who.name, &who.realname);
        }
        Event::Left(who, reason) => {
            with_reason(line.source(&who.source).command("PART").param(&who.name), reason);
        }
        Event::Quit { source, reason, .. } => {
            line.source(source).command("QUIT").trailing(reason);
        }
        Event::Renamed { source, nick, .. } => {
            line.source(source).command("NICK").param(nick);
        }
        Event::RoomRenamed(renamed) => room_renamed(line, renamed),
        Event::Topic { room, source, text } => {
            line.source(source).command("TOPIC").param(room).trailing(text);
        }
        Event::Modes { room, source, changes, .. } => {
            // Mode parameters hold no spaces, and none begins with a colon.
            let line = line.source(source).command("MODE").param(room);
            changes.split(' ').fold(line, |line, word| line.param(word));
        }
        Event::UserModes { nick, source, changes, .. } => {
            line.source(source).command("MODE").param(nick).param(changes);
        }
        Event::Kicked { membership, nick, reason } => {
            line.source(&membership.source).command("KICK").param(&membership.name).param(nick).trailing(reason);
        }
        Event::Killed { nick, source, reason } => {
            line.source(source).command("KILL").param(nick).trailing(reason);
        }
        Event::Wallops { source, text } => {
            line.source(source).command("WALLOPS").trailing(text);
        }
        Event::Redacted { source, target, msgid, unreact: Some(tags), .. } if is_unreact(caps, event) => {
            unreacted(line, *msgid, tags);
            line.source(source).command(say::command_name(MessageKind::Tagmsg)).param(target);
        }
        Event::Redacted { source, target, msgid, message, reason, .. } => {
            if caps.has(Caps::MESSAGE_TAGS) {
                line.tag("msgid", &msgid.to_string());
            }
            with_reason(line.source(source).command("REDACT").param(target).param(&message.to_string()), reason);
        }
        Event::Invited { nick, source, room } | Event::InviteSeen { nick, source, room } => {
            line.source(source).command("INVITE").param(nick).param(room);
        }
        Event::Away { source, reason, .. } => {
            with_reason(line.source(source).command("AWAY"), reason);
        }
        Event::NameSet { source, realname, .. } => {
            line.source(source).command("SETNAME").trailing(realname);
        }
        Event::Readdressed { source, address, .. } => {
            let (user, host) = address.split_once('@').unwrap_or((address, "*"));
            line.source(source).command("CHGHOST").param(user).param(host);
        }
        Event::LoggedIn { nick, source } => {
            line.source(source).command("ACCOUNT").param(nick.as_str());
        }
        Event::Marked { target, upto } => {
            line.source(&info.name).command("MARKREAD").param(target).param(&markread::shown(*upto));
        }
        Event::Persistence(always_on) => {
            let [wanted, effective] = always_on.words();
            line.source(&info.name).command("PERSISTENCE").param("STATUS").param(wanted).param(effective);
        }
        Event::Metadata(changed) => told_of(line, changed),
        Event::Announced(text) => {
            line.source(&info.name).command("NOTICE").param("*").trailing(text);
        }
        Event::Edited(edited) => reworded(line, edited),
        // These may take several lines.
        Event::Said(_) => {}
        // These are for one session, and laid out for it.
        Event::Attached(_) | Event::Moved(_) | Event::Authenticated(_) | Event::Promise(..) => {}
        Event::NotAttached(_) | Event::Detached(..) | Event::Room(_) | Event::Reentered(_) => {}
        Event::Reply(_) | Event::Told(_) | Event::Watching { .. } | Event::Close(_) => {}
    }
}

fn room_renamed(line: &mut LineBuilder<'_>, renamed: &Renamed) {
    let line = line.source(&renamed.source).command("RENAME").param(&renamed.from);
    line.param(&renamed.to).trailing(&renamed.reason);
}

fn unreacted(line: &mut LineBuilder<'_>, msgid: MsgId, tags: &str) {
    line.tag("msgid", &msgid.to_string());
    for (key, value) in Tags::new(tags).iter() {
        line.tag(key, &value);
    }
}

fn told_of(line: &mut LineBuilder<'_>, changed: &metadata::set::Changed) {
    let visibility = if changed.is_private { "private" } else { "*" };
    line.source(&changed.source).command("METADATA").param(&changed.target).param(changed.key.as_str());
    line.param(visibility);
    if let Some(value) = &changed.value {
        line.trailing(value);
    }
}

fn reworded(line: &mut LineBuilder<'_>, edited: &edit::Edited) {
    line.tag("msgid", &edited.words.msgid.to_string());
    line.tag(edit::TARGET_TAG, &edited.message.to_string()).tag(edit::TEXT_TAG, &edited.words.text);
    line.source(&edited.words.source).command("EDIT").param(&edited.words.target);
}

/// Ends a line by why something is done, if that was said.
fn with_reason(line: &mut LineBuilder<'_>, reason: &str) {
    if !reason.is_empty() {
        line.trailing(reason);
    }
}

/// Somebody comes into a room, with account and real name for those who want to know.
/// <https://ircv3.net/specs/extensions/extended-join>
pub(super) fn join(
    line: &mut LineBuilder<'_>,
    caps: Caps,
    source: &str,
    account: Option<&str>,
    room: &str,
    realname: &str,
) {
    line.source(source).command("JOIN").param(room);
    if caps.has(Caps::EXTENDED_JOIN) {
        line.param(account.unwrap_or("*")).trailing(realname);
    }
}

/// What those see of another name of a room who do not know of such: they leave it, and enter it by the new name.
pub(crate) fn reentered(
    to: Receiver<'_>,
    scope: &Scope,
    time: Time,
    (entered, renamed): (&Membership, &Renamed),
) -> Lines {
    let left = Membership { name: Arc::clone(&renamed.from), ..entered.clone() };
    let events = [Event::Left(left, Arc::clone(&renamed.reason)), Event::Entered(entered.clone())];
    let line = |event: Event| {
        framed(to.variant.framing, |buf| {
            let mut line = begin(buf, to.variant.caps, scope, Some(time));
            tag_account(&mut line, to.info, to.variant.caps, &event);
            write(&mut line, to.info, to.variant.caps, &event);
        })
    };
    Lines::Many(events.map(line).into())
}

/// What has happened, told again as a line of a page; nothing for those who do not know such a line.
pub(super) fn happened(to: Receiver<'_>, scope: &Scope, happening: Happening, row: &StoredMessage) -> Option<Bytes> {
    let (info, caps, event) = (to.info, to.variant.caps, happenings::event(happening, row));
    // An account that is gone is named no more: its name may be another's by now.
    let is_known = row.author.and_then(Identity::account).is_some();
    let line = |buf: &mut Vec<u8>| {
        let mut line = begin(buf, caps, scope, Some(row.msgid.time));
        if caps.has(Caps::MESSAGE_TAGS) {
            line.tag("msgid", &row.msgid.to_string());
        }
        match &event {
            _ if is_known => {
                tag_account(&mut line, info, caps, &event);
                write(&mut line, info, caps, &event);
            }
            Event::Entered(who) => join(&mut line, caps, &who.source, None, &who.name, &who.realname),
            event => write(&mut line, info, caps, event),
        }
    };
    caps.has(needed(&event)).then(|| framed(to.variant.framing, line))
}

/// The bare acknowledgement of a labelled line.
fn ack(to: Receiver<'_>, scope: &Scope) -> Bytes {
    reply(to, scope, &Reply::word("ACK"))
}

/// What its author reads when a message could not be stored.
pub(crate) fn failure(to: Receiver<'_>, scope: &Scope, said: &Said) -> Bytes {
    reply(to, scope, &unavailable(say::command_name(said.message.kind), &said.message.target))
}
