//! Many users who do random things, legal and not, against the whole chat; checked at what each session reads.
//!
//! Several workers take in their inboxes at different times, the store commits late, loses messages, or refuses, and
//! sessions end at any point: all of it from one seed, which is printed. `cargo xtask simulate --seed N` replays it.

mod accounts;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Model, info};
use crate::entry::Entry;
use crate::ids::{MsgId, SessionId, Time, UserId};
use crate::info::{Rules, ServerInfo};
use crate::once::RecentBounds;
use crate::render::Framing;
use crate::shard::FirstGates;
use crate::world::{Leaving, World};

/// Eight seeds make more than a million.
const STEPS: usize = 130_000;
const WORKERS: u16 = 3;
const SESSIONS_MAX: usize = 24;
const ROOMS: [&str; 4] = ["#茶", "#b", "#lobby", "#c"];
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
    /// As which guest it came, if it has not logged in since.
    token: Option<String>,
    /// What it says next: it comes in step by step.
    prepared: VecDeque<String>,
    /// Whether its user has mode `w`.
    wallops: bool,
    /// What it was told by WALLOPS.
    called: BTreeSet<String>,
    inside: BTreeSet<String>,
    history: Option<String>,
    heard: BTreeSet<MsgId>,
    /// What it was told is taken back.
    redacted: BTreeSet<MsgId>,
    last_in_room: BTreeMap<String, MsgId>,
    /// The keys of metadata that it has ever wanted to be told of; a line may be on its way already when it does not.
    subscribed: BTreeSet<String>,
    /// Up to when it was told that it has read the room that is always there.
    marked: String,
    /// The latest message that it was told as it was said, in any room or in private.
    last_told: Option<MsgId>,
}

/// Something said with an id of its own: by whom, when, and the line without its label.
struct Once {
    by: SessionId,
    token: Option<String>,
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
        self.readers.insert(id, Reader::default());
        let multiline = if self.random.chance(50) { " draft/multiline" } else { "" };
        self.model.line(id, &format!("CAP REQ :{CAPS}{multiline}"));
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

