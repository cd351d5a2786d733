//! The part of the world that is gone when the process is: who is connected, under which nick, in which rooms.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use teahouse_proto::names::Nick;

use crate::commands::metadata::Key;
use crate::few::Few;
use crate::ids::{AccountId, Identity, RoomId, SessionId, Time, UserId};
use crate::modes::{Rank, Ranks, UserModes, Who};
use crate::session::attach::Link;

/// Why an account is away that nobody is connected as.
pub(crate) const NOT_CONNECTED: &str = "Not connected";

/// A nick present in rooms.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) nick: Nick,
    /// `nick!user@host`, as others see it; made by [`source_of`].
    pub(crate) source: Arc<str>,
    pub(crate) realname: Arc<str>,
    pub(crate) identity: Option<Identity>,
    pub(crate) modes: UserModes,
    /// Why it is away, in its own words; others are told [`User::absence`].
    pub(crate) away: Option<Arc<str>>,
    /// Since when it is here.
    pub(crate) since: Time,
    /// When it last said something.
    pub(crate) spoke: Time,
    /// Its dealings with rooms that it is not in; most users have none.
    pub(crate) outside: Option<Box<Outside>>,
    /// Each with how it comes in; only operators and the user itself are told addresses.
    pub(crate) sessions: Few<(SessionId, Link)>,
    pub(crate) rooms: Few<RoomId>,
}

/// A user before the doors of rooms.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    /// At which room it knocked last, and when.
    pub(crate) knocked: Option<(RoomId, Time)>,
    /// Rooms that it was asked into and has not entered yet.
    pub(crate) invited: Few<RoomId>,
}

impl User {
    /// Somebody in no room, without a session.
    pub(crate) fn new(
        id: UserId,
        nick: Nick,
        address: &str,
        realname: Arc<str>,
        identity: Option<Identity>,
        now: Time,
    ) -> Self {
        User {
            id,
            source: source_of(&nick, address),
            nick,
            realname,
            identity,
            modes: UserModes::default(),
            away: None,
            since: now,
            spoke: now,
            outside: None,
            sessions: Few::default(),
            rooms: Few::default(),
        }
    }

    /// Why it is away, if it is: it says so itself, or it is an account that nobody is connected as.
    pub(crate) fn absence(&self) -> Option<&str> {
        let is_unattended = self.sessions.is_empty() && self.account().is_some();
        self.away.as_deref().or(is_unattended.then_some(NOT_CONNECTED))
    }

    /// Whether it was asked into a room that it has not entered yet.
    pub(crate) fn is_invited(&self, room: RoomId) -> bool {
        self.outside.as_ref().is_some_and(|outside| outside.invited.contains(&room))
    }

    /// At which room it knocked last, and when.
    pub(crate) fn knocked(&self) -> Option<(RoomId, Time)> {
        self.outside.as_ref()?.knocked
    }

    /// `nick!user@host`, as others see it.
    pub(crate) fn source(&self) -> Arc<str> {
        Arc::clone(&self.source)
    }

    /// `user@host`: what stands after the nick's `!`.
    pub(crate) fn address(&self) -> &str {
        self.source.split_once('!').map_or("", |(_, address)| address)
    }

    /// The name of its account, if it has one: its nick.
    pub(crate) fn account(&self) -> Option<&Nick> {
        self.account_id().map(|_| &self.nick)
    }

    /// Its account, if it has one.
    pub(crate) fn account_id(&self) -> Option<AccountId> {
        self.identity.and_then(Identity::account)
    }

    /// As a room's lists look at it.
    pub(crate) fn who(&self) -> Who<'_> {
        Who { source: &self.source, account: self.account() }
    }

    /// The connections that speak for it.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.sessions.iter().map(|(session, _)| *session)
    }

    /// The addresses it comes from, as far as they are known.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.sessions.iter().filter_map(|(_, link)| link.address)
    }

    /// Whether all it says is encrypted on its way here.
    pub(crate) fn is_secure(&self) -> bool {
        !self.sessions.is_empty() && self.sessions.iter().all(|(_, link)| link.is_secure)
    }
}

/// `nick!user@host`
pub(crate) fn source_of(nick: &Nick, address: &str) -> Arc<str> {
    format!("{}!{address}", nick.as_str()).into()
}

/// Somebody who had a nick and has left, or has another one, for WHOWAS.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) nick: Nick,
    /// `nick!user@host`
    pub(crate) source: Arc<str>,
    pub(crate) realname: Arc<str>,
    /// The addresses of those of its sessions that were there to the end.
    pub(crate) from: Vec<IpAddr>,
    pub(crate) left: Time,
}

