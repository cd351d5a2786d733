//! What is said and not answered yet: the lines of the outbox, in the order in which they were said.
//!
//! Each line has an id of ours. With a server that knows a repeat by it, a line whose outcome is not known is sent again,
//! and one line at a time is under way to each target, so that none overtakes another also when it has to be repeated.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::SayId;
use crate::event::Outcome;
use crate::state::fold;

/// A server that cannot store anything at present is asked again after this, then after twice as long, and so on.
const AGAIN_FIRST_MS: u64 = 500;
const AGAIN_MOST_MS: u64 = 30_000;

/// The lines, and what is known of the texts that they are of.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    lines: VecDeque<Line>,
    texts: BTreeMap<SayId, Text>,
}

/// One line without an answer.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) say: SayId,
    /// Our own id of it.
    pub(super) id: String,
    pub(super) command: &'static str,
    pub(super) target: String,
    /// What the target was called when the line was tried: a repeat under another name would not be known as one.
    pub(super) tried_to: Option<String>,
    /// The target, folded.
    pub(super) key: String,
    /// As it is on the wire; LF stands between lines that are one message.
    pub(super) text: String,
    /// The id of the message that it answers.
    pub(super) about: Option<String>,
    /// How often it was sent.
    pub(super) tries: u32,
    /// Whether an earlier client has brought it, which may have sent it.
    pub(super) is_brought: bool,
    pub(super) at: At,
}

/// Where a line is.
#[derive(Debug)]
pub(super) enum At {
    /// With us, at least so long.
    Waiting { not_before_ms: u64 },
    /// Under way; without an answer until then it is not known what became of it.
    Sent { label: Option<String>, until_ms: u64 },
}

/// One text, in one or several lines.
#[derive(Debug)]
struct Text {
    lines_left: usize,
    outcome: Outcome,
}

impl Line {
    /// The target as the server is told it.
    pub(super) fn wire_target(&self) -> &str {
        self.tried_to.as_ref().unwrap_or(&self.target)
    }

    /// Whether it goes to this target, folded.
    pub(super) fn is_to(&self, key: &str) -> bool {
        self.key == key || fold(self.wire_target()) == key
    }

    /// Whether the server may have something under its id, which has to stay the same then.
    pub(super) fn may_be_known(&self) -> bool {
        self.tries > 0 || self.is_brought
    }

    pub(super) fn is_sent(&self) -> bool {
        matches!(self.at, At::Sent { .. })
    }

    /// Whether it went with this label; `None`: without any.
    pub(super) fn has_label(&self, wanted: Option<&str>) -> bool {
        matches!(&self.at, At::Sent { label, .. } if label.as_deref() == wanted)
    }

    /// It was not taken for now.
    pub(super) fn wait(&mut self, now_ms: u64) {
        let wait_ms = (AGAIN_FIRST_MS << self.tries.saturating_sub(1).min(8)).min(AGAIN_MOST_MS);
        self.at = At::Waiting { not_before_ms: now_ms + wait_ms };
    }
}

impl Outbox {
    /// A text begins, in so many lines.
    pub(super) fn begin(&mut self, say: SayId, lines: usize) {
        self.texts.insert(say, Text { lines_left: lines, outcome: Outcome::NotSent });
    }

    pub(super) fn push(&mut self, line: Line) {
        self.lines.push_back(line);
    }

    /// Where the first line of this kind stands.
    pub(super) fn position(&self, which: impl FnMut(&Line) -> bool) -> Option<usize> {
        self.lines.iter().position(which)
    }

    pub(super) fn line_mut(&mut self, place: usize) -> Option<&mut Line> {
        self.lines.get_mut(place)
    }

    pub(super) fn remove(&mut self, place: usize) -> Option<Line> {
        self.lines.remove(place)
    }

    /// Several lines of the same text, in the place of one.
    pub(super) fn replace(&mut self, place: usize, lines: Vec<Line>) {
        let text = self.lines.get(place).and_then(|line| self.texts.get_mut(&line.say));
        text.into_iter().for_each(|text| text.lines_left += lines.len() - 1);
        let behind = self.lines.split_off(place).into_iter().skip(1);
        self.lines.extend(lines.into_iter().chain(behind));
    }

