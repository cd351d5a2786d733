//! The public list of what a WebSocket's server must do, without compression: what is sent, what is answered, how it ends.
//!
//! Numbered as in Autobahn's test suite (<https://github.com/crossbario/autobahn-testsuite>, sections 1 to 7, 9 and 10),
//! where it may be looked up; sizes that are past our limit are refused, and stand once more up to the limit. Section 6
//! is in `texts`. The codec's tests walk this list with a loop that echoes, the server's with real sockets.

/// One conversation; the client begins.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Its number, and what it says.
    pub(crate) name: String,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) chop: Chop,
    /// What an echo answers before the end: first byte of the frame, payload.
    pub(crate) answers: Vec<(u8, Vec<u8>)>,
    pub(crate) end: End,
}

/// How the stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chop {
    Together,
    Frames,
    Bytes(usize),
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection lives.
    Lives,
    /// The client closes, and gets its code back; what follows is ignored.
    Closes(Option<u16>),
    /// The server closes with this code as soon as so many bytes have come, and not before.
    Fails { code: u16, after: usize },
}

pub(crate) const TEXT: u8 = 0x81;
pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;
/// First and further fragments.
pub(crate) const TEXT_BEGUN: u8 = 0x01;
pub(crate) const MORE: u8 = 0x00;
pub(crate) const LAST: u8 = 0x80;

/// Everything; `limit` is the longest message that is taken.
pub(crate) fn all(limit: usize) -> Vec<Case> {
    let sections = [messages(limit), pings(), reserved_bits(), reserved_opcodes(), fragments(), closing(limit)];
    let sizes = [sizes(limit), too_big(limit), many_messages()];
    sections.into_iter().chain(sizes).flatten().collect()
}

impl Case {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Case { name: name.into(), frames: Vec::new(), chop: Chop::Together, answers: Vec::new(), end: End::Lives }
    }

    /// A frame, whose first byte is `first`.
    pub(crate) fn sends(mut self, first: u8, payload: impl AsRef<[u8]>) -> Self {
        self.frames.push(frame(first, payload.as_ref()));
        self
    }

    /// A message or a ping in one frame, with its answer.
    pub(crate) fn echoes(self, first: u8, payload: impl AsRef<[u8]>) -> Self {
        let answer = if first == PING { PONG } else { first };
        let payload = payload.as_ref();
        self.sends(first, payload).answers(answer, payload)
    }

    pub(crate) fn answers(mut self, first: u8, payload: impl AsRef<[u8]>) -> Self {
        self.answers.push((first, payload.as_ref().to_vec()));
        self
    }

    pub(crate) fn chopped(mut self, chop: Chop) -> Self {
        self.chop = chop;
        self
    }

    /// A close frame that gets its code back.
    pub(crate) fn closes(self, code: u16, reason: &str) -> Self {
        let mut case = self.sends(CLOSE, [&code.to_be_bytes()[..], reason.as_bytes()].concat());
        case.end = End::Closes(Some(code));
        case
    }

    /// A frame that breaks the protocol, known after its first `bytes`.
    pub(crate) fn fails(mut self, code: u16, first: u8, payload: impl AsRef<[u8]>, bytes: usize) -> Self {
        self.end = End::Fails { code, after: self.frames.concat().len() + bytes };
        self.sends(first, payload)
    }

    /// The same, known by its header with the mask.
    pub(crate) fn fails_by_header(self, first: u8, payload: &[u8]) -> Self {
        let header = frame(first, payload).len() - payload.len();
        self.fails(1002, first, payload, header)
    }
}

