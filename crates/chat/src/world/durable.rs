//! The part of the world that outlives the process: rooms, guests, accounts, and small things about them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use teahouse_proto::names::{Nick, RoomName};

use super::bans::Network;
use super::keeping::{DAY_MS, Keeping, Whose};
use super::recent::Recent;
use crate::commands::metadata::pins::PINS;
use crate::durable::{AccountRecord, Fact, FactKind, GuestRecord, Owner, Records, RoomRecord};
use crate::ids::{AccountId, GuestId, RoomId, Time, TokenHash};
use crate::info::Rules;
use crate::once::RecentBounds;

/// How long a room in which nothing was ever said lasts after a drop or a restart emptied it.
pub(crate) const SILENT_ROOM_MS: u64 = 10 * 60 * 1000;

/// How long after a start no guest is forgotten: whoever was connected when the last process ended comes back first.
const GUEST_GRACE_MS: u64 = 24 * 60 * 60 * 1000;

/// A room with the keys its name is found by.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) record: RoomRecord,
    pub(crate) name: RoomName,
}

/// All that a store's records make.
#[derive(Debug, Default)]
pub(crate) struct Durable {
    rooms: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<RoomName, RoomId>,
    by_look: BTreeMap<String, RoomId>,
    /// Those of the server's own.
    servers: BTreeSet<RoomId>,
    /// How many each guest and account has founded, by its number.
    founded: BTreeMap<u64, usize>,
    /// When each empty room is to be forgotten.
    ending: BTreeSet<(Time, RoomId)>,
    guests: BTreeMap<GuestId, GuestRecord>,
    by_token: BTreeMap<TokenHash, GuestId>,
    by_seen: BTreeSet<(Time, GuestId)>,
    accounts: BTreeMap<AccountId, AccountRecord>,
    by_account: BTreeMap<Nick, AccountId>,
    by_account_look: BTreeMap<String, AccountId>,
    facts: BTreeMap<Fact, Arc<str>>,
    /// When those small things end that do.
    fact_ends: BTreeSet<(Time, Fact)>,
    by_certificate: BTreeMap<Arc<str>, AccountId>,
    /// The ids of messages that are kept.
    pub(crate) recent: Recent,
    /// Those from which nobody may come, with the keys of their bans.
    banned_networks: Vec<(Network, Arc<str>)>,
    keeping: Keeping,
    /// The rooms in which something is pinned.
    pinned: BTreeSet<RoomId>,
    /// How long an empty room, or a guest who is not here, lasts; 0: for ever.
    forget_ms: u64,
    /// When the process started; not kept.
    pub(crate) started: Time,
}

impl Durable {
    pub(crate) fn load(rules: &Rules, records: Records) -> Self {
        let mut durable = Durable { forget_ms: rules.forget_ms, ..Durable::default() };
        durable.keeping.set(None, rules.keep_ms);
        for record in records.rooms {
            // A name that an older version took and this one does not is left in the store, out of reach.
            if RoomName::parse(&record.name).is_ok() {
                durable.put_room(record);
            }
        }
        for record in records.guests {
            durable.put_guest(record);
        }
        for record in records.accounts {
            if Nick::parse(&record.name).is_ok() {
                durable.put_account(record);
            }
        }
        for (fact, value) in records.facts {
            durable.put_fact(fact, Some(value));
        }
        durable.recent = Recent::load(records.recent);
        durable
    }

