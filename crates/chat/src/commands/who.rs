//! WHO: who is in a room, or meets a mask. <https://modern.ircdocs.horse/#who-message>

use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::RoomRecord;
use crate::ids::{RoomId, SessionId, UserId};
use crate::modes::{Ranks, matches};
use crate::query::{Asked, Query, RoomAsked};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::{User, World};

pub(super) const COMMAND: Command = Command {
    name: "WHO",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "WHO [<room, nick or mask> [o]]: who is there, with addresses and real names; with o, operators only",
    parse,
};

/// What WHO asks for.
#[derive(Debug)]
pub struct Wanted {
    mask: Box<str>,
    /// The room that the mask names, from the first piece of the answer on.
    room: Option<RoomId>,
    operators: bool,
}

fn parse(request: &mut Request<'_>) {
    // As in RFC 2812, section 3.6.1: nothing, or a zero, stands for everybody.
    let mask = match request.param(0) {
        "" | "0" => "*",
        mask => mask,
    };
    let operators = request.param(1).eq_ignore_ascii_case("o");
    request.ask(Query::Who(Wanted { mask: mask.into(), room: None, operators }, UserId::default()));
}

/// 352 for each, and behind the last of them 315.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, mut wanted: Wanted, after: UserId) -> Asked {
    let (mut lines, last) = match (RoomName::parse(&wanted.mask), Nick::parse(&wanted.mask)) {
        (Ok(name), _) => match world.room_asked(session, &RoomAsked { name, room: wanted.room }) {
            Some(room) => {
                wanted.room = Some(room.record.id);
                of_room(world, session, &room.record, wanted.operators, after)
            }
            None => (Vec::new(), None),
        },
        (_, Ok(nick)) => {
            let user = world.presence.user_named(&nick).filter(|user| user.modes.operator || !wanted.operators);
            (user.map(|user| whoreply(world, user, None)).into_iter().collect(), None)
        }
        _ => of_mask(world, session, &wanted, after),
    };
    if last.is_none() {
        lines.push(Reply::numeric(n::RPL_ENDOFWHO, "End of WHO list").param(super::shown(&wanted.mask)));
    }
    Asked { more: last.map(|last| Query::Who(wanted, last)), ..Asked::replies(scope, lines) }
}

/// Members of a room, and the last one that was looked at if there are more.
fn of_room(
    world: &World,
    session: SessionId,
    room: &RoomRecord,
    operators: bool,
    after: UserId,
) -> (Vec<Reply>, Option<UserId>) {
    let sees_all = world.is_inside(session, room.id) || world.is_operator(session);
    let (members, last) = world.presence.members_after(room.id, after, world.rules.rows_per_hold);
    let shown =
        members.into_iter().filter(|(user, _)| !user.modes.invisible || sees_all || world.is_own(session, user));
    let shown = shown.filter(|(user, _)| user.modes.operator || !operators);
    (shown.map(|(user, ranks)| whoreply(world, user, Some((&room.name, ranks)))).collect(), last)
}

/// Users whom a mask meets, and the last one that was looked at if there are more.
fn of_mask(world: &World, session: SessionId, wanted: &Wanted, after: UserId) -> (Vec<Reply>, Option<UserId>) {
    let (users, last) = world.presence.users_after(after, world.rules.rows_per_hold);
    let met = users.into_iter().filter(|user| meets(world, session, user, &wanted.mask));
    let met = met.filter(|user| user.modes.operator || !wanted.operators);
    (met.map(|user| whoreply(world, user, None)).collect(), last)
}

/// Whether a mask meets a user, and the one who asks may see it.
fn meets(world: &World, session: SessionId, user: &User, mask: &str) -> bool {
    let met = matches(mask, user.nick.as_str()) || matches(mask, &user.source()) || matches(mask, &user.realname);
    let hidden = user.modes.invisible && !world.is_operator(session);
    met && (!hidden || world.is_own(session, user) || shares_a_room(world, session, user))
}

fn shares_a_room(world: &World, session: SessionId, user: &User) -> bool {
    user.rooms.iter().any(|room: &RoomId| world.is_inside(session, *room))
}

