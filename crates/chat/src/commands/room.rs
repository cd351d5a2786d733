//! ROOM: whose a room is, and who is what in it. Ours alone.

pub(crate) mod access;
pub mod keep;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{Nick, RoomName};

use super::{Answers, Command, Stage};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Action, Audience, Event};
use crate::ids::{AccountId, Identity, SessionId};
use crate::modes::Rank;
use crate::query::Query;
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::shard::Gate;
use crate::world::{Turn, User, World};

pub(super) const COMMAND: Command = Command {
    name: "ROOM",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "ROOM REGISTER|DROP <room> | ACCESS <room> [<account> <ranks, like o or hv, or - for none>] | TRANSFER <room> <account> | KEEP <room> [<days>]: make a room yours, give it up, show or say who is what in it, give it to another, or say how long it keeps what is said",
    parse,
};

/// Something is done with whose a room is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Disposal {
    /// Which room.
    pub room: RoomName,
    /// What becomes of it.
    pub deed: Deed,
}

/// What can become of a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Deed {
    /// It belongs to the account of whoever says so, and ranks as its operator.
    Register,
    /// It belongs to this account.
    Transfer(Nick),
    /// It belongs to nobody.
    Drop,
    /// It remembers this account to be what these letters say, and nothing else.
    Access(Nick, Arc<str>),
}

fn parse(request: &mut Request<'_>) {
    let Ok(room) = RoomName::parse(request.param(1)) else {
        return request.reply(super::no_such_channel(request.param(1)));
    };
    let deed = match request.param(0).to_ascii_uppercase().as_str() {
        "KEEP" => return keep::parse(request, room),
        "ACCESS" if request.param(2).is_empty() => return request.ask(Query::Access(room)),
        "ACCESS" => match access::read(&room, request.param(2), request.param(3)) {
            Ok(deed) => deed,
            Err(refusal) => return request.reply(refusal),
        },
        "REGISTER" => Deed::Register,
        "DROP" => Deed::Drop,
        "TRANSFER" => match Nick::parse(request.param(2)) {
            Ok(account) => Deed::Transfer(account),
            Err(_) => return request.reply(no_such_account(&room, request.param(2))),
        },
        _ => {
            let text = "There is REGISTER, TRANSFER, DROP, ACCESS and KEEP";
            let reply = Reply::fail(COMMAND.name, "INVALID_PARAMS", text);
            return request.reply(reply.param(super::shown(request.param(0))));
        }
    };
    request.submit(Action::Room(Disposal { room, deed }));
}

fn refusal(code: &'static str, room: &str, text: &'static str) -> Reply {
    Reply::fail(COMMAND.name, code, text).param(super::shown(room))
}

fn no_such_account(room: &RoomName, name: &str) -> Reply {
    refusal("NO_SUCH_ACCOUNT", room.as_str(), "There is no such account").param(super::shown(name))
}

pub(crate) fn apply(turn: &mut Turn<'_>, disposal: &Disposal) {
    match carry_out(turn, disposal) {
        Ok((gate, text)) => {
            let room = disposal.room.as_str().to_owned();
            turn.promise_behind(gate, Reply::word("NOTE").param(COMMAND.name).param("DONE").param(room).text(text));
        }
        Err(refusal) => turn.reply(refusal),
    }
}

/// What has come of it, and when that may be said.
fn carry_out(turn: &mut Turn<'_>, Disposal { room, deed }: &Disposal) -> Result<(Gate, &'static str), Reply> {
    match deed {
        Deed::Access(account, letters) => access::set(turn, room, account, letters).map(|said| (Gate::Settled, said)),
        Deed::Register => {
            let room = peoples(turn, room)?;
            register(turn, room)
        }
        Deed::Transfer(to) => {
            let own = disposable(turn, room)?;
            let account = turn.world.durable.account_named(to).map(|account| account.id);
            let to = account.ok_or_else(|| no_such_account(room, to.as_str()))?;
            give(turn, own, to)?;
            Ok((Gate::Settled, "The room has another founder"))
        }
        Deed::Drop => {
            let room = disposable(turn, room)?;
            if !turn.entry.writable {
                return Err(unavailable(COMMAND.name, &room.name));
            }
            demote(turn, &room);
            turn.disown(room.id);
            // One that was empty for long already goes at once, and that is said when no file has anything of it.
            Ok(match turn.drop_if_due(room.id) {
                true => (Gate::Erased, "The room is gone, with all that was said in it"),
                false => (Gate::Settled, "The room is nobody's; it is forgotten when it was empty for long"),
            })
        }
    }
}

