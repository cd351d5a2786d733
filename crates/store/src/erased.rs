//! What was deleted or replaced, until no file has it any more: the writer's side of that.
//!
//! A text is deleted in these steps. A trigger copies it to the table `erased`, in the transaction that deletes it. The
//! index takes its words out with what it finds there, and tells the queue. Then the writer deletes the copy, overwrites
//! what both left behind, and empties the log into the database. Each step can be done again after a crash.
//!
//! For that all pages are looked at, which costs as much as reading the whole database. Nobody waits until a reaction that
//! was taken back, or an old password's hash, is gone like this, and anybody may take back reactions all day; so what these
//! leave behind is put off ([`put_off`]): it goes together with the next text that is erased, a minute later at the latest,
//! and with the next start. The row itself is overwritten at once, by `PRAGMA secure_delete`.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::rows::{from_sql, to_sql};
use crate::schema::{meta_number, set_meta_number};

type Reply = Box<dyn FnOnce() + Send>;

/// How far erasing is, and who waits for it.
#[derive(Default)]
pub(crate) struct Erasures {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last thing that a commit has erased.
    last: i64,
    /// Everything up to here is in no file any more.
    clean: i64,
    waiting: Vec<(i64, Reply)>,
}

impl Erasures {
    /// Calls back once all that commits have erased so far is in no file any more.
    pub(crate) fn when_clean(&self, reply: Reply) {
        let mut state = self.lock();
        if state.clean < state.last {
            let last = state.last;
            return state.waiting.push((last, reply));
        }
        drop(state);
        reply();
    }

    /// A commit has erased what has this number, and perhaps others before.
    pub(crate) fn set_last(&self, number: i64) {
        self.lock().last = number;
    }

    /// Everything up to this number is in no file any more.
    pub(crate) fn set_clean(&self, number: i64) {
        let mut state = self.lock();
        state.clean = number;
        let (done, waiting) = std::mem::take(&mut state.waiting).into_iter().partition(|(last, _)| *last <= number);
        state.waiting = waiting;
        drop(state);
        Vec::from_iter::<Vec<(i64, Reply)>>(done).into_iter().for_each(|(_, reply)| reply());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Erasures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        write!(f, "Erasures({} of {})", state.clean, state.last)
    }
}

/// Where the number is kept up to which everything is in no file any more.
const CLEAN: &str = "erased_clean";

/// The number of the last thing that was erased, or 0.
pub(crate) fn last(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'erased'")?
        .query_row([], |row| row.get(0))
}

/// The number of the last thing of which the copy is there, or 0.
pub(crate) fn last_copy(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(number), 0) FROM erased", [], |row| row.get(0))
}

/// Up to which number everything is in no file any more.
pub(crate) fn clean(connection: &Connection) -> rusqlite::Result<i64> {
    meta_number(connection, CLEAN).map(|number| to_sql(number.unwrap_or_default()))
}

/// Notes that.
pub(crate) fn set_clean(transaction: &Connection, number: i64) -> rusqlite::Result<()> {
    set_meta_number(transaction, CLEAN, from_sql(number))
}

/// At most so many copies are deleted in one transaction.
const COPIES_MAX: i64 = 500;

/// Something was deleted that no index has, and of which no copy is needed: what it leaves behind is to be overwritten.
pub(crate) fn note(transaction: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT INTO erased (first, second, time, position, source, text) VALUES (0, 0, 0, 0, '', '')";
    transaction.prepare_cached(sql)?.execute([]).map(drop)
}

/// Where it is kept that something was put off.
const PUT_OFF: &str = "erasing_put_off";

/// What was deleted leaves something behind that need not be overwritten at once.
pub(crate) fn put_off(transaction: &Connection) -> rusqlite::Result<()> {
    set_meta_number(transaction, PUT_OFF, 1)
}

/// Whether something is put off; no more, if something `is_erased` in this transaction: that takes it along.
pub(crate) fn is_put_off(transaction: &Connection, is_erased: bool) -> rusqlite::Result<bool> {
    if is_erased {
        transaction.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([PUT_OFF])?;
        return Ok(false);
    }
    transaction.prepare_cached("SELECT 1 FROM meta WHERE key = ?1")?.exists([PUT_OFF])
}

/// What was put off is to be overwritten now.
pub(crate) fn catch_up(transaction: &Connection) -> rusqlite::Result<()> {
    if is_put_off(transaction, false)? {
        note(transaction)?;
        is_put_off(transaction, true)?;
    }
    Ok(())
}

/// Deletes some of the copies up to a number: the index has nothing of them any more. Whether that were all.
pub(crate) fn delete(transaction: &Connection, upto: i64) -> rusqlite::Result<bool> {
    let first: Option<i64> = transaction
        .prepare_cached("SELECT min(number) FROM erased WHERE number <= ?1")?
        .query_row([upto], |row| row.get(0))?;
    let Some(first) = first else { return Ok(true) };
    let last = upto.min(first.saturating_add(COPIES_MAX - 1));
    transaction.prepare_cached("DELETE FROM erased WHERE number <= ?1")?.execute([last])?;
    Ok(last == upto)
}
