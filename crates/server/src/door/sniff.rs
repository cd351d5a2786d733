//! What has come, told from its first bytes.

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It cannot be told yet.
    NeedMore,
    /// IRC lines.
    Irc,
    /// HTTP/1: a request line begins.
    Http,
    /// HTTP/2 without TLS: its preface begins with `PRI ` (RFC 9113, section 3.4), which is not PRIVMSG.
    Http2,
    /// A TLS handshake record.
    Tls,
}

/// The first word of anything we know is shorter; what is longer is a line for the IRC parser to refuse.
pub(crate) const FIRST_WORD_BYTES_MAX: usize = 512;

const TLS_HANDSHAKE: u8 = 0x16;

/// The methods of RFC 9110 and PATCH; none is an IRC command. Methods are case-sensitive, IRC commands are not.
const HTTP_VERBS: [&[u8]; 9] =
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH"];

/// Judges all bytes that have come so far: the first byte tells TLS, the first space or line end the rest.
pub(crate) fn sniff(bytes: &[u8]) -> Verdict {
    if bytes.first() == Some(&TLS_HANDSHAKE) {
        return Verdict::Tls;
    }
    let Some(end) = bytes.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')) else {
        return if bytes.len() > FIRST_WORD_BYTES_MAX { Verdict::Irc } else { Verdict::NeedMore };
    };
    match &bytes[..end] {
        b"PRI" if bytes[end] == b' ' => Verdict::Http2,
        word if HTTP_VERBS.contains(&word) => Verdict::Http,
        _ => Verdict::Irc,
    }
}

/// What fuzzing looks for: a verdict, once given, stays, and is given soon.
#[cfg(any(test, fuzzing))]
pub(crate) fn sniffer(bytes: &[u8]) {
    let mut before = sniff(&[]);
    for length in 1..=bytes.len().min(2 * FIRST_WORD_BYTES_MAX) {
        let verdict = sniff(&bytes[..length]);
        assert!(before == Verdict::NeedMore || verdict == before, "{before:?} becomes {verdict:?} at {length} bytes");
        assert!(verdict != Verdict::NeedMore || length <= FIRST_WORD_BYTES_MAX, "{length} bytes are not enough");
        before = verdict;
    }
    let is_tls = bytes.first() == Some(&TLS_HANDSHAKE);
    assert_eq!(before == Verdict::Tls, is_tls, "the first byte tells TLS and nothing else");
    if matches!(before, Verdict::Http | Verdict::Http2) {
        assert!(bytes[0].is_ascii_uppercase(), "HTTP begins with a verb");
    }
}

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpus_of_the_sniffer() {
        replay::replay("sniffer", sniffer);
    }

    #[test]
    fn the_first_word_tells_and_nothing_before_its_end() {
        for (whole, told_after, verdict) in [
            (&b"GET / HTTP/1.1\r\n"[..], 4, Verdict::Http),
            (b"HEAD / HTTP/1.1\r\n", 5, Verdict::Http),
            (b"OPTIONS * HTTP/1.1\r\n", 8, Verdict::Http),
            (b"POST /x HTTP/1.1\r\n", 5, Verdict::Http),
            (b"GET\r\n", 4, Verdict::Http),
            (b"GETS x\r\n", 5, Verdict::Irc),
            (b"get / HTTP/1.1\r\n", 4, Verdict::Irc),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 4, Verdict::Http2),
            (b"PRIVMSG #a :b\r\n", 8, Verdict::Irc),
            (b"PRI\r\n", 4, Verdict::Irc),
            (b"NICK alice\r\n", 5, Verdict::Irc),
            (b"CAP LS 302\r\n", 4, Verdict::Irc),
            (b"LIST\n", 5, Verdict::Irc),
            (b"@a=b NICK c\r\n", 5, Verdict::Irc),
            (b":x NICK c\r\n", 3, Verdict::Irc),
            (b" NICK c\r\n", 1, Verdict::Irc),
            (b"\r\nNICK c\r\n", 1, Verdict::Irc),
            (b"\x16\x03\x01\x02\x00", 1, Verdict::Tls),
            (b"\xff\xfe\x00 ", 4, Verdict::Irc),
            ("昵称 x\r\n".as_bytes(), 7, Verdict::Irc),
        ] {
            for length in 0..=whole.len() {
                let expected = if length < told_after { Verdict::NeedMore } else { verdict };
                assert_eq!(sniff(&whole[..length]), expected, "{length} of {:?}", whole.escape_ascii().to_string());
            }
        }
    }

    #[test]
    fn a_word_without_end_is_left_to_the_line_parser() {
        assert_eq!(sniff(&[b'G'; FIRST_WORD_BYTES_MAX]), Verdict::NeedMore);
        assert_eq!(sniff(&[b'G'; FIRST_WORD_BYTES_MAX + 1]), Verdict::Irc);
    }
}
