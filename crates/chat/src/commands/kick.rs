//! KICK: out of a room, on another's word. <https://modern.ircdocs.horse/#kick-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event, Membership};
use crate::modes::Rank;
use crate::reply::Reply;
use crate::session::Request;
use crate::world::{Leaving, Turn};

pub(super) const COMMAND: Command = Command {
    name: "KICK",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "KICK <room> <nick>[,<nick>...] [<reason>]: put somebody out of a room; takes a halfop's rank",
    parse,
};

/// A user is put out of a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PutOut {
    /// Out of which room.
    pub room: RoomName,
    /// Who.
    pub nick: Nick,
    /// Why; empty for no reason.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let Ok(room) = RoomName::parse(request.param(0)) else {
        return request.reply(super::no_such_channel(request.param(0)));
    };
    let reason: Arc<str> = request.param(2).into();
    for name in request.param(1).split(',') {
        match Nick::parse(name) {
            Ok(nick) => {
                let (room, reason) = (room.clone(), Arc::clone(&reason));
                request.submit(Action::Kick(PutOut { room, nick, reason }));
            }
            Err(_) => request.reply(super::no_such_nick(name)),
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, kick: &PutOut) {
    if let Err(refusal) = put_out(turn, kick) {
        turn.reply(refusal);
    }
}

fn put_out(turn: &mut Turn<'_>, kick: &PutOut) -> Result<(), Reply> {
    let Some(actor) = turn.actor() else { return Ok(()) };
    let presence = &turn.world.presence;
    let room = turn.world.durable.room_named(&kick.room).map(|room| &room.record);
    let room = room.ok_or_else(|| super::no_such_channel(kick.room.as_str()))?;
    let ranks = turn.world.power(room, actor).ok_or_else(|| turn.outside(&kick.room))?;
    let (room, name) = (room.id, Arc::clone(&room.name));
    let target = presence.user_named(&kick.nick).ok_or_else(|| super::no_such_nick(kick.nick.as_str()))?;
    let (id, nick, by) = (target.id, Arc::<str>::from(target.nick.as_str()), actor.source());
    let theirs = presence.ranks(room, id).ok_or_else(|| {
        let reply = Reply::numeric(n::ERR_USERNOTINCHANNEL, "They aren't on that channel");
        reply.param(nick.to_string()).param(name.to_string())
    })?;
    if !ranks.is_at_least(Rank::Halfop) || theirs.highest() > ranks.highest() {
        return Err(super::needs_rank(&name));
    }
    let reason = if kick.reason.is_empty() { Arc::from(actor.nick.as_str()) } else { Arc::clone(&kick.reason) };
    if by.len() + name.len() + nick.len() + reason.len() + ":  KICK   :".len() > MESSAGE_BODY_BYTES_MAX {
        return Err(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    turn.leave(id, room);
    let membership = Membership { user: id, source: by, room, name, realname: "".into() };
    turn.tell(Audience::Room(room), Event::Kicked { membership, nick, reason });
    turn.settle_emptiness(room, Leaving::Goodbye);
    turn.leave_if_nowhere(id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn that_an_account_is_put_out_is_said_when_it_will_stay_so_and_at_once_when_nothing_can_be_kept() {
        check(
            "alice: JOIN #tea | bob: REGISTER * * oolong | bob: JOIN #tea | carol: REGISTER * * oolong | carol: JOIN #tea | hold || alice: KICK #tea bob :enough | alice: PING x | go | broken | alice: KICK #tea carol :enough",
            expect![[r#"
                bob < :alice KICK #tea bob :enough
                carol < :alice KICK #tea bob :enough
                alice < :alice KICK #tea bob :enough
                alice < PONG tea.test :x
                alice < :alice KICK #tea carol :enough
                carol < :alice KICK #tea carol :enough"#]],
        );
    }

    #[test]
    fn somebody_is_put_out_and_may_come_back() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea || alice: KICK #tea bob :enough | bob: PRIVMSG #tea :hi | bob: JOIN #tea | alice: KICK #tea bob,carol",
            expect![[r#"
                alice < :alice KICK #tea bob :enough
                bob < :alice KICK #tea bob :enough
                carol < :alice KICK #tea bob :enough
                bob < 404 bob #tea :You are not in that channel
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@alice bob carol
                bob < 366 bob #tea :End of /NAMES list
                carol < :bob JOIN #tea
                alice < :alice KICK #tea bob :alice
                alice < :alice KICK #tea carol :alice
                bob < :alice KICK #tea bob :alice
                carol < :alice KICK #tea bob :alice
                carol < :alice KICK #tea carol :alice"#]],
        );
    }

    #[test]
    fn the_last_one_may_put_itself_out() {
        check(
            "alice: JOIN #tea | alice: KICK #tea alice || bob: JOIN #tea",
            expect![[r#"
            bob < :bob JOIN #tea
            bob < 353 bob = #tea :@bob
            bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea,#other || bob: KICK #tea alice | alice: KICK #tea | alice: KICK #tea nobody | alice: KICK #tea carol | alice: KICK #other bob | alice: KICK #none bob | alice: KICK tea bob | carol: KICK #tea bob | alice: KICK #tea carol | alice: MODE #tea +s | carol: KICK #tea bob",
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                alice < 461 alice KICK :Not enough parameters
                alice < 401 alice nobody :No such nick/channel
                alice < 401 alice carol :No such nick/channel
                alice < 442 alice #other :You're not on that channel
                alice < 403 alice #none :No such channel
                alice < 403 alice tea :No such channel
                carol < 442 carol #tea :You're not on that channel
                alice < 441 alice carol #tea :They aren't on that channel
                alice < :alice MODE #tea +s
                bob < :alice MODE #tea +s
                carol < 403 carol #tea :No such channel"#]],
        );
    }
}
