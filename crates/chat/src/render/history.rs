//! A page of history, or of what was found: a batch, or bare lines for those who do not know batches.

use bytes::Bytes;

use super::events::strangers;
use super::words::Words;
use super::{Receiver, Variant, reply};
use crate::capabilities::Caps;
use crate::durable::StoredMessage;
use crate::ids::Identity;
use crate::reply::{Reply, Scope};
use crate::session::{Frame, HistoryFrame};

/// The page, in its place in the session's output.
pub(crate) fn page(to: Receiver<'_>, scope: &Scope, frame: &Frame, rows: &[StoredMessage]) -> Vec<Bytes> {
    let (Frame::History(HistoryFrame { batch, .. }) | Frame::Search(batch)) = frame;
    let reader = match frame {
        Frame::History(frame) => frame.reader,
        Frame::Search(_) => None,
    };
    let batched = to.variant.caps.has(Caps::BATCH);
    let inside = if batched { Scope::Batch(batch.clone()) } else { Scope::Plain };
    let words = |message: &StoredMessage| {
        let is_own = reader.is_some() && message.author.map(Identity::number) == reader;
        let caps = if is_own { to.variant.caps } else { strangers(to.variant.caps) };
        let variant = Variant { caps, ..to.variant };
        Words { variant, server: &to.info.name, scope: &inside, message, target: &message.target }.lines()
    };
    let lines = rows.iter().flat_map(|row| words(row).as_slice().to_vec());
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
