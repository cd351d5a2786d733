//! What is said is said once and in order, whatever happens to the connection.

use expect_test::expect;

use super::{Talk, options};
use crate::session::{Command, PING_AFTER_MS, Said, SayId};
use crate::state::{Fate, Kind, Unsent};

const ONCE: &str = " teahouse.internal/client-msgid";

/// One that is online in `#tea`, with a server that knows our ids.
fn online() -> Talk {
    let mut talk = Talk::new(options());
    talk.back();
    talk
}

impl Talk {
    fn back(&mut self) {
        self.connect_with(ONCE);
        self.enter("#tea");
        self.out.clear();
    }

    /// The server gives back what we said with our id; `tags` stand before it.
    fn echo(&mut self, tags: &str, id: &str, text: &str) {
        let tag = "teahouse.internal/client-msgid";
        self.hear(&format!("@{tags};{tag}={} :alice!alice@guest.tea PRIVMSG #tea :{text}", full(id)));
    }

    /// What was sent and what came of it, ids by their last digits.
    pub(super) fn short(&mut self) {
        let shown = self.out.replace(";teahouse.internal/client-msgid=00000000-", ";");
        self.out = shown.replace("-8000-000000000000 ", " ").replace('\u{1}', "^A");
    }

    fn fates(&self) -> Vec<(String, Fate)> {
        let log = self.session.state().log("#tea").unwrap();
        log.messages().map(|message| (message.text.clone(), message.fate)).collect()
    }
}

fn full(id: &str) -> String {
    format!("00000000-{id}-8000-000000000000")
}

fn fates(want: &[(&str, Fate)]) -> Vec<(String, Fate)> {
    want.iter().map(|(text, fate)| ((*text).to_owned(), *fate)).collect()
}

