//! What may be called a nick or a room, and when two names are the same.
//!
//! A name is shown as it was first spelt. Its *key* says which names are the same one (PRECIS
//! UsernameCaseMapped, RFC 8265 section 3.3: width, case and composition do not count), its
//! *skeleton* which names look alike (Unicode TS 39).

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection;

use crate::limits::{NICK_BYTES_MAX, ROOM_NAME_BYTES_MAX};

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// No name at all, or a room name that is only `#`.
    Empty,
    /// More bytes than [`NICK_BYTES_MAX`] or [`ROOM_NAME_BYTES_MAX`].
    TooLong,
    /// A character, or a place for one, that names do not have; a room without `#` too.
    Forbidden,
}

/// A well-formed nick.
#[derive(Clone)]
pub struct Nick(Name);

/// A well-formed room name, `#` included.
#[derive(Clone)]
pub struct RoomName(Name);

impl Nick {
    /// Takes a nick as somebody spelt it.
    pub fn parse(spelt: &str) -> Result<Self, NameError> {
        if spelt.is_empty() {
            return Err(NameError::Empty);
        }
        if spelt.len() > NICK_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let key = key_of(spelt)?;
        // The key is looked at, not the spelling: a full-width `！` is a `!`.
        if key.starts_with(NICK_START_FORBIDDEN) || key.contains(NICK_FORBIDDEN) {
            return Err(NameError::Forbidden);
        }
        Ok(Self(Name::new(spelt, key)))
    }
}

/// What would read as a mask, a list, a source, a server's name or a quotation.
const NICK_FORBIDDEN: [char; 8] = [' ', ',', '*', '?', '!', '@', '.', '"'];

/// What would read as a room, a status prefix, a trailing parameter or a command line option.
const NICK_START_FORBIDDEN: [char; 8] = ['#', '&', '$', ':', '%', '+', '~', '-'];

impl RoomName {
    /// Takes a room name as somebody spelt it.
    pub fn parse(spelt: &str) -> Result<Self, NameError> {
        if spelt.is_empty() || spelt == "#" {
            return Err(NameError::Empty);
        }
        if spelt.len() > ROOM_NAME_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let rest = spelt.strip_prefix('#').ok_or(NameError::Forbidden)?;
        let key = key_of(rest)?;
        if key.contains(ROOM_FORBIDDEN) {
            return Err(NameError::Forbidden);
        }
        let key: Cow<'_, str> = if key == rest {
            Cow::Borrowed(spelt)
        } else {
            Cow::Owned(format!("#{key}"))
        };
        Ok(Self(Name::new(spelt, key)))
    }
}

/// What would read as a list or a mask.
const ROOM_FORBIDDEN: [char; 4] = [' ', ',', '*', '?'];

/// The PRECIS comparison key; refuses spaces of any kind, controls, symbols and invisible characters.
fn key_of(spelt: &str) -> Result<Cow<'_, str>, NameError> {
    if spelt.is_ascii() {
        return if !spelt.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(NameError::Forbidden)
        } else if spelt.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Ok(Cow::Owned(spelt.to_ascii_lowercase()))
        } else {
            Ok(Cow::Borrowed(spelt))
        };
    }
    UsernameCaseMapped::enforce(spelt).map_err(|_| NameError::Forbidden)
}

#[derive(Clone)]
struct Name {
    spelt: Arc<str>,
    key: Arc<str>,
}

impl Name {
    fn new(spelt: &str, key: Cow<'_, str>) -> Self {
        let shared: Arc<str> = Arc::from(spelt);
        let key = if key == spelt {
            Arc::clone(&shared)
        } else {
            Arc::from(key.as_ref())
        };
        Self { spelt: shared, key }
    }

    fn skeleton(&self) -> String {
        let mut skeleton = String::with_capacity(self.key.len());
        for character in self.key.nfd() {
            push_look(character, &mut skeleton);
        }
        skeleton.nfd().collect()
    }
}

/// Appends what a character looks like, as far as it is not ASCII: `barn` and `bam`, `l` and `1` are
/// told apart by people who see them all day, and refusing one because of the other would only annoy.
fn push_look(character: char, skeleton: &mut String) {
    if character.is_ascii() {
        skeleton.push(character);
        return;
    }
    let mut utf8 = [0; 4];
    let look: String = confusable_detection::skeleton(character.encode_utf8(&mut utf8)).collect();
    match look.as_str() {
        // The table's prototype of `m` is `rn`, but here `m` stands for itself.
        "rn" => skeleton.push('m'),
        look => skeleton.extend(look.chars().flat_map(char::to_lowercase)),
    }
}

macro_rules! name_type {
    ($type:ident) => {
        impl $type {
            /// As it was spelt: what people see.
            pub fn as_str(&self) -> &str {
                &self.0.spelt
            }

            /// Two names with one key are one name.
            pub fn key(&self) -> &str {
                &self.0.key
            }

            /// Two names with one skeleton look alike; worked out anew at each call.
            pub fn skeleton(&self) -> String {
                self.0.skeleton()
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.key() == other.key()
            }
        }

        impl Eq for $type {}

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $type {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.key().cmp(other.key())
            }
        }

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, "{:?}", self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = NameError;

            fn from_str(spelt: &str) -> Result<Self, NameError> {
                Self::parse(spelt)
            }
        }
    };
}

name_type!(Nick);
name_type!(RoomName);

impl std::fmt::Display for NameError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Empty => "a name is missing",
            Self::TooLong => "the name is too long",
            Self::Forbidden => "the name has a character that names do not have",
        })
    }
}

impl std::error::Error for NameError {}
