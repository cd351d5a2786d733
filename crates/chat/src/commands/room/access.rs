//! ROOM ACCESS: what accounts are in a room, whether or not they are there.

use std::sync::Arc;

use teahouse_proto::names::{Nick, RoomName};

use super::{COMMAND, Deed, known, no_such_account, refusal, seen};
use crate::commands::{needs_rank, shown};
use crate::durable::{Owner, RoomRecord};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, Identity, SessionId};
use crate::modes::{Rank, Ranks};
use crate::query::Asked;
use crate::reply::{Reply, Scope, unavailable};
use crate::world::{Turn, User, World};

/// Reads `<account> <letters>`, or `<account> -`.
pub(super) fn read(room: &RoomName, account: &str, letters: &str) -> Result<Deed, Reply> {
    let name = Nick::parse(account).map_err(|_| no_such_account(room, account))?;
    let all_known = !letters.is_empty() && letters.chars().all(|letter| Rank::of(letter).is_some());
    match letters {
        "-" => Ok(Deed::Access(name, "".into())),
        letters if all_known => Ok(Deed::Access(name, Ranks::of_letters(letters).letters().into())),
        _ => {
            let text = "ACCESS takes an account and what it is to be: some of q, a, o, h and v, or - for nothing";
            let refusal = refusal("INVALID_PARAMS", room.as_str(), text);
            Err(if letters.is_empty() { refusal } else { refusal.param(shown(letters)) })
        }
    }
}

/// An account is exactly this in a room from now on; those inside are told if it is inside.
pub(super) fn set(turn: &mut Turn<'_>, name: &RoomName, account: &Nick, letters: &str) -> Result<&'static str, Reply> {
    let room = known(turn, name)?;
    if !room.owner.is_lasting() {
        let text = "A guest's room remembers no ranks: ROOM REGISTER makes it an account's";
        return Err(refusal("NOT_REGISTERED", &room.name, text));
    }
    let Some(own) = power(turn, &room) else { return Err(needs_rank(&room.name)) };
    let id = turn.world.durable.account_named(account).map(|account| account.id);
    let id = id.ok_or_else(|| no_such_account(name, account.as_str()))?;
    let user = turn.world.presence.user_known_as(Identity::Account(id));
    let inside = user.filter(|user| user.rooms.contains(&room.id)).map(|user| (user.id, user.nick.clone()));
    let before = match &inside {
        Some((user, _)) => turn.world.presence.ranks(room.id, *user).unwrap_or_default(),
        None => turn.world.access(room.id, id),
    };
    let mut wanted = Ranks::of_letters(letters);
    // The founder is so by the room itself: TRANSFER and DROP change that.
    if room.owner == Owner::Account(id) {
        wanted.set(Rank::Founder, before.has(Rank::Founder));
    }
    let changed: Vec<Rank> = Rank::ALL.into_iter().filter(|rank| before.has(*rank) != wanted.has(*rank)).collect();
    if changed.is_empty() && turn.world.access(room.id, id) == wanted {
        return Ok("It is that already");
    }
    let is_above = before.highest() > own.highest();
    if is_above || changed.iter().any(|rank| !own.is_at_least(rank.takes())) {
        let text = "That takes a higher rank than yours";
        return Err(refusal("RANK_TOO_HIGH", &room.name, text).param(account.as_str().to_owned()));
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, &room.name));
    }
    if !letters.is_empty() && turn.access_is_full(room.id, id) {
        return Err(refusal("TOO_MANY", &room.name, "The room remembers the ranks of as many accounts as it may"));
    }
    if let Some((user, nick)) = inside {
        for rank in &changed {
            turn.world.presence.set_rank(room.id, user, *rank, wanted.has(*rank));
        }
        tell(turn, &room, &nick, &changed, wanted);
    }
    turn.note_access(room.id, id, wanted);
    Ok("The room remembers that")
}

/// What whoever acts may do in a room that it need not be in.
fn power(turn: &Turn<'_>, room: &RoomRecord) -> Option<Ranks> {
    let user = turn.actor();
    let mut ranks = user.and_then(|user| turn.world.power(room, user));
    if turn.is_operator() || super::is_founders(turn, room) {
        ranks.get_or_insert_default().set(Rank::Founder, true);
    }
    let account = user.and_then(User::account_id);
    ranks
        .or_else(|| account.map(|account| turn.world.access(room.id, account)))
        .filter(|ranks| ranks.highest().is_some())
}

fn tell(turn: &mut Turn<'_>, room: &RoomRecord, nick: &Nick, changed: &[Rank], wanted: Ranks) {
    let done: Vec<_> =
        changed.iter().map(|rank| (wanted.has(*rank), rank.letter(), Some(nick.as_str().to_owned()))).collect();
    if done.is_empty() {
        return;
    }
    let source = turn.actor().map_or_else(|| Arc::clone(&turn.world.rules.server_name), User::source);
    let changes = crate::commands::mode::spell(&done).into();
    let event = Event::Modes { room: Arc::clone(&room.name), source, changes };
    turn.tell(Audience::Room(room.id), event);
}

