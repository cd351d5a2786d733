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
    Asked::replies(scope, Counts::of(world).lines().into())
}

/// How many there are; part of every welcome.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    users: usize,
    most: usize,
    invisible: usize,
    operators: usize,
    rooms: usize,
}

impl Counts {
    /// As of now, and nothing is counted one by one.
    pub(crate) fn of(world: &World) -> Self {
        let presence = &world.presence;
        // A room of the server's own is there even while nobody is in it.
        let empty = world.durable.servers_rooms().filter(|room| presence.is_empty(*room)).count();
        Counts {
            users: presence.users_now(),
            most: presence.users_max(),
            invisible: presence.invisible(),
            operators: presence.operators(),
            rooms: presence.rooms() + empty,
        }
    }

    /// 251 to 266.
    pub(crate) fn lines(self) -> [Reply; 6] {
        let Counts { users: count, most, invisible: hidden, operators, rooms } = self;
        let here = format!("There are {} users and {hidden} invisible on 1 servers", count - hidden);
        let numbers = |code: u16, of: &str| {
            let text = format!("Current {of} users {count}, max {most}");
            Reply::numeric(code, text).param(count.to_string()).param(most.to_string())
        };
        [
            Reply::numeric(n::RPL_LUSERCLIENT, here),
            Reply::numeric(n::RPL_LUSEROP, "operator(s) online").param(operators.to_string()),
            Reply::numeric(n::RPL_LUSERCHANNELS, "channels formed").param(rooms.to_string()),
            Reply::numeric(n::RPL_LUSERME, format!("I have {count} clients and 0 servers")),
            numbers(n::RPL_LOCALUSERS, "local"),
            numbers(n::RPL_GLOBALUSERS, "global"),
        ]
    }
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
