//! MODE: what a room is set to, who ranks how high in it, and one's own marks.
//! <https://modern.ircdocs.horse/#mode-message>
//!
//! - `accounts`: what lists say of an account follows it.
//! - `letters`: changes as they are written, and back.
//! - `ranks`: who may give and take them.

mod accounts;
mod letters;
mod ranks;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

pub(crate) use self::accounts::rename_in_lists;
pub(super) use self::letters::spell;
use self::letters::{Done, fitting, read_changes};
use super::{Answers, Command, Stage, usermode};
use crate::durable::RoomRecord;
use crate::entry::{Action, Audience, Event};
use crate::ids::{SessionId, UserId};
use crate::modes::{Flag, LIST_MASKS_MAX, List, Mask, Rank, Ranks};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "MODE",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "MODE <room or own nick> [<modes> [<parameter>...]]: show or change modes; MODE <room> b lists bans",
    parse,
};

/// Changes of a room's modes, in the order in which they were asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetModes {
    /// Whose.
    pub room: RoomName,
    /// What.
    pub changes: Vec<Change>,
}

/// One change of a room's modes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Set, or taken away.
    pub on: bool,
    /// What.
    pub what: What,
}

/// What a change is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// On or off.
    Flag(Flag),
    /// The key; taken away whatever is said.
    Key(Arc<str>),
    /// How many may be in.
    Limit(u32),
    /// An entry of a list.
    List(List, Arc<str>),
    /// Somebody's rank.
    Rank(Rank, Nick),
}