impl Past {
    fn of(user: &User, now: Time) -> Self {
        let (nick, source, realname) = (user.nick.clone(), Arc::clone(&user.source), Arc::clone(&user.realname));
        Past { nick, source, realname, from: user.addresses().collect(), left: now }
    }
}

/// How many of those who have left a nick are remembered.
const PAST_MAX: usize = 1000;

/// Everybody who is here.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    users: BTreeMap<UserId, Box<User>>,
    /// By the nick's key.
    by_nick: BTreeMap<Arc<str>, UserId>,
    /// By what the nick looks like, where that is not the key itself: it is with nearly everybody.
    by_look: BTreeMap<Box<str>, UserId>,
    by_identity: BTreeMap<Identity, UserId>,
    by_session: BTreeMap<SessionId, UserId>,
    members: BTreeMap<RoomId, BTreeMap<UserId, Ranks>>,
    past: VecDeque<Past>,
    users_max: usize,
    invisible: usize,
    operators: usize,
    /// Until when the seats of guests without a connection are kept.
    seats: BTreeSet<(Time, UserId)>,
    /// The same, the other way round.
    seat_ends: BTreeMap<UserId, Time>,
    /// What those without an account tell of themselves.
    told_of: BTreeMap<UserId, BTreeMap<Key, Arc<str>>>,
    /// Whose coming and going those without an account want to be told.
    monitored: BTreeMap<UserId, BTreeSet<Nick>>,
    /// Since when those who change what is told have changed it so often; most never do.
    telling: BTreeMap<UserId, (Time, u32)>,
    /// Since when rooms that got another name of late have got one so often.
    renaming: BTreeMap<RoomId, (Time, u32)>,
}

