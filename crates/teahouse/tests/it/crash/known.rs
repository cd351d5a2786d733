//! What is known of something that is changed again and again: it is what was answered last, or what was sent after that.

use std::fmt::Debug;

use anyhow::{Result, ensure};

/// One thing at a time is sent, and then waited for.
#[derive(Debug)]
pub(crate) struct Known<T> {
    answered: T,
    sent: Option<T>,
}

impl<T: PartialEq + Debug> Known<T> {
    pub(crate) fn new(is: T) -> Self {
        Self { answered: is, sent: None }
    }

    /// It may be this from now on.
    pub(crate) fn send(&mut self, value: T) {
        self.sent = Some(value);
    }

    /// It is what was sent.
    pub(crate) fn answer(&mut self) {
        self.answered = self.sent.take().expect("an answer comes to what was sent");
    }

    /// What it is, while nothing that was sent waits for its answer.
    pub(crate) fn is(&self) -> &T {
        assert_eq!(self.sent, None, "one thing after another");
        &self.answered
    }

    /// Whether it may be this.
    pub(crate) fn may_be(&self, value: &T) -> bool {
        self.answered == *value || self.sent.as_ref() == Some(value)
    }

    /// This is what is there: what was answered or what was sent after it, and that is what is known from now on.
    pub(crate) fn take(&mut self, found: T, what: &str) -> Result<()> {
        ensure!(self.may_be(&found), "{what} is {found:?}; known is {self:?}");
        *self = Self::new(found);
        Ok(())
    }
}

/// The judge is judged.
mod tests {
    use super::*;

    fn refuses(mut known: Known<u64>, found: u64) -> bool {
        known.take(found, "it").is_err()
    }

    #[test]
    fn what_was_answered_may_be_followed_and_not_forgotten() {
        let known = |values: &[u64], answers: usize| {
            let mut known = Known::new(0);
            for (number, value) in values.iter().enumerate() {
                known.send(*value);
                if number < answers {
                    known.answer();
                }
            }
            known
        };
        assert!(!refuses(known(&[], 0), 0));
        assert!(!refuses(known(&[1], 0), 0));
        assert!(!refuses(known(&[1], 0), 1));
        assert!(!refuses(known(&[1, 2], 1), 1));
        assert!(!refuses(known(&[1, 2], 1), 2));
        assert!(refuses(known(&[1, 2], 1), 0), "it was forgotten");
        assert!(refuses(known(&[1, 2], 2), 1), "it went back");
        assert!(refuses(known(&[1], 1), 3), "nobody sent it");
    }
}
