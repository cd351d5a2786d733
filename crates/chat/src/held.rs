//! All that is held on an account, for whoever it is about: a line of JSON for each thing, and nothing that proves who
//! it is.
//!
//! In: an account's name, and its messages as the store gives them. Out: lines.

use serde_json::{Value, json};
use teahouse_proto::names::Nick;

use crate::commands::command_word;
use crate::durable::{AccountRecord, FactKind, Owner, RoomRecord, StoredMessage};
use crate::ids::{AccountId, Identity, RoomId};
use crate::world::World;
use crate::world::bans::Target;

impl World {
    /// What is known of an account but for its messages: its number, and the lines. `None` if there is no such account.
    pub fn held_on(&self, name: &Nick) -> Option<(AccountId, Vec<String>)> {
        let account = self.durable.account_named(name)?;
        let mut held = vec![about(account)];
        let founded = self.durable.rooms_of(Owner::Account(account.id));
        held.extend(founded.into_iter().filter_map(|id| self.durable.room(id)).map(|room| founded_room(&room.record)));
        held.extend(self.durable.room_ids().filter_map(|id| self.rank_held(id, account.id)));
        held.extend(self.facts_held(account.id));
        held.extend(self.ban_held(account.id));
        Some((account.id, held.iter().map(Value::to_string).collect()))
    }

    fn rank_held(&self, room: RoomId, account: AccountId) -> Option<Value> {
        let letters = self.access(room, account).letters();
        let name = &self.durable.room(room)?.record.name;
        (!letters.is_empty()).then(|| json!({"rank": {"room": **name, "letters": letters}}))
    }

    fn facts_held(&self, AccountId(owner): AccountId) -> Vec<Value> {
        let facts = self.durable.facts_of(owner).into_iter();
        let told = facts.filter_map(|fact| {
            let kind = word(fact.kind)?;
            let value = self.durable.fact(&fact)?;
            let room = match fact.kind {
                FactKind::Seat | FactKind::Marker => fact.key.parse().ok().and_then(|id| self.durable.room(RoomId(id))),
                _ => None,
            };
            let key = room.map_or(&*fact.key, |room| &*room.record.name);
            Some(json!({ kind: {"key": key, "value": **value} }))
        });
        told.collect()
    }

    fn ban_held(&self, account: AccountId) -> Option<Value> {
        let mut bans = self.bans();
        let (_, ban) = bans.find(|(target, _)| *target == Target::Account(account))?;
        Some(
            json!({"ban": {"since": ban.at.to_string(), "until": ban.until.map(|until| until.to_string()), "reason": *ban.reason}}),
        )
    }
}

fn about(account: &AccountRecord) -> Value {
    json!({"account": {
        "number": account.id.0,
        "name": *account.name,
        "since": account.created.to_string(),
        "last_here": account.seen.to_string(),
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
pub fn message_line(message: &StoredMessage, account: AccountId) -> String {
    let value = json!({"message": {
        "id": message.msgid.to_string(),
        "time": message.msgid.time.to_string(),
        "command": command_word(message.kind),
        "own": message.author == Some(Identity::Account(account)),
        "from": *message.source,
        "to": *message.target,
        "tags": *message.tags,
        "text": *message.text,
    }});
    value.to_string()
}
