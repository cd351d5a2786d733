//! A session gets its user, and gives it up: the two ends of a connection, as the world sees them.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use crate::commands::lusers::Counts;
use crate::commands::persistence::AlwaysOn;
use crate::commands::{account, away, metadata, uban};
use crate::durable::GuestRecord;
use crate::entry::{Audience, Event, Shown};
use crate::ids::{AccountId, GuestId, Identity, RoomId, SessionId, TokenHash, UserId};
use crate::modes::{UserModes, Who};
use crate::reply::{self, Reply};
use crate::world::bans::Ban;
use crate::world::{Face, Leaving, Turn, User, World, source_of};

/// A session that has registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attach {
    /// The nick it asks for.
    pub nick: Nick,
    /// `user@host`.
    pub address: Arc<str>,
    /// How it comes in.
    pub link: Link,
    /// Its real name, or whatever it says there.
    pub realname: Arc<str>,
    /// The account that it has proved to be.
    pub account: Option<AccountId>,
    /// Its tokens, if it is a guest.
    pub guest: Option<GuestTokens>,
}

/// How a session comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// The address it comes from, if that is known.
    pub address: Option<IpAddr>,
    /// Whether what it says is encrypted on its way.
    pub is_secure: bool,
}

/// What a guest is known by, or will be.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct GuestTokens {
    /// The token it showed.
    pub known: Option<TokenHash>,
    /// The token it gets if it is new.
    pub fresh: TokenHash,
}

/// What a session is told when it has its user.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// Its user.
    pub user: UserId,
    /// The user's nick, whatever NICK said.
    pub nick: Arc<str>,
    /// `nick!user@host`.
    pub source: Arc<str>,
    /// The user's real name.
    pub realname: Arc<str>,
    /// What became of its guest tokens.
    pub guest: GuestOutcome,
    /// What the user is marked with.
    pub modes: UserModes,
    /// Whether its seats are kept while nobody is connected as it, if it is an account.
    pub always_on: Option<AlwaysOn>,
    /// How many are here, this one included.
    pub lusers: Counts,
    /// The nicks on its list: it is told of their coming and going.
    pub monitored: Arc<[Nick]>,
    /// What it tells of itself, for those who want to know.
    pub metadata: Vec<Reply>,
    /// The rooms that the user is in already.
    pub rooms: Vec<Shown>,
}

/// What became of the tokens a session showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestOutcome {
    /// It did not ask.
    None,
    /// The token it showed is its own.
    Known,
    /// It is a new guest.
    New,
    /// The token it showed is nobody's: it is a new guest.
    Replaced,
    /// New guests cannot be stored now: it goes on as a plain client.
    Unavailable,
}

/// A session that ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Detach {
    /// What others read.
    pub reason: Arc<str>,
    /// Whether it said goodbye.
    pub leaving: Leaving,
}

