//! JOIN: into a room, which is made if there is none. <https://modern.ircdocs.horse/#join-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Action, Audience, Event, Membership};
use crate::ids::{RoomId, UserId};
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command =
    Command { name: "JOIN", params_min: 1, stage: Stage::Registered, answers: Answers::Many, parse };

/// In how many rooms a user may be: `CHANLIMIT` in 005.
pub(crate) const ROOMS_PER_USER_MAX: usize = 100;

/// A user wants to be in a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enter {
    /// Which.
    pub room: RoomName,
}

fn parse(request: &mut Request<'_>) {
    for name in request.param(0).split(',') {
        match RoomName::parse(name) {
            Ok(room) => request.submit(Action::Join(Enter { room })),
            Err(_) => request.reply(Reply::numeric(n::ERR_NOSUCHCHANNEL, "No such channel").param(super::shown(name))),
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, enter: &Enter) {
    let Some(user) = turn.actor() else { return };
    let (id, source, owner) = (user.id, user.source(), user.guest.map_or(Owner::Nobody, Owner::Guest));
    if let Some(refusal) = refusal(turn, id, &enter.room) {
        return turn.reply(refusal);
    }
    let mut room = match turn.world.durable.room_named(&enter.room) {
        Some(room) => room.record.clone(),
        None => turn.new_room(&enter.room, owner),
    };
    let (room_id, name) = (room.id, Arc::clone(&room.name));
    if !turn.world.presence.enter(id, room_id) {
        return;
    }
    if room.empty_since.take().is_some() {
        turn.put_room(room);
    }
    let membership = Membership { user: id, source, room: room_id, name };
    turn.tell(Audience::Room(room_id), Event::Entered(membership));
    show_room(turn, id, room_id);
}

/// Shows the room to all sessions of whoever came in.
fn show_room(turn: &mut Turn<'_>, user: UserId, room: RoomId) {
    if let Some(room) = turn.world.durable.room(room) {
        let view = turn.world.view(room);
        turn.tell(Audience::User(user), Event::Room(Arc::new(view)));
    }
}

fn refusal(turn: &Turn<'_>, user: UserId, name: &RoomName) -> Option<Reply> {
    let shown = name.as_str().to_owned();
    let user = turn.world.presence.user(user)?;
    let Some(RoomRecord { id, .. }) = turn.world.durable.room_named(name).map(|room| &room.record) else {
        if let Some(like) = turn.world.durable.room_looking_like(name) {
            let text = format!("Looks too much like {}", like.record.name);
            return Some(Reply::numeric(n::ERR_NOSUCHCHANNEL, text).param(shown));
        }
        if !turn.entry.writable {
            return Some(unavailable("JOIN", &shown));
        }
        return full(user.rooms.len(), shown);
    };
    if user.rooms.contains(id) { None } else { full(user.rooms.len(), shown) }
}

fn full(rooms: usize, shown: String) -> Option<Reply> {
    let text = "You have joined too many channels";
    (rooms >= ROOMS_PER_USER_MAX).then(|| Reply::numeric(n::ERR_TOOMANYCHANNELS, text).param(shown))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn a_newcomer_sees_topic_and_people() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :oolong | bob: JOIN #tea",
            expect![[r#"
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 332 bob #tea :oolong
                bob < 333 bob #tea alice 1700000000
                bob < 353 bob = #tea :alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn joining_twice_says_nothing() {
        check("alice: JOIN #tea | alice: JOIN #TEA", expect![""]);
    }

    #[test]
    fn one_batch_holds_the_answers_of_all_rooms() {
        check_with(
            &[("alice", "echo-message labeled-response batch message-tags")],
            "alice: @label=x JOIN #a,bad,#b",
            expect![[r#"
                alice < @label=x BATCH +1 labeled-response
                alice < @batch=1 :alice JOIN #a
                alice < @batch=1 353 alice = #a :alice
                alice < @batch=1 366 alice #a :End of /NAMES list
                alice < @batch=1 403 alice bad :No such channel
                alice < @batch=1 :alice JOIN #b
                alice < @batch=1 353 alice = #b :alice
                alice < @batch=1 366 alice #b :End of /NAMES list
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn other_peoples_lines_carry_no_batch() {
        check_with(
            &[("alice", "echo-message labeled-response batch message-tags")],
            "alice: JOIN #a | bob: JOIN #a | alice: @label=x JOIN #b",
            expect![[r#"
                alice < @label=x BATCH +1 labeled-response
                alice < @batch=1 :alice JOIN #b
                alice < @batch=1 353 alice = #b :alice
                alice < @batch=1 366 alice #b :End of /NAMES list
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN tea || alice: JOIN # | alice: JOIN | alice: JOIN #a\u{3000}b | alice: JOIN #茶馆",
            expect![[r#"
                alice < 403 alice # :No such channel
                alice < 461 alice JOIN :Not enough parameters
                alice < 403 alice #a　b :No such channel
                alice < :alice JOIN #茶馆
                alice < 353 alice = #茶馆 :alice
                alice < 366 alice #茶馆 :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_name_that_looks_like_another_is_refused() {
        check(
            "alice: JOIN #tea || bob: JOIN #tеa | bob: JOIN #ＴＥＡ",
            expect![[r#"
                bob < 403 bob #tеa :Looks too much like #tea
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn no_room_is_made_while_nothing_can_be_kept() {
        check(
            "alice: JOIN #tea | broken || bob: JOIN #new | bob: JOIN #tea",
            expect![[r#"
                bob < FAIL JOIN TEMPORARILY_UNAVAILABLE #new :The server cannot store anything at the moment; please try again later
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_silent_room_goes_with_the_last_goodbye() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :gone with it | alice: PART #tea || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_room_that_was_spoken_in_stays() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :stays | alice: PRIVMSG #tea :hi | alice: PART #tea || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 332 bob #tea :stays
                bob < 333 bob #tea alice 1700000000
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_silent_room_outlives_a_drop_for_ten_minutes() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :dropped | alice drops | wait 599s || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 332 bob #tea :dropped
                bob < 333 bob #tea alice 1700000000
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn and_no_longer() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :dropped | alice drops | wait 601s || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn an_empty_room_is_forgotten_after_its_days() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :old | alice: PRIVMSG #tea :hi | alice: PART #tea | wait 2592001s || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn from_outside_an_empty_room_looks_absent() {
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :hi | alice: PART #tea || bob: NAMES #tea | bob: PART #tea | bob: PRIVMSG #tea :hi",
            expect![[r#"
                bob < 366 bob #tea :End of /NAMES list
                bob < 442 bob #tea :You're not on that channel
                bob < 403 bob #tea :No such channel"#]],
        );
    }

    #[test]
    fn nobody_is_in_more_rooms_than_chanlimit_says() {
        let rooms: Vec<String> = (0..100).map(|n| format!("alice: JOIN #r{n}")).collect();
        check(
            &format!("{} || alice: JOIN #more | alice: JOIN #r7", rooms.join(" | ")),
            expect!["alice < 405 alice #more :You have joined too many channels"],
        );
    }
}
