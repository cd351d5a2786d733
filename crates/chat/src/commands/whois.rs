//! WHOIS: about one person. <https://modern.ircdocs.horse/#whois-message>

use std::sync::Arc;

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::ids::{SessionId, Time};
use crate::modes::Flag;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::{NOT_CONNECTED, User, World};

pub(super) const COMMAND: Command = Command {
    name: "WHOIS",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "WHOIS [<server or nick>] <nick>: address, real name, rooms and silence of somebody",
    parse,
};

fn parse(request: &mut Request<'_>) {
    // One at a time: the others of a list are left out, as 005 says.
    let asked = request.message.params.len().min(2) - 1;
    let nick = request.param(asked).split(',').next().unwrap_or_default();
    if nick.is_empty() {
        return request.reply(Reply::numeric(n::ERR_NONICKNAMEGIVEN, "No nickname given"));
    }
    // With two parameters the first one names a server, or somebody who is on it.
    let server = if asked == 1 { request.param(0) } else { "" };
    if !server.eq_ignore_ascii_case(nick)
        && let Some(refusal) = super::another_server(request.info, server)
    {
        return request.reply(refusal);
    }
    match Nick::parse(nick) {
        Ok(nick) => request.ask(Query::Whois(nick)),
        Err(_) => {
            request.reply(super::no_such_nick(nick));
            request.reply(end(nick));
        }
    }
}

/// 311 and the rest, or 401; and 318.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, nick: &Nick, now: Time) -> Asked {
    let mut lines = match world.presence.user_named(nick) {
        Some(user) => about(world, session, user, now),
        None => match world.durable.account_named(nick) {
            Some(account) => about_absent(world, &account.name),
            None => vec![super::no_such_nick(nick.as_str())],
        },
    };
    lines.push(end(nick.as_str()));
    Asked::replies(scope, lines)
}

fn end(nick: &str) -> Reply {
    Reply::numeric(n::RPL_ENDOFWHOIS, "End of /WHOIS list").param(super::shown(nick))
}

fn about(world: &World, session: SessionId, user: &User, now: Time) -> Vec<Reply> {
    let nick = || user.nick.as_str().to_owned();
    let (name, host) = user.address().split_once('@').unwrap_or((user.address(), "*"));
    let who = Reply::numeric(n::RPL_WHOISUSER, user.realname.to_string()).param(nick());
    let mut lines = vec![who.param(name.to_owned()).param(host.to_owned()).param("*")];
    lines.extend(rooms(world, session, user));
    let server = world.rules.server_name.to_string();
    lines.push(Reply::numeric(n::RPL_WHOISSERVER, "Teahouse").param(nick()).param(server));
    if let Some(reason) = user.absence() {
        lines.push(super::is_away(user.nick.as_str(), reason));
    }
    if let Some(account) = user.account() {
        let reply = Reply::numeric(n::RPL_WHOISACCOUNT, "is logged in as");
        lines.push(reply.param(nick()).param(account.as_str().to_owned()));
    }
    if user.modes.operator {
        lines.push(Reply::numeric(n::RPL_WHOISOPERATOR, "is an IRC operator").param(nick()));
    }
    if user.modes.bot {
        lines.push(Reply::numeric(n::RPL_WHOISBOT, "is a bot").param(nick()));
    }
    if user.is_secure() {
        lines.push(Reply::numeric(n::RPL_WHOISSECURE, "is using a secure connection").param(nick()));
    }
    if world.is_operator(session) || world.is_own(session, user) {
        lines.extend(user.addresses().map(|from| super::really_from(user.nick.as_str(), from)));
    }
    let idle_s = now.0.saturating_sub(user.spoke.0) / 1000;
    let idle = Reply::numeric(n::RPL_WHOISIDLE, "seconds idle, signon time").param(nick());
    lines.push(idle.param(idle_s.to_string()).param((user.since.0 / 1000).to_string()));
    lines
}

/// An account without a seat that nobody is connected as: it can be written to all the same.
fn about_absent(world: &World, name: &Arc<str>) -> Vec<Reply> {
    let address = world.account_address();
    let (user, host) = address.split_once('@').unwrap_or((&address, "*"));
    let who = Reply::numeric(n::RPL_WHOISUSER, name.to_string()).param(name.to_string());
    let account = Reply::numeric(n::RPL_WHOISACCOUNT, "is logged in as").param(name.to_string());
    vec![
        who.param(user.to_owned()).param(host.to_owned()).param("*"),
        super::is_away(name, NOT_CONNECTED),
        account.param(name.to_string()),
    ]
}