/// Gives the session its user: the live one of its token, else a new one, if the nick is free.
pub(crate) fn apply(turn: &mut Turn<'_>, attach: &Attach) {
    let Some(origin) = turn.entry.origin.clone() else { return };
    let account = attach.account.and_then(|id| turn.world.durable.account(id));
    if let Some(text) = account.and_then(account::suspended) {
        return turn.tell_origin(Event::Close(text.into()));
    }
    if let Some(ban) = ban_of(turn, attach) {
        turn.reply(uban::banned(&ban));
        return turn.tell_origin(Event::Close(ban.goodbye()));
    }
    let account = account.and_then(|account| Some((account.id, Nick::parse(&account.name).ok()?)));
    if account.is_none() && !turn.world.rules.guests {
        let text = "Only accounts get in here: log in by SASL, or make one by REGISTER before CAP END";
        turn.tell_origin(Event::NotAttached(Reply::fail("*", "ACCOUNT_REQUIRED", text)));
        return turn.tell_origin(Event::Close(text.into()));
    }
    if attach.account.is_some() && account.is_none() {
        turn.reply(logged_out(&source_of(&attach.nick, &attach.address)));
    }
    // A token is of no use to whoever has an account.
    let (known, outcome) = match &account {
        Some((id, _)) => (Some(Identity::Account(*id)), GuestOutcome::None),
        None => guest_of(turn, attach.guest),
    };
    let live = known.and_then(|known| turn.world.presence.user_known_as(known)).map(|user| user.id);
    let nick = account.map_or_else(|| attach.nick.clone(), |(_, name)| name);
    if live.is_none() && turn.world.nick_taken(&nick, None, known) {
        let refusal =
            Reply::numeric(n::ERR_NICKNAMEINUSE, "Nickname is already in use").param(nick.as_str().to_owned());
        return turn.tell_origin(Event::NotAttached(refusal));
    }
    let known = match (outcome, attach.guest) {
        (GuestOutcome::New | GuestOutcome::Replaced, Some(tokens)) => {
            Some(Identity::Guest(make_guest(turn, tokens.fresh)))
        }
        _ => known,
    };
    let user = live.unwrap_or_else(|| make_user(turn, attach, nick, known));
    let Some((welcome, is_away)) = greet(turn, origin.session, attach.link, user, outcome) else { return };
    turn.tell_origin(Event::Attached(Arc::new(welcome)));
    if is_away {
        turn.reply(away::now_away());
    }
}

/// A session speaks for a user from now on: what it is to be told, and whether that one is away by its own word.
pub(super) fn greet(
    turn: &mut Turn<'_>,
    session: SessionId,
    link: Link,
    user: UserId,
    outcome: GuestOutcome,
) -> Option<(Welcome, bool)> {
    let is_first = turn.world.presence.user(user)?.sessions.is_empty();
    turn.world.presence.attach(session, link, user);
    if let Some(account) = turn.world.presence.user(user).and_then(User::account_id) {
        account::promote(turn, account);
        if is_first {
            turn.take_seat(user);
        }
    }
    let user = turn.world.presence.user(user)?;
    Some((welcome(turn.world, user, outcome), user.away.is_some()))
}

/// All that a session is told whose user this is from now on.
fn welcome(world: &World, user: &User, guest: GuestOutcome) -> Welcome {
    // All rooms together have as many people as one hold of the lock may look at; the rest is asked for later.
    let mut people_max = world.rules.rows_per_hold;
    let rooms = user.rooms.iter().filter_map(|id| world.durable.room(*id)).map(|room| {
        let view = world.view(room, people_max);
        people_max -= view.people.len();
        world.shown(view, user)
    });
    Welcome {
        user: user.id,
        nick: user.nick.shared(),
        source: user.source(),
        realname: Arc::clone(&user.realname),
        guest,
        modes: user.modes,
        always_on: user.account_id().map(|account| world.always_on(account)),
        lusers: Counts::of(world),
        monitored: world.monitored(user).into(),
        metadata: metadata::read::greeting(world, user),
        rooms: rooms.collect(),
    }
}

/// 901: the account that was proved is gone, and whoever proved it comes in as anybody does.
fn logged_out(source: &str) -> Reply {
    Reply::numeric(n::RPL_LOGGEDOUT, "You are now logged out").param(source.to_owned())
}

/// Why whoever comes may not come in, as what it would be: an account's or a guest's nick is not what NICK said.
fn ban_of(turn: &Turn<'_>, attach: &Attach) -> Option<Ban> {
    let account = attach.account.and_then(|id| turn.world.durable.account(id));
    if let Some((account, name)) = account.and_then(|account| Some((account.id, Nick::parse(&account.name).ok()?))) {
        return turn.world.ban_on_account(account, &name, attach.link);
    }
    let token = attach.guest.and_then(|tokens| tokens.known);
    let guest = token.and_then(|token| turn.world.durable.guest_with(token)).map(|guest| Identity::Guest(guest.id));
    let source = match guest.and_then(|guest| turn.world.presence.user_known_as(guest)) {
        Some(live) => live.source(),
        None => source_of(&attach.nick, &attach.address),
    };
    turn.world.ban_on(guest, Who { source: &source, account: None }, attach.link)
}

