//! Client library: one API over irc:// and ws://, with state, outbox and reconnect.
