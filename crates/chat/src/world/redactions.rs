//! Which messages were taken back of late: what somebody wants to do with one may have been looked up before.

use std::collections::VecDeque;

use crate::ids::{MsgId, Position};

/// How many are remembered: more than are taken back while anybody waits for the store.
const REDACTIONS_MAX: usize = 4096;

/// The last ones, by rising position.
#[derive(Debug, Default)]
pub(crate) struct Redactions {
    last: VecDeque<(Position, MsgId)>,
    /// The position of the last one that is not remembered any more.
    forgotten: Position,
}

impl Redactions {
    /// A message is taken back.
    pub(crate) fn note(&mut self, position: Position, message: MsgId) {
        if self.last.len() == REDACTIONS_MAX {
            self.forgotten = self.last.pop_front().map_or(self.forgotten, |(position, _)| position);
        }
        self.last.push_back((position, message));
    }

    /// Whether a message that was there at a position is gone since; `None` if that is not known any more.
    pub(crate) fn is_gone(&self, message: MsgId, since: Position) -> Option<bool> {
        let is_gone = self.last.iter().any(|(_, gone)| *gone == message);
        (is_gone || since >= self.forgotten).then_some(is_gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Time;

    #[test]
    fn what_is_not_remembered_is_not_denied() {
        let id = |position| MsgId { time: Time(0), position: Position(position) };
        let mut redactions = Redactions::default();
        let count = REDACTIONS_MAX as u64 + 1;
        (1..=count).for_each(|position| redactions.note(Position(position), id(position)));
        assert_eq!(redactions.is_gone(id(2), Position(0)), Some(true));
        assert_eq!(redactions.is_gone(id(1), Position(0)), None);
        assert_eq!(redactions.is_gone(id(9_999), Position(1)), Some(false));
        assert_eq!(redactions.last.len(), REDACTIONS_MAX);
    }
}
