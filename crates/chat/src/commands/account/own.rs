//! The owner of an account gives it another password, or ends it, and shows the password that it has for that.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;

use super::super::no_privileges;
use super::super::register::{check_password, salted};
use super::{COMMAND, Deed, Order, delete, done, refusal, send_away};
use crate::durable::AccountRecord;
use crate::entry::Action;
use crate::ids::{AccountId, SessionId, Time};
use crate::reply::{Reply, Scope, unavailable};
use crate::sasl::password_of;
use crate::session::{Answer, Request};
use crate::shard::Gate;
use crate::work::{Outcome, PasswordCost, PasswordHash, Work};
use crate::world::{Turn, User, World};

/// What an owner may say in an account's place, as in REGISTER.
const ONES_OWN: &str = "*";

/// Somebody says that an account is its own, and wants it changed.
pub struct Attempt {
    /// The account it names; none for its own, whichever that is.
    named: Option<Nick>,
    current: Box<str>,
    /// The new password; without one the account is to end.
    new: Option<Box<str>>,
    salt: [u8; 16],
    cost: PasswordCost,
    network: Arc<str>,
    right: Right,
}

/// By what right, once that is looked up.
enum Right {
    /// It has no account.
    Stranger,
    /// It is not this account's owner.
    None,
    /// It runs the server: of somebody else's account nothing has to be proved.
    Operator(Nick),
    /// It is logged in to the account, of which this is kept.
    Owner(Box<Owner>),
}

struct Owner {
    name: Nick,
    account: AccountId,
    kept: Option<PasswordHash>,
}

/// An owner wants its account changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Own {
    account: AccountId,
    name: Nick,
    /// The network it comes from, as others see it.
    network: Arc<str>,
    /// What is done; nothing if the current password was not right.
    deed: Option<Deed>,
}

/// What an owner is told who shows no password.
const TO_CHANGE_IT: &str = "Show the current password, too: ACCOUNT PASSWORD <account> <new> <current>";
const TO_END_IT: &str = "Show the current password, too: ACCOUNT DELETE <account> <current>";

fn unproved(name: &str, text: &'static str) -> Reply {
    refusal("CURRENT_PASSWORD_REQUIRED", name, text)
}

/// The answer to an owner who wants its account changed as only those who run the server may; none where owners may not.
pub(super) fn needs_password(turn: &Turn<'_>, order: &Order) -> Option<Reply> {
    let text = match order.deed {
        Deed::Password(_) => TO_CHANGE_IT,
        Deed::Delete => TO_END_IT,
        _ => return None,
    };
    let own = turn.actor().and_then(User::account)?;
    (*own == order.name).then(|| unproved(own.as_str(), text))
}

/// Reads a line that shows a current password, or would have to; any other is none of this.
pub(super) fn read(request: &Request<'_>) -> Option<Result<Attempt, Reply>> {
    let (new, current, usage) = match &*request.param(0).to_ascii_uppercase() {
        "PASSWORD" => (Some(request.param(2)), request.param(3), TO_CHANGE_IT),
        "DELETE" => (None, request.param(2), TO_END_IT),
        _ => return None,
    };
    let name = request.param(1);
    if current.is_empty() {
        return (name == ONES_OWN).then(|| Err(unproved(name, usage)));
    }
    let named = match name {
        ONES_OWN => Ok(None),
        name => Nick::parse(name).map(Some),
    };
    let Ok(named) = named else { return Some(Err(refusal("INVALID_NAME", name, "An account is named like a nick"))) };
    Some(Ok(Attempt {
        named,
        current: current.into(),
        new: new.map(Into::into),
        salt: request.entropy(),
        cost: request.info.password_cost,
        network: Arc::clone(&request.session.network),
        right: Right::None,
    }))
}

impl Attempt {
    /// Finds out whose account it is, and what is kept of it; until when it is to wait, if others have failed too often.
    pub(crate) fn look_up(&mut self, world: &World, session: SessionId, now: Time) -> Option<Time> {
        let own = world.presence.user_of(session).and_then(User::account_id);
        let own = own.and_then(|id| world.durable.account(id));
        let own = own.and_then(|account| Some((account, Nick::parse(&account.name).ok()?)));
        let (right, due) = match (own, &self.named) {
            (Some((account, name)), named) if named.as_ref().is_none_or(|named| *named == name) => {
                let due = world.failures.waits_until(&world.durable, Some(&name), &self.network, now);
                let kept = password_of(account).map(|(_, hash)| hash);
                (Right::Owner(Box::new(Owner { name, account: account.id, kept })), due)
            }
            (_, Some(named)) if world.is_operator(session) => (Right::Operator(named.clone()), None),
            (Some(_), _) => (Right::None, None),
            (None, _) => (Right::Stranger, None),
        };
        self.right = right;
        due
    }

