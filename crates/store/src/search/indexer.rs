//! The thread that keeps the index: what is said goes in, what is erased goes out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Row};
use teahouse_chat::durable::StoredMessage;
use teahouse_chat::ids::{MsgId, Position};

use super::feed::{Feed, Task};
use super::index;
use super::messages;
use super::walk::Walk;
use crate::error::{CloseError, OpenError, one_line};
use crate::queue::Queue;
use crate::scrub;
use crate::trouble::Trouble;
use crate::vacuum::{self, Given};

/// While messages keep coming they are gathered for so long, in milliseconds: each transaction makes a piece of index
/// that later has to be merged with others.
const GATHER_MS: u64 = 100;
/// How long the index is left alone after it could not be written, in milliseconds.
const RETRY_MS: u64 = 5_000;
/// At most so many texts are taken out in one transaction.
const ERASE_TEXTS_MAX: usize = 500;
/// Between the begin of one erasing and the next passes so many times what the first took: however much is deleted, the
/// files are not gone through all the time.
const ERASE_REST: u32 = 4;
/// How long emptying the log waits for searches to end, in milliseconds, before it is tried again.
const CHECKPOINT_MS: u64 = 200;

/// The thread's state.
pub(super) struct Indexer {
    connection: Connection,
    /// The messages, for reading.
    main: Connection,
    path: PathBuf,
    feed: Arc<Feed>,
    queue: Arc<Queue>,
    /// What was erased up to this number was taken out.
    taken_out: i64,
    /// While it cannot be written, the trouble that was logged last.
    told: Option<Trouble>,
}

impl Indexer {
    pub(super) fn new(
        connection: Connection,
        main: Connection,
        path: PathBuf,
        feed: Arc<Feed>,
        queue: Arc<Queue>,
    ) -> Self {
        Indexer { connection, main, path, feed, queue, taken_out: 0, told: None }
    }

    /// Starts the thread, which drops `alive` last.
    pub(super) fn start(self, alive: Sender<Result<(), CloseError>>) -> Result<(), OpenError> {
        let path = self.path.clone();
        let thread = thread::Builder::new().name("store-indexer".into()).spawn(move || {
            self.run();
            drop(alive);
        });
        thread.map(drop).map_err(|error| OpenError::Other { path, cause: one_line(&error) })
    }

    fn run(mut self) {
        let mut not_before = Instant::now();
        let mut erase_not_before = not_before;
        loop {
            let task = self.feed.next(not_before, erase_not_before);
            let started = Instant::now();
            let erases = if let Task::Erase(upto) = task { Some(upto) } else { None };
            let done = match task {
                Task::CatchUp(goal) => self.catch_up(goal, erase_not_before),
                Task::Messages(batch) => self.index(&batch),
                Task::Erase(upto) => self.erase(upto),
                Task::End => return,
            };
            if erases.is_some() {
                erase_not_before = started + started.elapsed() * ERASE_REST;
            }
            not_before = match done {
                Ok(()) => {
                    self.told = None;
                    started + Duration::from_millis(GATHER_MS)
                }
                Err(error) => {
                    self.fail(&error);
                    self.feed.give_back();
                    // One that is damaged is thrown away, with all that is in it; nobody waits for that.
                    if let Some(upto) = erases.filter(|_| Trouble::of(&error) == Trouble::Damaged) {
                        self.queue.set_unfindable(upto);
                    }
                    Instant::now() + Duration::from_millis(RETRY_MS)
                }
            };
        }
    }

    /// Fetches what is missing up to `goal`, in slices, as long as there is nothing to be erased from `erase_not_before` on:
    /// what is missing may be more each time, and whoever takes something back waits.
    fn catch_up(&mut self, goal: Position, erase_not_before: Instant) -> rusqlite::Result<()> {
        let feed = Arc::clone(&self.feed);
        let is_erasing_due = || erase_not_before <= Instant::now() && feed.has_something_to_erase();
        let go_on = |_| !feed.is_closing() && !is_erasing_due();
        match catch_up(&mut self.connection, &self.main, goal, go_on)? {
            true => self.feed.set_indexed(goal),
            false => self.feed.stay_behind(),
        }
        Ok(())
    }

