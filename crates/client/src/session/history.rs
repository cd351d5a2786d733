//! What was said before we came, and what was said while we were away
//! (<https://ircv3.net/specs/extensions/chathistory>).
//!
//! Each room and conversation has at most one *fill* at a time. While it runs, what is said live
//! there is held back, so that the program hears everything in order. A fill that a lost connection
//! interrupts goes on with the next one, from the same place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_proto::irc::Message as Line;

use super::{Session, Stage, is_plain};
use crate::event::{Event, Seen};
use crate::state::{Added, Message, fold};

/// Rows asked for on the first visit.
const FIRST_ROWS: usize = 50;

/// Rows asked for at once when a gap is filled.
const GAP_ROWS: usize = 100;

/// Rows asked for when somebody scrolls up.
const OLDER_ROWS: usize = 50;

/// Requests for one gap; what is further back is left out and said to be.
const GAP_PAGES_MAX: usize = 20;

/// A fill that hears nothing for so long is given up.
const ANSWER_MS: u64 = 20_000;

/// Messages held back during one fill; one more ends it.
const HELD_MAX: usize = 5_000;

/// All fills, by the folded names of the rooms and people.
#[derive(Debug, Default)]
pub(super) struct History {
    fills: BTreeMap<String, Fill>,
    /// Where the first fill is done, so that the next one fills a gap.
    visited: BTreeSet<String>,
    /// Open batches of history, and whose they are.
    batches: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Fill {
    name: String,
    why: Why,
    /// The request under way; a room waits with it until its people are told.
    asked: Option<Asked>,
    pages: usize,
    until_ms: u64,
    held: Vec<(Arc<Message>, Seen)>,
    fetched: usize,
}

#[derive(Debug)]
enum Why {
    /// The first visit.
    First,
    /// There may be something after this message; `None`: nothing was said before.
    Gap { after: Option<Arc<Message>> },
    /// Somebody wants to see more.
    Older,
}

/// A request under way, and what has come of it.
#[derive(Debug)]
struct Asked {
    label: Option<String>,
    limit: usize,
    rows: usize,
    oldest: Option<String>,
    /// The rows reach back to what the gap comes after.
    closed: bool,
}

impl History {
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.fills.values().map(|fill| fill.until_ms).min()
    }
}

impl Session {
    /// Whose history a line is a row of, folded.
    pub(super) fn history_row(&mut self, line: &Line<'_>) -> Option<String> {
        let target = fold(self.state.history_target(line)?);
        if matches!(line.command, "PRIVMSG" | "NOTICE")
            && let Some(fill) = self.history.fills.get_mut(&target)
            && let Some(asked) = &mut fill.asked
        {
            let (msgid, time) = (line.tags.get("msgid"), line.tags.get("time"));
            if let Why::Gap { after: Some(after) } = &fill.why {
                let same = msgid.is_some() && msgid.as_deref() == after.msgid.as_deref();
                let earlier = time.is_some() && time.as_deref() < after.time.as_deref();
                asked.closed |= same || earlier;
            }
            asked.rows += 1;
            asked.oldest = asked.oldest.take().or(msgid.map(std::borrow::Cow::into_owned));
            fill.until_ms = self.now_ms + ANSWER_MS;
        }
        Some(target)
    }

    /// A row that was not known.
    pub(super) fn history_message(&mut self, added: Added) {
        let Some(fill) = self.history.fills.get_mut(&fold(&added.target)) else {
            return self.message_event(added.target, added.message, Seen::Before);
        };
        let seen = match &fill.why {
            Why::Gap { after: Some(after) } if after.is_later_than(&added.message) => Seen::Before,
            Why::Gap { .. } => Seen::Missed,
            Why::First | Why::Older => Seen::Before,
        };
        if seen == Seen::Missed || !matches!(fill.why, Why::Gap { .. }) {
            fill.fetched += 1;
        }
        fill.held.push((added.message, seen));
    }

    /// Something was said now.
    pub(super) fn live_message(&mut self, added: Added) {
        let key = fold(&added.target);
        let Some(fill) = self.history.fills.get_mut(&key) else {
            return self.message_event(added.target, added.message, Seen::Live);
        };
        fill.held.push((added.message, Seen::Live));
        if fill.held.len() > HELD_MAX {
            self.finish(&key, false);
        }
    }

