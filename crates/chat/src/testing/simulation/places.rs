//! What a session knows of the rooms that it is in, by nothing but what it has read: members, bans, pins, how far it has
//! read, and what was said. With all told it is so; also when a room goes by another name by then.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use teahouse_proto::irc::Message;
use teahouse_proto::time::parse_server_time;

use super::{ROOMS, Reader, Simulation};
use crate::durable::{Fact, FactKind};
use crate::ids::{MsgId, RoomId, SessionId};
use crate::modes::Rank;

/// The key under which a room's pins stand.
pub(super) const PINS: &str = "teahouse.internal/pins";
/// Why a room is renamed, and a number: so each time can be told from the others.
const RENAMED: &str = "renamed ";
/// Of what was said in a room, so many are remembered.
const SAID_MAX: usize = 20;

/// One room, as one who is in it has read of it.
#[derive(Default)]
pub(super) struct Place {
    people: BTreeSet<String>,
    /// Whether it has got the whole list of them.
    all_named: bool,
    /// Those that were set while it was there.
    bans: BTreeSet<String>,
    pins: Pins,
    /// What it was told that it has read.
    marked: String,
    /// Whether it was told so since it came in.
    is_marked: bool,
    /// The newest of what it was told as it was said.
    pub(super) said: VecDeque<MsgId>,
}

/// What it knows of a room's pins.
#[derive(Default, PartialEq, Eq, Debug)]
enum Pins {
    /// Nothing yet: that is owed to it.
    #[default]
    Owed,
    /// What they are.
    Known(Option<String>),
    /// It may ask.
    Later,
}

/// A room's name however it is spelt.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl Reader {
    /// What the rooms of a reader become by a line; `from` is the nick that it comes from.
    pub(super) fn follow(&mut self, message: &Message<'_>, from: &str, seed: u64) {
        let param = |index: usize| message.params.get(index).unwrap_or_default();
        let is_own = from == self.nick;
        match message.command {
            // What was read before was so as somebody else.
            "900" => self.places.values_mut().for_each(|place| place.marked.clear()),
            "JOIN" if is_own => {
                let again = |place| Place { all_named: false, is_marked: false, people: BTreeSet::new(), ..place };
                let came = self.moving.take().map(again);
                self.places.insert(folded(param(0)), came.unwrap_or_default());
            }
            "PART" if is_own => {
                let place = self.places.remove(&folded(param(0)));
                if param(1).starts_with(RENAMED) {
                    self.told_renamed(param(1), seed);
                    self.moving = place;
                }
            }
            "RENAME" => {
                self.told_renamed(param(2), seed);
                let place = self.places.remove(&folded(param(0)));
                let place = place.unwrap_or_else(|| panic!("seed {seed}: {} is not in {}", self.nick, param(0)));
                self.places.insert(folded(param(1)), place);
            }
            "KICK" if param(1) == self.nick => drop(self.places.remove(&folded(param(0)))),
            "QUIT" => self.places.values_mut().for_each(|place| place.people.retain(|nick| nick != from)),
            "NICK" => {
                for place in self.places.values_mut().filter(|place| place.people.contains(from)) {
                    place.people.remove(from);
                    place.people.insert(param(0).to_owned());
                }
                if is_own {
                    self.nick = param(0).to_owned();
                }
            }
            "770" if message.params.iter().any(|key| key == PINS) => {
                // Of those that are set it is told next.
                self.places.values_mut().for_each(|place| place.pins = Pins::Known(None));
                self.wants_pins = true;
            }
            "353" => self.in_place(param(2), |place| {
                let names =
                    param(3).split(' ').map(|name| name.trim_start_matches(['~', '&', '@', '%', '+']).to_owned());
                // Those are in it at that time, whatever the answer is to.
                place.people.extend(names);
            }),
            "BATCH" if param(1) == "metadata" && self.wants_pins => {
                self.in_place(param(2), |place| place.pins = Pins::Known(None));
            }
            "774" => self.in_place(param(1), |place| place.pins = Pins::Later),
            "METADATA" if param(1) == PINS => self.pinned(param(0), message.params.get(3)),
            "761" if param(2) == PINS => self.pinned(param(1), message.params.get(4)),
            "766" if param(2) == PINS => self.pinned(param(1), None),
            _ => self.in_place(param(usize::from(message.command == "366")), |place| match message.command {
                "366" => {
                    assert!(place.is_marked, "seed {seed}: not told what it has read in {}", param(1));
                    place.all_named = true;
                }
                "JOIN" => drop(place.people.insert(from.to_owned())),
                "PART" => drop(place.people.remove(from)),
                "KICK" => drop(place.people.remove(param(1))),
                "MODE" if param(1) == "+b" => drop(place.bans.insert(param(2).to_owned())),
                "MODE" if param(1) == "-b" => drop(place.bans.remove(param(2))),
                // An account that is banned has another name.
                "MODE" if param(1) == "-b+b" => {
                    place.bans.remove(param(2));
                    place.bans.insert(param(3).to_owned());
                }
                "MARKREAD" => {
                    // `*` for nothing read yet comes before each time.
                    assert!(param(1) >= &*place.marked, "seed {seed}: unread again: {} < {}", param(1), place.marked);
                    place.marked = param(1).to_owned();
                    place.is_marked = true;
                }
                _ => {}
            }),
        }
    }

    fn in_place(&mut self, name: &str, change: impl FnOnce(&mut Place)) {
        if let Some(place) = self.places.get_mut(&folded(name)) {
            change(place);
        }
    }

    fn pinned(&mut self, name: &str, value: Option<&str>) {
        self.in_place(name, |place| place.pins = Pins::Known(value.map(str::to_owned)));
    }

    fn told_renamed(&mut self, reason: &str, seed: u64) {
        assert!(self.renames.insert(reason.to_owned()), "seed {seed}: {} is told twice: {reason}", self.nick);
    }

    /// What was said in a room, as it was said.
    pub(super) fn heard_in(&mut self, name: &str, msgid: MsgId) {
        self.in_place(name, |place| {
            place.said.push_back(msgid);
            if place.said.len() > SAID_MAX {
                place.said.pop_front();
            }
        });
    }
}

