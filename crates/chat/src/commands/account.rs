//! ACCOUNT: those who run the server make accounts, and change or end them. Ours alone.
//!
//! By an operator's session, or by the program itself (`teahouse account`), which is an operator to itself.
//!
//! - [`export`]: all that is held on one.
//! - [`own`]: what an owner may do with its own.

pub mod export;
pub mod own;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::irc::Message;
use teahouse_proto::names::Nick;

use super::redeem::Invite;
use super::register::{check_password, salted};
use super::{Answers, Command, Stage};
use crate::durable::{AccountRecord, Change, Credentials, Owner};
use crate::entry::{Action, Audience, Event};
use crate::ids::{AccountId, Identity, SessionId, Time};
use crate::info::ServerInfo;
use crate::modes::Who;
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::session::Request;
use crate::session::attach::{self, Link};
use crate::shard::Gate;
use crate::work::{PasswordCost, Work};
use crate::world::bans::Target;
use crate::world::{Leaving, Turn, User, World};

pub(super) const COMMAND: Command = Command {
    name: "ACCOUNT",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "ACCOUNT PASSWORD <yours> <new> <current> | DELETE <yours> <current>. Those who run the server: CREATE|PASSWORD <name> <password> | SUSPEND <name> [<why>] | RESUME|DELETE|EXPORT <name> | RENAME <name> <new name> | OPERATOR <name> ON|OFF | INVITE [<time>] | LIST",
    parse,
};

/// The longest reason of a suspension, in bytes: it fits into a QUIT, whatever the names around it.
const REASON_BYTES_MAX: usize = 200;

/// What is to be done with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub name: Nick,
    /// What is done.
    pub deed: Deed,
}

/// What can be done with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Deed {
    /// It is made, with this password.
    Create(Credentials),
    /// It has another password.
    Password(Credentials),
    /// It cannot be used, for this reason.
    Suspend(Arc<str>),
    /// It can be used again.
    Resume,
    /// It has another name.
    Rename(Nick),
    /// It is gone.
    Delete,
    /// Its owner runs the server too, or not any more.
    Operator(bool),
}

/// A password that those who run the server have chosen for somebody.
pub struct Choice {
    name: Nick,
    password: Box<str>,
    salt: [u8; 16],
    cost: PasswordCost,
    is_new: bool,
}

impl Choice {
    /// Hashes the password; this takes as long as it takes.
    pub fn hash(self) -> Order {
        let password = salted(&self.password, &self.salt, self.cost);
        let deed = if self.is_new { Deed::Create(password) } else { Deed::Password(password) };
        Order { name: self.name, deed }
    }
}

impl fmt::Debug for Choice {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({})", self.name.as_str())
    }
}

/// What a line of this command wants.
#[derive(Debug)]
pub enum Wish {
    /// Something is changed.
    Order(Order),
    /// A password is hashed first.
    Choice(Choice),
    /// The accounts are told, from behind this one on.
    List(AccountId),
    /// All that is held on an account is told.
    Export(Nick),
    /// Somebody is invited.
    Invite(Invite),
    /// A one-time code is made; for the program alone, which shows it.
    Claim,
}

fn parse(request: &mut Request<'_>) {
    if let Some(attempt) = own::read(request) {
        return own::parse(request, attempt);
    }
    match read(request.message, request.entropy(), request.info) {
        Ok(Wish::Order(order)) => request.submit(Action::Account(order)),
        Ok(Wish::Choice(choice)) => request.work(Work::Account(choice)),
        Ok(Wish::List(after)) => request.ask(Query::Accounts(after)),
        Ok(Wish::Invite(invite)) => request.submit(Action::Invitation(invite)),
        Ok(Wish::Export(name)) => request.ask(Query::Export(Box::new(name.into()))),
        Ok(Wish::Claim) => {
            let text = "That is for where the server runs: teahouse account";
            let refusal = refusal("INVALID_PARAMS", request.param(0), text);
            request.reply(refusal);
        }
        Err(refusal) => request.reply(refusal),
    }
}

