//! `teahouse account`, while the server runs and while it does not.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::house::{Serving, serve, teahouse};
use crate::wire::{Door, Wire};

fn account(data: &Path, arguments: &[&str], password: &str) -> Output {
    let mut command = teahouse(&["account", "--data"]);
    let mut child = command.arg(data).args(arguments).env("RUST_LOG", "warn").stdin(Stdio::piped()).spawn().unwrap();
    // It may have ended already without asking.
    _ = writeln!(child.stdin.take().unwrap(), "{password}");
    child.wait_with_output().unwrap()
}

/// A data directory that a server has made.
fn opened(directory: &TempDir) -> PathBuf {
    let data = directory.path().join("data");
    drop(Serving::start(&mut serve("127.0.0.1:0", &data)));
    data
}

fn told(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn accounts_are_made_and_changed_whether_or_not_the_server_runs() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    let made = account(&data, &["create", "alice"], "oolong");
    assert_eq!(told(&made), (true, "alice: The account is there\n".into()));

    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let again = account(&data, &["create", "alice"], "oolong");
    assert_eq!(told(&again), (false, "teahouse: alice: There is such an account already\n".into()));
    let mut alice = login(&serving);
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

#[test]
fn a_directory_without_a_database_is_none_of_ours_and_none_is_made() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("tea-house");
    for verb in
        [&["list"][..], &["create", "alice"], &["export", "alice"], &["delete", "alice"], &["claim"], &["invite"]]
    {
        let (fine, text) = told(&account(&data, verb, "oolong"));
        assert!(
            !fine && text.ends_with("tea-house holds no database of ours; name the data directory with --data\n"),
            "{text}"
        );
        assert!(!data.exists(), "{verb:?}");
    }
}

#[test]
fn the_first_account_is_there_before_the_first_start() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("teahouse-data");
    let here = |arguments: &[&str]| {
        let mut command = teahouse(&["account"]);
        let command = command.args(arguments).current_dir(&directory).env("RUST_LOG", "warn").stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        _ = writeln!(child.stdin.take().unwrap(), "oolong");
        told(&child.wait_with_output().unwrap())
    };
    let (fine, text) = here(&["list"]);
    assert!(!fine && text.contains("holds no database of ours") && !data.exists(), "{text}");
    assert_eq!(here(&["create", "alice"]), (true, "alice: The account is there\n".into()));
    login(&Serving::start(&mut serve("127.0.0.1:0", &data)));
    // One that is there already is meant, too.
    let other = directory.path().join("other");
    fs::create_dir(&other).unwrap();
    assert_eq!(here(&["create", "alice", "--data", "other"]), (true, "alice: The account is there\n".into()));
    login(&Serving::start(&mut serve("127.0.0.1:0", &other)));
}

#[test]
fn whoever_opens_the_link_runs_the_server() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    told(&account(&data, &["create", "alice"], "oolong"));
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let (fine, text) = told(&account(&data, &["claim"], ""));
    let code = text.split(':').next().unwrap();
    assert!(fine && code.len() == 32, "{text}");
    let mut alice = login(&serving);
    alice.write(&format!("OPER claim {code}"));
    alice.until(" 381 alice ");
    drop(serving);
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = login(&serving);
    alice.write("MODE alice");
    alice.until(" 221 alice +o");
}

#[test]
fn all_that_is_held_on_an_account_is_written_whether_or_not_the_server_runs() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    told(&account(&data, &["create", "alice"], "oolong"));
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = login(&serving);
    alice.write("JOIN #tea");
    // More than one page.
    (0..501).for_each(|n| alice.write(&format!("PRIVMSG #tea :line {n}")));
    alice.write("PRIVMSG alice :to myself");
    alice.write(&format!("PRIVMSG #tea :{}", "茶".repeat(140)));
    alice.write("TOPIC #tea :oolong");
    alice.until(" TOPIC #tea ");
    told(&account(&data, &["operator", "alice", "on"], ""));
    let (fine, live) = told(&account(&data, &["export", "alice"], ""));
    assert!(fine, "{live}");
    alice.write("@label=x ACCOUNT EXPORT alice");
    // The record says when she was last here, which is the moment of each export.
    let behind_record = |document: &str| document.split_once('\n').unwrap().1.to_owned();
    assert_eq!(behind_record(&put_together(&mut alice)), behind_record(&live));
    drop(serving);
    let (fine, text) = told(&account(&data, &["export", "Alice"], ""));
    assert!(fine && !text.contains("argon2"), "{text}");
    let count =
        |text: &str, what: &str| text.lines().filter(|line| line.starts_with(&format!("{{\"{what}\":"))).count();
    for text in [&live, &text] {
        let counts = ["account", "room", "seat", "message"].map(|what| count(text, what));
        assert_eq!(counts, [1, 1, 1, 503]);
        assert!(text.contains("\"text\":\"line 500\"") && text.contains("\"text\":\"to myself\""));
    }
    let nobody = account(&data, &["export", "nobody"], "");
    assert_eq!(told(&nobody), (false, "teahouse: nobody: There is no such account\n".into()));
}