impl Simulation {
    /// A room gets another name: one that another has or had, the same in other letters, or one that none has had.
    pub(super) fn rename(&mut self, room: &str) -> String {
        self.said += 1;
        let to = match self.random.below(4) {
            0 => self.random.pick(&ROOMS).to_owned(),
            1 if room == room.to_ascii_lowercase() => room.to_ascii_uppercase(),
            1 => folded(room),
            _ => format!("#r{}", self.said),
        };
        format!("RENAME {room} {to} :{RENAMED}{}", self.said)
    }

    /// One of the rooms that are there from the beginning, or one that somebody is in.
    pub(super) fn some_room(&mut self, id: SessionId) -> String {
        let own: Vec<String> = self.readers[&id].places.keys().cloned().collect();
        match self.random.chance(50) || own.is_empty() {
            true => self.random.pick(&ROOMS).to_owned(),
            false => own[self.random.below(own.len())].clone(),
        }
    }

    /// One of the rooms where somebody is an op.
    pub(super) fn ruled_room(&mut self, id: SessionId) -> Option<String> {
        let world = &self.model.world;
        let user = world.presence.user_of(id)?.id;
        let is_op = |room: &RoomId| world.presence.ranks(*room, user).is_some_and(|ranks| ranks.is_at_least(Rank::Op));
        let ruled: Vec<RoomId> = world.rooms_of(id).into_iter().filter(is_op).collect();
        let room = ruled.get(self.random.below(ruled.len().max(1)))?;
        Some(world.durable.room(*room)?.record.name.to_string())
    }

