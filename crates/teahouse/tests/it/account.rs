//! `teahouse account`, while the server runs and while it does not.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::house::{Serving, serve, teahouse};
use crate::wire::{Door, Wire};

fn account(data: &Path, arguments: &[&str], password: &str) -> Output {
    let mut command = teahouse(&["account", "--data"]);
    let mut child = command.arg(data).args(arguments).env("RUST_LOG", "warn").stdin(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn accounts_are_made_and_changed_whether_or_not_the_server_runs() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let made = account(&data, &["create", "alice"], "oolong");
    assert_eq!(told(&made), (true, "alice: The account is there\n".into()));

    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let again = account(&data, &["create", "alice"], "oolong");
    assert_eq!(told(&again), (false, "teahouse: alice: There is such an account already\n".into()));
    let mut alice = Wire::open(Door::Tcp, &serving.address);
    alice.write("CAP REQ sasl");
    alice.write("AUTHENTICATE PLAIN");
    alice.write("AUTHENTICATE AGFsaWNlAG9vbG9uZw==");
    alice.write("NICK x");
    alice.write("USER x 0 * :x");
    alice.write("CAP END");
    alice.until(" 001 alice ");

    let gone = account(&data, &["suspend", "alice", "too", "loud"], "");
    assert_eq!(told(&gone), (true, "alice: The account cannot be used any more\n".into()));
    alice.until("ERROR :This account is suspended");
    drop(serving);

    let (fine, list) = told(&account(&data, &["list"], ""));
    assert!(fine && list.starts_with("alice: since ") && list.contains("suspended: too loud"), "{list}");
    let (fine, text) = told(&account(&data, &["delete", "nobody"], ""));
    assert_eq!((fine, &*text), (false, "teahouse: nobody: There is no such account\n"));
    let wrong = account(&data, &["delete", "two words"], "");
    assert_eq!(wrong.status.code(), Some(2));
}
