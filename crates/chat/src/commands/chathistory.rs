//! CHATHISTORY: what was said before. <https://ircv3.net/specs/extensions/chathistory>

use std::sync::Arc;

use teahouse_proto::limits::HISTORY_ROWS_MAX;
use teahouse_proto::time::parse_server_time;

use super::say::Target;
use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::departed::{self, Departed};
use crate::durable::{Bound, Conversation, LastSaid, Span};
use crate::ids::{Identity, MsgId, RoomId, SessionId, Time};
use crate::query::{Asked, HistoryRead, Query, Reactions, StoreRead, TargetsRead};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Frame, HistoryFrame, Request};
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "CHATHISTORY",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "CHATHISTORY LATEST|BEFORE|AFTER|AROUND <room or nick> <msgid=, timestamp= or *> <how many>, BETWEEN <room or nick> <from> <to> <how many>, TARGETS <from> <to> <how many>: what was said before, and where",
    parse,
};

/// What is asked.
#[derive(Debug)]
pub enum Ask {
    /// A part of a conversation.
    Part {
        /// Whose.
        target: Target,
        /// Which.
        span: Span,
        /// At most so many rows.
        limit: usize,
        /// Whether what happened is wanted besides what was said.
        happenings: bool,
        /// How reactions to what was said are wanted.
        reactions: Reactions,
        /// What it is wrapped in.
        frame: HistoryFrame,
    },
    /// In which conversations something was last said between two moments, counted from the first.
    Targets {
        /// Excluded,
        first: Time,
        /// like this one.
        second: Time,
        /// At most so many.
        limit: usize,
        /// The reference of its batch.
        batch: Box<str>,
    },
}

/// A subcommand, and how many parameters it has.
type Subcommand = (&'static str, usize);

const SUBCOMMANDS: [Subcommand; 6] =
    [("LATEST", 4), ("BEFORE", 4), ("AFTER", 4), ("AROUND", 4), ("BETWEEN", 5), ("TARGETS", 4)];

fn parse(request: &mut Request<'_>) {
    let asked = SUBCOMMANDS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(request.param(0)));
    let Some((subcommand, count)) = asked else {
        return request.reply(invalid(&super::shown(request.param(0)), "Unknown command"));
    };
    let query = match request.message.params.len() {
        given if given < count => Err(invalid(subcommand, "Insufficient parameters")),
        given if given > count => Err(invalid(subcommand, "Too many parameters")),
        _ => limit(subcommand, request.param(count - 1)).and_then(|limit| match subcommand {
            "TARGETS" => targets(request, limit),
            _ => part(request, subcommand, limit),
        }),
    };
    match query {
        Ok(ask) => request.ask(Query::History(ask)),
        Err(refusal) => request.reply(refusal),
    }
}

fn limit(subcommand: &str, word: &str) -> Result<usize, Reply> {
    match word.parse() {
        Ok(limit @ 1..) => Ok(HISTORY_ROWS_MAX.min(limit)),
        _ => Err(invalid(subcommand, "Invalid limit").param(super::shown(word))),
    }
}

fn part(request: &mut Request<'_>, subcommand: &'static str, limit: usize) -> Result<Ask, Reply> {
    let name = request.param(1);
    let bound = |index| bound(subcommand, name, request.param(index));
    let span = match subcommand {
        "LATEST" if request.param(2) == "*" => Span::Latest(None),
        "LATEST" => Span::Latest(Some(bound(2)?)),
        "BEFORE" => Span::Before(bound(2)?),
        "AFTER" => Span::After(bound(2)?),
        "AROUND" => Span::Around(bound(2)?),
        _ => Span::Between(bound(2)?, bound(3)?),
    };
    let target = Target::of_past(name).ok_or_else(|| no_target(subcommand, name))?;
    let caps = request.session.caps;
    let happenings = caps.has(Caps::EVENT_PLAYBACK);
    let reactions = match caps.has(Caps::MESSAGE_TAGS) {
        true if caps.has(Caps::REACTIONS) => Reactions::WithMessages,
        true if happenings => Reactions::InTime,
        _ => Reactions::None,
    };
    let frame = HistoryFrame { target: name.into(), subcommand, batch: request.session.next_batch(), reader: None };
    Ok(Ask::Part { target, span, limit, happenings, reactions, frame })
}

