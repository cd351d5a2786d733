//! Search: a database of its own beside the messages, with threads of its own, which can be made anew at any time.
//!
//! In: what the writer has committed, and what it has erased. Out: the messages that a question asks for, newest first.
//! The index holds no message, only what each is found by; what is found is read from the messages' database, so nothing
//! is shown that is not there any more. A message is never late for the sake of its index: it is indexed afterwards.
//!
//! - `feed`: what the writer hands over, and what the index still has to be told.
//! - `file`: the database: made, opened, thrown away.
//! - `index`: all SQL about it: what a message is found by, and finding.
//! - `messages`: what it reads in the messages' database.
//! - `walk`: the messages in the order in which they were said, for an index that is behind.
//! - `indexer`: the thread that keeps the index.
//! - `finder`: the thread that answers.
//! - `reindex`: the whole index anew, while no server runs.
//!
//! # What is deleted
//!
//! Whoever deletes a row of `messages`, or replaces its text, need do nothing else. Triggers copy the old text to the
//! table `erased` in the same transaction; the indexer takes its words out of the index with it, indexes what stands
//! there now, and says so once its file and its log are clean; then the writer empties `erased`, and its log.
//! [`crate::Store::when_erased`] tells when that is done. A crash in between leaves the row in `erased`, and the next
//! start goes on there.

mod feed;
mod file;
mod finder;
mod index;
mod indexer;
mod messages;
mod reindex;
mod walk;

pub use finder::FIND_QUEUE_MAX;
pub use reindex::{Reindexed, reindex};

pub(crate) use feed::Feed;
pub(crate) use file::Search;
pub(crate) use finder::Find;
