//! Where a server is, and by which door: `irc://host:port` or `ws://host:port/path`.

use std::fmt;
use std::str::FromStr;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// By which door.
    pub door: Door,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Path of a WebSocket, with its leading slash.
    pub path: String,
}

/// How lines travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Over a raw TCP socket.
    Irc,
    /// Over a WebSocket.
    WebSocket,
}

/// Why a text is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It asks for an encrypted connection.
    #[error("{0}: TLS is not in this version; use irc:// or ws://")]
    Tls(String),
    /// It begins with neither door.
    #[error("{0}: a server's address begins with irc:// or ws://, as in irc://127.0.0.1:8667")]
    Scheme(String),
    /// There is no host in it.
    #[error("{0}: the host is missing, as in irc://127.0.0.1:8667")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("{0}: the port is a number from 1 to 65535")]
    Port(String),
}

impl FromStr for ServerUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let said = || text.to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| UrlError::Scheme(said()))?;
        let door = match scheme.to_ascii_lowercase().as_str() {
            "irc" => Door::Irc,
            "ws" => Door::WebSocket,
            "ircs" | "wss" => return Err(UrlError::Tls(said())),
            _ => return Err(UrlError::Scheme(said())),
        };
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = split_port(authority).ok_or_else(|| UrlError::Port(said()))?;
        let default_port = if door == Door::Irc { 6667 } else { 80 };
        let plain = |character: char| character.is_alphanumeric() || "-._:%".contains(character);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(UrlError::Host(said()));
        }
        let path = match (door, path) {
            (Door::WebSocket, "") => "/".to_owned(),
            (Door::WebSocket, path) if path.bytes().all(|byte| byte.is_ascii_graphic()) => path.to_owned(),
            (Door::Irc, "" | "/") => String::new(),
            _ => return Err(UrlError::Host(said())),
        };
        Ok(Self { door, host: host.to_owned(), port: port.unwrap_or(default_port), path })
    }
}

/// Host and port; `None` if the port is none.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) }),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    match port {
        None => Some((host, None)),
        Some(port) => Some((host, Some(port.parse().ok().filter(|port| *port > 0)?))),
    }
}

impl ServerUrl {
    /// Host and port as they stand in a URL and in a `Host` header.
    pub fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.door == Door::Irc { "irc" } else { "ws" };
        write!(out, "{scheme}://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, want) in [
            ("irc://127.0.0.1:8667", "irc://127.0.0.1:8667"),
            ("irc://localhost", "irc://localhost:6667"),
            ("IRC://tea.example/", "irc://tea.example:6667"),
            ("irc://[::1]:8667", "irc://[::1]:8667"),
            ("irc://[::1]", "irc://[::1]:6667"),
            ("ws://127.0.0.1:8667", "ws://127.0.0.1:8667/"),
            ("ws://127.0.0.1:8667/ws", "ws://127.0.0.1:8667/ws"),
            ("ws://tea.example/a?b=c", "ws://tea.example:80/a?b=c"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), want);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_remedy() {
        for (text, want) in [
            ("ircs://tea.example", "ircs://tea.example: TLS is not in this version; use irc:// or ws://"),
            ("wss://tea.example", "wss://tea.example: TLS is not in this version; use irc:// or ws://"),
            (
                "127.0.0.1:8667",
                "127.0.0.1:8667: a server's address begins with irc:// or ws://, as in irc://127.0.0.1:8667",
            ),
            ("http://a", "http://a: a server's address begins with irc:// or ws://, as in irc://127.0.0.1:8667"),
            ("irc://", "irc://: the host is missing, as in irc://127.0.0.1:8667"),
            ("irc://:8667", "irc://:8667: the host is missing, as in irc://127.0.0.1:8667"),
            ("irc://a b", "irc://a b: the host is missing, as in irc://127.0.0.1:8667"),
            ("irc://a:0", "irc://a:0: the port is a number from 1 to 65535"),
            ("irc://a:x", "irc://a:x: the port is a number from 1 to 65535"),
            ("irc://::1", "irc://::1: the port is a number from 1 to 65535"),
            ("irc://[::1]8667", "irc://[::1]8667: the port is a number from 1 to 65535"),
            ("irc://a:70000", "irc://a:70000: the port is a number from 1 to 65535"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap_err().to_string(), want);
        }
    }
}
