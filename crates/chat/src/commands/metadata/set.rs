//! What is changed, and who is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX};
use teahouse_proto::names::Nick;

use super::read::{Holder, Subject, entries, subject};
use super::{KEYS_MAX, Key, Whose, framed, key_value, no_permission, no_target, not_set, unfit_value};
use crate::durable::{Fact, FactKind};
use crate::entry::{Audience, Event};
use crate::ids::{RoomId, UserId};
use crate::modes::Rank;
use crate::reply::{Reply, Scope, unavailable};
use crate::shard::Gate;
use crate::world::Turn;

/// So many changes may somebody make
const CHANGES_MAX: u32 = 60;
/// in so long, in milliseconds.
const CHANGES_WINDOW_MS: u64 = 60_000;

/// Somebody changes what is told of itself, or of a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetMetadata {
    /// Whose.
    pub whose: Whose,
    /// How.
    pub wanted: Wanted,
}

/// What is to become of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Wanted {
    /// A key has this value, or none.
    Put(Key, Option<Arc<str>>),
    /// No key has any; settings of one's own stay.
    Clear {
        /// The reference of the answer's batch.
        batch: Option<Box<str>>,
    },
}

/// A key has another value, for those who subscribe to it.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Whom to monitor to hear of it from outside, if it is a person's.
    pub nick: Option<Nick>,
    /// The nick, or the room's name.
    pub target: Arc<str>,
    /// `nick!user@host` of who changed it.
    pub source: Arc<str>,
    /// Which key.
    pub key: Key,
    /// Whether it is for its owner alone.
    pub is_private: bool,
    /// The value; none any more without.
    pub value: Option<Arc<str>>,
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetMetadata) {
    let Some(origin) = turn.entry.origin.clone() else { return };
    let Some(subject) = subject(turn.world, origin.session, &set.whose) else {
        return turn.reply(no_target(set.whose.as_str()));
    };
    let shown = subject.shown(&set.whose);
    let key = match &set.wanted {
        Wanted::Put(key, _) => key.as_str(),
        Wanted::Clear { .. } => "*",
    };
    if !may_change(turn, &subject) {
        return turn.reply(no_permission(&shown, key));
    }
    if !turn.entry.writable && matches!(subject.holder, Holder::Kept(_)) {
        return turn.reply(unavailable("METADATA", &shown));
    }
    match &set.wanted {
        Wanted::Put(key, value) => put(turn, &subject, &shown, key, value.clone()),
        Wanted::Clear { batch } => clear(turn, &subject, &shown, batch.as_deref()),
    }
}

/// Of oneself one may tell anything, of a room its ops may.
fn may_change(turn: &Turn<'_>, subject: &Subject) -> bool {
    let Some(room) = subject.room else { return subject.is_own };
    let ranks = turn.actor().and_then(|user| turn.world.presence.ranks(room, user.id));
    ranks.is_some_and(|ranks| ranks.is_at_least(Rank::Op))
}

fn put(turn: &mut Turn<'_>, subject: &Subject, shown: &str, key: &Key, value: Option<Arc<str>>) {
    let there = entries(turn.world, subject);
    let is_private = subject.is_private(key);
    let before = there.iter().find(|(known, _)| known == key).map(|(_, value)| value);
    match (&value, before) {
        (None, None) => return turn.reply(not_set(shown, key)),
        (Some(_), None)
            if there.iter().filter(|(known, _)| subject.is_private(known) == is_private).count() >= KEYS_MAX =>
        {
            let refusal = Reply::fail("METADATA", "LIMIT_REACHED", "There are as many keys as there may be");
            return turn.reply(refusal.param(shown.to_owned()));
        }
        _ => {}
    }
    if value.as_ref().is_some_and(|value| !fits(turn, subject, key, value)) {
        return turn.reply(unfit_value());
    }
    let line = key_value(shown, key, is_private, value.as_deref());
    if let Some(refusal) = too_often(turn, shown, key) {
        return turn.reply(refusal);
    }
    // What changes nothing has nothing to wait for.
    if before == value.as_ref() {
        return turn.reply(line);
    }
    change(turn, subject, key, value);
    answer(turn, subject, line);
}

/// Each change goes to the disk, and to everybody around.
fn too_often(turn: &mut Turn<'_>, shown: &str, key: &Key) -> Option<Reply> {
    let (user, now) = (turn.actor()?.id, turn.entry.time);
    let wait_ms = turn.world.presence.count_telling(user, now, CHANGES_MAX, CHANGES_WINDOW_MS)?;
    let refusal = Reply::fail("METADATA", "RATE_LIMITED", "That is changed too often; wait a little");
    let refusal = refusal.param(shown.to_owned()).param(key.as_str().to_owned());
    Some(refusal.param(wait_ms.div_ceil(1000).to_string()).param("*"))
}

/// The line that tells it must hold it whole, whatever its owner's nick is by then.
fn fits(turn: &Turn<'_>, subject: &Subject, key: &Key, value: &str) -> bool {
    let source = turn.actor().map_or(0, |user| user.address().len()) + NICK_BYTES_MAX;
    let head = source.max(turn.world.rules.server_name.len() + NICK_BYTES_MAX);
    let target = if subject.room.is_some() { subject.name.len() } else { NICK_BYTES_MAX };
    let frame = ":!  METADATA  private  :".len();
    head + target + key.as_str().len() + value.len() + frame <= MESSAGE_BODY_BYTES_MAX
}

