//! Frames from a client.

use std::borrow::Cow;

use super::utf8::{NotUtf8, Utf8};
use super::{Opcode, code};
use crate::limits::{WS_CONTROL_BYTES_MAX, WS_MESSAGE_BYTES_MAX};

/// Reads frames. Small while nothing is half there: it holds no buffer of its own.
///
/// The caller MUST drop `consumed` bytes from its input after each call, MUST leave the others as they are, MUST close
/// the connection after a [`Violation`], and MUST NOT read on after [`Event::Close`].
#[derive(Debug, Default)]
pub struct Decoder {
    begun: Option<Box<Begun>>,
}

/// A message that has come in part: earlier fragments, and the front of a text frame.
#[derive(Debug, Default)]
struct Begun {
    /// What kind it is, once its first fragment is whole.
    opcode: Option<Opcode>,
    bytes: Vec<u8>,
    utf8: Utf8,
    /// How much of the payload at the front of the input is unmasked and looked at already.
    seen: usize,
}

/// What was at the front of the input. Nothing `consumed` means that there is no whole frame yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// How much to drop from the front of the input.
    pub consumed: usize,
    /// What the frame completed; a fragment completes nothing.
    pub event: Option<Event<'a>>,
    /// The frame itself, if there was a whole one.
    pub frame: Option<FrameInfo>,
}

/// What a client said.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole text message, in valid UTF-8.
    Text(Cow<'a, [u8]>),
    /// A whole binary message.
    Binary(Cow<'a, [u8]>),
    /// To be answered by a pong with this payload.
    Ping(&'a [u8]),
    /// The answer to a ping.
    Pong(&'a [u8]),
    /// To be answered by a close frame with the same code.
    Close {
        /// Why, if it was said.
        code: Option<u16>,
        /// In words.
        reason: &'a str,
    },
}

/// A frame as it was on the wire: for those who watch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameInfo {
    /// Its kind.
    pub opcode: Opcode,
    /// Whether the payload was masked; from a client it always was.
    pub masked: bool,
    /// Whether it ended its message.
    pub fin: bool,
    /// Bytes of payload.
    pub len: usize,
}

/// The client broke the protocol: the connection is to be closed with this code and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// The close code (section 7.4.1).
    pub code: u16,
    /// What was wrong, in words.
    pub reason: &'static str,
}

impl Decoder {
    /// Reads the front of `input`, unmasking it in place. Every rule is checked as soon as the bytes that break it are
    /// there: a frame that is too long is refused by its header, a text that is not UTF-8 in the middle of its frame.
    pub fn next<'a>(&mut self, input: &'a mut [u8]) -> Result<Decoded<'a>, Violation> {
        let Some(header) = Header::parse(input)? else {
            return Ok(Decoded { consumed: 0, event: None, frame: None });
        };
        self.admit(&header)?;
        let consumed = header.bytes + header.info.len;
        if input.len() < consumed {
            self.look_ahead(&header, &mut input[header.bytes..])?;
            return Ok(Decoded { consumed: 0, event: None, frame: None });
        }
        let payload = &mut input[header.bytes..consumed];
        let seen = self.seen();
        unmask(&mut payload[seen..], header.mask, seen);
        let event = match header.info.opcode {
            Opcode::Ping => Some(Event::Ping(payload)),
            Opcode::Pong => Some(Event::Pong(payload)),
            Opcode::Close => Some(close(payload)?),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => self.data(header.info, payload)?,
        };
        Ok(Decoded { consumed, event, frame: Some(header.info) })
    }

    /// Does this frame fit to what came before it? (section 5.4)
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        let FrameInfo { opcode, len, .. } = header.info;
        let before = match (self.message(), opcode) {
            (_, Opcode::Close | Opcode::Ping | Opcode::Pong) => return Ok(()),
            (None, Opcode::Continuation) => return Err(protocol_error("continuation of nothing")),
            (Some(_), Opcode::Text | Opcode::Binary) => {
                return Err(protocol_error("new message inside a fragmented one"));
            }
            (Some((_, bytes)), Opcode::Continuation) => bytes.len(),
            (None, Opcode::Text | Opcode::Binary) => 0,
        };
        if len > WS_MESSAGE_BYTES_MAX - before {
            return Err(Violation { code: code::TOO_BIG, reason: "message too big" });
        }
        Ok(())
    }

    /// The message that has come in whole fragments so far.
    fn message(&self) -> Option<(Opcode, &[u8])> {
        let begun = self.begun.as_deref()?;
        Some((begun.opcode?, &begun.bytes))
    }

    fn seen(&self) -> usize {
        self.begun.as_deref().map_or(0, |begun| begun.seen)
    }

    /// Looks at what there is of a text frame that is not whole yet.
    fn look_ahead(&mut self, header: &Header, payload: &mut [u8]) -> Result<(), Violation> {
        let opcode = match header.info.opcode {
            Opcode::Continuation => self.message().map(|(opcode, _)| opcode),
            opcode => Some(opcode),
        };
        if opcode != Some(Opcode::Text) || payload.is_empty() {
            return Ok(());
        }
        let begun = self.begun.get_or_insert_default();
        let fresh = &mut payload[begun.seen..];
        unmask(fresh, header.mask, begun.seen);
        begun.seen += fresh.len();
        begun.utf8.push(fresh).map_err(|NotUtf8| not_utf8("text is not UTF-8"))
    }

    fn data<'a>(&mut self, frame: FrameInfo, payload: &'a [u8]) -> Result<Option<Event<'a>>, Violation> {
        let mut begun = match self.begun.take() {
            None if frame.fin => return whole(frame.opcode, payload).map(Some),
            begun => begun.unwrap_or_default(),
        };
        let opcode = begun.opcode.unwrap_or(frame.opcode);
        if opcode == Opcode::Text {
            let pushed = begun.utf8.push(&payload[begun.seen..]);
            if pushed.is_err() || frame.fin && !begun.utf8.is_whole() {
                return Err(not_utf8("text is not UTF-8"));
            }
        }
        if frame.fin && begun.opcode.is_none() {
            return Ok(Some(message(opcode, Cow::Borrowed(payload))));
        }
        begun.bytes.extend_from_slice(payload);
        if frame.fin {
            return Ok(Some(message(opcode, Cow::Owned(begun.bytes))));
        }
        (begun.opcode, begun.seen) = (Some(opcode), 0);
        self.begun = Some(begun);
        Ok(None)
    }
}

