//! What is kept on disk: one SQLite file, one writer with group commit, readers with their own connections; and beside
//! it an index by which messages are found.
//!
//! In: durable changes of the world at rising positions, reads of history. Out: which positions are settled, the rows
//! asked for, and at start the records that the world is loaded from.
//!
//! - `backup`: a copy of the database, also while a server writes.
//! - [`error`]: what can go wrong at open, read and close, each in one line with its remedy.
//! - [`faults`]: holds the writer back or makes it fail, for tests.
//! - `fuzzing`: what holds whatever stands in the tables; built for tests and for fuzzing only.
//! - `extract`: what one account said, for whoever is given all that is held on it.
//! - `open`: the directory, its lock, the connections, loading.
//! - `place`: whether the files are still where they were opened.
//! - `trouble`: what a failing database means, and what can be done about it.
//! - `schema`: the tables, their versions, migrations.
//! - `rows`: records to rows and back; all SQL about rooms, guests and messages.
//! - `pages`: reads of history; all SQL of that.
//! - `reactions`: reactions to rows and back; they go with their messages.
//! - `recent`: what the newest messages are known by, so that none is said twice.
//! - `queue`: what waits for the writer; the only part that runs under the world's lock.
//! - `writer`: the thread that commits, settles, fails and retries.
//! - `upserts`: state changes that must reach the disk, however long it takes.
//! - `forget`: deletes forgotten conversations in small slices.
//! - `outdated`: deletes what is older than it is kept, in small slices too.
//! - `erased`: what was deleted, until no file has it any more.
//! - `scrub`: overwrites what deleted rows leave behind.
//! - `vacuum`: gives pages back that nothing uses any more.
//! - [`search`]: the index, with threads of its own.
//! - `readers`: the threads that answer reads of history, and those reads that wait for the writer.

mod backup;
mod erased;
mod extract;
mod forget;
mod open;
mod outdated;
mod pages;
mod place;
mod queue;
mod reactions;
mod readers;
mod recent;
mod rows;
mod schema;
mod scrub;
mod trouble;
mod upserts;
mod vacuum;
mod writer;

pub mod error;
pub mod faults;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod search;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use teahouse_chat::durable::{Change, Conversation, LastSaid, Records, Span, StoredMessage};
use teahouse_chat::held::{HeldPage, HeldRead};
use teahouse_chat::ids::{Position, Time};
use teahouse_chat::query::{HistoryRead, Reactions, SearchRead, TargetsRead};

pub use backup::{BackupError, backup};
pub use error::{CloseError, OpenError, ReadError};
pub use open::must_be_there;
pub use queue::BACKLOG_BYTES_MAX;
pub use readers::{READ_QUEUE_MAX, READ_ROWS_MAX};

use faults::Faults;
use queue::Queue;
use readers::{Job, Reads};
use search::{Find, Search};
use writer::Writer;

/// How long [`Store::close`] waits for the disk, in milliseconds: with the goodbyes before it and the runtime's end after
/// it, a server leaves within 2 s.
const CLOSE_MS: u64 = 900;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether messages are kept; `false` keeps rooms and guests only, and messages settle without a write.
    pub history: bool,
    /// Whether there is an index to search by; without one, searches are refused.
    #[doc(hidden)]
    pub search: bool,
    /// Lets tests hold the writer back and make it fail.
    #[doc(hidden)]
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Options { history: true, search: true, faults: Faults::default() }
    }
}

/// What the world starts from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the world is made of.
    pub records: Records,
    /// The first position that was never given out, whatever happened to the process before.
    pub next_position: Position,
    /// The latest time in any stored change: the log's clock goes on from here.
    pub last_time: Time,
    /// Random, made once with the database: the key of address cloaks.
    pub secret: [u8; 32],
}

/// What has become of positions that were handed over; see [`Store::open`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Everything handed over at this position or below is committed, or failed and once named in `failed`.
    pub upto: Position,
    /// Of everything that was deleted at this position or below, no file of the store has anything any more: not the
    /// database, the index, or their logs. Never above `upto`, and behind it only while something is being erased. With
    /// an account goes all that was said with it in private; what a guest or a room leaves goes later, for nobody waits.
    pub erased: Position,
    /// Of the positions that `upto` has now passed, those whose message is lost, rising. No read gives a lost message,
    /// unless the machine goes down before the next commit: what a failing disk wrote may then turn out to be there.
    pub failed: Vec<Position>,
    /// Positions above `upto` whose message is lost, rising. Their fate is decided, so that their senders can be told
    /// now; `upto` passes them, and `failed` names them again, once an older state change has reached the disk.
    pub failed_ahead: Vec<Position>,
}

