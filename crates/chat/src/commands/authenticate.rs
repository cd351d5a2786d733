//! AUTHENTICATE: prove that an account is one's own, before registration is complete or behind it.
//! <https://ircv3.net/specs/extensions/sasl-3.1>, <https://ircv3.net/specs/extensions/sasl-3.2>

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::account::{promote, suspended};
use super::register::{keep_presence, logged_in, tell_logged_in, tell_login};
use super::{Answers, Command, Stage, metadata, monitor, uban};
use crate::capabilities::Caps;
use crate::durable::{AccountRecord, Fact, FactKind};
use crate::entry::{Action, Event};
use crate::ids::{AccountId, Identity, UserId};
use crate::query::Query;
use crate::reply::{Reply, unavailable};
use crate::sasl::scram::{First, Setting};
use crate::sasl::{Attempt, Exchange, Mechanism, Stage as ExchangeStage};
use crate::session::Request;
use crate::session::attach::Link;
use crate::session::moving;
use crate::work::Work;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "AUTHENTICATE",
    params_min: 1,
    stage: Stage::Any,
    answers: Answers::Many,
    help: "AUTHENTICATE <mechanism>, then base64: log in, best before CAP END",
    parse,
};

/// A longer response comes in pieces of this many bytes.
const PIECE_BYTES: usize = 400;

/// How long a response may be in all, in base64.
const RESPONSE_BYTES_MAX: usize = 2000;

/// How many networks that an account was used from are remembered.
const NETWORKS_MAX: usize = 8;

/// Whether somebody has proved that an account is its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authenticated {
    /// The account whose owner it is, if it is.
    pub account: Option<AccountId>,
    /// The name it gave, if that was one.
    pub tried: Option<Nick>,
    /// The network it comes from, as others see it.
    pub network: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    if !request.session.caps.has(Caps::SASL) {
        return request.reply(failed());
    }
    if request.registration().is_some_and(|registration| registration.account.is_some()) {
        return request.reply(already());
    }
    let word = request.param(0);
    let Some(mut exchange) = request.session.sasl.take() else { return begin(request, word) };
    if word == "*" {
        return request.reply(aborted());
    }
    if word.len() > PIECE_BYTES || exchange.response.len() + word.len() > RESPONSE_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_SASLTOOLONG, "SASL message too long"));
    }
    if word != "+" {
        exchange.response.push_str(word);
    }
    if word.len() == PIECE_BYTES {
        request.session.sasl = Some(exchange);
        return;
    }
    match STANDARD.decode(&exchange.response) {
        Ok(response) => answer(request, *exchange, &response),
        Err(_) => request.reply(failed()),
    }
}

/// Takes up a mechanism; each of ours lets the client speak first.
fn begin(request: &mut Request<'_>, name: &str) {
    let secured = request.session.secured.as_deref();
    let wanted = Mechanism::offered(secured).find(|mechanism| mechanism.name().eq_ignore_ascii_case(name));
    let Some(mechanism) = wanted else {
        let mechanisms = Mechanism::names(secured);
        request.reply(Reply::numeric(n::RPL_SASLMECHS, "are available SASL mechanisms").param(mechanisms));
        return request.reply(failed());
    };
    let exchange = Exchange { mechanism, response: String::new(), stage: ExchangeStage::Begun };
    request.session.sasl = Some(Box::new(exchange));
    request.reply(Reply::word("AUTHENTICATE").param("+"));
}

/// A response is there, whole.
fn answer(request: &mut Request<'_>, exchange: Exchange, response: &[u8]) {
    let network = Arc::clone(&request.session.network);
    let secured = request.session.secured.as_deref();
    let cost = request.info.password_cost;
    let attempt = match (exchange.stage, exchange.mechanism) {
        (ExchangeStage::Begun, Mechanism::Plain) => Some(Attempt::plain(response, network, cost)),
        (ExchangeStage::Begun, Mechanism::External) => Some(Attempt::external(response, secured, network)),
        (ExchangeStage::Begun, Mechanism::Scram | Mechanism::ScramPlus) => {
            let setting = Setting {
                bindings: secured.map(|secured| &secured.bindings).filter(|bindings| bindings.are_there()),
                is_bound: exchange.mechanism == Mechanism::ScramPlus,
                nonce: request.fresh_token(),
                secret: &request.info.secret,
                iterations: cost.scram_iterations,
            };
            return match First::read(response, setting) {
                Some(first) => request.ask(Query::Challenge(first)),
                None => request.reply(failed()),
            };
        }
        (ExchangeStage::Challenged(challenged), _) => {
            challenged.answered(response).map(|answered| Attempt::scram(answered, network))
        }
        (ExchangeStage::Proved(account, name), _) if response.is_empty() => {
            let outcome = Authenticated { account: Some(account), tried: Some(name), network };
            return request.submit(Action::Authenticate(outcome));
        }
        (ExchangeStage::Proved(..), _) => None,
    };
    match attempt {
        Some(attempt) => request.work(Work::Authenticate(attempt)),
        None => request.reply(failed()),
    }
}

