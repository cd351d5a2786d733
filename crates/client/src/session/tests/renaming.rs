//! A room that goes by another name is the same room.

use expect_test::expect;

use super::{Talk, id, options};

const ONCE: &str = " draft/channel-rename teahouse.internal/client-msgid";

fn online() -> Talk {
    let mut talk = Talk::new(options());
    talk.connect_with(ONCE);
    talk.enter("#tea");
    talk.out.clear();
    talk
}

impl Talk {
    /// The connection goes and comes back; what is said before rooms are entered is left out.
    fn come_back_to_rooms(&mut self) {
        self.come_back_with(ONCE);
        let joins = self.out.find("< JOIN").unwrap();
        self.out.drain(..joins);
    }

    /// `#tea` gets another name, and after another connection we are in it again.
    fn come_back_under(&mut self, name: &str) {
        self.hear(&format!(":bob!b@h RENAME #tea {name} :a better name"));
        self.come_back_to_rooms();
        self.let_in(name);
    }
}

#[test]
fn a_renamed_room_is_come_back_to_by_its_new_name_and_its_gap_is_filled() {
    let mut talk = online();
    talk.bob_says(1, "#tea", "known");
    talk.come_back_under("#Coffee");
    talk.history("#Coffee", 1..3);
    talk.check(&expect![[r##"
        < JOIN #Coffee
        < @label=h2 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.000Z 50
        * Joined { room: "#Coffee", nick: "alice" }
        * People { room: "#Coffee" }
        < @label=h3 CHATHISTORY LATEST #Coffee msgid=m0001 100
        * Missed #Coffee bob: 2
        * CaughtUp { target: "#Coffee", messages: 1, away_ms: 1000, complete: true }
    "##]]);
}

#[test]
fn a_history_that_was_asked_for_under_the_old_name_is_asked_for_under_the_new_one() {
    let mut talk = Talk::new(options());
    talk.connect_with(ONCE);
    talk.out.clear();
    talk.let_in("#tea");
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.hear(&format!("@batch=h;{} :bob!b@h PRIVMSG #tea :half", id(1)));
    talk.hear(":bob!b@h RENAME #tea #coffee :");
    talk.hear(":tea BATCH -h");
    talk.bob_says(3, "#coffee", "live");
    talk.history("#coffee", 1..3);
    talk.check(&expect![[r##"
        * Joined { room: "#tea", nick: "alice" }
        * People { room: "#tea" }
        < @label=h1 CHATHISTORY LATEST #tea * 50
        * RoomRenamed { from: "#tea", to: "#coffee" }
        < @label=h2 CHATHISTORY LATEST #coffee * 50
        * Before #coffee bob: 1
        * Before #coffee bob: 2
        * Live #coffee bob: live
    "##]]);
}

#[test]
fn what_waits_goes_to_the_new_name_and_what_was_tried_is_repeated_as_it_was_before_it_goes_there_too() {
    let mut talk = online();
    talk.say("#tea", "one");
    talk.say("#tea", "two");
    talk.hear(":bob!b@h RENAME #tea #coffee :");
    talk.come_back_to_rooms();
    talk.hear("@label=m3 :tea 403 alice #tea :No such channel");
    talk.hear("@label=m4;msgid=a :alice!alice@guest.tea PRIVMSG #coffee :one");
    talk.short();
    talk.check(&expect![[r##"
        < JOIN #coffee
        < @label=m3;0000-7001 PRIVMSG #tea :one
        < @label=m4;0000-7001 PRIVMSG #coffee :one
        = 1 Stored { msgid: Some("a"), time: None }
        < @label=m5;0000-7002 PRIVMSG #coffee :two
        * Live #coffee alice: one
    "##]]);
    assert_eq!(talk.session.state().unsent().len(), 1);
}

#[test]
fn a_room_that_is_renamed_in_its_case_alone_keeps_all() {
    let mut talk = online();
    talk.bob_says(1, "#tea", "known");
    talk.come_back_under("#Tea");
    talk.check(&expect![[r##"
        < JOIN #Tea
        < @label=h2 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.000Z 50
        * Joined { room: "#Tea", nick: "alice" }
        * People { room: "#Tea" }
        < @label=h3 CHATHISTORY LATEST #Tea msgid=m0001 100
    "##]]);
}

#[test]
fn nothing_is_left_of_another_room_that_had_the_name() {
    let mut talk = online();
    talk.enter("#coffee");
    talk.bob_says(7, "#coffee", "there");
    talk.bob_says(1, "#tea", "here");
    talk.hear(":alice!alice@guest.tea PART #coffee");
    talk.come_back_under("#coffee");
    talk.check(&expect![[r##"
        < JOIN #coffee
        < @label=h3 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.006Z 50
        * Joined { room: "#coffee", nick: "alice" }
        * People { room: "#coffee" }
        < @label=h4 CHATHISTORY LATEST #coffee msgid=m0001 100
    "##]]);
}

#[test]
fn one_that_a_page_of_history_tells_of_again_changes_nothing() {
    let mut talk = online();
    // Somebody may have founded a room by the old name since.
    talk.enter("#leaf");
    talk.bob_says(2, "#tea", "known");
    talk.out.clear();
    talk.hear(":tea BATCH +h chathistory #tea");
    talk.hear(&format!("@batch=h;{} :bob!b@h RENAME #leaf #tea :a better name", id(1)));
    talk.hear(":tea BATCH -h");
    talk.come_back_to_rooms();
    talk.check(&expect![[r##"
        < JOIN #leaf
        < JOIN #tea
        < @label=h3 CHATHISTORY TARGETS timestamp=9999-12-31T23:59:59.999Z timestamp=2026-01-01T00:00:00.001Z 50
    "##]]);
}