fn whoreply(world: &World, user: &User, place: Option<(&str, Ranks)>) -> Reply {
    let (name, host) = user.address().split_once('@').unwrap_or((user.address(), "*"));
    let (room, ranks) = place.unwrap_or(("*", Ranks::default()));
    let mut flags = String::from(if user.absence().is_some() { "G" } else { "H" });
    flags.extend(user.modes.operator.then_some('*'));
    let behind = if user.modes.bot { "B" } else { "" };
    let reply = Reply::numeric(n::RPL_WHOREPLY, format!("0 {}", user.realname)).param(room.to_owned());
    let reply = reply.param(name.to_owned()).param(host.to_owned()).param(world.rules.server_name.to_string());
    reply.param(user.nick.as_str().to_owned()).marks(flags, ranks, behind.to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn it_tells_of_rooms_people_and_masks() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | bob: AWAY :out | carol: MODE carol +B || carol: WHO #tea | carol: WHO bob | carol: WHO *a* | carol: WHO nobody | carol: WHO #none",
            expect![[r#"
                carol < 352 carol #tea ~alice host tea.test alice H@ :0 alice
                carol < 352 carol #tea ~bob host tea.test bob G :0 bob
                carol < 315 carol #tea :End of WHO list
                carol < 352 carol * ~bob host tea.test bob G :0 bob
                carol < 315 carol bob :End of WHO list
                carol < 352 carol * ~alice host tea.test alice H :0 alice
                carol < 352 carol * ~carol host tea.test carol HB :0 carol
                carol < 315 carol *a* :End of WHO list
                carol < 315 carol nobody :End of WHO list
                carol < 315 carol #none :End of WHO list"#]],
        );
    }

    #[test]
    fn all_that_somebody_is_in_a_room_is_shown_to_those_who_ask_for_it() {
        check_with(
            &[("bob", "multi-prefix")],
            "alice: JOIN #tea | alice: MODE #tea +v alice || bob: WHO #tea | carol: WHO #tea",
            expect![[r#"
                bob < 352 bob #tea ~alice host tea.test alice H@+ :0 alice
                bob < 315 bob #tea :End of WHO list
                carol < 352 carol #tea ~alice host tea.test alice H@ :0 alice
                carol < 315 carol #tea :End of WHO list"#]],
        );
    }

    #[test]
    fn nothing_or_a_zero_is_everybody_and_operators_may_be_picked_out() {
        check(
            "alice: JOIN #tea | bob: OPER root oolong | bob: JOIN #tea || alice: WHO | alice: WHO 0 | alice: WHO * o | alice: WHO #tea o | alice: WHO alice o",
            expect![[r#"
                alice < 352 alice * ~alice host tea.test alice H :0 alice
                alice < 352 alice * ~bob host tea.test bob H* :0 bob
                alice < 315 alice * :End of WHO list
                alice < 352 alice * ~alice host tea.test alice H :0 alice
                alice < 352 alice * ~bob host tea.test bob H* :0 bob
                alice < 315 alice * :End of WHO list
                alice < 352 alice * ~bob host tea.test bob H* :0 bob
                alice < 315 alice * :End of WHO list
                alice < 352 alice #tea ~bob host tea.test bob H* :0 bob
                alice < 315 alice #tea :End of WHO list
                alice < 315 alice alice :End of WHO list"#]],
        );
    }

    #[test]
    fn the_invisible_are_seen_by_those_who_share_a_room() {
        check(
            "alice: JOIN #tea | alice: MODE alice +i | bob: JOIN #tea || bob: WHO a* | bob: WHO #tea | carol: WHO a* | carol: WHO #tea",
            expect![[r#"
                bob < 352 bob * ~alice host tea.test alice H :0 alice
                bob < 315 bob a* :End of WHO list
                bob < 352 bob #tea ~alice host tea.test alice H@ :0 alice
                bob < 352 bob #tea ~bob host tea.test bob H :0 bob
                bob < 315 bob #tea :End of WHO list
                carol < 315 carol a* :End of WHO list
                carol < 352 carol #tea ~bob host tea.test bob H :0 bob
                carol < 315 carol #tea :End of WHO list"#]],
        );
    }
}