fn failed() -> Reply {
    Reply::numeric(n::ERR_SASLFAIL, "SASL authentication failed")
}

fn already() -> Reply {
    Reply::numeric(n::ERR_SASLALREADY, "You have already authenticated using SASL")
}

/// What a client that goes on without waiting for the end of its proof is told, too.
pub(crate) fn aborted() -> Reply {
    Reply::numeric(n::ERR_SASLABORTED, "SASL authentication aborted")
}

pub(crate) fn apply(turn: &mut Turn<'_>, outcome: &Authenticated) {
    let now = turn.entry.time;
    let account = outcome.account.and_then(|id| turn.world.durable.account(id)).cloned();
    let named = account.and_then(|account| Nick::parse(&account.name).ok().map(|name| (account, name)));
    let Some((account, name)) = named else {
        let world = &mut *turn.world;
        world.failures.note(&world.durable, outcome.tried.as_ref(), &outcome.network, now);
        return answer_in_words(turn, failed(), "That is no such account, or not its password");
    };
    if let Err(refusal) = may_log_in(turn, &account, &name) {
        return turn.reply(refusal);
    }
    // Whoever is not in yet is told so when it comes in; by its network it is in already.
    let ban = turn.actor().and_then(|_| turn.world.ban_on_account(account.id, &name, Link::default()));
    if let Some(ban) = ban {
        return uban::put_out(turn, &ban);
    }
    turn.world.failures.forgive(&name, &outcome.network);
    note_network(turn, account.id, &outcome.network);
    let live = turn.world.presence.user_known_as(Identity::Account(account.id)).map(|user| user.id);
    match (turn.actor().map(|user| user.id), live) {
        // Two users are never made one: the session leaves the one for the other.
        (Some(_), Some(live)) => {
            moving::go_over(turn, live, &name);
            turn.reply(logged_in(&turn.world.account_source(&name), &name));
        }
        (Some(user), None) => {
            let source = become_owner(turn, user, &account, &name);
            tell_logged_in(turn, &source, &name);
        }
        (None, _) => {
            turn.tell_origin(Event::Authenticated(account.id));
            turn.reply(logged_in(&turn.world.account_source(&name), &name));
        }
    }
    let done = Reply::numeric(n::RPL_SASLSUCCESS, "SASL authentication successful");
    answer_in_words(turn, done, "You are logged in");
}

/// Tells how it has ended; a service does not speak of SASL.
fn answer_in_words(turn: &mut Turn<'_>, reply: Reply, of_service: &'static str) {
    let is_service = turn.entry.origin.as_ref().is_some_and(|origin| origin.scope.service().is_some());
    turn.reply(if is_service { reply.text(of_service) } else { reply });
}

/// Whether the owner of an account may use it now, and here. What is to keep an owner out of its account belongs here.
fn may_log_in(turn: &Turn<'_>, account: &AccountRecord, name: &Nick) -> Result<(), Reply> {
    if let Some(text) = suspended(account) {
        return Err(Reply::numeric(n::ERR_NICKLOCKED, text));
    }
    let Some(user) = turn.actor() else { return Ok(()) };
    if user.account().is_some() {
        return Err(already());
    }
    let identity = Identity::Account(account.id);
    // It is there already: nothing has to be kept for one session more.
    if turn.world.presence.user_known_as(identity).is_some() {
        return Ok(());
    }
    if turn.world.nick_taken(name, Some(user.id), Some(identity)) {
        let text = format!("Somebody else goes by the name {} now", name.as_str());
        return Err(Reply::numeric(n::ERR_SASLFAIL, text));
    }
    if turn.entry.writable { Ok(()) } else { Err(unavailable("AUTHENTICATE", name.as_str())) }
}

