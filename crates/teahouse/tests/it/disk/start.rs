//! A place that cannot be written keeps a server from starting, and says why.

use std::fs;

use tempfile::TempDir;

use super::mount::Disk;
use crate::house::{Serving, refused, serve};

#[test]
fn a_disk_that_is_read_only() {
    let Some(disk) = Disk::of(16 << 20) else { return };
    let command = || disk.run(&serve("127.0.0.1:0", &disk.inside().join("data")));
    for there_already in [false, true] {
        if there_already {
            drop(Serving::start(&mut command()));
        }
        disk.remount("ro");
        let (code, line) = refused(&mut command());
        assert_eq!(code, 1);
        assert!(line.contains("cannot write to ") && line.contains("ead-only"), "{line}");
        assert!(line.ends_with("choose another directory with --data DIR"), "{line}");
        disk.remount("rw");
    }
    drop(Serving::start(&mut command()));
}

#[cfg(unix)]
#[test]
fn a_directory_of_somebody_elses() {
    use std::os::unix::fs::PermissionsExt as _;

    let outer = TempDir::new().unwrap();
    let data = outer.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(data.join("try"), "").is_ok() {
        eprintln!("skipped: whoever runs this may write everywhere");
        return;
    }
    let (code, line) = refused(&mut serve("127.0.0.1:0", &data));
    assert_eq!(code, 1);
    assert!(line.contains("cannot write to ") && line.contains("let this user write there"), "{line}");
}
