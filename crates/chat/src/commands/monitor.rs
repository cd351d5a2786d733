//! MONITOR: to be told when somebody comes or goes. <https://ircv3.net/specs/extensions/monitor>

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Request};
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "MONITOR",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "MONITOR + <nick>,... | - <nick>,... | C | L | S: be told when somebody comes or goes",
    parse,
};

/// How many a session may monitor: `MONITOR` in 005.
pub(crate) const NICKS_MAX: usize = 100;

fn parse(request: &mut Request<'_>) {
    let nicks: Vec<Nick> = request.param(1).split(',').filter_map(|nick| Nick::parse(nick).ok()).collect();
    match request.param(0) {
        "+" => add(request, nicks),
        "-" => {
            for nick in nicks {
                request.session.monitored.remove(&nick);
                request.answer(Answer::Unwatch(nick));
            }
        }
        "C" | "c" => {
            for nick in std::mem::take(&mut request.session.monitored) {
                request.answer(Answer::Unwatch(nick));
            }
        }
        "L" | "l" => {
            let names: Vec<String> = request.session.monitored.iter().map(|nick| nick.as_str().to_owned()).collect();
            let server_bytes = request.info.name.len();
            for line in lines(n::RPL_MONLIST, names, server_bytes) {
                request.reply(line);
            }
            request.reply(Reply::numeric(n::RPL_ENDOFMONLIST, "End of MONITOR list"));
        }
        "S" | "s" => {
            let nicks = request.session.monitored.iter().cloned().collect();
            request.ask(Query::Presence(nicks));
        }
        _ => {}
    }
}

fn add(request: &mut Request<'_>, nicks: Vec<Nick>) {
    let mut added = Vec::new();
    for (index, nick) in nicks.iter().enumerate() {
        if request.session.monitored.len() >= NICKS_MAX && !request.session.monitored.contains(nick) {
            let left: Vec<&str> = nicks[index..].iter().map(Nick::as_str).collect();
            let reply = Reply::numeric(n::ERR_MONLISTFULL, "Monitor list is full").param(NICKS_MAX.to_string());
            request.reply(reply.param(left.join(",")));
            break;
        }
        if request.session.monitored.insert(nick.clone()) {
            request.answer(Answer::Watch(nick.clone()));
            added.push(nick.clone());
        }
    }
    if !added.is_empty() {
        request.ask(Query::Presence(added));
    }
}

/// 730 and 731.
pub(crate) fn answer(world: &World, scope: &Scope, nicks: &[Nick]) -> Asked {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for nick in nicks {
        match world.presence.user_named(nick) {
            Some(user) => here.push(user.source().to_string()),
            None => gone.push(nick.as_str().to_owned()),
        }
    }
    let server_bytes = world.rules.server_name.len();
    let here = lines(n::RPL_MONONLINE, here, server_bytes);
    Asked::replies(scope, here.into_iter().chain(lines(n::RPL_MONOFFLINE, gone, server_bytes)).collect())
}

/// Names in as many lines as it takes.
fn lines(code: u16, names: Vec<String>, server_bytes: usize) -> Vec<Reply> {
    let names_bytes = MESSAGE_BODY_BYTES_MAX - server_bytes - 32 - ":  730  :".len();
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + name.len() <= names_bytes => {
                line.push(',');
                line.push_str(&name);
            }
            _ => lines.push(name),
        }
    }
    lines.into_iter().map(|line| Reply::numeric(code, line)).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn comings_and_goings_are_told() {
        check(
            "alice: PING 1 || alice: MONITOR + bob,carol,a!b | bob: PING 1 | bob: NICK robert | bob: NICK bob | bob: QUIT | alice: MONITOR L | alice: MONITOR S | alice: MONITOR - bob | bob2: NICK bob | alice: MONITOR C | alice: MONITOR L | alice: MONITOR | alice: MONITOR X",
            expect![[r#"
                alice < 731 alice :bob,carol
                alice < 730 alice :bob
                bob < PONG tea.test :1
                alice < 731 alice :bob
                bob < :bob NICK robert
                alice < 730 alice :bob
                bob < :robert NICK bob
                alice < 731 alice :bob
                bob < ERROR :Quit
                alice < 732 alice :bob,carol
                alice < 733 alice :End of MONITOR list
                alice < 731 alice :bob,carol
                bob2 < :bob2 NICK bob
                alice < 733 alice :End of MONITOR list
                alice < 461 alice MONITOR :Not enough parameters"#]],
        );
    }

    #[test]
    fn extended_it_tells_of_going_away_too() {
        check_with(
            &[("alice", "away-notify extended-monitor")],
            "bob: PING 1 | alice: MONITOR + bob || bob: AWAY :out | bob: AWAY | bob: SETNAME :Robert",
            expect![[r#"
                bob < 306 bob :You have been marked as being away
                alice < :bob AWAY :out
                bob < 305 bob :You are no longer marked as being away
                alice < :bob AWAY"#]],
        );
    }

    #[test]
    fn it_has_a_limit() {
        let nicks: Vec<String> = (0..101).map(|n| format!("n{n}")).collect();
        let script = nicks.chunks(40).map(|nicks| format!("alice: MONITOR + {}", nicks.join(","))).collect::<Vec<_>>();
        check(
            &script.join(" | "),
            expect![[r#"
            alice < 734 alice 100 n100 :Monitor list is full
            alice < 731 alice :n80,n81,n82,n83,n84,n85,n86,n87,n88,n89,n90,n91,n92,n93,n94,n95,n96,n97,n98,n99"#]],
        );
    }
}
