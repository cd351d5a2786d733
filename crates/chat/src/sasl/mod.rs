//! Ways to prove whose account it is: SASL's mechanisms, without the commands that carry them.
//! <https://www.rfc-editor.org/rfc/rfc4422>
//!
//! In: a client's responses, decoded, and what is known of its connection. Out: an [`Attempt`] that is judged off the
//! session, once what is kept of the account is looked up. Nothing secret ever gets into an action.

pub(crate) mod scram;

mod plain;

use std::fmt;
use std::sync::Arc;

use teahouse_proto::names::Nick;

use self::scram::Keys;
use crate::commands::authenticate::Authenticated;
use crate::durable::AccountRecord;
use crate::entry::Action;
use crate::ids::{AccountId, Time, hex};
use crate::reply::Scope;
use crate::work::{Outcome, PasswordCost, PasswordHash};
use crate::world::World;

/// What is known of a connection's encryption that can be part of a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secured {
    /// The SHA-256 of the certificate that the client has shown, and whose key it has.
    pub certificate: Option<[u8; 32]>,
    /// What ties a proof to this connection and to no other.
    pub bindings: Bindings,
}

/// The data of the channel bindings that a connection has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// `tls-exporter`, of TLS 1.3. <https://www.rfc-editor.org/rfc/rfc9266>
    pub exporter: Option<[u8; 32]>,
    /// `tls-server-end-point`: the hash of the certificate that the server has shown.
    /// <https://www.rfc-editor.org/rfc/rfc5929#section-4>
    pub end_point: Option<Arc<[u8]>>,
}

impl Bindings {
    /// The data of the binding of this name.
    fn named(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.exporter.as_ref().map(<[u8; 32]>::as_slice),
            "tls-server-end-point" => self.end_point.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn are_there(&self) -> bool {
        self.exporter.is_some() || self.end_point.is_some()
    }
}

/// A way to prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// The password is shown. <https://www.rfc-editor.org/rfc/rfc4616>
    Plain,
    /// The certificate was shown. <https://www.rfc-editor.org/rfc/rfc4422#appendix-A>
    External,
    /// The password is proved, and not shown. <https://www.rfc-editor.org/rfc/rfc7677>
    Scram,
    /// The same, tied to this connection.
    ScramPlus,
}

impl Mechanism {
    const ALL: [Mechanism; 4] = [Mechanism::Plain, Mechanism::External, Mechanism::Scram, Mechanism::ScramPlus];

    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::External => "EXTERNAL",
            Mechanism::Scram => "SCRAM-SHA-256",
            Mechanism::ScramPlus => "SCRAM-SHA-256-PLUS",
        }
    }

    /// Those of use on a connection of which this is known.
    pub(crate) fn offered(secured: Option<&Secured>) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL.into_iter().filter(move |mechanism| match mechanism {
            Mechanism::Plain | Mechanism::Scram => true,
            Mechanism::External => secured.is_some_and(|secured| secured.certificate.is_some()),
            Mechanism::ScramPlus => secured.is_some_and(|secured| secured.bindings.are_there()),
        })
    }

    /// Their names, as `CAP LS` and 908 list them.
    pub(crate) fn names(secured: Option<&Secured>) -> String {
        Mechanism::offered(secured).map(Mechanism::name).collect::<Vec<_>>().join(",")
    }
}

/// A proof on its way: how far, and what has come of the next response.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) mechanism: Mechanism,
    /// Base 64, piece by piece.
    pub(crate) response: String,
    pub(crate) stage: Stage,
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Nothing was said but the mechanism's name.
    Begun,
    /// The client has got its challenge.
    Challenged(Box<scram::Challenged>),
    /// The client has proved it, and is to accept that the server has, too.
    Proved(AccountId, Nick),
}

/// Somebody says that an account is its own.
pub struct Attempt {
    /// The name it gives; none for a certificate that is somebody's.
    name: Option<Nick>,
    /// Where it comes from.
    network: Arc<str>,
    proof: Proof,
}

/// How it proves that, and what is known of it once that is looked up.
enum Proof {
    Password {
        password: Box<str>,
        kept: Option<(AccountId, PasswordHash)>,
        cost: PasswordCost,
    },
    Scram {
        answer: scram::Answered,
        kept: Option<(AccountId, Keys)>,
    },
    Certificate {
        fingerprint: Arc<str>,
        owner: Option<AccountId>,
    },
    /// It could not be read.
    None,
}

