//! MARKREAD: up to when a conversation is read, on all of one's devices. <https://ircv3.net/specs/extensions/read-marker>
//!
//! A marker belongs to an account, or to a guest for as long as the guest is remembered; nobody else has any. It is kept
//! under the other one's number, or the room's, so whoever is renamed, registers or goes stays read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::time::parse_server_time;

use super::say::Target;
use super::{Answers, Command, Stage};
use crate::departed::Numbered;
use crate::durable::{Fact, FactKind};
use crate::entry::{Audience, Event};
use crate::find::{Finding, Purpose};
use crate::ids::{Identity, Time};
use crate::query::Asked;
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Durable, Turn, User, World};

pub(crate) const COMMAND: Command = Command {
    name: "MARKREAD",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "MARKREAD <room or nick> [timestamp=<time>]: up to when you have read what is said there",
    parse,
};

/// How many conversations one may have read; past that the one that was read up to the earliest moment is unread again.
const MARKERS_MAX: usize = 1000;

/// Somebody has read a conversation up to a moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Which.
    pub target: Target,
    /// Up to when, as the client says.
    pub upto: Time,
}

fn parse(request: &mut Request<'_>) {
    let (name, timestamp) = (request.param(0), request.param(1));
    if name.is_empty() {
        return request.reply(Reply::fail("MARKREAD", "NEED_MORE_PARAMS", "Give a room or a nick"));
    }
    let Some(target) = Target::of_past(name) else { return request.reply(no_conversation(name)) };
    if request.message.params.len() < 2 {
        return request.find(Finding { target, purpose: Purpose::Marker });
    }
    match timestamp.strip_prefix("timestamp=").and_then(parse_server_time) {
        Some(upto) => request.find(Finding { target, purpose: Purpose::Mark(Time(upto)) }),
        None => {
            let text = "A moment is told as timestamp=YYYY-MM-DDThh:mm:ss.sssZ";
            request.reply(invalid(name, text).param(super::shown(timestamp)));
        }
    }
}

fn invalid(target: &str, text: &'static str) -> Reply {
    Reply::fail("MARKREAD", "INVALID_PARAMS", text).param(super::shown(target))
}

/// The answer where one has no part in it, or nothing is kept.
pub(crate) fn no_conversation(target: &str) -> Reply {
    invalid(target, "Nothing is kept there that you could have read")
}

pub(crate) fn apply(turn: &mut Turn<'_>, mark: &Mark) {
    let Some(user) = turn.actor() else { return };
    let Some((own, number, target)) = conversation(turn.world, user, &mark.target) else {
        return turn.reply(no_conversation(mark.target.as_str()));
    };
    let (user, upto) = (user.id, mark.upto.min(turn.entry.time));
    let before = marker(&turn.world.durable, own, number);
    if let Some(before) = before.filter(|before| *before >= upto) {
        return turn.reply(line(&target, Some(before)));
    }
    if !turn.entry.writable {
        return turn.reply(unavailable("MARKREAD", &target));
    }
    if before.is_none() {
        turn.make_room_for_fact(own.number(), FactKind::Marker, MARKERS_MAX);
    }
    turn.put_fact(fact(own, number), Some(upto.0.to_string().into()));
    turn.tell(Audience::User(user), Event::Marked { target, upto });
}

/// Whose marker of which conversation, and what that is called; none where one has no part in it, or nothing is kept.
fn conversation(world: &World, user: &User, target: &Target) -> Option<(Identity, u64, Arc<str>)> {
    let own = user.identity?;
    match target {
        Target::Room(name) => {
            let room = &world.durable.room_named(name)?.record;
            user.rooms.contains(&room.id).then(|| (own, room.id.0, Arc::clone(&room.name)))
        }
        Target::Person(nick) => match world.presence.user_named(nick) {
            Some(other) => Some((own, other.identity?.number(), other.nick.shared())),
            None => world.durable.account_named(nick).map(|account| (own, account.id.0, Arc::clone(&account.name))),
        },
        Target::Numbered(Numbered { guest, name }) => {
            world.durable.is_known(guest.0).then(|| (own, guest.0, Arc::clone(name)))
        }
    }
}

