//! The connections that are there, and how many there may be.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use super::kinds::{ConnectionId, ConnectionInfo, Door, EventKind};

/// How many connections there may be at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionLimits {
    /// In all; `None` for no limit.
    pub connections: Option<usize>,
    /// From one network: an IPv4 address, or the first 64 bits of an IPv6 address. The own machine is exempt.
    pub per_network: Option<usize>,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// As many as there may be are there.
    Full,
    /// As many as there may be from one network are there.
    NetworkFull,
}

impl TurnedAway {
    /// The key of the limit that was reached.
    pub fn key(self) -> &'static str {
        match self {
            TurnedAway::Full => "limits.connections",
            TurnedAway::NetworkFull => "limits.connections_per_ip",
        }
    }
}

/// Who is there. A connection's record is boxed, because a tree keeps room for more than it holds.
#[derive(Debug, Default)]
pub(super) struct Present {
    connections: BTreeMap<ConnectionId, Box<Record>>,
    networks: HashMap<IpAddr, usize>,
}

/// What is known of a connection, in less room than [`ConnectionInfo`] takes.
#[derive(Debug)]
struct Record {
    address: IpAddr,
    port: u16,
    /// Which link an IPv6 address is of, if it is but a link's.
    scope: u32,
    door: Door,
    since_ms: u64,
    nick: Option<Arc<str>>,
}

impl Record {
    fn info(&self, id: ConnectionId) -> ConnectionInfo {
        let Record { address, port, scope, door, since_ms, ref nick } = *self;
        let address = match address {
            IpAddr::V4(address) => (address, port).into(),
            IpAddr::V6(address) => SocketAddrV6::new(address, port, 0, scope).into(),
        };
        ConnectionInfo { id, address, door, since_ms, nick: nick.clone() }
    }
}

impl Present {
    /// What is known of those who are there.
    pub(super) fn infos(&self) -> Vec<ConnectionInfo> {
        self.connections.iter().map(|(id, record)| record.info(*id)).collect()
    }

    /// Whether one more may come from an address.
    pub(super) fn admit(&self, address: IpAddr, limits: ConnectionLimits) -> Result<(), TurnedAway> {
        if limits.connections.is_some_and(|max| self.connections.len() >= max) {
            return Err(TurnedAway::Full);
        }
        let from_there = network(address).and_then(|network| self.networks.get(&network)).copied().unwrap_or(0);
        if limits.per_network.is_some_and(|max| from_there >= max) {
            return Err(TurnedAway::NetworkFull);
        }
        Ok(())
    }

    /// Keeps the list by what happens.
    pub(super) fn note(&mut self, kind: &EventKind, at_ms: u64) {
        match kind {
            EventKind::Accepted { connection, address, .. } => {
                let (door, since_ms) = (Door::Unknown, at_ms);
                let scope = if let SocketAddr::V6(address) = address { address.scope_id() } else { 0 };
                let (address, port) = (address.ip(), address.port());
                let record = Record { address, port, scope, door, since_ms, nick: None };
                self.connections.insert(*connection, Box::new(record));
                if let Some(network) = network(address) {
                    *self.networks.entry(network).or_default() += 1;
                }
            }
            EventKind::Door { connection, door } => {
                if let Some(record) = self.connections.get_mut(connection) {
                    record.door = *door;
                }
            }
            EventKind::Registered { connection, nick } | EventKind::Renamed { connection, nick } => {
                if let Some(record) = self.connections.get_mut(connection) {
                    record.nick = Some(Arc::clone(nick));
                }
            }
            EventKind::Closed { connection, .. } => self.remove(*connection),
            _ => {}
        }
    }

    fn remove(&mut self, connection: ConnectionId) {
        let network = self.connections.remove(&connection).and_then(|record| network(record.address));
        if let Some(network) = network
            && let Some(count) = self.networks.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

/// The network that an address counts for; the own machine counts for none.
fn network(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => Some(IpAddr::V6((u128::from(address) >> 64 << 64).into())),
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrival, Events};
    use super::*;

    fn from(address: &str) -> Arrival {
        Arrival { address: address.parse().unwrap(), listener: "192.0.2.1:8667".parse().unwrap() }
    }

    #[test]
    fn the_limit_on_connections_counts_those_that_are_there() {
        let (events, limits) = (Events::new(), ConnectionLimits { connections: Some(1), per_network: None });
        let first = events.accept(from("127.0.0.1:1"), limits).unwrap();
        assert_eq!(events.accept(from("127.0.0.1:2"), limits), Err(TurnedAway::Full));
        events.tell(EventKind::Closed { connection: first, reason: "left".into() });
        assert!(events.accept(from("127.0.0.1:3"), limits).is_ok());
    }

    #[test]
    fn the_limit_on_a_network_counts_what_comes_from_it_and_spares_the_own_machine() {
        let (events, limits) = (Events::new(), ConnectionLimits { connections: None, per_network: Some(2) });
        let accept = |address: &str| events.accept(from(address), limits);
        let first = accept("198.51.100.7:1").unwrap();
        assert!(accept("198.51.100.7:2").is_ok() && accept("198.51.100.8:1").is_ok());
        assert_eq!(accept("198.51.100.7:3"), Err(TurnedAway::NetworkFull));
        assert_eq!(accept("[::ffff:198.51.100.7]:3"), Err(TurnedAway::NetworkFull), "the same address");
        events.tell(EventKind::Closed { connection: first, reason: "left".into() });
        assert!(accept("198.51.100.7:4").is_ok());

        assert!(accept("[2001:db8:1:2::1]:1").is_ok() && accept("[2001:db8:1:2:ffff::1]:1").is_ok());
        assert_eq!(accept("[2001:db8:1:2:3::1]:1"), Err(TurnedAway::NetworkFull), "the first 64 bits count");
        assert!(accept("[2001:db8:1:3::1]:1").is_ok());
        assert!((0..5).all(|_| accept("127.0.0.1:1").is_ok() && accept("[::1]:1").is_ok()));
    }
}
