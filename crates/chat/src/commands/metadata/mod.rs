//! METADATA: what people tell of themselves, and ops of their rooms, by key. <https://ircv3.net/specs/extensions/metadata>
//!
//! An account's and a room's is kept; anybody else's lasts as long as its user is here. Keys under the vendor prefix are,
//! on people, settings of their own: nobody else is told of them.
//!
//! - `read`: what is asked, and what a session is told unasked when it comes into a room or subscribes.
//! - `set`: what is changed, and who is told.
//! - `pins`: the one key of rooms that the server knows: what is pinned there.

pub(crate) mod pins;
pub(crate) mod read;
pub(crate) mod set;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::Nick;
use teahouse_proto::{VENDOR, numerics as n};

use self::read::{Ask, Asking, Newly, Of};
use self::set::{SetMetadata, Wanted};
use super::say::Target;
use super::{Answers, Command, Stage};
use crate::capabilities::Caps;
use crate::entry::Action;
use crate::query::Query;
use crate::reply::{Reply, Scope, begin_of_batch, end_of_batch};
use crate::session::Request;

pub(super) const COMMAND: Command = Command {
    name: "METADATA",
    params_min: 2,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "METADATA <room, nick or *> GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [<key>...]: what is told of people and rooms",
    parse,
};

/// To how many keys a session may subscribe: `max-subs` of the capability.
pub(crate) const SUBS_MAX: usize = 50;

/// How many keys one user or room may have: `max-keys` of the capability; as many again for settings of its own.
pub(crate) const KEYS_MAX: usize = 20;

/// How long a value may be: `max-value-bytes` of the capability.
pub(crate) const VALUE_BYTES_MAX: usize = 300;

const KEY_BYTES_MAX: usize = 48;

/// So many keys, of so many bytes in all, stand in one line at most.
const KEYS_LINE_MAX: usize = 13;
const KEYS_LINE_BYTES_MAX: usize = 300;

/// What the capability says of itself.
pub(crate) fn limits() -> String {
    format!("max-subs={SUBS_MAX},max-keys={KEYS_MAX},max-value-bytes={VALUE_BYTES_MAX}")
}

/// What a value is kept under: without capitals, since those make no difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(Arc<str>);

impl Key {
    /// Reads a key; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
        let fits =
            !text.is_empty() && text.len() <= KEY_BYTES_MAX && !text.starts_with(':') && text.bytes().all(is_sound);
        fits.then(|| Key(text.to_ascii_lowercase().into()))
    }

    /// As it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether, on a person, it is a setting of its own.
    pub fn is_setting(&self) -> bool {
        self.0.starts_with(VENDOR)
    }
}

/// Whose metadata.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Whose {
    /// One's own.
    Own,
    /// A room's, or somebody's.
    Of(Target),
}

impl Whose {
    fn parse(word: &str) -> Option<Self> {
        if word == "*" { Some(Whose::Own) } else { Target::parse(word).map(Whose::Of) }
    }

    fn as_str(&self) -> &str {
        match self {
            Whose::Own => "*",
            Whose::Of(target) => target.as_str(),
        }
    }
}

fn parse(request: &mut Request<'_>) {
    let (word, subcommand) = (request.param(0), request.param(1).to_ascii_uppercase());
    let Some(whose) = Whose::parse(word) else { return request.reply(no_target(word)) };
    match (subcommand.as_str(), request.param(2).is_empty()) {
        ("GET" | "SET" | "SUB" | "UNSUB", true) => {
            request.reply(Reply::numeric(n::ERR_NEEDMOREPARAMS, "Not enough parameters").param(COMMAND.name));
        }
        ("GET", _) => {
            let keys = words(request).map(|word| Key::parse(word).ok_or_else(|| super::shown(word))).collect();
            ask(request, whose, Asking::Get(keys));
        }
        ("LIST", _) => ask(request, whose, Asking::List),
        ("SYNC", _) => {
            let keys = request.session.subscribed.iter().cloned().collect();
            ask(request, whose, Asking::Sync(keys));
        }
        ("SET", _) => set(request, whose),
        ("CLEAR", _) => {
            let batch = batch(request);
            request.submit(Action::Metadata(SetMetadata { whose, wanted: Wanted::Clear { batch } }));
        }
        ("SUB", _) => subscribe(request),
        ("UNSUB", _) => unsubscribe(request),
        ("SUBS", _) => {
            let keys = request.session.subscribed.iter().cloned().collect();
            reply_keys(request, n::RPL_METADATASUBS, keys);
        }
        _ => request.reply(
            Reply::fail("METADATA", "SUBCOMMAND_INVALID", "There is GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC")
                .param(super::shown(request.param(1))),
        ),
    }
}

fn words<'a>(request: &Request<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let message = request.message;
    message.params.iter().skip(2)
}

/// What holds an answer together, for those who know batches.
fn batch(request: &mut Request<'_>) -> Option<Box<str>> {
    request.session.caps.has(Caps::BATCH).then(|| request.session.next_batch())
}

fn ask(request: &mut Request<'_>, whose: Whose, asking: Asking) {
    let batch = batch(request);
    request.ask(Query::Metadata(Ask { whose, asking, batch }));
}

