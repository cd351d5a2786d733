//! What is said about a message: answers, reactions, other words for it, and that it was taken back; and what of that we may say.
//! <https://ircv3.net/specs/client-tags/reply>, <https://ircv3.net/specs/client-tags/react>,
//! <https://ircv3.net/specs/extensions/message-redaction>, <https://github.com/ircv3/ircv3-specifications/pull/425>

use std::collections::BTreeMap;

use teahouse_proto::{irc, vendor};

use super::messages::{kind_and_text, tag};
use super::{Message, State};

/// The capability for answers and reactions.
pub(crate) const TAGS: &str = "message-tags";

/// The capability for taking back.
pub(crate) const REDACTION: &str = "draft/message-redaction";

/// The capability for other words, and the tags of EDIT: which message, and the words.
pub(crate) const EDIT: &str = vendor!("message-edit");
pub(crate) const TARGET_MSGID: &str = vendor!("target-msgid");
pub(crate) const EDIT_TEXT: &str = vendor!("edit-text");

/// The tag that says in the history when a message was put in other words.
const EDITED: &str = vendor!("edited");

/// Different reactions of one message that are kept.
pub const REACTIONS_MAX: usize = 20;

/// A longer reaction is none, in UTF-16 units.
pub const REACTION_LENGTH_MAX: usize = 32;

/// Messages of one room or conversation whose reactions are kept; those of the lowest ids go first.
const REACTED_MAX: usize = 10_000;

/// Who reacts to each message of one room or conversation, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Reactions {
    /// The nicks in the order they came, by the message's id and the reaction.
    people: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Those of which the own id is known, by the message's.
    given: BTreeMap<String, Vec<Given>>,
}

/// A reaction of one person.
#[derive(Debug, Clone)]
struct Given {
    /// Its own id; empty if it has none.
    msgid: String,
    reaction: String,
    who: String,
}

impl Given {
    fn is_same(&self, reaction: &str, who: &str) -> bool {
        self.reaction == reaction && self.who == who
    }
}

impl Reactions {
    /// Who reacts to a message, by reaction, in the order they came.
    pub(super) fn of(&self, message: &str) -> Option<&BTreeMap<String, Vec<String>>> {
        self.people.get(message)
    }

    fn add(&mut self, message: String, given: Given) {
        let Given { msgid, reaction, who } = &given;
        let known = self.people.entry(message.clone()).or_default();
        let is_too_much = known.len() >= REACTIONS_MAX && !known.contains_key(reaction);
        if is_too_much || reaction.encode_utf16().count() > REACTION_LENGTH_MAX {
            return;
        }
        let people = known.entry(reaction.clone()).or_default();
        if !people.contains(who) {
            people.push(who.clone());
        }
        let ids = self.given.entry(message).or_default();
        // The server keeps the first of several that are the same.
        if !msgid.is_empty() && !ids.iter().any(|one| one.is_same(reaction, who)) {
            ids.push(given);
        }
        if self.people.len() > REACTED_MAX
            && let Some((lowest, _)) = self.people.pop_first()
        {
            self.given.remove(&lowest);
        }
    }

    /// Those to messages that were elsewhere.
    pub(super) fn join(&mut self, others: Reactions) {
        self.people.extend(others.people);
        self.given.extend(others.given);
        while self.people.len() > REACTED_MAX
            && let Some((lowest, _)) = self.people.pop_first()
        {
            self.given.remove(&lowest);
        }
    }

    fn remove(&mut self, message: &str, reaction: &str, who: &str) {
        if let Some(given) = self.given.get_mut(message) {
            given.retain(|one| !one.is_same(reaction, who));
        }
        let Some(known) = self.people.get_mut(message) else { return };
        if let Some(people) = known.get_mut(reaction) {
            people.retain(|one| one != who);
            if people.is_empty() {
                known.remove(reaction);
            }
        }
        if known.is_empty() {
            self.forget(message);
        }
    }

