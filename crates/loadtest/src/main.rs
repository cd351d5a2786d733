//! `loadtest SCENARIO --server URL [--pid PID]` and `loadtest null-server`: the command line.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Parser, Subcommand};
use teahouse_loadtest::attack::{self, ATTACKS, Attack, Extent};
use teahouse_loadtest::checker::Seating;
use teahouse_loadtest::login::{By, Login};
use teahouse_loadtest::null_server::{self, Writes};
use teahouse_loadtest::report::Report;
use teahouse_loadtest::scenario::Options;
use teahouse_loadtest::scenario::idle::{self, Idle};
use teahouse_loadtest::scenario::login::{self, Logins};
use teahouse_loadtest::scenario::storm::{self, Storm};
use teahouse_loadtest::scenario::talk::{self, Pace, Talk};

/// Drives any IRC server with many clients, and checks that nothing is lost, doubled or out of order.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everybody is in a room, and silent
    Idle {
        #[command(flatten)]
        options: Options,
        /// How many clients
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
        /// How many in each room
        #[arg(long, default_value_t = 100)]
        members: usize,
        /// Each is logged in to an account of its own, which is made before if there is none
        #[arg(long)]
        accounts: bool,
        /// How long they are watched
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
    },
    /// Many log in by SASL, while twenty talk in a room
    Login {
        #[command(flatten)]
        options: Options,
        /// How many log in
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// To how many accounts, which are made before if there are none
        #[arg(long, default_value_t = 100)]
        accounts: usize,
        /// How many are on their way at once
        #[arg(long, default_value_t = 1000)]
        at_once: usize,
        /// By SCRAM-SHA-256, not by PLAIN
        #[arg(long)]
        scram: bool,
        /// How long before and after are
        #[arg(long, default_value_t = 5.0)]
        calm: f64,
    },
    /// A few speak to many in one room, as fast as all can hear it
    Fanout {
        #[command(flatten)]
        talk: TalkArgs,
        /// How many listen
        #[arg(long, default_value_t = 1000)]
        receivers: usize,
        /// How many speak
        #[arg(long, default_value_t = 4)]
        senders: usize,
        /// How many messages of each may be on their way
        #[arg(long, default_value_t = 64)]
        window: u32,
    },
    /// One speaks to many in one room, now and then
    Latency {
        #[command(flatten)]
        talk: TalkArgs,
        /// How many listen
        #[arg(long, default_value_t = 1000)]
        receivers: usize,
        /// Messages a second
        #[arg(long, default_value_t = 20.0)]
        rate: f64,
    },
    /// Everybody speaks now and then, in many small rooms
    Rooms {
        #[command(flatten)]
        talk: TalkArgs,
        /// How many rooms
        #[arg(long, default_value_t = 1000)]
        rooms: usize,
        /// How many in each
        #[arg(long, default_value_t = 10)]
        members: usize,
        /// Messages a second, in all rooms together
        #[arg(long, default_value_t = 2000.0)]
        rate: f64,
    },
    /// A few speak, each alone in a room, and wait for their echoes
    Store {
        #[command(flatten)]
        talk: TalkArgs,
        /// How many speak
        #[arg(long, default_value_t = 8)]
        senders: usize,
        /// How many messages of each may be without their echo
        #[arg(long, default_value_t = 256)]
        window: u32,
    },
    /// Everybody's connection breaks, and all come back and fetch history
    Storm {
        #[command(flatten)]
        options: Options,
        /// How many rooms
        #[arg(long, default_value_t = 100)]
        rooms: usize,
        /// How many in each
        #[arg(long, default_value_t = 100)]
        members: usize,
        /// How many messages each fetches
        #[arg(long, default_value_t = 50)]
        page: u32,
        /// How many are on their way back at once
        #[arg(long, default_value_t = 1000)]
        at_once: usize,
        /// Those who come back take only what the server and those who talk leave them of the cores: on the server's own
        /// machine, what is then noticed is the server's doing, not theirs; they take longer themselves
        #[arg(long)]
        nice: bool,
        /// How long twenty who talk all the while do so before and after
        #[arg(long, default_value_t = 5.0)]
        calm: f64,
    },
    /// A hostile crowd: the server's memory, and what others in a room notice of it
    Attack {
        /// Which, or all
        #[arg(value_parser = names_of_attacks())]
        which: String,
        #[command(flatten)]
        options: Options,
        /// How long the attack lasts
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
        /// How long before and after are
        #[arg(long, default_value_t = 5.0)]
        calm: f64,
        /// What part of the attackers come
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
    },
    /// A server without a chat: what the kernel's writes alone cost
    NullServer {
        /// Where to listen
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Write once a turn to each receiver, not once a message
        #[arg(long)]
        once_a_turn: bool,
    },
}

