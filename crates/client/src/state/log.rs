//! The messages of one room or conversation: what the server confirmed, in order, then what it has not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::about::Reactions;

/// Confirmed messages kept of one room or conversation; the oldest go first.
pub const MESSAGES_MAX: usize = 10_000;

/// Unconfirmed messages kept of one room or conversation; the oldest go first.
pub const UNCONFIRMED_MAX: usize = 1_000;

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The nick, or the source as it is when it is no user.
    pub from: String,
    /// How it was said.
    pub kind: Kind,
    /// What was said, without CTCP framing.
    pub text: String,
    /// The server's id of it.
    pub msgid: Option<String>,
    /// When the server took it, as ISO 8601 in UTC.
    pub time: Option<String>,
    /// The id of the message that it answers.
    pub about: Option<String>,
    /// When it was put in other words, the last time.
    pub edited: Option<String>,
    /// Whether we said it.
    pub mine: bool,
    /// What became of it.
    pub fate: Fate,
}

/// How something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PRIVMSG.
    Privmsg,
    /// NOTICE.
    Notice,
    /// PRIVMSG with a CTCP ACTION: `/me`.
    Action,
}

impl Kind {
    /// The word for it that cases and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privmsg => "privmsg",
            Self::Notice => "notice",
            Self::Action => "action",
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server said it back, which promises that it is stored; or it came from somebody else.
    Confirmed,
    /// It waits to be sent: there is no connection, or what was said there before is still under way.
    Waiting,
    /// Sent, and nothing heard.
    Pending,
    /// The server refused it.
    Refused,
    /// The connection went before an answer came: it may have been said or not.
    Unknown,
}

impl Message {
    /// Whether the server took this one after `other`. False both ways when nobody can say.
    pub(crate) fn is_later_than(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (&self.time, &other.time) else {
            return false;
        };
        match mine.cmp(theirs) {
            std::cmp::Ordering::Equal => {
                matches!((&self.msgid, &other.msgid), (Some(a), Some(b)) if a > b)
            }
            order => order.is_gt(),
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.text == other.text
    }
}

/// The messages of one room or conversation.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub(super) reactions: Reactions,
    confirmed: Vec<Arc<Message>>,
    unconfirmed: Vec<Sent>,
    begins: bool,
}

#[derive(Debug, Clone)]
struct Sent {
    message: Arc<Message>,
    label: Option<String>,
    /// Our own id of it, by which it is said once however often it is sent.
    id: Option<String>,
    /// The last confirmed message when it was said.
    after: Option<Arc<Message>>,
}