    /// A room goes by another name.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let key = fold(from);
        for line in self.lines.iter_mut().filter(|line| line.key == key) {
            let former = std::mem::replace(&mut line.target, to.to_owned());
            line.key = fold(to);
            if line.tries > 0 {
                line.tried_to.get_or_insert(former);
            }
        }
    }

    /// Where those stand that may be sent now. In order means: none to whom something is under way or waits already.
    pub(super) fn due(&self, now_ms: u64, in_order: bool) -> Vec<usize> {
        let mut busy = BTreeSet::new();
        let mut due = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            if in_order && !busy.insert(line.key.as_str()) {
                continue;
            }
            if matches!(line.at, At::Waiting { not_before_ms } if not_before_ms <= now_ms) {
                due.push(place);
            }
        }
        due
    }

    /// When the next line has to be looked at, as far as that lies ahead.
    pub(super) fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let times = self.lines.iter().filter_map(|line| match line.at {
            At::Waiting { not_before_ms } => (not_before_ms > now_ms).then_some(not_before_ms),
            At::Sent { until_ms, .. } => Some(until_ms),
        });
        times.min()
    }

    /// Nobody knows what became of these. They wait to be sent again, or are given up and returned.
    pub(super) fn lose(&mut self, is_lost: impl Fn(u64) -> bool, again: bool) -> Vec<Line> {
        let mut given_up = Vec::new();
        for mut line in std::mem::take(&mut self.lines) {
            let lost = matches!(line.at, At::Sent { until_ms, .. } if is_lost(until_ms));
            if lost && !again {
                given_up.push(line);
                continue;
            }
            if lost {
                line.at = At::Waiting { not_before_ms: 0 };
            }
            self.lines.push_back(line);
        }
        given_up
    }

    /// All that is left, at the end.
    pub(super) fn empty(&mut self) -> VecDeque<Line> {
        std::mem::take(&mut self.lines)
    }

    /// What became of a line; with the last one, what became of the text: the worst counts, and of two alike the later.
    pub(super) fn outcome(&mut self, say: SayId, outcome: Outcome) -> Option<Outcome> {
        let text = self.texts.get_mut(&say)?;
        text.lines_left -= 1;
        if badness(&outcome) >= badness(&text.outcome) {
            text.outcome = outcome;
        }
        if text.lines_left > 0 {
            return None;
        }
        self.texts.remove(&say).map(|text| text.outcome)
    }
}

fn badness(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::NotSent => 0,
        Outcome::Stored { .. } => 1,
        Outcome::Sent => 2,
        Outcome::Unknown => 3,
        Outcome::Refused(_) => 4,
    }
}

/// A UUID of version 7 in lower case (<https://www.rfc-editor.org/rfc/rfc9562#section-5.7>): the time, a count for what is
/// said within one millisecond, and chance.
pub(super) fn client_id(now_ms: u64, count: u64, chance: u64) -> String {
    let (seconds, ms) = ((now_ms >> 16) & 0xffff_ffff, now_ms & 0xffff);
    let (count, chance) = (0x7000 | count & 0xfff, 1 << 63 | chance >> 2);
    format!("{seconds:08x}-{ms:04x}-{count:04x}-{:04x}-{:012x}", chance >> 48, chance & 0xffff_ffff_ffff)
}

/// Ids for the pieces of what has this id: they sort behind it, and before what was said later.
pub(super) fn ids_within(id: &str, count: usize) -> Vec<String> {
    let (head, tail) = id.split_at(id.floor_char_boundary(id.len().saturating_sub(12)));
    let tail = u64::from_str_radix(tail, 16).unwrap_or_default();
    (1..=count as u64).map(|piece| format!("{head}{:012x}", (tail + piece) & 0xffff_ffff_ffff)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_sort_behind_what_they_are_of_and_before_what_was_said_later() {
        let [whole, later] = [client_id(1, 1, 9), client_id(1, 2, 9)];
        let ids = [vec![whole.clone()], ids_within(&whole, 300), vec![later]].concat();
        assert!(ids.is_sorted_by(|a, b| a < b) && ids.iter().all(|id| id.len() == 36), "{ids:?}");
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_that_sorts_by_time() {
        // The example of RFC 9562, appendix A.6.
        let id = client_id(0x017f_22e2_79b0, 0xcc3, 0x18c4_dc0c_0c07_398f << 2);
        assert_eq!(id, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        let ids =
            [client_id(1, 0xfff, 5), client_id(0x1_0000, 0, 4), client_id(0x1_0000, 1, 0), client_id(u64::MAX, 0, 0)];
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(
            ids.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'7' && id.as_bytes()[19] == b'8'),
            "{ids:?}"
        );
    }
}
