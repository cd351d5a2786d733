//! REGISTER: the nick one has becomes one's own. <https://ircv3.net/specs/extensions/account-registration>

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::{AccountRecord, Change, Credentials, Owner};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, GuestId, Identity, UserId};
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::work::{PASSWORD_BYTES_MAX, PasswordHash, Work};
use crate::world::{Face, Turn, User};

pub(super) const COMMAND: Command = Command {
    name: "REGISTER",
    params_min: 3,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "REGISTER <your nick or *> * <password>: make your nick your own",
    parse,
};

/// Somebody wants an account, and has chosen a password.
pub struct Choice {
    account: Option<Nick>,
    password: Box<str>,
    salt: [u8; 16],
}

/// Somebody wants an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Register {
    /// The name it gives; without one its nick.
    pub account: Option<Nick>,
    /// What is kept of the password.
    pub password: Credentials,
}

impl Choice {
    /// Hashes the password.
    pub(crate) fn hash(self) -> Register {
        Register { account: self.account, password: salted(&self.password, &self.salt) }
    }
}

impl fmt::Debug for Choice {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({:?})", self.account)
    }
}

fn parse(request: &mut Request<'_>) {
    let (name, password) = (request.param(0), request.param(2));
    let account = match name {
        "*" => None,
        name => match Nick::parse(name) {
            Ok(nick) => Some(nick),
            Err(_) => return request.reply(refusal("BAD_ACCOUNT_NAME", name, "An account is named like a nick")),
        },
    };
    if let Err(refusal) = check_password(COMMAND.name, name, password) {
        return request.reply(refusal);
    }
    let salt = request.entropy();
    request.work(Work::Register(Choice { account, password: password.into(), salt }));
}

/// Whether this can be somebody's password.
pub(super) fn check_password(command: &str, account: &str, password: &str) -> Result<(), Reply> {
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        let text = "A password has 1 to 300 bytes";
        return Err(Reply::fail(command, "UNACCEPTABLE_PASSWORD", text).param(super::shown(account)));
    }
    Ok(())
}

/// What is kept of a new password; this is slow.
pub(super) fn salted(password: &str, salt: &[u8; 16]) -> Credentials {
    Credentials { argon2: PasswordHash::of(password, salt) }
}

fn refusal(code: &'static str, account: &str, text: &'static str) -> Reply {
    Reply::fail("REGISTER", code, text).param(super::shown(account))
}

pub(crate) fn apply(turn: &mut Turn<'_>, register: &Register) {
    let Some(user) = turn.actor() else { return };
    let name = user.nick.clone();
    if let Err(refusal) = may_register(turn, user, register) {
        return turn.reply(refusal);
    }
    let user = user.id;
    let id = become_account(turn, user);
    let password = Some(register.password.clone());
    turn.put_account(AccountRecord::new(id, name.as_str().into(), password, turn.entry.time));
    turn.keep_seats(user);
    if let Some((realname, away)) =
        turn.world.presence.user(user).map(|user| (user.realname.clone(), user.away.clone()))
    {
        turn.note_face(user, Face::Realname, Some(realname));
        turn.note_face(user, Face::Away, away);
    }
    let shown = || name.as_str().to_owned();
    let source = tell_login(turn, user);
    turn.tell(Audience::User(user), Event::Told(logged_in(&source, &name)));
    turn.promise(Reply::word("REGISTER").param("SUCCESS").param(shown()).text("The nick is yours now"));
}

fn may_register(turn: &Turn<'_>, user: &User, register: &Register) -> Result<(), Reply> {
    let name = user.nick.as_str();
    if user.identity.and_then(Identity::account).is_some() {
        return Err(refusal("ALREADY_AUTHENTICATED", name, "You are logged in already"));
    }
    if register.account.as_ref().is_some_and(|account| *account != user.nick) {
        return Err(refusal("ACCOUNT_NAME_MUST_BE_NICK", name, "An account has its owner's nick for a name"));
    }
    if turn.world.durable.account_looking_like(&user.nick).is_some() {
        return Err(refusal("ACCOUNT_EXISTS", name, "There is such an account already"));
    }
    if turn.entry.writable { Ok(()) } else { Err(unavailable("REGISTER", name)) }
}

/// A guest's number becomes its account's, so that what was its own stays so.
fn become_account(turn: &mut Turn<'_>, user: UserId) -> AccountId {
    let guest = match turn.world.presence.user(user).and_then(|user| user.identity) {
        Some(Identity::Guest(guest)) => Some(guest),
        _ => None,
    };
    let id = AccountId(guest.map_or(turn.entry.position.0, |GuestId(number)| number));
    if let Some(guest) = guest {
        turn.world.durable.remove_guest(guest);
        turn.out.changes.push(Change::GuestRegistered(guest));
        for room in turn.world.durable.rooms_of(Owner::Guest(guest)) {
            turn.change_room(room, |record| record.owner = Owner::Account(id));
            turn.remember_ranks(room);
        }
    }
    turn.world.presence.identify(user, Identity::Account(id));
    id
}

