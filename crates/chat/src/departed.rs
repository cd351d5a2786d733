//! Guests who are not here any more, by the names under which they talked with somebody in private.
//!
//! Nobody's nick is kept but beside what was said, so the world does not know who it was that somebody means. The store
//! tells with whom one has talked and what each was called last ([`LastSaid::called`]); what it finds is judged here by who
//! is here now. A name that somebody else bears by now, or that a later guest went by, too, gets the guest's number behind
//! an `@`, which stands in no nick: so each conversation has one name, and each name leads into one conversation.

use std::sync::Arc;

use teahouse_proto::names::Nick;

use crate::commands::say::Target;
use crate::durable::{Called, Conversation, LastSaid, StoredMessage};
use crate::ids::{AccountId, GuestId, Identity, Time};
use crate::query::{StoreRead, TargetsRead};
use crate::words;
use crate::world::World;

/// Where somebody wants to read.
#[derive(Debug)]
pub enum Place {
    /// In a room, or with whoever is called so.
    Named(Target),
    /// With the guest of this number.
    Numbered(GuestId),
}

/// A read in a conversation with somebody who is not here, of whom only the name is known.
#[derive(Debug)]
pub struct DepartedRead {
    /// Who has talked there.
    own: Identity,
    /// By which key the other one's name is found.
    key: String,
    /// What is to be read there.
    then: StoreRead,
}

impl Place {
    /// Reads where; `None` if there can be no such place.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match number(name) {
            Some(guest) => Some(Place::Numbered(guest)),
            None => Target::parse(name).map(Place::Named),
        }
    }
}

impl DepartedRead {
    pub(crate) fn new(own: Identity, nick: &Nick, then: StoreRead) -> Self {
        DepartedRead { own, key: nick.key().to_owned(), then }
    }

    /// The private conversations to choose from, the newest first.
    pub fn talks(&self) -> TargetsRead {
        let (first, second) = (Time(u64::MAX), Time(0));
        TargetsRead { rooms: Vec::new(), privately: Some(self.own), first, second, limit: usize::MAX }
    }

    /// What is to be read now that it is known with whom one has talked; `None` if with nobody of that name who is not here.
    pub fn chosen(self, world: &World, found: &[LastSaid]) -> Option<StoreRead> {
        let is_meant = |last: &&LastSaid| match &last.called {
            Some(Called { nick, latest: true }) => words::name(nick) == self.key && !is_here(world, last.conversation),
            _ => false,
        };
        let conversation = found.iter().find(is_meant)?.conversation;
        Some(match self.then {
            StoreRead::History(read) => StoreRead::History(crate::query::HistoryRead { conversation, ..read }),
            StoreRead::Search(mut read) => {
                read.conversations = vec![conversation];
                StoreRead::Search(read)
            }
            other => other,
        })
    }
}

/// Whether both who have talked there have names of their own now.
fn is_here(world: &World, Conversation { first, second }: Conversation) -> bool {
    [first, second].into_iter().all(|number| name_of(world, number).is_some())
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

/// The guest whose number stands in a name.
pub(crate) fn number(name: &str) -> Option<GuestId> {
    let (nick, number) = name.rsplit_once('@')?;
    Nick::parse(nick).ok()?;
    number.parse().ok().filter(|number| *number != 0).map(GuestId)
}

/// What a page calls whoever a row is by or to, where that is not the `reader`: the numbered name of its conversation.
pub(crate) fn renamed(row: &StoredMessage, reader: Option<u64>, name: &Arc<str>) -> StoredMessage {
    let mut row = row.clone();
    match row.author.map(Identity::number) == reader {
        true => row.target = Arc::clone(name),
        false => {
            let address = row.source.split_once('!').map_or("", |(_, address)| address);
            row.source = format!("{name}!{address}").into();
        }
    }
    row
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
                alice < @batch=4 :weg PRIVMSG alice :mine alone
                alice < @batch=4 :alice PRIVMSG weg :and mine
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
}