/// Reads a line of this command; the random bits are for a password in it, or for an invitation.
pub fn read(message: &Message<'_>, salt: [u8; 16], info: &ServerInfo) -> Result<Wish, Reply> {
    let param = |index: usize| message.params.get(index).unwrap_or_default();
    let nick = |index: usize| {
        Nick::parse(param(index)).map_err(|_| refusal("INVALID_NAME", param(index), "An account is named like a nick"))
    };
    let order = |deed: Deed| Ok(Wish::Order(Order { name: nick(1)?, deed }));
    let choice = |is_new: bool| {
        let name = nick(1)?;
        check_password("ACCOUNT", name.as_str(), param(2))?;
        Ok(Wish::Choice(Choice { name, password: param(2).into(), salt, cost: info.password_cost, is_new }))
    };
    match &*param(0).to_ascii_uppercase() {
        "LIST" => Ok(Wish::List(AccountId::default())),
        "CLAIM" => Ok(Wish::Claim),
        "INVITE" => Invite::read(param(1), salt, info).map(Wish::Invite),
        "EXPORT" => nick(1).map(Wish::Export),
        "CREATE" => choice(true),
        "PASSWORD" => choice(false),
        "SUSPEND" if param(2).len() > REASON_BYTES_MAX => {
            Err(refusal("INVALID_PARAMS", nick(1)?.as_str(), "That reason is too long"))
        }
        "SUSPEND" => order(Deed::Suspend(param(2).into())),
        "RESUME" => order(Deed::Resume),
        "RENAME" => nick(1).and_then(|_| order(Deed::Rename(nick(2)?))),
        "DELETE" => order(Deed::Delete),
        "OPERATOR" if param(2).eq_ignore_ascii_case("ON") => order(Deed::Operator(true)),
        "OPERATOR" if param(2).eq_ignore_ascii_case("OFF") => order(Deed::Operator(false)),
        _ => {
            let text = "There is CREATE, PASSWORD, SUSPEND, RESUME, RENAME, DELETE, OPERATOR … ON or OFF, EXPORT, INVITE, and LIST";
            Err(refusal("INVALID_PARAMS", param(0), text))
        }
    }
}

fn no_such_account(name: &Nick) -> Reply {
    refusal("NO_SUCH_ACCOUNT", name.as_str(), "There is no such account")
}

/// A one-time code for whoever reads this.
pub fn offered(info: &ServerInfo, code: &str) -> Reply {
    let text = match &info.page {
        Some(page) => format!("Whoever opens {page}#/claim/{code} within a day, once, runs the server"),
        None => format!("Whoever logs in to an account within a day and says OPER claim {code}, once, runs the server"),
    };
    note("CLAIM", code.to_owned(), text)
}

/// The answer to a line for the program that is none of this command.
pub fn unknown(line: &str) -> Reply {
    refusal("INVALID_PARAMS", line, "That is no line for the program")
}

/// `NOTE ACCOUNT code name :text`
pub(crate) fn note(
    code: &'static str,
    name: impl Into<Cow<'static, str>>,
    text: impl Into<Cow<'static, str>>,
) -> Reply {
    Reply::word("NOTE").param(COMMAND.name).param(code).param(name).text(text)
}

fn done(name: &Nick, text: &'static str) -> Reply {
    note("DONE", name.as_str().to_owned(), text)
}

pub(super) fn refusal(code: &'static str, name: &str, text: &'static str) -> Reply {
    Reply::fail(COMMAND.name, code, text).param(super::shown(name))
}

pub(crate) fn apply(turn: &mut Turn<'_>, order: &Order) {
    match carry_out(turn, order) {
        Ok(text) => {
            // Whoever ends an account may go by it that nothing of it is left.
            let gate = if matches!(order.deed, Deed::Delete) { Gate::Erased } else { Gate::Settled };
            turn.promise_behind(gate, done(&order.name, text));
        }
        Err(refusal) => turn.reply(refusal),
    }
}

