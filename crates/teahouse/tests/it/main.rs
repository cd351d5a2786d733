//! The program itself, started as a person starts it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod crash;
mod house;
mod send_and_tail;
mod serve;
mod wire;
