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
        Some(b'@') => memchr::memchr(b' ', &line[blank..]).map_or(line.len() - blank, |space| space + 1),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_refused_for_its_tags_its_length_or_its_encoding() {
        let message = |len: usize| "x".repeat(len);
        let tagged = |tags: usize, rest: usize| format!("@{} {}", "t".repeat(tags), "x".repeat(rest));
        let cases: [(Vec<u8>, Result<(), LineError>); 12] = [
            (message(510).into(), Ok(())),
            (message(511).into(), Err(LineError::TooLong)),
            (tagged(4094, 510).into(), Ok(())),
            (tagged(4095, 1).into(), Err(LineError::TagsTooLong)),
            (tagged(4094, 511).into(), Err(LineError::TooLong)),
            (format!("@{}", "t".repeat(4096)).into(), Err(LineError::TagsTooLong)),
            (format!("  {}", tagged(4095, 1)).into(), Err(LineError::TagsTooLong)),
            (" ".repeat(511).into(), Err(LineError::TooLong)),
            ("PRIVMSG #茶馆 :你好 🍵".into(), Ok(())),
            (b"PRIVMSG #a :\xff".to_vec(), Err(LineError::NotUtf8)),
            (b"PRIVMSG #a :\xe8\x8c".to_vec(), Err(LineError::NotUtf8)),
            (b"\xed\xa0\x80".to_vec(), Err(LineError::NotUtf8)),
        ];
        for (line, want) in cases {
            let shown = String::from_utf8_lossy(&line[..line.len().min(40)]).into_owned();
            assert_eq!(decode(&line).map(drop), want, "{shown:?} of {} bytes", line.len());
        }
    }
}
