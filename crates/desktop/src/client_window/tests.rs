//! The window fed with what a server says, and found by its labels.

mod account;
mod deeds;
mod keys;
mod server;

use std::sync::Arc;

use eframe::egui::{Event as Input, Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable};
use teahouse_client::{
    Event, Refusal, Seen,
    state::{Input as Wire, State},
};

use super::{
    form::ClientForm,
    state::{ClientEvent, ClientState, Notice},
    view::{self, ClientAction, Scene},
};
use crate::{
    settings::Settings,
    testing,
    texts::{Lang, Texts},
};

/// 2026-11-24T14:00:00Z.
const NOW_MS: u64 = 1_795_528_800_000;

struct Window {
    state: ClientState,
    form: ClientForm,
    texts: Texts,
    now_ms: u64,
    actions: Vec<ClientAction>,
}

fn window<'a>(lang: Lang) -> Harness<'a, Window> {
    let settings = Settings { nick: "alice".into(), ..Settings::default() };
    let window = Window {
        state: ClientState::new(),
        form: ClientForm::new(&settings),
        texts: Texts::new(lang),
        now_ms: NOW_MS,
        actions: Vec::new(),
    };
    testing::window(
        |ui, window: &mut Window| {
            let scene = Scene { state: &window.state, texts: &window.texts, now_ms: window.now_ms };
            window.actions.extend(view::show(ui, &scene, &mut window.form));
        },
        window,
    )
}

impl Window {
    fn tell(&mut self, event: Event) {
        self.state.apply(ClientEvent::Told { event, at_ms: self.now_ms });
    }

    /// What the library knows after these lines; `>` marks one that we send.
    fn wire(&mut self, lines: &[&str]) {
        let mut chat = State::clone(&self.state.chat);
        for line in lines {
            match line.strip_prefix('>') {
                Some(sent) => chat.apply(Wire::Out(sent)),
                None => chat.apply(Wire::In(line)),
            };
        }
        self.state.apply(ClientEvent::Chat(Arc::new(chat)));
    }

    /// In, and in the room.
    fn arrive(&mut self) {
        let mut chat = State::new("alice");
        chat.apply(Wire::Open);
        self.state.apply(ClientEvent::ConnectAsked("alice".into()));
        self.state.apply(ClientEvent::Chat(Arc::new(chat)));
        self.tell(Event::Online { nick: "alice".into(), token: None });
        self.wire(&[
            "CAP * ACK :echo-message labeled-response",
            ":tea 001 alice :Welcome",
            ":tea 376 alice :End",
            ":alice!a@h JOIN #lobby",
            ":tea 332 alice #lobby :Tea and talk",
            ":tea 353 alice = #lobby :alice!a@h bob!b@h 茶客!c@h",
        ]);
    }
}

fn arrived<'a>(lang: Lang) -> Harness<'a, Window> {
    let mut harness = window(lang);
    harness.state_mut().arrive();
    harness.run();
    harness
}

#[test]
fn the_form_asks_for_a_connection() {
    let mut harness = window(Lang::En);
    harness.run();
    assert_eq!(harness.get_by_label("Your name").value().as_deref(), Some("alice"));
    assert_eq!(harness.get_by_label("Server").value().as_deref(), Some("irc://127.0.0.1:8667"));
    harness.get_by_label("Come in").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Connect]);
}

#[test]
fn without_a_name_nobody_comes_in() {
    let mut harness = window(Lang::En);
    harness.state_mut().form.nick.clear();
    harness.run();
    harness.get_by_label("Come in").click();
    harness.run();
    assert_eq!(harness.state().actions, []);
}

#[test]
fn a_wrong_address_is_told_at_the_form() {
    let mut harness = window(Lang::En);
    harness.state_mut().state.apply(ClientEvent::ConnectAsked("alice".into()));
    harness.state_mut().tell(Event::Offline { reason: "nobody listens at 127.0.0.1:1".into(), retry_in_ms: None });
    harness.run();
    harness.get_by_label("nobody listens at 127.0.0.1:1");
    harness.get_by_label("Come in");
}

