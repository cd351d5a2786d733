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

/// Also part of every welcome: so it counts nothing one by one.
pub(crate) fn lines(world: &World) -> Vec<Reply> {
    let (count, hidden, operators) =
        (world.presence.users_now(), world.presence.invisible(), world.presence.operators());
    // A room of the server's own is there even while nobody is in it.
    let empty = world.durable.servers_rooms().filter(|room| world.presence.is_empty(*room)).count();
    let rooms = world.presence.rooms() + empty;
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
