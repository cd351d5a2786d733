//! A message with its client's own id is said once: a repeat is answered like the first.

use std::sync::Arc;

use teahouse_proto::vendor;

use super::{Author, Say, Target, command_name};
use crate::capabilities::Caps;
use crate::commands::shown;
use crate::durable::{Conversation, StoredMessage};
use crate::entry::{Event, Said};
use crate::find::spelt;
use crate::ids::{ClientId, MsgId};
use crate::once::{Namespace, Once, RecentId, Words};
use crate::reply::Reply;
use crate::session::Request;
use crate::world::Turn;

/// The tag that a client's own id stands in.
pub(crate) const CLIENT_ID_TAG: &str = vendor!("client-msgid");

/// The client's own id of what it says to exactly one; without the capability there is none.
pub(in crate::commands) fn client_id(
    request: &Request<'_>,
    command: &str,
    targets: &str,
) -> Result<Option<ClientId>, Reply> {
    let tag = request.message.tags.get(CLIENT_ID_TAG).filter(|_| request.session.caps.has(Caps::CLIENT_MSGID));
    let Some(id) = tag else { return Ok(None) };
    let invalid = |text: &'static str| Err(Reply::fail(command, "INVALID_CLIENT_MSGID", text).param(shown(&id)));
    match ClientId::parse(&id) {
        _ if targets.contains(',') => invalid("A message with an id of its own has one target"),
        None => invalid("An id is a UUID of version 7 in lower case"),
        known => Ok(known),
    }
}

/// What this message and a repeat of it are known by, if its client gave it an id.
pub(super) fn of(turn: &Turn<'_>, say: &Say, author: &Author) -> Option<Once> {
    let (id, origin) = (say.client_id?, turn.entry.origin.as_ref()?);
    let namespace = author.identity.map_or(Namespace::Session(origin.session), Namespace::Identity);
    let world = &turn.world;
    let conversation = match &say.target {
        Target::Room(name) => world.durable.room_named(name).map(|room| Conversation::room(room.record.id)),
        Target::Person(nick) => {
            author.identity.zip(world.identity_named(nick)).map(|(a, b)| Conversation::private(a, b))
        }
        Target::Numbered(numbered) => author.identity.map(|own| numbered.conversation(own)),
    };
    let words = Words { kind: say.kind, target: &say.target, conversation, tags: &say.tags, text: &say.text };
    Some(Once::of(namespace, id, &words))
}

/// Answers what was said before; `false` if nothing was said with this id.
pub(super) fn answer(turn: &mut Turn<'_>, say: &Say, author: &Author, once: &Once) -> bool {
    let (world, bounds) = (&turn.world, turn.world.rules.recent);
    let first = world.durable.recent.find(once.id, bounds).or_else(|| world.other_ids.find(once.id, bounds));
    let Some(first) = first else { return false };
    let (msgid, is_kept) = (first.msgid, first.is_kept);
    match first.once.says_the_same(once) {
        true => repeat(turn, say, author, msgid, is_kept),
        false => turn.reply(reused(say)),
    }
    true
}

/// What was said is remembered, if its client gave it an id.
pub(super) fn remember(turn: &mut Turn<'_>, said: &Said, once: Option<Once>) {
    let Some(once) = once else { return };
    let (id, bounds) = (RecentId { once, msgid: said.message.msgid }, turn.world.rules.recent);
    // What is remembered of those that are kept must be what the store's rows say.
    match RecentId::of(&said.message).filter(|_| said.kept) {
        Some(id) => turn.world.durable.recent.add(id, true, bounds),
        None => turn.world.other_ids.add(id, said.kept, bounds),
    }
}

/// Whoever repeats what was said gets the first's echo, wherever the target is by now, and nobody else anything.
fn repeat(turn: &mut Turn<'_>, say: &Say, author: &Author, first: MsgId, is_kept: bool) {
    let message = StoredMessage {
        conversation: Conversation::NOWHERE,
        msgid: first,
        kind: say.kind,
        author: author.identity,
        client_id: say.client_id,
        source: Arc::clone(&author.source),
        target: spelt(turn.world, &say.target),
        tags: Arc::clone(&say.tags),
        text: Arc::clone(&say.text),
        edited: None,
    };
    turn.tell_origin(Event::Said(Arc::new(Said { message, kept: is_kept, user: author.user })));
}

