//! MOTD: the message of the day. <https://modern.ircdocs.horse/#motd-message>

use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::info::ServerInfo;
use crate::reply::Reply;
use crate::session::Request;

pub(super) const COMMAND: Command = Command {
    name: "MOTD",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "MOTD [<server>]: the message of the day",
    parse,
};

fn parse(request: &mut Request<'_>) {
    if let Some(refusal) = super::another_server(request.info, request.param(0)) {
        return request.reply(refusal);
    }
    for line in lines(request.info) {
        request.reply(line);
    }
}

/// 375, 372 and 376, or 422 where there is none; also the end of a welcome.
pub(crate) fn lines(info: &ServerInfo) -> Vec<Reply> {
    if info.motd.is_empty() {
        return vec![Reply::numeric(n::ERR_NOMOTD, "No message of the day")];
    }
    let start = Reply::numeric(n::RPL_MOTDSTART, format!("- {} Message of the day - ", info.name));
    let body = info.motd.iter().map(|line| Reply::numeric(n::RPL_MOTD, format!("- {line}")));
    let end = Reply::numeric(n::RPL_ENDOFMOTD, "End of /MOTD command.");
    std::iter::once(start).chain(body).chain([end]).collect()
}
