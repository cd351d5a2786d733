//! What was said, found by its words (`soju.im/search`), and what stands around it (`CHATHISTORY AROUND`). What comes is told
//! and not taken into the state: it is no part of what is known without a hole.

use std::collections::BTreeMap;

use teahouse_proto::irc::Message as Line;

use super::{Session, is_plain};
use crate::event::{Event, Found};
use crate::state::tag;

/// The capability, and the type of the batch.
pub(super) const SEARCH: &str = "soju.im/search";

/// Messages asked for at once.
const FOUND_MAX: usize = 50;

/// Messages asked for around one.
const AROUND_MAX: usize = 31;

/// Searches whose answers are on their way.
const ANSWERS_MAX: usize = 8;

/// What was asked for, and what of it has come.
#[derive(Debug, Default)]
pub(super) struct Searches {
    /// By label: around which message was asked.
    around: BTreeMap<String, String>,
    answers: BTreeMap<String, Answer>,
}

#[derive(Debug)]
struct Answer {
    /// Around which message; `None`: it was searched.
    around: Option<String>,
    found: Vec<Found>,
}

impl Session {
    /// Looks for words; with `before`, for what was said before that message.
    pub(super) fn search(&mut self, text: &str, before: Option<&str>) {
        let mut query = format!("text={};limit={FOUND_MAX}", escape(text));
        if let Some(before) = before.filter(|before| is_plain(before)) {
            query += &format!(";before=msgid={}", escape(before));
        }
        self.send_with(|line| _ = line.command("SEARCH").trailing(&query));
    }

    /// Asks for what stands around a message.
    pub(super) fn ask_around(&mut self, target: &str, msgid: &str) {
        let label = self.next_label('s').filter(|_| self.can_ask() && is_plain(msgid));
        let Some(label) = label.filter(|_| self.searches.around.len() < ANSWERS_MAX) else {
            return self.event(Event::Around { msgid: msgid.to_owned(), messages: Vec::new() });
        };
        self.send_with(|line| {
            line.tag("label", &label).command("CHATHISTORY").param("AROUND").param(target);
            line.param(&format!("msgid={msgid}")).param(&AROUND_MAX.to_string());
        });
        self.searches.around.insert(label, msgid.to_owned());
    }

    /// Takes a line of an answer; whether it was one.
    pub(super) fn search_line(&mut self, line: &Line<'_>) -> bool {
        let label = tag(line, "label");
        match (line.command, &line.params[..]) {
            ("BATCH", [batch, kind, ..]) if batch.starts_with('+') => {
                let around = label.and_then(|label| self.searches.around.remove(&label));
                if (*kind != SEARCH && around.is_none()) || self.searches.answers.len() >= ANSWERS_MAX {
                    return false;
                }
                self.searches.answers.insert(batch[1..].to_owned(), Answer { around, found: Vec::new() });
            }
            ("BATCH", [batch]) if batch.starts_with('-') => {
                let Some(answer) = self.searches.answers.remove(&batch[1..]) else { return false };
                self.event(answer.told());
            }
            ("FAIL", ["CHATHISTORY", ..]) => {
                let around = label.and_then(|label| self.searches.around.remove(&label));
                let Some(msgid) = around else { return false };
                self.event(Event::Around { msgid, messages: Vec::new() });
            }
            _ => {
                let reference = tag(line, "batch").unwrap_or_default();
                let Some(answer) = self.searches.answers.get_mut(&reference) else { return false };
                if answer.found.len() < FOUND_MAX
                    && let Some((target, message)) = self.state.read(line)
                {
                    answer.found.push(Found { target, message });
                }
            }
        }
        true
    }

    /// The connection is gone, and the answers with it.
    pub(super) fn interrupt_searches(&mut self) {
        let Searches { around, answers } = std::mem::take(&mut self.searches);
        for (_, msgid) in around {
            self.event(Event::Around { msgid, messages: Vec::new() });
        }
        for (_, answer) in answers {
            self.event(Answer { found: Vec::new(), ..answer }.told());
        }
    }
}

impl Answer {
    fn told(self) -> Event {
        match self.around {
            Some(msgid) => Event::Around { msgid, messages: self.found.into_iter().map(|one| one.message).collect() },
            // The server gives the oldest first.
            None => Event::Found { found: self.found.into_iter().rev().collect() },
        }
    }
}

/// As the values of tags are written.
fn escape(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            ';' => escaped += "\\:",
            ' ' => escaped += "\\s",
            '\\' => escaped += "\\\\",
            '\r' | '\n' | '\0' => escaped += "\\s",
            other => escaped.push(other),
        }
    }
    escaped
}
