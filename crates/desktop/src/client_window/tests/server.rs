//! The window with a real server.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use eframe::egui::{Context, Event as Input, Key, Modifiers, Theme, ThemePreference, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable};
use teahouse_client::{Event, State};
use teahouse_server::{Server, ServerHandle, config::Config};

use crate::{
    client_window::{ClientOptions, ClientWindow, state::ClientEvent},
    testing,
    texts::Lang,
};

/// Shows frames until something is so, as the window's own calls for a frame would.
fn until(harness: &mut Harness<'_, ClientWindow>, what: &str, is_so: impl Fn(&Harness<'_, ClientWindow>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so(harness) {
        assert!(Instant::now() < deadline, "{what} did not come: {:#?}", harness.state().state);
        std::thread::yield_now();
        harness.run_ok();
    }
}

fn shows(harness: &Harness<'_, ClientWindow>, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

fn start_server(address: SocketAddr, data_dir: &Path) -> ServerHandle {
    let mut config = Config { data_dir: data_dir.to_owned(), ..Config::default() };
    config.listen_only_at(&[address]);
    Server::start(config).unwrap()
}

#[test]
fn a_talk_with_the_real_server_goes_on_after_it_was_away() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = start_server("127.0.0.1:0".parse().unwrap(), &data_dir);
    let address = server.addresses()[0].address;
    let options = ClientOptions {
        server: Some(format!("ws://{address}")),
        nick: Some("茶客".into()),
        settings: Some(folder.path().join("desktop.json")),
    };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));

    harness.get_by_label("Message to #lobby").focus();
    harness.run_ok();
    harness.event(Input::Text("你好，茶馆".into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    let stored = |harness: &Harness<'_, ClientWindow>| {
        let log = harness.state().state.chat.log("#lobby");
        log.is_some_and(|log| log.confirmed().iter().any(|message| message.text == "你好，茶馆"))
    };
    until(&mut harness, "the message", |harness| stored(harness) && shows(harness, "你好，茶馆"));
    server.say("#lobby", "tea is ready").unwrap();
    until(&mut harness, "what the server says", |harness| shows(harness, "tea is ready"));

    server.shutdown();
    until(&mut harness, "the end", |harness| shows(harness, "Try now"));
    let server = start_server(address, &data_dir);
    server.say("#lobby", "said meanwhile").unwrap();
    harness.get_by_label("Try now").click();
    until(&mut harness, "the way back", |harness| shows(harness, "Connected") && shows(harness, "said meanwhile"));
    assert_eq!(harness.query_all_by_label("你好，茶馆").count(), 1);
    let seats = &harness.state().settings.seats;
    assert_eq!(seats.keys().map(String::as_str).collect::<Vec<_>>(), [address.to_string()]);
}

#[test]
fn what_is_written_without_a_connection_is_said_by_the_program_that_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = start_server("127.0.0.1:0".parse().unwrap(), &data_dir);
    let address = server.addresses()[0].address;
    let open = || {
        let options = ClientOptions {
            server: Some(format!("irc://{address}")),
            nick: Some("茶客".into()),
            settings: Some(folder.path().join("desktop.json")),
        };
        let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
        testing::window(|ui, window: &mut ClientWindow| window.show(ui), window)
    };
    let mut harness = open();
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    server.shutdown();
    until(&mut harness, "the end", |harness| shows(harness, "Try now"));
    for text in ["one", "two"] {
        harness.get_by_label("Message to #lobby").focus();
        harness.run_ok();
        harness.event(Input::Text(text.into()));
        harness.run_ok();
        harness.key_press(Key::Enter);
        harness.run_ok();
    }
    until(&mut harness, "what waits", |harness| harness.query_all_by_label("Waiting to be sent").count() == 2);
    drop(harness);
    let server = start_server(address, &data_dir);
    let mut harness = open();
    until(&mut harness, "what is stored", |harness| harness.query_all_by_label("Stored").count() == 2);
    let log = harness.state().state.chat.log("#lobby").unwrap();
    let said: Vec<_> = log.confirmed().iter().map(|message| message.text.as_str()).collect();
    assert_eq!(said, ["one", "two"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("outbox.json")).unwrap().trim(), "{}");
    drop(harness);
    server.shutdown();
}

