//! The table of keys: what each takes and what it sets; and what is said of a key that is in none.

use std::fmt;
use std::path::PathBuf;

use super::{Config, Takes, values};

/// Every key of this version; a part `NAME` is whatever somebody wants to call it.
const KEYS: &[Key] = &[
    text("server.name", |c, v| put(&mut c.server_name, values::server_name(v))),
    text("server.network", |c, v| put(&mut c.network, values::network(v))),
    text("server.description", |c, v| put(&mut c.description, values::one_line(v))),
    text("server.motd", |c, v| put(&mut c.motd, values::lines(v))),
    text("server.password", |c, v| put(&mut c.password, values::password(v))),
    list("listen.any", |c, v| values::addresses(v).map(|at| c.listen_at(Takes::Any, at))),
    list("listen.irc", |c, v| values::addresses(v).map(|at| c.listen_at(Takes::Irc, at))),
    list("listen.web", |c, v| values::addresses(v).map(|at| c.listen_at(Takes::Web, at))),
    list("web.hosts", |c, v| put(&mut c.web_hosts, values::hosts(v))),
    text("tls.cert", |c, v| put(&mut c.tls_files().cert, values::file(v, "fullchain.pem"))),
    text("tls.key", |c, v| put(&mut c.tls_files().key, values::file(v, "privkey.pem"))),
    text("storage.path", |c, v| put(&mut c.data_dir, values::directory(v))),
    flag("storage.history", |c, v| c.keep_history = v),
    list("rooms.autojoin", |c, v| put(&mut c.autojoin, values::rooms(v))),
    whole("rooms.forget_days", |c, v| put(&mut c.forget_after, values::days(v))),
    whole("history.keep_days", |c, v| put(&mut c.keep_for, values::days(v))),
    whole("rooms.per_founder", |c, v| put(&mut c.rooms_per_founder_max, values::limit(v, 1))),
    whole("accounts.guest_seat_s", |c, v| put(&mut c.guest_seat, values::seat(v))),
    text("accounts.registration", |c, v| put(&mut c.registration, values::registration(v))),
    flag("accounts.guests", |c, v| c.guests = v),
    flag("accounts.always_on", |c, v| c.always_on = v),
    whole("limits.connections", |c, v| put(&mut c.connections_max, values::limit(v, 1))),
    whole("limits.connections_per_ip", |c, v| put(&mut c.connections_per_ip_max, values::limit(v, 1))),
    whole("limits.handshakes", |c, v| put(&mut c.handshakes_max, values::limit(v, 1))),
    whole("limits.send_queue_bytes", |c, v| {
        put(&mut c.send_queue_bytes_max, values::limit(v, values::SEND_QUEUE_BYTES_MIN))
    }),
    named("operators.NAME.password", |c, name, v| {
        let password = values::password_hash(v)?;
        c.operators.insert(values::operator(name)?, password);
        Ok(())
    }),
    whole("limits.send_queue_total_bytes", |c, v| {
        put(&mut c.send_queue_total_bytes_max, values::limit(v, values::SEND_QUEUE_BYTES_MIN))
    }),
    whole("limits.messages_per_second", |c, v| put(&mut c.messages_per_second_max, values::rate(v))),
    whole("limits.message_burst", |c, v| put(&mut c.message_burst, values::burst(v))),
    whole("limits.room_renames", |c, v| put(&mut c.room_renames_max, values::rate(v))),
];

/// The part of a key that is a name.
const NAME: &str = "NAME";

/// Keys, and sections, whose work has not been done yet: refused, never accepted and ignored.
const LATER: &[&str] = &["listen.proxies", "metrics", "cluster"];

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
    /// Text, for the thing of this name.
    Named(fn(&mut Config, &str, &str) -> Result<(), String>),
}

impl Set {
    /// What the key takes, in words, with an example for a file.
    pub(super) fn takes(&self) -> &'static str {
        match self {
            Set::Text(_) | Set::Named(_) => "takes text in quotes, like \"…\"",
            Set::List(_) => "takes a list of texts, like [\"…\", \"…\"]",
            Set::Whole(_) => "takes a whole number, 0 or more",
            Set::Flag(_) => "takes true or false",
        }
    }
}