#[test]
fn the_room_shows_who_is_there_and_what_is_said() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().wire(&["@time=2026-11-24T13:59:00.000Z;msgid=1 :bob!b@h PRIVMSG #lobby :你好 alice"]);
    harness.run();
    for label in ["Connected", "Tea and talk", "3 people", "Talk to bob", "Talk to 茶客", "你好 alice", "bob"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
}

#[test]
fn the_parts_of_the_window_have_roles_and_names() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().wire(&[":bob!b@h PRIVMSG #lobby :tea?"]);
    harness.run();
    let inside = |role, name| harness.get_by_role_and_label(role, name);
    inside(Role::Log, "Messages").get_by_label("tea?");
    inside(Role::List, "People").get_by_label("Talk to bob");
    inside(Role::List, "Rooms").get_by_label("#lobby");
    inside(Role::MultilineTextInput, "Message to #lobby");
    inside(Role::Button, "Send");
}

#[test]
fn the_same_in_chinese() {
    let harness = arrived(Lang::ZhCn);
    let texts = Texts::new(Lang::ZhCn);
    for label in [texts.say("state-online"), texts.count("people-count", 3), texts.say("send")] {
        assert!(harness.query_by_label(&label).is_some(), "{label}");
    }
}

#[test]
fn what_is_written_is_said_in_the_room_that_is_looked_at() {
    let mut harness = arrived(Lang::En);
    harness.get_by_label("Message to #lobby").focus();
    harness.run();
    harness.event(Input::Text("hi".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Say { to: "#lobby".into(), text: "hi".into(), about: None }]);
}

#[test]
fn what_is_not_confirmed_is_shown_as_such() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().wire(&[">@label=1 PRIVMSG #lobby :one", ">@label=2 PRIVMSG #lobby :two"]);
    harness.run();
    assert_eq!(harness.get_all_by_label("Sent, not stored yet").count(), 2);
    harness.state_mut().wire(&["@label=1 FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #lobby :The disk is full"]);
    harness.run();
    harness.get_by_label("not taken by the teahouse");
    harness.get_by_label("Send again").click();
    harness.run();
    let [ClientAction::SayAgain { to, message }] = &harness.state().actions[..] else {
        panic!("{:?}", harness.state().actions)
    };
    assert_eq!((to.as_str(), message.text.as_str()), ("#lobby", "one"));
    let again = Arc::clone(message);
    harness.state_mut().state.apply(ClientEvent::SaidAgain(again));
    harness.run();
    assert!(harness.query_by_label("one").is_none());
}

#[test]
fn what_we_say_is_marked_as_waiting_then_as_sent_then_as_stored() {
    for (lang, marks) in [
        (Lang::En, ["Waiting to be sent", "Sent, not stored yet", "Stored"]),
        (Lang::ZhCn, ["等待发送", "已发出，还没有保存好", "已保存"]),
    ] {
        let mut harness = arrived(lang);
        let line = "teahouse.internal/client-msgid=018f3c2e-7b1a-7c4d-9e5f-0a1b2c3d4e5f";
        let mut chat = State::clone(&harness.state().state.chat);
        chat.apply(Wire::Keep(&format!("@{line} PRIVMSG #lobby :tea?")));
        harness.state_mut().state.apply(ClientEvent::Chat(Arc::new(chat)));
        let steps = [
            "".to_owned(),
            format!(">@{line} PRIVMSG #lobby :tea?"),
            format!("@msgid=1;{line} :alice!a@h PRIVMSG #lobby :tea?"),
        ];
        for (step, mark) in steps.iter().zip(marks) {
            harness.state_mut().wire(&[step]);
            harness.run();
            harness.get_by_label("tea?");
            for other in marks {
                assert_eq!(harness.query_by_label(other).is_some(), other == mark, "{other}");
            }
        }
    }
}

