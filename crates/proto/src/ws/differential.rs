//! Streams written and read by another implementation, and streams that no implementation writes.

use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};

use super::decoder::tests::{MASK, decode};
use crate::fuzzing::frames;

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

/// The stream in pieces of `step` bytes and at once, and as the other implementation reads it: all the same.
fn compare(stream: &[u8], step: u8) {
    frames(&[&[step], stream].concat());
}

proptest! {
    #[test]
    fn what_another_implementation_writes_is_read_as_it_reads_it(
        stream in proptest::collection::vec(sent(), 0..6),
        mask in any::<[u8; 4]>(),
        step in any::<u8>(),
    ) {
        let input = wire(&stream, mask);
        compare(&input, step);
        let got = decode(&input, input.len());
        prop_assert_eq!(got.last().map(String::as_str), Some("close Some(1001) 再见"));
    }

    #[test]
    fn random_bytes_are_read_alike(input in proptest::collection::vec(any::<u8>(), 0..200), step in any::<u8>()) {
        compare(&input, step);
    }

    #[test]
    fn one_wrong_byte_is_judged_alike(stream in proptest::collection::vec(sent(), 1..3), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut input = wire(&stream, MASK);
        let at = at.index(input.len());
        input[at] = byte;
        compare(&input, 7);
    }
}
