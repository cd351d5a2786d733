//! What `cargo xtask test` does, in order: one row a step, then the functions.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::counts::{Counts, Runner};
use crate::run::{cargo, counting, npm, output, plainly, succeeds};
use crate::{tidy, tools};

/// One step of the test command.
pub(crate) struct Step {
    /// What one types to run it alone.
    pub(crate) name: &'static str,
    /// What is printed above its output.
    pub(crate) heading: &'static str,
    /// What must be on the machine before it starts.
    pub(crate) needs: &'static [Need],
    /// Whether it is made of tests: then one that ran none has failed.
    pub(crate) tests: bool,
    /// Runs it, adding to the counts.
    pub(crate) run: fn(&mut Counts) -> Result<()>,
}

/// Something from outside that a step cannot do without; `tools` knows how to get each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// The page's development libraries.
    PageModules,
    /// Playwright.
    EndToEndModules,
    /// A browser and a display for the windows, with fonts.
    Browser,
    /// What the examples are written in.
    Languages,
    /// IRC clients as people have them.
    IrcClients,
}

/// Printed above what `tools` does; it comes before the first step that needs anything.
pub(crate) const TOOLS_HEADING: &str = "what the steps need from outside";

const STEPS: &[Step] = &[
    Step { name: "fmt", heading: "formatting", needs: &[], tests: false, run: format },
    Step { name: "tidy", heading: "the repository's own rules", needs: &[], tests: true, run: tidy::check_all },
    Step { name: "clippy", heading: "lints, warnings are errors", needs: &[], tests: false, run: lint },
    Step {
        name: "page",
        heading: "the page's types, tests and libraries",
        needs: &[Need::PageModules],
        tests: true,
        run: page,
    },
    Step { name: "unit", heading: "unit and integration tests", needs: &[], tests: true, run: unit },
    Step {
        name: "simulation",
        heading: "many users, checked at their output",
        needs: &[],
        tests: true,
        run: simulation,
    },
    Step { name: "build", heading: "the programs that the next steps run", needs: &[], tests: false, run: build },
    Step {
        name: "examples",
        heading: "each example against the real program",
        needs: &[Need::EndToEndModules, Need::Browser, Need::Languages],
        tests: true,
        run: examples,
    },
    Step {
        name: "clients",
        heading: "IRC clients as people have them, by every door",
        needs: &[Need::EndToEndModules, Need::IrcClients],
        tests: true,
        run: clients,
    },
    Step {
        name: "e2e",
        heading: "real program, real sockets, real browser, real window",
        needs: &[Need::EndToEndModules, Need::Browser],
        tests: true,
        run: end_to_end,
    },
];

/// The steps of these names in the table's order, or all; the error is a name that no step has.
pub(crate) fn named(names: &[&str]) -> Result<Vec<&'static Step>, String> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err((*unknown).to_owned());
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect())
}

/// Every step's name, for who mistypes one.
pub(crate) fn names() -> String {
    STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ")
}

/// Copies the page's libraries to where the server embeds them from.
pub(crate) fn vendor() -> Result<()> {
    tools::make_ready(&[Need::PageModules], false)?;
    plainly(&mut npm("web", &["run", "--silent", "vendor"]))
}

fn format(_: &mut Counts) -> Result<()> {
    for workspace in ["Cargo.toml", "fuzz/Cargo.toml"] {
        plainly(&mut cargo(&["fmt", "--all", "--check", "--manifest-path", workspace]))
            .with_context(|| format!("`cargo fmt --all --manifest-path {workspace}` mends it"))?;
    }
    Ok(())
}

fn lint(_: &mut Counts) -> Result<()> {
    plainly(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn page(counts: &mut Counts) -> Result<()> {
    plainly(&mut npm("web", &["run", "--silent", "vendor", "--", "--check"]))?;
    plainly(&mut npm("web", &["run", "--silent", "types"]))?;
    let mut test = npm("web", &["run", "--silent", "test"]);
    counting(Runner::Node, test.env("NODE_OPTIONS", "--test-reporter=spec"), counts)
}

// The simulation has a step of its own, where its seed is seen.
fn unit(counts: &mut Counts) -> Result<()> {
    if has_nextest() {
        let arguments = ["nextest", "run", "--workspace", "--no-fail-fast", "-E", "not test(simulation)"];
        counting(Runner::Nextest, &mut cargo(&arguments), counts)?;
    } else {
        let arguments =
            ["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", "--", "--skip", "simulation"];
        counting(Runner::Cargo, &mut cargo(&arguments), counts)?;
    }
    counting(Runner::Cargo, &mut cargo(&["test", "--workspace", "--doc"]), counts)
}

fn simulation(counts: &mut Counts) -> Result<()> {
    if has_nextest() {
        counting(
            Runner::Nextest,
            &mut cargo(&["nextest", "run", "--workspace", "--no-capture", "-E", "test(simulation)"]),
            counts,
        )
    } else {
        counting(
            Runner::Cargo,
            &mut cargo(&["test", "--workspace", "--lib", "--tests", "simulation", "--", "--nocapture"]),
            counts,
        )
    }
}

fn has_nextest() -> bool {
    succeeds(&mut cargo(&["nextest", "--version"]))
}

// With the tests' targets their features are the same, so that no library is built a second time.
fn build(_: &mut Counts) -> Result<()> {
    plainly(&mut cargo(&["build", "--workspace", "--all-targets"]))
}

fn examples(counts: &mut Counts) -> Result<()> {
    counting(Runner::Playwright, &mut playwright(&["--project", "examples"])?, counts)
}

fn clients(counts: &mut Counts) -> Result<()> {
    counting(Runner::Playwright, &mut playwright(&["--project", "clients"])?, counts)
}

fn end_to_end(counts: &mut Counts) -> Result<()> {
    plainly(&mut npm("tests/e2e", &["run", "--silent", "types"]))?;
    counting(Runner::Playwright, &mut playwright(&["--project", "e2e"])?, counts)
}

fn playwright(arguments: &[&str]) -> Result<Command> {
    let mut command = npm("tests/e2e", &["run", "--silent", "test", "--"]);
    let programs = target_directory()?.join("debug");
    command.args(arguments).env("TEAHOUSE_PROGRAMS", programs);
    Ok(command)
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = output(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let directory = metadata["target_directory"].as_str().context("cargo names its target directory")?;
    Ok(PathBuf::from(directory))
}