/// A message in one frame that was there at once: almost all of them.
fn whole(opcode: Opcode, payload: &[u8]) -> Result<Event<'_>, Violation> {
    if opcode == Opcode::Text && simdutf8::basic::from_utf8(payload).is_err() {
        return Err(not_utf8("text is not UTF-8"));
    }
    Ok(message(opcode, Cow::Borrowed(payload)))
}

fn message(opcode: Opcode, bytes: Cow<'_, [u8]>) -> Event<'_> {
    if opcode == Opcode::Text { Event::Text(bytes) } else { Event::Binary(bytes) }
}

/// Section 7.1.5 and 7.4.
fn close(payload: &[u8]) -> Result<Event<'_>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(Event::Close { code: None, reason: "" }),
            _ => Err(protocol_error("close code of one byte")),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(protocol_error("close code that may not be sent"));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| not_utf8("close reason is not UTF-8"))?;
    Ok(Event::Close { code: Some(code), reason })
}

struct Header {
    info: FrameInfo,
    mask: [u8; 4],
    bytes: usize,
}

impl Header {
    /// Section 5.2. `None`: there are not yet enough bytes to say more.
    fn parse(input: &[u8]) -> Result<Option<Self>, Violation> {
        let Some(&first) = input.first() else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(protocol_error("reserved bit set"));
        }
        let opcode = Opcode::from_bits(first & 0x0F).ok_or(protocol_error("unknown opcode"))?;
        let fin = first & 0x80 != 0;
        if opcode.is_control() && !fin {
            return Err(protocol_error("fragmented control frame"));
        }
        let Some(&second) = input.get(1) else {
            return Ok(None);
        };
        if second & 0x80 == 0 {
            return Err(protocol_error("frame is not masked"));
        }
        let short = usize::from(second & 0x7F);
        if opcode.is_control() && short > WS_CONTROL_BYTES_MAX {
            return Err(protocol_error("control frame over 125 bytes"));
        }
        let Some((len, mask_at)) = payload_len(short, input)? else {
            return Ok(None);
        };
        let Some(mask) = input.get(mask_at..).and_then(|rest| rest.first_chunk::<4>()) else {
            return Ok(None);
        };
        let info = FrameInfo { opcode, masked: true, fin, len };
        Ok(Some(Self { info, mask: *mask, bytes: mask_at + 4 }))
    }
}

