//! Those who are to be read: a crowd that comes or goes waits for those who are here.
//!
//! Whoever comes in costs a hundred times what a line costs that is said. So each turn reads everybody who is here, and
//! of those who come or go a few: however many they are, a turn stays short.

use std::collections::VecDeque;

use teahouse_chat::ids::SessionId;

use super::connection::{Arrival, Connection};
use super::wheel::TICK_MS;

/// For how long after registering a session counts among those who come: it enters its rooms, and fetches their history.
pub(super) const SETTLING_TICKS: u64 = 2000 / TICK_MS;
/// How many of those who come or go are read in a turn.
pub(super) const CROWD_PER_TURN: usize = 32;

/// Two lists of sessions; each session is in one of them at most.
#[derive(Debug, Default)]
pub(super) struct Ready {
    here: VecDeque<SessionId>,
    crowd: VecDeque<SessionId>,
}

impl Ready {
    /// Has a connection read, unless it is to be read already.
    pub(super) fn enlist(&mut self, connection: &mut Connection, tick: u64) {
        if std::mem::replace(&mut connection.in_ready_list, true) {
            return;
        }
        let comes = match connection.arrival {
            Arrival::Registers(_) => true,
            Arrival::Settles(at) => at > tick,
        };
        let list = if comes || connection.half_closed || connection.left().is_some() {
            &mut self.crowd
        } else {
            &mut self.here
        };
        list.push_back(connection.session);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.crowd.is_empty()
    }

    /// How many of those who are here wait to be read.
    pub(super) fn here(&self) -> usize {
        self.here.len()
    }

    /// The next of those who are here.
    pub(super) fn next_here(&mut self) -> Option<SessionId> {
        self.here.pop_front()
    }

    /// The next of those who come or go.
    pub(super) fn next_of_crowd(&mut self) -> Option<SessionId> {
        self.crowd.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use teahouse_chat::render::Framing;

    use super::*;
    use crate::events::ConnectionId;
    use crate::worker::Established;

    fn connection(slot: u32) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let peer = listener.local_addr().expect("it is bound");
        let stream = TcpStream::connect(peer).expect("it listens");
        let (id, framing) = (ConnectionId(1), Framing::Lines);
        let established = Established { id, stream, tls: None, peer, framing, already_read: Vec::new() };
        Connection::new(established, SessionId { worker: 0, generation: 1, slot }, 0)
    }

    #[test]
    fn who_comes_or_goes_is_told_from_who_is_here() {
        let mut ready = Ready::default();
        let [mut unregistered, mut new, mut settled, mut leaving] = [0, 1, 2, 3].map(connection);
        for (one, at) in [(&mut new, 11), (&mut settled, 10), (&mut leaving, 10)] {
            one.arrival = Arrival::Settles(at);
        }
        leaving.half_closed = true;
        for one in [&mut unregistered, &mut new, &mut settled, &mut leaving] {
            ready.enlist(one, 10);
            ready.enlist(one, 10);
        }
        assert_eq!((ready.here(), ready.next_here()), (1, Some(settled.session)));
        let crowd: Vec<_> = std::iter::from_fn(|| ready.next_of_crowd()).map(|session| session.slot).collect();
        assert_eq!(crowd, [0, 1, 3]);
        assert!(ready.is_empty());
    }

    #[test]
    fn a_connection_takes_little_room_and_less_before_it_is_adopted() {
        assert!(size_of::<Option<Connection>>() <= 128, "{} bytes", size_of::<Option<Connection>>());
        assert!(size_of::<Established>() <= 96, "{} bytes", size_of::<Established>());
    }
}
