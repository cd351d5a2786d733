//! IRC lines: a byte stream goes in at [`splitter`], is judged by [`check`], and comes out of
//! [`message`] as a [`Message`]; [`LineBuilder`] goes the other way. What of a line others may read, [`secrets`] says.

pub mod check;
pub mod message;
pub mod secrets;
pub mod splitter;

pub use check::{LineError, decode, readable_tags};
pub use message::{LineBuilder, Message, Params, ParseError, Tags, escaped};
pub use secrets::without_secrets;
pub use splitter::{LineSplitter, Split};
