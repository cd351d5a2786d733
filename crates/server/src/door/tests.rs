use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;
use crate::config::Listen;
use crate::events::EventStream;
use crate::worker::Framing;

struct House {
    doors: Doors,
    address: SocketAddr,
    adopted: mpsc::Receiver<Established>,
    events: EventStream,
}

fn house_with(takes: Takes, connections_max: Option<usize>) -> House {
    house_of(takes, connections_max, None)
}

/// A house with a certificate.
fn secure_house() -> House {
    let here = tempfile::tempdir().unwrap();
    house_of(Takes::Any, None, Some(Tls::self_signed(here.path(), "tea.test").unwrap()))
}

fn house_of(takes: Takes, connections_max: Option<usize>, tls: Option<Tls>) -> House {
    house_by(Config { connections_max, ..Config::default() }, takes, tls)
}

fn house_by(config: Config, takes: Takes, tls: Option<Tls>) -> House {
    house_that(None, config, takes, tls)
}

/// A house that turns everybody away with this.
fn house_that(goodbye: Option<&'static str>, config: Config, takes: Takes, tls: Option<Tls>) -> House {
    let listen = vec![Listen { address: "127.0.0.1:0".parse().unwrap(), takes, built_in: false }];
    let config = Config { listen, ..config };
    let bus = Events::new();
    let events = bus.watch();
    let (sender, adopted) = mpsc::channel(16);
    let inside = Inside {
        adopt: Box::new(move |established| sender.try_send(established).unwrap()),
        arriving: Box::new(|| 0),
        turned_away: Box::new(move |_| {
            goodbye.map(|goodbye| TurnedAway { goodbye: goodbye.into(), lines: IN_LINES.into() })
        }),
    };
    let bound = bind(&config.listen).unwrap();
    let address = bound[0].address;
    let doors = Doors::open(bound, &config, &bus, tls, inside).unwrap();
    House { doors, address, adopted, events }
}

fn house(takes: Takes) -> House {
    house_with(takes, None)
}

impl House {
    async fn client(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).await.unwrap();
        client.set_nodelay(true).unwrap();
        client
    }

    async fn says(&self, bytes: &[u8]) -> TcpStream {
        let mut client = self.client().await;
        client.write_all(bytes).await.unwrap();
        client
    }

    /// Why the next connection that ends does so.
    async fn close_reason(&mut self) -> String {
        loop {
            if let EventKind::Closed { reason, .. } = &self.events.recv().await.unwrap().kind {
                return reason.clone();
            }
        }
    }
}

/// What the other side says until it ends; a reset is an end too.
async fn read_to_end(client: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = client.read_to_end(&mut all).await;
    all
}

async fn read_head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n";

/// What a banned client reads that speaks IRC.
const IN_LINES: &str = ":tea.test 465 * :You are banned from this server: noise\r\nERROR :Banned: noise\r\n";

#[tokio::test]
async fn whoever_may_not_come_is_told_so_in_what_it_speaks_before_any_handshake() {
    let hello = [0x16, 3, 1, 0, 1, 1];
    for (takes, says, hears) in [
        (Takes::Irc, &b""[..], IN_LINES),
        (Takes::Any, b"NICK a\r\n", IN_LINES),
        (Takes::Any, b"", IN_LINES),
        (Takes::Any, b"GET / HTTP/1.1\r\n", "\r\n\r\nBanned: noise\n"),
        (Takes::Web, b"GET /ws HTTP/1.1\r\n", "\r\n\r\nBanned: noise\n"),
        (Takes::Any, &hello, "\u{15}\u{3}\u{3}\0\u{2}\u{2}("),
    ] {
        let here = tempfile::tempdir().unwrap();
        let tls = Tls::self_signed(here.path(), "tea.test").unwrap();
        let mut house = house_that(Some("Banned: noise"), Config::default(), takes, Some(tls));
        let mut client = house.says(says).await;
        let heard = read_to_end(&mut client).await;
        drop(client);
        assert!(String::from_utf8_lossy(&heard).ends_with(hears), "{takes:?} {says:?}: {heard:?}");
        assert_eq!(house.close_reason().await, "turned away: Banned: noise");
        assert!(house.adopted.try_recv().is_err());
    }
}

