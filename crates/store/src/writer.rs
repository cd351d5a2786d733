//! The one thread that writes: group commit, settlement in order, failure and recovery.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use teahouse_chat::durable::{Change, StoredMessage};
use teahouse_chat::ids::{Position, Time};

use crate::error::{CloseError, OpenError, one_line};
use crate::faults::Faults;
use crate::open::{BUSY_MS, LOG_FILE, Opened};
use crate::place::{self, Place};
use crate::queue::{Entry, Plans, Queue, Turn};
use crate::readers::Reads;
use crate::upserts::Upserts;
use crate::{Settled, forget, rows, schema};

/// Commits that others could have joined start at least so far apart, in milliseconds; a slow disk gathers by itself.
const GATHER_MS: u64 = 1;
/// How long a failed write waits before the next try, in milliseconds.
const RETRY_MS: u64 = 1_000;
/// What must fit on the disk before writing counts as working again, in bytes: more than one message.
const PROBE_BYTES: i64 = 64 << 10;
/// While messages keep coming, a slice of what is forgotten is deleted so often, in milliseconds.
const FORGET_MS: u64 = 100;
/// Past so many bytes the write-ahead log is emptied although readers must be waited for: while reads overlap without
/// a pause it does not start anew by itself.
const WAL_BYTES_MAX: u64 = 64 << 20;
/// How long such a checkpoint, or the last one, waits for reads to end, in milliseconds.
const CHECKPOINT_MS: u64 = 200;
/// How long after a checkpoint that was waited for the next may come, in milliseconds.
const CHECKPOINT_PAUSE_MS: u64 = 1_000;

type OnSettled = Box<dyn Fn(Settled) + Send + Sync>;

