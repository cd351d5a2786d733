//! Where a message goes, and which of ours it confirms or refuses.

use std::sync::Arc;

use teahouse_proto::irc;

use super::about::{about, edited_at};
use super::{Added, BATCHES_MAX, CLIENT_ID_TAG, Fate, Kind, Log, Message, ROOMS_MAX, Room, State, Unsent, fold};

/// A batch that is open.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// The target, if it is a batch of history.
    history: Option<String>,
    label: Option<String>,
    parent: Option<String>,
}

impl State {
    pub(super) fn batch(&mut self, line: &irc::Message<'_>) {
        match &line.params[..] {
            [reference, kind, rest @ ..] if reference.starts_with('+') => {
                if self.batches.len() >= BATCHES_MAX {
                    return;
                }
                let history = (*kind == "chathistory").then(|| rest.first().copied().unwrap_or_default().to_owned());
                let batch = Batch { history, label: self.label(line), parent: tag(line, "batch") };
                self.batches.insert(reference[1..].to_owned(), batch);
            }
            [reference, ..] if reference.starts_with('-') => {
                _ = self.batches.remove(&reference[1..]);
            }
            _ => {}
        }
    }

    /// A line's label: its own, else its batch's, which has taken over its own parent's.
    pub(crate) fn label(&self, line: &irc::Message<'_>) -> Option<String> {
        tag(line, "label").or_else(|| self.batches.get(&tag(line, "batch")?)?.label.clone())
    }

    /// Whose history a line is part of, if it is.
    pub(crate) fn history_target(&self, line: &irc::Message<'_>) -> Option<&str> {
        let mut batch = self.batches.get(&tag(line, "batch")?)?;
        // Each step goes one batch up; there are no more steps than batches even if they go in a circle.
        for _ in 0..BATCHES_MAX {
            if let Some(target) = &batch.history {
                return Some(target);
            }
            batch = self.batches.get(batch.parent.as_ref()?)?;
        }
        None
    }

    pub(super) fn message_in(&mut self, line: &irc::Message<'_>) -> Option<Added> {
        let [target, .., text] = &line.params[..] else {
            return None;
        };
        let history = self.history_target(line).map(str::to_owned);
        if history.is_none() && target.contains(',') {
            return None;
        }
        if self.place_of(line).is_none() {
            self.push_notice(text);
        }
        let (goes_to, message) = self.read(line)?;
        let label = if message.mine { self.label(line) } else { None };
        // Only an author is told the id, also of what was said under another nick.
        let id = tag(line, CLIENT_ID_TAG);
        self.tell_apart(&goes_to, line, history.is_none() && !message.mine);
        let (name, log) = self.place(&goes_to)?;
        if message.mine || id.is_some() {
            log.settle(&message, label.as_deref(), id.as_deref());
        }
        let message = log.confirm(message)?;
        Some(Added { target: name, message, history: history.is_some() })
    }

    /// What a line says, and where it belongs; `None`: it says nothing to people, or is a word of the server's.
    pub(crate) fn read(&self, line: &irc::Message<'_>) -> Option<(String, Message)> {
        if !matches!(line.command, "PRIVMSG" | "NOTICE") {
            return None;
        }
        let place = self.place_of(line)?;
        let user = line.source.filter(|source| source.contains('!'));
        let from = if user.is_some() { line.source_nick() } else { line.source }.unwrap_or_default();
        let (kind, text) = kind_and_text(line.command, line.params.last()?)?;
        let message = Message {
            from: from.to_owned(),
            kind,
            text: text.to_owned(),
            msgid: tag(line, "msgid"),
            time: tag(line, "time"),
            about: about(line),
            edited: edited_at(line),
            mine: self.is_me(from),
            fate: Fate::Confirmed,
        };
        Some((place, message))
    }

    pub(super) fn line_out(&mut self, line: &irc::Message<'_>) -> Option<Added> {
        if !matches!(line.command, "PRIVMSG" | "NOTICE") {
            return None;
        }
        let [target, .., text] = &line.params[..] else {
            return None;
        };
        if target.contains(',') {
            return None;
        }
        let echoed = self.has_capability("echo-message");
        let message = self.own(line, text, if echoed { Fate::Pending } else { Fate::Confirmed })?;
        let (label, id) = (tag(line, "label"), tag(line, CLIENT_ID_TAG));
        let (name, log) = self.place(target)?;
        if echoed {
            log.send(message, label, id);
            return None;
        }
        log.forget_sent(id.as_deref());
        let message = log.confirm(message)?;
        Some(Added { target: name, message, history: false })
    }

