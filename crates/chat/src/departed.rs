//! Guests who are not here any more, by the names under which they talked with somebody in private.
//!
//! Nobody's nick is kept but beside what was said, so the world does not know who it was that somebody means. The store
//! tells with whom one has talked and what each was called last ([`LastSaid::called`]); what it finds is judged here by who
//! is here now. A name that somebody else bears by now, or that a later guest went by, too, gets the guest's number behind
//! an `@`, which stands in no nick: so each conversation has one name, and each name leads into one conversation. A number
//! leads there whoever is here, and whatever nick stands before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;

use crate::durable::{Called, Conversation, LastSaid, StoredMessage};
use crate::ids::{AccountId, GuestId, Identity, SessionId, Time};
use crate::query::TargetsRead;
use crate::words;
use crate::world::{User, World};

/// Somebody by number, and the name by which that one is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The number; by now it may be an account's.
    pub(crate) guest: GuestId,
    /// A nick, or one with the number, as the client has written it.
    pub(crate) name: Arc<str>,
}

/// Whom somebody means of whom only the name is known, since nobody who is here has it.
#[derive(Debug)]
pub struct Departed {
    /// Who has talked with them.
    own: Identity,
    /// What they were called.
    nick: Nick,
}

/// What was found between two, while it is looked up what those are called now with whom one has talked there.
#[derive(Debug)]
pub struct Partners {
    rows: Vec<StoredMessage>,
    talks: BTreeSet<Conversation>,
    /// Who asks, and what that one is called.
    own: Option<(Identity, Arc<str>)>,
    names: BTreeMap<Conversation, Arc<str>>,
}

impl Numbered {
    /// Reads a name with a number; `None` if there is none in it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (nick, number) = name.rsplit_once('@')?;
        Nick::parse(nick).ok()?;
        let guest = number.parse().ok().filter(|number| *number != 0).map(GuestId)?;
        Some(Numbered { guest, name: name.into() })
    }

    /// The nick that they are meant by.
    pub(crate) fn nick(&self) -> &str {
        self.name.split('@').next().unwrap_or_default()
    }

    /// Where somebody has talked with them.
    pub fn conversation(&self, own: Identity) -> Conversation {
        Conversation::private(own, Identity::Guest(self.guest))
    }

    /// The user who that is, if they are here after all.
    pub(crate) fn user<'a>(&self, world: &'a World) -> Option<&'a User> {
        let GuestId(number) = self.guest;
        let guest = world.presence.user_known_as(Identity::Guest(self.guest));
        guest.or_else(|| world.presence.user_known_as(Identity::Account(AccountId(number))))
    }

    /// Whether they have no name of their own now.
    pub fn is_gone(&self, world: &World) -> bool {
        name_of(world, self.guest.0).is_none()
    }
}

impl Departed {
    pub(crate) fn new(own: Identity, nick: &Nick) -> Self {
        Departed { own, nick: nick.clone() }
    }

    /// Who has talked with them.
    pub fn own(&self) -> Identity {
        self.own
    }

    /// The private conversations to choose from, the newest first.
    pub fn talks(&self) -> TargetsRead {
        talks_of(self.own)
    }

    /// Who was the last to be called so, of those with whom one has talked; to be asked without the world's lock.
    pub fn meant(&self, found: &[LastSaid]) -> Option<Numbered> {
        let is_meant = |last: &&LastSaid| match &last.called {
            Some(Called { nick, latest: true }) => words::name(nick) == self.nick.key(),
            _ => false,
        };
        let guest = GuestId(found.iter().find(is_meant)?.conversation.partner(self.own));
        Some(Numbered { guest, name: self.nick.as_str().into() })
    }
}

impl Partners {
    /// Those of what was found.
    pub fn of(rows: Vec<StoredMessage>) -> Self {
        let talks = rows.iter().map(|row| row.conversation).filter(|place| place.second != 0).collect();
        Partners { rows, talks, own: None, names: BTreeMap::new() }
    }

