//! What is asked, and what a session is told unasked when it comes into a room or subscribes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Key, Whose, framed, key_value, no_key, no_target, not_set};
use crate::commands::say::Target;
use crate::durable::{FactKind, RoomRecord};
use crate::entry::RoomView;
use crate::ids::{Identity, RoomId, SessionId, UserId};
use crate::query::{Asked, Query, RoomAsked};
use crate::reply::{Reply, Scope};
use crate::session::Answer;
use crate::world::{User, World};

/// After how many seconds one who is told to ask later may ask.
const RETRY_AFTER_S: u32 = 4;

/// What a session wants to know of somebody, or of a room.
#[derive(Debug)]
pub struct Ask {
    pub(super) whose: Whose,
    pub(super) asking: Asking,
    pub(super) batch: Option<Box<str>>,
}

#[derive(Debug)]
pub(super) enum Asking {
    /// The values of these keys; what was none is answered in its place.
    Get(Vec<Result<Key, String>>),
    /// All of it.
    List,
    /// The values of these keys, of a room's people as well.
    Sync(Arc<[Key]>),
    /// All of one's own, as it is told at the beginning.
    Greeting,
}

/// A room and those in it, for a session that subscribes to these keys; from behind a member on.
#[derive(Debug)]
pub struct RoomSync {
    room: RoomAsked,
    keys: Arc<[Key]>,
    batch: Option<Box<str>>,
    after: UserId,
}

/// What a session is told when it subscribes, or monitors somebody.
#[derive(Debug)]
pub struct Newly {
    pub(crate) keys: Arc<[Key]>,
    pub(crate) of: Of,
    pub(crate) batch: Option<Box<str>>,
}

/// Of whom.
#[derive(Debug)]
pub(crate) enum Of {
    /// Of those that it monitors from now on.
    Those(Vec<Nick>),
    /// Of all that it is told of: itself, its rooms and those in them, and those that it monitors.
    All,
}

/// Whose metadata, and where it stands.
pub(super) struct Subject {
    /// The nick, or the room's name.
    pub(super) name: Arc<str>,
    pub(super) holder: Holder,
    pub(super) room: Option<RoomId>,
    pub(super) is_own: bool,
}

/// Where metadata stands.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    /// With the facts of this owner.
    Kept(u64),
    /// With a user, as long as it is here.
    Here(UserId),
}

impl Subject {
    /// As the answer names it: one's own as it was asked for.
    pub(super) fn shown(&self, whose: &Whose) -> Arc<str> {
        match whose {
            Whose::Own => "*".into(),
            Whose::Of(_) => Arc::clone(&self.name),
        }
    }

    /// Whether a key of it is for its owner alone.
    pub(super) fn is_private(&self, key: &Key) -> bool {
        self.room.is_none() && key.is_setting()
    }

    pub(super) fn of(user: &User, is_own: bool) -> Self {
        let holder = match user.identity {
            Some(Identity::Account(account)) => Holder::Kept(account.0),
            Some(Identity::Guest(_)) | None => Holder::Here(user.id),
        };
        Subject { name: user.nick.shared(), holder, room: None, is_own }
    }

    fn of_room(room: &RoomRecord) -> Self {
        Subject { name: Arc::clone(&room.name), holder: Holder::Kept(room.id.0), room: Some(room.id), is_own: false }
    }
}

/// Somebody who is here or has an account, or a room that the session may see.
pub(super) fn subject(world: &World, session: SessionId, whose: &Whose) -> Option<Subject> {
    let own = world.presence.user_of(session)?;
    match whose {
        Whose::Own => Some(Subject::of(own, true)),
        Whose::Of(Target::Person(nick)) => match world.presence.user_named(nick) {
            Some(user) => Some(Subject::of(user, user.id == own.id)),
            None => world.durable.account_named(nick).map(|account| Subject {
                name: Arc::clone(&account.name),
                holder: Holder::Kept(account.id.0),
                room: None,
                is_own: false,
            }),
        },
        Whose::Of(Target::Room(name)) => world.visible_room(session, name).map(Subject::of_room),
        Whose::Of(Target::Numbered(_)) => None,
    }
}

