//! The repository's own rules, each a function from the repository to a list of offences.
//!
//! `imports` keeps the crates apart, `lengths` keeps files short, `links` keeps the documents true, `words` keeps out what
//! does not belong. Each rule counts as one test.

mod imports;
mod lengths;
mod links;
mod words;

use std::fs;

use anyhow::{Result, bail};

use crate::counts::Counts;
use crate::run::{output, program, root};

/// A text file of the repository.
pub(crate) struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// A rule: what it is called and what in these files offends it.
type Rule = (&'static str, fn(&[File]) -> Result<Vec<String>>);

const RULES: &[Rule] = &[
    ("crates import one way", imports::check),
    ("files are short or say why not", lengths::check),
    ("a folder's first file says what lives there", words::check_maps),
    ("documents name files that exist", links::check),
    ("no unfinished business, no machine's paths", words::check_words),
];

/// Runs every rule and names all offences, not only the first.
pub(crate) fn check_all(counts: &mut Counts) -> Result<()> {
    let files = files()?;
    for (name, rule) in RULES {
        let offences = rule(&files)?;
        println!("{} {name}", if offences.is_empty() { "ok  " } else { "FAIL" });
        for offence in &offences {
            println!("       {offence}");
        }
        counts.add(if offences.is_empty() { Counts { passed: 1, failed: 0 } } else { Counts { passed: 0, failed: 1 } });
    }
    if counts.failed > 0 {
        bail!("{} of the repository's rules are broken", counts.failed);
    }
    Ok(())
}

/// Every text file that git knows or would take, without what is written by tools.
fn files() -> Result<Vec<File>> {
    let list = output(&mut program("git", &["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let ours = list.lines().filter(|path| !path.starts_with("web/vendor/"));
    let texts = ours.filter_map(|path| {
        let text = fs::read_to_string(root().join(path)).ok()?; // pictures, and files deleted but not yet committed
        Some(File { path: path.to_owned(), text })
    });
    Ok(texts.collect())
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}
