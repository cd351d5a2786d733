//! Long texts in pieces that each fit on a line, so that nobody meets 417.

use unicode_segmentation::UnicodeSegmentation as _;

/// How far back from a full line a space is looked for, in bytes: a word is not cut if it is no longer.
const WORD_BYTES: usize = 24;

/// Cuts `text` into pieces of at most `room` bytes. Each line of it is a piece of its own, empty
/// ones are left out, and a cut is made after a space if there is one near, else between two
/// graphemes, so that no character falls apart.
pub(crate) fn pieces(text: &str, room: usize) -> Vec<&str> {
    let lines = text.split(['\r', '\n', '\0']);
    let mut pieces: Vec<&str> = lines.flat_map(|line| cuts(line, room)).collect();
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Cuts one line likewise, and leaves nothing out: put together the pieces are the line, and there is one at least.
pub(crate) fn cuts(mut line: &str, room: usize) -> Vec<&str> {
    let room = room.max(4);
    let mut pieces = Vec::new();
    while line.len() > room {
        let (piece, rest) = line.split_at(cut(line, room));
        pieces.push(piece);
        line = rest;
    }
    pieces.push(line);
    pieces
}

/// Where to cut a text that is longer than `room`.
fn cut(text: &str, room: usize) -> usize {
    let mut end = 0;
    let mut after_space = None;
    for (start, grapheme) in text.grapheme_indices(true) {
        if start + grapheme.len() > room {
            break;
        }
        end = start + grapheme.len();
        if grapheme == " " {
            after_space = Some(end);
        }
    }
    match after_space {
        Some(space) if end - space <= WORD_BYTES => space,
        _ if end > 0 => end,
        // One grapheme alone is longer than the line: between two of its characters, then.
        _ => (1..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(room),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_it_hurts_least() {
        let family = "👨‍👩‍👧";
        let long_word = format!("a {}", "b".repeat(40));
        for (text, room, want) in [
            ("short", 10, vec!["short"]),
            ("", 10, vec![]),
            ("one\r\ntwo\n\n  \nthree", 10, vec!["one", "two", "three"]),
            ("one two three", 8, vec!["one two ", "three"]),
            ("茶馆茶馆", 7, vec!["茶馆", "茶馆"]),
            (long_word.as_str(), 32, vec![&long_word[..32], &long_word[32..]]),
            ("ae\u{301}i", 3, vec!["ae\u{301}", "i"]),
            ("a👨‍👩‍👧", 18, vec!["a", family]),
            (family, 8, vec!["👨\u{200d}", "👩\u{200d}", "👧"]),
        ] {
            assert_eq!(pieces(text, room), want, "{text:?} in {room}");
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_long() {
        let text = "茶馆里的人很多。 Everybody talks at once, ".repeat(40);
        let cut = pieces(&text, 400);
        assert_eq!(cut.concat(), text);
        assert!(cut.iter().all(|piece| piece.len() <= 400) && cut.len() < 8);
    }
}
