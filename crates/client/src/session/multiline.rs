//! A message of several lines: a batch of its own, live or within another, whose lines are put together before anything else
//! sees them (<https://ircv3.net/specs/extensions/multiline>).

use std::collections::BTreeMap;

use teahouse_proto::irc::Message;

/// The capability, and the type of the batch.
pub(super) const MULTILINE: &str = "draft/multiline";

/// The tag of a line that goes on where the one before it has stopped.
pub(super) const CONCAT: &str = "draft/multiline-concat";

/// Such messages that may come at once; the lines of one more stand for themselves.
const OPEN_MAX: usize = 64;

/// What comes behind so much of a message is left out.
const TEXT_BYTES_MAX: usize = 65_536;

/// Those that are not whole yet, by the references of their batches.
#[derive(Debug, Default)]
pub(super) struct Multiline(BTreeMap<String, Open>);

#[derive(Debug)]
struct Open {
    /// Tags and source of the whole.
    head: String,
    target: String,
    /// The whole so far, and how much of it stands before the text.
    said: Option<(String, usize)>,
}

/// What a line is for such messages.
#[derive(Debug)]
pub(super) enum Piece {
    /// Nothing.
    None,
    /// A part of one.
    Kept,
    /// The end of one, which is here as one line, to be read by [`Message::parse_with_breaks`].
    Whole(String),
}

impl Multiline {
    /// Takes a line from the server.
    pub(super) fn take(&mut self, line: &Message<'_>, text: &str) -> Piece {
        match (line.command, &line.params[..]) {
            ("BATCH", [batch, kind, target, ..]) if batch.starts_with('+') && *kind == MULTILINE => {
                if self.0.len() >= OPEN_MAX {
                    return Piece::None;
                }
                let head = text.split_inclusive(' ').take_while(|word| word.starts_with(['@', ':', ' '])).collect();
                let open = Open { head, target: (*target).to_owned(), said: None };
                self.0.insert(batch[1..].to_owned(), open);
                Piece::Kept
            }
            ("BATCH", [batch, ..]) if let Some(reference) = batch.strip_prefix('-') => match self.0.remove(reference) {
                Some(Open { said: Some((whole, _)), .. }) => Piece::Whole(whole),
                Some(_) => Piece::Kept,
                None => Piece::None,
            },
            ("PRIVMSG" | "NOTICE", [_, text, ..]) => {
                let open = line.tags.get("batch").and_then(|reference| self.0.get_mut(&*reference));
                let Some(open) = open else { return Piece::None };
                open.add(line.command, text, line.tags.get(CONCAT).is_some());
                Piece::Kept
            }
            _ => Piece::None,
        }
    }

    /// The connection is gone.
    pub(super) fn interrupt(&mut self) {
        self.0.clear();
    }
}

impl Open {
    fn add(&mut self, command: &str, text: &str, goes_on: bool) {
        let Some((whole, before_text)) = &mut self.said else {
            let mut whole = format!("{}{command} {} :", self.head, self.target);
            let before_text = whole.len();
            whole += text;
            self.said = Some((whole, before_text));
            return;
        };
        if whole.len() - *before_text + text.len() < TEXT_BYTES_MAX {
            *whole += if goes_on { "" } else { "\n" };
            *whole += text;
        }
    }
}
