//! Starting other programs: shown before they start, their output passed on, their tests counted.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::counts::{Counts, Runner};

/// Where the checkout is.
pub(crate) fn root() -> PathBuf {
    // Asked at run time: a build directory that several checkouts share must not remember the first one's folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("xtask"), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// Cargo, the same one that runs us, in the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// npm, in one folder of the checkout.
pub(crate) fn npm(folder: &str, arguments: &[&str]) -> Command {
    let mut command = program(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    command.current_dir(root().join(folder));
    command
}

/// Any program, in the checkout.
pub(crate) fn program(name: impl Into<OsString>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name.into());
    command.args(arguments).current_dir(root());
    command
}

/// Runs it with our own standard streams.
pub(crate) fn plainly(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs it, passes its output on and adds the tests that it counted.
pub(crate) fn counting(runner: Runner, command: &mut Command, counts: &mut Counts) -> Result<()> {
    let shown = show(command);
    if io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("`{shown}` could not be started"))?;
    let out = child.stdout.take().context("its output is ours")?;
    let errors = child.stderr.take().context("its errors are ours")?;
    let (from_out, from_errors) = thread::scope(|scope| {
        let errors = scope.spawn(|| pass_on(runner, errors, io::stderr()));
        (pass_on(runner, out, io::stdout()), errors.join())
    });
    let mut ran = from_out?;
    ran.add(from_errors.map_err(|_| anyhow::anyhow!("reading the output of `{shown}` failed"))??);
    let status = child.wait()?;
    counts.add(ran);
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// What it prints, for us to read; its errors go where ours go.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = line_of(command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("`{shown}` could not be started"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether it can be started and says that all is well; what it prints is nobody's business.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn pass_on(runner: Runner, from: impl Read, mut to: impl Write) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        counts.add(runner.count(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    Ok(counts)
}

fn show(command: &Command) -> String {
    let line = line_of(command);
    println!("$ {line}");
    line
}

/// The command as one would type it.
fn line_of(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, argument| line + " " + &argument.to_string_lossy())
}
