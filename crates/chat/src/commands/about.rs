//! VERSION, TIME and INFO: about this server.
//! <https://modern.ircdocs.horse/#version-message>, <https://modern.ircdocs.horse/#time-message>

use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::ids::Time;
use crate::query::{Asked, Query};
use crate::render::isupport;
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::World;

pub(super) const VERSION: Command = Command {
    name: "VERSION",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "VERSION [<server>]: the server's program, and what it supports",
    parse: version,
};
pub(super) const TIME: Command = Command {
    name: "TIME",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "TIME [<server>]: the server's time",
    parse: time,
};
pub(super) const INFO: Command = Command {
    name: "INFO",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "INFO: about this program",
    parse: info,
};

fn version(request: &mut Request<'_>) {
    if let Some(refusal) = super::another_server(request.info, request.param(0)) {
        return request.reply(refusal);
    }
    let (version, server) = (request.info.version.clone(), request.info.name.to_string());
    request.reply(Reply::numeric(n::RPL_VERSION, "Teahouse").param(version).param(server));
    for line in isupport(request.info) {
        request.reply(line);
    }
}

fn time(request: &mut Request<'_>) {
    match super::another_server(request.info, request.param(0)) {
        Some(refusal) => request.reply(refusal),
        None => request.ask(Query::Time),
    }
}

fn info(request: &mut Request<'_>) {
    let lines = [
        format!("This is {}, one server with two doors: raw sockets and WebSockets.", request.info.version),
        request.info.description.clone(),
        format!("Running since {}.", request.info.created),
    ];
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        request.reply(Reply::numeric(n::RPL_INFO, line));
    }
    request.reply(Reply::numeric(n::RPL_ENDOFINFO, "End of /INFO list"));
}

/// 391.
pub(crate) fn answer_time(world: &World, scope: &Scope, now: Time) -> Asked {
    let seconds = (now.0 / 1000).to_string();
    let reply = Reply::numeric(n::RPL_TIME, now.to_string()).param(world.rules.server_name.to_string());
    Asked::one(scope, reply.param(seconds).param("+0"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_whole};

    #[test]
    fn another_server_is_not_asked() {
        check(
            "alice: PING 1 || alice: VERSION other.test | alice: TIME other.test | alice: MOTD other.test | alice: TIME *.test | alice: MOTD tea.test",
            expect![[r#"
                alice < 402 alice other.test :No such server
                alice < 402 alice other.test :No such server
                alice < 402 alice other.test :No such server
                alice < 391 alice tea.test 1700000000 +0 :2023-11-14T22:13:20.000Z
                alice < 375 alice :- tea.test Message of the day -
                alice < 372 alice :- Welcome.
                alice < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn the_server_tells_of_itself() {
        check_whole(
            "alice: PING 1 || alice: VERSION | alice: TIME | alice: INFO",
            expect![[r#"
                alice < 351 alice teahouse-0 tea.test :Teahouse
                alice < 005 alice NETWORK=Test CASEMAPPING=ascii UTF8MAPPING=rfc8265 UTF8ONLY CHANTYPES=# PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,l,MRimnst MAXLIST=beI:100 MODES=10 EXCEPTS=e INVEX=I EXTBAN=~,a ACCOUNTEXTBAN=a,account :are supported by this server
                alice < 005 alice BOT=B SAFELIST ELIST=CMNTU KNOCK KEYLEN=32 AWAYLEN=310 NAMELEN=128 MONITOR=100 NICKLEN=32 USERLEN=16 CHANNELLEN=64 TOPICLEN=390 CHANLIMIT=#:100 :are supported by this server
                alice < 005 alice TARGMAX=NAMES:1,PRIVMSG:4,NOTICE:4,TAGMSG:4,KICK:,JOIN:,WHOIS:1 CHATHISTORY=500 MSGREFTYPES=msgid,timestamp teahouse.internal/AUTOJOIN=#lobby :are supported by this server
                alice < 391 alice tea.test 1700000000 +0 :2023-11-14T22:13:20.000Z
                alice < 371 alice :This is teahouse-0, one server with two doors: raw sockets and WebSockets.
                alice < 371 alice :A teahouse
                alice < 371 alice :Running since today.
                alice < 374 alice :End of /INFO list"#]],
        );
    }
}
