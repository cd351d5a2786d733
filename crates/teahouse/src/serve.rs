//! `teahouse serve`: the server until it is told to go.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use teahouse_server::config::{Config, Takes};
use teahouse_server::{Certificate, Listening, Server, ServerHandle, own_addresses, reachable};

/// What the configuration or the command line got wrong; the usual code for bad usage.
const BAD_USAGE: u8 = 2;

/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// The options of `teahouse serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Read this configuration instead of ./teahouse.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep the database in this directory instead of ./teahouse-data
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Listen at this address only, like 127.0.0.1:8667; may be given more than once
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Vec<SocketAddr>,
    /// Let in the whole network: listen at all addresses of this machine
    #[arg(long, conflicts_with = "listen")]
    lan: bool,
    /// Take TLS too, with a certificate that the server makes itself and keeps with its data
    #[arg(long)]
    self_signed: bool,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, like 127.0.0.1:8667 or [::1]:8667")
}

/// Serves until Ctrl-C or SIGTERM, then says goodbye; a second Ctrl-C leaves at once.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let config = match configure(args) {
        Ok(config) => config,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "teahouse: {problem}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    raise_file_limit();
    let data_dir = std::path::absolute(&config.data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before the welcome: whoever has read it may send a signal at once.
    let told = runtime.block_on(async { Told::new() })?;
    let handle = Server::start(config)?;
    print(&welcome(handle.addresses(), handle.certificate(), &data_dir, &own_addresses()));
    if let Some(code) = handle.claim() {
        print(&first_operator(handle.page(), code));
    }
    runtime.block_on(until_told_to_go(handle, told))?;
    Ok(ExitCode::SUCCESS)
}

fn configure(args: &ServeArgs) -> Result<Config, teahouse_server::config::Problem> {
    let mut config = Config::load(args.config.as_deref(), std::env::vars_os())?;
    if let Some(data) = &args.data {
        config.data_dir.clone_from(data);
    }
    if args.self_signed {
        config.sign_itself()?;
    }
    if args.lan {
        config.listen_to_lan();
    } else if !args.listen.is_empty() {
        config.listen_only_at(&args.listen);
    }
    Ok(config)
}

/// Each connection is a file; the usual limit of 1024 would end a busy evening.
fn raise_file_limit() {
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!("the limit on open files stays as it is: {error}");
    }
}

async fn until_told_to_go(handle: ServerHandle, mut told: Told) -> anyhow::Result<()> {
    told.wait().await?;
    print("\nClosing the teahouse …\n");
    let closing = tokio::task::spawn_blocking(|| handle.shutdown());
    tokio::select! {
        closed = closing => Ok(closed?),
        again = told.wait() => {
            again?;
            tracing::warn!("leaving at once");
            std::process::exit(INTERRUPTED);
        }
    }
}

/// Ctrl-C and, on Unix, SIGTERM; a signal that comes while nobody waits is kept.
struct Told {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Told {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Told { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
impl Told {
    fn new() -> std::io::Result<Self> {
        Ok(Told {})
    }

