//! The servers that are driven, each in this process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use teahouse_loadtest::null_server::{self, Writes};
use teahouse_loadtest::scenario::Options;
use teahouse_loadtest::target::Target;
use teahouse_server::ServerHandle;
use teahouse_server::config::Config;
use tempfile::TempDir;

/// What the generator is told: to read little at once, so that most lines come in two pieces.
pub(crate) fn options(server: Target) -> Options {
    Options {
        server,
        pid: Some(std::process::id()),
        parallel: 8,
        quiet_ms: 10,
        patience_ms: 20_000,
        read_bytes: 1000,
        name: "server".into(),
    }
}

/// A server that runs; the null server does until the test's process ends.
pub(crate) struct Server {
    address: SocketAddr,
    _teahouse: Option<(ServerHandle, TempDir)>,
    /// How it may be spoken to.
    pub(crate) schemes: &'static [&'static str],
}

/// Teahouse with and without history, the null server writing for each message and once a turn.
pub(crate) fn every_server() -> [Server; 4] {
    [
        Server::teahouse(true),
        Server::teahouse(false),
        Server::null_with(Writes::PerMessage),
        Server::null_with(Writes::PerTurn),
    ]
}

impl Server {
    pub(crate) fn teahouse(keep_history: bool) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let data_dir = directory.path().join("data");
        let mut config = Config { data_dir, keep_history, messages_per_second_max: None, ..Config::default() };
        config.listen_only_at(&[SocketAddr::from(([127, 0, 0, 1], 0))]);
        config.sign_itself().expect("no other certificate is set");
        let handle = teahouse_server::Server::start(config).expect("the server starts");
        Self {
            address: handle.addresses()[0].address,
            _teahouse: Some((handle, directory)),
            schemes: &["irc", "ircs", "ws", "wss"],
        }
    }

    pub(crate) fn null_with(writes: Writes) -> Self {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            null_server::serve(([127, 0, 0, 1], 0).into(), writes, |address| tell.send(address).expect("awaited"))
        });
        Self { address: told.recv().expect("it listens"), _teahouse: None, schemes: &["irc", "ws"] }
    }

    pub(crate) fn options(&self, scheme: &str) -> Options {
        let server = format!("{scheme}://{}/ws", self.address).parse().expect("an address");
        options(server)
    }

    /// The line that comes back to whoever says `text`.
    pub(crate) fn line_heard(&self) -> String {
        let mut stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let lines = [
            "CAP REQ :echo-message message-tags server-time",
            "NICK lta00000",
            "USER lt 0 * :load",
            "CAP END",
            "JOIN #lt0000",
            "PRIVMSG #lt0000 :text",
        ];
        stream.write_all((lines.join("\r\n") + "\r\n").as_bytes()).expect("it is open");
        let mut heard = BufReader::new(stream).lines().map(|line| line.expect("it answers"));
        heard.find(|line| line.contains(" PRIVMSG ")).expect("the echo comes")
    }
}
