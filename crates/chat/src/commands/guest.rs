//! GUEST: a client without an account asks to be known again: `GUEST *` for the first time, `GUEST <token>` later.
//!
//! Ours alone. Before CAP END; after the last 005 the server answers `GUEST TOKEN <token>`.

use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::reply::Reply;
use crate::session::{GuestWish, Request};

pub(super) const COMMAND: Command = Command {
    name: "GUEST",
    params_min: 1,
    stage: Stage::Registering,
    answers: Answers::None,
    help: "GUEST * | <token>: before CAP END, to be known again after a lost connection",
    parse,
};

fn parse(request: &mut Request<'_>) {
    if !request.session.caps.has(Caps::GUEST) {
        let text = "Ask for the guest capability first";
        return request.reply(Reply::fail("GUEST", "CAPABILITY_REQUIRED", text));
    }
    let known = match request.param(0) {
        "*" => None,
        token => Some(token.to_owned()),
    };
    let fresh = request.fresh_token();
    if let Some(registration) = request.registration() {
        registration.guest = Some(GuestWish { known, fresh });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn a_second_connection_is_the_same_user() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | alice: TOPIC #tea :green | bob: JOIN #tea || again tab alice | tab: PRIVMSG #tea :hi",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 332 alice #tea :green
                tab < 333 alice #tea alice 1700000000
                tab < 353 alice = #tea :~alice bob
                tab < 366 alice #tea :End of /NAMES list
                alice < :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn a_dropped_guest_keeps_the_seat() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea | alice drops | wait 89s || again back alice | bob: NAMES #tea",
            expect![[r#"
                back < :alice JOIN #tea
                back < 353 alice = #tea :~alice bob
                back < 366 alice #tea :End of /NAMES list
                bob < 353 bob = #tea :~alice bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn and_loses_it_when_its_time_is_over() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea | alice drops || wait 91s | bob: NAMES #tea",
            expect![[r#"
                bob < :alice QUIT :Connection lost
                bob < 353 bob = #tea :bob
                bob < 366 bob #tea :End of /NAMES list"#]],
        );
    }

    #[test]
    fn a_plain_client_is_gone_at_once() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea || alice drops",
            expect![[r#"
                alice < ERROR :Connection lost
                bob < :alice QUIT :Connection lost"#]],
        );
    }

    #[test]
    fn a_goodbye_gives_the_seat_up() {
        check_with(
            &[("alice", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea || alice: QUIT | again back alice | back: PRIVMSG #tea :hi",
            expect![[r#"
                alice < ERROR :Quit
                bob < :alice QUIT :Quit
                back < 404 back #tea :You are not in that channel"#]],
        );
    }
}
