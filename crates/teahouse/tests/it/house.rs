//! A server of its own for one test, and somebody who sits in its lobby with a raw socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
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

/// A server with a database in a directory that goes with it.
pub(crate) struct House {
    child: Child,
    pub(crate) address: String,
    data: TempDir,
}

impl House {
    pub(crate) fn open() -> Self {
        let data = TempDir::new().unwrap();
        let (child, address) = serve("127.0.0.1:0", &data);
        Self { child, address, data }
    }

    /// Ends it without a word, and opens it again at the same address with the same data.
    pub(crate) fn kill_and_open_again(&mut self) {
        self.kill();
        (self.child, _) = serve(&self.address, &self.data);
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(listen: &str, data: &TempDir) -> (Child, String) {
    let data = data.path().join("teahouse-data");
    let mut command = teahouse(&["--listen", listen, "--data", data.to_str().unwrap()]);
    let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
    let welcome = BufReader::new(child.stdout.take().unwrap());
    let address = welcome.lines().find_map(|line| Some(line.unwrap().trim().strip_prefix("IRC")?.trim().to_owned()));
    (child, address.expect("the server says where it listens"))
}

/// A connection without any library.
pub(crate) struct Raw {
    reader: BufReader<TcpStream>,
}

impl Raw {
    /// Comes in and sits down in the lobby.
    pub(crate) fn in_the_lobby(house: &House, nick: &str) -> Self {
        let stream = TcpStream::connect(&house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut raw = Self { reader: BufReader::new(stream) };
        raw.write(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nJOIN #lobby\r\n"));
        raw.until(" 366 ");
        raw
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next line with this in it.
    pub(crate) fn until(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.reader.read_line(&mut line).unwrap() > 0, "the connection ended before {part:?} came");
            if line.contains(part) {
                return line.trim_end().to_owned();
            }
        }
    }
}
