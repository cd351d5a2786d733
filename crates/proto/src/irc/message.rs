//! One line, taken apart without copying, and put together
//! (<https://modern.ircdocs.horse/#message-format>, <https://ircv3.net/specs/extensions/message-tags>).

use std::borrow::Cow;
use std::ops::Deref;

use crate::limits::PARAMS_MAX;

/// A line taken apart; everything in it borrows from the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// What stands between `@` and the first space.
    pub tags: Tags<'a>,
    /// Who it comes from, without the colon; a server ignores what a client claims here.
    pub source: Option<&'a str>,
    /// Letters and digits only, as it was spelt.
    pub command: &'a str,
    /// At most [`PARAMS_MAX`].
    pub params: Params<'a>,
}

/// Why a line is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but spaces: to be ignored.
    Empty,
    /// NUL, CR or LF inside the line.
    Control,
    /// Tags or a source, and then nothing.
    NoCommand,
    /// A command with something other than letters and digits in it: answered like an unknown one.
    Command,
    /// More than [`PARAMS_MAX`] parameters.
    TooManyParams,
}

impl<'a> Message<'a> {
    /// Takes a line apart. `line` has no line ending; needless spaces are tolerated.
    pub fn parse(line: &'a str) -> Result<Self, ParseError> {
        if memchr::memchr3(0, b'\r', b'\n', line.as_bytes()).is_some() {
            return Err(ParseError::Control);
        }
        let mut rest = line.trim_start_matches(' ');
        if rest.is_empty() {
            return Err(ParseError::Empty);
        }
        let mut tags = Tags::default();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (raw, after) = word(tagged);
            tags = Tags { raw };
            rest = after;
        }
        let mut source = None;
        if let Some(sourced) = rest.strip_prefix(':') {
            let (name, after) = word(sourced);
            source = Some(name).filter(|name| !name.is_empty());
            rest = after;
        }
        let (command, rest) = word(rest);
        if command.is_empty() {
            return Err(ParseError::NoCommand);
        }
        if !command.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ParseError::Command);
        }
        Ok(Self { tags, source, command, params: Params::parse(rest)? })
    }

    /// The same for a line that was put together from several (<https://ircv3.net/specs/extensions/multiline>): LF may stand
    /// in its last parameter, which MUST come behind a colon. Nothing like it is on the wire.
    pub fn parse_with_breaks(text: &'a str) -> Result<Self, ParseError> {
        let Some(first) = memchr::memchr(b'\n', text.as_bytes()) else { return Self::parse(text) };
        if memchr::memchr2(0, b'\r', text.as_bytes()).is_some() {
            return Err(ParseError::Control);
        }
        let mut line = Self::parse(&text[..first])?;
        let last = line.params.len.checked_sub(1).ok_or(ParseError::Control)?;
        let slot = &mut line.params.items[usize::from(last)];
        let before = text[..first].strip_suffix(*slot).ok_or(ParseError::Control)?;
        *slot = &text[before.len()..];
        Ok(line)
    }

    /// The command as a number, if it is a numeric: three digits.
    pub fn numeric(&self) -> Option<u16> {
        if self.command.len() == 3 { self.command.parse().ok() } else { None }
    }

    /// The nick in the source: what stands before `!` or `@`.
    pub fn source_nick(&self) -> Option<&'a str> {
        self.source.map(|source| source.split(['!', '@']).next().unwrap_or(source))
    }
}

/// Splits off the front up to the first space; the rest begins after all spaces.
fn word(text: &str) -> (&str, &str) {
    match memchr::memchr(b' ', text.as_bytes()) {
        Some(space) => (&text[..space], text[space..].trim_start_matches(' ')),
        None => (text, ""),
    }
}

/// The parameters of a message; a slice of strings, the last one without its colon.
#[derive(Clone, Copy)]
pub struct Params<'a> {
    items: [&'a str; PARAMS_MAX],
    len: u8,
}

impl<'a> Params<'a> {
    fn parse(mut rest: &'a str) -> Result<Self, ParseError> {
        let mut params = Self { items: [""; PARAMS_MAX], len: 0 };
        while !rest.is_empty() {
            let slot = params.items.get_mut(usize::from(params.len)).ok_or(ParseError::TooManyParams)?;
            match rest.strip_prefix(':') {
                Some(trailing) => (*slot, rest) = (trailing, ""),
                None => (*slot, rest) = word(rest),
            }
            params.len += 1;
        }
        Ok(params)
    }

    /// The parameters with the line's own lifetime.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.items.into_iter().take(usize::from(self.len))
    }

    /// One parameter with the line's own lifetime.
    pub fn get(&self, index: usize) -> Option<&'a str> {
        if index < usize::from(self.len) { Some(self.items[index]) } else { None }
    }
}

