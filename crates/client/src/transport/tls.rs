//! TLS over a socket: whose certificate is believed, and what is said when it is not.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::server_url::{Door, Fingerprint, ServerUrl, Trust};

/// Shakes hands; the error says in words what went wrong, and what can be done.
pub(super) async fn open(stream: TcpStream, url: &ServerUrl, trust: Trust) -> Result<TlsStream<TcpStream>, String> {
    let host = url.authority();
    let name = ServerName::try_from(url.host.clone())
        .map_err(|_| format!("{host}: a certificate cannot be for such a name; use another name or address"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let (loading, shown) = (Arc::clone(&provider), Arc::new(OnceLock::new()));
    let authorities = match trust {
        Trust::Authorities => Some(
            // Reads some hundred files at worst.
            tokio::task::spawn_blocking(move || authorities(loading))
                .await
                .map_err(|error| error.to_string())?
                .map_err(|why| format!("{host}: {why}"))?,
        ),
        Trust::Certificate(_) => None,
    };
    let verifier = Verifier { trust, authorities, provider: Arc::clone(&provider), shown: Arc::clone(&shown) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    if url.door == Door::WebSocket {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
    }
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    shaken.map_err(|error| in_words(url, &error, shown.get().copied()))
}

/// Whom this computer trusts.
fn authorities(provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, String> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // What cannot be read of them is missed only if a certificate needs it.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), provider).build().map_err(|_| {
        "this computer has no list of authorities to judge certificates by; install one (ca-certificates), or name the \
         certificate with ?fingerprint=…"
            .to_owned()
    })
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    /// What the server has shown, for the error's text.
    shown: Arc<OnceLock<Fingerprint>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fingerprint = *self.shown.get_or_init(|| Fingerprint::of(certificate));
        match (self.trust, &self.authorities) {
            (Trust::Certificate(trusted), _) if trusted == fingerprint => Ok(ServerCertVerified::assertion()),
            (Trust::Authorities, Some(authorities)) => {
                authorities.verify_server_cert(certificate, chain, name, ocsp, now)
            }
            _ => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn in_words(url: &ServerUrl, error: &io::Error, shown: Option<Fingerprint>) -> String {
    let host = url.authority();
    let Some(tls) = error.get_ref().and_then(|error| error.downcast_ref::<Error>()) else {
        return format!("no TLS with {host}: {error}");
    };
    match (tls, shown) {
        (Error::InvalidCertificate(why), Some(shown)) => certificate_in_words(url, why, shown),
        (Error::AlertReceived(AlertDescription::HandshakeFailure), None) | (Error::InvalidMessage(_), None) => {
            format!("{host} takes no TLS: use irc:// or ws://, or give the server a certificate")
        }
        (tls, _) => format!("no TLS with {host}: {tls}"),
    }
}

fn certificate_in_words(url: &ServerUrl, why: &CertificateError, shown: Fingerprint) -> String {
    let host = url.authority();
    let trusting = ServerUrl { tls: Some(Trust::Certificate(shown)), ..url.clone() };
    let problem = match why {
        CertificateError::ApplicationVerificationFailure => {
            return format!(
                "{host} shows another certificate than the one that you trust. If it was made anew, and its \
                 fingerprint is now {shown}, the address is '{trusting}'; else somebody stands between you and the server"
            );
        }
        CertificateError::UnknownIssuer => "is signed by nobody that this computer trusts".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has ended; it has to be renewed".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet; is this computer's clock right?".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("is not for {}", url.host)
        }
        other => format!("cannot be trusted ({other})"),
    };
    format!(
        "the certificate of {host} {problem}. If you know the server, compare its fingerprint with what it printed when \
         it was started, and trust that one: '{trusting}'"
    )
}
