//! The thread that answers searches, with connections of its own.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use teahouse_chat::durable::{Conversation, StoredMessage};
use teahouse_chat::ids::{Identity, Position};
use teahouse_chat::query::SearchRead;

use super::{index, messages};
use crate::error::{CloseError, OpenError, ReadError, one_line};
use crate::open;
use crate::readers::READ_ROWS_MAX;

/// At most so many searches wait.
pub const FIND_QUEUE_MAX: usize = 256;
/// A thread whose searches fail logs that so often at most, in seconds: who asks decides how often they do.
const COMPLAIN_S: u64 = 10;

type Reply = Box<dyn FnOnce(Result<Vec<StoredMessage>, ReadError>) + Send>;

/// A search and who wants it.
pub(crate) struct Find {
    pub(crate) read: SearchRead,
    /// Nothing above this is given.
    pub(crate) upto: Position,
    pub(crate) reply: Reply,
}

impl fmt::Debug for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read.fmt(f)
    }
}

/// Searches that are not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Finds {
    pending: Mutex<Pending>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    finds: VecDeque<Find>,
    closed: bool,
}

impl Finds {
    /// Takes a search, or refuses it at once.
    pub(crate) fn submit(&self, find: Find) {
        let mut pending = self.lock();
        let refusal = if pending.closed {
            ReadError::Closed
        } else if pending.finds.len() >= FIND_QUEUE_MAX {
            ReadError::Busy
        } else {
            pending.finds.push_back(find);
            self.wake.notify_one();
            return;
        };
        drop(pending);
        (find.reply)(Err(refusal));
    }

    /// Answers what waits with [`ReadError::Closed`] and lets the thread end.
    pub(crate) fn close(&self) {
        let mut pending = self.lock();
        pending.closed = true;
        let left = std::mem::take(&mut pending.finds);
        drop(pending);
        self.wake.notify_all();
        left.into_iter().for_each(|find| (find.reply)(Err(ReadError::Closed)));
    }

    fn next(&self) -> Option<Find> {
        let idle = |pending: &mut Pending| pending.finds.is_empty() && !pending.closed;
        self.wake.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner).finds.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread, which lives until [`Finds::close`] and drops its `alive` last.
pub(super) fn start(
    finds: &Arc<Finds>,
    path: &Path,
    messages: &Path,
    alive: &Sender<Result<(), CloseError>>,
) -> Result<(), OpenError> {
    let finder = Finder {
        index: open::connect_reader(path)?,
        messages: open::connect_reader(messages)?,
        path: path.to_owned(),
        complained: None,
    };
    let (finds, alive, path) = (Arc::clone(finds), alive.clone(), path.to_owned());
    let thread = thread::Builder::new().name("store-finder".into()).spawn(move || {
        finder.run(&finds);
        drop(alive);
    });
    thread.map(drop).map_err(|error| OpenError::Other { path, cause: one_line(&error) })
}

struct Finder {
    index: Connection,
    messages: Connection,
    path: PathBuf,
    complained: Option<Instant>,
}

impl Finder {
    fn run(mut self, finds: &Finds) {
        while let Some(Find { read, upto, reply }) = finds.next() {
            // Whoever asked is answered whatever happens, and the thread lives on for the others.
            let rows = catch_unwind(AssertUnwindSafe(|| find(&self.index, &self.messages, &read, upto)));
            let rows = rows.unwrap_or(Err(rusqlite::Error::InvalidQuery)).map_err(|error| self.complain(&error));
            if catch_unwind(AssertUnwindSafe(move || reply(rows))).is_err() {
                tracing::error!("the receiver of what was searched for panicked");
            }
        }
    }

    fn complain(&mut self, error: &rusqlite::Error) -> ReadError {
        let cause = one_line(error);
        if self.complained.is_none_or(|last| last.elapsed() >= Duration::from_secs(COMPLAIN_S)) {
            self.complained = Some(Instant::now());
            let path = self.path.display();
            tracing::error!("{path} cannot be searched ({cause}): stop the server, and try `teahouse reindex`");
        }
        ReadError::Failed(cause)
    }
}

/// What is found, oldest first.
fn find(
    index: &Connection,
    messages: &Connection,
    read: &SearchRead,
    upto: Position,
) -> rusqlite::Result<Vec<StoredMessage>> {
    let limit = read.limit.min(READ_ROWS_MAX);
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    // One lock each for all of the many small reads.
    let _reading = (index.unchecked_transaction()?, messages.unchecked_transaction()?);
    index::find(index, read, upto, |conversation, msgid| {
        // The index may be behind: what is gone is not given.
        let message = messages::one(messages, conversation, msgid)?;
        let is_by = |message: &StoredMessage| {
            read.account.is_none_or(|account| message.author.map(Identity::number) == Some(account))
        };
        found.extend(message.filter(|message| may_read(read, message.conversation) && is_by(message)));
        Ok(found.len() < limit)
    })?;
    if !read.oldest {
        found.reverse();
    }
    Ok(found)
}

/// Whether a message is where one was asked to look: whatever the index says.
fn may_read(read: &SearchRead, conversation: Conversation) -> bool {
    let is_party = |number| conversation.second != 0 && [conversation.first, conversation.second].contains(&number);
    read.conversations.contains(&conversation) || read.privately.is_some_and(|identity| is_party(identity.number()))
}