/// All that is told of somebody or a room, its own settings included.
pub(super) fn entries(world: &World, subject: &Subject) -> Vec<(Key, Arc<str>)> {
    match subject.holder {
        Holder::Kept(owner) => {
            let facts = world.durable.facts(owner, FactKind::Metadata);
            facts.map(|(key, value)| (Key(Arc::clone(key)), Arc::clone(value))).collect()
        }
        Holder::Here(user) => world.presence.told_of(user).cloned().unwrap_or_default().into_iter().collect(),
    }
}

/// What the session may see of it.
fn visible(world: &World, subject: &Subject) -> BTreeMap<Key, Arc<str>> {
    let entries = entries(world, subject).into_iter();
    entries.filter(|(key, _)| subject.is_own || !subject.is_private(key)).collect()
}

/// One's own, as it is told at the beginning.
pub(crate) fn greeting(world: &World, user: &User) -> Vec<Reply> {
    told(world, &Subject::of(user, true), None)
}

/// The lines that tell of it; of some keys only, or of all.
fn told(world: &World, subject: &Subject, keys: Option<&[Key]>) -> Vec<Reply> {
    let entries = visible(world, subject).into_iter();
    let entries = entries.filter(|(key, _)| keys.is_none_or(|keys| keys.contains(key)));
    let line = |(key, value): (Key, Arc<str>)| {
        let visibility = if subject.is_private(&key) { "private" } else { "*" };
        let line = Reply::word("METADATA").param(subject.name.to_string()).param(key.as_str().to_owned());
        line.param(visibility).text(value.to_string())
    };
    entries.map(line).collect()
}

/// Lines in a batch.
pub(crate) fn in_batch(scope: &Scope, batch: Option<&str>, target: &str, lines: Vec<Reply>) -> Vec<Answer> {
    let (open, inside, close) = framed(batch, target, scope);
    let outer = |line: Option<Reply>| line.map(|line| Answer::Reply(scope.clone(), line));
    let lines = lines.into_iter().map(|line| Answer::Reply(inside.clone(), line));
    outer(open).into_iter().chain(lines).chain(outer(close)).collect()
}

fn whole(answers: Vec<Answer>) -> Asked {
    Asked { answers, read: None, more: None }
}

/// The answer to GET, LIST and SYNC.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, ask: Ask) -> Asked {
    let Ask { whose, asking, batch } = ask;
    let Some(subject) = subject(world, session, &whose) else { return Asked::one(scope, no_target(whose.as_str())) };
    let shown = if matches!(asking, Asking::Greeting) { Arc::clone(&subject.name) } else { subject.shown(&whose) };
    let lines = match asking {
        Asking::Get(keys) => {
            let known = visible(world, &subject);
            let line = |key: Result<Key, String>| match key {
                Ok(key) => match known.get(&key) {
                    Some(value) => key_value(&shown, &key, subject.is_private(&key), Some(value)),
                    None => not_set(&shown, &key),
                },
                Err(word) => no_key(&word),
            };
            keys.into_iter().map(line).collect()
        }
        Asking::List => {
            let known = visible(world, &subject).into_iter();
            known.map(|(key, value)| key_value(&shown, &key, subject.is_private(&key), Some(&value))).collect()
        }
        Asking::Sync(keys) => match whose {
            Whose::Of(Target::Room(room)) => {
                if !subject.room.is_some_and(|room| world.is_inside(session, room)) {
                    return Asked::one(scope, no_target(room.as_str()));
                }
                let room = room.into();
                return answer_room(world, session, scope, RoomSync { room, keys, batch, after: UserId::default() });
            }
            Whose::Own | Whose::Of(Target::Person(_) | Target::Numbered(_)) => told(world, &subject, Some(&keys)),
        },
        Asking::Greeting => told(world, &subject, None),
    };
    whole(in_batch(scope, batch.as_deref(), &shown, lines))
}