fn clear(turn: &mut Turn<'_>, subject: &Subject, shown: &str, batch: Option<&str>) {
    let Some(outer) = turn.entry.origin.as_ref().map(|origin| origin.scope.clone()) else { return };
    let (open, inside, close) = framed(batch, shown, &outer);
    open.into_iter().for_each(|line| turn.reply(line));
    for (key, _) in entries(turn.world, subject) {
        if subject.is_private(&key) {
            continue;
        }
        change(turn, subject, &key, None);
        answer_in(turn, subject, inside.clone(), key_value(shown, &key, false, None));
    }
    close.into_iter().for_each(|line| turn.reply(line));
}

/// What is kept is answered when it is.
fn answer(turn: &mut Turn<'_>, subject: &Subject, line: Reply) {
    if let Some(scope) = turn.entry.origin.as_ref().map(|origin| origin.scope.clone()) {
        answer_in(turn, subject, scope, line);
    }
}

fn answer_in(turn: &mut Turn<'_>, subject: &Subject, scope: Scope, line: Reply) {
    let event = match subject.holder {
        Holder::Kept(_) => Event::Promise(Gate::Settled, line),
        Holder::Here(_) => Event::Reply(line),
    };
    turn.tell_origin_in(scope, event);
}

fn change(turn: &mut Turn<'_>, subject: &Subject, key: &Key, value: Option<Arc<str>>) {
    match subject.holder {
        Holder::Kept(owner) => turn.put_fact(fact(owner, key), value.clone()),
        Holder::Here(user) => turn.world.presence.tell_of(user, key.clone(), value.clone()),
    }
    let Some(user) = turn.actor() else { return };
    let (id, source, rooms) = (user.id, user.source(), user.rooms.iter().copied().collect());
    let is_private = subject.is_private(key);
    let audience = match subject.room {
        Some(room) => Audience::Room(room),
        None if is_private => Audience::User(id),
        None => Audience::Neighbours(id, rooms),
    };
    let nick = subject.room.is_none().then(|| user.nick.clone());
    let (target, key) = (Arc::clone(&subject.name), key.clone());
    turn.tell(audience, Event::Metadata(Changed { nick, target, source, key, is_private, value }));
}

/// Those who monitor somebody are told what is kept of it when it comes.
pub(crate) fn tell_arrival(turn: &mut Turn<'_>, id: UserId) {
    tell_all_of(turn, id, |nick| Audience::Watchers(nick.clone()));
}

/// Those in a room hear of whoever comes in what it tells of itself: it has had no reason to ask.
pub(crate) fn introduce(turn: &mut Turn<'_>, id: UserId, room: RoomId) {
    tell_all_of(turn, id, |_| Audience::Others(id, [room].into()));
}

fn tell_all_of(turn: &mut Turn<'_>, id: UserId, audience: impl Fn(&Nick) -> Audience) {
    let Some(user) = turn.world.presence.user(id) else { return };
    let (subject, nick, source) = (Subject::of(user, false), user.nick.clone(), user.source());
    for (key, value) in entries(turn.world, &subject).into_iter().filter(|(key, _)| !subject.is_private(key)) {
        let (target, source) = (Arc::clone(&subject.name), Arc::clone(&source));
        let changed = Changed { nick: Some(nick.clone()), target, source, key, is_private: false, value: Some(value) };
        turn.tell_unasked(audience(&nick), Event::Metadata(changed));
    }
}

pub(super) fn fact(owner: u64, Key(key): &Key) -> Fact {
    Fact { owner, kind: FactKind::Metadata, key: Arc::clone(key) }
}

/// A user has become an account's: of what it told of itself before, and what the account tells, those around it are told
/// what is different, and those who monitor its nick if they were not just told that it has come. Its own settings are told
/// to itself alone.
pub(crate) fn exchange(turn: &mut Turn<'_>, id: UserId, before: &BTreeMap<Key, Arc<str>>, has_come: bool) {
    let Some(user) = turn.world.presence.user(id) else { return };
    let (subject, nick, source) = (Subject::of(user, true), user.nick.clone(), user.source());
    let rooms: Arc<[RoomId]> = user.rooms.iter().copied().collect();
    let now: BTreeMap<Key, Arc<str>> = entries(turn.world, &subject).into_iter().collect();
    let keys: BTreeSet<&Key> = before.keys().chain(now.keys()).collect();
    for key in keys.into_iter().filter(|key| before.get(key) != now.get(key)) {
        let is_private = subject.is_private(key);
        let audience = if is_private { Audience::User(id) } else { Audience::Neighbours(id, Arc::clone(&rooms)) };
        let nick = Some(nick.clone()).filter(|_| !has_come);
        let (target, source) = (Arc::clone(&subject.name), Arc::clone(&source));
        let changed = Changed { nick, target, source, key: key.clone(), is_private, value: now.get(key).cloned() };
        turn.tell_unasked(audience, Event::Metadata(changed));
    }
}

/// What a user has told of itself is kept from now on: it has an account.
pub(crate) fn keep(turn: &mut Turn<'_>, user: UserId, owner: u64) {
    for (key, value) in turn.world.presence.take_told(user) {
        turn.put_fact(fact(owner, &key), Some(value));
    }
}
