//! The test's end of a connection: a socket, or TLS over one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, HandshakeKind, RootCertStore, Stream, SupportedProtocolVersion,
};
use teahouse_server::TlsFiles;

/// Blocks, with the socket's timeout.
pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Wire {
    pub(crate) fn plain(socket: TcpStream) -> Self {
        Wire { socket, tls: None }
    }

    /// TLS with a server called localhost; nothing is sent yet.
    pub(crate) fn secure(socket: TcpStream, config: Arc<ClientConfig>) -> Self {
        let name = ServerName::try_from("localhost").expect("a name");
        let session = ClientConnection::new(config, name).expect("a client's beginning");
        Wire { socket, tls: Some(Box::new(session)) }
    }

    /// The certificate that the server has shown.
    pub(crate) fn shown(&self) -> Option<CertificateDer<'static>> {
        self.tls.as_ref()?.peer_certificates()?.first().cloned()
    }

    /// What both sides can make of their keys for this label.
    pub(crate) fn exported(&self, label: &[u8]) -> [u8; 32] {
        let tls = self.tls.as_ref().expect("it is secure");
        tls.export_keying_material([0; 32], label, Some(b"")).expect("hands are shaken")
    }

    /// What both sides agreed to speak.
    pub(crate) fn agreed(&self) -> Option<String> {
        let name = self.tls.as_ref()?.alpn_protocol()?;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    /// Whether the whole handshake was needed.
    pub(crate) fn handshake_kind(&self) -> Option<HandshakeKind> {
        self.tls.as_ref()?.handshake_kind()
    }

    /// The records that say this, for the test to send.
    pub(crate) fn seal(&mut self, text: &str) -> Vec<u8> {
        let tls = self.tls.as_mut().expect("it is secure");
        tls.writer().write_all(text.as_bytes()).expect("there is room");
        let mut records = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut records).expect("memory takes it");
        }
        records
    }

    /// No more from this side.
    pub(crate) fn end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            tls.complete_io(&mut self.socket).expect("the server reads");
        }
        self.socket.shutdown(Shutdown::Write).expect("the socket is open");
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut self.socket).read(buffer),
            None => self.socket.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut self.socket).write(bytes),
            None => self.socket.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => Stream::new(&mut **tls, &mut self.socket).flush(),
            None => self.socket.flush(),
        }
    }
}

/// Makes a certificate for localhost, and puts it and its key where `files` says.
pub(crate) fn certify(files: &TlsFiles) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&files.cert, made.cert.pem()).expect("a file");
    std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("a file");
}

/// A client that trusts the certificate in this file and no other.
pub(crate) fn trusting(cert: &Path) -> Arc<ClientConfig> {
    trusting_with(cert, rustls::DEFAULT_VERSIONS)
}

/// The same, speaking these versions only.
pub(crate) fn trusting_with(cert: &Path, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    Arc::new(trust(cert, versions).with_no_client_auth())
}

fn trust(cert: &Path, versions: &[&'static SupportedProtocolVersion]) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(cert).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
    config.with_root_certificates(roots)
}

/// A client that trusts the certificate in this file, and shows one of its own.
pub(crate) fn with_certificate(
    trusted: &Path,
    version: &'static SupportedProtocolVersion,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Arc<ClientConfig> {
    let config = trust(trusted, &[version]).with_client_auth_cert(vec![certificate], key);
    Arc::new(config.expect("a certificate and its key"))
}
