//! NAMES: who is in a room. <https://modern.ircdocs.horse/#names-message>

use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Request};
use crate::world::World;

pub(super) const COMMAND: Command =
    Command { name: "NAMES", params_min: 0, stage: Stage::Registered, answers: Answers::Many, parse };

fn parse(request: &mut Request<'_>) {
    for name in request.param(0).split(',') {
        match RoomName::parse(name) {
            Ok(room) => request.ask(Query::Names(room)),
            Err(_) => request.reply(end(if name.is_empty() { "*".to_owned() } else { super::shown(name) })),
        }
    }
}

/// 353 and 366. A room with nobody in it looks like one that is not there.
pub(crate) fn answer(world: &World, scope: Scope, name: &RoomName) -> Asked {
    let room = world.durable.room_named(name).map(|room| world.view(room)).filter(|view| !view.people.is_empty());
    let answer = match room {
        Some(view) => Answer::Names(scope, view),
        None => Answer::Reply(scope, end(name.as_str().to_owned())),
    };
    Asked { answers: vec![answer], read: None }
}

/// The line that ends a list of names.
pub(crate) fn end(room: String) -> Reply {
    Reply::numeric(n::RPL_ENDOFNAMES, "End of /NAMES list").param(room)
}