    /// What stands at the top of a room, by whoever may say so and by others.
    pub(super) fn pin(&mut self, room: &str) -> String {
        let kept = &self.model.kept.messages;
        let newest = kept.len().saturating_sub(40);
        let mut ids = Vec::new();
        for _ in 0..self.random.below(4) {
            ids.extend(kept.get(newest + self.random.below(40)).map(|message| message.msgid.to_string()));
        }
        match self.random.below(5) {
            0 => format!("METADATA {room} GET {PINS}"),
            1 => format!("METADATA {room} SET {PINS}"),
            _ => format!("METADATA {room} SET {PINS} :{}", ids.join(" ")),
        }
    }

    /// With all told and read, everybody's rooms are what the world says.
    pub(super) fn places_agree(&self) {
        for (id, reader) in &self.readers {
            if self.model.world.presence.user_of(*id).is_none() {
                continue;
            }
            let rooms: BTreeMap<String, RoomId> = self
                .model
                .world
                .rooms_of(*id)
                .into_iter()
                .filter_map(|room| Some((folded(&self.model.world.durable.room(room)?.record.name), room)))
                .collect();
            let (read, are): (Vec<_>, Vec<_>) = (reader.places.keys().collect(), rooms.keys().collect());
            assert_eq!(read, are, "seed {}: the rooms of {} ({id:?})", self.seed, reader.nick);
            for (place, room) in reader.places.values().zip(rooms.values()) {
                self.place_agrees(*id, place, *room);
            }
        }
    }

    fn place_agrees(&self, id: SessionId, place: &Place, room: RoomId) {
        let (world, reader) = (&self.model.world, &self.readers[&id]);
        let record = &world.durable.room(room).expect("whoever is in a room, it is there").record;
        let what = format!("seed {}: {} in {}", self.seed, reader.nick, record.name);
        assert!(place.all_named, "{what} was not told who is there");
        let people = world.presence.members(room).map(|(user, _)| user.nick.as_str().to_owned());
        assert_eq!(place.people, people.collect::<BTreeSet<_>>(), "{what}: who is there");
        let bans: BTreeSet<&str> = record.modes.bans.iter().map(|ban| &*ban.mask).collect();
        let gone = place.bans.iter().find(|ban| !bans.contains(ban.as_str()));
        assert_eq!(gone, None, "{what}: banned, and not any more");
        if let Some(told) = place.marked.strip_prefix("timestamp=").and_then(parse_server_time) {
            // Another tab may have logged in since: then it is the guest's that was told here.
            let markers = world.durable.facts_of_kind(FactKind::Marker).filter(|fact| *fact.key == *room.0.to_string());
            let mut upto = markers.filter_map(|fact| world.durable.fact(fact)?.parse().ok());
            assert!(upto.any(|upto: u64| upto >= told), "{what}: it had read up to {}", place.marked);
        }
        let pins = Fact { owner: room.0, kind: FactKind::Metadata, key: PINS.into() };
        let pins = world.durable.fact(&pins).map(ToString::to_string);
        match &place.pins {
            Pins::Known(known) if reader.wants_pins => assert_eq!(*known, pins, "{what}: the pins"),
            Pins::Owed if reader.wants_pins => panic!("{what} was not told the pins"),
            _ => {}
        }
    }

    /// Whoever was in a room that got another name, and still is connected, was told so.
    pub(super) fn nobody_is_left_behind(&self) {
        let renamed = &self.model.renamed;
        assert!(renamed.len() > 20, "seed {}: hardly any room was renamed: {}", self.seed, renamed.len());
        for (renamed, members) in renamed {
            for (id, reader) in members.iter().filter_map(|id| Some((id, self.readers.get(id)?))) {
                let is_told = reader.knows_renames || folded(&renamed.from) != folded(&renamed.to);
                let reason = &*renamed.reason;
                assert!(!is_told || reader.renames.contains(reason), "seed {}: {id:?} has missed {reason}", self.seed);
            }
        }
        let facts = self.model.world.durable.facts_of_kind(FactKind::Metadata);
        let pinned = facts.filter(|fact| &*fact.key == PINS).count();
        assert!(pinned > 0, "seed {}: nothing is pinned", self.seed);
    }
}
