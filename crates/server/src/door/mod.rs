//! The doors: accepting connections and finding out what they speak.
//!
//! In: TCP connections. Out: an [`Established`] for the workers, once it is known to be IRC or has become a WebSocket;
//! plain HTTP is answered here and goes no further. `listen` binds, `sniff` judges the first bytes, `accept` is the loop
//! and the way in, `waiting` who may be on it at once, `wire` what is spoken over: a socket, or TLS over one.

mod accept;
mod listen;
mod sniff;
mod waiting;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::ServerConfig;
use teahouse_chat::world::TurnedAway;
use tokio::sync::{Semaphore, watch};

use crate::config::{Config, Takes};
use crate::events::{ConnectionLimits, EventKind, Events};
use crate::http::Http;
use crate::seldom::Seldom;
use crate::tls::Tls;
use crate::worker::Established;

use self::waiting::Waiting;

pub use self::listen::BindError;
pub(crate) use self::listen::{Bound, bind};
pub(crate) use self::wire::Wire;

/// What the doors need of what lies behind them.
pub(crate) struct Inside {
    /// Where an established connection goes.
    pub(crate) adopt: Box<dyn Fn(Established) + Send + Sync>,
    /// How many of those have not been taken in yet.
    pub(crate) arriving: Box<dyn Fn() -> usize + Send + Sync>,
    /// What whoever comes from an address is turned away with, if it may not come.
    pub(crate) turned_away: Box<dyn Fn(IpAddr) -> Option<TurnedAway> + Send + Sync>,
}

/// An address that is listened at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The address, with the port that the system gave if none was asked for.
    pub address: SocketAddr,
    /// Which doors it has.
    pub takes: Takes,
}

/// The open doors.
#[derive(Debug)]
pub(crate) struct Doors {
    listening: Vec<Listening>,
    stop: watch::Sender<bool>,
}

/// What every connection on its way in needs.
struct Hall {
    events: Events,
    inside: Inside,
    http: Http,
    limits: ConnectionLimits,
    /// Without a certificate, TLS is turned away.
    tls: Option<Arc<ServerConfig>>,
    waiting: Waiting,
    /// A permit for each to whom it is being explained that there is no place.
    explaining: Arc<Semaphore>,
    /// About what comes again and again: a browser that was told https://, a crowd.
    complaints: Seldom,
}

impl Doors {
    /// Starts accepting on `bound`; MUST be called within a tokio runtime, on which everything here then runs.
    pub(crate) fn open(
        bound: Vec<Bound>,
        config: &Config,
        events: &Events,
        tls: Option<Tls>,
        inside: Inside,
    ) -> std::io::Result<Doors> {
        let hall = Arc::new(Hall {
            events: events.clone(),
            inside,
            http: Http::new(config, events.clone()),
            limits: ConnectionLimits {
                connections: config.connections_max,
                per_network: config.connections_per_ip_max,
            },
            tls: tls.map(Tls::open),
            waiting: Waiting::new(config.handshakes_max),
            explaining: Arc::new(Semaphore::new(accept::EXPLAINED_MAX)),
            complaints: Seldom::every(accept::COMPLAIN_EVERY),
        });
        let (stop, stopped) = watch::channel(false);
        let mut listening = Vec::new();
        for Bound { listener, address, takes } in bound {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let door = accept::Door { listener, address, takes };
            tokio::spawn(accept::run(door, Arc::clone(&hall), stopped.clone()));
            events.tell(EventKind::Listening { address, takes });
            listening.push(Listening { address, takes });
        }
        Ok(Doors { listening, stop })
    }

    /// Where the server listens.
    pub(crate) fn listening(&self) -> &[Listening] {
        &self.listening
    }

    /// Accepts nobody more, and closes what no worker has taken over yet; returns at once.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

#[cfg(test)]
mod tests;
