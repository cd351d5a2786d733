//! Lines out of a stream, taken apart and put together again.

use crate::irc::{LineBuilder, LineError, LineSplitter, Message, Split, decode};
use crate::limits::{LINE_BYTES_MAX, MESSAGE_BODY_BYTES_MAX, TAG_BYTES_MAX_CLIENT};

/// The first byte says in what pieces the rest arrives.
pub fn lines(bytes: &[u8]) {
    let Some((step, stream)) = bytes.split_first() else { return };
    let whole = split(stream, stream.len().max(1));
    assert_eq!(whole, split(stream, usize::from(*step).max(1)), "the lines depend on how they arrive");
    for line in whole.into_iter().flatten() {
        match decode(&line) {
            Ok(text) => read(text),
            Err(LineError::TooLong) => assert!(line.len() > MESSAGE_BODY_BYTES_MAX),
            Err(LineError::TagsTooLong) => assert!(line.len() > TAG_BYTES_MAX_CLIENT),
            Err(LineError::NotUtf8) => assert!(std::str::from_utf8(&line).is_err()),
        }
    }
}

/// The lines of a stream that arrives in pieces of `step` bytes; `None` is one that was too long.
fn split(stream: &[u8], step: usize) -> Vec<Option<Vec<u8>>> {
    let (mut splitter, mut buffer, mut lines) = (LineSplitter::default(), Vec::new(), Vec::new());
    for piece in stream.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            let consumed = match splitter.next(&buffer) {
                Split::Line { start, end, consumed } => {
                    if end > start {
                        lines.push(Some(buffer[start..end].to_vec()));
                    }
                    consumed
                }
                Split::TooLong { consumed } => {
                    lines.push(None);
                    consumed
                }
                Split::Incomplete => break,
            };
            assert!(consumed > 0, "no progress");
            buffer.drain(..consumed);
        }
        assert!(buffer.len() <= LINE_BYTES_MAX, "{} bytes wait for the end of a line", buffer.len());
    }
    lines
}

fn read(line: &str) {
    let Ok(message) = Message::parse(line) else { return };
    // A source that begins with a colon is nobody's; the builder refuses to write it.
    if message.source.is_some_and(|source| source.starts_with(':')) {
        return;
    }
    let again = put_together(&message);
    let read = Message::parse(&again).unwrap_or_else(|error| panic!("{error:?}: {again:?} from {line:?}"));
    assert_eq!((message.source, message.command), (read.source, read.command), "{again:?} from {line:?}");
    assert_eq!(message.params, read.params, "{again:?} from {line:?}");
    let tags =
        |message: &Message<'_>| message.tags.iter().map(|(k, v)| (k.to_owned(), v.into_owned())).collect::<Vec<_>>();
    assert_eq!(tags(&message), tags(&read), "{again:?} from {line:?}");
}

fn put_together(message: &Message<'_>) -> String {
    let mut buf = Vec::new();
    let mut line = LineBuilder::new(&mut buf);
    for (key, value) in message.tags.iter() {
        line.tag(key, &value);
    }
    if let Some(source) = message.source {
        line.source(source);
    }
    line.command(message.command);
    if let Some((last, middle)) = message.params.split_last() {
        for param in middle {
            line.param(param);
        }
        line.trailing(last);
    }
    let body = line.body_len();
    let text = String::from_utf8(buf).expect("made of text");
    let tags = if text.starts_with('@') { text.find(' ').map_or(0, |space| space + 1) } else { 0 };
    assert_eq!(text.len() - tags, body, "{text:?}");
    text
}
