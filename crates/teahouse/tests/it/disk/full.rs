//! A full disk.

use std::fs;
use std::process::Command;

use rusqlite::Connection;
use tempfile::TempDir;

use super::mount::Disk;
use super::weathers;
use crate::house::{Serving, refused, serve};

/// Enough for a database and its log, little enough to be filled quickly.
const DISK_BYTES: u64 = 16 << 20;

fn served_on(disk: &Disk) -> Command {
    disk.run(&serve("127.0.0.1:0", &disk.inside().join("data")))
}

#[test]
fn a_disk_that_fills_and_empties_again() {
    let Some(disk) = Disk::of(DISK_BYTES) else { return };
    weathers(&|| served_on(&disk), "free some space", || disk.fill(), || disk.empty());
}

#[test]
fn a_disk_that_is_full_from_the_start() {
    let Some(disk) = Disk::of(DISK_BYTES) else { return };
    disk.fill();
    let (code, line) = refused(&mut served_on(&disk));
    assert_eq!(code, 1);
    assert!(line.starts_with("teahouse: the disk of ") && line.ends_with("free some space and start again"), "{line}");
}

#[test]
fn a_disk_that_is_full_when_the_server_comes_back() {
    let Some(disk) = Disk::of(DISK_BYTES) else { return };
    let before = TempDir::new().unwrap();
    drop(Serving::start(&mut serve("127.0.0.1:0", before.path())));
    // Whoever has it last takes the log away and its index, which then needs room again.
    let database = before.path().join("teahouse.db");
    let last = Connection::open(&database).unwrap();
    last.query_row("SELECT count(*) FROM messages", [], |_| Ok(())).unwrap();
    last.close().unwrap();
    let data = disk.outside().join("data");
    fs::create_dir(&data).unwrap();
    fs::copy(&database, data.join("teahouse.db")).unwrap();
    disk.fill();
    let (code, line) = refused(&mut served_on(&disk));
    assert_eq!(code, 1);
    assert!(line.starts_with("teahouse: the disk of ") && line.ends_with("free some space and start again"), "{line}");
}
