//! REDACT: what was said is taken back, and is in no file any more when that is answered.
//! <https://ircv3.net/specs/extensions/message-redaction>
//!
//! Whoever said it may, known by the number of its guest or account, under whatever nick; in a room also its operators,
//! and the server's. A plain client owns nothing it has said: nobody could tell it from the next one of its name. A reaction
//! that is kept is taken back so too, by the id of its own. Who knows tags and not this command is told as by `+draft/unreact` of one
//! that its author takes back; what an operator takes back it goes on showing, since that would be told in the author's name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::numerics as n;

use super::say::Target;
use super::{Answers, Command, Stage, chathistory, metadata};
use crate::durable::{Change, Conversation};
use crate::entry::Event;
use crate::find::{Finding, Looked, Purpose, spelt, tell_about, unknown};
use crate::ids::{Identity, MsgId, RoomId, UserId};
use crate::modes::Rank;
use crate::reactions::Reaction;
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::{Turn, World};

pub(crate) const COMMAND: Command = Command {
    name: "REDACT",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "REDACT <room or nick> <message id> [<reason>]: take back what was said; another's takes an operator's rank",
    parse,
};

/// Somebody takes a message back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Redact {
    /// Where it was said.
    pub target: Target,
    /// Its id.
    pub msgid: MsgId,
    /// What was found of it.
    pub looked: Looked,
    /// What it says, if it is a reaction.
    pub reaction: Option<Reaction>,
    /// Why; empty for no reason.
    pub reason: Arc<str>,
}

fn parse(request: &mut Request<'_>) {
    let (target, id) = (request.param(0), request.param(1));
    let Some(target) = Target::of_past(target) else { return request.reply(no_target(target)) };
    let Some(msgid) = MsgId::parse(id) else {
        return request.reply(unknown(COMMAND.name, &target, super::shown(id)));
    };
    request.find(Finding { target, purpose: Purpose::Redact(msgid, request.param(2).to_owned()) });
}

pub(crate) fn apply(turn: &mut Turn<'_>, redact: &Redact) {
    if let Err(refusal) = take_back(turn, redact) {
        turn.reply(refusal);
    }
}

fn take_back(turn: &mut Turn<'_>, redact: &Redact) -> Result<(), Reply> {
    let (Some(actor), Some(origin)) = (turn.actor(), &turn.entry.origin) else { return Ok(()) };
    let (id, source, own) = (actor.id, actor.source(), actor.identity);
    let name = redact.target.as_str();
    let conversation =
        chathistory::conversation(turn.world, origin.session, &redact.target).ok_or_else(|| no_target(name))?;
    let found = redact.looked.still_there(turn, COMMAND.name, &redact.target, redact.msgid, conversation)?;
    let is_own = found.author.is_some() && found.author == own.map(Identity::number);
    if !is_own && !may_take_back_anothers(turn.world, conversation, id) {
        let reply = Reply::fail(COMMAND.name, "REDACT_FORBIDDEN", "You are not authorised to delete this message");
        return Err(reply.param(name.to_owned()).param(redact.msgid.to_string()));
    }
    let id_bytes = redact.msgid.to_string().len();
    if source.len() + spelt(turn.world, &redact.target).len() + id_bytes + redact.reason.len() + ":  REDACT   :".len()
        > MESSAGE_BODY_BYTES_MAX
    {
        return Err(Reply::numeric(n::ERR_INPUTTOOLONG, "That reason is too long"));
    }
    if !turn.entry.writable {
        return Err(unavailable(COMMAND.name, name));
    }
    turn.world.redactions.note(turn.entry.position, redact.msgid);
    turn.out.changes.push(Change::Redacted(conversation, redact.msgid));
    let (msgid, message, reason) = (turn.entry.msgid(), redact.msgid, Arc::clone(&redact.reason));
    // Nobody else takes it back in its author's name.
    let unreact = redact.reaction.clone().filter(|_| is_own).map(|given| Reaction { stands: false, ..given }.tags());
    tell_about(turn, id, &redact.target, |target| {
        let (source, reason, unreact) = (Arc::clone(&source), Arc::clone(&reason), unreact.clone());
        Event::Redacted { source, target, msgid, message, reason, unreact }
    });
    if conversation.second == 0 {
        metadata::pins::unpin(turn, RoomId(conversation.first), message);
    }
    Ok(())
}

