//! What each message of the load says: who sent it as which, and when.
//!
//! Every text has the same length and stands at the end of its line, so it is found there without looking at the rest.

/// Bytes of every message's text.
pub const TEXT_BYTES: usize = 100;

const MARK: &[u8; 4] = b"~LT ";
const ROOM: std::ops::Range<usize> = 4..8;
const SPEAKER: std::ops::Range<usize> = 9..12;
const SEQUENCE: std::ops::Range<usize> = 13..21;
const SENT_US: std::ops::Range<usize> = 22..34;

/// The content of a message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which room it was said to.
    pub room: usize,
    /// Which of the room's speakers said it.
    pub speaker: usize,
    /// How many this speaker had said there before it.
    pub sequence: u32,
    /// When it was sent, in µs since the generator began.
    pub sent_us: u64,
}

impl Stamp {
    /// Appends the text.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut text = [b'.'; TEXT_BYTES];
        text[..4].copy_from_slice(MARK);
        put_hex(self.room as u64, &mut text[ROOM]);
        put_hex(self.speaker as u64, &mut text[SPEAKER]);
        put_hex(u64::from(self.sequence), &mut text[SEQUENCE]);
        put_hex(self.sent_us, &mut text[SENT_US]);
        for gap in [8, 12, 21, 34] {
            text[gap] = b' ';
        }
        out.extend_from_slice(&text);
    }

    /// Reads the text at the end of a line, if it is one of ours and whole.
    pub fn read(line: &[u8]) -> Option<Self> {
        let text = line.last_chunk::<TEXT_BYTES>()?;
        if &text[..4] != MARK {
            return None;
        }
        Some(Self {
            room: usize::try_from(hex(&text[ROOM])?).ok()?,
            speaker: usize::try_from(hex(&text[SPEAKER])?).ok()?,
            sequence: u32::try_from(hex(&text[SEQUENCE])?).ok()?,
            sent_us: hex(&text[SENT_US])?,
        })
    }
}

fn put_hex(mut value: u64, out: &mut [u8]) {
    for digit in out.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 0xF) as usize];
        value >>= 4;
    }
    debug_assert_eq!(value, 0, "the number fits its digits");
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_at_the_end_of_any_line() {
        let stamp = Stamp { room: 999, speaker: 1003, sequence: 4_000_000_000, sent_us: 12_345_678_901 };
        let mut line = b"@time=x :a!b@c PRIVMSG #r :".to_vec();
        stamp.write(&mut line);
        assert_eq!(Stamp::read(&line), Some(stamp));
        line.pop();
        assert_eq!(Stamp::read(&line), None, "cut");
        assert_eq!(Stamp::read(b":server NOTICE * :~LT 0001"), None);
    }
}
