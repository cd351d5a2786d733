//! Running the steps and telling, at the end, what each took and how many tests passed.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::steps::{Need, Step};
use crate::{steps, tools};

/// One step's row in the closing table.
struct Row {
    name: &'static str,
    took: Duration,
    counts: Counts,
}

/// Runs the steps in order and stops at the first that fails; the last line is always `N passed, N failed`.
pub(crate) fn run_all(chosen: &[&'static Step], install: bool) -> ExitCode {
    let mut rows = Vec::new();
    let needs: Vec<Need> = chosen.iter().flat_map(|step| step.needs).copied().collect();
    let mut failure = None;
    if !needs.is_empty() {
        failure = run_one(&mut rows, "tools", steps::TOOLS_HEADING, |_| tools::make_ready(&needs, install));
    }
    for step in chosen {
        if failure.is_none() {
            failure = run_one(&mut rows, step.name, step.heading, |counts| {
                (step.run)(counts)?;
                anyhow::ensure!(!step.tests || counts.passed > 0, "it ran no test");
                Ok(())
            });
        }
    }
    close(&rows, failure.as_ref())
}

fn run_one(
    rows: &mut Vec<Row>,
    name: &'static str,
    heading: &str,
    run: impl FnOnce(&mut Counts) -> anyhow::Result<()>,
) -> Option<anyhow::Error> {
    println!("\n== {name}: {heading}");
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = run(&mut counts);
    if result.is_err() && counts.failed == 0 {
        counts.failed = 1; // what failed counts its tests in no line of its own: formatting, lints, a compiler error
    }
    rows.push(Row { name, took: start.elapsed(), counts });
    result.err()
}

fn close(rows: &[Row], failure: Option<&anyhow::Error>) -> ExitCode {
    println!("\nstep         seconds  passed  failed");
    let mut all = Counts::default();
    let mut took = Duration::ZERO;
    for Row { name, took: step_took, counts } in rows {
        println!("{name:<12} {:>7.1} {:>7} {:>7}", step_took.as_secs_f64(), counts.passed, counts.failed);
        all.add(*counts);
        took += *step_took;
    }
    println!("{:<12} {:>7.1}", "together", took.as_secs_f64());
    if let (Some(error), Some(Row { name, .. })) = (failure, rows.last()) {
        println!("\nStopped at {name}: {error:#}");
        println!("Once mended, go on with: cargo xtask test {name}");
    }
    println!("\n{} passed, {} failed", all.passed, all.failed);
    if failure.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
