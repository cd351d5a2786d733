//! The servers: how each is started with its throttles off, how it is spoken to, and how it is ended.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::built;
use super::plan::Cell;
use crate::run::{output, program, succeeds};

/// One of those who are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Server {
    Null,
    NullOnceATurn,
    Inspircd,
    Ngircd,
    TeahouseWithoutHistory,
    Teahouse,
}

use Server::{Inspircd, Ngircd, Null, NullOnceATurn, Teahouse, TeahouseWithoutHistory};

/// In the order of the tables.
pub(super) const ALL: [Server; 6] = [Null, NullOnceATurn, Inspircd, Ngircd, TeahouseWithoutHistory, Teahouse];

/// Where the programs are.
pub(super) struct Programs {
    pub(super) loadtest: PathBuf,
    teahouse: PathBuf,
    /// InspIRCd and ngIRCd do not run as root: they are started as this user then.
    as_user: Option<&'static str>,
}

/// A server that runs until this is dropped.
pub(super) struct Running {
    child: Child,
    lines: SocketAddr,
    frames: Option<(SocketAddr, &'static str)>,
    _directory: TempDir,
}

impl Programs {
    /// Finds all that these measurements need, or says what is missing.
    pub(super) fn find(release: &Path, cells: &[&Cell]) -> Result<Self> {
        for (server, name) in [(Inspircd, "inspircd"), (Ngircd, "ngircd")] {
            let is_wanted = cells.iter().any(|cell| cell.server == server);
            if is_wanted && !succeeds(&mut program(name, &["--version"])) {
                bail!(
                    "{name} is missing: `apt-get install {name}`, or leave it out by naming the others with --server"
                );
            }
        }
        let is_root = output(&mut program("id", &["--user"]))?.trim() == "0";
        Ok(Self {
            loadtest: built(release, "loadtest"),
            teahouse: built(release, "teahouse"),
            as_user: is_root.then_some("irc"),
        })
    }

    /// What each says of its version.
    pub(super) fn version(&self, server: Server) -> Result<String> {
        let text = match server {
            Inspircd => output(&mut program("inspircd", &["--version"]))?,
            Ngircd => output(&mut program("ngircd", &["--version"]))?,
            _ => output(Command::new(&self.teahouse).arg("--version"))?,
        };
        let line = text.lines().next().unwrap_or_default();
        Ok(line.split("-IDENT").next().unwrap_or(line).to_owned())
    }

    /// A command that is run by a user with few rights, if we are root; the number of the process stays the same.
    fn as_user(&self, name: &str) -> Command {
        match self.as_user {
            Some(user) => program("setpriv", &["--reuid", user, "--regid", user, "--clear-groups", "--", name]),
            None => program(name, &[]),
        }
    }
}

impl Server {
    /// What one types to choose it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Null => "null",
            NullOnceATurn => "null-once-a-turn",
            Inspircd => "inspircd",
            Ngircd => "ngircd",
            TeahouseWithoutHistory => "teahouse-without-history",
            Teahouse => "teahouse",
        }
    }

    /// What people call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Null => "null server",
            NullOnceATurn => "null server, writing once a turn",
            Inspircd => "InspIRCd",
            Ngircd => "ngIRCd",
            TeahouseWithoutHistory => "**Teahouse**, history off",
            Teahouse => "**Teahouse**",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self> {
        let names = || ALL.map(Self::name).join(", ");
        ALL.into_iter()
            .find(|server| server.name() == name)
            .with_context(|| format!("there is no server {name}; there are: {}", names()))
    }

    /// What the generator must know of it: ngIRCd lets ten wait to be accepted, and whoever comes besides knocks again
    /// a second later.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        if self == Ngircd { &["--parallel", "8"] } else { &[] }
    }

    /// Starts it and waits until it accepts.
    pub(super) fn start(self, programs: &Programs) -> Result<Running> {
        let directory = tempfile::Builder::new().prefix("bench-").tempdir()?;
        let (lines, web) = (free_address()?, free_address()?);
        let mut frames = None;
        let mut command = match self {
            Null | NullOnceATurn => {
                frames = Some((lines, "/"));
                let mut command = Command::new(&programs.loadtest);
                command.arg("null-server").args(["--listen", &lines.to_string()]);
                command.args((self == NullOnceATurn).then_some("--once-a-turn"));
                command
            }
            Teahouse | TeahouseWithoutHistory => {
                frames = Some((lines, "/ws"));
                let config = directory.path().join("teahouse.toml");
                fs::write(&config, teahouse_config(lines, directory.path(), self == Teahouse))?;
                let mut command = Command::new(&programs.teahouse);
                command.arg("serve").arg("--config").arg(config).arg("--self-signed");
                command
            }
            Inspircd => {
                frames = Some((web, "/"));
                let config = readable(&directory, "inspircd.conf", &inspircd_config(lines, web, directory.path()))?;
                let mut command = programs.as_user("inspircd");
                command.arg(format!("--config={}", config.display())).args(["--nofork", "--nolog", "--nopid"]);
                command
            }
            Ngircd => {
                let config = readable(&directory, "ngircd.conf", &ngircd_config(lines))?;
                let mut command = programs.as_user("ngircd");
                command.arg("--nodaemon").arg("--config").arg(config);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("{} does not start", self.name()))?;
        let mut running = Running { child, lines, frames, _directory: directory };
        running.await_open().with_context(|| self.name())?;
        Ok(running)
    }
}