fn bound(subcommand: &str, target: &str, word: &str) -> Result<Bound, Reply> {
    match word.split_once('=') {
        Some(("msgid", id)) => MsgId::parse(id)
            .map(Bound::Msgid)
            .ok_or_else(|| invalid(subcommand, "Invalid msgid").param(super::shown(word))),
        Some(("timestamp", _)) => moment(subcommand, word).map(Bound::Time),
        _ => {
            let text = "Message references are msgid= or timestamp=";
            let refusal = Reply::fail("CHATHISTORY", "INVALID_MSGREFTYPE", text).param(subcommand.to_owned());
            Err(refusal.param(super::shown(target)).param(super::shown(word)))
        }
    }
}

fn moment(subcommand: &str, word: &str) -> Result<Time, Reply> {
    let time = word.strip_prefix("timestamp=").and_then(parse_server_time);
    time.map(Time).ok_or_else(|| invalid(subcommand, "Invalid timestamp").param(super::shown(word)))
}

fn targets(request: &mut Request<'_>, limit: usize) -> Result<Ask, Reply> {
    let (first, second) = (moment("TARGETS", request.param(1))?, moment("TARGETS", request.param(2))?);
    Ok(Ask::Targets { first, second, limit, batch: request.session.next_batch() })
}

/// The read, as of now, with its place in the session's output; a stranger to the target is told nothing of it.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, ask: Ask) -> Asked {
    let (frame, read) = match ask {
        Ask::Part { target, span, limit, happenings, reactions, mut frame } => {
            if !world.rules.keep_history {
                return Asked::one(&scope, failed(&frame));
            }
            frame.reader = world.presence.user_of(session).and_then(|user| user.identity).map(Identity::number);
            let read =
                |conversation| StoreRead::History(HistoryRead { conversation, span, limit, happenings, reactions });
            let read = match whereabouts(world, session, &target) {
                Whereabouts::Known(conversation, name) => {
                    frame.target = name;
                    read(conversation)
                }
                Whereabouts::Departed(departed) => StoreRead::Departed(departed, Box::new(read(Conversation::NOWHERE))),
                Whereabouts::Nowhere => return Asked::one(&scope, no_target(frame.subcommand, &frame.target)),
            };
            (Frame::History(frame), read)
        }
        Ask::Targets { first, second, limit, batch } => {
            if !world.rules.keep_history {
                return Asked::one(&scope, targets_failed());
            }
            let user = world.presence.user_of(session);
            let rooms = user.map(|user| user.rooms.iter().copied().collect()).unwrap_or_default();
            let privately = user.and_then(|user| user.identity);
            (Frame::Targets(batch), StoreRead::Targets(TargetsRead { rooms, privately, first, second, limit }))
        }
    };
    Asked { answers: vec![Answer::Await(scope, frame)], read: Some(read), more: None }
}

/// The names of conversations, the first of those wanted first, and when something was last said there; at most so many,
/// and by rising time. Without those that the session may not read by now.
pub(crate) fn named(world: &World, session: SessionId, found: &[LastSaid], limit: usize) -> Vec<(Arc<str>, Time)> {
    let Some(user) = world.presence.user_of(session) else { return Vec::new() };
    let name = |last: &LastSaid| match last.conversation {
        Conversation { first, second: 0 } => {
            let room = world.durable.room(RoomId(first)).filter(|_| user.rooms.contains(&RoomId(first)))?;
            Some(Arc::clone(&room.record.name))
        }
        _ => {
            let other = last.conversation.partner(user.identity?);
            departed::name_of(world, other).or_else(|| departed::name(world, last, other))
        }
    };
    let named = found.iter().filter_map(|last| Some((name(last)?, last.time)));
    let mut named: Vec<_> = named.take(limit).collect();
    named.sort_by_key(|(_, time)| *time);
    named
}

/// Where that is, if the session may read there: in a room that it is in, whenever it came, and with somebody who is here,
/// has an account, or is meant by number.
pub(crate) fn conversation(world: &World, session: SessionId, target: &Target) -> Option<Conversation> {
    conversation_named(world, session, target).map(|(conversation, _)| conversation)
}

/// Where somebody wants to read.
pub(crate) enum Whereabouts {
    /// There; and what that is called now.
    Known(Conversation, Arc<str>),
    /// Perhaps with a guest who is not here.
    Departed(Departed),
    /// Nowhere that they may read.
    Nowhere,
}

