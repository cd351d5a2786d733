//! SEARCH: what was said, by what stands in it. <https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md>
//!
//! All attributes must hold. Beyond the standard's: `text` takes quotation marks around what must stand together, `has=link`,
//! `after` and `before` also take `msgid=…` (that message excluded), so that pages meet without hole or repeat, and
//! `order=newest` or `order=oldest` says which end of more than `limit` is wanted. Lines come oldest first, as the
//! standard has it, whichever end they are from.

use std::sync::Arc;

use teahouse_proto::irc::Tags;
use teahouse_proto::limits::HISTORY_ROWS_MAX;
use teahouse_proto::names::Nick;
use teahouse_proto::time::parse_server_time;

use super::chathistory::{Whereabouts, whereabouts};
use super::say::Target;
use super::{Answers, Command, Stage};
use crate::durable::{Bound, Conversation};
use crate::ids::{MsgId, RoomId, SessionId, Time};
use crate::query::{Asked, Query, SearchRead, StoreRead};
use crate::reply::{Reply, Scope};
use crate::session::{Answer, Frame, Request, SearchFrame};
use crate::words::{self, Phrase};
use crate::world::World;

pub(super) const COMMAND: Command = Command {
    name: "SEARCH",
    params_min: 1,
    stage: Stage::Registered,
    answers: Answers::One,
    help: "SEARCH <in=, from=, after=, before=, text=, has=link, order=, limit= joined by ;>: what was said, by what stands in it",
    parse,
};

/// How many messages are given if nothing is said of that.
const ROWS_USUAL: usize = 50;
/// How many words and phrases may be looked for at once.
const PHRASES_MAX: usize = 16;

/// What is asked.
#[derive(Debug)]
pub struct Ask {
    target: Option<Target>,
    read: SearchRead,
    batch: Box<str>,
}

fn parse(request: &mut Request<'_>) {
    match attributes(request.param(0)) {
        Ok((target, read)) => {
            let batch = request.session.next_batch();
            request.ask(Query::Search(Box::new(Ask { target, read, batch })));
        }
        Err((key, text)) => request.reply(invalid(&key, text)),
    }
}

/// What the attributes say; of one that is wrong the key, and what would be right.
fn attributes(line: &str) -> Result<(Option<Target>, SearchRead), (String, &'static str)> {
    let mut target = None;
    let mut order = None;
    let mut read = SearchRead { limit: ROWS_USUAL, ..SearchRead::default() };
    for (key, value) in Tags::new(line).iter() {
        let wrong = |text| (key.to_owned(), text);
        match key {
            "in" => target = Some(Target::of_past(&value).ok_or(wrong(UNREADABLE))?),
            "from" if !value.is_empty() => read.author = Some(words::name(&value)),
            "from" => return Err(wrong("Give a nick")),
            "after" => read.after = Some(bound(&value).ok_or(wrong(BOUND))?),
            "before" => read.before = Some(bound(&value).ok_or(wrong(BOUND))?),
            "text" => read.phrases = phrases(&value).map_err(wrong)?,
            "has" if value == "link" => read.has_link = true,
            "has" => return Err(wrong("There is has=link")),
            "order" if value == "newest" || value == "oldest" => order = Some(value == "oldest"),
            "order" => return Err(wrong("There is newest and oldest")),
            "limit" => match value.parse() {
                Ok(limit @ 1..) => read.limit = HISTORY_ROWS_MAX.min(limit),
                _ => return Err(wrong("Give a number of messages")),
            },
            _ => return Err(wrong("There is no such attribute")),
        }
    }
    // From a moment on one reads forwards; and else back from now.
    read.oldest = order.unwrap_or(read.after.is_some());
    Ok((target, read))
}

const BOUND: &str = "Give a time like 2024-01-02T03:04:05.678Z, or msgid= and a message's id";
const UNREADABLE: &str = "Messages could not be searched there";

fn bound(value: &str) -> Option<Bound> {
    Some(match value.strip_prefix("msgid=") {
        Some(id) => Bound::Msgid(MsgId::parse(id)?),
        None => Bound::Time(Time(parse_server_time(value)?)),
    })
}

/// Words, and phrases between quotation marks.
fn phrases(text: &str) -> Result<Vec<Phrase>, &'static str> {
    let mut phrases = Vec::new();
    let mut parts = text.split('"');
    while let Some(bare) = parts.next() {
        phrases.extend(bare.split_whitespace().filter_map(Phrase::of));
        match (parts.next(), parts.clone().next()) {
            (None, _) => break,
            (Some(_), None) => return Err("A quotation mark is not closed"),
            (Some(quoted), Some(_)) => phrases.extend(Phrase::of(quoted)),
        }
    }
    match phrases.len() {
        0 => Err("Give a word, a sign or a number to look for"),
        1..=PHRASES_MAX => Ok(phrases),
        _ => Err("Too many words to look for"),
    }
}