/// A masked frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [7, 77, 177, 27];
    let mut bytes = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..=125), _) => bytes.push(0x80 | len),
        (_, Ok(len)) => {
            bytes.push(0x80 | 126);
            bytes.extend(len.to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn stars(len: usize) -> Vec<u8> {
    vec![b'*'; len]
}

const KINDS: [(u8, &str); 2] = [(TEXT, "text"), (BINARY, "binary")];

fn messages(limit: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for (section, (first, kind)) in (1..).zip(KINDS) {
        for (number, len) in (1..).zip([0, 125, 126, 127, 128]) {
            cases.push(Case::new(format!("1.{section}.{number} a {kind} of {len} bytes")).echoes(first, stars(len)));
        }
        let longest = Case::new(format!("1.{section} a {kind} of the longest length")).echoes(first, stars(limit));
        cases.push(longest.clone());
        cases.push(longest.chopped(Chop::Bytes(997)));
        for (number, len, chop) in
            [(6, 65_535, Chop::Together), (7, 65_536, Chop::Together), (8, 65_536, Chop::Bytes(997))]
        {
            let case = Case::new(format!("1.{section}.{number} a {kind} of {len} bytes is past the limit"));
            cases.push(case.fails(1009, first, stars(len), length_bytes(len)).chopped(chop));
        }
    }
    cases
}

/// How many bytes tell the length of a payload that is refused for it.
fn length_bytes(len: usize) -> usize {
    if len > usize::from(u16::MAX) { 10 } else { 4 }
}

fn pings() -> Vec<Case> {
    let ten = |name: &str| {
        let pings = (0..10).map(|number| format!("payload-{number}"));
        pings.fold(Case::new(name), |case, payload| case.echoes(PING, payload))
    };
    vec![
        Case::new("2.1 a ping without payload").echoes(PING, ""),
        Case::new("2.2 a ping with a text").echoes(PING, "Hello, world!"),
        Case::new("2.3 a ping that is not UTF-8").echoes(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        Case::new("2.4 a ping of 125 bytes").echoes(PING, [0xfe; 125]),
        Case::new("2.5 a ping of 126 bytes").fails(1002, PING, [0xfe; 126], 2),
        Case::new("2.6 a ping of 125 bytes, byte by byte").echoes(PING, [0xfe; 125]).chopped(Chop::Bytes(1)),
        Case::new("2.7 a pong that nobody asked for").sends(PONG, ""),
        Case::new("2.8 a pong that nobody asked for, with payload").sends(PONG, "unsolicited"),
        Case::new("2.9 a pong that nobody asked for, then a ping").sends(PONG, "unsolicited").echoes(PING, "ping"),
        ten("2.10 ten pings"),
        ten("2.11 ten pings, byte by byte").chopped(Chop::Bytes(1)),
    ]
}

fn reserved_bits() -> Vec<Case> {
    let bits = |first: u8, bits: u8| first | bits << 4;
    let behind = |name: &str, reserved: u8, chop: Chop| {
        let case = Case::new(name).echoes(TEXT, "Hello").fails(1002, bits(TEXT, reserved), "Hello", 1);
        case.sends(PING, "").chopped(chop)
    };
    vec![
        Case::new("3.1 a text with reserved bits 1").fails(1002, bits(TEXT, 1), "Hello", 1),
        behind("3.2 a text, then one with reserved bits 2, then a ping", 2, Chop::Together),
        behind("3.3 a text, then one with reserved bits 3, then a ping, frame by frame", 3, Chop::Frames),
        behind("3.4 a text, then one with reserved bits 4, then a ping, byte by byte", 4, Chop::Bytes(1)),
        Case::new("3.5 a binary with reserved bits 5").fails(1002, bits(BINARY, 5), [0xff; 8], 1),
        Case::new("3.6 a ping with reserved bits 6").fails(1002, bits(PING, 6), "Hello", 1),
        Case::new("3.7 a close with reserved bits 7").fails(1002, bits(CLOSE, 7), "", 1),
    ]
}

fn reserved_opcodes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (section, opcodes) in [(1, 3..=7), (2, 11..=15)] {
        for (number, opcode) in (1..).zip(opcodes) {
            let case = Case::new(format!("4.{section}.{number} reserved opcode {opcode}"));
            let payload = if number % 2 == 0 { "payload" } else { "" };
            cases.push(if number < 3 {
                case.fails(1002, 0x80 | opcode, payload, 1)
            } else {
                case.echoes(TEXT, "Hello").fails(1002, 0x80 | opcode, payload, 1).sends(PING, "")
            });
        }
    }
    cases
}

fn fragments() -> Vec<Case> {
    let two = |name: &str| {
        Case::new(name).sends(TEXT_BEGUN, "fragment1").sends(LAST, "fragment2").answers(TEXT, "fragment1fragment2")
    };
    let with_ping = |name: &str| {
        let case = Case::new(name).sends(TEXT_BEGUN, "fragment1").echoes(PING, "ping").sends(LAST, "fragment2");
        case.answers(TEXT, "fragment1fragment2")
    };
    let nothing = |name: &str, first: u8| Case::new(name).fails_by_header(first, b"of nothing").sends(TEXT, "Hello");
    let repeated = |name: &str, first: u8| {
        let case = Case::new(name).fails_by_header(first, b"fragment1");
        case.sends(TEXT_BEGUN, "fragment2").sends(LAST, "fragment3").sends(first, "fragment4")
    };
    let five = |name: &str, chop: Chop| {
        let case = Case::new(name).sends(TEXT_BEGUN, "fragment1").sends(MORE, "fragment2").echoes(PING, "ping 1");
        let case = case.sends(MORE, "fragment3").sends(MORE, "fragment4").echoes(PING, "ping 2");
        case.sends(LAST, "fragment5").answers(TEXT, "fragment1fragment2fragment3fragment4fragment5").chopped(chop)
    };
    let octets = Chop::Bytes(1);
    vec![
        Case::new("5.1 a ping in two fragments").fails(1002, 0x09, "one", 1).sends(LAST, "two"),
        Case::new("5.2 a pong in two fragments").fails(1002, 0x0A, "one", 1).sends(LAST, "two"),
        two("5.3 a text in two fragments"),
        two("5.4 a text in two fragments, frame by frame").chopped(Chop::Frames),
        two("5.5 a text in two fragments, byte by byte").chopped(octets),
        with_ping("5.6 a text in two fragments, a ping between"),
        with_ping("5.7 a text in two fragments, a ping between, frame by frame").chopped(Chop::Frames),
        with_ping("5.8 a text in two fragments, a ping between, byte by byte").chopped(octets),
        nothing("5.9 the last fragment of nothing, then a text", LAST),
        nothing("5.10 the last fragment of nothing, then a text, frame by frame", LAST).chopped(Chop::Frames),
        nothing("5.11 the last fragment of nothing, then a text, byte by byte", LAST).chopped(octets),
        nothing("5.12 a fragment of nothing, then a text", MORE),
        nothing("5.13 a fragment of nothing, then a text, frame by frame", MORE).chopped(Chop::Frames),
        nothing("5.14 a fragment of nothing, then a text, byte by byte", MORE).chopped(octets),
        two("5.15 a text in two fragments, a fragment of nothing, a text")
            .fails_by_header(MORE, b"fragment3")
            .sends(TEXT, "fragment4"),
        repeated("5.16 a fragment of nothing, then a text in two, and again", MORE),
        repeated("5.17 the last fragment of nothing, then a text in two, and again", LAST),
        Case::new("5.18 a text begun twice").sends(TEXT_BEGUN, "one").fails_by_header(TEXT, b"two"),
        five("5.19 a text in five fragments, pings between", Chop::Frames),
        five("5.20 a text in five fragments, pings between, byte by byte", octets),
    ]
}

fn closing(limit: usize) -> Vec<Case> {
    let longest_reason = "*".repeat(123);
    let mut empty = Case::new("7.3.1 a close without code").sends(CLOSE, "");
    empty.end = End::Closes(None);
    let mut cases = vec![
        Case::new("7.1.1 a text, then a close").echoes(TEXT, "Hello").closes(1000, ""),
        Case::new("7.1.2 two closes").closes(1000, "").sends(CLOSE, 1000_u16.to_be_bytes()),
        Case::new("7.1.3 a ping after the close").closes(1000, "").sends(PING, ""),
        Case::new("7.1.4 a text after the close").closes(1000, "").sends(TEXT, "Hello"),
        Case::new("7.1.5 a close between fragments").sends(TEXT_BEGUN, "one").closes(1000, "").sends(LAST, "two"),
        Case::new("7.1.6 the longest text, then a close, then a ping")
            .echoes(TEXT, stars(limit))
            .closes(1000, "")
            .sends(PING, ""),
        empty,
        Case::new("7.3.2 a close of one byte").fails(1002, CLOSE, "a", 7),
        Case::new("7.3.3 a close with a code").closes(1000, ""),
        Case::new("7.3.4 a close with a code and a reason").closes(1000, "Hello, world!"),
        Case::new("7.3.5 a close with the longest reason").closes(1000, &longest_reason),
        Case::new("7.3.6 a close with a longer reason").fails(1002, CLOSE, [b'*'; 126], 2),
        Case::new("7.5.1 a close with a reason that is not UTF-8").fails(
            1007,
            CLOSE,
            b"\x03\xe8\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
            28,
        ),
    ];
    // The last three were registered after the list was made.
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014];
    for (number, code) in (1..).zip(valid) {
        cases.push(Case::new(format!("7.7.{number} a close with code {code}")).closes(code, ""));
    }
    let invalid = [0_u16, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1015];
    for (section, codes) in [(9, &invalid[..]), (13, &[5000, 65_535])] {
        for (number, code) in (1..).zip(codes) {
            let case = Case::new(format!("7.{section}.{number} a close with code {code}, which may not be sent"));
            cases.push(case.fails(1002, CLOSE, code.to_be_bytes(), 8));
        }
    }
    cases
}

/// Sections 9.1 to 9.6 and 10, as far as our limit goes.
fn sizes(limit: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for ((first, kind), [whole, cut, chopped]) in KINDS.into_iter().zip([[1, 3, 5], [2, 4, 6]]) {
        for len in [64, 256, 1024, 4096, limit] {
            cases.push(Case::new(format!("9.{whole} a {kind} of {len} bytes")).echoes(first, stars(len)));
        }
        for len in [64, 256, 1024, 4096] {
            let case = Case::new(format!("9.{cut} the longest {kind} in fragments of {len} bytes"));
            cases.push(in_fragments(case, first & 0x0F, limit, len).answers(first, stars(limit)));
        }
        for len in [64, 128, 256, 512, 1024, 2048] {
            let case = Case::new(format!("9.{chopped} the longest {kind} in pieces of {len} bytes"));
            cases.push(case.echoes(first, stars(limit)).chopped(Chop::Bytes(len)));
        }
    }
    let case = Case::new("10.1.1 the longest text in fragments of 1300 bytes");
    cases.push(in_fragments(case, TEXT_BEGUN, limit, 1300).answers(TEXT, stars(limit)));
    cases
}

fn in_fragments(mut case: Case, begun: u8, whole: usize, each: usize) -> Case {
    let mut from = 0;
    while from < whole {
        let len = each.min(whole - from);
        let opcode = if from == 0 { begun } else { MORE };
        let fin = if from + len == whole { 0x80 } else { 0 };
        case = case.sends(opcode | fin, stars(len));
        from += len;
    }
    case
}

/// What the list sends in sections 9.1 to 9.4 and 10 is refused as soon as it is told how long it is.
fn too_big(limit: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for ((first, kind), [whole, cut]) in KINDS.into_iter().zip([[1, 3], [2, 4]]) {
        for (number, kib) in (1..).zip([64, 256, 1024, 4096, 8192, 16_384]) {
            let case = Case::new(format!("9.{whole}.{number} a {kind} of {kib} KiB is past the limit"));
            // All of that length, without all of its bytes.
            let mut header = frame(first, &[]);
            header.splice(1..2, [&[0xFF][..], &(kib * 1024_u64).to_be_bytes()].concat());
            let frames = vec![header];
            cases.push(Case { frames, end: End::Fails { code: 1009, after: 10 }, ..case });
        }
        for (number, len) in (1..).zip([64, 256, 1024, 4096]) {
            let case = Case::new(format!("9.{cut}.{number} a {kind} in fragments of {len} bytes without end"));
            cases.push(past_the_limit(case, first & 0x0F, limit, len));
        }
    }
    let case = Case::new("10.1.1 a text in fragments of 1300 bytes without end");
    cases.push(past_the_limit(case, TEXT_BEGUN, limit, 1300));
    cases
}

/// Fragments up to the first that would be too much, which is known by its header.
fn past_the_limit(mut case: Case, begun: u8, limit: usize, each: usize) -> Case {
    for count in 0..limit / each {
        case = case.sends(if count == 0 { begun } else { MORE }, stars(each));
    }
    let header = frame(MORE, &stars(each)).len() - each;
    case.fails(1009, MORE, stars(each), header)
}

/// Sections 9.7 and 9.8.
fn many_messages() -> Vec<Case> {
    let mut cases = Vec::new();
    for (section, (first, kind)) in (7..).zip(KINDS) {
        for (number, len) in (1..).zip([0, 16, 64, 256, 1024, 4096]) {
            let case = Case::new(format!("9.{section}.{number} a thousand times a {kind} of {len} bytes"));
            cases.push((0..1000).fold(case, |case, _| case.echoes(first, stars(len))));
        }
    }
    cases
}
