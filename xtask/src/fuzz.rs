//! `cargo xtask fuzz`: each target for a while, with bytes that libFuzzer thinks up.
//!
//! What is new is written to `fuzz/work`, which is nobody's business; `--minimize` puts the fewest inputs that reach as much
//! into `fuzz/corpus`, which is committed. What was found goes to `fuzz/finds`, by hand, with a name that tells its story.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::run::{cargo, plainly, root, succeeds};

/// Longest input: more than the longest line and the longest WebSocket message.
const INPUT_BYTES_MAX: usize = 20_000;
/// An input that takes longer is a find.
const INPUT_SECONDS_MAX: usize = 10;

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    seconds: u64,
    target: Option<String>,
    minimize: bool,
    install: bool,
}

/// Runs what the words ask for.
pub(crate) fn fuzz(words: &[&str]) -> Result<()> {
    let wanted = read(words)?;
    get_ready(wanted.install)?;
    let targets = targets()?;
    let chosen: Vec<&String> =
        targets.iter().filter(|name| wanted.target.as_ref().is_none_or(|wanted| wanted == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are: {}", targets.join(", "));
    for target in chosen {
        if wanted.minimize {
            minimize(target)?;
        } else {
            run(target, wanted.seconds)?;
        }
    }
    Ok(())
}

fn read(words: &[&str]) -> Result<Wanted> {
    let mut wanted = Wanted { seconds: 60, target: None, minimize: false, install: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => {
                wanted.seconds =
                    words.next().and_then(|number| number.parse().ok()).context("--seconds needs a number")?;
            }
            "--target" => wanted.target = Some((*words.next().context("--target needs a name")?).to_owned()),
            "--minimize" => wanted.minimize = true,
            "--install" => wanted.install = true,
            unknown => bail!("there is no {unknown}; there are --seconds N, --target NAME, --minimize and --install"),
        }
    }
    Ok(wanted)
}

/// cargo-fuzz is all it takes besides a C++ compiler: without a sanitizer the stable compiler will do.
fn get_ready(install: bool) -> Result<()> {
    if !succeeds(&mut cargo(&["fuzz", "--version"])) {
        ensure!(
            install,
            "missing: cargo-fuzz; get it by `cargo install cargo-fuzz` or by `cargo xtask fuzz --install`"
        );
        plainly(&mut cargo(&["install", "--locked", "cargo-fuzz"]))?;
    }
    let has_compiler = ["c++", "g++", "clang++"].iter().any(|name| succeeds(Command::new(name).arg("--version")));
    ensure!(has_compiler, "missing: a C++ compiler, for libFuzzer; on Debian: `sudo apt-get install g++`");
    Ok(())
}

/// The names of all targets.
fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(root().join("fuzz/fuzz_targets")).context("fuzz/fuzz_targets")?;
    let mut names = Vec::new();
    for file in files {
        names.extend(file?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn run(target: &str, seconds: u64) -> Result<()> {
    build(target)?;
    let folders = folders(target)?;
    let time = format!("-max_total_time={seconds}");
    let limits = [
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        "-len_control=20".to_owned(), // longer inputs come sooner than by themselves
    ];
    let words = format!("-dict=fuzz/dictionaries/{target}.dict");
    let has_words = root().join("fuzz/dictionaries").join(format!("{target}.dict")).exists();
    let mut command = cargo(&["fuzz", "run", "--sanitizer", "none", target]);
    command.args(&folders).args(["--", &time, "-print_final_stats=1"]).args(&limits);
    if has_words {
        command.arg(words);
    }
    plainly(&mut command).with_context(|| {
        format!("{target} has found something: mend it, and move its file to fuzz/finds/{target} by a name that says what was wrong")
    })
}

/// First of all, so that what does not compile is not taken for a find.
fn build(target: &str) -> Result<()> {
    plainly(&mut cargo(&["fuzz", "build", "--sanitizer", "none", target]))
}

/// The fewest inputs that together reach what all of them reach take the place of the corpus.
fn minimize(target: &str) -> Result<()> {
    build(target)?;
    let folders = folders(target)?;
    let corpus = root().join("fuzz/corpus").join(target);
    let fewest = root().join("fuzz/work").join(format!("{target}-fewest"));
    if fewest.exists() {
        fs::remove_dir_all(&fewest)?;
    }
    fs::create_dir_all(&fewest)?;
    let mut command = cargo(&["fuzz", "run", "--sanitizer", "none", target]);
    command
        .arg(&fewest)
        .args(&folders)
        .args(["--", "-set_cover_merge=1", "-use_counters=0"])
        .arg(format!("-max_len={INPUT_BYTES_MAX}"));
    plainly(&mut command)?;
    fs::remove_dir_all(&corpus)?;
    fs::rename(fewest, corpus)?;
    Ok(())
}

/// Where inputs lie: the first folder takes what is new.
fn folders(target: &str) -> Result<Vec<String>> {
    let folders = ["work", "corpus", "finds"].map(|kind| format!("fuzz/{kind}/{target}"));
    fs::create_dir_all(root().join(&folders[0]))?;
    Ok(folders.into_iter().filter(|folder| root().join(folder).exists()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_for_each_unless_something_else_is_asked_for() {
        let minute = Wanted { seconds: 60, target: None, minimize: false, install: false };
        assert_eq!(read(&[]).unwrap(), minute);
        let words = ["--target", "lines", "--seconds", "5", "--install"];
        let wanted = Wanted { seconds: 5, target: Some("lines".into()), install: true, ..minute };
        assert_eq!(read(&words).unwrap(), wanted);
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--target"], &["lines"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
        for target in targets().unwrap() {
            assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target} is not in fuzz/Cargo.toml");
            assert!(root().join("fuzz/corpus").join(&target).exists(), "{target} has no corpus");
        }
    }
}
