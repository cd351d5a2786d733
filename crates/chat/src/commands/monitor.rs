//! MONITOR: to be told when somebody comes or goes. <https://ircv3.net/specs/extensions/monitor>
//!
//! A list is its user's, on all devices; an account's is kept.

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, metadata};
use crate::entry::{Action, Event};
use crate::ids::{SessionId, UserId};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "MONITOR",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::ManyTo(&["+", "L", "S"]),
    help: "MONITOR + <nick>,... | - <nick>,... | C | L | S: be told when somebody comes or goes",
    parse,
};

/// How many an account, or anybody else, may monitor: `MONITOR` in 005.
pub(crate) const NICKS_MAX: usize = 100;

/// A user changes whose coming and going it wants to be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Of these, too.
    Add(Vec<Nick>),
    /// Not of these.
    Remove(Vec<Nick>),
    /// Of nobody's.
    Clear,
}

/// What a user asks of its list.
#[derive(Clone, Copy, Debug)]
pub enum Listing {
    /// Who is on it.
    Names,
    /// Who of them is here.
    Presence,
}

fn parse(request: &mut Request<'_>) {
    let mut nicks: Vec<Nick> = Vec::new();
    for nick in request.param(1).split(',').filter_map(|nick| Nick::parse(nick).ok()) {
        if !nicks.contains(&nick) {
            nicks.push(nick);
        }
    }
    match request.param(0) {
        "+" => {
            request.submit(Action::Monitor(Change::Add(nicks.clone())));
            metadata::monitor(request, nicks);
        }
        "-" => request.submit(Action::Monitor(Change::Remove(nicks))),
        "C" | "c" => request.submit(Action::Monitor(Change::Clear)),
        "L" | "l" => request.ask(Query::Monitored(Listing::Names)),
        "S" | "s" => request.ask(Query::Monitored(Listing::Presence)),
        _ => {}
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, change: &Change) {
    let Some(user) = turn.actor() else { return };
    let (id, known, is_kept) = (user.id, turn.world.monitored(user), user.account().is_some());
    let taken = match change {
        Change::Add(nicks) => return add(turn, id, &known, nicks, is_kept),
        Change::Remove(nicks) => nicks.iter().filter(|nick| known.contains(nick)).cloned().collect(),
        Change::Clear => known,
    };
    if is_kept && !turn.entry.writable && !taken.is_empty() {
        return turn.reply(unavailable(COMMAND.name, "*"));
    }
    turn.monitor(id, &taken, false);
    turn.acknowledge();
}

/// Whoever is named is told of, also if it is on the list already: a client that comes back says all of it again.
fn add(turn: &mut Turn<'_>, id: UserId, known: &[Nick], nicks: &[Nick], is_kept: bool) {
    let mut added: Vec<Nick> = Vec::new();
    let mut named = nicks;
    for (index, nick) in nicks.iter().enumerate().filter(|(_, nick)| !known.contains(nick)) {
        if known.len() + added.len() >= NICKS_MAX {
            let left: Vec<&str> = nicks[index..].iter().map(Nick::as_str).collect();
            let reply = Reply::numeric(n::ERR_MONLISTFULL, "Monitor list is full").param(NICKS_MAX.to_string());
            turn.reply(reply.param(left.join(",")));
            named = &nicks[..index];
            break;
        }
        added.push(nick.clone());
    }
    if is_kept && !turn.entry.writable && !added.is_empty() {
        return turn.reply(unavailable(COMMAND.name, "*"));
    }
    let changes = !added.is_empty();
    if changes {
        turn.monitor(id, &added, true);
    }
    for line in presence(turn.world, named) {
        if is_kept && changes { turn.promise(line) } else { turn.reply(line) }
    }
    for line in presence(turn.world, &added) {
        turn.tell_own_others(&Event::Reply(line));
    }
}

/// 732 and 733, or 730 and 731.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, listing: Listing) -> Asked {
    let nicks = world.presence.user_of(session).map(|user| world.monitored(user)).unwrap_or_default();
    let lines = match listing {
        Listing::Presence => presence(world, &nicks),
        Listing::Names => {
            let names = nicks.iter().map(|nick| nick.as_str().to_owned()).collect();
            let end = Reply::numeric(n::RPL_ENDOFMONLIST, "End of MONITOR list");
            lines(n::RPL_MONLIST, names, world.rules.server_name.len()).into_iter().chain([end]).collect()
        }
    };
    Asked::replies(scope, lines)
}

