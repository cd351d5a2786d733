//! The world: every room, guest, user and membership as one deterministic state machine.
//!
//! In: entries, in the log's order. Out: effects for the sessions, changes for the store. It has no clock, no
//! randomness, no IO, and no map whose order differs between runs: the same entries give the same effects.

mod access;
pub(crate) mod bans;
pub(crate) mod codes;
mod durable;
mod failures;
mod here;
mod keeping;
mod presence;
mod recent;
mod redactions;
mod seats;
mod turn;
mod watching;

use std::sync::Arc;

use teahouse_proto::names::{Nick, RoomName};

pub use bans::TurnedAway;
pub(crate) use durable::{Durable, Room};
pub(crate) use failures::Failures;
use here::Round;
pub(crate) use keeping::DAY_MS;
pub(crate) use presence::{NOT_CONNECTED, Presence, User, source_of};
use recent::Recent;
pub(crate) use redactions::Redactions;
pub(crate) use seats::Face;
pub use turn::Leaving;
pub(crate) use turn::Turn;

use crate::commands::services::Service;
use crate::commands::{
    account, authenticate, away, cert, claim, edit, invite, join, kick, kill, knock, markread, metadata, mode, monitor,
    nick, oper, part, persistence, redact, redeem, register, rename, room, say, setname, topic, uban, usermode,
    wallops,
};
use crate::durable::{Records, RoomRecord};
use crate::entry::{Action, Audience, Effect, Entry, Event, Outcome, Person, RoomView, Shown};
use crate::ids::{AccountId, Identity, RoomId, SessionId, Time, UserId};
use crate::info::Rules;
use crate::lines;
use crate::modes::Flag;
use crate::query::RoomAsked;
use crate::session::attach::{self, Welcome};

/// How many lines a welcome has, about.
const WELCOME_LINES: usize = 24;

/// What stands before `@` in the address of an account's user; what others put there begins with `~`.
const ACCOUNT_USER: &str = "account";

/// The account's name in the `nick!user@host` of an account's user: nobody else has such an address.
pub(crate) fn account_in<'a>(source: &'a str, server_name: &str) -> Option<&'a str> {
    let (nick, address) = source.split_once('!')?;
    let (user, host) = address.split_once('@')?;
    (user == ACCOUNT_USER && host == server_name).then_some(nick)
}

/// The whole state of the chat.
#[derive(Debug)]
pub struct World {
    pub(crate) rules: Rules,
    pub(crate) durable: Durable,
    pub(crate) presence: Presence,
    pub(crate) failures: Failures,
    pub(crate) redactions: Redactions,
    pub(crate) round: Round,
    /// The ids of messages that are not kept, or are nobody's who is remembered; not for the next process.
    pub(crate) other_ids: Recent,
}

impl World {
    /// The world as the store remembers it; nobody is here yet.
    pub fn load(rules: Rules, records: Records) -> Self {
        World {
            durable: Durable::load(&rules, records),
            presence: Presence::default(),
            failures: Failures::default(),
            redactions: Redactions::default(),
            round: Round::default(),
            other_ids: Recent::default(),
            rules,
        }
    }

