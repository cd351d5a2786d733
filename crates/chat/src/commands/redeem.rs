//! REDEEM: show an invitation, where an account needs one; REGISTER then uses it up. Ours alone.
//!
//! Those who run the server make them by `ACCOUNT INVITE`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::account::{note, refusal};
use super::uban::duration_ms;
use super::{Answers, Command, Stage, claim};
use crate::durable::{Fact, FactKind};
use crate::ids::{Time, TokenHash, hex};
use crate::info::{Registration, ServerInfo};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Turn, World, codes};

pub(super) const COMMAND: Command = Command {
    name: "REDEEM",
    params_min: 1,
    stage: Stage::Any,
    answers: Answers::One,
    help: "REDEEM <code>: show an invitation to this server; then REGISTER",
    parse,
};

/// How many invitations may be open at a time.
pub const INVITATIONS_MAX: usize = 1000;

/// How long an invitation is good if nothing is said of that.
const LASTS_MS: u64 = 7 * 24 * 60 * 60 * 1000;

/// How long one can be good at most.
const LASTS_MS_MAX: u64 = 365 * 24 * 60 * 60 * 1000;

/// The server is to let somebody in who shows a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// What is kept of its code.
    pub hash: TokenHash,
    /// The code, for whoever has asked for it to hand on; it is written nowhere.
    #[serde(skip)]
    pub code: Code,
    /// For how long it is good, in milliseconds.
    pub lasts_ms: u64,
    /// Where the page is found that its link leads to.
    pub page: Option<Box<str>>,
}

/// A code that whoever has it may use.
#[derive(Clone, Default)]
pub struct Code(pub Box<str>);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl Invite {
    /// For as long as `time` says (`30m`, `12h`, `7d`, `2w`), or for a week, with a code of these bits.
    pub(super) fn read(time: &str, bits: [u8; 16], info: &ServerInfo) -> Result<Self, Reply> {
        let lasts_ms = if time.is_empty() { Some(LASTS_MS) } else { duration_ms(time) };
        let lasts_ms = lasts_ms.filter(|lasts_ms| *lasts_ms <= LASTS_MS_MAX);
        let code = hex(&bits);
        match lasts_ms {
            Some(lasts_ms) => {
                let (hash, code) = (TokenHash::of(&code), Code(code.into()));
                Ok(Invite { hash, code, lasts_ms, page: info.page.clone() })
            }
            None => Err(refusal("INVALID_PARAMS", time, "Say for how long, up to a year, like 30m, 12h, 7d or 2w")),
        }
    }

    /// What is told to whoever has made it.
    fn told(&self, until: Time) -> Reply {
        let code = &self.code.0;
        let way = match &self.page {
            Some(page) => format!("{page}invite/{code}"),
            None => format!("REDEEM {code}, then REGISTER"),
        };
        note("INVITE", code.to_string(), format!("Good for one new account, until {until}: {way}"))
    }
}

fn parse(request: &mut Request<'_>) {
    let code = TokenHash::of(request.param(0));
    request.session.invitation = Some(Box::new(code));
    request.ask(Query::Invitation(code));
}

/// Whether it is good now; REGISTER looks again.
pub(crate) fn answer(world: &World, scope: &Scope, code: TokenHash, now: Time) -> Asked {
    let reply = match is_good(world, Some(code), now) {
        // One that was made before, or the link to run the server.
        _ if world.rules.registration == Registration::Closed => {
            Reply::fail("REDEEM", "REGISTRATION_CLOSED", "Nobody new gets an account here; its host can make one")
        }
        true => Reply::word("REDEEM").param("SUCCESS").text("You are welcome: REGISTER makes your nick your own"),
        false => {
            Reply::fail("REDEEM", "INVALID_CODE", "The invitation is used up, too old, or none; ask for a new one")
        }
    };
    Asked::one(scope, reply)
}

