//! A client's connection: bytes in and out, and lines out of bytes.
//!
//! In: what the socket gives. Out: pieces, a line or a control frame each, borrowed from the buffer they were read into.
//!
//! - [`wire`]: the socket, with TLS around it or not.
//! - [`trust`]: TLS that believes everybody.
//! - [`framing`]: lines in a stream, or messages in frames; the client's side of both.

pub mod framing;
pub mod trust;
pub mod wire;
