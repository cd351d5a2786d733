//! PRIVMSG, NOTICE and TAGMSG: something said, to a room or to one person.
//! <https://modern.ircdocs.horse/#sending-messages>, <https://ircv3.net/specs/extensions/message-tags>
//!
//! - `target`: to whom; `rights`: who may speak in a room.
//! - `once`: a message with its client's own id is said once.
//! - [`react`]: a TAGMSG that reacts to a message.

mod once;
pub mod react;
mod rights;
mod target;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use self::target::Addressee;
use super::services::{self, Service};
use super::{Answers, Command, Stage, batch};
use crate::capabilities::Caps;
use crate::durable::{Change, Conversation, MessageKind, StoredMessage};
use crate::entry::{Action, Audience, Event, Said};
use crate::ids::{ClientId, Identity, UserId};
use crate::lines::{self, BREAK, SEAM};
use crate::reactions::Reaction;
use crate::reply::{Reply, unavailable};
use crate::session::Request;
use crate::world::Turn;

pub(crate) use once::CLIENT_ID_TAG;
pub(super) use once::client_id;
pub(super) use rights::may_speak;
pub use target::Target;

pub(super) const PRIVMSG: Command =
    Command { name: "PRIVMSG", help: "PRIVMSG <room or nick>[,...] :<text>: say something", parse: privmsg, ..ROW };
pub(super) const NOTICE: Command = Command {
    name: "NOTICE",
    help: "NOTICE <room or nick>[,...] :<text>: say something that wants no answer",
    parse: notice,
    ..ROW
};
pub(crate) const TAGMSG: Command = Command {
    name: "TAGMSG",
    params_min: 1,
    help: "TAGMSG <room or nick>[,...]: send client tags alone",
    parse: tagmsg,
    ..ROW
};
const ROW: Command =
    Command { name: "", params_min: 0, stage: Stage::Registered, answers: Answers::OneEach, help: "", parse: |_| {} };

/// How many targets one line may have: `TARGMAX` in 005.
pub(crate) const TARGETS_MAX: usize = 4;

/// Something is said: by the session's user, or without a session by the server itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Say {
    /// By which command.
    pub kind: MessageKind,
    /// To whom.
    pub target: Target,
    /// The client-only tags as they stood on the wire, without `@`.
    pub tags: Arc<str>,
    /// What; empty for TAGMSG.
    pub text: Arc<str>,
    /// The client's own id of it, by which it is said once.
    pub client_id: Option<ClientId>,
}

/// The command a message came by.
pub(crate) fn command_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Privmsg => PRIVMSG.name,
        MessageKind::Notice => NOTICE.name,
        MessageKind::Tagmsg => TAGMSG.name,
        MessageKind::Happened(happening) => happening.command(),
    }
}

fn privmsg(request: &mut Request<'_>) {
    parse(request, MessageKind::Privmsg);
}

fn notice(request: &mut Request<'_>) {
    parse(request, MessageKind::Notice);
}

fn tagmsg(request: &mut Request<'_>) {
    parse(request, MessageKind::Tagmsg);
}