    pub(crate) fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(&id)
    }

    pub(crate) fn room_named(&self, name: &RoomName) -> Option<&Room> {
        self.by_name.get(name).and_then(|id| self.rooms.get(id))
    }

    /// The room whose name could be mistaken for `name`.
    pub(crate) fn room_looking_like(&self, name: &RoomName) -> Option<&Room> {
        self.by_look.get(&name.skeleton()).and_then(|id| self.rooms.get(id))
    }

    /// So many rooms at most, from behind one on, and the last of them if there are more.
    pub(crate) fn rooms_after(&self, after: RoomId, count: usize) -> (Vec<&Room>, Option<RoomId>) {
        let mut rooms = self.rooms.range((Excluded(after), Unbounded));
        let taken: Vec<&Room> = rooms.by_ref().map(|(_, room)| room).take(count).collect();
        let last = rooms.next().map(|_| taken.last().map_or(after, |room| room.record.id));
        (taken, last)
    }

    pub(crate) fn room_ids(&self) -> impl Iterator<Item = RoomId> {
        self.rooms.keys().copied()
    }

    /// The rooms of the server's own: a few.
    pub(crate) fn servers_rooms(&self) -> impl Iterator<Item = RoomId> {
        self.servers.iter().copied()
    }

    /// Inserts or replaces a room.
    pub(crate) fn put_room(&mut self, record: RoomRecord) {
        self.remove_room(record.id);
        let name = RoomName::parse(&record.name).expect("records hold names that were parsed");
        self.by_name.insert(name.clone(), record.id);
        self.by_look.insert(name.skeleton(), record.id);
        self.ending.extend(room_end(&record, self.forget_ms).map(|end| (end, record.id)));
        if record.owner == Owner::Server {
            self.servers.insert(record.id);
        }
        if let Some(founder) = record.owner.founder() {
            *self.founded.entry(founder).or_default() += 1;
        }
        self.rooms.insert(record.id, Room { record, name });
    }

    /// The rooms of one owner; looks at all rooms, and is for what happens seldom.
    pub(crate) fn rooms_of(&self, owner: Owner) -> Vec<RoomId> {
        self.rooms.values().filter(|room| room.record.owner == owner).map(|room| room.record.id).collect()
    }

    /// So many accounts at most, from behind one on, and the last of them if there are more.
    pub(crate) fn accounts_after(&self, after: AccountId, count: usize) -> (Vec<&AccountRecord>, Option<AccountId>) {
        let mut accounts = self.accounts.range((Excluded(after), Unbounded));
        let taken: Vec<_> = accounts.by_ref().map(|(_, account)| account).take(count).collect();
        let last = accounts.next().map(|_| taken.last().map_or(after, |account| account.id));
        (taken, last)
    }

    /// How many rooms somebody has founded who is remembered.
    pub(crate) fn founded(&self, owner: Owner) -> usize {
        owner.founder().and_then(|founder| self.founded.get(&founder)).copied().unwrap_or_default()
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = &AccountRecord> {
        self.accounts.values()
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        let Some(room) = self.rooms.remove(&id) else { return };
        self.by_name.remove(&room.name);
        self.by_look.remove(&room.name.skeleton());
        self.servers.remove(&id);
        if let Some(founder) = room.record.owner.founder() {
            let count = self.founded.entry(founder).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.founded.remove(&founder);
            }
        }
        if let Some(end) = room_end(&room.record, self.forget_ms) {
            self.ending.remove(&(end, id));
        }
    }

    pub(crate) fn guest_with(&self, token: TokenHash) -> Option<&GuestRecord> {
        self.by_token.get(&token).and_then(|id| self.guests.get(id))
    }

    pub(crate) fn guest(&self, id: GuestId) -> Option<&GuestRecord> {
        self.guests.get(&id)
    }

    /// Inserts or replaces a guest.
    pub(crate) fn put_guest(&mut self, record: GuestRecord) {
        self.remove_guest(record.id);
        self.by_token.insert(record.token, record.id);
        self.by_seen.insert((record.seen, record.id));
        self.guests.insert(record.id, record);
    }

    pub(crate) fn remove_guest(&mut self, id: GuestId) {
        let Some(guest) = self.guests.remove(&id) else { return };
        self.by_token.remove(&guest.token);
        self.by_seen.remove(&(guest.seen, id));
    }

    pub(crate) fn account(&self, id: AccountId) -> Option<&AccountRecord> {
        self.accounts.get(&id)
    }

    pub(crate) fn account_named(&self, name: &Nick) -> Option<&AccountRecord> {
        self.by_account.get(name).and_then(|id| self.accounts.get(id))
    }

    /// The account whose name is this or could be mistaken for it.
    pub(crate) fn account_looking_like(&self, name: &Nick) -> Option<&AccountRecord> {
        let found = self.by_account.get(name).or_else(|| self.by_account_look.get(&name.skeleton()));
        found.and_then(|id| self.accounts.get(id))
    }

    /// Inserts or replaces an account.
    pub(crate) fn put_account(&mut self, record: AccountRecord) {
        self.remove_account(record.id);
        let name = Nick::parse(&record.name).expect("records hold names that were parsed");
        self.by_account_look.insert(name.skeleton(), record.id);
        self.by_account.insert(name, record.id);
        self.accounts.insert(record.id, record);
    }

    pub(crate) fn remove_account(&mut self, id: AccountId) {
        let Some(account) = self.accounts.remove(&id) else { return };
        if let Ok(name) = Nick::parse(&account.name) {
            self.by_account_look.remove(&name.skeleton());
            self.by_account.remove(&name);
        }
    }

    /// All small things of one kind about one owner, by key.
    pub(crate) fn facts(&self, owner: u64, kind: FactKind) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        let first = Fact { owner, kind, key: "".into() };
        let facts = self.facts.range(first..).take_while(move |(fact, _)| fact.owner == owner && fact.kind == kind);
        facts.map(|(fact, value)| (&fact.key, value))
    }

    /// All small things of one owner.
    pub(crate) fn facts_of(&self, owner: u64) -> Vec<Fact> {
        let first = Fact { owner, kind: FactKind::Seat, key: "".into() };
        self.facts.range(first..).map(|(fact, _)| fact).take_while(|fact| fact.owner == owner).cloned().collect()
    }

    /// So many small things of one owner at most, from behind one on, and the last of them if there are more.
    pub(crate) fn facts_after(
        &self,
        owner: u64,
        after: Option<Fact>,
        count: usize,
    ) -> (Vec<(&Fact, &Arc<str>)>, Option<Fact>) {
        let first = Fact { owner, kind: FactKind::Seat, key: "".into() };
        let begin = after.as_ref().map_or(Included(&first), Excluded);
        let mut facts = self.facts.range((begin, Unbounded)).take_while(|(fact, _)| fact.owner == owner);
        let taken: Vec<_> = facts.by_ref().take(count).collect();
        let last = facts.next().and_then(|_| taken.last().map(|(fact, _)| (*fact).clone()));
        (taken, last)
    }

    /// The text of a small thing.
    pub(crate) fn fact(&self, fact: &Fact) -> Option<&Arc<str>> {
        self.facts.get(fact)
    }

    /// Whose certificate this is.
    pub(crate) fn account_with_certificate(&self, fingerprint: &str) -> Option<AccountId> {
        self.by_certificate.get(fingerprint).copied()
    }

    /// All small things of one kind; looks at all there are, and is for what happens seldom.
    pub(crate) fn facts_of_kind(&self, kind: FactKind) -> impl Iterator<Item = &Fact> {
        self.facts.keys().filter(move |fact| fact.kind == kind)
    }

    /// Whether a room, a guest or an account has this number.
    pub(crate) fn is_known(&self, number: u64) -> bool {
        self.rooms.contains_key(&RoomId(number))
            || self.accounts.contains_key(&AccountId(number))
            || self.guests.contains_key(&GuestId(number))
    }

    /// Sets a small thing, or takes it away; `false` if that changes nothing.
    pub(crate) fn put_fact(&mut self, fact: Fact, value: Option<Arc<str>>) -> bool {
        let before = match &value {
            Some(value) => self.facts.insert(fact.clone(), Arc::clone(value)),
            None => self.facts.remove(&fact),
        };
        if let Some(end) = before.as_ref().and_then(|before| fact_end(&fact, before)) {
            self.fact_ends.remove(&(end, fact.clone()));
        }
        if fact.kind == FactKind::Certificate {
            match value {
                Some(_) => drop(self.by_certificate.insert(Arc::clone(&fact.key), AccountId(fact.owner))),
                None => drop(self.by_certificate.remove(&fact.key)),
            }
        }
        if fact.kind == FactKind::Ban
            && let Some(network) = Network::banned_by(&fact.key)
        {
            self.banned_networks.retain(|(_, key)| *key != fact.key);
            self.banned_networks.extend(value.is_some().then(|| (network, Arc::clone(&fact.key))));
        }
        if fact.kind == FactKind::Metadata && *fact.key == *PINS {
            match value {
                Some(_) => self.pinned.insert(RoomId(fact.owner)),
                None => self.pinned.remove(&RoomId(fact.owner)),
            };
        }
        if fact.kind == FactKind::Keep {
            let days: u64 = value.as_ref().and_then(|days| days.parse().ok()).unwrap_or_default();
            self.keeping.set(Some(RoomId(fact.owner)), days.saturating_mul(DAY_MS));
        }
        if let Some(end) = value.as_ref().and_then(|value| fact_end(&fact, value)) {
            self.fact_ends.insert((end, fact));
        }
        before != value
    }

    /// The bans of networks that hold an address, as they are kept.
    pub(super) fn bans_of_address(&self, address: IpAddr) -> impl Iterator<Item = &Arc<str>> {
        let met = self.banned_networks.iter().filter(move |(network, _)| network.holds(address));
        met.filter_map(|(_, key)| self.fact(&Fact { owner: 0, kind: FactKind::Ban, key: Arc::clone(key) }))
    }

    /// The small things that end by `now`.
    pub(crate) fn facts_due(&self, now: Time) -> Vec<Fact> {
        self.fact_ends.iter().take_while(|(end, _)| *end <= now).map(|(_, fact)| fact.clone()).collect()
    }

    /// The rooms that are to be forgotten at `now`.
    pub(crate) fn rooms_due(&self, now: Time) -> Vec<RoomId> {
        self.ending.iter().take_while(|(end, _)| *end <= now).map(|(_, id)| *id).collect()
    }

    /// The guests that were not here for as long as an empty room lasts.
    pub(crate) fn guests_due(&self, now: Time) -> Vec<GuestId> {
        let due = |seen: Time| self.guest_end(seen).is_some_and(|end| end <= now);
        self.by_seen.iter().take_while(|(seen, _)| due(*seen)).map(|(_, id)| *id).collect()
    }

    /// For how long a room keeps what is said in it by its own setting, in milliseconds; 0: it has none.
    pub(crate) fn own_keep_ms(&self, room: RoomId) -> u64 {
        self.keeping.keep_ms(Some(room))
    }

    /// The rooms in which something is pinned.
    pub(crate) fn rooms_with_pins(&self) -> impl Iterator<Item = RoomId> {
        self.pinned.iter().copied()
    }

    /// Takes out from when on what was said is kept, as far as the store is to be told so at `now`.
    pub(crate) fn tell_kept(&mut self, now: Time) -> Vec<(Whose, Time)> {
        self.keeping.tell(now)
    }

    /// Takes out from when on what is said in a room is kept by a setting of its own, which it MUST have.
    pub(crate) fn tell_kept_in(&mut self, room: RoomId, now: Time) -> Time {
        self.keeping.tell_of(Some(room), now)
    }

    /// When the next thing is to be forgotten.
    pub(crate) fn next_end(&self) -> Option<Time> {
        let guest = self.by_seen.first().and_then(|(seen, _)| self.guest_end(*seen));
        let fact = self.fact_ends.first().map(|(end, _)| *end);
        self.ending.first().map(|(end, _)| *end).into_iter().chain(guest).chain(fact).chain(self.keeping.next()).min()
    }

    fn guest_end(&self, seen: Time) -> Option<Time> {
        let end = seen.plus_ms(self.forget_ms).max(self.started.plus_ms(GUEST_GRACE_MS));
        (self.forget_ms > 0).then_some(end)
    }

    pub(crate) fn fingerprint(&self, recent: RecentBounds) -> u64 {
        let rooms = self.rooms.values().map(|room| format!("{:?}", room.record));
        let guests = self.guests.values().map(|guest| format!("{guest:?}{:?}", guest.token.0));
        let accounts = self.accounts.values().map(|account| format!("{account:?}{:?}", account.password.as_ref()));
        let facts = self.facts.iter().map(|fact| format!("{fact:?}"));
        let recent = self.recent.within(recent).map(|first| format!("{first:?}"));
        let records = rooms.chain(guests).chain(accounts).chain(facts).chain(recent);
        records.fold(FNV_OFFSET, |hash, record| fnv1a(hash, record.as_bytes()))
    }
}

/// When a small thing ends by itself: that stands first in it, 0 for never.
fn fact_end(fact: &Fact, value: &str) -> Option<Time> {
    let ends = matches!(fact.kind, FactKind::Ban | FactKind::Claim);
    let end = value.split(' ').next().filter(|_| ends)?.parse().ok()?;
    (end > 0).then_some(Time(end))
}

/// When an empty room is to be forgotten; `None` for never, and while somebody is in it.
fn room_end(room: &RoomRecord, forget_ms: u64) -> Option<Time> {
    let lasts_ms = match room.owner {
        Owner::Server | Owner::Account(_) => None,
        Owner::Guest(_) | Owner::Nobody if !room.spoken => Some(SILENT_ROOM_MS),
        Owner::Guest(_) | Owner::Nobody => (forget_ms > 0).then_some(forget_ms),
    };
    Some(room.empty_since?.plus_ms(lasts_ms?))
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
