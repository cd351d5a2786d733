//! USER: a user name for the address, and a real name. <https://modern.ircdocs.horse/#user-message>

use teahouse_proto::limits::{REALNAME_BYTES_MAX, USER_BYTES_MAX};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::reply::Reply;
use crate::session::{Names, Request, advance};

pub(super) const COMMAND: Command = Command {
    name: "USER",
    params_min: 4,
    stage: Stage::Registering,
    answers: Answers::None,
    help: "USER <name> 0 * :<real name>: who you are, once, at the start",
    parse,
};

fn parse(request: &mut Request<'_>) {
    let (user, realname) = (request.param(0), request.param(3));
    if user.is_empty() {
        return request.reply(Reply::numeric(n::ERR_NEEDMOREPARAMS, "Not enough parameters").param("USER"));
    }
    if realname.len() > REALNAME_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "A real name has at most 128 bytes"));
    }
    let user = user_name(user);
    if let Some(registration) = request.registration() {
        registration.user = Some(Names { user, realname: realname.to_owned() });
        advance(request);
    }
}

/// What stands before `@`: the client's word for it, marked by `~` as unproved; what could not stand there is left out.
fn user_name(wanted: &str) -> String {
    let allowed = wanted.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c));
    let mut name: String = std::iter::once('~').chain(allowed).take(USER_BYTES_MAX).collect();
    if name.len() == 1 {
        name.push_str("user");
    }
    name
}