/// The search, as of now, with its place in the session's output: only where the asker may read.
pub(crate) fn answer(world: &World, session: SessionId, scope: Scope, ask: Ask) -> Asked {
    let Ask { target, mut read, batch } = ask;
    if !world.rules.keep_history {
        return Asked::one(&scope, failed());
    }
    let mut departed = None;
    match (&target, world.presence.user_of(session)) {
        (Some(target), _) => match whereabouts(world, session, target) {
            Whereabouts::Known(conversation, _) => read.conversations = vec![conversation],
            Whereabouts::Departed(whom) => departed = Some(whom),
            Whereabouts::Nowhere => return Asked::one(&scope, unfound()),
        },
        (None, Some(user)) => {
            read.conversations = user.rooms.iter().map(|room| Conversation::room(*room)).collect();
            read.privately = user.identity;
        }
        (None, None) => {}
    }
    let account = read.author.as_ref().and_then(|author| world.durable.account_named(&Nick::parse(author).ok()?));
    read.account = account.map(|account| account.id.0);
    let name = |room: RoomId| Some((room, Arc::clone(&world.durable.room(room)?.record.name)));
    let places = read.conversations.iter().filter(|place| place.second == 0);
    let mut rooms: Vec<_> = places.filter_map(|place| name(RoomId(place.first))).collect();
    rooms.sort_by_key(|(room, _)| *room);
    let answers = vec![Answer::Await(scope, Frame::Search(SearchFrame { batch, rooms: rooms.into() }))];
    let read = StoreRead::Search(Box::new(read));
    let read = match departed {
        Some(departed) => StoreRead::Departed(departed, Box::new(read)),
        None => read,
    };
    Asked { answers, read: Some(read), more: None }
}

fn invalid(key: &str, text: &'static str) -> Reply {
    Reply::fail("SEARCH", "INVALID_PARAMS", text).param(super::shown(key))
}

/// The answer when one may not read there, or there is no such place.
pub(crate) fn unfound() -> Reply {
    invalid("in", UNREADABLE)
}

