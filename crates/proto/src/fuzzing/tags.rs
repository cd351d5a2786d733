//! Tags: any value goes into a line and comes out again.

use crate::irc::{LineBuilder, Message, Tags};

/// The text is a value first, then what stands between `@` and a space.
pub fn tags(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    value(&text.replace('\0', ""));
    raw(text.split(['\0', '\r', '\n', ' ']).next().unwrap_or_default());
}

/// A value is read as it was written, and stands on its line as one word.
fn value(value: &str) {
    let mut buf = Vec::new();
    LineBuilder::new(&mut buf).tag("before", "x").tag("key", value).tag("after", "y").command("PING");
    let line = String::from_utf8(buf).expect("made of text");
    let message = Message::parse(&line).unwrap_or_else(|error| panic!("{error:?}: {line:?}"));
    assert_eq!(message.command, "PING", "{line:?}");
    assert_eq!(message.tags.get("key").as_deref(), Some(value), "{line:?}");
    let keys: Vec<_> = message.tags.iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["before", "key", "after"], "{line:?}");
}

/// What a client wrote by rules of its own is the same tags after it was read and written again.
fn raw(raw: &str) {
    let tags = Tags::new(raw);
    let read: Vec<_> = tags.iter().map(|(key, value)| (key, value.into_owned())).collect();
    for (key, _) in &read {
        let last = read.iter().rev().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
        assert_eq!(tags.get(key).as_deref(), last, "{key:?} of {raw:?}");
    }
    assert!(!tags.is_empty() || read.is_empty(), "{raw:?}");
    let mut buf = Vec::new();
    let mut line = LineBuilder::new(&mut buf);
    for (key, value) in &read {
        line.tag(key, value);
    }
    line.command("PING");
    let line = String::from_utf8(buf).expect("made of text");
    let again = Message::parse(&line).unwrap_or_else(|error| panic!("{error:?}: {line:?}")).tags;
    let again: Vec<_> = again.iter().map(|(key, value)| (key, value.into_owned())).collect();
    assert_eq!(read, again, "{line:?} from {raw:?}");
}