/// The writer's state; lives on its thread.
pub(crate) struct Writer {
    connection: Connection,
    path: PathBuf,
    place: Place,
    /// Let go of only after the connection.
    lock: File,
    queue: Arc<Queue>,
    reads: Arc<Reads>,
    faults: Faults,
    on_settled: OnSettled,
    /// State changes not on disk yet.
    upserts: Upserts,
    /// Positions whose message is lost and that `settled` has not passed.
    failed: Vec<Position>,
    /// The last position taken from the queue.
    taken: Position,
    last_time: Time,
    plans: Plans,
    /// While writing fails, the remedy that was logged last.
    told: Option<&'static str>,
    /// Not before then is the write-ahead log emptied again.
    checkpoint_at: Instant,
}

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        queue: Arc<Queue>,
        reads: Arc<Reads>,
        faults: Faults,
        on_settled: OnSettled,
    ) -> Self {
        Writer {
            connection: opened.connection,
            path: opened.path,
            place: opened.place,
            lock: opened.lock,
            taken: queue.settled(),
            queue,
            reads,
            faults,
            on_settled,
            upserts: Upserts::default(),
            failed: Vec::new(),
            last_time: opened.loaded.last_time,
            // What an earlier process had not finished forgetting goes on.
            plans: Plans { forget_at: Some(Instant::now()), ..Plans::default() },
            told: None,
            checkpoint_at: Instant::now(),
        }
    }

    /// Starts the thread; its last word goes through `alive`.
    pub(crate) fn start(self, alive: Sender<Result<(), CloseError>>) -> Result<(), OpenError> {
        let path = self.path.clone();
        let thread = thread::Builder::new().name("store-writer".into()).spawn(move || {
            let Ok(last_word) = catch_unwind(AssertUnwindSafe(move || self.run())) else {
                // Sessions whose echoes never come are worse than a restart, which loses nothing that was echoed.
                tracing::error!("the store's writer has failed; the server stops, and can be started again");
                process::abort();
            };
            drop(alive.send(last_word));
        });
        thread.map(drop).map_err(|error| OpenError::Other { path, cause: one_line(&error) })
    }

    fn run(mut self) -> Result<(), CloseError> {
        loop {
            match self.queue.next(self.plans) {
                Turn::Write(entries) => self.write(entries),
                Turn::Retry => self.retry(),
                Turn::Forget => self.forget(),
                Turn::End => return self.end(),
            }
        }
    }

    /// Commits what came, in one transaction; while writing fails, messages fail without a try.
    fn write(&mut self, entries: Vec<Entry>) {
        let started = Instant::now();
        let grouped = entries.len() > 1;
        let mut messages = Vec::new();
        let mut bytes = 0;
        for entry in entries {
            self.taken = entry.position;
            bytes += entry.bytes;
            for change in entry.changes {
                match change {
                    Change::Message(message) => messages.push((entry.position, message)),
                    state => self.upserts.add(entry.position, state),
                }
            }
        }
        let written = self.plans.retry_at.is_none() && self.commit(&messages).is_ok();
        let mut lost = Vec::new();
        if !written {
            lost.extend(messages.iter().map(|(position, _)| *position));
            lost.dedup();
        }
        self.queue.release_bytes(bytes);
        self.settle(lost);
        self.bound_log();
        self.plans.gather_until = grouped.then(|| started + Duration::from_millis(GATHER_MS));
    }

    /// Writes these messages and all that is left of state; an error is taken note of already.
    fn commit(&mut self, messages: &[(Position, StoredMessage)]) -> rusqlite::Result<()> {
        let reservation = self.queue.next_reservation();
        if messages.is_empty() && self.upserts.is_empty() && reservation.is_none() {
            return Ok(());
        }
        let forgets =
            self.upserts.iter().any(|change| matches!(change, Change::RoomForgotten(_) | Change::GuestForgotten(_)));
        let (upserts, last_time) = (&self.upserts, self.last_time);
        let result = transact(&mut self.connection, &self.place, &self.faults, |transaction| {
            write_all(transaction, messages, upserts, reservation, last_time)
        });
        match result {
            Ok(last_time) => {
                self.last_time = last_time;
                self.upserts.clear();
                if let Some(until) = reservation {
                    self.queue.set_reserved_until(until);
                }
                if forgets && self.plans.forget_at.is_none() {
                    self.plans.forget_at = Some(Instant::now());
                }
                Ok(())
            }
            Err(error) => {
                self.fail(&error);
                Err(error)
            }
        }
    }

    /// Tells what has become of everything taken so far; `lost` are positions whose message just failed.
    fn settle(&mut self, lost: Vec<Position>) {
        let upto = match self.upserts.first_position() {
            Some(stuck) => Position(stuck.0 - 1),
            None => self.taken,
        };
        let failed_ahead = lost.iter().copied().filter(|position| *position > upto).collect();
        self.failed.extend(lost);
        let passed = self.failed.partition_point(|position| *position <= upto);
        let failed = self.failed.drain(..passed).collect();
        self.queue.set_settled(upto);
        self.reads.decide(self.taken);
        (self.on_settled)(Settled { upto, failed, failed_ahead });
    }

    fn fail(&mut self, error: &rusqlite::Error) {
        let remedy = remedy(error);
        if self.told != Some(remedy) {
            let (path, cause) = (self.path.display(), one_line(error));
            tracing::error!("cannot write to {path} ({cause}), nothing more is taken until that works again: {remedy}");
            self.told = Some(remedy);
        }
        self.queue.set_healthy(false);
        self.plans.retry_at = Some(Instant::now() + Duration::from_millis(RETRY_MS));
    }

    /// Tries the state changes that are left, then whether there is room for more.
    fn retry(&mut self) {
        let waited_for = !self.upserts.is_empty();
        if self.commit(&[]).is_err() {
            return;
        }
        if waited_for {
            self.settle(Vec::new());
        }
        if let Err(error) = self.probe() {
            return self.fail(&error);
        }
        tracing::info!("{} can be written again", self.path.display());
        self.plans.retry_at = None;
        self.told = None;
        self.queue.set_healthy(true);
        self.settle(Vec::new());
    }

    /// Writes more than a message takes and takes it away again: on a disk at its brink a tiny write may pass.
    fn probe(&mut self) -> rusqlite::Result<()> {
        transact(&mut self.connection, &self.place, &self.faults, |transaction| {
            transaction
                .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', randomblob(?1))", [PROBE_BYTES])
                .map(drop)
        })?;
        transact(&mut self.connection, &self.place, &self.faults, |transaction| {
            transaction.execute("DELETE FROM meta WHERE key = 'probe'", []).map(drop)
        })
    }

    /// Deletes one slice of what is forgotten, if anything is.
    fn forget(&mut self) {
        let result = forget::is_due(&self.connection).and_then(|due| {
            if due {
                transact(&mut self.connection, &self.place, &self.faults, forget::slice)?;
            }
            Ok(due)
        });
        match result {
            Ok(due) => {
                self.plans.forget_at = due.then(|| Instant::now() + Duration::from_millis(FORGET_MS));
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Everything handed over was taken: a last try for what is left, then a checkpoint.
    fn end(mut self) -> Result<(), CloseError> {
        let written = self.commit(&[]);
        if written.is_ok() {
            self.settle(Vec::new());
            self.checkpoint();
        }
        drop(self.connection);
        drop(self.lock);
        written.map_err(|error| CloseError::Unwritten { path: self.path, cause: one_line(&error) })
    }

    fn bound_log(&mut self) {
        let log = self.path.with_file_name(LOG_FILE);
        let bytes = fs::metadata(log).map_or(0, |file| file.len());
        let now = Instant::now();
        if bytes > WAL_BYTES_MAX && now >= self.checkpoint_at {
            self.checkpoint();
            self.checkpoint_at = now + Duration::from_millis(CHECKPOINT_PAUSE_MS);
        }
    }

    /// Empties the write-ahead log into the database, as far as reads allow within [`CHECKPOINT_MS`].
    fn checkpoint(&self) {
        let wait = |ms| self.connection.busy_timeout(Duration::from_millis(ms));
        let empty = || self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let result = wait(CHECKPOINT_MS).and_then(|()| empty()).and_then(|()| wait(BUSY_MS));
        if let Err(error) = result {
            tracing::warn!("the write-ahead log of {} stays: {error}", self.path.display());
        }
    }
}

/// What can be done about a failed write.
fn remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        _ if place::is_gone(error) => "move it back, or start again, empty or with a backup in its place",
        Some(ErrorCode::DiskFull) => "free some space",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "close the other program that has it open",
        _ => "see to the disk",
    }
}