#[test]
fn a_lost_connection_counts_down_and_what_is_written_is_sent_later() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().tell(Event::Offline { reason: "the server is gone".into(), retry_in_ms: Some(5_000) });
    harness.run_ok();
    harness.get_by_label("No connection: the server is gone\nTrying again in 5 seconds");
    harness.state_mut().now_ms += 2_000;
    harness.run_ok();
    harness.get_by_label("No connection: the server is gone\nTrying again in 3 seconds");
    harness.get_by_label("Not connected: what you write now is sent when the connection is back.");
    harness.state_mut().wire(&[":alice!a@h JOIN #lobby"]);
    harness.get_by_label("Message to #lobby").focus();
    harness.run_ok();
    harness.event(Input::Text("hi".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.get_by_label("Try now").click();
    harness.run_ok();
    let said = ClientAction::Say { to: "#lobby".into(), text: "hi".into(), about: None };
    assert_eq!(harness.state().actions, [said, ClientAction::RetryNow]);
}

#[test]
fn a_message_elsewhere_is_counted_until_it_is_read() {
    let mut harness = arrived(Lang::En);
    let window = harness.state_mut();
    window.wire(&["@msgid=7 :bob!b@h PRIVMSG alice :psst"]);
    let log = window.state.chat.log("bob").unwrap();
    let message = log.messages().next().unwrap().clone();
    window.tell(Event::Message { target: "bob".into(), message, seen: Seen::Live });
    harness.run();
    harness.get_by_label("bob, 1 new message").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Select("bob".into())]);
    harness.state_mut().state.apply(ClientEvent::Selected("bob".into()));
    harness.run();
    assert!(harness.query_by_label("bob, 1 new message").is_none());
    harness.get_by_label("psst");
    harness.get_by_label("Message to bob");
}

#[test]
fn a_click_on_a_name_opens_a_conversation_before_its_first_message() {
    let mut harness = arrived(Lang::En);
    harness.get_by_label("Talk to 茶客").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Select("茶客".into())]);
    harness.state_mut().state.apply(ClientEvent::Selected("茶客".into()));
    harness.run();
    harness.get_by_label("Message to 茶客");
}

#[test]
fn a_room_is_joined_by_its_name_with_or_without_the_sign() {
    for (written, asked) in [("tea", "#tea"), ("#茶", "#茶")] {
        let mut harness = arrived(Lang::En);
        harness.get_by_label("Join a room").focus();
        harness.run();
        harness.event(Input::Text(written.into()));
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [ClientAction::Join(asked.into())]);
    }
}

#[test]
fn a_topic_is_changed_in_its_place() {
    let mut harness = arrived(Lang::En);
    harness.get_by_label("Change the topic").click();
    harness.run();
    harness.get_by_label("Topic").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Input::Text("新话题".into()));
    harness.run();
    harness.get_by_label("Save").click();
    harness.run();
    let asked = ClientAction::Topic { room: "#lobby".into(), topic: "新话题".into() };
    assert_eq!(harness.state().actions, [asked]);
}

#[test]
fn a_name_is_changed_in_its_place() {
    let mut harness = arrived(Lang::En);
    harness.get_by_label("Change your name").click();
    harness.run();
    harness.get_by_label("Your name").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Input::Text("阿茶".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Rename("阿茶".into())]);
    harness.get_by_label("Change your name");
}

#[test]
fn a_server_with_a_password_is_asked_again() {
    let mut harness = window(Lang::En);
    assert!(harness.query_by_label("Password of this teahouse").is_none());
    let window = harness.state_mut();
    window.state.apply(ClientEvent::ConnectAsked("alice".into()));
    let refusal = Refusal { code: "464".into(), about: String::new(), text: "Password incorrect".into() };
    window.tell(Event::Refused(refusal));
    window.tell(Event::Offline { reason: "Password incorrect".into(), retry_in_ms: None });
    harness.run();
    harness.get_by_label("This teahouse asks for a password.");
    harness.get_by_label("Password of this teahouse").focus();
    harness.run();
    harness.event(Input::Text("sesame".into()));
    harness.run();
    harness.get_by_label("The password is not right.");
}

