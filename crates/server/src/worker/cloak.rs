//! What others see of an address: enough to tell two networks apart, not enough to find one.

use std::net::IpAddr;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many characters of the code are shown: 60 bits.
const CODE_CHARS: usize = 12;
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes cloaks with this server's secret.
pub(super) struct Cloak {
    secret: [u8; 32],
    /// The network that was asked for last, and its cloak: those who come together often come from one, and share it.
    last: Option<(Vec<u8>, Arc<str>)>,
}

impl Cloak {
    pub(super) fn new(secret: [u8; 32]) -> Self {
        Cloak { secret, last: None }
    }

    /// The same for every address of a network: IPv4 by /24, IPv6 by /64.
    pub(super) fn host(&mut self, address: IpAddr) -> Arc<str> {
        let network = match address.to_canonical() {
            IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
            IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
        };
        if let Some((last, host)) = &self.last
            && *last == network
        {
            return Arc::clone(host);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(&network);
        let code = mac.finalize().into_bytes();
        let code: String =
            code.iter().take(CODE_CHARS).map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect();
        let host: Arc<str> = format!("{code}.ip").into();
        self.last = Some((network, Arc::clone(&host)));
        host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_come_from_one_network_share_its_cloak() {
        let mut cloak = Cloak::new([1; 32]);
        let [first, again, other, back] =
            ["192.0.2.1", "192.0.2.9", "192.0.3.1", "192.0.2.1"].map(|address| cloak.host(address.parse().unwrap()));
        assert!(Arc::ptr_eq(&first, &again) && first != other && first == back);
    }

    #[test]
    fn a_network_has_one_cloak_and_a_secret_its_own() {
        let host = |secret: u8, address: &str| Cloak::new([secret; 32]).host(address.parse().unwrap());
        assert_eq!(host(1, "192.0.2.1"), host(1, "192.0.2.200"));
        assert_eq!(host(1, "192.0.2.1"), host(1, "::ffff:192.0.2.9"));
        assert_ne!(host(1, "192.0.2.1"), host(1, "192.0.3.1"));
        assert_ne!(host(1, "192.0.2.1"), host(2, "192.0.2.1"));
        assert_eq!(host(1, "2001:db8::1"), host(1, "2001:db8::ffff"));
        assert_ne!(host(1, "2001:db8::1"), host(1, "2001:db8:0:1::1"));
    }
}
