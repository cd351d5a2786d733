//! What is pinned in a room: metadata of it, the ids of messages with a space between, the one pinned last at the end
//! (<https://ircv3.net/specs/extensions/metadata>). What stands there and is no id is nobody's pin.

use teahouse_proto::vendor;

use super::{Room, State};

/// The key of a room's metadata under which its pins stand.
pub(crate) const PINS: &str = vendor!("pins");

/// So many pins fit into a value.
pub const PINS_MAX: usize = 12;

/// How long a message's id is, on a server that has pins.
const MSGID_BYTES: usize = 23;

impl Room {
    /// The ids of what is pinned here, the one pinned last at the end. Nothing says that the messages are still there.
    pub fn pins(&self) -> &[String] {
        self.pins.as_deref().unwrap_or_default()
    }

    /// Whether the server has said since we came in what is pinned here, if anything is. Pins are changed as a whole: who does
    /// not know them would take them away.
    pub fn knows_pins(&self) -> bool {
        self.pins.is_some()
    }
}

/// The capability by which rooms tell of themselves.
pub(crate) const METADATA: &str = "draft/metadata-2";

impl State {
    /// Whether we can pin and unpin in a room now.
    pub fn can_pin(&self, room: &str) -> bool {
        let knows = self.room(room).is_some_and(|room| room.knows_pins());
        knows && self.has_capability(METADATA) && self.keeps_order(room)
    }

    /// `METADATA room key visibility [value]`, or 761 or 766 with our nick before it; without a value nothing is pinned.
    pub(super) fn pinned(&mut self, told: &[&str]) {
        let [room, key, _, value @ ..] = told else { return };
        if !key.eq_ignore_ascii_case(PINS) {
            return;
        }
        let Some(room) = self.room_mut(room) else { return };
        let mut pins = Vec::new();
        for msgid in value.first().copied().unwrap_or_default().split(' ') {
            let is_id =
                msgid.len() == MSGID_BYTES && msgid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'));
            if is_id && pins.len() < PINS_MAX && !pins.iter().any(|pin| pin == msgid) {
                pins.push(msgid.to_owned());
            }
        }
        room.pins = Some(pins);
    }
}

#[cfg(test)]
mod tests {
    use crate::state::{Input, PINS_MAX, State};

    #[test]
    fn pins_are_what_the_room_says_of_itself() {
        let id = |number: usize| format!("01hf7yat0000000000000{number:02}");
        let mut state = State::new("me");
        state.apply(Input::In(":me!u@h JOIN #tea"));
        let mut check = |line: String, pins: &[usize]| {
            state.apply(Input::In(&line));
            let pins: Vec<_> = pins.iter().map(|number| id(*number)).collect();
            assert_eq!(state.room("#tea").unwrap().pins(), pins, "{line}");
        };
        let value = |numbers: std::ops::Range<usize>| numbers.map(id).collect::<Vec<_>>().join(" ");
        check(format!(":tea 761 me #tea teahouse.internal/pins * :{}", value(0..2)), &[0, 1]);
        check(format!(":bob METADATA #tea url * :{}", value(0..3)), &[0, 1]);
        check(format!(":bob METADATA #tea Teahouse.internal/PINS * :nonsense {} {}", id(7), id(7)), &[7]);
        check(format!(":bob METADATA #tea teahouse.internal/pins * :{}", value(0..20)), &Vec::from_iter(0..PINS_MAX));
        check(":bob METADATA #tea teahouse.internal/pins *".into(), &[]);
        check(format!(":bob METADATA #tea teahouse.internal/pins * :{}", value(3..4)), &[3]);
        check(format!(":bob METADATA me teahouse.internal/pins * :{}", value(0..4)), &[3]);
        // What was unpinned while we were away is not told.
        check(":me!u@h JOIN #tea".into(), &[]);
        assert!(!state.room("#tea").unwrap().knows_pins());
        state.apply(Input::In(":tea 766 me #tea url :Key not set"));
        assert!(!state.room("#tea").unwrap().knows_pins());
        state.apply(Input::In(":tea 766 me #tea teahouse.internal/pins :Key not set"));
        assert!(state.room("#tea").unwrap().knows_pins());
    }
}
