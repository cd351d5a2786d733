//! The server's side of RFC 6455 (<https://www.rfc-editor.org/rfc/rfc6455>) after the HTTP upgrade:
//! frames from a client go in at [`Decoder`], frames for a client are written by [`header`].
//! No extension is ever agreed on, so the reserved bits are always zero.

#[cfg(test)]
mod conformance;
mod decoder;
#[cfg(test)]
mod differential;
mod encoder;
mod utf8;

pub use decoder::{Decoded, Decoder, Event, FrameInfo, Violation};
pub use encoder::{accept_key, close_frame, frame, header};

/// What kind a frame is (section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// More of a message that has begun.
    Continuation,
    /// A message in UTF-8, or its beginning.
    Text,
    /// A message of bytes, or its beginning.
    Binary,
    /// The end of the connection.
    Close,
    /// Asks for a pong with the same payload.
    Ping,
    /// Answers a ping, or says that the peer lives.
    Pong,
}

impl Opcode {
    /// The four bits on the wire.
    pub fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Reads the four bits; the rest of the sixteen are reserved.
    pub fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it may come between the fragments of a message, and never in fragments itself.
    pub fn is_control(self) -> bool {
        self.bits() >= 0x8
    }
}

/// Close codes that are sent or looked for (section 7.4.1).
pub mod code {
    /// The purpose is fulfilled.
    pub const NORMAL: u16 = 1000;
    /// The server goes down, or the page goes away.
    pub const GOING_AWAY: u16 = 1001;
    /// The other side broke the protocol.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// A text message was not UTF-8.
    pub const INVALID_PAYLOAD: u16 = 1007;
    /// The message is too big.
    pub const TOO_BIG: u16 = 1009;
}