/// Length of the payload, and where the mask begins.
fn payload_len(short: usize, input: &[u8]) -> Result<Option<(usize, usize)>, Violation> {
    let rest = input.get(2..).unwrap_or_default();
    let (len, mask_at, least) = match short {
        126 => match rest.first_chunk::<2>() {
            Some(len) => (u64::from(u16::from_be_bytes(*len)), 4, 126),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(len) => (u64::from_be_bytes(*len), 10, 1 << 16),
            None => return Ok(None),
        },
        short => return Ok(Some((short, 2))),
    };
    if len >> 63 != 0 {
        return Err(protocol_error("length with its highest bit set"));
    }
    if len < least {
        return Err(protocol_error("length not in its shortest form"));
    }
    match usize::try_from(len) {
        Ok(len) if len <= WS_MESSAGE_BYTES_MAX => Ok(Some((len, mask_at))),
        _ => Err(Violation { code: code::TOO_BIG, reason: "message too big" }),
    }
}

/// Section 5.3, eight bytes at a time; `at` bytes of the payload stand before these.
fn unmask(payload: &mut [u8], mut mask: [u8; 4], at: usize) {
    mask.rotate_left(at % 4);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

fn protocol_error(reason: &'static str) -> Violation {
    Violation { code: code::PROTOCOL_ERROR, reason }
}

fn not_utf8(reason: &'static str) -> Violation {
    Violation { code: code::INVALID_PAYLOAD, reason }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::ws) const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

    /// A masked frame; `first` is its first byte.
    fn client(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            len @ 0..=125 => frame.push(0x80 | u8::try_from(len).unwrap()),
            len @ 126..=65_535 => {
                frame.push(0xFE);
                frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            }
            len => {
                frame.push(0xFF);
                frame.extend_from_slice(&u64::try_from(len).unwrap().to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    /// What comes out in words when the input arrives in pieces of `step` bytes.
    pub(in crate::ws) fn decode(input: &[u8], step: usize) -> Vec<String> {
        let (mut decoder, mut buffer, mut out) = (Decoder::default(), Vec::new(), Vec::new());
        for piece in input.chunks(step) {
            buffer.extend_from_slice(piece);
            loop {
                let consumed = match decoder.next(&mut buffer) {
                    Err(violation) => {
                        out.push(format!("{} {}", violation.code, violation.reason));
                        return out;
                    }
                    Ok(decoded) => {
                        out.extend(decoded.event.map(|event| words(&event)));
                        decoded.consumed
                    }
                };
                if consumed == 0 {
                    break;
                }
                buffer.drain(..consumed);
            }
        }
        out
    }

    fn words(event: &Event<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match event {
            Event::Text(bytes) => format!("text {}", text(bytes)),
            Event::Binary(bytes) => format!("binary {}", text(bytes)),
            Event::Ping(bytes) => format!("ping {}", text(bytes)),
            Event::Pong(bytes) => format!("pong {}", text(bytes)),
            Event::Close { code, reason } => format!("close {code:?} {reason}"),
        }
    }

    fn check(input: &[u8], want: &[&str]) {
        for step in [1, 3, 1000, 100_000] {
            assert_eq!(decode(input, step), want, "{:02x?} by {step}", &input[..input.len().min(20)]);
        }
    }

    #[test]
    fn messages_and_control_frames_are_read() {
        check(&client(0x81, b"hi"), &["text hi"]);
        check(&client(0x81, b""), &["text "]);
        check(&client(0x81, "茶馆 🍵".as_bytes()), &["text 茶馆 🍵"]);
        check(&client(0x82, b"NICK a"), &["binary NICK a"]);
        check(&client(0x89, b"x"), &["ping x"]);
        check(&client(0x8A, b""), &["pong "]);
        check(&client(0x89, &[b'p'; 125]), &[&format!("ping {}", "p".repeat(125))]);
        for len in [125, 126, 127, WS_MESSAGE_BYTES_MAX] {
            check(&client(0x81, &vec![b'm'; len]), &[&format!("text {}", "m".repeat(len))]);
        }
    }

    #[test]
    fn fragments_become_one_message_with_control_frames_between() {
        let parts =
            [client(0x01, "茶".as_bytes()), client(0x89, b"p"), client(0x00, &[0xE9]), client(0x80, &[0xA6, 0x86])];
        check(&parts.concat(), &["ping p", "text 茶馆"]);
        check(&[client(0x02, b"a"), client(0x00, b""), client(0x80, b"b")].concat(), &["binary ab"]);
        check(&[client(0x01, b""), client(0x80, b""), client(0x81, b"next")].concat(), &["text ", "text next"]);
    }

    #[test]
    fn closes_are_read() {
        check(&client(0x88, b""), &["close None "]);
        check(&client(0x88, b"\x03\xE8bye"), &["close Some(1000) bye"]);
        check(&client(0x88, b"\x0F\xA0"), &["close Some(4000) "]);
    }

    #[test]
    fn every_breach_of_a_frame_has_its_code() {
        let long = vec![b'x'; WS_MESSAGE_BYTES_MAX];
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (vec![0x81, 0x02], "1002 frame is not masked"),
            (client(0xC1, b""), "1002 reserved bit set"),
            (client(0xA1, b""), "1002 reserved bit set"),
            (client(0x91, b""), "1002 reserved bit set"),
            (vec![0x83], "1002 unknown opcode"),
            (vec![0x8B], "1002 unknown opcode"),
            (client(0x09, b""), "1002 fragmented control frame"),
            (client(0x89, &[0; 126]), "1002 control frame over 125 bytes"),
            (vec![0x88, 0xFF], "1002 control frame over 125 bytes"),
            (client(0x80, b"x"), "1002 continuation of nothing"),
            ([client(0x01, b"a"), client(0x81, b"b")].concat(), "1002 new message inside a fragmented one"),
            ([client(0x01, b"a"), client(0x02, b"b")].concat(), "1002 new message inside a fragmented one"),
            (vec![0x81, 0xFE, 0, 125], "1002 length not in its shortest form"),
            (vec![0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], "1002 length not in its shortest form"),
            (vec![0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], "1002 length with its highest bit set"),
            (vec![0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "1009 message too big"),
            (client(0x81, &vec![b'x'; WS_MESSAGE_BYTES_MAX + 1]), "1009 message too big"),
            ([client(0x01, &long), client(0x00, b"x")].concat(), "1009 message too big"),
        ];
        for (input, want) in cases {
            check(&input, &[want]);
        }
    }

    #[test]
    fn every_breach_of_a_payload_has_its_code() {
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (client(0x81, b"\xFF"), "1007 text is not UTF-8"),
            ([client(0x01, b"\xE8\x8C"), client(0x80, b"x")].concat(), "1007 text is not UTF-8"),
            (client(0x88, b"\x03"), "1002 close code of one byte"),
            (client(0x88, &999_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, &1005_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, &1006_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, &1015_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, &2999_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, &5000_u16.to_be_bytes()), "1002 close code that may not be sent"),
            (client(0x88, b"\x03\xE8\xFF"), "1007 close reason is not UTF-8"),
        ];
        for (input, want) in cases {
            check(&input, &[want]);
        }
    }

    #[test]
    fn text_that_cannot_be_utf8_is_refused_before_its_frame_or_its_message_is_whole() {
        let mut frame = client(0x81, "κόσμε\u{FFFF}".as_bytes());
        frame[6 + 5] ^= 0xFF;
        for end in 0..frame.len() {
            let broken = decode(&frame[..end], 1) == ["1007 text is not UTF-8"];
            assert_eq!(broken, end > 6 + 5, "after {end} bytes");
            assert_eq!(broken, decode(&frame[..end], 1000) == ["1007 text is not UTF-8"], "after {end} bytes at once");
        }
        check(&client(0x01, b"a\xFF"), &["1007 text is not UTF-8"]);
        check(&[client(0x01, b"\xF0\x9F"), client(0x00, b"\x8Dx")].concat(), &["1007 text is not UTF-8"]);
    }

    #[test]
    fn a_frame_too_long_is_refused_by_its_header_alone() {
        let mut header = client(0x81, &vec![0; WS_MESSAGE_BYTES_MAX + 1]);
        header.truncate(4);
        assert_eq!(Decoder::default().next(&mut header), Err(Violation { code: 1009, reason: "message too big" }));
    }

    #[test]
    fn fragments_without_end_stop_at_the_limit_and_an_idle_decoder_holds_nothing() {
        let mut decoder = Decoder::default();
        decoder.next(&mut client(0x02, b"a")).unwrap();
        let stopped = (0..WS_MESSAGE_BYTES_MAX).find_map(|_| decoder.next(&mut client(0x00, b"b")).err());
        assert_eq!(stopped.map(|violation| violation.code), Some(1009));
        assert!(size_of::<Decoder>() <= 8);
    }

    #[test]
    fn the_frame_itself_is_told_to_those_who_watch() {
        let mut input = client(0x01, b"abc");
        let decoded = Decoder::default().next(&mut input).unwrap();
        assert_eq!(decoded.frame, Some(FrameInfo { opcode: Opcode::Text, masked: true, fin: false, len: 3 }));
        assert_eq!((decoded.consumed, decoded.event), (9, None));
    }
}
