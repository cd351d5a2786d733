//! CHATHISTORY: what was said before. <https://ircv3.net/specs/extensions/chathistory>

use std::sync::Arc;

use teahouse_proto::limits::HISTORY_ROWS_MAX;
use teahouse_proto::time::parse_server_time;

use super::say::Target;
use super::{Answers, Command, Stage};
use crate::durable::{Bound, Conversation, Span};
use crate::ids::{MsgId, SessionId, Time};
use crate::query::{Asked, HistoryRead, Query};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, HistoryFrame, Request};
use crate::world::World;

pub(super) const COMMAND: Command =
    Command { name: "CHATHISTORY", params_min: 0, stage: Stage::Registered, answers: Answers::One, parse };

/// What is asked.
#[derive(Debug)]
pub struct Ask {
    target: Target,
    span: Span,
    limit: usize,
    frame: HistoryFrame,
}

fn parse(request: &mut Request<'_>) {
    let Some(subcommand) = subcommand(request.param(0)) else {
        return request.reply(invalid(super::shown(request.param(0)), "There is LATEST, BEFORE and AFTER"));
    };
    let (target, span, limit) = (request.param(1), span(subcommand, request.param(2)), request.param(3).parse());
    let (Some(span), Ok(limit @ 1..)) = (span, limit) else {
        let text = "Give a target, a msgid=, timestamp= or (with LATEST) *, and how many";
        return request.reply(invalid(subcommand.to_owned(), text));
    };
    let Some(known) = Target::parse(target) else { return request.reply(no_target(subcommand, target)) };
    let frame = HistoryFrame { target: target.into(), subcommand, batch: request.session.next_batch() };
    request.ask(Query::History(Ask { target: known, span, limit: HISTORY_ROWS_MAX.min(limit), frame }));
    request.wait();
}

fn subcommand(word: &str) -> Option<&'static str> {
    ["LATEST", "BEFORE", "AFTER"].into_iter().find(|known| known.eq_ignore_ascii_case(word))
}

fn span(subcommand: &str, bound: &str) -> Option<Span> {
    if subcommand == "LATEST" && bound == "*" {
        return Some(Span::Latest(None));
    }
    let bound = match bound.split_once('=')? {
        ("msgid", id) => Bound::Msgid(MsgId::parse(id)?),
        ("timestamp", time) => Bound::Time(Time(parse_server_time(time)?)),
        _ => return None,
    };
    Some(match subcommand {
        "BEFORE" => Span::Before(bound),
        "AFTER" => Span::After(bound),
        _ => Span::Latest(Some(bound)),
    })
}

/// The read, as of now, with its place in the session's output; a stranger to the target is told nothing of it.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, ask: &Ask) -> Asked {
    let (target, frame) = (Arc::clone(&ask.frame.target), ask.frame.clone());
    if !world.rules.keep_history {
        let failure = failed(&frame);
        return Asked { answers: vec![Answer::Reply(scope, failure), Answer::Resume], read: None };
    }
    match conversation(world, session, &ask.target) {
        Some(conversation) => Asked {
            answers: vec![Answer::Await(scope, frame)],
            read: Some(HistoryRead { conversation, span: ask.span, limit: ask.limit }),
        },
        None => {
            let failure = no_target(frame.subcommand, &target);
            Asked { answers: vec![Answer::Reply(scope, failure), Answer::Resume], read: None }
        }
    }
}

fn conversation(world: &World, session: SessionId, target: &Target) -> Option<Conversation> {
    let user = world.presence.user_of(session)?;
    match target {
        Target::Room(name) => {
            let room = world.durable.room_named(name)?.record.id;
            user.rooms.contains(&room).then(|| Conversation::room(room))
        }
        Target::Person(nick) => {
            let other = world.presence.user_named(nick)?;
            Some(Conversation::private(user.guest?, other.guest?))
        }
    }
}

fn invalid(subcommand: String, text: &'static str) -> Reply {
    Reply::fail("CHATHISTORY", "INVALID_PARAMS", text).param(subcommand)
}

fn no_target(subcommand: &'static str, target: &str) -> Reply {
    let text = "Messages could not be retrieved";
    Reply::fail("CHATHISTORY", "INVALID_TARGET", text).param(subcommand).param(super::shown(target))
}

/// The answer when the read itself has failed.
pub(crate) fn failed(frame: &HistoryFrame) -> Reply {
    let text = "Messages could not be retrieved";
    Reply::fail("CHATHISTORY", "MESSAGE_ERROR", text).param(frame.subcommand).param(frame.target.to_string())
}