/// The document that a client makes of an export over the wire.
fn put_together(wire: &mut Wire) -> String {
    let mut document = String::new();
    loop {
        let line = wire.until(" NOTE ACCOUNT ");
        assert!(line.starts_with("@batch=") && line.split_once(' ').unwrap().1.len() <= 510, "{line}");
        match line.split_once(" NOTE ACCOUNT ").unwrap().1 {
            end if end.starts_with("END alice :") => return document,
            note => match note.split_once(" alice :").unwrap() {
                ("MORE", part) => document.push_str(part),
                (code, rest) => document.push_str(&format!("{rest}{}", if code == "EXPORT" { "\n" } else { code })),
            },
        }
    }
}

const SECRET: &str = "underthethirdtree";

/// Whether any of the server's files has what alice has said.
fn is_in_a_file(data: &Path) -> bool {
    let mut files = fs::read_dir(data).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap_or_default());
    files.any(|bytes| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()))
}

/// A server at which alice has said more in private than is deleted at once.
fn serve_what_alice_said(data: &Path) -> Serving {
    told(&account(data, &["create", "alice"], "oolong"));
    let serving = Serving::start(&mut serve("127.0.0.1:0", data));
    let mut alice = login(&serving);
    alice.write("JOIN #tea");
    (0..1200).for_each(|n| alice.write(&format!("PRIVMSG alice :{SECRET} {n}")));
    alice.write("TOPIC #tea :oolong");
    alice.until(" TOPIC #tea ");
    assert!(is_in_a_file(data));
    serving
}

#[test]
fn a_deleted_account_is_in_no_file_when_the_server_answers() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    let _serving = serve_what_alice_said(&data);
    assert_eq!(told(&account(&data, &["delete", "alice"], "")), (true, "alice: The account is gone\n".into()));
    assert!(!is_in_a_file(&data));
}

#[test]
fn a_deleted_account_is_in_no_file_when_no_server_runs() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    let mut serving = serve_what_alice_said(&data);
    serving.kill();
    assert_eq!(told(&account(&data, &["delete", "alice"], "")), (true, "alice: The account is gone\n".into()));
    assert!(!is_in_a_file(&data));
}

#[test]
fn a_room_that_goes_when_it_is_dropped_is_in_no_file_when_the_server_answers() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    told(&account(&data, &["create", "alice"], "oolong"));
    let mut serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = login(&serving);
    alice.write("JOIN #pot,#tea");
    (0..1200).for_each(|n| alice.write(&format!("PRIVMSG #tea :{SECRET} {n}")));
    alice.write("PART #tea");
    alice.write("TOPIC #pot :oolong");
    alice.until(" TOPIC #pot ");
    serving.kill();
    // It was empty for longer than a room that is nobody's lasts.
    let database = Connection::open(data.join("teahouse.db")).unwrap();
    assert_eq!(database.execute("UPDATE rooms SET empty_since = 1 WHERE name = '#tea'", []).unwrap(), 1);
    drop(database);

    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let mut alice = login(&serving);
    assert!(is_in_a_file(&data));
    alice.write("ROOM DROP #tea");
    alice.until(" NOTE ROOM DONE #tea :The room is gone, with all that was said in it");
    assert!(!is_in_a_file(&data));
}

/// Logs in as alice, whatever nick it asks for.
fn login(serving: &Serving) -> Wire {
    let mut alice = Wire::open(Door::Tcp, &serving.address);
    alice.write("CAP REQ :sasl labeled-response batch");
    alice.write("AUTHENTICATE PLAIN");
    alice.write("AUTHENTICATE AGFsaWNlAG9vbG9uZw==");
    alice.write("NICK x");
    alice.write("USER x 0 * :x");
    alice.write("CAP END");
    alice.until(" 001 alice ");
    alice.until(" 376 ");
    alice
}

#[test]
fn links_are_made_that_lead_to_the_page_of_the_server_that_runs() {
    let directory = TempDir::new().unwrap();
    let data = opened(&directory);
    let serving = Serving::start(&mut serve("127.0.0.1:0", &data));
    let page = format!("http://{}/", serving.address);
    let (fine, text) = told(&account(&data, &["invite", "2d"], ""));
    assert!(fine && text.contains(&format!("Z: {page}invite/")), "{text}");
    let (fine, text) = told(&account(&data, &["claim"], ""));
    assert!(fine && text.contains(&format!("Whoever opens {page}#/claim/")), "{text}");
    let (fine, text) = told(&account(&data, &["invite", "tomorrow"], ""));
    assert!(!fine && text.starts_with("teahouse: tomorrow: Say for how long"), "{text}");
    drop(serving);

    let (fine, text) = told(&account(&data, &["invite"], ""));
    assert!(fine && text.contains("Good for one new account, until "), "{text}");
}