/// A user who has come without its account has it from now on, and its name; what it has been in stays so.
fn become_owner(turn: &mut Turn<'_>, user: UserId, account: &AccountRecord, name: &Nick) -> Arc<str> {
    let before = turn.world.presence.user(user).and_then(|user| user.identity);
    if let Some(identity) = before {
        turn.see(identity);
    }
    let told = turn.world.presence.take_told(user);
    let has_come = turn.world.presence.user(user).is_some_and(|user| user.nick != *name);
    turn.world.presence.identify(user, Identity::Account(account.id));
    super::nick::rename(turn, user, name);
    turn.pass_rooms(before, account.id);
    turn.keep_monitored(user, account.id, monitor::NICKS_MAX);
    promote(turn, account.id);
    keep_presence(turn, user);
    let source = tell_login(turn, user);
    turn.rank_where_it_is(user, account.id);
    metadata::set::exchange(turn, user, &told, has_come);
    source
}

/// Remembers that an account is used, and where from: its owner is not to wait there for what others do.
pub(super) fn note_network(turn: &mut Turn<'_>, account: AccountId, network: &Arc<str>) {
    turn.touch(account);
    let fact = Fact { owner: account.0, kind: FactKind::Network, key: Arc::clone(network) };
    if !turn.entry.writable || turn.world.durable.fact(&fact).is_some() {
        return;
    }
    turn.make_room_for_fact(account.0, FactKind::Network, NETWORKS_MAX);
    turn.put_fact(fact, Some(turn.entry.time.0.to_string().into()));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{Script, check, check_with};

    #[test]
    fn what_is_no_proof_is_refused() {
        check(
            "alice: REGISTER * * oolong | connect b || b: AUTHENTICATE PLAIN | b: CAP REQ sasl | b: AUTHENTICATE GUESS | b: AUTHENTICATE PLAIN | b: AUTHENTICATE * | b: AUTHENTICATE PLAIN | b: AUTHENTICATE !!! | b: AUTHENTICATE PLAIN | b: AUTHENTICATE AGFsaWNlAGdyZWVu | b: AUTHENTICATE PLAIN | b: AUTHENTICATE AG5vYm9keQBncmVlbg==",
            expect![[r#"
                b < 904 * :SASL authentication failed
                b < CAP * ACK :sasl
                b < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 906 * :SASL authentication aborted
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed"#]],
        );
    }

    /// Somebody proves by its password, right or wrong, that it is alice.
    fn tries(who: &str, response: &str) -> String {
        format!("{who}: AUTHENTICATE PLAIN | {who}: AUTHENTICATE {response}")
    }

    const RIGHT: &str = "AGFsaWNlAG9vbG9uZw==";
    const WRONG: &str = "AGFsaWNlAGdyZWVubg==";

    #[test]
    fn the_password_is_proved_and_not_shown() {
        Script { caps: &[("b", "bound")], ..Script::default() }.check(
            "alice: REGISTER * * oolong | connect b | connect c | b: CAP REQ sasl | c: CAP REQ sasl || b: CAP LS 302 | c: CAP LS 302 | b proves alice green | b proves nobody oolong | b proves ALICE oolong | b: AUTHENTICATE PLAIN | c proves alice oolong | c: NICK c | c: USER c 0 * :c | c: CAP END",
            expect![[r#"
                b < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256,SCRAM-SHA-256-PLUS draft/account-registration=before-connect draft/persistence account-notify account-tag
                b < CAP * LS :draft/read-marker draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                c < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag draft/read-marker
                c < CAP * LS :draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                b < 904 * :SASL authentication failed
                b < 904 * :SASL authentication failed
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful
                b < 907 * :You have already authenticated using SASL
                c < 900 * alice!account@tea.test alice :You are now logged in as alice
                c < 903 * :SASL authentication successful
                c < 001 alice :Welcome to the Test Network, alice
                c < 376 alice :End of /MOTD command."#]],
        );
    }

    #[test]
    fn what_is_out_of_order_oversized_or_somebody_elses_is_refused() {
        let long = "A".repeat(401);
        let piece = "A".repeat(400);
        let pieces = format!("b: AUTHENTICATE {piece} | ").repeat(6);
        check(
            &format!(
                "alice: REGISTER * * oolong | connect b | b: CAP REQ sasl || b: AUTHENTICATE {long} | b: AUTHENTICATE + | b: AUTHENTICATE SCRAM-SHA-256-PLUS | b: AUTHENTICATE EXTERNAL | b: AUTHENTICATE scram-sha-256 | b: AUTHENTICATE + | b: AUTHENTICATE SCRAM-SHA-256 | b: AUTHENTICATE biwsbj1hbGljZSxyPXg= | b: AUTHENTICATE biwsbj1hbGljZSxyPXg= | b: AUTHENTICATE PLAIN | b: AUTHENTICATE {long} | b: AUTHENTICATE PLAIN | {pieces} b: AUTHENTICATE PLAIN | b: AUTHENTICATE Ym9iAGFsaWNlAG9vbG9uZw== | b: AUTHENTICATE PLAIN | b: NICK b | b: USER b 0 * :b | b: CAP END"
            ),
            expect![[r#"
                b < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                b < 904 * :SASL authentication failed
                b < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                b < 904 * :SASL authentication failed
                b < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                b < 904 * :SASL authentication failed
                b < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < AUTHENTICATE cj14MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDMscz1BQUFBQUFBQUFBQUFBQUFBQUFBQUFRPT0saT0x
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 905 * :SASL message too long
                b < AUTHENTICATE +
                b < 905 * :SASL message too long
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 906 * :SASL authentication aborted
                b < 001 b :Welcome to the Test Network, b
                b < 376 b :End of /MOTD command."#]],
        );
    }

    #[test]
    fn a_long_response_comes_in_pieces() {
        use base64::Engine;
        let response = base64::engine::general_purpose::STANDARD.encode(format!("\0alice\0{}", "x".repeat(293)));
        assert_eq!(response.len(), 400);
        check(
            &format!(
                "alice: REGISTER * * {} | connect b | b: CAP REQ sasl || b: AUTHENTICATE PLAIN | b: AUTHENTICATE {response} | b: AUTHENTICATE +",
                "x".repeat(293)
            ),
            expect![[r#"
                b < AUTHENTICATE +
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful"#]],
        );
    }

    #[test]
    fn whoever_guesses_waits_and_the_owner_at_home_does_not() {
        let guesses = [tries("b", WRONG), tries("b", WRONG), tries("b", WRONG)].join(" | ");
        Script { caps: &[("alice", "from=home"), ("b", "from=away"), ("c", "from=home"), ("d", "from=away")], ..Script::default() }.check(
            &format!(
                "alice: REGISTER * * oolong | connect b | connect c | connect d | b: CAP REQ sasl | c: CAP REQ sasl | d: CAP REQ sasl | {guesses} || {} | {} | {} | wait 1s",
                tries("b", RIGHT),
                tries("c", RIGHT),
                tries("d", RIGHT),
            ),
            expect![[r#"
                b < AUTHENTICATE +
                c < AUTHENTICATE +
                c < 900 * alice!account@tea.test alice :You are now logged in as alice
                c < 903 * :SASL authentication successful
                d < AUTHENTICATE +
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful
                d < 900 * alice!account@tea.test alice :You are now logged in as alice
                d < 903 * :SASL authentication successful"#]],
        );
    }

    #[test]
    fn whoever_is_here_already_becomes_an_account_that_is_not() {
        let caps = [("bob", "sasl account-notify chghost"), ("carol", "account-notify chghost")];
        Script { caps: &caps, set: |info| info.rules.always_on = false }.check(
            &format!(
                "alice: REGISTER * * oolong | alice: QUIT | bob: JOIN #tea | carol: JOIN #tea || {} | {} | bob: PRIVMSG #tea :hi | connect d | d: CAP REQ sasl | {} | d: NICK d | d: USER d 0 * :d | d: CAP END",
                tries("bob", RIGHT),
                tries("bob", RIGHT),
                tries("d", RIGHT)
            ),
            expect![[r#"
                bob < AUTHENTICATE +
                bob < :bob NICK alice
                bob < :alice CHGHOST account tea.test
                bob < :alice!account@tea.test ACCOUNT alice
                bob < 900 alice alice!account@tea.test alice :You are now logged in as alice
                bob < 903 alice :SASL authentication successful
                carol < :bob NICK alice
                carol < :alice CHGHOST account tea.test
                carol < :alice!account@tea.test ACCOUNT alice
                bob < AUTHENTICATE +
                bob < 907 alice :You have already authenticated using SASL
                carol < :alice!account@tea.test PRIVMSG #tea :hi
                d < CAP * ACK :sasl
                d < AUTHENTICATE +
                d < 900 * alice!account@tea.test alice :You are now logged in as alice
                d < 903 * :SASL authentication successful
                d < 001 alice :Welcome to the Test Network, alice
                d < 376 alice :End of /MOTD command.
                d < :alice!account@tea.test JOIN #tea
                d < 353 alice = #tea :@alice carol
                d < 366 alice #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn an_account_that_goes_before_its_owner_comes_in_is_nobodys() {
        let out = format!(
            "alice: REGISTER * * oolong | alice: QUIT | root: OPER root oolong | connect b | b: CAP REQ sasl | {} || root: ACCOUNT DELETE alice | b: NICK b | b: USER b 0 * :b | b: CAP END | b: REGISTER * * oolong",
            tries("b", RIGHT)
        );
        check(
            &out,
            expect![[r#"
                root < NOTE ACCOUNT DONE alice :The account is gone
                b < 901 * b :You are now logged out
                b < 001 b :Welcome to the Test Network, b
                b < 376 b :End of /MOTD command.
                b < 900 b b!account@tea.test b :You are now logged in as b
                b < REGISTER SUCCESS b :The nick is yours now"#]],
        );
    }

    /// Five connections that guess at once, each once, while nothing is looked at.
    const FIVE_GUESS: &str = "alice: REGISTER * * oolong | alice: QUIT | bob: PING x | busy | g1: NS IDENTIFY alice w1 | g2: NS IDENTIFY alice w2 | g3: NS IDENTIFY alice w3 | g4: NS IDENTIFY alice w4 | g5: NS IDENTIFY alice w5";

    #[test]
    fn who_guesses_by_many_connections_guesses_no_faster() {
        let far = ["g1", "g2", "g3", "g4", "g5"].map(|name| (name, "from=away"));
        for caps in [&far[..], &[]] {
            check_with(
                caps,
                &format!("{FIVE_GUESS} || idle | bob: PING 1 | wait 1s | bob: PING 2 | wait 1s"),
                expect![[r#"
                    g1 < :NickServ!services@tea.test NOTICE g1 :That is no such account, or not its password
                    g2 < :NickServ!services@tea.test NOTICE g2 :That is no such account, or not its password
                    g3 < :NickServ!services@tea.test NOTICE g3 :That is no such account, or not its password
                    bob < PONG tea.test :1
                    g5 < :NickServ!services@tea.test NOTICE g5 :That is no such account, or not its password
                    bob < PONG tea.test :2
                    g4 < :NickServ!services@tea.test NOTICE g4 :That is no such account, or not its password"#]],
            );
        }
    }

    #[test]
    fn whoever_guesses_elsewhere_costs_the_owner_a_second_at_most() {
        let far = ["g1", "g2", "g3", "g4", "g5"].map(|name| (name, "from=away"));
        let more = "idle | wait 8s | wait 8s | g1: NS IDENTIFY alice w6 | wait 8s | g1: NS IDENTIFY alice w7 | g2: NS IDENTIFY alice w8 | g3: NS IDENTIFY alice w9 | wait 8s";
        check_with(
            &[&far[..], &[("new", "from=elsewhere")]].concat(),
            &format!(
                "{FIVE_GUESS} | {more} || new: NS IDENTIFY alice oolong | bob: PING 1 | wait 1s | bob: PING 2 | wait 6s | home: NS IDENTIFY alice oolong | bob: PING 3 | wait 1s"
            ),
            expect![[r#"
                bob < PONG tea.test :1
                new < :new NICK alice
                new < 900 alice alice!account@tea.test alice :You are now logged in as alice
                new < :NickServ!services@tea.test NOTICE alice :You are logged in
                bob < PONG tea.test :2
                home < :home NICK alice
                home < 221 alice +
                home < 900 alice alice!account@tea.test alice :You are now logged in as alice
                home < :NickServ!services@tea.test NOTICE alice :You are logged in
                bob < PONG tea.test :3
                g2 < :NickServ!services@tea.test NOTICE g2 :That is no such account, or not its password"#]],
        );
    }

    #[test]
    fn by_sasl_one_logs_in_later_as_well() {
        check_with(
            &[("bob", "sasl")],
            &format!("alice: REGISTER * * oolong | bob: PING 1 || {}", tries("bob", RIGHT)),
            expect![[r#"
                bob < AUTHENTICATE +
                bob < :bob NICK alice
                bob < 221 alice +
                bob < 900 alice alice!account@tea.test alice :You are now logged in as alice
                bob < 903 alice :SASL authentication successful"#]],
        );
    }
}
