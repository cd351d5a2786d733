//! An account in its rooms while nobody is connected as it: kept, shown as away, and there again after a restart.
//!
//! Whoever is in no room has no seat: it is not here at all while nobody is connected, and what is said to it is kept
//! all the same.

use std::sync::Arc;

use teahouse_proto::names::Nick;

use super::presence::NOT_CONNECTED;
use super::{Turn, User, World};
use crate::commands::persistence::AlwaysOn;
use crate::durable::{Fact, FactKind};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, Identity, RoomId, UserId};
use crate::world::Leaving;

/// How an account's user shows itself, and is known again after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Why it is away, in its own words.
    Away,
    /// Its real name.
    Realname,
}

impl Face {
    fn of(self, AccountId(owner): AccountId) -> Fact {
        let key = match self {
            Face::Away => "away",
            Face::Realname => "realname",
        };
        Fact { owner, kind: FactKind::Face, key: key.into() }
    }
}

impl World {
    /// Whether an account keeps its seats while nobody is connected as it.
    pub(crate) fn is_always_on(&self, account: AccountId) -> bool {
        self.always_on(account).effective
    }

    /// The account's own setting, and what is so: without one, what the server's is.
    pub(crate) fn always_on(&self, account: AccountId) -> AlwaysOn {
        let wanted = self.durable.fact(&always_on(account)).map(|value| &**value == "on");
        AlwaysOn { wanted, effective: wanted.unwrap_or(self.rules.always_on) }
    }

    /// How an account showed itself last; `None` if it did not say.
    pub(crate) fn face(&self, account: AccountId, face: Face) -> Option<Arc<str>> {
        self.durable.fact(&face.of(account)).cloned()
    }

    /// By which nick somebody is found in private: the one it has now, else its account's name. A guest who is not here has
    /// none.
    pub(crate) fn name_of(&self, identity: Identity) -> Option<Arc<str>> {
        let account = identity.account().and_then(|account| self.durable.account(account));
        match self.presence.user_known_as(identity) {
            Some(user) => Some(user.nick.as_str().into()),
            None => account.map(|account| Arc::clone(&account.name)),
        }
    }

    /// Who is meant by a nick in private: whoever has it now, else the account of that name.
    pub(crate) fn identity_named(&self, nick: &Nick) -> Option<Identity> {
        match self.presence.user_named(nick) {
            Some(user) => user.identity,
            None => self.durable.account_named(nick).map(|account| Identity::Account(account.id)),
        }
    }
}

