//! What we do with a message: react to it, put it in other words, take it back, pin it, look it up.
//!
//! Other words that the connection took with it are told again by the next one: it comes to the same.

use std::collections::VecDeque;

use teahouse_proto::irc::Message;

use super::sending::{UNAVAILABLE, refusal};
use super::{Session, Stage, is_plain};
use crate::event::Event;
use crate::state::{EDIT_TEXT, METADATA, PINS, TARGET_MSGID, fold, tag};

/// Other words that may be unanswered; of more the oldest are told once only.
const REWORDS_MAX: usize = 50;

/// The code, which is no server's, of a pin where what is pinned is not known.
const PINS_UNKNOWN: &str = "PINS_UNKNOWN";

/// The same in words.
pub(crate) const PINS_UNKNOWN_TEXT: &str = "what is pinned here is not known yet; try again in a moment";

/// What is done with a message.
#[derive(Debug)]
pub(crate) enum Deed {
    /// We react to it, or do not any more.
    React { reaction: String, stands: bool },
    /// We put it in other words, which are as they go into the line.
    Edit { words: String },
    /// It is to be gone.
    TakeBack,
    /// It is pinned in its room, or not any more.
    Pin { stands: bool },
    /// It is asked for alone.
    LookUp,
}

/// Other words that the server has not answered.
#[derive(Debug, Default)]
pub(super) struct Rewords(VecDeque<Reword>);

#[derive(Debug)]
struct Reword {
    msgid: String,
    place: String,
    words: String,
    /// Of the line that told them last.
    label: Option<String>,
}

impl Session {
    pub(super) fn do_with(&mut self, target: &str, msgid: &str, deed: Deed) {
        match deed {
            Deed::React { reaction, stands } => {
                let key = if stands { "+draft/react" } else { "+draft/unreact" };
                self.send_with(|line| {
                    line.tag("+reply", msgid).tag(key, &reaction).command("TAGMSG").param(target);
                });
            }
            Deed::Edit { words } => {
                let label = self.tell_words(target, msgid, &words);
                self.keep_words(target, msgid, words, label);
            }
            Deed::TakeBack => self.send_with(|line| _ = line.command("REDACT").param(target).param(msgid)),
            Deed::Pin { stands } => self.pin(target, msgid, stands),
            Deed::LookUp => self.look_up(target, msgid),
        }
    }

    /// They are told until the server has answered.
    pub(super) fn keep_words(&mut self, target: &str, msgid: &str, words: String, label: Option<String>) {
        self.rewords.0.retain(|one| one.msgid != msgid);
        self.rewords.0.push_back(Reword { msgid: msgid.to_owned(), place: target.to_owned(), words, label });
        if self.rewords.0.len() > REWORDS_MAX {
            self.rewords.0.pop_front();
        }
    }

    fn tell_words(&mut self, target: &str, msgid: &str, words: &str) -> Option<String> {
        let label = self.next_label('e');
        self.send_with(|line| {
            if let Some(label) = &label {
                line.tag("label", label);
            }
            line.tag(TARGET_MSGID, msgid).tag(EDIT_TEXT, words).command("EDIT").param(target);
        });
        label
    }

    /// A room's pins are one value, which is told whole: those that we do not know would be gone.
    fn pin(&mut self, room: &str, msgid: &str, stands: bool) {
        let Some(known) = self.state.room(room).filter(|room| room.knows_pins()) else {
            return self.event(Event::Refused(refusal(PINS_UNKNOWN, room, &[PINS_UNKNOWN_TEXT])));
        };
        let pins = known.pins();
        let mut pins: Vec<&str> = pins.iter().map(String::as_str).filter(|pin| *pin != msgid).collect();
        pins.extend(stands.then_some(msgid));
        let value = pins.join(" ");
        self.send_with(|line| {
            line.command("METADATA").param(room).param("SET").param(PINS);
            if !value.is_empty() {
                line.trailing(&value);
            }
        });
    }

    /// We are in: from now on we want to know what is pinned.
    pub(super) fn follow_pins(&mut self) {
        if self.state.has_capability(METADATA) {
            self.send_with(|line| _ = line.command("METADATA").param("*").param("SUB").param(PINS));
        }
        // Where the seat was still there, the server said who keeps order before we were in.
        let rooms = self.state.rooms().map(|room| room.name.clone()).filter(|room| self.state.keeps_order(room));
        for room in rooms.collect::<Vec<_>>() {
            self.ask_for_pins(&room);
        }
    }

    /// What a server tells of a room unasked says nothing where nothing is pinned, and is left for later (774) where there
    /// are many people. This is answered at once anywhere, by 761 or 766.
    fn ask_for_pins(&mut self, room: &str) {
        let is_open = self.state.room(room).is_some_and(|room| room.joined && !room.knows_pins());
        if is_open && self.stage == Stage::Online && self.state.has_capability(METADATA) && is_plain(room) {
            self.send_with(|line| _ = line.command("METADATA").param(room).param("GET").param(PINS));
        }
    }

    /// Whoever keeps order in a room has to know what is pinned there, and so has whoever is not told unasked.
    pub(super) fn pins_line(&mut self, line: &Message<'_>) {
        match (line.command, &line.params[..]) {
            ("366", [_, room, ..]) | ("MODE", [room, ..]) if self.state.keeps_order(room) => self.ask_for_pins(room),
            ("774", [_, room, ..]) => self.ask_for_pins(room),
            _ => {}
        }
    }

    /// Other words that are answered, or can be told again now. What refuses them does not always name the message; its label
    /// does.
    pub(super) fn rewords_line(&mut self, line: &Message<'_>, label: Option<&str>) {
        let is_refused = line.command == "FAIL" || line.numeric().is_some_and(|code| (400..600).contains(&code));
        if let Some(label) = label.filter(|_| is_refused || line.command == "ACK") {
            // What the server cannot keep at present the next connection may tell it again.
            let passes = line.params.get(1) == Some(UNAVAILABLE);
            return self.rewords.0.retain(|one| passes || one.label.as_deref() != Some(label));
        }
        let mine = line.source_nick().is_some_and(|nick| self.state.is_me(nick));
        match (line.command, &line.params[..]) {
            ("EDIT", _) => {
                let msgid = tag(line, TARGET_MSGID);
                self.rewords.0.retain(|one| Some(&one.msgid) != msgid.as_ref());
            }
            ("FAIL", ["EDIT", words @ ..]) => self.rewords.0.retain(|one| !words.contains(&one.msgid.as_str())),
            ("JOIN", [room, ..]) if mine => self.tell_again(|place| fold(place) == fold(room)),
            _ => {}
        }
    }

    /// We are in: what was put in other words between two. In a room it waits until we are there, too.
    pub(super) fn tell_again_to_people(&mut self) {
        self.tell_again(|place| !place.starts_with('#'));
    }

    fn tell_again(&mut self, is_there: impl Fn(&str) -> bool) {
        let again = self.rewords.0.iter().filter(|one| is_there(&one.place) && is_plain(&one.place));
        let again: Vec<_> = again.map(|one| (one.place.clone(), one.msgid.clone(), one.words.clone())).collect();
        for (place, msgid, words) in again {
            let label = self.tell_words(&place, &msgid, &words);
            self.rewords.0.iter_mut().filter(|one| one.msgid == msgid).for_each(|one| one.label.clone_from(&label));
        }
    }

    /// A room goes by another name.
    pub(super) fn rename_rewords(&mut self, from: &str, to: &str) {
        for one in self.rewords.0.iter_mut().filter(|one| fold(&one.place) == fold(from)) {
            to.clone_into(&mut one.place);
        }
    }
}
