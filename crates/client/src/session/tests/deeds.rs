//! What we do with a message, and what becomes of it.

use expect_test::expect;

use super::{Talk, id, options};
use crate::session::{Command, Deed, Said, SayId};
use crate::state::{Fate, Kind};

const PIN: &str = "01hf7yat000000000000005";

const MORE: &str = " teahouse.internal/client-msgid teahouse.internal/message-edit draft/message-redaction \
                    draft/metadata-2=max-subs=50 draft/multiline=max-bytes=8192,max-lines=100";

impl Talk {
    /// One that is online in `#tea`, with a server that can do all of it.
    fn able() -> Self {
        let mut talk = Self::new(options());
        talk.connect_with(MORE);
        talk.enter("#tea");
        talk.hear(":tea 766 alice #tea teahouse.internal/pins :Key not set");
        talk.hear(&format!("@{} :bob!b@h PRIVMSG #tea :tea?", id(1)));
        talk.hear(&format!("@{} :alice!a@h PRIVMSG #tea :oolnog", id(2)));
        talk.out.clear();
        talk
    }

    fn with(&mut self, msgid: &str, deed: Deed) {
        self.command(Command::Do { target: "#tea".into(), msgid: msgid.into(), deed });
    }

    fn text_of(&self, msgid: &str) -> Option<String> {
        let log = self.session.state().log("#tea").unwrap();
        log.with_msgid(msgid).map(|message| message.text.clone())
    }
}

#[test]
fn what_can_be_done_is_asked_for_and_pins_are_followed() {
    let mut talk = Talk::new(options());
    talk.connect_with(MORE);
    let requested = talk.out.lines().find(|line| line.contains("CAP REQ")).unwrap().to_owned();
    for name in ["draft/message-redaction", "teahouse.internal/message-edit", "draft/metadata-2", "message-tags"] {
        assert!(requested.contains(name), "{name} in {requested}");
    }
    assert!(talk.out.contains("< METADATA * SUB teahouse.internal/pins\n< JOIN #tea\n"), "{}", talk.out);
}