/// Makes an invitation, on a server operator's word or the host's; those that are too old go.
pub(crate) fn apply(turn: &mut Turn<'_>, invite: &Invite) {
    if turn.entry.origin.is_some() && !turn.is_operator() {
        return turn.reply(super::no_privileges());
    }
    if turn.world.rules.registration == Registration::Closed {
        let text = "Nobody new gets an account here, not by an invitation either; make one by CREATE";
        return turn.reply(refusal("REGISTRATION_CLOSED", "INVITE", text));
    }
    let now = turn.entry.time;
    let open = |turn: &Turn<'_>| {
        let all = turn.world.durable.facts(0, FactKind::Invitation);
        all.map(|(key, until)| (key.clone(), codes::is_good(until, now))).collect::<Vec<_>>()
    };
    for (key, _) in open(turn).into_iter().filter(|(_, is_good)| !is_good) {
        turn.put_fact(Fact { owner: 0, kind: FactKind::Invitation, key }, None);
    }
    if !turn.entry.writable {
        return turn.reply(unavailable("ACCOUNT", "INVITE"));
    }
    if open(turn).len() >= INVITATIONS_MAX {
        let text = "As many invitations are open as there may be; wait until some are used or too old";
        return turn.reply(refusal("TOO_MANY", "INVITE", text));
    }
    let until = now.plus_ms(invite.lasts_ms);
    turn.put_fact(Fact::code(FactKind::Invitation, invite.hash), Some(until.0.to_string().into()));
    turn.promise(invite.told(until));
}

/// Whether an invitation was shown that is good, or the code of a link to run the server, which needs an account.
pub(super) fn is_good(world: &World, code: Option<TokenHash>, now: Time) -> bool {
    let Some(code) = code else { return false };
    world.is_code_good(FactKind::Invitation, code, now) || claim::is_good(world, code, now)
}

