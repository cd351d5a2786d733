//! What a program can do with a message that was said. What of it we may do, [`State`](crate::State) tells; what the server
//! makes of it comes as an [`Event`](crate::Event), or as [`Event::Refused`](crate::Event::Refused).

use std::sync::Arc;

use teahouse_proto::irc::LineBuilder;

use crate::client::{Client, CommandError, Receipt, room_name, target_name};
use crate::session::{Command, Deed, Said, is_plain};
use crate::state::{EDIT_TEXT, Kind, Message, PINS_MAX, REACTION_LENGTH_MAX, State, on_the_wire};

/// Other words for a message stand in a tag: what a client's tags may hold, less the one that names the message; in bytes.
const EDIT_BYTES_MAX: usize = 4_000;

impl Client {
    /// Says something that answers the message of this id, as [`Client::say`] does.
    pub fn answer(&self, target: &str, msgid: &str, kind: Kind, text: &str) -> Result<Receipt, CommandError> {
        let (target, text, about) = (target_name(target)?, text.to_owned(), Some(plain(msgid)?));
        self.say_it(Said { target, kind, text, about })
    }

    /// Reacts to a message, in a word or an emoji; it shows once the server has it.
    pub fn react(&self, target: &str, msgid: &str, reaction: &str) -> Result<(), CommandError> {
        self.react_or_not(target, msgid, reaction, true)
    }

    /// Reacts so no more.
    pub fn unreact(&self, target: &str, msgid: &str, reaction: &str) -> Result<(), CommandError> {
        self.react_or_not(target, msgid, reaction, false)
    }

    fn react_or_not(&self, target: &str, msgid: &str, reaction: &str, stands: bool) -> Result<(), CommandError> {
        if reaction.trim().is_empty() {
            return Err(CommandError::Empty);
        }
        if reaction.encode_utf16().count() > REACTION_LENGTH_MAX {
            return Err(CommandError::TooLong);
        }
        self.do_with(target, msgid, Deed::React { reaction: reaction.to_owned(), stands })
    }

    /// Puts a message of ours in other words: its kind stays. Told again by the next connection if this one breaks before the
    /// answer; [`Event::Edited`](crate::Event::Edited) is it.
    pub fn edit(&self, target: &str, message: &Message, text: &str) -> Result<(), CommandError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', " ");
        if text.trim().is_empty() {
            return Err(CommandError::Empty);
        }
        let words = on_the_wire(message.kind, &text);
        let mut buffer = Vec::new();
        LineBuilder::new(&mut buffer).tag(EDIT_TEXT, &words);
        if buffer.len() > EDIT_BYTES_MAX {
            return Err(CommandError::TooLong);
        }
        self.do_with(target, message.msgid.as_deref().unwrap_or_default(), Deed::Edit { words })
    }

    /// Takes a message back, for everybody. The answer, [`Event::TakenBack`](crate::Event::TakenBack), comes when the server has
    /// it in no file any more.
    pub fn take_back(&self, target: &str, msgid: &str) -> Result<(), CommandError> {
        self.do_with(target, msgid, Deed::TakeBack)
    }

    /// Pins a message in its room, behind those that are pinned there already; these have to be known.
    pub fn pin(&self, room: &str, msgid: &str) -> Result<(), CommandError> {
        let name = room_name(room)?;
        let state = self.knowing_pins(name.as_str())?;
        let pins = state.room(name.as_str()).map(|room| room.pins()).unwrap_or_default();
        if pins.len() >= PINS_MAX && !pins.iter().any(|pin| pin == msgid) {
            return Err(CommandError::PinsFull);
        }
        self.do_with(name.as_str(), msgid, Deed::Pin { stands: true })
    }

    /// Pins it no more.
    pub fn unpin(&self, room: &str, msgid: &str) -> Result<(), CommandError> {
        let name = room_name(room)?;
        self.knowing_pins(name.as_str())?;
        self.do_with(name.as_str(), msgid, Deed::Pin { stands: false })
    }

    fn knowing_pins(&self, room: &str) -> Result<Arc<State>, CommandError> {
        self.online()?;
        let state = self.state();
        let knows = state.room(room).is_some_and(|room| room.knows_pins());
        if knows { Ok(state) } else { Err(CommandError::PinsUnknown) }
    }

    /// Fetches one message, without taking it into the state; [`Event::LookedUp`](crate::Event::LookedUp) answers, or
    /// [`Event::NotLookedUp`](crate::Event::NotLookedUp).
    pub fn look_up(&self, target: &str, msgid: &str) -> Result<(), CommandError> {
        self.do_with(target, msgid, Deed::LookUp)
    }

    fn do_with(&self, target: &str, msgid: &str, deed: Deed) -> Result<(), CommandError> {
        let (target, msgid) = (target_name(target)?, plain(msgid)?);
        self.online()?;
        self.submit(Command::Do { target, msgid, deed })
    }
}

/// An id that may stand in a line.
fn plain(msgid: &str) -> Result<String, CommandError> {
    if is_plain(msgid) { Ok(msgid.to_owned()) } else { Err(CommandError::Line) }
}
