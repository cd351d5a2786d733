//! The table of keys: what each takes and what it sets; and what is said of a key that is in none.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Config, Takes, values};

/// Every key of this version.
const KEYS: &[Key] = &[
    Key {
        name: "server.name",
        set: Set::Text(|c, v| Ok(c.server_name = values::server_name(v)?)),
    },
    Key {
        name: "server.network",
        set: Set::Text(|c, v| Ok(c.network = values::network(v)?)),
    },
    Key {
        name: "server.description",
        set: Set::Text(|c, v| Ok(c.description = values::one_line(v)?)),
    },
    Key {
        name: "server.motd",
        set: Set::Text(|c, v| Ok(c.motd = values::lines(v)?)),
    },
    Key {
        name: "server.password",
        set: Set::Text(|c, v| Ok(c.password = values::password(v)?)),
    },
    Key {
        name: "listen.any",
        set: Set::List(|c, v| Ok(c.listen_at(Takes::Any, values::addresses(v)?))),
    },
    Key {
        name: "listen.irc",
        set: Set::List(|c, v| Ok(c.listen_at(Takes::Irc, values::addresses(v)?))),
    },
    Key {
        name: "listen.web",
        set: Set::List(|c, v| Ok(c.listen_at(Takes::Web, values::addresses(v)?))),
    },
    Key {
        name: "web.hosts",
        set: Set::List(|c, v| Ok(c.web_hosts = values::hosts(v)?)),
    },
    Key {
        name: "storage.path",
        set: Set::Text(|c, v| Ok(c.data_dir = PathBuf::from(values::filled(v)?))),
    },
    Key {
        name: "storage.history",
        set: Set::Flag(|c, v| c.keep_history = v),
    },
    Key {
        name: "rooms.autojoin",
        set: Set::List(|c, v| Ok(c.autojoin = values::rooms(v)?)),
    },
    Key {
        name: "rooms.forget_days",
        set: Set::Whole(|c, v| Ok(c.forget_after = values::days(v)?)),
    },
    Key {
        name: "accounts.guest_seat_s",
        set: Set::Whole(|c, v| {
            Ok(c.guest_seat = Duration::from_secs(values::at_most(v, values::SEAT_S_MAX)?))
        }),
    },
    Key {
        name: "limits.connections",
        set: Set::Whole(|c, v| Ok(c.connections_max = values::limit(v, 1)?)),
    },
    Key {
        name: "limits.send_queue_bytes",
        set: Set::Whole(|c, v| {
            Ok(c.send_queue_bytes_max = values::limit(v, values::SEND_QUEUE_BYTES_MIN)?)
        }),
    },
];

/// Keys, and sections, whose work has not been done yet: refused, never accepted and ignored.
const LATER: &[&str] = &[
    "listen.proxies",
    "tls",
    "rooms.per_founder",
    "accounts.registration",
    "accounts.guests",
    "accounts.always_on",
    "history",
    "limits.connections_per_ip",
    "limits.messages_per_second",
    "limits.message_burst",
    "limits.send_queue_total_bytes",
    "operators",
    "metrics",
    "cluster",
];

pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) set: Set,
}

/// What a key takes, and how it is put into the configuration; the error is the part after "KEY ".
pub(super) enum Set {
    Text(fn(&mut Config, &str) -> Result<(), String>),
    List(fn(&mut Config, &[String]) -> Result<(), String>),
    Whole(fn(&mut Config, u64) -> Result<(), String>),
    Flag(fn(&mut Config, bool)),
}

impl Set {
    /// What the key takes, in words, with an example for a file.
    pub(super) fn takes(&self) -> &'static str {
        match self {
            Set::Text(_) => "takes text in quotes, like \"…\"",
            Set::List(_) => "takes a list of texts, like [\"…\", \"…\"]",
            Set::Whole(_) => "takes a whole number, 0 or more",
            Set::Flag(_) => "takes true or false",
        }
    }
}

/// Where a key was found, and how keys are written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File {
        path: PathBuf,
        line: usize,
        column: usize,
    },
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Place::Variable(name) => f.write_str(name),
        }
    }
}

impl Place {
    fn spell(&self, key: &str) -> String {
        match self {
            Place::File { .. } => key.to_owned(),
            Place::Variable(_) => format!(
                "{}{}",
                super::VARIABLE_PREFIX,
                key.to_uppercase().replace('.', "__")
            ),
        }
    }

    pub(super) fn problem(&self, what: impl fmt::Display) -> Problem {
        Problem(format!("{self}: {what}"))
    }
}

/// Why the configuration cannot be used: one line that names the place, the thing and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Problem(pub(super) String);

/// The names of all keys of this version, as `section.key`.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name)
}

/// Finds a key, or says what is wrong with its name.
pub(super) fn find(name: &str, place: &Place) -> Result<&'static Key, Problem> {
    if let Some(key) = KEYS.iter().find(|key| key.name == name) {
        return Ok(key);
    }
    let section = name.split('.').next().unwrap_or(name);
    if LATER.contains(&name) || LATER.contains(&section) {
        return Err(place.problem(format_args!("{name} is not in this version; remove it")));
    }
    let nearest = place.spell(nearest(name));
    Err(place.problem(format_args!("unknown key {name}; did you mean {nearest}?")))
}

/// Checks the name of a section, which stands for itself when it is empty.
pub(super) fn find_section(name: &str, place: &Place) -> Result<(), Problem> {
    let sections = || key_names().map(section_of);
    if sections().any(|section| section == name) {
        return Ok(());
    }
    if LATER.contains(&name) {
        return Err(place.problem(format_args!("{name} is not in this version; remove it")));
    }
    let nearest = sections()
        .min_by_key(|section| strsim::osa_distance(name, section))
        .expect("there are sections");
    Err(place.problem(format_args!(
        "unknown section [{name}]; did you mean [{nearest}]?"
    )))
}

/// The nearest key: one of the same last part in another section, else the one fewest letters away.
fn nearest(name: &str) -> &'static str {
    let last = name.rsplit('.').next().unwrap_or(name);
    key_names()
        .min_by_key(|key| {
            let elsewhere = key.rsplit('.').next() != Some(last);
            (elsewhere, strsim::osa_distance(name, key))
        })
        .expect("there are keys")
}

fn section_of(key: &'static str) -> &'static str {
    key.split('.').next().unwrap_or(key)
}
