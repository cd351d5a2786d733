//! What the server is set to.
//!
//! In: a TOML file and the environment. Out: one [`Config`] whose values are checked, or one line that names the place,
//! the thing and the remedy. `keys` is the table of every key; `file` and `environment` find keys and their places;
//! `together` checks what no key can be checked for alone.

mod environment;
mod file;
mod keys;
mod together;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use teahouse_chat::info::Registration;
use teahouse_chat::work::PasswordHash;
use teahouse_proto::names::RoomName;

use self::keys::Places;
pub use self::keys::{Problem, key_names};
use crate::tls::TlsFiles;

/// The file that is read from the working directory when none is named.
pub const FILE_NAME: &str = "teahouse.toml";

/// What every variable that sets a key begins with: `TEAHOUSE_SECTION__KEY`.
pub const VARIABLE_PREFIX: &str = "TEAHOUSE_";

/// Where the web, and with it every door, lives unless told otherwise; browsers refuse 6667.
pub const ANY_PORT: u16 = 8667;

/// Where IRC programs look first.
pub const IRC_PORT: u16 = 6667;

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `server.name`: the server's name on the wire, the source of its own lines.
    pub server_name: String,
    /// `server.network`: the network's name.
    pub network: String,
    /// `server.description`: one line about this server.
    pub description: String,
    /// `server.motd`: the message of the day, lines separated by line feeds; empty for none.
    pub motd: String,
    /// `server.password`: what every connection must give by PASS, if anything.
    pub password: Option<String>,
    /// `listen.any`, `listen.irc`, `listen.web`: where to listen, and for what.
    pub listen: Vec<Listen>,
    /// `web.hosts`: Host and Origin names believed besides localhost, IP literals and the server's name.
    pub web_hosts: Vec<String>,
    /// `tls.cert` and `tls.key`: the certificate that every listener shows to those who speak TLS, if there is one.
    pub tls: Option<TlsFiles>,
    /// `serve --self-signed`: without those, the server makes a certificate itself and keeps it in the data directory.
    pub self_signed: bool,
    /// `storage.path`: the data directory.
    pub data_dir: PathBuf,
    /// `storage.history`: whether messages are kept.
    pub keep_history: bool,
    /// `rooms.autojoin`: the rooms that exist from the start.
    pub autojoin: Vec<RoomName>,
    /// `rooms.forget_days`: how long an empty guest's room lasts; `None` for ever.
    pub forget_after: Option<Duration>,
    /// `history.keep_days`: how long what is said is kept; `None` for ever.
    pub keep_for: Option<Duration>,
    /// `accounts.guest_seat_s`: how long a guest whose connection dropped keeps the seat.
    pub guest_seat: Duration,
    /// `rooms.per_founder`: how many rooms one may have founded at a time; `None` for no limit.
    pub rooms_per_founder_max: Option<usize>,
    /// `accounts.registration`: who may have an account.
    pub registration: Registration,
    /// `accounts.guests`: whether one gets in without an account.
    pub guests: bool,
    /// `accounts.always_on`: whether an account stays in its rooms while nobody is connected as it.
    pub always_on: bool,
    /// `limits.connections`: how many connections there may be at once; `None` for no limit.
    pub connections_max: Option<usize>,
    /// `limits.connections_per_ip`: the same from one IPv4 address, or one IPv6 /64; the own machine is exempt.
    pub connections_per_ip_max: Option<usize>,
    /// `limits.handshakes`: how many connections there may be that are neither IRC nor a WebSocket yet, those that read
    /// pages included; `None` for no limit.
    pub handshakes_max: Option<usize>,
    /// `limits.send_queue_bytes`: how much may wait for one session before it is closed; `None` for no limit.
    pub send_queue_bytes_max: Option<usize>,
    /// `operators.NAME.password`: who may become a server operator, by what OPER says first.
    pub operators: BTreeMap<String, PasswordHash>,
    /// `limits.send_queue_total_bytes`: the same for all sessions together, shared among the
    /// workers; past its share a worker closes the sessions with the longest queues.
    pub send_queue_total_bytes_max: Option<usize>,
    /// `limits.messages_per_second`: how fast a session's lines are read past its burst; `None` for no limit.
    pub messages_per_second_max: Option<u32>,
    /// `limits.message_burst`: how many lines a session may send at once before it is read more slowly.
    pub message_burst: u32,
    /// `limits.room_renames`: how many other names a room may get within ten minutes; `None` for no limit.
    pub room_renames_max: Option<u32>,
}

