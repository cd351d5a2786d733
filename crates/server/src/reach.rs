//! Under which addresses others reach this machine.

use std::net::{IpAddr, SocketAddr};

use crate::config::{Config, Takes};
use crate::door::Listening;

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

/// Addresses to write down, the likeliest first: an unspecified one stands for all of this machine's, and of
/// localhost's two IPv4 is enough.
pub fn reachable(listening: &[Listening], own: &[IpAddr], wanted: impl Fn(Takes) -> bool) -> Vec<SocketAddr> {
    let mut found: Vec<SocketAddr> = Vec::new();
    for Listening { address, takes } in listening {
        if !wanted(*takes) {
            continue;
        }
        let all = match address.ip() {
            ip if !ip.is_unspecified() => vec![ip],
            ip => own.iter().copied().filter(|own| own.is_ipv4() == ip.is_ipv4()).collect(),
        };
        found.extend(all.into_iter().map(|ip| SocketAddr::new(ip, address.port())));
    }
    let has_four = found.iter().any(|address| address.ip().is_loopback() && address.is_ipv4());
    found.retain(|address| !(has_four && address.ip().is_loopback() && address.is_ipv6()));
    found
}

/// What a link to the page begins with: the server's name if a certificate is there for it, else an address that others
/// reach, if they reach any.
pub(crate) fn page_address(
    config: &Config,
    listening: impl IntoIterator<Item = Listening>,
    own: &[IpAddr],
) -> Option<Box<str>> {
    let listening: Vec<Listening> = listening.into_iter().collect();
    let addresses = reachable(&listening, own, |takes| takes != Takes::Irc);
    let address = addresses.iter().find(|address| !address.ip().is_loopback()).or(addresses.first())?;
    let scheme = if config.tls.is_some() || config.self_signed { "https" } else { "http" };
    let page = match &config.tls {
        Some(_) if address.port() == 443 => format!("https://{}/", config.server_name),
        Some(_) => format!("https://{}:{}/", config.server_name, address.port()),
        None => format!("{scheme}://{address}/"),
    };
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(config: &Config, at: &[(&str, Takes)]) -> Option<String> {
        let listening =
            at.iter().map(|(address, takes)| Listening { address: address.parse().unwrap(), takes: *takes });
        let own = ["127.0.0.1", "192.168.7.7"].map(|ip| ip.parse().unwrap());
        page_address(config, listening, &own).map(String::from)
    }

    #[test]
    fn a_link_begins_with_what_others_reach() {
        let mut config = Config::default();
        let [local, all] = [("127.0.0.1:8667", Takes::Any), ("0.0.0.0:8667", Takes::Web)];
        assert_eq!(page(&config, &[local]).as_deref(), Some("http://127.0.0.1:8667/"));
        assert_eq!(page(&config, &[local, all]).as_deref(), Some("http://192.168.7.7:8667/"));
        assert_eq!(page(&config, &[("0.0.0.0:6667", Takes::Irc)]), None);
        config.self_signed = true;
        assert_eq!(page(&config, &[all]).as_deref(), Some("https://192.168.7.7:8667/"));
        config.server_name = "tea.example".into();
        config.tls = Some(crate::TlsFiles { cert: "c.pem".into(), key: "k.pem".into() });
        assert_eq!(page(&config, &[all]).as_deref(), Some("https://tea.example:8667/"));
        assert_eq!(page(&config, &[("0.0.0.0:443", Takes::Any)]).as_deref(), Some("https://tea.example/"));
    }
}
