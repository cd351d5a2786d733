//! What cannot be opened is refused in one line that names it and says what to do.

use std::fs;
use std::path::Path;

use teahouse_store::{OpenError, Options, Store};

use crate::support::Tea;

fn refusal(dir: &Path) -> OpenError {
    refusal_with(dir, Options::default())
}

fn refusal_with(dir: &Path, options: Options) -> OpenError {
    let error = Store::open(dir, options, |_| ()).expect_err("refused");
    let line = error.to_string();
    assert!(line.contains(&*dir.to_string_lossy()) && !line.contains('\n'), "{line}");
    error
}

#[test]
fn one_process_holds_the_directory_until_it_closes() {
    let tea = Tea::new();
    assert!(matches!(refusal(tea.dir.path()), OpenError::InUse { .. }));
    tea.store.close().unwrap();
    Store::open(tea.dir.path(), Options::default(), |_| ()).unwrap();
}

#[test]
fn a_newer_database_is_left_alone() {
    let tea = Tea::new();
    tea.store.close().unwrap();
    let path = tea.path();
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let before = fs::read(&path).unwrap();
    let error = refusal(tea.dir.path());
    assert!(matches!(error, OpenError::Newer { found: 99, known: 4, .. }));
    assert!(error.to_string().contains("version 99"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn another_programs_database_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(dir.path().join("teahouse.db")).unwrap();
    other.execute_batch("CREATE TABLE recipes (id INTEGER PRIMARY KEY)").unwrap();
    drop(other);
    assert!(matches!(refusal(dir.path()), OpenError::Foreign { .. }));
}

#[test]
fn what_is_no_database_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("teahouse.db"), "tea leaves ".repeat(1_000)).unwrap();
    assert!(matches!(refusal(dir.path()), OpenError::Damaged { .. }));
}

#[test]
fn a_database_that_lost_a_table_or_its_sense_is_called_damaged() {
    let damages = [
        "DROP TABLE rooms",
        "INSERT INTO rooms VALUES (1, 'x', 9, 9, NULL, NULL, NULL, 0, NULL, '{}', 0)",
        "INSERT INTO rooms VALUES (1, 'x', 0, NULL, NULL, NULL, NULL, 0, NULL, '{', 0)",
    ];
    for damage in damages {
        let tea = Tea::new();
        tea.store.close().unwrap();
        rusqlite::Connection::open(tea.path()).unwrap().execute_batch(damage).unwrap();
        assert!(matches!(refusal(tea.dir.path()), OpenError::Damaged { .. }), "{damage}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("below")] {
        assert!(matches!(refusal(&place), OpenError::NotWritable { .. }));
    }
    fs::create_dir(dir.path().join("teahouse.db")).unwrap();
    assert!(matches!(refusal(dir.path()), OpenError::NotWritable { .. }));
}

#[test]
fn a_full_disk_at_the_start_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::default();
    options.faults.fill_disk(true);
    assert!(matches!(refusal_with(dir.path(), options), OpenError::Full { .. }));
    // Nothing half-made is left: with space again, it starts.
    Store::open(dir.path(), Options::default(), |_| ()).unwrap();
}

#[cfg(unix)]
#[test]
fn what_is_made_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("a/b");
    let (store, _) = Store::open(&place, Options::default(), |_| ()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    for file in ["teahouse.db", "teahouse.db-wal", "teahouse.lock"] {
        assert_eq!(mode(&place.join(file)), 0o600, "{file}");
    }
    drop(store);
}
