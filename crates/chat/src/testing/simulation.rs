//! Many users who do random things, legal and not, against the whole chat; checked at what each session reads.
//!
//! Several workers take in their inboxes at different times, the store commits late, loses messages, or refuses, and
//! sessions end at any point: all of it from one seed, which is printed. `cargo xtask simulate --seed N` replays it.

mod accounts;
mod places;
mod reacting;
mod reading;
mod speaking;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::places::{PINS, Place};
use self::reacting::{Page, Wants};
use super::{Model, info};
use crate::entry::Entry;
use crate::ids::{MsgId, SessionId, Time};
use crate::info::{Rules, ServerInfo};
use crate::once::RecentBounds;
use crate::render::Framing;
use crate::world::{Leaving, World};

/// Eight seeds make more than a million.
const STEPS: usize = 160_000;
const WORKERS: u16 = 3;
const SESSIONS_MAX: usize = 24;
const ROOMS: [&str; 5] = ["#茶", "#b", "#lobby", "#c", "#d"];
const CAPS: &str = "message-tags server-time echo-message batch labeled-response draft/chathistory draft/message-redaction draft/read-marker draft/metadata-2 teahouse.internal/guest teahouse.internal/client-msgid";

/// What a message says that was put in other words.
const EDITED: &str = "edited-";
/// What the further lines of a message say.
const MORE: &str = "more";

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).expect("31 bits fit") % bound
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// What one session has read so far.
#[derive(Default)]
struct Reader {
    nick: String,
    /// What it says next: it comes in step by step.
    prepared: VecDeque<String>,
    /// Whether its user has mode `w`.
    wallops: bool,
    /// What it was told by WALLOPS.
    called: BTreeSet<String>,
    /// The rooms that it is in, by their names.
    places: BTreeMap<String, Place>,
    /// The room that it was told it has left, because it goes by another name.
    moving: Option<Place>,
    /// By what it was told that a room goes by another name.
    renames: BTreeSet<String>,
    /// Whether it is told so as what it is.
    knows_renames: bool,
    /// Whether it has subscribed to pins.
    wants_pins: bool,
    /// What it wants of reactions.
    wants: Wants,
    history: Option<Page>,
    heard: BTreeSet<MsgId>,
    /// What it was told is taken back.
    redacted: BTreeSet<MsgId>,
    last_in_room: BTreeMap<String, MsgId>,
    /// The keys of metadata that it has ever wanted to be told of; a line may be on its way already when it does not.
    subscribed: BTreeSet<String>,
    /// The latest message that it was told as it was said, in any room or in private.
    last_told: Option<MsgId>,
}

/// Something said with an id of its own: by whom, as whom if that is remembered, when, and the line without its label.
struct Once {
    by: SessionId,
    own: Option<u64>,
    at: Time,
    line: String,
}

/// A message is repeated for so long at most.
const REPEAT_MS: u64 = 15 * 60 * 1000;

struct Simulation {
    random: Random,
    model: Model,
    readers: BTreeMap<SessionId, Reader>,
    tokens: Vec<String>,
    said: usize,
    /// How often somebody was told that it is logged in.
    logins: usize,
    echoes: BTreeMap<String, MsgId>,
    lost: BTreeSet<String>,
    /// What was said with an id of its own.
    once: Vec<Once>,
    /// Labels of repeats.
    repeats: BTreeSet<String>,
    /// As what each id of a client's came back.
    said_as: BTreeMap<String, MsgId>,
    /// How many repeats were answered by the echo of a first that was seen.
    told_again: usize,
    /// Whether nothing is under way, so that a page is exactly so.
    exactly: bool,
    /// How many reactions were found in such pages.
    reactions_read: usize,
    seed: u64,
}

