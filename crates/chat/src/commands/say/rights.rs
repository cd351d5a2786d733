//! Who may speak in a room.

use teahouse_proto::numerics as n;

use crate::durable::RoomRecord;
use crate::ids::UserId;
use crate::modes::{Flag, Rank};
use crate::reply::Reply;
use crate::world::Turn;

/// Those inside speak, unless they are banned or the room is moderated; whoever ranks in it always does.
pub(in crate::commands) fn may_speak(turn: &Turn<'_>, user: UserId, room: &RoomRecord) -> Result<(), Reply> {
    let refused = |text: &'static str| Err(Reply::numeric(n::ERR_CANNOTSENDTOCHAN, text).param(room.name.to_string()));
    let (ranks, modes) = (turn.world.presence.ranks(room.id, user), &room.modes);
    if ranks.is_some_and(|ranks| ranks.is_at_least(Rank::Voice)) {
        return Ok(());
    }
    if ranks.is_none() && modes.flags.has(Flag::NoExternal) {
        return refused("You are not in that channel");
    }
    if modes.flags.has(Flag::Moderated) {
        return refused("Cannot send to channel (+m)");
    }
    let has_account = turn.world.presence.user(user).is_some_and(|user| user.account().is_some());
    if modes.flags.has(Flag::AccountsSpeak) && !has_account {
        return refused("Cannot send to channel (+M): log in to an account first");
    }
    let is_banned = turn.world.presence.user(user).is_some_and(|user| modes.bans(user.who()));
    if is_banned { refused("Cannot send to channel (+b)") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn in_a_moderated_room_those_with_a_rank_speak() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | alice: MODE #tea +mv carol || bob: PRIVMSG #tea :hi | carol: PRIVMSG #tea :hi",
            expect![[r#"
                bob < 404 bob #tea :Cannot send to channel (+m)
                alice < :carol PRIVMSG #tea :hi
                bob < :carol PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn the_banned_do_not_speak_unless_excepted() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | alice: MODE #tea +b *!*@host || bob: PRIVMSG #tea :hi | alice: PRIVMSG #tea :hi | alice: MODE #tea +e bob | bob: PRIVMSG #tea :hi",
            expect![[r#"
                bob < 404 bob #tea :Cannot send to channel (+b)
                bob < :alice PRIVMSG #tea :hi
                alice < :alice MODE #tea +e bob!*@*
                bob < :alice MODE #tea +e bob!*@*
                alice < :bob PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn a_room_may_be_open_to_words_from_outside() {
        check(
            "alice: JOIN #tea | alice: MODE #tea -n || bob: PRIVMSG #tea :hi",
            expect!["alice < :bob PRIVMSG #tea :hi"],
        );
    }
}
