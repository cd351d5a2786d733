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
    /// Whose, as the user said.
    pub nick: Nick,
    /// Letters with what becomes of them.
    pub changes: Vec<(bool, char)>,
    /// Whether there were letters that are no modes.
    pub unknown: bool,
}

pub(super) fn parse(request: &mut Request<'_>, target: &str) {
    let Ok(nick) = Nick::parse(target) else { return request.reply(super::no_such_nick(target)) };
    if request.message.params.len() < 2 {
        return request.ask(Query::UserModes(nick));
    }
    let (mut on, mut changes, mut unknown) = (true, Vec::new(), false);
    for letter in request.param(1).chars() {
        match letter {
            '+' | '-' => on = letter == '+',
            letter if UserModes::default().letter(letter).is_some() => changes.push((on, letter)),
            _ => unknown = true,
        }
    }
    request.submit(Action::UserModes(SetUserModes { nick, changes, unknown }));
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetUserModes) {
    let Some(user) = turn.actor() else { return };
    let id = user.id;
    if user.nick != set.nick {
        let refusal = not_own(turn.world, &set.nick);
        return turn.reply(refusal);
    }
    // Nobody makes itself an operator: OPER does.
    let changes: Vec<_> = set.changes.iter().copied().filter(|change| *change != (true, 'o')).collect();
    change(turn, id, &changes);
    if set.unknown {
        turn.reply(Reply::numeric(n::ERR_UMODEUNKNOWNFLAG, "Unknown MODE flag"));
    }
}

/// 401 or 502.
fn not_own(world: &World, nick: &Nick) -> Reply {
    match world.presence.user_named(nick) {
        Some(_) => Reply::numeric(n::ERR_USERSDONTMATCH, "Can't change mode for other users"),
        None => super::no_such_nick(nick.as_str()),
    }
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
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, nick: &Nick) -> Asked {
    let own = world.presence.user_of(session).filter(|user| user.nick == *nick);
    Asked::one(scope, own.map_or_else(|| not_own(world, nick), |user| shown(user.modes)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn ones_own_marks() {
        check(
            "alice: PING 1 || alice: MODE alice | alice: MODE alice +iwBo | alice: MODE alice | alice: MODE alice -i+x | bob: MODE alice | bob: MODE alice +ix | alice: MODE nobody | alice: MODE nobody +i | alice: MODE a!b +i | alice: MODE alice +i-i",
            expect![[r#"
                alice < 221 alice +
                alice < :alice MODE alice +iwB
                alice < 221 alice +Biw
                alice < :alice MODE alice -i
                alice < 501 alice :Unknown MODE flag
                bob < 502 bob :Can't change mode for other users
                bob < 502 bob :Can't change mode for other users
                alice < 401 alice nobody :No such nick/channel
                alice < 401 alice nobody :No such nick/channel
                alice < 401 alice a!b :No such nick/channel
                alice < :alice MODE alice +i-i"#]],
        );
    }
}
