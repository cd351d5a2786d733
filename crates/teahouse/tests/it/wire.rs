//! A client without any library, by either door, with TLS or without: a line out, a line in.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::house::PATIENCE;

/// Which way one comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Tcp,
    Tls,
    WebSocket,
    SecureWebSocket,
}

impl Door {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Tcp, Self::Tls, Self::WebSocket, Self::SecureWebSocket];
}

/// A connection.
pub(crate) struct Wire(Kind);

enum Kind {
    Lines(BufReader<Stream>),
    WebSocket(Box<WebSocket<Stream>>),
}

/// What the bytes go over.
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn secure(stream: TcpStream) -> Self {
        let name = ServerName::try_from("localhost").expect("a name");
        let session = ClientConnection::new(Arc::clone(&TRUSTING), name).expect("a session");
        Self::Tls(Box::new(StreamOwned::new(session, stream)))
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Believes any certificate: who shows one is on this machine, and other tests look at that.
static TRUSTING: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let anybody = Arc::new(Anybody(provider));
    Arc::new(config.expect("versions").dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth())
});

#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl Wire {
    pub(crate) fn open(door: Door, address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = match door {
            Door::Tcp | Door::WebSocket => Stream::Plain(stream),
            Door::Tls | Door::SecureWebSocket => Stream::secure(stream),
        };
        Self(match door {
            Door::Tcp | Door::Tls => Kind::Lines(BufReader::new(stream)),
            Door::WebSocket | Door::SecureWebSocket => {
                let scheme = if door == Door::WebSocket { "ws" } else { "wss" };
                let mut request = format!("{scheme}://{address}/ws").into_client_request().unwrap();
                let protocol = HeaderValue::from_static("text.ircv3.net");
                request.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
                Kind::WebSocket(Box::new(tungstenite::client(request, stream).unwrap().0))
            }
        })
    }

    /// Comes in by TCP with no capability and sits down in the lobby.
    pub(crate) fn in_the_lobby(address: &str, nick: &str) -> Self {
        let mut wire = Self::open(Door::Tcp, address);
        for line in [format!("NICK {nick}"), format!("USER {nick} 0 * :{nick}"), "JOIN #lobby".into()] {
            wire.write(&line);
        }
        wire.until(" 366 ");
        wire
    }

    /// Sends a line to a server that is there.
    pub(crate) fn write(&mut self, line: &str) {
        assert!(self.try_write(line), "the connection ended before this was sent: {line}");
    }

    /// Sends a line; `false` if the server is gone.
    pub(crate) fn try_write(&mut self, line: &str) -> bool {
        match &mut self.0 {
            Kind::Lines(stream) => {
                let stream = stream.get_mut();
                stream.write_all(format!("{line}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
            }
            Kind::WebSocket(socket) => socket.send(Message::text(line)).is_ok(),
        }
    }

    /// The next line, its end cut off; `None` once the server is gone. A line that was cut short is none.
    pub(crate) fn try_line(&mut self) -> Option<String> {
        loop {
            let line = match &mut self.0 {
                Kind::Lines(stream) => read_line(stream)?,
                Kind::WebSocket(socket) => match socket.read() {
                    Ok(Message::Text(text)) => text.as_str().to_owned(),
                    Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                    Ok(Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => return None,
                    Err(tungstenite::Error::Io(error)) => return ended(&error),
                    Err(_) => return None,
                },
            };
            match line.strip_prefix("PING ") {
                Some(token) => _ = self.try_write(&format!("PONG {token}")),
                None => return Some(line),
            }
        }
    }

    /// The next line with this in it.
    pub(crate) fn until(&mut self, part: &str) -> String {
        loop {
            let line = self.try_line().unwrap_or_else(|| panic!("the connection ended before {part:?} came"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

fn read_line(stream: &mut BufReader<Stream>) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(_) => Some(line.strip_suffix("\r\n")?.to_owned()),
        Err(error) => ended(&error),
    }
}

/// A reset is an end like any other; silence is a fault of the server's.
fn ended(error: &std::io::Error) -> Option<String> {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    assert!(!matches!(error.kind(), TimedOut | WouldBlock), "the server has said nothing for {PATIENCE:?}");
    None
}
