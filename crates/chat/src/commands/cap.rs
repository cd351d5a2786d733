//! CAP: which capabilities there are, and which the client wants. <https://ircv3.net/specs/extensions/capability-negotiation>

use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, metadata};
use crate::capabilities::{self, Capability, Caps};
use crate::reply::Reply;
use crate::session::{Answer, Request, advance};

/// The most bytes of names that one CAP line carries, so that it fits with its head and any nick.
const NAMES_BYTES_MAX: usize = 400;

pub(super) const COMMAND: Command = Command {
    name: "CAP",
    params_min: 1,
    stage: Stage::Any,
    answers: Answers::ManyTo(&["LS", "LIST", "REQ"]),
    help: "CAP LS [302] | LIST | REQ :<names> | END: which capabilities there are, and which you want",
    parse,
};

fn parse(request: &mut Request<'_>) {
    match request.param(0).to_ascii_uppercase().as_str() {
        "LS" => ls(request),
        "LIST" => {
            let names = capabilities::names(&request.info.rules, request.session.caps);
            tell(request, "LIST", &names);
        }
        "REQ" => req(request),
        "END" => {
            if let Some(registration) = request.registration() {
                registration.negotiating = false;
                advance(request);
            }
        }
        _ => {
            let subcommand = request.param(0).to_owned();
            request.reply(Reply::numeric(n::ERR_INVALIDCAPCMD, "Invalid CAP command").param(subcommand));
        }
    }
}

fn ls(request: &mut Request<'_>) {
    hold(request);
    if request.param(1).parse::<u32>().is_ok_and(|version| version >= 302) {
        request.session.caps = request.session.caps.or(Caps::CAP_NOTIFY);
        request.session.knows_302 = true;
    }
    let shown = |row: &Capability| {
        if request.session.knows_302 { row.with_value(request.session) } else { row.name.to_owned() }
    };
    let names: Vec<String> = capabilities::offered(&request.info.rules).map(shown).collect();
    tell(request, "LS", &names);
}

/// Version 302 marks lines that are not the last by `*`; before it there is one line, of the first names.
fn tell(request: &mut Request<'_>, subcommand: &'static str, names: &[String]) {
    let mut lines = wrap(names);
    if !request.session.knows_302 {
        lines.truncate(1);
    }
    let last = lines.len() - 1;
    for (index, line) in lines.into_iter().enumerate() {
        let reply = Reply::addressed("CAP").param(subcommand);
        let reply = if index < last { reply.param("*") } else { reply };
        request.reply(reply.text(line));
    }
}

fn wrap(names: &[String]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for name in names {
        let line = lines.last_mut().expect("it begins with one line");
        if !line.is_empty() && line.len() + 1 + name.len() > NAMES_BYTES_MAX {
            lines.push(name.clone());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(name);
        }
    }
    lines
}

fn req(request: &mut Request<'_>) {
    hold(request);
    let asked = request.param(1).trim().to_owned();
    if asked.len() > NAMES_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "Ask for fewer capabilities at a time"));
    }
    match wanted(request, &asked) {
        Some(caps) => {
            let is_new = caps.has(Caps::METADATA) && !request.session.caps.has(Caps::METADATA);
            request.session.caps = caps;
            request.answer(Answer::Caps(caps));
            request.reply(cap_line("ACK", asked));
            if is_new {
                metadata::greet(request);
            }
        }
        None => request.reply(cap_line("NAK", asked)),
    }
}

/// The set after a request; `None` if it names anything that is not offered, or takes away what version 302 brings
/// with it: then nothing changes.
fn wanted(request: &Request<'_>, asked: &str) -> Option<Caps> {
    asked.split_ascii_whitespace().try_fold(request.session.caps, |caps, word| {
        let (name, on) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
        let row = capabilities::offered(&request.info.rules).find(|row| row.name == name)?;
        if row.cap == Caps::CAP_NOTIFY && !on && request.session.knows_302 {
            return None;
        }
        Some(if on { caps.or(row.cap) } else { caps.without(row.cap) })
    })
}

/// Registration waits for CAP END from now on.
fn hold(request: &mut Request<'_>) {
    if let Some(registration) = request.registration() {
        registration.negotiating = true;
    }
}

fn cap_line(subcommand: &'static str, names: String) -> Reply {
    Reply::addressed("CAP").param(subcommand).text(names)
}