#[test]
fn a_name_that_is_kept_is_come_back_to_with_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let url = format!("irc://{}", server.addresses()[0].address);
    let options = ClientOptions { server: Some(url), nick: Some("茶客".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options.clone(), Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the offer", |harness| shows(harness, "Keep this name"));
    harness.state().connection.client().unwrap().register("oolong").unwrap();
    until(&mut harness, "the name", |harness| harness.state().state.account.as_deref() == Some("茶客"));
    drop(harness);
    for (password, comes_in) in [("green", false), ("oolong", true)] {
        let options = ClientOptions { nick: None, ..options.clone() };
        let mut window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
        window.form.nick = "茶客".into();
        (window.form.is_owner, window.form.own_password) = (true, password.into());
        let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
        harness.get_by_label("Log in").click();
        until(&mut harness, "an answer", |harness| {
            shows(harness, "Message to #lobby") || shows(harness, "That name and password do not belong together.")
        });
        assert_eq!(shows(&harness, "Message to #lobby"), comes_in);
        assert_eq!(harness.state().state.account.is_some(), comes_in);
        if comes_in {
            // What the client knows is seen at once, and what it tells of it perhaps a frame later.
            until(&mut harness, "no password", |harness| harness.state().form.own_password.is_empty());
        } else {
            assert_eq!(harness.state().form.own_password, password);
        }
    }
    server.shutdown();
}

/// Writes to the lobby while the server is away, and ends the program.
fn write_offline(mut harness: Harness<'_, ClientWindow>, text: &str) {
    until(&mut harness, "the end", |harness| shows(harness, "Try now"));
    harness.get_by_label("Message to #lobby").focus();
    harness.run_ok();
    harness.event(Input::Text(text.into()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    until(&mut harness, "what waits", |harness| shows(harness, "Waiting to be sent"));
}

#[test]
fn what_an_account_has_written_is_said_by_no_guest_that_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let (data_dir, outbox) = (folder.path().join("data"), folder.path().join("outbox.json"));
    let kept = || std::fs::read_to_string(&outbox).unwrap();
    let mut server = start_server("127.0.0.1:0".parse().unwrap(), &data_dir);
    let address = server.addresses()[0].address;
    let open = |nick: Option<&str>| {
        let (url, nick) = (format!("irc://{address}"), nick.map(str::to_owned));
        let options = ClientOptions { server: Some(url), nick, settings: Some(folder.path().join("desktop.json")) };
        let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
        testing::window(|ui, window: &mut ClientWindow| window.show(ui), window)
    };
    let mut harness = open(Some("alice"));
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    harness.state().connection.client().unwrap().register("oolong").unwrap();
    until(&mut harness, "the name", |harness| harness.state().state.account.is_some());
    // The first time one has not logged in yet: only the name is known then, later the mark, too.
    for (text, mark) in [("one", false), ("two", true)] {
        server.shutdown();
        write_offline(harness, text);
        assert_eq!((kept().contains(text), kept().contains("\"mark\": \"")), (true, mark), "{}", kept());
        server = start_server(address, &data_dir);
        let mut guest = open(Some("bob"));
        until(&mut guest, "the room", |guest| shows(guest, "Message to #lobby"));
        guest.state_mut().join("#tea".into());
        until(&mut guest, "another room", |guest| shows(guest, "Message to #tea"));
        assert!(!shows(&guest, text) && kept().contains(text));
        drop(guest);
        let mut window = open(None);
        window.state_mut().form.nick = "alice".into();
        (window.state_mut().form.is_owner, window.state_mut().form.own_password) = (true, "oolong".into());
        window.run_ok();
        window.get_by_label("Log in").click();
        until(&mut window, "what is stored", |window| {
            let log = window.state().state.chat.log("#lobby");
            log.is_some_and(|log| log.confirmed().iter().any(|message| message.text == text))
        });
        until(&mut window, "the file", |_| kept().trim() == "{}");
        harness = window;
    }
    drop(harness);
    server.shutdown();
}

/// The window of one who logs in.
fn log_in(harness: &mut Harness<'_, ClientWindow>, name: &str, password: &str) {
    let form = &mut harness.state_mut().form;
    (form.nick, form.is_owner, form.own_password) = (name.into(), true, password.into());
    harness.run_ok();
    harness.get_by_label("Log in").click();
    harness.run_ok();
}

fn type_into(harness: &mut Harness<'_, ClientWindow>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.run_ok();
    harness.event(Input::Text(text.into()));
    harness.run_ok();
}

fn has_stored(harness: &Harness<'_, ClientWindow>, text: &str) -> bool {
    let log = harness.state().state.chat.log("#lobby");
    log.is_some_and(|log| log.confirmed().iter().any(|message| message.text == text))
}

#[test]
fn a_password_that_is_changed_is_the_one_that_one_comes_back_with() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = start_server("127.0.0.1:0".parse().unwrap(), &data_dir);
    let address = server.addresses()[0].address;
    let open = |settings: &str, nick: Option<&str>| {
        let (server, nick) = (Some(format!("irc://{address}")), nick.map(str::to_owned));
        let options = ClientOptions { server, nick, settings: Some(folder.path().join(settings)) };
        let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
        testing::window(|ui, window: &mut ClientWindow| window.show(ui), window)
    };
    let mut harness = open("a/desktop.json", Some("alice"));
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    harness.state().connection.client().unwrap().register("oolong").unwrap();
    until(&mut harness, "the name", |harness| harness.state().state.account.is_some());
    let mut other = open("b/desktop.json", None);
    log_in(&mut other, "alice", "oolong");
    until(&mut other, "the room", |other| shows(other, "Message to #lobby"));

    for (current, answer) in [("sencha", "That is not your current password."), ("oolong", "Your password is changed.")]
    {
        harness.get_by_label("Your account").click();
        harness.run_ok();
        type_into(&mut harness, "Your current password", current);
        type_into(&mut harness, "Your new password", "green1");
        harness.get_by_label("Save").click();
        until(&mut harness, answer, |harness| harness.query_by_label_contains(answer).is_some());
        if harness.query_by_label("Cancel").is_some() {
            harness.get_by_label("Cancel").click();
            harness.run_ok();
        }
    }

    // Both write while the server is away. The one that has changed it comes back by itself; the other is asked.
    server.shutdown();
    for (window, text) in [(&mut harness, "from here"), (&mut other, "from there")] {
        until(window, "the end", |window| shows(window, "Try now"));
        type_into(window, "Message to #lobby", text);
        window.key_press(Key::Enter);
        until(window, "what waits", |window| shows(window, "Waiting to be sent"));
    }
    let server = start_server(address, &data_dir);
    until(&mut harness, "what was written here", |harness| has_stored(harness, "from here"));
    until(&mut other, "the reason", |other| {
        other.query_by_label_contains("the password has been changed, or the account has another name").is_some()
    });
    assert_eq!(other.state().form.nick, "alice");
    type_into(&mut other, "Your password", "green1");
    other.get_by_label("Log in").click();
    until(&mut other, "what is held", |other| shows(other, "1 message to look at"));
    assert!(!has_stored(&other, "from there"));
    other.get_by_label("1 message to look at").click();
    other.run_ok();
    let list = other.get_by_role_and_label(Role::List, "Written here, and not sent");
    list.get_by_label("Send").click();
    until(&mut other, "what was written there", |other| has_stored(other, "from there"));
    until(&mut other, "the file", |_| {
        std::fs::read_to_string(folder.path().join("b/outbox.json")).unwrap().trim() == "{}"
    });
    drop((harness, other));
    server.shutdown();
}

#[test]
fn an_account_that_is_ended_is_gone_and_its_name_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let url = format!("irc://{}", server.addresses()[0].address);
    let options = ClientOptions {
        server: Some(url),
        nick: Some("alice".into()),
        settings: Some(folder.path().join("desktop.json")),
    };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    harness.state().connection.client().unwrap().register("oolong").unwrap();
    until(&mut harness, "the name", |harness| shows(harness, "Your account"));
    harness.get_by_label("Your account").click();
    harness.run_ok();
    harness.get_by_label("End your account…").click();
    harness.run_ok();
    type_into(&mut harness, "Your current password", "oolong");
    harness.get_by_label("End it for ever").click();
    until(&mut harness, "the end", |harness| {
        shows(harness, "Your account alice is gone, and this window has forgotten it.")
    });
    harness.get_by_label("Come in").click();
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    assert_eq!(harness.state().state.chat.nick, "alice");
    assert!(harness.state().state.account.is_none());
    drop(harness);
    server.shutdown();
}