/// A room that can belong to somebody: the server's own stay what they are.
fn peoples(turn: &Turn<'_>, name: &RoomName) -> Result<RoomRecord, Reply> {
    let room = known(turn, name)?;
    match room.owner {
        Owner::Server => Err(refusal("SERVERS_ROOM", &room.name, "That room is the server's own, and stays so")),
        _ => Ok(room),
    }
}

/// A room that whoever acts may give away: its founder, or who runs the server.
fn disposable(turn: &Turn<'_>, name: &RoomName) -> Result<RoomRecord, Reply> {
    let room = peoples(turn, name)?;
    if is_founders(turn, &room) || turn.is_operator() { Ok(room) } else { Err(super::needs_rank(&room.name)) }
}

/// The room of this name, if whoever acts may know of it.
fn known(turn: &Turn<'_>, name: &RoomName) -> Result<RoomRecord, Reply> {
    let origin = turn.entry.origin.as_ref();
    let is_visible = origin.is_some_and(|origin| turn.world.visible_room(origin.session, name).is_some());
    let room = turn.world.durable.room_named(name).map(|room| &room.record);
    let room = room.filter(|room| is_visible || is_founders(turn, room));
    room.cloned().ok_or_else(|| super::no_such_channel(name.as_str()))
}

fn is_founders(turn: &Turn<'_>, room: &RoomRecord) -> bool {
    let own = turn.actor().and_then(User::account_id);
    own.is_some_and(|own| room.owner == Owner::Account(own))
}

/// Whoever is its operator makes a room its own that is nobody's yet.
fn register(turn: &mut Turn<'_>, room: RoomRecord) -> Result<(Gate, &'static str), Reply> {
    let ranks = turn.actor().and_then(|user| turn.world.presence.ranks(room.id, user.id));
    let Some(own) = turn.actor().and_then(User::account_id) else {
        return Err(refusal("ACCOUNT_REQUIRED", &room.name, "An account is required"));
    };
    match ranks {
        _ if room.owner != Owner::Nobody => {
            Err(refusal("ALREADY_REGISTERED", &room.name, "That room is somebody's already"))
        }
        Some(ranks) if ranks.is_at_least(Rank::Op) => {
            let id = room.id;
            give(turn, room, own)?;
            turn.remember_ranks(id);
            Ok((Gate::Settled, "The room is yours"))
        }
        _ => Err(super::needs_rank(&room.name)),
    }
}

fn give(turn: &mut Turn<'_>, room: RoomRecord, to: AccountId) -> Result<(), Reply> {
    let owner = Owner::Account(to);
    if room.owner == owner {
        return Err(refusal("ALREADY_REGISTERED", &room.name, "That account is its founder already"));
    }
    if turn.world.has_founded_enough(owner) {
        return Err(refusal("TOO_MANY_ROOMS", &room.name, "That account has as many rooms as one may have"));
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, &room.name));
    }
    demote(turn, &room);
    turn.change_room(room.id, |record| record.owner = owner);
    rank(turn, &room, to, true);
    Ok(())
}

/// Whoever was its founder is not any more.
fn demote(turn: &mut Turn<'_>, room: &RoomRecord) {
    if let Owner::Account(before) = room.owner {
        rank(turn, room, before, false);
    }
}

/// An account inside ranks as founder, or does not any more; all inside are told.
fn rank(turn: &mut Turn<'_>, room: &RoomRecord, account: AccountId, on: bool) {
    let user = turn.world.presence.user_known_as(Identity::Account(account));
    let Some((user, nick)) = user.map(|user| (user.id, user.nick.clone())) else { return };
    if turn.world.presence.set_rank(room.id, user, Rank::Founder, on) {
        let by = turn.actor().map_or_else(|| Arc::clone(&turn.world.rules.server_name), User::source);
        let changes = format!("{}q {}", if on { '+' } else { '-' }, nick.as_str()).into();
        let event = Event::Modes { room: Arc::clone(&room.name), source: by, changes };
        turn.tell(Audience::Room(room.id), event);
    }
}