/// One read of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Whose history.
    pub conversation: Conversation,
    /// Which part of it.
    pub span: Span,
    /// At most so many messages; [`READ_ROWS_MAX`] caps it.
    pub limit: usize,
    /// Where the log stood when the read was made: nothing above it is given, and all up to it is waited for.
    pub upto: Position,
    /// Whether what happened in a room is given besides what was said.
    pub happenings: bool,
    /// How reactions to what was said are given with it.
    pub reactions: Reactions,
}

impl Read {
    /// A read as of a position.
    pub fn new(read: HistoryRead, upto: Position) -> Self {
        let HistoryRead { conversation, span, limit, happenings, reactions } = read;
        Read { conversation, span, limit, upto, happenings, reactions }
    }
}

/// One question after conversations.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Which.
    pub read: TargetsRead,
    /// Where the log stood when it was asked: all up to it is waited for.
    pub upto: Position,
}

/// An open data directory; this process alone has it.
#[derive(Debug)]
pub struct Store {
    queue: Arc<Queue>,
    reads: Arc<Reads>,
    search: Option<Search>,
    path: PathBuf,
    /// Gives the writer's last word and disconnects once no thread of the store is left.
    ended: Mutex<Option<Receiver<Result<(), CloseError>>>>,
}

impl Store {
    /// Opens the database in `dir`, making both if need be, and gives what the world is loaded from.
    ///
    /// `on_settled` is called on the writer's thread, never concurrently: once a commit, after each failure, when writing
    /// works again after one, and when something is erased. It MUST NOT call [`Store::close`], and whoever it tells MUST have been told of
    /// a position's effects before [`Store::append`] was called with it. A panic in it, as anywhere on that thread,
    /// ends the process.
    pub fn open(
        dir: &Path,
        options: Options,
        on_settled: impl Fn(Settled) + Send + Sync + 'static,
    ) -> Result<(Store, Loaded), OpenError> {
        let opened = open::open(dir, &options.faults)?;
        let before = Position(opened.loaded.next_position.0.saturating_sub(1));
        let queue = Arc::new(Queue::new(options.history, before, opened.reserved_until));
        let reads = Arc::new(Reads::new(before));
        let (alive, ended) = mpsc::channel();
        let (path, loaded) = (opened.path.clone(), opened.loaded.clone());
        let mut search = None;
        let started = readers::start(&reads, &path, &alive).and_then(|()| {
            if options.search {
                search = Some(Search::start(&path, before, opened.erasing.last_copy, &queue, &alive)?);
            }
            let feed = search.as_ref().map(|search| Arc::clone(&search.feed));
            let (queue, reads) = (Arc::clone(&queue), Arc::clone(&reads));
            Writer::new(opened, queue, reads, feed, options.faults, Box::new(on_settled)).start(alive)
        });
        if let Err(error) = started {
            reads.close();
            search.inspect(Search::close);
            return Err(error);
        }
        Ok((Store { queue, reads, search, path, ended: Mutex::new(Some(ended)) }, loaded))
    }

    /// Hands over what `position` changes; positions rise from call to call.
    ///
    /// A TAGMSG is a reaction: it is kept only beside its message.
    ///
    /// Made to be called under the world's lock: takes a short lock of its own, never waits for the disk.
    pub fn append(&self, position: Position, changes: Vec<Change>) {
        self.queue.append(position, changes);
    }

    /// Tells that `position` was given out with nothing to keep, so that the next block is reserved in time.
    pub fn note_position(&self, position: Position) {
        self.queue.note(position);
    }

    /// Whether writing works: `false` from a failed write until one succeeds (tried every second, but never again in a
    /// file that turned out to be damaged), while more than [`BACKLOG_BYTES_MAX`] waits, and after close. While `false`, actions with a durable effect are to be refused.
    ///
    /// A write fails too once the files are deleted, moved or replaced: nothing is kept in a file without a name.
    pub fn is_healthy(&self) -> bool {
        self.queue.is_healthy()
    }

