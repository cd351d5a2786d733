//! RENAME: a room goes by another name. <https://ircv3.net/specs/extensions/channel-rename>
//!
//! A room is its number: who is in it, ranks, modes, bans and history stay. The old name is free from then on. Whoever does
//! not know the command sees the old room left and the new one entered; that is much to be told to everybody in a large
//! room, so a room gets another name only so often.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Action, Audience, Event, Membership, RoomView, Shown};
use crate::ids::{RoomId, SessionId, Time, UserId};
use crate::modes::Rank;
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "RENAME",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "RENAME <room> <new name> [<reason>]: give a room another name; takes an operator's rank",
    parse,
};

/// In what time the other names of a room are counted, in milliseconds; how many it may get is one of the rules.
const RENAMES_WINDOW_MS: u64 = 600_000;

/// A user gives a room another name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rename {
    /// Which.
    pub room: RoomName,
    /// What it is to be called.
    pub to: RoomName,
    /// Why; empty for no reason.
    pub reason: Arc<str>,
}

/// A room goes by another name.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// Who has done it.
    pub source: Arc<str>,
    /// What it was called.
    pub from: Arc<str>,
    /// What it is called.
    pub to: Arc<str>,
    /// Why; empty for no reason.
    pub reason: Arc<str>,
}

/// Everybody leaves a room by its old name and enters it by the new one, as their own sessions see it.
#[derive(Clone, Debug)]
pub struct Reentered {
    /// What it was called, and why it is not any more.
    pub renamed: Arc<Renamed>,
    /// The room as whoever comes in is shown it.
    pub view: Arc<RoomView>,
    /// Everybody's sessions, in their order.
    pub sessions: Vec<Again>,
}

/// Who enters a room anew, for one of its sessions.
#[derive(Clone, Debug)]
pub struct Again {
    /// Which.
    pub session: SessionId,
    /// Its user's `nick!user@host`.
    pub source: Arc<str>,
    /// Its user's real name.
    pub realname: Arc<str>,
    /// Up to when it has read what was said there.
    pub marked: Option<Time>,
}

impl Reentered {
    /// What a session in the room is shown of itself and the room.
    pub(crate) fn by(&self, session: SessionId) -> Option<(Membership, Shown)> {
        let found = self.sessions.binary_search_by_key(&session, |again| again.session).ok()?;
        let Again { source, realname, marked, .. } = self.sessions[found].clone();
        let (room, name) = (self.view.id, Arc::clone(&self.renamed.to));
        let membership = Membership { user: UserId::default(), source, room, name, realname };
        Some((membership, Shown { view: Arc::clone(&self.view), marked }))
    }
}

fn parse(request: &mut Request<'_>) {
    // Who sees a large room anew takes several answers.
    request.wait();
    let (room, to) = (request.param(0), request.param(1));
    let Ok(room) = RoomName::parse(room) else { return request.reply(super::no_such_channel(room)) };
    let Ok(to) = RoomName::parse(to) else {
        return request.reply(refusal("CANNOT_RENAME", room.as_str(), to, "No room can be called that"));
    };
    request.submit(Action::Rename(Rename { room, to, reason: request.param(2).into() }));
}

fn refusal(code: &'static str, from: &str, to: &str, text: impl Into<String>) -> Reply {
    Reply::fail(COMMAND.name, code, text.into()).param(super::shown(from)).param(super::shown(to))
}

pub(crate) fn apply(turn: &mut Turn<'_>, rename: &Rename) {
    if let Err(refusal) = carry_out(turn, rename) {
        turn.reply(refusal);
    }
}

fn carry_out(turn: &mut Turn<'_>, rename: &Rename) -> Result<(), Reply> {
    let Some(user) = turn.actor() else { return Ok(()) };
    let source = user.source();
    let room = turn.world.durable.room_named(&rename.room).filter(|room| user.rooms.contains(&room.record.id));
    let Some(room) = room.map(|room| room.record.clone()) else { return Err(turn.outside(&rename.room)) };
    if !turn.world.power(&room, user).unwrap_or_default().is_at_least(Rank::Op) {
        return Err(super::needs_rank(&room.name));
    }
    may_be_called(turn, &room, &source, rename)?;
    let (now, max) = (turn.entry.time, turn.world.rules.room_renames);
    if max > 0
        && let Some(wait_ms) = turn.world.presence.count_renaming(room.id, now, max, RENAMES_WINDOW_MS)
    {
        let text = format!("This channel has been renamed recently; try again in {} seconds", wait_ms.div_ceil(1000));
        return Err(refusal("CANNOT_RENAME", &room.name, rename.to.as_str(), text));
    }
    let (id, from, to): (_, _, Arc<str>) = (room.id, Arc::clone(&room.name), rename.to.as_str().into());
    turn.put_room(RoomRecord { name: Arc::clone(&to), ..room });
    let renamed = Arc::new(Renamed { source, from, to, reason: Arc::clone(&rename.reason) });
    turn.tell(Audience::Room(id), Event::RoomRenamed(Arc::clone(&renamed)));
    if rename.to != rename.room {
        enter_anew(turn, id, &renamed);
    }
    Ok(())
}