fn reused(say: &Say) -> Reply {
    let id = say.client_id.map(|id| id.to_string()).unwrap_or_default();
    let text = "Something else was said with this id";
    Reply::fail(command_name(say.kind), "CLIENT_MSGID_REUSED", text).param(id)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_with;

    const ID: &str = "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
    const TAG: &str = "teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
    const ONCE: &str = "echo-message labeled-response batch message-tags guest teahouse.internal/client-msgid";

    /// `ID` stands for the tag with a client's id.
    fn check_once(script: &str, expected: expect_test::Expect) {
        let script = script.replace("ID", TAG);
        check_with(&[("alice", ONCE), ("tab", ONCE), ("dave", ONCE)], &script, expected);
    }

    #[test]
    fn a_repeat_is_answered_like_the_first_and_not_said_again() {
        check_once(
            "alice: JOIN #tea | bob: JOIN #tea | wait 1s || alice: @label=1;ID PRIVMSG #tea :hi | wait 9s | alice: @label=2;ID PRIVMSG #TEA :hi | alice: CHATHISTORY LATEST #tea * 9",
            expect![[r#"
                alice < @label=1;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG #tea :hi
                alice < @label=2;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                alice < BATCH +1 chathistory #tea
                alice < @batch=1;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn a_repeat_has_the_time_of_the_first() {
        check_with(
            &[("alice", &format!("server-time {ONCE}"))],
            &format!(
                "alice: JOIN #tea | wait 1s | alice: @{TAG} PRIVMSG #tea :hi | wait 9s || alice: @{TAG} PRIVMSG #tea :hi | alice: PRIVMSG #tea :now"
            ),
            expect![[r#"
                alice < @time=2023-11-14T22:13:21.000Z;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                alice < @time=2023-11-14T22:13:30.000Z;msgid=… :alice PRIVMSG #tea :now"#]],
        );
    }

    #[test]
    fn only_the_authors_own_sessions_see_its_id_of_a_message() {
        check_once(
            "alice: JOIN #tea | again tab alice | dave: JOIN #tea || alice: @ID PRIVMSG #tea :hi | dave: CHATHISTORY LATEST #tea * 9 | alice: @ID PRIVMSG dave :hi",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                tab < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                dave < @msgid=… :alice PRIVMSG #tea :hi
                dave < BATCH +1 chathistory #tea
                dave < @batch=1;msgid=… :alice PRIVMSG #tea :hi
                dave < BATCH -1
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
    }

    #[test]
    fn a_repeat_waits_until_the_first_is_kept_whatever_is_said_meanwhile() {
        check_once(
            "alice: JOIN #tea | again tab alice | bob: JOIN #tea | hold || alice: @ID PRIVMSG #tea :hi | bob: PRIVMSG #tea :two | tab: @label=2;ID PRIVMSG #tea :hi | tab: PING x | go",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                tab < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG #tea :hi
                tab < @msgid=… :bob PRIVMSG #tea :two
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                alice < @msgid=… :bob PRIVMSG #tea :two
                tab < @label=2;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                tab < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn what_was_lost_is_said_anew_and_whoever_repeated_it_reads_that_it_failed() {
        check_once(
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: @label=1;ID PRIVMSG #tea :hi | alice: @label=2;ID PRIVMSG #tea :hi | fail | go | alice: @label=3;ID PRIVMSG #tea :hi",
            expect![[r#"
                bob < :alice PRIVMSG #tea :hi
                alice < @label=1 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                alice < @label=2 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                alice < @label=3;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn a_repeat_is_answered_though_the_first_could_not_be_said_any_more() {
        check_once(
            "alice: JOIN #tea | bob: JOIN #tea | alice: @ID PRIVMSG #tea :hi | alice: PART #tea | broken || alice: @label=2;ID PRIVMSG #tea :hi",
            expect![
                "alice < @label=2;msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi"
            ],
        );
    }

    #[test]
    fn an_id_is_for_one_text_to_one_target() {
        check_once(
            "alice: JOIN #tea | dave: JOIN #tea | alice: @ID PRIVMSG #tea :hi || alice: @ID PRIVMSG #tea :ho | alice: @ID NOTICE #tea :hi | alice: @ID PRIVMSG dave :hi | alice: @ID;+draft/reply=x PRIVMSG #tea :hi | dave: @ID PRIVMSG #tea :hi",
            expect![[r#"
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id
                alice < FAIL NOTICE CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id
                alice < @msgid=… :dave PRIVMSG #tea :hi
                dave < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :dave PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn a_repeat_is_known_though_its_target_is_called_otherwise_by_now() {
        const REPEAT: &str = "alice: @ID PRIVMSG #pot :hi | alice: @ID PRIVMSG #tea :hi | alice: @ID PRIVMSG #pot :ho";
        check_once(
            &format!(
                "alice: JOIN #tea | alice: @ID PRIVMSG #tea :hi | alice: RENAME #tea #pot | alice: JOIN #tea || {REPEAT}"
            ),
            expect![[r#"
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #pot :hi
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
        check_once(
            "dave: PING 1 | alice: @ID PRIVMSG dave :hi | dave: NICK davy || alice: @ID PRIVMSG davy :hi | alice: @ID PRIVMSG dave :hi | dave: NICK david | bob: NICK davy | alice: @ID PRIVMSG davy :hi",
            expect![[r#"
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG davy :hi
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG dave :hi
                dave < :davy NICK david
                bob < :bob NICK davy
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
    }

    #[test]
    fn a_repeat_is_known_under_a_new_name_after_a_restart() {
        const DEVICE: &str = "echo-message message-tags teahouse.internal/client-msgid";
        check_with(
            &[("alice", DEVICE)],
            &format!(
                "alice: REGISTER * * oolong | alice: JOIN #tea | alice: @{TAG} PRIVMSG #tea :hi | alice: RENAME #tea #pot | restart | login phone alice | phone: CAP REQ :echo-message message-tags teahouse.internal/client-msgid | bob: JOIN #pot || phone: @{TAG} PRIVMSG #pot :hi | phone: @{TAG} PRIVMSG #tea :hi | phone: @{TAG} PRIVMSG #pot :ho"
            ),
            expect![[r#"
                phone < :alice!account@tea.test JOIN #pot
                phone < 353 alice = #pot :~alice
                phone < 366 alice #pot :End of /NAMES list
                phone < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice!account@tea.test PRIVMSG #pot :hi
                phone < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice!account@tea.test PRIVMSG #tea :hi
                phone < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
    }

    #[test]
    fn a_misused_id_is_refused_and_without_the_capability_there_is_none() {
        check_with(
            &[("alice", ONCE), ("bob", "message-tags")],
            &format!(
                "alice: JOIN #tea | bob: JOIN #tea || alice: @{tag}=x PRIVMSG #tea :hi | alice: @{tag} TAGMSG #tea | alice: @{tag};+x TAGMSG #tea | alice: @{tag}={ID} NOTICE #tea,bob :hi | alice: @{tag}={ID} PRIVMSG nobody :hi | alice: @{tag}={ID} PRIVMSG #tea :hi | bob: @{tag}={ID} PRIVMSG #tea :hi | bob: @{tag}={ID} PRIVMSG #tea :hi",
                tag = "teahouse.internal/client-msgid"
            ),
            expect![[r#"
                alice < FAIL PRIVMSG INVALID_CLIENT_MSGID x :An id is a UUID of version 7 in lower case
                alice < FAIL TAGMSG INVALID_CLIENT_MSGID * :An id is a UUID of version 7 in lower case
                alice < FAIL NOTICE INVALID_CLIENT_MSGID 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :A message with an id of its own has one target
                alice < 401 alice nobody :No such nick/channel
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG #tea :hi
                bob < @msgid=… :alice PRIVMSG #tea :hi
                alice < @msgid=… :bob PRIVMSG #tea :hi
                alice < @msgid=… :bob PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn a_reaction_that_is_kept_is_given_once_also_over_a_restart() {
        const REACT: &str = "ID;+reply=01hf7yat000000000000005;+draft/react";
        let script = format!(
            "alice: JOIN #tea | alice: PRIVMSG #tea :oolong | alice: REGISTER * * oolong | alice: @{REACT}=x TAGMSG #tea | restart | login phone alice | phone: CAP REQ :echo-message labeled-response batch message-tags teahouse.internal/client-msgid | bob: JOIN #tea || phone: @label=1;{REACT}=x TAGMSG #tea | phone: @label=2;{REACT}=y TAGMSG #tea"
        );
        check_with(
            &[("alice", ONCE), ("bob", "message-tags")],
            &script.replace("ID", TAG),
            expect![[r#"
                phone < :alice!account@tea.test JOIN #tea
                phone < 353 alice = #tea :~alice
                phone < 366 alice #tea :End of /NAMES list
                phone < @label=1;msgid=…;+reply=01hf7yat000000000000005;+draft/react=x;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice!account@tea.test TAGMSG #tea
                phone < @label=2 FAIL TAGMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
    }

    #[test]
    fn what_is_not_kept_is_said_once_too() {
        check_with(
            &[("alice", "echo-message message-tags teahouse.internal/client-msgid")],
            &format!(
                "alice: JOIN #tea | bob: PING 1 || alice: @{TAG} PRIVMSG bob :hi | alice: @{TAG} PRIVMSG bob :hi | alice: @{TAG} PRIVMSG bob :ho"
            ),
            expect![[r#"
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG bob :hi
                bob < :alice PRIVMSG bob :hi
                alice < @msgid=…;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice PRIVMSG bob :hi
                alice < FAIL PRIVMSG CLIENT_MSGID_REUSED 018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :Something else was said with this id"#]],
        );
    }
}
