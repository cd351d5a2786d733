//! One's account at the window: what it finds again.

use egui_kittest::kittest::Queryable;
use teahouse_client::state::{Kind, Unsent};

use super::{ClientAction, ClientEvent, Lang, NOW_MS, arrived};

#[test]
fn what_is_held_is_looked_at_and_said_or_not() {
    let held = |id: &str, target: &str, text: &str| Unsent {
        id: id.into(),
        target: target.into(),
        kind: Kind::Privmsg,
        text: text.into(),
        about: None,
    };
    let mut harness = arrived(Lang::En);
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
