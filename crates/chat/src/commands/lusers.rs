//! LUSERS: how many there are. <https://modern.ircdocs.horse/#lusers-message>

use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "LUSERS",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "LUSERS: how many people and rooms there are",
    parse: |request: &mut Request<'_>| request.ask(Query::Lusers),
};

/// 251 to 266.
pub(crate) fn answer(world: &World, scope: &Scope) -> Asked {
    Asked::replies(scope, lines(world))
}

/// Also part of a welcome.
pub(crate) fn lines(world: &World) -> Vec<Reply> {
    let users: Vec<_> = world.presence.users().collect();
    let count = users.len();
    let hidden = users.iter().filter(|user| user.modes.invisible).count();
    let operators = users.iter().filter(|user| user.modes.operator).count();
    let rooms = world.durable.rooms().filter(|room| world.looks_present(&room.record)).count();
    let most = world.presence.users_max();
    let here = format!("There are {} users and {hidden} invisible on 1 servers", count - hidden);
    let numbers = |code: u16, of: &str| {
        let text = format!("Current {of} users {count}, max {most}");
        Reply::numeric(code, text).param(count.to_string()).param(most.to_string())
    };
    vec![
        Reply::numeric(n::RPL_LUSERCLIENT, here),
        Reply::numeric(n::RPL_LUSEROP, "operator(s) online").param(operators.to_string()),
        Reply::numeric(n::RPL_LUSERCHANNELS, "channels formed").param(rooms.to_string()),
        Reply::numeric(n::RPL_LUSERME, format!("I have {count} clients and 0 servers")),
        numbers(n::RPL_LOCALUSERS, "local"),
        numbers(n::RPL_GLOBALUSERS, "global"),
    ]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn people_and_rooms_are_counted() {
        check(
            "alice: JOIN #tea | bob: MODE bob +i | carol: QUIT | alice: LUSERS",
            expect![[r#"
            alice < 251 alice :There are 1 users and 1 invisible on 1 servers
            alice < 252 alice 0 :operator(s) online
            alice < 254 alice 2 :channels formed
            alice < 255 alice :I have 2 clients and 0 servers
            alice < 265 alice 2 3 :Current local users 2, max 3
            alice < 266 alice 2 3 :Current global users 2, max 3"#]],
        );
    }
}
