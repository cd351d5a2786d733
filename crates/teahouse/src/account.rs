//! `teahouse account`: those who run the server make accounts, and change or end them.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use teahouse_server::config::Config;
use teahouse_server::{Operated, Unbegun, operate};

/// What clap gives back for what it finds wrong itself.
const BAD_USAGE: u8 = 2;

/// The options of `teahouse account`.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// Read this configuration instead of ./teahouse.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The data directory, if it is not ./teahouse-data
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Make an account; its password is read from the terminal or standard input
    Create { name: String },
    /// Give an account another password, read from the terminal or standard input
    Password { name: String },
    /// Keep an account from being used; whoever is connected as it is sent away
    Suspend {
        name: String,
        /// Why
        reason: Vec<String>,
    },
    /// Let a suspended account be used again
    Resume { name: String },
    /// Give an account another name
    Rename { name: String, to: String },
    /// End an account, with all that is its own
    Delete { name: String },
    /// Have an account run the server too, or not any more
    Operator { name: String, on: Switch },
    /// Write all that is held on an account: a line of JSON for each thing, to standard output
    Export { name: String },
    /// Make an invitation: its link is good for one new account, where accounts need one
    Invite {
        /// For how long, like 12h, 7d or 2w; 7 days without
        time: Option<String>,
    },
    /// Make a one-time link: whoever opens it within a day runs the server
    Claim,
    /// Tell which accounts there are
    List,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Has it done by the server if it serves, else in the data directory.
pub(crate) fn run(args: &AccountArgs) -> anyhow::Result<ExitCode> {
    let mut config = match Config::load(args.config.as_deref(), std::env::vars_os()) {
        Ok(config) => config,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "teahouse: {problem}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    if let Some(data) = &args.data {
        config.data_dir.clone_from(data);
    }
    let words = words(&args.deed)?;
    let (last, first) = words.split_last().context("there is always a verb")?;
    let is_name = |name: &String| !name.is_empty() && !name.starts_with(':') && !name.contains(char::is_whitespace);
    if !words.get(1).is_none_or(is_name) {
        let _ = writeln!(std::io::stderr(), "teahouse: an account's name is one word, like a nick");
        return Ok(ExitCode::from(BAD_USAGE));
    }
    let line = [&["ACCOUNT".to_owned()], first, &[format!(":{last}")]].concat().join(" ");
    let (mut code, mut written, mut last_code) = (ExitCode::SUCCESS, Ok(()), String::new());
    operate(&config, unbegun(args), &line, |answer| {
        if answer.is_refused {
            code = ExitCode::FAILURE;
            let about = about(answer.about.as_deref());
            let _ = writeln!(std::io::stderr(), "teahouse: {about}{}", answer.text);
        } else if written.is_ok() {
            written = write(&args.deed, &answer);
        }
        last_code = answer.code;
    })?;
    written?;
    if matches!(args.deed, Deed::Export { .. }) && code == ExitCode::SUCCESS && last_code != "END" {
        anyhow::bail!("the server went before it had told all");
    }
    Ok(code)
}

/// Whoever makes something may do so before the first start; one that mistypes --data makes no new directory.
fn unbegun(args: &AccountArgs) -> Unbegun {
    let makes = matches!(args.deed, Deed::Create { .. } | Deed::Invite { .. } | Deed::Claim);
    let is_meant = args.data.as_ref().is_none_or(|data| data.is_dir());
    if makes && is_meant { Unbegun::Begun } else { Unbegun::Refused }
}

/// What is done is told; what is exported is put together from its pieces.
fn write(deed: &Deed, answer: &Operated) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    match (deed, &*answer.code) {
        (Deed::Export { .. }, "MORE") => write!(out, "{}", answer.text),
        (Deed::Export { .. }, "EXPORT") => writeln!(out, "{}", answer.text),
        (Deed::Export { .. }, _) => Ok(()),
        _ => writeln!(out, "{}{}", about(answer.about.as_deref()), answer.text),
    }
}

fn about(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("{name}: "))
}

fn words(deed: &Deed) -> anyhow::Result<Vec<String>> {
    let line = |words: &[&str]| Ok(words.iter().map(|word| (*word).to_owned()).collect());
    match deed {
        Deed::Create { name } => line(&["CREATE", name, &password()?]),
        Deed::Password { name } => line(&["PASSWORD", name, &password()?]),
        Deed::Suspend { name, reason } => line(&["SUSPEND", name, &reason.join(" ")]),
        Deed::Resume { name } => line(&["RESUME", name]),
        Deed::Rename { name, to } => line(&["RENAME", name, to]),
        Deed::Delete { name } => line(&["DELETE", name]),
        Deed::Operator { name, on: Switch::On } => line(&["OPERATOR", name, "ON"]),
        Deed::Operator { name, on: Switch::Off } => line(&["OPERATOR", name, "OFF"]),
        Deed::Export { name } => line(&["EXPORT", name]),
        Deed::Invite { time: None } => line(&["INVITE"]),
        Deed::Invite { time: Some(time) } => line(&["INVITE", time]),
        Deed::Claim => line(&["CLAIM"]),
        Deed::List => line(&["LIST"]),
    }
}

/// Asked for at a terminal, where it is not shown; else the first line of standard input.
fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("the terminal gives no password");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("standard input gives no password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