#[test]
fn to_one_target_one_line_at_a_time_is_under_way() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.say("bob", "three");
    assert_eq!(talk.fates(), fates(&[("one", Fate::Pending), ("two", Fate::Waiting)]));
    talk.echo("label=m2;msgid=a", "0000-7001", "one");
    assert_eq!(talk.fates(), fates(&[("one", Fate::Confirmed), ("two", Fate::Pending)]));
    // Some servers do not give the label back.
    talk.echo("msgid=b", "0000-7002", "two");
    talk.hear("@label=m3 :tea 401 alice bob :No such nick/channel");
    talk.short();
    talk.check(&expect![[r#"
        < @label=m2;0000-7001 PRIVMSG #tea :one
        < @label=m3;0000-7003 PRIVMSG bob :three
        = 1 Stored { msgid: Some("a"), time: None }
        < @label=m4;0000-7002 PRIVMSG #tea :two
        * Live #tea alice: one
        = 2 Stored { msgid: Some("b"), time: None }
        * Live #tea alice: two
        = 3 Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
        * Refused(Refusal { code: "401", about: "bob", text: "No such nick/channel" })
    "#]]);
}

#[test]
fn what_is_said_offline_is_sent_once_in_order_on_return() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.lose();
    talk.say("#tea", "two");
    let said = Said { target: "#tea".into(), kind: Kind::Action, text: "drinks".into(), about: None };
    talk.command(Command::Say { id: SayId(3), said });
    let waiting = [("one", Fate::Waiting), ("two", Fate::Waiting), ("drinks", Fate::Waiting)];
    assert_eq!(talk.fates(), fates(&waiting));
    assert_eq!(talk.session.state().unsent().len(), 3);
    talk.wait(1_000);
    talk.back();
    assert_eq!(talk.fates(), fates(&[("one", Fate::Pending), waiting[1], waiting[2]]));
    // The server had the first one already: its msgid and time are those of then.
    talk.echo("label=m4;msgid=a", "0000-7001", "one");
    talk.echo("label=m5;msgid=b", "0000-7002", "two");
    talk.echo("label=m6;msgid=c", "03e8-7003", "\u{1}ACTION drinks\u{1}");
    assert_eq!(talk.session.state().unsent(), []);
    talk.short();
    talk.check(&expect![[r#"
        = 1 Stored { msgid: Some("a"), time: None }
        < @label=m5;0000-7002 PRIVMSG #tea :two
        * Live #tea alice: one
        = 2 Stored { msgid: Some("b"), time: None }
        < @label=m6;0000-7003 PRIVMSG #tea :^AACTION drinks^A
        * Live #tea alice: two
        = 3 Stored { msgid: Some("c"), time: None }
        * Live #tea alice: drinks
    "#]]);
}

#[test]
fn what_the_history_brings_is_not_sent_again() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.come_back_with(ONCE);
    talk.out.clear();
    talk.let_in("#tea");
    talk.hear(":tea BATCH +x chathistory #tea");
    talk.echo("batch=x;msgid=a", "0000-7001", "one");
    talk.hear(":tea BATCH -x");
    talk.echo("label=m4;msgid=a", "0000-7001", "one");
    talk.short();
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h4 CHATHISTORY LATEST #tea * 100
        = 1 Stored { msgid: Some("a"), time: None }
        < @label=m5;0000-7002 PRIVMSG #tea :two
        * Missed #tea alice: one
        * CaughtUp { target: "#tea", messages: 1, away_ms: 1000, complete: true }
    "##]]);
}

#[test]
fn what_cannot_be_stored_now_is_tried_again_later_and_what_follows_waits() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    for label in ["m2", "m3"] {
        talk.hear(&format!("@label={label} :tea FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The disk is full"));
        assert_eq!(talk.fates(), fates(&[("one", Fate::Waiting), ("two", Fate::Waiting)]));
        let wait_ms = talk.session.deadline_ms().unwrap() - talk.now_ms;
        talk.out += &format!("{wait_ms} ms\n");
        talk.wait(wait_ms);
    }
    talk.echo("label=m4;msgid=a", "0000-7001", "one");
    talk.short();
    talk.check(&expect![[r#"
        < @label=m2;0000-7001 PRIVMSG #tea :one
        500 ms
        < @label=m3;0000-7001 PRIVMSG #tea :one
        1000 ms
        < @label=m4;0000-7001 PRIVMSG #tea :one
        = 1 Stored { msgid: Some("a"), time: None }
        < @label=m5;0000-7002 PRIVMSG #tea :two
        * Live #tea alice: one
    "#]]);
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_with_the_same_id() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.wait(PING_AFTER_MS - 1);
    talk.hear(":tea PONG tea alive");
    talk.wait(1);
    talk.short();
    talk.check(&expect![[r#"
        < @label=m2;0000-7001 PRIVMSG #tea :one
        < @label=m3;0000-7001 PRIVMSG #tea :one
    "#]]);
}

#[test]
fn what_is_refused_for_good_is_told_and_holds_nothing_up() {
    let mut talk = online();
    for text in ["one", "two", "three"] {
        talk.say("#tea", text);
    }
    talk.hear(&format!("@label=m2 :tea FAIL PRIVMSG CLIENT_MSGID_REUSED {} :Something else", full("0000-7001")));
    talk.hear("@label=m3 :tea 404 alice #tea :Cannot send to channel (+m)");
    assert_eq!(talk.fates(), fates(&[("one", Fate::Refused), ("two", Fate::Refused), ("three", Fate::Pending)]));
    talk.short();
    talk.check(&expect![[r##"
        < @label=m2;0000-7001 PRIVMSG #tea :one
        = 1 Refused(Refusal { code: "CLIENT_MSGID_REUSED", about: "00000000-0000-7001-8000-000000000000", text: "Something else" })
        < @label=m3;0000-7002 PRIVMSG #tea :two
        * Refused(Refusal { code: "CLIENT_MSGID_REUSED", about: "00000000-0000-7001-8000-000000000000", text: "Something else" })
        = 2 Refused(Refusal { code: "404", about: "#tea", text: "Cannot send to channel (+m)" })
        < @label=m4;0000-7003 PRIVMSG #tea :three
        * Refused(Refusal { code: "404", about: "#tea", text: "Cannot send to channel (+m)" })
    "##]]);
}

#[test]
fn without_labels_a_refusal_is_found_by_the_target_or_the_id() {
    let mut talk = Talk::new(options());
    talk.session.connected(0);
    let capabilities = "message-tags echo-message teahouse.internal/client-msgid";
    talk.hear(&format!(":tea CAP * LS :{capabilities}"));
    talk.hear(&format!(":tea CAP alice ACK :{capabilities}"));
    talk.hear(":tea 376 alice :End");
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.out.clear();
    for text in ["one", "two", "three"] {
        talk.say("#tea", text);
    }
    talk.hear(&format!(":tea FAIL PRIVMSG CLIENT_MSGID_REUSED {} :Something else", full("0000-7001")));
    talk.hear(":tea FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #tea :The disk is full");
    talk.wait(500);
    talk.hear(":tea 404 alice #tea :Cannot send to channel");
    let outcomes: Vec<_> = talk.out.lines().filter(|line| !line.starts_with('*')).map(str::to_owned).collect();
    talk.out = outcomes.join("\n").replace("@teahouse.internal/client-msgid=00000000-", "@");
    talk.check(&expect![[r##"
        < @0000-7001-8000-000000000000 PRIVMSG #tea :one
        = 1 Refused(Refusal { code: "CLIENT_MSGID_REUSED", about: "00000000-0000-7001-8000-000000000000", text: "Something else" })
        < @0000-7002-8000-000000000000 PRIVMSG #tea :two
        < @0000-7002-8000-000000000000 PRIVMSG #tea :two
        = 2 Refused(Refusal { code: "404", about: "#tea", text: "Cannot send to channel" })
        < @0000-7003-8000-000000000000 PRIVMSG #tea :three"##]]);
}

#[test]
fn an_earlier_clients_outbox_is_said_first_in_its_rooms() {
    let said = |id: &str, target: &str| Unsent {
        id: full(id),
        target: target.into(),
        kind: Kind::Notice,
        text: "from yesterday".into(),
        about: None,
    };
    let mut options = options();
    options.unsent = vec![said("0000-7001", "#green"), said("0000-7002", "#tea")];
    let mut talk = Talk::new(options);
    assert_eq!(talk.session.state().log("#green").unwrap().messages().next().unwrap().fate, Fate::Waiting);
    talk.said = 10;
    talk.say("#tea", "from today");
    talk.out.clear();
    talk.connect_with(ONCE);
    talk.out = talk.out.split_once("< JOIN").map(|(_, rest)| format!("< JOIN{rest}")).unwrap();
    talk.short();
    talk.check(&expect![[r#"
        < JOIN #green
        < JOIN #tea
        < @label=m1;0000-7001 NOTICE #green :from yesterday
        < @label=m2;0000-7002 NOTICE #tea :from yesterday
    "#]]);
}

#[test]
fn what_is_brought_later_is_said_in_its_rooms_too() {
    let said = |id: &str, target: &str| Unsent {
        id: full(id),
        target: target.into(),
        kind: Kind::Privmsg,
        text: "from yesterday".into(),
        about: None,
    };
    let mut talk = Talk::new(options());
    talk.connect_with(ONCE);
    talk.enter("#tea");
    talk.out.clear();
    let unsent = vec![said("0000-7001", "#green"), said("0000-7002", "#tea")];
    talk.command(Command::Bring { first: SayId(7), unsent });
    assert_eq!(talk.session.state().unsent().len(), 2);
    talk.short();
    talk.check(&expect![[r#"
        < JOIN #green
        * Brought
        < @label=m2;0000-7001 PRIVMSG #green :from yesterday
        < @label=m3;0000-7002 PRIVMSG #tea :from yesterday
    "#]]);
    talk.command(Command::Quit { reason: String::new() });
    talk.out.clear();
    talk.command(Command::Bring { first: SayId(9), unsent: vec![said("0000-7003", "#tea")] });
    talk.check(&expect![""]);
}

#[test]
fn what_no_line_of_this_server_holds_is_refused_and_holds_nothing_up() {
    let said = |id: &str, text: &str| Unsent {
        id: full(id),
        target: "#tea".into(),
        kind: Kind::Privmsg,
        text: text.into(),
        about: None,
    };
    let long = ["a", "b"].map(|letter| letter.repeat(300)).join("\n");
    let mut options = options();
    options.unsent = vec![said("0000-7001", &long), said("0000-7002", &long), said("0000-7003", "short\nones")];
    let mut talk = Talk::new(options);
    talk.connect_with(ONCE);
    talk.out = talk.out.split_once("< JOIN").map(|(_, rest)| format!("< JOIN{rest}")).unwrap();
    talk.short();
    talk.check(&expect![[r##"
        < JOIN #tea
        = 0 Refused(Refusal { code: "417", about: "#tea", text: "Input line was too long" })
        = 1 Refused(Refusal { code: "417", about: "#tea", text: "Input line was too long" })
        < @label=m3;0000-7003 PRIVMSG #tea :short ones
        * Refused(Refusal { code: "417", about: "#tea", text: "Input line was too long" })
        * Refused(Refusal { code: "417", about: "#tea", text: "Input line was too long" })
    "##]]);
    let fates: Vec<Fate> = talk.session.state().log("#tea").unwrap().messages().map(|message| message.fate).collect();
    assert_eq!(fates, [Fate::Refused, Fate::Refused, Fate::Pending]);
    assert_eq!(talk.session.state().unsent().len(), 1);
}

#[test]
fn what_is_left_at_the_end_is_told_by_whether_it_was_ever_sent() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.lose();
    talk.out.clear();
    talk.command(Command::Quit { reason: String::new() });
    talk.check(&expect![[r#"
        = 1 Unknown
        = 2 NotSent
        * Offline { reason: "left", retry_in_ms: None }
        ! End
    "#]]);
    assert_eq!(talk.session.state().unsent().len(), 2);
}
