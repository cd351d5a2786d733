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
        let key: Cow<'_, str> = if key == rest { Cow::Borrowed(spelt) } else { Cow::Owned(format!("#{key}")) };
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
        let key = if key == spelt { Arc::clone(&shared) } else { Arc::from(key.as_ref()) };
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
    let look = confusable_detection::skeleton(character.encode_utf8(&mut utf8));
    skeleton.extend(look.flat_map(char::to_lowercase));
}

macro_rules! name_type {
    ($type:ident) => {
        impl $type {
            /// As it was spelt: what people see.
            pub fn as_str(&self) -> &str {
                &self.0.spelt
            }

            /// The same, shared.
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0.spelt)
            }

            /// Two names with one key are one name.
            pub fn key(&self) -> &str {
                &self.0.key
            }

            /// The same, shared.
            pub fn shared_key(&self) -> Arc<str> {
                Arc::clone(&self.0.key)
            }

            /// Two names with one skeleton look alike; worked out anew at each call.
            pub fn skeleton(&self) -> String {
                self.0.skeleton()
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let spelt = <Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&spelt).map_err(|error| serde::de::Error::custom(format!("no name: {error:?}")))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nicks_are_accepted_with_the_key_that_compares_them() {
        for (spelt, key) in [
            ("alice", "alice"),
            ("Alice", "alice"),
            ("[Ali]ce\\^{}|`_-", "[ali]ce\\^{}|`_-"),
            ("007", "007"),
            ("小明", "小明"),
            ("Ａｌｉｃｅ", "alice"),
            ("ＴＥＡ茶", "tea茶"),
            ("Ünal", "ünal"),
            ("U\u{308}nal", "ünal"),
            ("ΣΑΒ", "σαβ"),
            ("мария", "мария"),
            ("שלום", "שלום"),
        ] {
            let nick = Nick::parse(spelt).unwrap_or_else(|error| panic!("{spelt:?}: {error}"));
            assert_eq!((nick.as_str(), nick.key()), (spelt, key));
        }
    }

    #[test]
    fn nicks_are_refused() {
        use NameError::{Empty, Forbidden, TooLong};
        let hundred = "a".repeat(100);
        for (spelt, why) in [
            ("", Empty),
            (hundred.as_str(), TooLong),
            ("小明小明小明小明小明小", TooLong),
            ("a b", Forbidden),
            ("a\u{a0}b", Forbidden),
            ("a\u{3000}b", Forbidden),
            ("a\u{2003}b", Forbidden),
            ("a\u{200b}b", Forbidden),
            ("a\u{feff}b", Forbidden),
            ("a\u{2800}b", Forbidden),
            ("a\u{3164}b", Forbidden),
            ("a\u{202e}b", Forbidden),
            ("a\u{7f}", Forbidden),
            ("a\tb", Forbidden),
            ("a\u{1}b", Forbidden),
            ("a,b", Forbidden),
            ("a，b", Forbidden),
            ("a!b", Forbidden),
            ("a！b", Forbidden),
            ("a@b", Forbidden),
            ("a＠b", Forbidden),
            ("a.b", Forbidden),
            ("a*", Forbidden),
            ("a?", Forbidden),
            ("\"a\"", Forbidden),
            ("#a", Forbidden),
            ("＃a", Forbidden),
            ("&a", Forbidden),
            ("$a", Forbidden),
            (":a", Forbidden),
            ("：a", Forbidden),
            ("%a", Forbidden),
            ("+a", Forbidden),
            ("~a", Forbidden),
            ("-a", Forbidden),
            ("🍵", Forbidden),
            ("ⅿ", Forbidden),
            ("שa", Forbidden),
        ] {
            assert_eq!(Nick::parse(spelt).map(|nick| nick.key().to_owned()), Err(why), "{spelt:?}");
        }
    }

    #[test]
    fn room_names_are_accepted_or_refused() {
        use NameError::{Empty, Forbidden, TooLong};
        let full = format!("#{}", "x".repeat(63));
        let over = format!("#{}", "x".repeat(64));
        for (spelt, want) in [
            ("#Lobby", Ok("#lobby")),
            ("##x", Ok("##x")),
            ("#茶馆", Ok("#茶馆")),
            ("#ＴＥＡ", Ok("#tea")),
            ("#a.b!c@d:e", Ok("#a.b!c@d:e")),
            (full.as_str(), Ok(full.as_str())),
            (over.as_str(), Err(TooLong)),
            ("", Err(Empty)),
            ("#", Err(Empty)),
            ("lobby", Err(Forbidden)),
            ("&lobby", Err(Forbidden)),
            ("＃lobby", Err(Forbidden)),
            ("#a b", Err(Forbidden)),
            ("#a\u{3000}b", Err(Forbidden)),
            ("#a,b", Err(Forbidden)),
            ("#a，b", Err(Forbidden)),
            ("#a\u{7}b", Err(Forbidden)),
            ("#a*", Err(Forbidden)),
            ("#a?", Err(Forbidden)),
        ] {
            let got = RoomName::parse(spelt);
            assert_eq!(got.as_ref().map(RoomName::key).map_err(|error| *error), want, "{spelt:?}");
        }
    }

    #[test]
    fn one_key_is_one_name_whatever_the_spelling() {
        let name = |spelt| Nick::parse(spelt).unwrap();
        assert_eq!(name("Alice"), name("ａｌｉｃｅ"));
        assert_ne!(name("alice"), name("alicе"));
        let set: std::collections::BTreeSet<_> = ["Alice", "ALICE", "bob"].map(name).into();
        assert_eq!(set.len(), 2);
    }

    #[test]
    fn skeletons_join_look_alikes_and_leave_plain_ascii_apart() {
        let skeleton = |spelt| Nick::parse(spelt).unwrap().skeleton();
        // Cyrillic а, о, е, р, с; Greek ο.
        for (a, b) in [("alice", "аlice"), ("bob", "bоb"), ("Alice", "аlicе"), ("pope", "роре"), ("bob", "bοb")]
        {
            assert_eq!(skeleton(a), skeleton(b), "{a:?} {b:?}");
        }
        for (a, b) in [("barn", "bam"), ("l", "1"), ("O0", "00"), ("小明", "小红"), ("alice", "älice")] {
            assert_ne!(skeleton(a), skeleton(b), "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics_and_an_accepted_one_fits_on_a_line(spelt in "\\PC{0,12}") {
            for name in [Nick::parse(&spelt).map(|nick| nick.0), RoomName::parse(&format!("#{spelt}")).map(|room| room.0)] {
                let Ok(name) = name else { continue };
                prop_assert!(!name.spelt.contains(char::is_whitespace) && !name.spelt.contains(char::is_control));
                prop_assert!(!name.key.contains([' ', ',', '*', '?']));
                let _ = name.skeleton();
            }
        }

        #[test]
        fn ascii_needs_no_tables(spelt in "[!-~]{1,20}") {
            let quick = key_of(&spelt).map(Cow::into_owned);
            let full = UsernameCaseMapped::enforce(spelt.as_str()).map(Cow::into_owned);
            prop_assert_eq!(quick.ok(), full.ok());
        }
    }
}
