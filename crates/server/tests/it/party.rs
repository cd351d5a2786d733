//! A server in a temporary directory, and those who talk to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine;
use rustls::ClientConfig;
use teahouse_server::config::Config;
use teahouse_server::{Server, ServerHandle, TlsFiles};
use tempfile::TempDir;

use crate::wire::{Wire, certify, trusting};

/// How long anything may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl Way {
    pub(crate) const ALL: [Way; 4] = [Way::Tcp, Way::Tls, Way::Ws, Way::Wss];
}

/// A server of a test's own.
pub(crate) struct Party {
    pub(crate) server: Option<ServerHandle>,
    _directory: TempDir,
    pub(crate) tls: TlsFiles,
    client: OnceLock<Arc<ClientConfig>>,
    pub(crate) store: teahouse_store::Options,
    config: Config,
}

impl Party {
    pub(crate) fn new() -> Self {
        Party::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let place = |name| directory.path().join(name);
        let tls = TlsFiles { cert: place("cert.pem"), key: place("key.pem") };
        // Tests say much at once; those of the rate set it.
        let (data_dir, messages_per_second_max) = (directory.path().join("data"), None);
        let mut config = Config { data_dir, messages_per_second_max, ..Config::default() };
        config.listen_only_at(&[SocketAddr::from(([127, 0, 0, 1], 0))]);
        change(&mut config);
        if config.tls.as_ref().is_some_and(|files| *files == TlsFiles::default()) {
            certify(&tls);
            config.tls = Some(tls.clone());
        }
        let store = teahouse_store::Options::default();
        let server = Server::start_with(config.clone(), store.clone()).expect("the server starts");
        Party { server: Some(server), _directory: directory, tls, client: OnceLock::new(), store, config }
    }

    /// A server that takes TLS too.
    pub(crate) fn with_tls() -> Self {
        Party::with(|config| config.tls = Some(TlsFiles::default()))
    }

    /// Whether a text stands in any of the server's files.
    pub(crate) fn is_in_a_file(&self, text: &str) -> bool {
        let files = std::fs::read_dir(&self.config.data_dir).expect("the data directory");
        let mut bytes = files.map(|file| std::fs::read(file.expect("a file").path()).unwrap_or_default());
        bytes.any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }

    pub(crate) fn server(&self) -> &ServerHandle {
        self.server.as_ref().expect("it runs")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server().addresses()[0].address
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.server.take().expect("it runs").shutdown();
        self.server =
            Some(Server::start_with(self.config.clone(), self.store.clone()).expect("the server starts again"));
    }

    /// A raw connection that has said nothing.
    pub(crate) fn connect(&self) -> Peer {
        Peer::new(Wire::plain(self.dial()))
    }

    /// The same within TLS, whose handshake begins with the first word.
    pub(crate) fn connect_securely(&self) -> Peer {
        let client = self.client.get_or_init(|| trusting(&self.tls.cert));
        Peer::new(Wire::secure(self.dial(), Arc::clone(client)))
    }

