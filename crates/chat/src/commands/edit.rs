//! EDIT: what was said is put in other words. The shape is that of the open proposal for message editing
//! (<https://github.com/ircv3/ircv3-specifications/pull/425>), its names under our vendor prefix.
//!
//! Only whoever said it may, and only where it may still speak. History has the newest words, with a mark; those who do not
//! know edits read them as a line that begins with `*`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::vendor;

use super::say::{self, Target};
use super::{Answers, Command, Stage, chathistory};
use crate::durable::{Change, MessageKind, StoredMessage};
use crate::entry::Event;
use crate::find::{Finding, Looked, Purpose, tell_about, unknown};
use crate::ids::{Identity, MsgId};
use crate::lines::{BREAK, MULTILINE_BYTES_MAX, MULTILINE_LINES_MAX, SEAM, count};
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(crate) const COMMAND: Command = Command {
    name: "EDIT",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "EDIT <room or nick>, with the tags teahouse.internal/target-msgid and teahouse.internal/edit-text: put what you said in other words",
    parse,
};

/// The tag that names the message.
pub(crate) const TARGET_TAG: &str = vendor!("target-msgid");

/// The tag with the new words.
pub(crate) const TEXT_TAG: &str = vendor!("edit-text");

/// The tag that says when a message in history was put in other words.
pub(crate) const MARK_TAG: &str = vendor!("edited");

/// Somebody puts a message in other words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// Where it was said.
    pub target: Target,
    /// Its id.
    pub msgid: MsgId,
    /// What was found of it.
    pub looked: Looked,
    /// The new words.
    pub text: Arc<str>,
}

/// New words on their way.
#[derive(Clone, Debug)]
pub struct Edited {
    /// They, as a message with an id of its own; its text is only them.
    pub words: StoredMessage,
    /// The message that they are for.
    pub message: MsgId,
}

fn parse(request: &mut Request<'_>) {
    let name = request.param(0);
    let Some(target) = Target::of_past(name) else { return request.reply(no_target(name)) };
    let tags = request.message.tags;
    let id = tags.get(TARGET_TAG).unwrap_or_default();
    let Some(msgid) = MsgId::parse(&id) else {
        return request.reply(unknown(COMMAND.name, &target, super::shown(&id)));
    };
    let text = tags.get(TEXT_TAG).unwrap_or_default();
    if !is_fit(&text) {
        let reply = Reply::fail(COMMAND.name, "INVALID_EDIT", "Invalid edit text");
        return request.reply(reply.param(target.as_str().to_owned()).param(msgid.to_string()));
    }
    request.find(Finding { target, purpose: Purpose::Edit(msgid, text.into_owned()) });
}

/// As much as a message of several lines may have, and something.
fn is_fit(text: &str) -> bool {
    !text.trim_matches(BREAK).is_empty()
        && text.len() <= MULTILINE_BYTES_MAX
        && count(text) <= MULTILINE_LINES_MAX
        && !text.contains([SEAM, '\0'])
}

pub(crate) fn apply(turn: &mut Turn<'_>, edit: &Edit) {
    if let Err(refusal) = reword(turn, edit) {
        turn.reply(refusal);
    }
}

fn reword(turn: &mut Turn<'_>, edit: &Edit) -> Result<(), Reply> {
    let (Some(actor), Some(origin)) = (turn.actor(), &turn.entry.origin) else { return Ok(()) };
    let (id, source, author) = (actor.id, actor.source(), actor.identity);
    let name = edit.target.as_str();
    let conversation =
        chathistory::conversation(turn.world, origin.session, &edit.target).ok_or_else(|| no_target(name))?;
    let found = edit.looked.still_there(turn, COMMAND.name, &edit.target, edit.msgid, conversation)?;
    if found.author.is_none() || found.author != author.map(Identity::number) || found.kind == MessageKind::Tagmsg {
        let reply = Reply::fail(COMMAND.name, "EDIT_FORBIDDEN", "You are not authorised to edit this message");
        return Err(reply.param(name.to_owned()).param(edit.msgid.to_string()));
    }
    if let Target::Room(room) = &edit.target
        && let Some(room) = turn.world.durable.room_named(room)
    {
        say::may_speak(turn, id, &room.record)?;
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, name));
    }
    let at = turn.entry.time;
    turn.out.changes.push(Change::Edited { conversation, msgid: edit.msgid, text: Arc::clone(&edit.text), at });
    let (text, msgid, kind) = (Arc::clone(&edit.text), turn.entry.msgid(), found.kind);
    tell_about(turn, id, &edit.target, |target| {
        let (source, text) = (Arc::clone(&source), Arc::clone(&text));
        let (tags, client_id, edited) = ("".into(), None, None);
        let words = StoredMessage { conversation, msgid, kind, author, client_id, source, target, tags, text, edited };
        Event::Edited(Arc::new(Edited { words, message: edit.msgid }))
    });
    Ok(())
}

