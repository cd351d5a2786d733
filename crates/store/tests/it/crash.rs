//! A process that is killed has kept all that it called settled, and none of its positions comes again; one whose writer
//! fails ends by itself.

use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;
use std::process::{Command, Stdio};

use teahouse_chat::ids::Position;
use teahouse_store::{Options, Store};

use crate::support::{PATIENCE, Tea, latest, said};

const DIR: &str = "TEAHOUSE_STORE_CRASH_DIR";

#[test]
fn what_was_settled_survives_a_kill() {
    let mut dir = tempfile::tempdir().unwrap();
    let mut next = 1;
    for _ in 0..3 {
        let (first, settled) = run_and_kill(dir.path());
        assert!(first >= next, "position {first} was given out before");
        let tea = Tea::open(dir, Options::default());
        let kept = tea.read(latest(first, tea.loaded.next_position));
        let last = *kept.last().expect("something is kept");
        assert!(settled <= last && last < tea.loaded.next_position.0);
        let expected: Vec<u64> = (first..=last).collect();
        assert_eq!(kept, expected[expected.len() - kept.len()..]);
        assert!(kept.len() == expected.len() || kept.len() == 500);
        next = tea.loaded.next_position.0;
        tea.store.close().unwrap();
        dir = tea.dir;
    }
}

/// Starts [`the_one_that_is_killed`], kills it in the middle; gives its first position and the last it saw settled.
fn run_and_kill(dir: &Path) -> (u64, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_one_that_is_killed", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers = lines.filter_map(|line| line.unwrap().strip_prefix("settled ")?.parse::<u64>().ok());
    let first = numbers.next().expect("the child starts") + 1;
    let enough = numbers.find(|settled| *settled > first + 300).expect("the child goes on");
    child.kill().unwrap();
    child.wait().unwrap();
    // What it still said before it died counts as well.
    (first, numbers.last().unwrap_or(enough))
}

#[test]
fn the_one_that_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let tell = |settled: u64| writeln!(stdout(), "settled {settled}").unwrap();
    let options = Options::default();
    let (store, loaded) = Store::open(dir.as_ref(), options, move |news| tell(news.upto.0)).unwrap();
    let first = loaded.next_position.0;
    tell(first - 1);
    for position in first.. {
        while store.backlog_bytes() > 100_000 {
            std::thread::yield_now();
        }
        store.append(Position(position), vec![said(position, first)]);
    }
}

#[test]
fn a_process_whose_writer_fails_ends_at_once_and_has_kept_what_was_settled() {
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_one_whose_writer_fails", "--nocapture"])
        .env(DIR, dir.path())
        .output()
        .unwrap();
    assert!(!child.status.success(), "it lived on");
    #[cfg(unix)]
    assert!(std::os::unix::process::ExitStatusExt::signal(&child.status).is_some(), "{child:?}");
    let tea = Tea::open(dir, Options::default());
    assert_eq!(tea.read(latest(1, tea.loaded.next_position)), [1]);
}

#[test]
fn the_one_whose_writer_fails() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    // Told of by the writer after the commit.
    let (store, loaded) = Store::open(dir.as_ref(), Options::default(), |_| panic!("on purpose")).unwrap();
    let next = loaded.next_position;
    store.append(next, vec![said(next.0, 1)]);
    std::thread::park_timeout(PATIENCE);
}
