//! The window fed with what a server tells, found by its labels; and once with the real server in it.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use eframe::egui::{Context, Event as Input, Key};
use egui_kittest::{Harness, kittest::Queryable};
use teahouse_server::{
    config::Takes,
    events::{ConnectionId, Direction, Door, EventKind, Frame, ServerEvent},
};

use super::{
    HostOptions, HostWindow,
    form::HostForm,
    problem::Problem,
    state::{HostEvent, HostState, LOG_LINES_MAX, Phase},
    view::{self, HostAction},
};
use crate::{
    testing,
    texts::{Lang, Texts},
};

struct Window {
    state: HostState,
    form: HostForm,
    texts: Texts,
    actions: Vec<HostAction>,
}

fn window<'a>(lang: Lang) -> Harness<'a, Window> {
    let window = Window {
        state: HostState::default(),
        form: HostForm::new("127.0.0.1:8667".parse().unwrap()),
        texts: Texts::new(lang),
        actions: Vec::new(),
    };
    testing::window(
        |ui, window: &mut Window| {
            window.actions.extend(view::show(ui, &window.state, &mut window.form, &window.texts));
        },
        window,
    )
}

fn at(kind: EventKind) -> ServerEvent {
    ServerEvent { at_ms: 1_795_528_800_123, kind }
}

fn saw(state: &mut HostState, kind: EventKind) {
    state.apply(HostEvent::Server(Arc::new(at(kind))));
}

/// A server to which one came by WebSocket and one by a raw socket.
fn visited(state: &mut HostState) {
    let listener = "127.0.0.1:8667".parse().unwrap();
    let (ws, raw) = (ConnectionId(1), ConnectionId(2));
    state.apply(HostEvent::StartAsked);
    let listening = vec![at(EventKind::Listening { address: listener, takes: Takes::Any })];
    state.apply(HostEvent::Started { data_dir: "teahouse-data".into(), reachable: vec![listener], listening });
    for (connection, address) in [(ws, "127.0.0.1:50001"), (raw, "127.0.0.1:50002")] {
        saw(state, EventKind::Accepted { connection, address: address.parse().unwrap(), listener });
    }
    saw(state, EventKind::Door { connection: ws, door: Door::Http });
    let (key, accept) = ("dGhlIHNhbXBsZSBub25jZQ==".into(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into());
    saw(state, EventKind::Upgraded { connection: ws, key, accept, subprotocol: Some("text.ircv3.net") });
    saw(state, EventKind::Door { connection: ws, door: Door::WebSocket });
    saw(state, EventKind::Door { connection: raw, door: Door::Irc });
    let frame = Some(Frame { opcode: 1, masked: true });
    let text = "NICK alice".to_owned();
    saw(state, EventKind::Line { connection: ws, direction: Direction::In, bytes: 16, frame, text });
    saw(state, EventKind::Registered { connection: ws, nick: "alice".into() });
    let text = "PRIVMSG #lobby :\u{1}ACTION 喝茶\u{1}".to_owned();
    saw(state, EventKind::Line { connection: raw, direction: Direction::In, bytes: 41, frame: None, text });
}

fn log_of(harness: &Harness<'_, Window>) -> Vec<String> {
    let state = harness.state();
    let lines = state.state.log_lines(0..state.state.shown_lines());
    lines.map(|entry| super::log::line(entry, &state.texts)).map(|line| format!("{} {}", line.who, line.what)).collect()
}

#[test]
fn the_log_says_each_step_of_a_visit() {
    let mut harness = window(Lang::En);
    visited(&mut harness.state_mut().state);
    saw(&mut harness.state_mut().state, EventKind::Closed { connection: ConnectionId(1), reason: "left: bye".into() });
    assert_eq!(
        log_of(&harness),
        [
            " listen: 127.0.0.1:8667, every door",
            "#1 accept: 127.0.0.1:50001 at 127.0.0.1:8667",
            "#2 accept: 127.0.0.1:50002 at 127.0.0.1:8667",
            "#1 came in by: page (HTTP)",
            "#1 upgrade to WebSocket: Key dGhlIHNhbXBsZSBub25jZQ== → Accept s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, \
             subprotocol text.ircv3.net",
            "#1 came in by: WebSocket",
            "#2 came in by: raw socket",
            "#1 in 16 bytes, opcode 0x1 text, masked  NICK alice",
            "#1 alice is now called alice",
            "#2 in 41 bytes  PRIVMSG #lobby :\\u{1}ACTION 喝茶\\u{1}",
            "#1 alice close: left: bye",
        ]
    );
}

#[test]
fn the_connected_are_listed_with_name_address_and_door() {
    let mut harness = window(Lang::En);
    visited(&mut harness.state_mut().state);
    harness.run();
    for label in [
        "Connected (2)",
        "alice",
        "127.0.0.1:50001",
        "WebSocket",
        "no name yet",
        "raw socket",
        "Running",
        "Kept in teahouse-data",
    ] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label}");
    }
    let reason = "timeout".to_owned();
    saw(&mut harness.state_mut().state, EventKind::Closed { connection: ConnectionId(1), reason });
    harness.run();
    harness.get_by_label("Connected (1)");
    assert!(harness.query_by_label("127.0.0.1:50001").is_none());
}

#[test]
fn the_same_in_chinese() {
    let mut harness = window(Lang::ZhCn);
    visited(&mut harness.state_mut().state);
    harness.run();
    for label in ["已连接（2）", "原始套接字", "运行中", "停止", "实时日志"] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label}");
    }
}

