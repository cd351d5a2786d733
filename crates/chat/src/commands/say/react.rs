//! A TAGMSG that reacts to a message, or takes that back. <https://ircv3.net/specs/client-tags/react>
//!
//! The message is looked up first. What somebody reacts with who is remembered is kept with it, and echoed when it is; a
//! plain client's passes by, and so does one to a message that is not kept.

use serde::{Deserialize, Serialize};

use super::{Keeps, Say, TAGMSG, say};
use crate::commands::{chathistory, shown};
use crate::find::{Finding, Looked, Purpose, unknown};
use crate::ids::Identity;
use crate::reactions::{NoReaction, REACTION_BYTES_MAX, REACTIONS_PER_AUTHOR_MAX, REACTIONS_PER_MESSAGE_MAX, Reaction};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::Turn;

/// Somebody reacts to a message, or takes that back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct React {
    /// The line.
    pub say: Say,
    /// What its tags say.
    pub reaction: Reaction,
    /// What was found of the message.
    pub looked: Looked,
    /// The reactions that were found with it: whose, and whether it is the same.
    pub given: Vec<(u64, bool)>,
}

/// Has the message looked up.
pub(super) fn parse(request: &mut Request<'_>, say: Say, reaction: Result<Reaction, NoReaction>) {
    let target = say.target.clone();
    match reaction {
        Ok(reaction) => {
            request.find(Finding { target, purpose: Purpose::React(Box::new(say), reaction) });
        }
        Err(NoReaction::Invalid) => request.reply(invalid(target.as_str())),
        Err(NoReaction::UnknownMessage(id)) => request.reply(unknown(TAGMSG.name, &target, shown(&id))),
    }
}

pub(crate) fn apply(turn: &mut Turn<'_>, react: &React) {
    match judge(turn, react) {
        Ok(keeps) => say(turn, &react.say, keeps),
        Err(refusal) => turn.reply(refusal),
    }
}

/// Whether it is kept, if it may be said.
fn judge(turn: &Turn<'_>, react: &React) -> Result<Keeps, Reply> {
    let (Some(actor), Some(origin)) = (turn.actor(), &turn.entry.origin) else { return Ok(Keeps::Words) };
    let (React { say, reaction, looked, given }, world) = (react, &turn.world);
    let conversation = chathistory::conversation(world, origin.session, &say.target);
    let Some(conversation) = conversation.filter(|_| world.rules.keep_history) else { return Ok(Keeps::Words) };
    looked.still_there(turn, TAGMSG.name, &say.target, reaction.message, conversation)?;
    let Some(own) = actor.identity.map(Identity::number) else { return Ok(Keeps::Words) };
    let is_new = reaction.stands && !given.contains(&(own, true));
    let by_own = given.iter().filter(|(author, _)| *author == own).count();
    if is_new && (given.len() >= REACTIONS_PER_MESSAGE_MAX || by_own >= REACTIONS_PER_AUTHOR_MAX) {
        let reply = Reply::fail(TAGMSG.name, "TOO_MANY_REACTIONS", "This message can take no more of them");
        return Err(reply.param(say.target.as_str().to_owned()).param(reaction.message.to_string()));
    }
    Ok(Keeps::Reaction)
}

