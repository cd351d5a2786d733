//! What one session reads, line for line.

use std::collections::BTreeSet;

use teahouse_proto::irc::Message;
use teahouse_proto::limits::{MESSAGE_BODY_BYTES_MAX, TAG_BYTES_MAX};
use teahouse_proto::names::{Nick, RoomName};

use crate::ids::SessionId;

/// One session's side of its connection.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) id: SessionId,
    /// The token it was given, until somebody takes it.
    pub(super) token: Option<String>,
    /// The last line it has read.
    pub(super) last: String,
    nick: Option<Nick>,
    inside: BTreeSet<RoomName>,
    /// Whether a page of history is being read.
    in_history: bool,
}

impl Reader {
    pub(super) fn new(id: SessionId) -> Self {
        Reader { id, token: None, last: String::new(), nick: None, inside: BTreeSet::new(), in_history: false }
    }

    pub(super) fn read(&mut self, framed: &[u8]) {
        let line = framed.strip_suffix(b"\r\n").expect("a line ends with CR LF");
        let line = std::str::from_utf8(line).expect("the server speaks UTF-8");
        // Parsing fails if there is a CR, LF or NUL left.
        let message = Message::parse(line).unwrap_or_else(|error| panic!("{error:?}: {line:?}"));
        let tags = if line.starts_with('@') { line.find(' ').map_or(0, |space| space + 1) } else { 0 };
        assert!(tags <= TAG_BYTES_MAX, "{tags} bytes of tags: {line:?}");
        assert!(line.len() - tags <= MESSAGE_BODY_BYTES_MAX, "{} bytes: {line:?}", line.len() - tags);
        self.notice(&message, line);
        line.clone_into(&mut self.last);
    }

    fn notice(&mut self, message: &Message<'_>, line: &str) {
        let param = |index: usize| message.params.get(index).unwrap_or_default();
        let from = message.source_nick().and_then(|nick| Nick::parse(nick).ok());
        let is_own = from.is_some() && from == self.nick;
        match message.command {
            "001" => self.nick = Nick::parse(param(0)).ok(),
            "GUEST" if param(0) == "TOKEN" => self.token = Some(param(1).to_owned()),
            "NICK" if is_own => self.nick = Nick::parse(param(0)).ok(),
            "JOIN" if is_own => drop(self.inside.insert(room(param(0)))),
            "PART" if is_own => assert!(self.inside.remove(&room(param(0))), "parts twice: {line:?}"),
            "KICK" if Nick::parse(param(1)).ok() == self.nick => {
                assert!(self.inside.remove(&room(param(0))), "kicked twice: {line:?}");
            }
            "JOIN" | "PART" | "KICK" | "TOPIC" => self.must_be_inside(param(0), line),
            "MODE" if param(0).starts_with('#') => self.must_be_inside(param(0), line),
            "BATCH" if param(1) == "chathistory" => self.in_history = true,
            "BATCH" if param(0).starts_with('-') && !param(0).starts_with("-m") => self.in_history = false,
            "PRIVMSG" | "NOTICE" | "TAGMSG" if param(0).starts_with('#') && !is_own && !self.in_history => {
                self.must_be_inside(param(0), line);
            }
            _ => {}
        }
    }

    fn must_be_inside(&self, name: &str, line: &str) {
        assert!(self.inside.contains(&room(name)), "{:?} is not in {name}: {line:?}", self.nick);
    }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap_or_else(|error| panic!("{error}: {name:?}"))
}
