//! A line from the server to one session, as structure: a numeric, a standard reply, PONG, BATCH and their like.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::commands::services::Service;
use crate::modes::Ranks;

/// Which answer a line belongs to: what its label becomes in the output.
///
/// <https://ircv3.net/specs/extensions/labeled-response>
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// The client put no label on its line.
    #[default]
    Plain,
    /// One line answers, and carries the label.
    Label(Box<str>),
    /// Many lines answer, in the batch of this reference.
    Batch(Box<str>),
    /// The line was said to a service: it tells the answer, within what the line's own answer would be in.
    Service(Service, Box<Scope>),
}

impl Scope {
    /// What the line's own answer would be in.
    pub(crate) fn outer(&self) -> &Scope {
        match self {
            Scope::Service(_, outer) => outer.outer(),
            scope => scope,
        }
    }

    /// Who tells the answer, if not the server.
    pub(crate) fn service(&self) -> Option<Service> {
        match self {
            Scope::Service(service, _) => Some(*service),
            Scope::Plain | Scope::Label(_) | Scope::Batch(_) => None,
        }
    }
}

/// What stands at the command's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Three digits; the receiver's nick comes first among the parameters.
    Numeric(u16),
    /// A word.
    Word(&'static str),
    /// A word that by custom comes without a source: ERROR, PING.
    Unsourced(&'static str),
    /// A word with the receiver's nick behind it, like a numeric.
    Addressed(&'static str),
}

/// One parameter of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// A word.
    Word(Cow<'static, str>),
    /// Marks with what somebody is in a room among them: all of it, or the highest only, as the receiver wants.
    Marks {
        /// What stands before that.
        before: String,
        /// What it is there.
        ranks: Ranks,
        /// What stands behind.
        behind: String,
    },
}

/// A line from the server to one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Numeric or command.
    pub verb: Verb,
    /// The parameters, without the receiver's nick.
    pub params: Vec<Param>,
    /// The last parameter, which may hold spaces.
    pub text: Option<Cow<'static, str>>,
}

impl Reply {
    /// A numeric with its text.
    pub(crate) fn numeric(number: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Reply { verb: Verb::Numeric(number), params: Vec::new(), text: Some(text.into()) }
    }

    /// A numeric of parameters alone.
    pub(crate) fn numeric_bare(number: u16) -> Self {
        Reply { verb: Verb::Numeric(number), params: Vec::new(), text: None }
    }

    /// A command of the server's that names its receiver first.
    pub(crate) fn addressed(word: &'static str) -> Self {
        Reply { verb: Verb::Addressed(word), params: Vec::new(), text: None }
    }

    /// A command of the server's.
    pub(crate) fn word(word: &'static str) -> Self {
        Reply { verb: Verb::Word(word), params: Vec::new(), text: None }
    }

    /// `FAIL command code … :text`. <https://ircv3.net/specs/extensions/standard-replies>
    pub(crate) fn fail(command: &str, code: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Reply::word("FAIL").param(command.to_owned()).param(code).text(text)
    }

    /// Adds a parameter; what could not stand in the middle of a line (a client's own words) is shown as `*`.
    pub(crate) fn param(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        let param = param.into();
        let fits = !param.is_empty() && !param.starts_with(':') && !param.contains([' ', '\0', '\r', '\n']);
        self.params.push(Param::Word(if fits { param } else { "*".into() }));
        self
    }

    /// Adds marks that are never empty, and hold no space.
    pub(crate) fn marks(mut self, before: String, ranks: Ranks, behind: String) -> Self {
        self.params.push(Param::Marks { before, ranks, behind });
        self
    }

    /// Sets the last parameter.
    pub(crate) fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// The line that begins a batch, without its type. <https://ircv3.net/specs/extensions/batch>
pub(crate) fn begin_of_batch(reference: &str) -> Reply {
    Reply::word("BATCH").param(format!("+{reference}"))
}

/// The line that ends it.
pub(crate) fn end_of_batch(reference: &str) -> Reply {
    Reply::word("BATCH").param(format!("-{reference}"))
}

/// What a durable action is answered with while nothing can be stored.
pub(crate) fn unavailable(command: &'static str, target: &str) -> Reply {
    let text = "The server cannot store anything at the moment; please try again later";
    Reply::fail(command, "TEMPORARILY_UNAVAILABLE", text).param(target.to_owned())
}
