//! OPER: become a server operator. <https://modern.ircdocs.horse/#oper-message>

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::numerics as n;

use super::claim::{CLAIM, Claim};
use super::{Answers, Command, Stage, usermode};
use crate::entry::Action;
use crate::ids::{Time, TokenHash};
use crate::reply::Reply;
use crate::session::Request;
use crate::work::{PasswordHash, Work};
use crate::world::{Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "OPER",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "OPER <name> <password> | claim <code>: become a server operator",
    parse,
};

/// Somebody says that it is an operator.
pub struct Attempt {
    name: Arc<str>,
    password: Box<str>,
    hash: PasswordHash,
    /// Whether an operator of this name exists; if not, the password is checked all the same.
    is_known: bool,
    network: Arc<str>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Oper {
    /// The operator's name.
    pub name: Arc<str>,
    /// Whether the password was right.
    pub proved: bool,
    /// The network it comes from, as others see it.
    pub network: Arc<str>,
}

impl Attempt {
    /// Until when it has to wait, if whoever is in its network has failed too often to prove anything.
    pub(crate) fn waits_until(&self, world: &World, now: Time) -> Option<Time> {
        world.failures.waits_until(&world.durable, None, &self.network, now)
    }

    /// Checks the password; whatever is wrong takes as long as what is right.
    pub(crate) fn judge(self) -> Oper {
        let right = self.hash.is_of(&self.password);
        Oper { name: self.name, proved: right && self.is_known, network: self.network }
    }
}

impl fmt::Debug for Attempt {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({})", self.name)
    }
}

fn parse(request: &mut Request<'_>) {
    let (name, password) = (request.param(0), request.param(1));
    if name.eq_ignore_ascii_case(CLAIM) {
        return request.submit(Action::Claim(Claim { code: TokenHash::of(password) }));
    }
    let operators = &request.info.operators;
    let Some(anybody) = operators.first() else {
        return request.reply(Reply::numeric(n::ERR_NOOPERHOST, "This server has no operators"));
    };
    let known = operators.iter().find(|operator| *operator.name == *name);
    let hash = known.unwrap_or(anybody).password.clone();
    let is_known = known.is_some();
    let (name, network) = (super::shown(name).into(), Arc::clone(&request.session.network));
    request.work(Work::Oper(Attempt { name, password: password.into(), hash, is_known, network }));
}

