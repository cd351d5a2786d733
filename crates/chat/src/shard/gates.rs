//! What answers wait for, and how far the store is with it.

use std::collections::VecDeque;

use crate::ids::{Position, SessionId};

/// What the answer behind a gate says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// What its entry changed is kept, or lost.
    Settled,
    /// What its entry deleted is in no file any more.
    Erased,
}

/// How far the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Everything up to here is committed, or lost.
    pub settled: Position,
    /// Of everything that was deleted up to here, no file has anything any more; never above `settled`.
    pub erased: Position,
}

impl Reached {
    /// Whether a gate at a position is open by now.
    pub fn opens(self, gate: Gate, position: Position) -> bool {
        match gate {
            Gate::Settled => position <= self.settled,
            Gate::Erased => position <= self.erased,
        }
    }
}

/// The first position that gates of each kind wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstGates {
    /// Of those that wait for something to be settled.
    pub settled: Option<Position>,
    /// Of those that wait for something to be erased.
    pub erased: Option<Position>,
}

impl FirstGates {
    /// Whether that opens any of them.
    pub fn are_reached(self, reached: Reached) -> bool {
        let opens = |first: Option<Position>, gate| first.is_some_and(|first| reached.opens(gate, first));
        opens(self.settled, Gate::Settled) || opens(self.erased, Gate::Erased)
    }
}

/// The closed gates of a shard's sessions, each kind by rising position.
#[derive(Debug, Default)]
pub(super) struct Gates {
    settled: VecDeque<(Position, SessionId)>,
    erased: VecDeque<(Position, SessionId)>,
}

impl Gates {
    /// A session has closed a gate, nearly always at a position that is not below any before: only a repeat waits for
    /// what was said before.
    pub(super) fn push(&mut self, gate: Gate, position: Position, session: SessionId) {
        let gates = match gate {
            Gate::Settled => &mut self.settled,
            Gate::Erased => &mut self.erased,
        };
        let place = gates.partition_point(|(before, _)| *before <= position);
        gates.insert(place, (position, session));
    }

    /// The first position that each kind waits for.
    pub(super) fn first(&self) -> FirstGates {
        let first = |gates: &VecDeque<(Position, SessionId)>| gates.front().map(|(position, _)| *position);
        FirstGates { settled: first(&self.settled), erased: first(&self.erased) }
    }

    /// The sessions that wait for the message at this position: its author's, and those that have repeated it.
    pub(super) fn sessions_at(&self, position: Position) -> impl Iterator<Item = SessionId> {
        let place = self.settled.partition_point(|(before, _)| *before < position);
        let there = self.settled.range(place..).take_while(move |(found, _)| *found == position);
        there.map(|(_, session)| *session)
    }

    /// Takes out a gate that is reached by now.
    pub(super) fn pop(&mut self, reached: Reached) -> Option<SessionId> {
        let settled = self.settled.pop_front_if(|(position, _)| reached.opens(Gate::Settled, *position));
        let gate = settled.or_else(|| self.erased.pop_front_if(|(position, _)| reached.opens(Gate::Erased, *position)));
        gate.map(|(_, session)| session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::Caps;
    use crate::render::{Framing, Lines, Variant};
    use crate::shard::Outlet;

    fn reached(settled: u64, erased: u64) -> Reached {
        Reached { settled: Position(settled), erased: Position(erased) }
    }

    #[test]
    fn what_is_to_be_erased_holds_back_its_session_and_no_other() {
        let [eraser, other] = [1, 2].map(|slot| SessionId { worker: 0, generation: 0, slot });
        let mut gates = Gates::default();
        gates.push(Gate::Erased, Position(5), eraser);
        gates.push(Gate::Settled, Position(6), other);
        let first = gates.first();
        assert!(
            !first.are_reached(reached(5, 4)) && first.are_reached(reached(6, 4)) && first.are_reached(reached(5, 5))
        );
        assert_eq!((gates.pop(reached(6, 4)), gates.pop(reached(6, 4))), (Some(other), None));
        assert_eq!((gates.pop(reached(6, 5)), gates.first()), (Some(eraser), FirstGates::default()));
    }

    #[test]
    fn what_stands_behind_such_a_gate_waits() {
        let mut outlet = Outlet::new(Variant { framing: Framing::Lines, caps: Caps::default() });
        outlet.gate(Gate::Erased, Position(5), Lines::One("gone".into()), None);
        outlet.gate(Gate::Settled, Position(6), Lines::One("said".into()), None);
        outlet.open(reached(6, 4));
        assert!(!outlet.is_ready());
        outlet.open(reached(6, 6));
        assert_eq!(outlet.ready().map(|line| &line[..]).collect::<Vec<_>>(), [b"gone", b"said"]);
    }
}
