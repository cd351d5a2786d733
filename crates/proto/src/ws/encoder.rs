//! Frames from a server: whole messages, never masked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::Opcode;
use crate::limits::WS_CONTROL_BYTES_MAX;

/// What every server appends to the key (section 1.3).
const ACCEPT_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`.
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(ACCEPT_GUID.as_bytes());
    STANDARD.encode(hash.finalize())
}

/// Appends the header of an unfragmented frame; `payload_len` bytes of payload are to follow.
pub fn header(opcode: Opcode, payload_len: usize, out: &mut Vec<u8>) {
    debug_assert!(!opcode.is_control() || payload_len <= WS_CONTROL_BYTES_MAX, "control frame of {payload_len} bytes");
    out.push(0x80 | opcode.bits());
    match (u8::try_from(payload_len), u16::try_from(payload_len)) {
        (Ok(len @ 0..=125), _) => out.push(len),
        (_, Ok(len)) => {
            out.push(126);
            out.extend_from_slice(&len.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(payload_len as u64).to_be_bytes());
        }
    }
}

/// Appends a whole frame.
pub fn frame(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    header(opcode, payload.len(), out);
    out.extend_from_slice(payload);
}

/// A close frame; a reason that a control frame cannot hold is cut at a character.
pub fn close_frame(code: u16, reason: &str) -> Vec<u8> {
    let mut end = reason.len().min(WS_CONTROL_BYTES_MAX - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = &reason[..end];
    let mut out = Vec::with_capacity(4 + reason.len());
    header(Opcode::Close, 2 + reason.len(), &mut out);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_gets_the_answer_of_the_rfc() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn lengths_take_their_shortest_form() {
        for (len, want) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xFF, 0xFF]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            header(Opcode::Text, len, &mut out);
            assert_eq!(out, want);
        }
    }

    #[test]
    fn a_close_reason_is_cut_at_a_character() {
        assert_eq!(close_frame(1000, "bye"), [&[0x88, 5, 0x03, 0xE8][..], b"bye"].concat());
        let long = close_frame(1001, &"茶".repeat(50));
        assert_eq!(long.len(), 4 + 123);
        assert_eq!(&long[4..], "茶".repeat(41).as_bytes());
        assert_eq!(close_frame(1001, &format!("a{}", "茶".repeat(50))).len(), 4 + 121);
    }
}