impl Turn<'_> {
    /// An account sets whether its seats are kept; `None` leaves it to the server.
    pub(crate) fn set_always_on(&mut self, user: UserId, account: AccountId, wanted: Option<bool>) {
        let value = wanted.map(|on| if on { "on" } else { "off" }.into());
        self.put_fact(always_on(account), value);
        if self.world.is_always_on(account) { self.keep_seats(user) } else { self.drop_seats(account) }
    }

    /// How an account's user shows itself is remembered; for anybody else this does nothing.
    pub(crate) fn note_face(&mut self, user: UserId, face: Face, value: Option<Arc<str>>) {
        if let Some(account) = self.world.presence.user(user).and_then(User::account_id) {
            self.put_fact(face.of(account), value);
        }
    }

    /// The seats of a user that has an account now are kept.
    pub(crate) fn keep_seats(&mut self, user: UserId) {
        let rooms = self.world.presence.user(user).map(|user| user.rooms.iter().copied().collect::<Vec<_>>());
        for room in rooms.into_iter().flatten() {
            self.note_seat(user, room, true);
        }
    }

    fn drop_seats(&mut self, account: AccountId) {
        let seats = self.world.durable.facts(account.0, FactKind::Seat);
        let seats: Vec<_> = seats.map(|(key, _)| Arc::clone(key)).collect();
        for key in seats {
            self.put_fact(Fact { owner: account.0, kind: FactKind::Seat, key }, None);
        }
    }

    pub(super) fn note_seat(&mut self, user: UserId, room: RoomId, is_there: bool) {
        let account = self.world.presence.user(user).and_then(User::account_id);
        if let Some(account) = account.filter(|account| self.world.is_always_on(*account)) {
            self.put_fact(seat(account, room), is_there.then(|| "".into()));
        }
    }

    /// Accounts are in their rooms, whether or not anybody is connected.
    pub(super) fn seat_accounts(&mut self) {
        let accounts: Vec<_> = self.world.durable.accounts().cloned().collect();
        for account in accounts {
            if !self.world.is_always_on(account.id) {
                self.drop_seats(account.id);
                continue;
            }
            let Ok(nick) = Nick::parse(&account.name) else { continue };
            let seats = self.world.durable.facts(account.id.0, FactKind::Seat);
            let rooms = seats.filter_map(|(key, _)| Some(RoomId(key.parse().ok()?)));
            let rooms: Vec<_> = rooms.filter(|room| self.world.durable.room(*room).is_some()).collect();
            if rooms.is_empty() {
                continue;
            }
            // An account has one user at a time, so its number will do for this one.
            let user = UserId(account.id.0);
            let address = self.world.account_address();
            let realname = self.world.face(account.id, Face::Realname).unwrap_or_default();
            let identity = Some(Identity::Account(account.id));
            let mut user = User::new(user, nick, &address, realname, identity, self.entry.time);
            user.away = self.world.face(account.id, Face::Away);
            let id = user.id;
            self.world.presence.insert(user);
            for room in rooms {
                self.world.presence.enter(id, room);
                let Some(record) = self.world.durable.room(room).map(|room| &room.record) else { continue };
                // Nobody comes first: whoever was op of a guest's room, as others have been, is not any more.
                let ranks = self.world.ranks_at_the_door(record, identity, false);
                for rank in ranks.all() {
                    self.world.presence.set_rank(room, id, rank, true);
                }
            }
        }
    }

    /// The last connection of an account with a seat has ended: from now on others see it away.
    pub(crate) fn leave_seat_empty(&mut self, id: UserId) {
        // Whoever comes next may have no right to it.
        self.world.presence.mark(id, 'o', false);
        self.tell_absence(id, NOT_CONNECTED);
    }

    /// The first connection of an account with a seat has come: from now on others see it back.
    pub(crate) fn take_seat(&mut self, id: UserId) {
        self.tell_absence(id, "");
    }

    fn tell_absence(&mut self, id: UserId, reason: &str) {
        // Its own word stands until it takes it back.
        if let Some(user) = self.world.presence.user(id).filter(|user| user.away.is_none()) {
            let (nick, source, rooms) = (user.nick.clone(), user.source(), user.rooms.iter().copied().collect());
            let event = Event::Away { nick, source, reason: reason.into() };
            self.tell_unasked(Audience::Others(id, rooms), event);
        }
    }

    /// An account that nobody is connected as is not here once it has no seat any more.
    pub(crate) fn leave_if_nowhere(&mut self, id: UserId) {
        let is_nowhere = |user: &User| user.account().is_some() && user.sessions.is_empty() && user.rooms.is_empty();
        if self.world.presence.user(id).is_some_and(is_nowhere) {
            self.quit(id, &NOT_CONNECTED.into(), Leaving::Dropped);
        }
    }
}

/// Whether an account's seats are kept.
fn always_on(AccountId(owner): AccountId) -> Fact {
    Fact { owner, kind: FactKind::AlwaysOn, key: "".into() }
}

