//! `cargo xtask bench`: what Teahouse costs, beside the null server and two others, in one run.
//!
//! In: choices from the command line. Out: the tables of `docs/PERFORMANCE.md`, between its two marks; the rest of that file is
//! written by hand. `plan` says what is measured, `servers` starts and ends those who are measured, `figures` keeps what was
//! found, `tables` writes it down.

mod figures;
mod plan;
mod servers;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::figures::Figures;
use self::plan::{Cell, PLAN};
use self::servers::{Programs, Server};
use self::tables::Run;
use crate::USAGE;
use crate::run::{cargo, plainly, root};
use crate::steps::target_directory;

const PAGE: &str = "docs/PERFORMANCE.md";
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

/// How long one measurement may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is measured how often; an empty list means all.
struct Choice {
    rounds: usize,
    scenarios: Vec<String>,
    servers: Vec<Server>,
    transports: Vec<String>,
    write: bool,
}

/// Measures, round by round, and writes the tables.
pub(crate) fn bench(words: &[&str]) -> Result<()> {
    let choice = Choice::read(words)?;
    let cells: Vec<&Cell> = PLAN.iter().filter(|cell| choice.has(cell)).collect();
    if cells.is_empty() {
        bail!("nothing that is measured fits this choice\n{USAGE}");
    }
    let load_before = load_average();
    plainly(&mut cargo(&["build", "--release", "-p", "teahouse", "-p", "teahouse-loadtest"]))?;
    let programs = Programs::find(&target_directory()?.join("release"), &cells)?;
    let started = Instant::now();
    let mut figures = Figures::default();
    for round in 1..=choice.rounds {
        for cell in &cells {
            println!("[{:>5.0} s] round {round}: {}", started.elapsed().as_secs_f64(), cell.title());
            let found = measure(cell, &programs).with_context(|| cell.title())?;
            figures.add(cell, found);
        }
    }
    let run = Run { rounds: choice.rounds, took: started.elapsed(), load_before };
    let text = tables::write(&figures, &programs, &run)?;
    println!("\n{text}");
    if choice.write || choice.is_all() {
        replace_between_marks(&root().join(PAGE), [BEGIN, END], &text)?;
        println!("{PAGE} has the new tables");
    }
    match figures.faults() {
        faults if faults.is_empty() => Ok(()),
        faults => bail!("not all that was said arrived once and in order:\n{}", faults.join("\n")),
    }
}

/// Over the last minute, where the system tells.
fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// Starts the server, drives it, and ends it.
fn measure(cell: &Cell, programs: &Programs) -> Result<serde_json::Value> {
    let server = cell.server.start(programs)?;
    let mut command = Command::new(&programs.loadtest);
    command.arg(cell.scenario).args(cell.arguments).args(cell.server.arguments());
    command.args(["--server", &server.url(cell.transport)?, "--pid", &server.pid().to_string()]);
    command.args(["--name", cell.server.name()]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().context("the generator does not start")?;
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("no result after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).context("the generator told no figures")
}

/// Puts a text into a page, which has marks for where it begins and ends.
pub(crate) fn replace_between_marks(path: &Path, [begin, end]: [&str; 2], text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| format!("{} is not there", path.display()))?;
    let between = || page.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = between().with_context(|| format!("{} has no {begin} and {end}", path.display()))?;
    fs::write(path, format!("{before}{begin}\n\n{text}\n{end}{after}"))?;
    Ok(())
}

impl Choice {
    fn read(words: &[&str]) -> Result<Self> {
        let mut choice =
            Choice { rounds: 3, scenarios: Vec::new(), servers: Vec::new(), transports: Vec::new(), write: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if *word == "--write" {
                choice.write = true;
                continue;
            }
            let value = words.next().with_context(|| format!("{word} needs a value\n{USAGE}"))?;
            match *word {
                "--rounds" => choice.rounds = value.parse().context("--rounds takes a number")?,
                "--scenario" => choice.scenarios.push((*value).to_owned()),
                "--transport" => choice.transports.push((*value).to_owned()),
                "--server" => choice.servers.push(Server::named(value)?),
                _ => bail!("there is no {word}\n{USAGE}"),
            }
        }
        Ok(choice)
    }

    fn is_all(&self) -> bool {
        self.scenarios.is_empty() && self.servers.is_empty() && self.transports.is_empty()
    }

    fn has(&self, cell: &Cell) -> bool {
        let named = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
        named(&self.scenarios, cell.scenario)
            && named(&self.transports, cell.transport)
            && (self.servers.is_empty() || self.servers.contains(&cell.server))
    }
}

/// A program of ours, built.
fn built(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let path = std::env::temp_dir().join(format!("bench-marks-{}.md", std::process::id()));
        fs::write(&path, format!("by hand\n{BEGIN}\nold\n{END}\nby hand, too\n")).unwrap();
        replace_between_marks(&path, [BEGIN, END], "new").unwrap();
        let page = fs::read_to_string(&path).unwrap();
        assert_eq!(page, format!("by hand\n{BEGIN}\n\nnew\n{END}\nby hand, too\n"));
        fs::write(&path, "no marks").unwrap();
        assert!(replace_between_marks(&path, [BEGIN, END], "new").is_err());
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_part_can_be_chosen() {
        let choice = Choice::read(&["--scenario", "latency", "--server", "null", "--transport", "ws"]).unwrap();
        let titles: Vec<String> = PLAN.iter().filter(|cell| choice.has(cell)).map(Cell::title).collect();
        assert_eq!(titles, ["latency, null, ws"]);
        assert!(!choice.is_all() && Choice::read(&["--rounds", "1"]).unwrap().is_all());
        assert!(Choice::read(&["--server", "nobody"]).is_err());
        assert!(Choice::read(&["--rounds"]).is_err());
    }
}
