//! What stands in the host window's fields, and what it means.
//!
//! In: text. Out: an address to listen at, or one line that says what is wrong with the text.

use std::net::{IpAddr, SocketAddr};

use super::problem::Problem;
use crate::composer::Composer;

/// What stands in the fields.
#[derive(Debug)]
pub(crate) struct HostForm {
    pub(crate) address: String,
    pub(crate) port: String,
    pub(crate) announcement: Composer,
}

impl HostForm {
    /// Fields that ask for an address.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        Self { address: listen.ip().to_string(), port: listen.port().to_string(), announcement: Composer::default() }
    }

    /// The address that the fields ask for.
    pub(crate) fn listen(&self) -> Result<SocketAddr, Problem> {
        let address = self.address.trim();
        let ip = match address.trim_start_matches('[').trim_end_matches(']') {
            "localhost" => IpAddr::from([127, 0, 0, 1]),
            text => text.parse().map_err(|_| Problem::NoAddress(address.to_owned()))?,
        };
        let port = self.port.trim();
        let port: u16 = port.parse().map_err(|_| Problem::NoPort(port.to_owned()))?;
        Ok(SocketAddr::new(ip, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, port: &str, means: Result<&str, Problem>) {
        let form = HostForm { address: address.into(), port: port.into(), announcement: Composer::default() };
        let means = means.map(|address| address.parse().unwrap());
        assert_eq!(form.listen(), means, "{address} {port}");
    }

    #[test]
    fn fields_become_an_address() {
        check("127.0.0.1", "8667", Ok("127.0.0.1:8667"));
        check(" localhost ", " 1 ", Ok("127.0.0.1:1"));
        check("::1", "8667", Ok("[::1]:8667"));
        check("[::]", "0", Ok("[::]:0"));
    }

    #[test]
    fn what_is_no_address_is_told_apart() {
        check("tea.example", "8667", Err(Problem::NoAddress("tea.example".into())));
        check("127.0.0.1", "70000", Err(Problem::NoPort("70000".into())));
        check("127.0.0.1", "", Err(Problem::NoPort(String::new())));
    }
}
