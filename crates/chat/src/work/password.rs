//! Passwords as they are kept: Argon2id, in the PHC string format.
//! <https://www.rfc-editor.org/rfc/rfc9106>, <https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md>

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The most memory that checking one password may take, in KiB.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;

/// A hash's length, in bytes.
const HASH_BYTES: usize = 32;

thread_local! {
    /// What Argon2 works in, kept for the thread's next password: given back each time, it leaves holes in the heap, and
    /// the process grows to several times as much.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 300;

/// What it costs to check a new password, and so to guess one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Argon2id's memory, in KiB.
    pub memory_kib: u32,
    /// How often Argon2id goes through it.
    pub passes: u32,
    /// How many rounds SCRAM's salted password takes; the client has to do as many at each login.
    pub scram_iterations: u32,
}

impl PasswordCost {
    /// Good for passwords: RFC 9106 and OWASP give Argon2id as much. The rounds are a compromise with clients that have
    /// nothing fast to do them with.
    pub const SAFE: PasswordCost = PasswordCost { memory_kib: 19_456, passes: 2, scram_iterations: 200_000 };
    /// Good for nothing but tests.
    #[cfg(any(test, fuzzing))]
    pub(crate) const LEAST: PasswordCost = PasswordCost { memory_kib: 8, passes: 1, scram_iterations: 1 };

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).expect("the costs are ones that Argon2 takes");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    /// A hash of this cost as it is kept; salt and hash in base 64.
    fn told(self, salt: &str, hash: &str) -> String {
        let PasswordCost { memory_kib, passes, .. } = self;
        format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${hash}")
    }
}

fn hash_into(argon2: &Argon2<'_>, password: &str, salt: &[u8], hash: &mut [u8]) -> argon2::Result<()> {
    MEMORY.with_borrow_mut(|memory| {
        let blocks = argon2.params().block_count();
        memory.resize(memory.len().max(blocks), Block::new());
        let hashed =
            argon2.hash_password_into_with_memory(prepared(password).as_bytes(), salt, hash, &mut memory[..blocks]);
        // What somebody's own hash in the configuration costs more is not kept.
        memory.truncate(PasswordCost::SAFE.argon2().params().block_count());
        memory.shrink_to_fit();
        hashed
    })
}

/// A password as it is hashed: by SASLprep where that says something of it, so that it is the same however a keyboard
/// composes it. <https://www.rfc-editor.org/rfc/rfc4013>
pub(crate) fn prepared(password: &str) -> Cow<'_, str> {
    // What is forbidden there (a character newer than it, an emoji) is taken as it is: clients do so, too.
    stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password))
}

/// What a password is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(phc::PasswordHash);

/// Why a text is no password's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashError {
    /// It is not written as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    Malformed,
    /// It is another function's.
    NotArgon2id,
    /// Checking it would take more memory than a password is worth.
    TooCostly,
}

impl PasswordHash {
    /// What is kept of a new password, as [`PasswordHash::parse`] reads it.
    pub(crate) fn of(password: &str, salt: &[u8; 16], cost: PasswordCost) -> Arc<str> {
        let mut hash = [0; HASH_BYTES];
        hash_into(&cost.argon2(), password, salt, &mut hash)
            .expect("a salt of 16 bytes and a bounded password can be hashed");
        cost.told(&STANDARD_NO_PAD.encode(salt), &STANDARD_NO_PAD.encode(hash)).into()
    }

    /// One that costs as much to check as a new one, and is nobody's.
    pub(crate) fn nobodys(cost: PasswordCost) -> Self {
        let text = cost.told("bm9ib2R5IGtub3dzIGl0", "U29tZSB0aGlydHktdHdvIGJ5dGVzIG9mIG5vdGhpbmc");
        PasswordHash::parse(&text).expect("it is written as hashes are")
    }

    /// Reads `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let hash = phc::PasswordHash::new(text).map_err(|_| HashError::Malformed)?;
        if hash.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return Err(HashError::NotArgon2id);
        }
        let params = Params::try_from(&hash).map_err(|_| HashError::Malformed)?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(HashError::Malformed);
        }
        if params.m_cost() > MEMORY_KIB_MAX {
            return Err(HashError::TooCostly);
        }
        Ok(PasswordHash(hash))
    }

    /// Whether this is the password; a wrong one takes as long as the right one.
    pub(crate) fn is_of(&self, password: &str) -> bool {
        self.try_is_of(password).unwrap_or(false)
    }

    fn try_is_of(&self, password: &str) -> Option<bool> {
        let (salt, expected) = (self.0.salt.as_ref()?, self.0.hash.as_ref()?);
        let version = Version::try_from(self.0.version.unwrap_or(Version::V0x13.into())).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, version, Params::try_from(&self.0).ok()?);
        let mut hash = vec![0; expected.as_bytes().len()];
        hash_into(&argon2, password, salt.as_ref(), &mut hash).ok()?;
        // Outputs are compared in constant time.
        Some(phc::Output::new(&hash).ok()? == *expected)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `printf oolong | argon2 saltysalt -id -k 8 -t 1 -e`.
    const OOLONG: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHlzYWx0$RASNtZ/hnYrd/sJvEicK5lxdgmskQVf/XDR7sCXC28c";

    #[test]
    fn a_hash_knows_its_password() {
        let hash = PasswordHash::parse(OOLONG).unwrap();
        assert!(hash.is_of("oolong"));
        for wrong in ["Oolong", "oolong ", ""] {
            assert!(!hash.is_of(wrong), "{wrong}");
        }
    }

    #[test]
    fn what_was_hashed_before_changes_nothing() {
        let hash = PasswordHash::parse(OOLONG).unwrap();
        let dearer = PasswordCost { memory_kib: 64, passes: 2, ..PasswordCost::LEAST };
        for cost in [PasswordCost::LEAST, dearer, PasswordCost::LEAST] {
            let other = PasswordHash::parse(&PasswordHash::of("green", &[7; 16], cost)).unwrap();
            assert!(other.is_of("green") && !other.is_of("oolong"));
            assert!(hash.is_of("oolong") && !hash.is_of("green"));
        }
    }

    #[test]
    fn whether_there_is_such_an_account_cannot_be_told_by_how_long_it_takes() {
        let shape = |PasswordHash(hash): &PasswordHash| {
            let length = hash.hash.as_ref().map(|output| output.as_bytes().len());
            (hash.algorithm.to_string(), Params::try_from(hash).unwrap(), length)
        };
        for cost in [PasswordCost::SAFE, PasswordCost::LEAST] {
            let somebodys = PasswordHash::parse(&PasswordHash::of("oolong", &[7; 16], cost)).unwrap();
            assert_eq!(shape(&PasswordHash::nobodys(cost)), shape(&somebodys));
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for (text, error) in [
            ("oolong", HashError::Malformed),
            ("", HashError::Malformed),
            (OOLONG.rsplit_once('$').unwrap().0, HashError::Malformed),
            (&OOLONG.replace("m=8", "m=many"), HashError::Malformed),
            (&OOLONG.replace("m=8", "m=1"), HashError::Malformed),
            (&OOLONG.replace("argon2id", "argon2i"), HashError::NotArgon2id),
            (&OOLONG.replace("m=8", "m=1048577"), HashError::TooCostly),
        ] {
            assert_eq!(PasswordHash::parse(text).unwrap_err(), error, "{text}");
        }
    }
}
