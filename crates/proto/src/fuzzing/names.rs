//! Names, and the other words that are read by rules of their own.

use crate::names::{Nick, RoomName};
use crate::time::{parse_server_time, server_time};

/// The text is a nick, a room and a moment.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(nick) = Nick::parse(text) {
        assert_eq!(nick.as_str(), text);
        stands_alone(text);
        assert!(!text.contains(['!', '@', '*', '?', ',']), "{text:?}");
        let by_key = Nick::parse(nick.key());
        assert!(by_key.is_err() || by_key.as_ref() == Ok(&nick), "the key of {text:?} is another name's");
        nick.skeleton();
    }
    if let Ok(room) = RoomName::parse(text) {
        assert_eq!(room.as_str(), text);
        stands_alone(text);
        assert!(text.starts_with('#') && !text.contains(','), "{text:?}");
        let by_key = RoomName::parse(room.key());
        assert!(by_key.is_err() || by_key.as_ref() == Ok(&room), "the key of {text:?} is another name's");
        room.skeleton();
    }
    if let Some(moment) = parse_server_time(text) {
        let mut written = String::new();
        server_time(moment, &mut written);
        // A leap second is the second after it.
        assert!(written == text || text[17..19] == *"60", "{text:?} is read as {written:?}");
    }
}

/// It can be a parameter in the middle of a line.
fn stands_alone(name: &str) {
    assert!(!name.is_empty() && !name.starts_with(':'), "{name:?}");
    assert!(!name.contains(|c: char| c.is_whitespace() || c.is_control()), "{name:?}");
}
