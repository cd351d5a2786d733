//! Those at the door: how many there may be, and who goes when there are more.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::events::ConnectionId;

/// Every connection that no worker has yet, by its number, which tells who has been here longest.
///
/// Who means well is through in a moment; so it is never the newest that goes, however many are silent.
#[derive(Debug)]
pub(super) struct Waiting {
    max: Option<usize>,
    here: Mutex<BTreeMap<ConnectionId, oneshot::Sender<()>>>,
}

impl Waiting {
    /// So many may be here at once; `None` for no limit.
    pub(super) fn new(max: Option<usize>) -> Self {
        Waiting { max, here: Mutex::default() }
    }

    /// One more is here, and MUST [leave](Waiting::leave). What it gets is ready when it has to go for somebody newer.
    pub(super) fn enter(&self, connection: ConnectionId) -> oneshot::Receiver<()> {
        let (place, lost) = oneshot::channel();
        let mut here = self.here();
        here.insert(connection, place);
        if self.max.is_some_and(|max| here.len() > max) {
            here.pop_first();
        }
        lost
    }

    /// It is somebody else's now, or closed.
    pub(super) fn leave(&self, connection: ConnectionId) {
        self.here().remove(&connection);
    }

    /// How many are here.
    pub(super) fn count(&self) -> usize {
        self.here().len()
    }

    fn here(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, oneshot::Sender<()>>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
