//! To whom something is said: a target as it is written, and the person behind a nick.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teahouse_proto::names::{Nick, RoomName};

use crate::departed::Numbered;
use crate::ids::{Identity, UserId};
use crate::world::{Face, NOT_CONNECTED, User, World};

/// To whom something is said, or was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Target {
    /// Everybody in a room.
    Room(RoomName),
    /// One person.
    Person(Nick),
    /// One person by number, who may be gone: of what was said before, never of what is to be said.
    Numbered(Numbered),
}

impl Target {
    /// Reads a target; `None` if it can be neither a room nor a person.
    pub fn parse(name: &str) -> Option<Self> {
        match name.starts_with('#') {
            true => RoomName::parse(name).ok().map(Target::Room),
            false => Nick::parse(name).ok().map(Target::Person),
        }
    }

    /// Reads a target of what was said before: it may have a number as well.
    pub(crate) fn of_past(name: &str) -> Option<Self> {
        Numbered::parse(name).map(Target::Numbered).or_else(|| Target::parse(name))
    }

    /// Its name, as the client spelt it.
    pub fn as_str(&self) -> &str {
        match self {
            Target::Room(room) => room.as_str(),
            Target::Person(nick) => nick.as_str(),
            Target::Numbered(numbered) => &numbered.name,
        }
    }

    /// What it is found by, however it is spelt.
    pub(crate) fn key(&self) -> &str {
        match self {
            Target::Room(room) => room.key(),
            Target::Person(nick) => nick.key(),
            Target::Numbered(numbered) => &numbered.name,
        }
    }
}

/// To whom something is said in private: a user, or an account that nobody is here for; or about whose words, of a guest
/// who is gone.
pub(super) struct Addressee {
    pub(super) user: Option<UserId>,
    pub(super) identity: Option<Identity>,
    pub(super) shown: Arc<str>,
    /// Why it is away, if it is.
    pub(super) absence: Option<Arc<str>>,
    /// Nobody is connected as it.
    pub(super) unattended: bool,
}

impl Addressee {
    pub(super) fn named(world: &World, nick: &Nick) -> Option<Self> {
        if let Some(user) = world.presence.user_named(nick) {
            return Some(Addressee::here(user));
        }
        let account = world.durable.account_named(nick)?;
        let away = world.face(account.id, Face::Away).unwrap_or_else(|| NOT_CONNECTED.into());
        Some(Addressee {
            user: None,
            identity: Some(Identity::Account(account.id)),
            shown: Arc::clone(&account.name),
            absence: Some(away),
            unattended: true,
        })
    }

    pub(super) fn numbered(world: &World, numbered: &Numbered) -> Self {
        match numbered.user(world) {
            Some(user) => Addressee::here(user),
            None => Addressee {
                user: None,
                identity: Some(Identity::Guest(numbered.guest)),
                shown: numbered.nick().into(),
                absence: None,
                unattended: true,
            },
        }
    }

    fn here(user: &User) -> Self {
        Addressee {
            user: Some(user.id),
            identity: user.identity,
            shown: user.nick.as_str().into(),
            absence: user.absence().map(Arc::from),
            unattended: user.sessions.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn names_are_found_however_they_are_spelt() {
        check(
            "alice: JOIN #Tea | bob: JOIN #tea || alice: NOTICE #TEA hi | alice: PRIVMSG BOB hi",
            expect![[r#"
                bob < :alice NOTICE #Tea :hi
                bob < :alice PRIVMSG bob :hi"#]],
        );
    }

    #[test]
    fn a_kept_seat_is_written_to_only_if_it_can_be_read_later() {
        check_with(
            &[("alice", "guest"), ("bob", "guest"), ("carol", "")],
            "bob: PING 1 | bob drops || alice: PRIVMSG bob :later | carol: PRIVMSG bob :never",
            expect!["carol < 401 carol bob :No such nick/channel"],
        );
    }
}
