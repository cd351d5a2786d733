//! What a test's store keeps, and reads of it, by plain walks over all there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::durable::{
    AccountRecord, Bound, Called, Change, Conversation, Fact, GuestRecord, LastSaid, MessageKind, Records, RoomRecord,
    StoredMessage, Walk,
};
use crate::held::{HeldPage, HeldRead};
use crate::ids::{AccountId, GuestId, Identity, MsgId, Position, RoomId};
use crate::once::RecentId;
use crate::query::{HistoryRead, Reactions, SearchRead, TargetsRead};
use crate::reactions::Reaction;
use crate::words;

/// What a test's store holds.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) rooms: BTreeMap<RoomId, RoomRecord>,
    pub(crate) guests: BTreeMap<GuestId, GuestRecord>,
    pub(crate) accounts: BTreeMap<AccountId, AccountRecord>,
    pub(crate) facts: BTreeMap<Fact, Arc<str>>,
    pub(crate) messages: Vec<StoredMessage>,
    /// The reactions, by what they are to, whose they are, and what they say.
    pub(crate) reactions: BTreeMap<(MsgId, u64, Arc<str>), StoredMessage>,
    pub(crate) happened: Vec<StoredMessage>,
    /// Which messages were taken back.
    pub(crate) redacted: BTreeSet<MsgId>,
    pub(crate) recent: Vec<RecentId>,
}

impl Kept {
    /// What a world is loaded from.
    pub(crate) fn records(&self) -> Records {
        Records {
            rooms: self.rooms.values().cloned().collect(),
            guests: self.guests.values().cloned().collect(),
            accounts: self.accounts.values().cloned().collect(),
            facts: self.facts.clone().into_iter().collect(),
            recent: self.recent.clone(),
        }
    }

    pub(super) fn take(&mut self, change: Change) {
        match change {
            Change::Message(message) => {
                self.recent.extend(RecentId::of(&message));
                match message.kind {
                    MessageKind::Tagmsg => self.react(message),
                    _ => self.messages.push(message),
                }
            }
            Change::Happened(row) => self.happened.push(row),
            Change::Edited { msgid, text, at, .. } => {
                for message in self.messages.iter_mut().filter(|message| message.msgid == msgid) {
                    (message.text, message.edited) = (Arc::clone(&text), Some(at));
                }
            }
            Change::Redacted(_, msgid) => {
                self.messages.retain(|message| message.msgid != msgid);
                self.reactions.retain(|(message, ..), row| *message != msgid && row.msgid != msgid);
                self.redacted.insert(msgid);
            }
            Change::Room(room) => drop(self.rooms.insert(room.id, room)),
            Change::KeptFrom(room, from) => {
                let stays = |row: &StoredMessage| {
                    row.msgid.time >= from || room.is_some_and(|room| row.conversation != Conversation::room(room))
                };
                self.messages.retain(stays);
                self.happened.retain(stays);
            }
            Change::RoomForgotten(id) | Change::RoomDropped(id) => {
                self.rooms.remove(&id);
                self.messages.retain(|message| message.conversation.first != id.0);
                self.reactions.retain(|_, row| row.conversation.first != id.0);
                self.happened.retain(|row| row.conversation.first != id.0);
            }
            Change::Guest(guest) => drop(self.guests.insert(guest.id, guest)),
            Change::GuestForgotten(id) | Change::GuestRegistered(id) => drop(self.guests.remove(&id)),
            Change::AccountForgotten(id) => {
                self.accounts.remove(&id);
                let rows = self.messages.iter_mut().chain(&mut self.happened);
                for message in rows.filter(|row| row.author == Some(Identity::Account(id))) {
                    message.author = Some(Identity::Guest(GuestId(id.0)));
                }
            }
            Change::Account(account) => drop(self.accounts.insert(account.id, account)),
            Change::Fact(fact, Some(value)) => drop(self.facts.insert(fact, value)),
            Change::Fact(fact, None) => drop(self.facts.remove(&fact)),
        }
    }

    fn react(&mut self, row: StoredMessage) {
        let reaction = Reaction::of(&row.tags).expect("no other tags are kept alone");
        let author = row.author.expect("nor anybody else's");
        let key = (reaction.message, author.number(), Arc::clone(&reaction.text));
        if !reaction.stands {
            self.reactions.remove(&key);
        } else if self.messages.iter().any(|message| message.msgid == reaction.message) {
            let row = StoredMessage { tags: reaction.tags(), ..row };
            self.reactions.entry(key).or_insert(row);
        }
    }

    pub(super) fn read(&self, read: &HistoryRead, upto: Position) -> Vec<StoredMessage> {
        let with = |row: StoredMessage| {
            let is_given = read.reactions == Reactions::WithMessages;
            let given = self.reactions.iter().filter(|((to, ..), _)| is_given && *to == row.msgid);
            let given = given.map(|(_, row)| row.clone()).filter(|row| row.msgid.position <= upto);
            let given: BTreeMap<MsgId, StoredMessage> = given.map(|row| (row.msgid, row)).collect();
            std::iter::once(row).chain(given.into_values())
        };
        self.walk(read, upto).into_iter().flat_map(with).collect()
    }

