//! How many tests passed and failed, as the runners themselves say in their closing lines.

/// A sum over runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that ran and held.
    pub(crate) passed: usize,
    /// Tests that ran and did not, timed out or could not be started.
    pub(crate) failed: usize,
}

impl Counts {
    /// Adds what another runner counted.
    pub(crate) fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Whose output is read. One runner may show another's closing lines, which then are no news: nextest those of cargo's tests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runner {
    /// `cargo test`
    Cargo,
    /// `cargo nextest`
    Nextest,
    /// `node --test`
    Node,
    /// `playwright test`
    Playwright,
}

impl Runner {
    /// Reads one line of output; a line that is no closing line counts nothing.
    pub(crate) fn count(self, line: &str) -> Counts {
        let line = without_colours(line);
        let line = line.trim();
        let counts = match self {
            Runner::Cargo => {
                line.strip_prefix("test result: ").and_then(|rest| Some(list(rest.split_once(". ")?.1, ';')))
            }
            Runner::Nextest => {
                line.strip_prefix("Summary [").and_then(|rest| Some(list(rest.rsplit_once("run: ")?.1, ',')))
            }
            Runner::Node => line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")).and_then(node),
            Runner::Playwright => playwright(line),
        };
        counts.unwrap_or_default()
    }
}

/// `3 passed; 1 failed; 0 ignored` and the like.
fn list(text: &str, separator: char) -> Counts {
    let mut counts = Counts::default();
    for part in text.split(separator) {
        let mut both = part.trim().splitn(2, ' ');
        let (Some(Ok(number)), Some(what)) = (both.next().map(str::parse::<usize>), both.next()) else {
            continue;
        };
        if what.starts_with("passed") {
            counts.passed += number;
        } else if ["failed", "timed out", "exec failed"].iter().any(|bad| what.starts_with(bad)) {
            counts.failed += number;
        }
    }
    counts
}

/// `pass 12`, `fail 1`: a line each.
fn node(line: &str) -> Option<Counts> {
    let (what, number) = line.split_once(' ')?;
    match (what, number.parse().ok()?) {
        ("pass", passed) => Some(Counts { passed, failed: 0 }),
        ("fail", failed) => Some(Counts { passed: 0, failed }),
        _ => None,
    }
}

/// `12 passed (3.4s)`, `1 failed`, `2 did not run`: a line each.
fn playwright(line: &str) -> Option<Counts> {
    let (number, what) = line.split_once(' ')?;
    match (number.parse().ok()?, what) {
        (passed, what) if what.starts_with("passed (") => Some(Counts { passed, failed: 0 }),
        (failed, "failed" | "flaky" | "did not run" | "interrupted") => Some(Counts { passed: 0, failed }),
        _ => None,
    }
}

/// The line without the terminal's colour sequences (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runner: Runner, line: &str, passed: usize, failed: usize) {
        assert_eq!(runner.count(line), Counts { passed, failed }, "{runner:?}: {line}");
    }

    #[test]
    fn closing_lines_are_counted() {
        check(Runner::Cargo, "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; finished in 0.10s", 3, 0);
        check(Runner::Cargo, "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; finished in 0.10s", 3, 2);
        check(Runner::Nextest, "     Summary [   0.024s] 3 tests run: 3 passed (1 leaky), 0 skipped", 3, 0);
        let bad = "     Summary [   0.024s] 6/9 tests run: 3 passed, 1 failed, 1 exec failed, 1 timed out, 4 skipped";
        check(Runner::Nextest, bad, 3, 3);
        check(Runner::Node, "ℹ pass 21", 21, 0);
        check(Runner::Node, "# fail 2", 0, 2);
        check(Runner::Playwright, "  12 passed (3.4s)", 12, 0);
        check(Runner::Playwright, "  1 failed", 0, 1);
    }

    #[test]
    fn colours_do_not_matter() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.024s] \u{1b}[1m3\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        check(Runner::Nextest, line, 3, 0);
    }

    #[test]
    fn other_lines_count_nothing() {
        check(Runner::Cargo, "running 3 tests", 0, 0);
        check(Runner::Nextest, "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; finished in 0.10s", 0, 0);
        check(Runner::Node, "ℹ tests 21", 0, 0);
        check(Runner::Node, "# pass the salt", 0, 0);
        check(Runner::Playwright, "4 passed through the door", 0, 0);
        check(Runner::Playwright, "", 0, 0);
    }
}
