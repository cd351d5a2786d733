//! Client library: one API over irc, ircs, ws and wss, with state and reconnect.
//!
//! - [`state`]: what a client knows, as a pure function of what it saw.
//! - `session`: the client's side of the protocol without sockets and clock: registration, keeping
//!   alive, coming back, history.
//! - `transport`: a raw TCP socket or a WebSocket, within TLS or not, as a source and sink of lines.
//! - `driver`: the loop that joins the session to a transport, a clock and a program.
//! - [`Client`] and [`Events`]: what a program holds; what it can do with a message stands in `deeds`, and with
//!   one's account in `account`.
//! - [`event`] and [`options`]: what comes out of it and what it is told.

mod account;
mod client;
mod deeds;
mod driver;
pub mod event;
pub mod options;
mod scram;
mod server_url;
mod session;
mod split;
pub mod state;
mod transport;

pub use client::{Client, CommandError, Events, Receipt};
pub use event::{Direction, Event, Found, Outcome, Refusal, Seen};
pub use options::{Login, Options, Retry};
pub use server_url::{Door, Fingerprint, ServerUrl, Trust, UrlError};
pub use state::State;
pub use teahouse_proto::names::{NameError, Nick, RoomName};
