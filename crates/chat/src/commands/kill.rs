//! KILL: an operator closes all connections of a user. <https://modern.ircdocs.horse/#kill-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::{Leaving, Turn};

pub(super) const COMMAND: Command = Command {
    name: "KILL",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "KILL <nick> <reason>: close all connections of somebody; takes a server operator",
    parse,
};

/// The longest reason, in bytes: it fits into KILL, QUIT and ERROR, whatever the names around it.
const REASON_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX - 200;

/// A user is sent away.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kill {
    /// Who.
    pub nick: Nick,
    /// Why.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let (nick, reason) = (request.param(0), request.param(1));
    if reason.len() > REASON_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    match Nick::parse(nick) {
        Ok(nick) => request.submit(Action::Kill(Kill { nick, reason: reason.into() })),
        Err(_) if *nick == *request.info.name => {
            request.reply(Reply::numeric(n::ERR_CANTKILLSERVER, "You can't kill a server!"));
        }
        Err(_) => request.reply(super::no_such_nick(nick)),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, kill: &Kill) {
    let Some(actor) = turn.actor() else { return };
    if !actor.modes.operator {
        return turn.reply(super::no_privileges());
    }
    let (by, killer) = (actor.source(), Arc::<str>::from(actor.nick.as_str()));
    let Some(victim) = turn.world.presence.user_named(&kill.nick) else {
        return turn.reply(super::no_such_nick(kill.nick.as_str()));
    };
    let (id, nick, source) = (victim.id, Arc::<str>::from(victim.nick.as_str()), victim.source());
    let reason: Arc<str> = format!("Killed ({killer} ({}))", kill.reason).into();
    turn.acknowledge();
    turn.tell_unasked(Audience::User(id), Event::Killed { nick, source: by, reason: Arc::clone(&kill.reason) });
    turn.tell_unasked(Audience::User(id), Event::Quit { user: id, source, reason: Arc::clone(&reason) });
    let goodbye = format!("Closing Link: {} ({reason})", turn.world.rules.server_name).into();
    turn.close_all(id, &goodbye);
    turn.quit(id, &reason, Leaving::Goodbye);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn whoever_is_killed_is_told_by_whom_and_why_and_so_are_its_rooms() {
        check(
            "root: OPER root oolong | bob: JOIN #tea | carol: JOIN #tea || root: KILL bob :enough of it | bob: PING 1 | carol: NAMES #tea | root: WHOWAS bob",
            expect![[r#"
                bob < :root KILL bob :enough of it
                bob < :bob QUIT :Killed (root (enough of it))
                bob < ERROR :Closing Link: tea.test (Killed (root (enough of it)))
                carol < :bob QUIT :Killed (root (enough of it))
                carol < 353 carol = #tea :carol
                carol < 366 carol #tea :End of /NAMES list
                root < 314 root bob ~bob host * :bob
                root < 338 root bob 0::1 :Is actually using host
                root < 312 root bob tea.test :2023-11-14T22:13:20.000Z
                root < 369 root bob :End of WHOWAS"#]],
        );
    }

    #[test]
    fn all_sessions_go_and_a_guests_seat_with_them() {
        check_with(
            &[("alice", "guest"), ("root", "labeled-response batch")],
            "root: OPER root oolong | bob: JOIN #tea | alice: JOIN #tea | again tab alice || root: @label=1 KILL ALICE :bye | again back alice | bob: NAMES #tea",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :@bob alice
                tab < 366 alice #tea :End of /NAMES list
                root < @label=1 ACK
                bob < :alice QUIT :Killed (root (bye))
                alice < :root KILL alice :bye
                alice < :alice QUIT :Killed (root (bye))
                alice < ERROR :Closing Link: tea.test (Killed (root (bye)))
                tab < :root KILL alice :bye
                tab < :alice QUIT :Killed (root (bye))
                tab < ERROR :Closing Link: tea.test (Killed (root (bye)))
                bob < 353 bob = #tea :@bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn an_operator_may_end_itself() {
        check(
            "root: OPER root oolong | root: KILL root :enough",
            expect![[r#"
            root < :root KILL root :enough
            root < :root QUIT :Killed (root (enough))
            root < ERROR :Closing Link: tea.test (Killed (root (enough)))"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            &format!(
                "root: OPER root oolong | bob: PING 1 || bob: KILL root :no | root: KILL nobody :bye | root: KILL a!b :bye | root: KILL tea.test :bye | root: KILL bob | root: KILL bob :{} | root: MODE root -o | root: KILL bob :bye",
                "x".repeat(311)
            ),
            expect![[r#"
                bob < 481 bob :Permission Denied- You're not an IRC operator
                root < 401 root nobody :No such nick/channel
                root < 401 root a!b :No such nick/channel
                root < 483 root :You can't kill a server!
                root < 461 root KILL :Not enough parameters
                root < 417 root :That reason is too long
                root < :root MODE root -o
                root < 481 root :Permission Denied- You're not an IRC operator"#]],
        );
    }
}
