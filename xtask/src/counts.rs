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

    /// Reads one line of a runner's output; a line that is no closing line counts nothing.
    ///
    /// The four shapes cannot be mistaken for one another, so nobody needs to say which runner it was.
    pub(crate) fn of_line(line: &str) -> Counts {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            return words(rest.split_once(". ").map_or("", |(_, counts)| counts), ';'); // cargo test
        }
        if line.starts_with("Summary [") {
            return words(line.rsplit_once("run: ").map_or("", |(_, counts)| counts), ','); // nextest
        }
        if let Some(rest) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# ")) {
            let mut both = rest.split(' ');
            return match (both.next(), both.next().map(str::parse), both.next()) {
                (Some("pass"), Some(Ok(passed)), None) => Counts { passed, failed: 0 }, // node --test
                (Some("fail"), Some(Ok(failed)), None) => Counts { passed: 0, failed },
                _ => Counts::default(),
            };
        }
        playwright(line)
    }
}

/// `3 passed; 1 failed; 0 ignored` and the like.
fn words(text: &str, separator: char) -> Counts {
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

/// `12 passed (3.4s)`, `1 failed`, `2 did not run`: a line each.
fn playwright(line: &str) -> Counts {
    let Some((number, what)) = line.split_once(' ') else {
        return Counts::default();
    };
    match (number.parse(), what) {
        (Ok(passed), what) if what.starts_with("passed (") => Counts { passed, failed: 0 },
        (Ok(failed), "failed" | "flaky" | "did not run" | "interrupted") => Counts { passed: 0, failed },
        _ => Counts::default(),
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
    fn check(line: &str, passed: usize, failed: usize) {
        assert_eq!(Counts::of_line(line), Counts { passed, failed }, "{line}");
    }

    #[test]
    fn each_runner_s_closing_line_is_counted() {
        check("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s", 3, 0);
        check(
            "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            3,
            2,
        );
        check("     Summary [   0.024s] 3 tests run: 3 passed (1 leaky), 0 skipped", 3, 0);
        check(
            "     Summary [   0.024s] 6/9 tests run: 3 passed, 1 failed, 1 exec failed, 1 timed out, 4 skipped",
            3,
            3,
        );
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.024s] \u{1b}[1m3\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
            3,
            0,
        );
        check("ℹ pass 21", 21, 0);
        check("# fail 2", 0, 2);
        check("  12 passed (3.4s)", 12, 0);
        check("  1 failed", 0, 1);
    }

    #[test]
    fn other_lines_count_nothing() {
        check("", 0, 0);
        check("running 3 tests", 0, 0);
        check("ℹ tests 21", 0, 0);
        check("# pass the salt", 0, 0);
        check("ok 12 passed", 0, 0);
        check("4 passed through the door", 0, 0);
    }
}