    /// Checks the current password as a login does, and hashes the new one; this takes as long as it takes.
    pub(crate) fn judge(self, scope: &Scope) -> Outcome {
        let (salt, cost, new) = (self.salt, self.cost, self.new);
        let deed = || new.as_ref().map_or(Deed::Delete, |new| Deed::Password(salted(new, &salt, cost)));
        let refused = |refusal| Outcome::Answer(vec![Answer::Reply(scope.clone(), refusal)]);
        let name = match &self.right {
            Right::Operator(name) => Some(name),
            Right::Owner(owner) => Some(&owner.name),
            Right::Stranger | Right::None => None,
        };
        if let (Some(name), Some(new)) = (name, &new)
            && let Err(refusal) = check_password(COMMAND.name, name.as_str(), new)
        {
            return refused(refusal);
        }
        match self.right {
            Right::Stranger => {
                let shown = self.named.as_ref().map_or(ONES_OWN, Nick::as_str);
                refused(refusal("ACCOUNT_REQUIRED", shown, "Log in first"))
            }
            Right::None => refused(no_privileges()),
            Right::Operator(name) => Outcome::Submit(Action::Account(Order { name, deed: deed() })),
            Right::Owner(owner) => {
                let Owner { name, account, kept } = *owner;
                // Where no password is kept, one is checked, too.
                let is_known = kept.is_some();
                let is_right = kept.unwrap_or_else(|| PasswordHash::nobodys(cost)).is_of(&self.current);
                let deed = (is_right && is_known).then(deed);
                Outcome::Submit(Action::OwnAccount(Own { account, name, network: self.network, deed }))
            }
        }
    }
}

impl fmt::Debug for Attempt {
    /// Without the passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({:?})", self.named)
    }
}

