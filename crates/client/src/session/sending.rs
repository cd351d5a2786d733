//! What we say: cut into lines, kept in the outbox, sent when that is possible, followed until the server has answered.

use teahouse_proto::irc::Message;

use super::multiline::MULTILINE;
use super::outbox::{At, Line, Outbox, client_id, ids_within};
use super::wording::{self, Limits, PREFIX_BYTES_MAX, Tags};
use super::{Output, SayId, Session, Stage};
use crate::event::{Event, Outcome, Refusal};
use crate::split::pieces;
use crate::state::{CLIENT_ID_TAG, Input, Kind, TAGS, Unsent, fold, kind_and_text, on_the_wire};

/// A message that nobody answered for so long has an unknown outcome.
const ANSWER_MS: u64 = 30_000;

/// What a server says that cannot store anything at present.
pub(super) const UNAVAILABLE: &str = "TEMPORARILY_UNAVAILABLE";

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Sending {
    labels: u64,
    ids: u64,
    /// Length of our own `nick!user@host`, once the server has shown it.
    prefix_bytes: Option<usize>,
    /// What the server takes as one message, as it has offered last.
    pub(super) limits: Option<Limits>,
    pub(super) outbox: Outbox,
}

/// Something to say.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) target: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The id of the message that it answers.
    pub(crate) about: Option<String>,
}

/// What a line was the answer to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// To nothing that we said, or for good.
    Done,
    /// What we said is said again in a while.
    Again,
}

impl Sending {
    fn label(&mut self, prefix: char) -> String {
        self.labels += 1;
        format!("{prefix}{}", self.labels)
    }
}

impl Session {
    /// A label for something that is no message.
    pub(super) fn next_label(&mut self, prefix: char) -> Option<String> {
        self.state.has_capability("labeled-response").then(|| self.sending.label(prefix))
    }

    /// When something of what we said is due.
    pub(super) fn sending_deadline_ms(&self) -> Option<u64> {
        let online = self.stage == Stage::Online;
        self.sending.outbox.deadline_ms(self.now_ms).filter(|_| online)
    }

    /// Says a text, at once or as soon as there is a connection.
    pub(super) fn say(&mut self, say: SayId, said: &Said) {
        let over = matches!(self.stage, Stage::Leaving { .. } | Stage::Over);
        let messages = if over { Vec::new() } else { self.messages(said) };
        if messages.is_empty() {
            return self.output.push_back(Output::Outcome(say, Outcome::NotSent));
        }
        self.sending.outbox.begin(say, messages.len());
        for text in messages {
            self.sending.ids += 1;
            let id = client_id(self.now_ms, self.sending.ids, (self.chance)());
            let (target, about) = (said.target.clone(), said.about.clone());
            self.keep(Line::new(say, Unsent { id, target, kind: said.kind, text, about }));
        }
        self.send_due();
    }

    /// The messages that a text is said in.
    fn messages(&self, Said { target, kind, text, .. }: &Said) -> Vec<String> {
        let command = command(*kind);
        if let Some(limits) = self.limits().filter(|_| *kind != Kind::Action) {
            return wording::messages(text, limits, command, target);
        }
        // Until the server has shown how it calls us, the longest that it may be.
        let prefix_bytes = self.sending.prefix_bytes.unwrap_or(PREFIX_BYTES_MAX);
        let room = wording::room(prefix_bytes, command, target) - on_the_wire(*kind, "").len();
        pieces(text, room).into_iter().map(str::to_owned).collect()
    }

    /// What is one message; what is written between two connections is written for the next one.
    fn limits(&self) -> Option<Limits> {
        self.sending.limits.filter(|_| self.stage != Stage::Online || self.takes_several())
    }

    fn takes_several(&self) -> bool {
        [MULTILINE, "batch"].iter().all(|name| self.state.has_capability(name))
    }

    /// What an earlier client could not say any more is said first.
    pub(super) fn say_unsent(&mut self, say: SayId, unsent: &Unsent) {
        if unsent.target.starts_with('#') {
            self.wanted.insert(fold(&unsent.target), unsent.target.clone());
        }
        self.sending.outbox.begin(say, 1);
        self.keep(Line { is_brought: true, ..Line::new(say, unsent.clone()) });
    }

    /// The same for what is brought later.
    pub(super) fn bring(&mut self, first: SayId, unsent: &[Unsent]) {
        if matches!(self.stage, Stage::Leaving { .. } | Stage::Over) {
            return;
        }
        for (unsent, say) in unsent.iter().zip(first.0..) {
            let room = Some(&unsent.target).filter(|target| target.starts_with('#'));
            let is_new = room.is_some_and(|room| !self.wanted.contains_key(&fold(room)));
            self.say_unsent(SayId(say), unsent);
            if is_new && self.stage == Stage::Online {
                self.send_with(|line| _ = line.command("JOIN").param(&unsent.target));
            }
        }
        self.event(Event::Brought);
        self.send_due();
    }

