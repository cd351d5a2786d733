//! REGISTER: the nick one has becomes one's own. <https://ircv3.net/specs/extensions/account-registration>

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage, authenticate, metadata, monitor, redeem};
use crate::durable::{AccountRecord, Change, Credentials, Owner};
use crate::entry::{Audience, Event};
use crate::ids::{AccountId, GuestId, Identity, SessionId, TokenHash, UserId};
use crate::info::Registration;
use crate::modes::Who;
use crate::reply::{Reply, unavailable};
use crate::sasl::scram;
use crate::session::attach::Link;
use crate::session::{Request, password_is_right};
use crate::work::{PASSWORD_BYTES_MAX, PasswordCost, PasswordHash, Work, prepared};
use crate::world::{Face, Turn, User, World, source_of};

pub(super) const COMMAND: Command = Command {
    name: "REGISTER",
    params_min: 3,
    stage: Stage::Any,
    answers: Answers::Many,
    help: "REGISTER <your nick or *> * <password>: make your nick your own, before CAP END or behind it",
    parse,
};

pub(super) const VERIFY: Command = Command {
    name: "VERIFY",
    params_min: 2,
    stage: Stage::Any,
    answers: Answers::One,
    help: "VERIFY <account> <code>: not needed here, an account is good at once",
    parse: verify,
};

/// What `CAP LS` says of registration: it may come before `CAP END`, and an account is named like its owner's nick.
pub(crate) const CAP_VALUE: &str = "before-connect";

/// The shortest password, in characters.
const PASSWORD_CHARS_MIN: usize = 6;

/// Somebody wants an account, and has chosen a password.
pub struct Choice {
    wanted: Wanted,
    /// The nick of its user, if it has one.
    own: Option<Nick>,
    /// An address for mail, or `*`.
    email: Box<str>,
    password: Box<str>,
    salt: [u8; 16],
    cost: PasswordCost,
}

/// What somebody wants who wants an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    /// The name it gives; without one its nick.
    account: Option<Nick>,
    /// The nick it has asked for, if it has no user yet.
    nick: Option<Nick>,
    /// The invitation it has shown.
    invitation: Option<TokenHash>,
    /// The network it comes from, as others see it.
    network: Arc<str>,
}

/// Somebody wants an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Register {
    /// Which, and by what right.
    pub wanted: Wanted,
    /// What is kept of the password.
    pub password: Credentials,
}

impl Choice {
    /// Whoever has a user by now has its nick, which the line need not have named.
    pub(crate) fn look_up(&mut self, world: &World, session: SessionId) {
        self.own = world.presence.user_of(session).map(|user| user.nick.clone());
    }

    /// Hashes the password, if what the line gives can be taken for an account of the user's nick.
    pub(crate) fn hash(self) -> Result<Register, Reply> {
        if let Some(own) = &self.own {
            check_given(own, &self.email, &self.password)?;
        }
        Ok(Register { wanted: self.wanted, password: salted(&self.password, &self.salt, self.cost) })
    }
}

impl fmt::Debug for Choice {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({:?})", self.wanted)
    }
}

fn parse(request: &mut Request<'_>) {
    match read(request) {
        Ok(choice) => request.work(Work::Register(choice)),
        Err(refusal) => request.reply(refusal),
    }
}

/// What is wanted, or why it cannot be, as far as that can be told without the world.
fn read(request: &mut Request<'_>) -> Result<Choice, Reply> {
    let (name, email, password) = (request.param(0), request.param(1), request.param(2));
    if request.info.rules.registration == Registration::Closed {
        return Err(refusal("REGISTRATION_CLOSED", name, "Nobody new gets an account here; its host can make one"));
    }
    let mut nick = None;
    if !password_is_right(request) {
        return Err(Reply::numeric(n::ERR_PASSWDMISMATCH, "Password incorrect"));
    }
    if let Some(registration) = request.registration() {
        nick.clone_from(&registration.nick);
        if registration.account.is_some() {
            return Err(refusal("ALREADY_AUTHENTICATED", name, "You are logged in already"));
        }
        if nick.is_none() {
            return Err(refusal("NEED_NICK", "*", "Say first by NICK what the account is to be called"));
        }
    }
    let account = match name {
        "*" => None,
        name => match Nick::parse(name) {
            Ok(nick) => Some(nick),
            Err(_) => return Err(refusal("BAD_ACCOUNT_NAME", name, "An account is named like a nick")),
        },
    };
    if let Some(name) = account.as_ref().or(nick.as_ref()) {
        check_given(name, email, password)?;
    }
    let (network, salt, cost) = (Arc::clone(&request.session.network), request.entropy(), request.info.password_cost);
    let invitation = request.session.invitation.as_deref().copied();
    let wanted = Wanted { account, nick, invitation, network };
    Ok(Choice { wanted, own: None, email: email.into(), password: password.into(), salt, cost })
}

