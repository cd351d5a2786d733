//! Slow work that a session hands out: done on a pool, off the worker, while the session reads no further line.
//!
//! In: a [`Step::Work`](crate::session::Step::Work). Out: an action for the log, and behind it
//! [`Answer::Done`](crate::session::Answer::Done), so that answers stay in order and what was found out has its
//! place among everything else.

mod password;

use crate::commands::{account, authenticate, oper, register};
use crate::entry::Action;
use crate::world::World;

pub use password::{HashError, PASSWORD_BYTES_MAX, PasswordHash};

/// What is to be done.
#[derive(Debug)]
pub enum Work {
    /// Somebody wants to be an operator: is the password right?
    Oper(oper::Attempt),
    /// Somebody wants an account: what is kept of its password?
    Register(register::Choice),
    /// Somebody says that an account is its own: is the password right?
    Authenticate(authenticate::Attempt),
    /// Those who run the server chose a password for an account: what is kept of it?
    Account(account::Choice),
}

impl Work {
    /// Takes along what it needs from the world.
    pub fn look_up(&mut self, world: &World) {
        match self {
            Work::Authenticate(attempt) => attempt.look_up(world),
            Work::Oper(_) | Work::Register(_) | Work::Account(_) => {}
        }
    }

    /// Does it; this takes as long as it takes.
    pub fn perform(self) -> Action {
        match self {
            Work::Oper(attempt) => Action::Oper(attempt.judge()),
            Work::Account(choice) => Action::Account(choice.hash()),
            Work::Register(choice) => Action::Register(choice.hash()),
            Work::Authenticate(attempt) => Action::Authenticate(attempt.judge()),
        }
    }
}