fn parse(request: &mut Request<'_>, kind: MessageKind) {
    let (targets, text) = (request.param(0), request.param(1));
    let tags = client_tags(request);
    if targets.is_empty() {
        let text = format!("No recipient given ({})", command_name(kind));
        return request.reply(Reply::numeric(n::ERR_NORECIPIENT, text));
    }
    match kind {
        MessageKind::Tagmsg if tags.is_empty() => return,
        MessageKind::Privmsg | MessageKind::Notice if text.is_empty() => {
            return request.reply(Reply::numeric(n::ERR_NOTEXTTOSEND, "No text to send"));
        }
        _ => {}
    }
    if targets.split(',').count() > TARGETS_MAX {
        return request.reply(Reply::numeric(n::ERR_TOOMANYTARGETS, "Too many targets").param(super::shown(targets)));
    }
    let client_id = match client_id(request, command_name(kind), targets) {
        Ok(id) => id,
        Err(refusal) => return request.reply(refusal),
    };
    let text: Arc<str> = if kind == MessageKind::Tagmsg { "".into() } else { text.into() };
    let reaction = Reaction::parse(&tags).filter(|_| kind == MessageKind::Tagmsg);
    if reaction.is_some() && targets.contains(',') {
        return request.reply(react::invalid(targets));
    }
    for name in targets.split(',') {
        if let Some(service) = Service::named(name) {
            // What is said to a service may be a password: it is never said to anybody, nor kept.
            match kind {
                MessageKind::Privmsg if targets == name => services::hear(request, service, &text),
                MessageKind::Privmsg => services::hear_beside(request, service),
                _ => {}
            }
            continue;
        }
        let target = if reaction.is_some() { Target::of_past(name) } else { Target::parse(name) };
        match target {
            Some(target) => {
                let say = Say { kind, target, tags: Arc::clone(&tags), text: Arc::clone(&text), client_id };
                match reaction.clone() {
                    Some(reaction) => react::parse(request, say, reaction),
                    None => request.submit(Action::Say(say)),
                }
            }
            None if name.starts_with('#') => request.reply(super::no_such_channel(name)),
            None => request.reply(super::no_such_nick(name)),
        }
    }
}

/// The tags that are for the receivers: those that begin with `+`.
pub(super) fn client_tags(request: &Request<'_>) -> Arc<str> {
    if !request.session.caps.has(Caps::MESSAGE_TAGS) {
        return "".into();
    }
    let raw = request.message.tags.raw();
    raw.split(';').filter(|tag| tag.len() > 1 && tag.starts_with('+')).collect::<Vec<_>>().join(";").into()
}

/// Who says it: a session's user, or the server.
struct Author {
    user: Option<UserId>,
    identity: Option<Identity>,
    source: Arc<str>,
}

/// What is kept of what is said, where anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    /// Words; tags alone pass by.
    Words,
    /// Tags alone: they are a reaction to something that is kept.
    Reaction,
}

pub(crate) fn apply(turn: &mut Turn<'_>, action: &Say) {
    say(turn, action, Keeps::Words);
}

fn say(turn: &mut Turn<'_>, say: &Say, keeps: Keeps) {
    let author = match (&turn.entry.origin, turn.actor()) {
        (Some(_), Some(user)) => Author { user: Some(user.id), identity: user.identity, source: user.source() },
        (Some(_), None) => return,
        (None, _) => Author { user: None, identity: None, source: Arc::clone(&turn.world.rules.server_name) },
    };
    if let Some(user) = author.user.and_then(|id| turn.world.presence.user_mut(id)) {
        user.spoke = turn.entry.time;
    }
    let once = once::of(turn, say, &author);
    if once.as_ref().is_some_and(|once| once::answer(turn, say, &author, once)) {
        return;
    }
    let said = match &say.target {
        Target::Room(name) => to_room(turn, say, &author, keeps, name),
        Target::Person(nick) => to_person(turn, say, &author, keeps, Addressee::named(turn.world, nick)),
        Target::Numbered(numbered) => {
            let addressee = Addressee::numbered(turn.world, numbered);
            to_person(turn, say, &author, keeps, Some(addressee))
        }
    };
    match said {
        Ok(said) => once::remember(turn, &said, once),
        Err(refusal) => turn.reply(refusal),
    }
}

fn to_room(turn: &mut Turn<'_>, say: &Say, author: &Author, keeps: Keeps, name: &RoomName) -> Result<Arc<Said>, Reply> {
    let room = turn.world.durable.room_named(name).map(|room| &room.record);
    let room = room.filter(|room| author.user.is_none() || turn.world.looks_present(room));
    let room = room.ok_or_else(|| super::no_such_channel(name.as_str()))?;
    if let Some(user) = author.user {
        may_speak(turn, user, room)?;
    }
    let (id, is_first) = (room.id, !room.spoken && say.kind != MessageKind::Tagmsg);
    let said = message(turn, say, author, keeps, (Some(Conversation::room(id)), &room.name))?;
    if is_first {
        turn.change_room(id, |room| room.spoken = true);
    }
    keep(turn, &said);
    turn.tell(Audience::Room(id), Event::Said(Arc::clone(&said)));
    Ok(said)
}

