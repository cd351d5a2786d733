//! With whom one talks, by number: two people of one nick, one after the other, are two conversations.

use std::sync::Arc;

use teahouse_proto::{irc, vendor};

use super::messages::tag;
use super::{Conversation, ROOMS_MAX, State, fold};

/// The capability, and the tag with the other one's number.
pub(crate) const PARTNER: &str = vendor!("partner");

impl State {
    /// Makes a conversation that of whoever a message there is from or to: one of that name with somebody else goes by its
    /// number from then on, as the server calls it, and one with the same person under another name goes by this one.
    /// `is_others`: somebody else says it now.
    pub(super) fn tell_apart(&mut self, name: &str, line: &irc::Message<'_>, is_others: bool) {
        let number = tag(line, PARTNER);
        // Only who says something without a number is surely none of those who have one.
        if name.starts_with('#') || !self.has_capability(PARTNER) || (number.is_none() && !is_others) {
            return;
        }
        let there = self.conversation(name).and_then(|there| Some((there.number.clone()?, there.name.clone())));
        if let Some((known, spelt)) = there.filter(|(known, _)| Some(known) != number.as_ref()) {
            // What one has found out by one's own words one goes on with.
            self.move_said(&spelt, &format!("{spelt}@{known}"), is_others);
        }
        let Some(number) = number else { return };
        let is_known = |other: &&Arc<Conversation>| {
            other.number.as_ref() == Some(&number) && !other.name.eq_ignore_ascii_case(name)
        };
        if let Some(other) = self.direct.values().find(is_known).map(|other| other.name.clone()) {
            self.move_said(&other, name, true);
        }
        if let Some(talk) = self.talk_mut(name) {
            talk.number = Some(number);
        }
    }

    /// Which conversations go by another name since the last line, and whoever was there goes along: from and to.
    pub(crate) fn moved(&self) -> &[(String, String)] {
        &self.moved
    }

    /// What was said in a conversation goes by another name; what is not confirmed stays with the name that it is for.
    fn move_said(&mut self, from: &str, to: &str, is_followed: bool) {
        let Some(talk) = self.direct.get_mut(&fold(from)).map(Arc::make_mut) else { return };
        let (number, said) = (talk.number.take(), talk.log.take_said());
        if talk.log.is_empty() {
            self.direct.remove(&fold(from));
        }
        if let Some(talk) = self.talk_mut(to) {
            talk.log.join(said);
            talk.number = number;
            if is_followed {
                self.moved.push((from.to_owned(), to.to_owned()));
            }
        }
    }

    /// The conversation of this name, which begins if there is none.
    pub(super) fn talk_mut(&mut self, name: &str) -> Option<&mut Conversation> {
        let key = fold(name);
        if name.is_empty() || (self.direct.len() >= ROOMS_MAX && !self.direct.contains_key(&key)) {
            return None;
        }
        Some(Arc::make_mut(self.direct.entry(key).or_insert_with(|| Arc::new(Conversation::with(name)))))
    }
}
