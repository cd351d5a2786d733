//! Whether everything that was said arrived: once, in order, and in its own room.

use std::collections::HashSet;

use serde::Serialize;

use crate::stamp::Stamp;

/// What went wrong; all zero if nothing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Said, and not heard by somebody who should have.
    pub lost: u64,
    /// Heard again.
    pub doubled: u64,
    /// Heard after a later one of the same speaker, or in another order than the rest of the room heard it.
    pub misordered: u64,
    /// Heard by somebody who is not in the room, or not as it was said.
    pub mangled: u64,
}

impl Faults {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            doubled: self.doubled + other.doubled,
            misordered: self.misordered + other.misordered,
            mangled: self.mangled + other.mangled,
        }
    }
}

/// Who is where: `members` clients a room, numbered room by room, and the first `speakers` of each speak.
#[derive(Clone, Copy, Debug)]
pub struct Seating {
    /// How many rooms.
    pub rooms: usize,
    /// How many clients in each.
    pub members: usize,
    /// How many of them speak.
    pub speakers: usize,
}

impl Seating {
    /// All clients.
    pub fn clients(&self) -> usize {
        self.rooms * self.members
    }

    /// The room of a client.
    pub fn room_of(&self, client: usize) -> usize {
        client / self.members
    }

    /// A client's place in its room; those below `speakers` speak under this number.
    pub fn place_of(&self, client: usize) -> usize {
        client % self.members
    }
}

/// Follows what every client hears.
#[derive(Debug)]
pub struct Checker {
    seating: Seating,
    /// For each client and speaker of its room: the sequence to come next.
    next: Vec<u32>,
    /// For each client: all that it heard, in its order, as one number.
    order: Vec<u64>,
    /// What was jumped over: (client, speaker, sequence). Empty as long as all is well.
    missing: HashSet<(usize, usize, u32)>,
    faults: Faults,
}

impl Checker {
    /// Nobody has heard anything; every speaker begins with `first`.
    pub fn new(seating: Seating, first: u32) -> Self {
        Self {
            seating,
            next: vec![first; seating.clients() * seating.speakers],
            order: vec![0; seating.clients()],
            missing: HashSet::new(),
            faults: Faults::default(),
        }
    }

    /// A client heard a message; whether it was in its place.
    pub fn heard(&mut self, client: usize, stamp: &Stamp) -> bool {
        if stamp.room != self.seating.room_of(client) || stamp.speaker >= self.seating.speakers {
            self.faults.mangled += 1;
            return false;
        }
        let identity = (stamp.speaker as u64) << 32 | u64::from(stamp.sequence);
        self.order[client] = (self.order[client] ^ identity).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
        let next = &mut self.next[client * self.seating.speakers + stamp.speaker];
        if stamp.sequence == *next {
            *next += 1;
            return true;
        }
        if stamp.sequence > *next {
            self.missing.extend((*next..stamp.sequence).map(|sequence| (client, stamp.speaker, sequence)));
            *next = stamp.sequence + 1;
        } else if self.missing.remove(&(client, stamp.speaker, stamp.sequence)) {
            self.faults.misordered += 1;
        } else {
            self.faults.doubled += 1;
        }
        false
    }

    /// A client heard something that is none of the load's messages.
    pub fn heard_nonsense(&mut self) {
        self.faults.mangled += 1;
    }

    /// The verdict: `said(room, speaker)` is how many were said; without `echo` nobody hears the own ones.
    pub fn verdict(&self, said: impl Fn(usize, usize) -> u32, echo: bool) -> Faults {
        let mut faults = self.faults;
        faults.lost += self.missing.len() as u64;
        for client in 0..self.seating.clients() {
            let (room, place) = (self.seating.room_of(client), self.seating.place_of(client));
            for speaker in (0..self.seating.speakers).filter(|speaker| echo || *speaker != place) {
                let next = self.next[client * self.seating.speakers + speaker];
                faults.lost += u64::from(said(room, speaker).saturating_sub(next));
            }
        }
        if faults == Faults::default() {
            faults.misordered += self.rooms_of_two_minds(echo);
        }
        faults
    }

    /// How many heard the same as the rest of their room, but in another order.
    fn rooms_of_two_minds(&self, echo: bool) -> u64 {
        let rooms = self.order.chunks(self.seating.members);
        let comparable = rooms.map(|room| if echo { room } else { &room[self.seating.speakers.min(room.len())..] });
        comparable.map(|room| room.iter().filter(|order| Some(*order) != room.last()).count() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One room of two listeners after two speakers, without echoes; the listeners hear these in turn, written as
    /// speaker and sequence. Each speaker said two.
    #[track_caller]
    fn check(first: &str, second: &str, expected: Faults) {
        let mut checker = Checker::new(Seating { rooms: 1, members: 4, speakers: 2 }, 0);
        let speakers = [(0, "b0 b1"), (1, "a0 a1")];
        for (client, heard) in speakers.into_iter().chain([(2, first), (3, second)]) {
            for word in heard.split(' ') {
                let (speaker, sequence) = word.split_at(1);
                let speaker = usize::from(speaker == "b");
                let stamp = Stamp { room: 0, speaker, sequence: sequence.parse().unwrap(), sent_us: 0 };
                checker.heard(client, &stamp);
            }
        }
        assert_eq!(checker.verdict(|_, _| 2, false), expected, "{first} | {second}");
    }

    #[test]
    fn a_lost_a_doubled_and_a_misordered_message_are_noticed() {
        let well = Faults::default();
        check("a0 b0 a1 b1", "a0 b0 a1 b1", well);
        check("a0 b0 a1 b1", "a0 b0 a1", Faults { lost: 1, ..well });
        check("a1 b0 b1", "a0 b0 a1 b1", Faults { lost: 1, ..well });
        check("a0 b0 a1 b1 b1", "a0 b0 a1 b1", Faults { doubled: 1, ..well });
        check("a0 a0 b0 a1 b1", "a0 b0 a1 b1", Faults { doubled: 1, ..well });
        check("a1 a0 b0 b1", "a0 b0 a1 b1", Faults { misordered: 1, ..well });
        check("a1 a0 a0 b0 b1", "a0 b0 a1 b1", Faults { misordered: 1, doubled: 1, ..well });
    }

    #[test]
    fn a_room_that_hears_in_two_orders_is_noticed() {
        check("a0 b0 a1 b1", "b0 a0 a1 b1", Faults { misordered: 1, ..Faults::default() });
    }

    #[test]
    fn what_was_said_elsewhere_is_noticed() {
        let seating = Seating { rooms: 2, members: 2, speakers: 1 };
        let mut checker = Checker::new(seating, 0);
        checker.heard(1, &Stamp { room: 1, speaker: 0, sequence: 0, sent_us: 0 });
        checker.heard_nonsense();
        assert_eq!(checker.verdict(|_, _| 0, true), Faults { mangled: 2, ..Faults::default() });
    }
}