/// Where that is for somebody who may go on reading what a guest has said that is not here any more.
pub(crate) fn whereabouts(world: &World, session: SessionId, target: &Target) -> Whereabouts {
    if let Some((conversation, name)) = conversation_named(world, session, target) {
        return Whereabouts::Known(conversation, name);
    }
    let own = world.presence.user_of(session).and_then(|user| user.identity);
    match (target, own) {
        (Target::Person(nick), Some(own)) if world.presence.user_named(nick).is_none() => {
            Whereabouts::Departed(Departed::new(own, nick))
        }
        _ => Whereabouts::Nowhere,
    }
}

fn conversation_named(world: &World, session: SessionId, target: &Target) -> Option<(Conversation, Arc<str>)> {
    let user = world.presence.user_of(session)?;
    match target {
        Target::Room(name) => {
            let room = &world.durable.room_named(name)?.record;
            user.rooms.contains(&room.id).then(|| (Conversation::room(room.id), Arc::clone(&room.name)))
        }
        Target::Person(nick) => {
            let identity = world.identity_named(nick)?;
            Some((Conversation::private(user.identity?, identity), world.name_of(identity)?))
        }
        Target::Numbered(numbered) => Some((numbered.conversation(user.identity?), Arc::clone(&numbered.name))),
    }
}

fn invalid(subcommand: &str, text: &'static str) -> Reply {
    Reply::fail("CHATHISTORY", "INVALID_PARAMS", text).param(subcommand.to_owned())
}

fn no_target(subcommand: &'static str, target: &str) -> Reply {
    let text = "Messages could not be retrieved";
    Reply::fail("CHATHISTORY", "INVALID_TARGET", text).param(subcommand).param(super::shown(target))
}

/// The answer when there turned out to be no such conversation.
pub(crate) fn unfound(frame: &HistoryFrame) -> Reply {
    no_target(frame.subcommand, &frame.target)
}

/// The answer when the read itself has failed.
pub(crate) fn failed(frame: &HistoryFrame) -> Reply {
    let text = "Messages could not be retrieved";
    Reply::fail("CHATHISTORY", "MESSAGE_ERROR", text).param(frame.subcommand).param(frame.target.to_string())
}

