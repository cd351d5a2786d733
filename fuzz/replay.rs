//! The committed inputs of a fuzz target, run again: each crate's tests include this file.

use std::path::Path;

/// Gives `target` each file of `fuzz/corpus/NAME` and `fuzz/finds/NAME`, and names the one that it panics at.
#[allow(clippy::disallowed_methods, reason = "a test may read its inputs")]
pub(crate) fn replay(name: &str, target: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut count = 0;
    for folder in ["corpus", "finds"].map(|kind| fuzz.join(kind).join(name)) {
        for file in std::fs::read_dir(folder).into_iter().flatten() {
            let path = file.expect("a folder can be read").path();
            let bytes = std::fs::read(&path).expect("an input can be read");
            let held = std::panic::catch_unwind(|| target(&bytes)).is_ok();
            assert!(held, "the fuzz target {name} fails with {}", path.display());
            count += 1;
        }
    }
    assert!(count > 0, "no inputs for the fuzz target {name}");
}