/// The founder and the accounts whose ranks are remembered, for those inside and those who run the server.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, name: &RoomName) -> Asked {
    let room = match seen(world, session, name) {
        Ok(room) => room,
        Err(refusal) => return Asked::one(scope, refusal),
    };
    let founder = match room.owner {
        Owner::Account(account) => Some(account),
        Owner::Server | Owner::Guest(_) | Owner::Nobody => None,
    };
    let entry = |(account, ranks): (AccountId, Ranks)| {
        let name = &world.durable.account(account)?.name;
        let line = Reply::word("NOTE").param(COMMAND.name).param("ENTRY").param(room.name.to_string());
        Some(line.param(name.to_string()).text(ranks.letters()))
    };
    let founder = founder.map(|account| {
        let mut ranks = world.access(room.id, account);
        ranks.set(Rank::Founder, true);
        (account, ranks)
    });
    let others =
        world.access_list(room.id).into_iter().filter(|(account, _)| Some(*account) != founder.map(|one| one.0));
    let end = Reply::word("NOTE").param(COMMAND.name).param("END").param(room.name.to_string());
    let end = end.text("These are all whose ranks are remembered");
    Asked::replies(scope, founder.into_iter().chain(others).filter_map(entry).chain([end]).collect())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_account_that_is_not_there_is_given_a_rank() {
        check_with(
            &[("daniel", "guest")],
            "alice: REGISTER * * oolong | alice: JOIN #tea | root: OPER root oolong | root: ACCOUNT CREATE dora oolong | daniel: REGISTER * * oolong | eve: REGISTER * * oolong | eve: JOIN #tea || alice: ROOM ACCESS #tea daniel o | alice: CS ACCESS #tea dora hv | alice: ROOM ACCESS #tea eve v | alice: ROOM ACCESS #tea dora hv | restart | login d daniel | d: JOIN #tea | d: ROOM ACCESS #tea eve - | d: ROOM ACCESS #tea | login a alice | a: ROOM ACCESS #tea daniel - | d: MODE #tea +t | a: PART #tea | a: ROOM ACCESS #tea dora a | a: ROOM ACCESS #tea",
            expect![[r#"
                alice < NOTE ROOM DONE #tea :The room remembers that
                alice < :ChanServ!services@tea.test NOTICE alice :#tea: The room remembers that
                alice < :alice!account@tea.test MODE #tea +v eve
                alice < NOTE ROOM DONE #tea :The room remembers that
                eve < :alice!account@tea.test MODE #tea +v eve
                alice < NOTE ROOM DONE #tea :It is that already
                d < :daniel!account@tea.test JOIN #tea
                d < 353 daniel = #tea :~alice +eve @daniel
                d < 366 daniel #tea :End of /NAMES list
                d < :daniel!account@tea.test MODE #tea -v eve
                d < NOTE ROOM DONE #tea :The room remembers that
                d < NOTE ROOM ENTRY #tea alice :q
                d < NOTE ROOM ENTRY #tea dora :hv
                d < NOTE ROOM ENTRY #tea daniel :o
                d < NOTE ROOM END #tea :These are all whose ranks are remembered
                a < :alice!account@tea.test JOIN #tea
                a < 353 alice = #tea :~alice eve @daniel
                a < 366 alice #tea :End of /NAMES list
                d < :alice!account@tea.test MODE #tea -o daniel
                a < :alice!account@tea.test MODE #tea -o daniel
                a < NOTE ROOM DONE #tea :The room remembers that
                d < 482 daniel #tea :You're not channel operator
                d < :alice!account@tea.test PART #tea
                a < :alice!account@tea.test PART #tea
                a < NOTE ROOM DONE #tea :The room remembers that
                a < 442 alice #tea :You're not on that channel"#]],
        );
    }

    #[test]
    fn the_mode_that_a_labelled_line_makes_is_part_of_its_answer() {
        check_with(
            &[("alice", "batch labeled-response"), ("bob", "batch labeled-response")],
            "alice: REGISTER * * oolong | alice: JOIN #tea | bob: REGISTER * * oolong | bob: JOIN #tea || alice: @label=1 ROOM ACCESS #tea bob o | alice: @label=2 CS ACCESS #tea bob - | alice: @label=3 ROOM TRANSFER #tea bob | bob: @label=4 ROOM DROP #tea",
            expect![[r#"
                alice < @label=1 BATCH +1 labeled-response
                alice < @batch=1 :alice!account@tea.test MODE #tea +o bob
                alice < @batch=1 NOTE ROOM DONE #tea :The room remembers that
                alice < BATCH -1
                bob < :alice!account@tea.test MODE #tea +o bob
                alice < @label=2 BATCH +2 labeled-response
                alice < @batch=2 :alice!account@tea.test MODE #tea -o bob
                alice < @batch=2 :ChanServ!services@tea.test NOTICE alice :#tea: The room remembers that
                alice < BATCH -2
                bob < :alice!account@tea.test MODE #tea -o bob
                alice < @label=3 BATCH +3 labeled-response
                alice < @batch=3 :alice!account@tea.test MODE #tea -q alice
                alice < @batch=3 :alice!account@tea.test MODE #tea +q bob
                alice < @batch=3 NOTE ROOM DONE #tea :The room has another founder
                alice < BATCH -3
                bob < :alice!account@tea.test MODE #tea -q alice
                bob < :alice!account@tea.test MODE #tea +q bob
                alice < :bob!account@tea.test MODE #tea -q bob
                bob < @label=4 BATCH +1 labeled-response
                bob < @batch=1 :bob!account@tea.test MODE #tea -q bob
                bob < @batch=1 NOTE ROOM DONE #tea :The room is nobody's; it is forgotten when it was empty for long
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn nobody_gives_or_takes_what_is_above_it() {
        check(
            "alice: REGISTER * * oolong | alice: JOIN #tea | root: OPER root oolong | bob: REGISTER * * oolong | carol: REGISTER * * oolong | bob: JOIN #tea | carol: JOIN #tea | alice: ROOM ACCESS #tea bob o | root: ACCOUNT CREATE dora oolong | root: ACCOUNT CREATE eve oolong | alice: ROOM ACCESS #tea dora a | gus: JOIN #milk | bob: JOIN #milk || bob: ROOM ACCESS #tea eve a | bob: ROOM ACCESS #tea dora - | bob: ROOM ACCESS #tea alice - | bob: ROOM ACCESS #tea eve h | carol: ROOM ACCESS #tea eve v | gus: ROOM ACCESS #tea eve v | bob: ROOM ACCESS #tea nobody o | bob: ROOM ACCESS #tea a!b o | bob: ROOM ACCESS #tea eve x | bob: ROOM ACCESS #tea eve | bob: ROOM ACCESS #tea eve +o | bob: ROOM ACCESS #none eve o | gus: ROOM ACCESS #milk eve o | alice: ROOM ACCESS #tea alice o | root: ROOM ACCESS #tea dora - | alice: ROOM ACCESS #tea | root: ROOM ACCESS #lobby eve o | root: ROOM ACCESS #lobby | broken | alice: ROOM ACCESS #tea eve o",
            expect![[r#"
                bob < FAIL ROOM RANK_TOO_HIGH #tea eve :That takes a higher rank than yours
                bob < FAIL ROOM RANK_TOO_HIGH #tea dora :That takes a higher rank than yours
                bob < FAIL ROOM RANK_TOO_HIGH #tea alice :That takes a higher rank than yours
                bob < NOTE ROOM DONE #tea :The room remembers that
                carol < 482 carol #tea :You're not channel operator
                gus < 482 gus #tea :You're not channel operator
                bob < FAIL ROOM NO_SUCH_ACCOUNT #tea nobody :There is no such account
                bob < FAIL ROOM NO_SUCH_ACCOUNT #tea a!b :There is no such account
                bob < FAIL ROOM INVALID_PARAMS #tea x :ACCESS takes an account and what it is to be: some of q, a, o, h and v, or - for nothing
                bob < FAIL ROOM INVALID_PARAMS #tea :ACCESS takes an account and what it is to be: some of q, a, o, h and v, or - for nothing
                bob < FAIL ROOM INVALID_PARAMS #tea +o :ACCESS takes an account and what it is to be: some of q, a, o, h and v, or - for nothing
                bob < 403 bob #none :No such channel
                gus < FAIL ROOM NOT_REGISTERED #milk :A guest's room remembers no ranks: ROOM REGISTER makes it an account's
                alice < :alice!account@tea.test MODE #tea +o alice
                alice < NOTE ROOM DONE #tea :The room remembers that
                bob < :alice!account@tea.test MODE #tea +o alice
                carol < :alice!account@tea.test MODE #tea +o alice
                root < NOTE ROOM DONE #tea :The room remembers that
                alice < NOTE ROOM ENTRY #tea alice :qo
                alice < NOTE ROOM ENTRY #tea bob :o
                alice < NOTE ROOM ENTRY #tea eve :h
                alice < NOTE ROOM END #tea :These are all whose ranks are remembered
                root < NOTE ROOM DONE #lobby :The room remembers that
                root < NOTE ROOM ENTRY #lobby eve :o
                root < NOTE ROOM END #lobby :These are all whose ranks are remembered
                alice < FAIL ROOM TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
