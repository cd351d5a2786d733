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
        if end > CONTENT_BYTES_MAX {
            Split::TooLong { consumed }
        } else {
            Split::Line {
                start: 0,
                end,
                consumed,
            }
        }
    }

    fn no_line(&mut self, input: &[u8]) -> Split {
        if self.discarding && !input.is_empty() {
            return swallowed(input.len());
        }
        // One more than the content, because the last byte may be the CR of the ending.
        if input.len() > CONTENT_BYTES_MAX + 1 {
            self.discarding = true;
            return Split::TooLong {
                consumed: input.len(),
            };
        }
        self.scanned = u32::try_from(input.len()).expect("at most LINE_BYTES_MAX");
        Split::Incomplete
    }
}

fn swallowed(consumed: usize) -> Split {
    Split::Line {
        start: 0,
        end: 0,
        consumed,
    }
}
