//! Section 6 of the list: texts that are UTF-8 and texts that are not, as far as they may be told apart by their first bytes.
//!
//! The sequences are those of Markus Kuhn's test (<https://www.cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt>).

use super::cases::{Case, Chop, End, LAST, MORE, TEXT, TEXT_BEGUN};

/// Everything.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = fragments();
    cases.extend(pieces());
    for (section, what, texts) in SEQUENCES {
        for (number, digits) in (1..).zip(texts.split_whitespace()) {
            cases.push(text(format!("6.{section}.{number} {what}: {digits}"), &bytes(digits)));
        }
    }
    cases
}

/// Ends in a character, a byte that is never one, and what would come behind it.
const BROKEN: &str = "cebae1bdb9cf83cebcceb5eda080656469746564";

fn fragments() -> Vec<Case> {
    let (hello, two) = ("Hello-µ@ßöäüàá-UTF-8!!", ["Hello-µ@ßöä", "üàá-UTF-8!!"]);
    vec![
        Case::new("6.1.1 a text of no bytes").echoes(TEXT, ""),
        Case::new("6.1.2 three fragments of no bytes")
            .sends(TEXT_BEGUN, "")
            .sends(MORE, "")
            .sends(LAST, "")
            .answers(TEXT, ""),
        Case::new("6.1.3 three fragments, the first and the last of no bytes")
            .sends(TEXT_BEGUN, "")
            .sends(MORE, "middle frame payload")
            .sends(LAST, "")
            .answers(TEXT, "middle frame payload"),
        Case::new("6.2.1 a text of one fragment").echoes(TEXT, hello),
        Case::new("6.2.2 a text cut between characters")
            .sends(TEXT_BEGUN, two[0])
            .sends(LAST, two[1])
            .answers(TEXT, hello),
        byte_by_byte("6.2.3 a text in fragments of one byte", hello.as_bytes()),
        byte_by_byte("6.2.4 another text in fragments of one byte", "κόσμε".as_bytes()),
        text("6.3.1 a text that is not UTF-8", &bytes(BROKEN)),
        byte_by_byte("6.3.2 a text that is not UTF-8, in fragments of one byte", &bytes(BROKEN)),
    ]
}

/// Section 6.4: three fragments, or three pieces of one frame; the second one is the one after which it fails.
fn pieces() -> Vec<Case> {
    let whole = bytes("cebae1bdb9cf83cebcceb5f4908080656469746564");
    let fragments = |name: &str, [first, second]: [usize; 2]| {
        let mut case = Case::new(name).sends(TEXT_BEGUN, &whole[..first]);
        let broken = 6 + 13 - first;
        case = case.fails(1007, MORE, &whole[first..second], broken);
        case.sends(LAST, &whole[second..])
    };
    let piece = |name: &str, len: usize| text(name, &whole).chopped(Chop::Bytes(6 + len));
    vec![
        fragments("6.4.1 three fragments, the second is not UTF-8", [11, 15]),
        fragments("6.4.2 three fragments, the second is the byte that breaks it", [12, 13]),
        piece("6.4.3 a frame in pieces, the second is not UTF-8", 11),
        piece("6.4.4 a frame in pieces, the second begins with the byte that breaks it", 12),
    ]
}

/// A text in one frame, which is echoed, or fails at the first byte after which it cannot be UTF-8.
fn text(name: impl Into<String>, payload: &[u8]) -> Case {
    match broken_after(payload) {
        None => Case::new(name).echoes(TEXT, payload),
        Some(count) => Case::new(name).fails(1007, TEXT, payload, 6 + count),
    }
}