#[test]
fn what_is_being_written_goes_along_with_a_room_and_a_person_that_are_called_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let url = format!("ws://{}", server.addresses()[0].address);
    let open = |nick: &str| {
        let options = ClientOptions { server: Some(url.clone()), nick: Some(nick.into()), settings: None };
        let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
        testing::window(|ui, window: &mut ClientWindow| window.show(ui), window)
    };
    let rename = |window: &ClientWindow, line: &str| window.connection.client().unwrap().raw(line).unwrap();
    let (mut harness, mut bob) = (open("茶客"), open("bob"));
    until(&mut bob, "the room", |bob| shows(bob, "Message to #lobby"));
    until(&mut harness, "the other", |harness| shows(harness, "Talk to bob"));
    harness.state_mut().join("#tea".into());
    for (old, new) in [("#tea", "#oolong"), ("bob", "robert")] {
        harness.state_mut().state.apply(ClientEvent::Selected(old.into()));
        until(&mut harness, "where one writes", |harness| shows(harness, &format!("Message to {old}")));
        harness.get_by_label(&format!("Message to {old}")).focus();
        harness.run_ok();
        harness.event(Input::Text(format!("half a word to {old}")));
        harness.run_ok();
        match old {
            "bob" => rename(bob.state(), "NICK robert"),
            _ => rename(harness.state(), "RENAME #tea #oolong :"),
        }
        let line = format!("Message to {new}");
        until(&mut harness, "the other name", |harness| shows(harness, &line));
        assert_eq!(harness.get_by_label(&line).value(), Some(format!("half a word to {old}")));
        assert!(harness.get_by_label(&line).is_focused());
    }
    drop((harness, bob));
    server.shutdown();
}

