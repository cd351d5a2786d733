//! What the owner of an account does with it: another password, or the end. Ours alone (`ACCOUNT`).
//!
//! A change of the password whose answer the connection took with it is found out by the next one, which logs in by the one
//! password or by the other.

use teahouse_proto::irc::{LineBuilder, Message};

use super::Session;
use super::sending::refusal;
use crate::client::CommandError;
use crate::event::Event;
use crate::options::Login;

const ACCOUNT: &str = "ACCOUNT";

/// What stands in the place of an account's name for one's own.
const ONES_OWN: &str = "*";

/// The code, which is no server's, of something whose answer was lost with the connection.
const ANSWER_LOST: &str = "ANSWER_LOST";

/// The same of what was asked for without a connection.
const OFFLINE: &str = "NOT_CONNECTED";

/// The same of a password that the connection did not live to see changed.
const NOT_CHANGED: &str = "PASSWORD_NOT_CHANGED";

/// The same of a second wish before the first was answered.
const BUSY: &str = "RATE_LIMITED";

/// What an owner wants.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Another password.
    Password { new: String },
    /// That the account is gone.
    End,
}

impl Wish {
    /// The line that asks for it.
    pub(crate) fn line(&self, label: Option<&str>, current: &str) -> String {
        let mut buffer = Vec::new();
        let mut line = LineBuilder::new(&mut buffer);
        if let Some(label) = label {
            line.tag("label", label);
        }
        let line = line.command(ACCOUNT);
        match self {
            Self::Password { new } => line.param("PASSWORD").param(ONES_OWN).param(new),
            Self::End => line.param("DELETE").param(ONES_OWN),
        }
        .trailing(current);
        // Only whole strings were written.
        String::from_utf8_lossy(&buffer).into_owned()
    }
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Owning {
    asked: Option<Asked>,
    doubt: Option<Doubt>,
}

#[derive(Debug)]
struct Asked {
    wish: Wish,
    label: Option<String>,
}

/// The password may be changed by now, or not.
#[derive(Debug)]
struct Doubt {
    new: String,
    /// The one of both that is not logged in with.
    other: String,
    /// Whether this connection has tried the one that `other` is now.
    is_tried: bool,
}

impl Session {
    pub(super) fn own(&mut self, current: &str, wish: Wish) {
        if self.owning.asked.is_some() {
            let why = "the server has not answered yet what was asked before";
            return self.event(Event::AccountRefused(refusal(BUSY, ACCOUNT, &[why])));
        }
        let label = self.next_label('o');
        self.send(wish.line(label.as_deref(), current));
        self.owning.asked = Some(Asked { wish, label });
    }

    /// It was asked for when there was a connection.
    pub(super) fn own_not(&mut self) {
        let text = CommandError::Offline.to_string();
        self.event(Event::AccountRefused(refusal(OFFLINE, ACCOUNT, &[&text])));
    }

    /// Whether a line answers; then nothing else is to be told of it.
    pub(super) fn owning_line(&mut self, line: &Message<'_>, label: Option<&str>) -> bool {
        let Some(asked) = &self.owning.asked else { return false };
        let is_refused = line.command == "FAIL" || line.numeric().is_some_and(|code| (400..600).contains(&code));
        let is_done = matches!((line.command, &line.params[..]), ("NOTE", [ACCOUNT, "DONE", ..]));
        let is_about = match &asked.label {
            Some(asked) => label == Some(asked),
            None => line.params.iter().take(2).any(|param| param == ACCOUNT),
        };
        if !is_about || !(is_refused || is_done) {
            return false;
        }
        let Some(Asked { wish, .. }) = self.owning.asked.take() else { return false };
        let account = line.params.get(2).unwrap_or_default();
        match wish {
            _ if is_refused && line.command == "FAIL" => {
                let code = line.params.get(1).unwrap_or_default();
                self.event(Event::AccountRefused(refusal(code, account, &line.params)));
            }
            _ if is_refused => self.event(Event::AccountRefused(refusal(line.command, ACCOUNT, &line.params))),
            Wish::Password { new } => {
                self.options.login = Some(Login { account: account.to_owned(), password: new });
                self.event(Event::PasswordChanged { account: account.to_owned() });
            }
            Wish::End => {
                (self.options.login, self.hopeless) = (None, true);
                self.event(Event::AccountEnded { account: account.to_owned() });
            }
        }
        true
    }

    /// The connection is gone.
    pub(super) fn interrupt_owning(&mut self) {
        match self.owning.asked.take().map(|asked| asked.wish) {
            Some(Wish::Password { new }) if self.options.login.is_some() => {
                self.owning.doubt = Some(Doubt { other: new.clone(), new, is_tried: false });
            }
            Some(_) => self.answer_is_lost(),
            None => {}
        }
    }

    /// There will be no other connection to find it out.
    pub(super) fn end_owning(&mut self) {
        if self.owning.doubt.take().is_some() {
            self.answer_is_lost();
        }
    }

    fn answer_is_lost(&mut self) {
        let why = "the connection broke before the answer came: it is not known whether that is done";
        self.event(Event::AccountRefused(refusal(ANSWER_LOST, ACCOUNT, &[why])));
    }

    /// A new connection is about to log in: it may try both passwords.
    pub(super) fn begin_doubt(&mut self) {
        if let Some(doubt) = &mut self.owning.doubt {
            doubt.is_tried = false;
        }
    }

    /// The password is not the right one; whether there is another to try.
    pub(super) fn doubts_password(&mut self) -> bool {
        let doubt = self.owning.doubt.as_mut().filter(|doubt| !doubt.is_tried);
        let (Some(doubt), Some(login)) = (doubt, &mut self.options.login) else { return false };
        std::mem::swap(&mut login.password, &mut doubt.other);
        doubt.is_tried = true;
        true
    }

    /// We are logged in: now it is known.
    pub(super) fn end_doubt(&mut self) {
        let (Some(doubt), Some(login)) = (self.owning.doubt.take(), &self.options.login) else { return };
        let account = login.account.clone();
        self.event(if login.password == doubt.new {
            Event::PasswordChanged { account }
        } else {
            let why = "the connection broke before the password was changed";
            Event::AccountRefused(refusal(NOT_CHANGED, &account, &[why]))
        });
    }
}