/// Everybody's sessions are shown the room as whoever comes in is, if they do not know the command. Which of them do is not
/// for the world to know, so it says of each how it enters: each has an address, an account and a marker of its own. That is
/// done under the lock, so it is little: the lines are made by the workers.
fn enter_anew(turn: &mut Turn<'_>, room: RoomId, renamed: &Arc<Renamed>) {
    let world = &turn.world;
    let Some(view) = world.durable.room(room).map(|room| world.view(room, world.rules.rows_per_hold)) else { return };
    let mut sessions = Vec::with_capacity(world.presence.count(room));
    for (user, _) in world.presence.members(room).filter(|(user, _)| !user.sessions.is_empty()) {
        let marked = world.marked(room, user);
        sessions.extend(user.sessions().map(|session| Again {
            session,
            source: user.source(),
            realname: Arc::clone(&user.realname),
            marked,
        }));
    }
    sessions.sort_unstable_by_key(|again| again.session);
    let again = Reentered { renamed: Arc::clone(renamed), view, sessions };
    turn.tell(Audience::Room(room), Event::Reentered(Arc::new(again)));
}

fn may_be_called(turn: &Turn<'_>, room: &RoomRecord, source: &str, rename: &Rename) -> Result<(), Reply> {
    let (durable, to) = (&turn.world.durable, rename.to.as_str());
    let refused = |code, text: &str| Err(refusal(code, &room.name, to, text));
    if room.owner == Owner::Server {
        return refused(
            "CANNOT_RENAME",
            "That room is the server's own, and is called what the server's host calls it",
        );
    }
    if *room.name == *to {
        return refused("CANNOT_RENAME", "The channel is called that already");
    }
    if durable.room_named(&rename.to).is_some_and(|other| other.record.id != room.id) {
        return refused("CHANNEL_NAME_IN_USE", "The channel name is already taken");
    }
    if let Some(like) = durable.room_looking_like(&rename.to).filter(|other| other.record.id != room.id) {
        return refused("CANNOT_RENAME", &format!("Looks too much like {}", like.record.name));
    }
    let topic_bytes = room.topic.as_ref().map_or(0, |topic| topic.text.len());
    let topic_head = source.len().max(turn.world.rules.server_name.len() + NICK_BYTES_MAX) + ":  TOPIC  000000 :".len();
    let line_bytes = source.len() + room.name.len() + to.len() + rename.reason.len() + ":  RENAME   :".len();
    if topic_head + to.len() + topic_bytes > MESSAGE_BODY_BYTES_MAX || line_bytes > MESSAGE_BODY_BYTES_MAX {
        return Err(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason, or the room's topic, is too long for that name"));
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, &room.name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use std::collections::BTreeSet;

    use crate::ids::SessionId;
    use crate::render::Framing;
    use crate::testing::{Model, Script, check_with, info};

    const ALL: &str = "guest draft/channel-rename labeled-response batch";

    #[test]
    fn those_who_know_it_are_told_and_others_leave_and_enter() {
        check_with(
            &[
                ("alice", ALL),
                ("bob", "draft/channel-rename"),
                ("carol", "draft/read-marker"),
                ("dave", "labeled-response batch"),
            ],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea | alice: TOPIC #tea :oolong | alice: MODE #tea +bo *!*@x dave | hold || alice: @label=r RENAME #Tea #茶 :a better name | alice: PING x | go | dave: @label=d RENAME #茶 #tea2 | bob: NAMES #tea | bob: MODE #tea2 +b",
            expect![[r#"
                alice < @label=r BATCH +1 labeled-response
                bob < :alice RENAME #tea #茶 :a better name
                carol < :carol PART #tea :a better name
                carol < :carol JOIN #茶
                carol < 332 carol #茶 :oolong
                carol < 333 carol #茶 alice 1700000000
                carol < MARKREAD #茶 *
                carol < 353 carol = #茶 :~alice bob carol @dave
                carol < 366 carol #茶 :End of /NAMES list
                dave < :dave PART #tea :a better name
                dave < :dave JOIN #茶
                dave < 332 dave #茶 :oolong
                dave < 333 dave #茶 alice 1700000000
                dave < 353 dave = #茶 :~alice bob carol @dave
                dave < 366 dave #茶 :End of /NAMES list
                alice < @batch=1 :alice RENAME #tea #茶 :a better name
                alice < BATCH -1
                alice < PONG tea.test :x
                alice < :dave RENAME #茶 #tea2 :
                bob < :dave RENAME #茶 #tea2 :
                carol < :carol PART #茶
                carol < :carol JOIN #tea2
                carol < 332 carol #tea2 :oolong
                carol < 333 carol #tea2 alice 1700000000
                carol < MARKREAD #tea2 *
                carol < 353 carol = #tea2 :~alice bob carol @dave
                carol < 366 carol #tea2 :End of /NAMES list
                dave < @label=d BATCH +1 labeled-response
                dave < @batch=1 :dave PART #茶
                dave < @batch=1 :dave JOIN #tea2
                dave < @batch=1 332 dave #tea2 :oolong
                dave < @batch=1 333 dave #tea2 alice 1700000000
                dave < @batch=1 353 dave = #tea2 :~alice bob carol @dave
                dave < @batch=1 366 dave #tea2 :End of /NAMES list
                dave < BATCH -1
                bob < 366 bob #tea :End of /NAMES list
                bob < 367 bob #tea2 *!*@x alice 1700000000
                bob < 368 bob #tea2 :End of channel ban list"#]],
        );
    }

    #[test]
    fn whoever_enters_anew_is_shown_the_room_as_whoever_comes_in_is_with_what_it_has_read_itself() {
        let caps = [
            ("alice", ALL),
            ("bob", "guest draft/read-marker extended-join account-tag"),
            ("carol", "draft/read-marker no-implicit-names"),
            ("dave", "guest draft/read-marker extended-join userhost-in-names multi-prefix"),
        ];
        // Only so many people are looked at at once.
        Script { caps: &caps, set: |info| info.rules.rows_per_hold = 3 }.check(
            "alice: JOIN #tea | alice: TOPIC #tea :oolong | bob: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea | dave: REGISTER * * oolong | alice: MODE #tea +ov dave dave | bob: MARKREAD #tea timestamp=2023-11-14T22:13:20.000Z || alice: RENAME #tea #coffee :a better name",
            expect![[r#"
                alice < :alice RENAME #tea #coffee :a better name
                bob < :bob PART #tea :a better name
                bob < :bob JOIN #coffee * :bob
                bob < 332 bob #coffee :oolong
                bob < 333 bob #coffee alice 1700000000
                bob < MARKREAD #coffee timestamp=2023-11-14T22:13:20.000Z
                bob < 353 bob = #coffee :~alice bob carol
                bob < 353 bob = #coffee :@dave
                bob < 366 bob #coffee :End of /NAMES list
                carol < :carol PART #tea :a better name
                carol < :carol JOIN #coffee
                carol < 332 carol #coffee :oolong
                carol < 333 carol #coffee alice 1700000000
                carol < MARKREAD #coffee *
                dave < :dave!account@tea.test PART #tea :a better name
                dave < :dave!account@tea.test JOIN #coffee dave :dave
                dave < 332 dave #coffee :oolong
                dave < 333 dave #coffee alice 1700000000
                dave < MARKREAD #coffee *
                dave < 353 dave = #coffee :~alice bob carol
                dave < 353 dave = #coffee :@+dave!account@tea.test
                dave < 366 dave #coffee :End of /NAMES list"#]],
        );
    }

    #[test]
    fn in_a_room_of_six_hundred_everybody_leaves_and_enters_as_who_it_is_and_is_told_all_names() {
        const PEOPLE: usize = 600;
        let mut model = Model::new(info(), 2);
        let enter = |number: usize| -> SessionId {
            let id = model.shards[number % 2].connect("host".into(), Framing::Lines);
            let (nick, user) = (format!("NICK p{number}"), format!("USER u{number} 0 * :person {number}"));
            for line in ["CAP REQ :extended-join draft/read-marker", &nick, &user, "CAP END", "JOIN #tea"] {
                model.line(id, line);
                model.settle_down();
            }
            id
        };
        let sessions: Vec<SessionId> = (0..PEOPLE).map(enter).collect();
        let last = *sessions.last().expect("many");
        model.line(last, "REGISTER * * oolong");
        model.settle_down();
        sessions.iter().for_each(|id| drop(model.output(*id)));

        model.line(sessions[0], "RENAME #tea #coffee :a better name");
        model.settle_down();
        let all: BTreeSet<String> = (0..PEOPLE).map(|number| format!("p{number}")).collect();
        for (number, id) in sessions.into_iter().enumerate() {
            let (source, account) = match number {
                599 => ("p599!account@tea.test".to_owned(), "p599"),
                _ => (format!("p{number}!~u{number}@host"), "*"),
            };
            let lines = model.output(id);
            assert_eq!(lines[0], format!(":{source} PART #tea :a better name"));
            assert_eq!(lines[1], format!(":{source} JOIN #coffee {account} :person {number}"));
            assert_eq!(lines[2], ":tea.test MARKREAD #coffee *");
            let (end, names) = lines[3..].split_last().expect("a list of names");
            assert_eq!(*end, format!(":tea.test 366 p{number} #coffee :End of /NAMES list"));
            let head = format!(":tea.test 353 p{number} = #coffee :");
            let names = names.iter().flat_map(|line| line.strip_prefix(&head).expect("names").split(' '));
            let names: Vec<String> = names.map(|name| name.trim_start_matches('@').to_owned()).collect();
            assert_eq!((names.len(), names.into_iter().collect::<BTreeSet<_>>()), (PEOPLE, all.clone()));
        }
    }

    #[test]
    fn whose_account_it_is_stands_at_each_line() {
        check_with(
            &[("alice", ALL), ("bob", "account-tag")],
            "bob: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea || alice: RENAME #tea #coffee",
            expect![[r#"
                bob < @account=bob :bob!account@tea.test PART #tea
                bob < @account=bob :bob!account@tea.test JOIN #coffee
                bob < 353 bob = #coffee :bob ~alice
                bob < 366 bob #coffee :End of /NAMES list
                alice < :alice RENAME #tea #coffee :"#]],
        );
    }

    #[test]
    fn everything_else_stays_and_the_old_name_is_free() {
        check_with(
            &[("alice", ALL), ("bob", "guest draft/channel-rename soju.im/search batch")],
            "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :oolong | alice: MODE #tea +k green | alice: RENAME #tea #coffee || bob: CHATHISTORY LATEST #coffee * 9 | bob: CHATHISTORY LATEST #tea * 9 | bob: SEARCH text=oolong | carol: JOIN #coffee | carol: JOIN #tea | carol: MODE #tea | restart | bob: JOIN #coffee green | bob: CHATHISTORY LATEST #coffee * 9",
            expect![[r#"
                bob < BATCH +1 chathistory #coffee
                bob < @batch=1 :alice PRIVMSG #coffee :oolong
                bob < BATCH -1
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST #tea :Messages could not be retrieved
                bob < BATCH +3 soju.im/search
                bob < @batch=3 :alice PRIVMSG #coffee :oolong
                bob < BATCH -3
                carol < 475 carol #coffee :Cannot join channel (+k)
                carol < :carol JOIN #tea
                carol < 353 carol = #tea :@carol
                carol < 366 carol #tea :End of /NAMES list
                carol < 324 carol #tea +n
                carol < 329 carol #tea 1700000000
                bob < :bob JOIN #coffee
                bob < 353 bob = #coffee :@bob
                bob < 366 bob #coffee :End of /NAMES list
                bob < BATCH +1 chathistory #coffee
                bob < @batch=1 :alice PRIVMSG #coffee :oolong
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn it_is_told_again_to_those_who_know_it_and_want_what_happened() {
        check_with(
            &[
                ("alice", "guest draft/channel-rename"),
                ("bob", "draft/event-playback batch draft/channel-rename message-tags"),
                ("carol", "draft/event-playback batch"),
                ("dave", "draft/channel-rename"),
            ],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea | alice: PRIVMSG #tea :oolong | alice: RENAME #tea #coffee :a better  name | alice: RENAME #coffee #mocha | alice: TOPIC #mocha :beans || bob: CHATHISTORY LATEST #mocha * 9 | carol: CHATHISTORY LATEST #mocha * 9 | dave: CHATHISTORY LATEST #mocha * 9",
            expect![[r#"
                bob < BATCH +1 chathistory #mocha
                bob < @batch=1;msgid=… :alice PRIVMSG #mocha :oolong
                bob < @batch=1;msgid=… :alice RENAME #tea #coffee :a better  name
                bob < @batch=1;msgid=… :alice RENAME #coffee #mocha :
                bob < @batch=1;msgid=… :alice TOPIC #mocha :beans
                bob < BATCH -1
                carol < BATCH +1 chathistory #mocha
                carol < @batch=1 :alice PRIVMSG #mocha :oolong
                carol < @batch=1 :alice TOPIC #mocha :beans
                carol < BATCH -1
                dave < :alice PRIVMSG #mocha :oolong"#]],
        );
    }

    #[test]
    fn other_letters_are_told_to_those_alone_who_know_it() {
        check_with(
            &[("alice", ALL), ("bob", "")],
            "alice: JOIN #tea | bob: JOIN #tea || alice: RENAME #tea #Tea | bob: PRIVMSG #tea :hi",
            expect![[r#"
                alice < :alice RENAME #tea #Tea :
                alice < :bob PRIVMSG #Tea :hi"#]],
        );
    }

    #[test]
    fn how_often_is_for_the_host_to_say() {
        let renames =
            "alice: JOIN #a || alice: RENAME #a #b | alice: RENAME #b #c | alice: RENAME #c #d | alice: RENAME #d #e";
        let caps = [("alice", "draft/channel-rename")];
        Script { caps: &caps, set: |info| info.rules.room_renames = 1 }.check(
            renames,
            expect![[r#"
                alice < :alice RENAME #a #b :
                alice < FAIL RENAME CANNOT_RENAME #b #c :This channel has been renamed recently; try again in 600 seconds
                alice < 403 alice #c :No such channel
                alice < 403 alice #d :No such channel"#]],
        );
        Script { caps: &caps, set: |info| info.rules.room_renames = 0 }.check(
            renames,
            expect![[r#"
                alice < :alice RENAME #a #b :
                alice < :alice RENAME #b #c :
                alice < :alice RENAME #c #d :
                alice < :alice RENAME #d #e :"#]],
        );
    }

    #[test]
    fn a_room_gets_another_name_only_so_often() {
        check_with(
            &[("alice", ALL), ("bob", "")],
            "alice: JOIN #tea,#tea2 | bob: JOIN #tea | alice: MODE #tea +o bob | alice: RENAME #tea #a | wait 1s | bob: RENAME #a #b | alice: RENAME #b #lobby | alice: RENAME #b #c || bob: RENAME #c #d | alice: RENAME #c #C | alice: RENAME #tea2 #tea | wait 598s | alice: RENAME #c #d | wait 1s | alice: RENAME #c #e",
            expect![[r#"
                bob < FAIL RENAME CANNOT_RENAME #c #d :This channel has been renamed recently; try again in 599 seconds
                alice < FAIL RENAME CANNOT_RENAME #c #C :This channel has been renamed recently; try again in 599 seconds
                alice < :alice RENAME #tea2 #tea :
                alice < FAIL RENAME CANNOT_RENAME #c #d :This channel has been renamed recently; try again in 1 seconds
                alice < :alice RENAME #c #e :
                bob < :bob PART #c
                bob < :bob JOIN #e
                bob < 353 bob = #e :~alice @bob
                bob < 366 bob #e :End of /NAMES list"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        let long = "x".repeat(480);
        check_with(
            &[("alice", ALL), ("bob", "")],
            &format!(
                "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #other | alice: JOIN #lobby | root: JOIN #lobby | root: OPER root oolong || alice: RENAME #tea | alice: RENAME # #x | alice: RENAME #tea x | alice: RENAME #tea :#a b | alice: RENAME #tea #tea | alice: RENAME #tea #OTHER | alice: RENAME #tea #othеr | alice: RENAME #none #x | alice: RENAME #other #x | bob: RENAME #tea #x | root: RENAME #lobby #x | alice: RENAME #tea #x {long}"
            ),
            expect![[r#"
                alice < 461 alice RENAME :Not enough parameters
                alice < 403 alice # :No such channel
                alice < FAIL RENAME CANNOT_RENAME #tea x :No room can be called that
                alice < FAIL RENAME CANNOT_RENAME #tea * :No room can be called that
                alice < FAIL RENAME CANNOT_RENAME #tea #tea :The channel is called that already
                alice < FAIL RENAME CHANNEL_NAME_IN_USE #tea #OTHER :The channel name is already taken
                alice < FAIL RENAME CANNOT_RENAME #tea #othеr :Looks too much like #other
                alice < 403 alice #none :No such channel
                alice < 442 alice #other :You're not on that channel
                bob < 482 bob #tea :You're not channel operator
                root < FAIL RENAME CANNOT_RENAME #lobby #x :That room is the server's own, and is called what the server's host calls it
                alice < 417 alice :That reason, or the room's topic, is too long for that name"#]],
        );
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | broken || alice: RENAME #tea #x | alice: NAMES #tea",
            expect![[r#"
                alice < FAIL RENAME TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                alice < 353 alice = #tea :~alice
                alice < 366 alice #tea :End of /NAMES list"#]],
        );
    }
}
