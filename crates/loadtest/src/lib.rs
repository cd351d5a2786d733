//! The load generator and the null server.
//!
//! In: an IRC server's address. Out: what it costs, as one line of JSON and one for people, and whether anything was lost,
//! doubled or misordered.
//!
//! - [`scenario`]: what the clients do.
//! - [`swarm`]: all clients in one poll loop; [`client`]: one client's conversation; [`net`]: its connection.
//! - [`stamp`]: what each message says; [`checker`]: whether all arrived, once and in order.
//! - [`process`]: CPU and memory of the server; [`histogram`] and [`report`]: what is told.
//! - [`attack`]: what a hostile crowd costs, and what others notice of it.
//! - [`bystanders`]: what something costs those who only talk meanwhile.
//! - [`login`]: how a client proves its account.
//! - [`null_server`]: the floor, to measure others by.

pub mod attack;
pub mod bystanders;
pub mod checker;
pub mod client;
pub mod histogram;
pub mod login;
pub mod net;
pub mod null_server;
pub mod process;
pub mod report;
pub mod scenario;
pub mod stamp;
pub mod swarm;
pub mod target;