pub(super) fn invalid(target: &str) -> Reply {
    let text = format!("A reaction is for one message in one place, and has 1 to {REACTION_BYTES_MAX} bytes");
    Reply::fail(TAGMSG.name, "INVALID_REACTION", text).param(shown(target))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    const ALL: &str = "guest echo-message message-tags labeled-response batch draft/message-redaction";
    const WITH: &str = "guest batch message-tags teahouse.internal/reactions";
    const IN_TIME: &str = "guest batch message-tags draft/event-playback";
    /// Alice says something at seven.
    const SAID: &str = "alice: JOIN #tea | bob: JOIN #tea | alice: PRIVMSG #tea :oolong";

    #[test]
    fn it_is_kept_with_its_message_and_given_with_it() {
        check_with(
            &[("alice", ALL), ("bob", WITH), ("carol", "batch message-tags")],
            &format!(
                "{SAID} | carol: JOIN #tea | alice: PRIVMSG #tea :milk || alice: @label=r;+draft/reply=01hf7yat000000000000007;+draft/react=👍 TAGMSG #Tea | bob: @+reply=01hf7yat000000000000007;+draft/react=so\\sso TAGMSG #tea | bob: CHATHISTORY LATEST #tea * 2 | carol: CHATHISTORY LATEST #tea * 2"
            ),
            expect![[r#"
                alice < @label=r;msgid=…;+draft/reply=01hf7yat000000000000007;+draft/react=👍 :alice TAGMSG #tea
                bob < @msgid=…;+draft/reply=01hf7yat000000000000007;+draft/react=👍 :alice TAGMSG #tea
                carol < @msgid=…;+draft/reply=01hf7yat000000000000007;+draft/react=👍 :alice TAGMSG #tea
                alice < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=so\sso :bob TAGMSG #tea
                carol < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=so\sso :bob TAGMSG #tea
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                bob < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=👍 :alice TAGMSG #tea
                bob < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=so\sso :bob TAGMSG #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :milk
                bob < BATCH -1
                carol < BATCH +1 chathistory #tea
                carol < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                carol < @batch=1;msgid=… :alice PRIVMSG #tea :milk
                carol < BATCH -1"#]],
        );
    }

    #[test]
    fn those_who_want_what_happened_get_it_at_its_own_time() {
        check_with(
            &[("alice", ALL), ("bob", IN_TIME)],
            &format!(
                "{SAID} | alice: PRIVMSG #tea :milk | alice: @+reply=01hf7yat000000000000007;+draft/react=👍 TAGMSG #tea | alice: PRIVMSG #tea :sugar || bob: CHATHISTORY LATEST #tea * 3"
            ),
            expect![[r#"
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :milk
                bob < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=👍 :alice TAGMSG #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :sugar
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn its_author_alone_gets_its_clients_own_id_of_it_back_also_over_a_restart() {
        let ids = "teahouse.internal/client-msgid";
        let read = "CHATHISTORY LATEST #tea * 1";
        check_with(
            &[("alice", &format!("{WITH} {ids}")), ("bob", &format!("{WITH} {ids}"))],
            &format!(
                "{SAID} | alice: @{ids}=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f;+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea | alice: REGISTER * * oolong || alice: {read} | bob: {read} | restart | login phone alice | phone: CAP REQ :batch message-tags teahouse.internal/reactions {ids} | phone: {read}"
            ),
            expect![[r#"
                alice < BATCH +1 chathistory #tea
                alice < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                alice < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=x;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice TAGMSG #tea
                alice < BATCH -1
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                bob < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=x :alice TAGMSG #tea
                bob < BATCH -1
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :~alice
                phone < 366 alice #tea :End of /NAMES list
                phone < CAP alice ACK :batch message-tags teahouse.internal/reactions teahouse.internal/client-msgid
                phone < BATCH +1 chathistory #tea
                phone < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                phone < @batch=1;msgid=…;+reply=01hf7yat000000000000007;+draft/reply=01hf7yat000000000000007;+draft/react=x;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice TAGMSG #tea
                phone < BATCH -1"#]],
        );
    }

    #[test]
    fn its_echo_waits_until_it_is_kept_and_so_does_taking_it_back() {
        check_with(
            &[("alice", ALL), ("bob", WITH)],
            &format!(
                "{SAID} | hold || alice: @label=1;+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea | alice: PING a | go | hold | alice: @label=2;+reply=01hf7yat000000000000007;+draft/unreact=x TAGMSG #tea | alice: PING b | fail | go | bob: CHATHISTORY LATEST #tea * 9 | alice: @label=3;+reply=01hf7yat000000000000007;+draft/unreact=x TAGMSG #tea | bob: CHATHISTORY LATEST #tea * 9"
            ),
            expect![[r#"
                alice < @label=1;msgid=…;+reply=01hf7yat000000000000007;+draft/react=x :alice TAGMSG #tea
                alice < PONG tea.test :a
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=x :alice TAGMSG #tea
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/unreact=x :alice TAGMSG #tea
                alice < @label=2;msgid=…;+reply=01hf7yat000000000000007;+draft/unreact=x :alice TAGMSG #tea
                alice < PONG tea.test :b
                bob < BATCH +1 chathistory #tea
                bob < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                bob < BATCH -1
                alice < @label=3;msgid=…;+reply=01hf7yat000000000000007;+draft/unreact=x :alice TAGMSG #tea
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/unreact=x :alice TAGMSG #tea
                bob < BATCH +2 chathistory #tea
                bob < @batch=2;msgid=… :alice PRIVMSG #tea :oolong
                bob < BATCH -2"#]],
        );
    }

    #[test]
    fn it_goes_with_its_message_and_there_is_none_to_what_is_gone() {
        check_with(
            &[("alice", ALL), ("bob", WITH)],
            &format!(
                "{SAID} | bob: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea | hold || alice: REDACT #tea 01hf7yat000000000000007 | bob: @+reply=01hf7yat000000000000007;+draft/react=y TAGMSG #tea | go | bob: CHATHISTORY LATEST #tea * 9"
            ),
            expect![[r#"
                alice < @msgid=… :alice REDACT #tea 01hf7yat000000000000007
                bob < FAIL TAGMSG UNKNOWN_MSGID #tea 01hf7yat000000000000007 :This message does not exist or is too old
                bob < BATCH +1 chathistory #tea
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn a_plain_clients_passes_by() {
        check_with(
            &[("alice", WITH), ("bob", "message-tags echo-message")],
            &format!(
                "{SAID} | hold || bob: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea | go | alice: CHATHISTORY LATEST #tea * 9"
            ),
            expect![[r#"
                alice < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=x :bob TAGMSG #tea
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=x :bob TAGMSG #tea
                alice < BATCH +1 chathistory #tea
                alice < @batch=1;msgid=… :alice PRIVMSG #tea :oolong
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn between_two_it_is_kept_as_what_they_say_is() {
        check_with(
            &[("alice", WITH), ("bob", WITH), ("carol", "message-tags")],
            "bob: PING 1 | carol: PING 1 | alice: PRIVMSG bob :oolong | alice: PRIVMSG carol :tea || bob: @+reply=01hf7yat000000000000006;+draft/react=x TAGMSG alice | alice: CHATHISTORY LATEST bob * 9 | carol: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG alice",
            expect![[r#"
                alice < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :bob TAGMSG alice
                alice < BATCH +1 chathistory bob
                alice < @batch=1;msgid=… :alice PRIVMSG bob :oolong
                alice < @batch=1;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=x :bob TAGMSG alice
                alice < BATCH -1
                alice < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=x :carol TAGMSG alice"#]],
        );
    }

    #[test]
    fn nobody_piles_them_up() {
        let react = |who: &str, count: usize| -> String {
            let one = |at| format!(" | {who}: @+reply=01hf7yat000000000000007;+draft/react={who}{at} TAGMSG #tea");
            (0..count).map(one).collect()
        };
        check_with(
            &[("alice", WITH), ("bob", "message-tags")],
            &format!(
                "{SAID}{} || alice: @+reply=01hf7yat000000000000007;+draft/react=one-more TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react=alice0 TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/unreact=alice0 TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react=one-more TAGMSG #tea",
                react("alice", 8)
            ),
            expect![[r#"
                alice < FAIL TAGMSG TOO_MANY_REACTIONS #tea 01hf7yat000000000000007 :This message can take no more of them
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=alice0 :alice TAGMSG #tea
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/unreact=alice0 :alice TAGMSG #tea
                bob < @msgid=…;+reply=01hf7yat000000000000007;+draft/react=one-more :alice TAGMSG #tea"#]],
        );
        let people: Vec<String> = (0..13).map(|number| format!("guest{number}")).collect();
        let caps: Vec<(&str, &str)> = people.iter().map(|nick| (nick.as_str(), "guest message-tags")).collect();
        // Eight of each of these are ninety-six; four more find room.
        let all: String = people[..12].iter().map(|nick| react(nick, 8)).collect();
        let joins: String = people.iter().map(|nick| format!(" | {nick}: JOIN #tea")).collect();
        let said = SAID.replace("alice", "guest12");
        check_with(
            &caps,
            &format!(
                "{said}{joins}{all}{} || guest12: @+reply=01hf7yat000000000000007;+draft/react=more TAGMSG #tea",
                react("guest12", 4)
            ),
            expect![
                "guest12 < FAIL TAGMSG TOO_MANY_REACTIONS #tea 01hf7yat000000000000007 :This message can take no more of them"
            ],
        );
    }

    #[test]
    fn misuse_is_answered() {
        let long = "x".repeat(97);
        check_with(
            &[("alice", ALL), ("bob", "message-tags")],
            &format!(
                "{SAID} || alice: @+draft/react=x TAGMSG #tea | alice: @+reply;+draft/react=x TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react={long} TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react=x;+draft/unreact=x TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea,bob | alice: @+reply=nonsense;+draft/react=x TAGMSG #tea | alice: @+reply=01hf7yat000000000000zzz;+draft/react=x TAGMSG #tea | alice: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #lobby | alice: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG nobody | alice: MODE #tea +m | bob: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea"
            ),
            expect![[r#"
                alice < FAIL TAGMSG INVALID_REACTION #tea :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG INVALID_REACTION #tea :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG INVALID_REACTION #tea :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG INVALID_REACTION #tea :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG INVALID_REACTION #tea :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG INVALID_REACTION #tea,bob :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < FAIL TAGMSG UNKNOWN_MSGID #tea nonsense :This message does not exist or is too old
                alice < FAIL TAGMSG UNKNOWN_MSGID #tea 01hf7yat000000000000zzz :This message does not exist or is too old
                alice < 404 alice #lobby :You are not in that channel
                alice < 401 alice nobody :No such nick/channel
                alice < :alice MODE #tea +m
                bob < :alice MODE #tea +m
                bob < 404 bob #tea :Cannot send to channel (+m)"#]],
        );
    }

    #[test]
    fn while_nothing_can_be_kept_there_is_none() {
        for state in ["broken", "unreadable"] {
            check_with(
                &[("alice", ALL)],
                &format!("{SAID} | {state} || alice: @+reply=01hf7yat000000000000007;+draft/react=x TAGMSG #tea"),
                expect![
                    "alice < FAIL TAGMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"
                ],
            );
        }
    }

    #[test]
    fn a_message_that_reacts_is_a_message() {
        check(&format!("{SAID} || alice: @+draft/react=x PRIVMSG #tea :x"), expect!["bob < :alice PRIVMSG #tea :x"]);
    }
}
