//! What a program can do for whoever has an account, or wants one.

use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;

use crate::client::{Client, CommandError};
use crate::session::{Command, Wish};

/// A longer password is refused, in bytes.
const PASSWORD_BYTES_MAX: usize = 300;

impl Client {
    /// Makes the name that we go by our own, by a password; [`Event::Registered`](crate::Event::Registered) or
    /// [`Event::Refused`](crate::Event::Refused) answers.
    pub fn register(&self, password: &str) -> Result<(), CommandError> {
        check(password)?;
        self.online()?;
        self.submit(Command::Register { password: password.to_owned() })
    }

    /// Gives our account another password, by which the client logs in from then on;
    /// [`Event::PasswordChanged`](crate::Event::PasswordChanged) or [`Event::AccountRefused`](crate::Event::AccountRefused)
    /// answers, if the connection breaks meanwhile when there is the next one. With a server that has `ACCOUNT`.
    pub fn change_password(&self, current: &str, new: &str) -> Result<(), CommandError> {
        check(new)?;
        if new.starts_with(':') || new.contains(' ') {
            return Err(CommandError::PasswordNoWord);
        }
        self.own(current, Wish::Password { new: new.to_owned() })
    }

    /// Ends our account, for good; [`Event::AccountEnded`](crate::Event::AccountEnded) or
    /// [`Event::AccountRefused`](crate::Event::AccountRefused) answers. With a server that has `ACCOUNT`.
    pub fn end_account(&self, current: &str) -> Result<(), CommandError> {
        self.own(current, Wish::End)
    }

    fn own(&self, current: &str, wish: Wish) -> Result<(), CommandError> {
        check(current)?;
        if wish.line(None, current).len() > MESSAGE_BODY_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        self.online()?;
        self.submit(Command::Own { current: current.to_owned(), wish })
    }
}

/// Whether a password can be one.
fn check(password: &str) -> Result<(), CommandError> {
    if password.is_empty() {
        return Err(CommandError::Empty);
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(CommandError::TooLong);
    }
    if password.contains(['\r', '\n', '\0']) {
        return Err(CommandError::Line);
    }
    Ok(())
}