pub(crate) fn apply(turn: &mut Turn<'_>, oper: &Oper) {
    let Some(id) = turn.actor().map(|user| user.id) else { return };
    if !oper.proved {
        let (now, world) = (turn.entry.time, &mut *turn.world);
        world.failures.note(&world.durable, None, &oper.network, now);
        return turn.reply(Reply::numeric(n::ERR_PASSWDMISMATCH, "Password incorrect"));
    }
    turn.reply(Reply::numeric(n::RPL_YOUREOPER, "You are now an IRC operator"));
    usermode::change(turn, id, &[(true, 'o')]);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn a_password_makes_an_operator_and_a_mode_ends_it() {
        check(
            "alice: PING 1 || alice: OPER root oolong | alice: MODE alice | alice: OPER root oolong | bob: WHOIS alice | bob: WHO alice | bob: USERHOST alice | bob: LUSERS | alice: MODE alice -o | alice: MODE alice",
            expect![[r#"
                alice < 381 alice :You are now an IRC operator
                alice < :alice MODE alice +o
                alice < 221 alice +o
                alice < 381 alice :You are now an IRC operator
                bob < 311 bob alice ~alice host * :alice
                bob < 312 bob alice tea.test :Teahouse
                bob < 313 bob alice :is an IRC operator
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                bob < 352 bob * ~alice host tea.test alice H* :0 alice
                bob < 315 bob alice :End of WHO list
                bob < 302 bob :alice*=+~alice
                bob < 251 bob :There are 2 users and 0 invisible on 1 servers
                bob < 252 bob 1 :operator(s) online
                bob < 254 bob 1 :channels formed
                bob < 255 bob :I have 2 clients and 0 servers
                bob < 265 bob 2 2 :Current local users 2, max 2
                bob < 266 bob 2 2 :Current global users 2, max 2
                alice < :alice MODE alice -o
                alice < 221 alice +"#]],
        );
    }

    #[test]
    fn who_guesses_waits_however_many_connections_it_guesses_by() {
        check(
            "a: PING x | busy | a: OPER root green1 | b: OPER root green2 | c: OPER nobody green3 | d: OPER root green4 | e: OPER root oolong || idle | a: PING 1 | wait 1s",
            expect![[r#"
                a < 464 a :Password incorrect
                b < 464 b :Password incorrect
                c < 464 c :Password incorrect
                a < PONG tea.test :1
                d < 464 d :Password incorrect
                e < 381 e :You are now an IRC operator
                e < :e MODE e +o"#]],
        );
    }

    #[test]
    fn an_operator_sees_what_is_hidden_from_others_and_no_more() {
        check(
            "root: OPER root oolong | alice: JOIN #tea,#gone | alice: MODE #tea +sk key | alice: MODE alice +i | alice: PRIVMSG #gone :hi | alice: PART #gone || root: LIST | root: NAMES #tea | root: WHO #tea | root: WHO a* | root: WHOIS alice | root: MODE #tea | root: JOIN #tea | root: CHATHISTORY LATEST #tea * 5 | root: TOPIC #tea | bob: WHOIS alice | bob: WHO a* | bob: LIST",
            expect![[r#"
                root < 322 root #lobby 0 :
                root < 322 root #tea 1 :
                root < 323 root :End of LIST
                root < 353 root @ #tea :@alice
                root < 366 root #tea :End of /NAMES list
                root < 352 root #tea ~alice host tea.test alice H@ :0 alice
                root < 315 root #tea :End of WHO list
                root < 352 root * ~alice host tea.test alice H :0 alice
                root < 315 root a* :End of WHO list
                root < 311 root alice ~alice host * :alice
                root < 319 root alice :@#tea
                root < 312 root alice tea.test :Teahouse
                root < 338 root alice 0::1 :Is actually using host
                root < 317 root alice 0 1700000000 :seconds idle, signon time
                root < 318 root alice :End of /WHOIS list
                root < 324 root #tea +nsk *
                root < 329 root #tea 1700000000
                root < 475 root #tea :Cannot join channel (+k)
                root < FAIL CHATHISTORY INVALID_TARGET LATEST #tea :Messages could not be retrieved
                root < 442 root #tea :You're not on that channel
                bob < 311 bob alice ~alice host * :alice
                bob < 312 bob alice tea.test :Teahouse
                bob < 317 bob alice 0 1700000000 :seconds idle, signon time
                bob < 318 bob alice :End of /WHOIS list
                bob < 315 bob a* :End of WHO list
                bob < 322 bob #lobby 0 :
                bob < 323 bob :End of LIST"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PING 1 || alice: OPER root | alice: OPER root green | alice: OPER nobody oolong | alice: OPER Root oolong | alice: MODE alice +o | alice: MODE alice",
            expect![[r#"
                alice < 461 alice OPER :Not enough parameters
                alice < 464 alice :Password incorrect
                alice < 464 alice :Password incorrect
                alice < 464 alice :Password incorrect
                alice < 221 alice +"#]],
        );
        check("connect alice || alice: OPER root oolong", expect!["alice < 451 * :You have not registered"]);
    }

    #[test]
    fn what_is_sent_behind_it_waits_for_it() {
        check(
            "alice: PING 1 | busy || alice: OPER root oolong | alice: MODE alice | alice: PING 2 | bob: PING 3 | idle",
            expect![[r#"
                bob < PONG tea.test :3
                alice < 381 alice :You are now an IRC operator
                alice < :alice MODE alice +o
                alice < 221 alice +o
                alice < PONG tea.test :2"#]],
        );
    }

    #[test]
    fn a_label_holds_all_of_the_answer() {
        check_with(
            &[("alice", "labeled-response batch")],
            "alice: PING 1 || alice: @label=1 OPER root oolong | alice: @label=2 OPER root green",
            expect![[r#"
                alice < @label=1 BATCH +1 labeled-response
                alice < @batch=1 381 alice :You are now an IRC operator
                alice < @batch=1 :alice MODE alice +o
                alice < BATCH -1
                alice < @label=2 BATCH +2 labeled-response
                alice < @batch=2 464 alice :Password incorrect
                alice < BATCH -2"#]],
        );
    }

    #[test]
    fn every_session_of_the_user_is_told() {
        check_with(
            &[("alice", "guest")],
            "alice: PING 1 | again tab alice || alice: OPER root oolong | tab: MODE alice -o",
            expect![[r#"
                alice < 381 alice :You are now an IRC operator
                alice < :alice MODE alice +o
                tab < :alice MODE alice +o
                alice < :alice MODE alice -o
                tab < :alice MODE alice -o"#]],
        );
    }

    #[test]
    fn whoever_leaves_meanwhile_becomes_nothing() {
        check(
            "bob: PING 1 | alice: PING 1 | busy || alice: OPER root oolong | alice drops | idle | bob: LUSERS",
            expect![[r#"
                alice < ERROR :Connection lost
                bob < 251 bob :There are 1 users and 0 invisible on 1 servers
                bob < 252 bob 0 :operator(s) online
                bob < 254 bob 1 :channels formed
                bob < 255 bob :I have 1 clients and 0 servers
                bob < 265 bob 1 2 :Current local users 1, max 2
                bob < 266 bob 1 2 :Current global users 1, max 2"#]],
        );
    }
}