fn carry_out(turn: &mut Turn<'_>, order: &Order) -> Result<&'static str, Reply> {
    if !turn.is_operator() {
        return Err(own::needs_password(turn, order).unwrap_or_else(super::no_privileges));
    }
    let name = order.name.as_str();
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, name));
    }
    if let Deed::Create(password) = &order.deed {
        return create(turn, &order.name, password);
    }
    let account = turn.world.durable.account_named(&order.name).cloned();
    let account = account.ok_or_else(|| no_such_account(&order.name))?;
    match &order.deed {
        Deed::Create(_) => unreachable!("that was done above"),
        Deed::Password(password) => {
            turn.put_account(AccountRecord { password: Some(password.clone()), ..account });
            Ok("The password is changed")
        }
        Deed::Suspend(reason) => {
            turn.put_account(AccountRecord { suspended: Some(Arc::clone(reason)), ..account.clone() });
            disconnect(turn, &account, "This account is suspended");
            Ok("The account cannot be used any more")
        }
        Deed::Resume => {
            turn.put_account(AccountRecord { suspended: None, ..account });
            Ok("The account can be used")
        }
        Deed::Rename(to) => rename(turn, account, to),
        Deed::Delete => {
            send_away(turn, &account, "This account is deleted");
            delete(turn, account.id);
            Ok("The account is gone")
        }
        Deed::Operator(on) => {
            turn.put_account(AccountRecord { operator: *on, ..account.clone() });
            if let Some(user) = turn.world.presence.user_known_as(Identity::Account(account.id)).map(|user| user.id) {
                super::usermode::change(turn, user, &[(*on, 'o')]);
            }
            Ok(if *on { "The account runs the server too" } else { "The account does not run the server any more" })
        }
    }
}

