//! What the many users read, and what must hold of every line.

use std::collections::BTreeSet;

use super::places::folded;
use super::reacting::Page;
use super::{MORE, PINS, Simulation};
use crate::ids::{MsgId, SessionId, UserId};
use crate::shard::FirstGates;
use crate::world::World;

impl Simulation {
    /// Everybody reads what has come, and every line is looked at.
    pub(super) fn read(&mut self) {
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

    /// Everything is told, done, kept and read, until nothing is under way.
    pub(super) fn read_all(&mut self) {
        loop {
            self.model.settle_down();
            let waits = |id: &SessionId| {
                let outlet = self.model.shards[usize::from(id.worker)].outlet(*id);
                outlet.is_some_and(|outlet| outlet.ready().next().is_some())
            };
            if !self.readers.keys().copied().collect::<Vec<_>>().iter().any(waits) {
                return;
            }
            self.read();
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
        if reader.history.is_some() && !matches!(message.command, "BATCH" | "PRIVMSG") {
            return reader.in_page(&message, line, seed);
        }
        reader.follow(&message, from, seed);
        match message.command {
            "001" => {
                reader.nick = param(0).to_owned();
                reader.subscribed.insert(PINS.to_owned());
                reader.prepared.push_front(format!("METADATA * SUB {PINS}"));
            }
            "900" => self.logins += 1,
            "GUEST" => self.tokens.push(param(1).to_owned()),
            "221" => reader.wallops = param(1).contains('w'),
            "MODE" if param(0) == reader.nick && param(1).ends_with('w') => reader.wallops = param(1) == "+w",
            "WALLOPS" => {
                assert!(reader.wallops, "seed {seed}: {} did not want it: {line}", reader.nick);
                let first = reader.called.insert(param(0).to_owned());
                assert!(first, "seed {seed}: {} reads it twice: {line}", reader.nick);
            }
            "BATCH" if param(0).starts_with('+') && param(1) == "chathistory" => {
                reader.history = Some(Page::of(param(2)));
            }
            "BATCH" if param(1) == "draft/multiline" => self.message(id, &message, param(2), "room", line),
            "BATCH" if param(0).starts_with("-m") => {}
            "BATCH" if param(0).starts_with('-') => {
                if let Some(page) = reader.history.take() {
                    self.page_read(id, &page);
                }
            }
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
            "FAIL" if param(0) == "TAGMSG" && param(1) == "TEMPORARILY_UNAVAILABLE" => {
                let label = message.tags.get("label").expect("a failure names the line that failed");
                assert!(self.lost.insert(label.into_owned()), "seed {seed}: failed twice: {line}");
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
            "TAGMSG" => self.message(id, &message, param(0), "", line),
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
            let kept = kept || self.model.kept.redacted.contains(&msgid) || self.model.tagged.contains_key(&msgid);
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
        if let Some(page) = &mut reader.history {
            assert!(!reader.redacted.contains(&msgid), "seed {seed}: taken back and given again: {line}");
            return page.message(msgid);
        }
        reader.heard.insert(msgid);
        // One order for all rooms together: nothing overtakes what waits for the disk.
        let before = reader.last_told.replace(msgid);
        assert!(before.is_none_or(|before| before <= msgid), "seed {seed}: out of the session's order: {line}");
        if target.starts_with('#') {
            assert!(
                reader.places.contains_key(&folded(target)),
                "seed {seed}: {} is not in {target}: {line}",
                reader.nick
            );
            let last = reader.last_in_room.insert(folded(target), msgid);
            assert!(last.is_none_or(|last| last < msgid), "seed {seed}: out of the room's order: {line}");
            // What says that something was edited has an id of its own, and is not kept.
            if message.command != "TAGMSG" && !text.starts_with('*') {
                reader.heard_in(target, msgid);
            }
        } else if message.tags.get("label").is_none() {
            let nick = &reader.nick;
            let own = message.source.is_some_and(|source| source.split('!').next() == Some(nick));
            assert!(target == nick || own, "seed {seed}: {nick} reads what is for {target}: {line}");
        }
    }

    /// What holds whatever has happened: a nick is one user's, a store's world equals the live one.
    pub(super) fn look_at_the_whole(&mut self) {
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
        let writable = std::mem::replace(&mut self.model.writable, true);
        self.read_all();
        self.places_agree();
        self.reactions_agree();
        self.model.writable = writable;
        self.watchers_agree();
    }
}

fn msgid_of(message: &teahouse_proto::irc::Message<'_>) -> MsgId {
    MsgId::parse(&message.tags.get("msgid").expect("all of them asked for tags")).expect("ours")
}