    /// Names those who have a name now, for whoever asks; what is to be read to name the others, if there are any.
    pub fn name(&mut self, world: &World, session: SessionId) -> Option<TargetsRead> {
        let own = world.presence.user_of(session).and_then(|user| Some((user.identity?, user.nick.shared())))?;
        let of_now = |talk: &Conversation| Some((*talk, name_of(world, talk.partner(own.0))?));
        self.names.extend(self.talks.iter().filter_map(of_now));
        let reader = self.own.insert(own).0;
        (self.names.len() < self.talks.len()).then(|| talks_of(reader))
    }

    /// Names those who are gone, by what was found of them.
    pub fn name_departed(&mut self, world: &World, found: &[LastSaid]) {
        let Some((own, _)) = self.own else { return };
        let unnamed = found.iter().filter(|last| self.talks.contains(&last.conversation));
        let named: Vec<_> = unnamed
            .filter(|last| !self.names.contains_key(&last.conversation))
            .filter_map(|last| Some((last.conversation, name(world, last, last.conversation.partner(own))?)))
            .collect();
        self.names.extend(named);
    }

    /// What was found, by the names that lead to it: each what its conversation is called now.
    pub fn named(self) -> Vec<StoredMessage> {
        let Partners { rows, own: Some((own, own_name)), names, .. } = self else { return self.rows };
        let named = |row: StoredMessage| {
            if row.conversation.second == 0 {
                return row;
            }
            let numbered = || Some(format!("{}@{}", row.partner(own.number())?, row.conversation.partner(own)).into());
            let Some(name) = names.get(&row.conversation).cloned().or_else(numbered) else { return row };
            let row = renamed(&row, Some(own.number()), &name);
            if row.author.map(Identity::number) == Some(own.number()) { said_by(row, &own_name) } else { row }
        };
        rows.into_iter().map(named).collect()
    }
}

/// All private conversations of one, the newest first.
fn talks_of(own: Identity) -> TargetsRead {
    let (first, second) = (Time(u64::MAX), Time(0));
    TargetsRead { rooms: Vec::new(), privately: Some(own), first, second, limit: usize::MAX }
}

/// What somebody of whom only the number is known is called now.
pub(crate) fn name_of(world: &World, number: u64) -> Option<Arc<str>> {
    let account = world.name_of(Identity::Account(AccountId(number)));
    account.or_else(|| world.name_of(Identity::Guest(GuestId(number))))
}

/// What a conversation with a guest who is not here is called.
pub(crate) fn name(world: &World, last: &LastSaid, guest: u64) -> Option<Arc<str>> {
    let Called { nick, latest } = last.called.as_ref()?;
    let is_free =
        |nick: &Nick| world.presence.user_named(nick).is_none() && world.durable.account_named(nick).is_none();
    match *latest && Nick::parse(nick).is_ok_and(|nick| is_free(&nick)) {
        true => Some(Arc::clone(nick)),
        false => Some(format!("{nick}@{guest}").into()),
    }
}

/// What a page calls whoever a row is by or to, where that is not the `reader`: the name of its conversation.
pub(crate) fn renamed(row: &StoredMessage, reader: Option<u64>, name: &Arc<str>) -> StoredMessage {
    let row = row.clone();
    match row.author.map(Identity::number) == reader {
        true => StoredMessage { target: Arc::clone(name), ..row },
        false => said_by(row, name),
    }
}

