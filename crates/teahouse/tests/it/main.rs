//! The program itself, started as a person starts it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "whoever reads a failure wants to know what came before it")]

mod account;
mod backup;
mod crash;
mod disk;
mod faults;
mod house;
mod people;
mod reindex;
mod send_and_tail;
mod serve;
mod wire;