/// Whether an account of this name can be made with that.
fn check_given(account: &Nick, email: &str, password: &str) -> Result<(), Reply> {
    if email != "*" {
        let text = "No addresses are kept here; give * instead";
        return Err(refusal("UNACCEPTABLE_EMAIL", account.as_str(), text));
    }
    check_password(COMMAND.name, account.as_str(), password)
}

/// Whether this can be the password of somebody with this account.
pub(super) fn check_password(command: &str, account: &str, password: &str) -> Result<(), Reply> {
    let refused = |code, text: &'static str| Err(Reply::fail(command, code, text).param(super::shown(account)));
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX || password.contains(char::is_control) {
        return refused("UNACCEPTABLE_PASSWORD", "A password has up to 300 bytes, and no control characters");
    }
    if password.chars().count() < PASSWORD_CHARS_MIN || password.eq_ignore_ascii_case(account) {
        return refused("WEAK_PASSWORD", "A password has at least 6 characters, and is not the account's name");
    }
    Ok(())
}

/// What is kept of a new password; this is slow.
pub(super) fn salted(password: &str, salt: &[u8; 16], cost: PasswordCost) -> Credentials {
    let argon2 = PasswordHash::of(password, salt, cost);
    let scram = scram::kept(&prepared(password), salt, cost.scram_iterations);
    Credentials { argon2, scram: Some(scram) }
}

/// No account here waits to be verified.
fn verify(request: &mut Request<'_>) {
    let account = super::shown(request.param(0));
    let reply = match request.registration() {
        Some(registration) if registration.account.is_some() => {
            Reply::fail("VERIFY", "ALREADY_AUTHENTICATED", "You are logged in already")
        }
        _ => Reply::fail("VERIFY", "INVALID_CODE", "Nothing waits for a code here: an account is good at once"),
    };
    request.reply(reply.param(account));
}

fn refusal(code: &'static str, account: &str, text: &'static str) -> Reply {
    Reply::fail("REGISTER", code, text).param(super::shown(account))
}

pub(crate) fn apply(turn: &mut Turn<'_>, register: &Register) {
    let wanted = &register.wanted;
    let actor = turn.actor();
    // Whoever has a user by now has its nick, whatever it had asked for before.
    let Some(name) = actor.map(|user| user.nick.clone()).or_else(|| wanted.nick.clone()) else { return };
    if let Err(refusal) = may_register(turn, actor, &name, wanted) {
        return turn.reply(refusal);
    }
    let user = actor.map(|user| user.id);
    let id = match user {
        Some(user) => become_account(turn, user),
        None => AccountId(turn.entry.position.0),
    };
    let password = Some(register.password.clone());
    turn.put_account(AccountRecord::new(id, name.as_str().into(), password, turn.entry.time));
    authenticate::note_network(turn, id, &wanted.network);
    if let Some(code) = wanted.invitation {
        redeem::use_up(turn, code);
    }
    match user {
        Some(user) => {
            metadata::set::keep(turn, user, id.0);
            turn.keep_monitored(user, id, monitor::NICKS_MAX);
            keep_presence(turn, user);
            let source = tell_login(turn, user);
            turn.rank_where_it_is(user, id);
            tell_logged_in(turn, &source, &name);
        }
        None => {
            let source = turn.world.account_source(&name);
            turn.tell_origin(Event::Authenticated(id));
            turn.reply(logged_in(&source, &name));
        }
    }
    let success = Reply::word("REGISTER").param("SUCCESS").param(name.as_str().to_owned());
    turn.promise(success.text("The nick is yours now"));
}

