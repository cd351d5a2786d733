//! A session that has its user proves to be an account which is here: from then on it speaks for that one.

use std::sync::Arc;

use teahouse_proto::names::Nick;

use super::attach::{GuestOutcome, Welcome, greet};
use crate::commands::{away, join, monitor};
use crate::durable::RoomRecord;
use crate::entry::Event;
use crate::ids::{RoomId, UserId};
use crate::modes::Rank;
use crate::world::{Leaving, Turn, User};

/// What a session is told that goes over to another user.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Whose it was.
    pub from: UserId,
    /// `nick!user@host` of that one.
    pub source: Arc<str>,
    /// The rooms of that one, which it leaves.
    pub left: Vec<(RoomId, Arc<str>)>,
    /// Whose it is, and where.
    pub welcome: Welcome,
}

/// Gives the session that acts to another user; its rooms come along, and whoever it was goes with its last session.
pub(crate) fn go_over(turn: &mut Turn<'_>, to: UserId, name: &Nick) {
    let Some(session) = turn.entry.origin.as_ref().map(|origin| origin.session) else { return };
    let Some(before) = turn.world.presence.user_of(session) else { return };
    let (from, source, is_last) = (before.id, before.source(), before.sessions.len() == 1);
    let identity = before.identity.filter(|_| is_last);
    let link = before.sessions.iter().find(|(known, _)| *known == session).map(|(_, link)| *link).unwrap_or_default();
    let rooms = before.rooms.iter().filter_map(|id| turn.world.durable.room(*id));
    let rooms: Vec<RoomRecord> = rooms.map(|room| room.record.clone()).collect();
    turn.world.presence.detach(session);
    let Some((welcome, is_away)) = greet(turn, session, link, to, GuestOutcome::None) else { return };
    let left = rooms.iter().map(|room| (room.id, Arc::clone(&room.name))).collect();
    turn.tell_origin(Event::Moved(Arc::new(Moved { from, source, left, welcome })));
    if is_away {
        turn.reply(away::now_away());
    }
    if let Some(account) = turn.world.presence.user(to).and_then(User::account_id) {
        turn.pass_rooms(identity, account);
    }
    for room in rooms {
        come_along(turn, from, to, room.id);
    }
    if is_last {
        follow_monitored(turn, from, to);
        turn.quit(from, &format!("Logged in as {}", name.as_str()).into(), Leaving::Goodbye);
    }
}

/// A user comes into a room of the one that it was before, as what that one is there, unless it is banned.
fn come_along(turn: &mut Turn<'_>, from: UserId, to: UserId, room: RoomId) {
    // As it is now: somebody may have come in before.
    let Some(record) = turn.world.durable.room(room).map(|room| room.record.clone()) else { return };
    let Some(user) = turn.world.presence.user(to) else { return };
    if user.rooms.contains(&room) || user.rooms.len() >= join::ROOMS_PER_USER_MAX || record.modes.bans(user.who()) {
        return;
    }
    let account = user.account_id();
    let ranks = turn.world.presence.ranks(room, from).unwrap_or_default();
    join::come_in(turn, to, record.clone());
    // Whoever was its founder by a token is so as an account only if the room has been passed on.
    let mut own = ranks;
    own.set(Rank::Founder, false);
    turn.raise(to, &record, own);
    if let Some(account) = account {
        turn.note_ranks(to, account, &record);
    }
}