    fn keep(&mut self, line: Line) {
        self.state.apply(Input::Keep(&line.kept()));
        self.sending.outbox.push(line);
    }

    /// What was cut for another connection is cut anew for this one, under other ids. Under an id that the server may know
    /// nothing else may be said: that stays as it is.
    fn cut_anew(&mut self, in_order: bool) {
        // From the end, so that the places before stay.
        for place in self.sending.outbox.due(self.now_ms, in_order).into_iter().rev() {
            let Some(line) = self.sending.outbox.line_mut(place).filter(|line| !line.may_be_known()) else { continue };
            let Some((kind, text)) = kind_and_text(line.command, &line.text) else { continue };
            let (say, id, target) = (line.say, line.id.clone(), line.target.clone());
            let said = Said { target: target.clone(), kind, text: text.to_owned(), about: line.about.clone() };
            let pieces = self.messages(&said);
            if pieces.len() < 2 {
                continue;
            }
            let ids = ids_within(&id, pieces.len()).into_iter();
            let piece = |(id, text)| {
                let (target, about) = (target.clone(), said.about.clone());
                Line::new(say, Unsent { id, target, kind, text, about })
            };
            let lines: Vec<Line> = ids.zip(pieces).map(piece).collect();
            let kept: Vec<String> = lines.iter().map(Line::kept).collect();
            self.state.apply(Input::Cut { target: &target, id: &id, lines: &kept });
            self.sending.outbox.replace(place, lines);
        }
    }

    /// Whether the server knows a repeat by our id, and says back what it has.
    fn is_said_once(&self) -> bool {
        self.is_answered() && self.state.has_capability(CLIENT_ID_TAG)
    }

    /// Nothing comes back from a server that can do neither.
    fn is_answered(&self) -> bool {
        ["echo-message", "labeled-response"].iter().any(|name| self.state.has_capability(name))
    }

    /// Sends of the outbox what may be sent now.
    pub(super) fn send_due(&mut self) {
        if self.stage != Stage::Online {
            return;
        }
        let (once, answered) = (self.is_said_once(), self.is_answered());
        self.cut_anew(once);
        let (takes_several, takes_tags) = (self.takes_several(), self.state.has_capability(TAGS));
        let mut refused = Vec::new();
        for place in self.sending.outbox.due(self.now_ms, once) {
            let label = self.next_label('m');
            let Some(line) = self.sending.outbox.line_mut(place) else { continue };
            let seen = Tags { label: label.as_deref(), id: Some(&line.id), about: line.about.as_deref() };
            let tags = Tags { id: seen.id.filter(|_| once), about: seen.about.filter(|_| takes_tags), ..seen };
            let (seen, sent) = (line.whole(&line.target, seen), line.on_the_wire(tags, takes_several));
            line.tries += 1;
            let sent = if line.fits(takes_several) { sent } else { Vec::new() };
            if sent.is_empty() {
                refused.push(too_long(line, label.as_deref()));
            }
            line.at = At::Sent { label, until_ms: self.now_ms + ANSWER_MS };
            self.state.apply(Input::Out(&seen));
            for text in sent {
                self.put_on_wire(text);
            }
        }
        for text in refused {
            if let Ok(line) = Message::parse(&text) {
                self.take_in(&text, &line);
            }
        }
        while !answered && let Some(sent) = self.sending.outbox.position(Line::is_sent) {
            self.done(sent, Outcome::Sent);
        }
    }

    /// Does this line answer one of ours? `label` is its label, or that of its batch; `history`: it was said before.
    pub(super) fn answered(&mut self, line: &Message<'_>, label: Option<&str>, history: bool) -> Answered {
        let mine = line.source_nick().is_some_and(|nick| self.state.is_me(nick));
        if let Some(source) = line.source.filter(|source| mine && source.contains('!')) {
            self.sending.prefix_bytes = Some(source.len());
        } else if line.command == "NICK" {
            // Perhaps our own; the next line of ours will show how long it is now.
            self.sending.prefix_bytes = None;
        }
        let Some((place, outcome)) = self.answer_to(line, label, history, mine) else { return Answered::Done };
        let passes = matches!(&outcome, Outcome::Refused(refusal) if refusal.code == UNAVAILABLE);
        if passes
            && self.is_said_once()
            && let Some(line) = self.sending.outbox.line_mut(place)
        {
            line.wait(self.now_ms);
            return Answered::Again;
        }
        // Under the name that its room had nothing of it was known, so it was not said then.
        if matches!(outcome, Outcome::Refused(_))
            && self.is_said_once()
            && let Some(line) = self.sending.outbox.line_mut(place)
            && line.tried_to.take().is_some()
        {
            line.at = At::Waiting { not_before_ms: 0 };
            self.send_due();
            return Answered::Again;
        }
        self.done(place, outcome);
        self.send_due();
        Answered::Done
    }

