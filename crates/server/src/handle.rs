//! The server as a value: start it, speak for it, watch it, stop it.
//!
//! Whoever speaks for the program (the host window, a test) does so here, and only by submitting actions: there is no
//! second way to send.

use std::sync::Arc;
use std::time::Duration;

use teahouse_chat::commands::say::{Say, Target};
use teahouse_chat::durable::MessageKind;
use teahouse_chat::entry::Action;
use teahouse_chat::info::{Operator, ROWS_PER_HOLD, Rules, ServerInfo};
use teahouse_chat::once::RECENT_BOUNDS;
use teahouse_chat::shard::Rate;
use teahouse_chat::work::PasswordCost;
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::names::Nick;
use teahouse_store::{OpenError, Options};
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::control;
use crate::door::{BindError, Bound, Doors, Inside, Listening, bind};
use crate::events::{EventKind, EventStream, Events};
use crate::log::Log;
use crate::reach::{own_addresses, page_address};
use crate::tls::{Certificate, FileError, MakeError, Tls};
use crate::worker::Workers;

/// How often the log looks whether a seat or a room is due.
const TICK: Duration = Duration::from_secs(1);
/// How long answers on the way (a page, a file) may still take when the server goes.
const GOODBYE: Duration = Duration::from_millis(100);
/// What a line of the server's own has besides its text, at most: its name, a command, a target.
const LINE_HEAD_BYTES_MAX: usize = 200;

/// Why a server could not start; one line that names the thing and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] FileError),
    /// There is no certificate of its own.
    #[error(transparent)]
    SelfSigned(#[from] MakeError),
    /// The data directory could not be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Whoever was asked said nothing: what came of it is unknown.
    #[error("the server stopped before it answered: start it again, and see whether that was done")]
    Unanswered,
    /// The system refused threads or files.
    #[error("the system refuses what a server needs ({0}); close other programs or raise the limits, then try again")]
    System(#[from] std::io::Error),
}

/// Why the program could not say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SayError {
    /// Neither a room's name nor a person's.
    #[error("that is neither a room's name nor a person's")]
    NoName,
    /// Nothing to say.
    #[error("there is nothing to say")]
    Empty,
    /// More than fits into a line, or a line break in it.
    #[error("the text does not fit into one line of about 300 bytes")]
    TooLong,
}

/// A server; dropping the handle stops it as [`ServerHandle::shutdown`] does.
#[derive(Debug)]
pub struct Server;

/// A running server.
#[derive(Debug)]
pub struct ServerHandle {
    log: Arc<Log>,
    workers: Arc<Workers>,
    doors: Doors,
    events: Events,
    certificate: Option<Certificate>,
    claim: Option<String>,
    page: Option<Box<str>>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Opens the data directory, starts the workers and opens the doors, in this order: whoever comes in is served.
    pub fn start(config: Config) -> Result<ServerHandle, StartError> {
        Server::start_with(config, Options::default())
    }

    /// [`Server::start`] with a store that tests can hold back or make fail.
    #[doc(hidden)]
    pub fn start_with(config: Config, store: Options) -> Result<ServerHandle, StartError> {
        let events = Events::new();
        let tls = config.tls.as_ref().map(Tls::with_files).transpose()?;
        let bound = bind(&config.listen)?;
        let mut info = server_info(&config);
        let options = Options { history: config.keep_history, ..store };
        let (log, secret) = Log::open(config.data_dir.clone(), options, info.rules.clone())?;
        info.secret = secret;
        let listening = bound.iter().map(|&Bound { address, takes, .. }| Listening { address, takes });
        info.page = page_address(&config, listening, &own_addresses());
        let info = Arc::new(info);
        let tls = match tls {
            // Whoever has the data directory's lock may write there.
            None if config.self_signed => Some(Tls::self_signed(&config.data_dir, &config.server_name)?),
            tls => tls,
        };
        let certificate = tls.as_ref().map(Tls::certificate);
        let log = Arc::new(log);
        let workers = Arc::new(Workers::start(&log, &info, &events, secret)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (adopting, counting, judging) = (Arc::clone(&workers), Arc::clone(&workers), Arc::clone(&log));
        let inside = Inside {
            adopt: Box::new(move |established| adopting.adopt(established)),
            arriving: Box::new(move || counting.arriving()),
            turned_away: Box::new(move |address| judging.turned_away(address)),
        };
        let doors = {
            let _inside = runtime.enter();
            Doors::open(bound, &config, &events, tls, inside)?
        };
        {
            let _inside = runtime.enter();
            if let Err(error) = control::open(&log, &info, &config.data_dir) {
                let directory = config.data_dir.display();
                tracing::warn!(
                    "no control socket in {directory} ({error}); `teahouse account` works while nobody serves"
                );
            }
        }
        let ticking = Arc::clone(&log);
        runtime.spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            loop {
                interval.tick().await;
                ticking.tick();
            }
        });
        // Where the configuration names operators, its host is one already.
        let claim = (config.operators.is_empty() && log.lacks_operator()).then(|| log.offer().ok()).flatten();
        let page = info.page.clone();
        Ok(ServerHandle { log, workers, doors, events, certificate, claim, page, runtime: Some(runtime) })
    }
}

