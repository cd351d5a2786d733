//! A server with one room and just enough of the protocol, whose connections can be dropped.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use teahouse_client::Fingerprint;
use teahouse_proto::irc::{LineBuilder, Message};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_rustls::TlsAcceptor;

/// By which door it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Raw TCP.
    Tcp,
    /// WebSocket.
    WebSocket,
    /// TLS over TCP.
    Tls,
    /// WebSocket over TLS.
    SecureWebSocket,
}

impl Door {
    pub(crate) const ALL: [Door; 4] = [Door::Tcp, Door::WebSocket, Door::Tls, Door::SecureWebSocket];
}

/// The server; it ends with the test's runtime.
pub(crate) struct Server {
    /// Where to connect.
    pub(crate) url: String,
    /// The SHA-256 of its certificate.
    pub(crate) fingerprint: Fingerprint,
    shared: Arc<Shared>,
}

struct Shared {
    heard: Mutex<Vec<String>>,
    said: Mutex<Vec<Said>>,
    drops: broadcast::Sender<()>,
}

#[derive(Clone)]
struct Said {
    source: String,
    text: String,
    id: usize,
}

const CAPABILITIES: &str = "message-tags server-time echo-message batch labeled-response draft/chathistory \
                            teahouse.internal/guest";

impl Server {
    pub(crate) async fn start(door: Door) -> Self {
        Self::start_as(door, "127.0.0.1").await
    }

    /// Starts one with a certificate for `name`.
    pub(crate) async fn start_as(door: Door, name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (acceptor, fingerprint) = certify(name);
        let url = match door {
            Door::Tcp => format!("irc://{address}"),
            Door::WebSocket => format!("ws://{address}"),
            Door::Tls => format!("ircs://{address}?fingerprint={fingerprint}"),
            Door::SecureWebSocket => format!("wss://{address}/?fingerprint={fingerprint}"),
        };
        let shared =
            Arc::new(Shared { heard: Mutex::default(), said: Mutex::default(), drops: broadcast::channel(4).0 });
        let server = Self { url, fingerprint, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move {
                    let mut drops = shared.drops.subscribe();
                    let serve = async {
                        match door {
                            Door::Tcp => tcp(stream, &shared).await,
                            Door::WebSocket => websocket(stream, &shared).await,
                            Door::Tls => tcp(acceptor.accept(stream).await.ok()?, &shared).await,
                            Door::SecureWebSocket => websocket(acceptor.accept(stream).await.ok()?, &shared).await,
                        }
                    };
                    tokio::select! {
                        _ = serve => {}
                        _ = drops.recv() => {}
                    }
                });
            }
        });
        server
    }

    /// Whether a line was heard.
    pub(crate) fn heard(&self, line: &str) -> bool {
        self.shared.heard.lock().unwrap().iter().any(|heard| heard == line)
    }

    /// Cuts every connection without a word.
    pub(crate) fn drop_everybody(&self) {
        self.shared.drops.send(()).unwrap();
    }

    /// Something is said while nobody is there.
    pub(crate) fn somebody_says(&self, text: &str) {
        self.shared.store("bob!b@h", text);
    }
}

/// A certificate that nobody has signed.
fn certify(name: &str) -> (TlsAcceptor, Fingerprint) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let fingerprint = Fingerprint::of(&certificate);
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    (TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap())), fingerprint)
}

impl Shared {
    fn store(&self, source: &str, text: &str) -> Said {
        let mut said = self.said.lock().unwrap();
        let new = Said { source: source.into(), text: text.into(), id: said.len() };
        said.push(new.clone());
        new
    }

    /// What the server answers to a line; `None`: it cuts the connection.
    fn answer(&self, line: &str) -> Option<Vec<String>> {
        self.heard.lock().unwrap().push(line.to_owned());
        let message = Message::parse(line).ok()?;
        let label = message.tags.get("label").map(|label| format!("label={label};")).unwrap_or_default();
        Some(match (message.command, &message.params[..]) {
            ("CAP", ["LS", ..]) => vec![format!(":tea CAP * LS :{CAPABILITIES}")],
            ("CAP", ["REQ", list]) => vec![format!(":tea CAP alice ACK :{list}")],
            ("CAP", ["END"]) => vec![
                ":tea 001 alice :Welcome".into(),
                ":tea 005 alice teahouse.internal/AUTOJOIN=#lobby :are supported by this server".into(),
                ":tea GUEST TOKEN token1".into(),
                ":tea 422 alice :There is no message of the day".into(),
            ],
            ("JOIN", [room]) => vec![
                format!(":alice!alice@guest.tea JOIN {room}"),
                format!(":tea 353 alice = {room} :alice bob"),
                format!(":tea 366 alice {room} :End of /NAMES list"),
            ],
            ("PRIVMSG", [_, "drop me"]) => return None,
            ("PRIVMSG", [target, text]) => {
                let said = self.store("alice!alice@guest.tea", text);
                vec![format!(
                    "@{label}msgid={};time={} :{} PRIVMSG {target} :{text}",
                    said.id,
                    time(said.id),
                    said.source
                )]
            }
            ("CHATHISTORY", ["LATEST", target, bound, _]) => {
                let after = bound.strip_prefix("msgid=").map(|id| id.parse::<usize>().unwrap());
                let mut lines = vec![format!("@{label} :tea BATCH +h chathistory {target}").replace("; ", " ")];
                for said in self.said.lock().unwrap().iter().filter(|said| after.is_none_or(|after| said.id > after)) {
                    lines.push(row(target, said));
                }
                lines.push(":tea BATCH -h".into());
                lines
            }
            ("FLOOD", [count]) => {
                (0..count.parse().unwrap()).map(|number: usize| format!(":bob!b@h PRIVMSG #lobby :{number}")).collect()
            }
            ("PING", [token]) => vec![format!(":tea PONG tea :{token}")],
            ("QUIT", [reason]) => vec![format!("ERROR :Closing link: {reason}")],
            _ => vec![],
        })
    }
}

fn row(target: &str, said: &Said) -> String {
    let mut line = Vec::new();
    LineBuilder::new(&mut line)
        .tag("batch", "h")
        .tag("msgid", &said.id.to_string())
        .tag("time", &time(said.id))
        .source(&said.source)
        .command("PRIVMSG")
        .param(target)
        .trailing(&said.text);
    String::from_utf8(line).unwrap()
}

fn time(id: usize) -> String {
    format!("2026-01-01T00:00:00.{id:03}Z")
}

async fn tcp<S: AsyncRead + AsyncWrite>(stream: S, shared: &Shared) -> Option<()> {
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
        let line = line.strip_suffix("\r\n").expect("lines end with CR LF");
        let text: String = shared.answer(line)?.iter().map(|answer| format!("{answer}\r\n")).collect();
        writer.write_all(text.as_bytes()).await.ok()?;
        if line.contains("QUIT") {
            return None;
        }
    }
}

async fn websocket<S: AsyncRead + AsyncWrite + Unpin>(stream: S, shared: &Shared) -> Option<()> {
    let (request, mut socket) = tokio_websockets::ServerBuilder::new().accept(stream).await.ok()?;
    assert_eq!(request.headers()["sec-websocket-protocol"], "text.ircv3.net");
    assert!(!request.headers().contains_key("origin"));
    while let Some(Ok(message)) = socket.next().await {
        let Some(line) = message.as_text() else {
            continue;
        };
        for answer in shared.answer(line)? {
            socket.send(tokio_websockets::Message::text(answer)).await.ok()?;
        }
        if line.contains("QUIT") {
            return None;
        }
    }
    None
}