    fn index(&mut self, batch: &[StoredMessage]) -> rusqlite::Result<()> {
        let last = put_all(&mut self.connection, batch)?;
        self.feed.set_indexed(last.map_or(Position(0), |last| last.position));
        Ok(())
    }

    /// Takes out what was erased up to number `upto`, puts in what stands there now, and says so when no file of the
    /// index has it any more. Between many of them what is said meanwhile goes in.
    fn erase(&mut self, upto: i64) -> rusqlite::Result<()> {
        loop {
            let mut texts = messages::erased(&self.main, self.taken_out, upto, ERASE_TEXTS_MAX)?;
            let Some(last) = texts.last().map(|last| last.number) else { break };
            // In the order of the index; of one message's texts the oldest first.
            texts.sort_by_key(|text| (text.msgid.position, text.number));
            let transaction = self.connection.transaction()?;
            for text in &texts {
                let tokens = index::tokens(text.conversation, &text.source, &text.text);
                index::take_out(&transaction, text.msgid.position, &tokens)?;
                if let Some(message) = messages::one(&self.main, text.conversation, text.msgid)? {
                    index::put(&transaction, &message)?;
                }
            }
            transaction.commit()?;
            self.taken_out = last;
            if texts.len() < ERASE_TEXTS_MAX {
                break;
            }
            if self.feed.puts_off_erasing() {
                return Ok(());
            }
        }
        let mut given = Given::Some;
        while given == Given::Some && !self.feed.is_closing() {
            let transaction = self.connection.transaction()?;
            given = vacuum::slice(&transaction)?;
            transaction.commit()?;
        }
        let mut page = Some(1);
        while let Some(first) = page {
            let transaction = self.connection.transaction()?;
            page = scrub::slice(&transaction, first)?;
            transaction.commit()?;
        }
        while !self.checkpoint()? {
            if self.feed.is_closing() {
                return Ok(());
            }
        }
        self.queue.set_unfindable(upto);
        Ok(())
    }

    /// Empties the log into the database, if searches allow that in time.
    fn checkpoint(&self) -> rusqlite::Result<bool> {
        self.connection.busy_timeout(Duration::from_millis(CHECKPOINT_MS))?;
        let is_busy = |row: &Row<'_>| row.get::<_, bool>(0);
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_busy).map(|busy| !busy)
    }

    fn fail(&mut self, error: &rusqlite::Error) {
        let trouble = Trouble::of(error);
        if self.told != Some(trouble) {
            let (path, cause) = (self.path.display(), one_line(error));
            let remedy = match trouble {
                Trouble::Damaged => {
                    "stop the server, and make it anew with `teahouse reindex`, or what was taken back stays in it"
                }
                other => other.remedy(),
            };
            tracing::error!("{path} cannot be kept ({cause}): {remedy}; until then what is new is not found");
            self.told = Some(trouble);
        }
    }
}

/// Brings an index up to `goal`, slice by slice as long as `go_on` says so of the messages done so far; whether it got
/// there.
pub(super) fn catch_up(
    connection: &mut Connection,
    main: &Connection,
    goal: Position,
    mut go_on: impl FnMut(u64) -> bool,
) -> rusqlite::Result<bool> {
    let mut walk = Walk::begin(main, index::indexed(connection)?, goal)?;
    let mut done = 0;
    loop {
        let slice = walk.next(main)?;
        if put_all(connection, &slice)?.is_none() {
            return Ok(true);
        }
        done += slice.len() as u64;
        if !go_on(done) {
            return Ok(false);
        }
    }
}

/// Puts messages in, oldest first, in one transaction; the last one.
fn put_all(connection: &mut Connection, messages: &[StoredMessage]) -> rusqlite::Result<Option<MsgId>> {
    let Some(last) = messages.last().map(|last| last.msgid) else { return Ok(None) };
    let transaction = connection.transaction()?;
    for message in messages {
        index::put(&transaction, message)?;
    }
    index::set_indexed(&transaction, last)?;
    transaction.commit()?;
    Ok(Some(last))
}
