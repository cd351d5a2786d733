//! Streams written and read by another implementation, and streams that no implementation writes.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role, WebSocket};

use super::Event;
use super::decoder::tests::{MASK, decode, words};

/// What a client may send, and in which pieces a message goes.
#[derive(Debug, Clone)]
enum Sent {
    Message { text: String, binary: bool, cuts: Vec<usize> },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        4 => (".{0,300}", any::<bool>(), proptest::collection::vec(0..300_usize, 0..4))
            .prop_map(|(text, binary, cuts)| Sent::Message { text, binary, cuts }),
        1 => proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Sent::Ping),
        1 => proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Sent::Pong),
    ]
}

/// The frames of a stream, written by the other implementation, with a ping between fragments.
fn wire(stream: &[Sent], mask: [u8; 4]) -> Vec<u8> {
    let mut frames = Vec::new();
    for sent in stream {
        match sent {
            Sent::Ping(payload) => frames.push(Frame::ping(payload.clone())),
            Sent::Pong(payload) => frames.push(Frame::pong(payload.clone())),
            Sent::Message { text, binary, cuts } => {
                let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
                cuts.sort_unstable();
                cuts.push(text.len());
                let mut from = 0;
                for (index, &to) in cuts.iter().enumerate() {
                    let kind = match (index, binary) {
                        (0, true) => Data::Binary,
                        (0, false) => Data::Text,
                        _ => Data::Continue,
                    };
                    let bytes = text.as_bytes()[from..to].to_vec();
                    frames.push(Frame::message(bytes, OpCode::Data(kind), to == text.len() && index + 1 == cuts.len()));
                    from = to;
                    if index + 1 < cuts.len() {
                        frames.push(Frame::ping(&b"between"[..]));
                    }
                }
            }
        }
    }
    frames.push(Frame::close(Some(CloseFrame { code: CloseCode::Away, reason: "再见".into() })));
    let mut out = Vec::new();
    for mut frame in frames {
        frame.header_mut().mask = Some(mask);
        frame.format(&mut out).unwrap();
    }
    out
}

/// A stream that has a beginning and an end, and that swallows what is written.
struct Recorded(io::Cursor<Vec<u8>>);

impl Read for Recorded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Recorded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn other_implementation(input: &[u8]) -> Vec<String> {
    let mut socket = WebSocket::from_raw_socket(Recorded(io::Cursor::new(input.to_vec())), Role::Server, None);
    let mut out = Vec::new();
    while let Ok(message) = socket.read() {
        use tungstenite::Message::{Binary, Close, Ping, Pong, Text};
        out.push(words(&match &message {
            Text(text) => Event::Text(Cow::Borrowed(text.as_bytes())),
            Binary(bytes) => Event::Binary(Cow::Borrowed(bytes)),
            Ping(bytes) => Event::Ping(bytes),
            Pong(bytes) => Event::Pong(bytes),
            Close(Some(close)) => Event::Close { code: Some(close.code.into()), reason: &close.reason },
            other => panic!("unexpected {other:?}"),
        }));
    }
    out
}

proptest! {
    #[test]
    fn what_another_implementation_writes_is_read_as_it_reads_it(
        stream in proptest::collection::vec(sent(), 0..6),
        mask in any::<[u8; 4]>(),
        step in 1..2000_usize,
    ) {
        let input = wire(&stream, mask);
        let got = decode(&input, step);
        prop_assert_eq!(got.last().map(String::as_str), Some("close Some(1001) 再见"));
        prop_assert_eq!(got, other_implementation(&input));
    }

    #[test]
    fn random_bytes_never_panic(input in proptest::collection::vec(any::<u8>(), 0..200), step in 1..50_usize) {
        decode(&input, step);
    }

    #[test]
    fn one_wrong_byte_never_panics(stream in proptest::collection::vec(sent(), 1..3), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut input = wire(&stream, MASK);
        let at = at.index(input.len());
        input[at] = byte;
        decode(&input, 1000);
    }
}
