//! KNOCK: from outside, to be let into an invite-only room. (The numerics are those that ircd-ratbox gave it.)

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::modes::{Flag, Rank};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "KNOCK",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "KNOCK <room>: ask those inside an invite-only room to let you in",
    parse,
};

/// How long one waits before knocking at the same door again.
const PAUSE_MS: u64 = 60_000;

/// A user knocks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Knock {
    /// At which room.
    pub room: RoomName,
}

fn parse(request: &mut Request<'_>) {
    match RoomName::parse(request.param(0)) {
        Ok(room) => request.submit(Action::Knock(Knock { room })),
        Err(_) => request.reply(super::no_such_channel(request.param(0))),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, knock: &Knock) {
    let reply = match knocked(turn, knock) {
        Ok(reply) | Err(reply) => reply,
    };
    turn.reply(reply);
}

fn knocked(turn: &mut Turn<'_>, knock: &Knock) -> Result<Reply, Reply> {
    let now = turn.entry.time;
    let presence = &turn.world.presence;
    let absent = || super::no_such_channel(knock.room.as_str());
    let actor = turn.actor().ok_or_else(absent)?;
    let room = turn.world.durable.room_named(&knock.room).map(|room| &room.record);
    let room =
        room.filter(|room| !presence.is_empty(room.id) && !room.modes.flags.has(Flag::Secret)).ok_or_else(absent)?;
    let (room, name, modes) = (room.id, Arc::clone(&room.name), &room.modes);
    let refused = |code: u16, text: &'static str| Reply::numeric(code, text).param(name.to_string());
    if presence.ranks(room, actor.id).is_some() {
        return Err(refused(n::ERR_KNOCKONCHAN, "You are already on that channel"));
    }
    if !modes.flags.has(Flag::InviteOnly) {
        return Err(refused(n::ERR_CHANOPEN, "Channel is open"));
    }
    let source = actor.source();
    if modes.bans(actor.who()) {
        return Err(refused(n::ERR_BANNEDFROMCHAN, "Cannot knock (+b)"));
    }
    let id = actor.id;
    if actor.knocked().is_some_and(|(at, last)| at == room && now < last.plus_ms(PAUSE_MS)) {
        return Err(refused(n::ERR_TOOMANYKNOCK, "Too many KNOCKs; wait a minute"));
    }
    if let Some(actor) = turn.world.presence.user_mut(id) {
        actor.outside.get_or_insert_default().knocked = Some((room, now));
    }
    let members = turn.world.presence.members(room);
    let ops: Vec<_> = members.filter(|(_, ranks)| ranks.is_at_least(Rank::Halfop)).map(|(user, _)| user.id).collect();
    let told =
        Reply::numeric(n::RPL_KNOCK, "has asked for an invite").param(name.to_string()).param(source.to_string());
    ops.into_iter().for_each(|op| turn.tell_unasked(Audience::User(op), Event::Told(told.clone())));
    Ok(Reply::numeric(n::RPL_KNOCKDLVR, "Your KNOCK has been delivered").param(name.to_string()))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn those_who_may_open_hear_it() {
        check(
            "alice: JOIN #tea | alice: MODE #tea +i | alice: INVITE bob #tea | bob: JOIN #tea || carol: KNOCK #tea | carol: KNOCK #tea | wait 61s | carol: KNOCK #tea :let me in",
            expect![[r#"
                alice < 710 alice #tea carol :has asked for an invite
                carol < 711 carol #tea :Your KNOCK has been delivered
                carol < 712 carol #tea :Too many KNOCKs; wait a minute
                alice < 710 alice #tea carol :has asked for an invite
                carol < 711 carol #tea :Your KNOCK has been delivered"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea,#open,#hidden | alice: MODE #tea +ib evil | alice: MODE #hidden +is || bob: KNOCK #open | alice: KNOCK #tea | bob: KNOCK #hidden | bob: KNOCK #none | bob: KNOCK tea | evil: KNOCK #tea | bob: KNOCK",
            expect![[r#"
                bob < 713 bob #open :Channel is open
                alice < 714 alice #tea :You are already on that channel
                bob < 403 bob #hidden :No such channel
                bob < 403 bob #none :No such channel
                bob < 403 bob tea :No such channel
                evil < 474 evil #tea :Cannot knock (+b)
                bob < 461 bob KNOCK :Not enough parameters"#]],
        );
    }
}
