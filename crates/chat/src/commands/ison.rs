//! ISON and USERHOST: who of the named is here. <https://modern.ircdocs.horse/#userhost-message>

use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "ISON",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "ISON <nick> [<nick>...]: which of them are here",
    parse: ison,
};
pub(super) const USERHOST: Command = Command {
    name: "USERHOST",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "USERHOST <nick> [<nick>...]: addresses of up to five people",
    parse: userhost,
};

/// How many USERHOST tells of.
const USERHOSTS_MAX: usize = 5;

fn nicks<'a>(request: &Request<'a>) -> impl Iterator<Item = Nick> + use<'a> {
    let words = request.message.params.iter().flat_map(|param| param.split(' '));
    words.filter_map(|word| Nick::parse(word).ok())
}

fn ison(request: &mut Request<'_>) {
    let nicks = nicks(request).collect();
    request.ask(Query::Ison(nicks));
}

fn userhost(request: &mut Request<'_>) {
    let nicks = nicks(request).take(USERHOSTS_MAX).collect();
    request.ask(Query::Userhost(nicks));
}

/// 303. As a line holds 512 bytes, so does the answer: nicks come back as they were asked.
pub(crate) fn answer(world: &World, scope: &Scope, nicks: &[Nick]) -> Asked {
    let here = nicks.iter().filter_map(|nick| world.presence.user_named(nick)).map(|user| user.nick.as_str());
    let mut text = String::new();
    for nick in here {
        if text.len() + 1 + nick.len() > 400 {
            break;
        }
        text.extend((!text.is_empty()).then_some(' '));
        text.push_str(nick);
    }
    Asked::one(scope, Reply::numeric(n::RPL_ISON, text))
}

/// 302: `nick*=+user@host`, `*` for an operator, `-` for somebody away.
pub(crate) fn answer_userhost(world: &World, scope: &Scope, nicks: &[Nick]) -> Asked {
    let here = nicks.iter().filter_map(|nick| world.presence.user_named(nick)).map(|user| {
        let (operator, away) =
            (if user.modes.operator { "*" } else { "" }, if user.absence().is_some() { '-' } else { '+' });
        format!("{}{operator}={away}{}", user.nick.as_str(), user.address())
    });
    Asked::one(scope, Reply::numeric(n::RPL_USERHOST, here.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn those_who_are_here_are_told() {
        check(
            "alice: PING 1 | bob: AWAY :out || alice: ISON BOB nobody alice | alice: ISON :bob carol | alice: USERHOST bob nobody alice | alice: ISON nobody | alice: USERHOST nobody | alice: USERHOST bob bob bob bob bob bob | alice: ISON | alice: USERHOST",
            expect![[r#"
                alice < 303 alice :bob alice
                alice < 303 alice :bob
                alice < 302 alice :bob=-~bob alice=+~alice
                alice < 303 alice :
                alice < 302 alice :
                alice < 302 alice :bob=-~bob bob=-~bob bob=-~bob bob=-~bob bob=-~bob
                alice < 461 alice ISON :Not enough parameters
                alice < 461 alice USERHOST :Not enough parameters"#]],
        );
    }
}
