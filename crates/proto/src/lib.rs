//! Codecs without IO: IRC lines and tags, names and casemapping, numerics, limits; WebSocket frames; the keys of SCRAM.
//!
//! Bytes come in, values that cannot be wrong go out, and the other way round. There is no socket,
//! no clock and no randomness here, and no input can panic.
//!
//! - [`irc`]: lines out of a stream, a line into a [`irc::Message`], a message into a line.
//! - [`ws`]: the server's side of RFC 6455.
//! - [`names`]: what may be called a nick or a room, and when two names are the same.
//! - [`numerics`]: the reply codes in use, by their names.
//! - [`limits`]: every length that is checked anywhere, with its unit and its reason.
//! - [`scram`]: the keys and proofs of SCRAM-SHA-256.
//! - [`time`]: the `server-time` format.
//! - `fuzzing`: what holds whatever comes in; built for tests and for fuzzing only.

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod irc;
pub mod limits;
pub mod names;
pub mod numerics;
pub mod scram;
pub mod time;
pub mod ws;

/// The name of a capability, a tag, a key or a 005 token that is ours alone.
#[macro_export]
macro_rules! vendor {
    ($name:literal) => {
        ::core::concat!("teahouse.internal/", $name)
    };
}

/// What all of these begin with.
pub const VENDOR: &str = vendor!("");
