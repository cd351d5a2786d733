//! Client library: one API over irc:// and ws://, with state and reconnect.

pub mod state;