fn said_by(row: StoredMessage, name: &str) -> StoredMessage {
    let address = row.source.split_once('!').map_or("", |(_, address)| address);
    StoredMessage { source: format!("{name}!{address}").into(), ..row }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_with;

    const TARGETS: &str = "CHATHISTORY TARGETS timestamp=2023-11-14T22:13:00.000Z timestamp=2023-11-14T23:00:00.000Z 9";

    fn check_departed(script: &str, expected: expect_test::Expect) {
        let script = script.replace("TARGETS", TARGETS);
        check_with(&[("alice", "guest batch"), ("weg", "guest"), ("bob", "guest batch")], &script, expected);
    }

    #[test]
    fn what_a_guest_said_is_listed_read_and_found_under_its_name_once_it_has_gone() {
        check_departed(
            "alice: PING 1 | weg: PRIVMSG alice :important | alice: PRIVMSG weg :really? | weg: QUIT || alice: TARGETS | alice: CHATHISTORY LATEST WEG * 9 | alice: SEARCH text=important;in=weg | alice: CHATHISTORY LATEST gone * 9 | alice: SEARCH in=gone | bob: CHATHISTORY LATEST weg * 9 | bob: SEARCH in=weg | bob: TARGETS",
            expect![[r#"
                alice < BATCH +1 draft/chathistory-targets
                alice < @batch=1 CHATHISTORY TARGETS weg 2023-11-14T22:13:20.000Z
                alice < BATCH -1
                alice < BATCH +2 chathistory WEG
                alice < @batch=2 :weg PRIVMSG alice :important
                alice < @batch=2 :alice PRIVMSG weg :really?
                alice < BATCH -2
                alice < BATCH +3 soju.im/search
                alice < @batch=3 :weg PRIVMSG alice :important
                alice < BATCH -3
                alice < FAIL CHATHISTORY INVALID_TARGET LATEST gone :Messages could not be retrieved
                alice < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                bob < FAIL CHATHISTORY INVALID_TARGET LATEST weg :Messages could not be retrieved
                bob < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                bob < BATCH +3 draft/chathistory-targets
                bob < BATCH -3"#]],
        );
    }

    #[test]
    fn who_takes_the_name_of_one_who_has_gone_is_somebody_else() {
        check_departed(
            "alice: PING 1 | weg: PRIVMSG alice :mine alone | wait 1s | alice: PRIVMSG weg :and mine | weg: QUIT | bob: NICK weg || alice: CHATHISTORY LATEST weg * 9 | alice: TARGETS | alice: CHATHISTORY LATEST weg@4 * 9 | alice: SEARCH text=mine;in=weg@4 | bob: CHATHISTORY LATEST alice * 9 | bob: CHATHISTORY LATEST weg@4 * 9 | bob: TARGETS | wait 1s | bob: PRIVMSG alice :I am another | alice: CHATHISTORY LATEST weg * 9 | alice: TARGETS | bob: QUIT | alice: TARGETS | alice: CHATHISTORY LATEST weg * 9 | alice: CHATHISTORY LATEST weg@4 * 9",
            expect![[r#"
                alice < BATCH +1 chathistory weg
                alice < BATCH -1
                alice < BATCH +2 draft/chathistory-targets
                alice < @batch=2 CHATHISTORY TARGETS weg@4 2023-11-14T22:13:21.000Z
                alice < BATCH -2
                alice < BATCH +3 chathistory weg@4
                alice < @batch=3 :weg@4 PRIVMSG alice :mine alone
                alice < @batch=3 :alice PRIVMSG weg@4 :and mine
                alice < BATCH -3
                alice < BATCH +4 soju.im/search
                alice < @batch=4 :weg@4 PRIVMSG alice :mine alone
                alice < @batch=4 :alice PRIVMSG weg@4 :and mine
                alice < BATCH -4
                bob < BATCH +1 chathistory alice
                bob < BATCH -1
                bob < BATCH +2 chathistory weg@4
                bob < BATCH -2
                bob < BATCH +3 draft/chathistory-targets
                bob < BATCH -3
                alice < :weg PRIVMSG alice :I am another
                alice < BATCH +5 chathistory weg
                alice < @batch=5 :weg PRIVMSG alice :I am another
                alice < BATCH -5
                alice < BATCH +6 draft/chathistory-targets
                alice < @batch=6 CHATHISTORY TARGETS weg@4 2023-11-14T22:13:21.000Z
                alice < @batch=6 CHATHISTORY TARGETS weg 2023-11-14T22:13:22.000Z
                alice < BATCH -6
                bob < ERROR :Quit
                alice < BATCH +7 draft/chathistory-targets
                alice < @batch=7 CHATHISTORY TARGETS weg@4 2023-11-14T22:13:21.000Z
                alice < @batch=7 CHATHISTORY TARGETS weg 2023-11-14T22:13:22.000Z
                alice < BATCH -7
                alice < BATCH +8 chathistory weg
                alice < @batch=8 :weg PRIVMSG alice :I am another
                alice < BATCH -8
                alice < BATCH +9 chathistory weg@4
                alice < @batch=9 :weg@4 PRIVMSG alice :mine alone
                alice < @batch=9 :alice PRIVMSG weg@4 :and mine
                alice < BATCH -9"#]],
        );
    }

    #[test]
    fn who_is_here_under_another_name_is_not_found_by_the_old_one() {
        check_departed(
            "alice: PING 1 | weg: PRIVMSG alice :hi | weg: NICK here || alice: CHATHISTORY LATEST weg * 9 | alice: TARGETS | alice: CHATHISTORY LATEST here * 9 | alice: CHATHISTORY LATEST here@0 * 9 | alice: CHATHISTORY LATEST @4 * 9",
            expect![[r#"
                alice < FAIL CHATHISTORY INVALID_TARGET LATEST weg :Messages could not be retrieved
                alice < BATCH +2 draft/chathistory-targets
                alice < @batch=2 CHATHISTORY TARGETS here 2023-11-14T22:13:20.000Z
                alice < BATCH -2
                alice < BATCH +3 chathistory here
                alice < @batch=3 :weg PRIVMSG alice :hi
                alice < BATCH -3
                alice < FAIL CHATHISTORY INVALID_TARGET LATEST here@0 :Messages could not be retrieved
                alice < FAIL CHATHISTORY INVALID_TARGET LATEST @4 :Messages could not be retrieved"#]],
        );
    }

    const ALL: &str = "guest batch message-tags echo-message labeled-response draft/message-redaction draft/read-marker teahouse.internal/message-edit teahouse.internal/reactions teahouse.internal/client-msgid";
    /// Weg, who is number 5, says something at six, and alice at seven; then weg goes.
    const TALK: &str =
        "alice: PING 1 | again tab alice | weg: PRIVMSG alice :one | alice: PRIVMSG weg :two | weg: QUIT";

    fn check_all(script: &str, expected: expect_test::Expect) {
        let script = script
            .replace("TALK", TALK)
            .replace("EDIT-TWO", "@label=e;teahouse.internal/target-msgid=TWO;teahouse.internal/edit-text=2 EDIT")
            .replace("REACT-ONE", "@label=r;+reply=ONE;+draft/react=x TAGMSG")
            .replace("ONE", "01hf7yat000000000000006")
            .replace("TWO", "01hf7yat000000000000007");
        check_with(&[("alice", ALL), ("tab", ALL), ("weg", ALL), ("back", ALL), ("bob", ALL)], &script, expected);
    }

    #[test]
    fn what_one_said_to_a_guest_who_has_gone_is_put_in_other_words_and_taken_back() {
        check_all(
            "TALK || alice: EDIT-TWO weg | alice: REDACT weg ONE | alice: CHATHISTORY LATEST weg * 9 | alice: @label=d REDACT weg TWO :a slip | tab: CHATHISTORY LATEST weg * 9 | alice: REDACT weg TWO | alice: REDACT gone TWO | alice: EDIT-TWO gone | bob: EDIT-TWO weg | bob: REDACT weg TWO",
            expect![[r#"
                alice < @label=e;msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg
                tab < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg
                alice < FAIL REDACT REDACT_FORBIDDEN weg 01hf7yat000000000000006 :You are not authorised to delete this message
                alice < BATCH +1 chathistory weg
                alice < @batch=1;msgid=… :weg PRIVMSG alice :one
                alice < @batch=1;msgid=…;teahouse.internal/edited=2023-11-14T22:13:20.000Z :alice PRIVMSG weg :2
                alice < BATCH -1
                alice < @label=d;msgid=… :alice REDACT weg 01hf7yat000000000000007 :a slip
                tab < @msgid=… :alice REDACT weg 01hf7yat000000000000007 :a slip
                tab < BATCH +1 chathistory weg
                tab < @batch=1;msgid=… :weg PRIVMSG alice :one
                tab < BATCH -1
                alice < FAIL REDACT UNKNOWN_MSGID weg 01hf7yat000000000000007 :This message does not exist or is too old
                alice < FAIL REDACT INVALID_TARGET gone :You cannot delete messages from gone
                alice < @label=e FAIL EDIT INVALID_TARGET gone :You cannot edit messages in gone
                bob < @label=e FAIL EDIT INVALID_TARGET weg :You cannot edit messages in weg
                bob < FAIL REDACT INVALID_TARGET weg :You cannot delete messages from weg"#]],
        );
    }

    #[test]
    fn all_that_is_done_by_the_number_is_done_there_whoever_has_the_name_now() {
        check_all(
            "TALK | bob: NICK weg || alice: EDIT-TWO weg | alice: EDIT-TWO weg@5 | alice: REACT-ONE weg | alice: REACT-ONE weg@5 | alice: CHATHISTORY LATEST weg@5 * 9 | bob: REDACT weg@5 TWO | bob: REACT-ONE weg@5 | alice: REDACT weg@5 TWO | alice: REDACT weg@6 TWO | alice: CHATHISTORY LATEST weg@5 * 9 | bob: CHATHISTORY LATEST alice * 9",
            expect![[r#"
                alice < @label=e FAIL EDIT UNKNOWN_MSGID weg 01hf7yat000000000000007 :This message does not exist or is too old
                alice < @label=e;msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg@5
                tab < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg@5
                alice < @label=r FAIL TAGMSG UNKNOWN_MSGID weg 01hf7yat000000000000006 :This message does not exist or is too old
                alice < @label=r;msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                alice < BATCH +1 chathistory weg@5
                alice < @batch=1;msgid=… :weg@5 PRIVMSG alice :one
                alice < @batch=1;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                alice < @batch=1;msgid=…;teahouse.internal/edited=2023-11-14T22:13:20.000Z :alice PRIVMSG weg@5 :2
                alice < BATCH -1
                bob < FAIL REDACT UNKNOWN_MSGID weg@5 01hf7yat000000000000007 :This message does not exist or is too old
                bob < @label=r FAIL TAGMSG UNKNOWN_MSGID weg@5 01hf7yat000000000000006 :This message does not exist or is too old
                alice < @msgid=… :alice REDACT weg@5 01hf7yat000000000000007
                tab < @msgid=… :alice REDACT weg@5 01hf7yat000000000000007
                alice < FAIL REDACT UNKNOWN_MSGID weg@6 01hf7yat000000000000007 :This message does not exist or is too old
                alice < BATCH +2 chathistory weg@5
                alice < @batch=2;msgid=… :weg@5 PRIVMSG alice :one
                alice < @batch=2;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                alice < BATCH -2
                bob < BATCH +1 chathistory alice
                bob < BATCH -1"#]],
        );
    }

    #[test]
    fn nothing_more_is_said_to_whoever_has_gone() {
        check_all(
            "TALK || alice: PRIVMSG weg :three | alice: PRIVMSG weg@5 :three | alice: NOTICE weg@5 :three | alice: @+typing=active TAGMSG weg@5 | alice: @+draft/react=x TAGMSG weg@5 | alice: @+reply=ONE;+draft/react=x PRIVMSG weg@5 :three | alice: CHATHISTORY LATEST weg * 9",
            expect![[r#"
                alice < 401 alice weg :No such nick/channel
                alice < 401 alice weg@5 :No such nick/channel
                alice < 401 alice weg@5 :No such nick/channel
                alice < 401 alice weg@5 :No such nick/channel
                alice < FAIL TAGMSG INVALID_REACTION weg@5 :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < 401 alice weg@5 :No such nick/channel
                alice < BATCH +1 chathistory weg
                alice < @batch=1;msgid=… :weg PRIVMSG alice :one
                alice < @batch=1;msgid=… :alice PRIVMSG weg :two
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn whoever_is_back_under_another_name_is_told_by_that() {
        check_all(
            "TALK | bob: NICK weg | again back weg || alice: EDIT-TWO weg@5 | alice: REACT-ONE weg@5 | alice: MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z | alice: MARKREAD back | alice: REDACT weg@5 TWO | alice: CHATHISTORY LATEST back * 9",
            expect![[r#"
                alice < @label=e;msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg@5
                tab < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT weg@5
                back < @msgid=…;teahouse.internal/target-msgid=01hf7yat000000000000007;teahouse.internal/edit-text=2 :alice EDIT back
                alice < @label=r;msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg@5
                back < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG back
                alice < MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z
                tab < MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z
                alice < MARKREAD back timestamp=2023-11-14T22:13:20.000Z
                alice < @msgid=… :alice REDACT weg@5 01hf7yat000000000000007
                tab < @msgid=… :alice REDACT weg@5 01hf7yat000000000000007
                back < @msgid=… :alice REDACT back 01hf7yat000000000000007
                alice < BATCH +1 chathistory back
                alice < @batch=1;msgid=… :weg PRIVMSG alice :one
                alice < @batch=1;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG back
                alice < BATCH -1"#]],
        );
    }

    #[test]
    fn what_a_guest_said_who_has_gone_is_reacted_to_and_that_is_kept_with_it() {
        check_all(
            "TALK || alice: REACT-ONE weg | alice: CHATHISTORY LATEST weg * 9 | alice: @+reply=ONE;+draft/unreact=x TAGMSG weg | alice: CHATHISTORY LATEST weg * 9 | alice: @+reply=01hf7yat000000000000zzz;+draft/react=x TAGMSG weg | alice: REACT-ONE gone | alice: REACT-ONE weg,bob | alice: @teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f;+reply=ONE;+draft/react=y TAGMSG weg | restart | again back weg | again tab alice | tab: @teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f;+reply=ONE;+draft/react=y TAGMSG weg@5 | back: CHATHISTORY LATEST tab * 9",
            expect![[r#"
                alice < @label=r;msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg
                alice < BATCH +1 chathistory weg
                alice < @batch=1;msgid=… :weg PRIVMSG alice :one
                alice < @batch=1;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=x :alice TAGMSG weg
                alice < @batch=1;msgid=… :alice PRIVMSG weg :two
                alice < BATCH -1
                alice < @msgid=…;+reply=01hf7yat000000000000006;+draft/unreact=x :alice TAGMSG weg
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/unreact=x :alice TAGMSG weg
                alice < BATCH +2 chathistory weg
                alice < @batch=2;msgid=… :weg PRIVMSG alice :one
                alice < @batch=2;msgid=… :alice PRIVMSG weg :two
                alice < BATCH -2
                alice < FAIL TAGMSG UNKNOWN_MSGID weg 01hf7yat000000000000zzz :This message does not exist or is too old
                alice < @label=r 401 alice gone :No such nick/channel
                alice < @label=r BATCH +3 labeled-response
                alice < @batch=3 FAIL TAGMSG INVALID_REACTION weg,bob :A reaction is for one message in one place, and has 1 to 96 bytes
                alice < BATCH -3
                alice < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=y;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice TAGMSG weg
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=y;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :alice TAGMSG weg
                tab < @msgid=…;+reply=01hf7yat000000000000006;+draft/react=y;teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f :tab TAGMSG weg@5
                back < BATCH +1 chathistory tab
                back < @batch=1;msgid=… :weg PRIVMSG alice :one
                back < @batch=1;msgid=…;+reply=01hf7yat000000000000006;+draft/reply=01hf7yat000000000000006;+draft/react=y :alice TAGMSG weg
                back < @batch=1;msgid=… :alice PRIVMSG weg :two
                back < BATCH -1"#]],
        );
    }

    #[test]
    fn up_to_when_one_has_read_it_lasts_whatever_it_is_called() {
        check_all(
            "TALK || alice: MARKREAD weg | alice: @label=m MARKREAD weg timestamp=2023-11-14T22:13:19.000Z | bob: NICK weg | alice: MARKREAD weg | alice: MARKREAD weg@5 | alice: MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z | alice: MARKREAD weg@5 timestamp=2023-11-14T22:13:18.000Z | restart | again tab alice | tab: MARKREAD weg | tab: @label=n MARKREAD WEG@5",
            expect![[r#"
                alice < MARKREAD weg *
                alice < @label=m MARKREAD weg timestamp=2023-11-14T22:13:19.000Z
                tab < MARKREAD weg timestamp=2023-11-14T22:13:19.000Z
                bob < :bob NICK weg
                alice < MARKREAD weg *
                alice < MARKREAD weg@5 timestamp=2023-11-14T22:13:19.000Z
                alice < MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z
                tab < MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z
                alice < MARKREAD weg@5 timestamp=2023-11-14T22:13:20.000Z
                tab < MARKREAD weg timestamp=2023-11-14T22:13:20.000Z
                tab < @label=n MARKREAD WEG@5 timestamp=2023-11-14T22:13:20.000Z"#]],
        );
    }

    #[test]
    fn what_cannot_be_marked_as_read_is_said() {
        check_all(
            "TALK | plain: PING 1 || alice: MARKREAD gone | alice: MARKREAD gone timestamp=2023-11-14T22:13:19.000Z | alice: MARKREAD weg@6 | alice: MARKREAD weg@6 timestamp=2023-11-14T22:13:19.000Z | alice: MARKREAD weg@0 | bob: MARKREAD weg@5 | bob: MARKREAD weg@5 timestamp=2023-11-14T22:13:19.000Z | plain: MARKREAD weg@5 | plain: MARKREAD weg | broken | alice: MARKREAD weg timestamp=2023-11-14T22:13:19.000Z | mended | unreadable | alice: MARKREAD weg | alice: MARKREAD weg@5 timestamp=2023-11-14T22:13:19.000Z | alice: MARKREAD bob | alice: REDACT weg TWO",
            expect![[r#"
                alice < FAIL MARKREAD INVALID_PARAMS gone :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS gone :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS weg@6 :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS weg@6 :Nothing is kept there that you could have read
                alice < FAIL MARKREAD INVALID_PARAMS weg@0 :Nothing is kept there that you could have read
                bob < FAIL MARKREAD INVALID_PARAMS weg@5 :Nothing is kept there that you could have read
                bob < FAIL MARKREAD INVALID_PARAMS weg@5 :Nothing is kept there that you could have read
                plain < FAIL MARKREAD INVALID_PARAMS weg@5 :Nothing is kept there that you could have read
                plain < FAIL MARKREAD INVALID_PARAMS weg :Nothing is kept there that you could have read
                alice < FAIL MARKREAD TEMPORARILY_UNAVAILABLE weg :The server cannot store anything at the moment; please try again later
                alice < FAIL MARKREAD TEMPORARILY_UNAVAILABLE weg :The server cannot store anything at the moment; please try again later
                alice < FAIL MARKREAD TEMPORARILY_UNAVAILABLE weg@5 :The server cannot store anything at the moment; please try again later
                alice < MARKREAD bob *
                alice < FAIL REDACT TEMPORARILY_UNAVAILABLE weg :The server cannot store anything at the moment; please try again later"#]],
        );
    }

    #[test]
    fn what_is_found_has_the_name_that_leads_to_its_conversation() {
        check_departed(
            "alice: PING 1 | weg: PRIVMSG alice :tea | alice: PRIVMSG weg :tea? | weg: QUIT | bob: NICK weg | wait 1s | bob: PRIVMSG alice :other tea | alice: NICK ally | alice: PRIVMSG ally :tea of mine || alice: SEARCH text=tea | bob: QUIT | alice: SEARCH text=tea | again here bob | here: PRIVMSG ally :my tea | alice: SEARCH text=tea;in=here | alice: CHATHISTORY LATEST here * 9",
            expect![[r#"
                alice < BATCH +1 soju.im/search
                alice < @batch=1 :weg@4 PRIVMSG alice :tea
                alice < @batch=1 :ally PRIVMSG weg@4 :tea?
                alice < @batch=1 :weg PRIVMSG alice :other tea
                alice < @batch=1 :ally PRIVMSG ally :tea of mine
                alice < BATCH -1
                bob < ERROR :Quit
                alice < BATCH +2 soju.im/search
                alice < @batch=2 :weg@4 PRIVMSG alice :tea
                alice < @batch=2 :ally PRIVMSG weg@4 :tea?
                alice < @batch=2 :weg PRIVMSG alice :other tea
                alice < @batch=2 :ally PRIVMSG ally :tea of mine
                alice < BATCH -2
                alice < :here PRIVMSG ally :my tea
                alice < BATCH +3 soju.im/search
                alice < @batch=3 :here PRIVMSG alice :other tea
                alice < @batch=3 :here PRIVMSG ally :my tea
                alice < BATCH -3
                alice < BATCH +4 chathistory here
                alice < @batch=4 :weg PRIVMSG alice :other tea
                alice < @batch=4 :here PRIVMSG ally :my tea
                alice < BATCH -4"#]],
        );
    }

    #[test]
    fn who_tells_two_of_one_nick_apart_is_told_by_number_with_whom_one_talks() {
        const PARTNER: &str = "guest batch message-tags echo-message draft/multiline teahouse.internal/partner";
        check_with(
            &[
                ("alice", PARTNER),
                ("tab", PARTNER),
                ("weg", "guest message-tags"),
                ("bob", "guest"),
                ("plain", "message-tags"),
            ],
            "alice: JOIN #tea | again tab alice | plain: PING 1 || weg: PRIVMSG alice :one | alice: PRIVMSG weg :two | alice: @+reply=01hf7yat000000000000008;+draft/react=x TAGMSG weg | weg: QUIT | bob: NICK weg | bob: PRIVMSG alice :three | alice: CHATHISTORY LATEST weg * 9 | plain: PRIVMSG alice :four | alice: PRIVMSG plain :five | alice: PRIVMSG #tea :six | alice: PRIVMSG alice :seven | alice: BATCH +m draft/multiline weg | alice: @batch=m PRIVMSG weg :8 | alice: @batch=m PRIVMSG weg :9 | alice: BATCH -m | alice: @teahouse.internal/target-msgid=01hf7yat00000000000000k;teahouse.internal/edit-text=8 EDIT weg",
            expect![[r#"
                tab < :alice JOIN #tea
                tab < 353 alice = #tea :~alice
                tab < 366 alice #tea :End of /NAMES list
                alice < @msgid=…;teahouse.internal/partner=7 :weg PRIVMSG alice :one
                tab < @msgid=…;teahouse.internal/partner=7 :weg PRIVMSG alice :one
                alice < @msgid=…;teahouse.internal/partner=7 :alice PRIVMSG weg :two
                tab < @msgid=…;teahouse.internal/partner=7 :alice PRIVMSG weg :two
                weg < @msgid=… :alice PRIVMSG weg :two
                alice < @msgid=…;+reply=01hf7yat000000000000008;+draft/react=x;teahouse.internal/partner=7 :alice TAGMSG weg
                tab < @msgid=…;+reply=01hf7yat000000000000008;+draft/react=x;teahouse.internal/partner=7 :alice TAGMSG weg
                weg < @msgid=…;+reply=01hf7yat000000000000008;+draft/react=x :alice TAGMSG weg
                weg < ERROR :Quit
                bob < :bob NICK weg
                alice < @msgid=…;teahouse.internal/partner=12 :weg PRIVMSG alice :three
                tab < @msgid=…;teahouse.internal/partner=12 :weg PRIVMSG alice :three
                alice < BATCH +1 chathistory weg
                alice < @batch=1;msgid=…;teahouse.internal/partner=12 :weg PRIVMSG alice :three
                alice < BATCH -1
                alice < @msgid=… :plain PRIVMSG alice :four
                tab < @msgid=… :plain PRIVMSG alice :four
                alice < @msgid=… :alice PRIVMSG plain :five
                tab < @msgid=… :alice PRIVMSG plain :five
                plain < @msgid=… :alice PRIVMSG plain :five
                alice < @msgid=… :alice PRIVMSG #tea :six
                tab < @msgid=… :alice PRIVMSG #tea :six
                alice < @msgid=…;teahouse.internal/partner=3 :alice PRIVMSG alice :seven
                alice < @msgid=…;teahouse.internal/partner=3 :alice PRIVMSG alice :seven
                tab < @msgid=…;teahouse.internal/partner=3 :alice PRIVMSG alice :seven
                alice < @msgid=…;teahouse.internal/partner=12 :alice BATCH +m01hf7yat00000000000000k draft/multiline weg
                alice < @batch=m01hf7yat00000000000000k :alice PRIVMSG weg :8
                alice < @batch=m01hf7yat00000000000000k :alice PRIVMSG weg :9
                alice < BATCH -m01hf7yat00000000000000k
                tab < @msgid=…;teahouse.internal/partner=12 :alice BATCH +m01hf7yat00000000000000k draft/multiline weg
                tab < @batch=m01hf7yat00000000000000k :alice PRIVMSG weg :8
                tab < @batch=m01hf7yat00000000000000k :alice PRIVMSG weg :9
                tab < BATCH -m01hf7yat00000000000000k
                bob < :alice PRIVMSG weg :8
                bob < :alice PRIVMSG weg :9
                alice < @msgid=…;teahouse.internal/partner=12 :alice PRIVMSG weg :* 8
                tab < @msgid=…;teahouse.internal/partner=12 :alice PRIVMSG weg :* 8
                bob < :alice PRIVMSG weg :* 8"#]],
        );
    }
}
