//! The server: doors, workers, log, HTTP, configuration; the only crate that touches sockets.
//!
//! It moves bytes and calls the chat crate; it knows nothing of what is said.
//!
//! - [`config`]: what the server is set to.
//! - `control`: how those who run the server reach it.
//! - `door`: accepting connections and finding out what they speak.
//! - `http`: the page, and the upgrade to a WebSocket.
//! - [`worker`]: one thread a core, each over its own connections.
//! - `log`: the one order of everything, and the way to the store.
//! - [`events`]: what happens, for those who watch.
//! - `handle`: the server as a value.
//! - `reach`: under which addresses others reach this machine.
//! - `tls`: the certificate, and what comes with it.
//! - `seldom`: complaints that do not fill the log.

pub mod config;
mod control;
mod door;
pub mod events;
mod handle;
mod http;
mod log;
mod reach;
mod seldom;
mod tls;
pub mod worker;

pub use control::{Operated, Unbegun, operate};
pub use door::{BindError, Listening};
pub use handle::{SayError, Server, ServerHandle, StartError};
pub use reach::{own_addresses, reachable};
pub use teahouse_store::search::{Reindexed, reindex};
pub use teahouse_store::{BackupError, backup};
pub use tls::{Certificate, FileError, MakeError, TlsFiles};
