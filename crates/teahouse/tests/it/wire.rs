//! A client without any library, by either door: a line out, a line in.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::house::PATIENCE;

/// Which way one comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Tcp,
    WebSocket,
}

/// A connection.
pub(crate) struct Wire(Kind);

enum Kind {
    Tcp(BufReader<TcpStream>),
    WebSocket(Box<WebSocket<TcpStream>>),
}

impl Wire {
    pub(crate) fn open(door: Door, address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(match door {
            Door::Tcp => Kind::Tcp(BufReader::new(stream)),
            Door::WebSocket => {
                let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
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
            Kind::Tcp(stream) => stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).is_ok(),
            Kind::WebSocket(socket) => socket.send(Message::text(line)).is_ok(),
        }
    }

    /// The next line, its end cut off; `None` once the server is gone. A line that was cut short is none.
    pub(crate) fn try_line(&mut self) -> Option<String> {
        loop {
            let line = match &mut self.0 {
                Kind::Tcp(stream) => read_line(stream)?,
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

fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
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