impl Presence {
    pub(crate) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id).map(Box::as_ref)
    }

    pub(crate) fn user_of(&self, session: SessionId) -> Option<&User> {
        self.by_session.get(&session).and_then(|id| self.user(*id))
    }

    pub(crate) fn user_named(&self, nick: &Nick) -> Option<&User> {
        self.by_nick.get(nick.key()).and_then(|id| self.user(*id))
    }

    pub(crate) fn user_known_as(&self, identity: Identity) -> Option<&User> {
        self.by_identity.get(&identity).and_then(|id| self.user(*id))
    }

    /// Whether somebody other than `but` has this nick, or one that could be mistaken for it.
    pub(crate) fn nick_taken(&self, nick: &Nick, but: Option<UserId>) -> bool {
        let look = nick.skeleton();
        let looks_so = |id: &&UserId| self.user(**id).is_some_and(|user| user.nick.skeleton() == look);
        let plain = self.by_nick.get(&*look).filter(looks_so);
        let holders = [self.by_nick.get(nick.key()), self.by_look.get(&*look), plain];
        holders.into_iter().flatten().any(|holder| Some(*holder) != but)
    }

    /// A user is found by its nick.
    fn list(&mut self, nick: &Nick, id: UserId) {
        let look = nick.skeleton();
        if look != nick.key() {
            self.by_look.insert(look.into(), id);
        }
        self.by_nick.insert(nick.shared_key(), id);
    }

    /// A user is no more found by its nick.
    fn unlist(&mut self, nick: &Nick) {
        let look = nick.skeleton();
        if look != nick.key() {
            self.by_look.remove(&*look);
        }
        self.by_nick.remove(nick.key());
    }

    pub(crate) fn members(&self, room: RoomId) -> impl Iterator<Item = (&User, Ranks)> {
        let members = self.members.get(&room).into_iter().flatten();
        members.filter_map(|(id, ranks)| Some((self.user(*id)?, *ranks)))
    }

    /// So many members at most, from behind one on, and the last of them if there are more.
    pub(crate) fn members_after(
        &self,
        room: RoomId,
        after: UserId,
        count: usize,
    ) -> (Vec<(&User, Ranks)>, Option<UserId>) {
        let mut members = self.members.get(&room).into_iter().flat_map(|all| all.range((Excluded(after), Unbounded)));
        let known = |(id, ranks): (&UserId, &Ranks)| Some((self.user(*id)?, *ranks));
        let taken: Vec<_> = members.by_ref().take(count).filter_map(known).collect();
        let last = members.next().map(|_| taken.last().map_or(after, |(user, _)| user.id));
        (taken, last)
    }

    /// So many users at most, from behind one on, and the last of them if there are more.
    pub(crate) fn users_after(&self, after: UserId, count: usize) -> (Vec<&User>, Option<UserId>) {
        let mut users = self.users.range((Excluded(after), Unbounded));
        let taken: Vec<&User> = users.by_ref().map(|(_, user)| user.as_ref()).take(count).collect();
        let last = users.next().map(|_| taken.last().map_or(after, |user| user.id));
        (taken, last)
    }

    pub(crate) fn count(&self, room: RoomId) -> usize {
        self.members.get(&room).map_or(0, BTreeMap::len)
    }

    /// What somebody is in a room; `None` if it is not in it.
    pub(crate) fn ranks(&self, room: RoomId, id: UserId) -> Option<Ranks> {
        self.members.get(&room)?.get(&id).copied()
    }

    /// Gives or takes a rank; `false` if that changes nothing.
    pub(crate) fn set_rank(&mut self, room: RoomId, id: UserId, rank: Rank, on: bool) -> bool {
        let ranks = self.members.get_mut(&room).and_then(|members| members.get_mut(&id));
        ranks.is_some_and(|ranks| ranks.set(rank, on))
    }

    pub(crate) fn user_mut(&mut self, id: UserId) -> Option<&mut User> {
        self.users.get_mut(&id).map(Box::as_mut)
    }

    /// How many users there are.
    pub(crate) fn users_now(&self) -> usize {
        self.users.len()
    }

    /// The most users there were at once.
    pub(crate) fn users_max(&self) -> usize {
        self.users_max
    }

    /// How many users are invisible.
    pub(crate) fn invisible(&self) -> usize {
        self.invisible
    }

    /// How many users are server operators.
    pub(crate) fn operators(&self) -> usize {
        self.operators
    }

    /// How many rooms somebody is in.
    pub(crate) fn rooms(&self) -> usize {
        self.members.len()
    }

    /// Marks a user, or takes a mark away; `false` if that changes nothing.
    pub(crate) fn mark(&mut self, id: UserId, letter: char, on: bool) -> bool {
        let Some(user) = self.users.get_mut(&id) else { return false };
        let before = user.modes;
        let Some(mode) = user.modes.letter(letter) else { return false };
        *mode = on;
        let after = user.modes;
        self.recount(before, after);
        before != after
    }

    fn recount(&mut self, before: UserModes, after: UserModes) {
        self.invisible = self.invisible + usize::from(after.invisible) - usize::from(before.invisible);
        self.operators = self.operators + usize::from(after.operator) - usize::from(before.operator);
    }

    /// Those who had this nick, the latest first.
    pub(crate) fn past(&self, nick: &Nick) -> impl Iterator<Item = &Past> {
        self.past.iter().rev().filter(move |past| past.nick == *nick)
    }

    pub(crate) fn is_empty(&self, room: RoomId) -> bool {
        !self.members.contains_key(&room)
    }

    pub(crate) fn next_seat_end(&self) -> Option<Time> {
        self.seats.first().map(|(end, _)| *end)
    }

    /// The users whose seats are to be given up at `now`.
    pub(crate) fn seats_due(&self, now: Time) -> Vec<UserId> {
        self.seats.iter().take_while(|(end, _)| *end <= now).map(|(_, id)| *id).collect()
    }

    pub(crate) fn insert(&mut self, user: User) {
        self.list(&user.nick, user.id);
        if let Some(identity) = user.identity {
            self.by_identity.insert(identity, user.id);
        }
        self.recount(UserModes::default(), user.modes);
        self.users.insert(user.id, Box::new(user));
        self.users_max = self.users_max.max(self.users.len());
    }

    /// A user is known as somebody from now on.
    pub(crate) fn identify(&mut self, id: UserId, identity: Identity) {
        let Some(user) = self.users.get_mut(&id) else { return };
        if let Some(before) = user.identity.replace(identity) {
            self.by_identity.remove(&before);
        }
        self.by_identity.insert(identity, id);
    }

    pub(crate) fn remove(&mut self, id: UserId, now: Time) -> Option<Box<User>> {
        let user = self.users.remove(&id)?;
        self.told_of.remove(&id);
        self.monitored.remove(&id);
        self.telling.remove(&id);
        self.recount(user.modes, UserModes::default());
        self.unlist(&user.nick);
        if let Some(identity) = user.identity {
            self.by_identity.remove(&identity);
        }
        for session in user.sessions() {
            self.by_session.remove(&session);
        }
        for room in &user.rooms {
            self.drop_member(*room, id);
        }
        self.take_seat_again(id);
        self.remember(Past::of(&user, now));
        Some(user)
    }

    fn remember(&mut self, past: Past) {
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back(past);
    }

    pub(crate) fn rename(&mut self, id: UserId, nick: Nick, now: Time) {
        let Some(user) = self.users.get_mut(&id) else { return };
        let past = (user.nick != nick).then(|| Past::of(user, now));
        user.source = source_of(&nick, user.address());
        let before = std::mem::replace(&mut user.nick, nick.clone());
        self.unlist(&before);
        self.list(&nick, id);
        past.into_iter().for_each(|past| self.remember(past));
    }

    /// A user has another address.
    pub(crate) fn readdress(&mut self, id: UserId, address: &str) {
        if let Some(user) = self.users.get_mut(&id) {
            user.source = source_of(&user.nick, address);
        }
    }

    /// What somebody without an account tells of itself.
    pub(crate) fn told_of(&self, id: UserId) -> Option<&BTreeMap<Key, Arc<str>>> {
        self.told_of.get(&id)
    }

    /// The same, taken away.
    pub(crate) fn take_told(&mut self, id: UserId) -> BTreeMap<Key, Arc<str>> {
        self.told_of.remove(&id).unwrap_or_default()
    }

    /// Changes what somebody without an account tells of itself.
    pub(crate) fn tell_of(&mut self, id: UserId, key: Key, value: Option<Arc<str>>) {
        let told = self.told_of.entry(id).or_default();
        match value {
            Some(value) => drop(told.insert(key, value)),
            None => drop(told.remove(&key)),
        }
        if told.is_empty() {
            self.told_of.remove(&id);
        }
    }

    /// The nicks on the list of somebody without an account.
    pub(crate) fn monitored(&self, id: UserId) -> impl Iterator<Item = &Nick> {
        self.monitored.get(&id).into_iter().flatten()
    }

    /// The same, taken away.
    pub(crate) fn take_monitored(&mut self, id: UserId) -> BTreeSet<Nick> {
        self.monitored.remove(&id).unwrap_or_default()
    }

    /// Puts a nick on it, or takes it off.
    pub(crate) fn monitor(&mut self, id: UserId, nick: &Nick, on: bool) {
        let nicks = self.monitored.entry(id).or_default();
        match on {
            true => drop(nicks.insert(nick.clone())),
            false => drop(nicks.remove(nick)),
        }
        if nicks.is_empty() {
            self.monitored.remove(&id);
        }
    }

    /// Counts one change of what somebody tells; how long it is to wait, in milliseconds, if these are too many.
    pub(crate) fn count_telling(&mut self, id: UserId, now: Time, max: u32, window_ms: u64) -> Option<u64> {
        let (since, count) = self.telling.entry(id).or_insert((now, 0));
        if now >= since.plus_ms(window_ms) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        (*count > max).then(|| since.plus_ms(window_ms).0.saturating_sub(now.0))
    }

    /// Counts one more name of a room; if these would be too many it is not counted, and this is how long it is to wait, in
    /// milliseconds.
    pub(crate) fn count_renaming(&mut self, id: RoomId, now: Time, max: u32, window_ms: u64) -> Option<u64> {
        self.renaming.retain(|_, (since, _)| now < since.plus_ms(window_ms));
        let (since, count) = self.renaming.entry(id).or_insert((now, 0));
        if *count >= max {
            return Some(since.plus_ms(window_ms).0.saturating_sub(now.0));
        }
        *count += 1;
        None
    }

    /// Adds a session to a user; a kept seat is taken again.
    pub(crate) fn attach(&mut self, session: SessionId, link: Link, id: UserId) {
        let Some(user) = self.users.get_mut(&id) else { return };
        user.sessions.insert((session, link));
        self.take_seat_again(id);
        self.by_session.insert(session, id);
    }

    fn take_seat_again(&mut self, id: UserId) {
        if let Some(end) = self.seat_ends.remove(&id) {
            self.seats.remove(&(end, id));
        }
    }

    /// Takes a session from its user.
    pub(crate) fn detach(&mut self, session: SessionId) {
        let Some(id) = self.by_session.remove(&session) else { return };
        if let Some(user) = self.users.get_mut(&id) {
            user.sessions.retain(|(known, _)| *known != session);
        }
    }

    /// Keeps the seat of a user without sessions for a while.
    pub(crate) fn keep_seat(&mut self, id: UserId, until: Time) {
        if self.users.contains_key(&id) {
            self.seat_ends.insert(id, until);
            self.seats.insert((until, id));
        }
    }

    /// Puts a user into a room; `false` if it was in it.
    pub(crate) fn enter(&mut self, id: UserId, room: RoomId) -> bool {
        let Some(user) = self.users.get_mut(&id) else { return false };
        if let Some(outside) = &mut user.outside {
            outside.invited.remove(&room);
        }
        user.rooms.insert(room) && self.members.entry(room).or_default().insert(id, Ranks::default()).is_none()
    }

    /// Takes a user out of a room; `false` if it was not in it.
    pub(crate) fn leave(&mut self, id: UserId, room: RoomId) -> bool {
        let was_in = self.users.get_mut(&id).is_some_and(|user| user.rooms.remove(&room));
        self.drop_member(room, id);
        was_in
    }

    fn drop_member(&mut self, room: RoomId, id: UserId) {
        if let Some(members) = self.members.get_mut(&room) {
            members.remove(&id);
            if members.is_empty() {
                self.members.remove(&room);
            }
        }
    }
}