fn parse(request: &mut Request<'_>) {
    let target = request.param(0);
    if !target.starts_with('#') {
        return usermode::parse(request, target);
    }
    let Ok(room) = RoomName::parse(target) else {
        return request.reply(super::no_such_channel(target));
    };
    if request.message.params.len() < 2 {
        return request.ask(Query::Modes(room));
    }
    let changes = read_changes(request, &room);
    if !changes.is_empty() {
        request.submit(Action::Modes(SetModes { room, changes }));
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetModes) {
    let Some(user) = turn.actor() else { return };
    let (id, source) = (user.id, user.source());
    let Some(room) = turn.world.durable.room_named(&set.room).map(|room| room.record.clone()) else {
        return turn.reply(super::no_such_channel(set.room.as_str()));
    };
    let Some(ranks) = turn.world.power(&room, user) else {
        let refusal = turn.outside(&set.room);
        return turn.reply(refusal);
    };
    let before = room.clone();
    let mut change = Changing { turn, actor: id, ranks, by: Arc::clone(&source), room, done: Vec::new() };
    for one in &set.changes {
        if let Err(refusal) = change.one(one) {
            change.turn.reply(refusal);
        }
    }
    let Changing { room, done, .. } = change;
    if done.is_empty() {
        return;
    }
    let (room_id, name) = (room.id, Arc::clone(&room.name));
    if room != before {
        turn.put_room(room);
    }
    for changes in fitting(&done, MESSAGE_BODY_BYTES_MAX - source.len() - name.len() - ":  MODE  ".len()) {
        let (room, source) = (Arc::clone(&name), Arc::clone(&source));
        turn.tell(Audience::Room(room_id), Event::Modes { room, source, changes: spell(changes).into() });
    }
}

/// A room's modes being changed.
struct Changing<'a, 'w> {
    turn: &'a mut Turn<'w>,
    actor: UserId,
    ranks: Ranks,
    by: Arc<str>,
    room: RoomRecord,
    done: Vec<Done>,
}

impl Changing<'_, '_> {
    /// Makes one change; what changes nothing is not told.
    fn one(&mut self, Change { on, what }: &Change) -> Result<(), Reply> {
        if let What::Rank(rank, nick) = what {
            return self.rank(*on, *rank, nick);
        }
        let needed = if matches!(what, What::List(..)) { Rank::Halfop } else { Rank::Op };
        self.needs(needed)?;
        if !self.turn.entry.writable {
            return Err(unavailable("MODE", &self.room.name));
        }
        let (letter, param) = match what {
            What::Flag(flag) => {
                if !self.room.modes.flags.set(*flag, *on) {
                    return Ok(());
                }
                (flag.letter(), None)
            }
            What::Key(key) => {
                let next = on.then(|| Arc::clone(key));
                if self.room.modes.key == next {
                    return Ok(());
                }
                self.room.modes.key = next;
                ('k', Some(key.to_string()))
            }
            What::Limit(limit) => {
                let next = on.then_some(*limit);
                if self.room.modes.limit == next {
                    return Ok(());
                }
                self.room.modes.limit = next;
                ('l', next.map(|limit| limit.to_string()))
            }
            What::List(list, mask) => {
                if !self.list(*on, *list, mask)? {
                    return Ok(());
                }
                (list.letter(), Some(mask.to_string()))
            }
            What::Rank(..) => return Ok(()),
        };
        self.done.push((*on, letter, param));
        Ok(())
    }

    fn list(&mut self, on: bool, list: List, mask: &Arc<str>) -> Result<bool, Reply> {
        let (by, at) = (Arc::clone(&self.by), self.turn.entry.time);
        let masks = self.room.modes.list_mut(list);
        let place = masks.iter().position(|known| known.mask.eq_ignore_ascii_case(mask));
        match (on, place) {
            (true, None) if masks.len() >= LIST_MASKS_MAX => Err(self.full(list.letter())),
            (true, None) => {
                masks.push(Mask { mask: Arc::clone(mask), by, at });
                Ok(true)
            }
            (false, Some(place)) => {
                masks.remove(place);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn full(&self, letter: char) -> Reply {
        let reply = Reply::numeric(n::ERR_BANLISTFULL, "Channel list is full");
        reply.param(self.room.name.to_string()).param(letter.to_string())
    }

    fn needs(&self, rank: Rank) -> Result<(), Reply> {
        if self.ranks.is_at_least(rank) { Ok(()) } else { Err(self.refused()) }
    }

    fn refused(&self) -> Reply {
        super::needs_rank(&self.room.name)
    }
}

/// 324 and 329.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, name: &RoomName) -> Asked {
    let Some(room) = world.visible_room(session, name) else {
        return Asked::one(scope, super::no_such_channel(name.as_str()));
    };
    let shown = || room.name.to_string();
    let modes = room.modes.shown(world.is_inside(session, room.id));
    let modes = modes.into_iter().fold(Reply::numeric_bare(n::RPL_CHANNELMODEIS).param(shown()), Reply::param);
    let created = (room.created.0 / 1000).to_string();
    let created = Reply::numeric_bare(n::RPL_CREATIONTIME).param(shown()).param(created);
    Asked::replies(scope, vec![modes, created])
}

/// A room's list, for those inside.
pub(crate) fn answer_list(world: &World, session: SessionId, scope: &Scope, name: &RoomName, list: List) -> Asked {
    let room = world.visible_room(session, name).filter(|room| world.is_inside(session, room.id));
    let Some(room) = room else { return Asked::one(scope, super::outside(world, session, name)) };
    let (entry, end, text) = match list {
        List::Bans => (n::RPL_BANLIST, n::RPL_ENDOFBANLIST, "End of channel ban list"),
        List::Exceptions => (n::RPL_EXCEPTLIST, n::RPL_ENDOFEXCEPTLIST, "End of channel exception list"),
        List::Invited => (n::RPL_INVEXLIST, n::RPL_ENDOFINVEXLIST, "End of channel invite exception list"),
    };
    let lines = room.modes.list(list).iter().map(|mask| {
        let line = Reply::numeric_bare(entry).param(room.name.to_string()).param(mask.mask.to_string());
        line.param(mask.by.to_string()).param((mask.at.0 / 1000).to_string())
    });
    let end = Reply::numeric(end, text).param(room.name.to_string());
    Asked::replies(scope, lines.chain([end]).collect())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_account_is_banned_excepted_and_invited_by_its_name() {
        check(
            "alice: JOIN #tea | bob: REGISTER * * oolong | carol: PING 1 || alice: MODE #tea +b ~account:Bob | bob: JOIN #tea | alice: MODE #tea +e ~a:b?b | bob: JOIN #tea | alice: KICK #tea bob | alice: MODE #tea -b+i ~a:bob | bob: JOIN #tea | alice: MODE #tea +I ~a:bob | carol: JOIN #tea | bob: JOIN #tea | alice: MODE #tea +b ~a: | alice: MODE #tea +b ~a:x:y",
            expect![[r#"
                alice < :alice MODE #tea +b ~a:Bob
                bob < 474 bob #tea :Cannot join channel (+b)
                alice < :alice MODE #tea +e ~a:b?b
                alice < :bob!account@tea.test JOIN #tea
                bob < :bob!account@tea.test JOIN #tea
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list
                alice < :alice KICK #tea bob :alice
                bob < :alice KICK #tea bob :alice
                alice < :alice MODE #tea -b+i ~a:bob
                bob < 473 bob #tea :Cannot join channel (+i)
                alice < :alice MODE #tea +I ~a:bob
                carol < 473 carol #tea :Cannot join channel (+i)
                alice < :bob!account@tea.test JOIN #tea
                bob < :bob!account@tea.test JOIN #tea
                bob < 353 bob = #tea :@alice bob
                bob < 366 bob #tea :End of /NAMES list
                alice < 696 alice #tea b ~a: :Invalid mode parameter
                alice < 696 alice #tea b ~a:x:y :Invalid mode parameter"#]],
        );
    }

    #[test]
    fn a_room_has_modes_and_those_outside_see_no_key() {
        check(
            "alice: JOIN #tea || alice: MODE #tea | alice: MODE #tea +tlk 5 secret | alice: MODE #tea | bob: MODE #tea | alice: MODE #tea -lk+i x | alice: MODE #tea +i",
            expect![[r#"
                alice < 324 alice #tea +n
                alice < 329 alice #tea 1700000000
                alice < :alice MODE #tea +tlk 5 secret
                alice < 324 alice #tea +ntkl secret 5
                alice < 329 alice #tea 1700000000
                bob < 324 bob #tea +ntkl * 5
                bob < 329 bob #tea 1700000000
                alice < :alice MODE #tea -lk+i *"#]],
        );
    }

    #[test]
    fn lists_are_kept_and_shown_inside() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea || alice: MODE #tea +bb bob *!*@evil | alice: MODE #tea +b bob | alice: MODE #tea b | bob: MODE #tea +b | carol: MODE #tea b | alice: MODE #tea -b bob!*@* | alice: MODE #tea +eI friend guest | alice: MODE #tea eI",
            expect![[r#"
                alice < :alice MODE #tea +bb bob!*@* *!*@evil
                bob < :alice MODE #tea +bb bob!*@* *!*@evil
                alice < 367 alice #tea bob!*@* alice 1700000000
                alice < 367 alice #tea *!*@evil alice 1700000000
                alice < 368 alice #tea :End of channel ban list
                bob < 367 bob #tea bob!*@* alice 1700000000
                bob < 367 bob #tea *!*@evil alice 1700000000
                bob < 368 bob #tea :End of channel ban list
                carol < 442 carol #tea :You're not on that channel
                alice < :alice MODE #tea -b bob!*@*
                bob < :alice MODE #tea -b bob!*@*
                alice < :alice MODE #tea +eI friend!*@* guest!*@*
                bob < :alice MODE #tea +eI friend!*@* guest!*@*
                alice < 348 alice #tea friend!*@* alice 1700000000
                alice < 349 alice #tea :End of channel exception list
                alice < 346 alice #tea guest!*@* alice 1700000000
                alice < 347 alice #tea :End of channel invite exception list"#]],
        );
    }

    #[test]
    fn every_rank_is_shown_to_those_who_ask_for_all() {
        check_with(
            &[("bob", "multi-prefix")],
            "alice: JOIN #tea | alice: MODE #tea +v alice | bob: JOIN #tea || bob: NAMES #tea | carol: NAMES #tea",
            expect![[r#"
                bob < 353 bob = #tea :@+alice bob
                bob < 366 bob #tea :End of /NAMES list
                carol < 353 carol = #tea :@alice bob
                carol < 366 carol #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn modes_outlive_everybody() {
        check(
            "alice: JOIN #tea | alice: MODE #tea +s | alice: PRIVMSG #tea :hi | alice: PART #tea || bob: JOIN #tea | bob: MODE #tea",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob @ #tea :@bob
                bob < 366 bob #tea :End of /NAMES list
                bob < 324 bob #tea +ns
                bob < 329 bob #tea 1700000000"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #other || alice: MODE | alice: MODE #tea +xy | alice: MODE #tea +k | alice: MODE #tea +k a,b | alice: MODE #tea +l 0 | alice: MODE #tea +l many | alice: MODE #tea +o | alice: MODE #tea +b :a b | alice: MODE #other +t | alice: MODE #none | alice: MODE #none +t | bob: JOIN #hidden | bob: MODE #hidden +s | alice: MODE #hidden +t | alice: MODE #hidden b | alice: MODE # | broken | alice: MODE #tea +t",
            expect![[r#"
                alice < 461 alice MODE :Not enough parameters
                alice < 472 alice x :is unknown mode char to me
                alice < 472 alice y :is unknown mode char to me
                alice < 696 alice #tea k * :You must specify a parameter for this mode
                alice < 525 alice #tea :Key is not well-formed
                alice < 696 alice #tea l 0 :Invalid mode parameter
                alice < 696 alice #tea l many :Invalid mode parameter
                alice < 696 alice #tea o * :You must specify a parameter for this mode
                alice < 696 alice #tea b * :Invalid mode parameter
                alice < 442 alice #other :You're not on that channel
                alice < 403 alice #none :No such channel
                alice < 403 alice #none :No such channel
                bob < :bob JOIN #hidden
                bob < 353 bob = #hidden :@bob
                bob < 366 bob #hidden :End of /NAMES list
                bob < :bob MODE #hidden +s
                alice < 403 alice #hidden :No such channel
                alice < 403 alice #hidden :No such channel
                alice < 403 alice # :No such channel
                alice < FAIL MODE TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn somebody_elsewhere_gets_no_rank_and_what_is_too_much_is_left_out() {
        check(
            "alice: JOIN #tea | bob: PING 1 || alice: MODE #tea +v bob | alice: MODE #tea +b | alice: MODE #tea +bbbbbbbbbbb 1 2 3 4 5 6 7 8 9 10 11 | alice: MODE #tea -l | alice: MODE #tea +l | alice: MODE #tea + | alice: MODE #tea +k :",
            expect![[r#"
                alice < 441 alice bob #tea :They aren't on that channel
                alice < 368 alice #tea :End of channel ban list
                alice < :alice MODE #tea +bbbbbbbbbb 1!*@* 2!*@* 3!*@* 4!*@* 5!*@* 6!*@* 7!*@* 8!*@* 9!*@* 10!*@*
                alice < 696 alice #tea l * :You must specify a parameter for this mode
                alice < 525 alice #tea :Key is not well-formed"#]],
        );
    }

    #[test]
    fn whoever_sets_a_room_is_told_when_that_is_kept() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: MODE #tea +k green | alice: PING x | go",
            expect![[r#"
                bob < :alice MODE #tea +k green
                alice < :alice MODE #tea +k green
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn a_list_has_a_limit() {
        let bans: Vec<String> = (0..101).map(|n| format!("alice: MODE #tea +b n{n}")).collect();
        check(
            &format!("alice: JOIN #tea | {}", bans.join(" | ")),
            expect!["alice < 478 alice #tea b :Channel list is full"],
        );
    }
}