/// The answer when the search itself has failed.
pub(crate) fn failed() -> Reply {
    Reply::fail("SEARCH", "INTERNAL_ERROR", "The search could not be run")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_with};

    #[test]
    fn what_is_found_comes_in_a_batch_oldest_first() {
        check_with(
            &[("alice", "labeled-response batch message-tags server-time soju.im/search")],
            "alice: JOIN #tea | alice: PRIVMSG #tea :今天喝茶 | alice: NOTICE #tea :Tea time | alice: PRIVMSG #tea :喝水 || alice: @label=s SEARCH text=喝;in=#tea | alice: SEARCH text=喝茶 | alice: SEARCH text=coffee",
            expect![[r#"
                alice < @label=s BATCH +1 soju.im/search
                alice < @batch=1;time=2023-11-14T22:13:20.000Z;msgid=… :alice PRIVMSG #tea :今天喝茶
                alice < @batch=1;time=2023-11-14T22:13:20.000Z;msgid=… :alice PRIVMSG #tea :喝水
                alice < BATCH -1
                alice < BATCH +2 soju.im/search
                alice < @batch=2;time=2023-11-14T22:13:20.000Z;msgid=… :alice PRIVMSG #tea :今天喝茶
                alice < BATCH -2
                alice < BATCH +3 soju.im/search
                alice < BATCH -3"#]],
        );
    }

    #[test]
    fn without_batches_the_lines_come_bare() {
        check(
            "alice: JOIN #tea | alice: PRIVMSG #tea :oolong || alice: SEARCH text=oolong | alice: SEARCH text=none | alice: PING done",
            expect![[r#"
                alice < :alice PRIVMSG #tea :oolong
                alice < PONG tea.test :done"#]],
        );
    }

    #[test]
    fn all_that_is_asked_must_hold() {
        let said = "alice: JOIN #tea,#pot | bob: JOIN #tea,#pot | alice: PRIVMSG #tea :big red pot | bob: PRIVMSG #tea :red, big pot | wait 1s | bob: PRIVMSG #pot :big red pot; https://tea.example/ | wait 1s | alice: PRIVMSG #pot :big";
        for (search, expected) in [
            (
                "text=pot\\sred",
                expect![[r#"
                alice < :alice PRIVMSG #tea :big red pot
                alice < :bob PRIVMSG #tea :red, big pot
                alice < :bob PRIVMSG #pot :big red pot; https://tea.example/"#]],
            ),
            (
                "text=pot\\s\"big\\sred\"",
                expect![[r#"
                alice < :alice PRIVMSG #tea :big red pot
                alice < :bob PRIVMSG #pot :big red pot; https://tea.example/"#]],
            ),
            ("from=BOB;in=#tea", expect!["alice < :bob PRIVMSG #tea :red, big pot"]),
            ("has=link", expect!["alice < :bob PRIVMSG #pot :big red pot; https://tea.example/"]),
            ("text=big;limit=1", expect!["alice < :alice PRIVMSG #pot :big"]),
            ("text=big;limit=1;order=oldest", expect!["alice < :alice PRIVMSG #tea :big red pot"]),
            ("before=2023-11-14T22:13:20.000Z;limit=1", expect!["alice < :bob PRIVMSG #tea :red, big pot"]),
            (
                "after=2023-11-14T22:13:21.000Z;limit=1",
                expect!["alice < :bob PRIVMSG #pot :big red pot; https://tea.example/"],
            ),
            ("after=2023-11-14T22:13:21.000Z;limit=1;order=newest", expect!["alice < :alice PRIVMSG #pot :big"]),
        ] {
            check(&format!("{said} || alice: SEARCH {search}"), expected);
        }
    }

    #[test]
    fn nothing_is_found_where_one_may_not_read() {
        check_with(
            &[("alice", "guest"), ("bob", "guest"), ("carol", "guest")],
            "alice: JOIN #tea | bob: JOIN #tea | carol: JOIN #pot | alice: PRIVMSG #tea :oolong in the room | alice: PRIVMSG bob :oolong in private || carol: SEARCH text=oolong | carol: SEARCH in=#tea | carol: SEARCH in=#none | carol: SEARCH in=nobody | bob: SEARCH text=oolong | bob: SEARCH text=oolong;in=alice | bob: PART #tea | bob: SEARCH text=oolong | dave: SEARCH text=oolong | dave: SEARCH in=alice;text=oolong",
            expect![[r#"
                carol < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                carol < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                carol < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                bob < :alice PRIVMSG #tea :oolong in the room
                bob < :alice PRIVMSG bob :oolong in private
                bob < :alice PRIVMSG bob :oolong in private
                alice < :bob PART #tea
                bob < :bob PART #tea
                bob < :alice PRIVMSG bob :oolong in private
                dave < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there"#]],
        );
    }

    #[test]
    fn the_name_of_an_account_means_this_account_and_no_earlier_one() {
        check_with(
            &[("alice", "account-tag"), ("root", "")],
            "root: OPER root oolong | alice: JOIN #tea | robert: REGISTER * * oolong | robert: JOIN #tea | robert: PRIVMSG #tea :I was first | robert: QUIT | root: ACCOUNT DELETE robert | bob: NICK robert | bob: REGISTER * * oolong | bob: JOIN #tea || alice: CHATHISTORY LATEST #tea * 9 | alice: SEARCH from=robert | bob: PRIVMSG #tea :I am another | alice: SEARCH from=Robert",
            expect![[r#"
                alice < :robert!account@tea.test PRIVMSG #tea :I was first
                alice < @account=robert :robert!account@tea.test PRIVMSG #tea :I am another
                alice < @account=robert :robert!account@tea.test PRIVMSG #tea :I am another"#]],
        );
    }

    #[test]
    fn misuse_is_answered() {
        check(
            "alice: JOIN #tea || alice: SEARCH | alice: SEARCH nonsense=1 | alice: SEARCH in | alice: SEARCH in=a,b | alice: SEARCH from= | alice: SEARCH after=yesterday | alice: SEARCH before=msgid=x | alice: SEARCH text | alice: SEARCH text=?! | alice: SEARCH text=\"\" | alice: SEARCH text=tea\\s\"pot | alice: SEARCH has=picture | alice: SEARCH order=best | alice: SEARCH limit=0 | alice: SEARCH limit=many | alice: SEARCH :text=1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 | alice: PING still here",
            expect![[r#"
                alice < 461 alice SEARCH :Not enough parameters
                alice < FAIL SEARCH INVALID_PARAMS nonsense :There is no such attribute
                alice < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                alice < FAIL SEARCH INVALID_PARAMS in :Messages could not be searched there
                alice < FAIL SEARCH INVALID_PARAMS from :Give a nick
                alice < FAIL SEARCH INVALID_PARAMS after :Give a time like 2024-01-02T03:04:05.678Z, or msgid= and a message's id
                alice < FAIL SEARCH INVALID_PARAMS before :Give a time like 2024-01-02T03:04:05.678Z, or msgid= and a message's id
                alice < FAIL SEARCH INVALID_PARAMS text :Give a word, a sign or a number to look for
                alice < FAIL SEARCH INVALID_PARAMS text :Give a word, a sign or a number to look for
                alice < FAIL SEARCH INVALID_PARAMS text :Give a word, a sign or a number to look for
                alice < FAIL SEARCH INVALID_PARAMS text :A quotation mark is not closed
                alice < FAIL SEARCH INVALID_PARAMS has :There is has=link
                alice < FAIL SEARCH INVALID_PARAMS order :There is newest and oldest
                alice < FAIL SEARCH INVALID_PARAMS limit :Give a number of messages
                alice < FAIL SEARCH INVALID_PARAMS limit :Give a number of messages
                alice < FAIL SEARCH INVALID_PARAMS text :Too many words to look for
                alice < PONG tea.test :still"#]],
        );
    }

    #[test]
    fn a_search_that_cannot_be_run_says_so() {
        for trouble in ["unreadable", "unkept"] {
            check(
                &format!("alice: JOIN #tea | {trouble} || alice: SEARCH text=oolong | alice: PING still"),
                expect![[r#"
                    alice < FAIL SEARCH INTERNAL_ERROR :The search could not be run
                    alice < PONG tea.test :still"#]],
            );
        }
    }
}
