//! What makes a message said once: the client's own id of it, and what a repeat is known by.
//!
//! For a while the world remembers every message that came with such an id: a repeat is answered like the first, and is
//! not said again. The bounds of that while go by what is remembered, never by a clock, so that a world loaded from the
//! store remembers the same.

use sha2::{Digest, Sha256};

use crate::commands::say::Target;
use crate::durable::{Conversation, MessageKind, StoredMessage};
use crate::ids::{ClientId, Identity, MsgId, SessionId};

/// How long the ids of messages are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentBounds {
    /// How many, the newest.
    pub ids_max: usize,
    /// How much older than the newest the oldest may be, in milliseconds.
    pub age_ms: u64,
}

/// A good [`RecentBounds`]: at ten messages a second, three hours and a half; a week at most.
pub const RECENT_BOUNDS: RecentBounds = RecentBounds { ids_max: 1 << 17, age_ms: 7 * 24 * 60 * 60 * 1000 };

/// Within what a client's id is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// Everything that somebody with an account or a token says, on whatever connection.
    Identity(Identity),
    /// What a plain client says on one connection.
    Session(SessionId),
}

/// What a message with a client's own id is known by, without the id and without the text.
///
/// Neither can be had from it: what a person wrote does not stay here when it is deleted elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// Of whose id it is, and the id.
    pub id: [u8; 16],
    /// Of what was said by that id, and to whom: four bytes by what that one was called, and four by who it is, since a
    /// repeat may call it otherwise by now, and who it was may not be known any more.
    pub said: [u8; 8],
}

/// A message that is remembered by its client's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentId {
    /// What it is known by.
    pub once: Once,
    /// The message.
    pub msgid: MsgId,
}

/// What is said, as far as a repeat must equal it.
pub(crate) struct Words<'a> {
    pub(crate) kind: MessageKind,
    pub(crate) target: &'a Target,
    /// Who that is, if it is known.
    pub(crate) conversation: Option<Conversation>,
    pub(crate) tags: &'a str,
    pub(crate) text: &'a str,
}

impl Once {
    pub(crate) fn of(namespace: Namespace, id: ClientId, words: &Words<'_>) -> Self {
        let mut whose = Sha256::new();
        match namespace {
            Namespace::Identity(identity) => whose.update(identity.number().to_be_bytes()),
            Namespace::Session(SessionId { worker, generation, slot }) => {
                whose.update([1]);
                whose.update(worker.to_be_bytes());
                whose.update(generation.to_be_bytes());
                whose.update(slot.to_be_bytes());
            }
        }
        whose.update(id.0);
        let whose = whose.finalize();
        let by_name = words.said(id, words.target.key().as_bytes());
        let place =
            words.conversation.map(|Conversation { first, second }| [first.to_be_bytes(), second.to_be_bytes()]);
        let by_place = place.map_or(by_name, |place| words.said(id, place.as_flattened()));
        let [a, b, c, d, ..] = by_name;
        let [.., e, f, g, h] = by_place;
        Once { id: std::array::from_fn(|at| whose[at]), said: [a, b, c, d, e, f, g, h] }
    }

    /// Whether what was said is the same: to the one who is called so, or who was called so then.
    pub(crate) fn says_the_same(&self, other: &Once) -> bool {
        self.said[..4] == other.said[..4] || self.said[4..] == other.said[4..]
    }
}

impl Words<'_> {
    fn said(&self, id: ClientId, to: &[u8]) -> [u8; 8] {
        let mut said = Sha256::new();
        said.update(id.0);
        let kind = match self.kind {
            MessageKind::Privmsg | MessageKind::Happened(_) => 0,
            MessageKind::Notice => 1,
            MessageKind::Tagmsg => 2,
        };
        said.update([kind]);
        for part in [to, self.tags.as_bytes(), self.text.as_bytes()] {
            said.update((part.len() as u64).to_be_bytes());
            said.update(part);
        }
        let said = said.finalize();
        std::array::from_fn(|at| said[at])
    }
}

impl RecentId {
    /// What is remembered of a message, or a reaction, that is kept; `None` if it came without an id, or from nobody who is
    /// remembered.
    pub fn of(message: &StoredMessage) -> Option<Self> {
        let (id, author) = (message.client_id?, message.author?);
        let target = Target::parse(&message.target)?;
        let conversation = Some(message.conversation);
        let words =
            Words { kind: message.kind, target: &target, conversation, tags: &message.tags, text: &message.text };
        Some(RecentId { once: Once::of(Namespace::Identity(author), id, &words), msgid: message.msgid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{GuestId, RoomId};

    #[test]
    fn what_an_older_version_remembers_by_a_name_alone_is_known_by_that() {
        let id = ClientId::parse("018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f").unwrap();
        let once = |text, room| {
            let target = Target::parse("#tea").unwrap();
            let conversation = Some(Conversation::room(RoomId(room)));
            let words = Words { kind: MessageKind::Privmsg, target: &target, conversation, tags: "", text };
            Once::of(Namespace::Identity(Identity::Guest(GuestId(3))), id, &words)
        };
        let older = Once { said: [59, 231, 8, 226, 51, 195, 11, 44], ..once("hi", 7) };
        assert_ne!(older, once("hi", 7));
        assert!(older.says_the_same(&once("hi", 7)));
        assert!(!older.says_the_same(&once("ho", 7)));
    }
}
