//! Those with an account and rooms of their own, one by each door: each does one thing after another, and writes down what was
//! answered. After the kill all of that must be there.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::mpsc::Sender;

use anyhow::{Result, ensure};

use super::Random;
use super::known::Known;
use crate::people::{Person, Said, is_refusal};
use crate::wire::Door;

/// Of all that was said, so many of the last are edited and taken back, and said again after a kill.
const LATELY: usize = 30;
/// So many of the last messages are said again after a kill.
const AGAIN: usize = 3;
/// What everybody's password is.
pub(crate) const PASSWORD: &str = "oolong-and-milk";

/// What one of them knows.
pub(crate) struct Keeper {
    index: usize,
    pub(crate) name: String,
    door: Door,
    random: Random,
    room: String,
    /// Another room, which is now one's own and now nobody's.
    second: String,
    /// Whose rank in the room comes and goes.
    other: String,
    messages: Vec<Message>,
    topic: Known<String>,
    limit: Known<u64>,
    voiced: Known<bool>,
    owned: Known<bool>,
    marker: Known<String>,
    /// How many texts, ids and moments were made.
    made: u64,
    pub(crate) deeds: Deeds,
    /// Lines that refuse something.
    pub(crate) complaints: Vec<String>,
}

/// One message of one's own.
#[derive(Debug)]
struct Message {
    /// The client's own id.
    id: String,
    /// As it was said first.
    said: String,
    /// Known once it was echoed.
    msgid: Option<String>,
    text: Known<String>,
    gone: Known<bool>,
    /// Whether it was answered that it is in no file any more.
    erased: bool,
    /// All texts that it ever had.
    texts: Vec<String>,
}

/// What is done next, and is then waited for.
#[derive(Clone, Copy)]
enum Deed {
    Say,
    Edit(usize),
    Redact(usize),
    Topic,
    Limit,
    Voice,
    Own,
    Mark,
}

impl Keeper {
    /// Comes for the first time, and founds its rooms.
    pub(crate) fn found(index: usize, address: &str, random: Random) -> (Self, Person) {
        let door = Door::ALL[index % Door::ALL.len()];
        let name = format!("keeper{index}");
        let (room, second) = (format!("#{name}"), format!("#{name}-second"));
        let mut person = Person::come(door, address, &name);
        person.register(PASSWORD).expect("the server is there").expect("the name is free");
        person.join(&[&room, &second]);
        person.say(&second, "a room where nothing was said would be forgotten").expect("it is kept");
        let keeper = Self {
            index,
            door,
            random,
            other: format!("keeper{}", (index + 1) % super::KEEPERS),
            topic: Known::new(String::new()),
            limit: Known::new(0),
            voiced: Known::new(false),
            owned: Known::new(true),
            marker: Known::new("*".to_owned()),
            made: 0,
            messages: Vec::new(),
            deeds: Deeds { registered: 1, ..Deeds::default() },
            complaints: Vec::new(),
            name,
            room,
            second,
        };
        (keeper, person)
    }

    /// Sits down in the room of the one before, to be given a rank there.
    pub(crate) fn visit(person: &mut Person, index: usize) {
        person.join(&[&format!("#keeper{}", (index + super::KEEPERS - 1) % super::KEEPERS)]);
    }

    /// Comes in again after a kill: whoever has registered can.
    pub(crate) fn enter(&self, address: &str) -> Person {
        Person::log_in(self.door, address, &self.name, PASSWORD)
    }

    /// Does one thing after another until the server is gone.
    pub(crate) fn live(mut self, mut person: Person, answered: &Sender<()>) -> Self {
        self.complaints.clear();
        'lives: loop {
            let (deed, lines, answer) = self.next();
            for line in lines {
                // It may get there even if this says that it does not.
                if !person.wire.try_write(&line) {
                    break 'lives;
                }
            }
            loop {
                let Some(line) = person.wire.try_line() else { break 'lives };
                if line.contains(&answer) {
                    self.note(deed, &line);
                    // Nobody counts any more once the server is being killed.
                    _ = answered.send(());
                    break;
                }
                if is_refusal(&line) {
                    self.complaints.push(line);
                    break 'lives;
                }
            }
        }
        while person.wire.try_line().is_some() {}
        self
    }

