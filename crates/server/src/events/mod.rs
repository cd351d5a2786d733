//! What happens at the doors, for those who watch: the host window, the log, tests.
//!
//! In: facts from the doors, the workers and the handle. Out: one bounded stream for each watcher, which begins with
//! the connections that are there. While nobody watches, a line costs one relaxed atomic load.
//!
//! - `kinds`: what can happen, and what is known of a connection.
//! - `present`: the connections that are there, and how many there may be.
//! - `bus`: where it is told, and what a watcher sees.

mod bus;
mod kinds;
mod present;

pub use bus::{Arrival, EventStream, Events, WAITING_EVENTS_MAX};
pub use kinds::{ConnectionId, ConnectionInfo, Direction, Door, EVENT_TEXT_BYTES_MAX, EventKind, Frame, ServerEvent};
pub use present::{ConnectionLimits, TurnedAway};
