//! What fuzzing looks for: each target takes any bytes, and panics if they break a rule.
//!
//! The programs in `fuzz/fuzz_targets` call them with bytes that libFuzzer thinks up, the tests below with those that
//! are kept in the repository: the corpus, and what was ever found.
//!
//! - [`lines`]: a stream is the same lines however it arrives, and a line put together again reads the same.
//! - [`tags`]: a value is read as it was written.
//! - [`names`]: a name can stand on a line, and its key is its own.
//! - [`frames`]: a stream is the same messages however it arrives, and as another implementation reads it.

mod frames;
mod lines;
mod names;
mod tags;

pub use frames::frames;
pub use lines::lines;
pub use names::names;
pub use tags::tags;

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn corpus_of_lines() {
        replay("lines", super::lines);
    }

    #[test]
    fn corpus_of_tags() {
        replay("tags", super::tags);
    }

    #[test]
    fn corpus_of_names() {
        replay("names", super::names);
    }

    #[test]
    fn corpus_of_frames() {
        replay("frames", super::frames);
    }
}
