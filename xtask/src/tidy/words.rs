//! What no file may hold, and what every map must begin with.

use anyhow::Result;

use super::File;

/// Words that no file may hold. Written in two halves: this file is looked at too.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "unfinished business is done, or is an issue"),
    (concat!("FIX", "ME"), "unfinished business is done, or is an issue"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("registry.np", "mjs.org"), "a lock file names versions and hashes, not hosts"),
];

/// Lines with a word that does not belong.
pub(super) fn check_words(files: &[File]) -> Result<Vec<String>> {
    let mut offences = Vec::new();
    for File { path, text } in files {
        for (number, line) in text.lines().enumerate() {
            let found = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
            offences.extend(found.map(|(word, why)| format!("{path}:{}: {word}: {why}", number + 1)));
        }
    }
    Ok(offences)
}

/// `lib.rs`, `main.rs` and `mod.rs` without the comment that says what lives there.
pub(super) fn check_maps(files: &[File]) -> Result<Vec<String>> {
    let maps =
        files.iter().filter(|file| ["lib.rs", "main.rs", "mod.rs"].iter().any(|name| is_named(&file.path, name)));
    let silent = maps.filter(|file| !file.text.starts_with("//!"));
    Ok(silent
        .map(|file| format!("{}: begin with `//!`: what lives here, what comes in, what goes out", file.path))
        .collect())
}

fn is_named(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[test]
    fn unfinished_business_and_machine_paths_are_found() {
        let text = format!("fine\n// {}: later\nopen(\"{}me\")\n", FORBIDDEN[0].0, FORBIDDEN[3].0);
        let offences = check_words(&[file("a.rs", &text)]).unwrap();
        assert_eq!(offences.len(), 2, "{offences:?}");
        assert!(offences[0].starts_with("a.rs:2: "), "{offences:?}");
    }

    #[test]
    fn a_map_begins_with_its_comment() {
        let files = [file("a/mod.rs", "mod b;\n"), file("a/lib.rs", "//! Here lives b.\n"), file("a/b.rs", "")];
        let offence = "a/mod.rs: begin with `//!`: what lives here, what comes in, what goes out";
        assert_eq!(check_maps(&files).unwrap(), [offence]);
    }
}
