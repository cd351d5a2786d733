//! What a developer repeats: `cargo xtask test [STEP…]`, `bench`, `attacks`, `crash`, `simulate`, `fuzz` and `vendor`.
//!
//! `steps` is the table of what `test` does, in order; `tidy` holds the repository's own rules; `tools` sees to the programs
//! from outside; `run` starts them and `counts` reads from their output how many tests passed; `bench` and `attacks` measure,
//! `crash` looks for lost messages, `simulate` for what no order of events may break, `fuzz` for bad inputs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a developer's terminal")]

mod attacks;
mod bench;
mod counts;
mod crash;
mod fuzz;
mod report;
mod run;
mod simulate;
mod steps;
mod tidy;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--install] [STEP…]   run every step, or only those named
cargo xtask bench [--rounds N] [--scenario S]… [--server S]… [--transport T]… [--write]
                                       measure beside the null server, InspIRCd and ngIRCd; the whole of it
                                       writes docs/PERFORMANCE.md, a part does so with --write
cargo xtask attacks [--seconds N]      what each attack costs, and what others notice; writes docs/PERFORMANCE.md
cargo xtask crash [--rounds N] [--seed S] [--release]
                                       kill the server again and again, and look for what was echoed
cargo xtask simulate [--seed N]        many users in one thread: the tests' seeds, or one that failed or is new
cargo xtask fuzz [--install] [--seconds N] [--target NAME] [--minimize]
                                       a minute for each fuzz target; or make their corpora small again
cargo xtask vendor                     copy the page's libraries from node_modules to web/vendor";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test", rest @ ..] => test(rest),
        ["attacks", rest @ ..] => done(attacks::attacks(rest)),
        ["bench", rest @ ..] => done(bench::bench(rest)),
        ["crash", rest @ ..] => done(crash::crash(rest)),
        ["simulate", rest @ ..] => done(simulate::simulate(rest)),
        ["fuzz", rest @ ..] => done(fuzz::fuzz(rest)),
        ["vendor"] => done(steps::vendor()),
        _ => usage(USAGE),
    }
}

fn test(words: &[&str]) -> ExitCode {
    let (flags, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| **flag != "--install") {
        return usage(&format!("there is no flag {unknown}\n{USAGE}"));
    }
    let steps = match steps::named(&names) {
        Ok(steps) => steps,
        Err(unknown) => {
            return usage(&format!("there is no step {unknown}; there are: {}", steps::names()));
        }
    };
    let install = !flags.is_empty() || std::env::var("CI").is_ok_and(|value| value == "true");
    report::run_all(&steps, install)
}

fn done(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::from(2)
}