/// 319, in as many lines as it takes: secret rooms only to those who are in them.
fn rooms(world: &World, session: SessionId, user: &User) -> Vec<Reply> {
    let nick = user.nick.as_str();
    let room_bytes = MESSAGE_BODY_BYTES_MAX - world.rules.server_name.len() - 2 * 32 - ":  319   :".len();
    let mut lines = Vec::new();
    let mut text = String::new();
    let push = |text: String, lines: &mut Vec<Reply>| {
        if !text.is_empty() {
            lines.push(Reply::numeric(n::RPL_WHOISCHANNELS, text).param(nick.to_owned()));
        }
    };
    for id in &user.rooms {
        let Some(room) = world.durable.room(*id).map(|room| &room.record) else { continue };
        if room.modes.flags.has(Flag::Secret) && !world.is_inside(session, *id) && !world.is_operator(session) {
            continue;
        }
        let prefixes = world.presence.ranks(*id, user.id).unwrap_or_default().prefixes(true);
        if text.len() + 1 + prefixes.len() + room.name.len() > room_bytes {
            push(std::mem::take(&mut text), &mut lines);
        }
        text.extend((!text.is_empty()).then_some(' '));
        text.push_str(&prefixes);
        text.push_str(&room.name);
    }
    push(text, &mut lines);
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn it_tells_who_somebody_is() {
        check(
            "alice: JOIN #tea,#hidden | alice: MODE #hidden +s | alice: AWAY :brewing | alice: MODE alice +B | bob: PING 1 | wait 42s || bob: WHOIS alice | alice: WHOIS tea.test ALICE | bob: WHOIS nobody | bob: WHOIS a!b | bob: WHOIS | bob: WHOIS : | bob: WHOIS other.test alice | bob: WHOIS alice,bob",
            expect![[r#"
                bob < 311 bob alice ~alice host * :alice
                bob < 319 bob alice :@#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 301 bob alice :brewing
                bob < 335 bob alice :is a bot
                bob < 317 bob alice 42 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                alice < 311 alice alice ~alice host * :alice
                alice < 319 alice alice :@#tea @#hidden
                alice < 312 alice alice tea.test :Teahouse
                alice < 301 alice alice :brewing
                alice < 335 alice alice :is a bot
                alice < 338 alice alice 0::1 :Is actually using host
                alice < 317 alice alice 42 1700000000 :seconds idle, signon time
                alice < 318 alice ALICE :End of /WHOIS list
                bob < 401 bob nobody :No such nick/channel
                bob < 318 bob nobody :End of /WHOIS list
                bob < 401 bob a!b :No such nick/channel
                bob < 318 bob a!b :End of /WHOIS list
                bob < 461 bob WHOIS :Not enough parameters
                bob < 431 bob :No nickname given
                bob < 402 bob other.test :No such server
                bob < 311 bob alice ~alice host * :alice
                bob < 319 bob alice :@#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 301 bob alice :brewing
                bob < 335 bob alice :is a bot
                bob < 317 bob alice 42 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list"#]],
        );
    }

    #[test]
    fn it_tells_who_is_secure_with_every_session() {
        check_with(
            &[("alice", "tls guest"), ("alice2", "guest")],
            "alice: JOIN #tea | bob: PING 1 || bob: WHOIS alice | again alice2 alice | bob: WHOIS alice | alice2: QUIT | bob: WHOIS alice",
            expect![[r#"
                bob < 311 bob alice ~alice host * :alice
                bob < 319 bob alice :~#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 671 bob alice :is using a secure connection
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                alice2 < :alice JOIN #tea
                alice2 < 353 alice = #tea :~alice
                alice2 < 366 alice #tea :End of /NAMES list
                bob < 311 bob alice ~alice host * :alice
                bob < 319 bob alice :~#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                alice2 < ERROR :Quit
                bob < 311 bob alice ~alice host * :alice
                bob < 319 bob alice :~#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 671 bob alice :is using a secure connection
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list"#]],
        );
    }
}
