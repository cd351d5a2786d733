//! Lines taken off a stream or out of frames, and put on it, as a client does.
//!
//! The server's side of frames is in the proto crate and refuses what a server sends, so the client's is here: whole
//! messages only, since no server here sends fragments of a line.

use teahouse_proto::ws::Opcode;

/// Any four bytes; what is sent is no secret.
const MASK: [u8; 4] = [0x5a, 0x11, 0xc3, 0x7e];

/// How lines stand in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each ends with CR LF.
    Lines,
    /// Each is a WebSocket message.
    Frames,
}

/// What the server sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// To be answered with the same payload.
    Ping(&'a [u8]),
    /// Nothing to do.
    Pong,
    /// The end, in the server's words.
    Close(&'a [u8]),
    /// Not what a server may send here.
    Violation(&'static str),
}

impl Framing {
    /// The piece at the front of `input` and how long it is; `None` if it is not whole yet.
    pub fn next(self, input: &[u8]) -> Option<(Piece<'_>, usize)> {
        match self {
            Self::Lines => {
                let end = memchr::memchr(b'\n', input)?;
                let line = &input[..end];
                Some((Piece::Line(line.strip_suffix(b"\r").unwrap_or(line)), end + 1))
            }
            Self::Frames => frame(input),
        }
    }

    /// Appends a line.
    pub fn put(self, line: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Lines => {
                out.extend_from_slice(line);
                out.extend_from_slice(b"\r\n");
            }
            Self::Frames => put_frame(Opcode::Text, line, out),
        }
    }
}

fn frame(input: &[u8]) -> Option<(Piece<'_>, usize)> {
    let (&[first, second], rest) = input.split_first_chunk::<2>()?;
    if first & 0xF0 != 0x80 || second & 0x80 != 0 {
        return Some((Piece::Violation("a frame in fragments, masked or with a reserved bit"), input.len()));
    }
    let (len, header) = match second {
        126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = input.get(header..header + len)?;
    let piece = match Opcode::from_bits(first & 0x0F) {
        Some(Opcode::Text | Opcode::Binary) => Piece::Line(payload),
        Some(Opcode::Ping) => Piece::Ping(payload),
        Some(Opcode::Pong) => Piece::Pong,
        Some(Opcode::Close) => Piece::Close(payload.get(2..).unwrap_or_default()),
        Some(Opcode::Continuation) | None => Piece::Violation("a frame of no known kind"),
    };
    Some((piece, header + len))
}

/// Appends a masked frame.
pub fn put_frame(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    let header = out.len();
    teahouse_proto::ws::header(opcode, payload.len(), out);
    out[header + 1] |= 0x80;
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_off_the_front_when_they_are_whole() {
        assert_eq!(Framing::Lines.next(b"PING x\r\nPI"), Some((Piece::Line(b"PING x"), 8)));
        assert_eq!(Framing::Lines.next(b"PI"), None);
    }

    #[test]
    fn frames_of_every_length_come_off_the_front_when_they_are_whole() {
        for len in [0, 1, 125, 126, 300, 65_536] {
            let line = vec![b'm'; len];
            let mut frame = Vec::new();
            teahouse_proto::ws::frame(Opcode::Text, &line, &mut frame);
            assert_eq!(Framing::Frames.next(&frame[..frame.len() - 1]), None);
            frame.push(0x81);
            assert_eq!(Framing::Frames.next(&frame), Some((Piece::Line(&line), frame.len() - 1)));
        }
        let close = teahouse_proto::ws::close_frame(1000, "bye");
        assert_eq!(Framing::Frames.next(&close), Some((Piece::Close(b"bye"), close.len())));
        assert!(matches!(Framing::Frames.next(&[0x01, 0]), Some((Piece::Violation(_), 2))));
    }

    #[test]
    fn the_server_s_decoder_reads_what_is_put() {
        let mut out = Vec::new();
        Framing::Frames.put(&[b'x'; 200], &mut out);
        let all = out.len();
        let decoded = teahouse_proto::ws::Decoder::default().next(&mut out).unwrap();
        assert_eq!(decoded.consumed, all);
        assert_eq!(decoded.event, Some(teahouse_proto::ws::Event::Text((&[b'x'; 200][..]).into())));
    }
}