    /// What is done next: its lines, and what stands in the answer and in no other line.
    fn next(&mut self) -> (Deed, Vec<String>, String) {
        let lately = self.messages.len().saturating_sub(LATELY);
        let may_change = |message: &&Message| message.msgid.is_some() && !message.gone.may_be(&true);
        let nth = self.random.below((self.messages.len() - lately).max(1) as u64) as usize;
        let changed = self.messages.get(lately + nth).filter(may_change).map(|_| lately + nth);
        let room = self.room.clone();
        match (self.random.below(20), changed) {
            (0..=3, Some(at)) => {
                let text = self.text();
                let message = &mut self.messages[at];
                message.text.send(text.clone());
                message.texts.push(text.clone());
                let msgid = message.msgid.as_ref().expect("it was echoed");
                let ours = "teahouse.internal/";
                let line = format!("@{ours}target-msgid={msgid};{ours}edit-text={text} EDIT {room}");
                (Deed::Edit(at), vec![line], text)
            }
            (4..=5, Some(at)) => {
                self.messages[at].gone.send(true);
                let line = format!("REDACT {room} {}", self.messages[at].msgid.as_ref().expect("it was echoed"));
                (Deed::Redact(at), vec![line.clone()], format!(" {line}"))
            }
            (6..=7, _) => {
                let text = self.text();
                self.topic.send(text.clone());
                (Deed::Topic, vec![format!("TOPIC {room} :{text}")], text)
            }
            (8, _) => {
                let limit = 10 + self.number();
                self.limit.send(limit);
                let line = format!("MODE {room} +l {limit}");
                (Deed::Limit, vec![line.clone()], format!(" {line}"))
            }
            (9, _) => {
                let voiced = !self.voiced.is();
                self.voiced.send(voiced);
                let line = format!("MODE {room} {}v {}", if voiced { '+' } else { '-' }, self.other);
                (Deed::Voice, vec![line.clone()], format!(" {line}"))
            }
            (10, _) => {
                let (owned, second) = (!self.owned.is(), &self.second);
                self.owned.send(owned);
                let lines = match owned {
                    // Who has kept its seat there over a kill is nothing in nobody's room, and who comes into it is operator.
                    true => ["PART", "JOIN", "ROOM REGISTER"].map(|word| format!("{word} {second}")).into(),
                    false => vec![format!("ROOM DROP {second}")],
                };
                (Deed::Own, lines, format!("NOTE ROOM DONE {second} "))
            }
            (11..=12, _) => {
                let number = self.number();
                let (hour, minute, second) = (number / 3_600, number / 60 % 60, number % 60);
                let moment = format!("timestamp=2020-01-01T{hour:02}:{minute:02}:{second:02}.000Z");
                self.marker.send(moment.clone());
                let line = format!("MARKREAD {room} {moment}");
                (Deed::Mark, vec![line.clone()], line)
            }
            _ => {
                let (said, id) = (self.text(), self.id());
                let line = say(&id, &room, &said);
                self.messages.push(Message {
                    id,
                    msgid: None,
                    text: Known::new(said.clone()),
                    gone: Known::new(false),
                    erased: false,
                    texts: vec![said.clone()],
                    said: said.clone(),
                });
                (Deed::Say, vec![line], said)
            }
        }
    }

    /// It was answered.
    fn note(&mut self, deed: Deed, line: &str) {
        let deeds = &mut self.deeds;
        match deed {
            Deed::Say => {
                deeds.said += 1;
                let echo = Said::read(line).expect("an echo is a message");
                self.messages.last_mut().expect("it was said").msgid = Some(echo.msgid);
            }
            Deed::Edit(at) => {
                deeds.edited += 1;
                self.messages[at].text.answer();
            }
            Deed::Redact(at) => {
                deeds.redacted += 1;
                self.messages[at].gone.answer();
                self.messages[at].erased = true;
            }
            Deed::Mark => {
                deeds.marked += 1;
                self.marker.answer();
            }
            Deed::Topic | Deed::Limit | Deed::Voice | Deed::Own => {
                deeds.changed += 1;
                match deed {
                    Deed::Topic => self.topic.answer(),
                    Deed::Limit => self.limit.answer(),
                    Deed::Voice => self.voiced.answer(),
                    _ => self.owned.answer(),
                }
            }
        }
    }