#[test]
fn whoever_has_a_name_of_their_own_logs_in_at_the_form() {
    let mut harness = window(Lang::En);
    harness.run();
    harness.get_by_label("I have a password").click();
    harness.run();
    harness.get_by_label("Log in").click();
    harness.run();
    assert_eq!(harness.state().actions, []);
    harness.get_by_label("Your password").focus();
    harness.run();
    harness.event(Input::Text("oolong".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Connect]);
    let window = harness.state_mut();
    window.state.apply(ClientEvent::ConnectAsked("alice".into()));
    let refusal = Refusal { code: "904".into(), about: String::new(), text: "Invalid credentials".into() };
    window.tell(Event::Refused(refusal));
    window.tell(Event::Offline { reason: "Invalid credentials".into(), retry_in_ms: None });
    harness.run();
    harness.get_by_label("That name and password do not belong together.");
    assert!(harness.query_by_label("Invalid credentials").is_none());
    harness.state_mut().form.server = "irc://tea.example".into();
    harness.run();
    harness.get_by_label_contains("This connection is not private");
    harness.get_by_label("Come in without a password").click();
    harness.run();
    harness.get_by_label("Come in");
}

#[test]
fn a_guest_keeps_its_name_by_a_password() {
    let mut harness = arrived(Lang::En);
    assert!(harness.query_by_label("Keep this name").is_none());
    harness.state_mut().wire(&["CAP * ACK :draft/account-registration"]);
    harness.run();
    harness.get_by_label("Keep this name").click();
    harness.run();
    harness.get_by_label("Choose a password").focus();
    harness.run();
    harness.event(Input::Text("oolong".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::KeepName("oolong".into())]);
    harness.state_mut().tell(Event::Registered { account: "alice".into() });
    harness.run();
    harness.get_by_label("The name alice is yours now. Log in with it and your password on any device.");
    assert!(harness.query_by_label("Keep this name").is_none());
}

#[test]
fn what_the_server_refuses_is_said_until_it_is_read() {
    let mut harness = arrived(Lang::En);
    let refusal = Refusal { code: "403".into(), about: "#x".into(), text: "No such channel".into() };
    harness.state_mut().tell(Event::Refused(refusal));
    harness.run();
    harness.get_by_label("There is no room #x.");
    harness.get_by_label("Dismiss").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::DismissNotice]);
}

#[test]
fn coming_back_says_how_long_and_how_much() {
    let mut harness = arrived(Lang::En);
    harness.state_mut().state.apply(ClientEvent::Notice(Notice::CaughtUp { messages: 3, away_ms: 12_000 }));
    harness.run();
    harness.get_by_label("You were away 12 s; 3 messages caught up.");
}

#[test]
fn an_idle_window_asks_for_no_frame() {
    let mut harness = arrived(Lang::En);
    harness.get_by_label("Message to #lobby").focus();
    harness.run();
    harness.step();
    let output = &harness.output().viewport_output[&eframe::egui::ViewportId::ROOT];
    assert!(output.repaint_delay > std::time::Duration::from_secs(3_600), "{:?}", output.repaint_delay);
}

#[test]
fn only_the_newest_of_a_long_talk_are_laid_out_until_more_is_asked_for() {
    let mut harness = arrived(Lang::En);
    let lines: Vec<_> = (0..500).map(|n| format!("@msgid={n:04} :bob!b@h PRIVMSG #lobby :number {n}")).collect();
    harness.state_mut().wire(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    harness.run();
    assert!(harness.query_by_label("number 299").is_none());
    harness.get_by_label("number 499");
    harness.get_by_label("Earlier messages").click_accesskit();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Earlier]);
    harness.state_mut().state.apply(ClientEvent::EarlierAsked);
    harness.run();
    harness.get_by_label("number 299");
}

