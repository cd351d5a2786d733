//! What one does with a message, and how the window leads to one.

use eframe::egui::{Event as Input, Key, OutputCommand, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable};
use teahouse_client::{Event, Found, Refusal};

use super::{NOW_MS, Window, arrived};
use crate::{
    client_window::{
        state::{ClientEvent, SHOWN_MESSAGES_STEP},
        view::ClientAction,
    },
    texts::Lang,
};

const ALL: &str = "CAP * ACK :message-tags teahouse.internal/message-edit draft/message-redaction draft/metadata-2";
const MORE: &str = "What to do with this message";
const PIN: &str = "01hf7yat000000000000005";

/// One that is in the room with a server that can do all of it; the first message is bob's, the second our own.
fn able<'a>() -> Harness<'a, Window> {
    let mut harness = arrived(Lang::En);
    harness.state_mut().wire(&[
        ALL,
        ":tea 766 alice #lobby teahouse.internal/pins :Key not set",
        "@msgid=m1;time=2026-11-24T13:58:00.000Z :bob!b@h PRIVMSG #lobby :tea?",
        "@msgid=m2;time=2026-11-24T13:59:00.000Z :alice!a@h PRIVMSG #lobby :oolnog",
    ]);
    harness.run();
    harness
}

/// Opens the menu of a message, and chooses something in it.
fn choose(harness: &mut Harness<'_, Window>, message: usize, what: &str) {
    harness.get_all_by_label(MORE).nth(message).unwrap().click();
    harness.run();
    harness.get_by_label(what).click();
    harness.run();
}