impl<'a> Deref for Params<'a> {
    type Target = [&'a str];

    fn deref(&self) -> &Self::Target {
        &self.items[..usize::from(self.len)]
    }
}

impl std::fmt::Debug for Params<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Params<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Params<'_> {}

/// The tags of a message, unescaped only when somebody asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags<'a> {
    raw: &'a str,
}

impl<'a> Tags<'a> {
    /// Reads what stands between `@` and the first space of a line.
    pub fn new(raw: &'a str) -> Self {
        Self { raw }
    }

    /// Every key with its value, in the order of the line; a tag without a value has an empty one, one without a key is none.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let tags = self.raw.split(';').map(|tag| tag.split_once('=').unwrap_or((tag, "")));
        tags.filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key, unescape(value)))
    }

    /// The value of a key; where a key comes twice the last one counts.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        self.raw
            .rsplit(';')
            .map(|tag| tag.split_once('=').unwrap_or((tag, "")))
            .find(|(name, _)| !name.is_empty() && *name == key)
            .map(|(_, value)| unescape(value))
    }

    /// Whether there is no tag at all.
    pub fn is_empty(&self) -> bool {
        self.raw.bytes().all(|byte| byte == b';')
    }

    /// As it stood on the line, still escaped, without `@`.
    pub fn raw(&self) -> &'a str {
        self.raw
    }
}

