//! AWAY: not here for a while. <https://modern.ircdocs.horse/#away-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::{Face, Turn};

pub(super) const COMMAND: Command = Command {
    name: "AWAY",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "AWAY [<reason>]: say that you are away, or without a reason that you are back",
    parse,
};

/// The longest reason, in bytes: `AWAYLEN` in 005. It fits with any address before it.
pub(crate) const REASON_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX - 200;

/// A user goes away or comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GoAway {
    /// Why; empty to come back.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let reason = request.param(0);
    if reason.len() > REASON_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    request.submit(Action::Away(GoAway { reason: reason.into() }));
}

pub(crate) fn apply(turn: &mut Turn<'_>, away: &GoAway) {
    let Some(id) = turn.actor().map(|user| user.id) else { return };
    let Some(user) = turn.world.presence.user_mut(id) else { return };
    let next = (!away.reason.is_empty()).then(|| Arc::clone(&away.reason));
    let changes = user.away != next;
    user.away = next;
    let (source, rooms, nick) = (user.source(), user.rooms.iter().copied().collect(), user.nick.clone());
    let reply = match away.reason.is_empty() {
        true => Reply::numeric(n::RPL_UNAWAY, "You are no longer marked as being away"),
        false => now_away(),
    };
    if changes {
        turn.tell_own_others(&Event::Reply(reply.clone()));
    }
    match changes && turn.entry.writable {
        true => turn.promise(reply),
        false => turn.reply(reply),
    }
    if changes {
        let kept = (!away.reason.is_empty()).then(|| Arc::clone(&away.reason));
        turn.note_face(id, Face::Away, kept);
        let event = Event::Away { nick, source, reason: Arc::clone(&away.reason) };
        turn.tell_unasked(Audience::Others(id, rooms), event);
    }
}

/// 306
pub(crate) fn now_away() -> Reply {
    Reply::numeric(n::RPL_NOWAWAY, "You have been marked as being away")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn whoever_speaks_to_somebody_away_is_told() {
        check(
            "alice: PING 1 || bob: AWAY :making tea | alice: PRIVMSG bob :hi | alice: NOTICE bob :hi | bob: AWAY | alice: PRIVMSG bob :hi",
            expect![[r#"
                bob < 306 bob :You have been marked as being away
                alice < 301 alice bob :making tea
                bob < :alice PRIVMSG bob :hi
                bob < :alice NOTICE bob :hi
                bob < 305 bob :You are no longer marked as being away
                bob < :alice PRIVMSG bob :hi"#]],
        );
    }

    #[test]
    fn an_account_is_told_when_that_is_kept_and_at_once_when_nothing_can_be() {
        check(
            "alice: REGISTER * * oolong | bob: PING 1 | hold || alice: AWAY :out | alice: PING x | bob: AWAY :out | bob: PING y | go | broken | alice: AWAY",
            expect![[r#"
                bob < 306 bob :You have been marked as being away
                bob < PONG tea.test :y
                alice < 306 alice :You have been marked as being away
                alice < PONG tea.test :x
                alice < 305 alice :You are no longer marked as being away"#]],
        );
    }

    #[test]
    fn the_answer_beside_an_echo_has_no_label() {
        check_with(
            &[("alice", "echo-message labeled-response batch")],
            "bob: AWAY :out | alice: PING 1 || alice: @label=1 PRIVMSG bob :hi",
            expect![[r#"
                bob < :alice PRIVMSG bob :hi
                alice < 301 alice bob :out
                alice < @label=1 :alice PRIVMSG bob :hi"#]],
        );
    }

    #[test]
    fn those_who_share_a_room_are_told_once_if_they_want() {
        check_with(
            &[("alice", "away-notify")],
            "alice: JOIN #a,#b | bob: JOIN #a,#b | carol: JOIN #a || bob: AWAY :out | bob: AWAY :out | bob: AWAY",
            expect![[r#"
                alice < :bob AWAY :out
                bob < 306 bob :You have been marked as being away
                bob < 306 bob :You have been marked as being away
                alice < :bob AWAY
                bob < 305 bob :You are no longer marked as being away"#]],
        );
    }

    #[test]
    fn those_inside_are_told_when_somebody_away_comes_in() {
        check_with(
            &[("alice", "away-notify")],
            "alice: JOIN #tea | carol: JOIN #tea | bob: AWAY :out || bob: JOIN #tea | bob: AWAY | bob: PART #tea | bob: JOIN #tea",
            expect![[r#"
                alice < :bob JOIN #tea
                alice < :bob AWAY :out
                carol < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@alice carol bob
                bob < 366 bob #tea :End of /NAMES list
                alice < :bob AWAY
                bob < 305 bob :You are no longer marked as being away
                alice < :bob PART #tea
                carol < :bob PART #tea
                bob < :bob PART #tea
                alice < :bob JOIN #tea
                carol < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@alice carol bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_reason_that_would_be_cut_is_refused() {
        check(&format!("alice: AWAY :{}", "x".repeat(400)), expect!["alice < 417 alice :That reason is too long"]);
    }
}
