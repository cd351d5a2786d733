//! All that is held on an account, for whoever it is about: a line of JSON for each thing, and nothing that proves who
//! it is.
//!
//! It is told piece by piece, each from a [`Place`] on: first what the world knows, then pages of what was said, as the
//! store gives them. In: the account, and where to go on. Out: lines, and where they go on.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::commands::command_word;
use crate::durable::{AccountRecord, Conversation, Fact, FactKind, Owner, RoomRecord, StoredMessage};
use crate::ids::{AccountId, GuestId, Identity, MsgId, Position, RoomId, Time};
use crate::world::World;
use crate::world::bans::Target;

/// Where what is held on an account goes on.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// From the beginning: the account itself.
    Record,
    /// What it is in rooms, behind this one.
    Rooms(RoomId),
    /// Small things about it, behind this one.
    Facts(Option<Fact>),
    /// What it said, and what was said to it alone.
    Messages(HeldRead),
}

/// A piece of what is held on an account.
#[derive(Debug)]
pub(crate) enum Held {
    /// Lines, and where they go on.
    Lines(Vec<String>, Place),
    /// This is to be read from the store.
    Read(HeldRead),
}

/// What an account said and what was said to it alone: a page of it that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRead {
    /// Whose.
    pub account: AccountId,
    /// The page before went so far; the first page has none.
    pub after: Option<(Conversation, MsgId)>,
    /// Where the log stood at the first page: nothing above it is given. The first page finds it out.
    pub upto: Option<Position>,
    /// About so many rows: never more than twice as many.
    pub limit: usize,
}

/// Such a page, by conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPage {
    /// Messages and reactions; there may be none, though more come.
    pub rows: Vec<StoredMessage>,
    /// The next page, if this is not the last.
    pub more: Option<HeldRead>,
}

impl World {
    /// What is held on an account from this place on: no more than one looks at in one hold of the lock.
    pub(crate) fn held_on(&self, account: &AccountRecord, from: Place, now: Time) -> Held {
        let rows = self.rules.rows_per_hold;
        let (values, next) = match from {
            Place::Record => {
                let ban = self.ban_held(account.id);
                (
                    std::iter::once(about(account, self.last_here(account, now))).chain(ban).collect(),
                    Place::Rooms(RoomId::default()),
                )
            }
            Place::Rooms(after) => {
                let (rooms, last) = self.durable.rooms_after(after, rows);
                let rooms = rooms.into_iter().map(|room| &room.record);
                let values = rooms.flat_map(|room| self.held_in_room(room, account.id)).collect();
                (values, last.map_or(Place::Facts(None), Place::Rooms))
            }
            Place::Facts(after) => {
                let (facts, last) = self.durable.facts_after(account.id.0, after, rows);
                let values: Vec<_> =
                    facts.into_iter().filter_map(|(fact, value)| self.fact_held(fact, value)).collect();
                let messages = HeldRead { account: account.id, after: None, upto: None, limit: rows };
                (values, last.map_or(Place::Messages(messages), |last| Place::Facts(Some(last))))
            }
            Place::Messages(read) => return Held::Read(read),
        };
        Held::Lines(values.iter().map(Value::to_string).collect(), next)
    }

    /// That it is an account's own, and what the account is remembered to be there.
    fn held_in_room(&self, room: &RoomRecord, account: AccountId) -> impl Iterator<Item = Value> {
        let own = (room.owner == Owner::Account(account)).then(|| founded_room(room));
        let letters = self.access(room.id, account).letters();
        let rank = (!letters.is_empty()).then(|| json!({"rank": {"room": *room.name, "letters": letters}}));
        own.into_iter().chain(rank)
    }

    fn fact_held(&self, fact: &Fact, value: &str) -> Option<Value> {
        let kind = word(fact.kind)?;
        let key = match fact.kind {
            FactKind::Seat | FactKind::Marker => fact.key.parse().ok().and_then(|number| self.called(number)),
            _ => Some(Arc::clone(&fact.key)),
        };
        Some(json!({ kind: {"key": key.as_deref(), "value": value} }))
    }

    /// What a room, an account or a guest is called now; a guest who is not here is called nothing.
    fn called(&self, number: u64) -> Option<Arc<str>> {
        let room = self.durable.room(RoomId(number)).map(|room| Arc::clone(&room.record.name));
        let person = || self.name_of(Identity::Account(AccountId(number)));
        room.or_else(person).or_else(|| self.name_of(Identity::Guest(GuestId(number))))
    }

    fn ban_held(&self, account: AccountId) -> Option<Value> {
        let mut bans = self.bans();
        let (_, ban) = bans.find(|(target, _)| *target == Target::Account(account))?;
        Some(
            json!({"ban": {"since": ban.at.to_string(), "until": ban.until.map(|until| until.to_string()), "reason": *ban.reason}}),
        )
    }
}

fn about(account: &AccountRecord, last_here: Time) -> Value {
    json!({"account": {
        "number": account.id.0,
        "name": *account.name,
        "since": account.created.to_string(),
        "last_here": last_here.to_string(),
        "runs_the_server": account.operator,
        "suspended": account.suspended.as_deref(),
    }})
}

fn founded_room(room: &RoomRecord) -> Value {
    let topic = room.topic.as_ref().map(|topic| &*topic.text);
    json!({"room": {"name": *room.name, "since": room.created.to_string(), "topic": topic}})
}

/// What a small thing of an account's is called; `None` for what no account owns.
fn word(kind: FactKind) -> Option<&'static str> {
    match kind {
        FactKind::Seat => Some("seat"),
        FactKind::Marker => Some("read"),
        FactKind::AlwaysOn => Some("always_on"),
        FactKind::Face => Some("shown"),
        FactKind::Certificate => Some("certificate"),
        FactKind::Network => Some("network"),
        FactKind::Metadata => Some("metadata"),
        FactKind::Monitor => Some("monitored"),
        FactKind::Access | FactKind::Ban | FactKind::Claim | FactKind::Invitation | FactKind::Keep => None,
    }
}

/// A message that an account said, or that was said to it alone.
pub(crate) fn message_line(message: &StoredMessage, account: AccountId) -> String {
    let value = json!({"message": {
        "id": message.msgid.to_string(),
        "time": message.msgid.time.to_string(),
        "command": command_word(message.kind),
        "own": message.author.map(Identity::number) == Some(account.0),
        "from": *message.source,
        "to": *message.target,
        "tags": *message.tags,
        "text": *message.text,
    }});
    value.to_string()
}