    /// Carries out one entry. The only place where anything changes.
    pub fn apply(&mut self, entry: &Entry) -> Outcome {
        let mut turn = Turn::new(self, entry);
        match &entry.action {
            Action::Start => turn.start(),
            Action::Stop => turn.stop(),
            Action::Open(name) => turn.open_room(name),
            Action::Attach(action) => attach::apply(&mut turn, action),
            Action::Detach(action) => attach::detach(&mut turn, action),
            Action::Nick(action) => nick::apply(&mut turn, action),
            Action::Join(action) => join::apply(&mut turn, action),
            Action::Part(action) => part::apply(&mut turn, action),
            Action::PartAll => part::apply_to_all(&mut turn),
            Action::Say(action) => say::apply(&mut turn, action),
            Action::React(action) => say::react::apply(&mut turn, action),
            Action::Topic(action) => topic::apply(&mut turn, action),
            Action::Rename(action) => rename::apply(&mut turn, action),
            Action::Modes(action) => mode::apply(&mut turn, action),
            Action::UserModes(action) => usermode::apply(&mut turn, action),
            Action::Mark(action) => markread::apply(&mut turn, action),
            Action::Account(action) => account::apply(&mut turn, action),
            Action::OwnAccount(action) => account::own::apply(&mut turn, action),
            Action::Persist(action) => persistence::apply(&mut turn, action),
            Action::Room(action) => room::apply(&mut turn, action),
            Action::Keep(action) => room::keep::apply(&mut turn, action),
            Action::Ban(action) => uban::apply(&mut turn, action),
            Action::Claim(action) => claim::apply(&mut turn, action),
            Action::Offer(action) => claim::offer(&mut turn, action),
            Action::Metadata(action) => metadata::set::apply(&mut turn, action),
            Action::Edit(action) => edit::apply(&mut turn, action),
            Action::Redact(action) => redact::apply(&mut turn, action),
            Action::Register(action) => register::apply(&mut turn, action),
            Action::Invitation(action) => redeem::apply(&mut turn, action),
            Action::Certificate(action) => cert::apply(&mut turn, action),
            Action::Monitor(action) => monitor::apply(&mut turn, action),
            Action::Authenticate(action) => authenticate::apply(&mut turn, action),
            Action::Oper(action) => oper::apply(&mut turn, action),
            Action::Kill(action) => kill::apply(&mut turn, action),
            Action::Wallops(action) => wallops::apply(&mut turn, action),
            Action::Kick(action) => kick::apply(&mut turn, action),
            Action::Invite(action) => invite::apply(&mut turn, action),
            Action::Knock(action) => knock::apply(&mut turn, action),
            Action::Away(action) => away::apply(&mut turn, action),
            Action::SetName(action) => setname::apply(&mut turn, action),
            Action::Announce { text } => turn.tell(Audience::Everyone, Event::Announced(text.clone())),
            Action::Expel { nick, reason } => turn.expel(nick, reason),
            Action::Lost(positions) => turn.forget_ids(positions),
            Action::Expire => turn.expire(),
        }
        turn.finish()
    }

    /// When [`Action::Expire`] is due next.
    pub fn next_deadline(&self) -> Option<Time> {
        let seat = self.presence.next_seat_end();
        seat.into_iter().chain(self.durable.next_end()).chain(self.next_round()).min()
    }

    /// A number that is equal for equal durable states.
    pub fn durable_fingerprint(&self) -> u64 {
        self.durable.fingerprint(self.rules.recent)
    }

    /// What telling these effects costs, roughly: to how many users each goes, and how many it tells of.
    pub fn reach(&self, effects: &[Effect]) -> usize {
        let people = |welcome: &Welcome| welcome.rooms.iter().map(|shown| shown.view.people.len()).sum::<usize>();
        let told_of = |event: &Event| match event {
            Event::Room(shown) => shown.view.people.len(),
            Event::Reentered(again) => again.view.people.len(),
            Event::Attached(welcome) => WELCOME_LINES + people(welcome),
            Event::Moved(moved) => moved.left.len() + people(&moved.welcome),
            Event::Said(said) => lines::count(&said.message.text),
            Event::Edited(edited) => lines::count(&edited.words.text),
            _ => 1,
        };
        let of_effect = |effect: &Effect| match &effect.audience {
            Audience::Session(_) | Audience::User(_) | Audience::Watchers(_) => told_of(&effect.event),
            Audience::Room(room) => self.presence.count(*room) * told_of(&effect.event),
            Audience::Neighbours(_, rooms) | Audience::Others(_, rooms) => {
                rooms.iter().map(|room| self.presence.count(*room)).sum()
            }
            Audience::Everyone | Audience::Wallops => self.presence.users_now(),
        };
        effects.iter().map(of_effect).sum()
    }

