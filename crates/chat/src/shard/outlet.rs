//! A session's output: one queue, first in, first out, with gates.
//!
//! What stands behind a gate waits until the gate's position is settled; what stands behind a page of history waits
//! until the page is read. Nothing overtakes anything.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::ids::Position;
use crate::render::Variant;
use crate::reply::Scope;
use crate::session::HistoryFrame;

/// What waits, or is waited for.
#[derive(Debug)]
enum Held {
    Line(Bytes),
    Gate { position: Position, settled: Bytes, failed: Option<Bytes> },
    Page { scope: Scope, frame: HistoryFrame },
    End,
}

/// One connection's side that writes.
#[derive(Debug)]
pub struct Outlet {
    pub(crate) nick: Arc<str>,
    pub(crate) variant: Variant,
    ready: VecDeque<Bytes>,
    written: usize,
    held: VecDeque<Held>,
    watched: VecDeque<(Position, Bytes)>,
    bytes: usize,
    /// How many of those bytes, at most, are answers to what the session itself asked.
    asked_bytes: usize,
    closing: bool,
    ended: bool,
}

impl Outlet {
    pub(crate) fn new(variant: Variant) -> Self {
        Outlet {
            nick: "*".into(),
            variant,
            ready: VecDeque::new(),
            written: 0,
            held: VecDeque::new(),
            watched: VecDeque::new(),
            bytes: 0,
            asked_bytes: 0,
            closing: false,
            ended: false,
        }
    }

    /// How many bytes wait, for the peer or for a gate.
    pub fn queued_bytes(&self) -> usize {
        self.bytes
    }

    /// How many bytes wait that the session did not ask for: a peer that does not take them is too slow.
    ///
    /// A long answer of its own never counts against it; to bound those, it is not read while much waits for it.
    pub fn unasked_bytes(&self) -> usize {
        self.bytes.saturating_sub(self.asked_bytes)
    }

    /// What may be written now, one framed line each; of the first, `already_written()` bytes have been.
    pub fn ready(&self) -> impl Iterator<Item = &Bytes> {
        self.ready.iter()
    }

    /// How many bytes of the first ready line the peer has already.
    pub fn already_written(&self) -> usize {
        self.written
    }

    /// Whether there is something to write now.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether everything is written and the session is over.
    pub fn is_finished(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    /// Notes that the peer took so many bytes; `done` is told of each line that is out completely.
    pub fn consume(&mut self, mut count: usize, mut done: impl FnMut(&Bytes)) {
        self.bytes -= count;
        self.asked_bytes = self.asked_bytes.min(self.bytes);
        while let Some(line) = self.ready.front() {
            let left = line.len() - self.written;
            if count < left {
                self.written += count;
                return;
            }
            count -= left;
            self.written = 0;
            done(line);
            self.ready.pop_front();
        }
        // An idle session keeps no buffer.
        self.ready = VecDeque::new();
    }

    /// Adds a line; after the goodbye nothing more comes.
    pub(crate) fn push(&mut self, line: Bytes) {
        if self.closing {
            return;
        }
        self.bytes += line.len();
        if self.held.is_empty() {
            self.ready.push_back(line);
        } else {
            self.held.push_back(Held::Line(line));
        }
    }

    /// Adds a line that answers what the session itself has asked.
    pub(crate) fn push_answer(&mut self, line: Bytes) {
        if !self.closing {
            self.asked_bytes += line.len();
            self.push(line);
        }
    }

    /// Adds a control frame, which overtakes what waits behind gates (RFC 6455, section 5.5).
    pub fn push_control(&mut self, frame: Bytes) {
        if !self.closing {
            self.bytes += frame.len();
            self.ready.push_back(frame);
        }
    }

    /// A gate: the line comes out once the position is settled, or the other one, if that has failed.
    pub(crate) fn gate(&mut self, position: Position, settled: Bytes, failed: Option<Bytes>) {
        if !self.closing {
            self.bytes += settled.len();
            self.held.push_back(Held::Gate { position, settled, failed });
        }
    }

    /// A line that comes only if the position fails; nothing waits for it.
    pub(crate) fn watch(&mut self, position: Position, failed: Bytes) {
        self.watched.push_back((position, failed));
    }

    /// A page of history will stand here.
    pub(crate) fn await_page(&mut self, scope: Scope, frame: HistoryFrame) {
        if !self.closing {
            self.held.push_back(Held::Page { scope, frame });
        }
    }

    /// The page that is waited for.
    pub(crate) fn awaited_page(&self) -> Option<(&Scope, &HistoryFrame)> {
        self.held.iter().find_map(|held| match held {
            Held::Page { scope, frame } => Some((scope, frame)),
            Held::Line(_) | Held::Gate { .. } | Held::End => None,
        })
    }

    /// The page is there; `upto` is what is settled by now.
    pub(crate) fn fill_page(&mut self, lines: Vec<Bytes>, upto: Position) {
        let Some(place) = self.held.iter().position(|held| matches!(held, Held::Page { .. })) else { return };
        let page_bytes = lines.iter().map(Bytes::len).sum::<usize>();
        self.bytes += page_bytes;
        self.asked_bytes += page_bytes;
        let behind = self.held.split_off(place + 1);
        self.held.pop_back();
        self.held.extend(lines.into_iter().map(Held::Line));
        self.held.extend(behind);
        self.open(upto);
    }

    /// The last thing that comes out.
    pub(crate) fn end(&mut self) {
        self.closing = true;
        if self.held.is_empty() {
            self.ended = true;
        } else {
            self.held.push_back(Held::End);
        }
    }

    /// What was said at these positions, rising, is lost: its author reads so at the gate's place, or at once where
    /// nothing waits.
    pub(crate) fn fail(&mut self, lost: &[Position]) {
        let is_lost = |position: &Position| lost.binary_search(position).is_ok();
        let watched = std::mem::take(&mut self.watched).into_iter();
        let (told, watched): (VecDeque<_>, _) = watched.partition(|(position, _)| is_lost(position));
        self.watched = watched;
        for held in &mut self.held {
            if let Held::Gate { position, settled, failed } = held
                && is_lost(position)
                && let Some(failed) = failed.take()
            {
                self.bytes = self.bytes + failed.len() - settled.len();
                *held = Held::Line(failed);
            }
        }
        told.into_iter().for_each(|(_, failure)| self.push(failure));
    }

    /// Opens every gate that is settled, up to the first that is not.
    pub(crate) fn open(&mut self, upto: Position) {
        while self.watched.pop_front_if(|(position, _)| *position <= upto).is_some() {}
        while let Some(held) = self.held.front() {
            match held {
                Held::Gate { position, .. } if *position > upto => return,
                Held::Page { .. } => return,
                Held::Line(_) | Held::Gate { .. } | Held::End => {}
            }
            match self.held.pop_front() {
                Some(Held::Line(line) | Held::Gate { settled: line, .. }) => self.ready.push_back(line),
                Some(Held::End) => self.ended = true,
                Some(Held::Page { .. }) | None => {}
            }
        }
        self.held = VecDeque::new();
    }

    /// Throws everything away, and takes nothing more: the connection is closed.
    pub(crate) fn discard(&mut self) {
        let closed = Outlet { closing: true, ..Outlet::new(self.variant) };
        *self = Outlet { nick: Arc::clone(&self.nick), ..closed };
    }

    /// Throws away what waits, but for a line that is partly out: the peer does not read.
    pub(crate) fn abandon(&mut self) {
        self.ready.truncate(usize::from(self.written > 0));
        self.held.clear();
        self.bytes = self.ready.iter().map(Bytes::len).sum::<usize>() - self.written;
    }
}
