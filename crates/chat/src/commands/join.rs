//! JOIN: into a room, which is made if there is none. <https://modern.ircdocs.horse/#join-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, metadata};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Action, Audience, Event, Membership};
use crate::ids::{RoomId, UserId};
use crate::modes::Flag;
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "JOIN",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "JOIN <room>[,<room>...] [<key>[,<key>...]]: into a room, which is made if there is none; JOIN 0: out of all",
    parse,
};

/// In how many rooms a user may be: `CHANLIMIT` in 005.
pub(crate) const ROOMS_PER_USER_MAX: usize = 100;

/// A user wants to be in a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enter {
    /// Which.
    pub room: RoomName,
    /// The key it gives, if it gives one.
    pub key: Option<Arc<str>>,
}

fn parse(request: &mut Request<'_>) {
    if request.param(0) == "0" {
        return request.submit(Action::PartAll);
    }
    // Who is in a large room takes several answers.
    request.wait();
    let mut keys = request.param(1).split(',');
    for name in request.param(0).split(',') {
        let key = keys.next().filter(|key| !key.is_empty()).map(Arc::from);
        match RoomName::parse(name) {
            Ok(room) => request.submit(Action::Join(Enter { room, key })),
            Err(_) => request.reply(super::no_such_channel(name)),
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, enter: &Enter) {
    let Some(user) = turn.actor() else { return };
    let (id, own) = (user.id, Owner::of(user.identity));
    if let Err(refusal) = may_enter(turn, id, enter) {
        return turn.reply(refusal);
    }
    let room = match turn.world.durable.room_named(&enter.room) {
        Some(room) => room.record.clone(),
        None => turn.new_room(&enter.room, own),
    };
    come_in(turn, id, room);
}

/// A user comes into a room that lets it in; if it is in it already nothing happens.
pub(crate) fn come_in(turn: &mut Turn<'_>, id: UserId, mut room: RoomRecord) {
    let Some((source, realname)) = turn.world.presence.user(id).map(|user| (user.source(), Arc::clone(&user.realname)))
    else {
        return;
    };
    let (room_id, name, was_empty) = (room.id, Arc::clone(&room.name), room.empty_since.is_some());
    if !turn.enter(id, room_id) {
        return;
    }
    if room.empty_since.take().is_some() {
        turn.put_room(room.clone());
    }
    let membership = Membership { user: id, source, room: room_id, name, realname };
    turn.tell(Audience::Room(room_id), Event::Entered(membership));
    turn.rank_at_the_door(id, &room, was_empty);
    tell_absence(turn, id, room_id);
    metadata::set::introduce(turn, id, room_id);
    show_room(turn, id, room_id);
}

/// Those inside who follow who is away are told at once. <https://ircv3.net/specs/extensions/away-notify>
fn tell_absence(turn: &mut Turn<'_>, user: UserId, room: RoomId) {
    if let Some(user) = turn.world.presence.user(user)
        && let Some(reason) = user.absence().map(Arc::from)
    {
        let event = Event::Away { nick: user.nick.clone(), source: user.source(), reason };
        turn.tell_unasked(Audience::Others(user.id, [room].into()), event);
    }
}

/// Shows the room to all sessions of whoever came in.
fn show_room(turn: &mut Turn<'_>, user: UserId, room: RoomId) {
    let world = &turn.world;
    if let (Some(user), Some(room)) = (world.presence.user(user), world.durable.room(room)) {
        let shown = world.shown(world.view(room, world.rules.rows_per_hold), user);
        turn.tell(Audience::User(user.id), Event::Room(shown));
    }
}

fn may_enter(turn: &Turn<'_>, id: UserId, enter: &Enter) -> Result<(), Reply> {
    let shown = enter.room.as_str();
    let refused = |code: u16, text: &'static str| Err(Reply::numeric(code, text).param(shown.to_owned()));
    let Some(user) = turn.world.presence.user(id) else { return Ok(()) };
    let room = turn.world.durable.room_named(&enter.room).map(|room| &room.record);
    if room.is_some_and(|room| user.rooms.contains(&room.id)) {
        return Ok(());
    }
    if user.rooms.len() >= ROOMS_PER_USER_MAX {
        return refused(n::ERR_TOOMANYCHANNELS, "You have joined too many channels");
    }
    let Some(room) = room else {
        if let Some(like) = turn.world.durable.room_looking_like(&enter.room) {
            let text = format!("Looks too much like {}", like.record.name);
            return Err(Reply::numeric(n::ERR_NOSUCHCHANNEL, text).param(shown.to_owned()));
        }
        if turn.world.has_founded_enough(Owner::of(user.identity)) {
            return refused(n::ERR_TOOMANYCHANNELS, "You have founded as many rooms as one may");
        }
        return if turn.entry.writable { Ok(()) } else { Err(unavailable("JOIN", shown)) };
    };
    let is_founder = user.identity.is_some() && room.owner == Owner::of(user.identity);
    let is_invited = user.is_invited(room.id);
    if is_founder || is_invited {
        return Ok(());
    }
    let modes = &room.modes;
    if modes.flags.has(Flag::AccountsOnly) && user.account().is_none() {
        return refused(n::ERR_NEEDREGGEDNICK, "Cannot join channel (+R): log in to an account first");
    }
    if modes.flags.has(Flag::InviteOnly) && (turn.world.presence.is_empty(room.id) || !modes.invites(user.who())) {
        return refused(n::ERR_INVITEONLYCHAN, "Cannot join channel (+i)");
    }
    if modes.bans(user.who()) {
        return refused(n::ERR_BANNEDFROMCHAN, "Cannot join channel (+b)");
    }
    if modes.key.is_some() && modes.key != enter.key {
        return refused(n::ERR_BADCHANNELKEY, "Cannot join channel (+k)");
    }
    let people = turn.world.presence.count(room.id);
    match modes.limit.and_then(|limit| usize::try_from(limit).ok()) {
        Some(limit) if people >= limit => refused(n::ERR_CHANNELISFULL, "Cannot join channel (+l)"),
        _ => Ok(()),
    }
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
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn zero_is_out_of_all_rooms() {
        check_with(
            &[("alice", "labeled-response batch")],
            "alice: JOIN #a,#b,#c | alice: PART #c | bob: JOIN #a || alice: @label=x JOIN 0 | alice: JOIN 0 | bob: JOIN 0,#b | alice: TOPIC #b",
            expect![[r#"
                alice < @label=x BATCH +1 labeled-response
                alice < @batch=1 :alice PART #a
                alice < @batch=1 :alice PART #b
                alice < BATCH -1
                bob < :alice PART #a
                bob < 403 bob 0 :No such channel
                bob < :bob JOIN #b
                bob < 353 bob = #b :@bob
                bob < 366 bob #b :End of /NAMES list
                alice < 442 alice #b :You're not on that channel"#]],
        );
    }

    #[test]
    fn whoever_founds_a_room_or_takes_a_seat_is_told_when_that_is_kept() {
        check(
            "alice: JOIN #tea | bob: REGISTER * * oolong | carol: PING 1 | hold || carol: JOIN #tea | bob: JOIN #tea | carol: JOIN #new | carol: PING x | go",
            expect![[r#"
                alice < :carol JOIN #tea
                carol < :carol JOIN #tea
                carol < 353 carol = #tea :@alice carol
                carol < 366 carol #tea :End of /NAMES list
                alice < :bob!account@tea.test JOIN #tea
                carol < :bob!account@tea.test JOIN #tea
                bob < :bob!account@tea.test JOIN #tea
                bob < 353 bob = #tea :@alice bob carol
                bob < 366 bob #tea :End of /NAMES list
                carol < :carol JOIN #new
                carol < 353 carol = #new :@carol
                carol < 366 carol #new :End of /NAMES list
                carol < PONG tea.test :x"#]],
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
                alice < @batch=1 353 alice = #a :@alice
                alice < @batch=1 366 alice #a :End of /NAMES list
                alice < @batch=1 403 alice bad :No such channel
                alice < @batch=1 :alice JOIN #b
                alice < @batch=1 353 alice = #b :@alice
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
                alice < @batch=1 353 alice = #b :@alice
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
                alice < 353 alice = #茶馆 :@alice
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
                bob < 353 bob = #tea :@alice bob
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
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_silent_room_goes_with_the_last_goodbye() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :gone with it | alice: PART #tea || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@bob
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
                bob < 353 bob = #tea :@bob
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
                bob < 353 bob = #tea :@bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn and_no_longer() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :dropped | alice drops | wait 601s || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn an_empty_room_is_forgotten_after_its_days() {
        check(
            "alice: JOIN #tea | alice: TOPIC #tea :old | alice: PRIVMSG #tea :hi | alice: PART #tea | wait 2592001s || bob: JOIN #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@bob
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

    #[test]
    fn modes_keep_people_out() {
        check(
            "alice: JOIN #key,#full,#invite,#ban | alice: MODE #key +k secret | alice: MODE #full +l 1 | alice: MODE #invite +i | alice: MODE #ban +b bob || bob: JOIN #key | bob: JOIN #key wrong | bob: JOIN #full,#invite,#ban | bob: JOIN #none,#key x,secret",
            expect![[r#"
                bob < 475 bob #key :Cannot join channel (+k)
                bob < 475 bob #key :Cannot join channel (+k)
                bob < 471 bob #full :Cannot join channel (+l)
                bob < 473 bob #invite :Cannot join channel (+i)
                bob < 474 bob #ban :Cannot join channel (+b)
                alice < :bob JOIN #key
                bob < :bob JOIN #none
                bob < 353 bob = #none :@bob
                bob < 366 bob #none :End of /NAMES list
                bob < :bob JOIN #key
                bob < 353 bob = #key :@alice bob
                bob < 366 bob #key :End of /NAMES list"#]],
        );
    }

    #[test]
    fn exceptions_let_them_in() {
        check(
            "alice: JOIN #tea | alice: MODE #tea +ibeI bob!*@* bob!*@* bob!*@* || bob: JOIN #tea | carol: JOIN #tea",
            expect![[r#"
                alice < :bob JOIN #tea
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list
                carol < 473 carol #tea :Cannot join channel (+i)"#]],
        );
    }

    #[test]
    fn an_empty_invite_only_room_opens_to_its_founder_only() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | alice: MODE #tea +iI bob!*@* | alice: PRIVMSG #tea :hi | alice: PART #tea || bob: JOIN #tea | alice: JOIN #tea",
            expect![[r#"
                bob < 473 bob #tea :Cannot join channel (+i)
                alice < :alice JOIN #tea
                alice < 353 alice = #tea :~alice
                alice < 366 alice #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn account_and_real_name_are_told_to_those_who_ask() {
        check_with(
            &[("alice", "extended-join")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea",
            expect![[r#"
            alice < :carol JOIN #tea * :carol
            bob < :carol JOIN #tea
            carol < :carol JOIN #tea
            carol < 353 carol = #tea :@alice bob carol
            carol < 366 carol #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn names_are_left_out_for_those_who_ask_themselves() {
        check_with(&[("alice", "no-implicit-names")], "alice: JOIN #tea", expect!["alice < :alice JOIN #tea"]);
    }
}