/// What is to be asked for a session that comes into a room, and subscribes to these keys.
pub(crate) fn at_the_door(view: &RoomView, keys: Arc<[Key]>, batch: Option<Box<str>>) -> Option<Query> {
    let room = RoomAsked::shown(view)?;
    Some(Query::MetadataRoom(RoomSync { room, keys, batch, after: UserId::default() }))
}

/// What a session is told that comes into a room with more people than one hold of the lock looks at.
pub(crate) fn later(room: &str) -> Reply {
    let line = Reply::numeric(n::ERR_METADATASYNCLATER, "Ask for it with SYNC").param(room.to_owned());
    line.param(RETRY_AFTER_S.to_string())
}

/// A room's metadata and that of those in it, so many people at a time.
pub(crate) fn answer_room(world: &World, session: SessionId, scope: &Scope, sync: RoomSync) -> Asked {
    let inside = |room: &&crate::world::Room| world.is_inside(session, room.record.id);
    let room = world.room_asked(session, &sync.room).filter(inside).map(|room| &room.record);
    let name = room.map_or(sync.room.name.as_str(), |room| &room.name);
    let is_first = sync.after == UserId::default();
    let (open, within, close) = framed(sync.batch.as_deref(), name, scope);
    let mut lines = Vec::new();
    let mut more = None;
    // Whoever has left meanwhile is told no more of it.
    if let Some(room) = room {
        if is_first {
            lines.extend(told(world, &Subject::of_room(room), Some(&sync.keys)));
        }
        let (members, last) = world.presence.members_after(room.id, sync.after, world.rules.rows_per_hold);
        for (user, _) in members {
            let subject = Subject::of(user, world.is_own(session, user));
            lines.extend(told(world, &subject, Some(&sync.keys)));
        }
        more = last;
    }
    let outer =
        |line: Option<Reply>, wanted: bool| line.filter(|_| wanted).map(|line| Answer::Reply(scope.clone(), line));
    let lines = lines.into_iter().map(|line| Answer::Reply(within.clone(), line));
    let answers = outer(open, is_first).into_iter().chain(lines).chain(outer(close, more.is_none())).collect();
    let room = room.map(|room| room.id);
    let more = more.map(|after| Query::MetadataRoom(RoomSync { room: RoomAsked { room, ..sync.room }, after, ..sync }));
    Asked { answers, read: None, more }
}

/// What a session is told that subscribes: of itself, its rooms and the people in them, and of those it monitors; of
/// rooms with too many people it may ask later.
pub(crate) fn answer_newly(world: &World, session: SessionId, scope: &Scope, newly: &Newly) -> Asked {
    let Some(own) = world.presence.user_of(session) else { return whole(Vec::new()) };
    let (nicks, with_rooms) = match &newly.of {
        Of::Those(nicks) => (nicks.clone(), false),
        Of::All => (world.monitored(own), true),
    };
    let mut people: BTreeSet<UserId> =
        nicks.iter().filter_map(|nick| world.presence.user_named(nick)).map(|user| user.id).collect();
    let (mut lines, mut later_lines) = (Vec::new(), Vec::new());
    let mut people_max = world.rules.rows_per_hold;
    let rooms = own.rooms.iter().filter_map(|room| world.durable.room(*room)).filter(|_| with_rooms);
    for room in rooms.map(|room| &room.record) {
        let count = world.presence.count(room.id);
        if count > people_max {
            later_lines.push(later(&room.name));
            continue;
        }
        people_max -= count;
        people.extend(world.presence.members(room.id).map(|(user, _)| user.id));
        lines.extend(told(world, &Subject::of_room(room), Some(&newly.keys)));
    }
    people.extend(with_rooms.then_some(own.id));
    for user in people.into_iter().filter_map(|user| world.presence.user(user)) {
        lines.extend(told(world, &Subject::of(user, user.id == own.id), Some(&newly.keys)));
    }
    let lines = if lines.is_empty() { Vec::new() } else { in_batch(scope, newly.batch.as_deref(), "*", lines) };
    let later_lines = later_lines.into_iter().map(|line| Answer::Reply(scope.clone(), line));
    whole(lines.into_iter().chain(later_lines).collect())
}