    /// What a line means for the fills: a room is entered, a batch begins or ends, a request failed.
    pub(super) fn history_line(&mut self, line: &Line<'_>) {
        let mine = line.source_nick().is_some_and(|nick| self.state.is_me(nick));
        match (line.command, &line.params[..]) {
            ("JOIN", [room, ..]) if mine => self.expect(room),
            ("PART", [room, ..]) if mine => self.finish(&fold(room), false),
            ("KICK", [room, nick, ..]) if self.state.is_me(nick) => self.finish(&fold(room), false),
            ("366", [_, room, ..]) => self.ask(&fold(room)),
            ("BATCH", [batch, "chathistory", target, ..]) if batch.starts_with('+') => {
                let asked = self.history.fills.get(&fold(target)).is_some_and(|fill| fill.asked.is_some());
                if asked {
                    self.history.batches.insert(batch[1..].to_owned(), fold(target));
                }
            }
            ("BATCH", [batch, ..]) if batch.starts_with('-') => {
                if let Some(target) = self.history.batches.remove(&batch[1..]) {
                    self.answer_complete(&target);
                }
            }
            ("FAIL", ["CHATHISTORY", rest @ ..]) => {
                self.failed(line.tags.get("label").as_deref(), rest);
            }
            ("ACK", _) => self.failed(line.tags.get("label").as_deref(), &[]),
            _ => {}
        }
    }

    /// After a drop: what people have written to us meanwhile.
    pub(super) fn resume_conversations(&mut self) {
        let names: Vec<String> = self.state.conversations().map(|talk| talk.name.clone()).collect();
        for name in names.into_iter().filter(|name| is_plain(name)) {
            self.history.visited.insert(fold(&name));
            self.expect(&name);
            self.ask(&fold(&name));
        }
    }

    fn can_ask(&self) -> bool {
        self.options.history && ["batch", "draft/chathistory"].iter().all(|name| self.state.has_capability(name))
    }

    /// From now on what is said there is held back until the history is there.
    fn expect(&mut self, name: &str) {
        let key = fold(name);
        if !self.can_ask() || !is_plain(name) {
            return;
        }
        let until_ms = self.now_ms + ANSWER_MS;
        if let Some(interrupted) = self.history.fills.get_mut(&key) {
            interrupted.until_ms = until_ms;
            return;
        }
        let why = match self.history.visited.contains(&key) {
            false => Why::First,
            true => Why::Gap { after: self.last_known(name) },
        };
        let name = name.to_owned();
        let fill = Fill { name, why, asked: None, pages: 0, until_ms, held: Vec::new(), fetched: 0 };
        self.history.fills.insert(key, fill);
    }

    fn last_known(&self, name: &str) -> Option<Arc<Message>> {
        let log = self.state.log(name)?;
        log.confirmed().iter().rev().find(|message| message.msgid.is_some()).cloned()
    }

    fn oldest_known(&self, name: &str) -> Option<String> {
        self.state.log(name)?.confirmed().iter().find_map(|message| message.msgid.clone())
    }

    /// The first request of a fill.
    fn ask(&mut self, key: &str) {
        let Some(fill) = self.history.fills.get(key).filter(|fill| fill.asked.is_none()) else {
            return;
        };
        let after = |msgid: Option<&str>| msgid.map_or("*".to_owned(), |msgid| format!("msgid={msgid}"));
        let (subcommand, bound, limit) = match &fill.why {
            Why::First => ("LATEST", after(None), FIRST_ROWS),
            Why::Gap { after: last } => {
                ("LATEST", after(last.as_ref().and_then(|last| last.msgid.as_deref())), GAP_ROWS)
            }
            Why::Older => match self.oldest_known(key) {
                Some(oldest) => ("BEFORE", after(Some(&oldest)), OLDER_ROWS),
                None => ("LATEST", after(None), OLDER_ROWS),
            },
        };
        self.request(key, subcommand, &bound, limit);
    }

    fn request(&mut self, key: &str, subcommand: &str, bound: &str, limit: usize) {
        let label = self.next_label('h');
        let Some(fill) = self.history.fills.get_mut(key) else {
            return;
        };
        fill.pages += 1;
        fill.until_ms = self.now_ms + ANSWER_MS;
        fill.asked = Some(Asked { label: label.clone(), limit, rows: 0, oldest: None, closed: false });
        let name = fill.name.clone();
        self.send_with(|line| {
            if let Some(label) = &label {
                line.tag("label", label);
            }
            line.command("CHATHISTORY").param(subcommand).param(&name).param(bound).param(&limit.to_string());
        });
    }