#[test]
fn start_and_stop_are_one_place() {
    let mut harness = window(Lang::En);
    harness.run();
    harness.get_by_label("Start").click();
    harness.run();
    visited(&mut harness.state_mut().state);
    harness.run();
    assert!(harness.query_by_label("Start").is_none());
    harness.get_by_label("Stop").click();
    harness.run();
    harness.state_mut().state.apply(HostEvent::StopAsked);
    harness.run();
    harness.get_by_label("Saying goodbye …");
    harness.state_mut().state.apply(HostEvent::Stopped);
    harness.run();
    harness.get_by_label("Start");
    assert_eq!(harness.state().actions, [HostAction::Start, HostAction::Stop]);
}

#[test]
fn a_taken_port_is_said_in_one_line_with_the_remedy() {
    for (lang, words) in [
        (
            Lang::En,
            "Port 8667 at 127.0.0.1 is taken: another program listens there, perhaps another teahouse. \
             Stop that one, or choose another port.",
        ),
        (
            Lang::ZhCn,
            "127.0.0.1 的端口 8667 已被占用：另一个程序正在那里监听，也许是另一间茶馆。请停掉它，或换一个端口。",
        ),
    ] {
        let mut harness = window(lang);
        let taken = Problem::PortTaken("127.0.0.1:8667".parse().unwrap());
        harness.state_mut().state.apply(HostEvent::StartFailed(taken));
        harness.run();
        harness.get_by_label(words);
    }
}

#[test]
fn what_is_announced_goes_to_everybody() {
    let mut harness = window(Lang::En);
    visited(&mut harness.state_mut().state);
    harness.run();
    harness.get_by_label("Announcement").focus();
    harness.run();
    harness.event(Input::Text("tea is ready".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [HostAction::Announce("tea is ready".into())]);
}

#[test]
fn the_log_holds_still_and_goes_on() {
    let mut harness = window(Lang::En);
    visited(&mut harness.state_mut().state);
    harness.run();
    harness.get_by_label("Hold still").click();
    harness.run();
    assert_eq!(harness.state().actions, [HostAction::HoldLog(true)]);
    let window = harness.state_mut();
    window.state.apply(HostEvent::LogHeld(true));
    let before = window.state.shown_lines();
    saw(&mut window.state, EventKind::Announced { text: "one".into() });
    assert_eq!(window.state.shown_lines(), before);
    harness.run();
    harness.get_by_label("Go on (1 new line)");
    let state = &mut harness.state_mut().state;
    state.apply(HostEvent::LogHeld(false));
    assert_eq!(state.shown_lines(), before + 1);
}

#[test]
fn the_log_keeps_the_newest_lines_and_no_more() {
    let mut state = HostState::default();
    for number in 0..LOG_LINES_MAX + 5 {
        saw(&mut state, EventKind::Announced { text: number.to_string() });
    }
    assert_eq!(state.shown_lines(), LOG_LINES_MAX);
    state.apply(HostEvent::LogHeld(true));
    for number in 0..LOG_LINES_MAX + 5 {
        saw(&mut state, EventKind::Announced { text: number.to_string() });
    }
    assert_eq!(state.shown_lines(), 0, "what was held has gone by, and nothing panics");
}

#[test]
fn a_gap_takes_the_list_of_the_connected_anew() {
    let mut state = HostState::default();
    visited(&mut state);
    state.apply(HostEvent::Missed(7, Vec::new()));
    assert!(state.connections.is_empty());
}

/// Shows frames until something is so, as the window's own calls for a frame would.
fn until(harness: &mut Harness<'_, HostWindow>, what: &str, is_so: impl Fn(&Harness<'_, HostWindow>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so(harness) {
        assert!(Instant::now() < deadline, "{what} did not come: {:#?}", harness.state().state);
        std::thread::yield_now();
        harness.run_ok();
    }
}

#[test]
fn a_client_of_the_real_server_is_seen_and_told_goodbye() {
    let folder = tempfile::tempdir().unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = HostOptions { listen, data_dir: Some(folder.path().join("data")), start: false };
    let window = HostWindow::new(&Context::default(), options, Lang::En).unwrap();
    let mut harness = testing::window(|ui, window: &mut HostWindow| window.show(ui), window);
    harness.run();
    harness.get_by_label("Start").click();
    until(&mut harness, "the server", |harness| harness.state().state.phase == Phase::Running);
    let address = harness.state().state.listening[0];

    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.write_all("NICK 茶客\r\nUSER a 0 * :a\r\n".as_bytes()).unwrap();
    until(&mut harness, "the client's name", |harness| harness.query_by_label("茶客").is_some());
    harness.get_by_label("raw socket");

    harness.get_by_label("Announcement").focus();
    harness.run_ok();
    harness.event(Input::Text("tea is ready".into()));
    harness.run_ok();
    harness.get_by_label("Announce").click();
    harness.run_ok();
    let mut lines = BufReader::new(socket).lines().map(|line| line.unwrap());
    assert!(lines.any(|line| line.contains("NOTICE") && line.contains("tea is ready")));

    harness.get_by_label("Stop").click();
    until(&mut harness, "the end", |harness| harness.state().state.phase == Phase::Stopped);
    assert!(lines.any(|line| line.starts_with("ERROR")), "the server says goodbye");
}
