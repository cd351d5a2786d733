//! `teahouse reindex`: makes the index that messages are found by anew, while no server runs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use teahouse_server::config::{Config, Problem};
use teahouse_server::{Reindexed, reindex};

/// The usual code for bad usage.
const BAD_USAGE: u8 = 2;
const BYTES_PER_MB: u64 = 1_000_000;

/// The options of `teahouse reindex`.
#[derive(Debug, Args)]
pub(crate) struct ReindexArgs {
    /// Read this configuration instead of ./teahouse.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, if it is not the configuration's
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Makes the index anew, and says what came of it.
pub(crate) fn run(args: &ReindexArgs) -> anyhow::Result<ExitCode> {
    let directory = match directory(args) {
        Ok(directory) => directory,
        Err(problem) => {
            _ = writeln!(std::io::stderr(), "teahouse: {problem}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    let started = Instant::now();
    let Reindexed { messages, bytes } = reindex(&directory, |done| tracing::debug!("{done} messages"))?;
    let (seconds, megabytes) = (started.elapsed().as_secs_f64(), bytes.div_ceil(BYTES_PER_MB));
    writeln!(std::io::stdout(), "{messages} messages can be found ({megabytes} MB, {seconds:.1} s).")?;
    Ok(ExitCode::SUCCESS)
}

fn directory(args: &ReindexArgs) -> Result<PathBuf, Problem> {
    match &args.data {
        Some(directory) => Ok(directory.clone()),
        None => Config::load(args.config.as_deref(), std::env::vars_os()).map(|config| config.data_dir),
    }
}
