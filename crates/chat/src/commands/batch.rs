//! BATCH: something said in several lines. <https://ircv3.net/specs/extensions/multiline>,
//! <https://ircv3.net/specs/extensions/client-batch>
//!
//! The lines are collected by the session, and become one message when the batch ends. As soon as one of them will not
//! do, all of it is refused, and what still comes of it is thrown away.

use std::sync::Arc;

use teahouse_proto::irc::Message;

use super::say::{self, Say, Target};
use super::services::Service;
use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::durable::MessageKind;
use crate::entry::Action;
use crate::ids::ClientId;
use crate::lines::{BREAK, MULTILINE_BYTES_MAX, MULTILINE_LINES_MAX, SEAM};
use crate::reply::{Reply, Scope};
use crate::session::Request;

/// The type of batch that there is.
pub(crate) const MULTILINE: &str = "draft/multiline";
/// The tag of a line that goes on where the one before it has stopped.
pub(crate) const CONCAT: &str = "draft/multiline-concat";
/// The tag that says which batch a line is in.
const BATCH: &str = "batch";
/// The longest reference of a batch that a client may choose, in bytes.
const REFERENCE_BYTES_MAX: usize = 64;

pub(super) const COMMAND: Command = Command {
    name: "BATCH",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::Later,
    help: "BATCH +<reference> draft/multiline <room or nick>, lines, BATCH -<reference>: say something in several lines",
    parse,
};

/// What a client is saying in several lines.
#[derive(Debug, Default)]
pub(crate) struct Multiline(Option<Box<State>>);

#[derive(Debug)]
enum State {
    Open(Open),
    /// What still comes of this batch is thrown away.
    Refused(Box<str>),
}

#[derive(Debug)]
struct Open {
    reference: Box<str>,
    /// What answers it carries the label of the line that opened it.
    scope: Scope,
    target: Target,
    tags: Arc<str>,
    client_id: Option<ClientId>,
    kind: MessageKind,
    text: String,
    /// How many bytes its text has, without what is no part of it.
    bytes: usize,
    lines: usize,
}

/// What becomes of a line while several are collected.
pub(crate) enum Taken {
    /// It is none of them, and is read like any other.
    No,
    /// It is one of them.
    Piece,
    /// All of them are refused.
    Refused(Option<Scope>, Reply),
    /// So they are, and the line is read like any other.
    Broken(Scope, Reply),
}

impl Multiline {
    /// Takes a line in, if it is one of those that are collected; `agreed`: the client has asked for that.
    pub(crate) fn take_in(&mut self, message: &Message<'_>, agreed: bool) -> Taken {
        let reference = message.tags.get(BATCH);
        let is_batch = message.command.eq_ignore_ascii_case(COMMAND.name);
        let ended = message.params.first().filter(|_| is_batch).and_then(|end| end.strip_prefix('-'));
        match (self.0.as_deref_mut(), reference) {
            (None, Some(_)) if agreed && !is_batch => Taken::Refused(None, invalid("There is no such batch")),
            (None, _) => Taken::No,
            (Some(State::Refused(_)), Some(_)) => Taken::Piece,
            (Some(State::Refused(refused)), None) => {
                let is_its_end = ended == Some(&**refused);
                if is_its_end || ended.is_none() {
                    self.0 = None;
                }
                if ended.is_some() { Taken::Piece } else { Taken::No }
            }
            (Some(State::Open(open)), Some(reference)) => match open.add(message, &reference) {
                Ok(()) => Taken::Piece,
                Err(reply) => Taken::Refused(self.refuse(), reply),
            },
            (Some(State::Open(open)), None) => {
                if ended == Some(&*open.reference) {
                    return Taken::No;
                }
                let scope = open.scope.clone();
                self.0 = None;
                Taken::Broken(scope, invalid("Nothing else may be said in between"))
            }
        }
    }

    /// What is left of the batch that is open will be thrown away; which label the refusal carries.
    fn refuse(&mut self) -> Option<Scope> {
        let Some(State::Open(open)) = self.0.take().map(|state| *state) else { return None };
        self.0 = Some(Box::new(State::Refused(open.reference)));
        Some(open.scope)
    }

    fn take_open(&mut self) -> Option<Open> {
        match self.0.take().map(|state| *state) {
            Some(State::Open(open)) => Some(open),
            Some(State::Refused(_)) | None => None,
        }
    }
}

