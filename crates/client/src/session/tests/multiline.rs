//! A message of several lines is one message, however it comes.

use expect_test::expect;

use super::{Talk, id, options};
use crate::session::Command;

impl Talk {
    /// A message as the server gives it; a line that begins with `+` goes on where the one before it has stopped.
    fn several(&mut self, tags: &str, from: &str, lines: &[&str]) {
        self.hear(&format!("@{tags} :{from}!{from}@guest.tea BATCH +m draft/multiline #tea"));
        for line in lines {
            let (tag, text) = line.strip_prefix('+').map_or(("", *line), |text| (";draft/multiline-concat", text));
            self.hear(&format!("@batch=m{tag} :{from}!{from}@guest.tea PRIVMSG #tea :{text}"));
        }
        self.hear(":tea BATCH -m");
    }
}

#[test]
fn such_messages_are_asked_for_where_there_are_any() {
    let mut talk = Talk::new(options());
    talk.session.connected(0);
    talk.hear(":tea CAP * LS :batch draft/multiline=max-bytes=8192,max-lines=100");
    assert!(talk.out.ends_with("< CAP REQ :batch draft/multiline\n"), "{}", talk.out);
}

#[test]
fn what_is_said_in_several_lines_is_told_once_it_is_whole() {
    let mut talk = Talk::online(options());
    talk.several(&id(1), "bob", &["one", "", "two ", "+and more", ": three"]);
    talk.several(&id(2), "bob", &["", "second"]);
    talk.several(&id(3), "bob", &[]);
    talk.check(&expect![[r#"
        * Live #tea bob: one||two and more|: three
        * Live #tea bob: |second
    "#]]);
    let log = talk.session.state().log("#tea").unwrap();
    let ids: Vec<_> = log.confirmed().iter().map(|message| message.msgid.as_deref()).collect();
    assert_eq!(ids, [Some("m0001"), Some("m0002")]);
}

#[test]
fn in_the_history_they_are_one_row_and_known_by_their_id() {
    let mut talk = Talk::online(options());
    talk.several(&id(1), "bob", &["one", "two"]);
    talk.come_back();
    talk.let_in("#tea");
    talk.out.clear();
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.several(&format!("batch=h;{}", id(1)), "bob", &["one", "two"]);
    for number in 2..40 {
        talk.several(&format!("batch=h;{}", id(number)), "bob", &["again", "and again", "and again"]);
    }
    talk.check(&expect![[""]]);
    talk.hear(":tea BATCH -h");
    assert_eq!(talk.out.matches("* Missed #tea bob: again|and again|and again\n").count(), 38);
    // Fewer rows than were asked for: there are no more.
    assert!(talk.out.ends_with("messages: 38, away_ms: 1000, complete: true }\n"), "{}", talk.out);
    assert_eq!(talk.session.state().log("#tea").unwrap().len(), 39);
}

#[test]
fn a_page_of_the_longest_messages_is_not_too_much() {
    let mut talk = Talk::online(options());
    talk.command(Command::History { target: "#tea".into() });
    talk.out.clear();
    talk.hear(":tea BATCH +h chathistory #tea");
    for number in 0..50 {
        talk.several(&format!("batch=h;{}", id(number)), "bob", &["x"; 200]);
    }
    talk.hear(":tea BATCH -h");
    assert!(talk.out.ends_with("messages: 50, beginning: false }\n"));
}

#[test]
fn what_we_have_said_in_one_line_may_come_back_in_several() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one two");
    talk.several("label=m2;msgid=a", "alice", &["one ", "+two"]);
    talk.check(&expect![[r#"
        < @label=m2 PRIVMSG #tea :one two
        = 1 Stored { msgid: Some("a"), time: None }
        * Live #tea alice: one two
    "#]]);
    assert_eq!(talk.session.state().log("#tea").unwrap().len(), 1);
}

#[test]
fn what_is_found_may_have_several_lines() {
    let mut talk = Talk::online(options());
    talk.command(Command::Search { text: "two".into(), before: None });
    talk.out.clear();
    talk.hear(":tea BATCH +s soju.im/search");
    talk.several("batch=s;msgid=a", "bob", &["one", "two"]);
    talk.hear(":tea BATCH -s");
    assert!(talk.out.contains("text: \"one\\ntwo\""), "{}", talk.out);
    assert_eq!(talk.out.lines().count(), 1, "{}", talk.out);
}

#[test]
fn what_is_not_whole_at_a_drop_is_nothing_and_too_long_a_text_is_cut() {
    let mut talk = Talk::online(options());
    talk.hear(":bob!b@h BATCH +m draft/multiline #tea");
    talk.hear("@batch=m :bob!b@h PRIVMSG #tea :half");
    talk.come_back();
    talk.enter("#tea");
    talk.out.clear();
    talk.hear(":tea BATCH -m");
    talk.check(&expect![[""]]);
    talk.several("msgid=a", "bob", &["茶".repeat(100).as_str(); 300]);
    let said = talk.session.state().log("#tea").unwrap().confirmed()[0].text.len();
    assert_eq!(said, 217 * 301 - 1);
}
