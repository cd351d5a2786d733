//! What was said, as the lines that it takes: one, a batch of several, or several bare ones for those who do not know
//! such batches. <https://ircv3.net/specs/extensions/multiline>

use std::sync::Arc;

use bytes::Bytes;
use teahouse_proto::irc::{LineBuilder, Tags};
use teahouse_proto::limits::MESSAGE_BODY_BYTES_MAX;
use teahouse_proto::vendor;

use super::{Variant, begin, framed};
use crate::capabilities::Caps;
use crate::commands::{batch, edit, say};
use crate::durable::{MessageKind, StoredMessage};
use crate::ids::Identity;
use crate::lines::{self, Piece};
use crate::reply::Scope;

/// The tag with the number of the other one of two who talk: what stands behind the `@` in the name of a conversation with
/// somebody who is gone.
const PARTNER_TAG: &str = vendor!("partner");

/// The framed lines that one receiver gets of something: nothing gets in between.
#[derive(Clone, Debug)]
pub(crate) enum Lines {
    One(Bytes),
    Many(Arc<[Bytes]>),
}

impl Lines {
    /// All of them.
    pub(crate) fn as_slice(&self) -> &[Bytes] {
        match self {
            Lines::One(line) => std::slice::from_ref(line),
            Lines::Many(lines) => lines,
        }
    }

    /// How many bytes they have together.
    pub(crate) fn bytes(&self) -> usize {
        self.as_slice().iter().map(Bytes::len).sum()
    }
}

/// A message as receivers of one kind get it.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) variant: Variant,
    pub(super) server: &'a str,
    pub(super) scope: &'a Scope,
    pub(super) message: &'a StoredMessage,
    /// Where it was said, by the name that this has now.
    pub(super) target: &'a str,
}

impl Words<'_> {
    /// All its lines.
    pub(super) fn lines(self) -> Lines {
        let Words { message, target, .. } = self;
        let head_bytes = message.source.len() + say::command_name(message.kind).len() + target.len() + ":   :".len();
        let bytes_max = MESSAGE_BODY_BYTES_MAX.saturating_sub(head_bytes);
        if message.text.len() <= bytes_max && !lines::is_many(&message.text) {
            return Lines::One(self.bare(&message.text, true));
        }
        let pieces = lines::pieces(&message.text, bytes_max);
        if self.variant.caps.has(Caps::MULTILINE.or(Caps::BATCH)) {
            return Lines::Many(self.batch(&pieces));
        }
        let shown = pieces.iter().filter(|piece| !piece.text.is_empty()).enumerate();
        Lines::Many(shown.map(|(index, piece)| self.bare(piece.text, index == 0)).collect())
    }

    /// A line that stands for itself; the first of several is the one that has the message's id.
    fn bare(self, text: &str, is_first: bool) -> Bytes {
        let Words { variant, message, .. } = self;
        let plain = Scope::Plain;
        let scope = if is_first || matches!(self.scope, Scope::Batch(_)) { self.scope } else { &plain };
        framed(variant.framing, |buf| {
            let mut line = begin(buf, variant.caps, scope, Some(message.msgid.time));
            if is_first {
                self.tags(&mut line);
            }
            self.account(&mut line);
            line.source(&message.source).command(say::command_name(message.kind)).param(self.target);
            if message.kind != MessageKind::Tagmsg {
                line.trailing(text);
            }
        })
    }

    fn batch(self, pieces: &[Piece<'_>]) -> Arc<[Bytes]> {
        let Words { variant, message, .. } = self;
        // Not to be mistaken for a reference that a session counts.
        let reference = format!("m{}", message.msgid);
        let open = framed(variant.framing, |buf| {
            let mut line = begin(buf, variant.caps, self.scope, Some(message.msgid.time));
            self.tags(&mut line);
            self.account(&mut line);
            line.source(&message.source).command("BATCH").param(&format!("+{reference}"));
            line.param(batch::MULTILINE).param(self.target);
        });
        let close = framed(variant.framing, |buf| {
            let around = if matches!(self.scope, Scope::Batch(_)) { self.scope } else { &Scope::Plain };
            let mut line = begin(buf, variant.caps, around, None);
            line.source(self.server).command("BATCH").param(&format!("-{reference}"));
        });
        let inside = Scope::Batch(reference.as_str().into());
        let lines = pieces.iter().map(|piece| {
            framed(variant.framing, |buf| {
                let mut line = begin(buf, variant.caps, &inside, None);
                if piece.goes_on {
                    line.tag(batch::CONCAT, "");
                }
                line.source(&message.source).command(say::command_name(message.kind)).param(self.target);
                line.trailing(piece.text);
            })
        });
        std::iter::once(open).chain(lines).chain([close]).collect()
    }

    fn tags(self, line: &mut LineBuilder<'_>) {
        if self.variant.caps.has(Caps::MESSAGE_TAGS) {
            line.tag("msgid", &self.message.msgid.to_string());
            for (key, value) in Tags::new(&self.message.tags).iter() {
                line.tag(key, &value);
            }
        }
        if let Some(number) = self.partner() {
            line.tag(PARTNER_TAG, &number.to_string());
        }
        if let Some(edited) = self.message.edited.filter(|_| self.variant.caps.has(Caps::MESSAGE_EDIT)) {
            line.tag(edit::MARK_TAG, &edited.to_string());
        }
        if let Some(id) = self.message.client_id.filter(|_| self.variant.caps.has(Caps::CLIENT_MSGID)) {
            line.tag(say::CLIENT_ID_TAG, &id.to_string());
        }
    }

    /// With whom the receiver talks there, if it wants to know.
    fn partner(self) -> Option<u64> {
        let Words { variant, message, .. } = self;
        let author = message.author.filter(|_| message.conversation.second != 0)?;
        match variant.caps {
            caps if caps.has(Caps::PARTNER_SPEAKS) => Some(author.number()),
            caps if caps.has(Caps::PARTNER) => Some(message.conversation.partner(author)),
            _ => None,
        }
    }

    fn account(self, line: &mut LineBuilder<'_>) {
        let has_account = self.message.author.and_then(Identity::account).is_some();
        if has_account && self.variant.caps.has(Caps::ACCOUNT_TAG) {
            line.tag("account", self.message.source.split('!').next().unwrap_or_default());
        }
    }
}
