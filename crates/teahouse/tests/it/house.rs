//! A server of its own for one test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program, not yet started.
pub(crate) fn teahouse(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teahouse"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server with a database in a directory that goes with it; it takes TLS too.
pub(crate) struct House {
    serving: Serving,
    pub(crate) address: String,
    /// Of its own certificate.
    pub(crate) fingerprint: String,
    data: TempDir,
}

impl House {
    pub(crate) fn open() -> Self {
        let data = TempDir::new().unwrap();
        let mut command = serve("127.0.0.1:0", &data.path().join("teahouse-data"));
        let serving = Serving::start(command.arg("--self-signed"));
        let words = serving.welcome.split_whitespace();
        let fingerprint =
            words.filter(|word| word.len() == 64).find(|word| word.bytes().all(|b| b.is_ascii_hexdigit()));
        let fingerprint = fingerprint.expect("the server says its fingerprint").to_owned();
        Self { address: serving.address.clone(), fingerprint, serving, data }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.data.path().join("teahouse-data/self-signed.pem")
    }

    /// Ends it without a word, and opens it again at the same address with the same data.
    pub(crate) fn kill_and_open_again(&mut self) {
        self.serving.kill();
        let mut command = serve(&self.address, &self.data.path().join("teahouse-data"));
        self.serving = Serving::start(command.arg("--self-signed"));
    }
}

/// A server that lets everybody talk as fast as they can, not yet started.
pub(crate) fn serve(listen: &str, data: &Path) -> Command {
    let mut command = teahouse(&["--listen", listen, "--data"]);
    for limit in ["MESSAGES_PER_SECOND", "SEND_QUEUE_BYTES", "SEND_QUEUE_TOTAL_BYTES"] {
        command.env(format!("TEAHOUSE_LIMITS__{limit}"), "0");
    }
    command.arg(data).stderr(Stdio::inherit());
    command
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// All that it has said.
    pub(crate) welcome: String,
    pub(crate) address: String,
}

impl Serving {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut welcome = String::new();
        let closes =
            lines.by_ref().inspect(|line| welcome += &format!("{line}\n")).find(|line| line.contains("Ctrl-C"));
        assert!(closes.is_some(), "the server says how it is closed: {welcome}");
        let address = welcome.lines().find_map(|line| Some(line.trim().strip_prefix("IRC")?.trim().to_owned()));
        let address = address.expect("the server says where it listens").replace("ircs://", "");
        Self { child, welcome, address }
    }

    /// The same, and what it writes to stderr is there to be looked at.
    pub(crate) fn start_heard(command: &mut Command) -> (Self, Heard) {
        let mut serving = Self::start(command.stderr(Stdio::piped()));
        let stderr = BufReader::new(serving.child.stderr.take().unwrap());
        let (tell, lines) = mpsc::channel();
        // It ends with the pipe.
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("{line}");
                // Who does not listen any more still lets it be printed.
                _ = tell.send(line);
            }
        });
        (serving, Heard { lines })
    }

    /// Tells it to go, as a service manager would.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// `kill -9`, where there is such a thing.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What a server writes to stderr.
pub(crate) struct Heard {
    lines: Receiver<String>,
}

impl Heard {
    /// The next line with this in it.
    pub(crate) fn until(&self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("nothing on stderr says {part:?}: {error}"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

/// Starts a server that cannot start: its code, and the one line it says.
pub(crate) fn refused(command: &mut Command) -> (i32, String) {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(said.lines().count(), 1, "{said}");
    (output.status.code().unwrap(), said.trim_end().to_owned())
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.kill();
    }
}