/// Runs `work` in one transaction; after an error nothing of it is there. A database that is gone is an error.
fn transact<T>(
    connection: &mut Connection,
    place: &Place,
    faults: &Faults,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if !connection.is_autocommit() {
        // A rollback failed together with its transaction.
        connection.execute_batch("ROLLBACK")?;
    }
    faults.before_transaction(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&transaction)?;
    faults.before_commit()?;
    place.check()?;
    transaction.commit()?;
    Ok(value)
}

/// Writes a batch and gives the latest time that is now stored.
fn write_all(
    transaction: &Transaction<'_>,
    messages: &[(Position, StoredMessage)],
    upserts: &Upserts,
    reservation: Option<Position>,
    last_time: Time,
) -> rusqlite::Result<Time> {
    let mut latest = last_time;
    for (_, message) in messages {
        latest = latest.max(message.msgid.time);
        rows::write_message(transaction, message)?;
    }
    for change in upserts.iter() {
        latest = latest.max(rows::latest_time(change));
        rows::write(transaction, change)?;
    }
    if latest > last_time {
        schema::set_meta_number(transaction, "last_time", latest.0)?;
    }
    if let Some(until) = reservation {
        schema::set_meta_number(transaction, "reserved_until", until.0)?;
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_cause_has_its_remedy() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, "free some space"),
            (ffi::SQLITE_BUSY, "close the other program that has it open"),
            (ffi::SQLITE_IOERR, "see to the disk"),
            (ffi::SQLITE_READONLY, "see to the disk"),
            (ffi::SQLITE_READONLY_DBMOVED, "move it back, or start again, empty or with a backup in its place"),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(remedy(&error), expected, "{error}");
        }
    }
}
