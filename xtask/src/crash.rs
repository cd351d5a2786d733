//! `cargo xtask crash`: the test that kills the real program under load, as many rounds as one likes.

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, plainly};

/// How many rounds unless told otherwise.
const ROUNDS: u64 = 200;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    rounds: u64,
    seed: Option<u64>,
    release: bool,
}

/// Runs it; the program is built as the tests build it, or as it is shipped.
pub(crate) fn crash(words: &[&str]) -> Result<()> {
    let Options { rounds, seed, release } = Options::parse(words)?;
    let mut command = cargo(&["test", "--package", "teahouse", "--test", "it"]);
    command.args(release.then_some("--release")).args(["crash::", "--", "--nocapture"]);
    command.env("CRASH_ROUNDS", rounds.to_string());
    if let Some(seed) = seed {
        command.env("SEED", seed.to_string());
    }
    plainly(&mut command)
}

impl Options {
    fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Options { rounds: ROUNDS, seed: None, release: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let number = words.next().and_then(|word| word.parse().ok());
                number.with_context(|| format!("{word} takes a number"))
            };
            match *word {
                "--rounds" => options.rounds = number()?,
                "--seed" => options.seed = Some(number()?),
                "--release" => options.release = true,
                _ => bail!("crash takes --rounds N, --seed S and --release, not {word}"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_seed_and_profile_are_chosen() {
        let usual = Options { rounds: ROUNDS, seed: None, release: false };
        assert_eq!(Options::parse(&[]).unwrap(), usual);
        let chosen = Options { rounds: 3, seed: Some(7), release: true };
        assert_eq!(Options::parse(&["--seed", "7", "--release", "--rounds", "3"]).unwrap(), chosen);
        for wrong in [&["--rounds"][..], &["--rounds", "many"], &["--round", "3"], &["3"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
