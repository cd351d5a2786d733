//! Another program that has the database.

use rusqlite::Connection;
use tempfile::TempDir;

use super::weathers;
use crate::house::{Serving, refused, serve};

#[test]
fn a_database_that_another_program_writes_to_for_long() {
    let data = TempDir::new().unwrap();
    // The file must be there before it can be opened by another.
    drop(Serving::start(&mut serve("127.0.0.1:0", data.path())));
    let other = Connection::open(data.path().join("teahouse.db")).unwrap();
    weathers(
        &|| serve("127.0.0.1:0", data.path()),
        "close the other program that has it open",
        || other.execute_batch("BEGIN EXCLUSIVE").unwrap(),
        || other.execute_batch("ROLLBACK").unwrap(),
    );
}

#[test]
fn a_database_that_another_program_has_to_itself() {
    let data = TempDir::new().unwrap();
    drop(Serving::start(&mut serve("127.0.0.1:0", data.path())));
    let other = Connection::open(data.path().join("teahouse.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT").unwrap();
    let (code, line) = refused(&mut serve("127.0.0.1:0", data.path()));
    assert_eq!(code, 1);
    assert!(line.contains("teahouse.db is locked by another program: close"), "{line}");
    drop(other);
    drop(Serving::start(&mut serve("127.0.0.1:0", data.path())));
}
