//! A page of history, or of what was found: a batch, or bare lines for those who do not know batches.

use bytes::Bytes;

use super::events::message;
use super::{Receiver, begin, framed, reply};
use crate::capabilities::Caps;
use crate::durable::StoredMessage;
use crate::reply::{Reply, Scope};
use crate::session::{Frame, HistoryFrame};

/// The page, in its place in the session's output.
pub(crate) fn page(to: Receiver<'_>, scope: &Scope, frame: &Frame, rows: &[StoredMessage]) -> Vec<Bytes> {
    let (Frame::History(HistoryFrame { batch, .. }) | Frame::Search(batch)) = frame;
    let batched = to.variant.caps.has(Caps::BATCH);
    let inside = if batched { Scope::Batch(batch.clone()) } else { Scope::Plain };
    let lines = rows.iter().map(|row| {
        framed(to.variant.framing, |buf| {
            let mut line = begin(buf, to.variant.caps, &inside, Some(row.msgid.time));
            message(&mut line, to.variant.caps, row);
        })
    });
    if !batched {
        return lines.collect();
    }
    let open = Reply::word("BATCH").param(format!("+{batch}"));
    let open = match frame {
        Frame::History(frame) => open.param("chathistory").param(frame.target.to_string()),
        Frame::Search(_) => open.param("soju.im/search"),
    };
    let close = Reply::word("BATCH").param(format!("-{batch}"));
    let (open, close) = (reply(to, scope, &open), reply(to, &Scope::Plain, &close));
    std::iter::once(open).chain(lines).chain([close]).collect()
}