fn no_target(target: &str) -> Reply {
    let target = super::shown(target);
    let text = format!("You cannot edit messages in {target}");
    Reply::fail(COMMAND.name, "INVALID_TARGET", text).param(target)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_with;

    const ALL: &str =
        "guest teahouse.internal/message-edit echo-message message-tags labeled-response batch draft/multiline";

    #[test]
    fn whoever_said_it_puts_it_in_other_words_and_history_has_them() {
        check_with(
            &[("alice", ALL), ("bob", "message-tags"), ("carol", "teahouse.internal/message-edit message-tags")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | alice: PRIVMSG #tea :oolnog | wait 5s || alice: @label=e;teahouse.internal/target-msgid=01hf7yat000000000000009;teahouse.internal/edit-text=oolong\\stea EDIT #Tea | carol: CHATHISTORY LATEST #tea * 9 | bob: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < @label=e;msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000009;teahouse.internal/edit-text=oolong\stea :alice EDIT #tea
                bob < @msgid=… :alice PRIVMSG #tea :* oolong tea
                carol < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000009;teahouse.internal/edit-text=oolong\stea :alice EDIT #tea
                carol < @msgid=…;teahouse.internal/edited=2023-11-14T22:13:25.000Z :alice PRIVMSG #tea :oolong tea
                bob < @msgid=… :alice PRIVMSG #tea :oolong tea"#]],
        );
    }

    #[test]
    fn new_words_may_have_several_lines() {
        check_with(
            &[("alice", ALL), ("bob", "batch draft/multiline message-tags"), ("carol", "")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | alice: PRIVMSG #tea :one || alice: @teahouse.internal/target-msgid=01hf7yat000000000000009;teahouse.internal/edit-text=one\\ntwo EDIT #tea | bob: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000009;teahouse.internal/edit-text=one\ntwo :alice EDIT #tea
                bob < @msgid=… :alice BATCH +m01hf7yat00000000000000a draft/multiline #tea
                bob < @batch=m01hf7yat00000000000000a :alice PRIVMSG #tea :* one
                bob < @batch=m01hf7yat00000000000000a :alice PRIVMSG #tea :two
                bob < BATCH -m01hf7yat00000000000000a
                carol < :alice PRIVMSG #tea :* one
                carol < :alice PRIVMSG #tea :two
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice BATCH +m01hf7yat000000000000009 draft/multiline #tea
                bob < @batch=m01hf7yat000000000000009 :alice PRIVMSG #tea :one
                bob < @batch=m01hf7yat000000000000009 :alice PRIVMSG #tea :two
                bob < @batch=1 BATCH -m01hf7yat000000000000009
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn between_two_only_its_author_does() {
        check_with(
            &[("alice", ALL), ("bob", ALL)],
            "bob: PING 1 | alice: PRIVMSG bob :one || alice: @teahouse.internal/target-msgid=01hf7yat000000000000005;teahouse.internal/edit-text=two EDIT bob | bob: @teahouse.internal/target-msgid=01hf7yat000000000000005;teahouse.internal/edit-text=mine EDIT alice",
            expect![[r#"
                bob < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000005;teahouse.internal/edit-text=two :alice EDIT bob
                alice < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000005;teahouse.internal/edit-text=two :alice EDIT bob
                bob < FAIL EDIT EDIT_FORBIDDEN alice 01hf7yat000000000000005 :You are not authorised to edit this message"#]],
        );
    }

    #[test]
    fn what_is_taken_back_stays_so() {
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | again tab alice | alice: PRIVMSG #tea :one | hold || alice: REDACT #tea 01hf7yat000000000000006 | tab: @teahouse.internal/target-msgid=01hf7yat000000000000006;teahouse.internal/edit-text=two EDIT #tea | go",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                tab < FAIL EDIT UNKNOWN_MSGID #tea 01hf7yat000000000000006 :This message does not exist or is too old"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        let mut script = "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :hi | bob: JOIN #other | alice: MODE #tea +m || bob: EDIT | bob: EDIT # | bob: EDIT #tea".to_owned();
        let id = "01hf7yat000000000000007";
        let long = "x".repeat(4_000);
        let lines = "\\n".repeat(100);
        for (by, target, id, text) in [
            ("bob", "#tea", id, "mine"),
            ("alice", "#tea", "nonsense", "x"),
            ("alice", "#tea", "01hf7yat000000000000zzz", "x"),
            ("alice", "#none", id, "x"),
            ("alice", "#other", id, "x"),
            ("alice", "#tea", id, ""),
            ("alice", "#tea", id, "\\n\\n"),
            ("alice", "#tea", id, "one\\rtwo"),
            ("alice", "#tea", id, &format!("x{lines}")),
            ("alice", "#tea", id, &long[..2_000]),
        ] {
            script += &format!(
                " | {by}: @teahouse.internal/target-msgid={id};teahouse.internal/edit-text={text} EDIT {target}"
            );
        }
        check_with(
            &[("alice", "guest message-tags echo-message"), ("bob", ALL)],
            &script,
            expect![[r#"
            bob < 461 bob EDIT :Not enough parameters
            bob < FAIL EDIT INVALID_TARGET # :You cannot edit messages in #
            bob < FAIL EDIT UNKNOWN_MSGID #tea * :This message does not exist or is too old
            bob < FAIL EDIT EDIT_FORBIDDEN #tea 01hf7yat000000000000007 :You are not authorised to edit this message
            alice < FAIL EDIT UNKNOWN_MSGID #tea nonsense :This message does not exist or is too old
            alice < FAIL EDIT UNKNOWN_MSGID #tea 01hf7yat000000000000zzz :This message does not exist or is too old
            alice < FAIL EDIT INVALID_TARGET #none :You cannot edit messages in #none
            alice < FAIL EDIT INVALID_TARGET #other :You cannot edit messages in #other
            alice < FAIL EDIT INVALID_EDIT #tea 01hf7yat000000000000007 :Invalid edit text
            alice < FAIL EDIT INVALID_EDIT #tea 01hf7yat000000000000007 :Invalid edit text
            alice < FAIL EDIT INVALID_EDIT #tea 01hf7yat000000000000007 :Invalid edit text
            alice < FAIL EDIT INVALID_EDIT #tea 01hf7yat000000000000007 :Invalid edit text
            alice < @msgid=… :alice PRIVMSG #tea :* xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            alice < :alice PRIVMSG #tea :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            alice < :alice PRIVMSG #tea :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            alice < :alice PRIVMSG #tea :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            alice < :alice PRIVMSG #tea :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            bob < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx :alice EDIT #tea"#]],
        );
    }

    #[test]
    fn whoever_may_not_speak_puts_nothing_in_other_words() {
        check_with(
            &[("bob", ALL)],
            "alice: JOIN #tea | bob: JOIN #tea | bob: PRIVMSG #tea :hi | alice: MODE #tea +m || bob: @teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=x EDIT #tea",
            expect!["bob < 404 bob #tea :Cannot send to channel (+m)"],
        );
    }

    #[test]
    fn while_nothing_can_be_kept_nothing_is_edited() {
        let edit =
            "alice: @teahouse.internal/target-msgid=01hf7yat000000000000005;teahouse.internal/edit-text=x EDIT #tea";
        for state in ["broken", "unreadable"] {
            check_with(
                &[("alice", ALL)],
                &format!("alice: JOIN #tea | alice: PRIVMSG #tea :hi | {state} || {edit}"),
                expect![
                    "alice < FAIL EDIT TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"
                ],
            );
        }
    }
}