fn to_person(
    turn: &mut Turn<'_>,
    say: &Say,
    author: &Author,
    keeps: Keeps,
    person: Option<Addressee>,
) -> Result<Arc<Said>, Reply> {
    let nobody = || super::no_such_nick(say.target.as_str());
    let person = person.ok_or_else(nobody)?;
    let conversation = author.identity.zip(person.identity).map(|(a, b)| Conversation::private(a, b));
    let said = message(turn, say, author, keeps, (conversation, &person.shown))?;
    if person.unattended && !said.kept {
        // Nobody is there to hear it, and nothing would be there to be read later.
        return Err(nobody());
    }
    let echo = match &say.target {
        // Whoever means somebody by number is answered so.
        Target::Numbered(numbered) => {
            let message = StoredMessage { target: Arc::clone(&numbered.name), ..said.message.clone() };
            Arc::new(Said { message, ..*said })
        }
        Target::Room(_) | Target::Person(_) => Arc::clone(&said),
    };
    let is_away = person.absence.filter(|_| say.kind == MessageKind::Privmsg);
    let is_away = is_away.map(|reason| super::is_away(&person.shown, &reason));
    keep(turn, &said);
    if let (Some(reply), Some(origin)) = (is_away, &turn.entry.origin) {
        // Beside the answer, and so without its label.
        turn.tell_unasked(Audience::Session(origin.session), Event::Reply(reply));
    }
    match (author.user, &turn.entry.origin) {
        (Some(from), Some(origin)) if Some(from) == person.user => {
            turn.tell(Audience::Session(origin.session), Event::Said(Arc::clone(&echo)));
            turn.tell_unasked(Audience::User(from), Event::Said(echo));
        }
        (from, _) => {
            if let Some(to) = person.user {
                turn.tell_unasked(Audience::User(to), Event::Said(Arc::clone(&said)));
            }
            if let Some(from) = from {
                turn.tell(Audience::User(from), Event::Said(echo));
            }
        }
    }
    Ok(said)
}

/// The message as everybody will get it, or why it cannot be said.
fn message(
    turn: &Turn<'_>,
    say: &Say,
    author: &Author,
    keeps: Keeps,
    (conversation, target): (Option<Conversation>, &Arc<str>),
) -> Result<Arc<Said>, Reply> {
    let command = command_name(say.kind);
    let head_bytes = author.source.len() + command.len() + target.len() + ":   :".len();
    let is_too_long = |line: &str| head_bytes + line.len() > MESSAGE_BODY_BYTES_MAX;
    // Of a text that is not too long, no line is.
    if is_too_long(&say.text) && say.text.split([BREAK, SEAM]).any(is_too_long) {
        return Err(match lines::is_many(&say.text) {
            true => batch::invalid("A line is too long once your address is put before it"),
            false => Reply::numeric(n::ERR_INPUTTOOLONG, "Message too long once your address is put before it"),
        });
    }
    let is_to_keep = say.kind != MessageKind::Tagmsg || keeps == Keeps::Reaction;
    let kept = conversation.filter(|_| turn.world.rules.keep_history && is_to_keep);
    if kept.is_some() && !turn.entry.writable {
        return Err(unavailable(command, target));
    }
    let message = StoredMessage {
        conversation: kept.unwrap_or(Conversation::NOWHERE),
        msgid: turn.entry.msgid(),
        kind: say.kind,
        author: author.identity,
        client_id: say.client_id,
        source: Arc::clone(&author.source),
        target: Arc::clone(target),
        tags: Arc::clone(&say.tags),
        text: Arc::clone(&say.text),
        edited: None,
    };
    Ok(Arc::new(Said { message, kept: kept.is_some(), user: author.user }))
}