    /// What has this id is taken back: a message, with all reactions to it, or one reaction.
    pub(super) fn take_back(&mut self, msgid: &str) {
        let found = self.given.iter().find_map(|(message, given)| {
            let Given { reaction, who, .. } = given.iter().find(|one| one.msgid == msgid)?;
            Some((message.clone(), reaction.clone(), who.clone()))
        });
        match found {
            Some((message, reaction, who)) => self.remove(&message, &reaction, &who),
            None => self.forget(msgid),
        }
    }

    fn forget(&mut self, message: &str) {
        self.people.remove(message);
        self.given.remove(message);
    }
}

impl State {
    /// TAGMSG: somebody reacts to a message, or does not any more.
    pub(super) fn reacted(&mut self, line: &irc::Message<'_>) {
        let Some(message) = about(line) else { return };
        let msgid = tag(line, "msgid").unwrap_or_default();
        let who = line.source_nick().unwrap_or_default().to_owned();
        let (more, less) = (tag(line, "+draft/react"), tag(line, "+draft/unreact"));
        let Some(log) = self.place_of(line).and_then(|place| self.log_mut(&place)) else { return };
        match (more, less) {
            (_, Some(reaction)) if !reaction.is_empty() => log.reactions.remove(&message, &reaction, &who),
            (Some(reaction), _) if !reaction.is_empty() => log.reactions.add(message, Given { msgid, reaction, who }),
            _ => {}
        }
    }

    /// REDACT: a message is gone, or a reaction.
    pub(super) fn redacted(&mut self, line: &irc::Message<'_>) {
        let [_, msgid, ..] = &line.params[..] else { return };
        if let Some(log) = self.place_of(line).and_then(|place| self.log_mut(&place)) {
            log.take_back(msgid);
        }
    }

    /// EDIT: whoever said a message puts it in other words.
    pub(super) fn edited(&mut self, line: &irc::Message<'_>) {
        let (Some(msgid), Some(place)) = (tag(line, TARGET_MSGID), self.place_of(line)) else { return };
        let text = tag(line, EDIT_TEXT).unwrap_or_default();
        let Some((kind, text)) = kind_and_text("PRIVMSG", &text) else { return };
        if let Some(log) = self.log_mut(&place) {
            log.reword(&msgid, kind, text, Some(tag(line, "time").unwrap_or_default()));
        }
    }

    /// Whether messages can be answered and reacted to here.
    pub fn can_react(&self) -> bool {
        self.has_capability(TAGS)
    }

    /// Whether we can put a message in other words: one of our own.
    pub fn can_edit(&self, message: &Message) -> bool {
        message.mine && message.msgid.is_some() && self.has_capability(EDIT)
    }

    /// Whether we can take a message back: our own, and where we keep order others', too.
    pub fn can_take_back(&self, place: &str, message: &Message) -> bool {
        let may = message.mine || self.keeps_order(place);
        may && message.msgid.is_some() && self.has_capability(REDACTION)
    }

    /// The name of the room or conversation where a line belongs; `None` for a word of the server's to us.
    pub(crate) fn place_of(&self, line: &irc::Message<'_>) -> Option<String> {
        if let Some(target) = self.history_target(line) {
            return Some(target.to_owned());
        }
        let target = *line.params.first()?;
        if target.starts_with('#') {
            return Some(target.to_owned());
        }
        let from = line.source.filter(|source| source.contains('!')).and_then(|_| line.source_nick())?;
        Some(if self.is_me(from) { target } else { from }.to_owned())
    }
}

/// When a message of the history was put in other words.
pub(super) fn edited_at(line: &irc::Message<'_>) -> Option<String> {
    tag(line, EDITED)
}

/// The id of the message that a line answers or reacts to.
pub(super) fn about(line: &irc::Message<'_>) -> Option<String> {
    tag(line, "+reply").or_else(|| tag(line, "+draft/reply")).filter(|msgid| !msgid.is_empty())
}