/// 730 and 731.
fn presence(world: &World, nicks: &[Nick]) -> Vec<Reply> {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for nick in nicks {
        match world.presence.user_named(nick) {
            Some(user) => here.push(user.source().to_string()),
            None => gone.push(nick.as_str().to_owned()),
        }
    }
    let server_bytes = world.rules.server_name.len();
    let here = lines(n::RPL_MONONLINE, here, server_bytes);
    here.into_iter().chain(lines(n::RPL_MONOFFLINE, gone, server_bytes)).collect()
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
    fn what_is_answered_by_nothing_is_acknowledged() {
        check_with(
            &[("alice", "labeled-response batch")],
            "alice: MONITOR + bob,carol || alice: @label=1 MONITOR - bob | alice: @label=2 MONITOR - bob | alice: @label=3 MONITOR C | alice: @label=4 MONITOR X | alice: @label=5 MONITOR | alice: @label=6 MONITOR L | alice: MONITOR - bob | alice: @label=7 CAP END | alice: @label=8 CAP X | alice: @label=9 cap list",
            expect![[r#"
                alice < @label=1 ACK
                alice < @label=2 ACK
                alice < @label=3 ACK
                alice < @label=4 ACK
                alice < @label=5 461 alice MONITOR :Not enough parameters
                alice < @label=6 BATCH +1 labeled-response
                alice < @batch=1 733 alice :End of MONITOR list
                alice < BATCH -1
                alice < @label=7 ACK
                alice < @label=8 410 alice X :Invalid CAP command
                alice < @label=9 BATCH +2 labeled-response
                alice < @batch=2 CAP alice LIST :batch labeled-response
                alice < BATCH -2"#]],
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

    #[test]
    fn an_accounts_list_is_kept_and_is_on_all_its_devices() {
        check(
            "alice: MONITOR + bob | alice: REGISTER * * oolong | login phone alice || alice: MONITOR + carol,bob | bob: PING 1 | phone: MONITOR - bob | alice: MONITOR L | restart | login new alice | carol: PING 1 | new: MONITOR L | new: MONITOR C | carol: QUIT | new: MONITOR S",
            expect![[r#"
                alice < 731 alice :carol,bob
                phone < 731 alice :carol
                alice < 730 alice :bob
                phone < 730 alice :bob
                bob < PONG tea.test :1
                alice < 732 alice :carol
                alice < 733 alice :End of MONITOR list
                new < 730 alice :carol
                carol < PONG tea.test :1
                new < 732 alice :carol
                new < 733 alice :End of MONITOR list
                carol < ERROR :Quit"#]],
        );
    }

    #[test]
    fn a_guests_list_lasts_as_long_as_its_user_and_is_its_accounts_when_it_logs_in() {
        check_with(
            &[("bob", "sasl"), ("a", "guest"), ("a2", "guest")],
            "a: PING 1 | again a2 a | alice: REGISTER * * oolong | alice: MONITOR + dan | alice: QUIT || a: MONITOR + carol | a2: MONITOR L | carol: PING 1 | bob: MONITOR + carol,x | bob: NS IDENTIFY alice oolong | bob: MONITOR L | dan: PING 1 | broken | bob: MONITOR + y | bob: MONITOR - x | bob: MONITOR + x",
            expect![[r#"
                a < 731 a :carol
                a2 < 731 a :carol
                a2 < 732 a :carol
                a2 < 733 a :End of MONITOR list
                a < 730 a :carol
                a2 < 730 a :carol
                carol < PONG tea.test :1
                bob < 730 bob :carol
                bob < 731 bob :x
                bob < :bob NICK alice
                bob < 900 alice alice!account@tea.test alice :You are now logged in as alice
                bob < :NickServ!services@tea.test NOTICE alice :You are logged in
                bob < 732 alice :carol,dan,x
                bob < 733 alice :End of MONITOR list
                bob < 730 alice :dan
                dan < PONG tea.test :1
                bob < FAIL MONITOR TEMPORARILY_UNAVAILABLE * :The server cannot store anything at the moment; please try again later
                bob < FAIL MONITOR TEMPORARILY_UNAVAILABLE * :The server cannot store anything at the moment; please try again later
                bob < 731 alice :x"#]],
        );
    }

    #[test]
    fn whoever_is_monitored_is_known_by_what_it_tells() {
        check_with(
            &[("alice", "draft/metadata-2 batch"), ("bob", "draft/metadata-2 batch")],
            "bob: REGISTER * * oolong | bob: METADATA * SET color :red | bob: METADATA * SET avatar :x | alice: METADATA * SUB color || alice: MONITOR + bob,carol | bob: METADATA * SET color :blue | bob: QUIT | login bob2 bob",
            expect![[r#"
                bob < BATCH +1 metadata bob
                bob < BATCH -1
                alice < BATCH +1 metadata alice
                alice < BATCH -1
                alice < 730 alice :bob!account@tea.test
                alice < 731 alice :carol
                alice < BATCH +3 metadata *
                alice < @batch=3 METADATA bob color * :red
                alice < BATCH -3
                bob < 761 bob * color * :blue
                alice < :bob!account@tea.test METADATA bob color * :blue
                bob < ERROR :Quit
                alice < 731 alice :bob
                alice < 730 alice :bob!account@tea.test
                alice < :bob!account@tea.test METADATA bob color * :blue"#]],
        );
    }
}
