//! Names for things: positions in the log, users, rooms, guests, accounts, sessions.
//!
//! A user, a room, a guest and an account are named by the position of the entry that made them, so an id is never given
//! twice. A guest who registers gives its number to its account: what was its own stays its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use teahouse_proto::time::server_time;

/// A place in the log's one total order; 0 is before the first entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position(pub u64);

/// Milliseconds since the Unix epoch, as the log stamped them; never runs backwards along the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// This time, moved on by `ms` milliseconds.
    pub fn plus_ms(self, ms: u64) -> Self {
        Time(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Time {
    /// As [`server_time`] spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        server_time(self.0, &mut text);
        f.write_str(&text)
    }
}

/// A nick present in rooms; may have several sessions.
///
/// The default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub u64);

/// A room, whatever its name; topic and history belong to the id.
///
/// The default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// A guest's lasting identity, found by token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GuestId(pub u64);

/// Somebody who has registered; found by name.
///
/// The default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId(pub u64);

/// Somebody who is remembered, whether or not here now: rooms and words belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// By a token.
    Guest(GuestId),
    /// By a name and a proof.
    Account(AccountId),
}

impl SessionId {
    /// No connection: the program's own, when it asks for something as whoever runs the server.
    pub const PROGRAM: Self = SessionId { worker: u16::MAX, generation: u32::MAX, slot: u32::MAX };
}

impl Identity {
    /// Its number; a guest's and its later account's are the same.
    pub fn number(self) -> u64 {
        match self {
            Identity::Guest(GuestId(number)) | Identity::Account(AccountId(number)) => number,
        }
    }

    /// The account, if it is one.
    pub fn account(self) -> Option<AccountId> {
        match self {
            Identity::Guest(_) => None,
            Identity::Account(account) => Some(account),
        }
    }
}

/// What is kept of a guest's token: the first 128 bits of its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 16]);

impl TokenHash {
    /// What is kept of this token.
    pub fn of(token: &str) -> Self {
        let digest = Sha256::digest(token.as_bytes());
        TokenHash(std::array::from_fn(|i| digest[i]))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Bytes as tokens, codes and fingerprints are written: lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// One connection's seat: which worker, which slot of its slab, and which of those who sat there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId {
    /// The worker that owns the connection.
    pub worker: u16,
    /// Which of the worker's sessions, counted from its start: no other one in this slot has the same.
    pub generation: u32,
    /// The index in the worker's slab.
    pub slot: u32,
}

/// A message's id on the wire: time and position, so that it sorts like the log and needs no index.
///
/// 23 characters of lower-case Crockford base 32: 10 of time, 13 of position. An id from a restored backup's lost
/// future names another time, so it does not come round again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MsgId {
    /// When the message was said.
    pub time: Time,
    /// Where it stands in the log.
    pub position: Position,
}

/// A client's own id of a message: a UUID of version 7, in lower case (RFC 9562, section 5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClientId(pub [u8; 16]);

/// Where its hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
const UUID_CHARS: usize = 36;

impl ClientId {
    /// Reads what [`fmt::Display`] writes; `None` for anything else, other versions and upper case included.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let mut digits = text.iter().enumerate().filter(|(at, _)| !HYPHENS.contains(at)).map(|(_, digit)| *digit);
        if text.len() != UUID_CHARS || HYPHENS.iter().any(|at| text[*at] != b'-') {
            return None;
        }
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let mut nibble = || {
                let digit = digits.next()?;
                b"0123456789abcdef".iter().position(|known| *known == digit)
            };
            *byte = (nibble()? * 16 + nibble()?) as u8;
        }
        (bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10).then_some(ClientId(bytes))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS: usize = 10;
const POSITION_CHARS: usize = 13;

impl MsgId {
    /// Reads what [`fmt::Display`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != TIME_CHARS + POSITION_CHARS {
            return None;
        }
        let (time, position) = bytes.split_at(TIME_CHARS);
        Some(MsgId { time: Time(read_base32(time)?), position: Position(read_base32(position)?) })
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TIME_CHARS + POSITION_CHARS];
        let (time, position) = text.split_at_mut(TIME_CHARS);
        write_base32(self.time.0, time);
        write_base32(self.position.0, position);
        f.write_str(std::str::from_utf8(&text).expect("base 32 digits are ASCII"))
    }
}

fn write_base32(mut value: u64, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = CROCKFORD[(value & 31) as usize];
        value >>= 5;
    }
}

fn read_base32(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = CROCKFORD.iter().position(|c| c == digit)?;
        value.checked_mul(32)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn msgids_sort_like_the_log_and_come_back() {
        let ids = [
            (0, 1),
            (1_790_000_000_000, 7),
            (1_790_000_000_000, 8),
            (1_790_000_000_001, 9),
            (u64::MAX >> 16, u64::MAX),
        ]
        .map(|(time, position)| MsgId { time: Time(time), position: Position(position) });
        let texts = ids.map(|id| id.to_string());
        assert!(texts.is_sorted());
        assert_eq!(texts.clone().map(|text| MsgId::parse(&text)), ids.map(Some));
    }

    #[test]
    fn a_clients_id_is_a_uuid_of_version_7_in_lower_case() {
        let text = "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
        assert_eq!(ClientId::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        for other in [
            "",
            "018f3c2e7b1a7c4d9e5f0a1b2c3d4e5f",
            "018F3C2E-7b1a-7c4d-9e5f-0a1b2c3d4e5f",
            "018f3c2e-7b1a-4c4d-9e5f-0a1b2c3d4e5f",
            "018f3c2e-7b1a-7c4d-ce5f-0a1b2c3d4e5f",
            "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5",
            "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f0",
            "018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4é5",
            "018f3c2e-7b1a-7c4d-9e5f00a1b2c3d4e5f",
        ] {
            assert_eq!(ClientId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_msgid_is_refused() {
        let id = MsgId { time: Time(5), position: Position(6) }.to_string();
        for text in ["", "x", &id[1..], &id.replace('0', "u"), &"z".repeat(23)] {
            assert_eq!(MsgId::parse(text), None, "{text}");
        }
    }
}
