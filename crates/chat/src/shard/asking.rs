//! Answers that take several questions: what a session is still to be told, and what it waits for.
//!
//! A question is asked when what it follows is on its way to the peer, so a long answer takes no more memory than a piece
//! of it. Until all of it is there, the session that asked reads no further line.

use std::collections::VecDeque;

use crate::query::Query;
use crate::reply::Scope;

/// What is left of the answers to a session's lines; most sessions have none of it.
#[derive(Debug, Default)]
pub(super) struct Asking(Option<Box<Rest>>);

#[derive(Debug, Default)]
struct Rest {
    /// To be asked, in this order.
    queries: VecDeque<(Scope, Query)>,
    /// One of them is being answered.
    asked: bool,
    /// The line that is done when nothing is left.
    line: Option<Scope>,
}

impl Asking {
    /// Something is to be asked behind all else.
    pub(super) fn push(&mut self, scope: Scope, query: Query) {
        self.0.get_or_insert_default().queries.push_back((scope, query));
    }

    /// What was asked is answered; or so far, and this comes next.
    pub(super) fn answered(&mut self, more: Option<(Scope, Query)>) {
        if let Some(more) = more {
            self.0.get_or_insert_default().queries.push_front(more);
        }
        if let Some(rest) = &mut self.0 {
            rest.asked = false;
            if rest.queries.is_empty() && rest.line.is_none() {
                self.0 = None;
            }
        }
    }

    /// The line's own answers are there: it is done when nothing is left.
    pub(super) fn end_line(&mut self, scope: Scope) {
        self.0.get_or_insert_default().line = Some(scope);
    }

    /// The next question, unless one is being answered.
    pub(super) fn next(&mut self) -> Option<(Scope, Query)> {
        let rest = self.0.as_mut().filter(|rest| !rest.asked)?;
        let next = rest.queries.pop_front();
        rest.asked = next.is_some();
        next
    }

    /// The line that is done now, if nothing is left of its answers.
    pub(super) fn take_line(&mut self) -> Option<Scope> {
        let rest = self.0.as_ref().filter(|rest| !rest.asked && rest.queries.is_empty())?;
        rest.line.as_ref()?;
        self.0.take()?.line
    }

    /// Nothing more is wanted.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }
}