#[test]
fn what_one_has_begun_to_write_is_there_when_one_comes_again_and_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let url = format!("irc://{}", server.addresses()[0].address);
    let options = ClientOptions { server: Some(url), nick: Some("alice".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    let line =
        |harness: &Harness<'_, ClientWindow>| harness.get_by_label("Message to #lobby").value().unwrap_or_default();
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    // One has the new name when one comes again.
    harness.state().connection.client().unwrap().set_nick("alicia").unwrap();
    until(&mut harness, "the name", |harness| harness.state().form.nick == "alicia");
    type_into(&mut harness, "Message to #lobby", "half a word");
    for (next, stands) in [("alicia", "half a word"), ("bob", ""), ("alicia", "")] {
        harness.get_by_label("Leave the teahouse").click();
        harness.run_ok();
        harness.state_mut().form.nick = next.into();
        harness.run_ok();
        harness.get_by_label("Come in").click();
        until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
        assert_eq!(line(&harness), stands, "{next}");
    }
    drop(harness);
    server.shutdown();
}

/// Searches until something is found: what was just said is found a moment later.
fn find(harness: &mut Harness<'_, ClientWindow>, word: &str) {
    let mut found = false;
    while !found {
        harness.get_by_label("Search").focus();
        harness.run_ok();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.event(Input::Text(word.into()));
        harness.run_ok();
        harness.key_press(Key::Enter);
        harness.run_ok();
        until(harness, "an answer", |harness| !shows(harness, "Looking…"));
        found = shows(harness, "Show in the conversation");
    }
}

#[test]
fn what_was_said_is_found_and_shown_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    for text in ["before", "a pot of oolong", "behind"] {
        server.say("#lobby", text).unwrap();
    }
    let url = format!("ws://{}", server.addresses()[0].address);
    let options = ClientOptions { server: Some(url), nick: Some("茶客".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the room", |harness| shows(harness, "a pot of oolong"));
    find(&mut harness, "oolong");
    assert!(shows(&harness, "a pot of oolong") && !shows(&harness, "before"));
    // It is known, so it is shown in its place.
    harness.get_by_label("Show in the conversation").click();
    until(&mut harness, "its place", |harness| shows(harness, "Message to #lobby") && shows(harness, "behind"));
    assert!(!shows(&harness, "The conversation around it"));
    drop(harness);
    server.shutdown();
}

#[test]
fn what_is_far_away_is_shown_with_what_stands_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let long_ago = ["before", "a pot of oolong", "behind"].map(str::to_owned);
    // More than a client fetches when it comes.
    for text in long_ago.into_iter().chain((0..80).map(|number| format!("number {number}"))) {
        server.say("#lobby", &text).unwrap();
    }
    let url = format!("ws://{}", server.addresses()[0].address);
    let options = ClientOptions { server: Some(url), nick: Some("茶客".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the room", |harness| shows(harness, "number 79"));
    find(&mut harness, "oolong");
    harness.get_by_label("Show in the conversation").click();
    until(&mut harness, "what is around", |harness| shows(harness, "before") && shows(harness, "behind"));
    harness.get_by_label("Back to what was found").click();
    until(&mut harness, "what was found", |harness| shows(harness, "What was found"));
    harness.get_by_label("Show in the conversation").click();
    harness.run_ok();
    harness.get_by_label("Go to #lobby").click();
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    drop(harness);
    server.shutdown();
}

/// Opens the menu of the message at this place, and chooses something in it.
fn choose(harness: &mut Harness<'_, ClientWindow>, message: usize, what: &str) {
    harness.get_all_by_label("What to do with this message").nth(message).unwrap().click();
    harness.run_ok();
    harness.get_by_label(what).click();
    harness.run_ok();
}

#[test]
fn all_that_is_done_with_a_message_is_done_by_the_real_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_server("127.0.0.1:0".parse().unwrap(), &folder.path().join("data"));
    let url = format!("ws://{}", server.addresses()[0].address);
    let options = ClientOptions { server: Some(url), nick: Some("茶客".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the room", |harness| shows(harness, "Message to #lobby"));
    // Whoever founds a room keeps order in it.
    harness.state_mut().join("#tea".into());
    until(&mut harness, "our own room", |harness| shows(harness, "Message to #tea"));
    let write = |harness: &mut Harness<'_, ClientWindow>, lines: &[&str]| {
        harness.get_by_label("Message to #tea").focus();
        harness.run_ok();
        for (place, line) in lines.iter().enumerate() {
            if place > 0 {
                harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
                harness.run_ok();
            }
            harness.event(Input::Text((*line).into()));
            harness.run_ok();
        }
        harness.key_press(Key::Enter);
        harness.run_ok();
    };
    let is_stored = |harness: &Harness<'_, ClientWindow>, texts: &[&str]| {
        let log = harness.state().state.chat.log("#tea");
        log.is_some_and(|log| log.messages().map(|message| message.text.as_str()).eq(texts.iter().copied()))
    };

    write(&mut harness, &["one", "two http://tea.example/"]);
    until(&mut harness, "one message", |harness| shows(harness, "Stored"));
    assert!(is_stored(&harness, &["one\ntwo http://tea.example/"]));
    assert!(shows(&harness, "one") && shows(&harness, "http://tea.example/"));

    choose(&mut harness, 0, "Answer");
    write(&mut harness, &["oolnog"]);
    until(&mut harness, "the answer", |harness| shows(harness, "↩ 茶客: one two http://tea.example/"));
    until(&mut harness, "both", |harness| harness.query_all_by_label("Stored").count() == 2);

    choose(&mut harness, 1, "Edit");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    write(&mut harness, &["oolong"]);
    until(&mut harness, "other words", |harness| shows(harness, "oolong") && shows(harness, "(edited)"));

    choose(&mut harness, 1, "React with 🍵");
    until(&mut harness, "a reaction", |harness| shows(harness, "🍵 by 茶客"));
    harness.get_by_label("🍵 by 茶客").click();
    until(&mut harness, "none", |harness| !shows(harness, "🍵 by 茶客"));

    choose(&mut harness, 1, "Pin");
    until(&mut harness, "a pin", |harness| shows(harness, "1 pinned message"));
    harness.get_by_label("1 pinned message").click();
    until(&mut harness, "the pins", |harness| shows(harness, "Unpin"));
    harness.get_by_label("Show in the conversation").click();
    until(&mut harness, "its place", |harness| harness.query_all_by_label("Stored").count() == 2);

    choose(&mut harness, 1, "Take back");
    harness.get_by_label("Take back").click();
    until(&mut harness, "that it is gone", |harness| !shows(harness, "oolong") && !shows(harness, "1 pinned message"));
    assert!(is_stored(&harness, &["one\ntwo http://tea.example/"]));
    drop(harness);
    server.shutdown();
}

#[test]
fn a_name_that_one_is_given_is_remembered_whatever_is_known_first() {
    for known in ["alice", "alicia"] {
        let mut window = ClientWindow::new(&Context::default(), ClientOptions::default(), Lang::En).unwrap();
        window.state.apply(ClientEvent::Chat(State::new(known).into()));
        window.remember(&Event::Renamed { from: "bob".into(), to: "robert".into() });
        window.remember(&Event::Renamed { from: "alice".into(), to: "alicia".into() });
        assert_eq!((window.settings.nick.as_str(), window.form.nick.as_str()), ("alicia", "alicia"), "{known}");
    }
}

#[test]
fn what_is_no_command_stands_in_its_line_again() {
    let mut window = ClientWindow::new(&Context::default(), ClientOptions::default(), Lang::En).unwrap();
    for (place, line) in
        [("#tea", "/dance on the table"), ("#tea", "/topic"), ("bob", "/rename #tea"), ("bob", "/leave")]
    {
        window.said(place.to_owned(), line.to_owned(), None);
        assert_eq!(window.form.draft(place).text, line);
    }
}

#[test]
fn the_look_that_was_chosen_is_there_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = ClientOptions { settings: Some(folder.path().join("desktop.json")), ..ClientOptions::default() };
    let window = ClientWindow::new(&Context::default(), options.clone(), Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    harness.get_by_label("Light colours").click();
    harness.run();
    assert_eq!(harness.ctx.theme(), Theme::Light);
    harness.get_by_label("Dark colours");
    let ctx = Context::default();
    let _again = ClientWindow::new(&ctx, options, Lang::En).unwrap();
    assert_eq!(ctx.options(|options| options.theme_preference), ThemePreference::Light);
}

#[test]
fn where_nobody_listens_the_form_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let options =
        ClientOptions { server: Some(format!("irc://{address}")), nick: Some("alice".into()), settings: None };
    let window = ClientWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut ClientWindow| window.show(ui), window);
    until(&mut harness, "the problem", |harness| harness.state().state.problem.is_some());
    harness.get_by_label("Come in");
    harness.get_by_label(&format!("nothing listens at {address}: is the server running?"));
    harness.get_by_label("中文").click();
    harness.run();
    harness.get_by_label(&format!("{address} 没有程序在听：服务器开着吗？"));
}
