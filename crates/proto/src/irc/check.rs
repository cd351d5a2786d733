//! What is wrong with a line from a client before it is even looked into.

use crate::limits::{MESSAGE_BODY_BYTES_MAX, TAG_BYTES_MAX_CLIENT};

/// Why a line from a client is refused unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// The message without its tags has more than 510 bytes: 417.
    TooLong,
    /// The tags have more than 4094 bytes: 417.
    TagsTooLong,
    /// Not UTF-8: `FAIL * INVALID_UTF8` (<https://ircv3.net/specs/extensions/utf8-only>).
    NotUtf8,
}

/// Checks the lengths that a client must keep, then the encoding. `line` has no line ending.
pub fn decode(line: &[u8]) -> Result<&str, LineError> {
    let blank = line.iter().take_while(|&&byte| byte == b' ').count();
    let tags = match line.get(blank) {
        Some(b'@') => {
            memchr::memchr(b' ', &line[blank..]).map_or(line.len() - blank, |space| space + 1)
        }
        _ => 0,
    };
    if tags > TAG_BYTES_MAX_CLIENT {
        return Err(LineError::TagsTooLong);
    }
    if line.len() - tags > MESSAGE_BODY_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    simdutf8::basic::from_utf8(line).map_err(|_| LineError::NotUtf8)
}
