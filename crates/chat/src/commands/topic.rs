//! TOPIC: what a room is about. <https://modern.ircdocs.horse/#topic-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX, TOPIC_BYTES_MAX};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::{RoomRecord, Topic};
use crate::entry::{Action, Audience, Event};
use crate::ids::SessionId;
use crate::modes::{Flag, Rank};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "TOPIC",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "TOPIC <room> [<topic>]: what a room is about; an empty topic takes it away",
    parse,
};

/// A user sets a room's topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetTopic {
    /// Which room's.
    pub room: RoomName,
    /// The topic; empty to take it away.
    pub text: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let Ok(room) = RoomName::parse(request.param(0)) else {
        return request.reply(super::no_such_channel(request.param(0)));
    };
    if request.message.params.len() < 2 {
        return request.ask(Query::Topic(room));
    }
    if request.param(1).len() > TOPIC_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "A topic has at most 390 bytes"));
    }
    request.submit(Action::Topic(SetTopic { room, text: request.param(1).into() }));
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetTopic) {
    let Some(user) = turn.actor() else { return };
    let source = user.source();
    let room = turn.world.durable.room_named(&set.room).filter(|room| user.rooms.contains(&room.record.id));
    let Some(room) = room.map(|room| room.record.clone()) else {
        let refusal = turn.outside(&set.room);
        return turn.reply(refusal);
    };
    let ranks = turn.world.power(&room, user).unwrap_or_default();
    if room.modes.flags.has(Flag::TopicLocked) && !ranks.is_at_least(Rank::Halfop) {
        return turn.reply(super::needs_rank(&room.name));
    }
    if !turn.entry.writable {
        return turn.reply(unavailable("TOPIC", set.room.as_str()));
    }
    // The TOPIC line, the 332 that newcomers get and the 322 of LIST must hold it whole.
    let head = source.len().max(turn.world.rules.server_name.len() + NICK_BYTES_MAX);
    if head + room.name.len() + set.text.len() + ":  TOPIC  000000 :".len() > MESSAGE_BODY_BYTES_MAX {
        return turn.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That topic is too long for this room's name"));
    }
    let by = Arc::clone(&source);
    let topic = (!set.text.is_empty()).then(|| Topic { text: Arc::clone(&set.text), by, at: turn.entry.time });
    let (id, name) = (room.id, Arc::clone(&room.name));
    turn.put_room(RoomRecord { topic, ..room });
    turn.tell(Audience::Room(id), Event::Topic { room: name, source, text: Arc::clone(&set.text) });
}

/// 332 and 333, or 331.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, name: &RoomName) -> Asked {
    let room = world.durable.room_named(name).map(|room| &room.record);
    let inside = |room: &&RoomRecord| world.presence.user_of(session).is_some_and(|user| user.rooms.contains(&room.id));
    let replies = match room.filter(inside) {
        None => vec![super::outside(world, session, name)],
        Some(room) => match &room.topic {
            Some(topic) => lines(&room.name, topic),
            None => vec![Reply::numeric(n::RPL_NOTOPIC, "No topic is set").param(room.name.to_string())],
        },
    };
    Asked::replies(&scope, replies)
}

/// A topic as newcomers are shown it.
pub(crate) fn lines(room: &str, topic: &Topic) -> Vec<Reply> {
    let seconds = (topic.at.0 / 1000).to_string();
    vec![
        Reply::numeric(n::RPL_TOPIC, topic.text.to_string()).param(room.to_owned()),
        Reply::numeric_bare(n::RPL_TOPICWHOTIME).param(room.to_owned()).param(topic.by.to_string()).param(seconds),
    ]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn it_is_set_for_everybody_and_its_setter_waits_for_the_disk() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: TOPIC #tea :green | alice: PING x | go | bob: TOPIC #tea",
            expect![[r#"
                bob < :alice TOPIC #tea :green
                alice < :alice TOPIC #tea :green
                alice < PONG tea.test :x
                bob < 332 bob #tea :green
                bob < 333 bob #tea alice 1700000000"#]],
        );
    }

    #[test]
    fn it_can_be_taken_away() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :green || alice: TOPIC #tea : | alice: TOPIC #tea",
            expect![[r#"
                alice < :alice TOPIC #tea :
                alice < 331 alice #tea :No topic is set"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #other || alice: TOPIC | alice: TOPIC tea | alice: TOPIC #other | alice: TOPIC #other :x | alice: TOPIC #none | broken | alice: TOPIC #tea :x",
            expect![[r#"
                alice < 461 alice TOPIC :Not enough parameters
                alice < 403 alice tea :No such channel
                alice < 442 alice #other :You're not on that channel
                alice < 442 alice #other :You're not on that channel
                alice < 403 alice #none :No such channel
                alice < FAIL TOPIC TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn one_that_would_be_cut_is_refused() {
        check(
            &format!("alice: JOIN #tea || alice: TOPIC #tea :{}", "x".repeat(391)),
            expect!["alice < 417 alice :A topic has at most 390 bytes"],
        );
        let (nick, room) = ("n".repeat(32), format!("#{}", "r".repeat(63)));
        check(
            &format!("{nick}: JOIN {room} || {nick}: TOPIC {room} :{}", "x".repeat(390)),
            expect![
                "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn < 417 nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn :That topic is too long for this room's name"
            ],
        );
    }

    #[test]
    fn a_locked_topic_takes_a_rank() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | alice: MODE #tea +t || bob: TOPIC #tea :mine | alice: TOPIC #tea :hers",
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                alice < :alice TOPIC #tea :hers
                bob < :alice TOPIC #tea :hers"#]],
        );
    }
}
