//! What is said about a message: answers, reactions, and that it was taken back.
//! <https://ircv3.net/specs/client-tags/reply>, <https://ircv3.net/specs/client-tags/react>,
//! <https://ircv3.net/specs/extensions/message-redaction>

use std::collections::BTreeMap;

use teahouse_proto::irc;

use super::State;
use super::messages::tag;

/// Different reactions of one message that are kept.
pub const REACTIONS_MAX: usize = 20;

/// A longer reaction is none, in UTF-16 units.
pub const REACTION_LENGTH_MAX: usize = 32;

/// Messages of one room or conversation whose reactions are kept; those of the lowest ids go first.
const REACTED_MAX: usize = 10_000;

/// Who reacts to each message of one room or conversation, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct Reactions(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Reactions {
    /// Who reacts to a message, by reaction, in the order they came.
    pub(super) fn of(&self, msgid: &str) -> Option<&BTreeMap<String, Vec<String>>> {
        self.0.get(msgid)
    }

    fn add(&mut self, msgid: String, reaction: String, who: &str) {
        let known = self.0.entry(msgid).or_default();
        let is_too_much = known.len() >= REACTIONS_MAX && !known.contains_key(&reaction);
        if is_too_much || reaction.encode_utf16().count() > REACTION_LENGTH_MAX {
            return;
        }
        let people = known.entry(reaction).or_default();
        if !people.iter().any(|one| one == who) {
            people.push(who.to_owned());
        }
        if self.0.len() > REACTED_MAX {
            self.0.pop_first();
        }
    }

    fn remove(&mut self, msgid: &str, reaction: &str, who: &str) {
        let Some(known) = self.0.get_mut(msgid) else { return };
        if let Some(people) = known.get_mut(reaction) {
            people.retain(|one| one != who);
            if people.is_empty() {
                known.remove(reaction);
            }
        }
        if known.is_empty() {
            self.0.remove(msgid);
        }
    }

    pub(super) fn forget(&mut self, msgid: &str) {
        self.0.remove(msgid);
    }
}

impl State {
    /// TAGMSG: somebody reacts to a message, or does not any more.
    pub(super) fn reacted(&mut self, line: &irc::Message<'_>) {
        let Some(msgid) = about(line) else { return };
        let who = line.source_nick().unwrap_or_default().to_owned();
        let (more, less) = (tag(line, "+draft/react"), tag(line, "+draft/unreact"));
        let Some(log) = self.place_of(line).and_then(|place| self.log_mut(&place)) else { return };
        match (more, less) {
            (_, Some(reaction)) if !reaction.is_empty() => log.reactions.remove(&msgid, &reaction, &who),
            (Some(reaction), _) if !reaction.is_empty() => log.reactions.add(msgid, reaction, &who),
            _ => {}
        }
    }

    /// REDACT: a message is gone.
    pub(super) fn redacted(&mut self, line: &irc::Message<'_>) {
        let [_, msgid, ..] = &line.params[..] else { return };
        if let Some(log) = self.place_of(line).and_then(|place| self.log_mut(&place)) {
            log.take_back(msgid);
        }
    }

    /// The name of the room or conversation where a line belongs; `None` for a word of the server's to us.
    pub(super) fn place_of(&self, line: &irc::Message<'_>) -> Option<String> {
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

/// The id of the message that a line answers or reacts to.
pub(super) fn about(line: &irc::Message<'_>) -> Option<String> {
    tag(line, "+reply").or_else(|| tag(line, "+draft/reply")).filter(|msgid| !msgid.is_empty())
}
