//! The one thread that writes: group commit, settlement in order, failure and recovery.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Row, ffi};
use teahouse_chat::durable::{Change, MessageKind, StoredMessage};
use teahouse_chat::ids::{Position, Time};

use crate::error::{CloseError, OpenError, one_line};
use crate::faults::Faults;
use crate::open::{BUSY_MS, Erasing, LOG_FILE, Opened};
use crate::outdated::{self, Sweep};
use crate::place::Place;
use crate::queue::{Entry, Health, Plans, Queue, Turn};
use crate::readers::Reads;
use crate::search::Feed;
use crate::trouble::Trouble;
use crate::upserts::Upserts;
use crate::vacuum::{self, Given};
use crate::{Settled, erased, forget, reactions, recent, rows, schema, scrub};

/// Commits that others could have joined start at least so far apart, in milliseconds; a slow disk gathers by itself.
/// With one in place of two, 2,000 messages a second cost half as much again.
const GATHER_MS: u64 = 2;
/// How long a failed write waits before the next try, in milliseconds.
const RETRY_MS: u64 = 1_000;
/// What must fit on the disk before writing counts as working again, in bytes: more than one message.
const PROBE_BYTES: i64 = 64 << 10;
/// While messages keep coming, a slice of what is forgotten is deleted so often, in milliseconds.
const FORGET_MS: u64 = 100;
/// Between two slices of pages that are overwritten, others get so long, in milliseconds, if anything waits to be written.
const SCRUB_MS: u64 = 5;
/// How long the emptying of the log after that waits for reads to end, in milliseconds.
const SCRUB_WAIT_MS: u64 = 10;
/// When they did not, it is tried again after so long, in milliseconds.
const SCRUB_AGAIN_MS: u64 = 100;
/// What may be put off is overwritten after so long at the latest, in milliseconds.
const PUT_OFF_MS: u64 = 60_000;
/// Between two slices of pages that are given back, others get so long, in milliseconds.
const VACUUM_MS: u64 = 10;
/// Past so many bytes the write-ahead log is emptied although readers must be waited for: while reads overlap without
/// a pause it does not start anew by itself.
const LOG_BYTES_ENOUGH: u64 = 32 << 20;
/// After so many bytes more that is tried again, if readers did not let it.
const LOG_BYTES_AGAIN: u64 = 4 << 20;
/// The log stays below this as long as nobody but us reads: the above and the largest transaction are less.
const LOG_BYTES_MAX: u64 = 64 << 20;
/// How long such a checkpoint, or the last one, waits for reads to end, in milliseconds.
const CHECKPOINT_MS: u64 = 200;

/// How far it is that something is in no file any more.
#[derive(Clone, Copy, Debug)]
struct Scrub {
    /// What was erased up to this number.
    number: i64,
    next: Step,
}

