//! `cargo xtask simulate`: many users in one thread and from one seed, again or with seeds that nobody has tried.

use anyhow::{Result, bail};

use crate::run::{cargo, plainly};

/// Runs the simulation that the tests run, with their seeds or with one of one's own.
pub(crate) fn simulate(words: &[&str]) -> Result<()> {
    let mut command = cargo(&["test", "--package", "teahouse-chat", "--lib", "simulation"]);
    command.args(["--", "--nocapture"]);
    match words {
        [] => {}
        ["--seed", seed] if seed.parse::<u64>().is_ok() => {
            command.env("SEED", seed);
        }
        _ => bail!("simulate takes --seed N, and N is a whole number"),
    }
    plainly(&mut command)
}