    pub(crate) fn dial(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address()).expect("the server accepts");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket
    }

    /// Somebody who has come this way and said nothing.
    pub(crate) fn come(&self, way: Way) -> Peer {
        match way {
            Way::Tcp => self.connect(),
            Way::Tls => self.connect_securely(),
            Way::Ws => self.upgraded(self.connect(), ""),
            Way::Wss => self.upgraded(self.connect_securely(), ""),
        }
    }

    /// Somebody registered, with capabilities.
    pub(crate) fn guest(&self, nick: &str, caps: &str) -> Peer {
        let mut peer = self.connect();
        peer.register(nick, caps);
        peer
    }

    /// Somebody who has come back to an account, whose password is `oolong`; with the rooms it is in.
    pub(crate) fn owner(&self, account: &str, caps: &str) -> (Peer, Vec<String>) {
        let mut peer = self.connect();
        let response = base64::engine::general_purpose::STANDARD.encode(format!("\0{account}\0oolong"));
        for line in [&format!("CAP REQ :sasl {caps}"), "AUTHENTICATE PLAIN", &format!("AUTHENTICATE {response}")] {
            peer.say(line);
        }
        peer.until(" 903 ");
        peer.register("anybody", caps);
        let rooms = peer.so_far();
        (peer, rooms)
    }

    /// Somebody registered and in #lobby.
    pub(crate) fn visitor(&self, nick: &str, caps: &str) -> Peer {
        self.visitor_by(Way::Tcp, nick, caps)
    }

    /// Somebody registered who came this way.
    pub(crate) fn guest_by(&self, way: Way, nick: &str) -> Peer {
        let mut peer = self.come(way);
        peer.register(nick, "");
        peer
    }

    /// Somebody in #lobby who came this way.
    pub(crate) fn visitor_by(&self, way: Way, nick: &str, caps: &str) -> Peer {
        let mut peer = self.come(way);
        peer.register(nick, caps);
        peer.say("JOIN #lobby");
        peer.until(" 366 ");
        peer
    }

    /// Somebody in #lobby who came by WebSocket.
    pub(crate) fn web_visitor(&self, nick: &str, caps: &str) -> Peer {
        self.visitor_by(Way::Ws, nick, caps)
    }

    /// A WebSocket that has said nothing.
    pub(crate) fn upgrade(&self, headers: &str) -> Peer {
        self.upgraded(self.connect(), headers)
    }

    fn upgraded(&self, mut peer: Peer, headers: &str) -> Peer {
        let host = self.address();
        peer.bytes(format!(
            "GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        ));
        peer.until("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        while !peer.read.starts_with(b"\r\n") {
            peer.line();
        }
        peer.read.drain(..2);
        peer.web = true;
        peer
    }
}

/// One connection.
pub(crate) struct Peer {
    pub(crate) wire: Wire,
    read: Vec<u8>,
    web: bool,
}

impl Peer {
    pub(crate) fn new(wire: Wire) -> Self {
        Peer { wire, read: Vec::new(), web: false }
    }

    pub(crate) fn register(&mut self, nick: &str, caps: &str) {
        self.say(&format!("CAP REQ :{caps}"));
        self.say(&format!("NICK {nick}"));
        self.say("USER u 0 * :u");
        self.say("CAP END");
        self.until(" 376 ");
    }

    pub(crate) fn bytes(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has closed already is seen by what it says last.
        let _ = self.wire.write_all(bytes.as_ref());
    }

    /// Sends a line, or a text message.
    pub(crate) fn say(&mut self, line: &str) {
        match self.web {
            true => self.bytes(frame(0x81, line.as_bytes())),
            false => self.bytes(format!("{line}\r\n")),
        }
    }

    /// The next line without its end; `None` at the end of the stream.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            let taken = if self.web { take_frame(&mut self.read) } else { take_line(&mut self.read) };
            if taken.is_some() {
                return taken;
            }
            let mut buffer = [0; 65536];
            match self.wire.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing comes: {error}"),
            }
        }
    }

    /// The lines up to the one that holds `text`, that one included.
    pub(crate) fn until(&mut self, text: &str) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = Vec::new();
        while Instant::now() < deadline {
            let line = self.line().unwrap_or_else(|| panic!("the end came before {text:?}: {lines:?}"));
            let found = line.contains(text);
            lines.push(line);
            if found {
                return lines;
            }
        }
        panic!("{text:?} did not come: {lines:?}");
    }

    /// The lines up to the answer to a PING sent now, without it.
    pub(crate) fn so_far(&mut self) -> Vec<String> {
        self.say("PING so-far");
        let mut lines = self.until(" :so-far");
        lines.pop();
        lines
    }

    /// Everything up to the end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }

    /// How much comes up to the end, which may be in the middle of anything.
    pub(crate) fn bytes_to_end(&mut self) -> usize {
        let mut buffer = [0; 65536];
        std::iter::from_fn(|| self.wire.read(&mut buffer).ok().filter(|count| *count > 0)).sum()
    }

    /// No more from this side.
    pub(crate) fn end(&mut self) {
        self.wire.end();
    }
}

/// A masked frame with these first eight bits.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 77, 177, 27];
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(0x80 | u8::try_from(len).expect("at most 125")),
        len => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(len).expect("test frames are short").to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn take_line(read: &mut Vec<u8>) -> Option<String> {
    let end = read.iter().position(|byte| *byte == b'\n')?;
    let line: Vec<u8> = read.drain(..=end).collect();
    Some(String::from_utf8(line).expect("the server speaks UTF-8").trim_end_matches(['\r', '\n']).to_owned())
}

/// Text as it is; a control frame as `<opcode code payload>`.
fn take_frame(read: &mut Vec<u8>) -> Option<String> {
    let (len, header) = match *read.get(1)? {
        len @ 0..=125 => (usize::from(len), 2),
        126 => (usize::from(u16::from_be_bytes([*read.get(2)?, *read.get(3)?])), 4),
        _ => panic!("the server masks nothing and sends no such length"),
    };
    if read.len() < header + len {
        return None;
    }
    let frame: Vec<u8> = read.drain(..header + len).collect();
    let (opcode, payload) = (frame[0] & 0x0f, &frame[header..]);
    Some(match (opcode, payload) {
        (1 | 2, text) => String::from_utf8(text.to_vec()).expect("the server speaks UTF-8"),
        (8, [high, low, reason @ ..]) => {
            format!("<close {} {}>", u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(reason))
        }
        (opcode, payload) => format!("<{opcode} {}>", String::from_utf8_lossy(payload)),
    })
}