const fn text(name: &'static str, set: fn(&mut Config, &str) -> Result<(), String>) -> Key {
    Key { name, set: Set::Text(set) }
}

const fn list(name: &'static str, set: fn(&mut Config, &[String]) -> Result<(), String>) -> Key {
    Key { name, set: Set::List(set) }
}

const fn whole(name: &'static str, set: fn(&mut Config, u64) -> Result<(), String>) -> Key {
    Key { name, set: Set::Whole(set) }
}

const fn flag(name: &'static str, set: fn(&mut Config, bool)) -> Key {
    Key { name, set: Set::Flag(set) }
}

const fn named(name: &'static str, set: fn(&mut Config, &str, &str) -> Result<(), String>) -> Key {
    Key { name, set: Set::Named(set) }
}

fn put<T>(field: &mut T, value: Result<T, String>) -> Result<(), String> {
    *field = value?;
    Ok(())
}

/// Where a key was found, and how keys are written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File { path: PathBuf, line: usize, column: usize },
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

/// Where each key that was set stands; the last place counts, as its value does.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(String, Place)>);

impl Places {
    pub(super) fn note(&mut self, key: &Found<'_>, place: Place) {
        self.0.push((key.name.to_owned(), place));
    }

    /// Says what is wrong with the value of `key`, which was set.
    pub(super) fn problem(&self, key: &str, why: impl fmt::Display) -> Problem {
        let line = format!("{key} {why}");
        match self.0.iter().rfind(|(name, _)| *name == key) {
            Some((_, place)) => place.problem(line),
            None => Problem(line),
        }
    }
}

impl Place {
    fn spell(&self, key: &str) -> String {
        match self {
            Place::File { .. } => key.to_owned(),
            Place::Variable(_) => format!("{}{}", super::VARIABLE_PREFIX, key.to_uppercase().replace('.', "__")),
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

/// A key that was found, by the name it was given.
pub(super) struct Found<'a> {
    pub(super) name: &'a str,
    pub(super) set: &'static Set,
}

impl Found<'_> {
    /// The part of the name that is somebody's own, for keys that have one.
    pub(super) fn own_part(&self) -> &str {
        self.name.split('.').nth(1).unwrap_or_default()
    }
}

/// Finds a key, or says what is wrong with its name.
pub(super) fn find<'a>(name: &'a str, place: &Place) -> Result<Found<'a>, Problem> {
    if let Some(key) = KEYS.iter().find(|key| meets(key.name, name)) {
        return Ok(Found { name, set: &key.set });
    }
    let section = name.split('.').next().unwrap_or(name);
    if LATER.contains(&name) || LATER.contains(&section) {
        return Err(place.problem(format_args!("{name} is not in this version; remove it")));
    }
    let nearest = place.spell(&nearest(name));
    Err(place.problem(format_args!("unknown key {name}; did you mean {nearest}?")))
}

/// Whether a name is this key's.
fn meets(key: &str, name: &str) -> bool {
    let (parts, given) = (key.split('.'), name.split('.'));
    parts.clone().count() == given.clone().count()
        && parts.zip(given).all(|(part, given)| part == NAME || part == given)
}

/// Whether what a section holds are sections, with names of their own.
pub(super) fn holds_named(section: &str) -> bool {
    key_names().any(|key| section_of(key) == section && key.split('.').nth(1) == Some(NAME))
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
    let nearest = sections().min_by_key(|section| strsim::osa_distance(name, section)).expect("there are sections");
    Err(place.problem(format_args!("unknown section [{name}]; did you mean [{nearest}]?")))
}

/// The nearest key: one of the same last part in another section, else the one fewest letters away.
fn nearest(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let own = name.split('.').nth(1).unwrap_or(NAME);
    key_names()
        .map(|key| key.replace(NAME, own))
        .min_by_key(|key| {
            let elsewhere = key.rsplit('.').next() != Some(last);
            (elsewhere, strsim::osa_distance(name, key))
        })
        .expect("there are keys")
}

fn section_of(key: &'static str) -> &'static str {
    key.split('.').next().unwrap_or(key)
}
