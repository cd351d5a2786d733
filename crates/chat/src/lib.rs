//! The whole chat without a socket: the world, sessions, commands, capabilities, rendering.
//!
//! A line's way: a [`shard`] gives it to its [`session`], which reads it by the table in [`commands`] and returns steps.
//! A step may be an action: the log makes an [`entry`] of it, and the [`world`] applies that. Its effects go back to
//! every shard, where [`render`] makes bytes of them; its durable changes ([`durable`]) go to the store.
//!
//! - [`info`]: what the server is set to.
//! - [`held`]: all that is known of an account, for whoever it is about.
//! - [`ids`]: names for things, all of them positions in the log.
//! - [`entry`]: actions in, effects out.
//! - [`world`]: the deterministic state machine.
//! - [`query`]: what reads the world and changes nothing.
//! - [`commands`]: one file each.
//! - [`capabilities`]: one table.
//! - [`lines`]: a text of several lines, and the lines of the wire.
//! - [`modes`]: what rooms are set to, who ranks how high, what users are marked with.
//! - [`session`]: one connection, the side that reads.
//! - [`words`]: what a text is found by.
//! - [`sasl`]: ways to prove whose account it is.
//! - [`work`]: what is too slow to be done where lines are read.
//! - [`shard`]: one worker's sessions, the side that writes.
//! - [`render`]: structure into bytes, once per variant.
//! - [`reply`]: a line for one session, as structure.
//! - [`durable`]: what outlives the process.
//! - [`departed`]: guests who are not here any more, by their names.
//! - [`find`]: what is looked up in the store before something is done with it.
//! - [`reactions`]: what the tags of a reaction say.
//! - `few`: a small set.
//! - `happenings`: what happens in a room besides what is said, as rows.
//! - `fuzzing`: what holds whatever clients send; built for tests and for fuzzing only.
//!
//! There is no clock here, no socket, no thread, no file, no randomness of its own.

pub mod capabilities;
pub mod commands;
pub mod departed;
pub mod durable;
pub mod entry;
mod few;
pub mod find;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod happenings;
pub mod held;
pub mod ids;
pub mod info;
pub mod lines;
pub mod modes;
pub mod once;
pub mod query;
pub mod reactions;
pub mod render;
pub mod reply;
pub mod sasl;
pub mod session;
pub mod shard;
pub mod words;
pub mod work;
pub mod world;

#[cfg(any(test, fuzzing))]
#[cfg_attr(not(test), allow(dead_code, reason = "fuzzing needs less of it than the tests"))]
mod testing;
