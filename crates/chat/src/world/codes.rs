//! One-time codes: a hash of each is remembered, and until when it is good, in milliseconds.

use super::World;
use crate::durable::{Fact, FactKind};
use crate::ids::{Time, TokenHash};

impl Fact {
    /// A code of this kind.
    pub(crate) fn code(kind: FactKind, code: TokenHash) -> Self {
        Fact { owner: 0, kind, key: code.to_string().into() }
    }
}

/// Whether a code of which this is remembered is good now.
pub(crate) fn is_good(until: &str, now: Time) -> bool {
    until.parse().is_ok_and(|until: u64| until > now.0)
}

impl World {
    /// Whether this is a code of this kind that is good now.
    pub(crate) fn is_code_good(&self, kind: FactKind, code: TokenHash, now: Time) -> bool {
        self.durable.fact(&Fact::code(kind, code)).is_some_and(|until| is_good(until, now))
    }
}
