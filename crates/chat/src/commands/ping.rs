//! PING and PONG: is the other side still there? <https://modern.ircdocs.horse/#ping-message>

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::reply::Reply;
use crate::session::Request;

pub(super) const COMMAND: Command = Command {
    name: "PING",
    params_min: 0,
    stage: Stage::Any,
    answers: Answers::One,
    help: "PING <token>: the server answers PONG <token>",
    parse: ping,
};

/// Nothing to do: that a line came at all is what the server's PING asked for.
pub(super) const PONG: Command = Command {
    name: "PONG",
    params_min: 0,
    stage: Stage::Any,
    answers: Answers::None,
    help: "PONG <token>: the answer to the server's PING",
    parse: |_| {},
};

fn ping(request: &mut Request<'_>) {
    let token = request.param(0).to_owned();
    if token.is_empty() {
        return request.reply(Reply::numeric(n::ERR_NOORIGIN, "No origin specified"));
    }
    let server = request.info.name.to_string();
    if 2 * server.len() + token.len() + ":  PONG  :".len() > MESSAGE_BODY_BYTES_MAX {
        return request.reply(Reply::numeric(n::ERR_INPUTTOOLONG, "That PING is too long to be answered"));
    }
    request.reply(Reply::word("PONG").param(server).text(token));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_token_comes_back() {
        check(
            "alice: PONG || alice: PING x | alice: PING :a b",
            expect![[r#"
                alice < PONG tea.test :x
                alice < PONG tea.test :a b"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: PONG || alice: PING | alice: PING : | alice: PONG",
            expect![[r#"
                alice < 409 alice :No origin specified
                alice < 409 alice :No origin specified"#]],
        );
    }

    #[test]
    fn one_that_would_be_cut_is_refused() {
        check(
            &format!("alice: PING {}", "x".repeat(500)),
            expect!["alice < 417 alice :That PING is too long to be answered"],
        );
    }
}
