//! Where the server is, and how it is spoken to.

use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// How lines travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Lines over TCP.
    Tcp,
    /// Lines over TLS.
    Tls,
    /// WebSocket messages.
    Ws,
    /// WebSocket messages over TLS.
    Wss,
}

impl Transport {
    const ALL: [(Self, &'static str, &'static str); 4] =
        [(Self::Tcp, "irc", "tcp"), (Self::Tls, "ircs", "tls"), (Self::Ws, "ws", "ws"), (Self::Wss, "wss", "wss")];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// Whether lines are WebSocket messages.
    pub fn is_web(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// Whether it is encrypted.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }
}

/// A server: `irc://`, `ircs://`, `ws://` or `wss://`, a host, a port, and a path for WebSockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// How it is spoken to.
    pub transport: Transport,
    /// Its address.
    pub address: SocketAddr,
    /// What is asked for at the upgrade.
    pub path: String,
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once("://") else {
            bail!("write irc://host:port, ircs://, ws:// or wss://");
        };
        let known = Transport::ALL.iter().find(|(_, name, _)| *name == scheme);
        let (transport, ..) = *known.with_context(|| format!("{scheme} is none of irc, ircs, ws, wss"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut addresses = host.to_socket_addrs().with_context(|| format!("{host} is no host:port"))?;
        let address = addresses.next().with_context(|| format!("{host} has no address"))?;
        Ok(Self { transport, address, path: format!("/{path}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let target: Target = "wss://127.0.0.1:8667/ws".parse().unwrap();
        let expected = Target { transport: Transport::Wss, address: ([127, 0, 0, 1], 8667).into(), path: "/ws".into() };
        assert_eq!(target, expected);
        assert_eq!("irc://127.0.0.1:1".parse::<Target>().unwrap().transport.name(), "tcp");
        assert!("http://127.0.0.1:1".parse::<Target>().is_err());
        assert!("irc://127.0.0.1".parse::<Target>().is_err());
    }
}