    /// All rows of one answer are there: is there more to ask for?
    fn answer_complete(&mut self, key: &str) {
        let Some(fill) = self.history.fills.get_mut(key) else {
            return;
        };
        let Some(asked) = fill.asked.take() else {
            return;
        };
        let all = asked.rows < asked.limit;
        match (&fill.why, asked.oldest) {
            (Why::Gap { .. }, Some(oldest)) if !all && !asked.closed && is_plain(&oldest) => {
                if fill.pages >= GAP_PAGES_MAX {
                    return self.finish(key, false);
                }
                self.request(key, "BEFORE", &format!("msgid={oldest}"), GAP_ROWS);
            }
            (Why::Older, _) => self.finish(key, all),
            _ => self.finish(key, true),
        }
    }

    /// A request was refused, or answered by nothing: by its label, else by the target that is named.
    fn failed(&mut self, label: Option<&str>, about: &[&str]) {
        let is_it = |key: &str, fill: &Fill| match (label, &fill.asked) {
            (Some(label), Some(asked)) => asked.label.as_deref() == Some(label),
            (None, Some(_)) => about.iter().any(|name| fold(name) == *key),
            (_, None) => false,
        };
        let found = self.history.fills.iter().find(|(key, fill)| is_it(key, fill)).map(|(key, _)| key.clone());
        if let Some(key) = found {
            self.finish(&key, false);
        }
    }

    pub(super) fn expire_history(&mut self) {
        self.finish_all(|now_ms, fill| fill.until_ms <= now_ms);
    }

    /// The connection is gone: what was under way begins anew with the next one.
    pub(super) fn interrupt_history(&mut self) {
        self.history.batches.clear();
        self.finish_all(|_, fill| matches!(fill.why, Why::Older));
        for fill in self.history.fills.values_mut() {
            (fill.asked, fill.pages, fill.until_ms) = (None, 0, u64::MAX);
        }
    }

    /// Nothing more will come.
    pub(super) fn end_history(&mut self) {
        self.finish_all(|_, _| true);
    }

    fn finish_all(&mut self, which: impl Fn(u64, &Fill) -> bool) {
        let fills = self.history.fills.iter().filter(|(_, fill)| which(self.now_ms, fill));
        for key in fills.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.finish(&key, false);
        }
    }

    /// Tells the program what was held back, in order.
    fn finish(&mut self, key: &str, complete: bool) {
        let Some(fill) = self.history.fills.remove(key) else {
            return;
        };
        self.history.batches.retain(|_, target| target != key);
        self.history.visited.insert(key.to_owned());
        for (message, seen) in sorted(fill.held) {
            self.message_event(fill.name.clone(), message, seen);
        }
        let (target, messages) = (fill.name, fill.fetched);
        match fill.why {
            Why::First => {}
            Why::Gap { .. } => {
                let away_ms = self.offline_ms.map_or(0, |offline_ms| self.online_ms.saturating_sub(offline_ms));
                self.event(Event::CaughtUp { target, messages, away_ms, complete });
            }
            Why::Older => self.event(Event::Older { target, messages, beginning: complete }),
        }
    }

    /// Somebody wants to see more of what was said before.
    pub(super) fn ask_older(&mut self, target: &str) {
        let key = fold(target);
        let busy = self.history.fills.contains_key(&key);
        if self.stage != Stage::Online || busy || !self.can_ask() {
            return self.event(Event::Older { target: target.to_owned(), messages: 0, beginning: false });
        }
        let (name, why) = (target.to_owned(), Why::Older);
        let fill = Fill { name, why, asked: None, pages: 0, until_ms: u64::MAX, held: Vec::new(), fetched: 0 };
        self.history.fills.insert(key.clone(), fill);
        self.ask(&key);
    }
}

/// The order of the list in the state: each goes after the last one that is not later.
fn sorted(held: Vec<(Arc<Message>, Seen)>) -> Vec<(Arc<Message>, Seen)> {
    let mut sorted: Vec<(Arc<Message>, Seen)> = Vec::with_capacity(held.len());
    for next in held {
        let place = sorted.iter().rposition(|before| !before.0.is_later_than(&next.0));
        sorted.insert(place.map_or(0, |place| place + 1), next);
    }
    sorted
}
