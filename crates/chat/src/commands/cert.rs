//! CERT: the client certificates that prove one's account by SASL EXTERNAL. Ours alone; NickServ has it, too.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Answers, Command, Stage};
use crate::durable::{Fact, FactKind};
use crate::entry::Action;
use crate::ids::{AccountId, SessionId};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope, unavailable};
use crate::sasl::fingerprint;
use crate::session::Request;
use crate::world::{Turn, User, World};

pub(super) const COMMAND: Command = Command {
    name: "CERT",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "CERT ADD [<SHA-256>] | DEL <SHA-256> | LIST: log in by certificate; without a fingerprint, by the one you use now",
    parse,
};

/// How many certificates an account may have.
const CERTIFICATES_MAX: usize = 8;

/// How long a SHA-256 is in hexadecimal.
const FINGERPRINT_CHARS: usize = 64;

/// A user's certificate is to prove its account from now on, or not any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetCertificate {
    /// Its SHA-256.
    pub fingerprint: Arc<str>,
    /// Whether it is to be taken.
    pub is_good: bool,
}

fn parse(request: &mut Request<'_>) {
    let subcommand = request.param(0).to_ascii_uppercase();
    let shown = request.session.secured.as_deref().and_then(|secured| secured.certificate);
    let given = match (subcommand.as_str(), request.param(1)) {
        ("LIST", _) => return request.ask(Query::Certificates),
        ("ADD", "") => shown.as_ref().map(fingerprint),
        ("ADD" | "DEL", given) => read(given),
        _ => {
            let text = "ADD, DEL or LIST";
            return request.reply(refusal("INVALID_PARAMS", &subcommand, text));
        }
    };
    match given {
        Some(fingerprint) => {
            let is_good = subcommand == "ADD";
            request.submit(Action::Certificate(SetCertificate { fingerprint, is_good }));
        }
        None if subcommand == "ADD" && request.param(1).is_empty() => {
            let text = "You have come without a certificate; give its SHA-256, or connect with it";
            request.reply(refusal("NO_CERTIFICATE", "*", text));
        }
        None => request.reply(refusal("INVALID_FINGERPRINT", request.param(1), "A SHA-256 has 64 hexadecimal digits")),
    }
}

/// A SHA-256 as people copy it: with colons between, in capitals or not.
fn read(given: &str) -> Option<Arc<str>> {
    let digits: String = given.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
    let is_one = digits.len() == FINGERPRINT_CHARS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| digits.into())
}

fn refusal(code: &'static str, what: &str, text: &'static str) -> Reply {
    Reply::fail("CERT", code, text).param(super::shown(what))
}

pub(crate) fn apply(turn: &mut Turn<'_>, set: &SetCertificate) {
    let reply = match change(turn, set) {
        Ok(reply) => return turn.promise(reply),
        Err(refusal) => refusal,
    };
    turn.reply(reply);
}

fn change(turn: &mut Turn<'_>, set: &SetCertificate) -> Result<Reply, Reply> {
    let shown = &set.fingerprint;
    let account = turn.actor().and_then(User::account_id);
    let AccountId(owner) = account.ok_or_else(|| refusal("ACCOUNT_REQUIRED", shown, "Log in first, or REGISTER"))?;
    let known = turn.world.durable.account_with_certificate(shown);
    if !turn.entry.writable {
        return Err(unavailable("CERT", shown));
    }
    let fact = Fact { owner, kind: FactKind::Certificate, key: Arc::clone(shown) };
    let (value, word, text) = match (set.is_good, known) {
        (true, Some(AccountId(known))) if known != owner => {
            return Err(refusal("FINGERPRINT_IN_USE", shown, "It proves another account"));
        }
        (true, None) if turn.world.durable.facts(owner, FactKind::Certificate).count() >= CERTIFICATES_MAX => {
            return Err(refusal("TOO_MANY", shown, "An account has at most 8 certificates"));
        }
        (true, _) => (Some(turn.entry.time.0.to_string().into()), "ADDED", "You may log in by it: SASL EXTERNAL"),
        (false, Some(AccountId(known))) if known == owner => (None, "DELETED", "It does not log you in any more"),
        (false, _) => return Err(refusal("NO_SUCH_FINGERPRINT", shown, "It is none of yours")),
    };
    turn.put_fact(fact, value);
    Ok(Reply::word("CERT").param(word).param(shown.to_string()).text(text))
}