/// Long answers come in small pieces, so that much happens in between; ids are forgotten soon, but not between a
/// message and its repeat.
fn settings() -> ServerInfo {
    let info = info();
    let recent = RecentBounds { ids_max: 300, age_ms: 20 * 60 * 1000 };
    ServerInfo { rules: Rules { rows_per_hold: 3, recent, ..info.rules.clone() }, ..info }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may be told its seed")]
#[expect(clippy::print_stderr, reason = "whoever reads a failure wants the seed")]
fn simulation_of_many_users() {
    let fixed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in fixed.map_or_else(|| (1..=8).collect(), |seed: u64| vec![seed]) {
        eprintln!("simulation seed {seed}");
        let simulation = Simulation::run(seed);
        simulation.replay();
        assert!(simulation.echoes.len() > 500, "seed {seed}: hardly anything was said");
        assert!(simulation.told_again > 20, "seed {seed}: only {} repeats were answered", simulation.told_again);
        assert!(simulation.logins > 100, "seed {seed}: hardly anybody has an account: {}", simulation.logins);
        let read = simulation.reactions_read;
        assert!(read > 100, "seed {seed}: hardly any reaction was read: {read}");
    }
}

impl Simulation {
    fn run(seed: u64) -> Self {
        let mut simulation = Simulation {
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            model: Model::new(settings(), WORKERS),
            readers: BTreeMap::new(),
            tokens: Vec::new(),
            said: 0,
            logins: 0,
            echoes: BTreeMap::new(),
            lost: BTreeSet::new(),
            once: Vec::new(),
            repeats: BTreeSet::new(),
            said_as: BTreeMap::new(),
            told_again: 0,
            exactly: false,
            reactions_read: 0,
            seed,
        };
        for step in 0..STEPS {
            simulation.step();
            if step % 1000 == 0 {
                simulation.look_at_the_whole();
            }
        }
        simulation.model.writable = true;
        simulation.model.settle_down();
        simulation.read();
        simulation.look_at_the_whole();
        simulation.nobody_has_missed_anything();
        simulation.nobody_is_left_behind();
        simulation
    }

    /// The entries that were left behind, read again and applied to a new world, do the same.
    fn replay(&self) {
        let mut world = World::load(self.model.info.rules.clone(), crate::durable::Records::default());
        for (line, effects) in self.model.trail.iter().zip(&self.model.effects) {
            let outcome = world.apply(&Entry::from_json(line).expect("what was written can be read"));
            let again = format!("{:?}{:?}", outcome.effects, outcome.changes);
            assert_eq!(*effects, again, "seed {}: same entry, same effects: {line}", self.seed);
        }
        assert_eq!(world.durable_fingerprint(), self.model.world.durable_fingerprint(), "seed {}", self.seed);
    }

    /// Whoever was in a room, and still is connected, has read everything that was said there meanwhile; whoever
    /// wanted to read what operators tell, has.
    fn nobody_has_missed_anything(&self) {
        let redacted = &self.model.kept.redacted;
        assert!(redacted.len() > 10, "seed {}: hardly anything was taken back: {}", self.seed, redacted.len());
        let edited = self.model.kept.messages.iter().filter(|kept| kept.edited.is_some());
        let edited: Vec<_> = edited.map(|kept| (&kept.text, format!("{EDITED}{}", kept.msgid))).collect();
        assert!(edited.len() > 5, "seed {}: hardly anything was edited: {}", self.seed, edited.len());
        assert!(edited.iter().all(|(text, own)| ***text == **own), "seed {}: not its words", self.seed);
        let mut kept = self.model.kept.messages.iter();
        assert!(kept.all(|kept| !redacted.contains(&kept.msgid)), "seed {}: taken back and kept", self.seed);
        for (text, hearers) in &self.model.called {
            for (id, reader) in hearers.iter().filter_map(|id| Some((id, self.readers.get(id)?))) {
                assert!(reader.called.contains(&**text), "seed {}: {id:?} has missed {text}", self.seed);
            }
        }
        for (msgid, hearers) in &self.model.heard_by {
            for (id, reader) in hearers.iter().filter_map(|id| Some((id, self.readers.get(id)?))) {
                assert!(reader.heard.contains(msgid), "seed {}: {id:?} has missed {msgid}", self.seed);
            }
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..=2 => self.arrive(),
            3..=35 => self.speak(),
            36..=85 => {
                let worker = self.random.below(usize::from(WORKERS));
                // Half of the time only a part of those concerned are told.
                let receivers_max = if self.random.chance(50) { usize::MAX } else { 1 + self.random.below(6) };
                self.model.deliver_to(worker, receivers_max);
            }
            86..=93 => {
                let count = 1 + self.random.below(4);
                let commits = !self.random.chance(5);
                self.model.settle(count, commits);
            }
            94 => self.model.writable = !self.random.chance(20),
            95 => {
                let seconds = self.random.below(200) as u64;
                self.model.now = self.model.now.plus_ms(seconds * 1000);
                if self.model.world.next_deadline().is_some_and(|due| due <= self.model.now) {
                    self.model.submit(None, crate::entry::Action::Expire);
                }
            }
            96 => self.drop_one(),
            97..=98 => drop(self.model.work()),
            _ => self.read(),
        }
    }

    fn arrive(&mut self) {
        if self.readers.len() >= SESSIONS_MAX {
            return;
        }
        let worker = self.random.below(usize::from(WORKERS));
        let framing = Framing::Lines;
        let id = self.model.shards[worker].connect("host".into(), framing);
        let multiline = if self.random.chance(50) { " draft/multiline" } else { "" };
        let wants = [Wants::None, Wants::WithMessages, Wants::InTime][self.random.below(3)];
        let knows_renames = self.random.chance(50);
        let rename = if knows_renames { " draft/channel-rename" } else { "" };
        self.readers.insert(id, Reader { wants, knows_renames, ..Reader::default() });
        self.model.line(id, &format!("CAP REQ :{CAPS}{multiline}{rename}{}", wants.capability()));
        let login = if self.random.chance(30) { self.login() } else { Vec::new() };
        let nick = format!("user{}", self.random.below(30));
        let last = [format!("NICK {nick}"), "USER u 0 * :u".into(), "CAP END".into()];
        if !login.is_empty() {
            // Between its lines others get a word in, and the proof takes its time.
            self.readers.entry(id).or_default().prepared = login.into_iter().chain(last).collect();
            return;
        }
        if self.random.chance(70) {
            let token = match self.tokens.len() {
                0 => "*".to_owned(),
                count if self.random.chance(50) => self.tokens[self.random.below(count)].clone(),
                _ => "*".to_owned(),
            };
            self.model.line(id, &format!("GUEST {token}"));
        }
        last.iter().for_each(|line| self.model.line(id, line));
    }

    fn drop_one(&mut self) {
        let ids: Vec<SessionId> = self.readers.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.below(ids.len())];
        let mut steps = Vec::new();
        self.model.shards[usize::from(id.worker)].hang_up(id, "Connection lost", Leaving::Dropped, &mut steps);
        self.model.carry_out(id, steps);
        if self.random.chance(50) {
            // The socket is closed before the world has heard of it.
            self.model.shards[usize::from(id.worker)].remove(id);
            self.readers.remove(&id);
        }
    }

    /// Every worker goes on until it sleeps.
    fn tell_all(&mut self) {
        for worker in 0..usize::from(WORKERS) {
            while !self.model.has_told_all(worker) {
                self.model.deliver(worker);
            }
        }
    }

    /// With all told, the workers' members of each room are the world's.
    fn members_agree(&self) {
        for shard in &self.model.shards {
            for (id, room) in shard.memberships() {
                assert!(self.model.world.rooms_of(id).contains(&room), "seed {}: {id:?} is not in {room:?}", self.seed);
            }
        }
        let local: usize = self.model.shards.iter().map(|shard| shard.memberships().len()).sum();
        let ids = self.model.shards.iter().flat_map(crate::shard::Shard::sessions);
        let world: usize = ids.map(|id| self.model.world.rooms_of(id).len()).sum();
        assert_eq!(local, world, "seed {}: the workers know of as many members as the world", self.seed);
    }
}