/// Whoever asks for the capability while it is here is told what is kept of it.
pub(crate) fn greet(request: &mut Request<'_>) {
    if request.session.is_registered() {
        ask(request, Whose::Own, Asking::Greeting);
    }
}

fn set(request: &mut Request<'_>, whose: Whose) {
    let (word, value) = (request.param(2), request.param(3));
    let Some(key) = Key::parse(word) else { return request.reply(no_key(word)) };
    if value.len() > VALUE_BYTES_MAX {
        return request.reply(unfit_value());
    }
    let value = (!value.is_empty()).then(|| value.into());
    request.submit(Action::Metadata(SetMetadata { whose, wanted: Wanted::Put(key, value) }));
}

fn subscribe(request: &mut Request<'_>) {
    let mut taken = Vec::new();
    for word in words(request) {
        let Some(key) = Key::parse(word) else {
            request.reply(no_key(word));
            continue;
        };
        let subscribed = &mut request.session.subscribed;
        if subscribed.len() >= SUBS_MAX && !subscribed.contains(&key) {
            let refusal = Reply::fail("METADATA", "TOO_MANY_SUBS", "You are subscribed to as many keys as you may");
            request.reply(refusal.param(key.as_str().to_owned()));
            break;
        }
        subscribed.insert(key.clone());
        taken.push(key);
    }
    reply_keys(request, n::RPL_METADATASUBOK, taken.clone());
    if request.session.caps.has(Caps::METADATA) && !taken.is_empty() {
        let batch = batch(request);
        request.ask(Query::MetadataNewly(Newly { keys: taken.into(), of: Of::All, batch }));
    }
}

/// Whoever monitors somebody is told what it has subscribed to.
pub(super) fn monitor(request: &mut Request<'_>, nicks: Vec<Nick>) {
    let keys: Arc<[Key]> = request.session.subscribed.iter().cloned().collect();
    if request.session.caps.has(Caps::METADATA) && !keys.is_empty() && !nicks.is_empty() {
        let batch = batch(request);
        request.ask(Query::MetadataNewly(Newly { keys, of: Of::Those(nicks), batch }));
    }
}

fn unsubscribe(request: &mut Request<'_>) {
    let mut dropped = Vec::new();
    for word in words(request) {
        match Key::parse(word) {
            Some(key) => {
                request.session.subscribed.remove(&key);
                dropped.push(key);
            }
            None => request.reply(no_key(word)),
        }
    }
    reply_keys(request, n::RPL_METADATAUNSUBOK, dropped);
}

/// Keys, in as many lines as it takes.
fn reply_keys(request: &mut Request<'_>, code: u16, keys: Vec<Key>) {
    let mut line = Reply::numeric_bare(code);
    let mut bytes = 0;
    for key in keys {
        bytes += key.as_str().len() + 1;
        if bytes > KEYS_LINE_BYTES_MAX || line.params.len() == KEYS_LINE_MAX {
            request.reply(std::mem::replace(&mut line, Reply::numeric_bare(code)));
            bytes = key.as_str().len() + 1;
        }
        line = line.param(key.as_str().to_owned());
    }
    if bytes > 0 {
        request.reply(line);
    }
}

fn no_target(word: &str) -> Reply {
    Reply::fail("METADATA", "INVALID_TARGET", "There is no such person or room").param(super::shown(word))
}

fn no_key(word: &str) -> Reply {
    let text = "A key has 1 to 48 letters, digits, and characters of _.:/-";
    Reply::fail("METADATA", "KEY_INVALID", text).param(super::shown(word))
}

fn unfit_value() -> Reply {
    Reply::fail("METADATA", "VALUE_INVALID", "The value is too long")
}

fn no_permission(target: &str, key: &str) -> Reply {
    let refusal = Reply::fail("METADATA", "KEY_NO_PERMISSION", "You may not change that");
    refusal.param(target.to_owned()).param(key.to_owned())
}

fn not_set(target: &str, key: &Key) -> Reply {
    Reply::numeric(n::RPL_KEYNOTSET, "Key not set").param(target.to_owned()).param(key.as_str().to_owned())
}

/// 761; without a value the key is not set any more.
fn key_value(target: &str, key: &Key, is_private: bool, value: Option<&str>) -> Reply {
    let visibility = if is_private { "private" } else { "*" };
    let line = Reply::numeric_bare(n::RPL_KEYVALUE).param(target.to_owned()).param(key.as_str().to_owned());
    let line = line.param(visibility);
    match value {
        Some(value) => line.text(value.to_owned()),
        None => line,
    }
}

/// The line that begins a batch, the scope of what is inside, and the line that ends it.
fn framed(batch: Option<&str>, target: &str, outer: &Scope) -> (Option<Reply>, Scope, Option<Reply>) {
    let Some(batch) = batch else { return (None, outer.clone(), None) };
    let open = begin_of_batch(batch).param("metadata").param(target.to_owned());
    (Some(open), Scope::Batch(batch.into()), Some(end_of_batch(batch)))
}

#[cfg(test)]
mod tests;