fn keep(turn: &mut Turn<'_>, said: &Said) {
    if said.kept {
        turn.out.changes.push(Change::Message(said.message.clone()));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn everybody_else_in_the_room_reads_it() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | carol: NAMES #tea | alice: PRIVMSG #tea :你好 🍵",
            expect!["bob < :alice PRIVMSG #tea :你好 🍵"],
        );
    }

    #[test]
    fn an_echo_waits_until_it_is_kept_and_nothing_overtakes_it() {
        check_with(
            &[("alice", "echo-message")],
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: PRIVMSG #tea :one | bob: PRIVMSG #tea :two | alice: PING x | go",
            expect![[r#"
                bob < :alice PRIVMSG #tea :one
                alice < :alice PRIVMSG #tea :one
                alice < :bob PRIVMSG #tea :two
                alice < PONG tea.test :x"#]],
        );
    }

    #[test]
    fn what_was_lost_is_a_failure_and_never_an_echo() {
        check_with(
            &[("alice", "echo-message")],
            "alice: JOIN #tea | bob: JOIN #tea | hold || alice: PRIVMSG #tea :one | bob: NOTICE #tea :two | fail | go",
            expect![[r#"
                bob < :alice PRIVMSG #tea :one
                alice < FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                alice < :bob NOTICE #tea :two
                bob < FAIL NOTICE TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn while_nothing_can_be_kept_nothing_is_said() {
        check(
            "alice: JOIN #tea | bob: JOIN #tea | broken || alice: PRIVMSG #tea :one | mended | alice: PRIVMSG #tea :two",
            expect![[r#"
                alice < FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
                bob < :alice PRIVMSG #tea :two"#]],
        );
    }

    #[test]
    fn a_label_comes_back_on_the_echo_or_on_an_acknowledgement() {
        check_with(
            &[("alice", "echo-message labeled-response batch"), ("carol", "labeled-response batch")],
            "alice: JOIN #tea | carol: JOIN #tea || alice: @label=a PRIVMSG #tea :hi | carol: @label=c PRIVMSG #tea :hi",
            expect![[r#"
                alice < @label=a :alice PRIVMSG #tea :hi
                carol < :alice PRIVMSG #tea :hi
                alice < :carol PRIVMSG #tea :hi
                carol < @label=c ACK"#]],
        );
    }

    #[test]
    fn without_echoes_a_batch_is_not_closed_before_all_that_was_said_is_kept_or_lost() {
        check_with(
            &[("alice", "labeled-response batch")],
            "alice: JOIN #a,#b | hold || alice: @label=1 PRIVMSG #a,#b :hi | alice: PING x | go | hold | alice: @label=2 PRIVMSG #a,nobody :lost | fail",
            expect![[r#"
                alice < @label=1 BATCH +1 labeled-response
                alice < @batch=1 ACK
                alice < @batch=1 ACK
                alice < BATCH -1
                alice < PONG tea.test :x
                alice < @label=2 BATCH +2 labeled-response
                alice < @batch=2 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #a :The server cannot store anything at the moment; please try again later
                alice < @batch=2 401 alice nobody :No such nick/channel
                alice < BATCH -2"#]],
        );
    }

    #[test]
    fn several_targets_answer_in_a_batch() {
        check_with(
            &[("alice", "echo-message labeled-response batch message-tags")],
            "alice: JOIN #tea | bob: JOIN #tea || alice: @label=a PRIVMSG #tea,bob,nobody :hi",
            expect![[r#"
                alice < @label=a BATCH +1 labeled-response
                alice < @batch=1;msgid=… :alice PRIVMSG #tea :hi
                alice < @batch=1;msgid=… :alice PRIVMSG bob :hi
                alice < @batch=1 401 alice nobody :No such nick/channel
                alice < BATCH -1
                bob < :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG bob :hi"#]],
        );
    }

    #[test]
    fn to_oneself_the_echo_comes_first() {
        check_with(
            &[("alice", "echo-message labeled-response batch message-tags")],
            "alice: @label=a PRIVMSG alice :note",
            expect![[r#"
                alice < @label=a;msgid=… :alice PRIVMSG alice :note
                alice < @msgid=… :alice PRIVMSG alice :note"#]],
        );
    }

    #[test]
    fn client_tags_reach_those_who_know_tags() {
        check_with(
            &[("alice", "message-tags"), ("carol", "message-tags")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #tea || alice: @+draft/reply=x;secret=y;+a PRIVMSG #tea :hi | alice: @+typing=active TAGMSG #tea | bob: @+lost=1 PRIVMSG #tea :hi",
            expect![[r#"
                bob < :alice PRIVMSG #tea :hi
                carol < @msgid=…;+draft/reply=x;+a :alice PRIVMSG #tea :hi
                carol < @msgid=…;+typing=active :alice TAGMSG #tea
                alice < @msgid=… :bob PRIVMSG #tea :hi
                carol < @msgid=… :bob PRIVMSG #tea :hi"#]],
        );
    }

    #[test]
    fn tags_alone_are_neither_kept_nor_waited_for() {
        check_with(
            &[("alice", "echo-message labeled-response batch message-tags")],
            "alice: JOIN #tea | hold || alice: @label=1;+typing=active TAGMSG #tea | alice: @label=2;+x TAGMSG #tea | go",
            expect![[r#"
                alice < @label=1;msgid=…;+typing=active :alice TAGMSG #tea
                alice < @label=2;msgid=…;+x :alice TAGMSG #tea"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea | bob: JOIN #other || alice: PRIVMSG | alice: PRIVMSG #tea | alice: PRIVMSG #tea : | alice: TAGMSG | alice: PRIVMSG nobody :hi | alice: PRIVMSG #none :hi | alice: PRIVMSG #other :hi | alice: PRIVMSG a,b,c,d,e :hi | alice: PRIVMSG # :hi | alice: PRIVMSG a!b :hi",
            expect![[r#"
                alice < 411 alice :No recipient given (PRIVMSG)
                alice < 412 alice :No text to send
                alice < 412 alice :No text to send
                alice < 461 alice TAGMSG :Not enough parameters
                alice < 401 alice nobody :No such nick/channel
                alice < 403 alice #none :No such channel
                alice < 404 alice #other :You are not in that channel
                alice < 407 alice a,b,c,d,e :Too many targets
                alice < 403 alice # :No such channel
                alice < 401 alice a!b :No such nick/channel"#]],
        );
    }

    #[test]
    fn what_would_be_cut_for_its_receivers_is_refused() {
        let fits = 510 - ":alice!~alice@host PRIVMSG #tea :".len();
        let say = |count: usize| format!("alice: JOIN #tea | alice: PRIVMSG #tea :{}", "x".repeat(count));
        check(&say(fits), expect![""]);
        check(&say(fits + 1), expect!["alice < 417 alice :Message too long once your address is put before it"]);
    }

    #[test]
    fn a_private_message_is_kept_between_guests_only() {
        check_with(
            &[("alice", "guest echo-message"), ("bob", "guest")],
            "bob: PING 1 | carol: PING 1 | hold || alice: PRIVMSG bob :kept | alice: PING after | go",
            expect![[r#"
                bob < :alice PRIVMSG bob :kept
                alice < :alice PRIVMSG bob :kept
                alice < PONG tea.test :after"#]],
        );
        check_with(
            &[("alice", "guest echo-message")],
            "carol: PING 1 | hold || alice: PRIVMSG carol :not kept | go",
            expect![[r#"
                carol < :alice PRIVMSG carol :not kept
                alice < :alice PRIVMSG carol :not kept"#]],
        );
    }

    #[test]
    fn another_session_of_the_author_reads_it_too() {
        check_with(
            &[("alice", "guest echo-message")],
            "alice: JOIN #tea | again tab alice | bob: JOIN #tea || alice: PRIVMSG #tea :hi | alice: PRIVMSG bob :psst",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                alice < :alice PRIVMSG #tea :hi
                tab < :alice PRIVMSG #tea :hi
                bob < :alice PRIVMSG #tea :hi
                alice < :alice PRIVMSG bob :psst
                tab < :alice PRIVMSG bob :psst
                bob < :alice PRIVMSG bob :psst"#]],
        );
    }
}
