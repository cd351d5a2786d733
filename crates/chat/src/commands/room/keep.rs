//! ROOM KEEP: for how many days a room keeps what is said in it; never longer than the server does.

use serde::{Deserialize, Serialize};
use teahouse_proto::names::RoomName;

use super::{COMMAND, is_founders, known, refusal, seen};
use crate::commands::{needs_rank, shown};
use crate::durable::{Fact, FactKind, RoomRecord};
use crate::entry::Action;
use crate::ids::SessionId;
use crate::modes::Rank;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{DAY_MS, Turn, World};

/// A room keeps what is said for so many days at most: a hundred years.
const KEEP_DAYS_MAX: u64 = 36_500;

/// Somebody sets for how long a room keeps what is said in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetKeep {
    /// Which room.
    pub room: RoomName,
    /// For how many days; 0 for as long as the server does.
    pub days: u64,
}

pub(super) fn parse(request: &mut Request<'_>, room: RoomName) {
    let days = request.param(2);
    if days.is_empty() {
        return request.ask(Query::Keep(room));
    }
    match days.parse().ok().filter(|days| *days <= KEEP_DAYS_MAX) {
        Some(days) => request.submit(Action::Keep(SetKeep { room, days })),
        None => {
            let text = "KEEP takes a number of days, or 0 for as long as the server keeps it";
            request.reply(refusal("INVALID_PARAMS", room.as_str(), text).param(shown(days)));
        }
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetKeep) {
    match change(turn, set) {
        Ok(kept) => turn.promise(kept),
        Err(refusal) => turn.reply(refusal),
    }
}

fn change(turn: &mut Turn<'_>, set: &SetKeep) -> Result<Reply, Reply> {
    let room = known(turn, &set.room)?;
    let ranks = turn.actor().and_then(|user| turn.world.power(&room, user));
    let is_op = ranks.is_some_and(|ranks| ranks.is_at_least(Rank::Op));
    if !is_op && !is_founders(turn, &room) && !turn.is_operator() {
        return Err(needs_rank(&room.name));
    }
    let servers = turn.world.rules.keep_ms / DAY_MS;
    if servers > 0 && set.days > servers {
        let text = "The server itself does not keep what is said for so long";
        return Err(refusal("KEEP_TOO_LONG", &room.name, text).param(servers.to_string()));
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, &room.name));
    }
    let fact = Fact { owner: room.id.0, kind: FactKind::Keep, key: "".into() };
    turn.put_fact(fact, (set.days > 0).then(|| set.days.to_string().into()));
    if set.days > 0 {
        // At once and not with the next hour's: what is older is not given any more when this is answered.
        let from = turn.world.durable.tell_kept_in(room.id, turn.entry.time);
        turn.keep_from(Some(room.id), from);
    }
    Ok(told(turn.world, &room))
}

/// For how long a room keeps what is said: the server's days or fewer.
fn told(world: &World, room: &RoomRecord) -> Reply {
    let servers = world.rules.keep_ms / DAY_MS;
    let own = world.durable.own_keep_ms(room.id) / DAY_MS;
    let days = [servers, own].into_iter().filter(|days| *days > 0).min().unwrap_or_default();
    let text = match days {
        0 => "What is said here is kept for ever",
        _ => "What is said here is kept for so many days",
    };
    let line = Reply::word("NOTE").param(COMMAND.name).param("KEEP").param(room.name.to_string());
    line.param(days.to_string()).text(text)
}

