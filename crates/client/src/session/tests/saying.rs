//! What becomes of what is said, with a server that knows no ids of ours.

use expect_test::expect;

use super::{Talk, options};
use crate::session::Command;

#[test]
fn what_was_said_is_followed_by_its_label_until_it_is_stored_or_refused() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.say("bob", "three");
    talk.hear("@label=m3;msgid=b;time=T :alice!alice@guest.tea PRIVMSG #tea :two");
    talk.hear("@label=m2;msgid=a :alice!alice@guest.tea PRIVMSG #tea :one");
    talk.hear("@label=m4 :tea 401 alice bob :No such nick/channel");
    talk.say("#tea", "four");
    talk.hear("@label=m5 :tea FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The disk is full");
    talk.check(&expect![[r##"
        < @label=m2 PRIVMSG #tea :one
        < @label=m3 PRIVMSG #tea :two
        < @label=m4 PRIVMSG bob :three
        = 2 Stored { msgid: Some("b"), time: Some("T") }
        * Live #tea alice: two
        = 1 Stored { msgid: Some("a"), time: None }
        * Live #tea alice: one
        = 3 Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
        * Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
        < @label=m5 PRIVMSG #tea :four
        = 4 Refused(Refusal { code: "TEMPORARILY_UNAVAILABLE", about: "#tea", text: "The disk is full" })
        * Refused(Refusal { code: "TEMPORARILY_UNAVAILABLE", about: "#tea", text: "The disk is full" })
    "##]]);
}

#[test]
fn what_nobody_answered_is_unknown_after_a_while_or_a_drop() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one");
    talk.wait(20_000);
    talk.say("#tea", "two");
    talk.wait(10_000);
    talk.lose();
    talk.say("#tea", "three");
    talk.command(Command::Quit { reason: String::new() });
    talk.say("#tea", "four");
    talk.check(&expect![[r#"
        < @label=m2 PRIVMSG #tea :one
        < @label=m3 PRIVMSG #tea :two
        = 1 Unknown
        < PING alive
        = 2 Unknown
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        = 3 NotSent
        * Offline { reason: "left", retry_in_ms: None }
        ! End
        = 4 NotSent
    "#]]);
}

#[test]
fn a_long_text_goes_in_lines_that_fit_and_has_one_outcome() {
    let mut talk = Talk::online(options());
    talk.say("#tea", &"茶".repeat(300));
    let sent: Vec<_> = talk.out.lines().map(|line| line.rsplit_once(':').unwrap().1.to_owned()).collect();
    talk.out.clear();
    assert_eq!(sent.concat(), "茶".repeat(300));
    for text in &sent {
        let as_others_get_it = format!(":alice!alice@guest.tea PRIVMSG #tea :{text}");
        assert!((508..=510).contains(&as_others_get_it.len()) || text == sent.last().unwrap());
    }
    for (label, text) in (2..).zip(&sent) {
        talk.hear(&format!("@label=m{label};msgid={label} :alice!alice@guest.tea PRIVMSG #tea :{text}"));
    }
    talk.out.retain(|character| character != '茶');
    talk.check(&expect![[r#"
        * Live #tea alice: 
        = 1 Stored { msgid: Some("3"), time: None }
        * Live #tea alice: 
    "#]]);
}
