//! SCRAM-SHA-256: what both sides make of a password, and of what they have said to each other.
//! <https://www.rfc-editor.org/rfc/rfc5802#section-3>, <https://www.rfc-editor.org/rfc/rfc7677>
//!
//! The messages are read and written by whoever exchanges them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// A salted password, from which the keys of both sides come.
#[derive(Clone, Copy)]
pub struct SaltedPassword([u8; 32]);

impl SaltedPassword {
    /// `Hi`: PBKDF2 with one block. This is slow: as many rounds as there are iterations.
    pub fn new(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let keyed = keyed(password);
        let round = |parts: &[&[u8]]| -> [u8; 32] {
            let mut mac = keyed.clone();
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().into()
        };
        let mut last = round(&[salt, &1_u32.to_be_bytes()]);
        let mut sum = last;
        for _ in 1..iterations {
            last = round(&[&last]);
            sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
        }
        SaltedPassword(sum)
    }

    /// `StoredKey`, by which the server checks a proof, and cannot make one.
    pub fn stored_key(&self) -> [u8; 32] {
        stored_key(&self.client_key())
    }

    /// `ServerKey`, by which the server proves that it has known the password.
    pub fn server_key(&self) -> [u8; 32] {
        hmac(&self.0, &[b"Server Key"])
    }

    /// `ClientProof`: what a client shows that knows the password and has exchanged this (`AuthMessage`).
    pub fn client_proof(&self, transcript: &[u8]) -> [u8; 32] {
        let (client_key, signature) = (self.client_key(), hmac(&self.stored_key(), &[transcript]));
        std::array::from_fn(|at| client_key[at] ^ signature[at])
    }

    /// `ServerSignature`: what such a client expects of the server.
    pub fn server_signature(&self, transcript: &[u8]) -> [u8; 32] {
        hmac(&self.server_key(), &[transcript])
    }

    fn client_key(&self) -> [u8; 32] {
        hmac(&self.0, &[b"Client Key"])
    }
}

/// `StoredKey` of a `ClientKey`.
pub fn stored_key(client_key: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(client_key).into()
}

/// `HMAC` with SHA-256, of parts that follow each other.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl std::fmt::Debug for SaltedPassword {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SaltedPassword(…)")
    }
}
