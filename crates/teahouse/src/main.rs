//! One chat server with two doors: raw TCP sockets and WebSockets.
//!
//! The command line over the server and the client library; one file for each subcommand.

mod account;
mod backup;
mod reindex;
mod send;
mod serve;
mod tail;
mod visitor;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What is logged unless RUST_LOG says otherwise.
const USUAL_LOG: &str = "warn,teahouse=info,teahouse_server=info,teahouse_store=info";

/// A chat server with two doors: raw TCP sockets and WebSockets. With no command, it serves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
    /// Log lines of JSON instead of text (to stderr; RUST_LOG chooses what)
    #[arg(long, global = true)]
    log_json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (also without a command)
    Serve(serve::ServeArgs),
    /// Make accounts, change them, end them
    Account(account::AccountArgs),
    /// Say something, and leave once it is stored
    Send(send::SendArgs),
    /// Print what is said in a room, live
    Tail(tail::TailArgs),
    /// Copy the database into a file, also while a server runs
    Backup(backup::BackupArgs),
    /// Make the index that messages are found by anew, while no server runs
    Reindex(reindex::ReindexArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log_json);
    let done = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Account(args)) => account::run(&args),
        Some(Command::Send(args)) => send::run(&args),
        Some(Command::Tail(args)) => tail::run(&args),
        Some(Command::Backup(args)) => backup::run(&args),
        Some(Command::Reindex(args)) => reindex::run(&args),
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "teahouse: {error:#}");
        ExitCode::FAILURE
    })
}

fn start_log(json: bool) {
    let filter = match std::env::var("RUST_LOG") {
        Ok(wanted) if !wanted.is_empty() => {
            EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).parse_lossy(wanted)
        }
        _ => EnvFilter::new(USUAL_LOG),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}
