//! The crowd: eight who talk and two who listen, by both doors, and what each of them saw.

use std::sync::mpsc::Sender;

use super::{BYSTANDERS, ROOMS, Random, SENDERS};
use crate::people::{Person, Said, is_refusal, place};
use crate::wire::Door;

/// At most so many messages of one sender wait for their echo.
const WINDOW_MAX: u64 = 64;

/// What one person saw until the server was killed.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) nick: String,
    /// Place and text of all that was sent, in order.
    pub(crate) sent: Vec<(String, String)>,
    /// All that was heard, the own echoes too, in order.
    pub(crate) heard: Vec<Said>,
    /// Lines that refuse something.
    pub(crate) complaints: Vec<String>,
}

/// Everybody comes in: those who talk are guests that are known by their tokens from the second time on.
pub(crate) fn enter(address: &str, tokens: &mut [Option<String>; SENDERS]) -> Vec<Person> {
    let door = |number: usize| if number.is_multiple_of(2) { Door::Tcp } else { Door::WebSocket };
    let senders = tokens
        .iter_mut()
        .enumerate()
        .map(|(number, token)| Person::enter_again(door(number), address, &format!("sender{number}"), &ROOMS, token));
    let bystanders =
        (0..BYSTANDERS).map(|number| Person::enter(door(number), address, &format!("bystander{number}"), &ROOMS));
    senders.chain(bystanders).collect()
}

/// Says things in the rooms and to the others until the server is gone; tells of each echo. With no others, it listens.
pub(crate) fn talk(
    mut person: Person,
    round: u64,
    mut random: Random,
    others: &[String],
    echoed: &Sender<()>,
) -> Witness {
    let window = if others.is_empty() { 0 } else { 1 + random.below(WINDOW_MAX) };
    let mut witness = Witness { nick: person.nick.clone(), ..Witness::default() };
    let mut waiting = 0;
    loop {
        while waiting < window {
            let target = target(&mut random, others);
            let text = text(round, &person.nick, witness.sent.len(), &mut random);
            // It may have got there even if this says that it did not.
            witness.sent.push((place(&person.nick, target), text.clone()));
            if !person.wire.try_write(&format!("PRIVMSG {target} :{text}")) {
                break;
            }
            waiting += 1;
        }
        let Some(line) = person.wire.try_line() else { return witness };
        if let Some(said) = Said::read(&line) {
            if said.from == person.nick {
                waiting -= 1;
                // Nobody counts any more once the server is being killed.
                _ = echoed.send(());
            }
            witness.heard.push(said);
        } else if is_refusal(&line) {
            witness.complaints.push(line);
            waiting = waiting.saturating_sub(1);
        }
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