    /// Which of our lines it answers, and how.
    fn answer_to(
        &self,
        line: &Message<'_>,
        label: Option<&str>,
        history: bool,
        mine: bool,
    ) -> Option<(usize, Outcome)> {
        let tag = |key: &str| line.tags.get(key).map(std::borrow::Cow::into_owned);
        let with_id = |id: &str| self.sending.outbox.position(|sent| sent.id == id);
        let stored = || Outcome::Stored { msgid: tag("msgid"), time: tag("time") };
        if matches!(line.command, "PRIVMSG" | "NOTICE")
            && let Some(found) = tag(CLIENT_ID_TAG).and_then(|id| with_id(&id))
        {
            return Some((found, stored()));
        }
        if history {
            return None;
        }
        let to = |name: Option<&&str>| {
            let key = name.map(|name| fold(name)).unwrap_or_default();
            move |sent: &Line| sent.is_to(&key)
        };
        match (line.command, &line.params[..]) {
            ("PRIVMSG" | "NOTICE", [target, text]) if mine => {
                let target = fold(target);
                Some((self.find(label, |sent| sent.is_to(&target) && sent.text == *text)?, stored()))
            }
            ("ACK", _) => Some((self.find(label, |_| false)?, Outcome::Stored { msgid: None, time: None })),
            ("FAIL", ["PRIVMSG" | "NOTICE", code, rest @ ..]) => {
                let about = rest.first().copied().unwrap_or_default();
                let found = self.find(label, to(rest.first())).or_else(|| with_id(about))?;
                Some((found, Outcome::Refused(refusal(code, about, &line.params))))
            }
            // Of several lines; without a label nobody knows which.
            ("FAIL", ["BATCH", code, ..]) => {
                Some((self.find(label, |_| false)?, Outcome::Refused(refusal(code, "", &line.params))))
            }
            (code, params) if line.numeric().is_some_and(|code| (400..600).contains(&code)) => {
                let about = params.get(1).map(|name| fold(name)).unwrap_or_default();
                Some((self.find(label, to(params.get(1)))?, Outcome::Refused(refusal(code, &about, params))))
            }
            _ => None,
        }
    }

    /// The line with this label; of lines without labels the first that it may be.
    fn find(&self, label: Option<&str>, may_be: impl Fn(&Line) -> bool) -> Option<usize> {
        match label {
            Some(_) => self.sending.outbox.position(|sent| sent.has_label(label)),
            None => self.sending.outbox.position(|sent| sent.has_label(None) && may_be(sent)),
        }
    }

    fn done(&mut self, place: usize, outcome: Outcome) {
        if let Some(line) = self.sending.outbox.remove(place) {
            self.outcome(&line, outcome);
        }
    }

    fn outcome(&mut self, line: &Line, outcome: Outcome) {
        if let Some(outcome) = self.sending.outbox.outcome(line.say, outcome) {
            self.output.push_back(Output::Outcome(line.say, outcome));
        }
    }

    /// The connection is gone: nobody knows what became of what was sent.
    pub(super) fn lose_sent(&mut self) {
        self.sending.prefix_bytes = None;
        self.give_up(|_| true);
    }

    pub(super) fn expire_sent(&mut self) {
        let now_ms = self.now_ms;
        self.give_up(|until_ms| until_ms <= now_ms);
        self.send_due();
    }

    fn give_up(&mut self, is_lost: impl Fn(u64) -> bool) {
        let again = self.is_said_once();
        for line in self.sending.outbox.lose(is_lost, again) {
            self.outcome(&line, Outcome::Unknown);
        }
    }

    /// There will be no other connection.
    pub(super) fn end_sending(&mut self) {
        for line in self.sending.outbox.empty() {
            self.outcome(&line, if line.tries == 0 { Outcome::NotSent } else { Outcome::Unknown });
        }
    }
}

impl Line {
    fn new(say: SayId, Unsent { id, target, kind, text, about }: Unsent) -> Self {
        let (key, text) = (fold(&target), on_the_wire(kind, &text));
        let (tried_to, tries, is_brought, at) = (None, 0, false, At::Waiting { not_before_ms: 0 });
        Self { say, id, command: command(kind), target, tried_to, key, text, about, tries, is_brought, at }
    }

    /// As the state keeps it until it is sent.
    fn kept(&self) -> String {
        let tags = Tags { label: None, id: Some(&self.id), about: self.about.as_deref() };
        self.whole(&self.target, tags)
    }
}

fn command(kind: Kind) -> &'static str {
    if kind == Kind::Notice { "NOTICE" } else { "PRIVMSG" }
}

/// What the server would say of a line that it cannot read, if it could read what the line was: its own answer names nothing, and
/// what was sent would be sent again and again.
fn too_long(line: &Line, label: Option<&str>) -> String {
    let about = if label.is_some() { line.wire_target() } else { &line.id };
    let label = label.map(|label| format!("@label={label} ")).unwrap_or_default();
    format!("{label}FAIL {} 417 {about} :Input line was too long", line.command)
}

pub(super) fn refusal(code: &str, about: &str, params: &[&str]) -> Refusal {
    let text = params.last().copied().unwrap_or_default();
    Refusal { code: code.to_owned(), about: about.to_owned(), text: text.to_owned() }
}
