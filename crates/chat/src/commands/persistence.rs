//! PERSISTENCE: whether an account stays in its rooms while nobody is connected as it.
//! <https://github.com/ircv3/ircv3-specifications/blob/master/extensions/persistence.md>

use serde::{Deserialize, Serialize};

use super::{Answers, Command, Stage};
use crate::entry::{Action, Event};
use crate::ids::SessionId;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::world::{Turn, User, World};

pub(super) const COMMAND: Command = Command {
    name: "PERSISTENCE",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "PERSISTENCE GET | SET ON|OFF|DEFAULT: whether you stay in your rooms while you are not connected",
    parse,
};

/// Whether an account's seats are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlwaysOn {
    /// What the account has set; `None` leaves it to the server.
    pub wanted: Option<bool>,
    /// What is so.
    pub effective: bool,
}

impl AlwaysOn {
    /// Its own setting and what is so, as STATUS spells them.
    pub(crate) fn words(self) -> [&'static str; 2] {
        let word = |on| if on { "ON" } else { "OFF" };
        [self.wanted.map_or("DEFAULT", word), word(self.effective)]
    }

    /// `PERSISTENCE STATUS <its own setting> <what is so>`
    pub(crate) fn status(self) -> Reply {
        let [wanted, effective] = self.words();
        Reply::word(COMMAND.name).param("STATUS").param(wanted).param(effective)
    }
}

/// An account sets whether its seats are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Persist {
    /// `None` leaves it to the server.
    pub wanted: Option<bool>,
}

fn parse(request: &mut Request<'_>) {
    let word = |index: usize| request.param(index).to_ascii_uppercase();
    let wanted = match (word(0).as_str(), word(1).as_str()) {
        ("GET", _) => return request.ask(Query::AlwaysOn),
        ("SET", "ON") => Some(true),
        ("SET", "OFF") => Some(false),
        ("SET", "DEFAULT") => None,
        ("SET", _) => return request.reply(refusal("INVALID_PARAMETERS", "There is ON, OFF and DEFAULT")),
        // What a later version of the specification knows, this one passes over.
        _ => return,
    };
    request.submit(Action::Persist(Persist { wanted }));
}

fn refusal(code: &'static str, text: &'static str) -> Reply {
    Reply::fail(COMMAND.name, code, text)
}

fn account_required() -> Reply {
    refusal("ACCOUNT_REQUIRED", "An account is required")
}

pub(crate) fn apply(turn: &mut Turn<'_>, persist: &Persist) {
    let Some(user) = turn.actor() else { return };
    let id = user.id;
    let Some(account) = user.account_id() else { return turn.reply(account_required()) };
    if !turn.entry.writable {
        return turn.reply(unavailable(COMMAND.name, "*"));
    }
    let before = turn.world.always_on(account);
    turn.set_always_on(id, account, persist.wanted);
    let now = turn.world.always_on(account);
    turn.promise(now.status());
    if now != before {
        turn.tell_own_others(&Event::Persistence(now));
    }
}

/// The status of the account of this session.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope) -> Asked {
    let account = world.presence.user_of(session).and_then(User::account_id);
    Asked::one(scope, account.map_or_else(account_required, |account| world.always_on(account).status()))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_account_says_whether_it_stays() {
        check(
            "bob: JOIN #tea | alice: JOIN #tea | alice: REGISTER * * oolong || alice: PERSISTENCE GET | alice: PERSISTENCE SET OFF | alice drops | login a alice | a: JOIN #tea | a: PERSISTENCE SET on | a: QUIT | bob: PRIVMSG #tea :hi | login b alice | b: PERSISTENCE SET DEFAULT",
            expect![[r#"
                alice < PERSISTENCE STATUS DEFAULT ON
                alice < PERSISTENCE STATUS OFF OFF
                bob < :alice!account@tea.test QUIT :Connection lost
                alice < ERROR :Connection lost
                bob < :alice!account@tea.test JOIN #tea
                a < :alice!account@tea.test JOIN #tea
                a < 353 alice = #tea :@bob alice
                a < 366 alice #tea :End of /NAMES list
                a < PERSISTENCE STATUS ON ON
                a < ERROR :Quit
                b < :alice!account@tea.test JOIN #tea
                b < 353 alice = #tea :@bob alice
                b < 366 alice #tea :End of /NAMES list
                b < PERSISTENCE STATUS DEFAULT ON"#]],
        );
    }

    #[test]
    fn the_others_of_its_sessions_are_told_if_they_know_the_word() {
        check_with(
            &[("a", "draft/persistence")],
            "alice: REGISTER * * oolong || login a alice | login b alice | b: PERSISTENCE SET OFF | b: PERSISTENCE SET OFF",
            expect![[r#"
                a < PERSISTENCE STATUS OFF OFF
                b < PERSISTENCE STATUS OFF OFF
                b < PERSISTENCE STATUS OFF OFF"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PERSISTENCE | alice: REGISTER * * oolong || bob: PERSISTENCE | bob: PERSISTENCE GET | bob: PERSISTENCE SET ON | alice: PERSISTENCE SET | alice: PERSISTENCE SET MAYBE | alice: PERSISTENCE DANCE | broken | alice: PERSISTENCE SET OFF | alice: PERSISTENCE GET",
            expect![[r#"
                bob < 461 bob PERSISTENCE :Not enough parameters
                bob < FAIL PERSISTENCE ACCOUNT_REQUIRED :An account is required
                bob < FAIL PERSISTENCE ACCOUNT_REQUIRED :An account is required
                alice < FAIL PERSISTENCE INVALID_PARAMETERS :There is ON, OFF and DEFAULT
                alice < FAIL PERSISTENCE INVALID_PARAMETERS :There is ON, OFF and DEFAULT
                alice < FAIL PERSISTENCE TEMPORARILY_UNAVAILABLE * :The server cannot store anything at the moment; please try again later
                alice < PERSISTENCE STATUS DEFAULT ON"#]],
        );
    }
}