impl Running {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it is spoken to in this way.
    pub(super) fn url(&self, transport: &str) -> Result<String> {
        match (transport, self.frames) {
            ("tcp", _) => Ok(format!("irc://{}", self.lines)),
            ("tls", _) => Ok(format!("ircs://{}", self.lines)),
            ("ws" | "wss", Some((address, path))) => Ok(format!("{transport}://{address}{path}")),
            _ => bail!("it cannot be spoken to over {transport}"),
        }
    }

    fn await_open(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let addresses = [Some(self.lines), self.frames.map(|(address, _)| address)];
        for address in addresses.into_iter().flatten() {
            while TcpStream::connect(address).is_err() {
                if let Some(status) = self.child.try_wait()? {
                    bail!("it has ended: {status}");
                }
                if Instant::now() > deadline {
                    bail!("it does not listen at {address}");
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Writes a file that others may read, too.
fn readable(directory: &TempDir, name: &str, text: &str) -> Result<PathBuf> {
    let path = directory.path().join(name);
    fs::write(&path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    }
    Ok(path)
}

fn teahouse_config(at: SocketAddr, directory: &Path, history: bool) -> String {
    format!(
        r#"[listen]
any = ["{at}"]
irc = []
[storage]
path = {:?}
history = {history}
[limits]
messages_per_second = 0
"#,
        directory.join("data")
    )
}

fn inspircd_config(lines: SocketAddr, web: SocketAddr, directory: &Path) -> String {
    let folder = directory.display();
    let modules = [
        "cap",
        "ircv3",
        "ircv3_batch",
        "ircv3_capnotify",
        "ircv3_ctctags",
        "ircv3_echomessage",
        "ircv3_msgid",
        "ircv3_servertime",
        "namesx",
        "sha1",
        "websocket",
    ]
    .map(|name| format!("<module name=\"{name}\">\n"))
    .concat();
    format!(
        r#"<config format="xml">
<server name="inspircd.localhost" description="bench" network="Bench">
<admin name="bench" nick="bench" email="bench@localhost">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<bind address="{}" port="{}" type="clients">
<bind address="{}" port="{}" type="clients" hook="websocket">
{modules}<wsorigin allow="*">
<websocket defaultmode="text">
<connect name="main" allow="*" timeout="120" pingfreq="600" localmax="0" globalmax="0" limit="0" maxchans="100"
 hardsendq="1G" softsendq="1G" recvq="1M" threshold="1000000000" commandrate="1000000000" fakelag="off"
 resolvehostnames="no" useident="no" maxconnwarn="off" useconnflood="no">
<performance softlimit="20000" somaxconn="4096" nouserdns="yes" clonesonconnect="no" timeskipwarn="0">
"#,
        lines.ip(),
        lines.port(),
        web.ip(),
        web.port()
    )
}

fn ngircd_config(at: SocketAddr) -> String {
    format!(
        "[Global]\nName = ngircd.localhost\nInfo = bench\nListen = {}\nPorts = {}\nMotdPhrase = Welcome.\n\
         [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 100\nMaxNickLength = 30\nMaxPenaltyTime = 0\n\
         PingTimeout = 600\nPongTimeout = 60\n\
         [Options]\nDNS = no\nIdent = no\nPAM = no\n",
        at.ip(),
        at.port()
    )
}
