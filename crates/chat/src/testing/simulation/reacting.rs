//! Reactions, and pages of history: a reaction is given with its message, and only while it stands.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_proto::irc::Message;

use super::places::folded;
use super::{Reader, Simulation};
use crate::ids::{Identity, MsgId, SessionId};
use crate::reactions::Reaction;

/// How many rows people ask for.
pub(super) const PAGE_ROWS: usize = 20;

/// What a session wants to have of reactions when it reads history.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Wants {
    #[default]
    None,
    WithMessages,
    InTime,
}

impl Wants {
    pub(super) fn capability(self) -> &'static str {
        match self {
            Wants::None => "",
            Wants::WithMessages => " teahouse.internal/reactions",
            Wants::InTime => " draft/event-playback",
        }
    }
}

/// A page of history that is being read.
pub(super) struct Page {
    target: String,
    rows: usize,
    oldest: Option<MsgId>,
    /// The messages, and the reactions that came behind each.
    given: BTreeMap<MsgId, BTreeSet<MsgId>>,
    /// The reactions that came at their own time, and what they are to.
    in_time: Vec<(MsgId, MsgId)>,
    last: Option<MsgId>,
}

impl Page {
    pub(super) fn of(target: &str) -> Self {
        Page { target: folded(target), rows: 0, oldest: None, given: BTreeMap::new(), in_time: Vec::new(), last: None }
    }

    fn row(&mut self, msgid: MsgId) {
        self.rows += 1;
        self.oldest = Some(self.oldest.map_or(msgid, |oldest| oldest.min(msgid)));
    }

    /// A message has come.
    pub(super) fn message(&mut self, msgid: MsgId) {
        self.row(msgid);
        self.given.insert(msgid, BTreeSet::new());
        self.last = Some(msgid);
    }
}

impl Reader {
    /// A line of a page that is no message.
    pub(super) fn in_page(&mut self, message: &Message<'_>, line: &str, seed: u64) {
        let (Some(page), Some(msgid)) = (self.history.as_mut(), message.tags.get("msgid")) else { return };
        let msgid = MsgId::parse(&msgid).expect("ours");
        if message.command != "TAGMSG" {
            assert!(self.wants == Wants::InTime, "seed {seed}: unasked: {line}");
            return page.row(msgid);
        }
        assert!(self.wants != Wants::None, "seed {seed}: unasked: {line}");
        let reaction = Reaction::of(message.tags.raw()).unwrap_or_else(|| panic!("seed {seed}: none: {line}"));
        assert!(reaction.stands, "seed {seed}: taken back and given: {line}");
        let is_gone = [reaction.message, msgid].iter().any(|id| self.redacted.contains(id));
        assert!(!is_gone, "seed {seed}: taken back, or to what is: {line}");
        if self.wants == Wants::InTime {
            page.in_time.push((reaction.message, msgid));
            return page.row(msgid);
        }
        assert_eq!(Some(reaction.message), page.last, "seed {seed}: not behind its message: {line}");
        let first = page.given.entry(reaction.message).or_default().insert(msgid);
        assert!(first, "seed {seed}: given twice: {line}");
    }
}

impl Simulation {
    /// Somebody reacts to something that was said in its rooms, or takes that back; its text says whose it is.
    pub(super) fn react(&mut self, id: SessionId) -> Option<String> {
        let (world, own) = (&self.model.world, self.number_of(id));
        let rooms = world.rooms_of(id);
        let messages = self.model.kept.messages.iter().rev().take(60);
        let here = |room: u64| rooms.iter().find(|inside| inside.0 == room);
        let messages: Vec<_> =
            messages.filter_map(|one| Some((one, *here(one.conversation.first)?))).take(15).collect();
        if messages.is_empty() {
            return None;
        }
        let (message, room) = messages[self.random.below(messages.len())];
        let room = world.durable.room(room).map(|room| room.record.name.to_string())?;
        let (mut about, mut stands) = (message.msgid, !self.random.chance(35));
        let own_text = own.map_or_else(|| "nobody".to_owned(), |own| own.to_string());
        let mut text = format!("{}{own_text}", self.random.pick(&["👍", "oh; no ", "x", "y"]));
        let mut given = self.model.kept.reactions.keys().rev().filter(|(_, author, _)| own == Some(*author));
        if let Some((to, _, what)) = given.next().filter(|_| self.random.chance(40)) {
            (about, stands, text) = (*to, false, what.to_string());
        }
        let tags = Reaction { message: about, text: text.as_str().into(), stands }.tags();
        self.said += 1;
        Some(self.say(id, &tags, format!("TAGMSG {room}")))
    }

    /// A page is read to its end: what was told as it was said is there, unless it is gone.
    pub(super) fn page_read(&mut self, id: SessionId, page: &Page) {
        let (seed, reader) = (self.seed, &self.readers[&id]);
        let Some(place) = reader.places.get(&page.target) else { return };
        let oldest = page.oldest.filter(|_| page.rows >= PAGE_ROWS);
        let gone =
            |msgid: &MsgId| self.model.kept.redacted.contains(msgid) || self.model.lost.contains(&msgid.position);
        for msgid in place.said.iter().filter(|msgid| oldest.is_none_or(|oldest| **msgid >= oldest)) {
            let is_there = page.given.contains_key(msgid) || gone(msgid);
            assert!(is_there, "seed {seed}: {} does not find {msgid} in {}", reader.nick, page.target);
        }
        if !self.exactly {
            return;
        }
        for (message, given) in &page.in_time {
            let is_there = self.model.kept.messages.iter().any(|kept| kept.msgid == *message);
            let stands = is_there && self.standing(*message).contains(given);
            assert!(stands, "seed {seed}: {given} to {message} does not stand");
        }
        for (msgid, given) in page.given.iter().filter(|_| reader.wants == Wants::WithMessages) {
            assert_eq!(*given, self.standing(*msgid), "seed {seed}: the reactions to {msgid}");
            self.reactions_read += given.len();
        }
    }

    /// The reactions to a message that stand, by what was said and not lost.
    fn standing(&self, message: MsgId) -> BTreeSet<MsgId> {
        let mut standing = BTreeMap::new();
        for (msgid, row) in self.model.tagged.iter().filter(|(msgid, _)| !self.model.lost.contains(&msgid.position)) {
            let reaction = Reaction::of(&row.tags).filter(|reaction| reaction.message == message);
            let (Some(author), Some(reaction)) = (row.author.map(Identity::number), reaction) else { continue };
            standing.retain(|_, given| self.model.taken_back.get(given).is_none_or(|by| by > msgid));
            match reaction.stands {
                true => drop(standing.entry((author, reaction.text)).or_insert(*msgid)),
                false => drop(standing.remove(&(author, reaction.text))),
            }
        }
        standing.into_values().filter(|given| !self.model.taken_back.contains_key(given)).collect()
    }

    /// With nothing under way, whoever wants reactions gets those that stand.
    pub(super) fn reactions_agree(&mut self) {
        self.exactly = true;
        for id in self.readers.keys().copied().collect::<Vec<_>>() {
            let Some(reader) = self.readers.get(&id).filter(|reader| reader.wants != Wants::None) else {
                continue;
            };
            let Some(room) = reader.places.keys().next_back().cloned() else { continue };
            if self.model.shards[usize::from(id.worker)].is_reading(id) {
                self.model.line(id, &format!("CHATHISTORY LATEST {room} * {PAGE_ROWS}"));
                self.read_all();
            }
        }
        self.exactly = false;
    }
}