    /// What is to be sent; its room is there from now on, even before we are in it.
    pub(super) fn keep(&mut self, line: &irc::Message<'_>) {
        let ("PRIVMSG" | "NOTICE", [target, .., text]) = (line.command, &line.params[..]) else { return };
        let Some(id) = tag(line, CLIENT_ID_TAG) else { return };
        let Some(message) = self.own(line, text, Fate::Waiting) else { return };
        if target.starts_with('#') && self.room(target).is_none() && self.rooms.len() < ROOMS_MAX {
            let room = Room { name: (*target).to_owned(), ..Room::default() };
            self.rooms.insert(fold(target), Arc::new(room));
        }
        if let Some((_, log)) = self.place(target) {
            log.send(message, None, Some(id));
        }
    }

    /// What was one message to be sent is several.
    pub(super) fn cut(&mut self, target: &str, id: &str, lines: &[String]) {
        let lines = lines.iter().filter_map(|line| {
            irc::Message::parse_with_breaks(line).ok().map(|parsed| {
                let message = self.own(&parsed, parsed.params.last()?, Fate::Waiting)?;
                Some((message, tag(&parsed, CLIENT_ID_TAG)?))
            })
        });
        let pieces: Vec<(Message, String)> = lines.flatten().collect();
        if let Some(log) = self.log_mut(target) {
            log.cut(id, pieces);
        }
    }

    fn own(&self, line: &irc::Message<'_>, text: &str, fate: Fate) -> Option<Message> {
        let (kind, text) = kind_and_text(line.command, text)?;
        let (from, text) = (self.nick.clone(), text.to_owned());
        Some(Message { from, kind, text, msgid: None, time: None, about: about(line), edited: None, mine: true, fate })
    }

    /// What waits or is under way, and may be said by whoever comes after this client, in the order in which it was said.
    pub fn unsent(&self) -> Vec<Unsent> {
        let rooms = self.rooms.values().map(|room| (&room.name, &room.log));
        let talks = self.direct.values().map(|talk| (&talk.name, &talk.log));
        let one = |target: &str, id: &str, message: &Message| Unsent {
            id: id.to_owned(),
            target: target.to_owned(),
            kind: message.kind,
            text: message.text.clone(),
            about: message.about.clone(),
        };
        let all = rooms.chain(talks).flat_map(|(name, log)| log.unsent().map(move |(id, said)| one(name, id, said)));
        let mut all: Vec<Unsent> = all.collect();
        // Ids begin with the time.
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The list that a name stands for, which begins with its first message if it is a person's.
    fn place(&mut self, name: &str) -> Option<(String, &mut Log)> {
        if name.starts_with('#') {
            let room = Arc::make_mut(self.rooms.get_mut(&fold(name))?);
            return Some((room.name.clone(), &mut room.log));
        }
        let conversation = self.talk_mut(name)?;
        Some((conversation.name.clone(), &mut conversation.log))
    }

    pub(super) fn log_mut(&mut self, name: &str) -> Option<&mut Log> {
        match name.starts_with('#') {
            true => self.rooms.get_mut(&fold(name)).map(|room| &mut Arc::make_mut(room).log),
            false => self.direct.get_mut(&fold(name)).map(|talk| &mut Arc::make_mut(talk).log),
        }
    }

    pub(super) fn refuse_labelled(&mut self, label: &str, fate: Fate) {
        let rooms = self.rooms.values_mut().filter(|room| room.log.has_pending());
        let talks = self.direct.values_mut().filter(|talk| talk.log.has_pending());
        let mut logs =
            rooms.map(|room| &mut Arc::make_mut(room).log).chain(talks.map(|talk| &mut Arc::make_mut(talk).log));
        logs.any(|log| log.refuse_labelled(label, fate));
    }
}

pub(crate) fn tag(line: &irc::Message<'_>, key: &str) -> Option<String> {
    line.tags.get(key).map(std::borrow::Cow::into_owned)
}

/// A text as it goes into the line.
pub(crate) fn on_the_wire(kind: Kind, text: &str) -> String {
    if kind == Kind::Action { format!("\u{1}ACTION {text}\u{1}") } else { text.to_owned() }
}

/// `None`: a CTCP request that is not for people.
pub(crate) fn kind_and_text<'a>(command: &str, text: &'a str) -> Option<(Kind, &'a str)> {
    let kind = if command == "NOTICE" { Kind::Notice } else { Kind::Privmsg };
    let Some(ctcp) = text.strip_prefix('\u{1}') else {
        return Some((kind, text));
    };
    let ctcp = ctcp.strip_suffix('\u{1}').unwrap_or(ctcp);
    match (kind, ctcp.strip_prefix("ACTION")) {
        (Kind::Privmsg, Some("")) => Some((Kind::Action, "")),
        (Kind::Privmsg, Some(action)) => Some((Kind::Action, action.strip_prefix(' ')?)),
        _ => None,
    }
}
