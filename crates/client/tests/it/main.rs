//! The client against a small server in the same process, by both doors.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod server;

use std::time::Duration;

use teahouse_client::state::{Fate, Phase};
use teahouse_client::{Client, CommandError, Event, Events, Options, Outcome, Retry, Seen, ServerUrl};
use teahouse_proto::names::Nick;
use tokio::time::timeout;

use crate::server::{Door, Server};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn options(url: &str) -> Options {
    Options::new(url.parse::<ServerUrl>().unwrap(), Nick::parse("alice").unwrap())
}

/// Waits for the first event that `pick` likes.
async fn until<T>(events: &mut Events, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = events.next().await.expect("the client has ended");
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    };
    timeout(PATIENCE, search).await.expect("the event never came")
}

async fn in_the_room(events: &mut Events) {
    until(events, |event| matches!(event, Event::People { .. }).then_some(())).await;
}

async fn end(mut events: Events) -> String {
    let reason = until(&mut events, |event| match event {
        Event::Offline { reason, retry_in_ms: None } => Some(reason.clone()),
        _ => None,
    })
    .await;
    assert!(events.next().await.is_none());
    reason
}

#[tokio::test]
async fn by_every_door_one_comes_in_speaks_and_leaves() {
    for door in Door::ALL {
        let server = Server::start(door).await;
        let (client, mut events) = Client::connect(options(&server.url));
        in_the_room(&mut events).await;
        let outcome = timeout(PATIENCE, client.say_stored("#lobby", "你好 🍵")).await.unwrap().unwrap();
        assert!(matches!(outcome, Outcome::Stored { msgid: Some(_), .. }), "{door:?}: {outcome:?}");
        let state = client.state();
        let said = &state.room("#LOBBY").unwrap().log.confirmed()[0];
        assert_eq!((said.text.as_str(), said.mine, said.fate), ("你好 🍵", true, Fate::Confirmed));
        client.quit("bye").unwrap();
        assert_eq!(end(events).await, "Closing link: bye", "{door:?}");
        assert!(server.heard("QUIT :bye"), "{door:?}");
        assert_eq!(client.state().phase, Phase::Offline);
        assert_eq!(client.join("#lobby"), Err(CommandError::Over));
    }
}

#[tokio::test]
async fn after_a_drop_it_comes_back_to_the_same_seat_and_hears_what_it_missed() {
    for door in Door::ALL {
        let server = Server::start(door).await;
        let (client, mut events) = Client::connect(options(&server.url));
        in_the_room(&mut events).await;
        client.say_stored("#lobby", "before").await.unwrap();
        server.drop_everybody();
        until(&mut events, |event| matches!(event, Event::Offline { retry_in_ms: Some(_), .. }).then_some(())).await;
        server.somebody_says("meanwhile");
        let missed = until(&mut events, |event| match event {
            Event::Message { message, seen: Seen::Missed, .. } => Some(message.text.clone()),
            _ => None,
        })
        .await;
        assert_eq!(missed, "meanwhile");
        let caught_up = |event: &Event| match event {
            Event::CaughtUp { messages, complete, .. } => Some((*messages, *complete)),
            _ => None,
        };
        assert_eq!(until(&mut events, caught_up).await, (1, true));
        assert!(server.heard("GUEST token1"), "{door:?}");
        let state = client.state();
        let texts: Vec<_> = state.room("#lobby").unwrap().log.messages().map(|message| message.text.clone()).collect();
        assert_eq!(texts, ["before", "meanwhile"]);
    }
}

#[tokio::test]
async fn what_was_under_way_at_a_drop_is_unknown() {
    let server = Server::start(Door::Tcp).await;
    let (client, mut events) = Client::connect(options(&server.url));
    in_the_room(&mut events).await;
    let receipt = client.say("#lobby", "drop me").unwrap();
    assert_eq!(timeout(PATIENCE, receipt).await.unwrap(), Outcome::Unknown);
    let state = client.state();
    let said = state.room("#lobby").unwrap().log.messages().next().unwrap().clone();
    assert_eq!((said.text.as_str(), said.fate), ("drop me", Fate::Unknown));
}

#[tokio::test]
async fn where_nothing_listens_it_says_so() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["irc", "ws"] {
        let (_client, events) =
            Client::connect(Options { retry: Retry::Never, ..options(&format!("{scheme}://{free}")) });
        assert_eq!(end(events).await, format!("nothing listens at {free}: is the server running?"));
    }
}

#[tokio::test]
async fn what_is_no_websocket_is_said_to_be_none() {
    let server = Server::start(Door::Tcp).await;
    let url = server.url.replace("irc://", "ws://");
    let (_client, events) = Client::connect(Options { retry: Retry::Never, ..options(&url) });
    let reason = end(events).await;
    assert!(reason.starts_with(&format!("{url}/ is no WebSocket of a chat server: ")), "{reason}");
}

