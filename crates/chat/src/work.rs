//! Slow work that a session hands out: done on a pool, off the worker, while the session reads no further line.
//!
//! In: a [`Step::Work`](crate::session::Step::Work). Out: an action for the log, or answers for the session, and behind
//! them [`Answer::Done`], so that answers stay in order and what was found out has its place among everything else.

mod password;
mod queue;

use crate::commands::{account, oper, register};
use crate::entry::Action;
use crate::ids::{SessionId, Time};
use crate::reply::Scope;
use crate::sasl::Attempt;
use crate::session::Answer;
use crate::world::World;

pub(crate) use password::prepared;
pub use password::{HashError, PASSWORD_BYTES_MAX, PasswordCost, PasswordHash};
pub use queue::{Piece, Queue};

/// What is to be done.
#[derive(Debug)]
pub enum Work {
    /// Somebody wants to be an operator: is the password right?
    Oper(oper::Attempt),
    /// Somebody wants an account: what is kept of its password?
    Register(register::Choice),
    /// Those who run the server chose a password for an account: what is kept of it?
    Account(account::Choice),
    /// An owner wants its account changed: is the password it shows right, and what is kept of the new one?
    OwnAccount(account::own::Attempt),
    /// Somebody says that an account is its own: is the proof right?
    Authenticate(Attempt),
}

/// What comes of it.
#[derive(Debug)]
pub enum Outcome {
    /// This is to be submitted.
    Submit(Action),
    /// The session is answered; the world has no part in it.
    Answer(Vec<Answer>),
}

impl Work {
    /// Takes along what it needs from the world; until when it is to wait, if it cannot be done now.
    ///
    /// Asked when it could be done, and whoever does it then MUST have submitted what came of everything that was asked
    /// for before: so who guesses by many connections guesses no faster than by one.
    pub fn look_up(&mut self, world: &World, session: SessionId, now: Time) -> Option<Time> {
        match self {
            Work::Register(choice) => {
                choice.look_up(world, session);
                None
            }
            Work::OwnAccount(attempt) => attempt.look_up(world, session, now),
            Work::Authenticate(attempt) => {
                attempt.look_up(world);
                attempt.waits_until(world, now)
            }
            Work::Oper(attempt) => attempt.waits_until(world, now),
            Work::Account(_) => None,
        }
    }

    /// Whether it takes so long that what is quick should not wait behind it.
    pub fn is_slow(&self) -> bool {
        match self {
            Work::Authenticate(attempt) => attempt.is_slow(),
            Work::Oper(_) | Work::Register(_) | Work::Account(_) | Work::OwnAccount(_) => true,
        }
    }

    /// Does it; this takes as long as it takes.
    pub fn perform(self, scope: &Scope) -> Outcome {
        match self {
            Work::Oper(attempt) => Outcome::Submit(Action::Oper(attempt.judge())),
            Work::Account(choice) => Outcome::Submit(Action::Account(choice.hash())),
            Work::OwnAccount(attempt) => attempt.judge(scope),
            Work::Register(choice) => match choice.hash() {
                Ok(register) => Outcome::Submit(Action::Register(register)),
                Err(refusal) => Outcome::Answer(vec![Answer::Reply(scope.clone(), refusal)]),
            },
            Work::Authenticate(attempt) => attempt.judge(scope),
        }
    }
}