    fn walk(&self, read: &HistoryRead, upto: Position) -> Vec<StoredMessage> {
        let here = |m: &&StoredMessage| m.conversation == read.conversation && m.msgid.position <= upto;
        let happened = self.happened.iter().filter(|_| read.happenings);
        let reactions = self.reactions.values().filter(|_| read.reactions == Reactions::InTime);
        let mut all: Vec<_> = self.messages.iter().chain(happened).chain(reactions).filter(here).collect();
        all.sort_by_key(|m| m.msgid);
        let walk = |walk: Walk| {
            let within = |m: &&&StoredMessage| walk.above < m.msgid && m.msgid < walk.below;
            let mut rows: Vec<_> = all.iter().filter(within).map(|m| (*m).clone()).collect();
            match walk.newest_first {
                true => drop(rows.drain(..rows.len().saturating_sub(walk.limit))),
                false => rows.truncate(walk.limit),
            }
            rows
        };
        read.span.joined(read.span.walks(read.limit).into_iter().map(walk).collect(), read.limit)
    }

    pub(super) fn targets(&self, read: &TargetsRead, upto: Position) -> Vec<LastSaid> {
        let mut last = BTreeMap::new();
        for message in self.messages.iter().filter(|m| m.msgid.position <= upto) {
            let Conversation { first, second } = message.conversation;
            let is_own = |identity: Identity| second != 0 && [first, second].contains(&identity.number());
            if read.privately.is_some_and(is_own) || second == 0 && read.rooms.contains(&RoomId(first)) {
                last.insert(message.conversation, message.msgid.time);
            }
        }
        let within = read.first.min(read.second)..read.first.max(read.second);
        let called = |conversation: Conversation| {
            let own = read.privately.filter(|_| conversation.second != 0)?.number();
            let mut said = self.messages.iter().filter(|message| message.conversation == conversation);
            said.next_back()?.partner(own)
        };
        let latest = |nick: &Arc<str>, time| {
            last.iter().all(|(other, at)| {
                *at <= time || called(*other).is_none_or(|other| words::name(&other) != words::name(nick))
            })
        };
        let found = last.iter().map(|(conversation, time)| {
            let called = called(*conversation).map(|nick| Called { latest: latest(&nick, *time), nick });
            LastSaid { conversation: *conversation, time: *time, called }
        });
        let mut found: Vec<_> = found.filter(|last| within.start < last.time && last.time < within.end).collect();
        found.sort_by_key(|last| last.time);
        if read.first > read.second {
            found.reverse();
        }
        found
    }

    pub(super) fn held(&self, read: &HeldRead, upto: Position) -> HeldPage {
        let (own, upto) = (read.account.0, read.upto.unwrap_or(upto));
        let is_own = |row: &&StoredMessage| row.author.map(Identity::number) == Some(own);
        let is_told = |row: &&StoredMessage| {
            let Conversation { first, second } = row.conversation;
            is_own(row) || second != 0 && [first, second].contains(&own)
        };
        let place = |row: &StoredMessage| (row.conversation, row.msgid);
        let all = self.messages.iter().filter(is_told).chain(self.reactions.values().filter(is_own));
        let is_left = |row: &&StoredMessage| row.msgid.position <= upto && Some(place(row)) > read.after;
        let mut rows: Vec<_> = all.filter(is_left).cloned().collect();
        rows.sort_by_key(place);
        let is_last = rows.len() <= read.limit;
        rows.truncate(read.limit);
        let after = rows.last().map(place).filter(|_| !is_last);
        let more = after.map(|after| HeldRead { after: Some(after), upto: Some(upto), ..*read });
        HeldPage { rows, more }
    }

    pub(super) fn search(&self, read: &SearchRead, upto: Position) -> Vec<StoredMessage> {
        let is_read = |m: &StoredMessage| {
            let both = [m.conversation.first, m.conversation.second];
            let is_party = |identity: Identity| m.conversation.second != 0 && both.contains(&identity.number());
            read.conversations.contains(&m.conversation) || read.privately.is_some_and(is_party)
        };
        let is_within = |m: &StoredMessage| {
            let after = read.after.is_none_or(|after| match after {
                Bound::Msgid(id) => m.msgid > id,
                Bound::Time(time) => m.msgid.time >= time,
            });
            let before = read.before.is_none_or(|before| match before {
                Bound::Msgid(id) => m.msgid < id,
                Bound::Time(time) => m.msgid.time <= time,
            });
            after && before && m.msgid.position <= upto
        };
        let is_found = |m: &StoredMessage| {
            let tokens = words::tokens(&m.text);
            read.phrases.iter().all(|phrase| phrase.stands_in(&tokens))
                && read.author.as_ref().is_none_or(|author| words::name(&m.source) == *author)
                && read.account.is_none_or(|account| m.author.map(Identity::number) == Some(account))
                && (!read.has_link || words::has_link(&m.text))
        };
        let wanted = self.messages.iter().filter(|m| is_read(m) && is_within(m) && is_found(m));
        let mut rows: Vec<_> = wanted.cloned().collect();
        match read.oldest {
            true => rows.truncate(read.limit),
            false => drop(rows.drain(..rows.len().saturating_sub(read.limit))),
        }
        rows
    }
}
