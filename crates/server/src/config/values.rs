//! What each kind of value must be. An error is the part of the line after the key's name: what is wrong and the remedy.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use teahouse_chat::info::Registration;
use teahouse_chat::work::{HashError, PasswordHash};
use teahouse_proto::names::RoomName;

/// A day is long enough for any network's hiccup; a seat kept for ever is an account's.
const SEAT_S_MAX: u64 = 24 * 60 * 60;
const RATE_MAX: u64 = 1_000_000;

/// Less would close sessions that only get a room's names.
pub(super) const SEND_QUEUE_BYTES_MIN: u64 = 65_536;

const SERVER_NAME_BYTES_MAX: usize = 63;
const NETWORK_BYTES_MAX: usize = 40;
const OPERATOR_BYTES_MAX: usize = 32;
/// What OPER says first with the first operator's link.
const CLAIM: &str = "claim";
const LINE_BYTES_MAX: usize = 390;
const MOTD_LINES_MAX: usize = 200;
const ROOMS_MAX: usize = 16;
const FORGET_DAYS_MAX: u64 = 36_500;

pub(super) fn server_name(text: &str) -> Result<String, String> {
    let labels_are_names = text.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    });
    if text.len() > SERVER_NAME_BYTES_MAX || !text.contains('.') || !labels_are_names {
        return Err(format!(
            "cannot be {text:?}; write a host name with a dot in it, at most {SERVER_NAME_BYTES_MAX} bytes, \
             like \"chat.example.org\""
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn network(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '=');
    if !is_word || text.len() > NETWORK_BYTES_MAX {
        return Err(format!("cannot be {text:?}; write one word, at most {NETWORK_BYTES_MAX} bytes, without \"=\""));
    }
    Ok(text.to_owned())
}

pub(super) fn one_line(text: &str) -> Result<String, String> {
    if text.len() > LINE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("is too long or has control characters; write one line, at most {LINE_BYTES_MAX} bytes"));
    }
    Ok(text.to_owned())
}

pub(super) fn lines(text: &str) -> Result<String, String> {
    if text.lines().count() > MOTD_LINES_MAX {
        return Err(format!("has too many lines; write at most {MOTD_LINES_MAX}"));
    }
    let lines: Result<Vec<_>, _> = text.lines().map(one_line).collect();
    let lines = lines.map_err(|_| {
        format!("has a line that is too long or has control characters; write at most {LINE_BYTES_MAX} bytes a line")
    })?;
    Ok(lines.join("\n"))
}

pub(super) fn password(text: &str) -> Result<Option<String>, String> {
    if text.len() > LINE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("cannot be sent by PASS; write one line, at most {LINE_BYTES_MAX} bytes"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// What stands first in OPER; the environment's form of a key has small letters.
pub(super) fn operator(name: &str) -> Result<String, String> {
    if name == CLAIM {
        return Err(format!("cannot have an operator called {name:?}: that name is reserved; choose another"));
    }
    let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    if name.is_empty() || name.len() > OPERATOR_BYTES_MAX || !is_name {
        return Err(format!(
            "cannot have an operator called {name:?}; write at most {OPERATOR_BYTES_MAX} of a-z, 0-9, \"-\" and \"_\", \
             like [operators.root]"
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn password_hash(text: &str) -> Result<PasswordHash, String> {
    let remedy = "make one by: printf %s PASSWORD | argon2 $(openssl rand -hex 8) -id -e";
    PasswordHash::parse(text).map_err(|error| match error {
        HashError::Malformed => format!("is no hash like \"$argon2id$v=19$…\"; {remedy}"),
        HashError::NotArgon2id => format!("is not of Argon2id; {remedy}"),
        HashError::TooCostly => format!("would take more than 1 GiB of memory to check; {remedy}"),
    })
}

pub(super) fn directory(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("is empty; name a directory, like \"teahouse-data\"".into());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn file(text: &str, example: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err(format!("is empty; name a file, like {example:?}"));
    }
    Ok(PathBuf::from(text))
}

pub(super) fn addresses(texts: &[String]) -> Result<Vec<SocketAddr>, String> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|_| {
                format!(
                    "cannot have {text:?}; write an IP address and a port, like \"127.0.0.1:8667\" or \"[::1]:8667\""
                )
            })
        })
        .collect()
}

pub(super) fn hosts(texts: &[String]) -> Result<Vec<String>, String> {
    texts
        .iter()
        .map(|text| {
            let is_name = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[:]".contains(&b));
            let has_port = text.contains(':') && !text.starts_with('[') || text.contains("]:");
            if !is_name || has_port {
                return Err(format!("cannot have {text:?}; write a host name alone, like \"chat.example.org\""));
            }
            Ok(text.to_ascii_lowercase())
        })
        .collect()
}

pub(super) fn rooms(texts: &[String]) -> Result<Vec<RoomName>, String> {
    if texts.len() > ROOMS_MAX {
        return Err(format!("has too many rooms; write at most {ROOMS_MAX}"));
    }
    texts
        .iter()
        .map(|text| {
            RoomName::parse(text)
                .map_err(|_| format!("cannot have {text:?}; write a room's name with \"#\" before it, like \"#lobby\""))
        })
        .collect()
}

pub(super) fn days(number: u64) -> Result<Option<Duration>, String> {
    let days = at_most(number, FORGET_DAYS_MAX)?;
    Ok((days > 0).then(|| Duration::from_secs(days * 24 * 60 * 60)))
}

/// Who may have an account.
pub(super) fn registration(text: &str) -> Result<Registration, String> {
    match text {
        "open" => Ok(Registration::Open),
        "invite" => Ok(Registration::Invite),
        "closed" => Ok(Registration::Closed),
        _ => Err(format!("takes \"open\", \"invite\" or \"closed\", not {text:?}")),
    }
}

pub(super) fn seat(number: u64) -> Result<Duration, String> {
    at_most(number, SEAT_S_MAX).map(Duration::from_secs)
}

fn at_most(number: u64, max: u64) -> Result<u64, String> {
    if number > max { Err(format!("cannot be {number}; write at most {max}")) } else { Ok(number) }
}

/// A limit: 0 switches it off.
pub(super) fn limit(number: u64, min: u64) -> Result<Option<usize>, String> {
    if number == 0 {
        return Ok(None);
    }
    if number < min {
        return Err(format!("cannot be {number}; write at least {min}, or 0 for no limit"));
    }
    Ok(Some(usize::try_from(number).unwrap_or(usize::MAX)))
}

/// How often within some time: 0 switches the limit off.
pub(super) fn rate(number: u64) -> Result<Option<u32>, String> {
    let rate = at_most(number, RATE_MAX)?;
    Ok(u32::try_from(rate).ok().filter(|rate| *rate > 0))
}

/// Lines at once.
pub(super) fn burst(number: u64) -> Result<u32, String> {
    match at_most(number, RATE_MAX)? {
        0 => Err("cannot be 0; write at least 1, or messages_per_second = 0 for no limit".into()),
        burst => Ok(u32::try_from(burst).unwrap_or(u32::MAX)),
    }
}