impl Log {
    /// All messages, as they are to be shown.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.confirmed.iter().chain(self.unconfirmed.iter().map(|sent| &sent.message))
    }

    /// What the server confirmed, oldest first.
    pub fn confirmed(&self) -> &[Arc<Message>] {
        &self.confirmed
    }

    /// Whether nothing was said before the first of them, as far as it can be had.
    pub fn begins(&self) -> bool {
        self.begins
    }

    pub(super) fn set_begins(&mut self, begins: bool) {
        self.begins = begins;
    }

    /// Who reacts to a message, by reaction, in the order they came.
    pub fn reactions(&self, message: &Message) -> Option<&BTreeMap<String, Vec<String>>> {
        self.reactions.of(message.msgid.as_deref()?)
    }

    /// The message with this id.
    pub fn with_msgid(&self, msgid: &str) -> Option<&Arc<Message>> {
        // What is asked for is nearly always new or recent.
        self.confirmed.iter().rev().find(|message| message.msgid.as_deref() == Some(msgid))
    }

    /// A message is put in other words; a notice stays one.
    pub(super) fn reword(&mut self, msgid: &str, kind: Kind, text: &str, at: Option<String>) {
        let found = self.confirmed.iter_mut().rev().find(|message| message.msgid.as_deref() == Some(msgid));
        if let Some(message) = found.map(Arc::make_mut) {
            let stays = message.kind == Kind::Notice && kind == Kind::Privmsg;
            message.kind = if stays { Kind::Notice } else { kind };
            text.clone_into(&mut message.text);
            message.edited = at;
        }
    }

    /// A message is gone, with what was said about it by reaction; or a reaction alone.
    pub(super) fn take_back(&mut self, msgid: &str) {
        self.confirmed.retain(|message| message.msgid.as_deref() != Some(msgid));
        self.reactions.take_back(msgid);
    }

    /// Whether a message with this id is there.
    pub fn knows(&self, msgid: &str) -> bool {
        self.with_msgid(msgid).is_some()
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.confirmed.len() + self.unconfirmed.len()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a confirmed message in its place; `None` if its msgid is there already. Its words are the newer ones then.
    pub(super) fn confirm(&mut self, message: Message) -> Option<Arc<Message>> {
        let known = message.msgid.as_deref().and_then(|msgid| self.with_msgid(msgid));
        if let Some(is_same) = known.map(|known| known.text == message.text) {
            let Message { kind, text, msgid: Some(msgid), edited, .. } = message else { return None };
            if !is_same {
                self.reword(&msgid, kind, &text, edited);
            }
            return None;
        }
        let place = self.confirmed.iter().rposition(|before| !before.is_later_than(&message));
        let message = Arc::new(message);
        self.confirmed.insert(place.map_or(0, |place| place + 1), Arc::clone(&message));
        if self.confirmed.len() > MESSAGES_MAX {
            self.confirmed.remove(0);
            self.begins = false;
        }
        Some(message)
    }

    /// What was said, with the reactions to it, taken out of here; what is not confirmed stays.
    pub(super) fn take_said(&mut self) -> Log {
        let unconfirmed = std::mem::take(&mut self.unconfirmed);
        std::mem::replace(self, Log { unconfirmed, ..Log::default() })
    }

    /// What was taken out elsewhere was said here.
    pub(super) fn join(&mut self, said: Log) {
        let Log { reactions, confirmed, begins, .. } = said;
        self.begins = if self.confirmed.is_empty() { begins } else { self.begins && begins };
        for message in confirmed {
            self.confirm(Arc::unwrap_or_clone(message));
        }
        self.reactions.join(reactions);
    }

    /// Appends what is to be sent or was sent, and is not confirmed. What stands there already with this id stays where
    /// it is: it was sent now.
    pub(super) fn send(&mut self, message: Message, label: Option<String>, id: Option<String>) {
        if let Some(sent) = self.with_id(id.as_deref()).and_then(|at| self.unconfirmed.get_mut(at)) {
            Arc::make_mut(&mut sent.message).fate = message.fate;
            sent.label = label;
            return;
        }
        let after = self.confirmed.last().cloned();
        self.unconfirmed.push(Sent { message: Arc::new(message), label, id, after });
        if self.unconfirmed.len() > UNCONFIRMED_MAX {
            // What waits is still to be said; what failed was seen.
            let failed = |sent: &Sent| matches!(sent.message.fate, Fate::Refused | Fate::Unknown);
            let goes = self.unconfirmed.iter().position(failed).unwrap_or(0);
            self.unconfirmed.remove(goes);
        }
    }

    /// What has this id is several from now on, in its place.
    pub(super) fn cut(&mut self, id: &str, pieces: Vec<(Message, String)>) {
        let Some(at) = self.with_id(Some(id)) else { return };
        let after = self.unconfirmed[at].after.clone();
        let sent = |(message, id)| Sent { message: Arc::new(message), label: None, id: Some(id), after: after.clone() };
        self.unconfirmed.splice(at..=at, pieces.into_iter().map(sent));
    }

    fn with_id(&self, id: Option<&str>) -> Option<usize> {
        self.unconfirmed.iter().position(|sent| id.is_some() && sent.id.as_deref() == id)
    }

    /// It was said without anybody confirming it.
    pub(super) fn forget_sent(&mut self, id: Option<&str>) {
        if let Some(found) = self.with_id(id) {
            self.unconfirmed.remove(found);
        }
    }

    /// What waits or is under way with an id of ours, in the order in which it was said.
    pub(super) fn unsent(&self) -> impl Iterator<Item = (&str, &Message)> {
        let unsent = self.unconfirmed.iter().filter(|sent| matches!(sent.message.fate, Fate::Waiting | Fate::Pending));
        unsent.filter_map(|sent| Some((sent.id.as_deref()?, &*sent.message)))
    }

    /// A message of ours has come back: removes the unconfirmed one that it confirms.
    pub(super) fn settle(&mut self, echo: &Message, label: Option<&str>, id: Option<&str>) {
        let pending = |sent: &&Sent| sent.message.fate == Fate::Pending;
        let labelled = |sent: &Sent| label.is_some() && sent.label.as_deref() == label;
        let found = self.with_id(id);
        let found = found.or_else(|| self.unconfirmed.iter().position(|sent| pending(&sent) && labelled(sent)));
        if found.is_none() && id.is_some() {
            // Another session of ours has said it.
            return;
        }
        let found = found.or_else(|| {
            let same = |sent: &Sent| sent.label.is_none() && sent.message.says_the_same(echo);
            self.unconfirmed.iter().position(|sent| pending(&sent) && same(sent))
        });
        let found = found.or_else(|| {
            self.unconfirmed.iter().position(|sent| {
                sent.message.fate == Fate::Unknown
                    && sent.message.says_the_same(echo)
                    && sent.after.as_ref().is_none_or(|after| echo.is_later_than(after))
            })
        });
        if let Some(found) = found {
            self.unconfirmed.remove(found);
        }
    }

    /// The server refused the pending message with this label, for good or not; whether there was one.
    pub(super) fn refuse_labelled(&mut self, label: &str, fate: Fate) -> bool {
        self.refuse(|sent| sent.label.as_deref() == Some(label), fate)
    }

    /// The server refused one without saying which: the first.
    pub(super) fn refuse_first(&mut self, fate: Fate) -> bool {
        self.refuse(|_| true, fate)
    }

    fn refuse(&mut self, which: impl Fn(&Sent) -> bool, fate: Fate) -> bool {
        let mut pending = self.unconfirmed.iter_mut().filter(|sent| sent.message.fate == Fate::Pending);
        let Some(sent) = pending.find(|sent| which(sent)) else {
            return false;
        };
        let stays = fate == Fate::Waiting && sent.id.is_some();
        Arc::make_mut(&mut sent.message).fate = if stays { Fate::Waiting } else { Fate::Refused };
        true
    }

    /// Whether something waits for an answer.
    pub(super) fn has_pending(&self) -> bool {
        self.unconfirmed.iter().any(|sent| sent.message.fate == Fate::Pending)
    }

    /// The connection is gone: nobody knows what became of what was pending. What has an id that the server knows a
    /// repeat by waits to be sent again.
    pub(super) fn lose(&mut self, is_said_once: bool) {
        for sent in self.unconfirmed.iter_mut().filter(|sent| sent.message.fate == Fate::Pending) {
            let again = is_said_once && sent.id.is_some();
            Arc::make_mut(&mut sent.message).fate = if again { Fate::Waiting } else { Fate::Unknown };
        }
    }
}