    async fn wait(&mut self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

/// A closed stdout is no reason not to serve.
fn print(text: &str) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// What a person wants to read when the server is open.
fn welcome(listening: &[Listening], certificate: Option<&Certificate>, data_dir: &Path, own: &[IpAddr]) -> String {
    let web = reachable(listening, own, |takes| takes != Takes::Irc);
    let irc = reachable(listening, own, |takes| takes != Takes::Web);
    let mut rows: Vec<(&str, String)> = Vec::new();
    if certificate.is_some() {
        rows.extend(web.iter().map(|address| ("Page", format!("https://{address}/"))));
        rows.extend(irc.iter().map(|address| ("IRC", format!("ircs://{address}"))));
        rows.extend(web.iter().map(|address| ("WebSocket", format!("wss://{address}/"))));
        rows.push(("Plain", "http, irc and ws are at the same addresses".into()));
    } else {
        rows.extend(web.iter().map(|address| ("Page", format!("http://{address}/"))));
        rows.extend(irc.iter().map(|address| ("IRC", address.to_string())));
    }
    rows.push(("Data", data_dir.display().to_string()));
    let mut text = String::from("The teahouse is open.\n\n");
    write_rows(&mut text, &rows);
    if let Some(Certificate { fingerprint, is_self_signed: true }) = certificate {
        text.push_str("\nThe certificate is the server's own. Programs warn of it until they are told that it is this one, by SHA-256:\n");
        let _ = writeln!(text, "  {fingerprint}");
    }
    let is_private = listening.iter().all(|listening| listening.address.ip().is_loopback());
    text.push_str(if is_private {
        "\nOnly this computer can come in. To open it to your network: teahouse --lan\n"
    } else {
        "\nEverybody who can reach this computer can come in.\n"
    });
    if !is_private && certificate.is_none() {
        text.push_str("What they say can be read in the network on its way. To encrypt it: --self-signed\n");
    }
    text.push_str("Ctrl-C closes it.\n");
    text
}

/// How whoever hosts this becomes its operator.
fn first_operator(page: Option<&str>, code: &str) -> String {
    let how = match page {
        Some(page) => format!("open this once, within 24 hours:\n  {page}#/claim/{code}"),
        None => format!("log in to an account within 24 hours and say:\n  OPER claim {code}"),
    };
    format!("\nNobody runs this server yet. To be its operator, {how}\n")
}

/// A name is written once, before the first of its values.
fn write_rows(text: &mut String, rows: &[(&str, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut last = "";
    for (name, value) in rows {
        let shown = if *name == last { "" } else { name };
        let _ = writeln!(text, "  {shown:<width$}  {value}");
        last = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(addresses: &[(&str, Takes)]) -> Vec<Listening> {
        addresses
            .iter()
            .map(|(address, takes)| Listening { address: address.parse().unwrap(), takes: *takes })
            .collect()
    }

    const DEFAULT: &[(&str, Takes)] = &[
        ("127.0.0.1:8667", Takes::Any),
        ("[::1]:8667", Takes::Any),
        ("127.0.0.1:6667", Takes::Irc),
        ("[::1]:6667", Takes::Irc),
    ];

    #[test]
    fn the_welcome_says_where_and_how_to_open_it_further() {
        let text = welcome(&listening(DEFAULT), None, Path::new("/srv/tea/teahouse-data"), &[]);
        assert_eq!(
            text,
            "The teahouse is open.\n\
             \n\
             \x20 Page  http://127.0.0.1:8667/\n\
             \x20 IRC   127.0.0.1:8667\n\
             \x20       127.0.0.1:6667\n\
             \x20 Data  /srv/tea/teahouse-data\n\
             \n\
             Only this computer can come in. To open it to your network: teahouse --lan\n\
             Ctrl-C closes it.\n"
        );
    }

    #[test]
    fn with_tls_the_secure_addresses_are_written_out() {
        let all = listening(&[("0.0.0.0:8667", Takes::Any), ("127.0.0.1:6667", Takes::Irc)]);
        let own = ["127.0.0.1", "192.168.7.7"].map(|ip| ip.parse().unwrap());
        let mut certificate = Certificate { fingerprint: "0123abcd".into(), is_self_signed: true };
        let text = welcome(&all, Some(&certificate), Path::new("/d"), &own);
        assert_eq!(
            text,
            "The teahouse is open.\n\
             \n\
             \x20 Page       https://127.0.0.1:8667/\n\
             \x20            https://192.168.7.7:8667/\n\
             \x20 IRC        ircs://127.0.0.1:8667\n\
             \x20            ircs://192.168.7.7:8667\n\
             \x20            ircs://127.0.0.1:6667\n\
             \x20 WebSocket  wss://127.0.0.1:8667/\n\
             \x20            wss://192.168.7.7:8667/\n\
             \x20 Plain      http, irc and ws are at the same addresses\n\
             \x20 Data       /d\n\
             \n\
             The certificate is the server's own. Programs warn of it until they are told that it is this one, by SHA-256:\n\
             \x20 0123abcd\n\
             \n\
             Everybody who can reach this computer can come in.\n\
             Ctrl-C closes it.\n"
        );
        certificate.is_self_signed = false;
        assert!(!welcome(&all, Some(&certificate), Path::new("/d"), &own).contains("0123abcd"));
    }

    #[test]
    fn the_first_operator_is_shown_the_way() {
        assert_eq!(
            first_operator(Some("http://127.0.0.1:8667/"), "5eed"),
            "\nNobody runs this server yet. To be its operator, open this once, within 24 hours:\n\
             \x20 http://127.0.0.1:8667/#/claim/5eed\n"
        );
        assert!(first_operator(None, "5eed").ends_with("within 24 hours and say:\n  OPER claim 5eed\n"));
    }

    #[test]
    fn in_the_lan_the_machines_addresses_are_written_out() {
        let all = listening(&[("0.0.0.0:8667", Takes::Any), ("[::]:8667", Takes::Any), ("0.0.0.0:6667", Takes::Irc)]);
        let own = ["127.0.0.1", "192.168.7.7", "::1", "2001:db8::7"].map(|ip| ip.parse().unwrap());
        let text = welcome(&all, None, Path::new("/d"), &own);
        let pages: Vec<_> = text.lines().filter_map(|line| line.split("http://").nth(1)).collect();
        assert_eq!(pages, ["127.0.0.1:8667/", "192.168.7.7:8667/", "[2001:db8::7]:8667/"]);
        assert!(
            text.contains("Everybody who can reach this computer can come in.\nWhat they say can be read"),
            "{text}"
        );
    }

    #[test]
    fn a_machine_with_ipv6_alone_has_a_page_too() {
        let text = welcome(&listening(&[("[::1]:8667", Takes::Any)]), None, Path::new("/d"), &[]);
        assert!(text.contains("http://[::1]:8667/"), "{text}");
    }
}
