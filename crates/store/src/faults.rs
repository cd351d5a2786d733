//! Holds the writer back and makes it fail, so that tests can look at what happens then.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ffi};

/// A handle on the faults of one store; clones are the same handle, and without a call it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    held: bool,
    failing: bool,
    full: bool,
}

impl Faults {
    /// While `true`, the writer stops before its next transaction.
    pub fn hold(&self, held: bool) {
        self.state().held = held;
        self.shared.1.notify_all();
    }

    /// While `true`, every commit fails as with a broken disk.
    pub fn fail_commits(&self, failing: bool) {
        self.state().failing = failing;
    }

    /// While `true`, the database may not grow by a page: SQLite itself reports a full disk.
    pub fn fill_disk(&self, full: bool) {
        self.state().full = full;
    }

    /// Called by the writer before a transaction.
    pub(crate) fn before_transaction(&self, connection: &Connection) -> rusqlite::Result<()> {
        let state = self.shared.1.wait_while(self.state(), |state| state.held).unwrap_or_else(PoisonError::into_inner);
        // A limit below the present size means the present size.
        let pages: i64 = if state.full { 1 } else { i64::from(u32::MAX) - 1 };
        drop(state);
        connection.prepare_cached(&format!("PRAGMA max_page_count = {pages}"))?.query_row([], |_| Ok(()))
    }

    /// Called by the writer before a commit.
    pub(crate) fn before_commit(&self) -> rusqlite::Result<()> {
        if self.state().failing {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR), None));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
