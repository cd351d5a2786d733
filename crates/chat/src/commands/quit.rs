//! QUIT: goodbye. <https://modern.ircdocs.horse/#quit-message>

use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX};
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::entry::Action;
use crate::reply::Reply;
use crate::session::Request;
use crate::session::attach::Detach;
use crate::world::Leaving;

pub(super) const COMMAND: Command = Command {
    name: "QUIT",
    params_min: 0,
    stage: Stage::Any,
    answers: Answers::One,
    help: "QUIT [<reason>]: goodbye",
    parse,
};

/// The longest reason that fits into everybody's QUIT line, whoever says it.
const REASON_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX - NICK_BYTES_MAX - 120;

fn parse(request: &mut Request<'_>) {
    let said = request.param(0);
    let fits = !said.is_empty() && said.len() <= REASON_BYTES_MAX;
    if said.len() > REASON_BYTES_MAX {
        // Whoever goes is not held back by it: it goes without.
        request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long and was left out"));
    }
    let reason = if fits { format!("Quit: {said}") } else { "Quit".to_owned() };
    if request.registration().is_none() {
        let leaving = Leaving::Goodbye;
        request.submit(Action::Detach(Detach { reason: reason.as_str().into(), leaving }));
    }
    request.close(&reason);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn members_are_told_once() {
        check(
            "alice: JOIN #a,#b | bob: JOIN #a,#b | carol: JOIN #c || alice: QUIT :gone home",
            expect![[r#"
                alice < ERROR :Quit: gone home
                bob < :alice QUIT :Quit: gone home"#]],
        );
    }

    #[test]
    fn the_goodbye_waits_for_the_last_echo() {
        check_with(
            &[("alice", "echo-message labeled-response batch")],
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: PRIVMSG #tea :last words | alice: @label=q QUIT | go",
            expect![[r#"
                bob < :alice PRIVMSG #tea :last words
                bob < :alice QUIT :Quit
                alice < :alice PRIVMSG #tea :last words
                alice < @label=q ERROR :Quit"#]],
        );
    }

    #[test]
    fn with_another_session_left_nobody_goes() {
        check_with(
            &[("alice", "guest")],
            "bob: JOIN #tea | alice: JOIN #tea | again tab alice || alice: QUIT | tab: PRIVMSG #tea :still here",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :@bob alice
                tab < 366 alice #tea :End of /NAMES list
                alice < ERROR :Quit
                bob < :alice PRIVMSG #tea :still here"#]],
        );
    }

    #[test]
    fn a_reason_that_is_too_long_is_left_out() {
        check(
            &format!("bob: JOIN #tea | alice: JOIN #tea || alice: QUIT :{}", "x".repeat(450)),
            expect![[r#"
                bob < :alice QUIT :Quit
                alice < 417 alice :That reason is too long and was left out
                alice < ERROR :Quit"#]],
        );
    }
}