/// That an account is in a room.
fn seat(AccountId(owner): AccountId, RoomId(room): RoomId) -> Fact {
    Fact { owner, kind: FactKind::Seat, key: room.to_string().into() }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn two_connections_of_an_account_are_one_user_and_each_gets_everything() {
        check_with(
            &[("phone", "echo-message message-tags"), ("laptop", "message-tags")],
            "bob: JOIN #tea | alice: REGISTER * * oolong | login phone alice | login laptop alice | alice: QUIT || phone: JOIN #tea | phone: PRIVMSG #tea :hi | laptop: PRIVMSG bob :you there? | bob: PRIVMSG alice :yes | laptop: TOPIC #tea :oolong | phone: NICK Alice | phone: MODE Alice +i | phone: AWAY :tea | laptop: AWAY | laptop: PRIVMSG #tea :ho | laptop: PART #tea",
            expect![[r#"
                bob < :alice!account@tea.test JOIN #tea
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :@bob alice
                phone < 366 alice #tea :End of /NAMES list
                laptop < :alice!account@tea.test JOIN #tea
                laptop < 353 alice = #tea :@bob alice
                laptop < 366 alice #tea :End of /NAMES list
                bob < :alice!account@tea.test PRIVMSG #tea :hi
                phone < @msgid=… :alice!account@tea.test PRIVMSG #tea :hi
                laptop < @msgid=… :alice!account@tea.test PRIVMSG #tea :hi
                bob < :alice!account@tea.test PRIVMSG bob :you there?
                phone < @msgid=… :alice!account@tea.test PRIVMSG bob :you there?
                phone < @msgid=… :bob PRIVMSG alice :yes
                laptop < @msgid=… :bob PRIVMSG alice :yes
                bob < :alice!account@tea.test TOPIC #tea :oolong
                phone < :alice!account@tea.test TOPIC #tea :oolong
                laptop < :alice!account@tea.test TOPIC #tea :oolong
                bob < :alice!account@tea.test NICK Alice
                phone < :alice!account@tea.test NICK Alice
                laptop < :alice!account@tea.test NICK Alice
                phone < :Alice!account@tea.test MODE Alice +i
                laptop < :Alice!account@tea.test MODE Alice +i
                phone < 306 Alice :You have been marked as being away
                laptop < 306 Alice :You have been marked as being away
                phone < 305 Alice :You are no longer marked as being away
                laptop < 305 Alice :You are no longer marked as being away
                bob < :Alice!account@tea.test PRIVMSG #tea :ho
                phone < @msgid=… :Alice!account@tea.test PRIVMSG #tea :ho
                bob < :Alice!account@tea.test PART #tea
                phone < :Alice!account@tea.test PART #tea
                laptop < :Alice!account@tea.test PART #tea"#]],
        );
    }

    #[test]
    fn one_goodbye_leaves_the_others_and_the_last_keeps_the_seat() {
        check_with(
            &[("bob", "guest away-notify")],
            "bob: JOIN #tea | alice: JOIN #tea | alice: REGISTER * * oolong | login phone alice || alice: QUIT :later | phone: PRIVMSG #tea :still here | phone: QUIT | bob: NAMES #tea | bob: WHOIS alice | bob: WHO alice | bob: USERHOST alice | bob: PRIVMSG alice :see you | login laptop alice | bob: WHO alice",
            expect![[r#"
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :~bob alice
                phone < 366 alice #tea :End of /NAMES list
                alice < ERROR :Quit: later
                bob < :alice!account@tea.test PRIVMSG #tea :still here
                bob < :alice!account@tea.test AWAY :Not connected
                phone < ERROR :Quit
                bob < 353 bob = #tea :~bob alice
                bob < 366 bob #tea :End of /NAMES list
                bob < 311 bob alice account tea.test * :alice
                bob < 319 bob alice :#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 301 bob alice :Not connected
                bob < 330 bob alice alice :is logged in as
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                bob < 352 bob * account tea.test tea.test alice G :0 alice
                bob < 315 bob alice :End of WHO list
                bob < 302 bob :alice=-account@tea.test
                bob < 301 bob alice :Not connected
                laptop < :alice!account@tea.test JOIN #tea
                laptop < 353 alice = #tea :~bob alice
                laptop < 366 alice #tea :End of /NAMES list
                bob < :alice!account@tea.test AWAY
                bob < 352 bob * account tea.test tea.test alice H :0 alice
                bob < 315 bob alice :End of WHO list"#]],
        );
    }

    #[test]
    fn what_is_said_to_one_who_is_absent_is_kept_wherever_it_is_absent_from() {
        check_with(
            &[("bob", "echo-message")],
            "bob: REGISTER * * oolong | alice: REGISTER * * oolong | alice: QUIT || bob: PRIVMSG ALICE :when you are back | bob: WHOIS alice | bob: CHATHISTORY LATEST alice * 9 | carol: PRIVMSG alice :nobody will know | restart | login phone alice | phone: CHATHISTORY LATEST bob * 9 | phone: PRIVMSG bob :here | login b bob | b: CHATHISTORY LATEST alice * 9",
            expect![[r#"
                bob < 301 bob alice :Not connected
                bob < :bob!account@tea.test PRIVMSG alice :when you are back
                bob < 311 bob alice account tea.test * :alice
                bob < 301 bob alice :Not connected
                bob < 330 bob alice alice :is logged in as
                bob < 318 bob alice :End of /WHOIS list
                bob < :bob!account@tea.test PRIVMSG alice :when you are back
                carol < 401 carol alice :No such nick/channel
                phone < :bob!account@tea.test PRIVMSG alice :when you are back
                phone < 301 alice bob :Not connected
                b < :bob!account@tea.test PRIVMSG alice :when you are back
                b < :alice!account@tea.test PRIVMSG bob :here"#]],
        );
    }

    #[test]
    fn its_own_word_for_being_away_stands_until_it_takes_it_back() {
        check_with(
            &[("bob", "guest away-notify")],
            "bob: JOIN #tea | alice: JOIN #tea | alice: REGISTER * * oolong || alice: AWAY :asleep | alice: QUIT | bob: PRIVMSG alice :hi | restart | bob: JOIN #tea | bob: PRIVMSG alice :hi | login phone alice | phone: AWAY",
            expect![[r#"
                bob < :alice!account@tea.test AWAY :asleep
                alice < 306 alice :You have been marked as being away
                alice < ERROR :Quit
                bob < 301 bob alice :asleep
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :alice bob
                bob < 366 bob #tea :End of /NAMES list
                bob < 301 bob alice :asleep
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :alice bob
                phone < 366 alice #tea :End of /NAMES list
                phone < 306 alice :You have been marked as being away
                bob < :alice!account@tea.test AWAY
                phone < 305 alice :You are no longer marked as being away"#]],
        );
    }

    #[test]
    fn a_seat_survives_a_restart_with_the_real_name() {
        check(
            "alice: JOIN #tea | alice: REGISTER * * oolong | alice: SETNAME :Alice Liddell || restart | bob: JOIN #tea | bob: WHOIS alice | bob: PRIVMSG #tea :hi | login phone alice | phone: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                bob < :bob JOIN #tea
                bob < 353 bob = #tea :alice bob
                bob < 366 bob #tea :End of /NAMES list
                bob < 311 bob alice account tea.test * :Alice Liddell
                bob < 319 bob alice :#tea
                bob < 312 bob alice tea.test :Teahouse
                bob < 301 bob alice :Not connected
                bob < 330 bob alice alice :is logged in as
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :alice bob
                phone < 366 alice #tea :End of /NAMES list
                phone < :bob PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn whoever_is_put_out_of_its_last_room_has_no_seat_any_more() {
        check_with(
            &[("bob", "guest")],
            "bob: JOIN #tea | alice: JOIN #tea | alice: REGISTER * * oolong | alice: QUIT || bob: KICK #tea alice | bob: ISON alice | bob: PRIVMSG alice :sorry",
            expect![[r#"
                bob < :bob KICK #tea alice :bob
                bob < 303 bob :
                bob < 301 bob alice :Not connected"#]],
        );
    }
}
