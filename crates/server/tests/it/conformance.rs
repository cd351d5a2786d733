//! The public list of WebSocket cases over real sockets.
//!
//! The server does not echo, it answers lines: what is looked at is every pong, how the connection ends, and that it
//! ends as soon as it must. That messages come through whole is shown by the codec's tests, which walk the same list.

#[path = "../../../proto/src/ws/conformance/cases.rs"]
mod cases;
#[path = "../../../proto/src/ws/conformance/texts.rs"]
mod texts;

use teahouse_proto::limits::WS_MESSAGE_BYTES_MAX;

use crate::party::Party;
use cases::{Case, Chop, End};

/// What the server writes: pongs as the list has them, and the close code.
fn hold(party: &Party, case: &Case) -> (Vec<String>, Option<String>) {
    let mut peer = party.upgrade("");
    let stream = case.frames.concat();
    // Nothing behind what fails: the server must not wait for it.
    let sent = if let End::Fails { after, .. } = case.end { &stream[..after] } else { &stream[..] };
    match case.chop {
        Chop::Together => peer.bytes(sent),
        Chop::Bytes(step) => sent.chunks(step).for_each(|piece| peer.bytes(piece)),
        Chop::Frames => {
            let mut left = sent;
            for frame in &case.frames {
                let (piece, rest) = left.split_at(frame.len().min(left.len()));
                peer.bytes(piece);
                left = rest;
            }
        }
    }
    if case.end == End::Lives {
        peer.bytes(cases::frame(cases::PING, b"still there?"));
        peer.bytes(cases::frame(cases::CLOSE, &1000_u16.to_be_bytes()));
    }
    let frames: Vec<String> = peer.rest().into_iter().filter(|frame| frame.starts_with('<')).collect();
    let (closes, pongs) = frames.into_iter().partition::<Vec<_>, _>(|frame| frame.starts_with("<close "));
    assert!(closes.len() <= 1, "{}: {closes:?}", case.name);
    let code = closes.first().and_then(|close| close.split(' ').nth(1)).map(str::to_owned);
    (pongs, code)
}

fn check(party: &Party, case: &Case) {
    let (pongs, code) = hold(party, case);
    let answers = case.answers.iter().filter(|(first, _)| *first == cases::PONG);
    let mut expected: Vec<_> =
        answers.map(|(_, payload)| format!("<10 {}>", String::from_utf8_lossy(payload))).collect();
    let expected_code = match case.end {
        End::Lives => {
            expected.push("<10 still there?>".into());
            1000
        }
        End::Closes(code) => code.unwrap_or(1000),
        End::Fails { code, .. } => code,
    };
    assert_eq!(pongs, expected, "{}", case.name);
    assert_eq!(code, Some(expected_code.to_string()), "{}", case.name);
}

#[test]
fn every_case_of_the_list_ends_as_it_must() {
    let party = Party::new();
    let mut bystander = party.visitor("bystander", "echo-message");
    for case in cases::all(WS_MESSAGE_BYTES_MAX).into_iter().chain(texts::all()) {
        check(&party, &case);
    }
    bystander.say("PRIVMSG #lobby :still here");
    assert_eq!(bystander.until("still here").len(), 1, "nobody else has noticed");
}
