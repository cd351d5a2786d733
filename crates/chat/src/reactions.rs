//! Reactions: what somebody thinks of a message, in a word or an emoji, kept with it until that is taken back.
//! <https://ircv3.net/specs/client-tags/react>
//!
//! A reaction is a TAGMSG on the wire and in a [`Change::Message`](crate::durable::Change::Message); the store has a row
//! for it beside its message's, and gives it back as a TAGMSG again. Here is what its tags say.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::irc::{Tags, escaped};

use crate::ids::MsgId;

/// How long a reaction may be, in bytes.
pub const REACTION_BYTES_MAX: usize = 96;
/// How many reactions of one person a message may have.
pub const REACTIONS_PER_AUTHOR_MAX: usize = 8;
/// How many reactions a message may have.
pub const REACTIONS_PER_MESSAGE_MAX: usize = 100;
/// How many reactions come with a page of history: all that a hundred messages may have; of more, those of the newest.
pub const REACTIONS_PER_PAGE_MAX: usize = 100 * REACTIONS_PER_MESSAGE_MAX;

const REACT: &str = "+draft/react";
const UNREACT: &str = "+draft/unreact";
/// The tag that names the message, by its name and by the one it had before.
const ABOUT: [&str; 2] = ["+reply", "+draft/reply"];

/// What a TAGMSG does to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// To which one.
    pub message: MsgId,
    /// The word or emoji.
    pub text: Arc<str>,
    /// Whether it is given; else it is taken back.
    pub stands: bool,
}

/// Why tags that would be a reaction are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoReaction {
    /// It is given and taken back at once, names no message, is empty, or too long.
    Invalid,
    /// No message can have this id.
    UnknownMessage(String),
}

impl Reaction {
    /// Reads the tags of a TAGMSG; `None` if they speak of no reaction.
    pub(crate) fn parse(tags: &str) -> Option<Result<Self, NoReaction>> {
        let tags = Tags::new(tags);
        let (text, stands) = match (tags.get(REACT), tags.get(UNREACT)) {
            (None, None) => return None,
            (Some(_), Some(_)) => return Some(Err(NoReaction::Invalid)),
            (Some(text), None) => (text, true),
            (None, Some(text)) => (text, false),
        };
        let about = ABOUT.iter().find_map(|name| tags.get(name)).unwrap_or_default();
        if about.is_empty() || text.is_empty() || text.len() > REACTION_BYTES_MAX {
            return Some(Err(NoReaction::Invalid));
        }
        Some(match MsgId::parse(&about) {
            Some(message) => Ok(Reaction { message, text: text.into(), stands }),
            None => Err(NoReaction::UnknownMessage(about.into_owned())),
        })
    }

    /// What the tags of a TAGMSG that is kept do; `None` if they speak of no reaction.
    pub fn of(tags: &str) -> Option<Self> {
        Reaction::parse(tags)?.ok()
    }

    /// The tags that say this, for those who know either name of the tag that names the message.
    pub fn tags(&self) -> Arc<str> {
        let [about, before] = ABOUT;
        let (name, message, text) = (if self.stands { REACT } else { UNREACT }, self.message, escaped(&self.text));
        format!("{about}={message};{before}={message};{name}={text}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Position, Time};

    #[test]
    fn what_the_tags_say_can_be_said_again() {
        let message = MsgId { time: Time(1_700_000_000_000), position: Position(7) };
        for stands in [true, false] {
            let reaction = Reaction { message, text: "so; so \\ so\r\n🍵".into(), stands };
            assert_eq!(Reaction::of(&reaction.tags()), Some(reaction));
        }
    }

    #[test]
    fn tags_that_speak_of_no_reaction_are_none() {
        assert_eq!(Reaction::parse("+typing=active;+reply=x"), None);
        let id = MsgId::default();
        for tags in ["+draft/react=a", "+draft/react;+reply=x", "+draft/react=a;+draft/unreact=a;+reply=x"] {
            assert_eq!(Reaction::parse(tags), Some(Err(NoReaction::Invalid)), "{tags}");
        }
        let long = "x".repeat(REACTION_BYTES_MAX + 1);
        assert_eq!(Reaction::parse(&format!("+draft/react={long};+reply={id}")), Some(Err(NoReaction::Invalid)));
        let nonsense = Some(Err(NoReaction::UnknownMessage("x".into())));
        assert_eq!(Reaction::parse("+draft/react=a;+draft/reply=x"), nonsense);
    }
}