#[derive(Debug, clap::Args)]
struct TalkArgs {
    #[command(flatten)]
    options: Options,
    /// How long they talk
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// How long before that nothing is counted
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
}

fn main() -> ExitCode {
    raise_file_limit();
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "loadtest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all arrived, once and in order.
fn run(command: Command) -> Result<bool> {
    let report = match command {
        Command::NullServer { listen, once_a_turn } => {
            let writes = if once_a_turn { Writes::PerTurn } else { Writes::PerMessage };
            match null_server::serve(listen, writes, null_server::announce)? {}
        }
        Command::Attack { which, options, seconds, calm, scale } => {
            let (attack, calm) = (Duration::from_secs_f64(seconds), Duration::from_secs_f64(calm));
            return run_attacks(&which, Extent { calm, attack, scale }, &options);
        }
        Command::Idle { options, clients, members, accounts, seconds } => {
            let duration = Duration::from_secs_f64(seconds);
            idle::run(&Idle { clients, members, accounts, duration }, &options)?
        }
        Command::Login { options, clients, accounts, at_once, scram, calm } => {
            let login = Login { first: 0, accounts, by: if scram { By::Scram } else { By::Plain } };
            let calm = Duration::from_secs_f64(calm);
            login::run(&Logins { clients, login, parallel: at_once, calm }, &options)?
        }
        Command::Storm { options, rooms, members, page, at_once, nice, calm } => {
            let (seating, calm) = (Seating { rooms, members, speakers: 1 }, Duration::from_secs_f64(calm));
            storm::run(&Storm { seating, said: page + 10, page, parallel: at_once, nice, calm }, &options)?
        }
        Command::Fanout { talk, receivers, senders, window } => {
            let seating = Seating { rooms: 1, members: receivers + senders, speakers: senders };
            talk.run("fanout", seating, Pace::Window(window))?
        }
        Command::Latency { talk, receivers, rate } => {
            let seating = Seating { rooms: 1, members: receivers + 1, speakers: 1 };
            talk.run("latency", seating, Pace::PerSecond(rate))?
        }
        Command::Rooms { talk, rooms, members, rate } => {
            talk.run("rooms", Seating { rooms, members, speakers: members }, Pace::PerSecond(rate))?
        }
        Command::Store { talk, senders, window } => {
            talk.run("store", Seating { rooms: senders, members: 1, speakers: 1 }, Pace::Window(window))?
        }
    };
    tell(&report)?;
    Ok(!report.faults.any())
}

/// Whether those who talked meanwhile heard all.
fn run_attacks(name: &str, extent: Extent, options: &Options) -> Result<bool> {
    let (web, mut all_heard) = (options.server.transport.is_web(), true);
    let all = ATTACKS.iter().filter(|attack| web || attack.name != "fragments");
    let chosen: Vec<&Attack> = if name == "all" { all.collect() } else { Attack::named(name).into_iter().collect() };
    for attack in chosen {
        let outcome = attack::run(attack, extent, options)?;
        writeln!(std::io::stderr(), "{}", outcome.for_people())?;
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
        all_heard &= !outcome.faults.any();
    }
    Ok(all_heard)
}

fn names_of_attacks() -> PossibleValuesParser {
    let all = PossibleValue::new("all").help("one after the other");
    let each = ATTACKS.iter().map(|attack| PossibleValue::new(attack.name).help(attack.says));
    PossibleValuesParser::new(each.chain([all]))
}

impl TalkArgs {
    fn run(&self, name: &'static str, seating: Seating, pace: Pace) -> Result<Report> {
        let warmup = Duration::from_secs_f64(self.warmup);
        let duration = Duration::from_secs_f64(self.seconds);
        talk::run(&Talk { name, seating, pace, warmup, duration }, &self.options)
    }
}

/// For people to stderr, for programs to stdout.
fn tell(report: &Report) -> Result<()> {
    writeln!(std::io::stderr(), "{}", report.for_people())?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(report)?)?;
    Ok(())
}

/// Each client is a file; there may be ten thousand.
fn raise_file_limit() {
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        let _ = writeln!(std::io::stderr(), "loadtest: the limit on open files stays as it is: {error}");
    }
}