/// The same, for those inside and those who run the server.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, name: &RoomName) -> Asked {
    Asked::one(scope, seen(world, session, name).map_or_else(|refusal| refusal, |room| told(world, room)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check};

    const DAYS: &str = "alice: REGISTER * * oolong | alice: JOIN #tea,#milk | bob: JOIN #tea | bob: PRIVMSG #tea :old | bob: TOPIC #tea :older | alice: PRIVMSG #milk :old milk";

    #[test]
    fn a_room_keeps_what_is_said_as_long_as_its_operators_say() {
        check(
            &format!(
                "{DAYS} || alice: ROOM KEEP #tea | alice: ROOM KEEP #tea 2 | wait 1s | bob: CHATHISTORY LATEST #tea * 9 | wait 100000s | bob: PRIVMSG #tea :new | wait 100000s | bob: CHATHISTORY LATEST #tea * 9 | alice: CHATHISTORY LATEST #milk * 9 | restart | login alice alice | alice: ROOM KEEP #tea | wait 100000s | alice: CHATHISTORY LATEST #tea * 9 | alice: ROOM KEEP #tea 0"
            ),
            expect![[r#"
                alice < NOTE ROOM KEEP #tea 0 :What is said here is kept for ever
                alice < NOTE ROOM KEEP #tea 2 :What is said here is kept for so many days
                bob < :bob PRIVMSG #tea :old
                alice < :bob PRIVMSG #tea :new
                bob < :bob PRIVMSG #tea :new
                alice < :alice!account@tea.test PRIVMSG #milk :old milk
                alice < :alice!account@tea.test JOIN #tea
                alice < 332 alice #tea :older
                alice < 333 alice #tea bob 1700000000
                alice < 353 alice = #tea :~alice
                alice < 366 alice #tea :End of /NAMES list
                alice < :alice!account@tea.test JOIN #milk
                alice < 353 alice = #milk :~alice
                alice < 366 alice #milk :End of /NAMES list
                alice < NOTE ROOM KEEP #tea 2 :What is said here is kept for so many days
                alice < NOTE ROOM KEEP #tea 0 :What is said here is kept for ever"#]],
        );
    }

    #[test]
    fn what_is_older_is_not_given_any_more_once_it_is_answered() {
        check(
            &format!(
                "{DAYS} | wait 100000s | bob: PRIVMSG #tea :new || alice: ROOM KEEP #tea 1 | bob: CHATHISTORY LATEST #tea * 9 | bob: SEARCH text=old;in=#tea"
            ),
            expect![[r#"
                alice < NOTE ROOM KEEP #tea 1 :What is said here is kept for so many days
                bob < :bob PRIVMSG #tea :new"#]],
        );
    }

    #[test]
    fn a_room_keeps_nothing_longer_than_the_server_does() {
        let set = |info: &mut crate::info::ServerInfo| info.rules.keep_ms = 2 * super::DAY_MS;
        let script = Script { set, ..Script::default() };
        script.check(
            &format!(
                "{DAYS} || alice: ROOM KEEP #tea | alice: ROOM KEEP #tea 3 | alice: ROOM KEEP #tea 1 | wait 90000s | alice: CHATHISTORY LATEST #tea * 9 | alice: CHATHISTORY LATEST #milk * 9 | wait 90000s | alice: CHATHISTORY LATEST #milk * 9"
            ),
            expect![[r#"
                alice < NOTE ROOM KEEP #tea 2 :What is said here is kept for so many days
                alice < FAIL ROOM KEEP_TOO_LONG #tea 2 :The server itself does not keep what is said for so long
                alice < NOTE ROOM KEEP #tea 1 :What is said here is kept for so many days
                alice < :alice!account@tea.test PRIVMSG #milk :old milk"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            &format!(
                "{DAYS} | root: OPER root oolong | carol: PING 1 || bob: ROOM KEEP #tea 1 | carol: ROOM KEEP #tea 1 | carol: ROOM KEEP #tea | carol: ROOM KEEP #none 1 | alice: ROOM KEEP #lobby 1 | alice: ROOM KEEP #tea soon | alice: ROOM KEEP #tea -1 | alice: ROOM KEEP #tea 36501 | root: ROOM KEEP #lobby 7 | root: ROOM KEEP #lobby | broken | alice: ROOM KEEP #tea 1"
            ),
            expect![[r#"
                bob < 482 bob #tea :You're not channel operator
                carol < 482 carol #tea :You're not channel operator
                carol < 442 carol #tea :You're not on that channel
                carol < 403 carol #none :No such channel
                alice < 482 alice #lobby :You're not channel operator
                alice < FAIL ROOM INVALID_PARAMS #tea soon :KEEP takes a number of days, or 0 for as long as the server keeps it
                alice < FAIL ROOM INVALID_PARAMS #tea -1 :KEEP takes a number of days, or 0 for as long as the server keeps it
                alice < FAIL ROOM INVALID_PARAMS #tea 36501 :KEEP takes a number of days, or 0 for as long as the server keeps it
                root < NOTE ROOM KEEP #lobby 7 :What is said here is kept for so many days
                root < NOTE ROOM KEEP #lobby 7 :What is said here is kept for so many days
                alice < FAIL ROOM TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