/// The same for a list of conversations.
pub(crate) fn targets_failed() -> Reply {
    Reply::fail("CHATHISTORY", "MESSAGE_ERROR", "Messages could not be retrieved").param("TARGETS")
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
    fn around_a_message_are_those_before_and_those_after() {
        let said = "alice: JOIN #tea | alice: PRIVMSG #tea :1 | wait 1s | alice: PRIVMSG #tea :2 | wait 1s | alice: PRIVMSG #tea :3 | wait 1s | alice: PRIVMSG #tea :4";
        check(
            &format!(
                "{said} || alice: CHATHISTORY AROUND #tea timestamp=2023-11-14T22:13:22.000Z 2 | alice: CHATHISTORY AROUND #tea timestamp=2023-11-14T22:13:22.000Z 1"
            ),
            expect![[r#"
                alice < :alice PRIVMSG #tea :2
                alice < :alice PRIVMSG #tea :3
                alice < :alice PRIVMSG #tea :3"#]],
        );
    }

    #[test]
    fn between_two_moments_is_counted_from_the_first() {
        let said = "alice: JOIN #tea | alice: PRIVMSG #tea :1 | wait 1s | alice: PRIVMSG #tea :2 | wait 1s | alice: PRIVMSG #tea :3 | wait 1s | alice: PRIVMSG #tea :4";
        let between = |from: u8, to: u8, limit: u8| {
            format!(
                "{said} || alice: CHATHISTORY BETWEEN #tea timestamp=2023-11-14T22:13:2{from}.000Z timestamp=2023-11-14T22:13:2{to}.000Z {limit}"
            )
        };
        check(
            &between(0, 3, 9),
            expect![[r#"
            alice < :alice PRIVMSG #tea :2
            alice < :alice PRIVMSG #tea :3"#]],
        );
        check(&between(0, 3, 1), expect!["alice < :alice PRIVMSG #tea :2"]);
        check(&between(3, 0, 1), expect!["alice < :alice PRIVMSG #tea :3"]);
        check(&between(2, 2, 9), expect![""]);
    }

    #[test]
    fn what_happened_is_given_to_those_who_want_it_and_does_not_count_for_others() {
        let happens = "alice: JOIN #tea | alice: PRIVMSG #tea :1 | bob: JOIN #tea | carol: JOIN #tea | bob: NICK bobby | alice: TOPIC #tea :oolong | alice: MODE #tea +v carol | alice: KICK #tea carol :enough of it | bob: PART #tea :bye | dave: JOIN #tea | dave: QUIT :off | alice: PRIVMSG #tea :2";
        let ask = "alice: CHATHISTORY LATEST #tea * 2";
        check(
            &format!("{happens} || {ask}"),
            expect![[r#"
            alice < :alice PRIVMSG #tea :1
            alice < :alice PRIVMSG #tea :2"#]],
        );
        check_with(
            &[("alice", "draft/event-playback batch extended-join")],
            &format!("{happens} || alice: CHATHISTORY LATEST #tea * 50 | {ask}"),
            expect![[r#"
                alice < BATCH +1 chathistory #tea
                alice < @batch=1 :alice PRIVMSG #tea :1
                alice < @batch=1 :bob JOIN #tea * :bob
                alice < @batch=1 :carol JOIN #tea * :carol
                alice < @batch=1 :bob NICK bobby
                alice < @batch=1 :alice TOPIC #tea :oolong
                alice < @batch=1 :alice MODE #tea +v carol
                alice < @batch=1 :alice KICK #tea carol :enough of it
                alice < @batch=1 :bobby PART #tea :bye
                alice < @batch=1 :dave JOIN #tea * :dave
                alice < @batch=1 :dave QUIT :Quit: off
                alice < @batch=1 :alice PRIVMSG #tea :2
                alice < BATCH -1
                alice < BATCH +2 chathistory #tea
                alice < @batch=2 :dave QUIT :Quit: off
                alice < @batch=2 :alice PRIVMSG #tea :2
                alice < BATCH -2"#]],
        );
    }

    #[test]
    fn what_happens_in_an_accounts_room_is_kept_from_its_first_moment() {
        check_with(
            &[("alice", "draft/event-playback batch draft/account-registration")],
            "alice: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea | alice: TOPIC #tea :oolong | alice: KICK #tea bob | alice: PRIVMSG #tea :first || alice: CHATHISTORY LATEST #tea * 50",
            expect![[r#"
                alice < BATCH +1 chathistory #tea
                alice < @batch=1 :alice!account@tea.test JOIN #tea
                alice < @batch=1 :bob JOIN #tea
                alice < @batch=1 :alice!account@tea.test TOPIC #tea :oolong
                alice < @batch=1 :alice!account@tea.test KICK #tea bob :alice
                alice < @batch=1 :alice!account@tea.test PRIVMSG #tea :first
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn what_happens_before_anything_is_said_is_not_kept() {
        check_with(
            &[("alice", "draft/event-playback batch")],
            "alice: JOIN #tea | bob: JOIN #tea | bob: PART #tea || alice: CHATHISTORY LATEST #tea * 50",
            expect![[r#"
                alice < BATCH +1 chathistory #tea
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn targets_are_rooms_that_one_is_in_and_those_one_has_talked_with() {
        check_with(
            &[("alice", "guest batch labeled-response"), ("bob", "guest"), ("carol", "guest")],
            "alice: JOIN #tea | alice: JOIN #silent | bob: JOIN #other | bob: PRIVMSG #other :x | alice: PRIVMSG #tea :1 | wait 1s | bob: PRIVMSG alice :2 | wait 1s | carol: PRIVMSG alice :3 | carol: PRIVMSG bob :not hers | wait 1s | alice: PRIVMSG #tea :4 || alice: @label=t CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.000Z timestamp=2023-11-14T22:14:00.000Z 9 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:14:00.000Z timestamp=2023-11-14T22:13:20.000Z 1 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.000Z timestamp=2023-11-14T22:14:00.000Z 1 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:23.000Z timestamp=2023-11-14T22:14:00.000Z 9",
            expect![[r#"
                alice < @label=t BATCH +1 draft/chathistory-targets
                alice < @batch=1 CHATHISTORY TARGETS bob 2023-11-14T22:13:21.000Z
                alice < @batch=1 CHATHISTORY TARGETS carol 2023-11-14T22:13:22.000Z
                alice < @batch=1 CHATHISTORY TARGETS #tea 2023-11-14T22:13:23.000Z
                alice < BATCH -1
                alice < BATCH +2 draft/chathistory-targets
                alice < @batch=2 CHATHISTORY TARGETS #tea 2023-11-14T22:13:23.000Z
                alice < BATCH -2
                alice < BATCH +3 draft/chathistory-targets
                alice < @batch=3 CHATHISTORY TARGETS bob 2023-11-14T22:13:21.000Z
                alice < BATCH -3
                alice < BATCH +4 draft/chathistory-targets
                alice < BATCH -4"#]],
        );
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :1 | bob: PING 1 || bob: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:00.000Z timestamp=2023-11-14T22:14:00.000Z 9 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:00.000Z timestamp=2023-11-14T22:14:00.000Z 9",
            expect!["alice < CHATHISTORY TARGETS #tea 2023-11-14T22:13:20.000Z"],
        );
    }

    #[test]
    fn an_account_is_found_by_its_name_while_it_is_not_here() {
        check_with(
            &[("alice", "guest batch"), ("bob", "guest draft/account-registration")],
            "alice: PING 1 | bob: REGISTER * * oolong | idle | bob: PRIVMSG alice :kept | bob: QUIT :off || alice: CHATHISTORY LATEST BOB * 9 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:00.000Z timestamp=2023-11-14T22:14:00.000Z 9",
            expect![[r#"
                alice < BATCH +1 chathistory bob
                alice < @batch=1 :bob!account@tea.test PRIVMSG alice :kept
                alice < BATCH -1
                alice < BATCH +2 draft/chathistory-targets
                alice < @batch=2 CHATHISTORY TARGETS bob 2023-11-14T22:13:20.000Z
                alice < BATCH -2"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea || alice: CHATHISTORY | alice: CHATHISTORY NEVER #tea * 5 | alice: CHATHISTORY LATEST #tea | alice: CHATHISTORY LATEST #tea * 5 6 | alice: CHATHISTORY LATEST #tea * 0 | alice: CHATHISTORY LATEST #tea * -1 | alice: CHATHISTORY LATEST #tea * many | alice: CHATHISTORY BEFORE #tea * 5 | alice: CHATHISTORY BEFORE #tea msgid=x 5 | alice: CHATHISTORY BEFORE #tea timestamp=yesterday 5 | alice: CHATHISTORY AROUND #tea id=7 5 | alice: CHATHISTORY BETWEEN #tea timestamp=2023-11-14T22:13:20.000Z 5 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.000Z msgid=000000000000000000000zz 5 | alice: CHATHISTORY AFTER a,b msgid=000000000000000000000zz 5 | alice: PING still here",
            expect![[r#"
                alice < FAIL CHATHISTORY INVALID_PARAMS * :Unknown command
                alice < FAIL CHATHISTORY INVALID_PARAMS NEVER :Unknown command
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Insufficient parameters
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST :Too many parameters
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST 0 :Invalid limit
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST -1 :Invalid limit
                alice < FAIL CHATHISTORY INVALID_PARAMS LATEST many :Invalid limit
                alice < FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE #tea * :Message references are msgid= or timestamp=
                alice < FAIL CHATHISTORY INVALID_PARAMS BEFORE msgid=x :Invalid msgid
                alice < FAIL CHATHISTORY INVALID_PARAMS BEFORE timestamp=yesterday :Invalid timestamp
                alice < FAIL CHATHISTORY INVALID_MSGREFTYPE AROUND #tea id=7 :Message references are msgid= or timestamp=
                alice < FAIL CHATHISTORY INVALID_PARAMS BETWEEN :Insufficient parameters
                alice < FAIL CHATHISTORY INVALID_PARAMS TARGETS msgid=000000000000000000000zz :Invalid timestamp
                alice < FAIL CHATHISTORY INVALID_TARGET AFTER a,b :Messages could not be retrieved
                alice < PONG tea.test :still"#]],
        );
        check(
            "alice: JOIN #tea | unreadable || alice: CHATHISTORY LATEST #tea * 5 | alice: CHATHISTORY TARGETS timestamp=2023-11-14T22:13:20.000Z timestamp=2023-11-14T22:14:00.000Z 5",
            expect![[r#"
                alice < FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Messages could not be retrieved
                alice < FAIL CHATHISTORY MESSAGE_ERROR TARGETS :Messages could not be retrieved"#]],
        );
    }
}
