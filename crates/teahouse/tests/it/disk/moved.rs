//! A data directory that is not where it was; Windows forbids that while it is open.

use std::fs;

use tempfile::TempDir;

use super::weathers;
use crate::house::serve;

#[test]
fn a_directory_that_is_moved_away_and_back() {
    let outer = TempDir::new().unwrap();
    let (data, away) = (outer.path().join("data"), outer.path().join("away"));
    weathers(
        &|| serve("127.0.0.1:0", &data),
        "move it back",
        || fs::rename(&data, &away).unwrap(),
        || fs::rename(&away, &data).unwrap(),
    );
}
