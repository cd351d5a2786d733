//! `teahouse backup FILE`: copies the database into a file, whether or not a server runs.
//!
//! A server may be writing at the same time: the copy is made by another process that reads the same files, so nothing has
//! to be asked of it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use teahouse_server::backup;
use teahouse_server::config::Config;

/// The usual code for bad usage.
const BAD_USAGE: u8 = 2;
const BYTES_PER_MB: u64 = 1_000_000;

/// The options of `teahouse backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The copy; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read this configuration instead of ./teahouse.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, if it is not the configuration's
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Makes the copy, and says how to use it.
pub(crate) fn run(args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let configured = match &args.data {
        Some(directory) => Ok(directory.clone()),
        None => Config::load(args.config.as_deref(), std::env::vars_os()).map(|config| config.data_dir),
    };
    let directory = match configured {
        Ok(directory) => directory,
        Err(problem) => {
            _ = writeln!(std::io::stderr(), "teahouse: {problem}");
            return Ok(ExitCode::from(BAD_USAGE));
        }
    };
    let megabytes = backup(&directory, &args.file)?.div_ceil(BYTES_PER_MB);
    let file = args.file.display();
    writeln!(std::io::stdout(), "{file} has all that is kept ({megabytes} MB).")?;
    writeln!(
        std::io::stdout(),
        "To go back to it, put it as teahouse.db into an empty directory, and serve with that."
    )?;
    Ok(ExitCode::SUCCESS)
}
