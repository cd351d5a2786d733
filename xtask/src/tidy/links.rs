//! A document that names a file of the repository names one that exists: by a relative link, or in backticks from the root.

use std::collections::BTreeSet;

use anyhow::Result;

use super::File;
use crate::run::root;

/// Names of files that are not there.
pub(super) fn check(files: &[File]) -> Result<Vec<String>> {
    let exists = |path: &str| root().join(path).exists();
    Ok(files.iter().filter(|file| file.path.ends_with(".md")).flat_map(|file| broken(file, &exists)).collect())
}

fn broken(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut named = BTreeSet::new();
    for (number, line) in file.text.lines().enumerate() {
        named.extend(links(line).map(|link| (number + 1, join(folder, link), link)));
        named.extend(quoted(line).map(|path| (number + 1, path.to_owned(), path)));
    }
    let missing = named.into_iter().filter(|(_, path, _)| !exists(path));
    missing.map(|(number, _, shown)| format!("{}:{number}: {shown} does not exist", file.path)).collect()
}

/// The targets of `[…](target)` that stay in the repository, without `#…`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let paths = targets.map(|target| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains(':') && !path.starts_with('/'))
}

/// Paths in backticks that begin with a folder of the root and have no placeholder in them.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    const ROOTS: &[&str] =
        &[".ci/", "crates/", "docs/", "examples/", "fuzz/", "locales/", "testdata/", "tests/", "web/", "xtask/"];
    let between_backticks = line.split('`').skip(1).step_by(2);
    let plain = |path: &&str| !path.contains([' ', '*', '{', '<', '…', '$']);
    between_backticks.filter(|path| ROOTS.iter().any(|root| path.starts_with(root))).filter(plain)
}

fn join(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[track_caller]
    fn check_line(line: &str, expected: &[&str]) {
        let exists = |path: &str| ["README.md", "crates/proto/src/lib.rs"].contains(&path);
        assert_eq!(broken(&file("docs/tour.md", line), &exists), expected);
    }

    #[test]
    fn links_are_followed_from_the_document_s_folder() {
        check_line("see [it](../README.md#start) and [code](../crates/proto/src/lib.rs)", &[]);
        check_line("see [it](README.md)", &["docs/tour.md:1: README.md does not exist"]);
        check_line("see [it](https://example.org/README.md), [here](#here)", &[]);
    }

    #[test]
    fn paths_in_backticks_are_looked_up_from_the_root() {
        check_line("the codec is `crates/proto/src/lib.rs`, all of it is `crates/*`", &[]);
        check_line(
            "the codec is `crates/proto/src/nib.rs`",
            &["docs/tour.md:1: crates/proto/src/nib.rs does not exist"],
        );
        check_line("`web` and `cargo run`", &[]);
    }
}
