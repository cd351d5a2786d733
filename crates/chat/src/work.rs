//! Slow work that a session hands out: done on a pool, off the worker, while the session reads no further line.
//!
//! In: a [`Step::Work`](crate::session::Step::Work). Out: an action for the log, and behind it
//! [`Answer::Done`](crate::session::Answer::Done), so that answers stay in order and what was found out has its
//! place among everything else.

mod password;

use crate::commands::oper;
use crate::entry::Action;

pub use password::{HashError, PasswordHash};

/// What is to be done.
#[derive(Debug)]
pub enum Work {
    /// Somebody wants to be an operator: is the password right?
    Oper(oper::Attempt),
}

impl Work {
    /// Does it; this takes as long as it takes.
    pub fn perform(self) -> Action {
        match self {
            Work::Oper(attempt) => Action::Oper(attempt.judge()),
        }
    }
}
