//! What was said, found by its words (`soju.im/search`), and what stands around it (`CHATHISTORY AROUND`). What comes is told
//! and not taken into the state: it is no part of what is known without a hole.

use std::collections::BTreeMap;

use teahouse_proto::irc::{Message as Line, escaped};

use super::{Session, Stage, is_plain};
use crate::event::{Event, Found};
use crate::state::tag;

/// The capability, and the type of the batch.
pub(super) const SEARCH: &str = "soju.im/search";

/// The code, which is no server's, of a search that there was no connection for any more.
pub(super) const OFFLINE: &str = "OFFLINE";

/// Messages asked for at once.
const FOUND_MAX: usize = 50;

/// Messages asked for around one.
const AROUND_MAX: usize = 31;

/// Searches whose answers are on their way.
const ANSWERS_MAX: usize = 24;

/// What was asked for, and what of it has come.
#[derive(Debug, Default)]
pub(super) struct Searches {
    /// By label: what was asked for.
    asked: BTreeMap<String, Asked>,
    answers: BTreeMap<String, Answer>,
}

#[derive(Debug)]
enum Asked {
    /// What stands around this message.
    Around(String),
    /// A message alone.
    One { target: String, msgid: String },
}

#[derive(Debug)]
struct Answer {
    /// `None`: it was searched.
    to: Option<Asked>,
    found: Vec<Found>,
}

impl Session {
    /// Looks for words; with `before`, for what was said before that message.
    pub(super) fn search(&mut self, text: &str, before: Option<&str>) {
        let mut query = format!("text={};limit={FOUND_MAX}", escaped(&text.replace(['\r', '\n', '\0'], " ")));
        if let Some(before) = before.filter(|before| is_plain(before)) {
            query += &format!(";before=msgid={}", escaped(before));
        }
        self.send_with(|line| _ = line.command("SEARCH").trailing(&query));
    }

    /// Asks for what stands around a message.
    pub(super) fn ask_around(&mut self, target: &str, msgid: &str) {
        let asked = Asked::Around(msgid.to_owned());
        if !self.ask_for(target, msgid, AROUND_MAX, asked) {
            self.event(Event::Around { msgid: msgid.to_owned(), messages: Vec::new() });
        }
    }

    /// Asks for one message. Without an answer nobody knows whether it is there.
    pub(super) fn look_up(&mut self, target: &str, msgid: &str) {
        let asked = Asked::One { target: target.to_owned(), msgid: msgid.to_owned() };
        if !self.ask_for(target, msgid, 1, asked) {
            self.event(Event::NotLookedUp { target: target.to_owned(), msgid: msgid.to_owned() });
        }
    }

    /// Whether it could be asked for.
    fn ask_for(&mut self, target: &str, msgid: &str, limit: usize, asked: Asked) -> bool {
        let can =
            self.stage == Stage::Online && self.can_ask() && is_plain(msgid) && self.searches.asked.len() < ANSWERS_MAX;
        let Some(label) = self.next_label('s').filter(|_| can) else { return false };
        self.send_with(|line| {
            line.tag("label", &label).command("CHATHISTORY").param("AROUND").param(target);
            line.param(&format!("msgid={msgid}")).param(&limit.to_string());
        });
        self.searches.asked.insert(label, asked);
        true
    }

    /// Takes a line of an answer; whether it was one.
    pub(super) fn search_line(&mut self, line: &Line<'_>) -> bool {
        let label = tag(line, "label");
        match (line.command, &line.params[..]) {
            ("BATCH", [batch, kind, ..]) if batch.starts_with('+') => {
                let to = label.and_then(|label| self.searches.asked.remove(&label));
                if (*kind != SEARCH && to.is_none()) || self.searches.answers.len() >= ANSWERS_MAX {
                    return false;
                }
                self.searches.answers.insert(batch[1..].to_owned(), Answer { to, found: Vec::new() });
            }
            ("BATCH", [batch]) if batch.starts_with('-') => {
                let Some(answer) = self.searches.answers.remove(&batch[1..]) else { return false };
                self.event(answer.told());
            }
            ("FAIL", ["CHATHISTORY", code, ..]) => {
                match label.and_then(|label| self.searches.asked.remove(&label)) {
                    None => return false,
                    // That the server cannot read just now says nothing of what there is.
                    Some(Asked::One { target, msgid }) if *code == "MESSAGE_ERROR" => {
                        self.event(Event::NotLookedUp { target, msgid });
                    }
                    to => self.event(Answer { to, found: Vec::new() }.told()),
                }
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
        let Searches { asked, answers } = std::mem::take(&mut self.searches);
        let asked = asked.into_values().map(|asked| Answer { to: Some(asked), found: Vec::new() });
        let answers = answers.into_values().map(|answer| Answer { found: Vec::new(), ..answer });
        for answer in asked.chain(answers) {
            self.event(match answer.to {
                Some(Asked::One { target, msgid }) => Event::NotLookedUp { target, msgid },
                _ => answer.told(),
            });
        }
    }
}

impl Answer {
    fn told(self) -> Event {
        let Self { to, found } = self;
        match to {
            Some(Asked::Around(msgid)) => {
                Event::Around { msgid, messages: found.into_iter().map(|one| one.message).collect() }
            }
            Some(Asked::One { target, msgid }) => {
                let one = found.into_iter().find(|one| one.message.msgid.as_ref() == Some(&msgid));
                Event::LookedUp { target, msgid, message: one.map(|one| Box::new(one.message)) }
            }
            // The server gives the oldest first.
            None => Event::Found { found: found.into_iter().rev().collect() },
        }
    }
}