#[test]
fn pins_are_not_touched_before_they_are_known() {
    const ASKED: &str = "< METADATA #tea GET teahouse.internal/pins\n";
    let mut talk = Talk::able();
    talk.hear(":bob!b@h MODE #tea +o alice");
    assert!(talk.session.state().can_pin("#tea"));
    talk.lose();
    talk.wait(1_000);
    talk.out.clear();
    // The seat is still there: the server says so before we are in.
    talk.session.connected(talk.now_ms);
    talk.hear(&format!(":tea CAP * LS :{}{MORE}", super::CAPABILITIES));
    talk.hear(&format!(":tea CAP alice ACK :{} draft/metadata-2", super::CAPABILITIES));
    talk.hear(":tea 001 alice :Welcome");
    talk.hear(":alice!a@h JOIN #tea");
    talk.hear(":tea 353 alice = #tea :@alice");
    assert!(!talk.out.contains(ASKED), "{}", talk.out);
    talk.hear(":tea 422 alice :There is no message of the day");
    assert_eq!(talk.out.matches(&format!("SUB teahouse.internal/pins\n{ASKED}")).count(), 1, "{}", talk.out);
    assert!(!talk.session.state().can_pin("#tea"));
    talk.out.clear();
    talk.with(PIN, Deed::Pin { stands: true });
    talk.with(PIN, Deed::Pin { stands: false });
    assert_eq!(talk.out.matches("* Refused(Refusal { code: \"PINS_UNKNOWN\", about: \"#tea\"").count(), 2);
    assert!(!talk.out.contains("SET"), "{}", talk.out);
    talk.out.clear();
    talk.hear(":tea 761 alice #tea teahouse.internal/pins * :01hf7yat000000000000006");
    assert!(talk.session.state().can_pin("#tea"));
    talk.with(PIN, Deed::Pin { stands: true });
    talk.check(&expect![[r#"
        < METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000006 01hf7yat000000000000005
    "#]]);
    // Not yet known: in a room with many people, and wherever we come to keep order.
    let mut asked_after = |line: &str, asked: bool| {
        talk.out.clear();
        talk.hear(line);
        assert_eq!(talk.out.contains(ASKED), asked, "{line}");
        assert!(!talk.session.state().can_pin("#tea"), "{line}");
    };
    asked_after(":alice!a@h JOIN #tea", false);
    asked_after(":tea 366 alice #tea :End of /NAMES list", false);
    asked_after(":tea 774 alice #tea 4 :Ask for it with SYNC", true);
    asked_after(":bob!b@h MODE #tea +o alice", true);
    asked_after(":tea 366 alice #tea :End of /NAMES list", true);
    talk.hear(":tea 761 alice #tea teahouse.internal/pins * :01hf7yat000000000000006");
    assert!(talk.session.state().can_pin("#tea"));
    talk.out.clear();
    talk.hear(":tea 774 alice #tea 4 :Ask for it with SYNC");
    assert!(!talk.out.contains(ASKED), "what is known is not asked for");
}

#[test]
fn each_deed_is_a_line_and_the_answer_an_event() {
    let mut talk = Talk::able();
    talk.with("m0001", Deed::React { reaction: "\u{1f375}; yes".into(), stands: true });
    talk.with("m0001", Deed::React { reaction: "\u{1f375}; yes".into(), stands: false });
    talk.with("m0002", Deed::Edit { words: "oolong\ntea".into() });
    talk.with("m0002", Deed::TakeBack);
    talk.with(PIN, Deed::Pin { stands: true });
    talk.hear(&format!(":alice METADATA #tea teahouse.internal/pins * :{PIN} 01hf7yat000000000000006"));
    talk.with(PIN, Deed::Pin { stands: true });
    talk.with("01hf7yat000000000000006", Deed::Pin { stands: false });
    talk.hear(&format!(":alice METADATA #tea teahouse.internal/pins * :{PIN}"));
    talk.with(PIN, Deed::Pin { stands: false });
    talk.check(&expect![[r#"
        < @+reply=m0001;+draft/react=🍵\:\syes TAGMSG #tea
        < @+reply=m0001;+draft/unreact=🍵\:\syes TAGMSG #tea
        < @label=e2;teahouse.internal/target-msgid=m0002;teahouse.internal/edit-text=oolong\ntea EDIT #tea
        < REDACT #tea m0002
        < METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000005
        < METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000006 01hf7yat000000000000005
        < METADATA #tea SET teahouse.internal/pins :01hf7yat000000000000005
        < METADATA #tea SET teahouse.internal/pins
    "#]]);
    talk.hear("@teahouse.internal/target-msgid=m0002;teahouse.internal/edit-text=oolong\\ntea :alice!a@h EDIT #tea");
    assert_eq!(talk.text_of("m0002").as_deref(), Some("oolong\ntea"));
    talk.hear(":alice!a@h REDACT #tea m0002");
    assert_eq!(talk.text_of("m0002"), None);
    talk.hear("FAIL REDACT REDACT_FORBIDDEN #tea m0001 :You are not authorised to delete this message");
    talk.check(&expect![[r##"
        * Edited { target: "#tea", msgid: "m0002", kind: Privmsg, text: "oolong\ntea" }
        * TakenBack { target: "#tea", msgid: "m0002" }
        * Refused(Refusal { code: "REDACT_FORBIDDEN", about: "#tea", text: "You are not authorised to delete this message" })
    "##]]);
}

#[test]
fn we_may_do_what_our_rank_and_the_server_allow() {
    let mut talk = Talk::able();
    let may = |talk: &Talk| {
        let state = talk.session.state();
        let log = state.log("#tea").unwrap();
        let may = |msgid: &str| {
            let message = log.with_msgid(msgid).unwrap();
            (state.can_edit(message), state.can_take_back("#tea", message))
        };
        (may("m0001"), may("m0002"), state.can_pin("#tea"))
    };
    assert_eq!(may(&talk), ((false, false), (true, true), false));
    talk.hear(":bob!b@h MODE #tea +o alice");
    assert_eq!(may(&talk), ((false, true), (true, true), true));
    talk.hear(
        ":tea CAP alice ACK :-draft/message-redaction -teahouse.internal/message-edit -draft/metadata-2 -message-tags",
    );
    assert_eq!(may(&talk), ((false, false), (false, false), false));
    assert!(!talk.session.state().can_react());
}

#[test]
fn other_words_that_the_connection_took_with_it_are_told_again() {
    const TOLD: &str = ";teahouse.internal/target-msgid=m0002;teahouse.internal/edit-text=oolong EDIT #tea\n";
    let mut talk = Talk::able();
    talk.with("m0002", Deed::Edit { words: "oolnog tea".into() });
    talk.with("m0002", Deed::Edit { words: "oolong".into() });
    let again = |talk: &mut Talk| {
        talk.lose();
        talk.wait(1_000);
        talk.connect_with(MORE);
        talk.out.clear();
        talk.hear(":alice!alice@guest.tea JOIN #tea");
        talk.out.matches(TOLD).count()
    };
    assert_eq!(again(&mut talk), 1);
    talk.hear("@teahouse.internal/target-msgid=m0002;teahouse.internal/edit-text=oolong :alice!a@h EDIT #tea");
    assert_eq!(again(&mut talk), 0);
    talk.with("m0002", Deed::Edit { words: "oolong".into() });
    talk.hear(":tea FAIL EDIT UNKNOWN_MSGID #tea m0002 :This message does not exist or is too old");
    assert_eq!(again(&mut talk), 0);
}

#[test]
fn other_words_for_which_the_connection_broke_before_they_were_told_are_told_by_the_next_one() {
    let mut talk = Talk::able();
    talk.lose();
    talk.with("m0002", Deed::Edit { words: "oolong".into() });
    talk.with("m0002", Deed::TakeBack);
    assert!(!talk.out.contains("EDIT #tea"), "{}", talk.out);
    talk.wait(1_000);
    talk.connect_with(MORE);
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    assert_eq!(talk.out.matches("edit-text=oolong EDIT #tea\n").count(), 1, "{}", talk.out);
    assert!(!talk.out.contains("REDACT #tea"), "{}", talk.out);
}

#[test]
fn other_words_that_are_refused_for_good_are_not_told_again() {
    let mut talk = Talk::able();
    let label = |talk: &Talk| talk.out.rsplit("@label=").next().unwrap().split(';').next().unwrap().to_owned();
    for (refusal, again) in [
        (":tea FAIL EDIT INVALID_TARGET #tea :You cannot edit messages in #tea", 0),
        (":tea 404 alice #tea :Cannot send to channel", 0),
        (":tea FAIL EDIT TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at present", 1),
        (":tea ACK", 0),
    ] {
        talk.with("m0002", Deed::Edit { words: "oolong".into() });
        talk.hear(&format!("@label={} {refusal}", label(&talk)));
        talk.out.clear();
        talk.hear(":alice!alice@guest.tea JOIN #tea");
        assert_eq!(talk.out.matches("edit-text=oolong EDIT #tea\n").count(), again, "{refusal}");
    }
    // What refuses the words before says nothing of the last ones.
    talk.with("m0002", Deed::Edit { words: "oolnog tea".into() });
    let first = label(&talk);
    talk.with("m0002", Deed::Edit { words: "oolong".into() });
    talk.hear(&format!("@label={first} FAIL EDIT INVALID_EDIT #tea m0002 :Invalid edit text"));
    talk.out.clear();
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    assert_eq!(talk.out.matches("edit-text=oolong EDIT #tea\n").count(), 1, "{}", talk.out);
}

#[test]
fn words_that_history_has_newer_are_taken_from_it() {
    let mut talk = Talk::able();
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.hear(&format!(
        "@batch=h;{};teahouse.internal/edited=2026-01-02T00:00:00.000Z :alice!a@h PRIVMSG #tea :oolong",
        id(2)
    ));
    talk.hear(":tea BATCH -h");
    assert_eq!(talk.text_of("m0002").as_deref(), Some("oolong"));
    let log = talk.session.state().log("#tea").unwrap();
    assert_eq!(log.with_msgid("m0002").unwrap().edited.as_deref(), Some("2026-01-02T00:00:00.000Z"));
    assert_eq!(log.len(), 2);
}

#[test]
fn one_message_is_looked_up_beside_what_is_known() {
    let mut talk = Talk::able();
    for (answer, told) in [("m0009", true), ("m0008", false)] {
        talk.with("m0009", Deed::LookUp);
        let label = talk.out.split("@label=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert!(talk.out.ends_with("CHATHISTORY AROUND #tea msgid=m0009 1\n"), "{}", talk.out);
        talk.out.clear();
        talk.hear(&format!("@label={label} :tea BATCH +h chathistory #tea"));
        talk.hear(&format!("@batch=h;msgid={answer} :bob!b@h PRIVMSG #tea :long ago"));
        talk.hear(":tea BATCH -h");
        assert!(talk.out.contains("* LookedUp { target: \"#tea\", msgid: \"m0009\""), "{}", talk.out);
        assert_eq!(talk.out.contains("long ago"), told, "{}", talk.out);
        assert_eq!(talk.text_of(answer), None);
        talk.out.clear();
    }
    const NOT: &str = "* NotLookedUp { target: \"#tea\", msgid: \"m0009\" }";
    for (code, told) in [("MESSAGE_ERROR", 0), ("INVALID_TARGET", 1)] {
        talk.with("m0009", Deed::LookUp);
        let label = talk.out.split("@label=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        talk.out.clear();
        talk.hear(&format!("@label={label} FAIL CHATHISTORY {code} AROUND #tea :No"));
        assert_eq!(talk.out.matches("message: None").count(), told, "{code}");
        assert_eq!(talk.out.matches(NOT).count(), 1 - told, "{code}");
        talk.out.clear();
    }
    // What becomes of it with a connection that breaks nobody knows.
    talk.with("m0009", Deed::LookUp);
    talk.lose();
    assert!(talk.out.contains(NOT) && !talk.out.contains("* LookedUp"), "{}", talk.out);
    talk.out.clear();
    talk.with("m0009", Deed::LookUp);
    assert!(talk.out.contains(NOT), "{}", talk.out);
    // Without labels an answer could not be told from others.
    let mut talk = Talk::able();
    talk.hear(":tea CAP alice ACK :-labeled-response");
    talk.with("m0009", Deed::LookUp);
    assert!(talk.out.contains(NOT) && !talk.out.contains("AROUND"), "{}", talk.out);
}

#[test]
fn an_answer_says_what_it_answers_also_by_the_client_that_comes_next() {
    let mut talk = Talk::able();
    let said = || Said { target: "#tea".into(), kind: Kind::Privmsg, text: "yes".into(), about: Some("m0001".into()) };
    talk.command(Command::Say { id: SayId(1), said: said() });
    assert!(talk.out.contains(";+reply=m0001 PRIVMSG #tea :yes"), "{}", talk.out);
    let about = |talk: &Talk| {
        let log = talk.session.state().log("#tea").unwrap();
        log.messages().last().unwrap().about.clone()
    };
    assert_eq!(about(&talk).as_deref(), Some("m0001"));
    let mut options = options();
    options.unsent = talk.session.state().unsent();
    assert_eq!(options.unsent[0].about.as_deref(), Some("m0001"));
    let mut next = Talk::new(options);
    assert_eq!(about(&next).as_deref(), Some("m0001"));
    next.connect_with(MORE);
    assert!(next.out.contains(";+reply=m0001 PRIVMSG #tea :yes"), "{}", next.out);
}

#[test]
fn several_lines_are_one_message_with_one_answer() {
    let mut talk = Talk::able();
    talk.say("#tea", "one\r\n\ntwo http://tea.example/");
    let sent = talk.out.clone();
    let id = sent.split("client-msgid=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(
        sent.replace(&id, "ID").replace(|digit: char| digit.is_ascii_digit(), "0"),
        "< @label=m0;teahouse.internal/client-msgid=ID BATCH +ID draft/multiline #tea\n\
         < @batch=ID PRIVMSG #tea :one\n< @batch=ID PRIVMSG #tea :\n\
         < @batch=ID PRIVMSG #tea :two http://tea.example/\n< BATCH -ID\n"
    );
    let log = |talk: &Talk| {
        let log = talk.session.state().log("#tea").unwrap();
        let last = log.messages().last().unwrap();
        (last.text.clone(), last.fate, log.len())
    };
    assert_eq!(log(&talk), ("one\n\ntwo http://tea.example/".into(), Fate::Pending, 3));
    talk.out.clear();
    let label = sent.split("label=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    talk.hear(&format!(
        "@label={label};msgid=m0003;teahouse.internal/client-msgid={id} :alice!a@h BATCH +x draft/multiline #tea"
    ));
    for line in ["one", "", "two http://tea.example/"] {
        talk.hear(&format!("@batch=x :alice!a@h PRIVMSG #tea :{line}"));
    }
    talk.hear(":tea BATCH -x");
    talk.check(&expect![[r#"
        = 1 Stored { msgid: Some("m0003"), time: None }
        * Live #tea alice: one||two http://tea.example/
    "#]]);
    assert_eq!(log(&talk), ("one\n\ntwo http://tea.example/".into(), Fate::Confirmed, 3));
}

#[test]
fn a_long_line_goes_on_in_the_next_one_and_is_cut_alike_when_it_is_sent_again() {
    let mut talk = Talk::able();
    let text = "茶馆里的人很多。".repeat(60);
    talk.say("#tea", &text);
    let pieces = |out: &str| -> Vec<String> {
        let lines = out.lines().filter(|line| line.contains("PRIVMSG #tea :"));
        lines.map(|line| line.split_once(" #tea :").unwrap().1.to_owned()).collect()
    };
    let first = pieces(&talk.out);
    assert!(first.len() > 2 && first.concat() == text, "{first:?}");
    assert_eq!(talk.out.matches("draft/multiline-concat").count(), first.len() - 1);
    talk.lose();
    talk.out.clear();
    talk.wait(1_000);
    talk.connect_with(MORE);
    // The server shows a prefix that is shorter than it could be.
    assert_eq!(pieces(&talk.out), first);
}

#[test]
fn lines_that_are_too_many_for_the_server_are_refused_as_one() {
    let mut talk = Talk::able();
    talk.say("#tea", "one\ntwo");
    let label = talk.out.split("label=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    talk.out.clear();
    talk.hear(&format!("@label={label} FAIL BATCH MULTILINE_MAX_LINES 1 :Multiline batch max-lines exceeded"));
    assert!(talk.out.starts_with("= 1 Refused("), "{}", talk.out);
    let log = talk.session.state().log("#tea").unwrap();
    assert_eq!(log.messages().last().unwrap().fate, Fate::Refused);
}

#[test]
fn without_such_messages_each_line_is_one_also_of_what_waited_as_several() {
    let mut talk = Talk::online(options());
    talk.say("#tea", "one\n\ntwo");
    assert_eq!(talk.out.matches("PRIVMSG #tea").count(), 2);
    let mut talk = Talk::able();
    talk.lose();
    talk.say("#tea", &format!("one\n{}", "茶".repeat(200)));
    talk.say("#tea", "after it");
    assert_eq!(talk.session.state().unsent().len(), 2);
    talk.out.clear();
    talk.wait(1_000);
    talk.connect_with(" teahouse.internal/client-msgid");
    let pieces = ["one".to_owned(), "茶".repeat(130), "茶".repeat(70), "after it".to_owned()];
    let unsent: Vec<_> = talk.session.state().unsent().into_iter().map(|one| one.text).collect();
    assert_eq!(unsent.len(), 4, "{unsent:?}");
    assert_eq!((unsent.concat(), &unsent[0], &unsent[3]), (pieces.concat(), &pieces[0], &pieces[3]));
    // One at a time, each under an id of its own, and one outcome for all of it.
    for (number, text) in unsent.iter().enumerate() {
        let sent = talk.out.lines().rfind(|line| line.contains(" PRIVMSG #tea :")).unwrap().to_owned();
        assert!(sent.ends_with(&format!(" PRIVMSG #tea :{text}")) && sent.len() < 512, "{sent}");
        let id = sent.split("client-msgid=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        talk.hear(&format!("@msgid=n{number};teahouse.internal/client-msgid={id} :alice!a@h PRIVMSG #tea :{text}"));
    }
    assert_eq!(talk.out.matches("= 1 Stored { msgid: Some(\"n2\")").count(), 1, "{}", talk.out);
    assert_eq!(talk.out.matches("= 2 Stored").count(), 1, "{}", talk.out);
    let log = talk.session.state().log("#tea").unwrap();
    assert!(log.messages().skip(log.len() - 4).map(|message| &message.text).eq(&unsent));
}

#[test]
fn what_may_be_known_by_its_id_stays_as_it_is() {
    let mut talk = Talk::able();
    talk.say("#tea", "one\ntwo");
    let unsent = talk.session.state().unsent();
    talk.out.clear();
    talk.come_back_with(" teahouse.internal/client-msgid");
    assert!(talk.out.contains(&format!("client-msgid={} PRIVMSG #tea :one two\n", unsent[0].id)), "{}", talk.out);
    let mut options = options();
    options.unsent = unsent.clone();
    let mut next = Talk::new(options);
    next.connect_with(" teahouse.internal/client-msgid");
    assert!(next.out.contains(&format!("client-msgid={} PRIVMSG #tea :one two\n", unsent[0].id)), "{}", next.out);
}

#[test]
fn what_was_taken_back_or_put_right_while_we_were_away_is_so_when_we_are_back() {
    let mut talk = Talk::able();
    talk.hear(&format!("@{} :bob!b@h PRIVMSG #tea :three", id(3)));
    talk.lose();
    talk.wait(1_000);
    talk.connect_with(MORE);
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.hear(":tea 366 alice #tea :End of /NAMES list");
    assert!(talk.out.ends_with("CHATHISTORY LATEST #tea msgid=m0003 100\n"), "{}", talk.out);
    talk.history("#tea", 4..5);
    assert!(talk.out.ends_with("CHATHISTORY LATEST #tea * 50\n"), "{}", talk.out);
    talk.out.clear();
    // The third is gone, the second is another, and somebody speaks before the answer is whole.
    talk.hear(":tea BATCH +h chathistory #tea");
    for (row, text) in [(2, "oolong"), (4, "4")] {
        talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG #tea :{text}", id(row)));
    }
    talk.hear(&format!("@{} :bob!b@h PRIVMSG #tea :meanwhile", id(5)));
    talk.hear(":tea BATCH -h");
    talk.check(&expect![[r##"
        * TakenBack { target: "#tea", msgid: "m0003" }
        * Live #tea bob: meanwhile
    "##]]);
    let texts = |talk: &Talk| -> Vec<String> {
        let log = talk.session.state().log("#tea").unwrap();
        log.confirmed().iter().map(|message| message.text.clone()).collect()
    };
    // What is before the page is not looked at.
    assert_eq!(texts(&talk), ["tea?", "oolong", "4", "meanwhile"]);
    talk.lose();
    talk.wait(2_000);
    talk.connect_with(MORE);
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.hear(":tea 366 alice #tea :End of /NAMES list");
    talk.history("#tea", 0..0);
    talk.history("#tea", 0..0);
    assert_eq!(texts(&talk), [""; 0], "nothing is left of a room whose history is empty");
}

#[test]
fn without_edits_and_taking_back_the_history_is_not_looked_at_twice() {
    let mut talk = Talk::online(options());
    talk.hear(&format!("@{} :bob!b@h PRIVMSG #tea :one", id(1)));
    talk.lose();
    talk.wait(1_000);
    talk.connect();
    talk.hear(":alice!alice@guest.tea JOIN #tea");
    talk.hear(":tea 366 alice #tea :End of /NAMES list");
    talk.history("#tea", 0..0);
    assert!(!talk.out.contains("LATEST #tea * 50"), "{}", talk.out);
}