/// A line for each, and one behind the last.
pub(crate) fn answer(world: &World, session: SessionId, scope: &Scope) -> Asked {
    let account = world.presence.user_of(session).and_then(User::account_id);
    let Some(AccountId(owner)) = account else {
        return Asked::one(scope, refusal("ACCOUNT_REQUIRED", "*", "Log in first, or REGISTER"));
    };
    let line = |fingerprint: &Arc<str>| {
        Reply::word("CERT").param("LIST").param(fingerprint.to_string()).text(fingerprint.to_string())
    };
    let certificates = world.durable.facts(owner, FactKind::Certificate).map(|(key, _)| line(key));
    let end = Reply::word("CERT").param("ENDOFLIST").text("These are all");
    Asked::replies(scope, certificates.chain([end]).collect())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn an_account_is_proved_by_the_certificate_it_has_named() {
        check_with(
            &[("alice", "certificate=07"), ("b", "certificate=07")],
            "alice: REGISTER * * oolong | connect b | connect c | b: CAP REQ sasl | c: CAP REQ sasl || b: CAP LS 302 | b: AUTHENTICATE EXTERNAL | b: AUTHENTICATE + | alice: CERT ADD | b: AUTHENTICATE EXTERNAL | b: AUTHENTICATE Ym9i | b: AUTHENTICATE EXTERNAL | b: AUTHENTICATE YWxpY2U= | b: AUTHENTICATE EXTERNAL | c: AUTHENTICATE EXTERNAL | alice: CERT LIST | alice: CERT DEL 0707070707070707070707070707070707070707070707070707070707070707 | alice: CERT LIST",
            expect![[r#"
                b < CAP * LS * :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory draft/event-playback soju.im/search multi-prefix away-notify extended-join invite-notify cap-notify setname chghost extended-monitor no-implicit-names sasl=PLAIN,EXTERNAL,SCRAM-SHA-256 draft/account-registration=before-connect draft/persistence account-notify account-tag
                b < CAP * LS :draft/read-marker draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300 draft/message-redaction draft/multiline=max-bytes=8192,max-lines=100 draft/channel-rename teahouse.internal/message-edit teahouse.internal/guest teahouse.internal/client-msgid teahouse.internal/reactions teahouse.internal/partner
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                alice < CERT ADDED 0707070707070707070707070707070707070707070707070707070707070707 :You may log in by it: SASL EXTERNAL
                b < AUTHENTICATE +
                b < 904 * :SASL authentication failed
                b < AUTHENTICATE +
                b < 900 * alice!account@tea.test alice :You are now logged in as alice
                b < 903 * :SASL authentication successful
                b < 907 * :You have already authenticated using SASL
                c < 908 * PLAIN,SCRAM-SHA-256 :are available SASL mechanisms
                c < 904 * :SASL authentication failed
                alice < CERT LIST 0707070707070707070707070707070707070707070707070707070707070707 :0707070707070707070707070707070707070707070707070707070707070707
                alice < CERT ENDOFLIST :These are all
                alice < CERT DELETED 0707070707070707070707070707070707070707070707070707070707070707 :It does not log you in any more
                alice < CERT ENDOFLIST :These are all"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        let many: String = (0..8).map(|number| format!("alice: CERT ADD {number:064x} | ")).collect();
        check(
            &format!(
                "alice: REGISTER * * oolong | bob: PING 1 | carol: REGISTER * * oolong | carol: CERT ADD {:064x} | {many} broken | mended || alice: CERT | alice: CERT NONE | alice: CERT ADD | alice: CERT ADD x | alice: CERT DEL {:064x} | alice: CERT ADD {:064X} | alice: CERT ADD {:064x} | bob: CERT LIST | bob: CERT ADD {:064x} | broken | alice: CERT DEL {:064x}",
                99, 98, 99, 98, 98, 1
            ),
            expect![[r#"
                alice < 461 alice CERT :Not enough parameters
                alice < FAIL CERT INVALID_PARAMS NONE :ADD, DEL or LIST
                alice < FAIL CERT NO_CERTIFICATE * :You have come without a certificate; give its SHA-256, or connect with it
                alice < FAIL CERT INVALID_FINGERPRINT x :A SHA-256 has 64 hexadecimal digits
                alice < FAIL CERT NO_SUCH_FINGERPRINT 0000000000000000000000000000000000000000000000000000000000000062 :It is none of yours
                alice < FAIL CERT FINGERPRINT_IN_USE 0000000000000000000000000000000000000000000000000000000000000063 :It proves another account
                alice < FAIL CERT TOO_MANY 0000000000000000000000000000000000000000000000000000000000000062 :An account has at most 8 certificates
                bob < FAIL CERT ACCOUNT_REQUIRED * :Log in first, or REGISTER
                bob < FAIL CERT ACCOUNT_REQUIRED 0000000000000000000000000000000000000000000000000000000000000062 :Log in first, or REGISTER
                alice < FAIL CERT TEMPORARILY_UNAVAILABLE 0000000000000000000000000000000000000000000000000000000000000001 :The server cannot store anything at the moment; please try again later"#]],
        );
    }
}