fn byte_by_byte(name: &str, payload: &[u8]) -> Case {
    let mut case = Case::new(name);
    for (index, byte) in payload.iter().enumerate() {
        let first = match (index, index + 1 == payload.len()) {
            (0, _) => TEXT_BEGUN,
            (_, false) => MORE,
            (_, true) => LAST,
        };
        case = case.sends(first, [*byte]);
    }
    match broken_after(payload) {
        None => case.answers(TEXT, payload),
        Some(count) => {
            case.end = End::Fails { code: 1007, after: case.frames[..count].concat().len() };
            case
        }
    }
}

fn broken_after(text: &[u8]) -> Option<usize> {
    let error = std::str::from_utf8(text).err()?;
    // Without a length, what is missing is the end: known when the frame is whole.
    Some(error.error_len().map_or(text.len(), |_| first_wrong_byte(text, error.valid_up_to())))
}

/// Grows the text until no further byte could mend it.
fn first_wrong_byte(text: &[u8], from: usize) -> usize {
    let is_broken = |end: &usize| std::str::from_utf8(&text[..*end]).is_err_and(|error| error.error_len().is_some());
    (from + 1..=text.len()).find(is_broken).unwrap_or(text.len())
}

fn bytes(digits: &str) -> Vec<u8> {
    let byte = |index: usize| u8::from_str_radix(&digits[index..index + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Number, what they are, each in hexadecimal.
const SEQUENCES: [(u8, &str, &str); 19] = [
    (
        5,
        "some correct characters",
        "68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 68656c6c6fe282ac776f726c64 68656c6c6ff0a4ada2776f726c64
         cebae1bdb9cf83cebcceb5",
    ),
    (
        6,
        "every prefix",
        "ce ceba cebae1 cebae1bd cebae1bdb9 cebae1bdb9cf cebae1bdb9cf83 cebae1bdb9cf83ce cebae1bdb9cf83cebc
         cebae1bdb9cf83cebcce cebae1bdb9cf83cebcceb5",
    ),
    (7, "the first of each length", "00 c280 e0a080 f0908080"),
    (8, "the first of lengths that there are not", "f888808080 fc8480808080"),
    (9, "the last of each length", "7f dfbf efbfbf f48fbfbf"),
    (10, "the last of lengths that there are not", "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf"),
    (11, "on both sides of a border", "ed9fbf ee8080 efbfbd f48fbfbf f4908080"),
    (
        12,
        "continuation of nothing",
        "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf
         808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbe",
    ),
    (
        13,
        "beginnings of nothing",
        "c020c120c220c320c420c520c620c720c820c920ca20cb20cc20cd20ce20cf20d020d120d220d320d420d520d620d720d820d920da20db20dc20dd20de20
         e020e120e220e320e420e520e620e720e820e920ea20eb20ec20ed20ee20 f020f120f220f320f420f520f620 f820f920fa20 fc20",
    ),
    (14, "the last byte is missing", "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"),
    (15, "last bytes missing, one after the other", "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"),
    (16, "bytes that never are", "fe ff fefeffff"),
    (17, "a slash written too long", "c0af e080af f08080af f8808080af fc80808080af"),
    (18, "the largest written too long", "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf"),
    (19, "NUL written too long", "c080 e08080 f0808080 f880808080 fc8080808080"),
    (20, "half of a surrogate pair", "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf"),
    (
        21,
        "a surrogate pair",
        "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf",
    ),
    (
        22,
        "no characters, but code points",
        "efbfbe efbfbf f09fbfbe f09fbfbf f0afbfbe f0afbfbf f0bfbfbe f0bfbfbf f18fbfbe f18fbfbf f19fbfbe f19fbfbf
         f1afbfbe f1afbfbf f1bfbfbe f1bfbfbf f28fbfbe f28fbfbf f29fbfbe f29fbfbf f2afbfbe f2afbfbf f2bfbfbe f2bfbfbf
         f38fbfbe f38fbfbf f39fbfbe f39fbfbf f3afbfbe f3afbfbf f3bfbfbe f3bfbfbf f48fbfbe f48fbfbf",
    ),
    (23, "special characters", "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf"),
];
