//! TLS: which certificate the listeners show, and where it comes from.
//!
//! In: the files that `tls.cert` and `tls.key` name, or a data directory where the server keeps one that it made itself.
//! Out: what the doors shake hands with. `files` reads and checks a pair, `self_signed` makes one, `shown` is what a handshake
//! asks, `proof` keeps what of a handshake may prove an account, `keeper` exchanges it while connections are open, `validity` reads when a certificate ends.
//! `session` is one connection's TLS, without IO, for doors and workers alike.

mod files;
mod keeper;
mod proof;
mod self_signed;
mod session;
mod shown;
mod validity;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::NoServerSessionStorage;

pub(crate) use self::files::load;
pub use self::files::{FileError, TlsFiles};
use self::keeper::Keeper;
pub use self::self_signed::MakeError;
pub(crate) use self::session::Session;
use self::shown::Shown;

/// What may be spoken inside (RFC 7301); most IRC clients ask for nothing, and get whatever they speak.
const ALPN_PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"irc"];

/// One is enough for a client that comes back; each costs a write and a few hundred bytes.
const TICKETS: usize = 1;

/// The listeners' TLS.
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    keeper: Keeper,
    is_self_signed: bool,
}

/// What others see of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The SHA-256 of the certificate, in lower-case hexadecimal.
    pub fingerprint: String,
    /// Whether the server made it itself, so that nobody knows it who has not compared the fingerprint.
    pub is_self_signed: bool,
}

impl Tls {
    /// TLS with the certificate in these files.
    pub(crate) fn with_files(files: &TlsFiles) -> Result<Self, FileError> {
        Ok(Tls::new(Keeper::of_files(files.clone())?, false))
    }

    /// TLS with a certificate that the server makes and keeps itself.
    pub(crate) fn self_signed(data_dir: &Path, server_name: &str) -> Result<Self, MakeError> {
        let names = self_signed::names(server_name);
        Ok(Tls::new(Keeper::of_own(data_dir, names, Timestamp::now())?, true))
    }

    fn new(keeper: Keeper, is_self_signed: bool) -> Self {
        let config = Arc::new(server_config(provider(), Arc::clone(keeper.shown())));
        Tls { config, keeper, is_self_signed }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate { fingerprint: self.keeper.shown().fingerprint(), is_self_signed: self.is_self_signed }
    }

    /// What the doors need; the certificate is kept up to date from now on. MUST be called within a tokio runtime.
    pub(crate) fn open(self) -> Arc<ServerConfig> {
        tokio::spawn(self.keeper.run());
        self.config
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn server_config(provider: Arc<CryptoProvider>, shown: Arc<Shown>) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_client_cert_verifier(Arc::new(proof::AnyCertificate(provider)))
        .with_cert_resolver(shown);
    config.alpn_protocols = ALPN_PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    // A returning client brings what is needed itself, sealed by a key that only this process has.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    match rustls::crypto::ring::Ticketer::new() {
        Ok(ticketer) => config.ticketer = ticketer,
        Err(error) => tracing::warn!("TLS: clients that come back need a whole handshake each time: {error}"),
    }
    config.key_log = Arc::new(proof::Exporter);
    config.send_tls13_tickets = TICKETS;
    config.max_early_data_size = 0;
    config
}