impl Attempt {
    /// By the whole response of PLAIN.
    pub(crate) fn plain(response: &[u8], network: Arc<str>, cost: PasswordCost) -> Self {
        match plain::read(response) {
            Some((name, password)) => Attempt::password(name, password, network, cost),
            None => Attempt { name: None, network, proof: Proof::None },
        }
    }

    /// By a password in plain words.
    pub(crate) fn password(name: &str, password: &str, network: Arc<str>, cost: PasswordCost) -> Self {
        let proof = Proof::Password { password: password.into(), kept: None, cost };
        Attempt { name: Nick::parse(name).ok(), network, proof }
    }

    /// By the certificate that the connection has shown; the response names an account, or nobody.
    pub(crate) fn external(response: &[u8], secured: Option<&Secured>, network: Arc<str>) -> Self {
        let name = std::str::from_utf8(response).ok().and_then(|name| Nick::parse(name).ok());
        let certificate = secured.and_then(|secured| secured.certificate);
        let proof = match certificate {
            // A name that is none is nobody's.
            Some(certificate) if name.is_some() || response.is_empty() => {
                Proof::Certificate { fingerprint: fingerprint(&certificate), owner: None }
            }
            _ => Proof::None,
        };
        Attempt { name, network, proof }
    }

    /// By the answer to a challenge.
    pub(crate) fn scram(answer: scram::Answered, network: Arc<str>) -> Self {
        Attempt { name: Some(answer.name().clone()), network, proof: Proof::Scram { answer, kept: None } }
    }

    /// Finds out what is kept of the account.
    pub(crate) fn look_up(&mut self, world: &World) {
        let account = self.name.as_ref().and_then(|name| world.durable.account_named(name));
        match &mut self.proof {
            Proof::Password { kept, .. } => *kept = account.and_then(password_of),
            Proof::Scram { kept, .. } => {
                *kept = account.and_then(|account| Some((account.id, Keys::of(account)?)));
            }
            Proof::Certificate { fingerprint, owner } => {
                let found = world.durable.account_with_certificate(fingerprint);
                *owner = found.filter(|found| self.name.is_none() || account.is_some_and(|named| named.id == *found));
            }
            Proof::None => {}
        }
    }

    /// Until when it has to wait before it is looked at, if others, or it, have failed too often.
    pub(crate) fn waits_until(&self, world: &World, now: Time) -> Option<Time> {
        world.failures.waits_until(&world.durable, self.name.as_ref(), &self.network, now)
    }

    /// Whether judging it takes long.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.proof, Proof::Password { .. })
    }

    /// Judges it; whatever is wrong takes as long as what is right.
    pub(crate) fn judge(self, scope: &Scope) -> Outcome {
        let account = match self.proof {
            Proof::Password { password, kept, cost } => {
                let (id, hash) = kept.unzip();
                // Of an unknown account the password is checked, too.
                let is_right = hash.unwrap_or_else(|| PasswordHash::nobodys(cost)).is_of(&password);
                id.filter(|_| is_right)
            }
            Proof::Scram { answer, kept } => {
                let signature = answer.judge(kept.as_ref().map(|(_, keys)| keys));
                if let (Some(signature), Some((id, _)), Some(name)) = (signature, kept, self.name.clone()) {
                    return Outcome::Answer(scram::accepted(scope, id, name, &signature));
                }
                None
            }
            Proof::Certificate { owner, .. } => owner,
            Proof::None => None,
        };
        let (tried, network) = (self.name, self.network);
        Outcome::Submit(Action::Authenticate(Authenticated { account, tried, network }))
    }
}

/// What an account's password is checked against, if it has one.
pub(crate) fn password_of(account: &AccountRecord) -> Option<(AccountId, PasswordHash)> {
    let password = account.password.as_ref()?;
    Some((account.id, PasswordHash::parse(&password.argon2).ok()?))
}

/// A certificate's SHA-256 as it is kept and shown: lower-case hexadecimal.
pub(crate) fn fingerprint(certificate: &[u8; 32]) -> Arc<str> {
    hex(certificate).into()
}

impl fmt::Debug for Attempt {
    /// Without the proof.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({:?})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use teahouse_proto::irc::secrets::MECHANISMS;

    use super::*;

    #[test]
    fn no_name_of_a_mechanism_is_taken_for_a_secret() {
        assert_eq!(Mechanism::ALL.map(Mechanism::name), MECHANISMS);
    }
}
