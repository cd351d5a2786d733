//! `teahouse reindex`, with a server and without.

use std::path::Path;

use tempfile::TempDir;

use crate::house::{Serving, serve, teahouse};
use crate::wire::Wire;

/// The exit code, and all that was said.
fn reindex(data: &Path) -> (Option<i32>, String) {
    let output = teahouse(&["reindex", "--data"]).arg(data).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap().trim_end().to_owned())
}

/// What is found in the lobby, once anything is: a word that was just said takes its time.
fn found(serving: &Serving, nick: &str) -> String {
    let mut wire = Wire::in_the_lobby(&serving.address, nick);
    loop {
        wire.write("SEARCH text=oolong;in=#lobby");
        wire.write("PING done");
        let line = wire.until(" ");
        if !line.contains(" PONG ") {
            return line;
        }
    }
}

#[test]
fn the_index_is_made_anew_and_only_while_no_server_runs() {
    let outer = TempDir::new().unwrap();
    let data = outer.path().join("data");
    let (code, said) = reindex(&data);
    assert_eq!((code, data.exists()), (Some(1), false));
    assert!(said.ends_with("data holds no database of ours; name the data directory with --data"), "{said}");
    let mut serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = Wire::in_the_lobby(&serving.address, "alice");
    alice.write("PRIVMSG #lobby :a pot of oolong");
    assert!(found(&serving, "bob").ends_with(" PRIVMSG #lobby :a pot of oolong"));

    let (code, said) = reindex(&data);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("teahouse: the data directory ") && said.contains("in use by another Teahouse"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    serving.kill();
    std::fs::remove_file(data.join("search.db")).unwrap();
    let (code, said) = reindex(&data);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("1 messages can be found (1 MB, "), "{said}");
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    assert!(found(&serving, "carol").ends_with(" PRIVMSG #lobby :a pot of oolong"));
}
