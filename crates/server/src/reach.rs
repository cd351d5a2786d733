//! Under which addresses others reach this machine.

use std::net::IpAddr;

/// This machine's addresses, localhost first; those that work on one cable only are left out.
pub fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("cannot list this machine's addresses: {error}");
        Vec::new()
    });
    let mut own: Vec<IpAddr> =
        interfaces.iter().filter(|interface| !interface.is_link_local()).map(if_addrs::Interface::ip).collect();
    own.sort_by_key(|ip| (!ip.is_loopback(), ip.is_ipv6(), *ip));
    own.dedup();
    own
}