    /// About how many bytes wait for the writer: what senders are slowed by.
    pub fn backlog_bytes(&self) -> usize {
        self.queue.backlog_bytes()
    }

    /// The first position that MUST NOT be given out yet: the end of the durably reserved block.
    ///
    /// Moves on by itself when appended or noted positions come within half a block of it and the disk works.
    pub fn reserved_until(&self) -> Position {
        self.queue.reserved_until()
    }

    /// Everything handed over at this position or below is committed or failed; which of both, only `on_settled` tells.
    pub fn settled(&self) -> Position {
        self.queue.settled()
    }

    /// Gives the messages of one conversation, oldest first, and reactions to them as the read says.
    ///
    /// Answered on a reader's thread once every message up to `read.upto` is committed or failed; all of them MUST
    /// have been handed over. With too many reads waiting, or after close, answered at once on the calling thread.
    pub fn history(&self, read: Read, reply: impl FnOnce(Result<Vec<StoredMessage>, ReadError>) + Send + 'static) {
        let target = read.upto.min(self.queue.last_message());
        self.reads.submit(target, Job::History(read, Box::new(reply)));
    }

    /// Gives what one account said and what was said to it alone, a page at a time; the first page gives nothing above
    /// `upto`, nor do those behind it. Answered like [`Store::history`].
    pub fn held(
        &self,
        read: HeldRead,
        upto: Position,
        reply: impl FnOnce(Result<HeldPage, ReadError>) + Send + 'static,
    ) {
        let upto = read.upto.unwrap_or(upto);
        let target = upto.min(self.queue.last_message());
        self.reads.submit(target, Job::Held(read, upto, Box::new(reply)));
    }

    /// Gives the conversations of somebody by when something was last said there, the first of those wanted first: all
    /// rooms asked for that have anything, and [`READ_ROWS_MAX`] private ones at most. Answered like [`Store::history`].
    pub fn targets(&self, read: Targets, reply: impl FnOnce(Result<Vec<LastSaid>, ReadError>) + Send + 'static) {
        let target = read.upto.min(self.queue.last_message());
        self.reads.submit(target, Job::Targets(read, Box::new(reply)));
    }

    /// Gives the messages that a search finds, oldest first: the newest of them, or the oldest, as it says; nothing above
    /// `upto`, and nothing that is not committed.
    ///
    /// What was just committed may not be found yet. Answered on a thread of its own, or at once on the calling thread
    /// when too many wait, after close, and without an index.
    pub fn search(
        &self,
        read: SearchRead,
        upto: Position,
        reply: impl FnOnce(Result<Vec<StoredMessage>, ReadError>) + Send + 'static,
    ) {
        match &self.search {
            Some(search) => search.finds.submit(Find { read, upto, reply: Box::new(reply) }),
            None => reply(Err(ReadError::Closed)),
        }
    }

    /// Waits until every message up to `position` can be found; `false` if that took longer than `patience`.
    #[doc(hidden)]
    pub fn wait_searchable(&self, position: Position, patience: Duration) -> bool {
        self.search.as_ref().is_some_and(|search| search.feed.wait_indexed(position, patience))
    }

    /// Calls back, on some thread of the store, once the texts of all messages that were deleted or replaced up to what
    /// is settled now are in no file of the store any more: not in the database, the index, or their logs.
    ///
    /// Never, if the store is closed before; what is left to be done then is done after the next start.
    pub fn when_erased(&self, reply: impl FnOnce() + Send + 'static) {
        self.queue.erasures.when_clean(Box::new(reply));
    }

    /// Writes what is queued, checkpoints and closes, or gives up after 0.9 s; later calls do nothing.
    ///
    /// An error says that something may not have reached the disk: none of it was ever called settled. MUST NOT be
    /// called holding a lock that `on_settled` or a read's reply takes.
    pub fn close(&self) -> Result<(), CloseError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(ended) = ended else { return Ok(()) };
        self.reads.close();
        self.search.iter().for_each(Search::close);
        self.queue.close();
        let deadline = Instant::now() + Duration::from_millis(CLOSE_MS);
        let mut last_word = None;
        loop {
            match ended.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(word) => last_word = Some(word),
                Err(RecvTimeoutError::Disconnected) => {
                    return last_word.expect("a writer that fails ends the process");
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(CloseError::Late { path: self.path.clone() });
                }
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!("{error}");
        }
    }
}