/// A user has become its account's: it has the account's address from now on, and those around it are told.
fn tell_login(turn: &mut Turn<'_>, id: UserId) -> Arc<str> {
    let address: Arc<str> = turn.world.account_address().into();
    let Some(user) = turn.world.presence.user(id) else { return address };
    let (nick, source, rooms) = (user.nick.clone(), user.source(), user.rooms.iter().copied().collect::<Arc<[_]>>());
    turn.world.presence.readdress(id, &address);
    let event = Event::Readdressed { nick: nick.clone(), source, address };
    turn.tell_unasked(Audience::Neighbours(id, Arc::clone(&rooms)), event);
    let source = turn.world.account_source(&nick);
    let event = Event::LoggedIn { nick, source: Arc::clone(&source) };
    turn.tell_unasked(Audience::Neighbours(id, rooms), event);
    source
}

/// 900
pub(crate) fn logged_in(source: &Arc<str>, account: &Nick) -> Reply {
    let reply = Reply::numeric(n::RPL_LOGGEDIN, format!("You are now logged in as {}", account.as_str()));
    reply.param(source.to_string()).param(account.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn a_nick_is_made_ones_own_and_then_is_nobody_elses() {
        check(
            "alice: PING 1 | bob: PING 1 || alice: REGISTER * * oolong | bob: NICK alice | alice: NICK other | bob: NICK alice | connect c | c: NICK alice | c: USER c 0 * :c",
            expect![[r#"
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                bob < 433 bob alice :Nickname is already in use
                alice < FAIL NICK NICKNAME_IS_ACCOUNT other :You are logged in as alice: only its spelling may change
                bob < 433 bob alice :Nickname is already in use
                c < 433 * alice :Nickname is already in use"#]],
        );
    }

    #[test]
    fn whoever_proves_it_comes_back_to_the_same_user_and_its_rooms() {
        check_with(
            &[("alice", "guest")],
            "bob: JOIN #tea | alice: JOIN #tea | alice: REGISTER * * oolong | alice: QUIT | connect b || b: CAP REQ sasl | b: AUTHENTICATE PLAIN | b: AUTHENTICATE AGFsaWNlAG9vbG9uZw== | b: NICK anything | b: USER b 0 * :b | b: CAP END | b: PRIVMSG #tea :hi",
            expect![[r#"
                b < CAP * ACK :sasl
                b < AUTHENTICATE +
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful
                b < 001 alice :Welcome to the Test Network, alice
                b < 376 alice :End of /MOTD command.
                b < :alice!account@tea.test JOIN #tea
                b < 353 alice = #tea :@bob alice
                b < 366 alice #tea :End of /NAMES list
                bob < :alice!account@tea.test PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn those_around_are_told_by_what_they_know() {
        check_with(
            &[
                ("alice", "chghost account-notify"),
                ("bob", "chghost account-notify account-tag extended-join"),
                ("dan", "extended-monitor account-notify chghost"),
            ],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | dan: MONITOR + alice || alice: REGISTER * * oolong | alice: PRIVMSG #tea :hi | alice: PART #tea | alice: JOIN #tea | carol: WHOIS alice",
            expect![[r#"
                alice < :alice CHGHOST account tea.test
                alice < :alice!account@tea.test ACCOUNT alice
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                bob < :alice CHGHOST account tea.test
                bob < @account=alice :alice!account@tea.test ACCOUNT alice
                dan < :alice CHGHOST account tea.test
                dan < :alice!account@tea.test ACCOUNT alice
                bob < @account=alice :alice!account@tea.test PRIVMSG #tea :hi
                carol < :alice!account@tea.test PRIVMSG #tea :hi
                alice < :alice!account@tea.test PART #tea
                bob < @account=alice :alice!account@tea.test PART #tea
                carol < :alice!account@tea.test PART #tea
                alice < :alice!account@tea.test JOIN #tea
                alice < 353 alice = #tea :alice bob carol
                alice < 366 alice #tea :End of /NAMES list
                bob < @account=alice :alice!account@tea.test JOIN #tea alice :alice
                carol < :alice!account@tea.test JOIN #tea
                carol < 311 carol alice account tea.test * :alice
                carol < 319 carol alice :#tea
                carol < 312 carol alice tea.test :Teahouse
                carol < 330 carol alice alice :is logged in as
                carol < 317 carol alice 0 1700000000 :seconds idle, signon time
                carol < 318 carol alice :End of /WHOIS list"#]],
        );
    }

    #[test]
    fn history_tells_whose_account_it_was() {
        check_with(
            &[("alice", "account-tag")],
            "alice: JOIN #tea | alice: PRIVMSG #tea :before | alice: REGISTER * * oolong | alice: PRIVMSG #tea :behind || alice: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < :alice PRIVMSG #tea :before
                alice < @account=alice :alice!account@tea.test PRIVMSG #tea :behind"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PING 1 | bob: PING 1 || alice: REGISTER | alice: REGISTER bob * x | alice: REGISTER a!b * x | alice: REGISTER * * : | alice: REGISTER * * oolong | alice: REGISTER * * oolong | bob: NICK allce | broken | bob: REGISTER * * x",
            expect![[r#"
                alice < 461 alice REGISTER :Not enough parameters
                alice < FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK alice :An account has its owner's nick for a name
                alice < FAIL REGISTER BAD_ACCOUNT_NAME a!b :An account is named like a nick
                alice < FAIL REGISTER UNACCEPTABLE_PASSWORD * :A password has 1 to 300 bytes
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < FAIL REGISTER ALREADY_AUTHENTICATED alice :You are logged in already
                bob < :bob NICK allce
                bob < FAIL REGISTER TEMPORARILY_UNAVAILABLE allce :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
