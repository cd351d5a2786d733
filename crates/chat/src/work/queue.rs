//! Slow work in the order in which it is done.
//!
//! In: pieces, at most one for each session, and when those can be done that have to wait. Out: what can be done now, the
//! quick ones first. The server's pool keeps its work in one, and the model of the tests its own.

use std::collections::BTreeMap;

use crate::ids::{SessionId, Time};

/// Work that waits, whatever a piece of it is. No more than one piece waits for each session, so the limits on
/// connections bound it.
#[derive(Debug)]
pub struct Queue<T> {
    quick: BTreeMap<Place, Piece<T>>,
    slow: BTreeMap<Place, Piece<T>>,
    places: BTreeMap<SessionId, (bool, Place)>,
    arrivals: i64,
}

/// When a piece can be done, and its order among those of that moment.
type Place = (Time, i64);

/// A piece of work that waits, or has just been taken.
#[derive(Debug)]
pub struct Piece<T> {
    /// What is to be done.
    pub what: T,
    session: SessionId,
    is_slow: bool,
    arrival: i64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue { quick: BTreeMap::new(), slow: BTreeMap::new(), places: BTreeMap::new(), arrivals: 0 }
    }
}

impl<T> Queue<T> {
    /// A session hands out a piece; those that need not wait are done in the order in which they come.
    pub fn add(&mut self, session: SessionId, is_slow: bool, what: T, now: Time) {
        self.arrivals += 1;
        let arrival = self.arrivals;
        self.put((now, arrival), Piece { what, session, is_slow, arrival });
    }

    /// The next piece that can be done now.
    pub fn take(&mut self, now: Time) -> Option<Piece<T>> {
        let ready = |pieces: &mut BTreeMap<Place, Piece<T>>| {
            let first = pieces.first_entry().filter(|first| first.key().0 <= now)?;
            Some(first.remove())
        };
        let piece = ready(&mut self.quick).or_else(|| ready(&mut self.slow))?;
        self.places.remove(&piece.session);
        Some(piece)
    }

    /// A piece that was taken has to wait after all.
    ///
    /// Of those who wait for one moment the newest comes first: whoever guesses by many connections has them wait
    /// already, and who comes along with the right password is not to wait for all of them.
    pub fn put_back(&mut self, piece: Piece<T>, due: Time, now: Time) {
        // Whoever takes the next one has to get past this.
        let due = due.max(now.plus_ms(1));
        self.put((due, -piece.arrival), piece);
    }

    /// When the next piece can be done.
    pub fn next_due(&self) -> Option<Time> {
        let firsts = [self.quick.first_key_value(), self.slow.first_key_value()];
        firsts.into_iter().flatten().map(|((due, _), _)| *due).min()
    }

    /// A session has gone: what it has handed out is left undone.
    pub fn leave(&mut self, session: SessionId) {
        if let Some((is_slow, place)) = self.places.remove(&session) {
            self.pieces(is_slow).remove(&place);
        }
    }

    /// Leaves everything undone.
    pub fn clear(&mut self) {
        self.quick.clear();
        self.slow.clear();
        self.places.clear();
    }

    fn put(&mut self, place: Place, piece: Piece<T>) {
        let before = self.places.insert(piece.session, (piece.is_slow, place));
        debug_assert!(before.is_none(), "a session waits for what it has handed out");
        self.pieces(piece.is_slow).insert(place, piece);
    }

    fn pieces(&mut self, is_slow: bool) -> &mut BTreeMap<Place, Piece<T>> {
        if is_slow { &mut self.slow } else { &mut self.quick }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(slot: u32) -> SessionId {
        SessionId { worker: 0, generation: 1, slot }
    }

    /// Slow pieces of the sessions of these numbers, each called like its session.
    fn queue(slots: &[u32]) -> Queue<u32> {
        let mut queue = Queue::default();
        slots.iter().for_each(|slot| queue.add(session(*slot), true, *slot, Time(10)));
        queue
    }

    fn all(queue: &mut Queue<u32>, now: Time) -> Vec<u32> {
        std::iter::from_fn(|| queue.take(now)).map(|piece| piece.what).collect()
    }

    #[test]
    fn what_is_quick_comes_first_and_else_whoever_came_first() {
        let mut queue = queue(&[1, 2]);
        queue.add(session(3), false, 3, Time(10));
        queue.add(session(4), false, 4, Time(10));
        assert_eq!(all(&mut queue, Time(10)), [3, 4, 1, 2]);
    }

    #[test]
    fn who_has_to_wait_takes_nobodys_place_and_of_several_the_newest_is_next() {
        let mut queue = queue(&[1, 2]);
        for _ in 0..2 {
            let piece = queue.take(Time(10)).unwrap();
            queue.put_back(piece, Time(500), Time(10));
        }
        queue.add(session(3), true, 3, Time(20));
        assert_eq!(all(&mut queue, Time(20)), [3]);
        assert_eq!(queue.next_due(), Some(Time(500)));
        queue.add(session(4), true, 4, Time(30));
        let newest = queue.take(Time(30)).unwrap();
        queue.put_back(newest, Time(500), Time(30));
        assert_eq!(all(&mut queue, Time(500)), [4, 2, 1]);
    }

    #[test]
    fn what_is_put_back_is_not_taken_again_at_once() {
        let mut queue = queue(&[1]);
        let piece = queue.take(Time(10)).unwrap();
        queue.put_back(piece, Time(3), Time(10));
        assert_eq!(all(&mut queue, Time(10)), [0; 0]);
        assert_eq!(all(&mut queue, Time(11)), [1]);
    }

    #[test]
    fn who_has_gone_is_waited_for_no_more() {
        let mut queue = queue(&[1, 2, 3]);
        let piece = queue.take(Time(10)).unwrap();
        queue.put_back(piece, Time(500), Time(10));
        [1, 2, 9].into_iter().for_each(|slot| queue.leave(session(slot)));
        assert_eq!(all(&mut queue, Time(500)), [3]);
        assert_eq!(queue.next_due(), None);
    }
}
