//! A session's output: one queue, first in, first out, with gates.
//!
//! What stands behind a gate waits until the gate's position is settled; what stands behind a page of history waits
//! until the page is read. Nothing overtakes anything.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::gates::{Gate, Reached};
use crate::ids::Position;
use crate::render::{Lines, Variant};
use crate::reply::Scope;
use crate::session::Frame;

/// What waits, or is waited for.
#[derive(Debug)]
enum Held {
    Line(Bytes),
    Gate { gate: Gate, position: Position, opened: Lines, failed: Option<Bytes> },
    Page { scope: Scope, frame: Frame },
    End,
}

/// One connection's side that writes.
///
/// Most of the time there is nothing, or one line on its way: that takes no allocation.
#[derive(Debug)]
pub struct Outlet {
    /// The line to be written next.
    next: Option<Bytes>,
    more: Option<Box<More>>,
    pub(crate) nick: Arc<str>,
    pub(crate) variant: Variant,
    closing: bool,
    ended: bool,
}

/// What there is besides one line.
#[derive(Debug, Default)]
struct More {
    /// To be written behind the next line.
    ready: VecDeque<Bytes>,
    /// How much of the next line the peer has.
    written: usize,
    held: VecDeque<Held>,
    watched: VecDeque<(Position, Bytes)>,
    /// How many bytes wait, the next line's included.
    bytes: usize,
    /// How many of those bytes, at most, are answers to what the session itself asked.
    asked_bytes: usize,
}

impl Outlet {
    pub(crate) fn new(variant: Variant) -> Self {
        Outlet { next: None, more: None, nick: "*".into(), variant, closing: false, ended: false }
    }

    /// How many bytes wait, for the peer or for a gate.
    pub fn queued_bytes(&self) -> usize {
        self.more.as_ref().map_or_else(|| self.next.as_ref().map_or(0, Bytes::len), |more| more.bytes)
    }

    /// How many bytes wait that the session did not ask for: a peer that does not take them is too slow.
    ///
    /// A long answer of its own never counts against it; to bound those, it is not read while much waits for it.
    pub fn unasked_bytes(&self) -> usize {
        self.queued_bytes().saturating_sub(self.more.as_ref().map_or(0, |more| more.asked_bytes))
    }

    /// What may be written now, one framed line each; of the first, `already_written()` bytes have been.
    pub fn ready(&self) -> impl Iterator<Item = &Bytes> {
        self.next.iter().chain(self.more.iter().flat_map(|more| &more.ready))
    }

    /// How many bytes of the first ready line the peer has already.
    pub fn already_written(&self) -> usize {
        self.more.as_ref().map_or(0, |more| more.written)
    }

    /// Whether there is something to write now.
    pub fn is_ready(&self) -> bool {
        self.next.is_some()
    }

    /// Whether everything is written and the session is over.
    pub fn is_finished(&self) -> bool {
        self.ended && self.next.is_none()
    }

    /// Notes that the peer took so many bytes; `done` is told of each line that is out completely.
    pub fn consume(&mut self, mut count: usize, mut done: impl FnMut(&Bytes)) {
        if self.more.is_none()
            && let Some(line) = self.next.take_if(|line| line.len() == count)
        {
            return done(&line);
        }
        let more = more(&mut self.more, self.next.as_ref());
        more.bytes -= count;
        more.asked_bytes = more.asked_bytes.min(more.bytes);
        while let Some(line) = &self.next {
            let left = line.len() - more.written;
            if count < left {
                more.written += count;
                return;
            }
            count -= left;
            more.written = 0;
            done(line);
            self.next = more.ready.pop_front();
        }
        // An idle session keeps no buffer.
        more.ready = VecDeque::new();
        self.more.take_if(|more| more.held.is_empty() && more.watched.is_empty());
    }

    fn more(&mut self) -> &mut More {
        more(&mut self.more, self.next.as_ref())
    }

    /// Whether nothing waits for a gate or a page.
    fn is_open(&self) -> bool {
        self.more.as_ref().is_none_or(|more| more.held.is_empty())
    }

    /// Has a line written behind those that are ready.
    fn line_up(&mut self, line: Bytes) {
        match (&mut self.next, &mut self.more) {
            (None, _) => self.next = Some(line),
            (Some(_), _) => self.more().ready.push_back(line),
        }
    }

    /// Adds a line; after the goodbye nothing more comes.
    pub(crate) fn push(&mut self, line: Bytes) {
        if self.closing {
            return;
        }
        if self.next.is_none() && self.more.is_none() {
            self.next = Some(line);
            return;
        }
        let is_open = self.is_open();
        let more = self.more();
        more.bytes += line.len();
        if is_open {
            self.line_up(line);
        } else {
            more.held.push_back(Held::Line(line));
        }
    }

    /// Adds a line that answers what the session itself has asked.
    pub(crate) fn push_answer(&mut self, line: Bytes) {
        if self.closing {
            return;
        }
        let len = line.len();
        self.push(line);
        if let Some(more) = &mut self.more {
            more.asked_bytes += len;
        }
    }

