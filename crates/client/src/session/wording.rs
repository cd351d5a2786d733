//! How a text becomes messages, and a message lines: several lines are one message where the server takes such
//! (<https://ircv3.net/specs/extensions/multiline>), and each is one where it does not.

use teahouse_proto::irc::LineBuilder;
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, NICK_BYTES_MAX, USER_BYTES_MAX};

use super::multiline::{CONCAT, MULTILINE};
use super::outbox::Line;
use crate::split::cuts;
use crate::state::CLIENT_ID_TAG;

/// The longest host name that a server shows; longer ones do not exist.
const HOST_BYTES_MAX: usize = 63;

/// The longest `nick!user@host`: a message of several lines is cut by it, so that it is the same when it is sent again.
pub(super) const PREFIX_BYTES_MAX: usize = NICK_BYTES_MAX + USER_BYTES_MAX + HOST_BYTES_MAX + "!@".len();

/// So many lines have a message at most where the server does not say.
const LINES_MAX: usize = 100;

/// What the server takes as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    bytes: usize,
    lines: usize,
}

/// What goes along with what is said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tags<'a> {
    pub(super) label: Option<&'a str>,
    /// Our own id of it.
    pub(super) id: Option<&'a str>,
    /// The id of the message that it answers.
    pub(super) about: Option<&'a str>,
}

impl Limits {
    /// The value of the capability.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let find =
            |name: &str| value.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        let limits = Self { bytes: find("max-bytes")?, lines: find("max-lines").unwrap_or(LINES_MAX) };
        (limits.bytes > 0 && limits.lines > 0).then_some(limits)
    }
}

/// Bytes of text that fit on a line behind a prefix of so many, as the others will get it.
pub(super) fn room(prefix_bytes: usize, command: &str, target: &str) -> usize {
    let around = ":".len() + prefix_bytes + " ".len() + command.len() + " ".len() + target.len() + " :".len();
    MESSAGE_BODY_BYTES_MAX.saturating_sub(around).max(64)
}

/// The messages that a text is said in: as few as hold it.
pub(super) fn messages(text: &str, limits: Limits, command: &str, target: &str) -> Vec<String> {
    let room = room(PREFIX_BYTES_MAX, command, target);
    // A line is cut at the latest in its middle, so this many bytes surely fit.
    let longest = limits.bytes.min(room / 2 * limits.lines);
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', " ");
    let mut messages: Vec<(String, usize)> = Vec::new();
    for row in text.trim_matches('\n').split('\n').flat_map(|line| cuts(line, longest)) {
        let lines = cuts(row, room).len();
        match messages.last_mut() {
            Some((message, count))
                if *count + lines <= limits.lines && message.len() + "\n".len() + row.len() <= limits.bytes =>
            {
                *message += "\n";
                *message += row;
                *count += lines;
            }
            _ => messages.push((row.to_owned(), lines)),
        }
    }
    let messages = messages.into_iter().map(|(message, _)| message.trim_matches('\n').to_owned());
    messages.filter(|message| !message.trim().is_empty()).collect()
}

impl Line {
    /// As one line with these tags, to a target; LF stands in it where it has several.
    pub(super) fn whole(&self, target: &str, tags: Tags<'_>) -> String {
        let mut buffer = Vec::new();
        let mut line = LineBuilder::new(&mut buffer);
        tags.write(&mut line);
        line.command(self.command).param(target).trailing("");
        String::from_utf8_lossy(&buffer).into_owned() + &self.text
    }

    fn goes_as_several(&self, takes_several: bool) -> bool {
        let room = room(PREFIX_BYTES_MAX, self.command, self.wire_target());
        let is_several = self.text.contains('\n') || self.text.len() > room;
        is_several && takes_several && !self.text.starts_with('\u{1}')
    }

    /// Whether a server can read it. What was several lines for one is one for the next, and may be too long for that.
    pub(super) fn fits(&self, takes_several: bool) -> bool {
        let head = self.command.len() + self.wire_target().len() + "  :".len();
        self.goes_as_several(takes_several) || head + self.text.len() <= MESSAGE_BODY_BYTES_MAX
    }

    /// As it is sent: in one line, or in several where the server takes them for one message.
    pub(super) fn on_the_wire(&self, tags: Tags<'_>, takes_several: bool) -> Vec<String> {
        let target = self.wire_target();
        let room = room(PREFIX_BYTES_MAX, self.command, target);
        if !self.goes_as_several(takes_several) {
            return vec![self.whole(target, tags).replace('\n', " ")];
        }
        let batch = self.id.as_str();
        let line = |write: &dyn Fn(&mut LineBuilder<'_>)| {
            let mut buffer = Vec::new();
            write(&mut LineBuilder::new(&mut buffer));
            String::from_utf8_lossy(&buffer).into_owned()
        };
        let mut sent = vec![line(&|line| {
            tags.write(line);
            line.command("BATCH").param(&format!("+{batch}")).param(MULTILINE).param(target);
        })];
        for (place, piece) in self.text.split('\n').flat_map(|text| cuts(text, room).into_iter().enumerate()) {
            sent.push(line(&|line| {
                line.tag("batch", batch);
                if place > 0 {
                    line.tag(CONCAT, "");
                }
                line.command(self.command).param(target).trailing(piece);
            }));
        }
        sent.push(line(&|line| _ = line.command("BATCH").param(&format!("-{batch}"))));
        sent
    }
}

impl Tags<'_> {
    fn write(self, line: &mut LineBuilder<'_>) {
        for (key, value) in [("label", self.label), (CLIENT_ID_TAG, self.id), ("+reply", self.about)] {
            if let Some(value) = value {
                line.tag(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, limits: &str, want: &[&str]) {
        let messages = messages(text, Limits::parse(limits).unwrap(), "PRIVMSG", "#tea");
        assert_eq!(messages, want, "{text:?} with {limits}");
    }

    #[test]
    fn a_text_is_said_in_as_few_messages_as_hold_it() {
        check("one", "max-bytes=8192,max-lines=100", &["one"]);
        check("\none\r\n\r\ntwo\n", "max-bytes=8192,max-lines=100", &["one\n\ntwo"]);
        check("one\ntwo\nthree", "max-bytes=8192,max-lines=2", &["one\ntwo", "three"]);
        check("one\ntwo\nthree", "max-bytes=8", &["one\ntwo", "three"]);
        check("one\n\n\ntwo", "max-lines=2,max-bytes=99", &["one", "two"]);
        check(" \n\n ", "max-bytes=99", &[]);
        check("茶馆茶馆", "max-bytes=7,max-lines=9", &["茶馆", "茶馆"]);
    }

    #[test]
    fn limits_that_allow_nothing_are_none() {
        for value in ["", "max-lines=3", "max-bytes=0", "max-bytes=9,max-lines=0", "max-bytes=many"] {
            assert_eq!(Limits::parse(value), None, "{value}");
        }
        assert_eq!(Limits::parse("max-bytes=9"), Some(Limits { bytes: 9, lines: LINES_MAX }));
    }
}
