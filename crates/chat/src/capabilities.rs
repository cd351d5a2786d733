//! The capabilities this server offers: one table. What each changes in the output stands in the renderer.

use teahouse_proto::vendor;

use crate::commands::{metadata, register};
use crate::info::{Registration, Rules};
use crate::lines::{MULTILINE_BYTES_MAX, MULTILINE_LINES_MAX};
use crate::sasl::Mechanism;
use crate::session::Session;

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps(u64);

impl Caps {
    /// Tags are sent to the client and taken from it. <https://ircv3.net/specs/extensions/message-tags>
    pub const MESSAGE_TAGS: Caps = Caps(1 << 0);
    /// Every line says when it happened. <https://ircv3.net/specs/extensions/server-time>
    pub const SERVER_TIME: Caps = Caps(1 << 1);
    /// What one says comes back once it is kept. <https://ircv3.net/specs/extensions/echo-message>
    pub const ECHO_MESSAGE: Caps = Caps(1 << 2);
    /// Answers of several lines are framed. <https://ircv3.net/specs/extensions/batch>
    pub const BATCH: Caps = Caps(1 << 3);
    /// Answers name the line they answer. <https://ircv3.net/specs/extensions/labeled-response>
    pub const LABELED_RESPONSE: Caps = Caps(1 << 4);
    /// FAIL, WARN and NOTE are understood; we send them anyway. <https://ircv3.net/specs/extensions/standard-replies>
    pub const STANDARD_REPLIES: Caps = Caps(1 << 5);
    /// NAMES gives whole addresses. <https://ircv3.net/specs/extensions/userhost-in-names>
    pub const USERHOST_IN_NAMES: Caps = Caps(1 << 6);
    /// History is asked for by the client. <https://ircv3.net/specs/extensions/chathistory>
    pub const CHATHISTORY: Caps = Caps(1 << 7);
    /// A guest is known again by a token.
    pub const GUEST: Caps = Caps(1 << 8);

    /// NAMES and WHO show every rank, not the highest alone. <https://ircv3.net/specs/extensions/multi-prefix>
    pub const MULTI_PREFIX: Caps = Caps(1 << 9);
    /// Others' going away and coming back is told. <https://ircv3.net/specs/extensions/away-notify>
    pub const AWAY_NOTIFY: Caps = Caps(1 << 10);
    /// JOIN tells account and real name. <https://ircv3.net/specs/extensions/extended-join>
    pub const EXTENDED_JOIN: Caps = Caps(1 << 11);
    /// Invitations into one's rooms are told. <https://ircv3.net/specs/extensions/invite-notify>
    pub const INVITE_NOTIFY: Caps = Caps(1 << 12);
    /// Capabilities that come and go are told. <https://ircv3.net/specs/extensions/capability-negotiation>
    pub const CAP_NOTIFY: Caps = Caps(1 << 13);
    /// Others' real names may change. <https://ircv3.net/specs/extensions/setname>
    pub const SETNAME: Caps = Caps(1 << 14);
    /// Others' addresses may change. <https://ircv3.net/specs/extensions/chghost>
    pub const CHGHOST: Caps = Caps(1 << 15);
    /// Those monitored are watched more closely. <https://ircv3.net/specs/extensions/extended-monitor>
    pub const EXTENDED_MONITOR: Caps = Caps(1 << 16);
    /// Whoever enters a room is not told at once who is in it. <https://ircv3.net/specs/extensions/no-implicit-names>
    pub const NO_IMPLICIT_NAMES: Caps = Caps(1 << 17);

    /// Whoever has an account proves it. <https://ircv3.net/specs/extensions/sasl-3.1>
    pub const SASL: Caps = Caps(1 << 18);
    /// A nick can be made one's own. <https://ircv3.net/specs/extensions/account-registration>
    pub const ACCOUNT_REGISTRATION: Caps = Caps(1 << 19);
    /// Others' logging in is told. <https://ircv3.net/specs/extensions/account-notify>
    pub const ACCOUNT_NOTIFY: Caps = Caps(1 << 20);
    /// Every line of somebody's says whose account it is. <https://ircv3.net/specs/extensions/account-tag>
    pub const ACCOUNT_TAG: Caps = Caps(1 << 21);
    /// One's own sessions tell one another what is read. <https://ircv3.net/specs/extensions/read-marker>
    pub const READ_MARKER: Caps = Caps(1 << 28);

    /// What was said is found by what stands in it. <https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md>
    pub const SEARCH: Caps = Caps(1 << 31);
    /// Whether one's seats are kept is told. <https://github.com/ircv3/ircv3-specifications/blob/master/extensions/persistence.md>
    pub const PERSISTENCE: Caps = Caps(1 << 27);

    /// Something is said in several lines. <https://ircv3.net/specs/extensions/multiline>
    pub const MULTILINE: Caps = Caps(1 << 22);
    /// What is told of people and rooms, by key. <https://ircv3.net/specs/extensions/metadata>
    pub const METADATA: Caps = Caps(1 << 29);

    /// History holds what happened besides what was said. <https://ircv3.net/specs/extensions/chathistory>
    pub const EVENT_PLAYBACK: Caps = Caps(1 << 24);
    /// What was said is taken back. <https://ircv3.net/specs/extensions/message-redaction>
    pub const MESSAGE_REDACTION: Caps = Caps(1 << 23);

    /// A room's other name is told. <https://ircv3.net/specs/extensions/channel-rename>
    pub const CHANNEL_RENAME: Caps = Caps(1 << 26);

    /// What was said is put in other words. <https://github.com/ircv3/ircv3-specifications/pull/425>
    pub const MESSAGE_EDIT: Caps = Caps(1 << 25);

