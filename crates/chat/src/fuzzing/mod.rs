//! What fuzzing looks for: whatever clients send, everybody reads lines that are lines, and nobody what is not for them.
//!
//! `fuzz/fuzz_targets` calls [`sessions`] with what libFuzzer thinks up, the test below with what is kept in the repository.

mod reader;

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

use std::collections::BTreeMap;

use teahouse_proto::limits::LINE_BYTES_MAX;

use crate::entry::{Action, Entry};
use crate::ids::SessionId;
use crate::render::Framing;
use crate::testing::{Model, info};
use crate::world::{Leaving, World};
use reader::Reader;

/// How many steps of an input are taken: enough for anything, and soon over.
const STEPS_MAX: usize = 400;
/// Sessions 0 to 3 come registered, each with other capabilities; what 4 and 5 send is all that they ever send.
const CAPS: [&str; 4] = [
    "message-tags server-time echo-message batch labeled-response draft/chathistory multi-prefix away-notify \
     extended-join invite-notify cap-notify setname chghost extended-monitor account-notify account-tag \
     teahouse.internal/guest",
    "message-tags echo-message batch labeled-response userhost-in-names no-implicit-names",
    "",
    "server-time draft/chathistory teahouse.internal/guest",
];
const SESSIONS: usize = 6;
const WORKERS: u16 = 2;

/// Each line of the input is a step; its first character says what.
///
/// `0` to `5`: this session sends the rest of the line. `-N`: session N's connection is lost. `@NM`: session N comes
/// back with session M's token. `<N`: worker N takes in one delivery; `>`: everything is delivered. `+` and `!`: the
/// store commits, or loses, one position. `~`: writing fails, or works again. `tN`: N times ten seconds go by.
pub fn sessions(bytes: &[u8]) {
    let mut house = House { model: Model::new(info(), WORKERS), readers: BTreeMap::new(), tokens: BTreeMap::new() };
    for step in bytes.split(|byte| *byte == b'\n').take(STEPS_MAX) {
        house.step(step);
        house.read();
    }
    house.close();
}

struct House {
    model: Model,
    readers: BTreeMap<usize, Reader>,
    tokens: BTreeMap<usize, String>,
}

impl House {
    fn step(&mut self, step: &[u8]) {
        let digit = |index: usize| step.get(index).map_or(0, |byte| usize::from(byte.wrapping_sub(b'0')));
        match step {
            [b'0'..=b'5', line @ ..] => self.send(digit(0), line),
            [b'-', ..] => self.lose(digit(1)),
            [b'@', ..] => self.come_back(digit(1) % SESSIONS, digit(2)),
            [b'<', ..] => self.model.deliver(digit(1) % usize::from(WORKERS)),
            [b'>', ..] => self.deliver_all(),
            [b'+', ..] => self.model.settle(1, true),
            [b'!', ..] => self.model.settle(1, false),
            [b'~', ..] => self.model.writable = !self.model.writable,
            [b't', ..] => {
                self.model.now = self.model.now.plus_ms(digit(1) as u64 * 10_000);
                if self.model.world.next_deadline().is_some_and(|due| due <= self.model.now) {
                    self.model.submit(None, Action::Expire);
                }
            }
            _ => {}
        }
    }

    fn send(&mut self, slot: usize, line: &[u8]) {
        let id = self.session(slot);
        if !self.model.shards[usize::from(id.worker)].is_reading(id) {
            self.model.settle_down();
            self.read();
        }
        let id = self.session(slot);
        self.line(id, line);
    }

    fn line(&mut self, id: SessionId, line: &[u8]) {
        let shard = &mut self.model.shards[usize::from(id.worker)];
        if shard.is_reading(id) {
            let mut steps = Vec::new();
            let line = &line[..line.len().min(LINE_BYTES_MAX)];
            shard.receive(id, line, 0, &mut steps);
            self.model.carry_out(id, steps);
        }
    }

    /// Who is there in this place: whoever was, or somebody who arrives now.
    fn session(&mut self, slot: usize) -> SessionId {
        match self.readers.get(&slot) {
            Some(reader) => reader.id,
            None => self.arrive(slot, "*"),
        }
    }