impl ServerHandle {
    /// Where the server listens.
    pub fn addresses(&self) -> &[Listening] {
        self.doors.listening()
    }

    /// The certificate that was shown when the server started, if it takes TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The code of the one-time link that makes its account run the server: there is one as long as no account does, and
    /// the configuration names no operators.
    pub fn claim(&self) -> Option<&str> {
        self.claim.as_deref()
    }

    /// Where a browser finds the page, with the slash at its end, if it is there: what links begin with.
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// Watches from now on: the connections that are there, then everything that happens.
    pub fn events(&self) -> EventStream {
        self.events.watch()
    }

    /// Says something in a room, under the server's name. Stored like any message.
    pub fn say(&self, room: &str, text: &str) -> Result<(), SayError> {
        match Target::parse(room) {
            Some(target @ Target::Room(_)) => self.submit(target, text),
            _ => Err(SayError::NoName),
        }
    }

    /// Says something to one person, under the server's name. Not stored: the server is no guest.
    pub fn say_to(&self, nick: &str, text: &str) -> Result<(), SayError> {
        match Target::parse(nick) {
            Some(target @ Target::Person(_)) => self.submit(target, text),
            _ => Err(SayError::NoName),
        }
    }

    /// Tells everybody something, as a notice of the server's, in no room. Not stored.
    pub fn announce(&self, text: &str) -> Result<(), SayError> {
        let text = check(text)?;
        self.log.submit(None, Action::Announce { text: text.into() });
        self.events.tell(EventKind::Announced { text: text.to_owned() });
        Ok(())
    }

    /// Closes every connection of a user, with a reason that it and its rooms are told.
    pub fn kick(&self, nick: &str, reason: &str) -> Result<(), SayError> {
        let nick = Nick::parse(nick).map_err(|_| SayError::NoName)?;
        self.log.submit(None, Action::Expel { nick, reason: check(reason)?.into() });
        Ok(())
    }

    /// Says goodbye to everybody, writes what waits, closes the database; within 2 s.
    pub fn shutdown(self) {
        drop(self);
    }

    fn submit(&self, target: Target, text: &str) -> Result<(), SayError> {
        let (kind, tags, text) = (MessageKind::Privmsg, "".into(), check(text)?.into());
        self.log.submit(None, Action::Say(Say { kind, target, tags, text, client_id: None }));
        Ok(())
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.events.tell(EventKind::Stopping);
        self.doors.stop();
        self.workers.stop();
        self.log.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(GOODBYE);
        }
    }
}

/// A text that fits into one line of the server's, whatever the target.
fn check(text: &str) -> Result<&str, SayError> {
    let text = text.trim();
    match text {
        "" => Err(SayError::Empty),
        text if text.len() > MESSAGE_BODY_BYTES_MAX - LINE_HEAD_BYTES_MAX => Err(SayError::TooLong),
        text if text.contains(['\r', '\n', '\0']) => Err(SayError::TooLong),
        text => Ok(text),
    }
}

pub(crate) fn server_info(config: &Config) -> ServerInfo {
    let name: Arc<str> = config.server_name.as_str().into();
    ServerInfo {
        name: Arc::clone(&name),
        network: config.network.clone(),
        version: concat!("teahouse-", env!("CARGO_PKG_VERSION")).into(),
        created: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        description: config.description.clone(),
        motd: config.motd.lines().map(str::to_owned).collect(),
        password: config.password.clone(),
        // Whoever binds the listeners knows.
        page: None,
        rules: Rules {
            server_name: name,
            autojoin: config.autojoin.clone(),
            guest_seat_ms: u64::try_from(config.guest_seat.as_millis()).unwrap_or(u64::MAX),
            registration: config.registration,
            guests: config.guests,
            always_on: config.always_on,
            rooms_per_founder: config.rooms_per_founder_max.unwrap_or(0),
            room_renames: config.room_renames_max.unwrap_or(0),
            forget_ms: config.forget_after.map_or(0, |after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            keep_ms: config.keep_for.map_or(0, |keep| u64::try_from(keep.as_millis()).unwrap_or(u64::MAX)),
            keep_history: config.keep_history,
            rows_per_hold: ROWS_PER_HOLD,
            recent: RECENT_BOUNDS,
        },
        // The store has it, which is opened later.
        secret: [0; 32],
        password_cost: PasswordCost::SAFE,
        operators: config
            .operators
            .iter()
            .map(|(name, password)| Operator { name: name.as_str().into(), password: password.clone() })
            .collect(),
        rate: config.messages_per_second_max.map_or(Rate::UNLIMITED, |per_second| Rate {
            interval_us: 1_000_000 / u64::from(per_second),
            burst: u64::from(config.message_burst),
        }),
        send_queue_total_bytes: config.send_queue_total_bytes_max.unwrap_or(usize::MAX),
        send_queue_bytes: config.send_queue_bytes_max.unwrap_or(usize::MAX),
    }
}
