//! Binding the listeners, before anything else is started: a port that is taken is the first thing to be said.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{ANY_PORT, Listen, Takes};

/// How many connections the kernel keeps for us before we accept them.
const BACKLOG: i32 = 1024;

/// A socket that listens, and for what.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) takes: Takes,
}

/// Why the server cannot listen: one line that names the address and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "port {port} is taken at {ip}: another program listens there, perhaps another teahouse; \
         stop it, or choose another port with --listen {address_with_other_port}",
        port = .0.port(), ip = .0.ip(), address_with_other_port = other_port(*.0)
    )]
    Taken(SocketAddr),
    /// The address is not one of this machine's.
    #[error("this machine has no address {ip} (to listen at {0}); use one that it has, or --lan for all", ip = .0.ip())]
    NoSuchAddress(SocketAddr),
    /// The system forbids it, as it does ports below 1024.
    #[error("not allowed to listen at {0}; choose a port of 1024 or above, like --listen {other}", other = other_port(*.0))]
    NotAllowed(SocketAddr),
    /// Anything else that the system says.
    #[error("cannot listen at {address}: {source}; choose another address with --listen")]
    Other {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing is left to listen at.
    #[error(
        "no address to listen at; name one under listen in the configuration, or with --listen 127.0.0.1:{ANY_PORT}"
    )]
    Nowhere,
}

/// Binds every address. One that nobody asked for is left out, with a log line, where the machine lacks it; so is
/// the usual IRC port where another IRC server has it.
pub(crate) fn bind(listen: &[Listen]) -> Result<Vec<Bound>, BindError> {
    let mut bound = Vec::new();
    for &Listen { address, takes, built_in } in listen {
        match listen_at(address).map_err(|source| bind_error(address, source)) {
            Ok(listener) => {
                let address = listener.local_addr().map_err(|source| BindError::Other { address, source })?;
                bound.push(Bound { listener, address, takes });
            }
            Err(BindError::NoSuchAddress(_)) if built_in => {
                tracing::info!("this machine has no {address}: going on without");
            }
            Err(BindError::Taken(_)) if built_in && takes == Takes::Irc => {
                tracing::warn!(
                    "port {} is taken at {}: going on without, IRC is at port {ANY_PORT} too",
                    address.port(),
                    address.ip()
                );
            }
            Err(error) => return Err(error),
        }
    }
    if bound.is_empty() { Err(BindError::Nowhere) } else { Ok(bound) }
}

fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Windows this option would let two programs share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn bind_error(address: SocketAddr, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported => BindError::NoSuchAddress(address),
        io::ErrorKind::PermissionDenied => BindError::NotAllowed(address),
        _ if is_unknown_family(&source) => BindError::NoSuchAddress(address),
        _ => BindError::Other { address, source },
    }
}

/// A machine without IPv6 says EAFNOSUPPORT, for which std has no kind.
fn is_unknown_family(error: &io::Error) -> bool {
    const EAFNOSUPPORT: &[i32] = if cfg!(windows) {
        &[10047]
    } else if cfg!(target_os = "linux") {
        &[97]
    } else {
        &[47]
    };
    error.raw_os_error().is_some_and(|code| EAFNOSUPPORT.contains(&code))
}

fn other_port(address: SocketAddr) -> SocketAddr {
    let port = address.port();
    let other = if port < 1024 { ANY_PORT } else { port.checked_add(1).unwrap_or(ANY_PORT) };
    SocketAddr::new(address.ip(), other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str, takes: Takes, built_in: bool) -> Listen {
        Listen { address: address.parse().unwrap(), takes, built_in }
    }

    #[test]
    fn a_taken_port_is_named_with_its_remedy() {
        let first = bind(&[at("127.0.0.1:0", Takes::Any, false)]).unwrap();
        let address = first[0].address;
        for built_in in [false, true] {
            let error = bind(&[Listen { address, takes: Takes::Any, built_in }]).unwrap_err().to_string();
            let (port, next) = (address.port(), other_port(address));
            assert_eq!(
                error,
                format!(
                    "port {port} is taken at 127.0.0.1: another program listens there, perhaps another teahouse; \
                     stop it, or choose another port with --listen {next}"
                )
            );
        }
    }

    #[test]
    fn a_taken_irc_port_is_done_without_unless_somebody_asked_for_it() {
        let other = bind(&[at("127.0.0.1:0", Takes::Irc, false)]).unwrap();
        let taken = |built_in| Listen { address: other[0].address, takes: Takes::Irc, built_in };
        let ours = bind(&[at("127.0.0.1:0", Takes::Any, true), taken(true)]).unwrap();
        assert_eq!(ours.len(), 1);
        assert!(matches!(bind(&[taken(false)]), Err(BindError::Taken(_))));
    }

    #[test]
    fn an_address_the_machine_lacks_is_done_without_unless_somebody_asked_for_it() {
        // 192.0.2.0/24 is for documentation (RFC 5737); no machine has it.
        let lacking = |built_in| at("192.0.2.1:0", Takes::Any, built_in);
        assert_eq!(bind(&[lacking(true), at("127.0.0.1:0", Takes::Any, true)]).unwrap().len(), 1);
        let error = bind(&[lacking(false)]).unwrap_err().to_string();
        assert_eq!(
            error,
            "this machine has no address 192.0.2.1 (to listen at 192.0.2.1:0); use one that it has, or --lan for all"
        );
        assert!(matches!(bind(&[lacking(true)]), Err(BindError::Nowhere)));
    }

    #[test]
    fn ipv4_and_ipv6_can_have_the_same_port() {
        let Ok(six) = bind(&[at("[::]:0", Takes::Any, false)]) else {
            return;
        };
        let port = six[0].address.port();
        assert!(bind(&[at(&format!("0.0.0.0:{port}"), Takes::Any, false)]).is_ok());
    }
}