fn fact(own: Identity, conversation: u64) -> Fact {
    Fact { owner: own.number(), kind: FactKind::Marker, key: conversation.to_string().into() }
}

/// Up to when somebody has read a conversation.
pub(crate) fn marker(durable: &Durable, own: Identity, conversation: u64) -> Option<Time> {
    durable.fact(&fact(own, conversation))?.parse().ok().map(Time)
}

/// What was read of conversations that are forgotten since is no use any more; looked for once, at the start.
pub(crate) fn drop_pointless(turn: &mut Turn<'_>) {
    let durable = &turn.world.durable;
    let is_pointless = |fact: &&Fact| !fact.key.parse().is_ok_and(|number| durable.is_known(number));
    let pointless: Vec<Fact> = durable.facts_of_kind(FactKind::Marker).filter(is_pointless).cloned().collect();
    for fact in pointless {
        turn.put_fact(fact, None);
    }
}

/// Up to when the session's user has read a conversation.
pub(crate) fn answer(world: &World, session: crate::ids::SessionId, scope: &Scope, target: &Target) -> Asked {
    let found = world.presence.user_of(session).and_then(|user| conversation(world, user, target));
    let reply = match found {
        Some((own, number, name)) => line(&name, marker(&world.durable, own, number)),
        None => no_conversation(target.as_str()),
    };
    Asked::one(scope, reply)
}

/// The line that tells up to when a conversation is read.
pub(crate) fn line(target: &str, upto: Option<Time>) -> Reply {
    Reply::word("MARKREAD").param(target.to_owned()).param(upto.map_or_else(|| "*".into(), shown))
}