/// One address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; port 0 lets the system choose.
    pub address: SocketAddr,
    /// Which doors it has.
    pub takes: Takes,
    /// Whether nobody asked for it: then it is left out where it cannot be had.
    pub built_in: bool,
}

/// Which doors a listener has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Takes {
    /// Every door, told apart by the first bytes.
    Any,
    /// IRC lines only.
    Irc,
    /// HTTP and WebSocket only.
    Web,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            // Names under `localhost` always mean the own machine (RFC 6761), so no website can take this one over.
            server_name: "teahouse.localhost".into(),
            network: "Teahouse".into(),
            description: "A teahouse".into(),
            motd: "Welcome.".into(),
            password: None,
            listen: built_in_listeners([[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()]),
            web_hosts: Vec::new(),
            tls: None,
            self_signed: false,
            data_dir: "teahouse-data".into(),
            keep_history: true,
            autojoin: vec![RoomName::parse("#lobby").expect("#lobby is a room's name")],
            forget_after: Some(Duration::from_secs(30 * 24 * 60 * 60)),
            keep_for: None,
            guest_seat: Duration::from_secs(90),
            rooms_per_founder_max: Some(50),
            registration: Registration::Open,
            guests: true,
            always_on: true,
            connections_max: None,
            connections_per_ip_max: Some(64),
            handshakes_max: Some(4096),
            send_queue_bytes_max: Some(1_048_576),
            operators: BTreeMap::new(),
            send_queue_total_bytes_max: Some(268_435_456),
            messages_per_second_max: Some(4),
            message_burst: 20,
            room_renames_max: Some(3),
        }
    }
}

impl Config {
    /// Reads `file`, else `teahouse.toml` in the working directory if there is one, then the environment over it.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Config, Problem> {
        let (mut config, mut places) = (Config::default(), Places::default());
        match file {
            Some(path) => file::read(&mut config, &mut places, path)?,
            None if Path::new(FILE_NAME).exists() => file::read(&mut config, &mut places, Path::new(FILE_NAME))?,
            None => {}
        }
        environment::read(&mut config, &mut places, environment)?;
        together::check(&config, &places)?;
        Ok(config)
    }

    /// Listens at these addresses, every door, and nowhere else.
    pub fn listen_only_at(&mut self, addresses: &[SocketAddr]) {
        self.listen = addresses.iter().map(|&address| Listen { address, takes: Takes::Any, built_in: false }).collect();
    }

    /// Listens at all addresses of this machine, at the usual ports.
    pub fn listen_to_lan(&mut self) {
        self.listen = built_in_listeners([[0, 0, 0, 0].into(), std::net::Ipv6Addr::UNSPECIFIED.into()]);
    }

    /// Takes TLS with a certificate of the server's own making.
    pub fn sign_itself(&mut self) -> Result<(), Problem> {
        if self.tls.is_some() {
            return Err(Problem("--self-signed and tls.cert cannot go together; leave one of them out".into()));
        }
        self.self_signed = true;
        Ok(())
    }

    fn tls_files(&mut self) -> &mut TlsFiles {
        self.tls.get_or_insert_default()
    }

    fn listen_at(&mut self, takes: Takes, addresses: Vec<SocketAddr>) {
        self.listen.retain(|listen| listen.takes != takes);
        self.listen.extend(addresses.into_iter().map(|address| Listen { address, takes, built_in: false }));
    }
}

fn built_in_listeners(addresses: [std::net::IpAddr; 2]) -> Vec<Listen> {
    [(ANY_PORT, Takes::Any), (IRC_PORT, Takes::Irc)]
        .into_iter()
        .flat_map(|(port, takes)| {
            addresses.map(|ip| Listen { address: SocketAddr::new(ip, port), takes, built_in: true })
        })
        .collect()
}

#[cfg(test)]
mod tests;