/// What is left to be done for that.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The copies are deleted.
    Copies,
    /// What deleted rows leave behind is overwritten, from this page on.
    Pages(u32),
    /// The log is emptied.
    Log,
}

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
    /// Where the index learns what was committed, if there is one.
    feed: Option<Arc<Feed>>,
    faults: Faults,
    on_settled: OnSettled,
    /// The last thing that was erased.
    erased: i64,
    /// Commits that erased something which may be in a file yet: its last number, and up to where all was settled before.
    erasing: VecDeque<(i64, Position)>,
    /// Up to where all was settled before something was forgotten, by somebody who waits, of which there are messages yet:
    /// whoever ended an account or dropped a room waits until they are gone.
    forgetting: Option<Position>,
    /// What is being overwritten, if anything.
    scrub: Option<Scrub>,
    /// Where deleting what is too old goes on, if there may be anything.
    sweep: Option<Sweep>,
    /// State changes not on disk yet.
    upserts: Upserts,
    /// Positions whose message is lost and that `settled` has not passed.
    failed: Vec<Position>,
    /// The last position taken from the queue.
    taken: Position,
    last_time: Time,
    plans: Plans,
    /// While writing fails, the trouble that was logged last.
    told: Option<Trouble>,
    log: PathBuf,
    /// Past so many bytes the write-ahead log is emptied.
    log_bytes_enough: u64,
    /// Whether it was said that the log is too long.
    log_told: bool,
}

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        queue: Arc<Queue>,
        reads: Arc<Reads>,
        feed: Option<Arc<Feed>>,
        faults: Faults,
        on_settled: OnSettled,
    ) -> Self {
        let Erasing { last, last_copy, clean } = opened.erasing;
        queue.erasures.set_last(last);
        queue.erasures.set_clean(clean);
        // Begun by an earlier process.
        let scrub = (last_copy == 0 && clean < last).then_some(Scrub { number: last, next: Step::Pages(1) });
        Writer {
            connection: opened.connection,
            log: opened.path.with_file_name(LOG_FILE),
            path: opened.path,
            place: opened.place,
            lock: opened.lock,
            taken: queue.settled(),
            queue,
            reads,
            feed,
            faults,
            on_settled,
            erased: last,
            erasing: VecDeque::new(),
            forgetting: None,
            scrub,
            sweep: Some(Sweep::default()),
            upserts: Upserts::default(),
            failed: Vec::new(),
            last_time: opened.loaded.last_time,
            // What an earlier process had not finished forgetting goes on, and what has become too old since then goes.
            plans: Plans {
                forget_at: Some(Instant::now()),
                scrub_at: scrub.map(|_| Instant::now()),
                vacuum_at: Some(Instant::now()),
                ..Plans::default()
            },
            told: None,
            log_bytes_enough: LOG_BYTES_ENOUGH,
            log_told: false,
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
                Turn::Erase(number) => self.erase(number),
                Turn::Scrub => self.scrub(),
                Turn::CatchUp => self.catch_up(),
                Turn::Vacuum => self.vacuum(),
                Turn::End => return self.end(),
            }
        }
    }

    /// Commits what came, in one transaction; while writing fails, messages fail without a try.
    fn write(&mut self, entries: Vec<Entry>) {
        let started = Instant::now();
        let grouped = entries.len() > 1;
        let (mut messages, mut happenings) = (Vec::new(), Vec::new());
        let mut bytes = 0;
        for entry in entries {
            self.taken = entry.position;
            bytes += entry.bytes;
            for (part, change) in (0..).zip(entry.changes) {
                match change {
                    Change::Message(message) => messages.push((entry.position, message)),
                    Change::Happened(row) => happenings.push((part, row)),
                    state => self.upserts.add(entry.position, state),
                }
            }
        }
        let written = self.plans.health == Health::Works && self.commit(&messages, &happenings).is_ok();
        let mut lost = Vec::new();
        if !written {
            lost.extend(messages.iter().map(|(position, _)| *position));
            lost.dedup();
        }
        self.queue.release_bytes(bytes);
        self.settle(lost);
        if written {
            let said = messages.into_iter().map(|(_, message)| message);
            self.tell_index(said.filter(|message| message.kind != MessageKind::Tagmsg));
        }
        self.bound_log();
        self.plans.gather_until = grouped.then(|| started + Duration::from_millis(GATHER_MS));
    }

    /// Writes these messages and all that is left of state; an error is taken note of already.
    fn commit(
        &mut self,
        messages: &[(Position, StoredMessage)],
        happenings: &[(u64, StoredMessage)],
    ) -> rusqlite::Result<()> {
        let reservation = self.queue.next_reservation();
        if messages.is_empty() && happenings.is_empty() && self.upserts.is_empty() && reservation.is_none() {
            return Ok(());
        }
        let forgets = self
            .upserts
            .iter()
            .any(|change| matches!(change, Change::RoomForgotten(_) | Change::GuestForgotten(_)) || is_awaited(change));
        let forgets_awaited = self.upserts.iter().any(is_awaited);
        let ages = self.upserts.iter().any(|change| matches!(change, Change::KeptFrom(..)));
        let may_put_off = self.plans.catch_up_at.is_some()
            || messages.iter().any(|(_, message)| message.kind == MessageKind::Tagmsg)
            || self.upserts.iter().any(|change| matches!(change, Change::Account(_)));
        let (upserts, last_time, erased_before) = (&self.upserts, self.last_time, self.erased);
        let result = transact(&self.connection, &self.place, &self.faults, |transaction| {
            let (last_time, erased) = write_all(transaction, messages, happenings, upserts, reservation, last_time)?;
            let is_put_off = may_put_off && erased::is_put_off(transaction, erased > erased_before)?;
            Ok((last_time, erased, is_put_off))
        });
        match result {
            Ok((last_time, erased, is_put_off)) => {
                self.last_time = last_time;
                let latest = || Instant::now() + Duration::from_millis(PUT_OFF_MS);
                self.plans.catch_up_at = is_put_off.then(|| self.plans.catch_up_at.unwrap_or_else(latest));
                if forgets_awaited {
                    self.forgetting.get_or_insert(self.queue.settled());
                }
                self.note_erased(erased);
                self.upserts.clear();
                if let Some(until) = reservation {
                    self.queue.set_reserved_until(until);
                }
                if ages {
                    self.sweep = Some(Sweep::default());
                }
                if (forgets || ages) && self.plans.forget_at.is_none() {
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
        let erasing = self.erasing.front().map(|(_, before)| *before);
        let erased = [erasing, self.forgetting].into_iter().flatten().fold(upto, Position::min);
        (self.on_settled)(Settled { upto, erased, failed, failed_ahead });
    }

    fn note_erased(&mut self, last: i64) {
        if last > self.erased {
            self.erased = last;
            self.erasing.push_back((last, self.forgetting.unwrap_or_else(|| self.queue.settled())));
            self.queue.erasures.set_last(last);
        }
    }

    /// Only after all who wait for what was committed are told.
    fn tell_index(&self, messages: impl Iterator<Item = StoredMessage>) {
        if let Some(feed) = &self.feed {
            feed.committed(messages, self.taken, self.erased);
        }
    }

    fn fail(&mut self, error: &rusqlite::Error) {
        let trouble = Trouble::of(error);
        if self.told != Some(trouble) {
            let (path, cause, remedy) = (self.path.display(), one_line(error), trouble.remedy());
            tracing::error!("{path} cannot be written ({cause}): {remedy}; until then messages are refused");
            self.told = Some(trouble);
        }
        self.queue.set_healthy(false);
        self.plans.health = match trouble {
            // What else is written there may do more harm.
            Trouble::Damaged => Health::Damaged,
            _ => Health::Fails { retry_at: Instant::now() + Duration::from_millis(RETRY_MS) },
        };
    }

    /// Tries the state changes that are left, then whether there is room for more.
    fn retry(&mut self) {
        let waited_for = !self.upserts.is_empty();
        if self.commit(&[], &[]).is_err() {
            return;
        }
        if waited_for {
            self.settle(Vec::new());
        }
        self.tell_index(std::iter::empty());
        if let Err(error) = self.probe() {
            return self.fail(&error);
        }
        tracing::info!("{} can be written again, and messages are taken again", self.path.display());
        self.plans.health = Health::Works;
        self.told = None;
        self.queue.set_healthy(true);
        self.settle(Vec::new());
    }

    /// Writes more than a message takes and takes it away again: on a disk at its brink a tiny write may pass.
    fn probe(&mut self) -> rusqlite::Result<()> {
        transact(&self.connection, &self.place, &self.faults, |transaction| {
            transaction
                .execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', randomblob(?1))", [PROBE_BYTES])
                .map(drop)
        })?;
        transact(&self.connection, &self.place, &self.faults, |transaction| {
            transaction.execute("DELETE FROM meta WHERE key = 'probe'", []).map(drop)
        })
    }

    /// Deletes one slice of what is forgotten, or else of what is too old, if anything is.
    fn forget(&mut self) {
        let result = forget::is_due(&self.connection).and_then(|due| {
            let sweep = self.sweep.filter(|_| !due);
            if !due && sweep.is_none() {
                return Ok((due, false, self.sweep, self.erased));
            }
            transact(&self.connection, &self.place, &self.faults, |transaction| {
                let next = match sweep {
                    Some(sweep) => outdated::slice(transaction, sweep)?,
                    None => forget::slice(transaction).map(|()| self.sweep)?,
                };
                Ok((due, due || next.is_some(), next, erased::last(transaction)?))
            })
        });
        match result {
            Ok((forgets, goes_on, sweep, erased)) => {
                self.sweep = sweep;
                self.note_erased(erased);
                self.tell_index(std::iter::empty());
                if !forgets && self.forgetting.take().is_some() {
                    self.settle(Vec::new());
                }
                self.plans.forget_at = goes_on.then(|| Instant::now() + Duration::from_millis(FORGET_MS));
            }
            Err(error) => self.fail(&error),
        }
    }

    /// What was put off is overwritten now; nothing has come that would have taken it along.
    fn catch_up(&mut self) {
        let work = |transaction: &Connection| {
            erased::catch_up(transaction)?;
            erased::last(transaction)
        };
        match transact(&self.connection, &self.place, &self.faults, work) {
            Ok(erased) => {
                self.plans.catch_up_at = None;
                self.note_erased(erased);
                self.tell_index(std::iter::empty());
            }
            Err(error) => self.fail(&error),
        }
    }

    /// What was erased up to a number cannot be found any more: what is left of it goes now, step by step.
    fn erase(&mut self, number: i64) {
        self.scrub = Some(Scrub { number, next: Step::Copies });
        self.plans.scrub_at = Some(Instant::now());
    }

    /// Deletes some copies, then overwrites what is left in some pages, and at last empties the log too.
    fn scrub(&mut self) {
        let Some(Scrub { number, next }) = self.scrub else { return self.plans.scrub_at = None };
        let transact = |work: &dyn Fn(&Connection) -> rusqlite::Result<Step>| {
            transact(&self.connection, &self.place, &self.faults, work)
        };
        let begin = |all: bool| if all { Step::Pages(1) } else { Step::Copies };
        let go_on = |page: Option<u32>| page.map_or(Step::Log, Step::Pages);
        let done = match next {
            Step::Copies => transact(&|transaction| erased::delete(transaction, number).map(begin)).map(Some),
            Step::Pages(page) => transact(&|transaction| scrub::slice(transaction, page).map(go_on)).map(Some),
            Step::Log if !self.checkpoint(SCRUB_WAIT_MS) => {
                self.plans.scrubs_at_once = false;
                return self.plans.scrub_at = Some(Instant::now() + Duration::from_millis(SCRUB_AGAIN_MS));
            }
            Step::Log => {
                transact(&|transaction| erased::set_clean(transaction, number).map(|()| Step::Log)).map(|_| None)
            }
        };
        match done {
            Ok(Some(next)) => {
                self.scrub = Some(Scrub { number, next });
                self.plans.scrub_at = Some(Instant::now() + Duration::from_millis(SCRUB_MS));
                self.plans.scrubs_at_once = true;
            }
            Ok(None) => {
                self.scrub = None;
                self.plans.scrub_at = None;
                self.plans.scrubs_at_once = false;
                self.plans.vacuum_at = Some(Instant::now());
                self.queue.erasures.set_clean(number);
                self.erasing.retain(|(last, _)| *last > number);
                self.settle(Vec::new());
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Gives some pages back; with the last of them the file on the disk gets smaller too.
    fn vacuum(&mut self) {
        match transact(&self.connection, &self.place, &self.faults, vacuum::slice) {
            Ok(Given::Some) => self.plans.vacuum_at = Some(Instant::now() + Duration::from_millis(VACUUM_MS)),
            Ok(given) => {
                self.plans.vacuum_at = None;
                if given == Given::Last {
                    self.checkpoint(SCRUB_WAIT_MS);
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Everything handed over was taken: a last try for what is left, then a checkpoint.
    fn end(mut self) -> Result<(), CloseError> {
        let written = match self.plans.health {
            Health::Works | Health::Fails { .. } => self.commit(&[], &[]),
            Health::Damaged => self.leave_alone(),
        };
        if written.is_ok() {
            self.settle(Vec::new());
            self.checkpoint(CHECKPOINT_MS);
        }
        drop(self.connection);
        drop(self.lock);
        written.map_err(|error| CloseError::Unwritten { path: self.path, cause: one_line(&error) })
    }

    /// Nothing is written at the end of a damaged database; the last connection to close would empty the log into it.
    fn leave_alone(&self) -> rusqlite::Result<()> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None))
    }

    fn bound_log(&mut self) {
        let bytes = fs::metadata(&self.log).map_or(0, |file| file.len());
        if bytes <= LOG_BYTES_ENOUGH {
            self.log_bytes_enough = LOG_BYTES_ENOUGH;
            self.log_told = false;
        } else if bytes > self.log_bytes_enough && !self.checkpoint(CHECKPOINT_MS) {
            self.log_bytes_enough = bytes + LOG_BYTES_AGAIN;
            if bytes > LOG_BYTES_MAX && !std::mem::replace(&mut self.log_told, true) {
                let log = self.log.display();
                tracing::warn!("{log} grows: another program reads the database without an end; close that one");
            }
        }
    }

    /// Empties the write-ahead log into the database, if reads allow that within so many milliseconds.
    fn checkpoint(&self, wait_ms: u64) -> bool {
        let wait = |ms| self.connection.busy_timeout(Duration::from_millis(ms));
        let empty = || {
            let is_busy = |row: &Row<'_>| row.get::<_, bool>(0);
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_busy)
        };
        let result = wait(wait_ms).and_then(|()| empty()).and_then(|busy| wait(BUSY_MS).map(|()| !busy));
        result.unwrap_or_else(|error| {
            tracing::warn!("{} stays as it is: {error}", self.log.display());
            false
        })
    }
}

/// Runs `work` in one transaction; after an error nothing of it is there. A database that is gone is an error.
fn transact<T>(
    connection: &Connection,
    place: &Place,
    faults: &Faults,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if !connection.is_autocommit() {
        // A rollback failed together with its transaction.
        connection.execute_batch("ROLLBACK")?;
    }
    faults.before_transaction(connection)?;
    // Compiled once, unlike rusqlite's own.
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    run("BEGIN IMMEDIATE")?;
    let done = work(connection).and_then(|value| {
        faults.before_commit()?;
        place.check()?;
        run("COMMIT").map(|_| value)
    });
    if done.is_err() && !connection.is_autocommit() {
        // What went wrong first is what counts.
        _ = run("ROLLBACK");
    }
    done
}

/// Writes a batch; the latest time that is now stored, and the last thing that is now erased.
fn write_all(
    transaction: &Connection,
    messages: &[(Position, StoredMessage)],
    happenings: &[(u64, StoredMessage)],
    upserts: &Upserts,
    reservation: Option<Position>,
    last_time: Time,
) -> rusqlite::Result<(Time, i64)> {
    let mut latest = last_time;
    // Before what was said since: the same reaction may be given again.
    for change in upserts.iter() {
        if let Change::Redacted(conversation, msgid) = change {
            reactions::delete(transaction, *conversation, *msgid)?;
        }
    }
    for (_, message) in messages {
        latest = latest.max(message.msgid.time);
        rows::write_message(transaction, message)?;
    }
    for (part, row) in happenings {
        latest = latest.max(row.msgid.time);
        rows::write_happening(transaction, row, *part)?;
    }
    recent::write(transaction, messages.iter().map(|(_, message)| message))?;
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
    Ok((latest, erased::last(transaction)?))
}

/// Whether somebody waits until nothing is left of what this forgets.
fn is_awaited(change: &Change) -> bool {
    matches!(change, Change::AccountForgotten(_) | Change::RoomDropped(_))
}
