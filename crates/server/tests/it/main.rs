//! The whole server over real sockets on loopback: what no smaller test can show.

mod accounts;
mod conformance;
mod goodbye;
mod history;
mod hostile;
mod limits;
mod operators;
mod party;
mod proofs;
mod storing;
mod tls;
mod two_doors;
mod wire;
