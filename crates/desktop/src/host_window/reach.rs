//! Where a server can be reached that listens at "all addresses", which is no address to connect to.
//!
//! In: where it listens, and this machine's addresses. Out: addresses that a browser can open.

use std::net::{IpAddr, SocketAddr};

/// How many addresses are shown; machines with virtual networks have dozens.
const SHOWN_MAX: usize = 4;

/// The addresses to connect to, the machine's own ones first.
pub(crate) fn reachable(listening: &[SocketAddr], own: &[IpAddr]) -> Vec<SocketAddr> {
    let mut found: Vec<_> = listening
        .iter()
        .flat_map(|address| {
            let all: Vec<_> = match address.ip() {
                ip if !ip.is_unspecified() => vec![ip],
                ip => own.iter().copied().filter(|own| own.is_ipv4() == ip.is_ipv4()).collect(),
            };
            all.into_iter().map(|ip| SocketAddr::new(ip, address.port()))
        })
        .collect();
    found.dedup();
    found.truncate(SHOWN_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_become_those_of_this_machine() {
        let own = ["127.0.0.1", "192.168.1.5", "::1", "fd00::5"].map(|ip| ip.parse().unwrap());
        for (listening, reached) in [
            ("127.0.0.1:8667", &["127.0.0.1:8667"][..]),
            ("0.0.0.0:8667", &["127.0.0.1:8667", "192.168.1.5:8667"]),
            ("[::]:80", &["[::1]:80", "[fd00::5]:80"]),
        ] {
            let reached: Vec<SocketAddr> = reached.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(reachable(&[listening.parse().unwrap()], &own), reached);
        }
    }

    #[test]
    fn a_machine_with_many_networks_shows_a_few() {
        let own: Vec<IpAddr> = (1..=200).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        assert_eq!(reachable(&["0.0.0.0:1".parse().unwrap()], &own).len(), SHOWN_MAX);
    }
}
