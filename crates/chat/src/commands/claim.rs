//! `OPER claim <code>`: whoever opens the one-time link runs the server from then on.
//!
//! The program makes the code and shows it where it runs; the world keeps no more of it than a hash, for a day.

use serde::{Deserialize, Serialize};
use teahouse_proto::numerics as n;

use super::account::note;
use super::usermode;
use crate::durable::{AccountRecord, Fact, FactKind};
use crate::ids::{Time, TokenHash};
use crate::reply::{Reply, unavailable};
use crate::world::{Turn, World};

/// The operator's name that stands for a one-time code; no other is called so.
pub const CLAIM: &str = "claim";

/// How long a code can be used.
const CODE_MS: u64 = 24 * 60 * 60 * 1000;

/// Somebody shows a one-time code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// What would be kept of it.
    pub code: TokenHash,
}

/// A one-time code is good from now on, and no earlier one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// What is kept of it.
    pub code: TokenHash,
}

impl World {
    /// Whether no account runs the server.
    pub fn lacks_operator(&self) -> bool {
        !self.durable.accounts().any(|account| account.operator)
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, claim: &Claim) {
    let Some(user) = turn.actor() else { return };
    let (id, account) = (user.id, user.account_id());
    let account = account.and_then(|account| turn.world.durable.account(account)).cloned();
    let Some(account) = account else {
        let text = "Log in to the account first that is to run the server";
        return turn.reply(Reply::fail("OPER", "ACCOUNT_REQUIRED", text));
    };
    if !turn.entry.writable {
        return turn.reply(unavailable("OPER", CLAIM));
    }
    if !is_good(turn.world, claim.code, turn.entry.time) {
        let text = "That link was used, or is older than a day; `teahouse account claim` makes another";
        return turn.reply(Reply::numeric(n::ERR_PASSWDMISMATCH, text));
    }
    turn.put_fact(Fact::code(FactKind::Claim, claim.code), None);
    turn.put_account(AccountRecord { operator: true, ..account });
    turn.promise(Reply::numeric(n::RPL_YOUREOPER, "You are now an IRC operator"));
    usermode::change(turn, id, &[(true, 'o')]);
}

/// Whether a code would make its account run the server; until it does, it is an invitation to have one, too.
pub(super) fn is_good(world: &World, code: TokenHash, now: Time) -> bool {
    world.is_code_good(FactKind::Claim, code, now)
}

/// Only the program itself makes codes: whoever reads one may run the server.
pub(crate) fn offer(turn: &mut Turn<'_>, offer: &Offer) {
    if !turn.entry.writable {
        return turn.reply(unavailable("ACCOUNT", CLAIM));
    }
    let earlier: Vec<_> = turn.world.durable.facts(0, FactKind::Claim).map(|(key, _)| key.clone()).collect();
    for key in earlier {
        turn.put_fact(Fact { owner: 0, kind: FactKind::Claim, key }, None);
    }
    let end = turn.entry.time.plus_ms(CODE_MS);
    turn.put_fact(Fact::code(FactKind::Claim, offer.code), Some(end.0.to_string().into()));
    turn.promise(note("DONE", "*", "The link is good from now on"));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn whoever_opens_the_link_runs_the_server_from_then_on_and_nobody_after_it() {
        check(
            "alice: PING 1 | bob: REGISTER * * oolong | offer 5eed || alice: OPER claim 5eed | alice: REGISTER * * oolong | alice: OPER claim 0000 | alice: OPER CLAIM 5eed | bob: OPER claim 5eed | restart | login phone alice | phone: MODE alice | phone: ACCOUNT OPERATOR bob ON | login b bob | b: MODE bob | b: ACCOUNT OPERATOR alice OFF | phone: ACCOUNT LIST",
            expect![[r#"
                alice < FAIL OPER ACCOUNT_REQUIRED :Log in to the account first that is to run the server
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < 464 alice :That link was used, or is older than a day; `teahouse account claim` makes another
                alice < 381 alice :You are now an IRC operator
                alice < :alice!account@tea.test MODE alice +o
                bob < 464 bob :That link was used, or is older than a day; `teahouse account claim` makes another
                phone < 221 alice +o
                phone < NOTE ACCOUNT DONE bob :The account runs the server too
                b < 221 bob +o
                phone < :alice!account@tea.test MODE alice -o
                b < NOTE ACCOUNT DONE alice :The account does not run the server any more
                phone < 481 alice :Permission Denied- You're not an IRC operator"#]],
        );
    }

    #[test]
    fn a_link_is_good_for_a_day_and_only_the_newest() {
        check(
            "alice: REGISTER * * oolong | offer 5eed | wait 86399s | offer beef || alice: OPER claim 5eed | wait 86401s | alice: OPER claim beef | offer cafe | broken | alice: OPER claim cafe | mended | restart | login a alice | a: OPER claim cafe",
            expect![[r#"
                alice < 464 alice :That link was used, or is older than a day; `teahouse account claim` makes another
                alice < 464 alice :That link was used, or is older than a day; `teahouse account claim` makes another
                alice < FAIL OPER TEMPORARILY_UNAVAILABLE claim :The server cannot store anything at the moment; please try again later
                a < 381 alice :You are now an IRC operator
                a < :alice!account@tea.test MODE alice +o"#]],
        );
    }
}
