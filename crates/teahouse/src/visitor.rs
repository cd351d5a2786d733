//! What `send` and `tail` share: which server they visit, under which name, and what they hear first.

use clap::Args;
use teahouse_client::{Client, Event, Events, Nick, Options, Refusal, Retry, RoomName, ServerUrl};
use tokio::runtime::Runtime;

/// Where, and as whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct VisitorArgs {
    /// The server: irc://host:port, ircs://, ws:// or wss://; for one that signs itself, add '?fingerprint=…'
    #[arg(long, value_name = "URL", default_value = "irc://127.0.0.1:8667")]
    server: ServerUrl,
    /// The name to go by; a number is added if somebody has it [default: your login name]
    #[arg(long, value_name = "NAME", value_parser = nick)]
    nick: Option<Nick>,
}

fn nick(text: &str) -> Result<Nick, String> {
    Nick::parse(text).map_err(|error| format!("{error}; letters and digits of any language will do"))
}

/// What a visit runs on: one thread, and nothing is left of it when the visit is over.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// A room or a person, as said on the command line.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Everybody in a room.
    Room(RoomName),
    /// One person.
    Person(Nick),
}

impl Target {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Room(room) => room.as_str(),
            Self::Person(nick) => nick.as_str(),
        }
    }
}

/// Reads `#room` or a name.
pub(crate) fn target(text: &str) -> Result<Target, String> {
    if text.starts_with('#') {
        return room(text).map(Target::Room);
    }
    Nick::parse(text).map(Target::Person).map_err(|error| format!("{error}; write '#room' or a person's name"))
}

/// Reads `#room`.
pub(crate) fn room(text: &str) -> Result<RoomName, String> {
    RoomName::parse(text).map_err(|error| format!("{error}; a room is written like '#lobby', in quotes"))
}

impl VisitorArgs {
    /// Comes in by the door that the address names.
    pub(crate) fn connect(&self, rooms: Vec<RoomName>, history: bool, retry: Retry) -> (Client, Events) {
        let nick = self.nick.clone().unwrap_or_else(login_name);
        let options = Options { rooms: Some(rooms), history, retry, ..Options::new(self.server.clone(), nick) };
        Client::connect(options)
    }
}

/// The name of whoever runs this, as far as it is a name here too.
fn login_name() -> Nick {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|key| std::env::var(key).ok());
    let mut parsed = named.filter_map(|name| Nick::parse(&name).ok());
    parsed.next().unwrap_or_else(|| Nick::parse("guest").expect("a plain word is a nick"))
}

/// Waits until we are in, and in the room if there is one.
pub(crate) async fn arrive(events: &mut Events, room: Option<&RoomName>) -> anyhow::Result<()> {
    while let Some(event) = events.next().await {
        match event {
            Event::Online { .. } if room.is_none() => return Ok(()),
            Event::People { room: entered }
                if room.is_some_and(|room| room.as_str().eq_ignore_ascii_case(&entered)) =>
            {
                return Ok(());
            }
            Event::Refused(refusal) if room.is_some_and(|room| room.as_str() == refusal.about) => {
                anyhow::bail!("{}", in_words(&refusal));
            }
            Event::Offline { reason, retry_in_ms: None } => anyhow::bail!("{reason}"),
            _ => {}
        }
    }
    anyhow::bail!("the connection has ended")
}

/// A refusal on one line.
pub(crate) fn in_words(refusal: &Refusal) -> String {
    match refusal.about.as_str() {
        "" => format!("{} ({})", refusal.text, refusal.code),
        about => format!("{about}: {} ({})", refusal.text, refusal.code),
    }
}
