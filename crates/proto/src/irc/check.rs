//! What is wrong with a line from a client before it is even looked into.

use super::Tags;
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
    let tags = tagged(line).len();
    if tags > TAG_BYTES_MAX_CLIENT {
        return Err(LineError::TagsTooLong);
    }
    if line.len() - tags > MESSAGE_BODY_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    simdutf8::basic::from_utf8(line).map_err(|_| LineError::NotUtf8)
}

/// The tags of a line from a client, whatever is wrong with the rest of it; none, if they are too long or no UTF-8 themselves.
pub fn readable_tags(line: &[u8]) -> Tags<'_> {
    let tagged = tagged(line);
    let readable = std::str::from_utf8(tagged).ok().filter(|tags| tags.len() <= TAG_BYTES_MAX_CLIENT);
    Tags::new(readable.and_then(|tags| tags.strip_prefix('@')).unwrap_or_default().trim_end_matches(' '))
}

/// The tags, `@` and the closing space included.
fn tagged(line: &[u8]) -> &[u8] {
    let blank = line.iter().take_while(|&&byte| byte == b' ').count();
    let line = &line[blank..];
    match line.first() {
        Some(b'@') => memchr::memchr(b' ', line).map_or(line, |space| &line[..=space]),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_whatever_is_wrong_with_the_rest() {
        let long = "x".repeat(600);
        let cases: [(Vec<u8>, Option<&str>); 8] = [
            (format!("@a=1;label=2 PRIVMSG #a :{long}").into(), Some("2")),
            (format!("  @label=2 {long}").into(), Some("2")),
            (b"@label=2 PRIVMSG #a :\xff".to_vec(), Some("2")),
            (b"@label=2".to_vec(), Some("2")),
            (b"@label=\xff PING x".to_vec(), None),
            (format!("@label=2;{} PING x", "t".repeat(4096)).into(), None),
            (format!("label=2 {long}").into(), None),
            (Vec::new(), None),
        ];
        for (line, want) in cases {
            let tags = readable_tags(&line);
            assert_eq!(
                tags.get("label").as_deref(),
                want,
                "{:?}",
                String::from_utf8_lossy(&line[..line.len().min(40)])
            );
        }
    }

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