fn guest_of(turn: &Turn<'_>, tokens: Option<GuestTokens>) -> (Option<Identity>, GuestOutcome) {
    let Some(tokens) = tokens else { return (None, GuestOutcome::None) };
    let known = tokens.known.and_then(|token| turn.world.durable.guest_with(token));
    match known {
        Some(guest) => (Some(Identity::Guest(guest.id)), GuestOutcome::Known),
        None if !turn.entry.writable => (None, GuestOutcome::Unavailable),
        None if tokens.known.is_some() => (None, GuestOutcome::Replaced),
        None => (None, GuestOutcome::New),
    }
}

fn make_guest(turn: &mut Turn<'_>, token: TokenHash) -> GuestId {
    let id = GuestId(turn.entry.position.0);
    turn.put_guest(GuestRecord { id, token, seen: turn.entry.time });
    id
}

fn make_user(turn: &mut Turn<'_>, attach: &Attach, nick: Nick, identity: Option<Identity>) -> UserId {
    let id = UserId(turn.entry.position.0);
    let address = match identity {
        Some(Identity::Account(_)) => turn.world.account_address(),
        Some(Identity::Guest(_)) | None => attach.address.to_string(),
    };
    let realname = Arc::clone(&attach.realname);
    let mut user = User::new(id, nick.clone(), &address, Arc::clone(&realname), identity, turn.entry.time);
    user.away = identity.and_then(Identity::account).and_then(|account| turn.world.face(account, Face::Away));
    turn.world.presence.insert(user);
    turn.note_face(id, Face::Realname, Some(realname));
    turn.tell_arrival(&nick);
    metadata::set::tell_arrival(turn, id);
    id
}

/// Takes the session from its user; with the last one a guest's seat is kept for a while, an account's for as long as it
/// wants, and anybody else is gone.
pub(crate) fn detach(turn: &mut Turn<'_>, detach: &Detach) {
    if let Some(origin) = turn.entry.origin.clone() {
        end(turn, origin.session, &detach.reason, detach.leaving);
    }
}

pub(crate) fn end(turn: &mut Turn<'_>, session: SessionId, reason: &Arc<str>, leaving: Leaving) {
    let Some(user) = turn.world.presence.user_of(session) else { return };
    let (id, identity, last) = (user.id, user.identity, user.sessions.len() == 1);
    let rooms: Arc<[RoomId]> = user.rooms.iter().copied().collect();
    let seat_ms = match identity {
        Some(Identity::Account(account)) if turn.world.is_always_on(account) => None,
        Some(Identity::Guest(_)) if leaving == Leaving::Dropped => Some(turn.world.rules.guest_seat_ms),
        _ => Some(0),
    };
    // Whoever is in no room has no seat.
    if last && (seat_ms == Some(0) || (seat_ms.is_none() && rooms.is_empty())) {
        return turn.quit(id, reason, leaving);
    }
    turn.world.presence.detach(session);
    turn.tell_unasked(Audience::Session(session), Event::Detached(id, rooms));
    match seat_ms {
        Some(seat_ms) if last => turn.world.presence.keep_seat(id, turn.entry.time.plus_ms(seat_ms)),
        None if last => {
            identity.into_iter().for_each(|identity| turn.see(identity));
            turn.leave_seat_empty(id);
        }
        _ => {}
    }
}

/// The line that tells a session what became of its token, beside the token itself.
pub(crate) fn guest_failure(outcome: GuestOutcome) -> Option<Reply> {
    match outcome {
        GuestOutcome::Replaced => {
            Some(Reply::fail("GUEST", "INVALID_TOKEN", "That token is not known here; you are a new guest"))
        }
        GuestOutcome::Unavailable => Some(reply::unavailable("GUEST", "*")),
        GuestOutcome::None | GuestOutcome::Known | GuestOutcome::New => None,
    }
}
