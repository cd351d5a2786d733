//! Rooms are entered and left, and what happens in them is told.

use expect_test::expect;
use teahouse_proto::names::{Nick, RoomName};

use super::{Talk, options};
use crate::session::Command;

/// What servers say to who is not let into a room.
const REFUSALS: [&str; 8] = ["403", "405", "471", "473", "474", "475", "476", "477"];

#[test]
fn rooms_are_left_and_entered_and_other_things_happen() {
    let mut talk = Talk::online(options());
    talk.command(Command::Join(RoomName::parse("#茶馆").unwrap()));
    talk.hear(":tea 403 alice #茶馆 :No such channel");
    talk.command(Command::Topic { room: "#tea".into(), topic: "Tea at five".into() });
    talk.hear(":alice!a@h TOPIC #tea :Tea at five");
    talk.command(Command::Nick(Nick::parse("alicia").unwrap()));
    talk.hear(":alice!a@h NICK alicia");
    talk.hear(":bob!b@h JOIN #tea");
    talk.hear(":bob!b@h PART #tea :bye");
    talk.hear(":bob!b@h QUIT :gone");
    talk.hear(":tea NOTICE alicia :hello");
    talk.command(Command::Part("#tea".into()));
    talk.hear(":alicia!a@h PART #tea");
    talk.command(Command::Raw("NAMES #tea".into()));
    talk.come_back();
    talk.check(&expect![[r##"
        < JOIN #茶馆
        * Refused(Refusal { code: "403", about: "#茶馆", text: "No such channel" })
        < TOPIC #tea :Tea at five
        * Topic { room: "#tea", topic: "Tea at five", by: Some("alice") }
        < NICK alicia
        * Renamed { from: "alice", to: "alicia" }
        * Joined { room: "#tea", nick: "bob" }
        * Left { room: "#tea", nick: "bob", reason: "bye", by: None }
        * Quit { nick: "bob", reason: "gone" }
        * Notice { text: "hello" }
        < PART #tea
        * Left { room: "#tea", nick: "alicia", reason: "", by: None }
        < NAMES #tea
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alicia
        < USER alicia 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST 0123456789abcdef
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
    "##]]);
}

#[test]
fn a_conversation_goes_by_a_number_when_another_takes_the_nick_and_whoever_looks_there_goes_along() {
    let mut talk = Talk::new(options());
    talk.connect_with(" teahouse.internal/partner");
    talk.out.clear();
    let says = |talk: &mut Talk, number, source, to, text| {
        talk.hear(&format!("@teahouse.internal/partner={number} :{source} PRIVMSG {to} :{text}"));
    };
    says(&mut talk, 13, "weg!w@h", "alice", "one");
    says(&mut talk, 20, "weg!w@h", "alice", "two");
    says(&mut talk, 22, "alice!a@h", "weg", "three");
    says(&mut talk, 13, "here!w@h", "alice", "four");
    talk.check(&expect![[r#"
        < @label=h1 CHATHISTORY LATEST weg * 50
        * Renamed { from: "weg", to: "weg@13" }
        * Renamed { from: "weg@13", to: "here" }
        < @label=h2 CHATHISTORY LATEST here * 50
    "#]]);
}

#[test]
fn who_was_put_out_knows_by_whom_and_does_not_come_back_by_itself() {
    let mut talk = Talk::online(options());
    talk.hear(":bob!b@h INVITE alice #den");
    talk.hear(":bob!b@h INVITE carol #tea");
    talk.hear(":bob!b@h KICK #tea carol :bob");
    talk.hear(":bob!b@h KICK #tea alice :too loud");
    talk.come_back();
    talk.check(&expect![[r##"
        * Invited { room: "#den", by: "bob" }
        * Left { room: "#tea", nick: "carol", reason: "", by: Some("bob") }
        * Left { room: "#tea", nick: "alice", reason: "too loud", by: Some("bob") }
        * Offline { reason: "the cable was cut", retry_in_ms: Some(250) }
        * Connecting
        ! Connect
        * Registering
        < CAP LS 302
        < NICK alice
        < USER alice 0 * :alice
        < CAP REQ :message-tags server-time echo-message batch labeled-response standard-replies userhost-in-names draft/chathistory teahouse.internal/guest
        < GUEST 0123456789abcdef
        < CAP END
        * Online { nick: "alice", token: Some("0123456789abcdef") }
    "##]]);
}

#[test]
fn a_room_that_does_not_let_one_in_is_not_asked_for_again() {
    for code in REFUSALS {
        let mut talk = Talk::new(options());
        talk.connect();
        talk.hear(&format!(":tea {code} alice #tea :Cannot join channel"));
        talk.come_back();
        assert_eq!(talk.out.matches("< JOIN #tea\n").count(), 1, "{code}");
    }
}

#[test]
fn what_is_refused_in_a_room_that_one_is_in_does_not_put_one_out_of_it() {
    for code in REFUSALS {
        let mut talk = Talk::online(options());
        talk.hear(&format!(":tea {code} alice #Tea :You need to be identified to a registered account for that"));
        talk.come_back();
        assert!(talk.out.contains("< JOIN #tea\n"), "{code}");
    }
}
