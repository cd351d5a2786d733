//! When accounts were last here: while one is connected that is now. The store is told so when the server stops, and about
//! once a day before that, so that an end without a stop costs no more of it.

use super::keeping::DAY_MS;
use super::{Turn, User, World};
use crate::durable::AccountRecord;
use crate::ids::{AccountId, Identity, Time, UserId};

/// All who are here are looked through so often, in milliseconds.
const ROUND_MS: u64 = 60 * 60 * 1000;

/// Who is looked at next, and when.
#[derive(Debug, Default)]
pub(crate) struct Round {
    due: Time,
    after: UserId,
}

impl World {
    /// When an account was last here.
    pub(crate) fn last_here(&self, account: &AccountRecord, now: Time) -> Time {
        let user = self.presence.user_known_as(Identity::Account(account.id));
        let is_here = user.is_some_and(|user| user.sessions().next().is_some());
        if is_here { account.seen.max(now) } else { account.seen }
    }

    /// When those who are here are next looked at; never while nobody is.
    pub(super) fn next_round(&self) -> Option<Time> {
        (self.presence.users_now() > 0).then_some(self.round.due)
    }
}

impl Turn<'_> {
    /// An account is here, which is kept unless something not much older is.
    pub(crate) fn touch(&mut self, id: AccountId) {
        let seen = self.world.durable.account(id).map(|account| account.seen);
        let is_old = seen.is_some_and(|seen| seen.plus_ms(DAY_MS) <= self.entry.time);
        if is_old && self.entry.writable {
            self.see(Identity::Account(id));
        }
    }

    /// The server stops: all who are connected are here up to now.
    pub(super) fn stop(&mut self) {
        let (users, _) = self.world.presence.users_after(UserId::default(), usize::MAX);
        let here = users.into_iter().filter(|user| user.sessions().next().is_some());
        for account in here.filter_map(User::account_id).collect::<Vec<_>>() {
            self.see(Identity::Account(account));
        }
    }

    /// Looks at those who are here, no more at a time than one looks at in one hold of the lock.
    pub(super) fn go_round(&mut self) {
        let now = self.entry.time;
        if now < self.world.round.due {
            return;
        }
        let rows = self.world.rules.rows_per_hold;
        let (users, more) = self.world.presence.users_after(self.world.round.after, rows);
        let here = users.into_iter().filter(|user| user.sessions().next().is_some());
        let accounts: Vec<AccountId> = here.filter_map(User::account_id).collect();
        self.world.round = match more {
            Some(after) => Round { due: now, after },
            None => Round { due: now.plus_ms(ROUND_MS), after: UserId::default() },
        };
        for account in accounts {
            self.touch(account);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn whoever_is_connected_is_here_now() {
        check(
            "alice: REGISTER * * oolong | root: OPER root oolong || wait 2000s | root: ACCOUNT LIST | alice: QUIT | wait 2000s | root: ACCOUNT LIST | root: ACCOUNT EXPORT alice",
            expect![[r#"
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-14T22:46:40.000Z
                root < NOTE ACCOUNT END * :These are all accounts
                alice < ERROR :Quit
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-14T22:46:40.000Z
                root < NOTE ACCOUNT END * :These are all accounts
                root < NOTE ACCOUNT EXPORT alice :{"account":{"last_here":"2023-11-14T22:46:40.000Z","name":"alice","number":4,"runs_the_server":false,"since":"2023-11-14T22:13:20.000Z","suspended":null}}
                root < NOTE ACCOUNT EXPORT alice :{"shown":{"key":"realname","value":"alice"}}
                root < NOTE ACCOUNT EXPORT alice :{"network":{"key":"host","value":"1700000000000"}}
                root < NOTE ACCOUNT END alice :That is all that is held on it"#]],
        );
    }

    #[test]
    fn a_stop_costs_nothing_of_it() {
        check(
            "alice: REGISTER * * oolong | bob: REGISTER * * oolong | bob: JOIN #tea | wait 1000s | bob: QUIT | wait 1000s || stop | root: OPER root oolong | root: ACCOUNT LIST",
            expect![[r#"
                root < 381 root :You are now an IRC operator
                root < :root MODE root +o
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-14T22:46:40.000Z
                root < NOTE ACCOUNT ENTRY bob :since 2023-11-14T22:13:20.000Z, last here 2023-11-14T22:30:00.000Z
                root < NOTE ACCOUNT END * :These are all accounts"#]],
        );
    }

    #[test]
    fn the_servers_end_costs_no_more_than_about_a_day_of_it() {
        check(
            "alice: REGISTER * * oolong | root: PING x || wait 90000s | restart | root: OPER root oolong | root: ACCOUNT LIST | wait 172800s | login tab alice | restart | root: OPER root oolong | root: ACCOUNT LIST",
            expect![[r#"
                root < 381 root :You are now an IRC operator
                root < :root MODE root +o
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-15T23:13:20.000Z
                root < NOTE ACCOUNT END * :These are all accounts
                root < 381 root :You are now an IRC operator
                root < :root MODE root +o
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-17T23:13:20.000Z
                root < NOTE ACCOUNT END * :These are all accounts"#]],
        );
    }
}
