//! MODE for a nick: one's own marks. <https://modern.ircdocs.horse/#user-modes>

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::mode::spell;
use crate::entry::{Action, Audience, Event};
use crate::ids::{SessionId, UserId};
use crate::modes::UserModes;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::{Turn, World};

/// Changes of a user's own modes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetUserModes {
    /// Letters with what becomes of them.
    pub changes: Vec<(bool, char)>,
}

pub(super) fn parse(request: &mut Request<'_>, target: &str) {
    let Ok(nick) = Nick::parse(target) else { return request.reply(super::no_such_nick(target)) };
    let (mut on, mut changes, mut unknown) = (true, Vec::new(), false);
    for letter in request.param(1).chars() {
        match letter {
            '+' | '-' => on = letter == '+',
            letter if UserModes::default().letter(letter).is_some() => changes.push((on, letter)),
            _ => unknown = true,
        }
    }
    request.ask(Query::UserModes(nick, SetUserModes { changes: changes.clone() }));
    if unknown {
        request.reply(Reply::numeric(n::ERR_UMODEUNKNOWNFLAG, "Unknown MODE flag"));
    }
    if !changes.is_empty() {
        request.submit(Action::UserModes(Nick::parse(target).expect("parsed above"), SetUserModes { changes }));
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, nick: &Nick, set: &SetUserModes) {
    let Some(id) = turn.actor().filter(|user| user.nick == *nick).map(|user| user.id) else { return };
    // Nobody makes itself an operator: OPER does.
    let changes: Vec<_> = set.changes.iter().copied().filter(|change| *change != (true, 'o')).collect();
    change(turn, id, &changes);
}

/// Changes a user's modes, and tells all of its sessions; what changes nothing is not told.
pub(super) fn change(turn: &mut Turn<'_>, id: UserId, changes: &[(bool, char)]) {
    let mut changes = changes.to_vec();
    changes.retain(|(on, letter)| turn.world.presence.mark(id, *letter, *on));
    let done: Vec<_> = changes.into_iter().map(|(on, letter)| (on, letter, None)).collect();
    let Some(user) = turn.world.presence.user(id) else { return };
    let (source, nick, modes) = (user.source(), user.nick.as_str().into(), user.modes);
    if !done.is_empty() {
        turn.tell(Audience::User(id), Event::UserModes { user: id, nick, source, changes: spell(&done).into(), modes });
    }
}

/// 221.
pub(crate) fn shown(modes: UserModes) -> Reply {
    Reply::numeric_bare(n::RPL_UMODEIS).param(modes.shown())
}

/// 221 for oneself, 502 for anybody else.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, nick: &Nick, set: &SetUserModes) -> Asked {
    let own = world.presence.user_of(session).filter(|user| user.nick == *nick);
    match own {
        Some(user) if set.changes.is_empty() => Asked::one(scope, shown(user.modes)),
        Some(_) => Asked::replies(scope, Vec::new()),
        None if world.presence.user_named(nick).is_none() => Asked::one(scope, super::no_such_nick(nick.as_str())),
        None => Asked::one(scope, Reply::numeric(n::ERR_USERSDONTMATCH, "Can't change mode for other users")),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn ones_own_marks() {
        check(
            "alice: PING 1 || alice: MODE alice | alice: MODE alice +iwBo | alice: MODE alice | alice: MODE alice -i+x | bob: MODE alice | alice: MODE nobody | alice: MODE alice +i-i",
            expect![[r#"
                alice < 221 alice +
                alice < :alice MODE alice +iwB
                alice < 221 alice +Biw
                alice < 501 alice :Unknown MODE flag
                alice < :alice MODE alice -i
                bob < 502 bob :Can't change mode for other users
                alice < 401 alice nobody :No such nick/channel
                alice < :alice MODE alice +i-i"#]],
        );
    }
}
