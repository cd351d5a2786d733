//! NICK: the name one goes by. <https://modern.ircdocs.horse/#nick-message>

use std::sync::Arc;

use teahouse_proto::names::{NameError, Nick};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::reply::Reply;
use crate::session::{Request, advance};
use crate::world::Turn;

pub(super) const COMMAND: Command =
    Command { name: "NICK", params_min: 0, stage: Stage::Any, answers: Answers::One, parse };

/// A user wants another nick.
#[derive(Clone, Debug)]
pub struct Rename {
    /// The new one.
    pub nick: Nick,
}

fn parse(request: &mut Request<'_>) {
    let wanted = request.param(0);
    let nick = match Nick::parse(wanted) {
        Ok(nick) => nick,
        Err(NameError::Empty) => return request.reply(Reply::numeric(n::ERR_NONICKNAMEGIVEN, "No nickname given")),
        Err(NameError::TooLong) => return request.reply(erroneous(wanted, "A nickname has at most 32 bytes")),
        Err(NameError::Forbidden) => return request.reply(erroneous(wanted, "Erroneous nickname")),
    };
    match request.registration() {
        Some(registration) => {
            registration.nick = Some(nick);
            advance(request);
        }
        None => request.submit(Action::Nick(Rename { nick })),
    }
}

fn erroneous(wanted: &str, text: &'static str) -> Reply {
    let shown: String = wanted.chars().take(64).collect();
    Reply::numeric(n::ERR_ERRONEUSNICKNAME, text).param(shown)
}

pub(crate) fn apply(turn: &mut Turn<'_>, rename: &Rename) {
    let Some(user) = turn.actor() else { return };
    let (id, source, same) = (user.id, user.source(), user.nick.as_str() == rename.nick.as_str());
    if same {
        return turn.reply(Reply::word("ACK"));
    }
    if turn.world.presence.nick_taken(&rename.nick, Some(id)) {
        let nick = rename.nick.as_str().to_owned();
        return turn.reply(Reply::numeric(n::ERR_NICKNAMEINUSE, "Nickname is already in use").param(nick));
    }
    let rooms: Arc<_> = user.rooms.iter().copied().collect();
    turn.world.presence.rename(id, rename.nick.clone());
    let event = Event::Renamed { user: id, source, nick: rename.nick.as_str().into() };
    turn.tell(Audience::Neighbours(id, rooms), event);
}
