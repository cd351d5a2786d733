//! Mode letters: changes as they are written, and back.

use teahouse_proto::names::{Nick, RoomName};
use teahouse_proto::numerics as n;

use super::{Change, What};
use crate::commands::shown;
use crate::modes::{self, CHANGES_MAX, Flag, KEY_BYTES_MAX, List, Rank};
use crate::query::Query;
use crate::reply::Reply;
use crate::session::Request;

/// The changes among the letters; what asks for a list, or cannot be, is answered on the way.
pub(super) fn read_changes(request: &mut Request<'_>, room: &RoomName) -> Vec<Change> {
    let params: Vec<&str> = request.message.params.iter().skip(2).collect();
    let mut params = params.into_iter();
    let (mut on, mut changes, mut listed) = (true, Vec::new(), Vec::new());
    for letter in request.param(1).chars() {
        if letter == '+' || letter == '-' {
            on = letter == '+';
            continue;
        }
        let takes_param = !(Flag::of(letter).is_some() || (letter == 'l' && !on));
        let param = if takes_param { params.next() } else { None };
        if let (Some(list), None) = (List::of(letter), param) {
            if !listed.contains(&letter) {
                listed.push(letter);
                request.ask(Query::ModeList(room.clone(), list));
            }
            continue;
        }
        match read_change(letter, on, param) {
            Ok(what) if changes.len() < CHANGES_MAX => changes.push(Change { on, what }),
            Ok(_) => {}
            Err(refusal) => request.reply(refusal.for_room(room, letter, param)),
        }
    }
    changes
}

/// Why a letter is no change.
enum Misuse {
    Unknown,
    NoParam,
    BadParam,
    BadKey,
    NoSuchNick,
}

impl Misuse {
    fn for_room(self, room: &RoomName, letter: char, param: Option<&str>) -> Reply {
        let (room, letter) = (room.as_str().to_owned(), letter.to_string());
        let value = shown(param.unwrap_or("*"));
        match self {
            Misuse::Unknown => Reply::numeric(n::ERR_UNKNOWNMODE, "is unknown mode char to me").param(letter),
            Misuse::NoParam => {
                let text = "You must specify a parameter for this mode";
                Reply::numeric(n::ERR_INVALIDMODEPARAM, text).param(room).param(letter).param("*")
            }
            Misuse::BadParam => {
                let text = "Invalid mode parameter";
                Reply::numeric(n::ERR_INVALIDMODEPARAM, text).param(room).param(letter).param(value)
            }
            Misuse::BadKey => Reply::numeric(n::ERR_INVALIDKEY, "Key is not well-formed").param(room),
            Misuse::NoSuchNick => Reply::numeric(n::ERR_NOSUCHNICK, "No such nick/channel").param(value),
        }
    }
}

fn read_change(letter: char, on: bool, param: Option<&str>) -> Result<What, Misuse> {
    if let Some(flag) = Flag::of(letter) {
        return Ok(What::Flag(flag));
    }
    if let Some(rank) = Rank::of(letter) {
        let nick = param.ok_or(Misuse::NoParam)?;
        return Nick::parse(nick).map(|nick| What::Rank(rank, nick)).map_err(|_| Misuse::NoSuchNick);
    }
    if let Some(list) = List::of(letter) {
        let mask = param.ok_or(Misuse::NoParam)?;
        return modes::whole_mask(mask).map(|mask| What::List(list, mask.into())).ok_or(Misuse::BadParam);
    }
    match (letter, on) {
        // A key goes whatever the parameter says, or without one.
        ('k', false) => Ok(What::Key("*".into())),
        ('k', true) => {
            let key = param.ok_or(Misuse::NoParam)?;
            let fits = !key.is_empty() && key.len() <= KEY_BYTES_MAX && !key.contains([' ', ',', ':', '*']);
            if fits { Ok(What::Key(key.into())) } else { Err(Misuse::BadKey) }
        }
        ('l', false) => Ok(What::Limit(0)),
        ('l', true) => match param.ok_or(Misuse::NoParam)?.parse() {
            Ok(limit @ 1..) => Ok(What::Limit(limit)),
            _ => Err(Misuse::BadParam),
        },
        _ => Err(Misuse::Unknown),
    }
}

/// A change that was made: whether set, its letter, its parameter.
pub(super) type Done = (bool, char, Option<String>);

/// The changes in as many runs as it takes for each to fit into a line.
pub(super) fn fitting(mut done: &[Done], bytes_max: usize) -> Vec<&[Done]> {
    let mut runs = Vec::new();
    while !done.is_empty() {
        let fits = (1..=done.len()).rev().find(|count| spell(&done[..*count]).len() <= bytes_max).unwrap_or(1);
        let (run, rest) = done.split_at(fits);
        runs.push(run);
        done = rest;
    }
    runs
}

/// `+ov-b alice bob mask`
pub(in crate::commands) fn spell(done: &[Done]) -> String {
    let (mut letters, mut sign) = (String::new(), None);
    for (on, letter, _) in done {
        if sign != Some(*on) {
            letters.push(if *on { '+' } else { '-' });
            sign = Some(*on);
        }
        letters.push(*letter);
    }
    let params = done.iter().filter_map(|(_, _, param)| param.clone());
    std::iter::once(letters).chain(params).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn changes_that_do_not_fit_into_one_line_take_two() {
        let masks: Vec<String> = (0..4).map(|n| format!("{n}{}", "x".repeat(115))).collect();
        check(
            &format!("alice: JOIN #tea | alice: MODE #tea +bbbb {}", masks.join(" ")),
            expect![[r#"
            alice < :alice MODE #tea +bbb 0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx!*@* 1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx!*@* 2xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx!*@*
            alice < :alice MODE #tea +b 3xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx!*@*"#]],
        );
    }
}
