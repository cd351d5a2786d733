//! WALLOPS: an operator tells all who want to read such. <https://modern.ircdocs.horse/#wallops-message>

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::{Action, Audience, Event};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::Turn;

pub(super) const COMMAND: Command = Command {
    name: "WALLOPS",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "WALLOPS <text>: tell all who have set user mode w; takes a server operator",
    parse,
};

/// An operator's word to all who want it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wallops {
    /// What.
    pub text: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    match request.param(0) {
        "" => request.reply(Reply::numeric(n::ERR_NEEDMOREPARAMS, "Not enough parameters").param(COMMAND.name)),
        text => request.submit(Action::Wallops(Wallops { text: text.into() })),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, wallops: &Wallops) {
    let Some(actor) = turn.actor() else { return };
    if !actor.modes.operator {
        return turn.reply(super::no_privileges());
    }
    let (source, reads_it) = (actor.source(), actor.modes.wallops);
    if source.len() + wallops.text.len() + ":  WALLOPS :".len() > MESSAGE_BODY_BYTES_MAX {
        return turn.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That text is too long"));
    }
    if !reads_it {
        turn.acknowledge();
    }
    turn.tell(Audience::Wallops, Event::Wallops { source, text: Arc::clone(&wallops.text) });
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn those_who_want_read_it() {
        check(
            "root: OPER root oolong | bob: MODE bob +w | carol: PING 1 || root: WALLOPS :tea at four | bob: MODE bob -w | root: WALLOPS :no, five | root: MODE root +w | root: WALLOPS :six",
            expect![[r#"
                bob < :root WALLOPS :tea at four
                bob < :bob MODE bob -w
                root < :root MODE root +w
                root < :root WALLOPS :six"#]],
        );
    }

    #[test]
    fn all_sessions_of_a_user_read_it_whenever_they_came() {
        check_with(
            &[("alice", "guest"), ("root", "labeled-response batch")],
            "root: OPER root oolong | alice: PING 1 | again early alice | alice: MODE alice +w | again late alice || root: @label=1 WALLOPS :tea | root: MODE root +w | root: @label=2 WALLOPS :more",
            expect![[r#"
                root < @label=1 ACK
                alice < :root WALLOPS :tea
                early < :root WALLOPS :tea
                late < :root WALLOPS :tea
                root < :root MODE root +w
                root < @label=2 :root WALLOPS :more
                alice < :root WALLOPS :more
                early < :root WALLOPS :more
                late < :root WALLOPS :more"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            &format!(
                "root: OPER root oolong | bob: PING 1 || bob: WALLOPS :hi | root: WALLOPS | root: WALLOPS : | root: WALLOPS :{}",
                "x".repeat(490)
            ),
            expect![[r#"
                bob < 481 bob :Permission Denied- You're not an IRC operator
                root < 461 root WALLOPS :Not enough parameters
                root < 461 root WALLOPS :Not enough parameters
                root < 417 root :That text is too long"#]],
        );
    }
}
