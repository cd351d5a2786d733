//! The control socket in the data directory: how those who run the server reach it while it serves.
//!
//! In: one line a connection, `ACCOUNT …`, from whoever may write into the data directory. Out: the lines that answer
//! it, then the end. Where there are no such sockets, or nobody serves, the data directory is opened instead and the
//! same line carried out there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use teahouse_chat::info::ServerInfo;
use teahouse_proto::irc::Message;
use teahouse_store::{OpenError, Options, must_be_there};

use crate::config::{Config, Listen};
use crate::door::Listening;
use crate::handle::{StartError, server_info};
use crate::log::Log;
use crate::reach::{own_addresses, page_address};

/// The socket's name in the data directory.
#[cfg(unix)]
const SOCKET: &str = "control";

/// So many lines wait for whoever asked; then what makes them waits.
#[cfg(unix)]
const LINES_WAITING_MAX: usize = 64;

/// A longer line is not read further.
#[cfg(unix)]
const LINE_BYTES_MAX: u64 = 4096;

/// Whoever has the data directory and cannot be asked is tried again after so long, in milliseconds.
const TRY_AGAIN_MS: u64 = 50;

/// So many times: three seconds.
const TRIES_MAX: u32 = 60;

/// What came of it; one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operated {
    /// Whether it was refused.
    pub is_refused: bool,
    /// What kind of answer it is: `DONE`, `ENTRY`, `NO_SUCH_ACCOUNT`, and their like.
    pub code: String,
    /// The account that it is about, if it is about one.
    pub about: Option<String>,
    /// What is to be read.
    pub text: String,
}

/// What becomes of a data directory in which nothing has served yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbegun {
    /// It is refused, and nothing is made.
    Refused,
    /// It gets a database, as if a server had been started there.
    Begun,
}

/// Carries out a line of those who run the server (`ACCOUNT …`): by the server of this data directory if it serves, else
/// in the directory itself. Each thing that comes of it is told as it comes.
///
/// A server that comes or goes has the directory and cannot be asked: that is waited for, for a few seconds.
pub fn operate(
    config: &Config,
    unbegun: Unbegun,
    line: &str,
    mut tell: impl FnMut(Operated),
) -> Result<(), StartError> {
    let mut tell = |line: &str| read(line).into_iter().for_each(&mut tell);
    let mut tries_left = if cfg!(unix) { TRIES_MAX } else { 0 };
    try_to_operate(config, unbegun, line, &mut tell, || {
        std::thread::sleep(Duration::from_millis(TRY_AGAIN_MS));
        tries_left = tries_left.saturating_sub(1);
        tries_left > 0
    })
}

fn try_to_operate(
    config: &Config,
    unbegun: Unbegun,
    line: &str,
    tell: &mut dyn FnMut(&str),
    mut may_try_again: impl FnMut() -> bool,
) -> Result<(), StartError> {
    loop {
        match ask_or_open(config, unbegun, line, tell) {
            Err(StartError::Store(OpenError::InUse { .. })) if may_try_again() => {}
            outcome => return outcome,
        }
    }
}

fn ask_or_open(config: &Config, unbegun: Unbegun, line: &str, tell: &mut dyn FnMut(&str)) -> Result<(), StartError> {
    if ask(&config.data_dir, line, tell)? {
        return Ok(());
    }
    if unbegun == Unbegun::Refused {
        must_be_there(&config.data_dir)?;
    }
    let mut info = server_info(config);
    let listening = config.listen.iter().map(|&Listen { address, takes, .. }| Listening { address, takes });
    info.page = page_address(config, listening, &own_addresses());
    let options = Options { history: config.keep_history, ..Options::default() };
    let (log, _) = Log::open(config.data_dir.clone(), options, info.rules.clone())?;
    log.operate(&info, line, &mut |line| {
        tell(&line);
        true
    });
    log.close();
    Ok(())
}

/// `FAIL ACCOUNT CODE name :text`, `NOTE ACCOUNT CODE name :text`, or a numeric.
fn read(line: &str) -> Option<Operated> {
    let message = Message::parse(line).ok()?;
    let text = (*message.params.last()?).to_owned();
    let about = message.params.get(2).filter(|name| *name != "*" && message.params.len() > 3).map(str::to_owned);
    let code = message.params.get(1).unwrap_or_default().to_owned();
    Some(Operated { is_refused: message.command != "NOTE", code, about, text })
}

