//! TLS: which certificate the listeners show, and where it comes from.
//!
//! In: the files that `tls.cert` and `tls.key` name. Out: an acceptor for the doors, whose certificate can be
//! exchanged while connections are open. `files` reads and checks a pair, `shown` is what a handshake asks.

mod files;
mod shown;

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::NoServerSessionStorage;
use tokio_rustls::TlsAcceptor;

pub(crate) use self::files::load;
pub use self::files::{FileError, TlsFiles};
use self::shown::Shown;

/// What may be spoken inside (RFC 7301); most IRC clients ask for nothing, and get whatever they speak.
const ALPN_PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"irc"];

/// One is enough for a client that comes back; each costs a write and a few hundred bytes.
const TICKETS: usize = 1;

/// The listeners' TLS.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
}

impl Tls {
    /// TLS with the certificate in these files.
    pub(crate) fn with_files(files: &TlsFiles) -> Result<Self, FileError> {
        let provider = provider();
        let shown = Arc::new(Shown::new(load(files, &provider)?));
        let config = server_config(provider, shown);
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn server_config(provider: Arc<CryptoProvider>, shown: Arc<Shown>) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has what TLS 1.2 and 1.3 need")
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = ALPN_PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    // A returning client brings what is needed itself, sealed by a key that only this process has.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    match rustls::crypto::ring::Ticketer::new() {
        Ok(ticketer) => config.ticketer = ticketer,
        Err(error) => tracing::warn!("TLS: clients that come back need a whole handshake each time: {error}"),
    }
    config.send_tls13_tickets = TICKETS;
    config.max_early_data_size = 0;
    config
}
