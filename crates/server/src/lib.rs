//! The server: doors, workers, log, HTTP, configuration; the only crate that touches sockets.

pub mod events;
pub mod worker;
