//! Frames from a client.

use std::borrow::Cow;

use super::{Opcode, code};
use crate::limits::{WS_CONTROL_BYTES_MAX, WS_MESSAGE_BYTES_MAX};

/// Reads frames. Small while no message is in fragments: it holds no buffer of its own.
///
/// The caller MUST drop `consumed` bytes from its input after each call, MUST close the connection
/// after a [`Violation`], and MUST NOT read on after [`Event::Close`].
#[derive(Debug, Default)]
pub struct Decoder {
    message: Option<Fragments>,
}

#[derive(Debug)]
struct Fragments {
    opcode: Opcode,
    bytes: Vec<u8>,
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
    /// Reads the front of `input`, unmasking it in place. Every rule is checked as soon as the bytes
    /// that break it are there: a frame that is too long is refused by its header.
    pub fn next<'a>(&mut self, input: &'a mut [u8]) -> Result<Decoded<'a>, Violation> {
        let Some(header) = Header::parse(input)? else {
            return Ok(Decoded {
                consumed: 0,
                event: None,
                frame: None,
            });
        };
        self.admit(&header)?;
        let consumed = header.bytes + header.info.len;
        let Some(payload) = input.get_mut(header.bytes..consumed) else {
            return Ok(Decoded {
                consumed: 0,
                event: None,
                frame: None,
            });
        };
        unmask(payload, header.mask);
        let event = match header.info.opcode {
            Opcode::Ping => Some(Event::Ping(payload)),
            Opcode::Pong => Some(Event::Pong(payload)),
            Opcode::Close => Some(close(payload)?),
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                self.data(header.info, payload)?
            }
        };
        Ok(Decoded {
            consumed,
            event,
            frame: Some(header.info),
        })
    }

    /// Whether a message has begun and not ended.
    pub fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Does this frame fit to what came before it? (section 5.4)
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        let FrameInfo { opcode, len, .. } = header.info;
        let before = match (&self.message, opcode) {
            (_, Opcode::Close | Opcode::Ping | Opcode::Pong) => return Ok(()),
            (None, Opcode::Continuation) => return Err(protocol_error("continuation of nothing")),
            (Some(_), Opcode::Text | Opcode::Binary) => {
                return Err(protocol_error("new message inside a fragmented one"));
            }
            (Some(message), Opcode::Continuation) => message.bytes.len(),
            (None, Opcode::Text | Opcode::Binary) => 0,
        };
        if len > WS_MESSAGE_BYTES_MAX - before {
            return Err(Violation {
                code: code::TOO_BIG,
                reason: "message too big",
            });
        }
        Ok(())
    }

    fn data<'a>(
        &mut self,
        frame: FrameInfo,
        payload: &'a [u8],
    ) -> Result<Option<Event<'a>>, Violation> {
        match (self.message.take(), frame.fin) {
            (None, true) => whole(frame.opcode, Cow::Borrowed(payload)).map(Some),
            (None, false) => {
                self.message = Some(Fragments {
                    opcode: frame.opcode,
                    bytes: payload.to_vec(),
                });
                Ok(None)
            }
            (Some(mut message), fin) => {
                message.bytes.extend_from_slice(payload);
                if fin {
                    return whole(message.opcode, Cow::Owned(message.bytes)).map(Some);
                }
                self.message = Some(message);
                Ok(None)
            }
        }
    }
}

fn whole(opcode: Opcode, bytes: Cow<'_, [u8]>) -> Result<Event<'_>, Violation> {
    if opcode != Opcode::Text {
        return Ok(Event::Binary(bytes));
    }
    match simdutf8::basic::from_utf8(&bytes) {
        Ok(_) => Ok(Event::Text(bytes)),
        Err(_) => Err(Violation {
            code: code::INVALID_PAYLOAD,
            reason: "text is not UTF-8",
        }),
    }
}

/// Section 7.1.5 and 7.4.
fn close(payload: &[u8]) -> Result<Event<'_>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload {
            [] => Ok(Event::Close {
                code: None,
                reason: "",
            }),
            _ => Err(protocol_error("close code of one byte")),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(protocol_error("close code that may not be sent"));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| Violation {
        code: code::INVALID_PAYLOAD,
        reason: "close reason is not UTF-8",
    })?;
    Ok(Event::Close {
        code: Some(code),
        reason,
    })
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
        let Some(mask) = input
            .get(mask_at..)
            .and_then(|rest| rest.first_chunk::<4>())
        else {
            return Ok(None);
        };
        let info = FrameInfo {
            opcode,
            masked: true,
            fin,
            len,
        };
        Ok(Some(Self {
            info,
            mask: *mask,
            bytes: mask_at + 4,
        }))
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
        _ => Err(Violation {
            code: code::TOO_BIG,
            reason: "message too big",
        }),
    }
}

/// Section 5.3, eight bytes at a time.
fn unmask(payload: &mut [u8], mask: [u8; 4]) {
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
    Violation {
        code: code::PROTOCOL_ERROR,
        reason,
    }
}