/// A moment as this command spells it.
pub(crate) fn shown(upto: Time) -> String {
    format!("timestamp={upto}")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    const CAPS: &str = "guest draft/read-marker";

    #[test]
    fn all_sessions_hear_what_one_has_read_and_nobody_else() {
        check_with(
            &[("alice", CAPS), ("laptop", "draft/read-marker"), ("bob", CAPS)],
            "alice: JOIN #tea | bob: JOIN #tea | again laptop alice | again old alice || alice: MARKREAD #TEA timestamp=2023-11-14T22:13:19.000Z | old: MARKREAD #tea timestamp=2023-11-14T22:13:19.500Z | bob: MARKREAD #tea",
            expect![[r#"
                laptop < :alice JOIN #tea
                laptop < MARKREAD #tea *
                laptop < 353 alice = #tea :~alice bob
                laptop < 366 alice #tea :End of /NAMES list
                old < :alice JOIN #tea
                old < 353 alice = #tea :~alice bob
                old < 366 alice #tea :End of /NAMES list
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z
                laptop < MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:19.500Z
                laptop < MARKREAD #tea timestamp=2023-11-14T22:13:19.500Z
                old < MARKREAD #tea timestamp=2023-11-14T22:13:19.500Z
                bob < MARKREAD #tea *"#]],
        );
    }

    #[test]
    fn it_never_goes_backwards_nor_into_the_future() {
        check_with(
            &[("alice", CAPS)],
            "alice: JOIN #tea || alice: MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z | alice: MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z | wait 1s | alice: MARKREAD #tea timestamp=2033-11-14T22:13:20.000Z | alice: MARKREAD #tea",
            expect![[r#"
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:21.000Z
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:21.000Z"#]],
        );
    }

    #[test]
    fn it_is_told_with_the_room_and_outlives_a_registration_and_a_rename() {
        check_with(
            &[("alice", CAPS), ("bob", CAPS), ("phone", "sasl draft/read-marker")],
            "alice: JOIN #tea | bob: PRIVMSG alice :hi | alice: MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z | alice: MARKREAD bob timestamp=2023-11-14T22:13:18.000Z | bob: NICK robert || alice: REGISTER * * oolong | alice: PART #tea | alice: JOIN #tea | alice: MARKREAD robert | bob: REGISTER * * green | bob: QUIT | alice: MARKREAD robert",
            expect![[r#"
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < :alice!account@tea.test PART #tea
                alice < :alice!account@tea.test JOIN #tea
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z
                alice < 353 alice = #tea :~alice
                alice < 366 alice #tea :End of /NAMES list
                alice < MARKREAD robert timestamp=2023-11-14T22:13:18.000Z
                bob < FAIL REGISTER WEAK_PASSWORD robert :A password has at least 6 characters, and is not the account's name
                bob < ERROR :Quit
                alice < FAIL MARKREAD INVALID_PARAMS robert :Nothing is kept there that you could have read"#]],
        );
    }

    #[test]
    fn its_setter_waits_for_the_disk() {
        check_with(
            &[("alice", CAPS), ("laptop", "draft/read-marker")],
            "alice: JOIN #tea | again laptop alice | hold || alice: MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z | alice: PING x | go",
            expect![[r#"
                laptop < :alice JOIN #tea
                laptop < MARKREAD #tea *
                laptop < 353 alice = #tea :~alice
                laptop < 366 alice #tea :End of /NAMES list
                laptop < MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z
                alice < MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check_with(
            &[("alice", CAPS), ("bob", CAPS)],
            "alice: JOIN #tea | bob: JOIN #other | plain: JOIN #tea || alice: MARKREAD | alice: MARKREAD a,b | alice: MARKREAD #tea * | alice: MARKREAD #tea timestamp=now | alice: MARKREAD #tea 2023-11-14T22:13:19.000Z | alice: MARKREAD #other | alice: MARKREAD #none timestamp=2023-11-14T22:13:19.000Z | alice: MARKREAD nobody | alice: MARKREAD plain | plain: MARKREAD #tea | plain: MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z | broken | alice: MARKREAD #tea timestamp=2023-11-14T22:13:19.000Z",
            expect![[r#"
                alice < FAIL MARKREAD NEED_MORE_PARAMS :Give a room or a nick
                alice < FAIL MARKREAD INVALID_PARAMS a,b :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS #tea * :A moment is told as timestamp=YYYY-MM-DDThh:mm:ss.sssZ
                alice < FAIL MARKREAD INVALID_PARAMS #tea timestamp=now :A moment is told as timestamp=YYYY-MM-DDThh:mm:ss.sssZ
                alice < FAIL MARKREAD INVALID_PARAMS #tea 2023-11-14T22:13:19.000Z :A moment is told as timestamp=YYYY-MM-DDThh:mm:ss.sssZ
                alice < FAIL MARKREAD INVALID_PARAMS #other :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS #none :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS nobody :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS plain :Nothing is kept there that you could have read
                plain < FAIL MARKREAD INVALID_PARAMS #tea :Nothing is kept there that you could have read
                plain < FAIL MARKREAD INVALID_PARAMS #tea :Nothing is kept there that you could have read
                alice < FAIL MARKREAD TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
        check(
            "plain: CAP REQ draft/read-marker | plain: JOIN #tea",
            expect![[r#"
            plain < :plain JOIN #tea
            plain < MARKREAD #tea *
            plain < 353 plain = #tea :@plain
            plain < 366 plain #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn there_is_a_limit_to_how_many_are_kept() {
        let people: Vec<String> = (0..=super::MARKERS_MAX).map(|n| format!("p{n}")).collect();
        let mut steps = vec!["alice: PING 1".to_owned()];
        steps.extend(people.iter().enumerate().map(|(n, nick)| {
            format!(
                "{nick}: PING 1 | alice: MARKREAD {nick} timestamp=2023-11-14T22:13:{:02}.{:03}Z",
                n / 1000,
                n % 1000
            )
        }));
        let caps: Vec<(&str, &str)> =
            people.iter().map(|nick| (nick.as_str(), "guest")).chain([("alice", "guest")]).collect();
        check_with(
            &caps,
            &format!("{} || alice: MARKREAD p0 | alice: MARKREAD p1 | alice: MARKREAD p1000", steps.join(" | ")),
            expect![[r#"
                alice < MARKREAD p0 *
                alice < MARKREAD p1 timestamp=2023-11-14T22:13:00.001Z
                alice < MARKREAD p1000 timestamp=2023-11-14T22:13:01.000Z"#]],
        );
    }
}
