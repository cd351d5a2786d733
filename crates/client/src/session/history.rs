//! What was said before we came, and what was said while we were away
//! (<https://ircv3.net/specs/extensions/chathistory>).
//!
//! Each room and conversation has at most one *fill* at a time. While it runs, what is said live
//! there is held back, so that the program hears everything in order. A fill that a lost connection
//! interrupts goes on with the next one, from the same place; so does one that was not answered. An answer is taken in when
//! it is whole: half of one would leave a hole that nobody knows of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_proto::irc::Message as Line;
use teahouse_proto::vendor;

use super::{Session, Stage, is_plain};
use crate::event::{Event, Seen};
use crate::state::{Added, EDIT, Input, Message, REDACTION, fold};

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

/// Messages held back during one fill, and lines of one answer without reactions; one more ends it.
const HELD_MAX: usize = 5_000;

/// The capability by which a message's reactions come behind it, and are no rows.
pub(super) const REACTIONS: &str = vendor!("reactions");

/// Reactions of one answer; more are left out, since the messages without them are better than none.
const REACTIONS_MAX: usize = 20_000;

/// All fills, by the folded names of the rooms and people.
#[derive(Debug, Default)]
pub(super) struct History {
    fills: BTreeMap<String, Fill>,
    /// Where the first fill is done, so that the next one fills a gap.
    visited: BTreeSet<String>,
    /// The people whose history could not be read, since they are not there.
    denied: BTreeSet<String>,
    /// What was known last when the connection went, until the gap that began there is filled.
    left: BTreeMap<String, Since>,
    /// Open batches that answer us.
    answers: BTreeMap<String, Answer>,
    /// Open batches within those, and within which.
    nested: BTreeMap<String, String>,
}

/// An answer that is not whole yet.
#[derive(Debug)]
struct Answer {
    /// Whose history it is, folded.
    target: String,
    lines: Vec<String>,
    /// How many of the lines are reactions.
    reactions: usize,
}

#[derive(Debug)]
struct Fill {
    name: String,
    why: Why,
    /// The server's time when it began.
    begun: Option<String>,
    /// The request under way; a room waits with it until its people are told.
    asked: Option<Asked>,
    pages: usize,
    until_ms: u64,
    held: Vec<(Arc<Message>, Seen)>,
    fetched: usize,
}

#[derive(Debug)]
enum Why {
    /// The first visit. Once it was interrupted, nothing may be left out that was said since it began.
    First { since: Option<Since> },
    /// There may be something since then.
    Gap { since: Since },
    /// Somebody wants to see more.
    Older,
    /// What is known may have been taken back or put in other words while we were away.
    Check,
}

/// A place in what was said: the last message that is known, or a time; neither, and nothing is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Since {
    pub(super) msgid: Option<String>,
    pub(super) time: Option<String>,
}

impl Since {
    fn bound(&self) -> String {
        match (&self.msgid, &self.time) {
            (Some(msgid), _) => format!("msgid={msgid}"),
            (None, Some(time)) => format!("timestamp={time}"),
            (None, None) => "*".to_owned(),
        }
    }

    /// Whether a message was said before; false when nobody can say.
    fn is_later_than(&self, message: &Message) -> bool {
        let both = self.time.as_ref().zip(message.time.as_ref());
        both.is_some_and(|(since, said)| {
            since > said || (since == said && self.msgid.is_some() && self.msgid > message.msgid)
        })
    }
}

/// A request under way, and what has come of it.
#[derive(Debug)]
struct Asked {
    label: Option<String>,
    limit: usize,
    /// Whether all that was said before is among the rows, if there are fewer than that.
    reaches_back: bool,
    rows: usize,
    oldest: Option<String>,
    /// The ids of the messages among the rows.
    there: BTreeSet<String>,
    /// The rows reach back to what the gap comes after.
    closed: bool,
}

impl History {
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.fills.values().map(|fill| fill.until_ms).min()
    }
}

impl Session {
    /// Keeps a line of an answer until that is whole; whether it is one.
    pub(super) fn hold_back(&mut self, line: &Line<'_>, text: &str) -> bool {
        let reference = line.tags.get("batch").map(std::borrow::Cow::into_owned);
        let ends = line.params.first().filter(|_| line.command == "BATCH").and_then(|batch| batch.strip_prefix('-'));
        let History { fills, answers, nested, .. } = &mut self.history;
        let outer = reference.map(|reference| nested.get(&reference).cloned().unwrap_or(reference));
        let Some(outer) = ends.and_then(|inner| nested.remove(inner)).or(outer) else { return false };
        let Some(answer) = answers.get_mut(&outer) else { return false };
        if let ("BATCH", Some(inner)) = (line.command, line.params.first().and_then(|batch| batch.strip_prefix('+'))) {
            nested.insert(inner.to_owned(), outer);
        }
        let is_reaction = line.command == "TAGMSG" && self.state.has_capability(REACTIONS);
        if !is_reaction || answer.reactions < REACTIONS_MAX {
            answer.lines.push(text.to_owned());
            answer.reactions += usize::from(is_reaction);
        }
        let (too_many, target) = (answer.lines.len() - answer.reactions > HELD_MAX, answer.target.clone());
        if let Some(fill) = fills.get_mut(&target) {
            fill.until_ms = self.now_ms + ANSWER_MS;
        }
        if too_many {
            self.finish(&target, false);
        }
        true
    }