#[test]
fn where_nothing_was_said_before_no_earlier_messages_are_offered() {
    for (lang, earlier, beginning) in
        [(Lang::En, "Earlier messages", "This is where it began."), (Lang::ZhCn, "更早的消息", "一切从这里开始。")]
    {
        let mut harness = arrived(lang);
        harness.state_mut().wire(&["@msgid=1 :bob!b@h PRIVMSG #lobby :hi"]);
        harness.run();
        assert!(harness.query_by_label(earlier).is_none(), "a server without history has none");
        harness.state_mut().wire(&["CAP * ACK :batch draft/chathistory"]);
        harness.run();
        harness.get_by_label(earlier);
        assert!(harness.query_by_label(beginning).is_none());
        let mut chat = State::clone(&harness.state().state.chat);
        chat.apply(Wire::Begins { target: "#Lobby", begins: true });
        harness.state_mut().state.apply(ClientEvent::Chat(Arc::new(chat)));
        harness.run();
        harness.get_by_label(beginning);
        assert!(harness.query_by_label(earlier).is_none());
    }
}

#[test]
fn who_may_not_write_is_told_why() {
    let mut harness = arrived(Lang::En);
    for (code, about, text, words) in [
        (
            "404",
            "#lobby",
            "Cannot send to channel (+M): log in to an account first",
            "Only those with a name of their own can write in #lobby. Make yours your own with a password, or log in.",
        ),
        (
            "404",
            "#lobby",
            "Cannot send to channel (+m)",
            "#lobby is moderated: only those may write there whom the people who keep order in it let speak.",
        ),
        ("404", "#lobby", "Cannot send (+b)", "You are banned from #lobby: you can read there, but not write."),
        ("404", "#Lobby", "Cannot send to channel", "#Lobby does not take what you write at present."),
        ("404", "#pot", "You are not in that channel", "You cannot write in #pot: you are not in it."),
        (
            "477",
            "#in",
            "Cannot join channel (+R): log in to an account first",
            "Only those with a name of their own come into #in. Make yours your own with a password, or log in.",
        ),
        ("OFFLINE", "SEARCH", "not connected", "Not connected just now. Try again when the connection is back."),
    ] {
        let refusal = Refusal { code: code.into(), about: about.into(), text: text.into() };
        harness.state_mut().tell(Event::Refused(refusal));
        harness.run();
        assert!(harness.query_by_label(words).is_some(), "{code} {text}: {:?}", harness.state().state.notice);
    }
}

#[test]
fn who_may_not_write_is_shown_the_way_out() {
    let mut harness = arrived(Lang::En);
    let refused = |harness: &mut Harness<'_, Window>, about: &str, text: &str| {
        let refusal = Refusal { code: "404".into(), about: about.into(), text: text.into() };
        harness.state_mut().tell(Event::Refused(refusal));
        harness.run();
    };
    refused(&mut harness, "#pot", "You are not in that channel");
    harness.get_by_label("Join #pot").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Join("#pot".into()), ClientAction::DismissNotice]);
    // This server lets nobody keep a name, the next one does.
    refused(&mut harness, "#lobby", "Cannot send to channel (+M)");
    assert!(harness.query_by_label("Keep this name").is_none());
    harness.state_mut().wire(&["CAP * ACK :draft/account-registration"]);
    harness.run();
    // Beside the name, and here.
    for way in 0..2 {
        harness.state_mut().form.new_password = None;
        harness.run();
        harness.get_all_by_label("Keep this name").nth(way).unwrap().click();
        harness.run();
        harness.get_by_label("Choose a password");
    }
    harness.state_mut().actions.clear();
    harness.get_by_label("Log in").click();
    harness.run();
    assert_eq!(harness.state().actions, [ClientAction::Leave]);
    assert!(harness.state().form.is_owner);
    harness.state_mut().tell(Event::LoggedIn { account: "alice".into(), mark: None });
    harness.run();
    assert!(harness.query_by_label("Log in").is_none());
}