    /// Adds a control frame, which overtakes what waits behind gates (RFC 6455, section 5.5).
    pub fn push_control(&mut self, frame: Bytes) {
        if !self.closing {
            self.more().bytes += frame.len();
            self.line_up(frame);
        }
    }

    /// A gate: the lines come out once the store has come so far, or the other one, if that has failed.
    pub(crate) fn gate(&mut self, gate: Gate, position: Position, opened: Lines, failed: Option<Bytes>) {
        if !self.closing {
            let more = self.more();
            more.bytes += opened.bytes();
            more.held.push_back(Held::Gate { gate, position, opened, failed });
        }
    }

    /// A line that comes only if the position fails; nothing waits for it.
    pub(crate) fn watch(&mut self, position: Position, failed: Bytes) {
        self.more().watched.push_back((position, failed));
    }

    /// A page of history will stand here.
    pub(crate) fn await_page(&mut self, scope: Scope, frame: Frame) {
        if !self.closing {
            self.more().held.push_back(Held::Page { scope, frame });
        }
    }

    /// The page that is waited for.
    pub(crate) fn awaited_page(&self) -> Option<(&Scope, &Frame)> {
        self.more.as_ref()?.held.iter().find_map(|held| match held {
            Held::Page { scope, frame } => Some((scope, frame)),
            Held::Line(_) | Held::Gate { .. } | Held::End => None,
        })
    }

    /// The page is there; `reached` is how far the store is by now.
    pub(crate) fn fill_page(&mut self, lines: Vec<Bytes>, reached: Reached) {
        let more = self.more();
        let Some(place) = more.held.iter().position(|held| matches!(held, Held::Page { .. })) else { return };
        let page_bytes = lines.iter().map(Bytes::len).sum::<usize>();
        more.bytes += page_bytes;
        more.asked_bytes += page_bytes;
        let behind = more.held.split_off(place + 1);
        more.held.pop_back();
        more.held.extend(lines.into_iter().map(Held::Line));
        more.held.extend(behind);
        self.open(reached);
    }

    /// The last thing that comes out.
    pub(crate) fn end(&mut self) {
        self.closing = true;
        if self.is_open() {
            self.ended = true;
        } else {
            self.more().held.push_back(Held::End);
        }
    }

    /// What was said at these positions, rising, is lost: its author reads so at the gate's place, or at once where
    /// nothing waits.
    pub(crate) fn fail(&mut self, lost: &[Position]) {
        let Some(more) = &mut self.more else { return };
        let is_lost = |position: &Position| lost.binary_search(position).is_ok();
        let watched = std::mem::take(&mut more.watched).into_iter();
        let (told, watched): (VecDeque<_>, _) = watched.partition(|(position, _)| is_lost(position));
        more.watched = watched;
        for held in &mut more.held {
            if let Held::Gate { position, opened, failed, .. } = held
                && is_lost(position)
                && let Some(failed) = failed.take()
            {
                more.bytes = more.bytes + failed.len() - opened.bytes();
                *held = Held::Line(failed);
            }
        }
        told.into_iter().for_each(|(_, failure)| self.push(failure));
    }

    /// Opens every gate that is reached, up to the first that is not.
    pub(crate) fn open(&mut self, reached: Reached) {
        let Some(more) = &mut self.more else { return };
        while more.watched.pop_front_if(|(position, _)| *position <= reached.settled).is_some() {}
        while let Some(held) = more.held.front() {
            match held {
                Held::Gate { gate, position, .. } if !reached.opens(*gate, *position) => return,
                Held::Page { .. } => return,
                Held::Line(_) | Held::Gate { .. } | Held::End => {}
            }
            let lines = match more.held.pop_front() {
                Some(Held::Line(line)) => Lines::One(line),
                Some(Held::Gate { opened, .. }) => opened,
                Some(Held::End) => {
                    self.ended = true;
                    continue;
                }
                Some(Held::Page { .. }) | None => continue,
            };
            for line in lines.as_slice() {
                match &self.next {
                    None => self.next = Some(line.clone()),
                    Some(_) => more.ready.push_back(line.clone()),
                }
            }
        }
        more.held = VecDeque::new();
    }

    /// Throws everything away, and takes nothing more: the connection is closed.
    pub(crate) fn discard(&mut self) {
        let closed = Outlet { closing: true, ..Outlet::new(self.variant) };
        *self = Outlet { nick: Arc::clone(&self.nick), ..closed };
    }

    /// Throws away what waits, but for a line that is partly out: the peer does not read.
    pub(crate) fn abandon(&mut self) {
        let written = self.already_written();
        self.next.take_if(|_| written == 0);
        let bytes = self.next.as_ref().map_or(0, |line| line.len() - written);
        self.more = (written > 0).then(|| Box::new(More { written, bytes, ..More::default() }));
    }
}

/// What there is besides the next line, with room made for it.
fn more<'a>(more: &'a mut Option<Box<More>>, next: Option<&Bytes>) -> &'a mut More {
    more.get_or_insert_with(|| Box::new(More { bytes: next.map_or(0, Bytes::len), ..More::default() }))
}
