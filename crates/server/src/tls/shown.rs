//! The certificate that is shown: exchanged at any time, for the handshakes that come then.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use teahouse_chat::ids::hex;

use super::proof;

/// The one certificate of all listeners.
#[derive(Debug)]
pub(super) struct Shown(RwLock<Current>);

#[derive(Clone, Debug)]
struct Current {
    certified: Arc<CertifiedKey>,
    /// What a client may tie a proof to that is shown this one.
    end_point: Option<Arc<[u8]>>,
}

impl Current {
    fn of(certified: CertifiedKey) -> Self {
        let end_point = certified.cert.first().and_then(|certificate| proof::end_point(certificate));
        Current { certified: Arc::new(certified), end_point }
    }
}

impl Shown {
    pub(super) fn new(certified: CertifiedKey) -> Self {
        Shown(RwLock::new(Current::of(certified)))
    }

    pub(super) fn replace(&self, certified: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Current::of(certified);
    }

    /// The SHA-256 of the certificate itself, in lower-case hexadecimal: what a client may compare.
    pub(super) fn fingerprint(&self) -> String {
        hex(&Sha256::digest(&self.current().cert[0]))
    }

    pub(super) fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).certified)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Current { certified, end_point } = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        proof::note_hello(&hello, end_point);
        Some(certified)
    }
}