    fn speak(&mut self) {
        let ids: Vec<SessionId> = self.readers.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.below(ids.len())];
        if !self.model.shards[usize::from(id.worker)].is_reading(id) {
            return;
        }
        let room = self.random.pick(&ROOMS);
        let nick = format!("user{}", self.random.below(30));
        if let Some(line) = self.readers.get_mut(&id).and_then(|reader| reader.prepared.pop_front()) {
            return self.model.line(id, &line);
        }
        let line = match self.random.below(26) {
            0..=3 => format!("JOIN {room}"),
            4 => format!("PART {room} :bye"),
            5 => format!("NICK {nick}"),
            6 => format!("TOPIC {room} :about {}", self.said),
            7 => format!("CHATHISTORY LATEST {room} * 20"),
            8 => format!("CHATHISTORY LATEST {nick} * 20"),
            9 => format!("@+typing=active TAGMSG {room}"),
            10 => self.everyday(room, &nick),
            20 => self.operators(id, &nick),
            21 => self.mark(room, &nick),
            22 => self.tell_of(id, room, &nick),
            23 => self.take_back(id, room, &nick),
            24..=25 => self.own(id, room, &nick),
            11 => self
                .random
                .pick(&["PING x", "NONSENSE", "PRIVMSG", "JOIN #", "NAMES #b", "TOPIC #b", "CAP LIST"])
                .to_owned(),
            12 if self.random.chance(10) => "QUIT :enough".to_owned(),
            12 => return self.say_much(id, room),
            13..=14 => {
                self.said += 1;
                self.say(id, format!("PRIVMSG {nick} :private {}", self.said))
            }
            15 => match self.repeat(id) {
                Some(line) => line,
                None => return,
            },
            _ => {
                self.said += 1;
                self.say(id, format!("PRIVMSG {room} :room {}", self.said))
            }
        };
        self.model.line(id, &line);
    }

    /// What is read, by whoever has reason to say so and by others.
    fn mark(&mut self, room: &str, nick: &str) -> String {
        let target = self.random.pick(&[room, "#lobby", nick]);
        let back_ms = self.random.below(600_000) as u64;
        let mut line = format!("MARKREAD {target} timestamp=");
        teahouse_proto::time::server_time(self.model.now.0 - back_ms, &mut line);
        if self.random.chance(80) { line } else { format!("MARKREAD {target}") }
    }

    /// Something that was read is taken back, by whoever may and by others.
    fn take_back(&mut self, id: SessionId, room: &str, nick: &str) -> String {
        let own = self.model.world.presence.user_of(id).and_then(|user| user.identity);
        let mut last = self.model.kept.messages.iter().rev().take(50);
        let own = last.rfind(|message| own.is_some() && message.author == own);
        if let Some(own) = own.filter(|_| self.random.chance(70)) {
            if self.random.chance(50) {
                let id = own.msgid;
                return format!(
                    "@teahouse.internal/target-msgid={id};teahouse.internal/edit-text={EDITED}{id} EDIT {}",
                    own.target
                );
            }
            return format!("REDACT {} {}", own.target, own.msgid);
        }
        let heard: Vec<MsgId> = self.readers[&id].heard.iter().rev().take(20).copied().collect();
        let Some(last) = heard.len().checked_sub(1) else { return "REDACT #b nonsense".to_owned() };
        let target = self.random.pick(&[room, room, room, nick]);
        format!("REDACT {target} {}", heard[self.random.below(last + 1)])
    }

    /// Several lines that are one message, now and then with something that does not belong there.
    fn say_much(&mut self, id: SessionId, room: &str) {
        self.said += 1;
        let mut lines = vec![format!("@label=l{} BATCH +1 draft/multiline {room}", self.said)];
        lines.push(format!("@batch=1 PRIVMSG {room} :room {}", self.said));
        lines.extend((0..1 + self.random.below(3)).map(|_| format!("@batch=1 PRIVMSG {room} :{MORE}")));
        if self.random.chance(10) {
            lines.push("PING between".to_owned());
        }
        lines.push("BATCH -1".to_owned());
        for line in lines {
            if self.model.shards[usize::from(id.worker)].is_reading(id) {
                self.model.line(id, &line);
            }
        }
    }

    /// What people tell of themselves and of rooms, and who wants to know.
    fn tell_of(&mut self, id: SessionId, room: &str, nick: &str) -> String {
        let key = self.random.pick(&["avatar", "color", "teahouse.internal/settings"]);
        let target = self.random.pick(&["*", "*", room, nick]);
        self.said += 1;
        match self.random.below(8) {
            0 => {
                self.readers.entry(id).or_default().subscribed.insert(key.to_owned());
                format!("METADATA * SUB {key}")
            }
            1 => format!("METADATA * UNSUB {key}"),
            2 => format!("METADATA {target} SYNC"),
            3 => format!("METADATA {target} CLEAR"),
            4 => format!("METADATA {target} SET {key}"),
            5 => format!("METADATA {target} LIST"),
            _ => format!("METADATA {target} SET {key} :{}", self.said),
        }
    }

    /// A message with its label, half of the time with an id of its own.
    fn say(&mut self, by: SessionId, line: String) -> String {
        if self.random.chance(50) {
            return format!("@label=l{} {line}", self.said);
        }
        let line = format!("teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-{:012x} {line}", self.said);
        let said = format!("@label=l{};{line}", self.said);
        let token = self.readers[&by].token.clone();
        self.once.push(Once { by, token, at: self.model.now, line });
        said
    }

    /// One of the newest messages once more, by whoever said it, on this connection or another.
    fn repeat(&mut self, by: SessionId) -> Option<String> {
        let now = self.model.now;
        self.once.retain(|said| said.at.plus_ms(REPEAT_MS) > now);
        self.once.drain(..self.once.len().saturating_sub(100));
        let token = &self.readers[&by].token;
        let own = |said: &&Once| said.by == by || (said.token.is_some() && said.token == *token);
        let own: Vec<String> = self.once.iter().filter(own).map(|said| said.line.clone()).collect();
        let line = own.get(self.random.below(own.len().max(1)))?;
        self.said += 1;
        self.repeats.insert(format!("l{}", self.said));
        Some(format!("@label=l{};{line}", self.said))
    }

    /// Modes, ranks, kicks and the rest.
    fn everyday(&mut self, room: &str, nick: &str) -> String {
        match self.random.below(12) {
            0 => format!("KICK {room} {nick} :out"),
            1 => format!("INVITE {nick} {room}"),
            2 => format!("MODE {room} {}m", self.random.pick(&["+", "-"])),
            3 => format!(
                "MODE {room} {}{} {nick}",
                self.random.pick(&["+", "-"]),
                self.random.pick(&["o", "v", "h", "b"])
            ),
            4 => format!("MODE {room} {}", self.random.pick(&["+i", "-i", "+s-s", "+l 20", "-l", "+k key", "-k"])),
            5 => "AWAY :out".to_owned(),
            6 => "AWAY".to_owned(),
            7 => format!("MONITOR + {nick}"),
            8 => format!("MONITOR - {nick}"),
            9 => format!("WHO {room}"),
            10 => format!("WHOIS {nick}"),
            _ => "LIST".to_owned(),
        }
    }

    /// What an operator does, and who would be one.
    fn operators(&mut self, id: SessionId, nick: &str) -> String {
        let own = &self.readers[&id].nick;
        let is_operator = self.model.world.is_operator(id);
        match self.random.below(8) {
            0..=3 => format!("MODE {own} {}", self.random.pick(&["+w", "+w", "+w", "-w", "-o", "+i", "-i"])),
            4..=6 if !is_operator => format!("OPER root {}", self.random.pick(&["oolong", "oolong", "green"])),
            4 => format!("KILL {nick} :out"),
            _ => {
                self.said += 1;
                format!("WALLOPS :{}", self.said)
            }
        }
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

    /// Everybody reads what has come, and every line is looked at.
    fn read(&mut self) {
        for id in self.readers.keys().copied().collect::<Vec<_>>() {
            for line in self.model.output(id) {
                self.line(id, &line);
            }
            let shard = &mut self.model.shards[usize::from(id.worker)];
            if shard.outlet(id).is_none_or(|outlet| outlet.is_finished()) {
                shard.remove(id);
                self.readers.remove(&id);
            }
        }
    }

    fn line(&mut self, id: SessionId, line: &str) {
        let seed = self.seed;
        let message =
            teahouse_proto::irc::Message::parse(line).unwrap_or_else(|e| panic!("seed {seed}: {line}: {e:?}"));
        let reader = self.readers.get_mut(&id).expect("whoever reads is known");
        let from = message.source.and_then(|source| source.split('!').next()).unwrap_or_default();
        let is_own = from == reader.nick;
        let param = |index: usize| message.params.get(index).unwrap_or_default();
        match message.command {
            "001" => reader.nick = param(0).to_owned(),
            // What was read, or said, before was so as somebody else.
            "900" => {
                reader.marked.clear();
                reader.token = None;
                self.once.retain(|said| said.by != id);
                self.logins += 1;
            }
            "GUEST" => {
                reader.token = Some(param(1).to_owned());
                self.tokens.push(param(1).to_owned());
            }
            "NICK" if is_own => reader.nick = param(0).to_owned(),
            "221" => reader.wallops = param(1).contains('w'),
            "MODE" if param(0) == reader.nick && param(1).ends_with('w') => reader.wallops = param(1) == "+w",
            "WALLOPS" => {
                assert!(reader.wallops, "seed {seed}: {} did not want it: {line}", reader.nick);
                let first = reader.called.insert(param(0).to_owned());
                assert!(first, "seed {seed}: {} reads it twice: {line}", reader.nick);
            }
            "JOIN" if is_own => drop(reader.inside.insert(param(0).to_owned())),
            "PART" if is_own => drop(reader.inside.remove(param(0))),
            "KICK" if param(1) == reader.nick => drop(reader.inside.remove(param(0))),
            "BATCH" if param(0).starts_with('+') && param(1) == "chathistory" => {
                reader.history = Some(param(2).to_owned());
            }
            "BATCH" if param(1) == "draft/multiline" => self.message(id, &message, param(2), "room", line),
            "BATCH" if param(0).starts_with("-m") => {}
            "BATCH" if param(0).starts_with('-') => reader.history = None,
            "FAIL" if param(0) == "BATCH" => {}
            "REDACT" => {
                let message = MsgId::parse(param(1)).expect("the id of a message");
                let first = reader.redacted.insert(message);
                assert!(first || !param(0).starts_with('#'), "seed {seed}: taken back twice: {line}");
            }
            "FAIL" if param(0) == "PRIVMSG" => {
                assert_eq!(param(1), "TEMPORARILY_UNAVAILABLE", "seed {seed}: {line}");
                let label = message.tags.get("label").expect("a failure names the line that failed");
                assert!(self.lost.insert(label.into_owned()), "seed {seed}: failed twice: {line}");
            }
            "MARKREAD" if param(0) == "#lobby" && param(1) != "*" => {
                assert!(param(1) >= &*reader.marked, "seed {seed}: unread again: {line}");
                reader.marked = param(1).to_owned();
            }
            // Its id was told with its batch, or its first line.
            "PRIVMSG" if message.tags.get("msgid").is_none() => {
                let is_piece = message.tags.get("batch").is_some_and(|batch| batch.starts_with('m'));
                assert!(is_piece || param(1) == MORE, "seed {seed}: without an id: {line}");
            }
            "PRIVMSG" => self.message(id, &message, param(0), param(1), line),
            "METADATA" if message.tags.get("batch").is_none() => {
                assert!(reader.subscribed.contains(param(1)), "seed {seed}: not subscribed: {line}");
                assert!(
                    is_own || param(2) != "private",
                    "seed {seed}: {} reads another's settings: {line}",
                    reader.nick
                );
            }
            "METADATA" if param(2) == "private" => {
                assert_eq!(param(0), reader.nick, "seed {seed}: {} reads another's settings: {line}", reader.nick);
            }
            "TAGMSG" => drop(reader.heard.insert(msgid_of(&message))),
            _ => {}
        }
    }

    fn message(
        &mut self,
        id: SessionId,
        message: &teahouse_proto::irc::Message<'_>,
        target: &str,
        text: &str,
        line: &str,
    ) {
        let seed = self.seed;
        let reader = self.readers.get_mut(&id).expect("whoever reads is known");
        let msgid = msgid_of(message);
        if let Some(label) = message.tags.get("label") {
            assert!(!self.lost.contains(&*label), "seed {seed}: failed and echoed: {line}");
            let kept = self.model.kept.messages.iter().any(|kept| kept.msgid == msgid);
            let kept = kept || self.model.kept.redacted.contains(&msgid);
            // What is said to somebody without a token, or by somebody without one, is not kept.
            assert!(kept || text.starts_with("private"), "seed {seed}: echoed and not kept: {line}");
            let id = message.tags.get("teahouse.internal/client-msgid").map(std::borrow::Cow::into_owned);
            let first = id.and_then(|id| self.said_as.insert(id, msgid));
            assert!(first.is_none_or(|first| first == msgid), "seed {seed}: said twice: {line}");
            let is_repeat = self.repeats.contains(&*label);
            assert!(self.echoes.insert(label.into_owned(), msgid).is_none(), "seed {seed}: echoed twice: {line}");
            if is_repeat {
                // The only line that is out of the order of all others.
                self.told_again += usize::from(first.is_some());
                reader.heard.insert(msgid);
                return;
            }
        }
        let has_id = message.tags.get("teahouse.internal/client-msgid").is_some();
        let is_own = message.source.is_some_and(|source| source.split('!').next() == Some(&reader.nick));
        assert!(!has_id || is_own || reader.history.is_some(), "seed {seed}: another's id: {line}");
        if reader.history.is_some() {
            assert!(!reader.redacted.contains(&msgid), "seed {seed}: taken back and given again: {line}");
            return;
        }
        reader.heard.insert(msgid);
        // One order for all rooms together: nothing overtakes what waits for the disk.
        let before = reader.last_told.replace(msgid);
        assert!(before.is_none_or(|before| before <= msgid), "seed {seed}: out of the session's order: {line}");
        if target.starts_with('#') {
            assert!(reader.inside.contains(target), "seed {seed}: {} is not in {target}: {line}", reader.nick);
            let last = reader.last_in_room.insert(target.to_owned(), msgid);
            assert!(last.is_none_or(|last| last < msgid), "seed {seed}: out of the room's order: {line}");
        } else if message.tags.get("label").is_none() {
            let nick = &reader.nick;
            let own = message.source.is_some_and(|source| source.split('!').next() == Some(nick));
            assert!(target == nick || own, "seed {seed}: {nick} reads what is for {target}: {line}");
        }
    }

    /// What holds whatever has happened: a nick is one user's, a store's world equals the live one.
    fn look_at_the_whole(&mut self) {
        let (users, _) = self.model.world.presence.users_after(UserId::default(), usize::MAX);
        let nicks: BTreeSet<&str> = users.iter().map(|user| user.nick.key()).collect();
        assert_eq!(nicks.len(), users.len(), "seed {}: a nick is one user's", self.seed);
        for user in &users {
            let found = self.model.world.presence.user_named(&user.nick).map(|found| found.id);
            assert_eq!(found, Some(user.id), "seed {}: {} is found by its nick", self.seed, user.nick.as_str());
        }
        self.tell_all();
        while self.model.unsettled() > 0 {
            self.model.settle(usize::MAX, true);
        }
        self.tell_all();
        for shard in &self.model.shards {
            assert_eq!(
                shard.first_gates(),
                FirstGates::default(),
                "seed {}: all is settled, and a gate has stayed closed",
                self.seed
            );
        }
        let loaded = World::load(self.model.info.rules.clone(), self.model.kept.records());
        let (live, loaded) = (self.model.world.durable_fingerprint(), loaded.durable_fingerprint());
        assert_eq!(live, loaded, "seed {}: a world loaded from the store equals the live one", self.seed);
        self.members_agree();
        self.watchers_agree();
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

fn msgid_of(message: &teahouse_proto::irc::Message<'_>) -> MsgId {
    MsgId::parse(&message.tags.get("msgid").expect("all of them asked for tags")).expect("ours")
}
