//! What was said before and meanwhile, in the order in which the program hears it.

use expect_test::expect;

use super::{Options, Talk, id, options};
use crate::session::Command;

#[test]
fn the_first_visit_shows_what_was_said_before_then_what_was_said_meanwhile() {
    let mut talk = Talk::new(options());
    talk.connect();
    talk.out.clear();
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.bob_says(3, "#tea", "live");
    talk.hear(":tea 366 alice #tea :End of /NAMES list");
    talk.history("#tea", 1..4);
    talk.bob_says(4, "#tea", "later");
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h1 CHATHISTORY LATEST #tea * 50
        * Before #tea bob: 1
        * Before #tea bob: 2
        * Live #tea bob: live
        * Live #tea bob: later
    "##]]);
}

#[test]
fn who_is_put_out_during_a_fill_hears_at_once_what_was_held_back() {
    let mut talk = Talk::new(options());
    talk.connect();
    talk.out.clear();
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.bob_says(3, "#tea", "live");
    talk.hear(":bob!b@h KICK #tea alice :too loud");
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * Left { room: "#tea", nick: "alice", reason: "too loud", by: Some("bob") }
        * Live #tea bob: live
    "##]]);
}

#[test]
fn a_gap_is_filled_page_by_page_and_told_in_order() {
    let mut talk = Talk::online(options());
    for number in 1..4 {
        talk.bob_says(number, "#tea", &number.to_string());
    }
    talk.now_ms = 1_000;
    talk.lose();
    talk.wait(4_000);
    talk.connect();
    talk.out.clear();
    talk.let_in("#tea");
    talk.bob_says(250, "#tea", "live");
    talk.history("#tea", 150..250);
    talk.history("#tea", 50..150);
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h3 CHATHISTORY LATEST #tea msgid=m0003 100
        < @label=h4 CHATHISTORY BEFORE #tea msgid=m0150 100
        < @label=h5 CHATHISTORY BEFORE #tea msgid=m0050 100
    "##]]);
    talk.history("#tea", 1..50);
    let told: Vec<_> = talk.out.lines().map(str::to_owned).collect();
    assert_eq!(told.len(), 248);
    assert_eq!(told[0], "* Missed #tea bob: 4");
    assert!(told[..246].windows(2).all(|pair| pair[0].len() <= pair[1].len()));
    talk.out = told[245..].join("\n");
    talk.check(&expect![[r##"
        * Missed #tea bob: 249
        * Live #tea bob: live
        * CaughtUp { target: "#tea", messages: 246, away_ms: 4000, complete: true }"##]]);
}

#[test]
fn a_gap_is_closed_by_what_was_known_and_what_is_older_is_not_missed() {
    let mut talk = Talk::online(options());
    talk.bob_says(500, "#tea", "known");
    talk.come_back();
    talk.out.clear();
    talk.let_in("#tea");
    talk.history("#tea", 520..620);
    talk.history("#tea", 420..520);
    let count = |word: &str| talk.out.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("* Before"), count("* Missed"), count("< ")), (80, 119, 2));
    assert!(talk.out.contains("messages: 119,") && talk.out.ends_with("complete: true }\n"));
}

#[test]
fn a_gap_that_has_no_end_is_left_with_a_hole_that_is_told() {
    let mut talk = Talk::online(options());
    talk.come_back();
    talk.out.clear();
    talk.let_in("#tea");
    for page in (0..30).rev() {
        talk.history("#tea", page * 100..(page + 1) * 100);
    }
    assert_eq!(talk.out.matches("< @label").count(), 20);
    assert!(talk.out.contains("messages: 2000,") && talk.out.contains("complete: false"));
}

#[test]
fn a_gap_whose_filling_was_interrupted_is_filled_from_the_same_place() {
    let mut talk = Talk::online(options());
    talk.bob_says(1, "#tea", "1");
    talk.come_back();
    talk.let_in("#tea");
    talk.history("#tea", 50..150);
    talk.come_back();
    talk.out.clear();
    talk.let_in("#tea");
    talk.history("#tea", 60..160);
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h6 CHATHISTORY LATEST #tea msgid=m0001 100
        < @label=h7 CHATHISTORY BEFORE #tea msgid=m0060 100
    "##]]);
    talk.history("#tea", 1..60);
    let told = talk.out.lines().filter(|line| line.starts_with("* Missed")).count();
    assert_eq!(told, 158);
}

#[test]
fn half_an_answer_is_none_and_what_was_said_since_the_first_visit_is_not_left_out() {
    let mut talk = Talk::new(options());
    talk.connect();
    talk.hear("@time=2026-01-01T00:00:00.100Z :alice!alice@guest.tea JOIN #tea");
    talk.hear(":tea 366 alice #tea :End of /NAMES list");
    talk.bob_says(200, "#tea", "live");
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG #tea :half", id(50)));
    talk.hear(":tea BATCH +i x");
    talk.come_back();
    talk.out.clear();
    talk.let_in("#tea");
    talk.history("#tea", 251..301);
    talk.history("#tea", 151..251);
    talk.history("#tea", 51..151);
    let count = |word: &str| talk.out.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("* Before"), count("* Missed"), count("* Live")), (48, 201, 1));
    talk.out = talk.out.lines().filter(|line| line.starts_with('<')).map(|line| format!("{line}\n")).collect();
    talk.check(&expect![[r##"
        < @label=h3 CHATHISTORY LATEST #tea * 50
        < @label=h4 CHATHISTORY BEFORE #tea msgid=m0251 100
        < @label=h5 CHATHISTORY BEFORE #tea msgid=m0151 100
    "##]]);
    assert_eq!(talk.session.state().log("#tea").unwrap().len(), 250);
}

#[test]
fn an_answer_with_batches_within_is_taken_whole() {
    let mut talk = Talk::online(options());
    talk.command(Command::History { target: "#tea".into() });
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.hear("@batch=h :tea BATCH +m x");
    talk.hear("@batch=m :bob!b@h PRIVMSG #tea :one");
    talk.hear("@batch=m :bob!b@h PRIVMSG #tea :two");
    talk.hear(":tea BATCH -m");
    talk.check(&expect![[r##"
        < @label=h2 CHATHISTORY LATEST #tea * 50
    "##]]);
    talk.hear(":tea BATCH -h");
    talk.check(&expect![[r##"
        * Before #tea bob: one
        * Before #tea bob: two
        * Older { target: "#tea", messages: 2, beginning: true }
    "##]]);
}

#[test]
fn history_that_is_refused_or_never_comes_holds_nothing_back() {
    let mut talk = Talk::new(options());
    talk.connect();
    talk.out.clear();
    talk.let_in("#tea");
    talk.hear(":bob!b@h PRIVMSG #tea :one");
    talk.hear("@label=h1 :tea FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Messages could not be retrieved");
    talk.command(Command::History { target: "#tea".into() });
    talk.hear(":bob!b@h PRIVMSG #tea :two");
    talk.wait(20_000);
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h1 CHATHISTORY LATEST #tea * 50
        * Live #tea bob: one
        < @label=h2 CHATHISTORY LATEST #tea * 50
        * Live #tea bob: two
        * Older { target: "#tea", messages: 0, beginning: false }
    "##]]);
}

#[test]
fn older_messages_come_when_they_are_asked_for() {
    let mut talk = Talk::online(options());
    talk.bob_says(9, "#tea", "9");
    talk.command(Command::History { target: "#tea".into() });
    talk.command(Command::History { target: "#tea".into() });
    talk.history("#tea", 7..9);
    talk.check(&expect![[r##"
        * Live #tea bob: 9
        < @label=h2 CHATHISTORY BEFORE #tea msgid=m0009 50
        * Older { target: "#tea", messages: 0, beginning: false }
        * Before #tea bob: 7
        * Before #tea bob: 8
        * Older { target: "#tea", messages: 2, beginning: true }
    "##]]);
}

#[test]
fn whoever_wrote_for_the_first_time_while_we_were_away_is_found_too() {
    let mut talk = Talk::online(options());
    talk.bob_says(1, "alice", "psst");
    talk.history("bob", 1..2);
    talk.lose();
    for is_whole in [false, true] {
        talk.wait(1_000);
        talk.connect();
        talk.out.clear();
        talk.hear(":tea BATCH +t draft/chathistory-targets");
        for name in ["#tea", "bob", "carol"] {
            talk.hear(&format!("@batch=t :tea CHATHISTORY TARGETS {name} 2026-01-01T00:00:00.009Z"));
        }
        if is_whole {
            talk.hear(":tea BATCH -t");
        }
        talk.lose();
    }
    talk.wait(1_000);
    talk.connect();
    talk.history("carol", 8..10);
    talk.come_back();
    let kept = |line: &&str| {
        !["* Regi", "* Onl", "< CAP", "< NICK", "< USER", "< GUEST"].iter().any(|no| line.starts_with(no))
    };
    talk.out = talk.out.lines().filter(kept).map(|line| format!("{line}\n")).collect();
    talk.check(&expect![[r#"
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        < JOIN #tea
        < @label=h9 CHATHISTORY LATEST bob msgid=m0001 100
        < @label=h10 CHATHISTORY LATEST carol timestamp=2026-01-01T00:00:00.000Z 100
        < @label=h11 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.000Z 50
        * Missed carol bob: 8
        * Missed carol bob: 9
        * CaughtUp { target: "carol", messages: 2, away_ms: 1000, complete: true }
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        < JOIN #tea
        < @label=h12 CHATHISTORY LATEST bob msgid=m0001 100
        < @label=h13 CHATHISTORY LATEST carol msgid=m0009 100
        < @label=h14 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.000Z 50
    "#]]);
}

#[test]
fn a_seat_of_an_earlier_visit_has_its_conversations_again() {
    let mut talk = Talk::new(Options { token: Some("0123456789abcdef".into()), ..options() });
    talk.connect();
    talk.out.clear();
    talk.hear("@label=h1 :tea BATCH +t draft/chathistory-targets");
    talk.hear("@batch=t :tea CHATHISTORY TARGETS bob 2026-01-01T00:00:00.009Z");
    talk.hear(":tea BATCH -t");
    talk.hear("@batch=t :tea CHATHISTORY TARGETS carol 2026-01-01T00:00:00.009Z");
    talk.history("bob", 8..10);
    talk.check(&expect![[r#"
        < @label=h2 CHATHISTORY LATEST bob * 50
        * Before bob bob: 8
        * Before bob bob: 9
    "#]]);
}

#[test]
fn a_gap_begins_where_the_connection_went_whatever_is_heard_before_it_is_filled() {
    let mut talk = Talk::online(options());
    talk.bob_says(1, "#tea", "known");
    talk.come_back();
    talk.out.clear();
    talk.bob_says(5, "#tea", "early");
    talk.let_in("#tea");
    talk.hear(":tea FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Messages could not be retrieved");
    talk.let_in("#tea");
    talk.history("#tea", 3..6);
    talk.check(&expect![[r##"
        * Live #tea bob: early
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h3 CHATHISTORY LATEST #tea msgid=m0001 100
        * CaughtUp { target: "#tea", messages: 0, away_ms: 1000, complete: false }
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h4 CHATHISTORY LATEST #tea msgid=m0001 100
        * Missed #tea bob: 3
        * Missed #tea bob: 4
        * CaughtUp { target: "#tea", messages: 2, away_ms: 1000, complete: true }
    "##]]);
}

#[test]
fn after_a_drop_private_messages_are_fetched_too() {
    let mut talk = Talk::online(options());
    talk.bob_says(1, "alice", "psst");
    talk.history("bob", 1..2);
    talk.lose();
    talk.wait(1_000);
    talk.out.clear();
    talk.connect();
    talk.bob_says(5, "alice", "live");
    talk.history("bob", 3..4);
    talk.check(&expect![[r#"
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST 0123456789abcdef
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
        < JOIN #tea
        < @label=h3 CHATHISTORY LATEST bob msgid=m0001 100
        < @label=h4 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.000Z 50
        * Missed bob bob: 3
        * Live bob bob: live
        * CaughtUp { target: "bob", messages: 1, away_ms: 1000, complete: true }
    "#]]);
}

/// A page of the history whose messages have so many reactions each.
fn page_with_reactions(talk: &mut Talk, rows: std::ops::Range<u32>, reactions: usize) {
    talk.hear(":tea BATCH +h chathistory #tea");
    for row in rows {
        talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG #tea :{row}", id(row)));
        for number in 0..reactions {
            let tags = format!("batch=h;msgid=r{row}-{number};+reply=m{row:04};+draft/react=🍵");
            talk.hear(&format!("@{tags} :n{number}!u@h TAGMSG #tea"));
        }
    }
    talk.hear(":tea BATCH -h");
}

#[test]
fn reactions_are_no_rows_and_make_no_answer_too_long() {
    let mut talk = Talk::new(options());
    talk.connect_with(" teahouse.internal/reactions");
    talk.enter("#tea");
    talk.command(Command::History { target: "#tea".into() });
    talk.out.clear();
    page_with_reactions(&mut talk, 0..50, 101);
    assert!(talk.out.ends_with("* Older { target: \"#tea\", messages: 50, beginning: false }\n"), "{}", talk.out);
    let log = talk.session.state().log("#tea").unwrap();
    assert_eq!(log.reactions(log.confirmed().last().unwrap()).unwrap()["🍵"].len(), 101);
    // One message, not as many as were asked for: there is nothing before it.
    talk.command(Command::History { target: "#tea".into() });
    talk.out.clear();
    page_with_reactions(&mut talk, 60..61, 60);
    assert!(talk.out.ends_with("messages: 1, beginning: true }\n"), "{}", talk.out);
    // Too many are left out, not the message.
    talk.command(Command::History { target: "#tea".into() });
    talk.out.clear();
    page_with_reactions(&mut talk, 70..71, 20_001);
    assert!(talk.out.ends_with("messages: 1, beginning: true }\n"), "{}", talk.out);
    let log = talk.session.state().log("#tea").unwrap();
    assert_eq!(log.reactions(log.confirmed().last().unwrap()).unwrap()["🍵"].len(), 20_000);
}

fn begins(talk: &Talk, target: &str) -> bool {
    talk.session.state().log(target).is_some_and(crate::state::Log::begins)
}

fn may_have_earlier(talk: &Talk, target: &str) -> bool {
    talk.session.state().may_have_earlier(target)
}

#[test]
fn a_first_page_that_is_not_full_reaches_back_to_the_beginning() {
    for (rows, begins_there) in [(49, true), (50, false)] {
        let mut talk = Talk::new(options());
        talk.connect();
        talk.let_in("#tea");
        assert!(!begins(&talk, "#tea"));
        talk.history("#tea", 100..100 + rows);
        assert_eq!((begins(&talk, "#tea"), may_have_earlier(&talk, "#tea")), (begins_there, !begins_there), "{rows}");
        talk.come_back();
        talk.let_in("#tea");
        talk.history("#tea", 0..0);
        assert_eq!(begins(&talk, "#tea"), begins_there, "a gap says nothing of the beginning");
    }
}

#[test]
fn older_messages_reach_the_beginning_at_the_last_page() {
    let mut talk = Talk::new(options());
    talk.connect();
    talk.let_in("#tea");
    talk.history("#tea", 100..150);
    for (rows, begins_there) in [(50..100, false), (40..50, true)] {
        talk.command(Command::History { target: "#tea".into() });
        talk.history("#tea", rows);
        assert_eq!(begins(&talk, "#tea"), begins_there);
    }
    assert!(!may_have_earlier(&talk, "#tea"));
}

#[test]
fn the_first_word_of_somebody_brings_what_was_said_before_it() {
    let mut talk = Talk::online(options());
    talk.bob_says(60, "alice", "again");
    talk.bob_says(61, "alice", "and again");
    talk.hear(":tea BATCH +h chathistory bob");
    for row in [3, 60] {
        talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG alice :{row}", id(row)));
    }
    talk.hear(":tea BATCH -h");
    talk.bob_says(62, "alice", "later");
    assert!(begins(&talk, "bob"));
    talk.check(&expect![[r#"
        < @label=h2 CHATHISTORY LATEST bob * 50
        * Before bob bob: 3
        * Live bob bob: again
        * Live bob bob: and again
        * Live bob bob: later
    "#]]);
}

#[test]
fn a_conversation_with_one_who_is_gone_is_asked_for_again_when_they_come_back() {
    let mut talk = Talk::online(options());
    talk.bob_says(60, "alice", "again");
    talk.hear("@label=h2 FAIL CHATHISTORY INVALID_TARGET LATEST bob :No such conversation");
    assert!(begins(&talk, "bob"));
    talk.hear(":bob!b@h JOIN #tea");
    assert!(!begins(&talk, "bob"));
    talk.hear("@label=h3 FAIL CHATHISTORY MESSAGE_ERROR LATEST bob :Not now");
    assert!(!begins(&talk, "bob"));
    talk.check(&expect![[r##"
        < @label=h2 CHATHISTORY LATEST bob * 50
        * Live bob bob: again
        * Joined { room: "#tea", nick: "bob" }
        < @label=h3 CHATHISTORY LATEST bob * 50
    "##]]);
}