fn offered(harness: &mut Harness<'_, Window>, message: usize) -> Vec<&'static str> {
    harness.get_all_by_label(MORE).nth(message).unwrap().click();
    harness.run();
    let all = ["React with 🍵", "Answer", "Pin", "Unpin", "Copy the text", "Edit", "Take back"];
    let offered = all.into_iter().filter(|label| harness.query_by_label(label).is_some()).collect();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Copy the text").is_none());
    offered
}

fn write(harness: &mut Harness<'_, Window>, text: &str) {
    harness.event(Input::Text(text.into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

fn line(harness: &Harness<'_, Window>) -> String {
    harness.get_by_label("Message to #lobby").value().unwrap_or_default()
}

#[test]
fn the_menu_offers_what_rank_and_server_allow() {
    let mut harness = able();
    let own = ["React with 🍵", "Answer", "Copy the text", "Edit", "Take back"];
    assert_eq!(offered(&mut harness, 0), own[..3]);
    assert_eq!(offered(&mut harness, 1), own);
    harness.state_mut().wire(&[":bob!b@h MODE #lobby +o alice"]);
    harness.run();
    assert_eq!(offered(&mut harness, 0), ["React with 🍵", "Answer", "Pin", "Copy the text", "Take back"]);
    harness
        .state_mut()
        .wire(&["CAP * ACK :-message-tags -teahouse.internal/message-edit -draft/message-redaction -draft/metadata-2"]);
    harness.run();
    assert_eq!(offered(&mut harness, 1), ["Copy the text"]);
}

#[test]
fn the_menu_speaks_the_words_of_the_page_in_chinese_too() {
    let mut harness = arrived(Lang::ZhCn);
    harness.state_mut().wire(&[ALL, "@msgid=m2 :alice!a@h PRIVMSG #lobby :乌龙"]);
    harness.run();
    harness.get_by_label("对这条消息的操作").click();
    harness.run();
    for label in ["用 🍵 回应", "回复", "复制文字", "编辑", "撤回"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
}

#[test]
fn the_keys_open_the_menu_and_choose_in_it() {
    let mut harness = able();
    harness.get_all_by_label(MORE).next().unwrap().focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    for _ in 0..5 {
        harness.key_press(Key::ArrowDown);
        harness.run();
    }
    assert!(harness.get_by_label("Answer").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Answering bob: tea?");
    assert!(harness.get_by_label("Message to #lobby").is_focused());
}

#[test]
fn the_other_button_opens_the_menu_at_the_pointer() {
    let mut harness = able();
    harness.get_by_label("tea?").hover();
    harness.run();
    harness.get_by_label("tea?").click_secondary();
    harness.run();
    harness.get_by_label("Answer");
    assert!(harness.query_by_label("Edit").is_none());
}

#[test]
fn an_answer_goes_with_what_it_answers() {
    let mut harness = able();
    choose(&mut harness, 0, "Answer");
    harness.get_by_label("Answering bob: tea?");
    write(&mut harness, "yes");
    let said = ClientAction::Say { to: "#lobby".into(), text: "yes".into(), about: Some("m1".into()) };
    assert_eq!(harness.state().actions, [said]);
    assert!(harness.query_by_label("Answering bob: tea?").is_none());
    for step in ["the button", "Escape"] {
        choose(&mut harness, 0, "Answer");
        match step {
            "Escape" => harness.key_press(Key::Escape),
            _ => harness.get_by_label("Do not answer").click(),
        }
        harness.run();
        assert!(harness.query_by_label("Answering bob: tea?").is_none(), "{step}");
    }
    harness.get_by_label("Message to #lobby").focus();
    harness.run();
    harness.state_mut().actions.clear();
    write(&mut harness, "by the way");
    let said = ClientAction::Say { to: "#lobby".into(), text: "by the way".into(), about: None };
    assert_eq!(harness.state().actions, [said]);
}

#[test]
fn what_a_message_answers_stands_above_it_and_leads_there() {
    let mut harness = able();
    harness.state_mut().wire(&[
        "@msgid=m3;+reply=m1 :bob!b@h PRIVMSG #lobby :anybody?",
        "@msgid=m4;+reply=m0 :bob!b@h PRIVMSG #lobby :hello?",
    ]);
    harness.run();
    harness.get_by_label("↩ answers a message that is not loaded");
    harness.get_by_label("↩ bob: tea?").click();
    harness.run();
    let (place, msgid) = ("#lobby".into(), "m1".into());
    assert_eq!(harness.state().actions, [ClientAction::GoTo { place, msgid }]);
}

#[test]
fn ones_own_words_are_put_right_and_what_was_being_written_stays() {
    let mut harness = able();
    harness.get_by_label("Message to #lobby").focus();
    harness.run();
    harness.event(Input::Text("half a thought".into()));
    harness.run();
    choose(&mut harness, 1, "Edit");
    harness.get_by_label("Editing: oolnog");
    assert_eq!(line(&harness), "oolnog");
    write(&mut harness, " tea");
    let [ClientAction::Edit { place, message, text }] = &harness.state().actions[..] else {
        panic!("{:?}", harness.state().actions)
    };
    assert_eq!((place.as_str(), message.msgid.as_deref(), text.as_str()), ("#lobby", Some("m2"), "oolnog tea"));
    assert_eq!(line(&harness), "half a thought");
    harness.state_mut().actions.clear();
    choose(&mut harness, 1, "Edit");
    harness.get_by_label("Save").click();
    harness.run();
    assert_eq!(harness.state().actions, [], "the same words are no others");
    for step in ["the button", "Escape"] {
        choose(&mut harness, 1, "Edit");
        match step {
            "Escape" => harness.key_press(Key::Escape),
            _ => harness.get_by_label("Do not edit").click(),
        }
        harness.run();
        assert!(harness.query_by_label("Save").is_none(), "{step}");
        assert_eq!(line(&harness), "half a thought");
    }
    harness
        .state_mut()
        .wire(&["@teahouse.internal/target-msgid=m2;teahouse.internal/edit-text=oolong :alice!a@h EDIT #lobby"]);
    harness.run();
    harness.get_by_label("oolong");
    harness.get_by_label("(edited)");
}

#[test]
fn the_arrow_up_in_an_empty_line_edits_what_we_have_said_last() {
    let mut harness = able();
    harness.get_by_label("Message to #lobby").focus();
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.get_by_label("Editing: oolnog");
    assert_eq!(line(&harness), "oolnog");
}

#[test]
fn what_is_taken_back_is_asked_for_once() {
    let mut harness = able();
    choose(&mut harness, 1, "Take back");
    harness.get_by_label("Take this message back?");
    harness.get_by_label("Cancel").click();
    harness.run();
    assert!(harness.query_by_label("Take this message back?").is_none());
    choose(&mut harness, 1, "Take back");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Take this message back?").is_none());
    assert_eq!(harness.state().actions, []);
    choose(&mut harness, 1, "Take back");
    harness.get_by_label("Take back").click();
    harness.run();
    let (place, msgid) = ("#lobby".into(), "m2".into());
    assert_eq!(harness.state().actions, [ClientAction::TakeBack { place, msgid }]);
    harness.state_mut().wire(&[":alice!a@h REDACT #lobby m2"]);
    harness.run();
    assert!(harness.query_by_label("oolnog").is_none());
}

#[test]
fn a_click_joins_a_reaction_or_steps_back() {
    let mut harness = able();
    let react = |reaction: &str, stands: bool| {
        let (place, msgid, reaction) = ("#lobby".into(), "m1".into(), reaction.into());
        ClientAction::React { place, msgid, reaction, stands }
    };
    choose(&mut harness, 0, "React with 🍵");
    assert_eq!(harness.state().actions, [react("🍵", true)]);
    harness.state_mut().actions.clear();
    harness.state_mut().wire(&[
        "@+reply=m1;+draft/react=🍵 :alice!a@h TAGMSG #lobby",
        "@+reply=m1;+draft/react=👏 :bob!b@h TAGMSG #lobby",
    ]);
    harness.run();
    harness.get_by_label("🍵 by alice").click();
    harness.run();
    harness.get_by_label("👏 by bob").click();
    harness.run();
    choose(&mut harness, 0, "React with 🍵");
    assert_eq!(harness.state().actions, [react("🍵", false), react("👏", true), react("🍵", false)]);
}

/// What the window asks of the system in the next frames.
fn commands(harness: &mut Harness<'_, Window>) -> Vec<OutputCommand> {
    let mut commands = Vec::new();
    for _ in 0..4 {
        harness.step();
        commands.extend(harness.output().platform_output.commands.iter().cloned());
    }
    commands
}

#[test]
fn a_text_is_copied_as_it_was_said() {
    let mut harness = arrived(Lang::En);
    let mut lines = vec!["@msgid=m1 :bob!b@h PRIVMSG #lobby :one"];
    lines.extend(["@teahouse.internal/target-msgid=m1;teahouse.internal/edit-text=one\\ntwo :bob!b@h EDIT #lobby"]);
    harness.state_mut().wire(&lines);
    harness.run();
    harness.get_by_label(MORE).click();
    harness.run();
    harness.get_by_label("Copy the text").click();
    let copied = commands(&mut harness).into_iter().filter_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text),
        _ => None,
    });
    assert_eq!(copied.collect::<Vec<_>>(), ["one\ntwo"]);
}

#[test]
fn what_the_server_does_not_allow_is_said_in_plain_words() {
    let refused = [
        ("EDIT_FORBIDDEN", "You may not edit this message."),
        ("REDACT_FORBIDDEN", "You may not take back this message."),
        ("UNKNOWN_MSGID", "This message is not there any more."),
        ("KEY_NO_PERMISSION", "Your rank in #lobby is too low for that."),
        ("TOO_MANY_REACTIONS", "This message can take no more reactions."),
        ("RATE_LIMITED", "That was too often: wait a little."),
    ];
    for (code, words) in refused {
        let mut harness = able();
        let refusal = Refusal { code: code.into(), about: "#lobby".into(), text: "in its own words".into() };
        harness.state_mut().tell(Event::Refused(refusal));
        harness.run();
        harness.get_by_label(words);
    }
}

#[test]
fn a_message_of_several_lines_is_one_with_links_to_click() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().wire(&[
        "@msgid=m1 :bob!b@h PRIVMSG #lobby :list",
        "@teahouse.internal/target-msgid=m1;teahouse.internal/edit-text=see:\\n\\nhttp://tea.example/\\sand\\smore\\nthe\\send :bob!b@h EDIT #lobby",
    ]);
    harness.run();
    assert_eq!(harness.get_all_by_label(MORE).count(), 1);
    let places: Vec<_> =
        ["see:", "http://tea.example/", " and more", "the end"].map(|label| harness.get_by_label(label).rect()).into();
    assert!(places[0].bottom() < places[1].top() && places[2].bottom() <= places[3].top(), "{places:?}");
    assert!(places[1].right() <= places[2].left() + 1.0, "{places:?}");
    harness.get_by_label("http://tea.example/").click();
    let opened = commands(&mut harness).into_iter().filter_map(|command| match command {
        OutputCommand::OpenUrl(open) => Some(open.url),
        _ => None,
    });
    assert_eq!(opened.collect::<Vec<_>>(), ["http://tea.example/"]);
}

/// One with so many messages that the first are far away.
fn long<'a>() -> Harness<'a, Window> {
    let mut harness = able();
    let lines: Vec<_> = (0..500)
        .map(|n| format!("@msgid=n{n:04};time=2026-11-24T13:59:30.{n:03}Z :bob!b@h PRIVMSG #lobby :number {n}"))
        .collect();
    harness.state_mut().wire(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    harness.run();
    harness
}

/// Does what the window asks the state for.
fn obey(harness: &mut Harness<'_, Window>) {
    let window = harness.state_mut();
    for action in std::mem::take(&mut window.actions) {
        window.state.apply(match action {
            ClientAction::Reached => ClientEvent::Reached { at_ms: window.now_ms },
            ClientAction::ToNewest => ClientEvent::ToNewest,
            ClientAction::GoTo { place, msgid } => ClientEvent::GoTo { place, msgid },
            ClientAction::Around(found) => ClientEvent::AroundAsked(found),
            ClientAction::LeaveSearch => ClientEvent::SearchLeft,
            ClientAction::TogglePins(room) => ClientEvent::PinsToggled(room),
            ClientAction::LookUp { msgid, .. } => ClientEvent::LookUpAsked(msgid),
            other => panic!("{other:?}"),
        });
    }
    // Not until nothing moves: what it is moved to is told in each frame until it is obeyed.
    harness.run_steps(3);
}

/// Whether a message is within what one sees of the list.
fn is_seen(harness: &Harness<'_, Window>, label: &str) -> bool {
    let (above, below) = (harness.get_by_label("Leave this room").rect(), harness.get_by_label("Send").rect());
    let is_between = |y: f32| above.bottom() < y && y < below.top();
    harness.query_by_label(label).is_some_and(|message| is_between(message.rect().center().y))
}

fn found(harness: &Harness<'_, Window>, msgid: &str) -> Found {
    let log = harness.state().state.chat.log("#lobby").unwrap();
    Found { target: "#lobby".into(), message: log.with_msgid(msgid).unwrap().as_ref().clone() }
}

#[test]
fn what_is_found_and_known_is_shown_in_its_place_and_there_is_a_way_back() {
    let mut harness = long();
    assert!(is_seen(&harness, "number 499") && harness.query_by_label("Go to the newest").is_none());
    let found = found(&harness, "n0100");
    harness.state_mut().state.apply(ClientEvent::SearchAsked);
    harness.state_mut().tell(Event::Found { found: vec![found] });
    harness.run();
    harness.get_by_label("Show in the conversation").click();
    harness.run();
    obey(&mut harness);
    obey(&mut harness);
    assert!(is_seen(&harness, "number 100") && !is_seen(&harness, "number 499"));
    assert!(
        harness.state().state.is_marked("n0100", NOW_MS) && !harness.state().state.is_marked("n0100", NOW_MS + 2_500)
    );
    // It is moved once, and the person may look around.
    assert_eq!(harness.state().actions, []);
    let back = harness.get_by_label("Go to the newest");
    assert!(back.rect().height() < 40.0, "it is one line");
    back.click();
    harness.run();
    obey(&mut harness);
    obey(&mut harness);
    assert!(is_seen(&harness, "number 499"));
    assert_eq!(harness.state().state.shown_messages(), SHOWN_MESSAGES_STEP);
    harness.state_mut().wire(&["@msgid=o :bob!b@h PRIVMSG #lobby :and one more"]);
    harness.run();
    assert!(is_seen(&harness, "and one more") && harness.query_by_label("Go to the newest").is_none());
}

#[test]
fn what_is_pinned_is_listed_and_a_click_leads_to_it() {
    let mut harness = long();
    assert!(harness.query_by_label("1 pinned message").is_none());
    harness.state_mut().wire(&[
        &format!("@msgid={PIN};time=2026-11-24T13:58:30.000Z :bob!b@h PRIVMSG #lobby :the rules"),
        &format!(":bob METADATA #lobby teahouse.internal/pins * :01hf7yat000000000000006 {PIN}"),
    ]);
    harness.run();
    harness.get_by_label("2 pinned messages").click();
    harness.run();
    obey(&mut harness);
    harness.get_by_label("Fetching…");
    harness.get_by_label("the rules");
    assert!(harness.query_by_label("Unpin").is_none());
    let (room, msgid) = ("#lobby".to_owned(), "01hf7yat000000000000006".to_owned());
    assert_eq!(harness.state().actions.first(), Some(&ClientAction::LookUp { room, msgid: msgid.clone() }));
    obey(&mut harness);
    assert_eq!(harness.state().actions, [], "it is asked for once");
    harness.state_mut().tell(Event::NotLookedUp { target: "#lobby".into(), msgid: msgid.clone() });
    harness.run();
    harness.get_by_label("It cannot be fetched now.");
    assert_eq!(harness.state().actions, [], "nor again and again");
    for _ in 0..2 {
        harness.get_by_label("2 pinned messages").click();
        harness.run();
        obey(&mut harness);
    }
    harness.get_by_label("Fetching…");
    obey(&mut harness);
    let old = teahouse_client::state::Message { text: "long ago".into(), ..found(&harness, "m1").message };
    let old = Box::new(teahouse_client::state::Message { msgid: Some(msgid.clone()), ..old });
    harness.state_mut().tell(Event::LookedUp { target: "#lobby".into(), msgid: msgid.clone(), message: Some(old) });
    harness.run();
    harness.get_by_label("long ago");
    // The newest pin comes first, and it is known in its place.
    harness.get_all_by_label("Show in the conversation").next().unwrap().click();
    harness.run();
    obey(&mut harness);
    obey(&mut harness);
    assert!(is_seen(&harness, "the rules"));
    // The other one is not: what stands around it is shown beside, and one comes back to the pins.
    harness.get_by_label("2 pinned messages").click();
    harness.run();
    obey(&mut harness);
    harness.get_all_by_label("Show in the conversation").nth(1).unwrap().click();
    harness.run();
    obey(&mut harness);
    harness.get_by_label("The conversation around it");
    harness.get_by_label("Back to the pinned messages").click();
    harness.run();
    obey(&mut harness);
    harness.get_by_role_and_label(Role::List, "Pinned messages");
    harness.state_mut().tell(Event::TakenBack { target: "#lobby".into(), msgid });
    harness.run();
    harness.get_by_label("This message is not there any more.");
    // What is not pinned any more is not kept.
    assert!(harness.state().state.pinned("01hf7yat000000000000006").is_some());
    harness.state_mut().wire(&[&format!(":bob METADATA #lobby teahouse.internal/pins * :{PIN}")]);
    assert!(harness.state().state.pinned("01hf7yat000000000000006").is_none());
}

#[test]
fn in_a_narrow_window_all_stands_within_it() {
    let mut harness = able();
    harness.state_mut().wire(&[&format!(":bob METADATA #lobby teahouse.internal/pins * :{PIN}")]);
    harness.set_size([620.0, 520.0].into());
    harness.run();
    harness.run();
    let (left, right) = (harness.get_by_label("Join").rect(), harness.get_by_label("Talk to bob").rect());
    for label in ["1 pinned message", "Change the topic", "Leave this room", "tea?", "Send"] {
        let part = harness.get_by_label(label).rect();
        assert!(left.right() <= part.left() && part.right() <= right.left(), "{label}: {part:?}");
    }
    for more in harness.get_all_by_label(MORE) {
        assert!(more.rect().right() <= right.left(), "{more:?}");
    }
}

#[test]
fn whoever_may_unpins_in_the_list() {
    let mut harness = able();
    harness.state_mut().wire(&[
        ":bob!b@h MODE #lobby +o alice",
        &format!("@msgid={PIN} :bob!b@h PRIVMSG #lobby :the rules"),
        &format!(":bob METADATA #lobby teahouse.internal/pins * :{PIN}"),
    ]);
    harness.state_mut().state.apply(ClientEvent::PinsToggled("#Lobby".into()));
    harness.run();
    harness.get_by_label("Unpin").click();
    harness.run();
    let (room, msgid) = ("#lobby".into(), PIN.into());
    assert_eq!(harness.state().actions, [ClientAction::Pin { room, msgid, stands: false }]);
}

#[test]
fn other_words_reach_what_is_shown_beside_the_lists() {
    let mut harness = able();
    let one = found(&harness, "m1");
    harness.state_mut().state.apply(ClientEvent::SearchAsked);
    harness.state_mut().tell(Event::Found { found: vec![one] });
    let (target, msgid) = ("#lobby".to_owned(), "m1".to_owned());
    let (kind, text) = (teahouse_client::state::Kind::Privmsg, "coffee?".to_owned());
    harness.state_mut().tell(Event::Edited { target: target.clone(), msgid: msgid.clone(), kind, text });
    harness.run();
    harness.get_by_label("coffee?");
    harness.state_mut().tell(Event::TakenBack { target, msgid });
    harness.run();
    harness.get_by_label("Nothing was found");
}
