//! REDEEM: show an invitation, where an account needs one; REGISTER then uses it up. Ours alone.

use serde::{Deserialize, Serialize};

use super::{Answers, Command, Stage};
use crate::durable::{Fact, FactKind};
use crate::ids::{Time, TokenHash};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::{Turn, World};

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

/// The server is to let somebody in who shows a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invite {
    /// What is kept of the code: whoever made it tells it to the one invited.
    pub code: TokenHash,
    /// For how long it is good, in milliseconds.
    pub lasts_ms: u64,
}

fn parse(request: &mut Request<'_>) {
    let code = TokenHash::of(request.param(0));
    request.session.invitation = Some(Box::new(code));
    request.ask(Query::Invitation(code));
}

/// Whether it is good now; REGISTER looks again.
pub(crate) fn answer(world: &World, scope: &Scope, code: TokenHash, now: Time) -> Asked {
    let reply = match is_good(world, Some(code), now) {
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
    let now = turn.entry.time;
    let open = |turn: &Turn<'_>| {
        let all = turn.world.durable.facts(0, FactKind::Invitation);
        all.map(|(key, until)| (key.clone(), good_until(until) > now)).collect::<Vec<_>>()
    };
    for (key, _) in open(turn).into_iter().filter(|(_, is_good)| !is_good) {
        turn.put_fact(Fact { owner: 0, kind: FactKind::Invitation, key }, None);
    }
    if !turn.entry.writable {
        return turn.reply(crate::reply::unavailable("INVITATION", "*"));
    }
    if open(turn).len() >= INVITATIONS_MAX {
        let text = "As many invitations are open as there may be; wait until some are used or too old";
        return turn.reply(Reply::fail("INVITATION", "TOO_MANY", text));
    }
    turn.put_fact(fact(invite.code), Some(now.plus_ms(invite.lasts_ms).0.to_string().into()));
    turn.promise(Reply::word("INVITATION").param("SUCCESS").text("The invitation is good for one account"));
}

/// Whether an invitation was shown that is good.
pub(super) fn is_good(world: &World, code: Option<TokenHash>, now: Time) -> bool {
    let until = code.and_then(|code| world.durable.fact(&fact(code)));
    until.is_some_and(|until| good_until(until) > now)
}

/// An invitation is good for one account.
pub(super) fn use_up(turn: &mut Turn<'_>, code: TokenHash) {
    turn.put_fact(fact(code), None);
}

fn good_until(value: &str) -> Time {
    Time(value.parse().unwrap_or(0))
}

fn fact(code: TokenHash) -> Fact {
    let key: String = code.0.iter().map(|byte| format!("{byte:02x}")).collect();
    Fact { owner: 0, kind: FactKind::Invitation, key: key.into() }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check};

    #[test]
    fn an_invitation_is_good_once_and_for_its_time() {
        Script { set: |info| info.rules.registration = crate::info::Registration::Invite, ..Script::default() }.check(
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