    /// The rooms of the user that this session speaks for.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn rooms_of(&self, session: SessionId) -> Vec<RoomId> {
        self.presence.user_of(session).map(|user| user.rooms.iter().copied().collect()).unwrap_or_default()
    }

    /// Whether a nick is somebody's, but for this user's and this identity's own; look-alikes count.
    pub(crate) fn nick_taken(&self, nick: &Nick, but: Option<UserId>, own: Option<Identity>) -> bool {
        let account = self.durable.account_looking_like(nick).map(|account| Identity::Account(account.id));
        account.is_some_and(|account| Some(account) != own)
            || Service::looks_like(nick)
            || self.presence.nick_taken(nick, but)
    }

    /// `nick!user@host` of an account's user, wherever its sessions come from.
    pub(crate) fn account_source(&self, name: &Nick) -> Arc<str> {
        source_of(name, &self.account_address())
    }

    /// The account whose user has this `nick!user@host`.
    pub(crate) fn account_behind(&self, source: &str) -> Option<AccountId> {
        let name = Nick::parse(account_in(source, &self.rules.server_name)?).ok()?;
        self.durable.account_named(&name).map(|account| account.id)
    }

    /// `user@host` of an account's user.
    pub(crate) fn account_address(&self) -> String {
        format!("{ACCOUNT_USER}@{}", self.rules.server_name)
    }

    /// Whether the session's user is in a room.
    pub(crate) fn is_inside(&self, session: SessionId, room: RoomId) -> bool {
        self.presence.user_of(session).is_some_and(|user| user.rooms.contains(&room))
    }

    /// Whether the session's user is a server operator: it sees what is hidden from others.
    pub(crate) fn is_operator(&self, session: SessionId) -> bool {
        session == SessionId::PROGRAM || self.presence.user_of(session).is_some_and(|user| user.modes.operator)
    }

    /// Whether a user is the session's own.
    pub(crate) fn is_own(&self, session: SessionId, user: &User) -> bool {
        self.presence.user_of(session).is_some_and(|own| own.id == user.id)
    }

    /// Whether a room is there for those outside: a guest's room is not while nobody is in it.
    pub(crate) fn looks_present(&self, room: &RoomRecord) -> bool {
        room.owner.is_lasting() || !self.presence.is_empty(room.id)
    }

    /// A room, if the session's user is in it or may see it from outside.
    pub(crate) fn visible_room(&self, session: SessionId, name: &RoomName) -> Option<&RoomRecord> {
        let room = &self.durable.room_named(name)?.record;
        self.is_visible(session, room).then_some(room)
    }

    /// The room that an answer is about, if the session may see it.
    pub(crate) fn room_asked(&self, session: SessionId, asked: &RoomAsked) -> Option<&Room> {
        let room = match asked.room {
            Some(id) => self.durable.room(id),
            None => self.durable.room_named(&asked.name),
        };
        room.filter(|room| self.is_visible(session, &room.record))
    }

    fn is_visible(&self, session: SessionId, room: &RoomRecord) -> bool {
        let secret = room.modes.flags.has(Flag::Secret) && !self.is_operator(session);
        let open = self.looks_present(room) && !secret;
        open || self.is_inside(session, room.id)
    }

    /// A room as somebody sees it who may be outside: then the invisible are not shown.
    pub(crate) fn view_for(&self, session: SessionId, room: &Room, after: UserId) -> RoomView {
        let sees_all = self.is_inside(session, room.record.id) || self.is_operator(session);
        self.view_of(room, after, self.rules.rows_per_hold, |user| sees_all || !user.modes.invisible)
    }

    /// A room as those in it see it, with so many people at most.
    pub(crate) fn view(&self, room: &Room, people_max: usize) -> Arc<RoomView> {
        Arc::new(self.view_of(room, UserId::default(), people_max, |_| true))
    }

    /// What a user who comes into a room is shown of it.
    pub(crate) fn shown(&self, view: Arc<RoomView>, user: &User) -> Shown {
        let marked = self.marked(view.id, user);
        Shown { view, marked }
    }

    /// Up to when a user has read what was said in a room.
    pub(crate) fn marked(&self, room: RoomId, user: &User) -> Option<Time> {
        user.identity.and_then(|own| markread::marker(&self.durable, own, room.0))
    }

    fn view_of(&self, room: &Room, after: UserId, people_max: usize, shown: impl Fn(&User) -> bool) -> RoomView {
        let (members, more) = self.presence.members_after(room.record.id, after, people_max);
        let members = members.into_iter().filter(|(user, _)| shown(user));
        let people = members.map(|(user, ranks)| {
            let realname = Arc::clone(&user.realname);
            Person { source: user.source(), realname, ranks }
        });
        let people = people.collect();
        let secret = room.record.modes.flags.has(Flag::Secret);
        let (name, topic) = (Arc::clone(&room.record.name), room.record.topic.clone());
        RoomView { id: room.record.id, name, secret, topic, people, more }
    }
}