fn may_register(turn: &Turn<'_>, user: Option<&User>, name: &Nick, wanted: &Wanted) -> Result<(), Reply> {
    let shown = name.as_str();
    if user.is_some_and(|user| user.account().is_some()) {
        return Err(refusal("ALREADY_AUTHENTICATED", shown, "You are logged in already"));
    }
    if let Some(account) = wanted.account.as_ref().filter(|account| *account != name) {
        let text = "An account has its owner's nick for a name";
        return Err(refusal("ACCOUNT_NAME_MUST_BE_NICK", account.as_str(), text));
    }
    if turn.world.nick_taken(name, user.map(|user| user.id), None) {
        return Err(refusal("ACCOUNT_EXISTS", shown, "Somebody else has this name"));
    }
    // Of whoever has no user yet, only the nick and the host are known.
    for source in [turn.world.account_source(name), source_of(name, &format!("*@{}", wanted.network))] {
        if turn.world.ban_on(None, Who { source: &source, account: None }, Link::default()).is_some() {
            return Err(refusal("BANNED", shown, "A ban meets that name, or where you come from"));
        }
    }
    match turn.world.rules.registration {
        Registration::Closed => {
            return Err(refusal("REGISTRATION_CLOSED", shown, "Nobody new gets an account here"));
        }
        Registration::Invite if !redeem::is_good(turn.world, wanted.invitation, turn.entry.time) => {
            let text = "An account needs an invitation here: show it by REDEEM <code> first";
            return Err(refusal("INVITATION_REQUIRED", shown, text));
        }
        Registration::Invite | Registration::Open => {}
    }
    if turn.entry.writable { Ok(()) } else { Err(unavailable("REGISTER", shown)) }
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

/// What a user is and where it is, now that it has an account, stays so while it is away.
pub(super) fn keep_presence(turn: &mut Turn<'_>, user: UserId) {
    turn.keep_seats(user);
    let face = turn.world.presence.user(user).map(|user| (user.realname.clone(), user.away.clone()));
    if let Some((realname, away)) = face {
        turn.note_face(user, Face::Realname, Some(realname));
        turn.note_face(user, Face::Away, away);
    }
}

/// A user has become its account's: it has the account's address from now on, and those around it are told.
pub(super) fn tell_login(turn: &mut Turn<'_>, id: UserId) -> Arc<str> {
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

/// Tells whoever has logged in so, on all its devices.
pub(super) fn tell_logged_in(turn: &mut Turn<'_>, source: &Arc<str>, account: &Nick) {
    turn.reply(logged_in(source, account));
    turn.tell_own_others(&Event::Told(logged_in(source, account)));
}

/// 900
pub(crate) fn logged_in(source: &Arc<str>, account: &Nick) -> Reply {
    let reply = Reply::numeric(n::RPL_LOGGEDIN, format!("You are now logged in as {}", account.as_str()));
    reply.param(source.to_string()).param(account.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::info::Registration;
    use crate::testing::{Script, check, check_with};

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
    fn all_of_a_labelled_answer_is_in_its_batch_and_ones_other_devices_are_told() {
        check_with(
            &[("alice", "guest labeled-response batch")],
            "alice: PING 1 | again tab alice || alice: @label=r REGISTER * * oolong",
            expect![[r#"
                alice < @label=r BATCH +1 labeled-response
                alice < @batch=1 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < @batch=1 REGISTER SUCCESS alice :The nick is yours now
                alice < BATCH -1
                tab < 900 alice alice!account@tea.test alice :You are now logged in as alice"#]],
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
    fn it_may_come_before_registration_is_complete() {
        check(
            "connect a || a: CAP LS 302 | a: REGISTER * * oolong | a: NICK alice | a: REGISTER bob * oolong | a: REGISTER alice * oolong | a: REGISTER * * oolong | a: VERIFY alice 1 | a: USER a 0 * :a | a: CAP END | a: JOIN #tea",
            expect![[r#"
                a < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag draft/read-marker
                a < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                a < FAIL REGISTER NEED_NICK * :Say first by NICK what the account is to be called
                a < FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK bob :An account has its owner's nick for a name
                a < 900 * alice!account@tea.test alice :You are now logged in as alice
                a < REGISTER SUCCESS alice :The nick is yours now
                a < FAIL REGISTER ALREADY_AUTHENTICATED * :You are logged in already
                a < FAIL VERIFY ALREADY_AUTHENTICATED alice :You are logged in already
                a < 001 alice :Welcome to the Test Network, alice
                a < 376 alice :End of /MOTD command.
                a < :alice!account@tea.test JOIN #tea
                a < 353 alice = #tea :~alice
                a < 366 alice #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn of_two_who_want_one_name_at_once_one_gets_it() {
        check(
            "connect a | connect b | a: NICK alice | b: NICK Alice | carol: PING 1 || busy | b: REGISTER * * oolong | a: REGISTER * * oolong | carol: NICK alice | carol: REGISTER * * oolong | idle",
            expect![[r#"
                carol < :carol NICK alice
                a < FAIL REGISTER ACCOUNT_EXISTS alice :Somebody else has this name
                b < FAIL REGISTER ACCOUNT_EXISTS Alice :Somebody else has this name
                carol < 900 alice alice!account@tea.test alice :You are now logged in as alice
                carol < REGISTER SUCCESS alice :The nick is yours now"#]],
        );
    }

    #[test]
    fn whoever_does_not_know_the_servers_password_makes_no_account() {
        Script { set: |info| info.password = Some("sesame".into()), ..Script::default() }.check(
            "connect a | a: CAP LS 302 | a: NICK alice || a: REGISTER * * oolong | a: PASS sesame | a: REGISTER * * oolong",
            expect![[r#"
                a < 464 * :Password incorrect
                a < 900 * alice!account@tea.test alice :You are now logged in as alice
                a < REGISTER SUCCESS alice :The nick is yours now"#]],
        );
    }

    #[test]
    fn where_only_accounts_get_in_one_is_made_at_the_door() {
        Script { set: |info| info.rules.guests = false, ..Script::default() }.check(
            "connect a | connect b || a: CAP LS 302 | a: NICK alice | a: REGISTER * * oolong | a: USER a 0 * :a | a: CAP END | b: NICK bob | b: USER b 0 * :b | b: JOIN #tea",
            expect![[r#"
                a < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag draft/read-marker
                a < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                a < 900 * alice!account@tea.test alice :You are now logged in as alice
                a < REGISTER SUCCESS alice :The nick is yours now
                a < 001 alice :Welcome to the Test Network, alice
                a < 376 alice :End of /MOTD command.
                b < FAIL * ACCOUNT_REQUIRED :Only accounts get in here: log in by SASL, or make one by REGISTER before CAP END
                b < ERROR :Only accounts get in here: log in by SASL, or make one by REGISTER before CAP END"#]],
        );
    }

    #[test]
    fn where_nobody_new_gets_an_account_none_is_offered() {
        Script { set: |info| info.rules.registration = Registration::Closed, ..Script::default() }.check(
            "alice: PING 1 | connect a || a: CAP LS 302 | alice: REGISTER * * oolong | a: NICK a | a: REGISTER * * oolong",
            expect![[r#"
                a < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/persistence account-notify account-tag draft/read-marker
                a < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                alice < FAIL REGISTER REGISTRATION_CLOSED * :Nobody new gets an account here; its host can make one
                a < FAIL REGISTER REGISTRATION_CLOSED * :Nobody new gets an account here; its host can make one"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PING 1 | bob: PING 1 || alice: REGISTER | alice: REGISTER bob * x | alice: REGISTER a!b * x | alice: REGISTER * * : | alice: REGISTER * * short | alice: REGISTER alice * ALICE | alice: REGISTER * a@b.c oolong | alice: VERIFY alice 1 | alice: VERIFY | alice: REGISTER * * oolong | alice: REGISTER * * oolong | bob: NICK allce1 | bob: REGISTER * * Allce1 | bob: NS REGISTER allce1 | bob: NICK allce | broken | bob: REGISTER * * oolong",
            expect![[r#"
                alice < 461 alice REGISTER :Not enough parameters
                alice < FAIL REGISTER WEAK_PASSWORD bob :A password has at least 6 characters, and is not the account's name
                alice < FAIL REGISTER BAD_ACCOUNT_NAME a!b :An account is named like a nick
                alice < FAIL REGISTER UNACCEPTABLE_PASSWORD alice :A password has up to 300 bytes, and no control characters
                alice < FAIL REGISTER WEAK_PASSWORD alice :A password has at least 6 characters, and is not the account's name
                alice < FAIL REGISTER WEAK_PASSWORD alice :A password has at least 6 characters, and is not the account's name
                alice < FAIL REGISTER UNACCEPTABLE_EMAIL alice :No addresses are kept here; give * instead
                alice < FAIL VERIFY INVALID_CODE alice :Nothing waits for a code here: an account is good at once
                alice < 461 alice VERIFY :Not enough parameters
                alice < 900 alice alice!account@tea.test alice :You are now logged in as alice
                alice < REGISTER SUCCESS alice :The nick is yours now
                alice < FAIL REGISTER ALREADY_AUTHENTICATED alice :You are logged in already
                bob < :bob NICK allce1
                bob < FAIL REGISTER WEAK_PASSWORD allce1 :A password has at least 6 characters, and is not the account's name
                bob < :NickServ!services@tea.test NOTICE allce1 :allce1: A password has at least 6 characters, and is not the account's name
                bob < :allce1 NICK allce
                bob < FAIL REGISTER TEMPORARILY_UNAVAILABLE allce :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
