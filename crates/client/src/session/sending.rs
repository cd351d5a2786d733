//! What we say: cut into lines, followed until the server has answered.

use std::collections::{BTreeMap, VecDeque};

use teahouse_proto::irc::Message;
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX, USER_BYTES_MAX};

use super::{Output, SayId, Session, Stage};
use crate::event::{Outcome, Refusal};
use crate::split::pieces;
use crate::state::{Kind, fold};

/// A message that nobody answered for so long has an unknown outcome.
const ANSWER_MS: u64 = 30_000;

/// Lines without an answer; no more are sent until some have one.
const LINES_MAX: usize = 1_000;

/// The longest host name that a server shows; longer ones do not exist.
const HOST_BYTES_MAX: usize = 63;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Sending {
    labels: u64,
    /// Length of our own `nick!user@host`, once the server has shown it.
    prefix_bytes: Option<usize>,
    lines: VecDeque<Line>,
    texts: BTreeMap<SayId, Text>,
}

/// One line without an answer.
#[derive(Debug)]
struct Line {
    say: SayId,
    label: Option<String>,
    target: String,
    text: String,
    until_ms: u64,
}

/// One text, in one or several lines.
#[derive(Debug)]
struct Text {
    lines_left: usize,
    outcome: Outcome,
}

impl Sending {
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.lines.front().map(|line| line.until_ms)
    }

    fn label(&mut self, prefix: char) -> String {
        self.labels += 1;
        format!("{prefix}{}", self.labels)
    }
}

impl Session {
    /// A label for something that is no message.
    pub(super) fn next_label(&mut self, prefix: char) -> Option<String> {
        self.state.has_capability("labeled-response").then(|| self.sending.label(prefix))
    }

    pub(super) fn say(&mut self, id: SayId, target: &str, kind: Kind, text: &str) {
        if self.stage != Stage::Online || self.sending.lines.len() > LINES_MAX {
            return self.output.push_back(Output::Outcome(id, Outcome::NotSent));
        }
        let command = if kind == Kind::Notice { "NOTICE" } else { "PRIVMSG" };
        let (before, after) = if kind == Kind::Action { ("\u{1}ACTION ", "\u{1}") } else { ("", "") };
        let room = self.room_for_text(command, target) - before.len() - after.len();
        let pieces: Vec<String> =
            pieces(text, room).into_iter().map(|piece| format!("{before}{piece}{after}")).collect();
        if pieces.is_empty() {
            return self.output.push_back(Output::Outcome(id, Outcome::NotSent));
        }
        self.sending.texts.insert(id, Text { lines_left: pieces.len(), outcome: Outcome::NotSent });
        // Nothing comes back from a server that can do neither.
        let answered = ["echo-message", "labeled-response"].iter().any(|name| self.state.has_capability(name));
        for text in pieces {
            let label = self.next_label('m');
            self.send_with(|line| {
                if let Some(label) = &label {
                    line.tag("label", label);
                }
                line.command(command).param(target).trailing(&text);
            });
            if answered {
                let until_ms = self.now_ms + ANSWER_MS;
                self.sending.lines.push_back(Line { say: id, label, target: fold(target), text, until_ms });
            } else {
                self.outcome(id, Outcome::Sent);
            }
        }
    }

    /// Bytes of text that fit behind our own prefix, as the others will get it.
    fn room_for_text(&self, command: &str, target: &str) -> usize {
        // Until the server has shown how it calls us, the longest that it may be.
        let prefix = self.sending.prefix_bytes.unwrap_or(NICK_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + "!@".len());
        let around = ":".len() + prefix + " ".len() + command.len() + " ".len() + target.len() + " :".len();
        MESSAGE_BODY_BYTES_MAX.saturating_sub(around).max(64)
    }

    /// Does this line answer one of ours? `label` is its label, or that of its batch.
    pub(super) fn answered(&mut self, line: &Message<'_>, label: Option<&str>, history: bool) {
        let mine = line.source_nick().is_some_and(|nick| self.state.is_me(nick));
        if let Some(source) = line.source.filter(|source| mine && source.contains('!')) {
            self.sending.prefix_bytes = Some(source.len());
        } else if line.command == "NICK" {
            // Perhaps our own; the next line of ours will show how long it is now.
            self.sending.prefix_bytes = None;
        }
        if history {
            return;
        }
        let about = |params: &[&str]| params.get(1).map(|name| fold(name)).unwrap_or_default();
        let (found, outcome) = match (line.command, &line.params[..]) {
            ("PRIVMSG" | "NOTICE", [target, text]) if mine => {
                let tag = |key| line.tags.get(key).map(std::borrow::Cow::into_owned);
                let outcome = Outcome::Stored { msgid: tag("msgid"), time: tag("time") };
                let target = fold(target);
                let same = |sent: &Line| sent.label.is_none() && sent.target == target && sent.text == *text;
                (self.find(label, same), outcome)
            }
            ("ACK", _) => (self.find(label, |_| false), Outcome::Stored { msgid: None, time: None }),
            ("FAIL", ["PRIVMSG" | "NOTICE", code, rest @ ..]) => {
                let target = rest.first().map(|target| fold(target)).unwrap_or_default();
                let found = self.find(label, |sent| sent.label.is_none() && sent.target == target);
                (found, Outcome::Refused(refusal(code, &target, &line.params)))
            }
            (code, params) if line.numeric().is_some_and(|code| (400..600).contains(&code)) => {
                let target = about(params);
                let found = self.find(label, |sent| sent.label.is_none() && sent.target == target);
                (found, Outcome::Refused(refusal(code, &target, params)))
            }
            _ => return,
        };
        if let Some(line) = found.and_then(|found| self.sending.lines.remove(found)) {
            self.outcome(line.say, outcome);
        }
    }

    /// The line with this label; of lines without labels the first that it may be.
    fn find(&self, label: Option<&str>, may_be: impl Fn(&Line) -> bool) -> Option<usize> {
        match label {
            Some(label) => self.sending.lines.iter().position(|sent| sent.label.as_deref() == Some(label)),
            None => self.sending.lines.iter().position(may_be),
        }
    }

    fn outcome(&mut self, id: SayId, outcome: Outcome) {
        let Some(text) = self.sending.texts.get_mut(&id) else {
            return;
        };
        text.lines_left -= 1;
        if badness(&outcome) >= badness(&text.outcome) {
            text.outcome = outcome;
        }
        if text.lines_left == 0
            && let Some(text) = self.sending.texts.remove(&id)
        {
            self.output.push_back(Output::Outcome(id, text.outcome));
        }
    }

    /// The connection is gone: nobody knows what became of what was sent.
    pub(super) fn lose_sent(&mut self) {
        self.sending.prefix_bytes = None;
        for line in std::mem::take(&mut self.sending.lines) {
            self.outcome(line.say, Outcome::Unknown);
        }
    }

    pub(super) fn expire_sent(&mut self) {
        while self.sending.lines.front().is_some_and(|line| line.until_ms <= self.now_ms)
            && let Some(line) = self.sending.lines.pop_front()
        {
            self.outcome(line.say, Outcome::Unknown);
        }
    }
}

/// Of a text in several lines the worst outcome counts, and of two alike the last.
fn badness(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::NotSent => 0,
        Outcome::Stored { .. } => 1,
        Outcome::Sent => 2,
        Outcome::Unknown => 3,
        Outcome::Refused(_) => 4,
    }
}

pub(super) fn refusal(code: &str, about: &str, params: &[&str]) -> Refusal {
    let text = params.last().copied().unwrap_or_default();
    Refusal { code: code.to_owned(), about: about.to_owned(), text: text.to_owned() }
}