fn create(turn: &mut Turn<'_>, name: &Nick, password: &Credentials) -> Result<&'static str, Reply> {
    if turn.world.durable.account_looking_like(name).is_some() {
        return Err(refusal("ACCOUNT_EXISTS", name.as_str(), "There is such an account already"));
    }
    if turn.world.nick_taken(name, None, None) {
        return Err(refusal("NICK_IN_USE", name.as_str(), "Somebody else goes by that name now"));
    }
    let (id, now) = (AccountId(turn.entry.position.0), turn.entry.time);
    turn.put_account(AccountRecord::new(id, name.as_str().into(), Some(password.clone()), now));
    Ok("The account is there")
}

/// Whoever is connected as an account is not any more; its seats are kept as at any other end.
fn disconnect(turn: &mut Turn<'_>, account: &AccountRecord, reason: &str) {
    let user = turn.world.presence.user_known_as(Identity::Account(account.id));
    let sessions: Vec<_> = user.into_iter().flat_map(User::sessions).collect();
    let reason = reason.into();
    for session in sessions {
        turn.tell_unasked(Audience::Session(session), Event::Close(Arc::clone(&reason)));
        attach::end(turn, session, &reason, Leaving::Goodbye);
    }
}

/// Whoever is connected as an account is not any more, and leaves its rooms.
fn send_away(turn: &mut Turn<'_>, account: &AccountRecord, reason: &str) {
    let Some(user) = turn.world.presence.user_known_as(Identity::Account(account.id)).map(|user| user.id) else {
        return;
    };
    let reason = reason.into();
    turn.close_all(user, &reason);
    turn.quit(user, &reason, Leaving::Goodbye);
}

fn rename(turn: &mut Turn<'_>, account: AccountRecord, to: &Nick) -> Result<&'static str, Reply> {
    let own = Identity::Account(account.id);
    let user = turn.world.presence.user_known_as(own).map(|user| user.id);
    if turn.world.nick_taken(to, user, Some(own)) {
        return Err(refusal("NICK_IN_USE", to.as_str(), "Somebody goes by that name, or by one that looks like it"));
    }
    // A ban on the account itself goes along with it.
    let source = turn.world.account_source(to);
    if turn.world.ban_on(None, Who { source: &source, account: Some(to) }, Link::default()).is_some() {
        return Err(refusal("INVALID_NAME", to.as_str(), "A ban meets that name"));
    }
    match user {
        Some(user) => super::nick::rename(turn, user, to),
        None => turn.put_account(AccountRecord { name: to.as_str().into(), ..account }),
    }
    Ok("The account has its new name")
}

/// What belongs to it goes with it; its rooms are nobody's, and what it said in rooms stays said.
fn delete(turn: &mut Turn<'_>, id: AccountId) {
    let founded = turn.world.durable.rooms_of(Owner::Account(id));
    turn.drop_access(id);
    for room in founded {
        turn.settle_emptiness(room, Leaving::Dropped);
    }
    for fact in turn.world.durable.facts_of(id.0) {
        turn.put_fact(fact, None);
    }
    turn.put_fact(Target::Account(id).fact(), None);
    if let Some(name) = turn.world.durable.account(id).and_then(|account| Nick::parse(&account.name).ok()) {
        super::mode::rename_in_lists(turn, &name, None);
    }
    turn.world.durable.remove_account(id);
    turn.out.changes.push(Change::AccountForgotten(id));
}

/// The accounts, by and by.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope, after: AccountId, now: Time) -> Asked {
    if !world.is_operator(session) {
        return Asked::one(scope, super::no_privileges());
    }
    let (accounts, more) = world.durable.accounts_after(after, world.rules.rows_per_hold);
    let end = Reply::word("NOTE").param(COMMAND.name).param("END").param("*").text("These are all accounts");
    let lines = accounts
        .into_iter()
        .map(|account| line(account, world.last_here(account, now)))
        .chain(more.is_none().then_some(end))
        .collect();
    let mut asked = Asked::replies(scope, lines);
    asked.more = more.map(Query::Accounts);
    asked
}

fn line(account: &AccountRecord, last_here: Time) -> Reply {
    let mut text = format!("since {}, last here {last_here}", account.created);
    if account.operator {
        text.push_str(", runs the server");
    }
    if let Some(reason) = &account.suspended {
        text.push_str(", suspended");
        if !reason.is_empty() {
            text.push_str(": ");
            text.push_str(reason);
        }
    }
    Reply::word("NOTE").param(COMMAND.name).param("ENTRY").param(account.name.to_string()).text(text)
}

/// What is told to whoever has proved to own an account that is suspended.
pub(crate) fn suspended(account: &AccountRecord) -> Option<String> {
    let reason = account.suspended.as_ref()?;
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    Some(format!("This account is suspended{because}"))
}

/// Whoever comes as an account that runs the server is an operator at once.
pub(crate) fn promote(turn: &mut Turn<'_>, id: AccountId) {
    let runs = turn.world.durable.account(id).is_some_and(|account| account.operator);
    let user = turn.world.presence.user_known_as(Identity::Account(id)).filter(|user| runs && !user.modes.operator);
    if let Some(user) = user.map(|user| user.id) {
        super::usermode::change(turn, user, &[(true, 'o')]);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    /// Somebody comes in as alice, by her password.
    fn login(who: &str) -> String {
        let lines = [
            "CAP REQ sasl",
            "AUTHENTICATE PLAIN",
            "AUTHENTICATE AGFsaWNlAG9vbG9uZw==",
            "NICK x",
            "USER x 0 * :x",
            "CAP END",
        ];
        let lines = lines.map(|line| format!("{who}: {line}"));
        format!("connect {who} | {}", lines.join(" | "))
    }

    #[test]
    fn an_account_is_made_suspended_resumed_and_deleted() {
        check(
            &format!(
                "root: OPER root oolong | root: JOIN #tea || root: ACCOUNT CREATE alice oolong | {} | b: JOIN #tea | root: ACCOUNT SUSPEND alice :rude | {} | root: ACCOUNT LIST | root: ACCOUNT RESUME alice | root: ACCOUNT DELETE alice | root: ACCOUNT LIST",
                login("b"),
                login("c")
            ),
            expect![[r#"
                root < NOTE ACCOUNT DONE alice :The account is there
                b < CAP * ACK :sasl
                b < AUTHENTICATE +
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful
                b < 001 alice :Welcome to the Test Network, alice
                b < 376 alice :End of /MOTD command.
                root < :alice!account@tea.test JOIN #tea
                b < :alice!account@tea.test JOIN #tea
                b < 353 alice = #tea :@root alice
                b < 366 alice #tea :End of /NAMES list
                root < NOTE ACCOUNT DONE alice :The account cannot be used any more
                b < ERROR :This account is suspended
                c < CAP * ACK :sasl
                c < AUTHENTICATE +
                c < 902 * :This account is suspended: rude
                c < 001 x :Welcome to the Test Network, x
                c < 376 x :End of /MOTD command.
                root < NOTE ACCOUNT ENTRY alice :since 2023-11-14T22:13:20.000Z, last here 2023-11-14T22:13:20.000Z, suspended: rude
                root < NOTE ACCOUNT END * :These are all accounts
                root < NOTE ACCOUNT DONE alice :The account can be used
                root < :alice!account@tea.test QUIT :This account is deleted
                root < NOTE ACCOUNT DONE alice :The account is gone
                root < NOTE ACCOUNT END * :These are all accounts"#]],
        );
    }

    #[test]
    fn whoever_is_suspended_or_banned_for_a_while_keeps_its_seats() {
        check_with(
            &[("root", "away-notify")],
            "root: OPER root oolong | root: JOIN #tea | bob: JOIN #tea | bob: REGISTER * * oolong || root: ACCOUNT SUSPEND bob | root: ACCOUNT RESUME bob | login b bob | root: UBAN ADD bob 3s | wait 3s | login c bob | root: ACCOUNT SUSPEND bob | root: KICK #tea bob | root: ACCOUNT RESUME bob | login d bob | d: WHOIS bob",
            expect![[r#"
                root < :bob!account@tea.test AWAY :Not connected
                root < NOTE ACCOUNT DONE bob :The account cannot be used any more
                bob < ERROR :This account is suspended
                root < NOTE ACCOUNT DONE bob :The account can be used
                b < :bob!account@tea.test JOIN #tea
                b < 353 bob = #tea :@root bob
                b < 366 bob #tea :End of /NAMES list
                root < :bob!account@tea.test AWAY
                root < :bob!account@tea.test AWAY :Not connected
                root < NOTE UBAN DONE bob :The ban stands
                b < 465 bob :You are banned from this server
                b < ERROR :Banned
                c < :bob!account@tea.test JOIN #tea
                c < 353 bob = #tea :@root bob
                c < 366 bob #tea :End of /NAMES list
                root < :bob!account@tea.test AWAY
                root < :bob!account@tea.test AWAY :Not connected
                root < NOTE ACCOUNT DONE bob :The account cannot be used any more
                c < ERROR :This account is suspended
                root < :root KICK #tea bob :root
                root < NOTE ACCOUNT DONE bob :The account can be used
                d < 311 bob bob account tea.test * :d
                d < 312 bob bob tea.test :Teahouse
                d < 330 bob bob bob :is logged in as
                d < 338 bob bob 0::1 :Is actually using host
                d < 317 bob bob 0 1700000003 :seconds idle, signon time
                d < 318 bob bob :End of /WHOIS list"#]],
        );
    }

    #[test]
    fn an_accounts_end_is_answered_when_no_file_has_anything_of_it() {
        check(
            "root: OPER root oolong | root: ACCOUNT CREATE alice oolong | traces || root: ACCOUNT RENAME alice bob | root: ACCOUNT DELETE bob | root: PING x",
            expect![[r#"
                root < NOTE ACCOUNT DONE alice :The account has its new name"#]],
        );
        check(
            "root: OPER root oolong | root: ACCOUNT CREATE alice oolong | traces || root: ACCOUNT DELETE alice | clean",
            expect![[r#"
                root < NOTE ACCOUNT DONE alice :The account is gone"#]],
        );
    }

    #[test]
    fn a_renamed_account_has_its_new_nick_at_once() {
        check(
            &format!(
                "root: OPER root oolong | root: ACCOUNT CREATE alice oolong | root: JOIN #tea | {} | b: JOIN #tea || root: ACCOUNT RENAME alice bob | root: ACCOUNT RENAME bob root | root: ACCOUNT PASSWORD bob green | root: ACCOUNT OPERATOR bob ON | b: ACCOUNT OPERATOR bob OFF | b: ACCOUNT LIST",
                login("b")
            ),
            expect![[r#"
                root < :alice!account@tea.test NICK bob
                root < NOTE ACCOUNT DONE alice :The account has its new name
                b < :alice!account@tea.test NICK bob
                root < FAIL ACCOUNT NICK_IN_USE root :Somebody goes by that name, or by one that looks like it
                root < FAIL ACCOUNT WEAK_PASSWORD bob :A password has at least 6 characters, and is not the account's name
                root < NOTE ACCOUNT DONE bob :The account runs the server too
                b < :bob!account@tea.test MODE bob +o
                b < :bob!account@tea.test MODE bob -o
                b < NOTE ACCOUNT DONE bob :The account does not run the server any more
                b < 481 bob :Permission Denied- You're not an IRC operator"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "root: OPER root oolong | alice: PING 1 || alice: ACCOUNT LIST | alice: ACCOUNT CREATE bob x | alice: ACCOUNT DELETE bob | root: ACCOUNT | root: ACCOUNT NONSENSE a | root: ACCOUNT FOO | root: ACCOUNT CREATE a!b x | root: ACCOUNT CREATE bob | root: ACCOUNT CREATE alice x | root: ACCOUNT DELETE nobody | root: ACCOUNT OPERATOR alice maybe | root: ACCOUNT CREATE bob x | root: ACCOUNT CREATE bоb x | root: ACCOUNT RENAME bob a!b | broken | root: ACCOUNT DELETE bob",
            expect![[r#"
                alice < 481 alice :Permission Denied- You're not an IRC operator
                alice < FAIL ACCOUNT WEAK_PASSWORD bob :A password has at least 6 characters, and is not the account's name
                alice < 481 alice :Permission Denied- You're not an IRC operator
                root < 461 root ACCOUNT :Not enough parameters
                root < FAIL ACCOUNT INVALID_PARAMS NONSENSE :There is CREATE, PASSWORD, SUSPEND, RESUME, RENAME, DELETE, OPERATOR … ON or OFF, EXPORT, INVITE, and LIST
                root < FAIL ACCOUNT INVALID_PARAMS FOO :There is CREATE, PASSWORD, SUSPEND, RESUME, RENAME, DELETE, OPERATOR … ON or OFF, EXPORT, INVITE, and LIST
                root < FAIL ACCOUNT INVALID_NAME a!b :An account is named like a nick
                root < FAIL ACCOUNT UNACCEPTABLE_PASSWORD bob :A password has up to 300 bytes, and no control characters
                root < FAIL ACCOUNT WEAK_PASSWORD alice :A password has at least 6 characters, and is not the account's name
                root < FAIL ACCOUNT NO_SUCH_ACCOUNT nobody :There is no such account
                root < FAIL ACCOUNT INVALID_PARAMS OPERATOR :There is CREATE, PASSWORD, SUSPEND, RESUME, RENAME, DELETE, OPERATOR … ON or OFF, EXPORT, INVITE, and LIST
                root < FAIL ACCOUNT WEAK_PASSWORD bob :A password has at least 6 characters, and is not the account's name
                root < FAIL ACCOUNT WEAK_PASSWORD bоb :A password has at least 6 characters, and is not the account's name
                root < FAIL ACCOUNT INVALID_NAME a!b :An account is named like a nick
                root < FAIL ACCOUNT TEMPORARILY_UNAVAILABLE bob :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn a_banned_account_can_be_renamed_and_stays_banned() {
        check(
            "root: OPER root oolong | root: ACCOUNT CREATE alice oolong | root: UBAN ADD alice 1h :out || root: ACCOUNT RENAME alice bob | root: UBAN LIST",
            expect![[r#"
                root < NOTE ACCOUNT DONE alice :The account has its new name
                root < NOTE UBAN ENTRY bob :by root at 2023-11-14T22:13:20.000Z, until 2023-11-14T23:13:20.000Z: out
                root < NOTE UBAN END * :These are all bans"#]],
        );
    }
}
