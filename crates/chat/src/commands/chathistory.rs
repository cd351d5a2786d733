//! CHATHISTORY: what was said before. <https://ircv3.net/specs/extensions/chathistory>

use std::sync::Arc;

use teahouse_proto::limits::HISTORY_ROWS_MAX;
use teahouse_proto::time::parse_server_time;

use super::say::Target;
use super::{Answers, Command, Stage};
use crate::durable::{Bound, Conversation, Span};
use crate::ids::{Identity, MsgId, SessionId, Time};
use crate::query::{Asked, HistoryRead, Query, StoreRead};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Frame, HistoryFrame, Request};
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "CHATHISTORY",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "CHATHISTORY LATEST|BEFORE|AFTER <room or nick> <msgid=, timestamp= or *> <how many>: what was said before",
    parse,
};

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
    let frame = HistoryFrame { target: target.into(), subcommand, batch: request.session.next_batch(), reader: None };
    request.ask(Query::History(Ask { target: known, span, limit: HISTORY_ROWS_MAX.min(limit), frame }));
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
    let reader = world.presence.user_of(session).and_then(|user| user.identity).map(Identity::number);
    let (target, frame) = (Arc::clone(&ask.frame.target), HistoryFrame { reader, ..ask.frame.clone() });
    if !world.rules.keep_history {
        let failure = failed(&frame);
        return Asked::one(&scope, failure);
    }
    match conversation(world, session, &ask.target) {
        Some(conversation) => Asked {
            answers: vec![Answer::Await(scope, Frame::History(frame))],
            read: Some(StoreRead::History(HistoryRead { conversation, span: ask.span, limit: ask.limit })),
            more: None,
        },
        None => {
            let failure = no_target(frame.subcommand, &target);
            Asked::one(&scope, failure)
        }
    }
}

/// Where that is, if the session may read there.
pub(super) fn conversation(world: &World, session: SessionId, target: &Target) -> Option<Conversation> {
    let user = world.presence.user_of(session)?;
    match target {
        Target::Room(name) => {
            let room = world.durable.room_named(name)?.record.id;
            user.rooms.contains(&room).then(|| Conversation::room(room))
        }
        Target::Person(nick) => {
            let other = world.identity_named(nick)?;
            Some(Conversation::private(user.identity?, other))
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn the_latest_come_in_a_batch() {
        check_with(
            &[("alice", "labeled-response batch message-tags server-time")],
            "alice: JOIN #tea | alice: PRIVMSG #tea :1 | alice: NOTICE #tea :2 | alice: @+x TAGMSG #tea | alice: PRIVMSG #tea :3 || alice: @label=h CHATHISTORY LATEST #tea * 2",
            expect![[r#"
                alice < @label=h BATCH +1 chathistory #tea
                alice < @batch=1;time=2023-11-14T22:13:20.000Z;msgid=… :alice NOTICE #tea :2
                alice < @batch=1;time=2023-11-14T22:13:20.000Z;msgid=… :alice PRIVMSG #tea :3
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn without_batches_the_lines_come_bare() {
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :1 || alice: CHATHISTORY LATEST #tea * 50",
            expect!["alice < :alice PRIVMSG #tea :1"],
        );
    }

    #[test]
    fn a_page_waits_for_what_was_said_before_it_and_holds_nothing_said_after() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :1 | hold | alice: PRIVMSG #tea :2 || bob: CHATHISTORY LATEST #tea * 50 | alice: PRIVMSG #tea :3 | go",
            expect![[r#"
                bob < :alice PRIVMSG #tea :1
                bob < :alice PRIVMSG #tea :2
                bob < :alice PRIVMSG #tea :3"#]],
        );
    }

    #[test]
    fn a_page_of_time_is_found() {
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :1 | wait 1s | alice: PRIVMSG #tea :2 | wait 1s | alice: PRIVMSG #tea :3 || alice: CHATHISTORY BEFORE #tea timestamp=2023-11-14T22:13:22.000Z 1 | alice: CHATHISTORY AFTER #tea timestamp=2023-11-14T22:13:20.000Z 1 | alice: CHATHISTORY LATEST #tea timestamp=2023-11-14T22:13:20.000Z 9",
            expect![[r#"
                alice < :alice PRIVMSG #tea :2
                alice < :alice PRIVMSG #tea :2
                alice < :alice PRIVMSG #tea :2
                alice < :alice PRIVMSG #tea :3"#]],
        );
    }

    #[test]
    fn a_stranger_is_told_nothing() {
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :1 || bob: CHATHISTORY LATEST #tea * 5 | bob: CHATHISTORY LATEST #none * 5 | bob: CHATHISTORY LATEST alice * 5 | bob: CHATHISTORY LATEST nobody * 5",
            expect![[r#"
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST #tea :Messages could not be retrieved
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST #none :Messages could not be retrieved
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST alice :Messages could not be retrieved
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST nobody :Messages could not be retrieved"#]],
        );
    }

    #[test]
    fn two_guests_read_what_they_said_to_one_another() {
        check_with(
            &[("alice", "guest"), ("bob", "guest"), ("carol", "guest")],
            "bob: PING 1 | carol: PING 1 | alice: PRIVMSG bob :one | bob: PRIVMSG alice :two | carol: PRIVMSG alice :other || bob: CHATHISTORY LATEST alice * 9 | alice: CHATHISTORY LATEST carol * 9",
            expect![[r#"
                bob < :alice PRIVMSG bob :one
                bob < :bob PRIVMSG alice :two
                alice < :carol PRIVMSG alice :other"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea || alice: CHATHISTORY | alice: CHATHISTORY AROUND #tea * 5 | alice: CHATHISTORY LATEST #tea | alice: CHATHISTORY LATEST #tea * 0 | alice: CHATHISTORY LATEST #tea * -1 | alice: CHATHISTORY LATEST #tea * many | alice: CHATHISTORY BEFORE #tea * 5 | alice: CHATHISTORY BEFORE #tea msgid=x 5 | alice: CHATHISTORY BEFORE #tea timestamp=yesterday 5 | alice: CHATHISTORY AFTER a,b msgid=000000000000000000000zz 5 | alice: PING still here",
            expect![[r#"
                alice < FAIL CHATHISTORY INVALID_PARAMS * :There is LATEST, BEFORE and AFTER
                alice < FAIL CHATHISTORY INVALID_PARAMS AROUND :There is LATEST, BEFORE and AFTER
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS BEFORE :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS BEFORE :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_PARAMS BEFORE :Give a target, a msgid=, timestamp= or (with LATEST) *, and how many
                alice < FAIL CHATHISTORY INVALID_TARGET AFTER a,b :Messages could not be retrieved
                alice < PONG tea.test :still"#]],
        );
    }
}
