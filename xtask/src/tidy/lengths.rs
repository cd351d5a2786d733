//! A file past 600 lines stands in `xtask/long-files.txt` with its reason; the list only gets shorter.

use std::collections::BTreeMap;

use anyhow::Result;

use super::File;

const LINES_MAX: usize = 600;
const LIST: &str = "xtask/long-files.txt";
const CODE: &[&str] = &["rs", "js", "mjs", "ts", "css", "html", "py", "cs", "sh", "ftl", "toml"];

/// Long files without a reason, and reasons without a long file.
pub(super) fn check(files: &[File]) -> Result<Vec<String>> {
    let list = files.iter().find(|file| file.path == LIST).map_or("", |file| &file.text);
    let entries = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut reasons: BTreeMap<&str, &str> = entries.map(|line| line.split_once(": ").unwrap_or((line, ""))).collect();
    let mut offences = Vec::new();
    for File { path, text } in files.iter().filter(|file| is_code(&file.path)) {
        let lines = text.lines().count();
        if lines > LINES_MAX && reasons.remove(path.as_str()).is_none_or(str::is_empty) {
            offences.push(format!("{path}: {lines} lines; split it, or give its reason as `{path}: why` in {LIST}"));
        }
    }
    offences.extend(reasons.keys().map(|path| format!("{path} is not long or not there any more: take it off {LIST}")));
    Ok(offences)
}

fn is_code(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| CODE.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    #[track_caller]
    fn check_with(list: &str, expected: &[&str]) {
        let files = [file("a.rs", &"x\n".repeat(601)), file("b.rs", &"x\n".repeat(600)), file(LIST, list)];
        assert_eq!(check(&files).unwrap(), expected);
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let offence = "a.rs: 601 lines; split it, or give its reason as `a.rs: why` in xtask/long-files.txt";
        check_with("", &[offence]);
        check_with("a.rs\n", &[offence]);
        check_with("# heading\n\na.rs: one table\n", &[]);
    }

    #[test]
    fn the_list_only_gets_shorter() {
        check_with(
            "a.rs: one table\nb.rs: was long once\n",
            &["b.rs is not long or not there any more: take it off xtask/long-files.txt"],
        );
    }
}
