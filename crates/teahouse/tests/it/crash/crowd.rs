//! The crowd: eight who talk and two who listen, by all doors, and what each of them saw.

use std::sync::mpsc::Sender;

use teahouse_proto::irc::Message;

use super::{BYSTANDERS, ROOMS, Random, SENDERS};
use crate::people::{Person, Said, is_refusal, place};
use crate::wire::Door;

/// At most so many messages of one sender wait for their echo.
const WINDOW_MAX: u64 = 64;
/// Of so many lines about one is a topic.
const TOPIC_EVERY: u64 = 50;

/// What one person saw until the server was killed.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) nick: String,
    /// Place and text of all that was sent, in order.
    pub(crate) sent: Vec<(String, String)>,
    /// All that was heard, the own echoes too, in order.
    pub(crate) heard: Vec<Said>,
    /// Every topic that was sent to the one room whose topics are this one's, in order, and how many came back.
    pub(crate) topics: Vec<String>,
    pub(crate) topics_echoed: usize,
    /// Lines that refuse something.
    pub(crate) complaints: Vec<String>,
}

/// What one of those who talk does.
pub(crate) struct Part {
    pub(crate) round: u64,
    pub(crate) random: Random,
    /// To whom one talks in private; nobody for one who only listens.
    pub(crate) others: Vec<String>,
    /// The room whose topic one changes.
    pub(crate) topics_of: Option<&'static str>,
    /// Told of each message that came back.
    pub(crate) echoed: Sender<()>,
}

/// Everybody comes in: those who talk are guests that are known by their tokens from the second time on.
pub(crate) fn enter(address: &str, tokens: &mut [Option<String>; SENDERS]) -> Vec<Person> {
    let door = |number: usize| Door::ALL[number % Door::ALL.len()];
    let senders = tokens
        .iter_mut()
        .enumerate()
        .map(|(number, token)| Person::enter_again(door(number), address, &format!("sender{number}"), &ROOMS, token));
    let bystanders =
        (0..BYSTANDERS).map(|number| Person::enter(door(number), address, &format!("bystander{number}"), &ROOMS));
    senders.chain(bystanders).collect()
}

/// Says things in the rooms and to the others until the server is gone.
pub(crate) fn talk(mut person: Person, mut part: Part) -> Witness {
    let window = if part.others.is_empty() { 0 } else { 1 + part.random.below(WINDOW_MAX) };
    let mut witness = Witness { nick: person.nick.clone(), ..Witness::default() };
    let mut waiting = 0;
    loop {
        while waiting < window {
            // It may get there even if this says that it does not.
            if !person.wire.try_write(&part.next_line(&mut witness)) {
                break;
            }
            waiting += 1;
        }
        let Some(line) = person.wire.try_line() else { return witness };
        if let Some(said) = Said::read(&line) {
            if said.from == person.nick {
                waiting -= 1;
                // Nobody counts any more once the server is being killed.
                _ = part.echoed.send(());
            }
            witness.heard.push(said);
        } else if is_refusal(&line) {
            witness.complaints.push(line);
            waiting = waiting.saturating_sub(1);
        } else if line.contains(" TOPIC ") && Message::parse(&line).unwrap().source_nick() == Some(&person.nick) {
            witness.topics_echoed += 1;
            waiting -= 1;
        }
    }
}

impl Part {
    /// Something to say, or now and then a topic, written down as sent.
    fn next_line(&mut self, witness: &mut Witness) -> String {
        if let Some(room) = self.topics_of
            && self.random.below(TOPIC_EVERY) == 0
        {
            let topic = text(self.round, &witness.nick, witness.topics.len(), &mut self.random);
            witness.topics.push(topic.clone());
            return format!("TOPIC {room} :{topic}");
        }
        let target = target(&mut self.random, &self.others);
        let text = text(self.round, &witness.nick, witness.sent.len(), &mut self.random);
        witness.sent.push((place(&witness.nick, target), text.clone()));
        format!("PRIVMSG {target} :{text}")
    }
}

/// A room, or now and then one of the others.
fn target<'a>(random: &mut Random, others: &'a [String]) -> &'a str {
    if random.below(4) > 0 {
        return ROOMS[random.below(ROOMS.len() as u64) as usize];
    }
    &others[random.below(others.len() as u64) as usize]
}

/// Names itself, and is short or long, in one script or another.
fn text(round: u64, nick: &str, number: usize, random: &mut Random) -> String {
    let padding = ["", "tea", "茶", "🍵 "][random.below(4) as usize];
    let length = 1 << random.below(6);
    format!("{round}.{nick}.{number} {}", padding.repeat(length)).trim_end().to_owned()
}
