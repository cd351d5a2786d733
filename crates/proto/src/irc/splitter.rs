//! Lines out of a byte stream that may come one byte at a time or many lines at once.

use crate::limits::LINE_BYTES_MAX;

/// What the front of the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// A line is `input[start..end]`, without its ending; it may be empty, and is then to be skipped.
    Line {
        /// First byte of the line.
        start: usize,
        /// One past its last byte, CR and LF excluded.
        end: usize,
        /// How much to drop from the input before the next call, line ending included.
        consumed: usize,
    },
    /// A line is longer than [`LINE_BYTES_MAX`]. Said once a line; its rest is swallowed as empty lines.
    TooLong {
        /// How much to drop from the input before the next call.
        consumed: usize,
    },
    /// There is no whole line yet: call again with the same bytes and more behind them.
    Incomplete,
}

/// Finds lines, and remembers how far it has looked so that slow input is not searched twice.
///
/// The caller MUST drop `consumed` bytes from the front of its input before it calls again, and
/// MUST NOT drop any other.
#[derive(Debug, Default, Clone)]
pub struct LineSplitter {
    discarding: bool,
    scanned: u32,
}

/// A line without its ending.
const CONTENT_BYTES_MAX: usize = LINE_BYTES_MAX - 2;

impl LineSplitter {
    /// Judges the front of `input`. A line ends with LF; a CR just before it belongs to the ending.
    pub fn next(&mut self, input: &[u8]) -> Split {
        let from = (self.scanned as usize).min(input.len());
        let found = memchr::memchr(b'\n', &input[from..]).map(|at| from + at);
        self.scanned = 0;
        match found {
            Some(newline) => self.line(input, newline),
            None => self.no_line(input),
        }
    }

    fn line(&mut self, input: &[u8], newline: usize) -> Split {
        let consumed = newline + 1;
        if self.discarding {
            self.discarding = false;
            return swallowed(consumed);
        }
        let end = match newline.checked_sub(1) {
            Some(before) if input[before] == b'\r' => before,
            _ => newline,
        };
        if end > CONTENT_BYTES_MAX { Split::TooLong { consumed } } else { Split::Line { start: 0, end, consumed } }
    }

    fn no_line(&mut self, input: &[u8]) -> Split {
        if self.discarding && !input.is_empty() {
            return swallowed(input.len());
        }
        // One more than the content, because the last byte may be the CR of the ending.
        if input.len() > CONTENT_BYTES_MAX + 1 {
            self.discarding = true;
            return Split::TooLong { consumed: input.len() };
        }
        self.scanned = u32::try_from(input.len()).expect("at most LINE_BYTES_MAX");
        Split::Incomplete
    }
}

fn swallowed(consumed: usize) -> Split {
    Split::Line { start: 0, end: 0, consumed }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `input` in pieces of `step` bytes, as a connection would; says what came out.
    fn check(input: &[u8], step: usize) -> Vec<Result<Vec<u8>, ()>> {
        let (mut splitter, mut buffer, mut out) = (LineSplitter::default(), Vec::new(), Vec::new());
        for piece in input.chunks(step) {
            buffer.extend_from_slice(piece);
            loop {
                let consumed = match splitter.next(&buffer) {
                    Split::Line { start, end, consumed } => {
                        if end > start {
                            out.push(Ok(buffer[start..end].to_vec()));
                        }
                        consumed
                    }
                    Split::TooLong { consumed } => {
                        out.push(Err(()));
                        consumed
                    }
                    Split::Incomplete => break,
                };
                assert!(consumed > 0, "no progress");
                buffer.drain(..consumed);
                assert!(buffer.len() <= LINE_BYTES_MAX + step);
            }
        }
        out
    }

    fn lines(lines: &[&str]) -> Vec<Result<Vec<u8>, ()>> {
        lines.iter().map(|line| Ok(line.as_bytes().to_vec())).collect()
    }

    #[test]
    fn lines_end_with_lf_and_an_optional_cr_however_they_arrive() {
        let cases: [(&str, &[&str]); 6] = [
            ("NICK a\r\nUSER b\r\n", &["NICK a", "USER b"]),
            ("NICK a\nUSER b\n", &["NICK a", "USER b"]),
            ("\r\n\n\r\nPING\r\n\r\n", &["PING"]),
            ("a\rb\r\r\n", &["a\rb\r"]),
            ("NICK a\r\nhalf a line", &["NICK a"]),
            ("茶馆\r\n🍵\n", &["茶馆", "🍵"]),
        ];
        for (input, want) in cases {
            for step in [1, 2, 3, 7, 100] {
                assert_eq!(check(input.as_bytes(), step), lines(want), "{input:?} by {step}");
            }
        }
    }

    #[test]
    fn a_line_of_the_longest_length_is_a_line_and_one_byte_more_is_not() {
        for ending in ["\r\n", "\n"] {
            for (content, fits) in [(CONTENT_BYTES_MAX, true), (CONTENT_BYTES_MAX + 1, false)] {
                let input = format!("{}{ending}PING\r\n", "x".repeat(content));
                let first = if fits { Ok("x".repeat(content).into_bytes()) } else { Err(()) };
                for step in [1, 1000, 100_000] {
                    assert_eq!(check(input.as_bytes(), step), [first.clone(), Ok(b"PING".to_vec())]);
                }
            }
        }
    }

    #[test]
    fn an_endless_line_is_said_once_and_swallowed_up_to_its_end() {
        let input = format!("{}\r\nPING\r\n", "x".repeat(20 * LINE_BYTES_MAX));
        for step in [1, 4096, 1_000_000] {
            assert_eq!(check(input.as_bytes(), step), [Err(()), Ok(b"PING".to_vec())]);
        }
    }

    #[test]
    fn bytes_already_looked_at_are_not_looked_at_again() {
        let mut splitter = LineSplitter::default();
        assert_eq!(splitter.next(b"abc"), Split::Incomplete);
        // A line end where it has already looked: only new bytes are searched.
        assert_eq!(splitter.next(b"\n\n\nd\n"), Split::Line { start: 0, end: 4, consumed: 5 });
    }
}