    /// Compares what it knows with what is there now.
    pub(crate) fn look(&mut self, person: &mut Person) -> Result<()> {
        self.say_again(person)?;
        let mut found = BTreeMap::new();
        for said in person.history(&self.room, None) {
            ensure!(!found.contains_key(&said.msgid), "it is twice in the history: {said:?}");
            found.insert(said.msgid.clone(), said);
        }
        for message in &mut self.messages {
            let there = message.msgid.as_ref().and_then(|msgid| found.remove(msgid));
            message.gone.take(there.is_none(), "whether it was taken back")?;
            if let Some(said) = there {
                message.text.take(said.text, "what was said")?;
            }
        }
        ensure!(found.is_empty(), "the history has what nobody said, or twice: {found:#?}");
        let topic = person.topic(&self.room).unwrap_or_default();
        self.topic.take(topic, "the topic")?;
        let modes = person.ask(&format!("MODE {}", self.room), &format!(" 324 {} ", self.name));
        let limit = modes.last().and_then(|line| line.rsplit(' ').next()).and_then(|word| word.parse().ok());
        self.limit.take(limit.unwrap_or_default(), "the limit")?;
        let ranks = |person: &mut Person, room: &str, name: &str| {
            let lines = person.ask(&format!("ROOM ACCESS {room}"), "NOTE ROOM END ");
            let entry = format!("NOTE ROOM ENTRY {room} {name} ");
            lines.iter().find_map(|line| Some(line.split_once(&entry)?.1.to_owned())).unwrap_or_default()
        };
        self.voiced.take(ranks(person, &self.room, &self.other).contains('v'), "the other's rank")?;
        self.owned.take(ranks(person, &self.second, &self.name).contains('q'), "whose the second room is")?;
        let marker = person.ask(&format!("MARKREAD {}", self.room), "MARKREAD ");
        let marker = marker.last().and_then(|line| line.rsplit(' ').next()).expect("a marker");
        self.marker.take(marker.trim_start_matches(':').to_owned(), "the marker")
    }

    /// Says the last ones again, with the same ids, and the one that was not answered: that makes no second one of any.
    fn say_again(&mut self, person: &mut Person) -> Result<()> {
        let first = self.messages.len().saturating_sub(AGAIN);
        for message in self.messages[first..].iter_mut().filter(|message| !message.gone.may_be(&true)) {
            let id = format!("client-msgid={}", message.id);
            let answer = person.ask(&say(&message.id, &self.room, &message.said), &id);
            let echo = Said::read(answer.last().expect("the answer")).expect("an echo is a message");
            self.deeds.repeated += 1;
            let msgid = message.msgid.clone().unwrap_or(echo.msgid.clone());
            ensure!(msgid == echo.msgid, "said again as {echo:?}: {message:?}");
            message.msgid = Some(msgid);
        }
        Ok(())
    }

    /// The words of what was taken back, and answered to be in no file.
    pub(crate) fn erased(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter(|message| message.erased).flat_map(|message| &message.texts).map(String::as_str)
    }

    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A word that stands nowhere else.
    fn text(&mut self) -> String {
        let number = self.number();
        format!("{WORD}{}{number:06}x", self.index + 1)
    }

    fn id(&mut self) -> String {
        let number = self.number();
        format!("018f3c2e-7b1a-7c{:02x}-9e5f-{number:012x}", self.index)
    }
}

/// Begins every text of theirs; digits and an `x` come behind it.
const WORD: &str = "zzq";

/// All texts of theirs that stand anywhere in some bytes.
pub(crate) fn words_in(bytes: &[u8], found: &mut HashSet<String>) {
    for (at, _) in bytes.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD.as_bytes()) {
        let digits = bytes[at + WORD.len()..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = at + WORD.len() + digits;
        if bytes.get(end) == Some(&b'x') {
            found.insert(String::from_utf8_lossy(&bytes[at..=end]).into_owned());
        }
    }
}

fn say(id: &str, room: &str, text: &str) -> String {
    format!("@teahouse.internal/client-msgid={id} PRIVMSG {room} :{text}")
}

/// How much was answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deeds {
    pub(crate) registered: u64,
    said: u64,
    edited: u64,
    redacted: u64,
    /// Topics, modes, ranks, and whose a room is.
    changed: u64,
    marked: u64,
    /// Said again after a kill.
    repeated: u64,
}

impl std::ops::AddAssign for Deeds {
    fn add_assign(&mut self, other: Self) {
        self.registered += other.registered;
        self.said += other.said;
        self.edited += other.edited;
        self.redacted += other.redacted;
        self.changed += other.changed;
        self.marked += other.marked;
        self.repeated += other.repeated;
    }
}

impl fmt::Display for Deeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registered, said, edited, redacted, changed, marked, repeated } = self;
        write!(
            f,
            "{registered} accounts, {said} messages with ids of their own, {repeated} said again, {edited} edits, \
             {redacted} taken back, {changed} changes of rooms, {marked} markers"
        )
    }
}