fn unescape(value: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', value.as_bytes()) else {
        return Cow::Borrowed(value);
    };
    let mut plain = String::with_capacity(value.len());
    plain.push_str(&value[..first]);
    let mut chars = value[first..].chars();
    while let Some(next) = chars.next() {
        match next {
            // An escape that does not exist means its own letter; a lone one at the end means nothing.
            '\\' => plain.extend(chars.next().map(|escaped| match escaped {
                ':' => ';',
                's' => ' ',
                'r' => '\r',
                'n' => '\n',
                other => other,
            })),
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// Writes one line, without its ending, to the end of a buffer.
///
/// The caller MUST call in the order of a line: tags, source, command or numeric, parameters, at
/// most one trailing; MUST NOT hand in CR, LF or NUL; and MUST give `param` something without
/// spaces that neither is empty nor begins with a colon. Debug builds check.
#[derive(Debug)]
pub struct LineBuilder<'b> {
    buf: &'b mut Vec<u8>,
    start: usize,
    body: usize,
    tagged: bool,
}

impl<'b> LineBuilder<'b> {
    /// Begins a line at the end of `buf`.
    pub fn new(buf: &'b mut Vec<u8>) -> Self {
        let start = buf.len();
        Self { buf, start, body: start, tagged: false }
    }

    /// Adds a tag, its value escaped; an empty value leaves the key alone.
    pub fn tag(&mut self, key: &str, value: &str) -> &mut Self {
        debug_assert!(self.body == self.start && (self.tagged || self.is_empty()), "tags come first");
        debug_assert!(!key.is_empty() && !key.contains([' ', ';', '=', '\0', '\r', '\n']), "bad tag key {key:?}");
        self.buf.push(if self.tagged { b';' } else { b'@' });
        self.tagged = true;
        self.buf.extend_from_slice(key.as_bytes());
        if !value.is_empty() {
            self.buf.push(b'=');
            escape(value, self.buf);
        }
        self
    }

    /// Says who the line comes from.
    pub fn source(&mut self, source: &str) -> &mut Self {
        debug_assert!(is_middle(source), "bad source {source:?}");
        self.begin_body();
        self.buf.push(b':');
        self.buf.extend_from_slice(source.as_bytes());
        self
    }

    /// Writes the command.
    pub fn command(&mut self, command: &str) -> &mut Self {
        debug_assert!(is_middle(command), "bad command {command:?}");
        if self.body_len() == 0 {
            self.begin_body();
        } else {
            self.buf.push(b' ');
        }
        self.buf.extend_from_slice(command.as_bytes());
        self
    }

    /// Writes a numeric as the command: three digits.
    pub fn numeric(&mut self, code: u16) -> &mut Self {
        debug_assert!(code < 1000, "{code} has more than three digits");
        let digit = |value: u16| char::from(b'0' + u8::try_from(value % 10).unwrap_or_default());
        let digits = [digit(code / 100), digit(code / 10), digit(code)];
        self.command(digits.iter().collect::<String>().as_str())
    }

    /// Adds a parameter that cannot be mistaken for anything else.
    pub fn param(&mut self, param: &str) -> &mut Self {
        debug_assert!(is_middle(param), "bad middle parameter {param:?}");
        self.buf.push(b' ');
        self.buf.extend_from_slice(param.as_bytes());
        self
    }

    /// Adds the last parameter, always behind a colon, so that anything may stand in it.
    pub fn trailing(&mut self, text: &str) -> &mut Self {
        debug_assert!(!text.contains(['\0', '\r', '\n']), "control character in {text:?}");
        self.buf.extend_from_slice(b" :");
        self.buf.extend_from_slice(text.as_bytes());
        self
    }

    /// Bytes written so far, tags included.
    pub fn len(&self) -> usize {
        self.buf.len() - self.start
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes written so far without the tags: what counts against
    /// [`MESSAGE_BODY_BYTES_MAX`](crate::limits::MESSAGE_BODY_BYTES_MAX).
    pub fn body_len(&self) -> usize {
        if self.tagged && self.body == self.start { 0 } else { self.buf.len() - self.body }
    }

    fn begin_body(&mut self) {
        if self.tagged {
            self.buf.push(b' ');
        }
        self.body = self.buf.len();
    }
}

fn is_middle(param: &str) -> bool {
    !param.is_empty() && !param.starts_with(':') && !param.contains([' ', '\0', '\r', '\n'])
}

/// A tag's value as it stands on a line. <https://ircv3.net/specs/extensions/message-tags#escaping-values>
pub fn escaped(value: &str) -> String {
    let mut escaped = Vec::with_capacity(value.len());
    escape(value, &mut escaped);
    String::from_utf8(escaped).expect("an escape is ASCII, and stands in the place of ASCII")
}

fn escape(value: &str, out: &mut Vec<u8>) {
    let is_escaped = |byte: u8| matches!(byte, b';' | b' ' | b'\\' | b'\r' | b'\n');
    let (plain, rest) = value.as_bytes().split_at(value.bytes().position(is_escaped).unwrap_or(value.len()));
    out.extend_from_slice(plain);
    for &byte in rest {
        match byte {
            b';' => out.extend_from_slice(b"\\:"),
            b' ' => out.extend_from_slice(b"\\s"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, want: &str) {
        let got = match Message::parse(line) {
            Err(error) => format!("{error:?}"),
            Ok(message) => {
                let tags: Vec<_> = message.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let params: Vec<_> = message.params.iter().collect();
                format!("{}|{}|{}|{}", tags.join(";"), message.source.unwrap_or("-"), message.command, params.join("|"))
            }
        };
        assert_eq!(got, want, "{line:?}");
    }

    #[test]
    fn lines_are_taken_apart() {
        for (line, want) in [
            ("PING", "|-|PING|"),
            ("ping x", "|-|ping|x"),
            ("PRIVMSG #tea :hi there", "|-|PRIVMSG|#tea|hi there"),
            ("PRIVMSG #tea ::)", "|-|PRIVMSG|#tea|:)"),
            ("PRIVMSG #tea :", "|-|PRIVMSG|#tea|"),
            ("PRIVMSG #tea a:b", "|-|PRIVMSG|#tea|a:b"),
            ("NICK a   ", "|-|NICK|a"),
            ("  NICK    a   :b  c ", "|-|NICK|a|b  c "),
            (":n!u@h PRIVMSG #茶馆 :你好", "|n!u@h|PRIVMSG|#茶馆|你好"),
            (": PING", "|-|PING|"),
            ("@a=b;c :s  001  me :hi", "a=b;c=|s|001|me|hi"),
            ("@ PING", "|-|PING|"),
            ("@;;a;; PING", "a=|-|PING|"),
            ("@=b;c=d PING", "c=d|-|PING|"),
            ("@a=\\:\\s\\\\\\r\\n\\x\\ PING", "a=; \\\r\nx|-|PING|"),
            ("@+draft/x=y=z PING", "+draft/x=y=z|-|PING|"),
            ("TOPIC\t#a", "Command"),
            ("PR-V #a", "Command"),
            (":a :b", "Command"),
            ("", "Empty"),
            ("    ", "Empty"),
            ("@a=b", "NoCommand"),
            ("@a=b :src", "NoCommand"),
            (":src", "NoCommand"),
            ("PRIVMSG #a :\0", "Control"),
            ("PRIVMSG #a\rb", "Control"),
            ("PRIVMSG #a\nQUIT", "Control"),
        ] {
            check(line, want);
        }
    }

    #[test]
    fn breaks_stand_in_the_last_parameter_of_what_was_put_together() {
        for (line, want) in [
            ("@a=b :s PRIVMSG #a :one\n: two\n", Ok("one\n: two\n")),
            ("PRIVMSG #a :\n茶", Ok("\n茶")),
            ("PRIVMSG #a :one", Ok("one")),
            ("NICK 茶  \nb", Err(ParseError::Control)),
            ("PING\n", Err(ParseError::Control)),
            ("PRIVMSG #a :\n\r", Err(ParseError::Control)),
            ("\nPRIVMSG #a :one", Err(ParseError::Empty)),
        ] {
            let last = Message::parse_with_breaks(line).map(|message| message.params.last().copied().unwrap());
            assert_eq!(last, want, "{line:?}");
        }
    }

    #[test]
    fn fifteen_parameters_are_read_and_ten_thousand_refused() {
        let line = |count: usize| format!("JOIN {}", vec!["#a"; count].join(" "));
        assert_eq!(Message::parse(&line(15)).unwrap().params.len(), 15);
        for count in [16, 10_000] {
            assert_eq!(Message::parse(&line(count)), Err(ParseError::TooManyParams));
        }
    }

    #[test]
    fn of_a_tag_that_comes_twice_the_last_one_counts() {
        let message = Message::parse("@a=1;b=2;a=3;ab=4 PING").unwrap();
        assert_eq!(message.tags.get("a").as_deref(), Some("3"));
        assert_eq!(message.tags.get("b").as_deref(), Some("2"));
        assert_eq!(message.tags.get("c"), None);
        assert_eq!(message.tags.get(""), None);
    }

    #[test]
    fn the_nick_is_what_stands_before_user_and_host() {
        for (line, want) in
            [(":a!b@c X", Some("a")), (":a@c X", Some("a")), (":tea.example X", Some("tea.example")), ("X", None)]
        {
            assert_eq!(Message::parse(line).unwrap().source_nick(), want);
        }
    }

    #[test]
    fn lines_are_put_together() {
        let mut buf = b"before|".to_vec();
        let mut line = LineBuilder::new(&mut buf);
        line.tag("time", "2026-01-01T00:00:00.000Z").tag("x", "a; b\\").tag("empty", "");
        assert_eq!(line.body_len(), 0);
        line.source("n!u@h").command("PRIVMSG").param("#tea").trailing(": hi");
        assert_eq!((line.body_len(), line.len()), (25, 73));
        let text = String::from_utf8(buf).unwrap();
        assert_eq!(text, "before|@time=2026-01-01T00:00:00.000Z;x=a\\:\\sb\\\\;empty :n!u@h PRIVMSG #tea :: hi");
    }

    #[test]
    fn numerics_have_three_digits_and_a_source_is_not_needed() {
        let mut buf = Vec::new();
        LineBuilder::new(&mut buf).numeric(1).param("me").trailing("");
        assert_eq!(buf, b"001 me :");
        let mut buf = Vec::new();
        LineBuilder::new(&mut buf).tag("label", "x").command("PING");
        assert_eq!(buf, b"@label=x PING");
    }

    proptest! {
        #[test]
        fn nothing_panics(line in ".{0,200}") {
            if let Ok(message) = Message::parse(&line) {
                let _ = message.tags.iter().count();
                let _ = message.tags.get("a");
            }
        }

        #[test]
        fn what_was_put_together_is_taken_apart_again(
            tags in proptest::collection::btree_map("[+a-z/.-]{1,8}", "[^\0]{0,12}", 0..4),
            source in proptest::option::of("[a-z!@.]{1,12}"),
            command in "[A-Z0-9]{1,8}",
            middle in proptest::collection::vec("[^\0\r\n :][^\0\r\n ]{0,8}", 0..14),
            trailing in "[^\0\r\n]{0,20}",
        ) {
            let mut buf = Vec::new();
            let mut builder = LineBuilder::new(&mut buf);
            for (key, value) in &tags {
                builder.tag(key, value);
            }
            if let Some(source) = &source {
                builder.source(source);
            }
            builder.command(&command);
            for param in &middle {
                builder.param(param);
            }
            builder.trailing(&trailing);
            let body = builder.body_len();
            let line = String::from_utf8(buf).unwrap();
            let message = Message::parse(&line).unwrap();
            let read: Vec<_> = message.tags.iter().map(|(key, value)| (key.to_owned(), value.into_owned())).collect();
            prop_assert_eq!(read, tags.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(message.source, source.as_deref());
            prop_assert_eq!(message.command, command);
            let want: Vec<&str> = middle.iter().map(String::as_str).chain([trailing.as_str()]).collect();
            prop_assert_eq!(&*message.params, &want[..]);
            let tags_len = if message.tags.raw().is_empty() { 0 } else { message.tags.raw().len() + 2 };
            prop_assert_eq!(line.len() - tags_len, body);
        }
    }
}
