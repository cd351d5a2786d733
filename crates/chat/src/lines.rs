//! What was said in several lines, as one text: how its lines are joined, and told apart again.
//! <https://ircv3.net/specs/extensions/multiline>

use std::borrow::Cow;

/// How many bytes a message of several lines may have, what joins its lines included: `max-bytes`.
pub const MULTILINE_BYTES_MAX: usize = 8192;

/// How many lines it may come in: `max-lines`.
pub const MULTILINE_LINES_MAX: usize = 100;

/// Joins a line to the next one.
pub(crate) const BREAK: char = '\n';

/// Stands where a line of the text goes on in another line of the wire (`draft/multiline-concat`): no part of what was
/// said, but kept, so that everybody gets the lines as their author has cut them.
pub(crate) const SEAM: char = '\r';

/// One line of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// Whether it goes on where the one before it has stopped.
    pub(crate) goes_on: bool,
    pub(crate) text: &'a str,
}

/// The lines of a text as they go out, none of them longer than `bytes_max`.
pub(crate) fn pieces(text: &str, bytes_max: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut goes_on, mut rest) = (false, Some(text));
    while let Some(text) = rest {
        let end = text.find([BREAK, SEAM]);
        let mut line = &text[..end.unwrap_or(text.len())];
        while let Some(end) = Some(cut(line, bytes_max)).filter(|end| *end < line.len()) {
            let (piece, left) = line.split_at(end);
            pieces.push(Piece { goes_on, text: piece });
            (line, goes_on) = (left, true);
        }
        pieces.push(Piece { goes_on, text: line });
        goes_on = end.is_some_and(|end| text[end..].starts_with(SEAM));
        rest = end.map(|end| &text[end + 1..]);
    }
    pieces
}

/// Where to cut a line that is too long: behind its last space that is not too early, else between two characters.
fn cut(line: &str, bytes_max: usize) -> usize {
    if line.len() <= bytes_max {
        return line.len();
    }
    let end = line.floor_char_boundary(bytes_max);
    let end = if end == 0 { line.ceil_char_boundary(1) } else { end };
    match line[..end].rfind(' ') {
        Some(space) if space >= end / 2 => space + 1,
        _ => end,
    }
}

/// Whether a text has more lines than one.
pub(crate) fn is_many(text: &str) -> bool {
    memchr::memchr2(BREAK as u8, SEAM as u8, text.as_bytes()).is_some()
}

/// How many lines of the wire it takes, about.
pub(crate) fn count(text: &str) -> usize {
    1 + memchr::memchr2_iter(BREAK as u8, SEAM as u8, text.as_bytes()).count()
}

/// What was said, without the seams.
pub fn whole(text: &str) -> Cow<'_, str> {
    if text.contains(SEAM) { text.replace(SEAM, "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, bytes_max: usize) -> Vec<String> {
        let shown = |piece: &Piece<'_>| format!("{}{}", if piece.goes_on { "+" } else { "" }, piece.text);
        pieces(text, bytes_max).iter().map(shown).collect()
    }

    #[test]
    fn lines_come_out_as_they_were_cut() {
        assert_eq!(shown("hello\n\nhow is \reveryone?", 99), ["hello", "", "how is ", "+everyone?"]);
        assert_eq!(shown("one", 99), ["one"]);
        assert_eq!(shown("\none\n", 99), ["", "one", ""]);
        assert_eq!(whole("how is \reveryone?\n"), "how is everyone?\n");
    }

    #[test]
    fn what_is_too_long_is_cut_between_words_or_characters() {
        assert_eq!(shown("one two three\nx", 9), ["one two ", "+three", "x"]);
        assert_eq!(shown("茶茶茶", 7), ["茶茶", "+茶"]);
        assert_eq!(shown("茶", 1), ["茶"]);
        assert_eq!(shown("a bcdefgh", 6), ["a bcde", "+fgh"]);
    }
}
