//! The doors of a server, from outside: lines go in and out, however they travel.

mod tcp;
mod tls;
mod websocket;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use self::tcp::Tcp;
use self::websocket::WebSocket;
use crate::{Door, ServerUrl};

/// A connection is made in this time, or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What bytes travel over: a socket, or TLS over one.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

/// A connection to a server.
pub(crate) enum Connection {
    /// Lines as they are.
    Tcp(Tcp),
    /// Over a WebSocket.
    WebSocket(Box<WebSocket>),
}

impl Connection {
    /// Connects; the error says in words what went wrong.
    pub(crate) async fn open(url: &ServerUrl) -> Result<Self, String> {
        match timeout(CONNECT_TIMEOUT, Self::open_untimed(url)).await {
            Ok(result) => result,
            Err(_) => Err(format!("no answer from {} within {} s", url.authority(), CONNECT_TIMEOUT.as_secs())),
        }
    }

    async fn open_untimed(url: &ServerUrl) -> Result<Self, String> {
        // Tries every address that the name has, one after the other.
        let stream =
            TcpStream::connect((url.host.as_str(), url.port)).await.map_err(|error| no_connection(url, &error))?;
        stream.set_nodelay(true).map_err(|error| no_connection(url, &error))?;
        let wire: Box<dyn Wire> = match url.tls {
            Some(trust) => Box::new(tls::open(stream, url, trust).await?),
            None => Box::new(stream),
        };
        match url.door {
            Door::Irc => Ok(Self::Tcp(Tcp::new(wire))),
            Door::WebSocket => Ok(Self::WebSocket(Box::new(WebSocket::open(wire, url).await?))),
        }
    }

    /// Sends what is in `outgoing` and, if `read`, waits for lines. Returns when there are lines; may
    /// be dropped at any time without loss. The error says why the connection is gone.
    pub(crate) async fn turn(
        &mut self,
        outgoing: &mut VecDeque<String>,
        lines: &mut Vec<String>,
        read: bool,
    ) -> Result<(), String> {
        match self {
            Self::Tcp(tcp) => tcp.turn(outgoing, lines, read).await,
            Self::WebSocket(websocket) => websocket.turn(outgoing, lines, read).await,
        }
    }

    /// Sends what is left and closes.
    pub(crate) async fn close(self, outgoing: &mut VecDeque<String>) {
        match self {
            Self::Tcp(tcp) => tcp.close(outgoing).await,
            Self::WebSocket(websocket) => websocket.close(outgoing).await,
        }
    }
}

fn no_connection(url: &ServerUrl, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("nothing listens at {}: is the server running?", url.authority()),
        _ => format!("cannot connect to {}: {error}", url.authority()),
    }
}

fn lost(error: &io::Error) -> String {
    match error.kind() {
        // TLS that ended without a word of its own.
        io::ErrorKind::UnexpectedEof => CLOSED.to_owned(),
        _ => format!("the connection was lost: {error}"),
    }
}

/// Why a connection is gone when the other side closed it without a word.
const CLOSED: &str = "the server closed the connection";
