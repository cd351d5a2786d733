//! What makes a message said once: the client's own id of it, and what a repeat is known by.
//!
//! For a while the world remembers every message that came with such an id: a repeat is answered like the first, and is
//! not said again. The bounds of that while go by what is remembered, never by a clock, so that a world loaded from the
//! store remembers the same.

use sha2::{Digest, Sha256};

use crate::commands::say::Target;
use crate::durable::{MessageKind, StoredMessage};
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
    /// Of what was said by that id, and to whom.
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
        let mut said = Sha256::new();
        said.update(id.0);
        let kind = match words.kind {
            MessageKind::Privmsg | MessageKind::Happened(_) => 0,
            MessageKind::Notice => 1,
            MessageKind::Tagmsg => 2,
        };
        said.update([kind]);
        for part in [words.target.key(), words.tags, words.text] {
            said.update((part.len() as u64).to_be_bytes());
            said.update(part);
        }
        let (whose, said) = (whose.finalize(), said.finalize());
        Once { id: std::array::from_fn(|at| whose[at]), said: std::array::from_fn(|at| said[at]) }
    }
}

impl RecentId {
    /// What is remembered of a message, or a reaction, that is kept; `None` if it came without an id, or from nobody who is
    /// remembered.
    pub fn of(message: &StoredMessage) -> Option<Self> {
        let (id, author) = (message.client_id?, message.author?);
        let target = Target::parse(&message.target)?;
        let words = Words { kind: message.kind, target: &target, tags: &message.tags, text: &message.text };
        Some(RecentId { once: Once::of(Namespace::Identity(author), id, &words), msgid: message.msgid })
    }
}