/// Why there is no connection.
async fn refused(url: &str) -> String {
    let (_client, events) = Client::connect(Options { retry: Retry::Never, ..options(url) });
    end(events).await
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_with_its_fingerprint() {
    for door in [Door::Tls, Door::SecureWebSocket] {
        let server = Server::start(door).await;
        let bare = server.url.split(['?']).next().unwrap();
        let reason = refused(bare).await;
        // A computer without any authorities says so instead.
        if !reason.contains("has no list of authorities") {
            assert!(reason.contains(" is signed by nobody that this computer trusts. "), "{reason}");
            assert!(reason.ends_with(&format!("'{}'", server.url)), "{reason}\n{}", server.url);
        }
    }
}

#[tokio::test]
async fn another_certificate_than_the_one_that_is_trusted_is_refused() {
    let (server, other) = (Server::start(Door::Tls).await, Server::start(Door::Tls).await);
    let url = server.url.replace(&server.fingerprint.to_string(), &other.fingerprint.to_string());
    let reason = refused(&url).await;
    assert!(reason.contains(" shows another certificate than the one that you trust."), "{reason}");
    assert!(reason.contains(&server.url), "{reason}");
    // Whom it was made for does not matter to who trusts this very one.
    let elsewhere = Server::start_as(Door::Tls, "tea.example").await;
    let (_client, mut events) = Client::connect(options(&elsewhere.url));
    in_the_room(&mut events).await;
}

#[tokio::test]
async fn a_server_without_tls_is_said_to_have_none() {
    let server = Server::start(Door::WebSocket).await;
    let url = format!("ircs://{}?fingerprint={}", server.url.replace("ws://", ""), server.fingerprint);
    let reason = refused(&url).await;
    assert!(reason.contains(" takes no TLS: use irc:// or ws://"), "{reason}");
}

#[tokio::test]
async fn when_the_last_handle_is_dropped_it_leaves() {
    let server = Server::start(Door::Tcp).await;
    let (client, mut events) = Client::connect(options(&server.url));
    in_the_room(&mut events).await;
    let other = client.clone();
    drop(client);
    other.say_stored("#lobby", "still here").await.unwrap();
    drop(other);
    end(events).await;
    assert!(server.heard("QUIT :"));
}

#[tokio::test]
async fn a_program_that_listens_late_hears_everything_and_meanwhile_little_is_read() {
    let server = Server::start(Door::Tcp).await;
    let (client, mut events) = Client::connect(Options { history: false, ..options(&server.url) });
    in_the_room(&mut events).await;
    const COUNT: usize = 5_000;
    // The events that wait, and the lines of one read of the socket.
    const AHEAD: usize = 1_024 + 1_024;
    let said = |state: &teahouse_client::State| state.room("#lobby").unwrap().log.len();
    client.raw(&format!("FLOOD {COUNT}")).unwrap();
    let mut states = client.watch();
    timeout(PATIENCE, states.wait_for(|state| said(state) > 1_000)).await.unwrap().unwrap();
    for number in 0..COUNT {
        let text = until(&mut events, |event| match event {
            Event::Message { message, .. } => Some(message.text.clone()),
            _ => None,
        })
        .await;
        assert_eq!(text, number.to_string());
        assert!(said(&client.state()) <= number + AHEAD);
    }
}

#[tokio::test]
async fn commands_that_make_no_sense_are_refused_at_once() {
    let server = Server::start(Door::Tcp).await;
    let (client, mut events) = Client::connect(options(&server.url));
    assert!(matches!(client.history("#lobby"), Err(CommandError::Offline)));
    in_the_room(&mut events).await;
    assert!(matches!(client.say("#lobby", " \n "), Err(CommandError::Empty)));
    assert!(matches!(client.say("#lo bby", "hi"), Err(CommandError::Name(..))));
    assert!(matches!(client.say("bob,eve", "hi"), Err(CommandError::Name(..))));
    assert!(matches!(client.say(":bob", "hi"), Err(CommandError::Name(..))));
    assert!(matches!(client.say("", "hi"), Err(CommandError::Name(..))));
    assert!(matches!(client.say("#lobby", &"x".repeat(1 << 20)), Err(CommandError::TooLong)));
    assert!(matches!(client.say("#lobby", &"x\n".repeat(1_001)), Err(CommandError::TooLong)));
    assert!(matches!(client.join("lobby"), Err(CommandError::Name(..))));
    assert!(matches!(client.set_nick("a b"), Err(CommandError::Name(..))));
    assert!(matches!(client.set_topic("#lobby", &"x".repeat(391)), Err(CommandError::TooLong)));
    // What is pinned there nobody has said: a pin would take it away.
    assert!(matches!(client.pin("#lobby", "m1"), Err(CommandError::PinsUnknown)));
    assert!(matches!(client.unpin("#lobby", "m1"), Err(CommandError::PinsUnknown)));
    assert!(matches!(client.raw("PING x\r\nQUIT"), Err(CommandError::Line)));
    assert!(matches!(client.raw(&format!("PING {}", "x".repeat(510))), Err(CommandError::TooLong)));
    client.quit(&"茶".repeat(500)).unwrap();
    end(events).await;
}

#[tokio::test]
async fn what_is_said_before_there_is_a_connection_waits_for_it_and_too_much_is_refused() {
    let server = Server::start(Door::Tcp).await;
    let (client, mut events) = Client::connect(options(&server.url));
    tokio::spawn(async move { while events.next().await.is_some() {} });
    let first = client.say("#lobby", "first").unwrap();
    let mut receipts = Vec::new();
    let error = loop {
        match client.say("bob", &"tea\n".repeat(100)) {
            Ok(receipt) => receipts.push(receipt),
            Err(error) => break error,
        }
    };
    assert_eq!((error, receipts.len()), (CommandError::OutboxFull, 9));
    assert!(matches!(timeout(PATIENCE, first).await.unwrap(), Outcome::Stored { .. }));
    for receipt in receipts {
        assert!(matches!(timeout(PATIENCE, receipt).await.unwrap(), Outcome::Stored { .. }));
    }
    // Now that all of it is said there is room again.
    client.say("bob", &"tea\n".repeat(1_000)).unwrap();
}
