//! Lines for one session: replies, names, topics, a room as a newcomer sees it.

use bytes::Bytes;
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::numerics as n;

use super::{Framing, Receiver, Variant, begin, framed};
use crate::capabilities::Caps;
use crate::commands::{self, services};
use crate::entry::{RoomView, Shown};
use crate::info::ServerInfo;
use crate::reply::{Param, Reply, Scope, Verb};

/// One reply to the program itself, without a line's end.
pub fn program_line(info: &ServerInfo, what: &Reply) -> String {
    let variant = Variant { framing: Framing::Lines, caps: Caps::default() };
    let line = reply(Receiver { info, nick: "*", variant }, &Scope::Plain, what);
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// One reply.
pub(crate) fn reply(to: Receiver<'_>, scope: &Scope, reply: &Reply) -> Bytes {
    if let Some(service) = scope.service()
        && let Some(text) = services::told(reply)
    {
        return framed(to.variant.framing, |buf| {
            let mut line = begin(buf, to.variant.caps, scope, None);
            line.source(&service.source(&to.info.name)).command("NOTICE").param(to.nick).trailing(&text);
        });
    }
    framed(to.variant.framing, |buf| {
        let mut line = begin(buf, to.variant.caps, scope, None);
        let from = to.info.name.as_ref();
        match reply.verb {
            Verb::Numeric(number) => line.source(from).numeric(number).param(to.nick),
            Verb::Word(word) => line.source(from).command(word),
            Verb::Unsourced(word) => line.command(word),
            Verb::Addressed(word) => line.source(from).command(word).param(to.nick),
        };
        for param in &reply.params {
            match param {
                Param::Word(word) => line.param(word),
                Param::Marks { before, ranks, behind } => {
                    let prefixes = ranks.prefixes(to.variant.caps.has(Caps::MULTI_PREFIX));
                    line.param(&format!("{before}{prefixes}{behind}"))
                }
            };
        }
        if let Some(text) = &reply.text {
            line.trailing(text);
        }
    })
}

/// The topic's lines, if there is a topic, up to when the room is read, and the names.
pub(crate) fn room(to: Receiver<'_>, scope: &Scope, shown: &Shown, out: &mut Vec<Bytes>) {
    let view = &shown.view;
    topic(to, scope, view, out);
    if to.variant.caps.has(Caps::READ_MARKER) {
        out.push(reply(to, scope, &commands::markread::line(&view.name, shown.marked)));
    }
    if shows_names(to.variant) {
        names(to, scope, view, out);
    }
}

/// Whether whoever comes in is told at once who is there.
pub(crate) fn shows_names(variant: Variant) -> bool {
    !variant.caps.has(Caps::NO_IMPLICIT_NAMES)
}

/// 332 and 333.
fn topic(to: Receiver<'_>, scope: &Scope, view: &RoomView, out: &mut Vec<Bytes>) {
    if let Some(topic) = &view.topic {
        out.extend(commands::topic::lines(&view.name, topic).iter().map(|line| reply(to, scope, line)));
    }
}

/// 353, as many lines as it takes, and 366 if these are the last.
pub(crate) fn names(to: Receiver<'_>, scope: &Scope, view: &RoomView, out: &mut Vec<Bytes>) {
    let head = to.info.name.len() + to.nick.len() + view.name.len() + ": 353  =  :".len();
    let room_bytes = MESSAGE_BODY_BYTES_MAX.saturating_sub(head);
    let mut text = String::new();
    for person in &view.people {
        let prefixes = person.ranks.prefixes(to.variant.caps.has(Caps::MULTI_PREFIX));
        let name = match to.variant.caps.has(Caps::USERHOST_IN_NAMES) {
            true => &person.source,
            false => person.source.split('!').next().unwrap_or(&person.source),
        };
        let shown = format!("{prefixes}{name}");
        if !text.is_empty() && text.len() + 1 + shown.len() > room_bytes {
            out.push(reply(to, scope, &names_line(view, std::mem::take(&mut text))));
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&shown);
    }
    if !text.is_empty() {
        out.push(reply(to, scope, &names_line(view, text)));
    }
    if view.more.is_none() {
        out.push(reply(to, scope, &commands::names::end(view.name.to_string())));
    }
}

fn names_line(view: &RoomView, people: String) -> Reply {
    let kind = if view.secret { "@" } else { "=" };
    Reply::numeric(n::RPL_NAMREPLY, people).param(kind).param(view.name.to_string())
}