impl Open {
    fn add(&mut self, message: &Message<'_>, reference: &str) -> Result<(), Reply> {
        let Some(kind) = kind(message.command).filter(|_| reference == &*self.reference) else {
            return Err(invalid("Only PRIVMSG, or only NOTICE, may be in such a batch"));
        };
        let foreign = |(key, _): (&str, _)| key != BATCH && key != CONCAT;
        if message.tags.iter().any(foreign) || (self.lines > 0 && kind != self.kind) {
            return Err(invalid("All lines are of one kind, and their tags are those of the batch"));
        }
        let (target, text) = match (message.params.get(0), message.params.get(1)) {
            (Some(target), Some(text)) => (target, text),
            _ => return Err(invalid("A line names its target, and says something")),
        };
        if !target.eq_ignore_ascii_case(self.target.as_str()) {
            let reply = Reply::fail(COMMAND.name, "MULTILINE_INVALID_TARGET", "Invalid multiline target");
            return Err(reply.param(self.target.as_str().to_owned()).param(super::shown(target)));
        }
        let goes_on = message.tags.get(CONCAT).is_some();
        if goes_on && (text.is_empty() || self.lines == 0) {
            return Err(invalid("Only a line that says something goes on behind another"));
        }
        let is_joined = self.lines > 0;
        self.lines += 1;
        self.bytes += text.len() + usize::from(is_joined && !goes_on);
        if self.lines > MULTILINE_LINES_MAX {
            let reply = Reply::fail(COMMAND.name, "MULTILINE_MAX_LINES", "Multiline batch max-lines exceeded");
            return Err(reply.param(MULTILINE_LINES_MAX.to_string()));
        }
        if self.bytes > MULTILINE_BYTES_MAX {
            let reply = Reply::fail(COMMAND.name, "MULTILINE_MAX_BYTES", "Multiline batch max-bytes exceeded");
            return Err(reply.param(MULTILINE_BYTES_MAX.to_string()));
        }
        self.kind = kind;
        self.text.extend(is_joined.then_some(if goes_on { SEAM } else { BREAK }));
        self.text.push_str(text);
        Ok(())
    }
}

fn kind(command: &str) -> Option<MessageKind> {
    let is = |kind: &MessageKind| say::command_name(*kind).eq_ignore_ascii_case(command);
    [MessageKind::Privmsg, MessageKind::Notice].into_iter().find(is)
}

fn parse(request: &mut Request<'_>) {
    let first = request.param(0);
    if first.starts_with('-') {
        return end(request);
    }
    let reference: Box<str> = first.strip_prefix('+').unwrap_or(first).into();
    match begin(request, &reference) {
        Ok(open) => request.session.multiline = Multiline(Some(Box::new(State::Open(open)))),
        Err(reply) => {
            request.session.multiline = Multiline(Some(Box::new(State::Refused(reference))));
            request.reply(reply);
        }
    }
}

fn begin(request: &Request<'_>, reference: &str) -> Result<Open, Reply> {
    if !request.session.caps.has(Caps::MULTILINE.or(Caps::BATCH)) {
        return Err(invalid("Ask for the capabilities draft/multiline and batch first"));
    }
    let is_reference = request.param(0).starts_with('+') && (1..=REFERENCE_BYTES_MAX).contains(&reference.len());
    if !is_reference || request.param(1) != MULTILINE || request.message.tags.get(BATCH).is_some() {
        return Err(invalid("A batch is begun by a + and its reference, is draft/multiline, and in no other"));
    }
    let Some(target) = Target::parse(request.param(2)) else { return Err(invalid("A batch has one target")) };
    if Service::named(target.as_str()).is_some() {
        return Err(invalid("A service is told one thing in one line"));
    }
    Ok(Open {
        reference: reference.into(),
        scope: request.scope().clone(),
        target,
        tags: say::client_tags(request),
        client_id: say::client_id(request, COMMAND.name, request.param(2))?,
        kind: MessageKind::Privmsg,
        text: String::new(),
        bytes: 0,
        lines: 0,
    })
}

fn end(request: &mut Request<'_>) {
    let Some(open) = request.session.multiline.take_open() else {
        return request.reply(invalid("There is no such batch"));
    };
    if open.text.trim_matches(BREAK).is_empty() {
        return request.reply_to(open.scope, invalid("There is nothing in it"));
    }
    let Open { scope, target, tags, client_id, kind, text, .. } = open;
    request.submit_for(scope, Action::Say(Say { kind, target, tags, text: text.into(), client_id }));
}

