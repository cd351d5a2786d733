//! What the many users say and do.

use super::reacting::PAGE_ROWS;
use super::{EDITED, MORE, Once, REPEAT_MS, Simulation};
use crate::ids::{Identity, MsgId, SessionId};

impl Simulation {
    pub(super) fn speak(&mut self) {
        let ids: Vec<SessionId> = self.readers.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.below(ids.len())];
        if !self.model.shards[usize::from(id.worker)].is_reading(id) {
            return;
        }
        let room = &*self.some_room(id);
        let nick = format!("user{}", self.random.below(30));
        if let Some(line) = self.readers.get_mut(&id).and_then(|reader| reader.prepared.pop_front()) {
            return self.model.line(id, &line);
        }
        if let Some(ruled) = self.ruled_room(id).filter(|_| self.random.chance(15)) {
            let line = match self.random.below(3) {
                0 => self.rename(&ruled),
                1 => self.pin(&ruled),
                _ => self.everyday(&ruled, &nick),
            };
            return self.model.line(id, &line);
        }
        let line = match self.random.below(30) {
            0 if self.random.chance(50) => format!("JOIN #n{}", self.random.below(60)),
            0..=3 => format!("JOIN {room}"),
            4 => format!("PART {room} :bye"),
            5 => format!("NICK {nick}"),
            6 => format!("TOPIC {room} :about {}", self.said),
            7 => format!("CHATHISTORY LATEST {room} * {PAGE_ROWS}"),
            8 => format!("CHATHISTORY LATEST {nick} * {PAGE_ROWS}"),
            9 => format!("@+typing=active TAGMSG {room}"),
            10 => self.everyday(room, &nick),
            20 => self.operators(id, &nick),
            21 => self.mark(room, &nick),
            22 => self.tell_of(id, room, &nick),
            23 => self.take_back(id, room, &nick),
            24..=25 => self.own(id, room, &nick),
            26 if self.random.chance(30) => self.rename(room),
            26 => self.everyday(room, &nick),
            27 => self.pin(room),
            28..=29 => match self.react(id) {
                Some(line) => line,
                None => return,
            },
            11 => self
                .random
                .pick(&["PING x", "NONSENSE", "PRIVMSG", "JOIN #", "JOIN 0", "NAMES #b", "TOPIC #b", "CAP LIST"])
                .to_owned(),
            12 if self.random.chance(10) => "QUIT :enough".to_owned(),
            12 => return self.say_much(id, room),
            13..=14 => {
                self.said += 1;
                self.say(id, "", format!("PRIVMSG {nick} :private {}", self.said))
            }
            15..=16 => match self.repeat(id) {
                Some(line) => line,
                None => return,
            },
            _ => {
                self.said += 1;
                self.say(id, "", format!("PRIVMSG {room} :room {}", self.said))
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
    pub(super) fn say(&mut self, by: SessionId, tags: &str, line: String) -> String {
        let more = if tags.is_empty() { String::new() } else { format!(";{tags}") };
        if self.random.chance(50) {
            return format!("@label=l{}{more} {line}", self.said);
        }
        let line = format!("teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-{:012x}{more} {line}", self.said);
        let said = format!("@label=l{};{line}", self.said);
        self.once.push(Once { by, own: self.number_of(by), at: self.model.now, line });
        said
    }

    /// One of the newest messages once more, by whoever said it, on this connection or another.
    fn repeat(&mut self, by: SessionId) -> Option<String> {
        let now = self.model.now;
        self.once.retain(|said| said.at.plus_ms(REPEAT_MS) > now);
        self.once.drain(..self.once.len().saturating_sub(100));
        let number = self.number_of(by);
        let own = |said: &&Once| said.own == number && (said.by == by || number.is_some());
        let own: Vec<String> = self.once.iter().filter(own).map(|said| said.line.clone()).collect();
        let line = own.get(self.random.below(own.len().max(1)))?;
        self.said += 1;
        self.repeats.insert(format!("l{}", self.said));
        Some(format!("@label=l{};{line}", self.said))
    }

    /// The number of whoever somebody is, if that is remembered.
    pub(super) fn number_of(&self, id: SessionId) -> Option<u64> {
        self.model.world.presence.user_of(id)?.identity.map(Identity::number)
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
}
