//! A page of history, or of what was found: a batch, or bare lines for those who do not know batches.

use std::sync::Arc;

use bytes::Bytes;

use super::events::{happened, strangers};
use super::words::Words;
use super::{Receiver, Variant, reply};
use crate::capabilities::Caps;
use crate::departed::{self, Numbered};
use crate::durable::{MessageKind, StoredMessage};
use crate::ids::{Identity, Time};
use crate::reply::{Reply, Scope, begin_of_batch, end_of_batch};
use crate::session::{Frame, HistoryFrame, SearchFrame};

/// The page, in its place in the session's output.
pub(crate) fn page(to: Receiver<'_>, scope: &Scope, frame: &Frame, rows: &[StoredMessage]) -> Vec<Bytes> {
    let inside = inside(to, frame);
    let reader = match frame {
        Frame::History(frame) => frame.reader,
        Frame::Targets(_) | Frame::Search(_) | Frame::Export(_) => None,
    };
    let name = |row: &StoredMessage| name_now(frame, row);
    // Where a name leads to one who is not here, and others have borne it, too, the lines are that one's.
    let apart = match frame {
        Frame::History(frame) => Numbered::parse(&frame.target).map(|_| &frame.target),
        Frame::Targets(_) | Frame::Search(_) | Frame::Export(_) => None,
    };
    let words = |message: &StoredMessage| {
        let renamed = apart.map(|name| departed::renamed(message, reader, name));
        let message = renamed.as_ref().unwrap_or(message);
        let is_own = reader.is_some() && message.author.map(Identity::number) == reader;
        let caps = if is_own { to.variant.caps } else { strangers(to.variant.caps) };
        // Who does not read in one conversation is told by name.
        let caps = if reader.is_some() { caps } else { caps.without(Caps::PARTNER_SPEAKS) };
        let variant = Variant { caps, ..to.variant };
        Words { variant, server: &to.info.name, scope: &inside, message, target: &name(message) }.lines()
    };
    let lines = rows.iter().flat_map(|row| match row.kind {
        MessageKind::Happened(happening) => {
            let row = StoredMessage { target: name(row), ..row.clone() };
            happened(to, &inside, happening, &row).into_iter().collect()
        }
        _ => words(row).as_slice().to_vec(),
    });
    wrapped(to, scope, frame, lines.collect())
}

/// Where something was said, by the name that a room has now; between two it stands as it was said.
fn name_now(frame: &Frame, row: &StoredMessage) -> Arc<str> {
    let is_room = row.conversation.second == 0;
    let now = match frame {
        Frame::History(frame) => Some(&frame.target),
        Frame::Search(frame) => {
            let place = frame.rooms.binary_search_by_key(&row.conversation.first, |(room, _)| room.0);
            place.ok().map(|place| &frame.rooms[place].1)
        }
        Frame::Targets(_) | Frame::Export(_) => None,
    };
    Arc::clone(now.filter(|_| is_room).unwrap_or(&row.target))
}

/// Which conversations there are, in their place in the session's output.
pub(crate) fn targets(to: Receiver<'_>, scope: &Scope, frame: &Frame, found: &[(Arc<str>, Time)]) -> Vec<Bytes> {
    let inside = inside(to, frame);
    let lines = found.iter().map(|(name, time)| {
        let line = Reply::word("CHATHISTORY").param("TARGETS").param(name.to_string()).param(time.to_string());
        reply(to, &inside, &line)
    });
    wrapped(to, scope, frame, lines.collect())
}

/// The batch of its own kind that a page stands in, and how it begins.
fn batch(frame: &Frame) -> Option<(&str, Reply)> {
    Some(match frame {
        Frame::History(HistoryFrame { batch, target, .. }) => {
            (batch, begin_of_batch(batch).param("chathistory").param(target.to_string()))
        }
        Frame::Targets(batch) => (batch, begin_of_batch(batch).param("draft/chathistory-targets")),
        Frame::Search(SearchFrame { batch, .. }) => (batch, begin_of_batch(batch).param("soju.im/search")),
        Frame::Export(_) => return None,
    })
}

/// What the lines within carry.
fn inside(to: Receiver<'_>, frame: &Frame) -> Scope {
    let batch = batch(frame).filter(|_| to.variant.caps.has(Caps::BATCH));
    batch.map_or(Scope::Plain, |(batch, _)| Scope::Batch(batch.into()))
}

fn wrapped(to: Receiver<'_>, scope: &Scope, frame: &Frame, lines: Vec<Bytes>) -> Vec<Bytes> {
    let Some((batch, open)) = batch(frame).filter(|_| to.variant.caps.has(Caps::BATCH)) else { return lines };
    let (open, close) = (reply(to, scope, &open), reply(to, &Scope::Plain, &end_of_batch(batch)));
    std::iter::once(open).chain(lines).chain([close]).collect()
}
