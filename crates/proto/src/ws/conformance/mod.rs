//! The public list of WebSocket cases against the codec, with a loop around it that echoes.

mod cases;
mod texts;

use cases::{Case, Chop, End};

use super::{Decoder, Event, Opcode, close_frame, frame};
use crate::limits::WS_MESSAGE_BYTES_MAX;

/// What a server that echoes does with a stream that comes in pieces.
struct Echo {
    decoder: Decoder,
    buffer: Vec<u8>,
    wrote: Vec<u8>,
    over: bool,
}

impl Echo {
    fn new() -> Self {
        Echo { decoder: Decoder::default(), buffer: Vec::new(), wrote: Vec::new(), over: false }
    }

    fn read(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
        while !self.over {
            let decoded = match self.decoder.next(&mut self.buffer) {
                Err(violation) => {
                    self.wrote.extend(close_frame(violation.code, violation.reason));
                    self.over = true;
                    return;
                }
                Ok(decoded) if decoded.consumed == 0 => return,
                Ok(decoded) => decoded,
            };
            let consumed = decoded.consumed;
            match decoded.event {
                Some(Event::Text(text)) => frame(Opcode::Text, &text, &mut self.wrote),
                Some(Event::Binary(bytes)) => frame(Opcode::Binary, &bytes, &mut self.wrote),
                Some(Event::Ping(payload)) => frame(Opcode::Pong, payload, &mut self.wrote),
                Some(Event::Pong(_)) | None => {}
                Some(Event::Close { code, .. }) => {
                    let echo = code.map_or_else(|| vec![cases::CLOSE, 0], |code| close_frame(code, ""));
                    self.wrote.extend(echo);
                    self.over = true;
                }
            }
            self.buffer.drain(..consumed);
        }
    }
}

/// Frames from a server as (first byte, payload).
fn read_frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, short, rest @ ..] = bytes {
        let (len, rest) = match short {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => panic!("no message is as long as that"),
            short => (usize::from(*short), rest),
        };
        frames.push((*first, rest[..len].to_vec()));
        bytes = &rest[len..];
    }
    frames
}

fn pieces(case: &Case, chop: Chop) -> Vec<Vec<u8>> {
    match chop {
        Chop::Together => vec![case.frames.concat()],
        Chop::Frames => case.frames.clone(),
        Chop::Bytes(step) => case.frames.concat().chunks(step).map(<[u8]>::to_vec).collect(),
    }
}

fn check(case: &Case, chop: Chop) {
    let mut echo = Echo::new();
    for piece in pieces(case, chop) {
        echo.read(&piece);
    }
    let mut frames = read_frames(&echo.wrote);
    let closed = frames.pop_if(|(first, _)| *first == cases::CLOSE).map(|(_, payload)| payload);
    assert_eq!(frames, case.answers, "{} ({chop:?})", case.name);
    let code = closed.as_ref().map(|payload| payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code)));
    let expected = match case.end {
        End::Lives => None,
        End::Closes(code) => Some(code),
        End::Fails { code, .. } => Some(Some(code)),
    };
    assert_eq!(code, expected, "{} ({chop:?})", case.name);
    assert_eq!(echo.over, expected.is_some(), "{} ({chop:?})", case.name);
}

fn all() -> impl Iterator<Item = Case> {
    cases::all(WS_MESSAGE_BYTES_MAX).into_iter().chain(texts::all())
}

#[test]
fn every_case_of_the_list_is_answered_however_it_is_cut() {
    for case in all() {
        let mut chops = vec![case.chop, Chop::Together, Chop::Frames];
        // Where a thousand messages are sent, the cut is not what matters.
        chops.extend((case.frames.len() < 1000).then_some(Chop::Bytes(1)));
        for chop in chops {
            check(&case, chop);
        }
    }
}

#[test]
fn what_fails_fails_at_the_first_byte_that_tells() {
    for case in all() {
        let End::Fails { after, .. } = case.end else { continue };
        let (stream, mut echo) = (case.frames.concat(), Echo::new());
        for (count, byte) in (1..=after).zip(&stream) {
            echo.read(&[*byte]);
            assert_eq!(echo.over, count == after, "{}: after {count} bytes, not {after}", case.name);
        }
    }
}

#[test]
fn of_all_close_codes_those_are_taken_that_may_be_sent() {
    for code in 0..=u16::MAX {
        let mut echo = Echo::new();
        echo.read(&cases::frame(cases::CLOSE, &code.to_be_bytes()));
        // Section 7.4, and 1012 to 1014 from IANA's registry.
        let valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let answer = if valid { code } else { 1002 };
        assert_eq!(read_frames(&echo.wrote)[0].1[..2], answer.to_be_bytes(), "{code}");
    }
}

#[test]
fn the_list_is_whole() {
    let names: Vec<String> = all().map(|case| case.name).collect();
    let count = |section: &str| names.iter().filter(|name| name.starts_with(section)).count();
    // Past the list's own: the longest messages in section 1, four codes in section 7, our sizes in 9 and 10.
    for (section, listed, ours) in
        [("1.", 16, 4), ("2.", 11, 0), ("3.", 7, 0), ("4.", 10, 0), ("5.", 20, 0), ("6.", 145, 0), ("7.", 37, 4)]
    {
        assert_eq!(count(section), listed + ours, "section {section}");
    }
}