/// In a room, its operators and the server's may; between two, nobody else.
fn may_take_back_anothers(world: &World, conversation: Conversation, user: UserId) -> bool {
    let is_operator = world.presence.user(user).is_some_and(|user| user.modes.operator);
    let ranks = world.presence.ranks(RoomId(conversation.first), user);
    conversation.second == 0 && (is_operator || ranks.is_some_and(|ranks| ranks.is_at_least(Rank::Op)))
}

fn no_target(target: &str) -> Reply {
    let target = super::shown(target);
    let text = format!("You cannot delete messages from {target}");
    Reply::fail(COMMAND.name, "INVALID_TARGET", text).param(target)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    const ALL: &str = "guest draft/message-redaction echo-message message-tags labeled-response batch";
    /// The id of what is said first once alice and bob are in a room.
    const FIRST: &str = "01hf7yat000000000000007";

    #[test]
    fn whoever_said_it_takes_it_back() {
        check_with(
            &[("alice", ALL), ("bob", "draft/message-redaction")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | alice: PRIVMSG #tea :oops | alice: PRIVMSG #tea :tea || alice: @label=r REDACT #Tea 01hf7yat000000000000009 :a slip | bob: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < @label=r;msgid=… :alice REDACT #tea 01hf7yat000000000000009 :a slip
                bob < :alice REDACT #tea 01hf7yat000000000000009 :a slip
                bob < :alice PRIVMSG #tea :tea"#]],
        );
    }

    #[test]
    fn whose_account_it_is_stands_at_it() {
        check_with(
            &[("alice", ALL), ("bob", "draft/message-redaction account-tag")],
            "alice: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :oops || alice: REDACT #tea 01hf7yat000000000000008",
            expect![[r#"
                alice < @msgid=… :alice!account@tea.test REDACT #tea 01hf7yat000000000000008
                bob < @account=alice :alice!account@tea.test REDACT #tea 01hf7yat000000000000008"#]],
        );
    }

    #[test]
    fn its_answer_waits_until_it_is_in_no_file_and_others_know_at_once() {
        check_with(
            &[("alice", ALL), ("bob", "draft/message-redaction")],
            "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :oops | traces || alice: REDACT #tea 01hf7yat000000000000007 | alice: PING x | bob: CHATHISTORY LATEST #tea * 9 | clean",
            expect![[r#"
                bob < :alice REDACT #tea 01hf7yat000000000000007
                alice < @msgid=… :alice REDACT #tea 01hf7yat000000000000007
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn in_a_room_its_operators_take_back_anothers() {
        check_with(
            &[("alice", "draft/message-redaction"), ("bob", ALL), ("carol", ALL)],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | bob: PRIVMSG #tea :oops | bob: PRIVMSG #tea :again || carol: REDACT #tea 01hf7yat000000000000009 | alice: REDACT #tea 01hf7yat000000000000009 :spam | bob: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                carol < FAIL REDACT REDACT_FORBIDDEN #tea 01hf7yat000000000000009 :You are not authorised to delete this message
                alice < :alice REDACT #tea 01hf7yat000000000000009 :spam
                bob < @msgid=… :alice REDACT #tea 01hf7yat000000000000009 :spam
                carol < @msgid=… :alice REDACT #tea 01hf7yat000000000000009 :spam
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :bob PRIVMSG #tea :again
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn who_knows_tags_alone_is_told_of_a_reaction_that_its_own_author_takes_back() {
        const REACTS: &str = "guest batch labeled-response message-tags draft/message-redaction";
        let reaction = "@+reply=01hf7yat00000000000000c;+draft/react";
        check_with(
            &[
                ("alice", "draft/message-redaction"),
                ("bob", REACTS),
                ("carol", "message-tags account-tag"),
                ("dave", "guest message-tags"),
            ],
            &format!(
                "bob: REGISTER * * oolong | alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | erin: JOIN #tea | alice: PRIVMSG #tea :oolong | bob: {reaction}=so\\sso TAGMSG #tea | bob: {reaction}=y TAGMSG #tea | dave: PRIVMSG bob :milk | bob: @+reply=01hf7yat00000000000000g;+draft/react=z TAGMSG dave || bob: REDACT #tea 01hf7yat00000000000000d :a slip | alice: REDACT #tea 01hf7yat00000000000000e | bob: REDACT dave 01hf7yat00000000000000h"
            ),
            expect![[r#"
                bob < @msgid=… :bob!account@tea.test REDACT #tea 01hf7yat00000000000000d :a slip
                alice < :bob!account@tea.test REDACT #tea 01hf7yat00000000000000d :a slip
                carol < @account=bob;msgid=…;+reply=01hf7yat00000000000000c;+draft/reply=01hf7yat00000000000000c;+draft/unreact=so\sso :bob!account@tea.test TAGMSG #tea
                bob < @msgid=… :alice REDACT #tea 01hf7yat00000000000000e
                alice < :alice REDACT #tea 01hf7yat00000000000000e
                bob < @msgid=… :bob!account@tea.test REDACT dave 01hf7yat00000000000000h
                dave < @msgid=…;+reply=01hf7yat00000000000000g;+draft/reply=01hf7yat00000000000000g;+draft/unreact=z :bob!account@tea.test TAGMSG dave"#]],
        );
    }

    #[test]
    fn a_reaction_is_taken_back_by_its_own_id_and_its_message_stays() {
        const REACTS: &str = "guest batch labeled-response message-tags draft/message-redaction";
        let with = format!("{REACTS} teahouse.internal/reactions");
        let reacts = "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea | alice: PRIVMSG #tea :oolong | bob: @+reply=01hf7yat000000000000009;+draft/react=x TAGMSG #tea | carol: @+reply=01hf7yat000000000000009;+draft/react=y TAGMSG #tea | carol: @+reply=01hf7yat000000000000009;+draft/react=z TAGMSG #tea";
        check_with(
            &[("alice", "draft/message-redaction"), ("bob", &with), ("carol", REACTS)],
            &format!(
                "{reacts} || carol: REDACT #tea 01hf7yat00000000000000a | bob: @label=r REDACT #tea 01hf7yat00000000000000a :a slip | bob: REDACT #tea 01hf7yat00000000000000a | alice: REDACT #tea 01hf7yat00000000000000b | bob: CHATHISTORY LATEST #tea * 9"
            ),
            expect![[r#"
                carol < FAIL REDACT REDACT_FORBIDDEN #tea 01hf7yat00000000000000a :You are not authorised to delete this message
                alice < :bob REDACT #tea 01hf7yat00000000000000a :a slip
                bob < @label=r;msgid=… :bob REDACT #tea 01hf7yat00000000000000a :a slip
                carol < @msgid=… :bob REDACT #tea 01hf7yat00000000000000a :a slip
                bob < FAIL REDACT UNKNOWN_MSGID #tea 01hf7yat00000000000000a :This message does not exist or is too old
                alice < :alice REDACT #tea 01hf7yat00000000000000b
                bob < @msgid=… :alice REDACT #tea 01hf7yat00000000000000b
                carol < @msgid=… :alice REDACT #tea 01hf7yat00000000000000b
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                bob < @batch=1;msgid=…;+reply=01hf7yat000000000000009;+draft/reply=01hf7yat000000000000009;+draft/react=z :carol TAGMSG #tea
                bob < BATCH -1"#]],
        );
        check_with(
            &[("alice", REACTS), ("bob", REACTS)],
            "bob: PING 1 | alice: PRIVMSG bob :oolong | bob: @+reply=01hf7yat000000000000005;+draft/react=x TAGMSG alice | traces || alice: REDACT bob 01hf7yat000000000000006 | bob: REDACT alice 01hf7yat000000000000006 | bob: PING x | clean",
            expect![[r#"
                alice < FAIL REDACT REDACT_FORBIDDEN bob 01hf7yat000000000000006 :You are not authorised to delete this message
                alice < @msgid=… :bob REDACT alice 01hf7yat000000000000006
                bob < @msgid=… :bob REDACT alice 01hf7yat000000000000006
                bob < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn a_plain_client_owns_nothing_that_it_said() {
        check_with(
            &[("bob", "draft/message-redaction")],
            "alice: JOIN #tea | bob: JOIN #tea | bob: PRIVMSG #tea :oops || bob: REDACT #tea 01hf7yat000000000000007",
            expect![
                "bob < FAIL REDACT REDACT_FORBIDDEN #tea 01hf7yat000000000000007 :You are not authorised to delete this message"
            ],
        );
    }

    #[test]
    fn between_two_each_takes_back_ones_own() {
        check_with(
            &[("alice", ALL), ("bob", ALL)],
            "bob: PING 1 | alice: PRIVMSG bob :oops || bob: REDACT alice 01hf7yat000000000000005 | alice: REDACT bob 01hf7yat000000000000005 | alice: CHATHISTORY LATEST bob * 9",
            expect![[r#"
                bob < FAIL REDACT REDACT_FORBIDDEN alice 01hf7yat000000000000005 :You are not authorised to delete this message
                bob < @msgid=… :alice REDACT bob 01hf7yat000000000000005
                alice < @msgid=… :alice REDACT bob 01hf7yat000000000000005
                alice < BATCH +1 chathistory bob
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn what_is_gone_is_not_taken_back_again() {
        check_with(
            &[("alice", ALL), ("bob", "draft/message-redaction")],
            "alice: JOIN #tea | again tab alice | alice: PRIVMSG #tea :oops | hold || alice: REDACT #tea 01hf7yat000000000000006 | tab: REDACT #tea 01hf7yat000000000000006 | go | alice: REDACT #tea 01hf7yat000000000000006",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                alice < @msgid=… :alice REDACT #tea 01hf7yat000000000000006
                tab < FAIL REDACT UNKNOWN_MSGID #tea 01hf7yat000000000000006 :This message does not exist or is too old
                alice < FAIL REDACT UNKNOWN_MSGID #tea 01hf7yat000000000000006 :This message does not exist or is too old"#]],
        );
    }

    #[test]
    fn a_name_that_is_another_by_then_is_no_way_to_it() {
        check_with(
            &[("alice", ALL), ("bob", ALL), ("carol", ALL)],
            "bob: PING 1 | carol: PING 1 | alice: PRIVMSG bob :oops | hold || alice: REDACT bob 01hf7yat000000000000006 | bob: NICK robert | carol: NICK bob | go",
            expect![[r#"
                bob < :bob NICK robert
                carol < :carol NICK bob
                alice < FAIL REDACT UNKNOWN_MSGID bob 01hf7yat000000000000006 :This message does not exist or is too old"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        let script = format!(
            "alice: JOIN #tea | bob: JOIN #other | alice: PRIVMSG #tea :hi || alice: REDACT | alice: REDACT #tea | alice: REDACT # x | alice: REDACT #tea nonsense | alice: REDACT #tea 01hf7yat000000000000zzz | alice: REDACT #none {FIRST} | alice: REDACT #other {FIRST} | bob: REDACT #tea {FIRST} | alice: REDACT nobody {FIRST} | alice: REDACT #tea {FIRST} {}",
            "x".repeat(460)
        );
        check_with(
            &[("alice", ALL), ("bob", ALL)],
            &script,
            expect![[r#"
                alice < 461 alice REDACT :Not enough parameters
                alice < 461 alice REDACT :Not enough parameters
                alice < FAIL REDACT INVALID_TARGET # :You cannot delete messages from #
                alice < FAIL REDACT UNKNOWN_MSGID #tea nonsense :This message does not exist or is too old
                alice < FAIL REDACT UNKNOWN_MSGID #tea 01hf7yat000000000000zzz :This message does not exist or is too old
                alice < FAIL REDACT INVALID_TARGET #none :You cannot delete messages from #none
                alice < FAIL REDACT INVALID_TARGET #other :You cannot delete messages from #other
                bob < FAIL REDACT INVALID_TARGET #tea :You cannot delete messages from #tea
                alice < FAIL REDACT INVALID_TARGET nobody :You cannot delete messages from nobody
                alice < 417 alice :That reason is too long"#]],
        );
    }

    #[test]
    fn while_nothing_can_be_kept_nothing_is_taken_back() {
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | alice: PRIVMSG #tea :hi | broken || alice: REDACT #tea 01hf7yat000000000000005",
            expect![
                "alice < FAIL REDACT TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"
            ],
        );
        check_with(
            &[("alice", ALL)],
            "alice: JOIN #tea | alice: PRIVMSG #tea :hi | unreadable || alice: REDACT #tea 01hf7yat000000000000005",
            expect![
                "alice < FAIL REDACT TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"
            ],
        );
    }

    #[test]
    fn a_server_operator_takes_back_anothers_in_a_room() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :oops | bob: OPER root oolong | bob: REDACT #tea 01hf7yat000000000000007 || alice: CHATHISTORY LATEST #tea * 9",
            expect![""],
        );
    }
}
