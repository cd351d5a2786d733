//! INVITE: somebody is asked into a room. <https://modern.ircdocs.horse/#invite-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::modes::{Flag, Rank};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "INVITE",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "INVITE <nick> <room>: ask somebody into a room; an op's word also opens one that is closed to them, and only an op asks into an invite-only one",
    parse,
};

/// How many invitations a user holds at a time; the oldest room's goes first.
const INVITATIONS_MAX: usize = 100;

/// A user is asked into a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskIn {
    /// Who.
    pub nick: Nick,
    /// Into which.
    pub room: RoomName,
}

fn parse(request: &mut Request<'_>) {
    match (Nick::parse(request.param(0)), RoomName::parse(request.param(1))) {
        (Ok(nick), Ok(room)) => request.submit(Action::Invite(AskIn { nick, room })),
        (Err(_), _) => request.reply(super::no_such_nick(request.param(0))),
        (_, Err(_)) => request.reply(super::no_such_channel(request.param(1))),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, ask: &AskIn) {
    if let Err(refusal) = ask_in(turn, ask) {
        turn.reply(refusal);
    }
}

fn ask_in(turn: &mut Turn<'_>, ask: &AskIn) -> Result<(), Reply> {
    let Some(actor) = turn.actor() else { return Ok(()) };
    let presence = &turn.world.presence;
    let room = turn.world.durable.room_named(&ask.room).map(|room| &room.record);
    let room =
        room.filter(|room| !presence.is_empty(room.id)).ok_or_else(|| super::no_such_channel(ask.room.as_str()))?;
    let ranks = turn.world.power(room, actor).ok_or_else(|| turn.outside(&ask.room))?;
    if room.modes.flags.has(Flag::InviteOnly) && !ranks.is_at_least(Rank::Op) {
        return Err(super::needs_rank(&room.name));
    }
    let guest = presence.user_named(&ask.nick).ok_or_else(|| super::no_such_nick(ask.nick.as_str()))?;
    let (id, nick, source) = (guest.id, Arc::<str>::from(guest.nick.as_str()), actor.source());
    let (room, name) = (room.id, Arc::clone(&room.name));
    let shown = |reply: Reply| reply.param(nick.to_string()).param(name.to_string());
    if presence.ranks(room, id).is_some() {
        return Err(shown(Reply::numeric(n::ERR_USERONCHANNEL, "is already on channel")));
    }
    let inviting = shown(Reply::numeric_bare(n::RPL_INVITING));
    let away = guest.absence().map(|reason| super::is_away(&nick, reason));
    // Whoever could not open the door by its modes does not open it by an invitation.
    if ranks.is_at_least(Rank::Op)
        && let Some(guest) = turn.world.presence.user_mut(id)
    {
        let invited = &mut guest.outside.get_or_insert_default().invited;
        if invited.len() >= INVITATIONS_MAX {
            invited.pop_first();
        }
        invited.insert(room);
    }
    turn.reply(inviting);
    away.into_iter().for_each(|away| turn.reply(away));
    let (to, by, at) = (Arc::clone(&nick), Arc::clone(&source), Arc::clone(&name));
    turn.tell_unasked(Audience::User(id), Event::Invited { nick: to, source: by, room: at });
    turn.tell_unasked(Audience::Room(room), Event::InviteSeen { nick, source, room: name });
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_invitation_opens_the_door_once() {
        check(
            "alice: JOIN #tea | alice: MODE #tea +i | bob: JOIN #tea || alice: INVITE bob #tea | bob: JOIN #tea | bob: PART #tea | bob: JOIN #tea",
            expect![[r#"
                alice < 341 alice bob #tea
                bob < :alice INVITE bob #tea
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list
                alice < :bob PART #tea
                bob < :bob PART #tea
                bob < 473 bob #tea :Cannot join channel (+i)"#]],
        );
    }

    #[test]
    fn whoever_does_not_rank_asks_in_and_opens_no_door() {
        check(
            "carol: PING 1 | alice: JOIN #tea | bob: JOIN #tea | dave: JOIN #tea | alice: MODE #tea +bh carol dave || bob: INVITE carol #tea | carol: JOIN #tea | alice: MODE #tea -b+l carol 3 | carol: JOIN #tea | dave: INVITE carol #tea | carol: JOIN #tea | alice: MODE #tea -l+i | carol: JOIN #tea | alice: INVITE carol #tea | carol: JOIN #tea",
            expect![[r#"
                carol < :bob INVITE carol #tea
                bob < 341 bob carol #tea
                carol < 474 carol #tea :Cannot join channel (+b)
                alice < :alice MODE #tea -b+l carol!*@* 3
                bob < :alice MODE #tea -b+l carol!*@* 3
                dave < :alice MODE #tea -b+l carol!*@* 3
                carol < 471 carol #tea :Cannot join channel (+l)
                carol < :dave INVITE carol #tea
                dave < 341 dave carol #tea
                carol < 471 carol #tea :Cannot join channel (+l)
                alice < :alice MODE #tea -l+i
                bob < :alice MODE #tea -l+i
                dave < :alice MODE #tea -l+i
                carol < 473 carol #tea :Cannot join channel (+i)
                carol < :alice INVITE carol #tea
                alice < 341 alice carol #tea
                carol < :carol JOIN #tea
                carol < 353 carol = #tea :carol @alice bob %dave
                carol < 366 carol #tea :End of /NAMES list
                alice < :carol JOIN #tea
                bob < :carol JOIN #tea
                dave < :carol JOIN #tea"#]],
        );
    }

    #[test]
    fn those_inside_are_told_if_they_want() {
        check_with(
            &[("carol", "invite-notify")],
            "alice: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea | bob: AWAY :out || alice: INVITE bob #tea",
            expect![[r#"
                alice < 341 alice bob #tea
                alice < 301 alice bob :out
                carol < :alice INVITE bob #tea
                bob < :alice INVITE bob #tea"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | alice: MODE #tea +i || bob: INVITE carol #tea | alice: INVITE bob #tea | alice: INVITE nobody #tea | alice: INVITE bob #none | alice: INVITE bob tea | alice: INVITE bob | carol: INVITE bob #tea",
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                alice < 443 alice bob #tea :is already on channel
                alice < 401 alice nobody :No such nick/channel
                alice < 403 alice #none :No such channel
                alice < 403 alice tea :No such channel
                alice < 461 alice INVITE :Not enough parameters
                carol < 442 carol #tea :You're not on that channel"#]],
        );
    }
}
