//! JOIN: into a room, which is made if there is none. <https://modern.ircdocs.horse/#join-message>

use std::sync::Arc;

use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Action, Audience, Event, Membership};
use crate::ids::{RoomId, UserId};
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command =
    Command { name: "JOIN", params_min: 1, stage: Stage::Registered, answers: Answers::Many, parse };

/// In how many rooms a user may be: `CHANLIMIT` in 005.
pub(crate) const ROOMS_PER_USER_MAX: usize = 100;

/// A user wants to be in a room.
#[derive(Clone, Debug)]
pub struct Enter {
    /// Which.
    pub room: RoomName,
}

fn parse(request: &mut Request<'_>) {
    for name in request.param(0).split(',') {
        match RoomName::parse(name) {
            Ok(room) => request.submit(Action::Join(Enter { room })),
            Err(_) => request.reply(Reply::numeric(n::ERR_NOSUCHCHANNEL, "No such channel").param(super::shown(name))),
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, enter: &Enter) {
    let Some(user) = turn.actor() else { return };
    let (id, source, owner) = (user.id, user.source(), user.guest.map_or(Owner::Nobody, Owner::Guest));
    if let Some(refusal) = refusal(turn, id, &enter.room) {
        return turn.reply(refusal);
    }
    let mut room = match turn.world.durable.room_named(&enter.room) {
        Some(room) => room.record.clone(),
        None => turn.new_room(&enter.room, owner),
    };
    let (room_id, name) = (room.id, Arc::clone(&room.name));
    if !turn.world.presence.enter(id, room_id) {
        return;
    }
    if room.empty_since.take().is_some() {
        turn.put_room(room);
    }
    let membership = Membership { user: id, source, room: room_id, name };
    turn.tell(Audience::Room(room_id), Event::Entered(membership));
    show_room(turn, id, room_id);
}

/// Shows the room to all sessions of whoever came in.
fn show_room(turn: &mut Turn<'_>, user: UserId, room: RoomId) {
    if let Some(room) = turn.world.durable.room(room) {
        let view = turn.world.view(room);
        turn.tell(Audience::User(user), Event::Room(Arc::new(view)));
    }
}

fn refusal(turn: &Turn<'_>, user: UserId, name: &RoomName) -> Option<Reply> {
    let shown = name.as_str().to_owned();
    let user = turn.world.presence.user(user)?;
    let Some(RoomRecord { id, .. }) = turn.world.durable.room_named(name).map(|room| &room.record) else {
        if let Some(like) = turn.world.durable.room_looking_like(name) {
            let text = format!("Looks too much like {}", like.record.name);
            return Some(Reply::numeric(n::ERR_NOSUCHCHANNEL, text).param(shown));
        }
        if !turn.entry.writable {
            return Some(unavailable("JOIN", &shown));
        }
        return full(user.rooms.len(), shown);
    };
    if user.rooms.contains(id) { None } else { full(user.rooms.len(), shown) }
}

fn full(rooms: usize, shown: String) -> Option<Reply> {
    let text = "You have joined too many channels";
    (rooms >= ROOMS_PER_USER_MAX).then(|| Reply::numeric(n::ERR_TOOMANYCHANNELS, text).param(shown))
}
