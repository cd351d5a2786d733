//! WHOWAS: about somebody who has left, or goes by another nick. <https://modern.ircdocs.horse/#whowas-message>

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::ids::SessionId;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "WHOWAS",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "WHOWAS <nick> [<how many>]: addresses and real names of those who had that nick before",
    parse,
};

/// How many are told of at most.
const ENTRIES_MAX: usize = 20;

fn parse(request: &mut Request<'_>) {
    let count = request.param(1).parse().ok().filter(|count| *count > 0).unwrap_or(ENTRIES_MAX).min(ENTRIES_MAX);
    match Nick::parse(request.param(0)) {
        Ok(nick) => request.ask(Query::Whowas(nick, count)),
        Err(_) => {
            let nick = request.param(0);
            request.reply(unknown(nick));
            request.reply(end(nick));
        }
    }
}

fn unknown(nick: &str) -> Reply {
    Reply::numeric(n::ERR_WASNOSUCHNICK, "There was no such nickname").param(super::shown(nick))
}

fn end(nick: &str) -> Reply {
    Reply::numeric(n::RPL_ENDOFWHOWAS, "End of WHOWAS").param(super::shown(nick))
}

/// 314 and 312 for each, or 406; and 369.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, nick: &Nick, count: usize) -> Asked {
    let sees_addresses = world.is_operator(session);
    let mut lines = Vec::new();
    for past in world.presence.past(nick).take(count) {
        let nick = past.nick.as_str().to_owned();
        let from = past.from.iter().filter(|_| sees_addresses);
        let address = past.source.split_once('!').map_or("", |(_, address)| address);
        let (name, host) = address.split_once('@').unwrap_or((address, "*"));
        let who = Reply::numeric(n::RPL_WHOWASUSER, past.realname.to_string()).param(nick.clone());
        lines.push(who.param(name.to_owned()).param(host.to_owned()).param("*"));
        lines.extend(from.map(|from| super::really_from(&nick, *from)));
        let left = past.left.to_string();
        lines.push(Reply::numeric(n::RPL_WHOISSERVER, left).param(nick).param(world.rules.server_name.to_string()));
    }
    if lines.is_empty() {
        lines.push(unknown(nick.as_str()));
    }
    lines.push(end(nick.as_str()));
    Asked::replies(scope, lines)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn those_who_took_another_nick_are_remembered_by_the_one_they_had() {
        check(
            "bob: NICK rob | bob: NICK Rob || alice: WHOWAS bob | alice: WHOWAS rob | bob: QUIT | alice: WHOWAS rob | alice: WHOWAS bob",
            expect![[r#"
                alice < 314 alice bob ~bob host * :bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice bob :End of WHOWAS
                alice < 406 alice rob :There was no such nickname
                alice < 369 alice rob :End of WHOWAS
                bob < ERROR :Quit
                alice < 314 alice Rob ~bob host * :bob
                alice < 312 alice Rob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice rob :End of WHOWAS
                alice < 314 alice bob ~bob host * :bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice bob :End of WHOWAS"#]],
        );
    }

    #[test]
    fn those_who_left_are_remembered_the_latest_first() {
        check(
            "bob: QUIT | connect b2 | b2: NICK bob | b2: USER other 0 * :Other Bob | b2: QUIT || alice: WHOWAS bob | alice: WHOWAS BOB 1 | alice: WHOWAS bob 0 | alice: WHOWAS nobody | alice: WHOWAS a!b | alice: WHOWAS",
            expect![[r#"
                alice < 314 alice bob ~other host * :Other Bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 314 alice bob ~bob host * :bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice bob :End of WHOWAS
                alice < 314 alice bob ~other host * :Other Bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice BOB :End of WHOWAS
                alice < 314 alice bob ~other host * :Other Bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 314 alice bob ~bob host * :bob
                alice < 312 alice bob tea.test :2023-11-14T22:13:20.000Z
                alice < 369 alice bob :End of WHOWAS
                alice < 406 alice nobody :There was no such nickname
                alice < 369 alice nobody :End of WHOWAS
                alice < 406 alice a!b :There was no such nickname
                alice < 369 alice a!b :End of WHOWAS
                alice < 461 alice WHOWAS :Not enough parameters"#]],
        );
    }
}
