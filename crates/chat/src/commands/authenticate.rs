//! AUTHENTICATE: prove that an account is one's own, before registration is complete.
//! <https://ircv3.net/specs/extensions/sasl-3.1>

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::numerics as n;

use super::account::suspended;
use super::register::logged_in;
use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::entry::Event;
use crate::ids::AccountId;
use crate::reply::Reply;
use crate::session::Request;
use crate::work::{PASSWORD_BYTES_MAX, PasswordHash, Work};
use crate::world::{Turn, World};

pub(super) const COMMAND: Command = Command {
    name: "AUTHENTICATE",
    params_min: 1,
    stage: Stage::Registering,
    answers: Answers::Many,
    help: "AUTHENTICATE PLAIN, then base64: log in, before CAP END",
    parse,
};

/// A longer response comes in pieces of this many bytes.
const PIECE_BYTES: usize = 400;

/// How long a response may be in all, in base64.
const RESPONSE_BYTES_MAX: usize = 2000;

/// Somebody says that an account is its own.
pub struct Attempt {
    name: Option<Nick>,
    password: Box<str>,
    /// Whose password is checked, once that is looked up.
    known: Option<(AccountId, PasswordHash)>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Authenticated {
    /// The account whose owner it is, if it is.
    pub account: Option<AccountId>,
}

impl Attempt {
    /// Finds out what is kept of the password.
    pub(crate) fn look_up(&mut self, world: &World) {
        let account = self.name.as_ref().and_then(|name| world.durable.account_named(name));
        self.known = account.and_then(|account| {
            let password = account.password.as_ref()?;
            Some((account.id, PasswordHash::parse(&password.argon2).ok()?))
        });
    }

    /// Checks the password; whatever is wrong takes as long as what is right.
    pub(crate) fn judge(self) -> Authenticated {
        let right = match &self.known {
            Some((id, hash)) => hash.is_of(&self.password).then_some(*id),
            None => {
                PasswordHash::nobodys().is_of(&self.password);
                None
            }
        };
        Authenticated { account: right }
    }
}

impl fmt::Debug for Attempt {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({:?})", self.name)
    }
}

fn parse(request: &mut Request<'_>) {
    if !request.session.caps.has(Caps::SASL) {
        return request.reply(failed());
    }
    let word = request.param(0);
    let Some(registration) = request.registration() else { return };
    let Some(response) = &mut registration.sasl else {
        if !word.eq_ignore_ascii_case("PLAIN") {
            return request.reply(Reply::numeric(n::RPL_SASLMECHS, "are available SASL mechanisms").param("PLAIN"));
        }
        registration.sasl = Some(String::new());
        return request.reply(Reply::word("AUTHENTICATE").param("+"));
    };
    if word == "*" {
        registration.sasl = None;
        return request.reply(Reply::numeric(n::ERR_SASLABORTED, "SASL authentication aborted"));
    }
    if word.len() > PIECE_BYTES || response.len() + word.len() > RESPONSE_BYTES_MAX {
        registration.sasl = None;
        return request.reply(Reply::numeric(n::ERR_SASLTOOLONG, "SASL message too long"));
    }
    if word != "+" {
        response.push_str(word);
    }
    if word.len() == PIECE_BYTES {
        return;
    }
    let response = registration.sasl.take().unwrap_or_default();
    match plain(&response) {
        Some(attempt) => request.work(Work::Authenticate(attempt)),
        None => request.reply(failed()),
    }
}

/// Reads `[authzid] NUL authcid NUL password`. <https://www.rfc-editor.org/rfc/rfc4616>
fn plain(response: &str) -> Option<Attempt> {
    let bytes = STANDARD.decode(response).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let [authzid, authcid, password] = text.split('\0').collect::<Vec<_>>().try_into().ok()?;
    let fits = authzid.is_empty() || authzid == authcid;
    let attempt = Attempt { name: Nick::parse(authcid).ok(), password: password.into(), known: None };
    (fits && password.len() <= PASSWORD_BYTES_MAX).then_some(attempt)
}

fn failed() -> Reply {
    Reply::numeric(n::ERR_SASLFAIL, "SASL authentication failed")
}

pub(crate) fn apply(turn: &mut Turn<'_>, outcome: &Authenticated) {
    let account = outcome.account.and_then(|id| turn.world.durable.account(id));
    let Some((id, name)) = account.and_then(|account| Some((account.id, Nick::parse(&account.name).ok()?))) else {
        return turn.reply(failed());
    };
    if let Some(text) = turn.world.durable.account(id).and_then(suspended) {
        return turn.reply(Reply::numeric(n::ERR_SASLFAIL, text));
    }
    turn.tell_origin(Event::Authenticated(id));
    let source = turn.world.account_source(&name);
    turn.reply(logged_in(&source, &name));
    turn.reply(Reply::numeric(n::RPL_SASLSUCCESS, "SASL authentication successful"));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn what_is_no_proof_is_refused() {
        check(
            "alice: REGISTER * * oolong | connect b || b: AUTHENTICATE PLAIN | b: CAP REQ sasl | b: AUTHENTICATE GUESS | b: AUTHENTICATE PLAIN | b: AUTHENTICATE * | b: AUTHENTICATE PLAIN | b: AUTHENTICATE !!! | b: AUTHENTICATE PLAIN | b: AUTHENTICATE AGFsaWNlAGdyZWVu | b: AUTHENTICATE PLAIN | b: AUTHENTICATE AG5vYm9keQBncmVlbg==",
            expect![[r#"
                b < 904 * :SASL authentication failed
                b < CAP * ACK :sasl
                b < 908 * PLAIN :are available SASL mechanisms
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
}