/// An invitation is good for one account.
pub(super) fn use_up(turn: &mut Turn<'_>, code: TokenHash) {
    turn.put_fact(Fact::code(FactKind::Invitation, code), None);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::info::Registration;
    use crate::testing::{Script, check};

    #[test]
    fn an_invitation_is_good_once_and_for_its_time() {
        Script { set: |info| info.rules.registration = Registration::Invite, ..Script::default() }.check(
            "alice: PING 1 | bob: PING 1 | carol: PING 1 | invitation one 60s | invitation two 60s || alice: REGISTER * * oolong | alice: REDEEM none | alice: REGISTER * * oolong | alice: REDEEM one | alice: REGISTER * * oolong | bob: REDEEM one | bob: REDEEM two | wait 61s | bob: REGISTER * * oolong | bob: REDEEM two | invitation three 60s | bob: REDEEM three | alice: REDEEM",
            expect![[r#"
                alice < FAIL REGISTER INVITATION_REQUIRED alice :An account needs an invitation here: show it by REDEEM <code> first
                alice < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one
                alice < FAIL REGISTER INVITATION_REQUIRED alice :An account needs an invitation here: show it by REDEEM <code> first
                alice < REDEEM SUCCESS :You are welcome: REGISTER makes your nick your own
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                bob < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one
                bob < REDEEM SUCCESS :You are welcome: REGISTER makes your nick your own
                bob < FAIL REGISTER INVITATION_REQUIRED bob :An account needs an invitation here: show it by REDEEM <code> first
                bob < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one
                bob < REDEEM SUCCESS :You are welcome: REGISTER makes your nick your own
                alice < 461 alice REDEEM :Not enough parameters"#]],
        );
    }

    #[test]
    fn those_who_run_the_server_make_invitations() {
        Script { set: |info| info.rules.registration = Registration::Invite, ..Script::default() }.check(
            "alice: PING 1 | bob: PING 1 | carol: PING 1 | root: OPER root oolong || root: ACCOUNT INVITE | root: ACCOUNT INVITE 30m | root: ACCOUNT invite soon | root: ACCOUNT INVITE 53w | alice: ACCOUNT INVITE | broken | root: ACCOUNT INVITE | mended",
            expect![[r#"
                root < NOTE ACCOUNT INVITE 00000000000000000000000000000001 :Good for one new account, until 2023-11-21T22:13:20.000Z: http://tea.test/invite/00000000000000000000000000000001
                root < NOTE ACCOUNT INVITE 00000000000000000000000000000002 :Good for one new account, until 2023-11-14T22:43:20.000Z: http://tea.test/invite/00000000000000000000000000000002
                root < FAIL ACCOUNT INVALID_PARAMS soon :Say for how long, up to a year, like 30m, 12h, 7d or 2w
                root < FAIL ACCOUNT INVALID_PARAMS 53w :Say for how long, up to a year, like 30m, 12h, 7d or 2w
                alice < 481 alice :Permission Denied- You're not an IRC operator
                root < FAIL ACCOUNT TEMPORARILY_UNAVAILABLE INVITE :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn an_invitation_that_was_made_lets_one_in() {
        Script {
            set: |info| {
                info.rules.registration = Registration::Invite;
                info.page = None;
            },
            ..Script::default()
        }
        .check(
            "alice: PING 1 | root: OPER root oolong || root: ACCOUNT INVITE 1d | alice: REDEEM 00000000000000000000000000000001 | alice: REGISTER * * oolong | root: REDEEM 00000000000000000000000000000001",
            expect![[r#"
                root < NOTE ACCOUNT INVITE 00000000000000000000000000000001 :Good for one new account, until 2023-11-15T22:13:20.000Z: REDEEM 00000000000000000000000000000001, then REGISTER
                alice < REDEEM SUCCESS :You are welcome: REGISTER makes your nick your own
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                root < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one"#]],
        );
    }

    #[test]
    fn whoever_is_to_run_the_server_needs_no_other_invitation() {
        Script { set: |info| info.rules.registration = Registration::Invite, ..Script::default() }.check(
            "alice: PING 1 | bob: PING 1 | offer 5eed || alice: REDEEM 5eed | alice: REGISTER * * oolong | alice: OPER claim 5eed | bob: REDEEM 5eed | bob: REGISTER * * oolong",
            expect![[r#"
                alice < REDEEM SUCCESS :You are welcome: REGISTER makes your nick your own
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < 381 alice :You are now an IRC operator
                alice < :alice!account@tea.test MODE alice +o
                bob < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one
                bob < FAIL REGISTER INVITATION_REQUIRED bob :An account needs an invitation here: show it by REDEEM <code> first"#]],
        );
    }

    #[test]
    fn where_nobody_new_gets_an_account_none_is_made_and_none_is_good() {
        Script { set: |info| info.rules.registration = Registration::Closed, ..Script::default() }.check(
            "root: OPER root oolong | alice: PING 1 | offer 5eed || root: ACCOUNT INVITE | alice: REDEEM 5eed | alice: REDEEM none",
            expect![[r#"
                root < FAIL ACCOUNT REGISTRATION_CLOSED INVITE :Nobody new gets an account here, not by an invitation either; make one by CREATE
                alice < FAIL REDEEM REGISTRATION_CLOSED :Nobody new gets an account here; its host can make one
                alice < FAIL REDEEM REGISTRATION_CLOSED :Nobody new gets an account here; its host can make one"#]],
        );
    }

    #[test]
    fn there_is_a_limit_to_how_many_are_open() {
        let many =
            (0..super::INVITATIONS_MAX).map(|n| format!("invitation code{n} 60s")).collect::<Vec<_>>().join(" | ");
        check(
            &format!("root: OPER root oolong | {many} || root: ACCOUNT INVITE | wait 61s | root: ACCOUNT INVITE 5"),
            expect![[r#"
                root < FAIL ACCOUNT TOO_MANY INVITE :As many invitations are open as there may be; wait until some are used or too old
                root < NOTE ACCOUNT INVITE 00000000000000000000000000000002 :Good for one new account, until 2023-11-14T22:19:21.000Z: http://tea.test/invite/00000000000000000000000000000002"#]],
        );
    }

    #[test]
    fn where_accounts_are_free_it_is_of_no_harm() {
        check(
            "alice: PING 1 || alice: REDEEM none | alice: REGISTER * * oolong",
            expect![[r#"
            alice < FAIL REDEEM INVALID_CODE :The invitation is used up, too old, or none; ask for a new one
            alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
            alice < REGISTER SUCCESS alice :The nick is yours now"#]],
        );
    }
}
