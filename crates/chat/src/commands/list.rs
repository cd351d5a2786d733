//! LIST: which rooms there are. <https://modern.ircdocs.horse/#list-message>, filters: `ELIST=CMNTU` in 005

use serde::{Deserialize, Serialize};
use teahouse_proto::names::RoomName;
use teahouse_proto::numerics as n;

use super::{Answers, Command, Stage};
use crate::durable::RoomRecord;
use crate::ids::{RoomId, SessionId, Time};
use crate::modes::{Flag, matches};
use crate::query::{Asked, Query};
use crate::reply::{Reply, Scope};
use crate::session::Request;
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "LIST",
    params_min: 0,
    stage: Stage::Registered,
    answers: Answers::Many,
    help: "LIST [<room or mask, or >n, <n, C>minutes, C<minutes, T>minutes, T<minutes, !mask>,...]: rooms to join",
    parse,
};

/// One condition; a room is shown if it meets all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    /// Its name meets one of these masks (M).
    Masks(Vec<String>),
    /// Its name does not meet this mask (N).
    Not(String),
    /// More people than this, or fewer (U).
    People(Comparison, usize),
    /// Its topic was set longer ago than so many minutes, or less long (T).
    Topic(Comparison, u64),
    /// It was made longer ago than so many minutes, or less long (C).
    Created(Comparison, u64),
}

/// Which side of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>`
    More,
    /// `<`
    Less,
}

impl Comparison {
    fn holds<N: PartialOrd>(self, value: N, bound: N) -> bool {
        match self {
            Comparison::More => value > bound,
            Comparison::Less => value < bound,
        }
    }
}

fn parse(request: &mut Request<'_>) {
    let (mut filters, mut masks) = (Vec::new(), Vec::new());
    // Names and conditions may also come as two parameters.
    let words = request.message.params.iter().take(2).flat_map(|param| param.split(','));
    for word in words.filter(|word| !word.is_empty()) {
        match filter(word) {
            Some(filter) => filters.push(filter),
            None => masks.push(word.to_owned()),
        }
    }
    if !masks.is_empty() {
        filters.push(Filter::Masks(masks));
    }
    request.ask(Query::List(filters, RoomId::default()));
}

