//! State changes on their way to the disk: they are never given up, and the newest of each subject is enough.

use std::collections::HashMap;

use teahouse_chat::durable::{Change, Conversation, Fact};
use teahouse_chat::ids::{AccountId, GuestId, MsgId, Position, RoomId};

/// State changes that are not on disk yet; at most one a subject, so a long failure does not pile them up.
#[derive(Debug, Default)]
pub(crate) struct Upserts {
    /// Each with the first position that waits for it, rising.
    changes: Vec<(Position, Change)>,
    index: HashMap<Subject, usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Room(RoomId),
    Guest(GuestId),
    Account(AccountId),
    Fact(Fact),
    Message(Conversation, MsgId),
    Kept(Option<RoomId>),
}

impl Upserts {
    /// Takes a change of state in; it replaces an older one, whose position it then also stands for.
    pub(crate) fn add(&mut self, position: Position, change: Change) {
        let subject = match &change {
            Change::Room(room) => Subject::Room(room.id),
            Change::RoomForgotten(room) | Change::RoomDropped(room) => Subject::Room(*room),
            Change::Guest(guest) => Subject::Guest(guest.id),
            Change::GuestForgotten(guest) | Change::GuestRegistered(guest) => Subject::Guest(*guest),
            Change::Account(account) => Subject::Account(account.id),
            Change::AccountForgotten(account) => Subject::Account(*account),
            Change::Fact(fact, _) => Subject::Fact(fact.clone()),
            Change::Edited { conversation, msgid, .. } | Change::Redacted(conversation, msgid) => {
                Subject::Message(*conversation, *msgid)
            }
            Change::KeptFrom(room, _) => Subject::Kept(*room),
            Change::Message(_) | Change::Happened(_) => unreachable!("a message is no state change"),
        };
        match self.index.get(&subject) {
            // What is taken back stays so.
            Some(&at) if matches!(self.changes[at].1, Change::Redacted(..)) => {}
            Some(&at) => self.changes[at].1 = change,
            None => {
                self.index.insert(subject, self.changes.len());
                self.changes.push((position, change));
            }
        }
    }

    /// The first position that waits for the disk.
    pub(crate) fn first_position(&self) -> Option<Position> {
        self.changes.first().map(|(position, _)| *position)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().map(|(_, change)| change)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.index.clear();
    }
}

#[cfg(test)]
mod tests {
    use teahouse_chat::durable::GuestRecord;
    use teahouse_chat::ids::{Time, TokenHash};

    use super::*;

    fn seen(id: u64, at: u64) -> Change {
        Change::Guest(GuestRecord { id: GuestId(id), token: TokenHash([0; 16]), seen: Time(at) })
    }

    #[test]
    fn the_newest_takes_the_place_of_the_oldest() {
        let mut upserts = Upserts::default();
        assert_eq!(upserts.first_position(), None);
        upserts.add(Position(3), seen(1, 10));
        upserts.add(Position(4), seen(2, 20));
        // A room with a guest's number is another matter.
        upserts.add(Position(5), Change::RoomForgotten(RoomId(1)));
        upserts.add(Position(6), seen(1, 30));
        upserts.add(Position(7), Change::GuestForgotten(GuestId(2)));
        assert_eq!(upserts.first_position(), Some(Position(3)));
        let left: Vec<_> = upserts.iter().cloned().collect();
        let expected = [seen(1, 30), Change::GuestForgotten(GuestId(2)), Change::RoomForgotten(RoomId(1))];
        assert_eq!(left, expected);
        upserts.clear();
        upserts.add(Position(8), seen(1, 40));
        assert_eq!(upserts.first_position(), Some(Position(8)));
    }

    #[test]
    fn what_is_taken_back_stays_so() {
        let conversation = Conversation { first: 1, second: 0 };
        let msgid = MsgId { time: Time(1), position: Position(1) };
        let redacted = Change::Redacted(conversation, msgid);
        let edited = Change::Edited { conversation, msgid, text: "x".into(), at: Time(2) };
        let mut upserts = Upserts::default();
        upserts.add(Position(2), edited.clone());
        upserts.add(Position(3), redacted.clone());
        upserts.add(Position(4), edited);
        assert_eq!(upserts.iter().collect::<Vec<_>>(), [&redacted]);
    }
}
