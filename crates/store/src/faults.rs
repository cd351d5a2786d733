//! Holds the writer back and makes it fail, so that tests can look at what happens then.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ffi};

/// How many pages SQLite lets a database have unless told otherwise.
const PAGES_MAX: i64 = u32::MAX as i64 - 1;

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
    /// What of `full` the connection was last told.
    told_full: bool,
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

    /// Called by the writer before a transaction; without a fault it leaves the connection alone.
    pub(crate) fn before_transaction(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut state =
            self.shared.1.wait_while(self.state(), |state| state.held).unwrap_or_else(PoisonError::into_inner);
        if state.full != state.told_full {
            // A limit below the present size means the present size.
            let pages = if state.full { 1 } else { PAGES_MAX };
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            state.told_full = state.full;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_touched_only_when_the_disk_fills_or_empties() {
        let connection = Connection::open_in_memory().unwrap();
        let limit = || connection.query_row("PRAGMA max_page_count", [], |row| row.get::<_, i64>(0)).unwrap();
        let set = |pages: i64| {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        };
        let faults = Faults::default();
        set(77);
        faults.before_transaction(&connection).unwrap();
        assert_eq!(limit(), 77);

        faults.fill_disk(true);
        faults.before_transaction(&connection).unwrap();
        assert_eq!(limit(), 1);
        set(77);
        faults.before_transaction(&connection).unwrap();
        assert_eq!(limit(), 77);

        faults.fill_disk(false);
        faults.before_transaction(&connection).unwrap();
        assert_eq!(limit(), PAGES_MAX);
    }
}
