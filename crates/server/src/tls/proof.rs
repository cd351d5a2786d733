//! What a connection's handshake leaves behind that can be part of a proof: the client's certificate, and what ties a
//! proof to this connection alone.
//!
//! rustls tells what is needed only while it works, and to what all connections share (who picks the certificate, who
//! logs keys). So it is noted down for the thread, and taken up by the connection that was worked for.

use std::cell::RefCell;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ClientHello;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, KeyLog, SignatureScheme};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use teahouse_chat::sasl::{Bindings, Secured};

use super::validity::{Der, SEQUENCE};

thread_local!(static NOTES: RefCell<Notes> = RefCell::default());

/// What rustls has told since the last look.
#[derive(Default)]
struct Notes {
    bindings: Bindings,
    is_browser: bool,
}

/// Has rustls work for a connection, and gives what it has told meanwhile.
pub(super) fn noting<T>(work: impl FnOnce() -> T) -> (T, Bindings) {
    NOTES.take();
    let done = work();
    (done, NOTES.take().bindings)
}

/// A client has come, and is shown a certificate of which this is `tls-server-end-point`.
pub(super) fn note_hello(hello: &ClientHello<'_>, end_point: Option<Arc<[u8]>>) {
    let is_browser = hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == b"http/1.1"));
    NOTES.with_borrow_mut(|notes| {
        notes.bindings.end_point = end_point;
        notes.is_browser = is_browser;
    });
}

/// All that can be part of a proof, once hands are shaken.
pub(super) fn secured(bindings: Bindings, certificates: Option<&[CertificateDer<'static>]>) -> Secured {
    let certificate = certificates.and_then(<[_]>::first).map(|certificate| Sha256::digest(certificate).into());
    Secured { certificate, bindings }
}

/// Hears of the secret of TLS 1.3 that `tls-exporter` is made of, and of no other.
#[derive(Debug)]
pub(super) struct Exporter;

impl KeyLog for Exporter {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if self.will_log(label) {
            NOTES.with_borrow_mut(|notes| notes.bindings.exporter = exported(secret));
        }
    }

    fn will_log(&self, label: &str) -> bool {
        label == "EXPORTER_SECRET"
    }
}

/// `TLS-Exporter("EXPORTER-Channel-Binding", "", 32)` (RFC 8446, section 7.5; RFC 9266), with the hash that the
/// secret's length tells.
fn exported(secret: &[u8]) -> Option<[u8; 32]> {
    const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
    let binding = match secret.len() {
        32 => {
            let (hash, hmac) = (Sha256::digest(b""), hmac_sha256 as fn(&[u8], &[u8]) -> Vec<u8>);
            expand(hmac, &expand(hmac, secret, LABEL, &hash, 32), b"exporter", &hash, 32)
        }
        48 => {
            let (hash, hmac) = (Sha384::digest(b""), hmac_sha384 as fn(&[u8], &[u8]) -> Vec<u8>);
            expand(hmac, &expand(hmac, secret, LABEL, &hash, 48), b"exporter", &hash, 32)
        }
        _ => return None,
    };
    binding.try_into().ok()
}

/// `HKDF-Expand-Label` (RFC 8446, section 7.1) of no more than the hash gives at once.
fn expand(hmac: fn(&[u8], &[u8]) -> Vec<u8>, secret: &[u8], label: &[u8], context: &[u8], length: u8) -> Vec<u8> {
    let short = |bytes: &[u8]| u8::try_from(bytes.len()).expect("labels and hashes are short");
    let mut info = vec![0, length, short(label) + 6];
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label);
    info.push(short(context));
    info.extend_from_slice(context);
    info.push(1);
    let mut out = hmac(secret, &info);
    out.truncate(usize::from(length));
    out
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha384(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha384>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The data of `tls-server-end-point` (RFC 5929, section 4.1): a certificate's hash by the function that it was signed
/// with; `None` where that is not one function.
pub(super) fn end_point(certificate: &[u8]) -> Option<Arc<[u8]>> {
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let mut parts = Der(certificate).enter(SEQUENCE)?;
    let _signed = parts.enter(SEQUENCE)?;
    let (tag, algorithm) = parts.enter(SEQUENCE)?.next()?;
    let hash = match algorithm {
        _ if tag != OBJECT_IDENTIFIER => return None,
        // ecdsa-with-SHA384 and -SHA512, sha384- and sha512WithRSAEncryption.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] => {
            Sha384::digest(certificate).to_vec()
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13] => {
            Sha512::digest(certificate).to_vec()
        }
        // RSASSA-PSS says its hash elsewhere, and Ed25519 and Ed448 have none of their own.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10] | [0x2b, 0x65, 0x70 | 0x71] => return None,
        // SHA-256, and in the place of what is older and broken.
        _ => Sha256::digest(certificate).to_vec(),
    };
    Some(hash.into())
}

/// Asks each client for a certificate, and takes any that it has the key of: which are good, the accounts say.
///
/// Browsers are not asked: they would ask whoever sits there which of the certificates for something else to show.
#[derive(Debug)]
pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn offer_client_auth(&self) -> bool {
        NOTES.with_borrow(|notes| !notes.is_browser)
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