/// Those whom it wanted to be told of are put on the account's list, as far as there is room.
fn follow_monitored(turn: &mut Turn<'_>, from: UserId, to: UserId) {
    let nicks = turn.world.presence.take_monitored(from);
    let known = turn.world.presence.user(to).map_or(0, |user: &User| turn.world.monitored(user).len());
    let nicks: Vec<Nick> = nicks.into_iter().take(monitor::NICKS_MAX.saturating_sub(known)).collect();
    if !nicks.is_empty() {
        turn.monitor(to, &nicks, true);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check, check_with};

    #[test]
    fn whoever_logs_in_later_is_the_account_that_is_here_and_its_rooms_come_along() {
        check_with(
            &[("carol", "away-notify")],
            "carol: JOIN #tea | bob: REGISTER * * oolong | bob: JOIN #tea,#milk | bob: MODE bob +w | bob: QUIT | bob_: JOIN #new | dave: JOIN #new | bob_: JOIN #tea || bob_: NS IDENTIFY bob oolong | bob_: PRIVMSG #tea :hi | dave: PRIVMSG #new :hi | carol: NAMES #tea | bob_: PART #milk | bob_: QUIT | carol: WHOIS bob_",
            expect![[r#"
                carol < :bob!account@tea.test AWAY
                carol < :bob_ QUIT :Logged in as bob
                bob_ < :bob_ PART #tea
                bob_ < :bob_ PART #new
                bob_ < :bob_ NICK bob
                bob_ < 221 bob +w
                bob_ < :bob!account@tea.test JOIN #tea
                bob_ < 353 bob = #tea :@carol bob bob_
                bob_ < 366 bob #tea :End of /NAMES list
                bob_ < :bob!account@tea.test JOIN #milk
                bob_ < 353 bob = #milk :~bob
                bob_ < 366 bob #milk :End of /NAMES list
                bob_ < :bob!account@tea.test JOIN #new
                bob_ < 353 bob = #new :bob @bob_ dave
                bob_ < 366 bob #new :End of /NAMES list
                bob_ < MODE #new +o bob
                bob_ < :bob_ QUIT :Logged in as bob
                bob_ < 900 bob bob!account@tea.test bob :You are now logged in as bob
                bob_ < :NickServ!services@tea.test NOTICE bob :You are logged in
                dave < :bob!account@tea.test JOIN #new
                dave < MODE #new +o bob
                dave < :bob_ QUIT :Logged in as bob
                carol < :bob!account@tea.test PRIVMSG #tea :hi
                bob_ < :dave PRIVMSG #new :hi
                carol < 353 carol = #tea :@carol bob
                carol < 366 carol #tea :End of /NAMES list
                bob_ < :bob!account@tea.test PART #milk
                carol < :bob!account@tea.test AWAY :Not connected
                bob_ < ERROR :Quit
                carol < 401 carol bob_ :No such nick/channel
                carol < 318 carol bob_ :End of /WHOIS list"#]],
        );
    }

    #[test]
    fn all_devices_of_the_account_are_told_and_the_answers_are_in_their_batch() {
        check_with(
            &[("phone", "message-tags"), ("g", "sasl batch labeled-response message-tags")],
            "bob: REGISTER * * oolong | bob: QUIT | login phone bob | phone: JOIN #tea | g: JOIN #new | g: MONITOR + eve || g: AUTHENTICATE PLAIN | g: @label=7 AUTHENTICATE AGJvYgBvb2xvbmc= | eve: PING 1 | g: @label=8 NS IDENTIFY bob oolong | phone: MONITOR L",
            expect![[r#"
                g < AUTHENTICATE +
                phone < :bob!account@tea.test JOIN #new
                phone < 353 bob = #new :bob @g
                phone < 366 bob #new :End of /NAMES list
                phone < MODE #new +o bob
                phone < :g QUIT :Logged in as bob
                g < @label=7 BATCH +1 labeled-response
                g < @batch=1 :g PART #new
                g < @batch=1 :g NICK bob
                g < @batch=1 221 bob +
                g < @batch=1 :bob!account@tea.test JOIN #tea
                g < @batch=1 353 bob = #tea :~bob
                g < @batch=1 366 bob #tea :End of /NAMES list
                g < @batch=1 :bob!account@tea.test JOIN #new
                g < @batch=1 353 bob = #new :bob @g
                g < @batch=1 366 bob #new :End of /NAMES list
                g < @batch=1 MODE #new +o bob
                g < :g QUIT :Logged in as bob
                g < @batch=1 900 bob bob!account@tea.test bob :You are now logged in as bob
                g < @batch=1 903 bob :SASL authentication successful
                g < BATCH -1
                phone < 730 bob :eve
                g < 730 bob :eve
                eve < PONG tea.test :1
                g < @label=8 BATCH +2 labeled-response
                g < @batch=2 :NickServ!services@tea.test NOTICE bob :You have already authenticated using SASL
                g < BATCH -2
                phone < 732 bob :eve
                phone < 733 bob :End of MONITOR list"#]],
        );
    }

    #[test]
    fn other_tabs_of_the_guest_stay_who_they_are_and_no_ban_is_passed() {
        check_with(
            &[("g", "guest")],
            "bob: REGISTER * * oolong | bob: JOIN #tea | bob: QUIT | g: JOIN #own,#milk | carol: JOIN #milk | carol: PRIVMSG #milk :x | again h g | g: MODE #milk +b ~a:bob || h: NS IDENTIFY bob oolong | g: PRIVMSG #own :still me | h: PRIVMSG g :and me | carol: NAMES #milk",
            expect![[r#"
                h < :g JOIN #own
                h < 353 g = #own :~g
                h < 366 g #own :End of /NAMES list
                h < :g JOIN #milk
                h < 353 g = #milk :~g carol
                h < 366 g #milk :End of /NAMES list
                g < :bob!account@tea.test JOIN #own
                h < :g PART #own
                h < :g PART #milk
                h < :g NICK bob
                h < 221 bob +
                h < :bob!account@tea.test JOIN #tea
                h < 353 bob = #tea :~bob
                h < 366 bob #tea :End of /NAMES list
                h < :bob!account@tea.test JOIN #own
                h < 353 bob = #own :bob ~g
                h < 366 bob #own :End of /NAMES list
                h < 900 bob bob!account@tea.test bob :You are now logged in as bob
                h < :NickServ!services@tea.test NOTICE bob :You are logged in
                h < :g PRIVMSG #own :still me
                g < :bob!account@tea.test PRIVMSG g :and me
                carol < 353 carol = #milk :~g carol
                carol < 366 carol #milk :End of /NAMES list"#]],
        );
    }

    #[test]
    fn what_a_guest_has_founded_is_its_accounts_once_it_has_logged_in() {
        let founded = "g: JOIN #own | carol: REGISTER * * oolong | carol: JOIN #own | g: MODE #own +v carol | g: NS IDENTIFY bob oolong | restart || login b bob | b: ROOM ACCESS #own";
        check_with(
            &[("g", "guest")],
            &format!("bob: REGISTER * * oolong | bob: QUIT | {founded}"),
            expect![[r#"
                b < :bob!account@tea.test JOIN #own
                b < 353 bob = #own :~bob +carol
                b < 366 bob #own :End of /NAMES list
                b < NOTE ROOM ENTRY #own bob :q
                b < NOTE ROOM ENTRY #own carol :v
                b < NOTE ROOM END #own :These are all whose ranks are remembered"#]],
        );
        // One that is somewhere already is gone over to.
        check_with(
            &[("g", "guest")],
            &format!("bob: REGISTER * * oolong | bob: JOIN #tea | bob: QUIT | {founded}"),
            expect![[r#"
                b < :bob!account@tea.test JOIN #tea
                b < 353 bob = #tea :~bob
                b < 366 bob #tea :End of /NAMES list
                b < :bob!account@tea.test JOIN #own
                b < 353 bob = #own :~bob +carol
                b < 366 bob #own :End of /NAMES list
                b < NOTE ROOM ENTRY #own bob :q
                b < NOTE ROOM ENTRY #own carol :v
                b < NOTE ROOM END #own :These are all whose ranks are remembered"#]],
        );
    }

    #[test]
    fn what_somebody_was_given_before_it_logged_in_is_remembered() {
        check(
            "alice: REGISTER * * oolong | alice: JOIN #tea,#milk | bob: REGISTER * * oolong | bob: QUIT | g: JOIN #tea | alice: MODE #tea +v g | g: NS IDENTIFY bob oolong | carol: JOIN #tea | alice: MODE #tea +h carol | carol: REGISTER * * oolong | bob: JOIN #milk | h: JOIN #milk | alice: MODE #milk +o h | h: NS IDENTIFY bob oolong | bob: PART #tea | restart || login a alice | a: ROOM ACCESS #tea | a: ROOM ACCESS #milk",
            expect![[r#"
                a < :alice!account@tea.test JOIN #tea
                a < 353 alice = #tea :~alice +bob %carol
                a < 366 alice #tea :End of /NAMES list
                a < :alice!account@tea.test JOIN #milk
                a < 353 alice = #milk :~alice @bob
                a < 366 alice #milk :End of /NAMES list
                a < NOTE ROOM ENTRY #tea alice :q
                a < NOTE ROOM ENTRY #tea bob :v
                a < NOTE ROOM ENTRY #tea carol :h
                a < NOTE ROOM END #tea :These are all whose ranks are remembered
                a < NOTE ROOM ENTRY #milk alice :q
                a < NOTE ROOM ENTRY #milk bob :o
                a < NOTE ROOM END #milk :These are all whose ranks are remembered"#]],
        );
    }

    #[test]
    fn who_logs_in_is_in_a_room_what_the_account_is_there() {
        check_with(
            &[("g", "guest")],
            "bob: REGISTER * * oolong | bob: JOIN #tea | carol: JOIN #tea | bob: PART #tea | bob: QUIT | g: JOIN #tea || g: NS IDENTIFY bob oolong",
            expect![[r#"
                carol < :g NICK bob
                carol < MODE #tea +q bob
                g < :g NICK bob
                g < MODE #tea +q bob
                g < 900 bob bob!account@tea.test bob :You are now logged in as bob
                g < :NickServ!services@tea.test NOTICE bob :You are logged in"#]],
        );
    }

    #[test]
    fn no_more_rooms_are_passed_on_than_an_account_may_have() {
        Script { caps: &[("g", "guest")], set: |info| info.rules.rooms_per_founder = 2 }.check(
            "bob: REGISTER * * oolong | bob: JOIN #a | bob: PART #a | bob: QUIT | g: JOIN #b,#c | carol: JOIN #b,#c | g: NS IDENTIFY bob oolong || restart | login b bob",
            expect![[r#"
                b < :bob!account@tea.test JOIN #b
                b < 353 bob = #b :~bob
                b < 366 bob #b :End of /NAMES list
                b < :bob!account@tea.test JOIN #c
                b < 353 bob = #c :bob
                b < 366 bob #c :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_login_that_fails_moves_nobody() {
        check(
            "root: OPER root oolong | bob: REGISTER * * oolong | bob: JOIN #tea | g: JOIN #new || g: NS IDENTIFY bob green1 | root: ACCOUNT SUSPEND bob | g: NS IDENTIFY bob oolong | root: ACCOUNT RESUME bob | root: UBAN ADD bob 1h | g: NS IDENTIFY bob oolong",
            expect![[r#"
                g < :NickServ!services@tea.test NOTICE g :That is no such account, or not its password
                root < NOTE ACCOUNT DONE bob :The account cannot be used any more
                bob < ERROR :This account is suspended
                g < :NickServ!services@tea.test NOTICE g :This account is suspended
                root < NOTE ACCOUNT DONE bob :The account can be used
                root < NOTE UBAN DONE bob :The ban stands
                g < 465 g :You are banned from this server
                g < ERROR :Banned"#]],
        );
    }
}
