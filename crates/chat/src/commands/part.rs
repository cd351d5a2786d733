//! PART: out of a room. <https://modern.ircdocs.horse/#part-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event, Membership};
use crate::ids::RoomId;
use crate::reply::Reply;
use crate::session::Request;
use crate::world::{Leaving, Turn};

pub(super) const COMMAND: Command = Command {
    name: "PART",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "PART <room>[,<room>...] [<reason>]: out of a room",
    parse,
};

/// A user leaves a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leave {
    /// Which.
    pub room: RoomName,
    /// Why; may be empty.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let reason: Arc<str> = request.param(1).into();
    for name in request.param(0).split(',') {
        match RoomName::parse(name) {
            Ok(room) => request.submit(Action::Part(Leave { room, reason: Arc::clone(&reason) })),
            Err(_) => request.reply(super::no_such_channel(name)),
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, leave: &Leave) {
    let Some(user) = turn.actor() else { return };
    let room = turn.world.durable.room_named(&leave.room).map(|room| room.record.id);
    let Some(room) = room.filter(|room| user.rooms.contains(room)) else {
        return turn.reply(super::not_on_channel(&leave.room));
    };
    go(turn, room, &leave.reason);
}

/// What `JOIN 0` means.
pub(crate) fn apply_to_all(turn: &mut Turn<'_>) {
    let rooms: Vec<RoomId> = turn.actor().map(|user| user.rooms.iter().copied().collect()).unwrap_or_default();
    for room in rooms {
        go(turn, room, &"".into());
    }
}

/// Whoever acts leaves a room that it is in.
fn go(turn: &mut Turn<'_>, room: RoomId, reason: &Arc<str>) {
    let Some((user, record)) = turn.actor().zip(turn.world.durable.room(room)) else { return };
    let (id, source, realname) = (user.id, user.source(), Arc::clone(&user.realname));
    let name = Arc::clone(&record.record.name);
    if source.len() + name.len() + reason.len() + ":  PART  :".len() > MESSAGE_BODY_BYTES_MAX {
        return turn.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    turn.leave(id, room);
    let membership = Membership { user: id, source, room, name, realname };
    turn.tell(Audience::Room(room), Event::Left(membership, Arc::clone(reason)));
    turn.settle_emptiness(room, Leaving::Goodbye);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn an_account_is_told_when_it_will_stay_out() {
        check(
            "bob: JOIN #tea | alice: REGISTER * * oolong | alice: JOIN #tea | carol: JOIN #tea | hold || alice: PART #tea | alice: PING x | carol: PART #tea | go",
            expect![[r#"
                bob < :alice!account@tea.test PART #tea
                carol < :alice!account@tea.test PART #tea
                bob < :carol PART #tea
                carol < :carol PART #tea
                alice < :alice!account@tea.test PART #tea
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn members_are_told_why() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea || alice: PART #tea :bye now | bob: PART #tea",
            expect![[r#"
                alice < :alice PART #tea :bye now
                bob < :alice PART #tea :bye now
                bob < :bob PART #tea"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #other || alice: PART | alice: PART tea | alice: PART #other | alice: PART #none",
            expect![[r#"
                alice < 461 alice PART :Not enough parameters
                alice < 403 alice tea :No such channel
                alice < 442 alice #other :You're not on that channel
                alice < 442 alice #none :You're not on that channel"#]],
        );
    }
}