fn filter(word: &str) -> Option<Filter> {
    if let Some(mask) = word.strip_prefix('!') {
        return Some(Filter::Not(mask.to_owned()));
    }
    let (kind, rest) = match word.as_bytes() {
        [b'C' | b'c', ..] => ('C', &word[1..]),
        [b'T' | b't', ..] => ('T', &word[1..]),
        _ => ('U', word),
    };
    let (comparison, number) = match rest.split_at_checked(1)? {
        (">", number) => (Comparison::More, number),
        ("<", number) => (Comparison::Less, number),
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    Some(match kind {
        'C' => Filter::Created(comparison, number),
        'T' => Filter::Topic(comparison, number),
        _ => Filter::People(comparison, usize::try_from(number).unwrap_or(usize::MAX)),
    })
}

/// 322 for each room that is seen from outside, or that one is in; and behind the last of them 323.
pub(crate) fn answer(
    world: &World,
    session: SessionId,
    scope: &Scope,
    filters: Vec<Filter>,
    after: RoomId,
    now: Time,
) -> Asked {
    let (rooms, last) = world.durable.rooms_after(after, world.rules.rows_per_hold);
    let shown = rooms.into_iter().filter(|room| {
        is_listed(world, session, &room.record) && passes(world, &filters, &room.record, &room.name, now)
    });
    let mut lines: Vec<Reply> = shown.map(|room| line(world, &room.record)).collect();
    if last.is_none() {
        lines.push(Reply::numeric(n::RPL_LISTEND, "End of LIST"));
    }
    Asked { more: last.map(|last| Query::List(filters, last)), ..Asked::replies(scope, lines) }
}

fn line(world: &World, room: &RoomRecord) -> Reply {
    let topic = room.topic.as_ref().map(|topic| topic.text.to_string()).unwrap_or_default();
    let people = world.presence.count(room.id).to_string();
    Reply::numeric(n::RPL_LIST, topic).param(room.name.to_string()).param(people)
}

/// An empty room looks absent, unless it is the server's own.
fn is_listed(world: &World, session: SessionId, room: &RoomRecord) -> bool {
    let inside = world.is_inside(session, room.id);
    let open = !room.modes.flags.has(Flag::Secret) || world.is_operator(session);
    inside || (open && world.looks_present(room))
}

fn passes(world: &World, filters: &[Filter], room: &RoomRecord, name: &RoomName, now: Time) -> bool {
    let minutes_since = |at: Time| now.0.saturating_sub(at.0) / 60_000;
    filters.iter().all(|filter| match filter {
        Filter::Masks(masks) => masks
            .iter()
            .any(|mask| matches(mask, name.as_str()) || RoomName::parse(mask).is_ok_and(|mask| mask == *name)),
        Filter::Not(mask) => !matches(mask, name.as_str()),
        Filter::People(comparison, count) => comparison.holds(world.presence.count(room.id), *count),
        Filter::Created(comparison, minutes) => comparison.holds(minutes_since(room.created), *minutes),
        Filter::Topic(comparison, minutes) => {
            room.topic.as_ref().is_some_and(|topic| comparison.holds(minutes_since(topic.at), *minutes))
        }
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    const ROOMS: &str = "alice: JOIN #tea,#coffee,#hidden,#left | alice: MODE #hidden +s | alice: TOPIC #tea :green | \
                         alice: PRIVMSG #left :hi | alice: PART #left | bob: JOIN #tea | wait 300s | alice: TOPIC #coffee :black";

    #[test]
    fn rooms_are_listed_as_they_are_seen_from_where_one_is() {
        check(
            &format!("{ROOMS} || bob: LIST | alice: LIST"),
            expect![[r#"
            bob < 322 bob #lobby 0 :
            bob < 322 bob #tea 2 :green
            bob < 322 bob #coffee 1 :black
            bob < 323 bob :End of LIST
            alice < 322 alice #lobby 0 :
            alice < 322 alice #tea 2 :green
            alice < 322 alice #coffee 1 :black
            alice < 322 alice #hidden 1 :
            alice < 323 alice :End of LIST"#]],
        );
    }

    #[test]
    fn filters_narrow_it_down() {
        check(
            &format!(
                "{ROOMS} || bob: LIST #TEA,#lobby | bob: LIST *e* | bob: LIST !*tea | bob: LIST >1 | bob: LIST <1 | bob: LIST T<5 | bob: LIST T>4 | bob: LIST C>4,>0,#c* | bob: LIST C<4 | bob: LIST #hidden | bob: LIST #tea,#coffee >1"
            ),
            expect![[r#"
                bob < 322 bob #lobby 0 :
                bob < 322 bob #tea 2 :green
                bob < 323 bob :End of LIST
                bob < 322 bob #tea 2 :green
                bob < 322 bob #coffee 1 :black
                bob < 323 bob :End of LIST
                bob < 322 bob #lobby 0 :
                bob < 322 bob #coffee 1 :black
                bob < 323 bob :End of LIST
                bob < 322 bob #tea 2 :green
                bob < 323 bob :End of LIST
                bob < 322 bob #lobby 0 :
                bob < 323 bob :End of LIST
                bob < 322 bob #coffee 1 :black
                bob < 323 bob :End of LIST
                bob < 322 bob #tea 2 :green
                bob < 323 bob :End of LIST
                bob < 322 bob #coffee 1 :black
                bob < 323 bob :End of LIST
                bob < 323 bob :End of LIST
                bob < 323 bob :End of LIST
                bob < 322 bob #tea 2 :green
                bob < 323 bob :End of LIST"#]],
        );
    }
}
