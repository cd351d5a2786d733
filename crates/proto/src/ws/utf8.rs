//! Text that comes in pieces.

/// Whether it is UTF-8 so far, told at the first byte after which it cannot be.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose rest has not come.
    begun: [u8; 3],
    begun_len: u8,
}

/// No text begins with these bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Utf8 {
    /// Takes the next piece.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), NotUtf8> {
        while !self.is_whole()
            && let Some((&byte, rest)) = piece.split_first()
        {
            self.push_byte(byte)?;
            piece = rest;
        }
        match simdutf8::compat::from_utf8(piece) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() => {
                self.begin(&piece[error.valid_up_to()..]);
                Ok(())
            }
            Err(_) => Err(NotUtf8),
        }
    }

    /// Whether the text may end here: not in the middle of a character.
    pub(super) fn is_whole(&self) -> bool {
        self.begun_len == 0
    }

    fn push_byte(&mut self, byte: u8) -> Result<(), NotUtf8> {
        let len = usize::from(self.begun_len);
        let [a, b, c] = self.begun;
        let mut character = [a, b, c, 0];
        character[len] = byte;
        let character = &character[..=len];
        match std::str::from_utf8(character) {
            Ok(_) => self.begun_len = 0,
            Err(error) if error.error_len().is_none() => self.begin(character),
            Err(_) => return Err(NotUtf8),
        }
        Ok(())
    }

    fn begin(&mut self, bytes: &[u8]) {
        self.begun[..bytes.len()].copy_from_slice(bytes);
        self.begun_len = u8::try_from(bytes.len()).expect("an unfinished character has at most three bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes are taken one by one before the text is known not to be UTF-8; `None`: all, and it may end there.
    fn broken_after(text: &[u8]) -> Option<usize> {
        let mut utf8 = Utf8::default();
        let broken = text.iter().position(|byte| utf8.push(&[*byte]).is_err());
        broken.map(|at| at + 1).or((!utf8.is_whole()).then_some(text.len()))
    }

    #[test]
    fn what_is_no_character_is_told_at_its_first_wrong_byte() {
        let cases: [(&[u8], Option<usize>); 14] = [
            ("茶馆 🍵 ß".as_bytes(), None),
            (b"\xf4\x8f\xbf\xbf", None),
            (b"\xf4\x90", Some(2)),
            (b"a\x80", Some(2)),
            (b"a\xc0", Some(2)),
            (b"\xe0\x9f\xbf", Some(2)),
            (b"\xed\xa0\x80", Some(2)),
            (b"\xf0\x8f\xbf\xbf", Some(2)),
            (b"\xf5", Some(1)),
            (b"\xe8\x8cx", Some(3)),
            (b"\xf0\x9f\x8dx", Some(4)),
            (b"\xff", Some(1)),
            (b"\xe8\x8c", Some(2)),
            (b"\xf0\x9f\x8d", Some(3)),
        ];
        for (text, want) in cases {
            assert_eq!(broken_after(text), want, "{text:02x?}");
        }
    }

    #[test]
    fn every_cut_of_a_text_says_the_same() {
        let text = "茶é🍵a";
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let mut utf8 = Utf8::default();
                for piece in [&text.as_bytes()[..first], &text.as_bytes()[first..second], &text.as_bytes()[second..]] {
                    assert_eq!(utf8.push(piece), Ok(()), "{first} {second}");
                }
                assert!(utf8.is_whole());
            }
        }
    }
}