    fn arrive(&mut self, slot: usize, token: &str) -> SessionId {
        let worker = slot % usize::from(WORKERS);
        let id = self.model.shards[worker].connect(format!("host{slot}").as_str().into(), Framing::Lines);
        self.readers.insert(slot, Reader::new(id));
        if let Some(caps) = CAPS.get(slot) {
            let guest = caps.contains("guest").then(|| format!("GUEST {token}"));
            let lines = [format!("CAP REQ :{caps}"), format!("NICK user{slot}"), "USER u 0 * :u".into()];
            for line in lines.into_iter().chain(guest).chain(["CAP END".into()]) {
                self.line(id, line.as_bytes());
            }
        }
        id
    }

    fn come_back(&mut self, slot: usize, whose: usize) {
        self.lose(slot);
        let token = self.tokens.get(&whose).cloned().unwrap_or_else(|| "*".to_owned());
        self.arrive(slot, &token);
    }

    /// The socket is closed; what was on its way to it is lost.
    fn lose(&mut self, slot: usize) {
        let Some(reader) = self.readers.remove(&slot) else { return };
        let mut steps = Vec::new();
        let shard = &mut self.model.shards[usize::from(reader.id.worker)];
        shard.hang_up(reader.id, "Connection lost", Leaving::Dropped, &mut steps);
        self.model.carry_out(reader.id, steps);
        self.model.shards[usize::from(reader.id.worker)].remove(reader.id);
    }

    fn deliver_all(&mut self) {
        for worker in 0..usize::from(WORKERS) {
            while !self.model.has_told_all(worker) {
                self.model.deliver(worker);
            }
        }
    }

    /// Everybody reads what there is to read; whoever has read a goodbye goes.
    fn read(&mut self) {
        let mut gone = Vec::new();
        for (slot, reader) in &mut self.readers {
            let shard = &mut self.model.shards[usize::from(reader.id.worker)];
            let Some(outlet) = shard.outlet(reader.id) else { continue };
            let lines: Vec<_> = outlet.ready().cloned().collect();
            outlet.consume(lines.iter().map(bytes::Bytes::len).sum(), |_| {});
            let is_finished = outlet.is_finished();
            for line in lines {
                reader.read(&line);
            }
            self.tokens.extend(reader.token.take().map(|token| (*slot, token)));
            if is_finished {
                shard.remove(reader.id);
                gone.push(*slot);
            }
        }
        gone.iter().for_each(|slot| drop(self.readers.remove(slot)));
    }

    /// In the end everything is delivered and kept, and everybody who is there is answered.
    fn close(&mut self) {
        self.model.writable = true;
        self.model.settle_down();
        self.read();
        let ids: Vec<_> = self.readers.values().map(|reader| reader.id).collect();
        for id in ids {
            assert!(self.model.shards[usize::from(id.worker)].is_reading(id), "{id:?} reads no further line");
            self.line(id, b"PING the-end");
        }
        self.model.settle_down();
        self.read();
        for (slot, reader) in &self.readers {
            assert!(reader.last.contains("PONG") && reader.last.ends_with(":the-end"), "{slot}: {}", reader.last);
        }
        self.members_agree();
        self.can_be_replayed();
        let loaded = World::load(self.model.info.rules.clone(), self.model.kept.records());
        assert_eq!(self.model.world.durable_fingerprint(), loaded.durable_fingerprint(), "what is kept is the world");
    }

    /// Every worker's members of each room are the world's.
    fn members_agree(&self) {
        for shard in &self.model.shards {
            let mut local: Vec<_> = shard.memberships();
            let ids = shard.sessions().into_iter();
            let mut world: Vec<_> =
                ids.flat_map(|id| self.model.world.rooms_of(id).into_iter().map(move |room| (id, room))).collect();
            local.sort_unstable();
            world.sort_unstable();
            assert_eq!(local, world, "a worker's members are not the world's");
        }
    }

    /// The same entries have the same effects.
    fn can_be_replayed(&self) {
        let mut world = World::load(self.model.info.rules.clone(), crate::durable::Records::default());
        for (line, effects) in self.model.trail.iter().zip(&self.model.effects) {
            let entry = Entry::from_json(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let outcome = world.apply(&entry);
            assert_eq!(*effects, format!("{:?}{:?}", outcome.effects, outcome.changes), "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn corpus_of_sessions() {
        super::replay::replay("sessions", super::sessions);
    }
}