pub(super) fn parse(request: &mut Request<'_>, attempt: Result<Attempt, Reply>) {
    match attempt {
        Ok(attempt) => request.work(Work::OwnAccount(attempt)),
        Err(refusal) => request.reply(refusal),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, own: &Own) {
    let name = &own.name;
    let account = turn.world.durable.account(own.account).cloned();
    let is_still = turn.actor().and_then(User::account_id) == Some(own.account);
    let Some(account) = account.filter(|_| is_still) else { return turn.reply(no_privileges()) };
    let Some(deed) = &own.deed else {
        let (now, world) = (turn.entry.time, &mut *turn.world);
        world.failures.note(&world.durable, Some(name), &own.network, now);
        return turn.reply(refusal("INVALID_CREDENTIALS", name.as_str(), "That is not its current password"));
    };
    turn.world.failures.forgive(name, &own.network);
    if !turn.entry.writable {
        return turn.reply(unavailable(COMMAND.name, name.as_str()));
    }
    if let Deed::Password(password) = deed {
        turn.put_account(AccountRecord { password: Some(password.clone()), ..account });
        return turn.promise(done(name, "The password is changed"));
    }
    // Who is sent away reads nothing behind that.
    turn.promise_behind(Gate::Erased, done(name, "The account is gone"));
    send_away(turn, &account, "This account is deleted");
    delete(turn, account.id);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_owner_gives_its_account_another_password_and_stays() {
        check_with(
            &[],
            "alice: REGISTER * * oolong | login tab alice || alice: ACCOUNT PASSWORD alice green1 sencha | alice: ACCOUNT PASSWORD Alice green1 oolong | alice: ACCOUNT PASSWORD * green2 green1 | alice: ACCOUNT PASSWORD alice green3 oolong | alice: PING x | tab: PING x | bob: PING x | bob: NS IDENTIFY alice oolong",
            expect![[r#"
                alice < FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password
                alice < NOTE ACCOUNT DONE alice :The password is changed
                alice < NOTE ACCOUNT DONE alice :The password is changed
                alice < FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password
                alice < PONG tea.test :x
                tab < PONG tea.test :x
                bob < PONG tea.test :x
                bob < :NickServ!services@tea.test NOTICE bob :That is no such account, or not its password"#]],
        );
    }

    #[test]
    fn an_owner_ends_its_account_and_is_answered_when_nothing_of_it_is_left() {
        check(
            "alice: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea | login tab alice || alice: ACCOUNT DELETE alice sencha | traces | alice: ACCOUNT DELETE alice oolong | bob: PING x | clean | bob: NICK alice",
            expect![[r#"
                tab < :alice!account@tea.test JOIN #tea
                tab < 353 alice = #tea :~alice bob
                tab < 366 alice #tea :End of /NAMES list
                alice < FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password
                bob < :alice!account@tea.test QUIT :This account is deleted
                tab < ERROR :This account is deleted
                bob < PONG tea.test :x
                alice < NOTE ACCOUNT DONE alice :The account is gone
                alice < ERROR :This account is deleted
                bob < :bob NICK alice"#]],
        );
    }

    #[test]
    fn services_know_it_by_their_words() {
        check(
            "alice: REGISTER * * oolong | bob: PING x || alice: NS SET PASSWORD green1 sencha | alice: NS SET PASSWORD green1 oolong | alice: NS SET EMAIL a@b.c x | alice: NS SET PASSWORD green2 | bob: NS DROP alice green1 | alice: NS DROP alice | alice: NS DROP alice green1 | bob: NICK alice",
            expect![[r#"
                alice < :NickServ!services@tea.test NOTICE alice :alice: That is not its current password
                alice < :NickServ!services@tea.test NOTICE alice :alice: The password is changed
                alice < :NickServ!services@tea.test NOTICE alice :SET PASSWORD <new password> <current password>: give your account another password
                alice < :NickServ!services@tea.test NOTICE alice :SET PASSWORD <new password> <current password>: give your account another password
                bob < :NickServ!services@tea.test NOTICE bob :alice: Log in first
                alice < :NickServ!services@tea.test NOTICE alice :DROP <your account> <current password>: end your account, with all that is its own
                alice < :NickServ!services@tea.test NOTICE alice :alice: The account is gone
                alice < ERROR :This account is deleted
                bob < :bob NICK alice"#]],
        );
    }

    #[test]
    fn whoever_guesses_waits() {
        check(
            "alice: REGISTER * * oolong | bob: PING x || alice: ACCOUNT DELETE * wrong1 | alice: ACCOUNT DELETE * wrong2 | alice: NS SET PASSWORD green1 wrong3 | alice: ACCOUNT PASSWORD * green1 oolong | bob: PING x | wait 1s",
            expect![[r#"
                alice < FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password
                alice < FAIL ACCOUNT INVALID_CREDENTIALS alice :That is not its current password
                alice < :NickServ!services@tea.test NOTICE alice :alice: That is not its current password
                bob < PONG tea.test :x
                alice < NOTE ACCOUNT DONE alice :The password is changed"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: REGISTER * * oolong | bob: REGISTER * * sencha | carol: PING x | root: OPER root oolong || bob: ACCOUNT PASSWORD alice green1 oolong | bob: ACCOUNT DELETE alice oolong | carol: ACCOUNT DELETE alice oolong | carol: ACCOUNT DELETE * oolong | alice: ACCOUNT PASSWORD Alice green1 | alice: ACCOUNT DELETE alice | alice: ACCOUNT DELETE * | bob: ACCOUNT DELETE alice | alice: ACCOUNT SUSPEND alice | alice: ACCOUNT PASSWORD a!b green1 oolong | alice: ACCOUNT PASSWORD * short oolong | alice: ACCOUNT PASSWORD * :green 1 | root: ACCOUNT PASSWORD alice alice anything | root: ACCOUNT PASSWORD alice green1 anything | root: ACCOUNT DELETE alice anything | broken | bob: ACCOUNT DELETE bob sencha",
            expect![[r#"
                bob < 481 bob :Permission Denied- You're not an IRC operator
                bob < 481 bob :Permission Denied- You're not an IRC operator
                carol < FAIL ACCOUNT ACCOUNT_REQUIRED alice :Log in first
                carol < FAIL ACCOUNT ACCOUNT_REQUIRED * :Log in first
                alice < FAIL ACCOUNT CURRENT_PASSWORD_REQUIRED alice :Show the current password, too: ACCOUNT PASSWORD <account> <new> <current>
                alice < FAIL ACCOUNT CURRENT_PASSWORD_REQUIRED alice :Show the current password, too: ACCOUNT DELETE <account> <current>
                alice < FAIL ACCOUNT CURRENT_PASSWORD_REQUIRED * :Show the current password, too: ACCOUNT DELETE <account> <current>
                bob < 481 bob :Permission Denied- You're not an IRC operator
                alice < 481 alice :Permission Denied- You're not an IRC operator
                alice < FAIL ACCOUNT INVALID_NAME a!b :An account is named like a nick
                alice < FAIL ACCOUNT WEAK_PASSWORD alice :A password has at least 6 characters, and is not the account's name
                alice < FAIL ACCOUNT CURRENT_PASSWORD_REQUIRED * :Show the current password, too: ACCOUNT PASSWORD <account> <new> <current>
                root < FAIL ACCOUNT WEAK_PASSWORD alice :A password has at least 6 characters, and is not the account's name
                root < NOTE ACCOUNT DONE alice :The password is changed
                alice < ERROR :This account is deleted
                root < NOTE ACCOUNT DONE alice :The account is gone
                bob < FAIL ACCOUNT TEMPORARILY_UNAVAILABLE bob :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