/// The room of this name, for those inside and those who run the server.
fn seen<'a>(world: &'a World, session: SessionId, name: &RoomName) -> Result<&'a RoomRecord, Reply> {
    let room = world.durable.room_named(name).map(|room| &room.record);
    let room = room.filter(|room| world.is_inside(session, room.id) || world.is_operator(session));
    room.ok_or_else(|| super::outside(world, session, name))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_accounts_room_is_its_own_and_what_others_are_in_it_is_remembered() {
        check(
            "alice: REGISTER * * oolong | bob: REGISTER * * oolong | carol: REGISTER * * oolong | dave: PING 1 | alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea | alice: MODE #tea +oMk bob green | bob: MODE #tea +vv carol dave | alice: TOPIC #tea :oolong || bob: PART #tea | bob: JOIN #tea green | carol: ROOM ACCESS #tea | restart | dave: JOIN #tea green | dave: PRIVMSG #tea :not any more | login bob bob | bob: MODE #tea -v carol | bob: PART #tea | login alice alice | alice: MODE #tea -o bob | alice: ROOM ACCESS #tea | bob: JOIN #tea green | dave: MODE #tea",
            expect![[r#"
                alice < :bob!account@tea.test PART #tea
                bob < :bob!account@tea.test PART #tea
                carol < :bob!account@tea.test PART #tea
                dave < :bob!account@tea.test PART #tea
                alice < :bob!account@tea.test JOIN #tea
                alice < MODE #tea +o bob
                bob < :bob!account@tea.test JOIN #tea
                bob < 332 bob #tea :oolong
                bob < 333 bob #tea alice!account@tea.test 1700000000
                bob < 353 bob = #tea :~alice @bob +carol +dave
                bob < 366 bob #tea :End of /NAMES list
                carol < :bob!account@tea.test JOIN #tea
                carol < MODE #tea +o bob
                dave < :bob!account@tea.test JOIN #tea
                dave < MODE #tea +o bob
                carol < NOTE ROOM ENTRY #tea alice :q
                carol < NOTE ROOM ENTRY #tea bob :o
                carol < NOTE ROOM ENTRY #tea carol :v
                carol < NOTE ROOM END #tea :These are all whose ranks are remembered
                dave < :dave JOIN #tea
                dave < 332 dave #tea :oolong
                dave < 333 dave #tea alice!account@tea.test 1700000000
                dave < 353 dave = #tea :~alice @bob +carol dave
                dave < 366 dave #tea :End of /NAMES list
                dave < 404 dave #tea :Cannot send to channel (+M): log in to an account first
                bob < :bob!account@tea.test JOIN #tea
                bob < 332 bob #tea :oolong
                bob < 333 bob #tea alice!account@tea.test 1700000000
                bob < 353 bob = #tea :~alice @bob +carol dave
                bob < 366 bob #tea :End of /NAMES list
                dave < :bob!account@tea.test MODE #tea -v carol
                bob < :bob!account@tea.test MODE #tea -v carol
                dave < :bob!account@tea.test PART #tea
                bob < :bob!account@tea.test PART #tea
                alice < :alice!account@tea.test JOIN #tea
                alice < 332 alice #tea :oolong
                alice < 333 alice #tea alice!account@tea.test 1700000000
                alice < 353 alice = #tea :~alice carol dave
                alice < 366 alice #tea :End of /NAMES list
                dave < :alice!account@tea.test MODE #tea -o bob
                alice < :alice!account@tea.test MODE #tea -o bob
                alice < NOTE ROOM ENTRY #tea alice :q
                alice < NOTE ROOM END #tea :These are all whose ranks are remembered
                dave < :bob!account@tea.test JOIN #tea
                bob < :bob!account@tea.test JOIN #tea
                bob < 332 bob #tea :oolong
                bob < 333 bob #tea alice!account@tea.test 1700000000
                bob < 353 bob = #tea :~alice bob carol dave
                bob < 366 bob #tea :End of /NAMES list
                alice < :bob!account@tea.test JOIN #tea
                dave < 324 dave #tea +Mnk green
                dave < 329 dave #tea 1700000000"#]],
        );
    }

    #[test]
    fn a_room_is_registered_given_away_and_dropped() {
        check(
            "alice: JOIN #tea | alice: REGISTER * * oolong | bob: REGISTER * * oolong | bob: JOIN #tea || bob: ROOM REGISTER #tea | alice: ROOM REGISTER #tea | bob: ROOM TRANSFER #tea bob | alice: ROOM TRANSFER #tea BOB | alice: ROOM DROP #tea | restart | login bob bob | bob: NAMES #tea | bob: ROOM DROP #tea | bob: ROOM ACCESS #tea | bob: NAMES #tea",
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                alice < :alice!account@tea.test MODE #tea +q alice
                alice < NOTE ROOM DONE #tea :The room is yours
                bob < :alice!account@tea.test MODE #tea +q alice
                bob < 482 bob #tea :You're not channel operator
                alice < :alice!account@tea.test MODE #tea -q alice
                alice < :alice!account@tea.test MODE #tea +q bob
                alice < NOTE ROOM DONE #tea :The room has another founder
                bob < :alice!account@tea.test MODE #tea -q alice
                bob < :alice!account@tea.test MODE #tea +q bob
                alice < 482 alice #tea :You're not channel operator
                bob < :bob!account@tea.test JOIN #tea
                bob < 353 bob = #tea :@alice ~bob
                bob < 366 bob #tea :End of /NAMES list
                bob < 353 bob = #tea :@alice ~bob
                bob < 366 bob #tea :End of /NAMES list
                bob < :bob!account@tea.test MODE #tea -q bob
                bob < NOTE ROOM DONE #tea :The room is nobody's; it is forgotten when it was empty for long
                bob < NOTE ROOM END #tea :These are all whose ranks are remembered
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_room_that_goes_when_it_is_dropped_is_said_to_be_gone_when_no_file_has_it() {
        let empty_for = |time: &str| {
            format!(
                "alice: REGISTER * * oolong | alice: JOIN #tea | alice: PRIVMSG #tea :hi | alice: PART #tea | wait {time} | traces || alice: ROOM DROP #tea | alice: PING 1"
            )
        };
        check(&empty_for("2592000s"), expect![[""]]);
        check(
            &format!("{} | clean | alice: JOIN #tea", empty_for("2592000s")),
            expect![[r#"
                alice < NOTE ROOM DONE #tea :The room is gone, with all that was said in it
                alice < PONG tea.test :1
                alice < :alice!account@tea.test JOIN #tea
                alice < 353 alice = #tea :~alice
                alice < 366 alice #tea :End of /NAMES list"#]],
        );
        check(
            &empty_for("2591999s"),
            expect![[r#"
                alice < NOTE ROOM DONE #tea :The room is nobody's; it is forgotten when it was empty for long
                alice < PONG tea.test :1"#]],
        );
    }

    #[test]
    fn whoever_runs_the_server_runs_its_rooms_and_disposes_of_others() {
        check(
            "root: OPER root oolong | alice: REGISTER * * oolong | bob: REGISTER * * oolong | alice: JOIN #lobby,#tea | root: JOIN #lobby || alice: MODE #lobby +o alice | root: MODE #lobby +ot alice | root: TOPIC #lobby :welcome | root: KICK #lobby alice | alice: JOIN #lobby | root: MODE #tea +o root | root: ROOM TRANSFER #tea bob | root: ROOM ACCESS #tea | root: ROOM DROP #lobby | restart | login alice alice | alice: MODE #lobby +v alice",
            expect![[r#"
                alice < 482 alice #lobby :You're not channel operator
                root < :root MODE #lobby +ot alice
                alice < :root MODE #lobby +ot alice
                root < :root TOPIC #lobby :welcome
                alice < :root TOPIC #lobby :welcome
                root < :root KICK #lobby alice :root
                alice < :root KICK #lobby alice :root
                root < :alice!account@tea.test JOIN #lobby
                root < MODE #lobby +o alice
                alice < :alice!account@tea.test JOIN #lobby
                alice < 332 alice #lobby :welcome
                alice < 333 alice #lobby root 1700000000
                alice < 353 alice = #lobby :root @alice
                alice < 366 alice #lobby :End of /NAMES list
                root < 442 root #tea :You're not on that channel
                root < NOTE ROOM DONE #tea :The room has another founder
                alice < :root MODE #tea -q alice
                root < NOTE ROOM ENTRY #tea bob :q
                root < NOTE ROOM END #tea :These are all whose ranks are remembered
                root < FAIL ROOM SERVERS_ROOM #lobby :That room is the server's own, and stays so
                alice < :alice!account@tea.test JOIN #lobby
                alice < 332 alice #lobby :welcome
                alice < 333 alice #lobby root 1700000000
                alice < 353 alice = #lobby :@alice
                alice < 366 alice #lobby :End of /NAMES list
                alice < :alice!account@tea.test JOIN #tea
                alice < 353 alice = #tea :alice
                alice < 366 alice #tea :End of /NAMES list
                alice < :alice!account@tea.test MODE #lobby +v alice"#]],
        );
    }

    #[test]
    fn only_accounts_come_into_some_rooms_and_only_accounts_speak_in_others() {
        check(
            "alice: REGISTER * * oolong | alice: JOIN #in,#say | alice: MODE #in +R | alice: MODE #say +M | bob: PING 1 || bob: JOIN #in,#say | bob: PRIVMSG #say :hi | alice: MODE #say +v bob | bob: PRIVMSG #say :hi | alice: MODE #say -v bob | bob: REGISTER * * oolong | bob: PRIVMSG #say :hi | bob: JOIN #in",
            expect![[r#"
                alice < :bob JOIN #say
                bob < 477 bob #in :Cannot join channel (+R): log in to an account first
                bob < :bob JOIN #say
                bob < 353 bob = #say :~alice bob
                bob < 366 bob #say :End of /NAMES list
                bob < 404 bob #say :Cannot send to channel (+M): log in to an account first
                alice < :alice!account@tea.test MODE #say +v bob
                bob < :alice!account@tea.test MODE #say +v bob
                alice < :bob PRIVMSG #say :hi
                alice < :alice!account@tea.test MODE #say -v bob
                bob < :alice!account@tea.test MODE #say -v bob
                bob < 900 bob bob!account@tea.test bob :You are now logged in as bob
                bob < REGISTER SUCCESS bob :The nick is yours now
                alice < :bob!account@tea.test PRIVMSG #say :hi
                alice < :bob!account@tea.test JOIN #in
                bob < :bob!account@tea.test JOIN #in
                bob < 353 bob = #in :~alice bob
                bob < 366 bob #in :End of /NAMES list"#]],
        );
    }

    #[test]
    fn nobody_founds_more_rooms_than_one_may() {
        let rooms: Vec<String> = (0..50).map(|n| format!("alice: JOIN #r{n} | alice: PART #r{n}")).collect();
        check(
            &format!(
                "alice: REGISTER * * oolong | {} || alice: JOIN #more | alice: ROOM DROP #r7 | alice: JOIN #more | alice: PART #more",
                rooms.join(" | ")
            ),
            expect![[r#"
                alice < 405 alice #more :You have founded as many rooms as one may
                alice < NOTE ROOM DONE #r7 :The room is nobody's; it is forgotten when it was empty for long
                alice < :alice!account@tea.test JOIN #more
                alice < 353 alice = #more :~alice
                alice < 366 alice #more :End of /NAMES list
                alice < :alice!account@tea.test PART #more"#]],
        );
    }

    #[test]
    fn a_rank_is_told_to_those_inside_when_somebody_brings_it() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea || alice: PART #tea | alice: JOIN #tea",
            expect![[r#"
                alice < :alice PART #tea
                bob < :alice PART #tea
                alice < :alice JOIN #tea
                alice < 353 alice = #tea :~alice bob
                alice < 366 alice #tea :End of /NAMES list
                bob < :alice JOIN #tea
                bob < MODE #tea +q alice"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: PING 1 | carol: REGISTER * * oolong | alice: MODE #tea +s || alice: ROOM | alice: ROOM REGISTER | alice: ROOM DANCE #tea | alice: ROOM REGISTER tea | alice: ROOM REGISTER #none | alice: ROOM REGISTER #lobby | alice: ROOM REGISTER #tea | alice: ROOM DROP #tea | alice: ROOM TRANSFER #tea | bob: ROOM TRANSFER #tea carol | bob: ROOM ACCESS #tea | bob: ROOM DROP #tea | carol: ROOM REGISTER #tea | alice: REGISTER * * oolong | alice: ROOM REGISTER #tea | alice: ROOM REGISTER #tea | alice: ROOM TRANSFER #tea nobody | alice: ROOM TRANSFER #tea alice | broken | alice: ROOM TRANSFER #tea carol | alice: ROOM DROP #tea",
            expect![[r#"
                alice < 461 alice ROOM :Not enough parameters
                alice < 461 alice ROOM :Not enough parameters
                alice < FAIL ROOM INVALID_PARAMS DANCE :There is REGISTER, TRANSFER, DROP, ACCESS and KEEP
                alice < 403 alice tea :No such channel
                alice < 403 alice #none :No such channel
                alice < FAIL ROOM SERVERS_ROOM #lobby :That room is the server's own, and stays so
                alice < FAIL ROOM ACCOUNT_REQUIRED #tea :An account is required
                alice < 482 alice #tea :You're not channel operator
                alice < FAIL ROOM NO_SUCH_ACCOUNT #tea * :There is no such account
                bob < 403 bob #tea :No such channel
                bob < 403 bob #tea :No such channel
                bob < 403 bob #tea :No such channel
                carol < 403 carol #tea :No such channel
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < :alice!account@tea.test MODE #tea +q alice
                alice < NOTE ROOM DONE #tea :The room is yours
                alice < FAIL ROOM ALREADY_REGISTERED #tea :That room is somebody's already
                alice < FAIL ROOM NO_SUCH_ACCOUNT #tea nobody :There is no such account
                alice < FAIL ROOM ALREADY_REGISTERED #tea :That account is its founder already
                alice < FAIL ROOM TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                alice < FAIL ROOM TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