    /// A message's own id from its client, so that it is said once.
    pub const CLIENT_MSGID: Caps = Caps(1 << 30);

    /// The reactions to what was said come with it, in a page of history.
    pub const REACTIONS: Caps = Caps(1 << 32);

    /// What is said in private tells with whom by number, so that two of one nick are not taken for one.
    pub const PARTNER: Caps = Caps(1 << 33);
    /// The same where the partner is its author. No capability of its own: what [`Caps::PARTNER`] is for strangers.
    pub(crate) const PARTNER_SPEAKS: Caps = Caps(1 << 34);

    /// Whether all of `other` are in this set.
    pub fn has(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in both sets.
    pub fn and(self, other: Caps) -> Caps {
        Caps(self.0 & other.0)
    }

    /// Those in either set.
    pub const fn or(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }

    /// This set without `other`.
    pub fn without(self, other: Caps) -> Caps {
        Caps(self.0 & !other.0)
    }
}

/// One row of the table.
pub(crate) struct Capability {
    pub(crate) cap: Caps,
    /// Its name on the wire.
    pub(crate) name: &'static str,
    value: Option<fn(&Session) -> String>,
}

impl Capability {
    /// Its name with its value, for those who know that there are values.
    pub(crate) fn with_value(&self, session: &Session) -> String {
        match self.value {
            Some(value) => format!("{}={}", self.name, value(session)),
            None => self.name.to_owned(),
        }
    }
}

const fn capability(cap: Caps, name: &'static str) -> Capability {
    Capability { cap, name, value: None }
}

const TABLE: &[Capability] = &[
    capability(Caps::MESSAGE_TAGS, "message-tags"),
    capability(Caps::SERVER_TIME, "server-time"),
    capability(Caps::ECHO_MESSAGE, "echo-message"),
    capability(Caps::BATCH, "batch"),
    capability(Caps::LABELED_RESPONSE, "labeled-response"),
    capability(Caps::STANDARD_REPLIES, "standard-replies"),
    capability(Caps::USERHOST_IN_NAMES, "userhost-in-names"),
    capability(Caps::CHATHISTORY, "draft/chathistory"),
    capability(Caps::EVENT_PLAYBACK, "draft/event-playback"),
    capability(Caps::SEARCH, "soju.im/search"),
    capability(Caps::MULTI_PREFIX, "multi-prefix"),
    capability(Caps::AWAY_NOTIFY, "away-notify"),
    capability(Caps::EXTENDED_JOIN, "extended-join"),
    capability(Caps::INVITE_NOTIFY, "invite-notify"),
    capability(Caps::CAP_NOTIFY, "cap-notify"),
    capability(Caps::SETNAME, "setname"),
    capability(Caps::CHGHOST, "chghost"),
    capability(Caps::EXTENDED_MONITOR, "extended-monitor"),
    capability(Caps::NO_IMPLICIT_NAMES, "no-implicit-names"),
    Capability { value: Some(mechanisms), ..capability(Caps::SASL, "sasl") },
    Capability { value: Some(registration), ..capability(Caps::ACCOUNT_REGISTRATION, "draft/account-registration") },
    capability(Caps::PERSISTENCE, "draft/persistence"),
    capability(Caps::ACCOUNT_NOTIFY, "account-notify"),
    capability(Caps::ACCOUNT_TAG, "account-tag"),
    capability(Caps::READ_MARKER, "draft/read-marker"),
    Capability { value: Some(metadata_limits), ..capability(Caps::METADATA, "draft/metadata-2") },
    capability(Caps::MESSAGE_REDACTION, "draft/message-redaction"),
    Capability { value: Some(multiline), ..capability(Caps::MULTILINE, "draft/multiline") },
    capability(Caps::CHANNEL_RENAME, "draft/channel-rename"),
    capability(Caps::MESSAGE_EDIT, vendor!("message-edit")),
    capability(Caps::GUEST, vendor!("guest")),
    capability(Caps::CLIENT_MSGID, vendor!("client-msgid")),
    capability(Caps::REACTIONS, vendor!("reactions")),
    capability(Caps::PARTNER, vendor!("partner")),
];

fn metadata_limits(_: &Session) -> String {
    metadata::limits()
}

fn mechanisms(session: &Session) -> String {
    Mechanism::names(session.secured.as_deref())
}

fn registration(_: &Session) -> String {
    register::CAP_VALUE.to_owned()
}

fn multiline(_: &Session) -> String {
    format!("max-bytes={MULTILINE_BYTES_MAX},max-lines={MULTILINE_LINES_MAX}")
}

/// The capabilities offered under these rules: without kept messages there is no history to ask for or search, and where
/// nobody new gets an account none is to be asked for.
pub(crate) fn offered(rules: &Rules) -> impl Iterator<Item = &'static Capability> {
    let (keep_history, registration) = (rules.keep_history, rules.registration);
    TABLE.iter().filter(move |row| match row.cap {
        Caps::CHATHISTORY | Caps::EVENT_PLAYBACK | Caps::SEARCH => keep_history,
        Caps::MESSAGE_REDACTION | Caps::MESSAGE_EDIT | Caps::REACTIONS | Caps::PARTNER => keep_history,
        Caps::ACCOUNT_REGISTRATION => registration != Registration::Closed,
        _ => true,
    })
}

/// The names of those in `caps`, as CAP LIST and CAP LS give them.
pub(crate) fn names(rules: &Rules, caps: Caps) -> Vec<String> {
    offered(rules).filter(|row| caps.has(row.cap)).map(|row| row.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_capabilities_are_one() {
        let all = TABLE.iter().fold(Caps::default(), |all, row| all.or(row.cap));
        assert_eq!(all.0.count_ones() as usize, TABLE.len());
    }
}