#[tokio::test]
async fn lines_go_to_a_worker_with_all_that_was_read() {
    for takes in [Takes::Any, Takes::Irc] {
        let mut house = house(takes);
        let mut client = house.client().await;
        for byte in b"NICK " {
            client.write_all(&[*byte]).await.unwrap();
        }
        let mut established = house.adopted.recv().await.unwrap();
        assert_eq!(established.framing, Framing::Lines);
        assert_eq!(established.already_read, b"NICK ");
        assert_eq!(established.peer, client.local_addr().unwrap());
        client.write_all(b"alice\r\n").await.unwrap();
        established.stream.set_nonblocking(false).unwrap();
        let mut rest = [0; 7];
        established.stream.read_exact(&mut rest).unwrap();
        assert_eq!(&rest, b"alice\r\n");
    }
}

#[tokio::test]
async fn an_unterminated_first_line_is_a_line() {
    let mut house = house(Takes::Any);
    let mut client = house.says(b"QUIT").await;
    client.shutdown().await.unwrap();
    assert_eq!(house.adopted.recv().await.unwrap().already_read, b"QUIT");
}

#[tokio::test]
async fn the_page_is_answered_on_a_connection_that_is_kept() {
    let mut house = house(Takes::Any);
    let mut client = house.says(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = read_head(&mut client).await;
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    let mut body = [0; 23];
    client.read_exact(&mut body).await.unwrap();
    assert_eq!(&body, b"There is nothing here.\n");
    client.write_all(b"HEAD / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await.unwrap();
    let rest = String::from_utf8(read_to_end(&mut client).await).unwrap();
    assert!(rest.starts_with("HTTP/1.1 421 "), "{rest}");
    assert_eq!(house.close_reason().await, "HTTP: done");
}

#[tokio::test]
async fn an_upgraded_socket_goes_to_a_worker_with_what_came_behind_the_request() {
    for takes in [Takes::Any, Takes::Web] {
        let mut house = house(takes);
        let mut client = house.says(format!("{UPGRADE}first frame").as_bytes()).await;
        let head = read_head(&mut client).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        assert!(head.contains("sec-websocket-protocol: binary.ircv3.net\r\n"), "{head}");
        let established = house.adopted.recv().await.unwrap();
        assert_eq!(established.framing, Framing::WsBinary);
        assert_eq!(established.already_read, b"first frame");
    }
}

#[tokio::test]
async fn an_upgrade_loses_nothing_however_long_what_follows_is() {
    let mut house = house(Takes::Any);
    let follows: Vec<u8> = (0..60_000u32).map(|number| (number % 251) as u8).collect();
    let mut client = house.says(&[UPGRADE.as_bytes(), &follows].concat()).await;
    read_head(&mut client).await;
    let mut established = house.adopted.recv().await.unwrap();
    established.stream.set_nonblocking(false).unwrap();
    let mut all = established.already_read;
    let mut rest = vec![0; follows.len() - all.len()];
    established.stream.read_exact(&mut rest).unwrap();
    all.extend(rest);
    assert!(all == follows);
}

#[tokio::test]
async fn what_a_listener_does_not_take_is_closed() {
    let no_irc = &b"ERROR :This address takes HTTP and WebSocket only\r\n"[..];
    for (takes, bytes, hears, reason) in [
        (Takes::Irc, &b"GET / HTTP/1.1\r\n"[..], &b""[..], "spoke HTTP to a listener that takes IRC only"),
        (Takes::Irc, b"PRI * HTTP/2.0\r\n", b"", "spoke HTTP to a listener that takes IRC only"),
        (Takes::Web, b"NICK alice\r\n", no_irc, "spoke IRC to a listener that takes HTTP only"),
    ] {
        let mut house = house(takes);
        let mut client = house.says(bytes).await;
        assert_eq!(read_to_end(&mut client).await, hears);
        drop(client);
        assert_eq!(house.close_reason().await, reason);
    }
}

#[tokio::test]
async fn tls_without_a_certificate_ends_with_an_alert() {
    for takes in [Takes::Any, Takes::Irc, Takes::Web] {
        let mut house = house(takes);
        let mut client = house.says(b"\x16\x03\x01\x00\xa5").await;
        assert_eq!(read_to_end(&mut client).await, b"\x15\x03\x03\x00\x02\x02\x28", "fatal, handshake_failure");
        drop(client);
        assert_eq!(house.close_reason().await, "spoke TLS, and no certificate is set");
    }
}

#[tokio::test]
async fn an_upgrade_with_a_body_is_refused() {
    for (header, status) in
        [("Content-Length: 0", 101), ("Content-Length: 5", 400), ("Transfer-Encoding: chunked", 400)]
    {
        let house = house(Takes::Any);
        let request = UPGRADE.replacen("\r\n", &format!("\r\n{header}\r\n"), 1);
        let mut client = house.says(request.as_bytes()).await;
        let head = read_head(&mut client).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{header}: {head}");
    }
}

/// Counts what is logged.
#[derive(Debug, Default)]
struct Logged(Arc<AtomicUsize>);

impl tracing::Subscriber for Logged {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn tls_is_logged_once_however_often_it_is_tried() {
    let logged = Logged::default();
    let lines = Arc::clone(&logged.0);
    // The runtime of this test has no thread but this one.
    let _logging = tracing::subscriber::set_default(logged);
    // Whether a place in the code is logged by anybody is noted when it is first met, perhaps by another test at this
    // very moment, which then knows nothing of this one.
    while lines.swap(0, Ordering::SeqCst) == 0 {
        tracing::callsite::rebuild_interest_cache();
        Seldom::every(Duration::ZERO).warn(|| "is this heard?".into());
    }
    let mut house = house(Takes::Any);
    for _ in 0..5 {
        drop(house.says(b"\x16\x03\x01\x00\xa5").await);
        house.close_reason().await;
    }
    assert_eq!(lines.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn http_2_is_told_to_use_http_1() {
    let mut house = house(Takes::Any);
    let mut client = house.says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answer = read_to_end(&mut client).await;
    assert_eq!(answer.first_chunk(), Some(&[0, 0, 0, 4, 0, 0, 0, 0, 0]));
    assert_eq!(answer.last(), Some(&0xd));
    drop(client);
    assert_eq!(house.close_reason().await, "spoke HTTP/2, was asked for HTTP/1.1");
}

#[tokio::test]
async fn garbage_that_looks_like_http_gets_400() {
    let house = house(Takes::Any);
    let mut client = house.says(b"GET \x00\x01\x02\r\n\r\n").await;
    let answer = read_to_end(&mut client).await;
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", answer.escape_ascii());
}

#[tokio::test(start_paused = true)]
async fn the_server_does_not_speak_first_and_does_not_wait_for_ever() {
    let mut house = house(Takes::Any);
    let mut silent = house.client().await;
    let started = tokio::time::Instant::now();
    assert_eq!(read_to_end(&mut silent).await, b"");
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(house.close_reason().await, "said nothing for 60 s");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_is_not_waited_for() {
    let mut house = secure_house();
    // A record is announced, and comes in part.
    for part in [&b"\x16"[..], b"\x16\x03\x01", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"] {
        let mut slow = house.says(part).await;
        let started = tokio::time::Instant::now();
        assert_eq!(read_to_end(&mut slow).await, b"");
        assert_eq!(started.elapsed().as_secs(), 10);
        assert_eq!(house.close_reason().await, "the TLS handshake was not done within 10 s");
    }
    let silent = house.says(b"\x16\x03\x01").await;
    while !matches!(house.events.recv().await.unwrap().kind, EventKind::Accepted { .. }) {}
    house.doors.stop();
    assert_eq!(house.close_reason().await, "the server stops");
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_end_is_not_waited_for() {
    let mut house = house(Takes::Any);
    let mut slow = house.says(b"GET / HTTP/1.1\r\nHost: local").await;
    let started = tokio::time::Instant::now();
    read_to_end(&mut slow).await;
    assert_eq!(started.elapsed().as_secs(), 15);
    assert_eq!(house.close_reason().await, "HTTP: no whole request within 15 s");
}

#[tokio::test]
async fn past_the_limit_who_has_been_at_the_door_longest_goes() {
    let limited = Config { handshakes_max: Some(2), ..Config::default() };
    let mut house = house_by(limited, Takes::Any, None);
    let mut first = house.says(b"GET / HTTP/1.1\r\nHost: local").await;
    let (second, third) = (house.client().await, house.says(b"\x16\x03\x01").await);
    assert_eq!(read_to_end(&mut first).await, b"");
    assert_eq!(house.close_reason().await, "as many as may be were on their way in, this one longest");
    // Who knows what it wants gets in, however many wait.
    let _irc = house.says(b"NICK a\r\n").await;
    assert_eq!(house.adopted.recv().await.unwrap().framing, Framing::Lines);
    drop((second, third));
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_is_not_kept_for_ever() {
    let mut house = house(Takes::Any);
    let mut idle = house.says(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let started = tokio::time::Instant::now();
    let answer = read_to_end(&mut idle).await;
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
    assert!(started.elapsed() <= Duration::from_secs(20), "{:?}", started.elapsed());
    house.close_reason().await;
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_never_reads_is_let_go() {
    let mut house = house(Takes::Any);
    let requests = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
    let mut client = house.client().await;
    // Asks until the answers fill all that lies between, so that no request is taken either.
    let asking = tokio::spawn(async move {
        while client.write_all(&requests).await.is_ok() {}
        client
    });
    assert_eq!(house.close_reason().await, "HTTP: the client stopped reading");
    asking.await.unwrap();
}

#[tokio::test]
async fn who_leaves_without_a_word_is_gone_from_the_list() {
    let mut house = house(Takes::Any);
    drop(house.client().await);
    assert_eq!(house.close_reason().await, "the client left without a word");
}

#[tokio::test]
async fn no_more_come_in_than_there_may_be() {
    let mut house = house_with(Takes::Any, Some(1));
    let first = house.says(b"NICK a\r\n").await;
    house.adopted.recv().await.unwrap();
    let full = "Too many connections are here already; come again later";
    let hello = [0x16, 3, 1, 0, 1, 1];
    for (says, hears) in [
        // It said more than was read: that is no reason for a reset.
        (&b"NICK b\r\nUSER b 0 * :b\r\nJOIN #lobby\r\n"[..], format!("ERROR :{full}\r\n")),
        (b"", format!("ERROR :{full}\r\n")),
        (b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", format!("\r\n\r\n{full}\n")),
        (&hello, "\u{15}\u{3}\u{3}\0\u{2}\u{2}(".to_owned()),
    ] {
        let mut next = house.says(says).await;
        let heard = read_to_end(&mut next).await;
        assert!(String::from_utf8_lossy(&heard).ends_with(&hears), "{says:?}: {heard:?}");
    }
    assert!(house.adopted.try_recv().is_err());
    drop(first);
}

#[tokio::test]
async fn of_a_crowd_for_which_there_is_no_place_but_some_are_told_so() {
    let house = house_with(Takes::Any, Some(0));
    let mut crowd = Vec::new();
    for _ in 0..4 * accept::EXPLAINED_MAX {
        crowd.push(house.client().await);
    }
    let mut told = 0;
    for client in &mut crowd {
        told += usize::from(read_to_end(client).await.starts_with(b"ERROR :Too many connections"));
    }
    assert!((accept::EXPLAINED_MAX..crowd.len()).contains(&told), "{told}");
}

#[tokio::test]
async fn stopping_closes_the_listener_and_those_who_have_said_nothing() {
    let mut house = house(Takes::Any);
    let mut silent = house.client().await;
    let mut kept = house.says(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    read_head(&mut kept).await;
    house.doors.stop();
    assert_eq!(read_to_end(&mut silent).await, b"");
    read_to_end(&mut kept).await;
    let mut reasons = [house.close_reason().await, house.close_reason().await];
    reasons.sort();
    assert_eq!(reasons, ["HTTP: done", "the server stops"]);
    assert!(TcpStream::connect(house.address).await.is_err());
}

#[tokio::test]
async fn a_watcher_sees_each_step() {
    let mut house = house(Takes::Any);
    let mut client = house.says(UPGRADE.as_bytes()).await;
    read_head(&mut client).await;
    let mut steps = Vec::new();
    while steps.last() != Some(&"websocket") {
        steps.push(match &house.events.recv().await.unwrap().kind {
            EventKind::Listening { .. } => "listening",
            EventKind::Accepted { .. } => "accepted",
            EventKind::Door { door: crate::events::Door::Http, .. } => "http",
            EventKind::Upgraded { .. } => "upgraded",
            EventKind::Request { status: 101, .. } => "request",
            EventKind::Door { door: crate::events::Door::WebSocket, .. } => "websocket",
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(steps, ["listening", "accepted", "http", "request", "upgraded", "websocket"]);
}

#[test]
fn a_head_ends_with_an_empty_line() {
    for whole in
        ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\nHost: a\n\r\nmore"]
    {
        assert!(accept::ends_head(whole.as_bytes()), "{whole:?}");
    }
    for part in ["", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r"] {
        assert!(!accept::ends_head(part.as_bytes()), "{part:?}");
    }
}

#[tokio::test]
async fn a_head_may_come_in_pieces() {
    let mut house = house(Takes::Any);
    let request = format!("GET /ws HTTP/1.1\r\nHost: {}\r\n\r\n", house.address);
    for at in 4..request.len() {
        let mut client = house.says(&request.as_bytes()[..at]).await;
        while !matches!(house.events.recv().await.unwrap().kind, EventKind::Door { .. }) {}
        client.write_all(&request.as_bytes()[at..]).await.unwrap();
        assert!(read_head(&mut client).await.starts_with("HTTP/1.1 426 "), "cut at {at}");
    }
}