/// The answer to anything that has no code of its own.
pub(crate) fn invalid(text: &'static str) -> Reply {
    Reply::fail(COMMAND.name, "MULTILINE_INVALID", text)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    const ALL: &str = "draft/multiline batch message-tags echo-message labeled-response";

    #[test]
    fn several_lines_are_one_message() {
        check_with(
            &[("alice", ALL), ("bob", "draft/multiline batch message-tags"), ("carol", "message-tags")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | dave: JOIN #tea || alice: @label=a;+x=y BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea hello | alice: @batch=1 PRIVMSG #tea : | alice: @batch=1 privmsg #TEA :how is  | alice: @batch=1;draft/multiline-concat PRIVMSG #tea :everyone? | alice: BATCH -1",
            expect![[r#"
                alice < @label=a;msgid=…;+x=y :alice BATCH +m01hf7yat00000000000000b draft/multiline #tea
                alice < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :hello
                alice < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :
                alice < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :how is
                alice < @batch=m01hf7yat00000000000000b;draft/multiline-concat :alice PRIVMSG #tea :everyone?
                alice < BATCH -m01hf7yat00000000000000b
                bob < @msgid=…;+x=y :alice BATCH +m01hf7yat00000000000000b draft/multiline #tea
                bob < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :hello
                bob < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :
                bob < @batch=m01hf7yat00000000000000b :alice PRIVMSG #tea :how is
                bob < @batch=m01hf7yat00000000000000b;draft/multiline-concat :alice PRIVMSG #tea :everyone?
                bob < BATCH -m01hf7yat00000000000000b
                carol < @msgid=…;+x=y :alice PRIVMSG #tea :hello
                carol < :alice PRIVMSG #tea :how is
                carol < :alice PRIVMSG #tea :everyone?
                dave < :alice PRIVMSG #tea :hello
                dave < :alice PRIVMSG #tea :how is
                dave < :alice PRIVMSG #tea :everyone?"#]],
        );
    }

    #[test]
    fn nothing_of_it_is_told_before_it_is_whole_and_its_echo_waits_until_it_is_kept() {
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: BATCH +1 draft/multiline #tea | alice: @batch=1 NOTICE #tea :one | bob: PRIVMSG #tea :between | alice: @batch=1 NOTICE #tea :two | alice: BATCH -1 | alice: PING x | go",
            expect![[r#"
                alice < @msgid=… :bob PRIVMSG #tea :between
                bob < :alice NOTICE #tea :one
                bob < :alice NOTICE #tea :two
                alice < @msgid=… :alice BATCH +m01hf7yat000000000000008 draft/multiline #tea
                alice < @batch=m01hf7yat000000000000008 :alice NOTICE #tea :one
                alice < @batch=m01hf7yat000000000000008 :alice NOTICE #tea :two
                alice < BATCH -m01hf7yat000000000000008
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn what_could_not_be_kept_is_one_failure() {
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | hold || alice: @label=a BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea :one | alice: @batch=1 PRIVMSG #tea :two | alice: BATCH -1 | fail | go",
            expect![
                "alice < @label=a FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"
            ],
        );
    }

    #[test]
    fn history_has_it_as_a_batch_in_the_batch() {
        check_with(
            &[("alice", ALL), ("bob", "message-tags batch")],
            "alice: JOIN #tea | bob: JOIN #tea | alice: BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea :one | alice: @batch=1 PRIVMSG #tea : | alice: @batch=1 PRIVMSG #tea :two | alice: BATCH -1 || alice: CHATHISTORY LATEST #tea * 9 | bob: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < BATCH +1 chathistory #tea
                alice < @batch=1;msgid=… :alice BATCH +m01hf7yat000000000000007 draft/multiline #tea
                alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :one
                alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :
                alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :two
                alice < @batch=1 BATCH -m01hf7yat000000000000007
                alice < BATCH -1
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :one
                bob < @batch=1 :alice PRIVMSG #tea :two
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn several_lines_with_an_id_are_said_once_and_a_repeat_is_one_of_all_of_them() {
        let say = |last: &str| {
            let tag = "teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
            format!(
                "alice: @{tag} BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea :one | alice: @batch=1 PRIVMSG #tea :{last} | alice: BATCH -1"
            )
        };
        let script = format!(
            "alice: JOIN #tea | bob: JOIN #tea || {} | {} | {} | alice: @teahouse.internal/client-msgid=x BATCH +2 draft/multiline #tea",
            say("two"),
            say("two"),
            say("three")
        );
        check_with(
            &[("alice", &format!("{ALL} teahouse.internal/client-msgid"))],
            &script,
            expect![[r#"
            alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice BATCH +m01hf7yat000000000000007 draft/multiline #tea
            alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :one
            alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :two
            alice < BATCH -m01hf7yat000000000000007
            bob < :alice PRIVMSG #tea :one
            bob < :alice PRIVMSG #tea :two
            alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice BATCH +m01hf7yat000000000000007 draft/multiline #tea
            alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :one
            alice < @batch=m01hf7yat000000000000007 :alice PRIVMSG #tea :two
            alice < BATCH -m01hf7yat000000000000007
            alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id
            alice < FAIL BATCH INVALID_CLIENT_MSGID x :An id is a UUID of version 7 in lower case"#]],
        );
    }

    #[test]
    fn one_line_is_a_message_like_any_other() {
        check_with(
            &[("alice", ALL), ("bob", "draft/multiline batch")],
            "bob: PING 1 || alice: BATCH +1 draft/multiline bob | alice: @batch=1 PRIVMSG bob :one | alice: BATCH -1",
            expect![[r#"
                bob < :alice PRIVMSG bob :one
                alice < @msgid=… :alice PRIVMSG bob :one"#]],
        );
    }

    #[test]
    fn too_many_lines_are_refused_with_the_first_that_is_too_many() {
        let lines = " | alice: @batch=1 PRIVMSG #tea :x".repeat(10_000);
        let script = format!(
            "alice: JOIN #tea | bob: JOIN #tea || alice: @label=a BATCH +1 draft/multiline #tea{lines} | alice: PING x | alice: BATCH -1"
        );
        check_with(
            &[("alice", ALL)],
            &script,
            expect![[r#"
            alice < @label=a FAIL BATCH MULTILINE_MAX_LINES 100 :Multiline batch max-lines exceeded
            alice < PONG tea.test :x
            alice < FAIL BATCH MULTILINE_INVALID :There is no such batch"#]],
        );
    }

    #[test]
    fn too_many_bytes_are_refused() {
        let line = format!(" | alice: @batch=1 PRIVMSG #tea :{}", "x".repeat(400));
        let script = format!(
            "alice: JOIN #tea || alice: BATCH +1 draft/multiline #tea{} | alice: BATCH -1 | alice: PING x",
            line.repeat(21)
        );
        check_with(
            &[("alice", ALL)],
            &script,
            expect![[r#"
            alice < FAIL BATCH MULTILINE_MAX_BYTES 8192 :Multiline batch max-bytes exceeded
            alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let mut script = "alice: JOIN #tea | bob: JOIN #tea ||".to_owned();
        for lines in [
            "@batch=1 PRIVMSG #other :x",
            "@batch=1 PRIVMSG #tea :x | alice: @batch=1 NOTICE #tea :x",
            "@batch=1 TOPIC #tea :x",
            "@batch=1;+a PRIVMSG #tea :x",
            "@batch=1;draft/multiline-concat PRIVMSG #tea :x",
            "@batch=1 PRIVMSG #tea :x | alice: @batch=1;draft/multiline-concat PRIVMSG #tea :",
            "@batch=1 PRIVMSG #tea",
            "@batch=2 PRIVMSG #tea :x",
            "@batch=1 PRIVMSG #tea : | alice: @batch=1 PRIVMSG #tea :",
            "@batch=1 BATCH +2 draft/multiline #tea | alice: @batch=2 PRIVMSG #tea :x | alice: BATCH -2",
            "PING nothing-else",
            "BATCH +2 draft/multiline #tea | alice: @batch=2 PRIVMSG #tea :said | alice: BATCH -2",
        ] {
            script += &format!(" alice: BATCH +1 draft/multiline #tea | alice: {lines} | alice: BATCH -1 |");
        }
        script += " alice: @batch=1 PRIVMSG #tea :x | alice: BATCH -1 | alice: BATCH";
        check_with(
            &[("alice", ALL)],
            &script,
            expect![[r#"
            alice < FAIL BATCH MULTILINE_INVALID_TARGET #tea #other :Invalid multiline target
            alice < FAIL BATCH MULTILINE_INVALID :All lines are of one kind, and their tags are those of the batch
            alice < FAIL BATCH MULTILINE_INVALID :Only PRIVMSG, or only NOTICE, may be in such a batch
            alice < FAIL BATCH MULTILINE_INVALID :All lines are of one kind, and their tags are those of the batch
            alice < FAIL BATCH MULTILINE_INVALID :Only a line that says something goes on behind another
            alice < FAIL BATCH MULTILINE_INVALID :Only a line that says something goes on behind another
            alice < FAIL BATCH MULTILINE_INVALID :A line names its target, and says something
            alice < FAIL BATCH MULTILINE_INVALID :Only PRIVMSG, or only NOTICE, may be in such a batch
            alice < FAIL BATCH MULTILINE_INVALID :There is nothing in it
            alice < FAIL BATCH MULTILINE_INVALID :Only PRIVMSG, or only NOTICE, may be in such a batch
            alice < FAIL BATCH MULTILINE_INVALID :Nothing else may be said in between
            alice < PONG tea.test :nothing-else
            alice < FAIL BATCH MULTILINE_INVALID :There is no such batch
            alice < FAIL BATCH MULTILINE_INVALID :Nothing else may be said in between
            alice < @msgid=… :alice PRIVMSG #tea :said
            bob < :alice PRIVMSG #tea :said
            alice < FAIL BATCH MULTILINE_INVALID :There is no such batch
            alice < FAIL BATCH MULTILINE_INVALID :There is no such batch
            alice < FAIL BATCH MULTILINE_INVALID :There is no such batch
            alice < 461 alice BATCH :Not enough parameters"#]],
        );
    }

    #[test]
    fn what_is_no_beginning_is_refused_with_all_that_follows() {
        let mut script = "alice: JOIN #tea ||".to_owned();
        for begin in
            ["+1 netsplit #tea", "+1 draft/multiline", "+1 draft/multiline #tea,alice", "1 draft/multiline #tea", "+"]
        {
            script += &format!(" alice: BATCH {begin} | alice: @batch=1 PRIVMSG #tea :x | alice: BATCH -1 |");
        }
        script += &format!(" alice: BATCH +{} draft/multiline #tea | alice: PING x", "r".repeat(65));
        check_with(
            &[("alice", ALL)],
            &script,
            expect![[r#"
            alice < FAIL BATCH MULTILINE_INVALID :A batch is begun by a + and its reference, is draft/multiline, and in no other
            alice < FAIL BATCH MULTILINE_INVALID :A batch has one target
            alice < FAIL BATCH MULTILINE_INVALID :A batch has one target
            alice < FAIL BATCH MULTILINE_INVALID :A batch is begun by a + and its reference, is draft/multiline, and in no other
            alice < FAIL BATCH MULTILINE_INVALID :A batch is begun by a + and its reference, is draft/multiline, and in no other
            alice < FAIL BATCH MULTILINE_INVALID :A batch is begun by a + and its reference, is draft/multiline, and in no other
            alice < PONG tea.test :x"#]],
        );
        check(
            "alice: JOIN #tea || alice: BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea :x",
            expect!["alice < FAIL BATCH MULTILINE_INVALID :Ask for the capabilities draft/multiline and batch first"],
        );
    }

    #[test]
    fn a_line_that_would_be_cut_is_refused() {
        let script = format!(
            "alice: JOIN #tea || alice: BATCH +1 draft/multiline #tea | alice: @batch=1 PRIVMSG #tea :{} | alice: @batch=1 PRIVMSG #tea :x | alice: BATCH -1",
            "x".repeat(480)
        );
        check_with(
            &[("alice", ALL)],
            &script,
            expect!["alice < FAIL BATCH MULTILINE_INVALID :A line is too long once your address is put before it"],
        );
    }

    #[test]
    fn the_room_has_its_say_about_it() {
        check_with(
            &[("bob", ALL)],
            "alice: JOIN #tea | bob: JOIN #tea | alice: MODE #tea +m || bob: @label=b BATCH +1 draft/multiline #tea | bob: @batch=1 PRIVMSG #tea :x | bob: @batch=1 PRIVMSG #tea :y | bob: BATCH -1",
            expect!["bob < @label=b 404 bob #tea :Cannot send to channel (+m)"],
        );
    }
}