/// Takes connections until the runtime ends; MUST be called within one.
#[cfg(unix)]
pub(crate) fn open(log: &Arc<Log>, info: &Arc<ServerInfo>, directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.join(SOCKET);
    // Whoever has the directory's lock is the only one who serves: a socket that is there is a dead one's.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = tokio::net::UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let (log, info) = (Arc::clone(log), Arc::clone(info));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (log, info) = (Arc::clone(&log), Arc::clone(&info));
            tokio::spawn(async move {
                if let Err(error) = serve(stream, log, info).await {
                    tracing::debug!("the control socket: {error}");
                }
            });
        }
    });
    Ok(())
}

#[cfg(unix)]
async fn serve(stream: tokio::net::UnixStream, log: Arc<Log>, info: Arc<ServerInfo>) -> std::io::Result<()> {
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reader.take(LINE_BYTES_MAX)).read_line(&mut line).await?;
    let (give, mut answers) = tokio::sync::mpsc::channel(LINES_WAITING_MAX);
    let work = tokio::task::spawn_blocking(move || {
        log.operate(&info, line.trim_end(), &mut |line| give.blocking_send(line).is_ok());
    });
    while let Some(answer) = answers.recv().await {
        writer.write_all(format!("{answer}\n").as_bytes()).await?;
    }
    work.await?;
    writer.shutdown().await
}

/// Asks the server of this directory; `false` if none serves.
#[cfg(unix)]
fn ask(directory: &Path, line: &str, tell: &mut dyn FnMut(&str)) -> Result<bool, StartError> {
    use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
    let mut stream = match std::os::unix::net::UnixStream::connect(directory.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut is_answered = false;
    for answer in BufReader::new(stream).lines() {
        tell(&answer?);
        is_answered = true;
    }
    if is_answered { Ok(true) } else { Err(StartError::Unanswered) }
}

#[cfg(not(unix))]
pub(crate) fn open(_: &Arc<Log>, _: &Arc<ServerInfo>, _: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn ask(_: &Path, _: &str, _: &mut dyn FnMut(&str)) -> Result<bool, StartError> {
    Ok(false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn config(directory: &tempfile::TempDir) -> Config {
        Config { data_dir: directory.path().to_owned(), ..Config::default() }
    }

    #[test]
    fn a_server_that_cannot_be_asked_yet_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let (config, runtime) = (config(&directory), tokio::runtime::Runtime::new().unwrap());
        let info = Arc::new(server_info(&config));
        let (log, _) = Log::open(config.data_dir.clone(), Options::default(), info.rules.clone()).unwrap();
        let (log, mut told) = (Arc::new(log), Vec::new());
        let mut tell = |line: &str| told.push(line.to_owned());
        try_to_operate(&config, Unbegun::Refused, "ACCOUNT LIST", &mut tell, || {
            let _inside = runtime.enter();
            open(&log, &info, &config.data_dir).unwrap();
            true
        })
        .unwrap();
        assert!(told.len() == 1 && told[0].ends_with("NOTE ACCOUNT END * :These are all accounts"), "{told:?}");
        log.close();
    }

    #[test]
    fn whoever_has_the_directory_and_never_answers_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(&directory);
        let (log, _) =
            Log::open(config.data_dir.clone(), Options::default(), server_info(&config).rules.clone()).unwrap();
        let mut tries = 0;
        let outcome = try_to_operate(&config, Unbegun::Refused, "ACCOUNT LIST", &mut |_| {}, || {
            tries += 1;
            tries < 3
        });
        assert!(outcome.unwrap_err().to_string().contains("in use by another Teahouse"));
        assert_eq!(tries, 3);
        log.close();
    }

    #[test]
    fn a_server_that_goes_without_an_answer_has_not_said_that_it_is_done() {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).unwrap();
            line
        });
        let outcome = operate(&config(&directory), Unbegun::Refused, "ACCOUNT DELETE alice", |_| {});
        assert!(matches!(outcome, Err(StartError::Unanswered)), "{outcome:?}");
        assert_eq!(server.join().unwrap(), "ACCOUNT DELETE alice\n");
    }
}