    /// The lines of the answer that this line ends.
    pub(super) fn whole_answer(&mut self, line: &Line<'_>) -> Vec<String> {
        let ("BATCH", Some(ends)) = (line.command, line.params.first().and_then(|batch| batch.strip_prefix('-')))
        else {
            return Vec::new();
        };
        self.history.answers.get_mut(ends).map(|answer| std::mem::take(&mut answer.lines)).unwrap_or_default()
    }

    /// Whose history a line is a row of, folded.
    pub(super) fn history_row(&mut self, line: &Line<'_>) -> Option<String> {
        let target = fold(self.state.history_target(line)?);
        // Whatever the rows are, each counts for the limit.
        let is_row = match line.command {
            "BATCH" => false,
            "TAGMSG" => !self.state.has_capability(REACTIONS),
            _ => true,
        };
        if is_row
            && let Some(fill) = self.history.fills.get_mut(&target)
            && let Some(asked) = &mut fill.asked
        {
            let (msgid, time) = (line.tags.get("msgid"), line.tags.get("time"));
            if let Why::Gap { since } | Why::First { since: Some(since) } = &fill.why {
                let same = msgid.is_some() && msgid.as_deref() == since.msgid.as_deref();
                let earlier = time.is_some() && time.as_deref() < since.time.as_deref();
                asked.closed |= same || earlier;
            }
            asked.rows += 1;
            asked.there.extend(msgid.as_deref().map(str::to_owned));
            asked.oldest = asked.oldest.take().or(msgid.map(std::borrow::Cow::into_owned));
        }
        Some(target)
    }

    /// A row that was not known.
    pub(super) fn history_message(&mut self, added: Added) {
        let Some(fill) = self.history.fills.get_mut(&fold(&added.target)) else {
            return self.message_event(added.target, added.message, Seen::Before);
        };
        let seen = match &fill.why {
            Why::Gap { since } | Why::First { since: Some(since) } if since.is_later_than(&added.message) => {
                Seen::Before
            }
            Why::Gap { .. } | Why::First { since: Some(_) } => Seen::Missed,
            Why::First { since: None } | Why::Older | Why::Check => Seen::Before,
        };
        if seen == Seen::Missed || !matches!(fill.why, Why::Gap { .. }) {
            fill.fetched += 1;
        }
        fill.held.push((added.message, seen));
    }

