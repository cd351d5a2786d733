//! Where a server is, and by which door: `irc://host:port` or `ws://host:port/path`, and within TLS `ircs://` and
//! `wss://`, with `?fingerprint=…` behind it where no authority knows the server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// By which door.
    pub door: Door,
    /// Whose certificate is believed; without one, nothing is encrypted.
    pub tls: Option<Trust>,
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

/// Whose certificate is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// One for the server's name, signed by an authority that this computer trusts.
    Authorities,
    /// This one and no other, whatever stands in it.
    Certificate(Fingerprint),
}

/// The SHA-256 of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = ();

    /// Hexadecimal digits in any case, with colons or without.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: String = text.chars().filter(|character| *character != ':').collect();
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| ())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Why a text is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It names a certificate, and does not ask for TLS.
    #[error("{0}: a fingerprint goes with ircs:// or wss://")]
    Plain(String),
    /// Its fingerprint is none.
    #[error("{0}: the fingerprint is that of SHA-256, 64 hexadecimal digits, as the server prints it")]
    Fingerprint(String),
    /// It begins with none of the doors.
    #[error("{0}: a server's address begins with irc://, ircs://, ws:// or wss://, as in irc://127.0.0.1:8667")]
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
        let (door, is_secure, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "irc" => (Door::Irc, false, 6667),
            "ircs" => (Door::Irc, true, 6697),
            "ws" => (Door::WebSocket, false, 80),
            "wss" => (Door::WebSocket, true, 443),
            _ => return Err(UrlError::Scheme(said())),
        };
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = split_port(authority).ok_or_else(|| UrlError::Port(said()))?;
        let (path, fingerprint) = take_fingerprint(path);
        let tls = match (is_secure, fingerprint) {
            (false, Some(_)) => return Err(UrlError::Plain(said())),
            (false, None) => None,
            (true, None) => Some(Trust::Authorities),
            (true, Some(text)) => Some(Trust::Certificate(text.parse().map_err(|()| UrlError::Fingerprint(said()))?)),
        };
        let plain = |character: char| character.is_alphanumeric() || "-._:%".contains(character);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(UrlError::Host(said()));
        }
        let path = match (door, path.as_str()) {
            (Door::WebSocket, "") => "/".to_owned(),
            (Door::WebSocket, text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => path,
            (Door::Irc, "" | "/") => String::new(),
            _ => return Err(UrlError::Host(said())),
        };
        Ok(Self { door, tls, host: host.to_owned(), port: port.unwrap_or(default_port), path })
    }
}

/// Path and query without the fingerprint, which is for us and not for the server.
fn take_fingerprint(path: &str) -> (String, Option<&str>) {
    let Some((path, query)) = path.split_once('?') else { return (path.to_owned(), None) };
    let mut fingerprint = None;
    let mut rest = String::new();
    for parameter in query.split('&') {
        match parameter.strip_prefix("fingerprint=") {
            Some(value) => fingerprint = Some(value),
            None => rest = format!("{rest}{}{parameter}", if rest.is_empty() { "?" } else { "&" }),
        }
    }
    (format!("{path}{rest}"), fingerprint)
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
    /// Whether nobody on the way can read what is said: it is encrypted, or does not leave this computer.
    pub fn is_private(&self) -> bool {
        let here = self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.tls.is_some() || here || self.host.eq_ignore_ascii_case("localhost")
    }

    /// Host and port as they stand in a URL and in a `Host` header.
    pub fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl ServerUrl {
    fn scheme(&self) -> &'static str {
        match (self.door, self.tls.is_some()) {
            (Door::Irc, false) => "irc",
            (Door::Irc, true) => "ircs",
            (Door::WebSocket, false) => "ws",
            (Door::WebSocket, true) => "wss",
        }
    }

    /// The address without what is only for us: whom to trust.
    pub fn plain(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.path)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.plain())?;
        match self.tls {
            Some(Trust::Certificate(fingerprint)) => {
                let before = if self.path.contains('?') { '&' } else { '?' };
                write!(out, "{before}fingerprint={fingerprint}")
            }
            _ => Ok(()),
        }
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
            ("ircs://tea.example", "ircs://tea.example:6697"),
            ("wss://tea.example", "wss://tea.example:443/"),
            ("WSS://[::1]:8667/ws?a=b", "wss://[::1]:8667/ws?a=b"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), want);
        }
    }

    #[test]
    fn a_fingerprint_is_read_and_kept_from_the_server() {
        let digits = Fingerprint::of(b"tea").to_string();
        assert_eq!(digits, "a9f74d1ec36ebdeb2da3f6e5868090cd2a2d20b3dcca7b62f60304b1d3d9ef42");
        let colons: Vec<String> =
            digits.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).to_uppercase()).collect();
        for (text, plain) in [
            (format!("ircs://a:1?fingerprint={digits}"), "ircs://a:1"),
            (format!("ircs://a:1/?fingerprint={}", colons.join(":")), "ircs://a:1"),
            (format!("wss://a:1?fingerprint={digits}"), "wss://a:1/"),
            (format!("wss://a:1/ws?b=c&fingerprint={digits}&d"), "wss://a:1/ws?b=c&d"),
        ] {
            let url: ServerUrl = text.parse().unwrap();
            assert_eq!(url.tls, Some(Trust::Certificate(Fingerprint::of(b"tea"))), "{text}");
            assert_eq!(url.plain(), plain);
            assert_eq!(url.to_string().parse(), Ok(url));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_remedy() {
        for (text, want) in [
            (
                "ircs://a?fingerprint=ab",
                "ircs://a?fingerprint=ab: the fingerprint is that of SHA-256, 64 hexadecimal digits, as the server prints it",
            ),
            ("ws://a?fingerprint=ab", "ws://a?fingerprint=ab: a fingerprint goes with ircs:// or wss://"),
            ("ircs://a?b=c", "ircs://a?b=c: the host is missing, as in irc://127.0.0.1:8667"),
            (
                "127.0.0.1:8667",
                "127.0.0.1:8667: a server's address begins with irc://, ircs://, ws:// or wss://, as in irc://127.0.0.1:8667",
            ),
            (
                "http://a",
                "http://a: a server's address begins with irc://, ircs://, ws:// or wss://, as in irc://127.0.0.1:8667",
            ),
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
