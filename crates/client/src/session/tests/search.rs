//! What is found, and what stands around it, is told and not mixed with what is known.

use expect_test::expect;

use super::{Talk, id, options};
use crate::session::Command;

#[test]
fn what_is_found_is_told_newest_first_and_is_no_part_of_the_room() {
    let mut talk = Talk::online(options());
    talk.command(Command::Search { text: "big; pot \\".into(), before: None });
    talk.hear(":tea BATCH +s soju.im/search");
    talk.hear(&format!("@batch=s;{} :bob!b@h PRIVMSG #tea :a big pot", id(1)));
    talk.hear(&format!("@batch=s;{} :alice!a@h PRIVMSG bob :that big pot", id(2)));
    talk.bob_says(9, "#tea", "live");
    talk.hear(":tea BATCH -s");
    talk.command(Command::Search { text: "pot".into(), before: Some("m0001".into()) });
    talk.hear("FAIL SEARCH INVALID_PARAMS text :There are too many words");
    talk.check(&expect![[r##"
        < SEARCH :text=big\:\spot\s\\;limit=50
        * Live #tea bob: live
        * Found { found: [Found { target: "bob", message: Message { from: "alice", kind: Privmsg, text: "that big pot", msgid: Some("m0002"), time: Some("2026-01-01T00:00:00.002Z"), about: None, edited: None, mine: true, fate: Confirmed } }, Found { target: "#tea", message: Message { from: "bob", kind: Privmsg, text: "a big pot", msgid: Some("m0001"), time: Some("2026-01-01T00:00:00.001Z"), about: None, edited: None, mine: false, fate: Confirmed } }] }
        < SEARCH :text=pot;limit=50;before=msgid=m0001
        * Refused(Refusal { code: "INVALID_PARAMS", about: "text", text: "There are too many words" })
    "##]]);
    assert_eq!(talk.session.state().log("#tea").unwrap().len(), 1);
    assert!(talk.session.state().log("bob").is_none());
}

#[test]
fn what_stands_around_a_message_is_told_apart_from_a_fill() {
    let mut talk = Talk::online(options());
    let around = || Command::Around { target: "#tea".into(), msgid: "m0002".into() };
    talk.command(around());
    talk.hear("@label=s2 :tea BATCH +a chathistory #tea");
    for number in 1..4 {
        talk.hear(&format!("@batch=a;{} :bob!b@h PRIVMSG #tea :{number}", id(number)));
    }
    talk.hear(":tea BATCH -a");
    talk.command(around());
    talk.hear("@label=s3 :tea FAIL CHATHISTORY INVALID_TARGET AROUND #tea :Messages could not be retrieved");
    talk.command(around());
    talk.lose();
    talk.check(&expect![[r#"
        < @label=s2 CHATHISTORY AROUND #tea msgid=m0002 31
        * Around { msgid: "m0002", messages: [Message { from: "bob", kind: Privmsg, text: "1", msgid: Some("m0001"), time: Some("2026-01-01T00:00:00.001Z"), about: None, edited: None, mine: false, fate: Confirmed }, Message { from: "bob", kind: Privmsg, text: "2", msgid: Some("m0002"), time: Some("2026-01-01T00:00:00.002Z"), about: None, edited: None, mine: false, fate: Confirmed }, Message { from: "bob", kind: Privmsg, text: "3", msgid: Some("m0003"), time: Some("2026-01-01T00:00:00.003Z"), about: None, edited: None, mine: false, fate: Confirmed }] }
        < @label=s3 CHATHISTORY AROUND #tea msgid=m0002 31
        * Around { msgid: "m0002", messages: [] }
        < @label=s4 CHATHISTORY AROUND #tea msgid=m0002 31
        * Around { msgid: "m0002", messages: [] }
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
    "#]]);
    assert!(talk.session.state().log("#tea").unwrap().is_empty());
}

#[test]
fn what_is_asked_for_and_read_when_the_connection_is_gone_is_answered() {
    let mut talk = Talk::online(options());
    talk.lose();
    talk.out.clear();
    talk.command(Command::Around { target: "#tea".into(), msgid: "m0002".into() });
    talk.command(Command::History { target: "#tea".into() });
    talk.command(Command::Search { text: "tea".into(), before: None });
    talk.check(&expect![[r##"
        * Around { msgid: "m0002", messages: [] }
        * Older { target: "#tea", messages: 0, beginning: false }
        * Refused(Refusal { code: "OFFLINE", about: "SEARCH", text: "not connected" })
    "##]]);
}

#[test]
fn reactions_are_no_messages_of_what_stands_around() {
    let mut talk = Talk::online(options());
    talk.command(Command::Around { target: "#tea".into(), msgid: "m0002".into() });
    let label = talk.out.split("@label=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    talk.out.clear();
    talk.hear(&format!("@label={label} :tea BATCH +h chathistory #tea"));
    talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG #tea :tea?", id(2)));
    talk.hear("@batch=h;+reply=m0002;+draft/react=\u{1f375} :carol!c@h TAGMSG #tea");
    talk.hear(":tea BATCH -h");
    assert_eq!(talk.out.matches("Message {").count(), 1, "{}", talk.out);
}
