//! One's account at the window: another password, its end, and coming back after a change.

use egui_kittest::{Harness, kittest::Queryable};
use teahouse_client::{
    Event, Refusal,
    state::{Kind, Unsent},
};

use super::{ClientAction, ClientEvent, Input, Key, Lang, NOW_MS, Window, arrived};

fn owner<'a>(lang: Lang) -> Harness<'a, Window> {
    let mut harness = arrived(lang);
    harness.state_mut().tell(Event::LoggedIn { account: "alice".into(), mark: None });
    harness.run();
    harness
}

fn write(harness: &mut Harness<'_, Window>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.run();
    harness.event(Input::Text(text.into()));
    harness.run();
}

fn refused(code: &str) -> Event {
    Event::AccountRefused(Refusal { code: code.into(), about: "alice".into(), text: "in its own words".into() })
}

#[test]
fn a_password_is_changed_with_the_current_one() {
    let mut harness = owner(Lang::En);
    harness.get_by_label("Your account").click();
    harness.run();
    harness.get_by_label("Save").click();
    harness.run();
    assert_eq!(harness.state().actions, []);
    write(&mut harness, "Your current password", "sencha");
    write(&mut harness, "Your new password", "green1");
    harness.key_press(Key::Enter);
    harness.run();
    let asked = ClientAction::ChangePassword { current: "sencha".into(), new: "green1".into() };
    assert_eq!(harness.state().actions, [asked]);
    harness.state_mut().state.apply(ClientEvent::AccountAsked);
    harness.run();
    harness.get_by_label("One moment…");
    harness.get_by_label("Save").click();
    harness.run();
    assert_eq!(harness.state().actions.len(), 1, "it is asked once");
    harness.state_mut().tell(refused("INVALID_CREDENTIALS"));
    harness.run();
    harness.get_by_label("That is not your current password.");
    // What was refused the last time is not said of the next.
    harness.get_by_label("Cancel").click();
    harness.run();
    harness.get_by_label("Your account").click();
    harness.run();
    assert!(harness.query_by_label("That is not your current password.").is_none());
    harness.state_mut().tell(Event::PasswordChanged { account: "alice".into() });
    harness.run();
    harness.get_by_label("Your password is changed. Your other devices ask for the new one when they connect next.");
}

#[test]
fn an_account_is_ended_by_who_is_sure_and_knows_its_password() {
    for (lang, account, end, password, go) in [
        (Lang::En, "Your account", "End your account…", "Your current password", "End it for ever"),
        (Lang::ZhCn, "你的账号", "注销账号…", "现在的密码", "永久注销"),
    ] {
        let mut harness = owner(lang);
        harness.get_by_label(account).click();
        harness.run();
        harness.get_by_label(end).click();
        harness.run();
        harness.get_by_label(go).click();
        harness.run();
        write(&mut harness, password, "oolong");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [], "neither without the password, nor by Enter alone");
        harness.get_by_label(go).click();
        harness.run();
        assert_eq!(harness.state().actions, [ClientAction::EndAccount { current: "oolong".into() }]);
    }
}

#[test]
fn a_guest_has_no_account_to_change_and_nobody_has_without_a_connection() {
    assert!(arrived(Lang::En).query_by_label("Your account").is_none());
    let mut harness = owner(Lang::En);
    harness.get_by_label("Your account").click();
    harness.run();
    write(&mut harness, "Your current password", "oolong");
    harness.state_mut().tell(Event::Offline { reason: "gone".into(), retry_in_ms: Some(5_000) });
    harness.run_ok();
    assert!(harness.query_by_label("Your current password").is_none() && harness.state().form.account.is_none());
}

#[test]
fn what_comes_of_it_later_is_said_at_the_room() {
    let mut harness = owner(Lang::En);
    harness.state_mut().tell(refused("PASSWORD_NOT_CHANGED"));
    harness.run();
    harness.get_by_label("Your password was not changed: the connection broke first. Try again.");
}

#[test]
fn who_is_not_let_back_in_is_asked_for_the_password_and_told_why() {
    let mut harness = owner(Lang::En);
    let window = harness.state_mut();
    window.tell(Event::Offline { reason: "the server is gone".into(), retry_in_ms: Some(500) });
    window.tell(Event::Connecting);
    window.tell(Event::Registering);
    window.tell(Event::Refused(Refusal { code: "904".into(), about: String::new(), text: "Invalid".into() }));
    window.tell(Event::Offline { reason: "Invalid".into(), retry_in_ms: None });
    harness.run();
    harness.get_by_label_contains("the password has been changed, or the account has another name now");
    harness.get_by_label("Come in");
}

#[test]
fn what_is_held_is_looked_at_and_said_or_not() {
    let held = |id: &str, target: &str, text: &str| Unsent {
        id: id.into(),
        target: target.into(),
        kind: Kind::Privmsg,
        text: text.into(),
        about: None,
    };
    let mut harness = owner(Lang::En);
    // Made a day before now.
    let id =
        format!("{:08x}-{:04x}-7c4d-9e5f-0a1b2c3d4e5f", (NOW_MS - 86_400_000) >> 16, (NOW_MS - 86_400_000) & 0xffff);
    let (one, two) = (held(&id, "#lobby", "one"), held("018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f", "bob", "two"));
    assert!(harness.query_by_label_contains("to look at").is_none());
    harness.state_mut().state.apply(ClientEvent::Held(vec![one.clone(), two.clone()]));
    harness.run();
    harness.get_by_label("2 messages to look at").click();
    harness.run();
    for label in ["To #lobby", "To bob", "one", "two"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
    assert!(harness.query_by_label_contains("Yesterday").is_some());
    let list = harness.get_by_role_and_label(eframe::egui::accesskit::Role::List, "Written here, and not sent");
    list.get_all_by_label("Send").next().unwrap().click();
    harness.run();
    harness.get_all_by_label("Discard").nth(1).unwrap().click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::SayHeld(one), ClientAction::LetGo(two.id)]);
    harness.state_mut().state.apply(ClientEvent::Held(vec![]));
    harness.run();
    assert!(harness.query_by_label("Written here, and not sent").is_none());
}

#[test]
fn a_password_that_is_asked_is_typed_at_once() {
    fn check<'a>(mut harness: Harness<'a, Window>, button: &str, field: &str) -> Harness<'a, Window> {
        harness.run();
        harness.get_by_label(button).click();
        harness.run();
        assert!(harness.get_by_label(field).is_focused(), "{field}");
        harness.event(Input::Text("oolong".into()));
        harness.run();
        assert!(harness.get_by_label(field).value().is_some_and(|value| value.chars().count() == 6), "{field}");
        harness
    }
    check(super::window(Lang::En), "I have a password", "Your password");
    let mut guest = arrived(Lang::En);
    guest.state_mut().wire(&["CAP * ACK :draft/account-registration"]);
    check(guest, "Keep this name", "Choose a password");
    let owner = check(owner(Lang::En), "Your account", "Your current password");
    check(owner, "End your account…", "Your current password");
}

#[test]
fn the_form_for_keeping_a_name_does_not_push_the_room_aside() {
    let mut guest = arrived(Lang::En);
    guest.state_mut().wire(&["CAP * ACK :draft/account-registration"]);
    guest.run();
    let left = |guest: &Harness<'_, Window>| guest.get_by_label("Message to #lobby").rect().left();
    let before = left(&guest);
    guest.get_by_label("Keep this name").click();
    guest.run();
    guest.get_by_label("Choose a password");
    assert!((left(&guest) - before).abs() < 0.5, "{before} {}", left(&guest));
}
