//! Without a mouse, and without seeing: every message can be come to, and everything done with it.

use eframe::egui::{Key, Modifiers};
use egui_kittest::{
    Harness, Node,
    kittest::{NodeT, Queryable},
};

use teahouse_client::Event;

use super::{Window, arrived};
use crate::{client_window::state::ClientEvent, texts::Lang};

const MORE: &str = "What to do with this message";
const LINE: &str = "Message to #lobby";
/// More than there is room for.
const MESSAGES: usize = 100;

fn long_talk<'a>() -> Harness<'a, Window> {
    let mut harness = arrived(Lang::En);
    // The last one is our own.
    let author = |n| if n + 1 == MESSAGES { "alice!a" } else { "bob!b" };
    let line = |n| format!("@msgid={n:04} :{}@h PRIVMSG #lobby :number {n} http://tea.example/", author(n));
    let lines: Vec<_> = (0..MESSAGES).map(line).collect();
    harness.state_mut().wire(&["CAP * ACK :message-tags teahouse.internal/message-edit draft/message-redaction"]);
    harness.state_mut().wire(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    harness.run();
    harness
}

/// Which message has the keys; it must be in view.
fn at(harness: &Harness<'_, Window>) -> Option<usize> {
    let at = harness.get_all_by_label(MORE).position(|more| more.is_focused())?;
    let place = harness.get_all_by_label(MORE).nth(at).unwrap().rect();
    assert!(place.top() > 40.0 && place.bottom() < 690.0, "number {at} is out of view: {place:?}");
    Some(at)
}

fn press(harness: &mut Harness<'_, Window>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

#[test]
fn whoever_comes_to_a_room_or_person_writes_at_once() {
    let mut harness = arrived(Lang::En);
    assert!(harness.get_by_label(LINE).is_focused());
    harness.get_by_label("Join a room").focus();
    harness.run();
    harness.state_mut().wire(&[":bob!b@h PRIVMSG #lobby :tea?"]);
    harness.run();
    assert!(!harness.get_by_label(LINE).is_focused(), "the keys are taken once");
    harness.state_mut().state.apply(ClientEvent::Selected("bob".into()));
    harness.run();
    assert!(harness.get_by_label("Message to bob").is_focused());
}

#[test]
fn what_is_said_to_the_person_does_not_take_the_keys_from_the_line() {
    let mut harness = arrived(Lang::En);
    let window = harness.state_mut();
    window.tell(Event::Notice { text: "the tea is ready".into() });
    window.tell(Event::Offline { reason: "the cable was cut".into(), retry_in_ms: Some(5_000) });
    harness.run_ok();
    harness.get_by_label("the tea is ready");
    assert!(harness.get_by_label(LINE).is_focused());
}

#[test]
fn every_message_has_its_button_and_says_what_it_is_about() {
    let harness = long_talk();
    assert_eq!(harness.get_all_by_label(MORE).count(), MESSAGES);
    let about = |at| harness.get_all_by_label(MORE).nth(at).unwrap().accesskit_node().description();
    assert_eq!(about(0).as_deref(), Some("bob: number 0 http://tea.example/"));
    assert_eq!(about(99).as_deref(), Some("alice: number 99 http://tea.example/"));
}

#[test]
fn the_arrows_lead_through_all_messages_and_each_comes_into_view() {
    let mut harness = long_talk();
    harness.get_by_label(LINE).focus();
    harness.run();
    press(&mut harness, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(at(&harness), Some(99));
    for number in (59..99).rev() {
        press(&mut harness, Modifiers::NONE, Key::ArrowUp);
        assert_eq!(at(&harness), Some(number));
    }
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(at(&harness), Some(60));
    press(&mut harness, Modifiers::NONE, Key::Home);
    assert_eq!(at(&harness), Some(0));
    press(&mut harness, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(at(&harness), Some(0));
    press(&mut harness, Modifiers::NONE, Key::End);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(at(&harness), Some(99));
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.get_by_label(LINE).is_focused());
}

#[test]
fn the_menu_takes_the_keys_and_gives_them_back() {
    let mut harness = long_talk();
    harness.get_by_label(LINE).focus();
    harness.run();
    press(&mut harness, Modifiers::ALT, Key::ArrowUp);
    press(&mut harness, Modifiers::NONE, Key::Home);
    for leaves in [Key::Escape, Key::Enter] {
        press(&mut harness, Modifiers::NONE, Key::Enter);
        assert!(harness.get_by_label("React with 👍").is_focused());
        press(&mut harness, Modifiers::NONE, leaves);
        assert!(harness.query_by_label("React with 👍").is_none());
        assert_eq!(at(&harness), Some(0));
    }
    press(&mut harness, Modifiers::NONE, Key::Enter);
    for _ in 0..5 {
        press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    }
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Answering bob: number 0 http://tea.example/");
    assert!(harness.get_by_label(LINE).is_focused());
}

#[test]
fn a_screen_reader_comes_to_what_is_out_of_view() {
    let mut harness = long_talk();
    harness.get_all_by_label(MORE).nth(3).unwrap().focus();
    harness.run();
    assert_eq!(at(&harness), Some(3));
    harness.get_all_by_label(MORE).nth(90).unwrap().click_accesskit();
    harness.run();
    harness.get_by_label("Answer").click_accesskit();
    harness.run();
    harness.get_by_label("Answering bob: number 90 http://tea.example/");
}

#[test]
fn a_question_takes_the_keys_and_gives_them_back() {
    let mut harness = long_talk();
    press(&mut harness, Modifiers::ALT, Key::ArrowUp);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Take back").click_accesskit();
    harness.step();
    harness.step();
    harness.step();
    assert!(harness.get_by_label("Cancel").is_focused());
    press(&mut harness, Modifiers::NONE, Key::Tab);
    assert!(harness.get_by_label("Take back").is_focused() || harness.get_by_label("Cancel").is_focused());
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.query_by_label("Cancel").is_none());
    assert!(harness.get_by_label(LINE).is_focused());
}

#[test]
fn what_the_tab_key_comes_to_is_seen() {
    let mut harness = long_talk();
    harness.get_by_label(LINE).focus();
    harness.run();
    for _ in 0..4 {
        press(&mut harness, Modifiers::NONE, Key::Tab);
        let place = harness.root().children_recursive().find(Node::is_focused).unwrap().rect();
        assert!(place.top() > 40.0 && place.bottom() < 710.0, "{place:?}");
    }
}