    /// Something was said now.
    pub(super) fn live_message(&mut self, added: Added) {
        let key = fold(&added.target);
        let is_first = !key.starts_with('#') && !self.history.visited.contains(&key) && self.can_ask();
        if is_first && !self.history.fills.contains_key(&key) && is_plain(&added.target) {
            // There may have been words between us long before this.
            self.begin(&added.target, Why::First { since: None });
            self.ask(&key);
        }
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
            ("JOIN", _) => self.came(line.source_nick().unwrap_or_default()),
            ("PART", [room, ..]) if mine => self.finish(&fold(room), false),
            ("KICK", [room, nick, ..]) if self.state.is_me(nick) => self.finish(&fold(room), false),
            ("366", [_, room, ..]) => self.ask(&fold(room)),
            ("BATCH", [batch, "chathistory", target, ..]) if batch.starts_with('+') => {
                let asked = self.history.fills.get(&fold(target)).is_some_and(|fill| fill.asked.is_some());
                if asked {
                    let answer = Answer { target: fold(target), lines: Vec::new(), reactions: 0 };
                    self.history.answers.insert(batch[1..].to_owned(), answer);
                }
            }
            ("BATCH", [batch, ..]) if batch.starts_with('-') => {
                if let Some(answer) = self.history.answers.remove(&batch[1..]) {
                    self.answer_complete(&answer.target);
                }
            }
            ("FAIL", ["CHATHISTORY", rest @ ..]) => {
                self.failed(line.tags.get("label").as_deref(), rest);
            }
            ("ACK", _) => self.failed(line.tags.get("label").as_deref(), &[]),
            _ => {}
        }
    }

    /// A room goes by another name. What is known of one that had this name before is not its own.
    pub(super) fn rename_history(&mut self, from: &str, to: &str) {
        let (old, new) = (fold(from), fold(to));
        if old != new {
            self.finish(&new, false);
            let History { visited, left, .. } = &mut self.history;
            visited.remove(&new);
            left.remove(&new);
            if visited.remove(&old) {
                visited.insert(new.clone());
            }
            if let Some(since) = left.remove(&old) {
                left.insert(new.clone(), since);
            }
        }
        let Some(mut fill) = self.history.fills.remove(&old) else { return };
        // An answer under way may come by either name, or not at all: it is asked for anew.
        self.history.answers.retain(|_, answer| answer.target != old);
        let was_asked = fill.asked.take().is_some();
        to.clone_into(&mut fill.name);
        (fill.pages, fill.until_ms) = (0, self.now_ms + ANSWER_MS);
        self.history.fills.insert(new.clone(), fill);
        if was_asked {
            self.ask(&new);
        }
    }

    /// A conversation that was there before a drop: what was written in it meanwhile.
    pub(super) fn resume(&mut self, name: &str) {
        self.history.visited.insert(fold(name));
        self.expect(name);
        self.ask(&fold(name));
    }

    /// A conversation is found by the other's nick, so it cannot be read while they are gone: now they are back.
    fn came(&mut self, nick: &str) {
        if self.history.denied.remove(&fold(nick)) {
            self.state.apply(Input::Begins { target: nick, begins: false });
            match self.history.left.contains_key(&fold(nick)) {
                true => self.resume(nick),
                false => self.discover(nick, None),
            }
        }
    }

    /// A conversation of which we hear now: what was said in it since then; `None`: what was said last.
    pub(super) fn discover(&mut self, name: &str, since: Option<Since>) {
        let key = fold(name);
        if !self.history.fills.contains_key(&key) {
            self.begin(name, since.map_or(Why::First { since: None }, |since| Why::Gap { since }));
        }
        self.ask(&key);
    }

    /// The people whose history was asked for when the connection went.
    pub(super) fn interrupted_people(&self) -> impl Iterator<Item = &str> {
        self.history.fills.values().map(|fill| fill.name.as_str()).filter(|name| !name.starts_with('#'))
    }

    pub(super) fn can_ask(&self) -> bool {
        self.options.history && ["batch", "draft/chathistory"].iter().all(|name| self.state.has_capability(name))
    }

    /// From now on what is said there is held back until the history is there.
    fn expect(&mut self, name: &str) {
        let key = fold(name);
        if !self.can_ask() || !is_plain(name) {
            return;
        }
        if let Some(interrupted) = self.history.fills.get_mut(&key) {
            interrupted.until_ms = self.now_ms + ANSWER_MS;
            return;
        }
        let why = match self.history.visited.contains(&key) {
            false => Why::First { since: None },
            true => {
                let since = self.history.left.get(&key).cloned();
                Why::Gap { since: since.unwrap_or_else(|| self.last_known(name)) }
            }
        };
        self.begin(name, why);
    }

    fn begin(&mut self, name: &str, why: Why) {
        let fill = Fill {
            name: name.to_owned(),
            why,
            begun: self.heard_time(),
            asked: None,
            pages: 0,
            until_ms: self.now_ms + ANSWER_MS,
            held: Vec::new(),
            fetched: 0,
        };
        self.history.fills.insert(fold(name), fill);
    }

    fn last_known(&self, name: &str) -> Since {
        let confirmed = self.state.log(name).map_or(&[][..], |log| log.confirmed());
        let last = confirmed.iter().rev().find(|message| message.msgid.is_some());
        last.map(|last| Since { msgid: last.msgid.clone(), time: last.time.clone() }).unwrap_or_default()
    }

    fn oldest_known(&self, name: &str) -> Option<String> {
        self.state.log(name)?.confirmed().iter().find_map(|message| message.msgid.clone())
    }

    /// The first request of a fill.
    fn ask(&mut self, key: &str) {
        let Some(fill) = self.history.fills.get(key).filter(|fill| fill.asked.is_none()) else {
            return;
        };
        let (subcommand, bound, limit) = match &fill.why {
            Why::First { .. } | Why::Check => ("LATEST", "*".to_owned(), FIRST_ROWS),
            Why::Gap { since } => ("LATEST", since.bound(), GAP_ROWS),
            Why::Older => match self.oldest_known(key) {
                Some(oldest) => ("BEFORE", format!("msgid={oldest}"), OLDER_ROWS),
                None => ("LATEST", "*".to_owned(), OLDER_ROWS),
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
        fill.asked = Some(Asked {
            label: label.clone(),
            limit,
            reaches_back: subcommand == "BEFORE" || bound == "*",
            rows: 0,
            oldest: None,
            there: BTreeSet::new(),
            closed: false,
        });
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
        if all && asked.reaches_back {
            self.state.apply(Input::Begins { target: key, begins: true });
        }
        match (&fill.why, asked.oldest) {
            (Why::Gap { .. } | Why::First { since: Some(_) }, Some(oldest))
                if !all && !asked.closed && is_plain(&oldest) =>
            {
                if fill.pages >= GAP_PAGES_MAX {
                    return self.finish(key, false);
                }
                self.request(key, "BEFORE", &format!("msgid={oldest}"), GAP_ROWS);
            }
            (Why::Older, _) => self.finish(key, all),
            (Why::Check, oldest) => {
                self.forget_gone(key, oldest.as_deref(), asked.there);
                self.finish(key, true);
            }
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
            let is_passing = about.first().is_none_or(|code| *code == "MESSAGE_ERROR");
            if !is_passing && !key.starts_with('#') {
                self.state.apply(Input::Begins { target: &key, begins: true });
                self.history.denied.insert(key.clone());
            }
            self.finish(&key, false);
        }
    }

    pub(super) fn expire_history(&mut self) {
        self.finish_all(|now_ms, fill| fill.until_ms <= now_ms);
    }

    /// The connection is gone: what was under way begins anew with the next one.
    pub(super) fn interrupt_history(&mut self) {
        self.history.answers.clear();
        self.history.nested.clear();
        self.history.denied.clear();
        self.finish_all(|_, fill| matches!(fill.why, Why::Older | Why::Check));
        for key in self.history.visited.clone() {
            if !self.history.fills.contains_key(&key) && !self.history.left.contains_key(&key) {
                let since = self.last_known(&key);
                self.history.left.insert(key, since);
            }
        }
        for fill in self.history.fills.values_mut() {
            if let Why::First { since } = &mut fill.why {
                let begun = fill.begun.clone().map(|time| Since { msgid: None, time: Some(time) });
                *since = since.take().or(begun);
            }
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
        self.history.answers.retain(|_, answer| answer.target != key);
        self.history.visited.insert(key.to_owned());
        // A hole that is too large to be filled stays one; any other is tried again when we come here again.
        if let Why::Gap { since } = &fill.why {
            match complete || fill.pages >= GAP_PAGES_MAX {
                true => _ = self.history.left.remove(key),
                false => _ = self.history.left.insert(key.to_owned(), since.clone()),
            }
        }
        for (message, seen) in sorted(fill.held) {
            self.message_event(fill.name.clone(), message, seen);
        }
        let (target, messages) = (fill.name, fill.fetched);
        match fill.why {
            Why::First { .. } | Why::Check => {}
            Why::Gap { .. } => {
                let away_ms = self.offline_ms.map_or(0, |offline_ms| self.online_ms.saturating_sub(offline_ms));
                self.event(Event::CaughtUp { target: target.clone(), messages, away_ms, complete });
                if complete {
                    self.check(&target);
                }
            }
            Why::Older => self.event(Event::Older { target, messages, beginning: complete }),
        }
    }

    /// Looks at the last page again where messages can be taken back or put in other words.
    fn check(&mut self, name: &str) {
        let may_differ = [REDACTION, EDIT].iter().any(|capability| self.state.has_capability(capability));
        if self.stage == Stage::Online && self.can_ask() && may_differ {
            self.begin(name, Why::Check);
            self.ask(&fold(name));
        }
    }

    /// What is known from the oldest row on and is not among the rows was taken back. A private conversation without any may
    /// just not be ours to read now.
    fn forget_gone(&mut self, key: &str, oldest: Option<&str>, mut there: BTreeSet<String>) {
        let Some(fill) = self.history.fills.get(key) else { return };
        let Some(log) = self.state.log(key).filter(|_| oldest.is_some() || key.starts_with('#')) else { return };
        // What was said since it was asked is no row.
        there.extend(fill.held.iter().filter_map(|(message, _)| message.msgid.clone()));
        let oldest = oldest.and_then(|oldest| log.with_msgid(oldest));
        let is_covered = |message: &Message| oldest.is_none_or(|oldest| message.is_later_than(oldest));
        let known = log.confirmed().iter().filter(|message| is_covered(message));
        let gone = known.filter_map(|message| message.msgid.clone()).filter(|msgid| !there.contains(msgid));
        let (target, gone) = (fill.name.clone(), gone.collect::<Vec<_>>());
        for msgid in gone {
            self.state.apply(Input::Gone { target: &target, msgid: &msgid });
            self.event(Event::TakenBack { target: target.clone(), msgid });
        }
    }

    /// Somebody wants to see more of what was said before.
    pub(super) fn ask_older(&mut self, target: &str) {
        let key = fold(target);
        let busy = self.history.fills.contains_key(&key);
        if self.stage != Stage::Online || busy || !self.can_ask() {
            return self.event(Event::Older { target: target.to_owned(), messages: 0, beginning: false });
        }
        self.begin(target, Why::Older);
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
